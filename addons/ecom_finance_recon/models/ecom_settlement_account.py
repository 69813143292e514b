from odoo import fields, models

from ..booking.purposes import PURPOSES
from ..formats.schema import FeeType

FEE_NAMES = {
    FeeType.COMMISSION: "Fees: commission",
    FeeType.FULFILMENT: "Fees: fulfilment",
    FeeType.STORAGE: "Fees: storage",
    FeeType.ADVERTISING: "Fees: advertising",
    FeeType.PAYMENT: "Fees: payment",
    FeeType.SUBSCRIPTION: "Fees: subscription",
    FeeType.REFUND_ADMIN: "Fees: refunds",
    FeeType.CHARGEBACK: "Fees: chargebacks",
    FeeType.SHIPPING: "Fees: shipping",
    FeeType.LISTING: "Fees: listing",
    FeeType.OTHER: "Fees: others",
}
PURPOSE_NAMES = [
    ("clearing", "Clearing"),
    ("wallet", "Wallet"),
    ("transit", "Payout in transit"),
    ("reserve", "Reserve"),
    ("deferred", "Deferred proceeds"),
    *((f"fee_{fee.value}", name) for fee, name in FEE_NAMES.items()),
    ("fee_tax", "Tax on fees"),
    ("channel_tax", "Tax that the channel remits"),
    ("reimbursement", "Reimbursements"),
    ("chargeback", "Chargebacks"),
    ("conversion", "Currency conversion"),
    ("rounding", "Rounding"),
    ("suspense", "Not classified"),
]


class EcomSettlementAccount(models.Model):
    """On which account a channel's settlements in a currency are booked, by purpose."""

    _name = "ecom.settlement.account"
    _description = "Account of a Channel's Settlements"
    _order = "channel_id, currency_id, id"
    _rec_name = "purpose"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    currency_id = fields.Many2one("res.currency", required=True)
    purpose = fields.Selection(PURPOSE_NAMES, required=True)
    account_id = fields.Many2one(
        "account.account", required=True, ondelete="restrict", check_company=True
    )

    _purpose_uniq = models.Constraint(
        "UNIQUE(channel_id, currency_id, purpose)",
        "A channel has one account for each purpose and currency.",
    )

    def _get_purpose(self):
        """The purpose as the pure part knows it."""
        self.ensure_one()
        return PURPOSES[self.purpose]
