"""Rules, strategies and stock made into decisions that explain themselves.

Orders are decided rule by rule, in the order of the list. Within a rule a joint
strategy decides all its orders at once; the others take them in the order given. What
a decision takes is gone for those that follow. An order that no rule could commit
waits, in the queue of its last rule, and its decision says what stood in the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from .assignment import Effort, Limits, assign
from .costing import MOST_LINES, UNIT, Costing, product_index, to_units
from .packing import required_of
from .partition import Commit
from .rules import Rule, rules_for
from .scarcity import Expected, Prices, scarcity_prices, weighed
from .schema import (
    CASH_ON_DELIVERY,
    DANGEROUS_GOODS,
    ZERO,
    Line,
    Order,
    Plan,
    Reason,
    Refusal,
    Site,
    Stock,
)
from .strategies import STRATEGIES, View, may_commit
from .tariffs import Service, quote

_FEATURE_REASONS = {
    DANGEROUS_GOODS: Reason.DANGEROUS_GOODS,
    CASH_ON_DELIVERY: Reason.CASH_ON_DELIVERY,
}

#: orders that are decided in several ways, of which the cheapest counts
SEVERAL_WAYS = 2000
#: orders that are also decided one after the other, to be compared
ONE_BY_ONE = 200


@dataclass(frozen=True)
class Network:
    """What there is to ship with.

    :param stock: units that may be promised, by (site, product).
    :param split_cost: money for every parcel of an order beyond the first.
    :param expected: what will be ordered; only strategies that look ahead need it.
    """

    sites: tuple[Site, ...]
    services: tuple[Service, ...] = ()
    stock: Stock = field(default_factory=dict)
    split_cost: Decimal = ZERO
    expected: tuple[Expected, ...] = ()

    @cached_property
    def prices(self) -> Prices:
        """What a unit of this stock is worth to later orders, worked out once."""
        costing = Costing(self.sites, self.services, self.split_cost)
        return scarcity_prices(self.expected, costing, self.stock)


@dataclass(frozen=True)
class Alternative:
    """A plan that was not taken.

    :param label: code of the strategy, or key of the site that would ship all of it.
    """

    label: str
    plan: Plan


@dataclass(frozen=True)
class Decision:
    """What became of an order.

    :param plan: None when it waits.
    :param rule: key of the rule that decided; of the last one tried when it waits.
    :param queue: where it waits.
    :param refusals: what stood in the way.
    """

    order: str
    plan: Plan | None
    rule: str = ""
    strategy: str = ""
    queue: str = ""
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Decisions:
    """Decisions of orders that waited together.

    :param stock: what is left.
    :param gaps: by rule with a joint strategy: cost over its lower bound, relative.
    :param bounds: by rule, the lower bound in money.
    """

    decisions: Mapping[str, Decision]
    stock: Stock
    gaps: Mapping[str, float] = field(default_factory=dict)
    bounds: Mapping[str, Decimal] = field(default_factory=dict)


def decide(
    orders: Sequence[Order],
    rules: Sequence[Rule],
    network: Network,
    effort: Effort | None = None,
) -> Decisions:
    """Decide all orders.

    :param orders: those that come first are served first where nothing else decides.
    """
    return _Router(orders, rules, network, effort or Effort()).run()


class _Router:
    def __init__(self, orders, rules, network: Network, effort: Effort) -> None:
        self.orders = list(orders)
        self.rules = list(rules)
        self.network = network
        self.effort = effort
        self.stock = dict(network.stock)
        self.room = {site.key: site.capacity for site in network.sites}
        self.decisions: dict[str, Decision] = {}
        self.gaps: dict[str, float] = {}
        self.bounds: dict[str, Decimal] = {}

    def run(self) -> Decisions:
        """Go through the rules."""
        of_order = {order.key: rules_for(self.rules, order) for order in self.orders}
        for rule in self.rules:
            waiting = [
                order
                for order in self.orders
                if rule in of_order[order.key] and not self._is_shipped(order)
            ]
            if waiting:
                self._apply(rule, [rule.narrow(order) for order in waiting])
        for order in self.orders:
            if order.key not in self.decisions:
                refusal = Refusal(Reason.RULE)
                self.decisions[order.key] = Decision(
                    order.key, None, refusals=(refusal,)
                )
        return Decisions(self.decisions, self.stock, self.gaps, self.bounds)

    def _is_shipped(self, order: Order) -> bool:
        decision = self.decisions.get(order.key)
        return decision is not None and decision.plan is not None

    def _apply(self, rule: Rule, orders: list[Order]) -> None:
        strategy = STRATEGIES[rule.strategy]()
        if strategy.joint and len(orders) > 1:
            self._decide_jointly(rule, strategy, orders)
        else:
            self._one_by_one(rule, strategy, orders)

    # -- one after the other -----------------------------------------------------------

    def _one_by_one(self, rule: Rule, strategy, orders: Sequence[Order]) -> None:
        for order in orders:
            view = self._view(rule, order)
            plan = strategy.choose(view) if view.sites else None
            if plan is not None and strategy.joint and not _is_worth(order, plan):
                plan = None
            self._settle(rule, order, plan)

    def _view(self, rule: Rule, order: Order) -> View:
        sites = tuple(
            site for site in self.network.sites if self._may_use(rule, order, site)
        )
        stock = {
            (site.key, product): self._available(rule, site.key, product)
            for site in sites
            for line in order.lines
            for product, _units in line.needs
        }
        costing = Costing(sites, self.network.services, self.network.split_cost)
        prices = self.network.prices if looks_ahead(rule) else {}
        return View(order, sites, stock, costing, rule.commit, prices)

    def _may_use(self, rule: Rule, order: Order, site: Site) -> bool:
        room = self.room[site.key]
        return (
            site.key not in order.excluded
            and (room is None or room > 0)
            and rule.sites.has(site, order)
        )

    def _available(self, rule: Rule, site: str, product: str) -> int:
        return max(self.stock.get((site, product), 0) - rule.reserve, 0)

    def _settle(self, rule: Rule, order: Order, plan: Plan | None) -> None:
        if plan is not None and plan.parcels:
            self._take(order, plan)
            self.decisions[order.key] = Decision(
                order.key, plan, rule.key, rule.strategy
            )
            return
        refusals = tuple(self._refusals(rule, order))
        self.decisions[order.key] = Decision(
            order.key, None, rule.key, rule.strategy, rule.queue, refusals
        )

    def _take(self, order: Order, plan: Plan) -> None:
        needs = {line.key: line.needs for line in order.lines}
        for parcel in plan.parcels:
            if self.room[parcel.site] is not None:
                self.room[parcel.site] -= 1
            for key, pieces in parcel.pieces.items():
                for product, units in needs[key]:
                    cell = parcel.site, product
                    self.stock[cell] = self.stock.get(cell, 0) - units * pieces

    # -- together ----------------------------------------------------------------------

    def _decide_jointly(self, rule: Rule, strategy, orders: list[Order]) -> None:
        """Decide orders that share stock, in several ways; the cheapest way counts.

        Only plans of whole lines are decided together. Orders beyond them may come
        first, while there is something left to divide, or last, out of the way of the
        others. What is held in the end may still have a line divided over what is
        left.
        """
        together, alone = self._divide(rule, orders)
        first = self._fork()
        first._with_others(rule, strategy, together, alone)
        found = [first]
        for way in self._other_ways(rule, strategy, together, alone, first):
            found.append(self._fork())
            way(found[-1])
        if len(found) > 1:
            found.sort(key=lambda one: one._cost(orders))
        self.__dict__.update(found[0].__dict__)

    def _with_others(self, rule: Rule, strategy, together, first=(), last=()) -> None:
        self._one_by_one(rule, strategy, first)
        held = self._decide_together(rule, together) if together else []
        self._one_by_one(rule, strategy, _dearest_first([*last, *held]))
        if together:
            self._measure(rule, [order for order, _usable in together])

    def _measure(self, rule: Rule, orders: Sequence[Order]) -> None:
        """State the gap of what was decided in the end.

        The bound is that of whole lines; where dividing some costs less, there is none.
        """
        bound, cost = self.bounds[rule.key], self._cost(orders)
        self.gaps[rule.key] = max(float(cost / bound) - 1, 0.0) if bound > 0 else 0.0

    def _other_ways(self, rule: Rule, strategy, together, alone, found):
        """Ways that may turn out cheaper than the one that was found first."""
        orders = [order for order, _usable in together] + alone
        if len(orders) > SEVERAL_WAYS:
            return
        if alone:
            yield lambda other: other._with_others(rule, strategy, together, last=alone)
        held = any(not found._is_shipped(order) for order in orders)
        if (alone or held) and len(orders) <= ONE_BY_ONE:
            place = {order.key: index for index, order in enumerate(self.orders)}
            given = sorted(orders, key=lambda order: place[order.key])
            yield lambda other: other._one_by_one(rule, strategy, given)

    def _fork(self) -> _Router:
        """A router that decides from here on, without this one noticing."""
        fork = copy(self)
        for name in ("stock", "room", "decisions", "gaps", "bounds"):
            setattr(fork, name, dict(getattr(self, name)))
        return fork

    def _cost(self, orders: Sequence[Order]) -> Decimal:
        """What the orders cost, those that wait included."""
        plans = ((order, self.decisions[order.key].plan) for order in orders)
        return sum(
            (plan.cost.total if plan else order.hold_cost for order, plan in plans),
            ZERO,
        )

    def _divide(self, rule: Rule, orders):
        """Orders of whole single-product lines, and those that need more thought.

        Those are decided one by one: quantities to be split, kits, many lines.
        """
        keys = [site.key for site in self.network.sites]
        most: dict[tuple[str, tuple[bool, ...]], int] = {}
        together, alone = [], []
        for order in orders:
            usable = tuple(
                self._may_use(rule, order, site) for site in self.network.sites
            )

            def best(product: str, usable=usable) -> int:
                if (product, usable) not in most:
                    most[product, usable] = max(
                        (
                            self._available(rule, key, product)
                            for key, may in zip(keys, usable, strict=True)
                            if may
                        ),
                        default=0,
                    )
                return most[product, usable]

            if self._is_plain(rule, order, best):
                together.append((order, usable))
            else:
                alone.append(order)
        return together, alone

    def _is_plain(self, rule: Rule, order: Order, best) -> bool:
        if not 0 < len(order.lines) <= MOST_LINES:
            return False
        if any(len(line.needs) != 1 for line in order.lines):
            return False
        if len({line.needs[0][0] for line in order.lines}) < len(order.lines):
            return False
        if not rule.commit.split_lines:
            return True
        # none of it anywhere is no reason to split either
        return all(
            best(product) >= units * line.quantity or best(product) < units
            for line in order.lines
            if not line.whole
            for product, units in line.needs
        )

    def _decide_together(self, rule: Rule, together) -> list[Order]:
        """Decide plans of whole lines.

        :return: the orders that are held.
        """
        import numpy as np

        sites = self.network.sites
        costing = Costing(sites, self.network.services, self.network.split_cost)
        products = product_index(order for order, _usable in together)
        cells = {
            (site.key, product): self._available(rule, site.key, product)
            for site in sites
            for product in products
        }
        stock = np.array(
            [[cells[site.key, product] for site in sites] for product in products]
        )
        room = [self.room[site.key] for site in sites]
        limited = any(count is not None for count in room)
        endless = sum(len(order.lines) for order, _usable in together)
        capacity = np.array([endless if count is None else count for count in room])
        groups: dict[int, list] = {}
        for order, usable in together:
            groups.setdefault(len(order.lines), []).append((order, usable))
        batches = [
            costing.batch(
                [order for order, _usable in group],
                cells,
                products,
                np.array([usable for _order, usable in group]),
            )
            for group in groups.values()
        ]
        result = assign(
            batches,
            Limits(stock, capacity if limited else None),
            to_units(self.network.split_cost),
            rule.commit,
            self.effort,
        )
        self.bounds[rule.key] = Decimal(int(result.bound)) * UNIT
        held = []
        for batch, choice in zip(batches, result.choices, strict=True):
            for row, order in enumerate(batch.orders):
                plan = costing.plan(batch, row, choice.site[row], choice.block[row])
                if plan is None:
                    held.append(order)
                else:
                    self._settle(rule, order, plan)
        return held

    # -- why not -----------------------------------------------------------------------

    def _refusals(self, rule: Rule, order: Order):
        """What stood in the way, site by site."""
        possible = False
        costing = Costing(
            self.network.sites, self.network.services, self.network.split_cost
        )
        for site in self.network.sites:
            found = list(self._refused(rule, order, site, costing))
            possible |= not found
            yield from found
        if possible:
            yield Refusal(commit_reason(rule.commit))

    def _refused(self, rule: Rule, order: Order, site: Site, costing: Costing):
        room = self.room[site.key]
        if site.key in order.excluded:
            yield Refusal(Reason.EXCLUDED, site.key)
        elif not rule.sites.has(site, order):
            yield Refusal(Reason.RULE, site.key)
        elif room is not None and room <= 0:
            yield Refusal(Reason.CAPACITY, site.key)
        else:
            yield from self._lacking(rule, order, site, costing)

    def _lacking(self, rule: Rule, order: Order, site: Site, costing: Costing):
        short = False
        for line in order.lines:
            for refusal in self._short(rule, line, site):
                short = True
                yield refusal
        if not short and not all(
            costing.parcel(order, site, {line.key: line.quantity})
            for line in order.lines
        ):
            yield Refusal(Reason.SERVICE, site.key)

    def _short(self, rule: Rule, line: Line, site: Site):
        for product, units in line.needs:
            free = self._available(rule, site.key, product)
            if free >= units * line.quantity:
                continue
            before = self.network.stock.get((site.key, product), 0) - rule.reserve
            outbid = before >= units * line.quantity
            yield Refusal(
                Reason.OUTBID if outbid else Reason.STOCK,
                site.key,
                line.key,
                product,
                free,
                units * line.quantity,
            )


def _is_worth(order: Order, plan: Plan) -> bool:
    """Whether an order is not better left waiting."""
    return plan.cost.total <= order.hold_cost


def _dearest_first(orders: Sequence[Order]) -> list[Order]:
    return sorted(orders, key=lambda order: -order.hold_cost)


def looks_ahead(rule: Rule) -> bool:
    """Whether a rule's strategy counts what units are worth to later orders."""
    return STRATEGIES[rule.strategy].looks_ahead


def commit_reason(commit: Commit) -> Reason:
    """Which part of a commit condition most likely refused a possible plan."""
    if commit.max_parcels:
        return Reason.TOO_MANY_PARCELS
    return Reason.PART_VALUE if commit.min_part_value else Reason.DEARER


def alternatives(
    order: Order, rule: Rule, network: Network
) -> tuple[tuple[Alternative, ...], tuple[Refusal, ...]]:
    """Every strategy's plan and every single site's, cheapest first; why not others.

    Under a strategy that looks ahead the opportunity cost counts in that order.

    For people: it looks at one order, at the stock given, without its rule's limits on
    parcels, so that it shows what the rule costs.
    """
    order = rule.narrow(order)
    router = _Router([order], [rule], network, Effort())
    view = router._view(rule, order)
    found: dict[tuple, Alternative] = {}
    for code, strategy in STRATEGIES.items():
        if strategy.looks_ahead and not view.prices:
            continue  # it sees nothing that the others do not
        plan = strategy().choose(view) if view.sites and order.lines else None
        plan = weighed(order, plan, view.prices)
        if plan and may_commit(view, plan):
            found.setdefault(_identity(plan), Alternative(code, plan))
    everything = {line.key: line.quantity for line in order.lines}
    for site in view.sites:
        if all(
            view.here(site, line, line.quantity) == line.quantity
            for line in order.lines
        ):
            parcels = view.pack(site, everything)
            if parcels:
                plan = weighed(order, view.plan(parcels, {}), view.prices)
                found.setdefault(_identity(plan), Alternative(site.key, plan))
    ranked = sorted(found.values(), key=lambda one: one.plan.counted)
    refusals = router._refusals(rule, order)
    return tuple(ranked), tuple(r for r in refusals if r.site)


def carrier_refusals(order: Order, services: Sequence[Service]) -> tuple[Refusal, ...]:
    """Why services cannot take an order, one reason each, the gravest first.

    Services that are not offered to the order at all (another one is binding) are
    passed over.
    """
    offered = (
        service
        for service in services
        if order.services is None or service.key in order.services
    )
    found = ((service, _obstacle(order, service)) for service in offered)
    return tuple(
        Refusal(reason, service=service.key) for service, reason in found if reason
    )


def _obstacle(order: Order, service: Service) -> Reason | None:
    missing = sorted(required_of(order, order.lines) - service.features)
    if missing:
        return _FEATURE_REASONS.get(missing[0], Reason.FEATURE)
    if service.rate(order.place) is None:
        return Reason.ZONE
    weight = sum((line.weight * line.quantity for line in order.lines), ZERO)
    volume = sum((line.volume * line.quantity for line in order.lines), ZERO)
    return Reason.SIZE if quote(service, order.place, weight, volume) is None else None


def _identity(plan: Plan) -> tuple:
    return tuple(
        sorted(
            (parcel.site, parcel.service, tuple(sorted(parcel.pieces.items())))
            for parcel in plan.parcels
        )
    )
