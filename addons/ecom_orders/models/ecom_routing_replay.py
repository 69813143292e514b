from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import ROUND_FLOOR

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..marketplaces.schema import ZERO
from ..routing.backtest import Day, replay
from .ecom_routing_ground import Ground
from .ecom_stock_supply import exact


@dataclass(frozen=True)
class History:
    """Past days as they were, to be decided again.

    :param orders: the sale orders, in the order in which they were released.
    :param ground: its stock is that of the first morning; its sites are today's.
    """

    orders: object
    days: tuple[Day, ...]
    ground: Ground


class EcomRoutingRouter(models.AbstractModel):
    """Past days, with the stock as it was, for rule sets to decide once more."""

    _inherit = "ecom.routing.router"

    @api.model
    def _replay(self, history, rule_set):
        """What a rule set would have done.

        :rtype: odoo.addons.ecom_orders.routing.backtest.Figures
        """
        days = [
            replace(
                day, orders=tuple(self._weigh(order, rule_set) for order in day.orders)
            )
            for day in history.days
        ]
        carriers = history.ground.carriers
        rules = [rule._to_rule(carriers) for rule in rule_set.rule_ids]
        return replay(days, rules, self._weigh_network(history.ground, rule_set))

    @api.model
    def _read_history(self, company, since, rule_sets):
        """Read the days from ``since`` (a date, UTC) until now.

        Orders have the addresses, promises and tags of today, carriers their present
        prices. What left or came in otherwise than by these orders is added to the
        stock on the day it did.
        """
        orders = self._get_past_orders(company, since)
        lines = self._get_past_lines(orders)
        ground = self._read_ground(company, orders, lines, rule_sets=rule_sets)
        released = {order: self._get_release(order).date() for order in orders}
        network = ground.network
        warehouses = self.env["stock.warehouse"].browse(
            int(site.key) for site in network.sites
        )
        opening, receipts = self._read_past_stock(lines, warehouses, since)
        of_day = defaultdict(list)
        for order, pure in ground.orders.items():
            if pure.lines:
                of_day[released[order]].append(self._as_ordered(order, pure))
        last = max([fields.Date.today(), *released.values()])
        days = []
        for number in range((last - since).days + 1):
            date = since + timedelta(days=number)
            morning = datetime.combine(date, time.min)
            days.append(
                Day(
                    tuple(of_day[date]),
                    tuple(one._ecom_to_site({}, morning) for one in warehouses),
                    receipts.get(date, {}),
                )
            )
        ground = replace(
            ground,
            network=replace(network, stock=opening),
            until=datetime.combine(since, time.min),
        )
        return History(orders, tuple(days), ground)

    @api.model
    def _get_past_domain(self, company, since):
        """Orders that were released since a day, and those that wait (hook)."""
        start = datetime.combine(since, time.min)
        ours = Domain("company_id", "=", company.id) & Domain(
            "ecom_channel_id", "!=", False
        )
        released = Domain("state", "=", "sale") & Domain(
            "ecom_confirmed_at", ">=", start
        )
        waits = Domain("state", "in", ("draft", "sent")) & Domain(
            "ecom_decision_id.decided_at", ">=", start
        )
        not_theirs = Domain("ecom_fulfilled_by_channel", "=", False)
        return ours & not_theirs & (released | waits)

    @api.model
    def _get_past_orders(self, company, since):
        orders = self.env["sale.order"].search(self._get_past_domain(company, since))
        return orders.sorted(lambda order: (self._get_release(order), order.id))

    @api.model
    def _get_release(self, order):
        """When an order could have been routed: confirmed, or first found waiting."""
        return order.ecom_confirmed_at or order.create_date

    @api.model
    def _get_past_lines(self, orders):
        return self._get_routed_lines(orders.order_line)

    @api.model
    def _as_ordered(self, order, pure):
        """An order with its lines as they were before they were divided."""
        lines = {str(line.id): line for line in order.order_line}
        whole = {}
        for line in pure.lines:
            record = lines[line.key]
            key = str((record.ecom_main_line_id or record).id)
            known = whole.get(key)
            quantity = line.quantity + (known.quantity if known else 0)
            worth = line.value * line.quantity
            worth += known.value * known.quantity if known else ZERO
            whole[key] = replace(
                line,
                key=key,
                quantity=quantity,
                value=worth / quantity if quantity else ZERO,
                whole=not record._ecom_is_countable(),
            )
        return replace(pure, lines=tuple(whole.values()))

    # -- the stock as it was -----------------------------------------------------------

    @api.model
    def _read_past_stock(self, lines, warehouses, since):
        """Stock on the first morning, and what changed it otherwise, by day.

        :param lines: lines that are decided again: what left for them is left out.
        :return: (units by (site, product), dict ``date -> units by (site, product)``).
        """
        products = self._get_stocked(lines)
        if not products or not warehouses:
            return {}, {}
        now = defaultdict(lambda: ZERO)
        supply = self.env["ecom.stock.supply"]
        for product, site, term, units in self.env.execute_query(
            supply._query_quants(products.ids, warehouses.ids)
        ):
            if term == "on_hand":
                now[str(site), str(product)] += exact(units)
        receipts = defaultdict(lambda: defaultdict(lambda: ZERO))
        for date, product, site, ours, units in self.env.execute_query(
            self._query_past_moves(products.ids, warehouses.ids, lines.ids, since)
        ):
            cell = str(site), str(product)
            now[cell] -= exact(units)
            if not ours:
                receipts[date][cell] += exact(units)
        for product, site, units in self.env.execute_query(
            self._query_other_demand(products.ids, warehouses.ids, lines.ids)
        ):
            now[str(site), str(product)] -= exact(units)
        opening = {cell: max(0, _floor(units)) for cell, units in now.items()}
        return opening, {
            date: {cell: _floor(units) for cell, units in cells.items()}
            for date, cells in receipts.items()
        }

    @api.model
    def _query_past_moves(self, product_ids, warehouse_ids, line_ids, since):
        """Units that came in, or negative left, by day; whether for these lines."""
        for model in ("stock.move", "stock.move.line"):
            self.env[model].flush_model()
        return SQL(
            """
            SELECT moved.date::date, moved.product_id, place.warehouse_id,
                   moved.ours, SUM(place.sign * moved.units)
              FROM (SELECT item.date, item.product_id,
                           item.quantity_product_uom AS units,
                           item.location_id, item.location_dest_id,
                           COALESCE(move.sale_line_id = ANY(%(lines)s), FALSE)
                               AND target.usage = 'customer' AS ours
                      FROM stock_move_line item
                      JOIN stock_location target ON target.id = item.location_dest_id
                      LEFT JOIN stock_move move ON move.id = item.move_id
                     WHERE item.state = 'done' AND item.date >= %(since)s
                       AND item.product_id = ANY(%(products)s)) moved
              CROSS JOIN LATERAL (
                   SELECT one.warehouse_id, 1 AS sign FROM stock_location one
                    WHERE one.id = moved.location_dest_id AND one.usage = 'internal'
                    UNION ALL
                   SELECT one.warehouse_id, -1 FROM stock_location one
                    WHERE one.id = moved.location_id AND one.usage = 'internal'
                   ) place
             WHERE place.warehouse_id = ANY(%(warehouses)s)
             GROUP BY 1, 2, 3, 4
            """,
            products=product_ids,
            warehouses=warehouse_ids,
            lines=line_ids,
            since=datetime.combine(since, time.min),
        )

    @api.model
    def _query_other_demand(self, product_ids, warehouse_ids, line_ids):
        """Units that deliveries wait for, other than those of these lines."""
        return SQL(
            """
            SELECT move.product_id, source.warehouse_id, SUM(move.product_qty)
              FROM stock_move move
              JOIN stock_location source ON source.id = move.location_id
              JOIN stock_location target
                ON target.id = COALESCE(move.location_final_id, move.location_dest_id)
             WHERE move.state IN
                   ('waiting', 'confirmed', 'partially_available', 'assigned')
               AND move.procure_method = 'make_to_stock'
               AND target.usage = 'customer'
               AND source.usage = 'internal'
               AND source.warehouse_id = ANY(%(warehouses)s)
               AND move.product_id = ANY(%(products)s)
               AND NOT COALESCE(move.sale_line_id = ANY(%(lines)s), FALSE)
             GROUP BY 1, 2
            """,
            products=product_ids,
            warehouses=warehouse_ids,
            lines=line_ids,
        )


def _floor(units):
    return int(units.to_integral_value(ROUND_FLOOR))
