r"""Reorder point, order-up-to level and order quantity of every series at once.

Review every R periods, lead time L, policy (R, s, S):

* protect R + L: demand D over it has the distribution of :mod:`distribution`;
* cycle service level P1: :math:`s=F_D^{-1}(P_1)`;
* fill rate P2: the smallest s with :math:`E[(D-s)^+]\le(1-P_2)Q`, shortage per order
  cycle against the lot Q;
* cost of a stock-out B per unit known: :math:`P_1=1-\frac{Qh}{B\,d_y}`, kept between
  the limits of the policy;
* lot Q: economic order quantity within minimum, packs and limits of cover, at least
  demand of one review; :math:`S=s+Q`;
* order when the position (on hand + on order - promised) is below s, up to S, in packs.

Source: Silver, Pyke, Peterson, chapters 5 and 7. Odoo orders when the forecast quantity
is below Min, up to Max, rounded up to the multiple: Min is s, Max is S.

Degenerate input is defined, each with a :class:`Note`: no demand at all gives zero for
everything; a cost that is zero or missing gives a lot that covers ``default_cover``;
lead time zero protects the review only; a negative position is ordered for like any
other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from . import eoq
from .distribution import IntervalDemand
from .lazy import np, special
from .safety_stock import best_cycle_service

if TYPE_CHECKING:
    from numpy import ndarray as Array


class Service(Enum):
    """What a service target is about."""

    CYCLE = "cycle"  # chance of no stock-out in an order cycle
    FILL = "fill"  # part of demand that is met from stock
    COST = "cost"  # from the cost of a stock-out


class Note(Enum):
    """What a planner has to know about an order point."""

    NO_DEMAND = "no_demand"  # nothing to plan with, zero
    STOPPED = "stopped"  # discontinued or archived: not ordered any more, zero
    NO_COST = "no_cost"  # lot from the default cover, not from costs
    NO_STOCKOUT_COST = "no_stockout_cost"  # service from the target instead
    CAPPED = "capped"  # the lot was limited to the longest cover
    MINIMUM = "minimum"  # the supplier's minimum decides the lot


@dataclass(frozen=True)
class Terms:
    """Terms of every series: numbers or arrays ``(n,)``.

    :param service: target between 0 and 1, both excluded; :param kind: what it is
        about.
    :param price: of a unit; :param order_cost: of one order of the item.
    :param holding_rate: of the price per year.
    :param stockout_cost: of a unit that is missing, for ``Service.COST``.
    :param service_limits: least and highest cycle service level for ``Service.COST``.
    :param smallest: minimum order quantity; :param pack: multiple, zero = any quantity.
    :param review: periods between reviews.
    :param longest_cover: periods of demand that a lot may cover.
    :param default_cover: periods of demand of a lot whose costs are not known.
    :param periods_per_year: 52 for weeks.
    """

    service: object = 0.95
    kind: Service = Service.CYCLE
    price: object = 0.0
    order_cost: object = 0.0
    holding_rate: object = 0.25
    stockout_cost: object = 0.0
    service_limits: tuple[float, float] = (0.5, 0.995)
    smallest: object = 0.0
    pack: object = 1.0
    review: object = 1.0
    longest_cover: object = 26.0
    default_cover: object = 4.0
    periods_per_year: float = 52.0


@dataclass(frozen=True)
class OrderPoints:
    """Levels of every series, ``(n,)`` each, with what led to them.

    :param reorder_point: s; :param order_up_to: S; :param lot: S - s.
    :param expected: demand over the protected interval, mean.
    :param safety: ``reorder_point - expected``.
    :param service: cycle service level of s; :param fill_rate: expected fill rate.
    :param annual_demand: units; :param annual_cost: of orders and holding.
    :param average_stock: safety stock plus half a lot, not below zero.
    :param notes: tuple of sets of :class:`Note`.
    """

    reorder_point: Array
    order_up_to: Array
    lot: Array
    expected: Array
    safety: Array
    service: Array
    fill_rate: Array
    annual_demand: Array
    annual_cost: Array
    average_stock: Array
    notes: tuple[frozenset[Note], ...]


def order_points(demand: IntervalDemand, terms: Terms, stopped=False) -> OrderPoints:
    """Levels of every series.

    What is kept in stock is ordered at the latest when the last piece has gone: a
    reorder point is at least one.

    :param demand: over lead time plus review.
    :param stopped: ``(n,)`` of bool, products that are not ordered any more, for
        example those that :func:`demand.life` calls discontinued.
    :raises ValueError: when a service target is not between 0 and 1.
    """
    size = len(demand.mean)

    def each(value) -> Array:
        return np.broadcast_to(np.nan_to_num(np.asarray(value, dtype=float)), (size,))

    service = each(terms.service)
    if np.any(~((service > 0) & (service < 1))):
        raise ValueError("a service target lies between 0 and 1, both excluded")
    rate = demand.mean / np.maximum(demand.interval, 1e-9)
    stopped = np.broadcast_to(np.asarray(stopped, dtype=bool), (size,))
    some = (rate > 0) & ~stopped
    annual = rate * terms.periods_per_year
    holding = each(terms.holding_rate) * each(terms.price)
    lot, capped, minimum = choose_lot(terms, rate, annual, holding, each)
    known = some & (holding > 0) & (each(terms.order_cost) > 0)
    level, unknown = service, np.zeros(size, dtype=bool)
    if terms.kind is Service.COST:
        level = best_cycle_service(lot, holding, annual, each(terms.stockout_cost))
        unknown = some & (np.isnan(level) | (holding <= 0))
        level = np.clip(level, *terms.service_limits)
        level = np.where(unknown | ~some, service, level)
    if terms.kind is Service.FILL:
        reorder = fill_rate_point(demand, lot, service)
    else:
        reorder = demand.quantile(level)
    reorder = np.where(some, np.maximum(np.ceil(reorder - 1e-9), 1.0), 0.0)
    lot = np.where(some, lot, 0.0)
    short = demand.shortage(reorder)
    filled = np.where(lot > 0, 1 - short / np.where(lot > 0, lot, 1.0), 1.0)
    masks = {
        Note.NO_DEMAND: ~some & ~stopped,
        Note.STOPPED: stopped,
        Note.NO_COST: some & ~known,
        Note.NO_STOCKOUT_COST: unknown,
        Note.CAPPED: some & capped,
        Note.MINIMUM: some & minimum,
    }
    safety = reorder - demand.mean
    stock = np.maximum(safety, 0.0) + lot / 2
    orders = np.where(lot > 0, annual / np.where(lot > 0, lot, 1.0), 0.0)
    return OrderPoints(
        reorder_point=reorder,
        order_up_to=reorder + lot,
        lot=lot,
        expected=demand.mean,
        safety=safety,
        service=demand.probability(reorder),
        fill_rate=np.clip(filled, 0.0, 1.0),
        annual_demand=annual,
        annual_cost=orders * each(terms.order_cost) + stock * holding,
        average_stock=stock,
        notes=notes_of(masks, size),
    )


def notes_of(masks: dict[Note, Array], size: int) -> tuple[frozenset[Note], ...]:
    """The notes of each series."""
    found: list[set[Note]] = [set() for _ in range(size)]
    for note, mask in masks.items():
        for index in np.flatnonzero(mask):
            found[index].add(note)
    return tuple(map(frozenset, found))


def choose_lot(terms: Terms, rate, annual, holding, each) -> tuple[Array, Array, Array]:
    """Lot of every series, and where cover or the supplier's minimum decided it."""
    smallest, pack = each(terms.smallest), each(terms.pack)
    best = eoq.economic_quantity(each(terms.order_cost), holding, annual).quantity
    unknown = ~np.isfinite(best) | (best <= 0)
    best = np.where(unknown, rate * each(terms.default_cover), best)
    longest = rate * np.maximum(each(terms.longest_cover), each(terms.review))
    capped = best > longest
    wanted = np.clip(best, rate * each(terms.review), longest)
    least = np.maximum(smallest, 1.0)

    def cost(quantity):
        money = eoq.lot_cost(quantity, each(terms.order_cost), holding, annual)
        return np.where(unknown | capped, np.abs(quantity - wanted), money)

    lot = eoq.feasible(wanted, least, pack, cost)
    return lot, capped, smallest > np.maximum(wanted, pack)


def fill_rate_point(demand: IntervalDemand, lot: Array, target: Array) -> Array:
    """Smallest level whose expected shortage is at most ``(1 - target) lot``; ``(n,)``.

    Bisection; the shortage falls with the level.
    """
    allowed = (1 - target) * np.maximum(lot, 1e-9)
    low = np.zeros_like(demand.mean)
    high = np.maximum(demand.quantiles[-1], 1.0) * 2
    for _ in range(40):
        middle = (low + high) / 2
        enough = demand.shortage(middle) <= allowed
        high = np.where(enough, middle, high)
        low = np.where(enough, low, middle)
    return np.where(demand.shortage(0.0) <= allowed, 0.0, high)


def order_quantity(position, reorder_point, order_up_to, pack=1.0) -> Array:
    """What to order now, as Odoo's reordering rules do; ``(n,)``.

    Nothing at or above the reorder point; below it up to the larger of the two levels,
    rounded up to packs.

    :param position: on hand + on order - promised; may be negative.
    """
    position = np.asarray(position, dtype=float)
    target = np.maximum(reorder_point, order_up_to)
    wanted = eoq.round_up(np.maximum(target - position, 0.0), pack)
    return np.where(position < reorder_point, wanted, 0.0)


def run_out(position, forecast, deviation) -> tuple[Array, Array]:
    """When stock runs out, and the probability that it does by the end of each period.

    :param position: ``(n,)`` on hand; with receipts put into ``forecast`` as negatives.
    :param forecast: ``(n, h)`` expected net demand of the coming periods.
    :param deviation: ``(n, h)`` standard deviation of each, independent periods.
    :return: ``(n,)`` first period (0 = the next one) whose end has less than nothing
        expected, ``h`` = none; ``(n, h)`` probabilities.
    """
    left = np.asarray(position, dtype=float)[:, None] - np.cumsum(forecast, axis=1)
    spread = np.sqrt(np.cumsum(np.square(deviation), axis=1))
    certain = spread <= 0
    score = -left / np.where(certain, 1.0, spread)
    risk = np.where(certain, left < 0, special.ndtr(score))
    empty = left < 0
    first = np.where(empty.any(axis=1), empty.argmax(axis=1), left.shape[1])
    return first, risk


def run_out_before(free, receipts, rate, deviation, lead_time) -> tuple[Array, Array]:
    """When stock runs out, and the probability that it does before an order placed now
    arrives; ``(n,)`` each, see :func:`run_out`.

    :param free: ``(n,)`` on hand and not promised; :param receipts: ``(n, h)`` expected
        in the coming periods.
    :param rate: ``(n,)`` demand of a period; :param deviation: ``(n,)`` of it.
    :param lead_time: ``(n,)`` periods, at most h count.
    """
    periods = receipts.shape[1]
    net = np.asarray(rate)[:, None] - receipts
    spread = np.repeat(np.asarray(deviation)[:, None], periods, axis=1)
    first, risk = run_out(free, net, spread)
    last = np.clip(np.ceil(lead_time).astype(int), 1, periods) - 1
    return first, risk[np.arange(len(last)), last]
