from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

from ..algorithms import affinity

#: pairs in fewer orders are chance
LEAST_ORDERS = 3
#: pairs kept for a product
KEPT = 10
DAYS = 730
BATCH = 5000


class EcomAffinity(models.Model):
    """Who buys the one product often buys the other in the same order."""

    _name = "ecom.affinity"
    _description = "Products bought together"
    _order = "lift DESC, id"
    _rec_name = "product_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade", index=True
    )
    other_id = fields.Many2one(
        "product.product",
        string="Bought Together With",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    order_count = fields.Integer(string="Orders", readonly=True)
    support = fields.Float(
        readonly=True, aggregator=False, help="Share of all orders that have both."
    )
    confidence = fields.Float(
        readonly=True,
        aggregator=False,
        help="Share of the orders with the one that have the other, too.",
    )
    lift = fields.Float(
        readonly=True,
        aggregator=False,
        help="How many times more often than if one had nothing to do with the other.",
    )
    proposed = fields.Boolean(string="Optional Product", compute="_compute_proposed")

    _pair_uniq = models.Constraint(
        "UNIQUE(company_id, product_id, other_id)", "A pair has one row."
    )

    @api.depends("product_id.product_tmpl_id.optional_product_ids", "other_id")
    def _compute_proposed(self):
        for pair in self:
            optional = pair.product_id.product_tmpl_id.optional_product_ids
            pair.proposed = pair.other_id.product_tmpl_id in optional

    @api.model
    def _cron_learn(self):
        """Weekly: what is bought together, company by company."""
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT company_id FROM ecom_customer ORDER BY 1")
        )
        for number, (company_id,) in enumerate(rows, 1):
            self._learn(self.env["res.company"].browse(company_id))
            remaining = len(rows) - number
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                break

    @api.model
    def _learn(self, company):
        """Replace the pairs of a company by those of its orders of two years."""
        rows = self._read_lines(company)
        self.search([("company_id", "=", company.id)]).unlink()
        if not rows:
            return
        numbers, columns, products = self._index(rows)
        data = affinity.from_pairs(numbers, columns, max(numbers) + 1, products)
        kept = {}
        for rule in affinity.pairs(data, LEAST_ORDERS):
            best = kept.setdefault(rule.left[0], [])
            if len(best) < KEPT:
                best.append(rule)
        values = [
            {
                "company_id": company.id,
                "product_id": rule.left[0],
                "other_id": rule.right,
                "order_count": rule.baskets,
                "support": rule.support,
                "confidence": rule.confidence,
                "lift": rule.lift,
            }
            for best in kept.values()
            for rule in best
        ]
        for start in range(0, len(values), BATCH):
            self.create(values[start : start + BATCH])

    @api.model
    def _read_lines(self, company):
        """(order, product) of the confirmed orders that count."""
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT l.order_id, l.product_id
                  FROM sale_order_line l
                  JOIN sale_order o ON o.id = l.order_id
                  JOIN product_product p ON p.id = l.product_id
                 WHERE o.state = 'sale' AND o.company_id = %s AND o.date_order >= %s
                   AND p.active AND l.product_uom_qty > 0
                 ORDER BY 1, 2
                """,
                company.id,
                fields.Datetime.now() - timedelta(days=DAYS),
            )
        )

    @api.model
    def _index(self, rows):
        """Numbers of orders from 0, of products from 0, and the products' ids."""
        orders, products = {}, {}
        numbers = [orders.setdefault(order, len(orders)) for order, _product in rows]
        columns = [products.setdefault(key, len(products)) for _order, key in rows]
        return numbers, columns, tuple(products)

    def action_propose(self):
        """Offer the other product on quotations with the one."""
        for pair in self:
            pair.product_id.product_tmpl_id.optional_product_ids = [
                Command.link(pair.other_id.product_tmpl_id.id)
            ]
        return True
