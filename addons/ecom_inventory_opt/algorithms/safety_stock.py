r"""Safety stock and reorder point from a service level.

Demand per period has mean :math:`d` and standard deviation :math:`\sigma_d`, the lead
time mean :math:`L` and standard deviation :math:`\sigma_L` in periods:

* :math:`\sigma=\sqrt{L\sigma_d^2+d^2\sigma_L^2}`, reorder point :math:`dL+k\sigma`.
* Cycle service level :math:`P_1` (chance of no stock-out in an order cycle):
  :math:`k=\Phi^{-1}(P_1)`.
* Fill rate :math:`P_2` (part of demand that is met from stock):
  :math:`\sigma G(k)=(1-P_2)Q`.
* Cost-optimal service, a stock-out costs :math:`B` per unit, holding :math:`h` per unit
  and time, demand :math:`D` in that time: :math:`1-P_1=Qh/(DB)`.

Source: Chopra, Meindl, *Supply Chain Management*, chapter 12; Silver, Pyke, Peterson,
chapter 7. All arguments are numbers or arrays that broadcast. With review every
:math:`R` periods the interval to protect is :math:`R+L` instead of :math:`L`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lazy import np, special
from .loss import standard_normal_loss, standard_normal_loss_inverse

if TYPE_CHECKING:
    from numpy import ndarray as Array


#: part of an order below which a deviation is none
NOTHING = 1e-9


@dataclass(frozen=True)
class SafetyStock:
    """Safety stock with what it came from; units of the product.

    :param demand: expected during the interval; :param deviation: sigma of it.
    :param factor: k; :param safety: ``factor * deviation``.
    :param reorder_point: ``demand + safety``.
    """

    demand: Array
    deviation: Array
    factor: Array
    safety: Array
    reorder_point: Array


def interval_deviation(
    demand, demand_deviation, lead_time, lead_time_deviation=0.0, review=0.0
) -> Array:
    """Standard deviation of demand during lead time plus review interval."""
    periods = np.asarray(lead_time, dtype=float) + review
    variance = periods * np.square(demand_deviation)
    return np.sqrt(variance + np.square(np.multiply(demand, lead_time_deviation)))


def protect(
    factor, demand, demand_deviation, lead_time, lead_time_deviation=0.0, review=0.0
) -> SafetyStock:
    """Safety stock of ``factor`` standard deviations.

    :raises ValueError: when a deviation or time is negative.
    """
    for value in (demand_deviation, lead_time, lead_time_deviation, review):
        if np.any(np.asarray(value) < 0):
            raise ValueError("times and deviations must not be negative")
    deviation = interval_deviation(
        demand, demand_deviation, lead_time, lead_time_deviation, review
    )
    expected = np.multiply(demand, np.add(lead_time, review))
    safety = np.multiply(factor, deviation)
    return SafetyStock(expected, deviation, factor, safety, expected + safety)


def cycle_service_factor(level) -> Array:
    """k for a cycle service level.

    :raises ValueError: when the level is not between 0 and 1, both excluded.
    """
    level = np.asarray(level, dtype=float)
    if np.any(~((level > 0) & (level < 1))):
        raise ValueError("a service level lies between 0 and 1, both excluded")
    return special.ndtri(level)


def fill_rate_factor(fill_rate, quantity, deviation) -> Array:
    """k for a fill rate.

    Negative when large orders alone give more service than is wanted. Without any
    deviation no safety stock is needed: zero.

    :param fill_rate: between 0 and 1, both excluded; :param quantity: of an order.
    :param deviation: of demand during the interval.
    :raises ValueError: when the fill rate or the quantity is outside its limits.
    """
    fill_rate, quantity, deviation = np.broadcast_arrays(
        *(np.asarray(value, dtype=float) for value in (fill_rate, quantity, deviation))
    )
    if np.any(~((fill_rate > 0) & (fill_rate < 1))):
        raise ValueError("a fill rate lies between 0 and 1, both excluded")
    if np.any(~(quantity > 0)):
        raise ValueError("an order has a positive quantity")
    certain = deviation <= NOTHING * quantity
    loss = (1 - fill_rate) * quantity / np.where(certain, 1.0, deviation)
    return np.where(certain, 0.0, standard_normal_loss_inverse(loss))


def expected_fill_rate(safety, quantity, deviation) -> Array:
    """Fill rate of a safety stock, not below zero; one where demand is certain."""
    safety, quantity, deviation = np.broadcast_arrays(
        *(np.asarray(value, dtype=float) for value in (safety, quantity, deviation))
    )
    certain = deviation <= NOTHING * quantity
    scale = np.where(certain, 1.0, deviation)
    short = scale * standard_normal_loss(safety / scale) / quantity
    return np.where(certain, 1.0, np.clip(1 - short, 0.0, 1.0))


def best_cycle_service(quantity, holding_cost, demand, stockout_cost) -> Array:
    """Cycle service level that costs least, from 0 to just below 1.

    Zero where holding for one order cycle costs more than the stock-out: then it does
    not pay to protect against it. ``nan`` where demand or the stock-out cost is zero or
    unknown: then there is nothing to weigh.

    :param holding_cost: per unit and span of time; :param demand: in that span.
    :param stockout_cost: per unit that is missing.
    """
    lost = np.asarray(demand, dtype=float) * stockout_cost
    positive = lost > 1e-100
    risk = np.multiply(quantity, holding_cost) / np.where(positive, lost, 1.0)
    return np.where(positive, np.clip(1 - risk, 0.0, 1 - 1e-9), np.nan)
