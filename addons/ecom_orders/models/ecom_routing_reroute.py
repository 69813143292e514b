from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from odoo import api, models
from odoo.fields import Domain

from ..routing.costing import Costing
from ..routing.rerouting import reroute
from ..routing.router import Alternative, Decision, looks_ahead
from ..routing.scarcity import weighed
from ..routing.schema import Plan
from .guard import run_guarded

MOST_ORDERS = 5000  # of a rule set that are looked at again in one run
BATCH_ORDERS = 500  # of them in one transaction


class EcomRoutingRouter(models.AbstractModel):
    """Confirmed orders that nobody picks yet move when another plan is cheaper."""

    _inherit = "ecom.routing.router"

    @api.model
    def _cron_reroute(self):
        """Look again at what is assigned and not picked, company by company."""
        cron = self.env["ir.cron"]
        rule_sets = self.env["ecom.routing.rule.set"].search(
            [("mode", "=", "active"), ("reroute", "=", True)]
        )
        batches = [
            (rule_set, batch)
            for rule_set in rule_sets
            for batch in self._get_reroute_batches(rule_set)
        ]
        cron._commit_progress(remaining=len(batches))
        for rule_set, batch in batches:
            self._reroute_guarded(rule_set, batch)
            if not cron._commit_progress(processed=1):
                break

    @api.model
    def _get_reroute_batches(self, rule_set):
        """Orders that may be looked at again, as many as one transaction takes."""
        # As for moving them: see _reroute.
        orders = self.env["sale.order"].sudo()
        orders = orders.search(
            self._get_reroute_domain(rule_set), order="id", limit=MOST_ORDERS
        )
        return [
            orders[start : start + BATCH_ORDERS]
            for start in range(0, len(orders), BATCH_ORDERS)
        ]

    @api.model
    def _reroute_guarded(self, rule_set, orders):
        """Look at a batch; when that fails, at each order by itself.

        So an order that cannot be moved leaves the others of its batch alone.
        """
        failed = []
        done = run_guarded(
            rule_set, lambda: self._reroute(rule_set, orders), failed.append
        )
        # When another transaction was faster, the next run does the work.
        if done or not failed or len(orders) == 1:
            return
        for order in orders:
            run_guarded(
                order,
                lambda order=order: self._reroute(rule_set, order),
                # It stays where it is; the log says why.
                lambda error: None,
            )
            if not self.env["ir.cron"]._commit_progress():
                break

    @api.model
    def _get_reroute_domain(self, rule_set):
        """Orders that may be looked at again (hook)."""
        return [
            ("company_id", "=", rule_set.company_id.id),
            ("state", "=", "sale"),
            ("ecom_channel_id", "!=", False),
            ("ecom_overridden", "=", False),
            ("delivery_status", "=", "pending"),
            ("ecom_decision_id.routed", "=", True),
            ("ecom_decision_id.rule_set_id", "=", rule_set.id),
            ("ecom_decision_id.kind", "in", ("applied", "rejection", "reroute")),
        ]

    @api.model
    def _reroute(self, rule_set, orders=None):
        """Move the orders of a rule set that can be shipped for less.

        :param orders: only these; None: all that may be looked at again.
        :return: the orders that moved.
        """
        # No role may write decisions; the job moves what nobody has touched yet.
        self = self.sudo().with_company(rule_set.company_id)
        rule_set = rule_set.sudo()
        domain = Domain(self._get_reroute_domain(rule_set))
        if orders is not None:
            domain &= Domain("id", "in", orders.ids)  # whatever has changed since
        orders = self.env["sale.order"].search(domain, order="id", limit=MOST_ORDERS)
        orders = orders.filtered(self._is_movable)
        lines = self._get_routed_lines(orders.order_line)
        self.env["ecom.routing.stock"]._claim(self._get_stocked(lines))
        rejected = self.env["ecom.routing.rejection"].search(
            [("order_id", "in", orders.ids)]
        )
        excluded = {
            order: rows.warehouse_id
            for order, rows in rejected.grouped("order_id").items()
        }
        ground = self._read_ground(
            rule_set.company_id, orders, lines, excluded, rule_set
        )
        return self._move_better(ground, rule_set)

    @api.model
    def _is_movable(self, order):
        """Whether nothing of an order is picked, invoiced or on its way."""
        lines = self._get_routed_lines(order.order_line)
        return (
            bool(lines)
            and not lines._ecom_is_begun()
            and not lines.invoice_lines
            and not any(lines.mapped("qty_delivered"))
            # A parcel that several orders share stays as it is.
            and len(lines.move_ids.picking_id.move_ids.sale_line_id.order_id) <= 1
            and order.ecom_decision_id.rule_id.active
        )

    @api.model
    def _move_better(self, ground, rule_set):
        network = self._weigh_network(ground, rule_set)
        rules = {
            str(rule.id): rule._to_rule(ground.carriers) for rule in rule_set.rule_ids
        }
        costing = Costing(network.sites, network.services, network.split_cost)
        pure, plans, of_order = {}, {}, {}
        for order in ground.orders:
            rule = rules.get(str(order.ecom_decision_id.rule_id.id))
            wanted = self._weigh(
                self._as_ordered(order, ground.orders[order]), rule_set
            )
            plan = self._get_present_plan(ground, costing, order, wanted)
            if rule and plan:
                pure[order.id], of_order[wanted.key] = wanted, rule
                plans[wanted.key] = plan
        network = replace(network, stock=self._read_balance(ground))
        plans = {
            key: weighed(pure[int(key)], plan, network.prices)
            if looks_ahead(of_order[key])
            else plan
            for key, plan in plans.items()
        }
        changed = reroute(
            list(pure.values()),
            plans,
            of_order,
            network,
            Decimal(str(rule_set.reroute_saving)),
        )
        moved = self.env["sale.order"].browse(int(key) for key in changed)
        self._carry_out(ground, plans, changed)
        decisions = {
            order: self._explain_move(order, changed, plans, of_order)
            for order in moved
        }
        moved.ecom_decision_ids.filtered(
            lambda one: one.kind != "shadow"
        ).replaced = True
        for order, outcome in decisions.items():
            saved = plans[str(order.id)].counted - outcome[0].plan.counted
            reason = self.env._("Costs %s less than before", f"{saved:.2f}")
            self._keep(ground, rule_set, {order: outcome}, "reroute", reason)
        return moved

    @api.model
    def _get_present_plan(self, ground, costing, order, pure):
        """How an order ships at present, at the costs of today.

        :return: None when the present place or carrier has no known cost.
        """
        sites = {site.key: site for site in costing.sites}
        pieces = defaultdict(lambda: defaultdict(int))
        for line in ground.lines[order]:
            key = str(line._ecom_get_main().id)
            place = str(line.warehouse_id.id), line.ecom_carrier_id, line.ecom_parcel
            pieces[place][key] += line._ecom_get_pieces()
        parcels = []
        for (site, carrier, _number), contents in sorted(pieces.items(), key=_by_place):
            if site not in sites:
                return None
            options = costing.parcels(pure, sites[site], dict(contents))
            same = [
                parcel
                for parcel in options
                if ground.carriers.get(parcel.service) == carrier
            ]
            if not same:
                return None
            parcels.append(same[0])
        return Plan(
            tuple(parcels), split_cost=costing.split_cost * max(len(parcels) - 1, 0)
        )

    @api.model
    def _read_balance(self, ground):
        """Units by (site, product), negative where more is promised than there is."""
        lines = self.env["sale.order.line"].union(*ground.lines.values())
        warehouses = self.env["stock.warehouse"].browse(
            int(site.key) for site in ground.network.sites
        )
        balance = self.env["ecom.routing.stock"]._get_balance(
            self._get_stocked(lines), warehouses
        )
        return {
            (str(warehouse_id), str(product_id)): units
            for (product_id, warehouse_id), units in balance.items()
        }

    @api.model
    def _carry_out(self, ground, plans, changed):
        """Give up the old places of all orders first, then ask at the new ones."""
        todo = []
        for key, plan in changed.items():
            order = self.env["sale.order"].browse(int(key))
            lines = self._get_moved_lines(order, plans[key], plan)
            with order._ecom_unlocked():
                order._ecom_release(lines._ecom_get_family())
                lines.ecom_part_ids._ecom_join()
            todo.append((order, lines, plan))
        for order, lines, plan in todo:
            whole = replace(ground, lines={order: order.order_line})
            places = self._get_places(whole, order, plan)
            order._ecom_place({line: places[line] for line in lines})

    @api.model
    def _get_moved_lines(self, order, old, new):
        """Main lines that ship from elsewhere, or by another carrier, than before.

        All of them, where a warehouse sends several parcels: what is in which may have
        changed.
        """
        before, after = _places(old), _places(new)
        several = any(len(plan.parcels) > len(plan.sites) for plan in (old, new))
        return order.order_line.browse(
            int(key) for key in after if several or before.get(key) != after[key]
        )

    @api.model
    def _explain_move(self, order, changed, plans, of_order):
        """The outcome to be kept: the new plan, and the old one beside it."""
        key = str(order.id)
        rule = of_order[key]
        decision = Decision(key, changed[key], rule.key, rule.strategy)
        before = Alternative(self.env._("Before"), plans[key])
        return decision, rule, (before,), ()


def _by_place(item):
    (site, carrier, number), _contents = item
    return site, carrier.id or 0, number


def _places(plan):
    """Pieces by (site, service), by line."""
    places = defaultdict(dict)
    for parcel in plan.parcels:
        for key, pieces in parcel.pieces.items():
            places[key][parcel.site, parcel.service] = pieces
    return places
