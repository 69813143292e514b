from odoo import api, fields, models

from ..matching.rules import Settings
from .ecom_fee_rate import exact

#: checks of the pure part for which Odoo has the facts
RULE_NAMES = [
    ("not_settled", "Order not settled"),
    ("payout_late", "Payout missing at the bank"),
    ("deferred_late", "Deferred for too long"),
    ("negative_margin", "Order with a loss"),
    ("fee_drift", "Fee takes another share than usual"),
    ("no_order", "Payment of an unknown order"),
    ("amount_off", "Settled in another amount"),
    ("rate_off", "Fees are not those of the rate card"),
    ("refund_exceeds_sale", "More refunded than paid"),
    ("refund_twice", "Refunded twice"),
    ("refund_without_return", "Refunded without a return"),
    ("duplicate_id", "Transaction told twice"),
    ("bank_account_changed", "Paid to another bank account"),
    ("reserve_not_released", "Reserve not released"),
    ("balance_chain", "Balances do not follow each other"),
    ("period_gap", "Days in no settlement"),
    ("period_overlap", "Periods overlap"),
    ("fx_off", "Converted far from the rate of the day"),
    ("bank_reference_twice", "Bank reference used twice"),
    ("payout_off", "Paid out another amount than the lines"),
    ("chargeback_cluster", "Many chargebacks of one kind"),
    ("back_dated", "Payment much older than its settlement"),
]


class EcomFinanceRule(models.Model):
    """A check of settlements and orders, with its limits; archived = switched off.

    A company may have a row of its own, which then counts instead of the shared one.
    """

    _name = "ecom.finance.rule"
    _description = "Check of Settlements and Orders"
    _order = "sequence, id"
    _rec_name = "code"

    code = fields.Selection(RULE_NAMES, string="Check", required=True)
    company_id = fields.Many2one(
        "res.company", help="Empty: for every company that has no row of its own."
    )
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    days = fields.Integer(
        default=30, help="After which an order should be settled, or a payout be there."
    )
    amount = fields.Float(
        digits=(16, 2), default=0.01, help="Up to here a difference is tolerated."
    )
    share = fields.Float(
        string="Share (%)",
        digits=(16, 2),
        default=2.0,
        help="Up to here a share may differ, in points of a hundred.",
    )

    _code_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "Each check is there once."
    )

    @api.model
    def _get_active(self, company):
        """The rows that count for a company and are switched on."""
        rows = self.with_context(active_test=False).search(
            [("company_id", "in", (False, company.id))]
        )
        # The company's own come last, and replace the shared ones.
        counting = {
            row.code: row for row in rows.sorted(lambda row: bool(row.company_id))
        }
        return self.browse(row.id for row in counting.values() if row.active)

    def _get_settings(self):
        """Limits by code, as the pure part takes them."""
        return {
            rule.code: Settings(
                days=rule.days,
                payout_days=rule.days,
                amount=exact(rule.amount),
                share=exact(rule.share) / 100,
            )
            for rule in self
        }
