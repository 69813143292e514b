from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from odoo import api, models

from ..routing.punctuality import with_measured_days
from ..routing.router import alternatives, carrier_refusals, decide
from ..routing.schema import Refusal
from .order_plan import Hold

HELD = "not_routed"
PRIORITY = 10  # times as much it costs to let a priority customer wait


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
        decided = rule_sets.filtered(lambda one: one.mode == "active").company_id
        divided = todo.filtered(lambda order: order.company_id in decided).order_line
        divided.ecom_part_ids._ecom_join()  # they are decided as a whole, anew
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

    # -- deciding ----------------------------------------------------------------------

    @api.model
    def _decide(self, ground, rule_set):
        """Decisions of a rule set by order; orders without goods have none."""
        todo = [
            self._weigh(order, rule_set)
            for order in ground.orders.values()
            if order.lines
        ]
        rules = [rule._to_rule(ground.carriers) for rule in rule_set.rule_ids]
        network = self._weigh_network(ground, rule_set)
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
            refusals += carrier_refusals(self._weigh(order, rule_set), network.services)
            refusals += tuple(
                Refusal(reason, service=key)
                for key, reason in sorted(
                    ground.refused.get(record, ()), key=lambda one: one[0]
                )
                if key in ground.carriers and not key.startswith("quote:")
            )
            result[record] = (decision, rule, options, refusals)
        return result

    @api.model
    def _weigh(self, order, rule_set):
        """The order with what lateness and waiting cost under a rule set."""
        hold_cost = Decimal(str(rule_set.hold_cost))
        if order.facts["customer"] & set(rule_set.priority_category_ids.ids):
            hold_cost *= PRIORITY
        return replace(
            order, late_cost=Decimal(str(rule_set.late_cost)), hold_cost=hold_cost
        )

    @api.model
    def _weigh_network(self, ground, rule_set):
        """The network with what a split costs, the days that carriers keep, and what
        is expected, as far as a rule looks ahead."""
        services = ground.network.services
        if rule_set.confidence:
            services = with_measured_days(
                services, ground.record, rule_set.confidence / 100
            )
        return replace(
            ground.network,
            services=services,
            split_cost=Decimal(str(rule_set.split_cost)),
            expected=(
                self._read_expected(ground, rule_set) if rule_set.looks_ahead else ()
            ),
        )

    # -- carrying out ------------------------------------------------------------------

    @api.model
    def _apply(self, ground, decisions):
        """Set warehouse and carrier of the lines that have a plan."""
        places, numbers = {}, {}
        for order, (decision, *_rest) in decisions.items():
            if decision.plan:
                found = self._get_places(ground, order, decision.plan)
                places.update(found)
                numbers[order] = order._ecom_number_parcels(found)
        parts = self.env["sale.order.line"]._ecom_divide(
            {
                line: [units for *_place, units in rest]
                for line, (_first, *rest) in places.items()
                if rest
            }
        )
        targets = defaultdict(lambda: self.env["sale.order.line"])
        for line, found in places.items():
            placed = [line, *parts.get(line, ())]
            for part, (*parcel, _units) in zip(placed, found, strict=True):
                warehouse, carrier, _parcel = parcel
                number = numbers[line.order_id][tuple(parcel)]
                targets[warehouse.id, carrier.id, number] |= part
        for (warehouse_id, carrier_id, number), lines in targets.items():
            lines._ecom_quiet_write(
                {
                    "ecom_warehouse_id": warehouse_id,
                    "ecom_carrier_id": carrier_id,
                    "ecom_parcel": number,
                }
            )
        self._set_order_carriers(targets)

    @api.model
    def _get_places(self, ground, order, plan):
        """Where the lines of an order ship from.

        :return: by line, a list of (warehouse, carrier, parcel, units); the parcel is
            counted in the plan.
        """
        lines = {str(line.id): line for line in ground.lines[order]}
        nobody = self.env["delivery.carrier"]
        places = defaultdict(list)
        for number, parcel in enumerate(plan.parcels):
            warehouse = self.env["stock.warehouse"].browse(int(parcel.site))
            carrier = ground.carriers.get(parcel.service, nobody)
            for key, units in parcel.pieces.items():
                places[lines[key]].append((warehouse, carrier, number, units))
        return places

    @api.model
    def _set_order_carriers(self, targets):
        """An order has the carrier of its parcels where they all have the same."""
        carriers = defaultdict(set)
        for (_warehouse_id, carrier_id, _number), lines in targets.items():
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
        names.update((key, carrier.name) for key, carrier in ground.carriers.items())
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
            f"{names.get(one.site or one.service, '')}: {one.reason.value}"
            for one in refusals
            if not one.product
        ]
        return {
            "rule": rule.name if rule else "–",
            "queue": decision.queue or "–",
            "obstacles": "; ".join(lacking or codes) or "–",
        }
