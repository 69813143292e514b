from odoo import api, fields, models

#: the field of a contact that holds what counts now, by purpose
CONSENT_FIELDS = {
    "mail": "ecom_mail_consent",
    "ads": "ecom_ads_consent",
    "profiling": "ecom_profiling_off",
}
ANSWERS = [("granted", "Granted"), ("refused", "Refused")]


class EcomConsent(models.Model):
    """What a contact said about one use of its data, and when.

    A record of proof: rows are added and never changed. What counts now is on the
    contact.
    """

    _name = "ecom.consent"
    _figures_of_contact = True  # no reason to keep a contact from being erased
    _description = "Consent to a use of personal data"
    _order = "date DESC, id DESC"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    purpose = fields.Selection(
        [
            ("mail", "Marketing e-mail"),
            ("ads", "Ad platforms"),
            ("profiling", "Profiling"),
        ],
        required=True,
        readonly=True,
    )
    answer = fields.Selection(
        [*ANSWERS, ("unknown", "Withdrawn")], required=True, readonly=True
    )
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users",
        string="Noted By",
        readonly=True,
        default=lambda self: self.env.user,
    )
    source = fields.Char(readonly=True, help="Where the contact said so.")


class ResPartner(models.Model):
    """A contact decides on each use of its data for itself."""

    _inherit = "res.partner"

    ecom_mail_consent = fields.Selection(
        ANSWERS,
        string="Marketing E-mail",
        copy=False,
        index="btree_not_null",
        help="Empty: nothing was said. Whether it may be written to nevertheless is "
        "decided under Scoring and Privacy.",
    )
    ecom_ads_consent = fields.Selection(
        ANSWERS,
        string="Ad Platforms",
        copy=False,
        index="btree_not_null",
        help="Only who granted it is in files for ad platforms.",
    )
    ecom_profiling_off = fields.Boolean(
        string="No Profiling",
        copy=False,
        help="The contact is not scored, nothing is predicted for it, and no segment "
        "uses what it did.",
    )
    ecom_consent_ids = fields.One2many(
        "ecom.consent", "partner_id", string="Consents", readonly=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners._note_consents(
            {partner: (False, False, False) for partner in partners}
        )
        return partners

    def write(self, vals):
        if vals.keys().isdisjoint(CONSENT_FIELDS.values()):
            return super().write(vals)
        before = self._get_answers()
        result = super().write(vals)
        self._note_consents(before)
        self.filtered("ecom_profiling_off")._drop_profile()
        if "ecom_profiling_off" in vals:
            self.env["ecom.customer.dirty"]._mark(self.ids)
        return result

    def _get_answers(self):
        """What each contact says to each purpose."""
        return {
            partner: tuple(partner[name] for name in CONSENT_FIELDS.values())
            for partner in self
        }

    def _note_consents(self, before):
        """Write down what was said, where it differs from before."""
        values = [
            self._prepare_consent(partner, purpose)
            for partner, answers in self._get_answers().items()
            for purpose, old, new in zip(
                CONSENT_FIELDS, before[partner], answers, strict=True
            )
            if old != new
        ]
        if values:
            # Whoever may edit a contact notes what it said, and changes no proof.
            self.env["ecom.consent"].sudo().create(values)

    @api.model
    def _prepare_consent(self, partner, purpose):
        answer = partner[CONSENT_FIELDS[purpose]]
        if purpose == "profiling":
            answer = "refused" if answer else "unknown"
        return {
            "partner_id": partner.id,
            "purpose": purpose,
            "answer": answer or "unknown",
            "user_id": self.env.uid,
            "source": self.env.context.get("ecom_consent_source"),
        }
