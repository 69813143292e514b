import math

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..algorithms import projection

#: least and most weeks that are shown
SHOWN, MOST_SHOWN = 13, 26


class EcomReplenishmentProposal(models.Model):
    """Stock of the coming weeks, from what is there and on its way at this moment."""

    _inherit = "ecom.replenishment.proposal"

    projection = fields.Json(compute="_compute_projection")

    # Stock, receipts and orders change all the time: it is read anew each time.
    @api.depends_context("lang")
    def _compute_projection(self):
        today = self.env["ecom.replenishment.reader"]._get_today()
        stock, moves = self._read_stock_now(), self._read_moves_ahead(today)
        for proposal in self:
            key = proposal.product_id.id, proposal.warehouse_id.id
            proposal.projection = proposal._prepare_projection(
                today, stock.get(key, 0.0), moves.get(key, [])
            )

    def _read_stock_now(self):
        """Units on hand: (product, warehouse) to a number."""
        self.env["stock.quant"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
            SELECT q.product_id, l.warehouse_id, SUM(q.quantity)::float
              FROM stock_quant q
              JOIN stock_location l ON l.id = q.location_id
             WHERE l.usage = 'internal' AND q.product_id = ANY(%s)
               AND l.warehouse_id = ANY(%s)
             GROUP BY 1, 2
            """,
                self.product_id.ids,
                self.warehouse_id.ids,
            )
        )
        return {(product, warehouse): units for product, warehouse, units in rows}

    def _read_moves_ahead(self, today):
        """Open moves into and out of the warehouses: (product, warehouse) to a list of
        (term, week, units, documents), late ones in week 0.

        Core leaves a move's day as it is when a vendor's date is changed on the order:
        the later of both counts.
        """
        models_read = ("stock.move", "stock.picking", "stock.location")
        for model in (*models_read, "purchase.order.line"):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
            SELECT m.product_id, side.warehouse_id, side.term,
                   GREATEST((GREATEST(m.date, l.date_planned)::date - %(today)s) / 7, 0)
                       AS week,
                   SUM(m.product_qty)::float,
                   STRING_AGG(DISTINCT COALESCE(m.origin, k.name), ', ')
              FROM stock_move m
              JOIN stock_location src ON src.id = m.location_id
              JOIN stock_location dest ON dest.id = m.location_dest_id
              LEFT JOIN stock_picking k ON k.id = m.picking_id
              LEFT JOIN purchase_order_line l ON l.id = m.purchase_line_id
              CROSS JOIN LATERAL (
                  VALUES (src.warehouse_id, src.usage, dest.warehouse_id, 'out'),
                      (dest.warehouse_id, dest.usage, src.warehouse_id, 'in')
                  ) AS side(warehouse_id, usage, other_id, term)
             WHERE m.product_id = ANY(%(products)s)
               AND m.state IN
                   ('waiting', 'confirmed', 'partially_available', 'assigned')
               AND side.usage = 'internal'
               AND side.warehouse_id = ANY(%(warehouses)s)
               AND (side.other_id IS DISTINCT FROM side.warehouse_id
                    OR src.usage != 'internal' OR dest.usage != 'internal')
             GROUP BY 1, 2, 3, 4
             ORDER BY 4
            """,
                today=today,
                products=self.product_id.ids,
                warehouses=self.warehouse_id.ids,
            )
        )
        found = {}
        for product_id, warehouse_id, *facts in rows:
            found.setdefault((product_id, warehouse_id), []).append(facts)
        return found

    def _get_shown_weeks(self):
        """Weeks that the chart shows. A hook."""
        self.ensure_one()
        weeks = math.ceil(2 * self.interval_weeks)
        return min(max(weeks, SHOWN), MOST_SHOWN)

    def _prepare_projection(self, today, on_hand, moves):
        """What the chart shows; see the widget ``planning_chart``. A hook.

        :param on_hand: units now; :param moves: of :meth:`_read_moves_ahead`.
        """
        self.ensure_one()
        weeks = self._get_shown_weeks()
        units = {"in": [0.0] * weeks, "out": [0.0] * weeks}
        for term, week, quantity, _documents in moves:
            if week < weeks:
                units[term][week] += quantity
        found = projection.project(
            on_hand,
            units["in"],
            units["out"],
            max(self.weekly_demand, 0.0),
            max(self.weekly_deviation, 0.0),
        )
        days = [fields.Date.add(today, days=7 * week) for week in range(weeks + 1)]
        expected = self.env._("Expected stock")
        series = [
            self._get_series(self.env._("Low: 1 in 20 is less"), "low", found.low),
            self._get_series(self.env._("High: 1 in 20 is more"), "high", found.high),
            self._get_series(expected, "line", found.expected),
        ]
        if self.state == "open" and (self.order_qty or self.transfer_qty):
            arrives = math.ceil(self.lead_mean / 7)
            proposed = [
                value
                + (self.transfer_qty if week else 0.0)
                + (self.order_qty if week >= arrives else 0.0)
                for week, value in enumerate(found.expected.tolist())
            ]
            label = self.env._("With what is proposed")
            series.append(self._get_series(label, "dashed", proposed))
        series.append(
            self._get_series(self.env._("Min"), "limit", [self.min_qty] * (weeks + 1))
        )
        series += self._get_events(found, moves, days)
        return {
            "x": {"labels": [format_date(self.env, day) for day in days]},
            "y": {"title": self.uom_id.display_name},
            "series": series,
        }

    @api.model
    def _get_series(self, label, role, values):
        points = [
            {"x": week, "y": round(float(value), 2)}
            for week, value in enumerate(values)
        ]
        return {"label": label, "role": role, "points": points}

    def _get_events(self, found, moves, days):
        """Marks on the chart: receipts, and the day that stock runs out; a list."""
        receipts = [
            {
                "x": week + 1,
                "y": round(float(found.expected[week + 1]), 2),
                "note": self.env._(
                    "Receipt of %(units)g: %(documents)s",
                    units=units,
                    documents=documents or "",
                ),
            }
            for term, week, units, documents in moves
            if term == "in" and week + 1 < len(days)
        ]
        series = []
        if receipts:
            label = self.env._("Receipts")
            series.append({"label": label, "role": "marks", "points": receipts})
        if found.run_out is not None:
            note = self.env._(
                "Runs out by %(date)s with a probability of %(risk).0f %%",
                date=format_date(self.env, days[found.run_out]),
                risk=100 * found.risk[found.run_out],
            )
            point = {"x": found.run_out, "y": 0, "note": note}
            label = self.env._("Runs out")
            series.append({"label": label, "role": "marks", "points": [point]})
        return series
