r"""Economic order quantities: how much to order at once.

With demand :math:`D`, cost of an order :math:`K`, holding cost :math:`h` per unit, all
for the same span of time:

* EOQ (Harris 1913): :math:`Q=\sqrt{2KD/h}`, cost :math:`KD/Q+hQ/2`.
* With backorders at :math:`p` per unit and time: :math:`Q=\sqrt{2KD(h+p)/(hp)}`,
  fraction backordered :math:`h/(h+p)`.
* EPQ, delivery at rate :math:`P`: :math:`Q=\sqrt{2KD/(h(1-D/P))}`.
* All-units discount: the price of the whole order depends on its size. In every tier
  the cheapest quantity inside it; the best of these.
* Incremental discount: each unit has the price of its tier. With the fixed part
  :math:`s_j=\sum_{i<j}c_i(b_{i+1}-b_i)-c_jb_j`, :math:`Q_j=\sqrt{2(K+s_j)D/(ic_j)}`.
* Smallest quantity and packs: cost is convex in Q, so one of the two feasible multiples
  around the unconstrained optimum is the optimum: exact, no search.

Source: S. Chopra, P. Meindl, *Supply Chain Management*, chapter 11; Snyder, Shen,
*Fundamentals of Supply Chain Theory*, chapter 3. Costs are floats here: they rank
choices, nothing is booked with them. Arguments are numbers or arrays that broadcast;
results have their common shape.

Degenerate input: no demand (zero, negative, unknown) gives quantity and cost zero, or
the smallest order where there is one; a holding cost that is zero, negative or unknown
has no best quantity: ``nan``, and the caller has to limit the order otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array


@dataclass(frozen=True)
class Lot:
    """An order quantity and what it costs.

    :param quantity: units in an order; :param cost: money per span of time, of orders
        and holding, with discounts also of the goods.
    """

    quantity: Array
    cost: Array


@dataclass(frozen=True)
class BackorderLot(Lot):
    """With :param backordered: the fraction of demand that waits."""

    backordered: Array


@dataclass(frozen=True)
class DiscountLot(Lot):
    """With :param tier: index of the price that applies."""

    tier: Array


def numbers(*values) -> list[Array]:
    """Arguments as float arrays of one common shape."""
    return list(
        np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values))
    )


def ratio(above, below) -> Array:
    """Quotient that is ``nan`` where the divisor is not positive."""
    positive = below > 0
    return np.where(positive, above / np.where(positive, below, 1.0), np.nan)


def lot_cost(quantity, order_cost, holding_cost, demand) -> Array:
    """Cost of ordering and holding per span of time; zero quantity costs nothing."""
    quantity, order_cost, holding_cost, demand = numbers(
        quantity, order_cost, holding_cost, demand
    )
    orders = np.where(quantity > 0, demand / np.where(quantity > 0, quantity, 1.0), 0.0)
    return order_cost * orders + holding_cost * quantity / 2


def economic_quantity(order_cost, holding_cost, demand) -> Lot:
    """The classic EOQ."""
    order_cost, holding_cost, demand = numbers(order_cost, holding_cost, demand)
    demand = np.where(demand > 0, demand, 0.0)
    square = ratio(2 * np.maximum(order_cost, 0.0) * demand, holding_cost)
    quantity = np.where(demand > 0, np.sqrt(square), 0.0)
    return Lot(quantity, lot_cost(quantity, order_cost, holding_cost, demand))


def with_backorders(order_cost, holding_cost, backorder_cost, demand) -> BackorderLot:
    """EOQ where buyers wait, at a cost per unit and span of time."""
    order_cost, holding_cost, backorder_cost, demand = numbers(
        order_cost, holding_cost, backorder_cost, demand
    )
    both = holding_cost + backorder_cost
    square = ratio(2 * order_cost * demand * both, holding_cost * backorder_cost)
    cost = np.sqrt(ratio(2 * order_cost * demand * holding_cost * backorder_cost, both))
    return BackorderLot(np.sqrt(square), cost, ratio(holding_cost, both))


def production_quantity(order_cost, holding_cost, demand, production) -> Lot:
    """EPQ: the order comes in at ``production`` units per span of time.

    Where production is not faster than demand there is no best quantity: ``nan``.
    """
    order_cost, holding_cost, demand, production = numbers(
        order_cost, holding_cost, demand, production
    )
    return economic_quantity(
        order_cost, holding_cost * (1 - ratio(demand, production)), demand
    )


def round_up(quantity, pack) -> Array:
    """Smallest multiple of a pack that is not less; a pack of zero or less is any.

    A quantity that is a multiple up to rounding errors stays as it is.
    """
    quantity, pack = numbers(quantity, pack)
    size = np.where(pack > 0, pack, 1.0)
    packs = quantity / size
    whole = np.rint(packs)
    near = np.isclose(packs, whole, rtol=1e-9, atol=1e-9)
    return np.where(pack > 0, np.where(near, whole, np.ceil(packs)) * size, quantity)


def feasible(quantity, smallest, pack, cost) -> Array:
    """Better of the two feasible quantities around an optimum of a convex cost.

    :param quantity: unconstrained optimum; :param smallest: least order, rounded up to
        packs; :param pack: zero = any quantity; :param cost: function of a quantity.
    """
    low = round_up(np.maximum(smallest, pack), pack)
    above = np.maximum(round_up(quantity, pack), low)
    below = np.maximum(np.where(pack > 0, above - pack, above), low)
    return np.where(cost(below) <= cost(above), below, above)


def constrained_quantity(
    order_cost, holding_cost, demand, smallest=0.0, pack=0.0
) -> Lot:
    """EOQ among the quantities a supplier accepts; exact.

    :param smallest: minimum order quantity; rounded up to a multiple of the pack.
    :param pack: orders are multiples of it; zero = any quantity.
    """
    order_cost, holding_cost, demand, smallest, pack = numbers(
        order_cost, holding_cost, demand, smallest, pack
    )
    best = economic_quantity(order_cost, holding_cost, demand).quantity

    def cost(quantity):
        return lot_cost(quantity, order_cost, holding_cost, demand)

    quantity = feasible(best, np.maximum(smallest, 0.0), np.maximum(pack, 0.0), cost)
    quantity = np.where(np.isnan(best), np.nan, quantity)
    return Lot(quantity, cost(quantity))


def tiers(breakpoints, prices) -> tuple[Array, Array]:
    """Checked price tiers; the last axis is the tiers.

    :param breakpoints: first quantity of each tier, the first one zero or more,
        increasing; :param prices: of a unit in each tier, not negative.
    :raises ValueError: when they do not fit.
    """
    breakpoints, prices = numbers(breakpoints, prices)
    if breakpoints.ndim < 1 or not breakpoints.shape[-1]:
        raise ValueError("there must be at least one price")
    if np.any(np.diff(breakpoints, axis=-1) <= 0) or np.any(breakpoints < 0):
        raise ValueError("price breaks must increase")
    if np.any(~(prices >= 0)):
        raise ValueError("prices must be known and not negative")
    return breakpoints, prices


def choose(quantities: Array, costs: Array) -> DiscountLot:
    """Cheapest tier; a tie goes to the lower one."""
    costs = np.where(np.isnan(costs), np.inf, costs)
    tier = costs.argmin(axis=-1)
    picked = np.take_along_axis(quantities, tier[..., None], axis=-1)[..., 0]
    cost = np.take_along_axis(costs, tier[..., None], axis=-1)[..., 0]
    found = np.isfinite(cost)
    return DiscountLot(
        np.where(found, picked, np.nan), np.where(found, cost, np.nan), tier
    )


def all_units_discount(
    order_cost, holding_rate, demand, breakpoints, prices, smallest=0.0, pack=0.0
) -> DiscountLot:
    """Best quantity where the size of the order decides the price of every unit.

    :param holding_rate: cost of holding as part of the price, per span of time.
    :param breakpoints: shape ``(..., tiers)``; :param prices: likewise.
    :param smallest: minimum order quantity; :param pack: zero = any quantity.
    """
    breakpoints, prices = tiers(breakpoints, prices)
    order_cost, holding_rate, demand, smallest, pack, breakpoints, prices = numbers(
        *(
            np.asarray(v, dtype=float)[..., None]
            for v in (order_cost, holding_rate, demand, smallest, pack)
        ),
        breakpoints,
        prices,
    )
    holding = holding_rate * prices
    ends = np.concatenate(
        [breakpoints[..., 1:], np.full_like(breakpoints[..., :1], np.inf)], axis=-1
    )

    def cost(quantity):
        return prices * demand + lot_cost(quantity, order_cost, holding, demand)

    best = economic_quantity(order_cost, holding, demand).quantity
    low = np.maximum(breakpoints, smallest)
    # The largest order that still has the price of its tier ends just below the next.
    last = np.where(pack > 0, round_up(ends, pack) - pack, ends)
    inside = np.minimum(
        np.maximum(best, low), np.where(np.isfinite(ends), last, np.inf)
    )
    quantity = feasible(inside, low, pack, cost)
    fits = (quantity < ends) & (quantity >= low)
    return choose(quantity, np.where(fits, cost(quantity), np.inf))


def incremental_discount(
    order_cost, holding_rate, demand, breakpoints, prices
) -> DiscountLot:
    """Best quantity where units beyond a break are cheaper, those before it are not.

    Parameters as in :func:`all_units_discount`.
    """
    breakpoints, prices = tiers(breakpoints, prices)
    order_cost, holding_rate, demand, breakpoints, prices = numbers(
        *(
            np.asarray(v, dtype=float)[..., None]
            for v in (order_cost, holding_rate, demand)
        ),
        breakpoints,
        prices,
    )
    widths = np.diff(breakpoints, axis=-1, append=np.inf)
    before = np.cumsum(prices[..., :-1] * widths[..., :-1], axis=-1)
    before = np.concatenate([np.zeros_like(prices[..., :1]), before], axis=-1)
    fixed = before - prices * breakpoints
    holding = holding_rate * prices
    quantity = np.sqrt(ratio(2 * (order_cost + fixed) * demand, holding))
    cost = (
        prices * demand
        + holding_rate * fixed / 2
        + lot_cost(quantity, order_cost + fixed, holding, demand)
    )
    inside = (quantity >= breakpoints) & (quantity < breakpoints + widths)
    return choose(quantity, np.where(inside, cost, np.inf))
