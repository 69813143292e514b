from odoo import api, fields, models
from odoo.tools import SQL

from ..algorithms import arrival
from ..algorithms.lazy import np

#: days of receipts that vendors' delays are learned from
RECEIPT_DAYS = 730


class EcomStockOnOrder(models.Model):
    """What a vendor was asked for or owes of a product, and when it will really come.

    Vendors keep promises more or less: the range of the next receipt comes from how
    far their receipts of two years were from the promised days. What was received and
    went back is not owed: the vendor gives the money back.
    """

    _name = "ecom.stock.on.order"
    _description = "Stock on Order by Vendor"
    _auto = False
    _order = "product_id, company_id, next_date, id"
    _rec_name = "partner_id"
    _depends = {
        "purchase.order": ["state", "company_id", "partner_id", "date_approve"],
        "purchase.order.line": [
            *("product_id", "product_uom_id", "product_uom_qty", "qty_received"),
            *("date_planned", "display_type"),
        ],
        "res.partner": ["commercial_partner_id"],
        "stock.move": ["state", "product_qty", "purchase_line_id", "location_id"],
        "stock.location": ["usage"],
        "product.template": ["is_storable", "uom_id"],
    }

    overview_id = fields.Many2one("ecom.stock.overview", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Vendor", readonly=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    requested = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="On requests for quotation that are not confirmed.",
    )
    ordered = fields.Float(
        string="On Order",
        digits="Product Unit",
        readonly=True,
        help="On confirmed purchase orders, not yet received.",
    )
    next_date = fields.Date(
        string="Next Receipt",
        readonly=True,
        help="Earliest day that the vendor has promised and not kept yet.",
    )
    promised_days = fields.Integer(
        string="Promised Lead Time (days)",
        readonly=True,
        help="From the confirmation of that order to the promised day.",
    )
    receipts = fields.Integer(
        compute="_compute_arrival",
        help="Receipts of the vendor in two years that this is learned from.",
    )
    delay = fields.Float(
        string="Usual Delay (days)",
        compute="_compute_arrival",
        digits=(16, 1),
        help="Mean of the days between promise and receipt: this product's receipts, "
        "few of them lean on the vendor's. Negative: usually earlier.",
    )
    delay_deviation = fields.Float(
        string="Deviation of Delay (days)",
        compute="_compute_arrival",
        digits=(16, 1),
    )
    earliest_date = fields.Date(
        string="Earliest",
        compute="_compute_arrival",
        help="One in ten comes before this day.",
    )
    latest_date = fields.Date(
        string="Latest",
        compute="_compute_arrival",
        help="One in ten comes after this day.",
    )
    late_risk = fields.Float(
        string="Late (%)",
        compute="_compute_arrival",
        digits=(16, 0),
        help="Probability that it comes after the promised day.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT MIN(l.id) AS id, p.id::bigint * 10000 + o.company_id AS overview_id,
                   p.id AS product_id, o.company_id,
                   v.commercial_partner_id AS partner_id, t.uom_id,
                   COALESCE(SUM(line.units) FILTER (WHERE o.state != 'purchase'), 0)
                       AS requested,
                   COALESCE(SUM(line.units) FILTER (WHERE o.state = 'purchase'), 0)
                       AS ordered,
                   MIN(l.date_planned::date) FILTER (WHERE o.state = 'purchase')
                       AS next_date,
                   (ARRAY_AGG(l.date_planned::date - o.date_approve::date
                       ORDER BY l.date_planned, l.id)
                       FILTER (WHERE o.state = 'purchase'))[1] AS promised_days
              FROM purchase_order_line l
              JOIN purchase_order o ON o.id = l.order_id
              JOIN res_partner v ON v.id = o.partner_id
              JOIN product_product p ON p.id = l.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable
              JOIN uom_uom lu ON lu.id = l.product_uom_id
              JOIN uom_uom pu ON pu.id = t.uom_id
              LEFT JOIN LATERAL (
                  SELECT SUM(m.product_qty) AS units
                    FROM stock_move m
                    JOIN stock_location src ON src.id = m.location_id
                   WHERE m.purchase_line_id = l.id AND m.state = 'done'
                     AND src.usage = 'supplier') AS moved ON TRUE
              CROSS JOIN LATERAL (SELECT (l.product_uom_qty
                  - GREATEST(COALESCE(l.qty_received, 0) * lu.factor / pu.factor,
                             COALESCE(moved.units, 0)))::float AS units) AS line
             WHERE o.state IN ('draft', 'sent', 'to approve', 'purchase')
               AND l.display_type IS NULL AND line.units > 0
               AND l.product_uom_qty
                   > COALESCE(l.qty_received, 0) * lu.factor / pu.factor
             GROUP BY p.id, t.id, o.company_id, v.commercial_partner_id
            """
        )

    @api.depends("next_date", "promised_days", "partner_id", "product_id")
    def _compute_arrival(self):
        today = fields.Date.today()
        self.update({"earliest_date": False, "latest_date": False, "late_risk": 0.0})
        self.update({"receipts": 0, "delay": 0.0, "delay_deviation": 0.0})
        owed = self.filtered("next_date")
        if not owed:
            return
        of_vendor, of_product = owed._read_delays(today)
        promised = [row.promised_days for row in owed]
        mean, deviation = arrival.delay(promised, of_vendor, of_product)
        overdue = [(today - row.next_date).days for row in owed]
        found = arrival.expect(mean, deviation, overdue)
        for n, row in enumerate(owed):
            row.receipts = int(of_vendor.count[n])
            row.delay, row.delay_deviation = float(mean[n]), float(deviation[n])
            row.earliest_date = fields.Date.add(row.next_date, days=int(found.early[n]))
            row.latest_date = fields.Date.add(row.next_date, days=int(found.late[n]))
            row.late_risk = 100 * float(found.risk[n])

    def _read_delays(self, today):
        """Receipts of each row's vendor, and of its vendor and product, against the
        promised days; two :class:`arrival.Record`."""
        models_read = ("stock.move", "stock.location", "purchase.order", "res.partner")
        for model in (*models_read, "purchase.order.line"):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
            SELECT company_id, partner_id, COALESCE(product_id, 0), COUNT(*),
                   AVG(delay)::float, (COUNT(*) * VAR_POP(delay))::float
              FROM (
                SELECT m.company_id, v.commercial_partner_id AS partner_id,
                       m.product_id, m.date::date - l.date_planned::date AS delay
                  FROM stock_move m
                  JOIN purchase_order_line l ON l.id = m.purchase_line_id
                  JOIN purchase_order o ON o.id = l.order_id
                  JOIN res_partner v ON v.id = o.partner_id
                  JOIN stock_location src ON src.id = m.location_id
                 WHERE m.state = 'done' AND src.usage = 'supplier'
                   AND m.date >= %(since)s AND l.date_planned IS NOT NULL
                   AND m.company_id = ANY(%(companies)s)
                   AND v.commercial_partner_id = ANY(%(vendors)s)) AS receipt
             GROUP BY GROUPING SETS ((1, 2), (1, 2, product_id))
            HAVING GROUPING(product_id) = 1 OR product_id = ANY(%(products)s)
            """,
                since=fields.Date.subtract(today, days=RECEIPT_DAYS),
                companies=self.company_id.ids,
                vendors=self.partner_id.ids,
                products=self.product_id.ids,
            )
        )
        seen = {tuple(row[:3]): row[3:] for row in rows}

        def record(keys):
            facts = [seen.get(key, (0, 0.0, 0.0)) for key in keys]
            return arrival.Record(*np.array(facts, dtype=float).T)

        return (
            record((r.company_id.id, r.partner_id.id, 0) for r in self),
            record((r.company_id.id, r.partner_id.id, r.product_id.id) for r in self),
        )
