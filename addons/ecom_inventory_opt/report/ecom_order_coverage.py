from odoo import fields, models
from odoo.tools import SQL


class EcomOrderCoverage(models.Model):
    """What covers each open sales order line: stock, a receipt, or nothing yet.

    The open lines of a product in a warehouse, reserved ones first, then by the day
    that was promised, take what is on hand, then receipts by the day they are expected.
    It is computed whenever it is looked at, so it is always as of now. A receipt whose
    day is over is expected today at the earliest. What is owed by a negative stock
    comes before every order.

    Kits count by their parts. Drop-shipped lines have no warehouse to wait for.
    """

    _name = "ecom.order.coverage"
    _description = "Supply of Customers' Orders"
    _auto = False
    _order = "delay_days desc, promised_date, id"
    _rec_name = "sale_line_id"
    _depends = {
        "sale.order": [
            *("state", "commitment_date", "date_order", "partner_id", "company_id"),
            *("warehouse_id", "currency_rate"),
        ],
        "sale.order.line": [
            *("product_id", "product_uom_id", "product_uom_qty", "qty_delivered"),
            *("price_subtotal", "customer_lead", "warehouse_id", "display_type"),
        ],
        "purchase.order": ["state", "partner_id", "picking_type_id"],
        "purchase.order.line": [
            *("product_id", "product_uom_id", "product_uom_qty", "qty_received"),
            *("date_planned", "display_type"),
        ],
        "stock.move": [
            *("product_id", "product_qty", "state", "date", "location_id"),
            *("location_dest_id", "sale_line_id", "purchase_line_id"),
        ],
        "stock.quant": ["product_id", "location_id", "quantity"],
        "stock.location": ["usage", "warehouse_id"],
        "product.template": ["is_storable", "uom_id"],
    }

    sale_line_id = fields.Many2one("sale.order.line", readonly=True)
    order_id = fields.Many2one("sale.order", string="Sales Order", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    quantity = fields.Float(digits="Product Unit", readonly=True)
    value = fields.Monetary(string="Sales", readonly=True)
    kind = fields.Selection(
        [
            ("stock", "On hand"),
            ("purchase", "Purchase order"),
            ("receipt", "Other receipt"),
            ("none", "Nothing ordered"),
        ],
        string="Covered By",
        readonly=True,
    )
    purchase_line_id = fields.Many2one("purchase.order.line", readonly=True)
    purchase_id = fields.Many2one(
        "purchase.order", string="Purchase Order", readonly=True
    )
    vendor_id = fields.Many2one("res.partner", readonly=True)
    move_id = fields.Many2one("stock.move", string="Receipt", readonly=True)
    promised_date = fields.Date(string="Promised", readonly=True)
    planned_date = fields.Date(
        string="Vendor's Date", readonly=True, help="What the receipt was planned for."
    )
    expected_date = fields.Date(
        string="Expected",
        readonly=True,
        help="When the goods are there: the receipt's day, not before today.",
    )
    delay_days = fields.Integer(
        string="Late by (days)",
        readonly=True,
        aggregator="max",
        help="Expected after promised; nothing ordered counts from today.",
    )
    is_late = fields.Boolean(string="Late for the Customer", readonly=True)
    is_purchase_late = fields.Boolean(string="Vendor Is Late", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            WITH wanted AS (%(wanted)s), available AS (%(available)s),
            demand AS (
                SELECT wanted.*, SUM(units) OVER line - units AS begins,
                       SUM(units) OVER line AS ends
                  FROM wanted
                WINDOW line AS (PARTITION BY product_id, warehouse_id
                    ORDER BY rank, promised_date, order_id, line_id, move_id)
            ), supply AS (
                SELECT available.*, SUM(units) OVER line - units AS begins,
                       SUM(units) OVER line AS ends
                  FROM available
                WINDOW line AS (PARTITION BY product_id, warehouse_id
                    ORDER BY rank, planned_date, purchase_line_id, move_id)
            ), found AS (
                SELECT d.line_id AS sale_line_id, d.order_id, d.partner_id,
                       d.product_id, d.warehouse_id, d.company_id, d.promised_date,
                       d.price, s.kind, s.purchase_line_id, s.purchase_id, s.vendor_id,
                       s.move_id, s.planned_date,
                       LEAST(d.ends, s.ends) - GREATEST(d.begins, s.begins) AS quantity,
                       CASE WHEN s.kind != 'none'
                            THEN GREATEST(s.planned_date, %(today)s) END
                           AS expected_date,
                       ROW_NUMBER() OVER (PARTITION BY d.line_id
                           ORDER BY d.product_id, d.move_id, s.begins) AS number
                  FROM demand d
                  JOIN supply s ON s.product_id = d.product_id
                       AND s.warehouse_id = d.warehouse_id
                       AND s.ends > d.begins AND s.begins < d.ends
                 WHERE d.line_id IS NOT NULL
            )
            SELECT sale_line_id::bigint * 1000 + number AS id, sale_line_id, order_id,
                   partner_id, product_id, warehouse_id, company_id, promised_date,
                   kind, purchase_line_id, purchase_id, vendor_id, move_id, quantity,
                   quantity * price AS value, planned_date, expected_date,
                   GREATEST(COALESCE(expected_date, %(today)s) - promised_date, 0)
                       AS delay_days,
                   kind = 'none' OR expected_date > promised_date AS is_late,
                   kind = 'purchase' AND planned_date < %(today)s AS is_purchase_late
              FROM found
            """,
            wanted=self._sql_wanted(),
            available=self._sql_available(),
            today=fields.Date.today(),
        )

    def _sql_wanted(self):
        """Rows of what has to be delivered: (product_id, warehouse_id, units, rank,
        promised_date, order_id, line_id, move_id, partner_id, company_id, price)."""
        return SQL(
            """
            SELECT l.product_id, COALESCE(l.warehouse_id, o.warehouse_id)
                       AS warehouse_id,
                   ((l.product_uom_qty - COALESCE(l.qty_delivered, 0))
                       * lu.factor / pu.factor)::float AS units,
                   CASE WHEN EXISTS (
                       SELECT FROM stock_move m
                        WHERE m.sale_line_id = l.id AND m.state = 'assigned')
                       THEN 1 ELSE 2 END AS rank,
                   COALESCE(o.commitment_date, o.date_order
                       + COALESCE(l.customer_lead, 0) * INTERVAL '1 day')::date
                       AS promised_date,
                   o.id AS order_id, l.id AS line_id, NULL::int AS move_id,
                   o.partner_id, o.company_id,
                   (l.price_subtotal / NULLIF(l.product_uom_qty, 0)
                       * pu.factor / lu.factor
                       / COALESCE(NULLIF(o.currency_rate, 0), 1))::float AS price
              FROM sale_order_line l
              JOIN sale_order o ON o.id = l.order_id
              JOIN product_product p ON p.id = l.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable
              JOIN uom_uom lu ON lu.id = l.product_uom_id
              JOIN uom_uom pu ON pu.id = t.uom_id
             WHERE o.state = 'sale' AND l.display_type IS NULL
               AND l.product_uom_qty > COALESCE(l.qty_delivered, 0)
               AND EXISTS (
                   SELECT FROM stock_move m
                     JOIN stock_location src ON src.id = m.location_id
                    WHERE m.sale_line_id = l.id AND m.product_id = l.product_id
                      AND src.usage = 'internal'
                      AND m.state NOT IN ('done', 'cancel', 'draft'))
             UNION ALL
            SELECT m.product_id, src.warehouse_id, m.product_qty::float,
                   CASE WHEN m.state = 'assigned' THEN 1 ELSE 2 END,
                   COALESCE(o.commitment_date, o.date_order
                       + COALESCE(l.customer_lead, 0) * INTERVAL '1 day')::date,
                   o.id, l.id, m.id, o.partner_id, o.company_id, NULL::float
              FROM stock_move m
              JOIN sale_order_line l ON l.id = m.sale_line_id
              JOIN sale_order o ON o.id = l.order_id
              JOIN stock_location src ON src.id = m.location_id
              JOIN stock_location dest ON dest.id = m.location_dest_id
              JOIN product_product p ON p.id = m.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable
             WHERE m.product_id != l.product_id AND src.usage = 'internal'
               AND src.warehouse_id IS NOT NULL AND dest.usage = 'customer'
               AND m.state NOT IN ('done', 'cancel', 'draft')
             UNION ALL
            SELECT q.product_id, s.warehouse_id, -SUM(q.quantity)::float, 0, NULL, NULL,
                   NULL, NULL, NULL, NULL, NULL
              FROM stock_quant q
              JOIN stock_location s ON s.id = q.location_id
             WHERE s.usage = 'internal' AND s.warehouse_id IS NOT NULL
             GROUP BY q.product_id, s.warehouse_id
            HAVING SUM(q.quantity) < 0
            """
        )

    def _sql_available(self):
        """Rows of what it can come from: (product_id, warehouse_id, units, rank, kind,
        planned_date, purchase_line_id, purchase_id, vendor_id, move_id)."""
        return SQL(
            """
            SELECT q.product_id, s.warehouse_id, SUM(q.quantity)::float AS units,
                   1 AS rank, 'stock' AS kind, NULL::date AS planned_date,
                   NULL::int AS purchase_line_id, NULL::int AS purchase_id,
                   NULL::int AS vendor_id, NULL::int AS move_id
              FROM stock_quant q
              JOIN stock_location s ON s.id = q.location_id
             WHERE s.usage = 'internal' AND s.warehouse_id IS NOT NULL
             GROUP BY q.product_id, s.warehouse_id
            HAVING SUM(q.quantity) > 0
             UNION ALL
            SELECT l.product_id, k.warehouse_id,
                   (l.product_uom_qty - COALESCE(l.qty_received, 0)
                       * lu.factor / pu.factor)::float,
                   2, 'purchase', l.date_planned::date, l.id, o.id, o.partner_id, NULL
              FROM purchase_order_line l
              JOIN purchase_order o ON o.id = l.order_id
              JOIN stock_picking_type k ON k.id = o.picking_type_id
              JOIN product_product p ON p.id = l.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable
              JOIN uom_uom lu ON lu.id = l.product_uom_id
              JOIN uom_uom pu ON pu.id = t.uom_id
             WHERE o.state = 'purchase' AND l.display_type IS NULL
               AND k.code = 'incoming' AND k.warehouse_id IS NOT NULL
               AND l.product_uom_qty
                   > COALESCE(l.qty_received, 0) * lu.factor / pu.factor
             UNION ALL
            SELECT m.product_id, dest.warehouse_id, m.product_qty::float, 2, 'receipt',
                   m.date::date, NULL, NULL, NULL, m.id
              FROM stock_move m
              JOIN stock_location src ON src.id = m.location_id
              JOIN stock_location dest ON dest.id = m.location_dest_id
             WHERE m.purchase_line_id IS NULL AND dest.usage = 'internal'
               AND dest.warehouse_id IS NOT NULL
               AND src.warehouse_id IS DISTINCT FROM dest.warehouse_id
               AND m.state NOT IN ('done', 'cancel', 'draft') AND m.product_qty > 0
             UNION ALL
            SELECT DISTINCT product_id, warehouse_id, 1e15::float, 3, 'none',
                   NULL::date, NULL::int, NULL::int, NULL::int, NULL::int
              FROM wanted
            """
        )
