from odoo import api, fields, models
from odoo.tools import SQL

from ..algorithms.identity import matching, resolution


#: marketplaces whose buyers have one number at all sellers (not confirmed); a shop of
#: one's own and Amazon number them, or their orders, by seller
COMMON_BUYERS = ("ebay",)


class EcomIdentity(models.Model):
    """One person behind several contacts.

    Contacts are not changed: they only carry the identity, so that un-merging is taking
    it away again. Certain links are made by a job, doubtful ones are proposed
    (``ecom.identity.link``), and what a person decided stays.
    """

    _name = "ecom.identity"
    _description = "Person behind several contacts"
    _order = "id"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", readonly=True, help="Empty for contacts of all companies."
    )
    partner_ids = fields.One2many(
        "res.partner", "ecom_identity_id", string="Contacts", readonly=True
    )
    partner_count = fields.Integer(
        string="Number of Contacts", compute="_compute_partner_count"
    )

    @api.depends("partner_ids.name")
    def _compute_name(self):
        for identity in self:
            names = identity.partner_ids.filtered("name").mapped("name")
            identity.name = max(names, key=len, default="")

    @api.depends("partner_ids")
    def _compute_partner_count(self):
        for identity in self:
            identity.partner_count = len(identity.partner_ids)

    def action_split(self):
        """Take the contacts apart: they are different people from now on."""
        links = self.env["ecom.identity.link"]
        for identity in self:
            partners = identity.partner_ids
            for index, left in enumerate(partners):
                for right in partners[index + 1 :]:
                    links._decide(left, right, "different")
        self.partner_ids.ecom_identity_id = False
        self.unlink()
        return True

    # -- resolving ---------------------------------------------------------------------

    @api.model
    def _cron_resolve(self):
        """Find out anew which contacts are one person, company by company."""
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT company_id FROM res_partner WHERE active ORDER BY 1")
        )
        for number, (company_id,) in enumerate(rows, 1):
            self._resolve(company_id or False)
            remaining = len(rows) - number
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                break

    @api.model
    def _resolve(self, company_id):
        """Group the contacts of a company, or those that belong to none.

        Contacts of different companies are never linked: who may see one may not see
        the other.
        """
        self.env.flush_all()
        profiles = [
            matching.profile(contact) for contact in self._read_contacts(company_id)
        ]
        keys = {item.key for item in profiles}
        decisions = self.env["ecom.identity.link"]._get_decisions(keys)
        result = resolution.resolve(profiles, decisions)
        self._store_groups(company_id, keys, result.groups)
        self.env["ecom.identity.link"]._propose(company_id, result.proposals)
        return result

    @api.model
    def _get_contact_domain(self, company_id):
        """Contacts that may be a person known elsewhere: no addresses, no companies."""
        return [
            ("company_id", "=", company_id),
            ("parent_id", "=", False),
            ("is_company", "=", False),
            ("user_ids", "=", False),
            ("ecom_profiling_off", "=", False),
        ]

    @api.model
    def _read_contacts(self, company_id):
        """Contacts as they are written, in one query."""
        query = self.env["res.partner"]._search(self._get_contact_domain(company_id))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id, p.name, p.email, p.phone, p.street, p.street2, p.zip,
                       p.city, c.code
                  FROM res_partner p
                  LEFT JOIN res_country c ON c.id = p.country_id
                 WHERE p.id IN %s
                 ORDER BY p.id
                """,
                query.subselect(),
            )
        )
        accounts = self._get_accounts([row[0] for row in rows])
        return [
            matching.Contact(
                key,
                *(value or "" for value in texts),
                accounts=tuple(accounts.get(key, ())),
            )
            for key, *texts in rows
        ]

    @api.model
    def _get_accounts(self, partner_ids):
        """Accounts at marketplaces by contact, where ecom_orders knows of them.

        A channel has one contact for each of its buyers already; what joins contacts
        are buyers whom several channels know by the same number. A hook for addons that
        know of more.
        """
        if "ecom.buyer" not in self.env:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT b.partner_id, array_agg(DISTINCT c.provider || '|' || b.key)
                  FROM ecom_buyer b
                  JOIN ecom_channel c ON c.id = b.channel_id
                 WHERE b.partner_id = ANY(%s) AND c.provider = ANY(%s)
                   AND b.key LIKE 'id:%%'
                 GROUP BY b.partner_id
                """,
                partner_ids,
                list(COMMON_BUYERS),
            )
        )
        return dict(rows)

    @api.model
    def _store_groups(self, company_id, keys, groups):
        """Make the stored identities those that were found."""
        partners = self.env["res.partner"].with_context(active_test=False)
        known = partners.search(
            [
                ("ecom_identity_id", "!=", False),
                ("company_id", "=", company_id),
            ]
        )
        stored = {partner.id: partner.ecom_identity_id.id for partner in known}
        changes = resolution.regroup(stored, groups)
        new = [change for change in changes if change.group is None]
        made = self.create([{"company_id": company_id} for _change in new])
        gone = self.browse()
        for change in changes:
            identity = self.browse(change.group) if change.group else made[0]
            if not change.group:
                made = made[1:]
            partners.browse(sorted(change.left)).ecom_identity_id = False
            if change.members:
                partners.browse(sorted(change.joined)).ecom_identity_id = identity
            else:
                gone |= identity
        # A contact that left one identity and joined another is in the other.
        for change in changes:
            if change.group and change.members:
                partners.browse(sorted(change.joined)).ecom_identity_id = self.browse(
                    change.group
                )
        gone.unlink()


class EcomIdentityLink(models.Model):
    """Two contacts that may be one person, and what somebody decided."""

    _name = "ecom.identity.link"
    _figures_of_contact = True  # no reason to keep a contact from being erased
    _description = "Contacts that may be one person"
    _order = "score DESC, id"
    _rec_name = "left_id"

    company_id = fields.Many2one("res.company", readonly=True)
    left_id = fields.Many2one(
        "res.partner",
        string="Contact",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    right_id = fields.Many2one(
        "res.partner",
        string="Other Contact",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    left_email = fields.Char(related="left_id.email")
    right_email = fields.Char(related="right_id.email", string="Other Email")
    score = fields.Float(readonly=True)
    reason_codes = fields.Char(readonly=True)
    reasons = fields.Char(compute="_compute_reasons")
    state = fields.Selection(
        [
            ("proposed", "To Decide"),
            ("same", "One Person"),
            ("different", "Different People"),
        ],
        required=True,
        default="proposed",
        readonly=True,
        index=True,
    )

    _pair_uniq = models.Constraint(
        "UNIQUE(left_id, right_id)", "Two contacts are compared once."
    )
    _pair_ordered = models.Constraint(
        "CHECK(left_id < right_id)", "Two contacts are compared in order."
    )

    @api.depends("reason_codes")
    def _compute_reasons(self):
        texts = self._get_reason_texts()
        for link in self:
            codes = (link.reason_codes or "").split(",")
            link.reasons = ", ".join(texts[code] for code in codes if code in texts)

    @api.model
    def _get_reason_texts(self):
        """What speaks for one person and against it, in words."""
        return {
            "same_account": self.env._("same account"),
            "same_email": self.env._("same e-mail address"),
            "shared_email": self.env._("same e-mail address, which others use, too"),
            "same_phone": self.env._("same phone number"),
            "shared_phone": self.env._("same phone number, which others use, too"),
            "same_room": self.env._("same address and unit"),
            "same_door": self.env._("same address"),
            "same_building": self.env._("same building"),
            "neighbours": self.env._("another unit of the building"),
            "same_name": self.env._("same name"),
            "rare_name": self.env._("a rare name"),
            "shortened_name": self.env._("shortened name"),
            "misspelt_surname": self.env._("surname with one other letter"),
            "misspelt_name": self.env._("given name with one other letter"),
            "other_surname": self.env._("another surname"),
            "other_generation": self.env._("one is a junior"),
            "other_given_name": self.env._("another given name"),
            "other_name": self.env._("another name"),
            "named_mailbox": self.env._("mailbox with a relative's name"),
            "other_email": self.env._("another e-mail address"),
            "other_phone": self.env._("another phone number"),
        }

    def action_same(self):
        """They are one person."""
        self.state = "same"
        self._resolve_again()
        return True

    def action_different(self):
        """They are different people."""
        self.state = "different"
        self._resolve_again()
        return True

    def _resolve_again(self):
        for company_id in {link.company_id.id for link in self}:
            self.env["ecom.identity"]._resolve(company_id)

    @api.model
    def _decide(self, left, right, state):
        """Keep what a person decided on two contacts."""
        left, right = sorted((left, right), key=lambda partner: partner.id)
        link = self.search([("left_id", "=", left.id), ("right_id", "=", right.id)])
        if not link:
            link = self.create(
                {
                    "left_id": left.id,
                    "right_id": right.id,
                    "company_id": left.company_id.id,
                }
            )
        link.state = state

    @api.model
    def _get_decisions(self, keys):
        """Decisions of people on these contacts."""
        return [
            resolution.Decision(link.left_id.id, link.right_id.id, link.state == "same")
            for link in self.search([("state", "!=", "proposed")])
            if link.left_id.id in keys and link.right_id.id in keys
        ]

    @api.model
    def _propose(self, company_id, proposals):
        """Make the open proposals those that were found; decisions stay."""
        wanted = {tuple(sorted((link.left, link.right))): link for link in proposals}
        known = {
            (link.left_id.id, link.right_id.id): link
            for link in self.search([("company_id", "=", company_id)])
        }
        stale = self.browse()
        for pair, link in known.items():
            if link.state == "proposed" and pair not in wanted:
                stale |= link
        stale.unlink()
        self.create(
            [
                {
                    "left_id": left,
                    "right_id": right,
                    "company_id": company_id,
                    "score": link.score,
                    "reason_codes": ",".join(reason.value for reason in link.reasons),
                }
                for (left, right), link in wanted.items()
                if (left, right) not in known
            ]
        )
