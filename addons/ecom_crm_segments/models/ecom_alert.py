from odoo import api, fields, models


class EcomAlert(models.Model):
    """What somebody was told about a customer or a segment, once.

    Rows are written by SQL (``ecom.alert.rule``); nobody edits one by hand.
    """

    _name = "ecom.alert"
    _figures_of_contact = True  # no reason to keep a contact from being erased
    _description = "Alert that was told"
    _log_access = False
    _order = "date DESC, id DESC"
    _rec_name = "kind"

    rule_id = fields.Many2one("ecom.alert.rule", readonly=True, ondelete="set null")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    kind = fields.Selection(selection="_selection_kind", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
    )
    segment_id = fields.Many2one(
        "ecom.segment", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    occasion = fields.Char(
        required=True, readonly=True, help="The same as long as nothing new happened."
    )
    date = fields.Datetime(string="Told On", required=True, readonly=True)

    _occasion_uniq = models.Constraint(
        "UNIQUE(company_id, kind, occasion)", "An occasion is told once."
    )

    @api.model
    def _selection_kind(self):
        return self.env["ecom.alert.rule"]._selection_kind()

    @api.depends("kind")
    def _compute_display_name(self):
        names = dict(self._selection_kind())
        for alert in self:
            alert.display_name = names.get(alert.kind, "")

    def _make_activities(self):
        """Have an activity on the contact or segment of each alert."""
        self.env["mail.activity"].create([alert._prepare_activity() for alert in self])

    def _prepare_activity(self):
        record = self.segment_id or self.partner_id
        user = self._get_responsible()
        alert = self.with_context(lang=user.lang)
        return {
            "res_model_id": self.env["ir.model"]._get_id(record._name),
            "res_id": record.id,
            "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
            "user_id": user.id,
            "date_deadline": fields.Date.context_today(self),
            "summary": dict(alert._selection_kind())[self.kind],
            "note": alert._get_advice(),
        }

    def _get_responsible(self):
        """The contact's salesperson, else the one of the rule."""
        salesperson = self.partner_id.user_id
        if salesperson.active and not salesperson.share:
            return salesperson
        return self.rule_id.user_id

    def _get_advice(self):
        """What has happened, and what may be done about it."""
        texts = {
            "leaving": self.env._(
                "A customer who brings much has not ordered for longer than usual. "
                "Ask how they are served."
            ),
            "first_buyer": self.env._(
                "This customer has ordered for the first time. A word now makes a "
                "second order likelier."
            ),
            "big_buyer": self.env._(
                "An order is much larger than usual. Ask what it is for; it may be a "
                "reseller."
            ),
            "returner": self.env._(
                "Much of what this customer buys comes back. Look at the reasons "
                "before the next campaign."
            ),
            "shrinking": self.env._(
                "The segment has lost many members. See under Memberships why they "
                "left."
            ),
        }
        return texts[self.kind]
