from odoo import fields, models
from odoo.tools import SQL

from .ecom_fee_rate import FEES
from .ecom_settlement_line import KIND_NAMES


class EcomSettlementPart(models.Model):
    """What a settlement is made of: the sum of each kind of line and type of fee."""

    _name = "ecom.settlement.part"
    _description = "Part of a Settlement"
    _auto = False
    _order = "settlement_id, is_counted desc, amount desc, id"
    _rec_name = "kind"

    settlement_id = fields.Many2one("ecom.settlement", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    kind = fields.Selection(KIND_NAMES, readonly=True)
    fee = fields.Selection(FEES, readonly=True)
    line_count = fields.Integer(string="Lines", readonly=True)
    amount = fields.Monetary(readonly=True)
    is_counted = fields.Boolean(
        string="In the Sum",
        readonly=True,
        help="Payouts and notes are shown, and are no part of the sum.",
    )

    _depends = {"ecom.settlement.line": ["settlement_id", "kind", "fee", "amount"]}

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT MIN(id) AS id, settlement_id, company_id, currency_id, kind, fee,
                   COUNT(*) AS line_count, SUM(amount) AS amount,
                   kind NOT IN ('payout', 'memo') AS is_counted
              FROM ecom_settlement_line
             GROUP BY settlement_id, company_id, currency_id, kind, fee
            """
        )

    def action_view_lines(self):
        """The lines that make it up."""
        self.ensure_one()
        action = self.settlement_id.action_view_lines()
        return {
            **action,
            "domain": [
                ("settlement_id", "=", self.settlement_id.id),
                ("currency_id", "=", self.currency_id.id),
                ("kind", "=", self.kind),
                ("fee", "=", self.fee),
            ],
        }
