"""When to write to somebody: at the hour at which they tend to buy.

The hours of a customer's orders are few, so everybody's habit counts as
:data:`PRIOR_ORDERS` orders more (posterior mean of a Dirichlet distribution), and the
hours are smoothed round the clock by a von-Mises-like kernel of neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import BadInput

HOURS = 24
PRIOR_ORDERS = 4.0
#: weight of the hour itself, of those beside it, of the next ones
KERNEL = (0.4, 0.2, 0.1)


@dataclass(frozen=True)
class SendTime:
    """Best hour for somebody.

    :param hour: 0 to 23, in the zone of the hours given.
    :param share: of the orders expected in that hour and one hour on both sides.
    :param own_orders: how many orders of the customer's own it rests on.
    """

    hour: int
    share: float
    own_orders: int


def best_hour(
    own: Sequence[float], everybody: Sequence[float], allowed: Sequence[int] = ()
) -> SendTime:
    """Hour at which a customer is most likely to buy.

    :param own: orders of the customer by hour of the day, 24 numbers.
    :param everybody: orders of all customers, 24 numbers; all zero: every hour alike.
    :param allowed: hours at which may be sent; all when left out.
    """
    if len(own) != HOURS or len(everybody) != HOURS:
        raise BadInput("a day has 24 hours")
    total = sum(everybody)
    prior = [value / total if total else 1 / HOURS for value in everybody]
    mine = sum(own)
    habit = [
        (own[hour] + PRIOR_ORDERS * prior[hour]) / (mine + PRIOR_ORDERS)
        for hour in range(HOURS)
    ]
    smooth = [_smoothed(habit, hour) for hour in range(HOURS)]
    best = max(sorted(set(allowed) or range(HOURS)), key=lambda hour: smooth[hour])
    share = sum(habit[(best + step) % HOURS] for step in (-1, 0, 1))
    return SendTime(best, share, int(mine))


def _smoothed(habit, hour: int) -> float:
    return KERNEL[0] * habit[hour] + sum(
        weight * (habit[(hour + step) % HOURS] + habit[(hour - step) % HOURS])
        for step, weight in enumerate(KERNEL[1:], 1)
    )
