from odoo import api, fields, models
from odoo.tools import SQL

from ..algorithms.lazy import np
from .replenishment_data import WEEKS, Pairs, Position

#: weeks of expected receipts that are read
AHEAD = 26


class EcomReplenishmentReader(models.AbstractModel):
    """Demand, stock and receipts by SQL: one query each for any number of products.

    Demand is what was *ordered*, in the week it was ordered (weeks are counted back
    from today, UTC), whatever became of the delivery: what was cancelled for want of
    stock was asked for. Cancelled orders are not demand. Goods that left for customers
    or production without an order line, and parts of kits, count by their moves. What
    came back is taken off the week of its order. Drop-shipped lines never touched the
    warehouse.
    """

    _name = "ecom.replenishment.reader"
    _description = "Demand and Stock by Product and Warehouse"

    @api.model
    def _get_today(self):
        return fields.Date.today()

    @api.model
    def _get_since(self, weeks=WEEKS):
        return fields.Date.subtract(self._get_today(), days=7 * weeks)

    @api.model
    def _flush(self):
        """Write what is pending in the tables that are read."""
        for model in (
            *("sale.order", "sale.order.line", "stock.move", "stock.quant"),
            *("purchase.order", "purchase.order.line", "product.product"),
            *("product.template", "product.supplierinfo", "uom.uom"),
            *("stock.warehouse.orderpoint", "stock.location", "res.partner"),
            *("stock.picking.type", "stock.warehouse"),
        ):
            self.env[model].flush_model()

    @api.model
    def _sql_demand(self, company, since, product_ids=None):
        """Rows (product_id, warehouse_id, day, sold, returned), units of the product.

        :param since: first day; :param product_ids: ``None`` = all.
        """

        def only(column):
            if product_ids is None:
                return SQL("TRUE")
            return SQL("%s = ANY(%s)", column, product_ids)

        return SQL(
            """
            SELECT l.product_id, COALESCE(l.warehouse_id, o.warehouse_id)
                       AS warehouse_id,
                   o.date_order::date AS day,
                   l.product_uom_qty * lu.factor / pu.factor AS sold, 0 AS returned
              FROM sale_order_line l
              JOIN sale_order o ON o.id = l.order_id
              JOIN product_product p ON p.id = l.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable
              JOIN uom_uom lu ON lu.id = l.product_uom_id
              JOIN uom_uom pu ON pu.id = t.uom_id
             WHERE o.state = 'sale' AND o.company_id = %(company)s
               AND o.date_order >= %(since)s AND o.date_order < %(today)s
               AND l.product_uom_qty > 0 AND %(lines)s
               AND NOT EXISTS (
                   SELECT FROM stock_move d JOIN stock_location s
                       ON s.id = d.location_id AND s.usage = 'supplier'
                    WHERE d.sale_line_id = l.id AND d.product_id = l.product_id
                      AND d.state != 'cancel')
             UNION ALL
            SELECT m.product_id, src.warehouse_id,
                   COALESCE(o.date_order, m.date)::date,
                   m.quantity * mu.factor / pu.factor, 0
              FROM stock_move m
              JOIN stock_location src ON src.id = m.location_id
              JOIN stock_location dest ON dest.id = m.location_dest_id
              JOIN product_product p ON p.id = m.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable
              JOIN uom_uom mu ON mu.id = m.product_uom
              JOIN uom_uom pu ON pu.id = t.uom_id
              LEFT JOIN sale_order_line l ON l.id = m.sale_line_id
              LEFT JOIN sale_order o ON o.id = l.order_id
             WHERE m.state = 'done' AND m.company_id = %(company)s
               AND COALESCE(o.date_order, m.date) >= %(since)s
               AND COALESCE(o.date_order, m.date) < %(today)s
               AND src.usage = 'internal' AND dest.usage IN ('customer', 'production')
               AND (l.id IS NULL OR l.product_id != m.product_id) AND %(moves)s
             UNION ALL
            SELECT m.product_id,
                   COALESCE(l.warehouse_id, o.warehouse_id, dest.warehouse_id),
                   COALESCE(o.date_order, m.date)::date,
                   0, m.quantity * mu.factor / pu.factor
              FROM stock_move m
              JOIN stock_location src ON src.id = m.location_id
              JOIN stock_location dest ON dest.id = m.location_dest_id
              JOIN product_product p ON p.id = m.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable
              JOIN uom_uom mu ON mu.id = m.product_uom
              JOIN uom_uom pu ON pu.id = t.uom_id
              LEFT JOIN sale_order_line l ON l.id = m.sale_line_id
              LEFT JOIN sale_order o ON o.id = l.order_id
             WHERE m.state = 'done' AND m.company_id = %(company)s
               AND COALESCE(o.date_order, m.date) >= %(since)s
               AND COALESCE(o.date_order, m.date) < %(today)s
               AND src.usage = 'customer' AND dest.usage = 'internal' AND %(moves)s
            """,
            company=company.id,
            since=since,
            today=self._get_today(),
            lines=only(SQL("l.product_id")),
            moves=only(SQL("m.product_id")),
        )

    @api.model
    def _get_pairs(self, company, products=None):
        """What is planned: pairs with demand in a year, stock, or a reordering rule, in
        warehouses that are not left out.

        :param products: only these; ``None`` = all of the company.
        """
        self._flush()
        ids = None if products is None else products.ids
        only = SQL("TRUE") if ids is None else SQL("pair.product_id = ANY(%s)", ids)
        rows = self.env.execute_query(
            SQL(
                """
            WITH pair AS (
                SELECT product_id, warehouse_id, SUM(sold - returned) AS units
                  FROM (%(demand)s) AS demand GROUP BY 1, 2
                 UNION ALL
                SELECT q.product_id, l.warehouse_id, 0
                  FROM stock_quant q JOIN stock_location l ON l.id = q.location_id
                 WHERE l.usage = 'internal' AND q.quantity != 0
                 UNION ALL
                SELECT product_id, warehouse_id, 0
                  FROM stock_warehouse_orderpoint WHERE active
            )
            SELECT pair.product_id, pair.warehouse_id, COALESCE(t.categ_id, 0),
                   COALESCE((p.standard_price ->> %(company_key)s)::float, 0),
                   COALESCE(t.list_price, 0)::float,
                   SUM(pair.units)::float,
                   NOT (p.active AND t.active)
                       OR COALESCE(t.company_id, %(company)s) != %(company)s
              FROM pair
              JOIN stock_warehouse w ON w.id = pair.warehouse_id
                   AND w.company_id = %(company)s AND w.active
                   AND w.ecom_replenishment != 'none'
              JOIN product_product p ON p.id = pair.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable
             WHERE %(only)s
             GROUP BY 1, 2, 3, 4, 5, p.active, t.active, t.company_id
             ORDER BY 1, 2
            """,
                demand=self._sql_demand(company, self._get_since(52), ids),
                company=company.id,
                company_key=str(company.id),
                only=only,
            )
        )
        columns = list(zip(*rows, strict=True)) or [()] * 7
        whole, real = (0, 1, 2), (3, 4, 5)
        arrays = [np.array(columns[n], dtype=int) for n in whole]
        arrays += [np.array(columns[n], dtype=float) for n in real]
        return Pairs(*arrays, np.array(columns[6], dtype=bool))

    @api.model
    def _read_sales(self, company, pairs):
        """Units sold and returned, ``(n, WEEKS)`` each, oldest week first."""
        sold, returned = np.zeros((2, len(pairs), WEEKS))
        rows = self.env.execute_query(
            SQL(
                """
            SELECT product_id, warehouse_id, (%(today)s - day - 1) / 7,
                   SUM(sold)::float, SUM(returned)::float
              FROM (%(demand)s) AS demand
             GROUP BY 1, 2, 3
            """,
                today=self._get_today(),
                demand=self._sql_demand(
                    company, self._get_since(), np.unique(pairs.product).tolist()
                ),
            )
        )
        for product_id, warehouse_id, age, out, back in rows:
            row = pairs.index.get((product_id, warehouse_id))
            if row is not None and age < WEEKS:
                sold[row, WEEKS - 1 - age] = out
                returned[row, WEEKS - 1 - age] = back
        return sold, returned

    @api.model
    def _read_in_stock(self, company, pairs, on_hand):
        """Part of each week that ended its days with stock, ``(n, WEEKS)``.

        The stock of a past day is that of today less what moved since. A pair that
        never had stock tells nothing: all of its weeks count as in stock.

        :param on_hand: ``(n,)`` now.
        """
        days = 7 * WEEKS
        change = np.zeros((len(pairs), days + 1), dtype=np.float32)
        rows = self.env.execute_query(
            SQL(
                """
            SELECT m.product_id, side.warehouse_id, %(today)s - m.date::date,
                   SUM(side.sign * m.quantity * mu.factor / pu.factor)::float
              FROM stock_move m
              JOIN stock_location src ON src.id = m.location_id
              JOIN stock_location dest ON dest.id = m.location_dest_id
              JOIN product_product p ON p.id = m.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id
              JOIN uom_uom mu ON mu.id = m.product_uom
              JOIN uom_uom pu ON pu.id = t.uom_id
              CROSS JOIN LATERAL (VALUES (src.warehouse_id, src.usage, -1),
                  (dest.warehouse_id, dest.usage, 1)) AS side(warehouse_id, usage, sign)
             WHERE m.state = 'done' AND m.company_id = %(company)s
               AND m.date >= %(since)s AND m.product_id = ANY(%(products)s)
               AND side.usage = 'internal' AND side.warehouse_id IS NOT NULL
             GROUP BY 1, 2, 3
            """,
                today=self._get_today(),
                since=self._get_since(),
                company=company.id,
                products=np.unique(pairs.product).tolist(),
            )
        )
        for product_id, warehouse_id, age, units in rows:
            row = pairs.index.get((product_id, warehouse_id))
            if row is not None:
                change[row, min(max(age, 0), days)] += units
        # Column a: at the end of the day a days ago.
        later = np.cumsum(change, axis=1)[:, :days]
        stock = on_hand[:, None] - later
        # A float's rounding left over from many moves is no stock.
        has = (stock > 1e-3).reshape(len(pairs), WEEKS, 7).mean(axis=2)[:, ::-1]
        never = ~(has > 0).any(axis=1)
        return np.where(never[:, None], 1.0, has)

    @api.model
    def _read_position(self, company, pairs):
        """Stock now and what is expected; see :class:`Position`."""
        terms = ("on_hand", "reserved", "incoming", "outgoing", "requested")
        found = {term: np.zeros(len(pairs)) for term in terms}
        receipts = np.zeros((len(pairs), AHEAD))
        rows = self.env.execute_query(
            self._sql_position(company, np.unique(pairs.product).tolist())
        )
        for product_id, warehouse_id, term, week, units in rows:
            row = pairs.index.get((product_id, warehouse_id))
            if row is None:
                continue
            found[term][row] += units
            if term == "incoming" and week < AHEAD:
                receipts[row, max(week, 0)] += units
        return Position(**found, receipts=receipts)

    @api.model
    def _sql_position(self, company, product_ids):
        """Rows (product_id, warehouse_id, term, week ahead, units)."""
        return SQL(
            """
            SELECT q.product_id, l.warehouse_id, term.name, 0, SUM(term.units)::float
              FROM stock_quant q
              JOIN stock_location l ON l.id = q.location_id
              CROSS JOIN LATERAL (VALUES ('on_hand', q.quantity),
                  ('reserved', q.reserved_quantity)) AS term (name, units)
             WHERE q.product_id = ANY(%(products)s) AND l.usage = 'internal'
               AND l.warehouse_id IS NOT NULL
             GROUP BY 1, 2, 3
             UNION ALL
            SELECT m.product_id, side.warehouse_id, side.term,
                   (GREATEST(m.date, l.date_planned)::date - %(today)s) / 7,
                   SUM(m.product_qty)::float
              FROM stock_move m
              LEFT JOIN purchase_order_line l ON l.id = m.purchase_line_id
              JOIN stock_location src ON src.id = m.location_id
              JOIN stock_location dest ON dest.id = m.location_dest_id
              CROSS JOIN LATERAL (
                  VALUES (src.warehouse_id, src.usage, dest.warehouse_id, 'outgoing'),
                      (dest.warehouse_id, dest.usage, src.warehouse_id, 'incoming')
                  ) AS side(warehouse_id, usage, other_id, term)
             WHERE m.product_id = ANY(%(products)s) AND m.company_id = %(company)s
               AND m.state IN
                   ('waiting', 'confirmed', 'partially_available', 'assigned')
               AND side.usage = 'internal' AND side.warehouse_id IS NOT NULL
               AND (side.other_id IS DISTINCT FROM side.warehouse_id
                    OR src.usage != 'internal' OR dest.usage != 'internal')
             GROUP BY 1, 2, 3, 4
             UNION ALL
            SELECT l.product_id, COALESCE(r.warehouse_id, k.warehouse_id), 'requested',
                   0, SUM(l.product_uom_qty)::float
              FROM purchase_order_line l
              JOIN purchase_order o ON o.id = l.order_id
              JOIN stock_picking_type k ON k.id = o.picking_type_id
              LEFT JOIN stock_warehouse_orderpoint r ON r.id = l.orderpoint_id
             WHERE l.product_id = ANY(%(products)s) AND o.company_id = %(company)s
               AND o.state IN ('draft', 'sent', 'to approve')
             GROUP BY 1, 2
            """,
            products=product_ids,
            company=company.id,
            today=self._get_today(),
        )
