r"""(r, Q): when the inventory position falls to r, order Q.

Demand in a span of time has mean :math:`\lambda`, deviation :math:`\tau`; in the lead
time :math:`L`: :math:`\mu=\lambda L`, :math:`\sigma=\tau\sqrt L`. An order costs K,
holding h, a stock-out p per unit (and, except in ``eil``, per span of time).

* Cost of normal demand, :math:`n` and :math:`n^{(2)}` the loss functions of lead time
  demand: :math:`g=h(r+Q/2-\mu)+K\lambda/Q+\frac{h+p}Q(n^{(2)}(r)-n^{(2)}(r+Q))`.
* Approximation by the loss function (Hadley, Whitin 1963): without the last term,
  :math:`n(r)=hQ/(h+p)`, :math:`Q=\sqrt{2(K\lambda+(h+p)n^{(2)}(r))/h}`, in turns.
* EOQB: Q of the EOQ with backorders, r with equal cost at r and r + Q.
* EOQ + SS: Q of the EOQ, r at the critical ratio p/(h+p).
* EIL (expected inventory level): :math:`Q=\sqrt{2\lambda(K+p\,n(r))/h}`,
  :math:`F(r)=1-Qh/(p\lambda)`, in turns.
* Discrete demand: exact algorithm of Federgruen, Zheng 1992: Q grows as long as the
  next best stock level costs less than the mean so far.

Source: Snyder, Shen, *Fundamentals of Supply Chain Theory*, chapter 5. Numbers in:
these iterate for one product; whole assortments use :mod:`safety_stock`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from . import eoq
from .lazy import optimize, special
from .loss import (
    leftover,
    normal_loss,
    normal_second_loss,
    poisson_loss,
)

#: largest quantity the exact algorithm tries before it gives up
LARGEST = 1_000_000


@dataclass(frozen=True)
class ContinuousReview:
    """:param reorder_point: r; :param quantity: Q; :param cost: per span of time, as
    the method itself estimates it."""

    reorder_point: float
    quantity: float
    cost: float


@dataclass(frozen=True)
class Item:
    """One product, all rates for the same span of time.

    :param order_cost: K; :param holding_cost: h; :param stockout_cost: p.
    :param demand: lambda; :param deviation: tau; :param lead_time: L.
    :raises ValueError: when costs or demand are not positive: then no policy is best.
    """

    order_cost: float
    holding_cost: float
    stockout_cost: float
    demand: float
    deviation: float
    lead_time: float

    def __post_init__(self):
        positive = (self.order_cost, self.holding_cost, self.stockout_cost, self.demand)
        if not all(value > 0 for value in positive):
            raise ValueError("costs and demand must be known and more than zero")
        if not (self.deviation >= 0 and self.lead_time >= 0):
            raise ValueError("deviation and lead time must not be negative")

    @property
    def mean(self) -> float:
        """Mean demand during the lead time."""
        return self.demand * self.lead_time

    @property
    def spread(self) -> float:
        """Standard deviation of demand during the lead time."""
        return max(self.deviation * math.sqrt(self.lead_time), 1e-9 * self.mean, 1e-12)

    @property
    def economic_quantity(self) -> float:
        """The classic EOQ."""
        lot = eoq.economic_quantity(self.order_cost, self.holding_cost, self.demand)
        return float(lot.quantity)

    def level_cost(self, level: float) -> float:
        """Cost per span of time of a stock level, of holding and stock-outs."""
        short = float(normal_loss(level, self.mean, self.spread))
        held = float(leftover(short, level, self.mean))
        return self.holding_cost * held + self.stockout_cost * short

    def cost(self, reorder_point: float, quantity: float) -> float:
        """Exact cost of a policy (r, Q) per span of time."""
        both = self.holding_cost + self.stockout_cost
        short = normal_second_loss(reorder_point, self.mean, self.spread)
        short -= normal_second_loss(reorder_point + quantity, self.mean, self.spread)
        return float(
            self.holding_cost * (reorder_point + quantity / 2 - self.mean)
            + self.order_cost * self.demand / quantity
            + both * short / quantity
        )

    def balanced(self, quantity: float) -> float:
        """The r at which stock levels r and r + Q cost the same: the best r for Q."""
        reach = quantity + 20 * self.spread

        def difference(level):
            return self.level_cost(level) - self.level_cost(level + quantity)

        low, high = self.mean - reach, self.mean + reach
        return float(optimize.brentq(difference, low, high, xtol=1e-10))


def repeat(step: Callable, start: float) -> tuple[float, float]:
    """Apply ``step`` (quantity to reorder point and quantity) until nothing changes.

    :raises ArithmeticError: when it does not settle.
    """
    quantity = start
    for _ in range(10_000):
        reorder_point, following = step(quantity)
        if abs(following - quantity) <= 1e-10 * max(1.0, quantity):
            return reorder_point, following
        quantity = following
    raise ArithmeticError("the iteration for (r, Q) does not settle")


def expected_inventory_level(item: Item) -> ContinuousReview:
    """EIL: the stock-out costs p per unit, however long it lasts.

    :raises ValueError: when holding one order costs more than any stock-out.
    """

    def step(quantity):
        risk = quantity * item.holding_cost / (item.stockout_cost * item.demand)
        if risk >= 1:
            raise ValueError("a stock-out costs too little to keep stock against it")
        level = item.mean - special.ndtri(risk) * item.spread
        short = float(normal_loss(level, item.mean, item.spread))
        cost = item.order_cost + item.stockout_cost * short
        return level, math.sqrt(2 * item.demand * cost / item.holding_cost)

    level, quantity = repeat(step, item.economic_quantity)
    short = float(normal_loss(level, item.mean, item.spread))
    cost = item.holding_cost * (level - item.mean + quantity / 2)
    cost += (item.order_cost + item.stockout_cost * short) * item.demand / quantity
    return ContinuousReview(float(level), quantity, cost)


def with_backorder_quantity(item: Item) -> ContinuousReview:
    """EOQB: the lot of the EOQ with backorders, then the best r for it."""
    lot = eoq.with_backorders(
        item.order_cost, item.holding_cost, item.stockout_cost, item.demand
    )
    quantity = float(lot.quantity)
    level = item.balanced(quantity)
    return ContinuousReview(level, quantity, item.cost(level, quantity))


def with_safety_stock(item: Item) -> ContinuousReview:
    """EOQ + SS: the two computed apart."""
    ratio = item.stockout_cost / (item.holding_cost + item.stockout_cost)
    level = float(item.mean + special.ndtri(ratio) * item.spread)
    quantity = item.economic_quantity
    return ContinuousReview(level, quantity, item.cost(level, quantity))


def by_loss_function(item: Item) -> ContinuousReview:
    """Approximation by the second-order loss function."""
    both = item.holding_cost + item.stockout_cost

    def step(quantity):
        wanted = item.holding_cost * quantity / both
        level = optimize.brentq(
            lambda x: float(normal_loss(x, item.mean, item.spread)) - wanted,
            item.mean - wanted - 40 * item.spread,
            item.mean + 40 * item.spread,
            xtol=1e-11,
        )
        second = float(normal_second_loss(level, item.mean, item.spread))
        square = item.order_cost * item.demand + both * second
        return level, math.sqrt(2 * square / item.holding_cost)

    level, quantity = repeat(step, item.economic_quantity)
    return ContinuousReview(float(level), quantity, item.cost(level, quantity))


def optimal(item: Item) -> ContinuousReview:
    """The cheapest (r, Q) for normal demand, by search over Q."""

    def cost(logarithm):
        quantity = math.exp(logarithm)
        return item.cost(item.balanced(quantity), quantity)

    middle = math.log(item.economic_quantity)
    found = optimize.minimize_scalar(
        cost,
        bounds=(middle - 3, middle + 6),
        method="bounded",
        options={"xatol": 1e-10},
    )
    quantity = math.exp(found.x)
    level = item.balanced(quantity)
    return ContinuousReview(level, quantity, item.cost(level, quantity))


def exact_discrete(
    level_cost: Callable[[int], float], order_cost: float, demand: float, start: int
) -> ContinuousReview:
    """Cheapest (r, Q) in whole units, for any demand.

    :param level_cost: cost per span of time of a stock level; has one lowest point.
    :param demand: mean per span of time.
    :param start: a level near the lowest point.
    :raises ArithmeticError: when no quantity up to ``LARGEST`` is the best.
    """
    best = start
    while level_cost(best + 1) < level_cost(best):
        best += 1
    while level_cost(best - 1) <= level_cost(best):
        best -= 1
    low, high = best - 1, best + 1
    total = order_cost * demand + level_cost(best)
    quantity, mean = 1, total
    while quantity < LARGEST:
        below, above = level_cost(low), level_cost(high)
        if min(below, above) >= mean:
            return ContinuousReview(low, quantity, mean)
        if below <= above:
            total, low = total + below, low - 1
        else:
            total, high = total + above, high + 1
        quantity += 1
        mean = total / quantity
    raise ArithmeticError("no order quantity is the best within the limit")


def exact_poisson(
    order_cost: float,
    holding_cost: float,
    stockout_cost: float,
    demand: float,
    lead_time: float,
) -> ContinuousReview:
    """Cheapest (r, Q) for Poisson demand.

    :raises ValueError: when costs or demand are not positive.
    """
    item = Item(order_cost, holding_cost, stockout_cost, demand, 0.0, lead_time)

    def level_cost(level):
        short = (
            float(poisson_loss(level, item.mean)) if level > 0 else item.mean - level
        )
        return holding_cost * (short + level - item.mean) + stockout_cost * short

    return exact_discrete(level_cost, order_cost, demand, round(item.mean))
