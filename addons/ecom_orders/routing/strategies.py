"""Ways to choose a plan, one small class each.

A strategy looks at one order and at what is left in stock (:class:`View`), and returns
a plan or None. An addon adds one by a subclass with the decorator :func:`register`; its
code becomes a choice of the rules.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import ClassVar

from .costing import IMPOSSIBLE, MOST_LINES, Batch, Costing, product_index, to_units
from .packing import separate
from .partition import Commit, choose
from .scarcity import Prices, weighed
from .schema import Line, Order, Parcel, Plan, Site, Stock
from .splitting import split

#: more than any plan costs, in units; what is counted before cost
FIRST = 1 << 40


@dataclass(frozen=True)
class View:
    """What a strategy may look at.

    :param sites: those the rule and the order allow, with room for a parcel.
    :param stock: what is left.
    :param costing: prices parcels of these sites.
    :param prices: what a unit is worth to later orders, by (site, product).
    """

    order: Order
    sites: tuple[Site, ...]
    stock: Stock
    costing: Costing
    commit: Commit
    prices: Prices = field(default_factory=dict)

    def here(self, site: Site, line, missing: int) -> int:
        """Pieces of a line that a site can give, at most those missing."""
        held = {
            product: self.stock.get((site.key, product), 0) for product, _ in line.needs
        }
        return min(line.pieces_within(held), missing)

    @cached_property
    def batch(self) -> Batch:
        """The order's possible parcels as arrays."""
        import numpy as np

        allowed = np.ones((1, len(self.sites)), dtype=bool)
        index = product_index([self.order])
        return self.costing.batch([self.order], self.stock, index, allowed)

    @cached_property
    def _parcels(self) -> dict:
        return {}

    def parcel(self, site: Site, pieces: Mapping[str, int]) -> Parcel | None:
        """The cheapest parcel of some pieces, worked out once; None without any."""
        key = site.key, tuple(sorted(pieces.items()))
        if key not in self._parcels:
            self._parcels[key] = self.costing.parcel(self.order, site, pieces)
        return self._parcels[key]

    def pack(self, site: Site, pieces: Mapping[str, int]) -> tuple[Parcel, ...]:
        """As few parcels of one site as all pieces can leave in; empty: they cannot.

        Several, where lines must not share one, or no one service takes them all.
        """
        lines = [line for line in self.order.lines if pieces.get(line.key)]
        for way in separate(lines):
            parcels = [
                self.parcel(site, {line.key: pieces[line.key] for line in group})
                for group in way
            ]
            if all(parcels):
                return tuple(parcels)
        return ()

    def plan(self, parcels: Sequence[Parcel], waiting: Mapping[str, int]) -> Plan:
        """Make a plan of parcels."""
        cost = self.costing.split_cost * max(len(parcels) - 1, 0)
        return Plan(tuple(parcels), dict(waiting), cost)


class Strategy(ABC):
    """How a plan is chosen.

    :cvar code: lasting name; ``title`` and ``help`` are for people (English).
    :cvar joint: orders that wait together are decided together (:mod:`.assignment`),
        not one after the other.
    :cvar looks_ahead: it counts what units are worth to later orders
        (:mod:`.scarcity`): it needs to know what is expected.
    """

    code: ClassVar[str] = ""
    title: ClassVar[str] = ""
    help: ClassVar[str] = ""
    joint: ClassVar[bool] = False
    looks_ahead: ClassVar[bool] = False

    @abstractmethod
    def choose(self, view: View) -> Plan | None:
        """Return the plan for an order; None when there is none that may be used."""


STRATEGIES: dict[str, type[Strategy]] = {}


def register(strategy: type[Strategy]) -> type[Strategy]:
    """Make a strategy known by its code (class decorator)."""
    if STRATEGIES.get(strategy.code, strategy) is not strategy:
        raise ValueError(f"There are two strategies {strategy.code!r}.")
    STRATEGIES[strategy.code] = strategy
    return strategy


class InTurn(Strategy):
    """Sites in an order of their own: the first that has everything, else some of each.

    :cvar whole_first: a site that has all of it comes before nearer or better ones that
        have only a part.
    """

    whole_first: ClassVar[bool] = True

    @abstractmethod
    def rank(self, view: View, site: Site):
        """Return what sites are sorted by."""

    def choose(self, view: View) -> Plan | None:
        """See :meth:`Strategy.choose`."""
        sites = sorted(view.sites, key=lambda site: (self.rank(view, site), site.key))
        if self.whole_first:
            for site in sites:
                plan = take_in_turn(view, [site])
                if plan and plan.complete and may_commit(view, plan):
                    return plan
        plan = take_in_turn(view, sites)
        return plan if plan and may_commit(view, plan) else None


def take_in_turn(view: View, sites: Sequence[Site]) -> Plan | None:
    """Take from each site what it has of what is still missing.

    A line is torn apart only where that is allowed. A site from which no service takes
    the parcel is passed over.
    """
    missing = {line.key: line.quantity for line in view.order.lines}
    left = dict(view.stock)
    parcels = []
    for site in sites:
        now = View(view.order, view.sites, left, view.costing, view.commit)
        pieces = {}
        for line in view.order.lines:
            count = now.here(site, line, missing[line.key])
            if count < line.quantity and not may_divide(view, line):
                count = 0
            if count:
                pieces[line.key] = count
                _take(left, site, line, count)
        packed = view.pack(site, pieces) if pieces else ()
        if not packed:
            for line in view.order.lines:
                _take(left, site, line, -pieces.get(line.key, 0))
            continue
        parcels += packed
        for key, count in pieces.items():
            missing[key] -= count
        if not any(missing.values()):
            break
    waiting = {key: count for key, count in missing.items() if count}
    return view.plan(parcels, waiting) if parcels else None


def may_divide(view: View, line: Line) -> bool:
    """Whether a line may come from two sites."""
    return view.commit.split_lines and not line.whole


def _take(stock: dict, site: Site, line, count: int) -> None:
    for product, units in line.needs:
        key = site.key, product
        stock[key] = stock.get(key, 0) - units * count


def may_commit(view: View, plan: Plan) -> bool:
    """Whether the rule's commit condition allows a plan."""
    commit = view.commit
    if not plan.complete and not commit.partial:
        return False
    if commit.max_parcels and len(plan.parcels) > commit.max_parcels:
        return False
    return len(plan.parcels) < 2 or all(
        part_value(view.order, parcel) >= commit.min_part_value
        for parcel in plan.parcels
    )


def part_value(order: Order, parcel: Parcel) -> Decimal:
    """Worth of a parcel's pieces."""
    return sum(
        (line.value * parcel.pieces.get(line.key, 0) for line in order.lines),
        Decimal(0),
    )


@register
class Priority(InTurn):
    """The sites' own priorities."""

    code = "priority"
    title = "Fixed priority"
    help = "The first warehouse of the list that has everything."

    def rank(self, view: View, site: Site) -> int:
        """See :meth:`InTurn.rank`."""
        return site.priority


@register
class Nearest(InTurn):
    """The shortest way to the buyer; without coordinates the same zip area first."""

    code = "nearest"
    title = "Nearest"
    help = "The nearest warehouse that has everything."

    def rank(self, view: View, site: Site) -> tuple:
        """See :meth:`InTurn.rank`."""
        kilometres = site.place.distance(view.order.place)
        if kilometres is None:
            return (1, site.place.remoteness(view.order.place), site.priority)
        return (0, kilometres, site.priority)


@register
class LeastCost(InTurn):
    """The cheapest site that has everything, else the cheapest for what it has."""

    code = "least_cost"
    title = "Least cost, one after the other"
    help = "The cheapest warehouse that has everything; else parts, cheapest first."

    def rank(self, view: View, site: Site) -> Decimal:
        """See :meth:`InTurn.rank`: money for each piece it could ship."""
        plan = take_in_turn(view, [site])
        if plan is None:
            return Decimal("Infinity")
        pieces = sum(sum(parcel.pieces.values()) for parcel in plan.parcels)
        return plan.cost.total / pieces


class Exact(Strategy):
    """The best of all plans, by a measure of its own."""

    #: money that counts before all other cost, for each parcel
    parcel_first: ClassVar[int] = 0

    def choose(self, view: View) -> Plan | None:
        """See :meth:`Strategy.choose`."""
        if not view.sites or not view.order.lines:
            return None
        costing = self._costing(view)
        hold = {line.key: FIRST << 4 for line in view.order.lines}
        if needs_splitting(view):
            return split(view.order, view.sites, view.stock, costing, view.commit, hold)
        return self._whole(view, hold)

    def _costing(self, view: View) -> Costing:
        return view.costing

    def _whole(self, view: View, hold) -> Plan | None:
        import numpy as np

        batch = view.batch
        penalty = to_units(view.costing.split_cost) + self.parcel_first
        values = np.array(
            [[float(line.value * line.quantity) for line in view.order.lines]]
        )
        waits = np.array([[hold[line.key] for line in view.order.lines]])
        choice = choose(batch.cost, waits, penalty, view.commit, values)
        if choice.value[0] >= min(IMPOSSIBLE, int(waits.sum())):
            return None
        return view.costing.plan(batch, 0, choice.site[0], choice.block[0])


def needs_splitting(view: View) -> bool:
    """Whether an order is beyond plans of whole lines: see :mod:`.splitting`."""
    order = view.order
    products = [product for line in order.lines for product, _units in line.needs]
    if len(order.lines) > MOST_LINES or len(set(products)) < len(products):
        return True
    return any(
        may_divide(view, line)
        and all(
            view.here(site, line, line.quantity) < line.quantity for site in view.sites
        )
        and any(view.here(site, line, line.quantity) for site in view.sites)
        for line in order.lines
    )


@register
class Optimum(Exact):
    """Least cost with split penalty and lateness, over all plans and all orders."""

    code = "optimum"
    title = "Optimum"
    help = (
        "The least cost over all combinations of warehouses, with splits and lateness; "
        "orders that wait together share scarce stock in the best way."
    )
    joint = True


@register
class FewestParcels(Exact):
    """As few parcels as possible; among those, the cheapest."""

    code = "fewest_parcels"
    title = "Fewest parcels"
    help = "As few parcels as possible; among equals the cheapest."
    parcel_first = FIRST

    def _costing(self, view: View) -> Costing:
        dear = view.costing.split_cost + Decimal(FIRST) / 10_000
        return Costing(view.sites, view.costing.services, dear)

    def choose(self, view: View) -> Plan | None:
        """See :meth:`Strategy.choose`."""
        plan = super().choose(view)
        return plan and view.plan(plan.parcels, plan.waiting)


@register
class Scarcity(Exact):
    """Each order's least cost, with what its units are worth to later orders."""

    code = "scarcity"
    title = "Optimum with scarcity prices, one after the other"
    help = (
        "The least cost, order by order, where units that later orders are expected "
        "to need more count as dearer."
    )
    looks_ahead = True

    def choose(self, view: View) -> Plan | None:
        """See :meth:`Strategy.choose`."""
        plain = view.costing
        costing = Costing(plain.sites, plain.services, plain.split_cost, view.prices)
        plan = super().choose(replace(view, costing=costing))
        return weighed(view.order, plan, view.prices)
