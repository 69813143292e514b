from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            refunds = self.filtered(lambda move: move.move_type == "out_refund")
            self.env["ecom.customer.dirty"]._mark(refunds.partner_id.ids)
        return result
