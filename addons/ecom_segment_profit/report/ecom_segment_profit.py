from odoo import fields, models
from odoo.tools import SQL

#: sums of an order that are taken over
AMOUNTS = ("revenue", "cost", "fees", "freight", "compensation", "contribution")


class EcomSegmentProfit(models.Model):
    """What the orders of the members of a segment earned.

    Members are those of now; all their orders count, also those before they joined. A
    customer of two segments is in both, so sums over several segments count some orders
    twice.
    """

    _name = "ecom.segment.profit"
    _description = "Profit by Customer Segment"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "order_id"

    segment_id = fields.Many2one("ecom.segment", readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True)
    channel_id = fields.Many2one("ecom.channel", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(string="Ordered", readonly=True)
    revenue = fields.Monetary(readonly=True)
    cost = fields.Monetary(string="Cost of Goods", readonly=True)
    fees = fields.Monetary(string="All Fees", readonly=True)
    freight = fields.Monetary(readonly=True)
    compensation = fields.Monetary(string="Reimbursed Less Charged Back", readonly=True)
    contribution = fields.Monetary(readonly=True)

    _depends = {
        "ecom.order.profit": ["order_id", *AMOUNTS],
        "ecom.segment.membership": ["segment_id", "partner_id", "date_left"],
    }

    @property
    def _table_query(self):
        """A row for each order of each segment; the id is made of both ids."""
        return SQL(
            """
            SELECT member.segment_id::bigint * 2147483648 + profit.order_id AS id,
                   member.segment_id, profit.order_id, profit.channel_id,
                   profit.partner_id, profit.warehouse_id, profit.company_id,
                   profit.currency_id, profit.date, %s
              FROM (%s) profit
              JOIN res_partner partner ON partner.id = profit.partner_id
              JOIN ecom_segment_membership member
                ON member.partner_id = partner.commercial_partner_id
               AND member.company_id = profit.company_id
               AND member.date_left IS NULL
            """,
            SQL(", ").join(SQL.identifier("profit", name) for name in AMOUNTS),
            self.env["ecom.order.profit"]._table_query,
        )
