from odoo import fields, models

from ..models.ecom_settlement_payment import WRITE_OFFS


class EcomSettlementDeferralClose(models.TransientModel):
    """Ask what became of deferred money that will not be released."""

    _name = "ecom.settlement.deferral.close"
    _description = "Close a Deferred Transaction"

    deferral_id = fields.Many2one("ecom.settlement.deferral", required=True)
    currency_id = fields.Many2one(related="deferral_id.currency_id")
    residual = fields.Monetary(related="deferral_id.residual")
    purpose = fields.Selection(
        WRITE_OFFS,
        string="Account For",
        required=True,
        help="The account that takes what is still deferred.",
    )
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Book the rest there."""
        self.ensure_one()
        self.deferral_id._close(self.purpose, self.reason)
        return {"type": "ir.actions.act_window_close"}
