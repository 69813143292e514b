from odoo import api, fields, models
from odoo.tools import SQL

from ..algorithms import sourcing

#: measures of the score: field, whether low is better, weight
MEASURES = (
    ("price_index", True, 3.0),
    ("lead_days", True, 1.0),
    ("lead_deviation", True, 2.0),
    ("on_time", False, 2.0),
    ("in_full", False, 1.0),
    ("returned", True, 1.0),
)


class EcomVendorScore(models.Model):
    """How vendors did in the last two years, from orders and receipts.

    Lines count that were due or received. On time: the last receipt came by the day the
    line promised. In full: as much was received as ordered. Returned: units that went
    back, of those received. Price index: what was paid against the mean price of the
    same products over all vendors, 100 = as the others.
    """

    _name = "ecom.vendor.score"
    _description = "Vendor Scorecard"
    _auto = False
    _rec_name = "partner_id"
    _order = "spend desc, id"

    partner_id = fields.Many2one("res.partner", string="Vendor", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    lines = fields.Integer(string="Order Lines", readonly=True)
    spend = fields.Monetary(readonly=True)
    price_index = fields.Float(readonly=True, aggregator="avg")
    lead_days = fields.Float(string="Lead Time (days)", readonly=True, aggregator="avg")
    lead_deviation = fields.Float(
        string="Deviation of Lead Time (days)", readonly=True, aggregator="avg"
    )
    on_time = fields.Float(string="On Time (%)", readonly=True, aggregator="avg")
    in_full = fields.Float(string="In Full (%)", readonly=True, aggregator="avg")
    returned = fields.Float(string="Returned (%)", readonly=True, aggregator="avg")
    score = fields.Float(
        compute="_compute_score",
        help="0 to 100, among the company's vendors: price, lead time and its "
        "deviation, on time, in full, returns.",
    )

    @api.depends("company_id")
    def _compute_score(self):
        self.score = 0.0
        for company in self.company_id:
            rows = self.search([("company_id", "=", company.id)])
            names, low, weights = zip(*MEASURES, strict=True)
            table = [[row[name] for name in names] for row in rows]
            if table:
                scores = sourcing.score(table, list(low), weights)
                found = dict(zip(rows.ids, scores.tolist(), strict=True))
                for row in self.filtered(lambda r, c=company: r.company_id == c):
                    row.score = found.get(row.id, 0.0)

    @property
    def _table_query(self):
        return SQL(
            """
            WITH line AS (
                SELECT l.id, o.company_id, v.commercial_partner_id AS partner_id,
                       l.product_id, l.product_uom_qty AS ordered,
                       l.price_subtotal / COALESCE(NULLIF(o.currency_rate, 0), 1)
                           AS paid,
                       l.date_planned, o.date_approve, moved.received, moved.returned,
                       moved.last_date
                  FROM purchase_order_line l
                  JOIN purchase_order o ON o.id = l.order_id
                  JOIN res_partner v ON v.id = o.partner_id
                  LEFT JOIN LATERAL (
                      SELECT SUM(m.product_qty) FILTER (WHERE src.usage = 'supplier')
                                 AS received,
                             SUM(m.product_qty) FILTER (WHERE dest.usage = 'supplier')
                                 AS returned,
                             MAX(m.date) FILTER (WHERE src.usage = 'supplier')
                                 AS last_date
                        FROM stock_move m
                        JOIN stock_location src ON src.id = m.location_id
                        JOIN stock_location dest ON dest.id = m.location_dest_id
                       WHERE m.purchase_line_id = l.id AND m.state = 'done'
                  ) AS moved ON TRUE
                 WHERE o.state = 'purchase' AND l.display_type IS NULL
                   AND l.product_uom_qty > 0
                   AND o.date_approve >= NOW() AT TIME ZONE 'UTC' - INTERVAL '730 days'
                   AND (l.date_planned < NOW() AT TIME ZONE 'UTC'
                        OR moved.received >= l.product_uom_qty)
            ), usual AS (
                SELECT company_id, product_id, SUM(paid) / SUM(ordered) AS price
                  FROM line GROUP BY 1, 2
            )
            SELECT MIN(line.id) AS id, line.company_id, line.partner_id,
                   COUNT(*)::int AS lines, SUM(line.paid) AS spend,
                   100 * SUM(line.paid)
                       / NULLIF(SUM(line.ordered * usual.price), 0) AS price_index,
                   AVG(EXTRACT(EPOCH FROM line.last_date - line.date_approve) / 86400)
                       AS lead_days,
                   COALESCE(STDDEV_POP(
                       EXTRACT(EPOCH FROM line.last_date - line.date_approve) / 86400
                       ), 0) AS lead_deviation,
                   100 * AVG((line.last_date IS NOT NULL
                       AND line.last_date::date <= line.date_planned::date)::int)
                       AS on_time,
                   100 * AVG((COALESCE(line.received, 0) >= line.ordered)::int)
                       AS in_full,
                   100 * COALESCE(SUM(line.returned), 0)
                       / NULLIF(SUM(line.received), 0) AS returned
              FROM line
              JOIN usual ON usual.company_id = line.company_id
                   AND usual.product_id = line.product_id
             GROUP BY line.company_id, line.partner_id
            """
        )
