r"""One order for one season: the newsvendor.

Too much costs :math:`h` a unit, too little :math:`p`: order the smallest quantity with
:math:`F(S)\ge p/(p+h)`; cost :math:`h\bar n(S)+p\,n(S)`.
With price r, cost c and salvage v: :math:`h=c-v`, :math:`p=r-c`.

Source: Snyder, Shen, *Fundamentals of Supply Chain Theory*, section 4.3; Arrow, Harris,
Marschak 1951. With a lead time of L periods and review in each the same holds for
demand over L + 1 periods. Arguments are numbers or arrays that broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lazy import np, special
from .loss import leftover, normal_loss, poisson_cdf, poisson_loss

if TYPE_CHECKING:
    from numpy import ndarray as Array


@dataclass(frozen=True)
class Newsvendor:
    """:param quantity: to have at the beginning; :param cost: expected, of too much and
    too little; :param ratio: the critical ratio p / (p + h)."""

    quantity: Array
    cost: Array
    ratio: Array


@dataclass(frozen=True)
class SeasonOrder(Newsvendor):
    """With :param profit: expected over the season."""

    profit: Array


def critical_ratio(holding_cost, shortage_cost) -> Array:
    """p / (p + h).

    :raises ValueError: when a cost is not positive: then no finite quantity is best.
    """
    if np.any(~(np.asarray(holding_cost) > 0)) or np.any(
        ~(np.asarray(shortage_cost) > 0)
    ):
        raise ValueError(
            "what is left over and what is missing must both cost something"
        )
    return np.asarray(shortage_cost / np.add(holding_cost, shortage_cost), dtype=float)


def normal(holding_cost, shortage_cost, mean, deviation, lead_time=0.0) -> Newsvendor:
    """Base stock for normal demand.

    :param mean: of a period; :param deviation: of a period.
    :param lead_time: in periods; the stock protects lead time plus one period.
    """
    ratio = critical_ratio(holding_cost, shortage_cost)
    periods = np.add(lead_time, 1.0)
    mean, deviation = (
        np.multiply(mean, periods),
        np.multiply(deviation, np.sqrt(periods)),
    )
    holding_cost, shortage_cost = np.asarray(holding_cost), np.asarray(shortage_cost)
    quantity = mean + special.ndtri(ratio) * deviation
    short = normal_loss(quantity, mean, deviation)
    cost = holding_cost * leftover(short, quantity, mean) + shortage_cost * short
    return Newsvendor(quantity, cost, ratio)


def poisson(holding_cost, shortage_cost, mean) -> Newsvendor:
    """Quantity for Poisson demand, whole units."""
    ratio = critical_ratio(holding_cost, shortage_cost)
    holding_cost, shortage_cost = np.asarray(holding_cost), np.asarray(shortage_cost)
    guess = np.ceil(np.maximum(special.pdtrik(ratio, mean), 0.0) - 1e-9)
    # The inverse is good to some digits only: step to the exact integer.
    guess = np.where(poisson_cdf(guess, mean) >= ratio, guess, guess + 1)
    quantity = np.where(poisson_cdf(guess - 1, mean) >= ratio, guess - 1, guess)
    short = poisson_loss(quantity, mean)
    cost = holding_cost * leftover(short, quantity, mean) + shortage_cost * short
    return Newsvendor(quantity, cost, ratio)


def season(price, cost, salvage, mean, deviation) -> SeasonOrder:
    """Order for a season with normal demand.

    :param price: of a sale; :param cost: of a unit; :param salvage: what a unit that is
        left over still brings.
    :raises ValueError: when the price is not above the cost or the salvage value not
        below it.
    """
    best = normal(np.subtract(cost, salvage), np.subtract(price, cost), mean, deviation)
    profit = np.subtract(price, cost) * mean - best.cost
    return SeasonOrder(best.quantity, best.cost, best.ratio, profit)
