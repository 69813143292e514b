from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.ecom_settlement_payment import WRITE_OFFS


class EcomSettlementResolve(models.TransientModel):
    """Explain a payment that could not be matched: find, split, or write off."""

    _name = "ecom.settlement.resolve"
    _description = "Explain a Payment"

    payment_id = fields.Many2one("ecom.settlement.payment", required=True)
    company_id = fields.Many2one(related="payment_id.company_id")
    currency_id = fields.Many2one(related="payment_id.currency_id")
    amount = fields.Monetary(related="payment_id.amount")
    mode = fields.Selection(
        [
            ("find", "It pays open items"),
            ("split", "Take a part of it"),
            ("write_off", "Nobody owes it: write it off"),
        ],
        string="What Is It",
        default="find",
        required=True,
    )
    item_ids = fields.Many2many(
        "account.move.line",
        string="Open Items",
        domain="""[
            ("company_id", "=", company_id),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("account_id.account_type", "=", "asset_receivable"),
            ("amount_residual_currency", "!=", 0),
        ]""",
    )
    open_amount = fields.Monetary(compute="_compute_difference")
    difference = fields.Monetary(
        compute="_compute_difference",
        help="Without an account it stays open on the last item.",
    )
    part = fields.Monetary(string="Amount of the Part")
    purpose = fields.Selection(WRITE_OFFS, string="Account For")
    reason = fields.Char()

    @api.depends("item_ids", "amount")
    def _compute_difference(self):
        for one in self:
            one.open_amount = one.payment_id._get_open(one.item_ids)
            one.difference = one.amount - one.open_amount

    def action_apply(self):
        """Do what was chosen; it is booked at once when the settlement is posted."""
        self.ensure_one()
        getattr(self, f"_apply_{self.mode}")()
        return {"type": "ir.actions.act_window_close"}

    def _apply_find(self):
        self.payment_id._accept(self.item_ids, self.purpose, self.reason)

    def _apply_split(self):
        self.payment_id._split(self.part)

    def _apply_write_off(self):
        if not self.purpose or not self.reason:
            raise UserError(
                self.env._("Choose the account that takes it, and tell the reason.")
            )
        self.payment_id._write_off(self.purpose, self.reason)
