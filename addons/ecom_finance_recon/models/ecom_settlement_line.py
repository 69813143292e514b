from odoo import fields, models

from ..formats.schema import Kind
from .ecom_fee_rate import FEES

KIND_NAMES = [
    (Kind.SALE.value, "Sale"),
    (Kind.SHIPPING.value, "Shipping paid by the buyer"),
    (Kind.GIFT_WRAP.value, "Gift wrap"),
    (Kind.PROMOTION.value, "Promotion"),
    (Kind.TAX.value, "Tax"),
    (Kind.CHANNEL_TAX.value, "Tax that the channel remits"),
    (Kind.REFUND.value, "Refund"),
    (Kind.FEE.value, "Fee"),
    (Kind.FEE_TAX.value, "Tax on fees"),
    (Kind.CHARGEBACK.value, "Chargeback"),
    (Kind.REIMBURSEMENT.value, "Reimbursement"),
    (Kind.RESERVE.value, "Reserve"),
    (Kind.CARRY_OVER.value, "Carried over"),
    (Kind.CONVERSION.value, "Currency conversion"),
    (Kind.TRANSFER.value, "Transfer"),
    (Kind.PAYOUT.value, "Payout"),
    (Kind.ADJUSTMENT.value, "Adjustment"),
    (Kind.SUSPENSE.value, "Not classified"),
    (Kind.MEMO.value, "No money moved"),
    (Kind.BANK.value, "Bank"),
]


class EcomSettlementLine(models.Model):
    """One signed amount of a settlement, with the row that it comes from."""

    _name = "ecom.settlement.line"
    _description = "Settlement Line"
    _order = "settlement_id, number, id"
    _rec_name = "type_code"

    settlement_id = fields.Many2one(
        "ecom.settlement", required=True, ondelete="cascade", index=True
    )
    channel_id = fields.Many2one("ecom.channel", required=True, index=True)
    company_id = fields.Many2one("res.company", required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    payment_id = fields.Many2one(
        "ecom.settlement.payment",
        string="Buyer's Payment",
        index="btree_not_null",
        ondelete="set null",
    )
    order_id = fields.Many2one(
        "sale.order",
        index="btree_not_null",
        readonly=True,
        help="Of its payment, or by the ids that the line names.",
    )
    match_state = fields.Selection(related="payment_id.state", string="Match")
    number = fields.Integer(string="Row")
    key = fields.Char(required=True)
    kind = fields.Selection(KIND_NAMES, required=True)
    fee = fields.Selection(FEES)
    type_code = fields.Char(string="Type")
    amount = fields.Monetary()
    amount_text = fields.Char(
        string="Exact Amount", help="As the file has it: some have more digits."
    )
    order_ref = fields.Char(index=True)
    merchant_ref = fields.Char()
    transaction_ref = fields.Char()
    sku = fields.Char(string="SKU")
    quantity = fields.Float()
    posted_at = fields.Datetime()
    description = fields.Char()
    original_amount = fields.Float()
    original_currency = fields.Char()
    deferral_ref = fields.Char(index="btree_not_null")
    deferral_id = fields.Many2one(
        "ecom.settlement.deferral",
        string="Deferred Transaction",
        index="btree_not_null",
        readonly=True,
        help="What this is a part of, or releases.",
    )
    is_repeat = fields.Boolean(
        string="Counted Elsewhere",
        readonly=True,
        help="It was booked when it was deferred, or is booked where it is released.",
    )
    chargeback_id = fields.Many2one(
        "ecom.chargeback", index="btree_not_null", readonly=True, ondelete="set null"
    )
    raw = fields.Json()

    _key_uniq = models.Constraint(
        "UNIQUE(settlement_id, key)", "A settlement has each of its lines once."
    )
    _channel_key_idx = models.Index("(channel_id, key)")
