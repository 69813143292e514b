from odoo import fields, models
from odoo.tools import SQL

#: fees that have a column of their own; the rest are others
SHOWN_FEES = ("commission", "payment", "fulfilment", "shipping", "advertising")


class EcomOrderProfit(models.Model):
    """What an order earned, by everything that is known of it now.

    contribution = goods + shipping + discounts + refunds - cost of goods - fees
                 - freight + reimbursements - chargebacks, in the company's currency.
    """

    _name = "ecom.order.profit"
    _description = "Profit of an Order"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "order_id"

    order_id = fields.Many2one("sale.order", readonly=True)
    channel_id = fields.Many2one("ecom.channel", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(string="Ordered", readonly=True)
    goods = fields.Monetary(readonly=True)
    shipping = fields.Monetary(string="Shipping Paid", readonly=True)
    discount = fields.Monetary(string="Discounts", readonly=True)
    refund = fields.Monetary(string="Refunds", readonly=True)
    revenue = fields.Monetary(
        readonly=True, help="Goods, shipping and discounts, less refunds."
    )
    cost = fields.Monetary(string="Cost of Goods", readonly=True)
    fee_commission = fields.Monetary(string="Commission", readonly=True)
    fee_payment = fields.Monetary(string="Payment Fees", readonly=True)
    fee_fulfilment = fields.Monetary(string="Fulfilment Fees", readonly=True)
    fee_shipping = fields.Monetary(string="Shipping Fees", readonly=True)
    fee_advertising = fields.Monetary(string="Advertising Fees", readonly=True)
    fee_other = fields.Monetary(string="Other Fees", readonly=True)
    fees = fields.Monetary(string="All Fees", readonly=True)
    freight = fields.Monetary(readonly=True)
    compensation = fields.Monetary(string="Reimbursed Less Charged Back", readonly=True)
    contribution = fields.Monetary(readonly=True)
    margin = fields.Float(
        string="Margin (%)",
        readonly=True,
        aggregator=None,
        help="The contribution as a part of the revenue.",
    )
    is_settled = fields.Boolean(
        string="Settled", readonly=True, help="A settlement has its payment or fees."
    )
    is_expected = fields.Boolean(
        string="Expected",
        readonly=True,
        help="Something is not invoiced or not delivered yet: its prices and costs are "
        "those of the order and of the product.",
    )

    _depends = {"ecom.profit.movement": ["amount", "component", "fee", "order_id"]}

    @property
    def _table_query(self):
        movements = self.env["ecom.profit.movement"]
        return SQL(
            """
            SELECT so.id, so.id AS order_id, so.ecom_channel_id AS channel_id,
                   so.partner_id, so.warehouse_id, so.company_id, company.currency_id,
                   so.date_order::date AS date, part.*,
                   CASE WHEN part.revenue > 0
                        THEN 100 * part.contribution / part.revenue END AS margin,
                   EXISTS (SELECT 1 FROM ecom_settlement_line line
                            WHERE line.order_id = so.id) AS is_settled
              FROM (SELECT %(sums)s FROM (%(movements)s) move
                     WHERE move.order_id IS NOT NULL GROUP BY move.order_id) part
              JOIN sale_order so ON so.id = part.part_order_id
              JOIN res_company company ON company.id = so.company_id
            """,
            sums=self._get_sums(),
            movements=movements._get_query(movements._get_sources()),
        )

    def _get_sums(self):
        fees = {
            f"fee_{fee}": SQL("component = 'fee' AND fee = %s", fee)
            for fee in SHOWN_FEES
        }
        conditions = {
            "goods": SQL("component = 'price'"),
            "shipping": SQL("component = 'shipping_income'"),
            "discount": SQL("component = 'discount'"),
            "refund": SQL("component = 'refund'"),
            "revenue": SQL(
                "component IN ('price', 'shipping_income', 'discount', 'refund')"
            ),
            "cost": SQL("component = 'cost_of_goods'"),
            **fees,
            "fee_other": SQL(
                "component = 'fee' AND COALESCE(fee, '') NOT IN %s", SHOWN_FEES
            ),
            "fees": SQL("component = 'fee'"),
            "freight": SQL("component = 'freight'"),
            "compensation": SQL("component IN ('reimbursement', 'chargeback')"),
            "contribution": SQL("TRUE"),
        }
        columns = [
            SQL("move.order_id AS part_order_id"),
            SQL("bool_or(is_expected) AS is_expected"),
        ]
        columns += [
            SQL(
                "COALESCE(sum(amount) FILTER (WHERE %s), 0) AS %s",
                condition,
                SQL.identifier(name),
            )
            for name, condition in conditions.items()
        ]
        return SQL(", ").join(columns)

    def action_view_movements(self):
        """The amounts that make up the contribution."""
        self.ensure_one()
        return self.order_id._get_profit_action()
