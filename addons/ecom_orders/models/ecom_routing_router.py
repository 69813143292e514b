from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models

from ..routing.router import Network, alternatives, decide
from ..routing.schema import ZERO, Order
from ..routing.tariffs import Service, Zone, ZoneRate
from .guard import run_guarded
from .order_plan import Hold

HELD = "not_routed"
#: a carrier without a rate card takes every parcel, at a price that nobody knows
ANY_WEIGHT = Decimal(10**9)
RETRY_LIMIT = 200  # orders that are tried again in one transaction


@dataclass(frozen=True)
class Ground:
    """What a batch of a company's orders is decided on, read once.

    :param lines: sale order lines that are routed, by order.
    :param orders: what the pure code decides, see :class:`~..routing.schema.Order`.
    :param carriers: carrier by key of a service.
    """

    company: object
    lines: dict
    orders: dict
    network: Network
    carriers: dict


class EcomRoutingRouter(models.AbstractModel):
    """Reads what routing decides on, has it decided, and carries it out.

    Hooks for neighbours: ``_get_warehouse_domain``, ``_get_routed_lines``,
    ``_prepare_order``, ``_prepare_services``.
    """

    _name = "ecom.routing.router"
    _description = "Routing of orders"

    @api.model
    def _route(self, orders, insist=False):
        """Decide quotations and set the warehouses and carriers of their lines.

        :param insist: the orders go on also when no warehouse can ship them: a person
            confirms them.
        :return: the orders that wait because no warehouse can ship them.
        """
        waiting = orders.browse()
        todo = orders.filtered(self._is_routable)
        rule_sets = self._get_rule_sets(todo.company_id)
        if not rule_sets:
            return waiting
        todo = todo.filtered(lambda order: order.company_id in rule_sets.company_id)
        lines = self._get_routed_lines(todo.order_line)
        self.env["ecom.routing.stock"]._claim(self._get_stocked(lines))
        sets = rule_sets.grouped("company_id")
        for company, batch in todo.grouped("company_id").items():
            waiting += self._route_company(company, batch, sets[company], insist)
        return waiting

    @api.model
    def _is_routable(self, order):
        """Whether an order is the router's business; a person's word is final."""
        return (
            order.ecom_channel_id
            and not order.ecom_fulfilled_by_channel
            and order.state in ("draft", "sent")
            and not order.ecom_overridden
        )

    @api.model
    def _get_rule_sets(self, companies):
        """The sets of companies that decide, in force or watched."""
        return self.env["ecom.routing.rule.set"].search(
            [("company_id", "in", companies.ids), ("mode", "!=", "off")]
        )

    @api.model
    def _route_company(self, company, orders, rule_sets, insist):
        ground = self._read_ground(company, orders)
        waiting = orders.browse()
        for rule_set in rule_sets:
            decisions = self._decide(ground, rule_set)
            if rule_set.mode == "active":
                self._apply(ground, decisions)
                waiting = self._hold(ground, rule_set, decisions, insist)
            self._keep(ground, rule_set, decisions, self._get_kind(rule_set))
        return waiting

    @api.model
    def _get_kind(self, rule_set):
        return "shadow" if rule_set.mode == "shadow" else "applied"

    # -- reading -----------------------------------------------------------------------

    @api.model
    def _get_warehouse_domain(self, company):
        """Warehouses that orders of a company may be shipped from."""
        theirs = self.env["ecom.channel"].search(
            [("channel_warehouse_id", "!=", False)]
        )
        return [
            ("company_id", "=", company.id),
            ("ecom_ships", "=", True),
            ("id", "not in", theirs.channel_warehouse_id.ids),
        ]

    @api.model
    def _get_routed_lines(self, lines):
        """Lines of goods whose warehouse is the router's choice.

        Not those that the shop assigned to a site, and not those that a route of their
        own brings from elsewhere: drop-shipped, made to order.
        """
        return lines.filtered(
            lambda line: (
                self._is_goods(line)
                and not line.ecom_location_id.warehouse_id
                and not self._has_own_source(line)
            )
        )

    @api.model
    def _is_goods(self, line):
        return (
            line.product_id.type == "consu"
            and not line.is_delivery
            and line.product_uom_qty > line.ecom_removed_qty
        )

    @api.model
    def _has_own_source(self, line):
        """Whether a route of the line or its product decides where it comes from."""
        product = line.product_id
        routes = line.route_ids or product.route_ids + product.categ_id.total_route_ids
        return bool(line.route_ids) or any(
            rule.location_dest_id.usage == "customer"
            or rule.procure_method in ("make_to_order", "mts_else_mto")
            for rule in routes.rule_ids
        )

    @api.model
    def _get_stocked(self, lines):
        """Products whose stock lines take: components of kits, not kits."""
        products = lines.product_id
        kits = self.env["ecom.stock.supply"]._get_kits(products, lines.company_id[:1])
        parts = self.env["product.product"].union(*(kits[kit] for kit in kits))
        kits_only = self.env["product.product"].union(*kits)
        return (products - kits_only | parts).filtered("is_storable")

    @api.model
    def _read_ground(self, company, orders, lines=None, excluded=None):
        """Read what the orders of a company are decided on; a constant of queries.

        :param lines: only these lines are decided.
        :param excluded: warehouses that must not be used, by order.
        """
        if lines is None:
            lines = self._get_routed_lines(orders.order_line)
        warehouses = self.env["stock.warehouse"].search(
            self._get_warehouse_domain(company)
        )
        kits = self.env["ecom.stock.supply"]._get_kits(lines.product_id, company)
        services, carriers = self._prepare_services(company, orders)
        keys = self._get_matching_rules(company, orders)
        of_order = lines.grouped("order_id")
        stocked = self._get_stocked(lines)
        free = self.env["ecom.routing.stock"]._get_free(stocked, warehouses)
        bound = orders.order_line - lines
        for key, units in self._get_bound(bound, company).items():
            if key in free:
                free[key] = max(0, free[key] - units)
        booked = self._get_booked(warehouses)
        pure = {}
        for order in orders:
            values = self._prepare_order(order, of_order.get(order, lines[:0]), kits)
            values["facts"]["keys"] = keys.get(order, frozenset())
            values["services"] = self._get_allowed_services(order, services, carriers)
            values["excluded"] = frozenset(
                str(site.id) for site in (excluded or {}).get(order, ())
            )
            pure[order] = Order(**values)
        network = Network(
            sites=tuple(
                warehouse._ecom_to_site(booked.get(warehouse.id, {}))
                for warehouse in warehouses
            ),
            services=services,
            stock={
                (str(warehouse_id), str(product_id)): units
                for (product_id, warehouse_id), units in free.items()
            },
        )
        return Ground(company, of_order, pure, network, carriers)

    @api.model
    def _get_bound(self, lines, company):
        """Units that lines with a warehouse of the shop's choice take there."""
        lines = lines.filtered(
            lambda line: self._is_goods(line) and line.ecom_location_id.warehouse_id
        )
        kits = self.env["ecom.stock.supply"]._get_kits(lines.product_id, company)
        bound = defaultdict(int)
        for line in lines:
            warehouse = line.ecom_location_id.warehouse_id
            for product, units in line._ecom_get_needs(kits):
                key = int(product), warehouse.id
                bound[key] += units * line._ecom_get_pieces()
        return bound

    @api.model
    def _get_booked(self, warehouses):
        """Parcels that warehouses have to send already, by warehouse and day."""
        limited = warehouses.filtered("ecom_capacity")
        booked = defaultdict(dict)
        if limited:
            for warehouse, day, count in self.env["ecom.routing.parcel"]._read_group(
                [
                    ("warehouse_id", "in", limited.ids),
                    ("ship_on", ">=", fields.Date.today() - timedelta(days=1)),
                    ("decision_id.kind", "in", ("applied", "override", "rejection")),
                    ("decision_id.order_id.state", "=", "sale"),
                ],
                ["warehouse_id", "ship_on:day"],
                ["__count"],
            ):
                booked[warehouse.id][day] = count
        return booked

    @api.model
    def _prepare_services(self, company, orders):
        """What carriers offer, and the carrier by key of the service.

        A carrier that the buyer chose and that has no rate card takes everything, at
        no known price.
        """
        cards = self.env["ecom.rate.card"].search(
            [("company_id", "=", company.id), ("zone_ids", "!=", False)]
        )
        cards = cards.filtered("carrier_id.active")
        carriers = {f"card:{card.id}": card.carrier_id for card in cards}
        services = [card._to_service() for card in cards]
        rates = (ZoneRate(Zone(), ((ANY_WEIGHT, ZERO),)),)
        for carrier in orders.mapped(self._get_binding_carrier) - cards.carrier_id:
            key = f"carrier:{carrier.id}"
            carriers[key] = carrier
            services.append(Service(key=key, name=carrier.name, rates=rates))
        return tuple(services), carriers

    @api.model
    def _get_binding_carrier(self, order):
        """The carrier that the buyer chose and nobody may replace."""
        method = order.ecom_shipping_method_id
        return method.carrier_id if method.binding else method.carrier_id.browse()

    @api.model
    def _get_allowed_services(self, order, services, carriers):
        chosen = self._get_binding_carrier(order)
        if chosen:
            return frozenset(key for key, one in carriers.items() if one == chosen)
        # a carrier without a known price is only for those who chose it
        known = frozenset(key for key in carriers if key.startswith("card:"))
        return known if len(known) < len(services) else None

    @api.model
    def _get_matching_rules(self, company, orders):
        """Keys of the rules whose further condition an order meets."""
        matching = defaultdict(set)
        rules = self.env["ecom.routing.rule"].search(
            [
                ("company_id", "=", company.id),
                ("rule_set_id.mode", "!=", "off"),
                ("domain", "not in", (False, "", "[]")),
            ]
        )
        for rule in rules:
            domain = [("id", "in", orders.ids), *rule._get_domain()]
            for order in self.env["sale.order"].search(domain):
                matching[order].add(str(rule.id))
        return {order: frozenset(keys) for order, keys in matching.items()}

    @api.model
    def _prepare_order(self, order, lines, kits):
        """Values of a :class:`~..routing.schema.Order`."""
        tags = frozenset(filter(None, (order.ecom_tags or "").split(", ")))
        promised = order.ecom_deliver_by
        return {
            "key": str(order.id),
            "lines": tuple(line._ecom_to_routing_line(kits) for line in lines),
            "place": order.partner_shipping_id._ecom_to_place(),
            "promised": promised.date() if promised else None,
            "facts": {
                "channel": str(order.ecom_channel_id.id),
                "tags": tags,
                "classes": frozenset(
                    str(category.id) for category in lines.product_id.categ_id
                ),
                "risk": order.ecom_risk,
            },
        }

    # -- deciding ----------------------------------------------------------------------

    @api.model
    def _decide(self, ground, rule_set):
        """Decisions of a rule set by order; orders without goods have none."""
        todo = [
            self._weigh(order, rule_set)
            for order in ground.orders.values()
            if order.lines
        ]
        rules = [rule._to_rule() for rule in rule_set.rule_ids]
        network = self._weigh_network(ground.network, rule_set)
        found = decide(todo, rules, network).decisions
        by_key = {rule.key: rule for rule in rules}
        result = {}
        for record, order in ground.orders.items():
            if not order.lines:
                continue
            decision = found[order.key]
            rule = by_key.get(decision.rule)
            options, refusals = (), decision.refusals
            if rule:
                options, refusals = alternatives(
                    self._weigh(order, rule_set), rule, network
                )
                refusals = decision.refusals or refusals
            result[record] = (decision, rule, options, refusals)
        return result

    @api.model
    def _weigh(self, order, rule_set):
        """The order with what lateness and waiting cost under a rule set."""
        return replace(
            order,
            late_cost=Decimal(str(rule_set.late_cost)),
            hold_cost=Decimal(str(rule_set.hold_cost)),
        )

    @api.model
    def _weigh_network(self, network, rule_set):
        return replace(network, split_cost=Decimal(str(rule_set.split_cost)))

    # -- carrying out ------------------------------------------------------------------

    @api.model
    def _apply(self, ground, decisions):
        """Set warehouse and carrier of the lines that have a plan."""
        targets = defaultdict(lambda: self.env["sale.order.line"])
        for order, (decision, *_rest) in decisions.items():
            if not decision.plan:
                continue
            lines = {str(line.id): line for line in ground.lines[order]}
            for parcel in decision.plan.parcels:
                carrier = ground.carriers.get(parcel.service)
                key = int(parcel.site), carrier.id if carrier else False
                for line in parcel.pieces:
                    targets[key] |= lines[line]
        for (warehouse_id, carrier_id), lines in targets.items():
            lines._ecom_quiet_write(
                {"ecom_warehouse_id": warehouse_id, "ecom_carrier_id": carrier_id}
            )
        self._set_order_carriers(targets)

    @api.model
    def _set_order_carriers(self, targets):
        """An order has the carrier of its parcels where they all have the same."""
        carriers = defaultdict(set)
        for (_warehouse_id, carrier_id), lines in targets.items():
            for order in lines.order_id:
                carriers[order].add(carrier_id)
        for order, ids in carriers.items():
            carrier_id = ids.pop() if len(ids) == 1 else False
            if carrier_id and order.carrier_id.id != carrier_id:
                order.carrier_id = carrier_id

    @api.model
    def _hold(self, ground, rule_set, decisions, insist):
        """Write down why orders wait, and resolve the reasons of those that do not."""
        blocks = self.env["ecom.order.block"].search(
            [("order_id", "in", [order.id for order in decisions])]
        )
        blocks = blocks.filtered(lambda block: block.reason == HELD)
        freed = blocks.filtered("released").order_id  # a person waved them through
        waiting = self.env["sale.order"]
        values = []
        settler = self.env["ecom.order.settler"]
        for order, (decision, rule, _options, refusals) in decisions.items():
            if decision.plan or insist or order in freed:
                continue
            waiting += order
            details = self._prepare_hold_details(ground, decision, rule, refusals)
            block = blocks.filtered(
                lambda one, order=order: one.order_id == order and one.state == "open"
            )
            if block:
                block.reason_details = details
            else:
                values.append(
                    settler._prepare_block_values(order.id, Hold(HELD, details=details))
                )
        # What a person lets go without a plan is released by the confirmation.
        blocks.filtered(lambda one: decisions[one.order_id][0].plan)._resolve()
        self.env["ecom.order.block"].create(values)
        return waiting

    @api.model
    def _prepare_hold_details(self, ground, decision, rule, refusals):
        names = {site.key: site.name for site in ground.network.sites}
        products = self.env["product.product"].browse(
            int(refusal.product) for refusal in refusals if refusal.product
        )
        names.update(
            (f"product {product.id}", product.default_code or product.name)
            for product in products
        )
        lacking = [
            f"{names.get(one.site, '')}: {names[f'product {one.product}']} "
            f"{one.available}/{one.needed}"
            for one in refusals
            if one.product
        ]
        codes = [
            f"{names.get(one.site, '')}: {one.reason.value}"
            for one in refusals
            if not one.product
        ]
        return {
            "rule": rule.name if rule else "–",
            "queue": decision.queue or "–",
            "obstacles": "; ".join(lacking or codes) or "–",
        }

    # -- keeping -----------------------------------------------------------------------

    @api.model
    def _keep(self, ground, rule_set, decisions, kind, reason=""):
        """Write decisions down, with what lost and why.

        A decision to wait that was made before, and nothing else since, is not written
        again.
        """
        known = self._get_waiting_decisions(decisions) if kind == "applied" else {}
        if kind == "shadow":
            self._forget_watched(rule_set, decisions)
        values = []
        for order, outcome in decisions.items():
            decision = outcome[0]
            if order in known and not decision.plan:
                continue
            values.append(
                self._prepare_decision(ground, rule_set, order, outcome, kind, reason)
            )
        return self.env["ecom.routing.decision"].create(values)

    @api.model
    def _forget_watched(self, rule_set, decisions):
        """A watched set has one decision for an order: the newest."""
        self.env["ecom.routing.decision"].search(
            [
                ("rule_set_id", "=", rule_set.id),
                ("kind", "=", "shadow"),
                ("order_id", "in", [order.id for order in decisions]),
            ]
        ).unlink()

    @api.model
    def _get_waiting_decisions(self, decisions):
        """The newest decision of each order, if it was to wait."""
        orders = self.env["sale.order"].union(*decisions)
        newest = orders.ecom_decision_id
        return {one.order_id: one for one in newest if one.kind == "waiting"}

    @api.model
    def _prepare_decision(self, ground, rule_set, order, outcome, kind, reason=""):
        """Values of a decision with its plans, parcels and obstacles."""
        decision, rule, options, refusals = outcome
        pure = self._weigh(ground.orders[order], rule_set)
        plan = decision.plan
        if not plan and kind == "applied":
            kind = "waiting"
        days = rule.cancel_after if rule and decision.queue else 0
        # A queue's time runs from the first decision to wait.
        cancel_at = fields.Datetime.now() + timedelta(days=days) if days else False
        plans = [(plan, decision.strategy, True)] if plan else []
        plans += [
            (option.plan, option.label, False)
            for option in options
            if plan is None or not _same(option.plan, plan)
        ]
        return {
            "order_id": order.id,
            "kind": kind,
            "routed": bool(plan),
            "rule_set_id": rule_set.id,
            "rule_id": int(rule.key) if rule else False,
            "strategy": decision.strategy,
            "queue": decision.queue,
            "cancel_at": False if plan else cancel_at,
            "override_reason": reason or False,
            "cost": float(plan.cost.total) if plan else 0.0,
            "parcel_count": len(plan.parcels) if plan else 0,
            "split": int(len(plan.parcels) > 1) if plan else 0,
            "late": int(plan.late(pure)) if plan else 0,
            "plan_ids": [
                fields.Command.create(self._prepare_plan(ground, pure, *one))
                for one in plans
            ],
            "parcel_ids": [
                fields.Command.create(self._prepare_parcel(ground, parcel))
                for parcel in (plan.parcels if plan else ())
            ],
            "refusal_ids": [
                fields.Command.create(self._prepare_refusal(refusal))
                for refusal in refusals
            ],
        }

    @api.model
    def _prepare_plan(self, ground, order, plan, label, chosen):
        names = {site.key: site.name for site in ground.network.sites}
        cost = plan.cost
        arrivals = [parcel.arrival for parcel in plan.parcels if parcel.arrival]
        parts = []
        for parcel in plan.parcels:
            carrier = ground.carriers.get(parcel.service)
            name = names.get(parcel.site, "")
            parts.append(f"{name} ({carrier.name})" if carrier else name)
        return {
            "chosen": chosen,
            "name": " + ".join(parts),
            "found_by": names.get(label, label),
            "parcel_count": len(plan.parcels),
            "freight": float(cost.freight),
            "surcharges": float(cost.surcharges),
            "packaging": float(cost.packaging),
            "handling": float(cost.handling),
            "lateness": float(cost.lateness),
            "split_cost": float(cost.split),
            "total": float(cost.total),
            "arrival": max(arrivals, default=False),
            "late": plan.late(order),
        }

    @api.model
    def _prepare_parcel(self, ground, parcel):
        carrier = ground.carriers.get(parcel.service)
        ready = {site.key: site.ready for site in ground.network.sites}
        return {
            "warehouse_id": int(parcel.site),
            "carrier_id": carrier.id if carrier else False,
            "line_ids": [fields.Command.set([int(key) for key in parcel.pieces])],
            "ship_on": ready.get(parcel.site) or False,
            "arrival": parcel.arrival or False,
            "cost": float(parcel.cost.total),
        }

    @api.model
    def _prepare_refusal(self, refusal):
        return {
            "warehouse_id": int(refusal.site) if refusal.site else False,
            "reason": refusal.reason.value,
            "product_id": int(refusal.product) if refusal.product else False,
            "available": refusal.available,
            "needed": refusal.needed,
        }

    # -- after a rejection -------------------------------------------------------------

    @api.model
    def _route_again(self, line):
        """Route a line that its warehouse rejected, without that warehouse.

        :return: whether there is another warehouse for it.
        """
        order = line.order_id
        rule_sets = self._get_rule_sets(order.company_id)
        rule_set = rule_sets.filtered(lambda one: one.mode == "active")
        if not rule_set:
            return False
        self.env["ecom.routing.stock"]._claim(self._get_stocked(line))
        rejections = self.env["ecom.routing.rejection"].search(
            [("line_id", "=", line.id)]
        )
        ground = self._read_ground(
            order.company_id, order, line, {order: rejections.warehouse_id}
        )
        decisions = self._decide(ground, rule_set)
        plan = decisions[order][0].plan
        if not plan:
            return False
        parcel = plan.parcels[0]
        carrier = ground.carriers.get(parcel.service, line.ecom_carrier_id.browse())
        warehouse = self.env["stock.warehouse"].browse(int(parcel.site))
        order._ecom_reroute(line, warehouse, carrier)
        last = rejections[:1]
        self._keep(ground, rule_set, decisions, "rejection", self._get_words(last))
        return True

    @api.model
    def _get_words(self, rejection):
        """A rejection in words."""
        reasons = dict(rejection._fields["reason"]._description_selection(self.env))
        words = [rejection.warehouse_id.name, reasons.get(rejection.reason)]
        return ": ".join(filter(None, [*words, rejection.note]))

    # -- waiting orders ----------------------------------------------------------------

    @api.model
    def _wake(self):
        """Have waiting orders tried again after this transaction."""
        cron = self.env.ref("ecom_orders.ir_cron_route", raise_if_not_found=False)
        if cron:
            cron._trigger()

    @api.model
    def _get_waiting_domain(self):
        return [("reason", "=", HELD), ("state", "=", "open")]

    @api.model
    def _cron_route_waiting(self):
        """Try the orders again that no warehouse could ship; cancel those too old."""
        cron = self.env["ir.cron"]
        blocks = self.env["ecom.order.block"].search(self._get_waiting_domain())
        orders = blocks.order_id.filtered(lambda one: one.state in ("draft", "sent"))
        orders = orders.sorted(
            lambda one: (one.ecom_ordered_at or one.date_order, one.id)
        )
        cron._commit_progress(remaining=len(orders))
        for start in range(0, len(orders), RETRY_LIMIT):
            batch = orders[start : start + RETRY_LIMIT]
            self._retry(batch)
            if not cron._commit_progress(processed=len(batch)):
                break

    @api.model
    def _retry(self, orders):
        """Try orders again, oldest first; see ``guard.run_guarded`` for failures."""
        run_guarded(
            orders,
            lambda: self._retry_batch(orders),
            # An order that Odoo refuses has got its reason by the settler.
            lambda error: None,
        )

    @api.model
    def _retry_batch(self, orders):
        for company, batch in orders.grouped("company_id").items():
            settler = self.env["ecom.order.settler"].with_company(company)
            ready = batch.filtered(lambda one: one._ecom_only_waits_for_stock())
            settler._confirm(ready.with_env(settler.env))
        self._cancel_expired(orders)

    @api.model
    def _cancel_expired(self, orders):
        """Cancel what has waited in its queue for too long; the channel is told."""
        waiting = orders.filtered(lambda one: one.state in ("draft", "sent"))
        last = self._get_waiting_decisions(dict.fromkeys(waiting))
        for order, decision in last.items():
            if not decision.cancel_at or decision.cancel_at > fields.Datetime.now():
                continue
            order.ecom_block_ids._resolve()
            order._ecom_quiet()._action_cancel()
            order._message_log(
                body=self.env._(
                    "Cancelled, because no warehouse could ship it in time (queue %s).",
                    decision.queue,
                )
            )


def _same(first, second):
    """Whether two plans ship the same from the same sites by the same services."""

    def parcels(plan):
        return {
            (parcel.site, parcel.service, frozenset(parcel.pieces.items()))
            for parcel in plan.parcels
        }

    return parcels(first) == parcels(second)
