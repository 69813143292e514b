from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..algorithms import affinity
from ..algorithms.errors import TooFewData

DAYS = 730
#: customers that it is learnt from at most
SAMPLE = 100000
#: others kept for a product, and products that sell best
KEPT = 50
#: proposals of which one has to be the hidden product
TESTED = 10
PROPOSED = 3


class EcomNextProduct(models.Model):
    """What was learnt about the product a customer may want next, and how good it is.

    No proposal is stored: they are summed up from what customers bought last
    (``last_products`` of the figures) when somebody looks.
    """

    _name = "ecom.next.product"
    _description = "Next best product"
    _order = "id DESC"
    _rec_name = "date"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    customer_count = fields.Integer(string="Customers", readonly=True)
    product_count = fields.Integer(string="Products", readonly=True)
    tested_count = fields.Integer(
        string="Customers Tested",
        readonly=True,
        help="The last product that each of them bought for the first time was hidden.",
    )
    hit_rate = fields.Float(
        readonly=True,
        aggregator=False,
        help="Share of the customers whose hidden product was among ten proposals.",
    )
    popularity_rate = fields.Float(
        string="Hit Rate of Best Sellers",
        readonly=True,
        aggregator=False,
        help="The same when everybody is proposed what sells best.",
    )
    result = fields.Text(compute="_compute_result")

    @api.depends("tested_count", "product_count", "hit_rate", "popularity_rate")
    def _compute_result(self):
        for run in self:
            run.result = run._explain()

    def _explain(self):
        """What the proposals are worth, in words."""
        if not self.tested_count:
            return self.env._(
                "Too few customers bought a second product to test the proposals; 30 "
                "are needed."
            )
        if self.product_count <= TESTED:
            return self.env._(
                "With %s products or fewer the proposals hold them all: nothing can be "
                "tested.",
                TESTED,
            )
        values = {
            "hits": f"{self.hit_rate:.1%}",
            "popular": f"{self.popularity_rate:.1%}",
            "count": self.tested_count,
            "proposals": TESTED,
        }
        if self.hit_rate > self.popularity_rate:
            return self.env._(
                "%(proposals)s proposals held the product that was hidden for %(hits)s "
                "of %(count)s customers; as many best sellers did for %(popular)s.",
                **values,
            )
        return self.env._(
            "%(proposals)s proposals held the product that was hidden for %(hits)s of "
            "%(count)s customers, no more than as many best sellers (%(popular)s): "
            "propose those.",
            **values,
        )

    # -- learning ----------------------------------------------------------------------

    @api.model
    def _cron_learn(self):
        """Weekly: learn anew, company by company."""
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
        """Learn what goes with what from all that customers bought, and test it."""
        self.env.flush_all()
        rows = self.env.execute_query(self._get_purchases_query(company))
        weights = self.env["ecom.next.product.weight"]
        if not rows:
            weights._replace(company, [])
            return self.browse()
        customers, products, days = zip(*rows, strict=True)
        numbers = {key: number for number, key in enumerate(dict.fromkeys(customers))}
        columns = {key: number for number, key in enumerate(dict.fromkeys(products))}
        data = affinity.from_pairs(
            [numbers[key] for key in customers],
            [columns[key] for key in products],
            len(numbers),
            tuple(columns),
        )
        weights._replace(company, weights._read_model(affinity.learn(data), data))
        values = {
            "company_id": company.id,
            "customer_count": len(numbers),
            "product_count": len(columns),
        }
        try:
            rates = affinity.back_test(customers, products, days, TESTED)
        except TooFewData:
            return self.create(values)
        return self.create(
            {
                **values,
                "tested_count": rates.customers,
                "hit_rate": rates.hit_rate,
                "popularity_rate": rates.popularity,
            }
        )

    @api.model
    def _get_purchases_query(self, company):
        """(customer, product, day of the first purchase), of a sample at most.

        Who does not want to be profiled teaches nothing.
        """
        return SQL(
            """
            WITH chosen AS (
                SELECT c.partner_id
                  FROM ecom_customer c
                  JOIN res_partner p ON p.id = c.partner_id
                 WHERE c.company_id = %(company)s AND p.ecom_profiling_off IS NOT TRUE
                 ORDER BY hashint4(c.partner_id)
                 LIMIT %(sample)s
            )
            SELECT b.commercial_partner_id,
                   l.product_id,
                   min(o.date_order)::date - %(day)s
              FROM sale_order_line l
              JOIN sale_order o ON o.id = l.order_id
              JOIN res_partner b ON b.id = o.partner_id
              JOIN chosen c ON c.partner_id = b.commercial_partner_id
              JOIN product_product p ON p.id = l.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id
             WHERE o.state = 'sale' AND o.company_id = %(company)s
               AND o.date_order >= %(since)s
               AND p.active AND t.sale_ok AND l.product_uom_qty > 0
             GROUP BY 1, 2
             ORDER BY 1, 2
            """,
            company=company.id,
            sample=SAMPLE,
            day=fields.Date.to_date("2000-01-01"),
            since=fields.Datetime.now() - timedelta(days=DAYS),
        )


class EcomNextProductWeight(models.Model):
    """What having one product says for another; without one, how well it sells."""

    _name = "ecom.next.product.weight"
    _description = "Weight of a product for the next one"
    _log_access = False
    _order = "weight DESC, id"
    _rec_name = "other_id"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    product_id = fields.Many2one(
        "product.product", readonly=True, index=True, ondelete="cascade"
    )
    other_id = fields.Many2one(
        "product.product", required=True, readonly=True, index=True, ondelete="cascade"
    )
    weight = fields.Float(digits=0, readonly=True, aggregator=False)

    @api.model
    def _read_model(self, model, data):
        """(product or none, other, weight): the best ones of each product."""
        import numpy as np

        products = data.products
        rows = []
        table = model.weights
        for row, product in enumerate(products):
            part = slice(table.indptr[row], table.indptr[row + 1])
            columns, values = table.indices[part], table.data[part]
            for position in np.argsort(-values, kind="stable")[: KEPT + 1]:
                if columns[position] != row:
                    other = products[columns[position]]
                    rows.append((product, other, float(values[position])))
        # Best sellers only decide where nothing else does.
        popular = np.argsort(-model.popularity, kind="stable")[:KEPT]
        rows += [
            (None, products[column], affinity.EQUAL * float(model.popularity[column]))
            for column in popular
        ]
        return rows

    @api.model
    def _replace(self, company, rows):
        """Replace what is known for a company."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM ecom_next_product_weight WHERE company_id = %s",
                company.id,
            )
        )
        if rows:
            products, others, weights = map(list, zip(*rows, strict=True))
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO ecom_next_product_weight
                           (company_id, product_id, other_id, weight)
                    SELECT %s, d.product, d.other, d.weight
                      FROM unnest(%s::int[], %s::int[], %s::float8[])
                           AS d(product, other, weight)
                    """,
                    company.id,
                    products,
                    others,
                    weights,
                )
            )
        self.invalidate_model()

    @api.model
    def _propose(self, company, partner_ids, also=(), limit=PROPOSED):
        """Best next products of customers, best first.

        :param partner_ids: commercial contacts.
        :param also: ids of products that they are about to buy.
        :return: dictionary of contact to ids of products; nobody who is not profiled.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH people AS (
                    SELECT id AS partner_id FROM res_partner
                     WHERE id = ANY(%(partners)s) AND ecom_profiling_off IS NOT TRUE
                ), owned AS (
                    SELECT p.partner_id, product_id::int
                      FROM people p
                      JOIN ecom_customer c
                        ON c.partner_id = p.partner_id AND c.company_id = %(company)s,
                           jsonb_array_elements_text(c.last_products) AS product_id
                     UNION
                    SELECT partner_id, product_id
                      FROM people, unnest(%(also)s::int[]) AS product_id
                ), weights AS (
                    SELECT o.partner_id, w.other_id, w.weight
                      FROM owned o
                      JOIN ecom_next_product_weight w
                        ON w.product_id = o.product_id AND w.company_id = %(company)s
                     UNION ALL
                    SELECT p.partner_id, w.other_id, w.weight
                      FROM people p, ecom_next_product_weight w
                     WHERE w.company_id = %(company)s AND w.product_id IS NULL
                ), ranked AS (
                    SELECT s.partner_id, s.other_id,
                           row_number() OVER (PARTITION BY s.partner_id
                               ORDER BY sum(s.weight) DESC, s.other_id) AS rank
                      FROM weights s
                      JOIN product_product p ON p.id = s.other_id AND p.active
                      JOIN product_template t
                        ON t.id = p.product_tmpl_id AND t.sale_ok
                     WHERE NOT EXISTS (
                           SELECT 1 FROM owned o
                            WHERE o.partner_id = s.partner_id
                              AND o.product_id = s.other_id)
                     GROUP BY s.partner_id, s.other_id
                )
                SELECT partner_id, array_agg(other_id ORDER BY rank)
                  FROM ranked
                 WHERE rank <= %(limit)s
                 GROUP BY partner_id
                """,
                partners=list(partner_ids),
                company=company.id,
                also=list(also),
                limit=limit,
            )
        )
        return dict(rows)


class ResPartner(models.Model):
    _inherit = "res.partner"

    ecom_next_product_ids = fields.Many2many(
        "product.product",
        string="Next Products",
        compute="_compute_ecom_next_product_ids",
        groups="ecom_crm_segments.group_user",
        help="What customers who bought the same bought next, best first.",
    )

    @api.depends_context("company")
    @api.depends("commercial_partner_id", "ecom_profiling_off")
    def _compute_ecom_next_product_ids(self):
        proposals = self.env["ecom.next.product.weight"]._propose(
            self.env.company, self.commercial_partner_id.ids
        )
        for partner in self:
            partner.ecom_next_product_ids = proposals.get(
                partner.commercial_partner_id.id, []
            )


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def action_propose_products(self):
        """Offer the next best products in an optional section of the quotation."""
        for order in self.filtered(lambda order: order.state in ("draft", "sent")):
            order._propose_products()
        return True

    def _propose_products(self):
        """Fill the section of suggestions with what is not offered yet.

        The section is made once. What a person deleted makes room for another product;
        lines below it move down.
        """
        section = self.order_line.filtered("ecom_is_proposal")[:1]
        inside = self.order_line.filtered(lambda line: line.parent_id == section)
        room = PROPOSED - len(inside) if section else PROPOSED
        if room <= 0:
            return
        partner = self.partner_id.commercial_partner_id
        proposals = self.env["ecom.next.product.weight"]._propose(
            self.company_id, partner.ids, self.order_line.product_id.ids, room
        )
        values = [*map(self._prepare_proposal_line, proposals.get(partner.id, []))]
        if not values:
            return
        ordered = self.order_line.sorted("sequence")
        # The last line they come after, and those that make room.
        above = (section | inside).sorted("sequence") or ordered
        place = ordered.ids.index(above[-1].id) + 1 if above else 0
        if not section:
            values.insert(0, self._prepare_proposal_section())
        last = above[-1:].sequence
        for number, line in enumerate(ordered[place:], last + len(values) + 1):
            line.sequence = number
        self.order_line = [
            fields.Command.create({"sequence": last + number, **line})
            for number, line in enumerate(values, 1)
        ]

    def _prepare_proposal_section(self):
        order = self.with_context(lang=self.partner_id.lang)
        return {
            "display_type": "line_section",
            "name": order.env._("You may also like"),
            "is_optional": True,
            "ecom_is_proposal": True,
            "product_uom_qty": 0,
        }

    @api.model
    def _prepare_proposal_line(self, product_id):
        return {"product_id": product_id, "product_uom_qty": 0}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    ecom_is_proposal = fields.Boolean(
        string="Section of Suggestions", readonly=True, help="Made by Suggest Products."
    )
