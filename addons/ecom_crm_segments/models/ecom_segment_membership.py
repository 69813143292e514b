from odoo import api, fields, models


class EcomSegmentMembership(models.Model):
    """A contact's time in a segment, from joining to leaving, with the reasons.

    Rows are written by SQL for all contacts at once; nobody edits one by hand.
    """

    _name = "ecom.segment.membership"
    _figures_of_contact = True  # no reason to keep a contact from being erased
    _description = "Membership in a segment"
    _log_access = False
    _order = "date_joined DESC, id DESC"
    _rec_name = "partner_id"

    segment_id = fields.Many2one(
        "ecom.segment", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    email = fields.Char(related="partner_id.email")
    date_joined = fields.Datetime(string="Joined", required=True, readonly=True)
    joined_because = fields.Selection(
        [("rule", "The rules hold"), ("included", "Always in")], readonly=True
    )
    joined_group = fields.Selection(
        selection="_selection_rfm_group", string="Group at Joining", readonly=True
    )
    date_left = fields.Datetime(string="Left", readonly=True)
    left_because = fields.Selection(
        [
            ("rule", "The rules do not hold any more"),
            ("excluded", "Never in"),
            ("archived", "Contact archived"),
        ],
        readonly=True,
    )
    left_group = fields.Selection(
        selection="_selection_rfm_group", string="Group at Leaving", readonly=True
    )

    _current_uniq = models.UniqueIndex(
        "(segment_id, partner_id) WHERE date_left IS NULL",
        "A contact is in a segment once at a time.",
    )

    @api.model
    def _selection_rfm_group(self):
        return self.env["ecom.customer"]._selection_rfm_group()
