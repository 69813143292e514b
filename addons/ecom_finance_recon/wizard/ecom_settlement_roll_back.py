from odoo import fields, models


class EcomSettlementRollBack(models.TransientModel):
    """Ask why a settlement is rolled back."""

    _name = "ecom.settlement.roll.back"
    _description = "Roll Back a Settlement"

    settlement_id = fields.Many2one("ecom.settlement", required=True)
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Roll back."""
        self.ensure_one()
        self.settlement_id._roll_back(self.reason)
        return {"type": "ir.actions.act_window_close"}
