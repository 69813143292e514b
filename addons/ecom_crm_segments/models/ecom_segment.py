import logging
from ast import literal_eval

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: rows changed at once from which on the statistics of a table are made anew
MANY_ROWS = 10_000


class EcomSegment(models.Model):
    """Customers that some rules hold for, and their history in it.

    Members are contacts: those that the domain over contacts, the domain over figures
    and all conditions on behaviour hold for, and those that are always in, without
    those that are never in. A live segment follows every order; a static one changes
    when a person updates it.
    """

    _name = "ecom.segment"
    _description = "Customer segment"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    live = fields.Boolean(
        default=True,
        tracking=True,
        help="Members follow every order. Otherwise they change with “Update”.",
    )
    partner_domain = fields.Char(string="Contacts", default="[]", tracking=True)
    customer_domain = fields.Char(string="Figures", default="[]", tracking=True)
    behaviour_ids = fields.One2many(
        "ecom.segment.behaviour", "segment_id", string="What They Bought", copy=True
    )
    include_ids = fields.Many2many(
        "res.partner", "ecom_segment_include_rel", string="Always In"
    )
    exclude_ids = fields.Many2many(
        "res.partner", "ecom_segment_exclude_rel", string="Never In"
    )
    membership_ids = fields.One2many(
        "ecom.segment.membership", "segment_id", readonly=True
    )
    size_ids = fields.One2many("ecom.segment.size", "segment_id", readonly=True)
    member_count = fields.Integer(string="Members", readonly=True, copy=False)
    preview_count = fields.Integer(
        string="Matching Now", compute="_compute_preview", compute_sudo=False
    )
    preview_ids = fields.Many2many(
        "res.partner", compute="_compute_preview", compute_sudo=False
    )
    refresh_date = fields.Datetime(string="Updated On", readonly=True, copy=False)
    problem = fields.Text(readonly=True, copy=False)
    mailing_list_id = fields.Many2one(
        "mailing.list",
        copy=False,
        help="The list is kept in step with the members who have an e-mail address. "
        "Who unsubscribed stays unsubscribed.",
    )

    @api.constrains("partner_domain", "customer_domain")
    def _check_domains(self):
        for segment in self:
            try:
                segment._get_partner_domain().validate(self.env["res.partner"])
                segment._get_customer_domain().validate(self.env["ecom.customer"])
            except (ValueError, SyntaxError, KeyError, TypeError) as error:
                raise ValidationError(
                    self.env._(
                        "The rules of the segment cannot be read: %s", str(error)
                    )
                ) from error

    # -- rules -------------------------------------------------------------------------

    def _get_partner_domain(self):
        """Domain on contacts: whole customers that may be addressed by the company."""
        return Domain.AND(
            [
                Domain(literal_eval(self.partner_domain or "[]")),
                Domain("company_id", "in", (False, self.company_id.id)),
                Domain("active", "=", True),
            ]
        )

    def _get_customer_domain(self):
        """Domain on the figures of customers."""
        return Domain(literal_eval(self.customer_domain or "[]"))

    def _uses_behaviour(self):
        """Whether it asks for more than the contact itself tells."""
        return bool(self.behaviour_ids) or not self._get_customer_domain().is_true()

    def _get_members_query(self, partner_ids=None):
        """SQL of the ids of the contacts that are in now.

        :param partner_ids: look at these only.
        """
        self.ensure_one()
        partners = self.env["res.partner"]._search(self._get_partner_domain())
        conditions = [
            SQL("p.id = p.commercial_partner_id"),
            SQL("p.id IN %s", partners.subselect()),
        ]
        if self._uses_behaviour():
            customers = self.env["ecom.customer"]._search(
                self._get_customer_domain()
                & Domain("company_id", "=", self.company_id.id)
            )
            conditions.append(SQL("p.ecom_profiling_off IS NOT TRUE"))
            conditions.append(
                SQL("p.id IN %s", customers.subselect("ecom_customer.partner_id"))
            )
        conditions += [
            condition._get_condition(SQL("p.id")) for condition in self.behaviour_ids
        ]
        chosen = SQL("(%s)", SQL(" AND ").join(conditions))
        if self.include_ids:
            chosen = SQL("(%s OR p.id = ANY(%s))", chosen, self.include_ids.ids)
        if self.exclude_ids:
            chosen = SQL("%s AND p.id != ALL(%s)", chosen, self.exclude_ids.ids)
        if partner_ids is not None:
            chosen = SQL("%s AND p.id = ANY(%s)", chosen, list(partner_ids))
        return SQL("SELECT p.id FROM res_partner p WHERE p.active AND %s", chosen)

    @api.depends(
        "partner_domain",
        "customer_domain",
        "behaviour_ids.product_ids",
        "behaviour_ids.category_id",
        "behaviour_ids.times",
        "behaviour_ids.days",
        "behaviour_ids.negated",
        "include_ids",
        "exclude_ids",
        "company_id",
    )
    def _compute_preview(self):
        """Count and first members of the rules as they stand, saved or not."""
        for segment in self:
            segment.preview_count = 0
            segment.preview_ids = False
            try:
                query = segment._get_members_query()
            except (ValueError, SyntaxError, KeyError, TypeError):
                # Half a rule while it is being written matches nobody.
                continue
            self.env.flush_all()
            [(segment.preview_count,)] = self.env.execute_query(
                SQL("SELECT count(*) FROM (%s) q", query)
            )
            rows = self.env.execute_query(SQL("%s ORDER BY p.id LIMIT 20", query))
            segment.preview_ids = [partner_id for (partner_id,) in rows]

    # -- members -----------------------------------------------------------------------

    def action_refresh(self):
        """Update the members now."""
        for segment in self:
            segment._refresh_members()
        return True

    def _refresh_members(self, partner_ids=None):
        """Let contacts join and leave.

        :param partner_ids: look at these only; all when left out.
        """
        self.ensure_one()
        self.env.flush_all()
        now = fields.Datetime.now()
        scope = SQL("TRUE")
        if partner_ids is not None:
            scope = SQL("m.partner_id = ANY(%s)", list(partner_ids))
        values = {
            "segment": self.id,
            "company": self.company_id.id,
            "now": now,
            "members": self._collect(
                "ecom_segment_members", "id", self._get_members_query(partner_ids)
            ),
            "scope": scope,
            "included": self.include_ids.ids,
            "excluded": self.exclude_ids.ids,
        }
        self.env.cr.execute(SQL(self._SQL_LEAVE, **values))
        left = self.env.cr.rowcount
        self.env.cr.execute(SQL(self._SQL_JOIN, **values))
        joined_ids = [partner_id for (partner_id,) in self.env.cr.fetchall()]
        joined, first = len(joined_ids), not self.refresh_date
        self._tell_planner("ecom_segment_membership", joined + left)
        if joined or left or partner_ids is None:
            [(count,)] = self.env.execute_query(
                SQL(
                    "SELECT count(*) FROM ecom_segment_membership "
                    "WHERE segment_id = %s AND date_left IS NULL",
                    self.id,
                )
            )
            self.write({"member_count": count, "refresh_date": now, "problem": False})
            self.env["ecom.segment.size"]._note(self)
        self.invalidate_recordset(["membership_ids"])
        self.env["ecom.segment.membership"].invalidate_model()
        self._follow_up(joined_ids, first)
        return joined, left

    @api.model
    def _collect(self, name, column, query):
        """Keep the rows of a query in a temporary table with an index.

        PostgreSQL then knows how many there are: of a segment or list that was just
        filled it does not, and would compare hundreds of thousands one by one.

        :return: SQL of the table's name.
        """
        table = SQL.identifier(name)
        for statement in (
            SQL("DROP TABLE IF EXISTS %s", table),
            SQL("CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s", table, query),
            SQL("CREATE INDEX ON %s (%s)", table, SQL.identifier(column)),
            SQL("ANALYZE %s", table),
        ):
            self.env.cr.execute(statement)
        return table

    @api.model
    def _tell_planner(self, table, changed):
        """Have PostgreSQL look at a table again of which many rows were changed.

        It does so by itself some time after the commit; what follows in this
        transaction would be planned for the few rows of before.
        """
        if changed >= MANY_ROWS:
            self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))

    def _follow_up(self, joined_ids, first):
        """What follows when members have joined and left.

        :param joined_ids: ids of the contacts that joined.
        :param first: the members were not known before.
        """

    _SQL_LEAVE = """
        UPDATE ecom_segment_membership m
           SET date_left = %(now)s,
               left_because = CASE
                   WHEN m.partner_id = ANY(%(excluded)s::int[]) THEN 'excluded'
                   WHEN NOT p.active THEN 'archived'
                   ELSE 'rule' END,
               left_group = (SELECT rfm_group FROM ecom_customer c
                              WHERE c.partner_id = m.partner_id
                                AND c.company_id = %(company)s)
          FROM res_partner p
         WHERE p.id = m.partner_id
           AND m.segment_id = %(segment)s
           AND m.date_left IS NULL
           AND %(scope)s
           AND NOT EXISTS (
               SELECT 1 FROM %(members)s members WHERE members.id = m.partner_id)
    """
    _SQL_JOIN = """
        INSERT INTO ecom_segment_membership
               (segment_id, company_id, partner_id, date_joined, joined_because,
                joined_group)
        SELECT %(segment)s,
               %(company)s,
               members.id,
               %(now)s,
               CASE WHEN members.id = ANY(%(included)s::int[]) THEN 'included'
                    ELSE 'rule' END,
               c.rfm_group
          FROM %(members)s members
          LEFT JOIN ecom_customer c
            ON c.partner_id = members.id AND c.company_id = %(company)s
            ON CONFLICT (segment_id, partner_id) WHERE date_left IS NULL DO NOTHING
        RETURNING partner_id
    """

    @api.model
    def _refresh_all(self):
        """Update all live segments; one that fails says so and stops no other."""
        self.search([("live", "=", True)])._refresh_safely()

    @api.model
    def _refresh_live(self, partner_ids):
        """Update live segments for some contacts only."""
        self.search([("live", "=", True)])._refresh_safely(partner_ids)

    def _refresh_safely(self, partner_ids=None):
        for segment in self:
            try:
                with self.env.cr.savepoint():
                    segment._refresh_members(partner_ids)
            except Exception as error:  # noqa: BLE001 whatever it is, it is told
                # The database's own errors carry the values of the row.
                trace = not isinstance(error, psycopg2.Error)
                _logger.error(
                    "segment %s cannot be updated", segment.id, exc_info=trace
                )
                segment.problem = self.env._(
                    "The segment could not be updated: %s", str(error)
                )

    def action_view_members(self):
        """Open the current members."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ecom_crm_segments.ecom_segment_membership_action"
        )
        action["domain"] = [("segment_id", "=", self.id)]
        action["context"] = {"search_default_current": 1}
        return action

    # -- overlap -----------------------------------------------------------------------

    def _get_overlap(self, other):
        """Members of this segment, of another one, and of both.

        :return: tuple of three counts.
        """
        counts = (self | other)._get_overlaps()
        return tuple(
            counts.get(pair, 0)
            for pair in ((self.id, self.id), (other.id, other.id), (self.id, other.id))
        )

    def _get_overlaps(self):
        """Current members that pairs of these segments have in common.

        :return: dictionary of (id, id) to a count, both ways round; a segment with
            itself: its size. Pairs without common members are not in it.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT a.segment_id, b.segment_id, count(*)
                  FROM ecom_segment_membership a
                  JOIN ecom_segment_membership b ON b.partner_id = a.partner_id
                 WHERE a.date_left IS NULL AND b.date_left IS NULL
                   AND a.segment_id = ANY(%(ids)s) AND b.segment_id = ANY(%(ids)s)
                 GROUP BY a.segment_id, b.segment_id
                """,
                ids=self.ids,
            )
        )
        return {(left, right): count for left, right, count in rows}

    def action_view_overlap(self):
        """Compare these segments with each other, or one with all of its company."""
        others = self
        if len(self) == 1:
            others = self.search([("company_id", "=", self.company_id.id)]) | self
        return self.env["ecom.segment.overlap"]._open(self, others)

    # -- mailing list ------------------------------------------------------------------

    def action_make_mailing_list(self):
        """Make a mailing list that is kept in step with the members."""
        for segment in self.filtered(lambda s: not s.mailing_list_id):
            segment.mailing_list_id = self.env["mailing.list"].create(
                {"name": segment.name}
            )
        self._sync_mailing_list()
        return True

    @api.model
    def _cron_sync_mailing_lists(self):
        """Keep the lists of all segments in step."""
        segments = self.search([("mailing_list_id", "!=", False)])
        for number, segment in enumerate(segments, 1):
            segment._sync_mailing_list()
            remaining = len(segments) - number
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                break

    def _sync_mailing_list(self):
        """Subscribe members, take away who left; who unsubscribed is left alone."""
        for segment in self.filtered("mailing_list_id"):
            segment._subscribe(segment.mailing_list_id, segment._get_mail_partners())

    def _get_mail_partners(self):
        """Current members who may be written to: SQL of id, name, e-mail."""
        return SQL(
            """
            SELECT p.id, p.name, p.email, p.email_normalized
              FROM ecom_segment_membership m
              JOIN res_partner p ON p.id = m.partner_id
             WHERE m.segment_id = %s AND m.date_left IS NULL
               AND p.email_normalized IS NOT NULL AND %s
            """,
            self.id,
            self.env["ecom.rfm.setting"]._get_mail_condition(self.company_id),
        )

    def _get_ad_partners(self):
        """Current members: SQL of id, to be joined with who granted it."""
        return SQL(
            "SELECT partner_id AS id FROM ecom_segment_membership "
            "WHERE segment_id = %s AND date_left IS NULL",
            self.id,
        )

    def action_export_audience(self):
        """Choose an ad platform and download the file for it."""
        self.ensure_one()
        return self.env["ecom.ad.export"]._open(self)

    @api.model
    def _subscribe(self, mailing_list, partners):
        """Make the contacts of a mailing list those of some partners.

        :param partners: SQL of id, name, email, email_normalized.
        """
        self.env.flush_all()
        wanted = self._collect(
            "ecom_segment_addresses",
            "email_normalized",
            SQL(
                """
                SELECT DISTINCT ON (q.email_normalized)
                       q.id, q.name, q.email, q.email_normalized
                  FROM (%s) q
                 ORDER BY q.email_normalized, q.id
                """,
                partners,
            ),
        )
        self._create_mailing_contacts(wanted)
        known = self._collect(
            "ecom_segment_subscribed",
            "email_normalized",
            SQL(
                """
                SELECT k.email_normalized
                  FROM mailing_subscription s
                  JOIN mailing_contact k ON k.id = s.contact_id
                 WHERE s.list_id = %s
                """,
                mailing_list.id,
            ),
        )
        values = {"list": mailing_list.id, "wanted": wanted, "known": known}
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mailing_subscription (contact_id, list_id, opt_out)
                SELECT DISTINCT ON (c.email_normalized) c.id, %(list)s, FALSE
                  FROM mailing_contact c
                  JOIN %(wanted)s q ON q.email_normalized = c.email_normalized
                 WHERE NOT EXISTS (
                       SELECT 1 FROM %(known)s k
                        WHERE k.email_normalized = c.email_normalized)
                 ORDER BY c.email_normalized, c.id
                    ON CONFLICT DO NOTHING
                """,
                **values,
            )
        )
        self._tell_planner("mailing_subscription", self.env.cr.rowcount)
        # An opt-out is kept whatever happens to the membership.
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM mailing_subscription s
                 USING mailing_contact c
                 WHERE c.id = s.contact_id
                   AND s.list_id = %(list)s
                   AND s.opt_out IS NOT TRUE
                   AND NOT EXISTS (
                       SELECT 1 FROM %(wanted)s q
                        WHERE q.email_normalized = c.email_normalized)
                """,
                **values,
            )
        )
        self.env["mailing.subscription"].invalidate_model()
        mailing_list.invalidate_recordset()

    @api.model
    def _create_mailing_contacts(self, wanted):
        """Make entries for addresses that have none.

        By SQL: core reads the lists of every entry that it makes, which takes minutes
        for hundreds of thousands.

        :param wanted: name of a table with name, email, email_normalized.
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mailing_contact
                       (name, email, email_normalized, message_bounce,
                        create_uid, create_date, write_uid, write_date)
                SELECT q.name, q.email, q.email_normalized, 0,
                       %(user)s, %(now)s, %(user)s, %(now)s
                  FROM %(wanted)s q
                 WHERE NOT EXISTS (
                       SELECT 1 FROM mailing_contact c
                        WHERE c.email_normalized = q.email_normalized)
                 ORDER BY q.id
                """,
                wanted=wanted,
                user=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self._tell_planner("mailing_contact", self.env.cr.rowcount)
        self.env["mailing.contact"].invalidate_model()

    @api.ondelete(at_uninstall=False)
    def _unlink_without_campaign(self):
        if self.env["ecom.campaign"].search_count([("segment_id", "in", self.ids)], 1):
            raise UserError(
                self.env._(
                    "A campaign measures its effect on this segment. Archive the "
                    "segment instead."
                )
            )


class EcomSegmentSize(models.Model):
    """How many members a segment had at the end of a day."""

    _name = "ecom.segment.size"
    _description = "Size of a segment"
    _order = "date"

    segment_id = fields.Many2one(
        "ecom.segment", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="segment_id.company_id", store=True)
    date = fields.Date(required=True, readonly=True)
    member_count = fields.Integer(string="Members", readonly=True)

    _segment_date_uniq = models.Constraint(
        "UNIQUE(segment_id, date)", "A segment has one size a day."
    )

    @api.model
    def _note(self, segment):
        """Remember today's size."""
        today = fields.Date.context_today(self)
        known = self.search([("segment_id", "=", segment.id), ("date", "=", today)])
        if known:
            known.member_count = segment.member_count
        else:
            self.create(
                {
                    "segment_id": segment.id,
                    "date": today,
                    "member_count": segment.member_count,
                }
            )
