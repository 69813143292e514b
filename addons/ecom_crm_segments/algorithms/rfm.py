"""RFM: customers by recency, frequency and monetary value, in cells and named groups.

A. M. Hughes (1994), *Strategic Database Marketing*: customers are sorted by each of the
three figures and cut into ``k`` equal parts; the best part has score ``k``. Here a
customer's score is ceil(position / n · k), where the position of customers with the
same figure is

* the mean of their positions (:attr:`Ties.SHARED`, usual here): equal customers have
  equal scores, and if all are equal they are in the middle;
* the order of their keys (:attr:`Ties.FIRST`): parts of equal size, but equal customers
  may have different scores.

With fixed limits the score is 1 plus the number of limits reached. The SQL of the
addon computes the same (its tests compare the two).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from .errors import BadInput

if TYPE_CHECKING:
    from numpy import ndarray


class Ties(Enum):
    """What becomes of customers with the same figure."""

    SHARED = "shared"
    FIRST = "first"


class Group(Enum):
    """Named groups of cells, best first."""

    CHAMPION = "champion"
    LOYAL = "loyal"
    PROMISING = "promising"
    NEW = "new"
    ATTENTION = "attention"
    AT_RISK = "at_risk"
    CANNOT_LOSE = "cannot_lose"
    ASLEEP = "asleep"
    LOST = "lost"


#: recency 5 (just bought) to 1, by the mean of frequency and value, 1 to 5
GROUPS: Mapping[int, tuple[Group, ...]] = {
    5: (Group.NEW, Group.PROMISING, Group.PROMISING, Group.LOYAL, Group.CHAMPION),
    4: (Group.NEW, Group.PROMISING, Group.PROMISING, Group.LOYAL, Group.CHAMPION),
    3: (Group.ASLEEP, Group.ATTENTION, Group.ATTENTION, Group.LOYAL, Group.LOYAL),
    2: (Group.ASLEEP, Group.ASLEEP, Group.AT_RISK, Group.AT_RISK, Group.CANNOT_LOSE),
    1: (Group.LOST, Group.LOST, Group.AT_RISK, Group.AT_RISK, Group.CANNOT_LOSE),
}


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of n customers, whole numbers from 1; arrays have shape ``(n,)``."""

    recency: ndarray
    frequency: ndarray
    monetary: ndarray


@dataclass(frozen=True)
class Transition:
    """Customers that were in one group and are in another.

    :param before: none for customers that were not there yet.
    :param after: none for customers that are not there any more.
    """

    before: Group | None
    after: Group | None
    customers: int


def quantile_score(
    figures, parts: int, descending: bool = False, ties: Ties = Ties.SHARED
):
    """Score from 1 to ``parts`` of each customer.

    :param figures: shape ``(n,)``, in the order of the customers' keys.
    :param descending: whether a smaller figure is better, as for days since an order.
    """
    import numpy as np

    if parts < 2:
        raise BadInput("scores need at least two parts")
    figures = np.asarray(figures, dtype=float)
    if descending:
        figures = -figures
    n = len(figures)
    position = np.empty(n)
    if ties is Ties.FIRST:
        position[np.argsort(figures, kind="stable")] = np.arange(1, n + 1)
    else:
        _, group, size = np.unique(figures, return_inverse=True, return_counts=True)
        position = (np.cumsum(size) - (size - 1) / 2)[group]
    return np.ceil(position * parts / max(n, 1) - 1e-9).astype(int)


def limit_score(figures, limits: Sequence[float], descending: bool = False):
    """1 plus the number of limits that a figure reaches.

    :param limits: ascending; for ``descending`` figures those that are not exceeded
        count, so that few days are good.
    """
    import numpy as np

    if list(limits) != sorted(set(limits)):
        raise BadInput("limits must rise")
    figures = np.asarray(figures, dtype=float)
    if descending:
        return 1 + len(limits) - np.searchsorted(limits, figures, side="left")
    return 1 + np.searchsorted(limits, figures, side="right")


def score(
    days_since, orders, amount, parts: int = 5, ties: Ties = Ties.SHARED
) -> Scores:
    """Scores by quantiles.

    :param days_since: shape ``(n,)``, days since the last order.
    :param orders: shape ``(n,)``.
    :param amount: shape ``(n,)``; negative when refunds are larger than orders.
    """
    return Scores(
        quantile_score(days_since, parts, True, ties),
        quantile_score(orders, parts, False, ties),
        quantile_score(amount, parts, False, ties),
    )


def group(recency: int, frequency: int, monetary: int, parts: int = 5) -> Group:
    """Named group of a cell; scores of other than five parts are stretched to five."""
    scores = (recency, frequency, monetary)
    if min(scores) < 1 or max(scores) > parts:
        raise BadInput(f"scores go from 1 to {parts}")
    # Half up: the mean of 3 and 4 counts as 4.
    recent = _to_five(2 * recency, parts)
    worth = _to_five(frequency + monetary, parts)
    return GROUPS[recent][worth - 1]


def _to_five(doubled: int, parts: int) -> int:
    """Twice a score from 1 to ``parts``, as a score from 1 to 5, half up."""
    return 1 + int(2 * (doubled - 2) / (parts - 1) + 0.5 + 1e-9)


def transitions(
    before: Mapping[int, Group], after: Mapping[int, Group]
) -> list[Transition]:
    """Who moved from where to where, most customers first; also who came and went.

    :param before: group by key of the customer.
    :param after: the same, later.
    """
    counts = Counter(
        (before.get(key), after.get(key)) for key in before.keys() | after.keys()
    )
    return sorted(
        (Transition(old, new, number) for (old, new), number in counts.items()),
        key=lambda row: (-row.customers, str(row.before), str(row.after)),
    )
