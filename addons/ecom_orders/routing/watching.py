"""What is out of the ordinary: demand that jumps, cancellations that pile up.

Both compare the latest time with what was usual before, and speak only when chance is
no good explanation: more than three standard deviations above the usual.
"""

from __future__ import annotations

from math import sqrt

DEVIATIONS = 3
#: units of a day below which nothing is called sudden
FEWEST_UNITS = 5
#: orders below which a rate says nothing
FEWEST_ORDERS = 20


def is_sudden(units: float, before: float, days: int) -> bool:
    """Whether a day's demand is far above the usual.

    Demand of a day is taken as Poisson: its variance is its mean.

    :param units: units of the last day.
    :param before: units of all the days before it, ``days`` of them.
    """
    usual = before / days
    limit = usual + DEVIATIONS * sqrt(max(usual, 1.0))
    return units >= FEWEST_UNITS and units > limit


def is_rate_high(
    cancelled: int, orders: int, cancelled_before: int, orders_before: int
) -> bool:
    """Whether more is cancelled than usual.

    The count is taken as binomial with the rate of the time before, in which one more
    order is counted as cancelled: a shop without any has a rate too.

    :param orders: orders of the latest time, also those ``cancelled``.
    """
    if orders < FEWEST_ORDERS or orders_before < FEWEST_ORDERS:
        return False
    usual = min((cancelled_before + 1) / (orders_before + 1), 1.0)
    deviation = sqrt(orders * usual * (1 - usual))
    return cancelled > orders * usual + DEVIATIONS * deviation
