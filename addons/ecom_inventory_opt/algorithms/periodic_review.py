r"""(s, S): look in every period; when the position is at or below s, order up to S.

An order costs K, holding h and a shortage p per unit and period.

* Exact for discrete demand with probabilities :math:`p_j`: Zheng, Federgruen 1991, with
  :math:`m(0)=1/(1-p_0)`, :math:`m(j)=\sum_{l\le j}p_l m(j-l)`,
  :math:`M(j)=\sum_{i<j}m(i)`, :math:`c(s,S)=\big(K+\sum_{j<S-s}m(j)G(S-j)\big)/M(S-s)`.
* Power approximation: Ehrhardt, Mosier 1984:
  :math:`Q=1.30\,\mu^{.494}(K/h)^{.506}(1+\sigma_L^2/\mu^2)^{.116}`,
  :math:`z=\sqrt{Qh/(\sigma_L p)}`,
  :math:`s=.973\mu_L+\sigma_L(.183/z+1.063-2.192z)`, :math:`S=s+Q`.
  :math:`\mu_L,\sigma_L` are of demand in lead time plus one period.
* (R, s, S): the same with review every R periods: demand of R periods is one period of
  the policy, s protects R + L periods.

Source: Snyder, Shen, *Fundamentals of Supply Chain Theory*, section 4.4; Silver, Pyke,
Peterson, section 7.9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .lazy import np, special

#: part of demand's probability that may be cut off at the end
CUT = 1e-14


@dataclass(frozen=True)
class PeriodicReview:
    """:param reorder_point: s; :param order_up_to: S; :param cost: per period, ``nan``
    where the method does not estimate it."""

    reorder_point: float
    order_up_to: float
    cost: float = math.nan


def positive(**values: float) -> None:
    """:raises ValueError: names the value that is not more than zero."""
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be known and more than zero")


def poisson_probabilities(mean: float):
    """Probabilities of 0, 1, 2... units of Poisson demand, shape ``(k,)``."""
    last = int(mean + 12 * math.sqrt(mean) + 30)
    counts = np.arange(last + 1)
    return np.exp(counts * math.log(mean) - mean - special.gammaln(counts + 1))


def exact_discrete(
    probabilities,
    order_cost: float,
    holding_cost: float,
    shortage_cost: float,
    protected=None,
) -> PeriodicReview:
    """Cheapest (s, S) for discrete demand.

    :param probabilities: of 0, 1, 2... units in a period, shape ``(k,)``.
    :param protected: likewise of demand in lead time plus one period; ``None`` = no
        lead time, the same as ``probabilities``.
    :raises ValueError: when costs are not positive or demand is always zero.
    """
    positive(order_cost=order_cost, holding_cost=holding_cost, shortage=shortage_cost)
    chances = np.asarray(probabilities, dtype=float)
    if abs(chances.sum() - 1) > 1e-6 or np.any(chances < 0):
        raise ValueError("probabilities must not be negative and add up to one")
    if not chances[0] < 1 - CUT:
        raise ValueError("there is no demand")
    ahead = chances if protected is None else np.asarray(protected, dtype=float)
    units = np.arange(len(ahead))

    def level_cost(level: int) -> float:
        left = level - units
        held, short = np.maximum(left, 0), np.maximum(-left, 0)
        return float(ahead @ (holding_cost * held + shortage_cost * short))

    renewal = [1 / (1 - chances[0])]

    def visits(index: int) -> float:
        while len(renewal) <= index:
            j = len(renewal)
            reach = min(j, len(chances) - 1)
            past = np.array(renewal[j - reach : j][::-1])
            renewal.append(float(chances[1 : reach + 1] @ past) / (1 - chances[0]))
        return renewal[index]

    def cost(low: int, high: int) -> float:
        steps = range(high - low)
        weights = np.array([visits(j) for j in steps])
        levels = np.array([level_cost(high - j) for j in steps])
        return (order_cost + float(weights @ levels)) / float(weights.sum())

    # Zheng, Federgruen: s for the best single level, then improve S upwards.
    ratio = shortage_cost / (shortage_cost + holding_cost)
    base = int(np.searchsorted(np.cumsum(ahead), ratio - CUT))
    low = base - 1
    while cost(low, base) > level_cost(low):
        low -= 1
    best, best_cost, high = base, cost(low, base), base + 1
    while level_cost(high) <= best_cost:
        if cost(low, high) < best_cost:
            best = high
            while low + 1 < best and cost(low, best) <= level_cost(low + 1):
                low += 1
            best_cost = cost(low, best)
        high += 1
    return PeriodicReview(low, best, best_cost)


def exact_poisson(
    mean: float,
    order_cost: float,
    holding_cost: float,
    shortage_cost: float,
    lead_time: int = 0,
) -> PeriodicReview:
    """Cheapest (s, S) for Poisson demand.

    :param mean: of a period; :param lead_time: in periods.
    :raises ValueError: see :func:`exact_discrete`.
    """
    positive(mean=mean)
    chances = poisson_probabilities(mean)
    ahead = poisson_probabilities(mean * (lead_time + 1))
    return exact_discrete(chances, order_cost, holding_cost, shortage_cost, ahead)


def power_approximation(
    order_cost: float,
    holding_cost: float,
    shortage_cost: float,
    mean: float,
    deviation: float,
    lead_time: float = 0.0,
    review: float = 1.0,
) -> PeriodicReview:
    """(R, s, S) without a search.

    :param mean: of a period; :param deviation: of a period.
    :param lead_time: in periods; :param review: R, in periods. Costs are per order, and
        per unit and period.
    :raises ValueError: when something is not positive.
    """
    positive(
        order_cost=order_cost,
        holding_cost=holding_cost,
        shortage_cost=shortage_cost,
        mean=mean,
        deviation=deviation,
        review=review,
    )
    holding, shortage = holding_cost * review, shortage_cost * review
    cycle = mean * review
    protected = mean * (lead_time + review)
    spread = deviation * math.sqrt(lead_time + review)
    quantity = 1.30 * cycle**0.494 * (order_cost / holding) ** 0.506
    quantity *= (1 + spread**2 / cycle**2) ** 0.116
    z = math.sqrt(quantity * holding / (spread * shortage))
    low = 0.973 * protected + spread * (0.183 / z + 1.063 - 2.192 * z)
    return PeriodicReview(low, low + quantity)
