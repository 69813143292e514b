"""Past days under another rule set: what it would have cost.

Days are replayed in order: what came in is added to the stock, the day's orders and
those that still wait are decided, what ships is gone. Nothing later than the day is
known to a decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from .assignment import Effort
from .router import Network, decide
from .rules import Rule
from .schema import ZERO, Order, Plan


@dataclass(frozen=True)
class Day:
    """A day as it was.

    :param orders: that were released on it.
    :param receipts: units that came in (or went out otherwise, negative), by (site,
        product).
    :param sites: of that day, with its cut-off times and capacities.
    """

    orders: tuple[Order, ...]
    sites: tuple
    receipts: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """What a rule set did.

    :param load: parcels by site.
    :param waited: orders that were not shipped on their day; ``unshipped`` not at all.
    """

    orders: int
    shipped: int
    parcels: int
    split: int
    late: int
    waited: int
    cost: Decimal
    load: Mapping[str, int]

    @property
    def unshipped(self) -> int:
        """Orders that never shipped."""
        return self.orders - self.shipped

    @property
    def split_rate(self) -> float:
        """Part of the shipped orders with several parcels."""
        return self.split / self.shipped if self.shipped else 0.0

    @property
    def late_rate(self) -> float:
        """Part of the shipped orders with a parcel after the promised day."""
        return self.late / self.shipped if self.shipped else 0.0


def figures(
    plans: Iterable[tuple[Order, Plan | None]], orders: int, waited: int = 0
) -> Figures:
    """Count and add up plans."""
    shipped = parcels = split = late = 0
    cost, load = ZERO, {}
    for order, plan in plans:
        if plan is None:
            continue
        shipped += 1
        parcels += len(plan.parcels)
        split += len(plan.parcels) > 1
        late += plan.late(order)
        cost += plan.cost.total
        for parcel in plan.parcels:
            load[parcel.site] = load.get(parcel.site, 0) + 1
    return Figures(orders, shipped, parcels, split, late, waited, cost, load)


def replay(
    days: Sequence[Day],
    rules: Sequence[Rule],
    network: Network,
    effort: Effort = Effort(),
) -> Figures:
    """Replay days under a rule set.

    :param network: its stock is that of the first morning.
    """
    stock = dict(network.stock)
    waiting: list[Order] = []
    plans: list[tuple[Order, Plan | None]] = []
    total = waited = 0
    for day in days:
        for cell, units in day.receipts.items():
            stock[cell] = max(stock.get(cell, 0) + units, 0)
        orders = [*waiting, *day.orders]
        total += len(day.orders)
        today = replace(network, sites=day.sites, stock=stock)
        result = decide(orders, rules, today, effort)
        stock = dict(result.stock)
        waiting = []
        for order in orders:
            plan = result.decisions[order.key].plan
            if plan is None:
                waiting.append(order)
            else:
                plans.append((order, plan))
        fresh = {order.key for order in day.orders}
        waited += sum(order.key in fresh for order in waiting)
    return figures(plans, total, waited)
