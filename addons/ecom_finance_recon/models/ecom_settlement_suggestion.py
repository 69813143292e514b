from odoo import fields, models


class EcomSettlementSuggestion(models.Model):
    """What a payment that could not be matched may pay, for a person to judge."""

    _name = "ecom.settlement.suggestion"
    _description = "Suggested Match"
    _order = "score desc, id"

    payment_id = fields.Many2one(
        "ecom.settlement.payment", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="payment_id.company_id", store=True)
    currency_id = fields.Many2one(related="payment_id.currency_id")
    item_ids = fields.Many2many("account.move.line", string="Open Items")
    amount = fields.Float(digits=(16, 2), string="Open Amount")
    difference = fields.Float(
        digits=(16, 2), help="The payment less what is open of the suggested items."
    )
    score = fields.Float(digits=(3, 2))
    evidence = fields.Json()

    def action_accept(self):
        """The payment pays these items."""
        for suggestion in self:
            suggestion.payment_id._accept(suggestion.item_ids)
        return True
