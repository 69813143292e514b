r"""Stock of the coming weeks: what is expected, and between what it will lie.

With stock :math:`x_0`, cumulative receipts :math:`R_k` and promised deliveries
:math:`P_k`, and demand of k weeks :math:`D_k` with mean :math:`k\mu` and variance
:math:`k\sigma^2` (independent weeks), stock at the end of week k is
:math:`x_0+R_k-P_k-D_k`. Its bounds come from quantiles of the negative binomial
distribution of :math:`D_k` (:mod:`.negative_binomial`), the risk of a stock-out from
its cumulative probability. What is missing waits: stock below zero is what is owed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import negative_binomial
from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: levels of the bounds
BOUNDS = (0.05, 0.95)


@dataclass(frozen=True)
class Projection:
    """Stock of one product now and at the end of each of h weeks, ``(h + 1,)`` each.

    :param expected: mean; :param low: fallen below with the probability ``BOUNDS[0]``;
        :param high: exceeded as rarely.
    :param risk: probability that stock is less than nothing.
    :param run_out: first week whose end has less than nothing expected, 1 = the coming
        one, 0 = already now; ``None`` = not within h weeks.
    """

    expected: Array
    low: Array
    high: Array
    risk: Array
    run_out: int | None


def project(on_hand: float, receipts, promised, weekly, deviation) -> Projection:
    """Project the stock of one product.

    :param on_hand: units, may be negative.
    :param receipts: ``(h,)`` units expected in each week, late ones in the first.
    :param promised: ``(h,)`` units of confirmed orders due in each week, likewise.
    :param weekly: mean demand of a week that is not ordered yet.
    :param deviation: standard deviation of it.
    :raises ValueError: when receipts and promises are of different lengths, or demand
        is negative.
    """
    receipts, promised = np.asarray(receipts, float), np.asarray(promised, float)
    if receipts.shape != promised.shape:
        raise ValueError("receipts and promises are about the same weeks")
    if weekly < 0 or deviation < 0:
        raise ValueError("demand must not be negative")
    weeks = np.arange(len(receipts) + 1)
    known = on_hand + np.concatenate([[0.0], np.cumsum(receipts - promised)])
    mean, variance = weekly * weeks, np.square(deviation) * weeks
    bounds = np.array(BOUNDS)[:, None]
    least, most = negative_binomial.quantile(bounds, mean, variance)
    risk = 1 - negative_binomial.cumulative(known, mean, variance)
    expected = known - mean
    empty = np.flatnonzero(expected < 0)
    return Projection(
        expected=expected,
        low=known - most,
        high=known - least,
        risk=risk,
        run_out=int(empty[0]) if len(empty) else None,
    )
