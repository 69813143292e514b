"""Who is about to leave.

Two signs. From the model of :mod:`.bg_nbd`: the chance that a customer still buys, and
that a purchase comes within the horizon. From the customer alone, for shops without a
model and for the reason in words: the days since the last purchase over the usual gap
between purchases. Gaps of one customer are few, so the usual gap is a mean of them and
of all customers' gap, the latter counting as :data:`PRIOR_GAPS` gaps (a shrunk mean, as
of the gamma distribution of gaps with a conjugate prior).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import ndarray

PRIOR_GAPS = 2.0


class Risk(Enum):
    """How likely a customer is lost."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    LOST = "lost"


@dataclass(frozen=True)
class Limits:
    """Where the risk changes.

    :param medium: chance of being active below which the risk is medium.
    :param high: the same for high.
    :param lost: the same for lost.
    :param medium_gaps: gaps without a purchase above which it is medium at least.
    :param high_gaps: the same for high.
    :param lost_gaps: the same for lost.
    """

    medium: float = 0.8
    high: float = 0.5
    lost: float = 0.1
    medium_gaps: float = 1.5
    high_gaps: float = 3.0
    lost_gaps: float = 8.0


@dataclass(frozen=True, eq=False)
class Assessment:
    """Result for n customers; arrays have shape ``(n,)``.

    :param risk: members of :class:`Risk`.
    :param usual_gap: days between purchases.
    :param gaps: days since the last purchase over the usual gap.
    :param by_model: whether the chance of being active decided, not the rhythm.
    """

    risk: ndarray
    usual_gap: ndarray
    gaps: ndarray
    by_model: ndarray


def usual_gap(x, t_x):
    """Days between purchases, own and everybody's experience weighed.

    :param x: shape ``(n,)``, repeat purchases.
    :param t_x: shape ``(n,)``, days from the first to the last purchase.
    :return: shape ``(n,)``; infinite when nobody has bought twice.
    """
    import numpy as np

    x, t_x = np.asarray(x, dtype=float), np.asarray(t_x, dtype=float)
    if not x.sum():
        return np.full(len(x), np.inf)
    everybody = max(t_x.sum() / x.sum(), 1.0)
    return (t_x + PRIOR_GAPS * everybody) / (x + PRIOR_GAPS)


def assess(x, t_x, age, active=None, limits: Limits | None = None) -> Assessment:
    """Risk of each customer: the worse of the two signs.

    Who bought once only is judged by the rhythm alone: the model cannot say that they
    left.

    :param age: shape ``(n,)``, days from the first purchase until now.
    :param active: shape ``(n,)``, chance of being active; left out without a model.
    """
    import numpy as np

    limits = limits or Limits()
    x, t_x, age = (np.asarray(value, dtype=float) for value in (x, t_x, age))
    gap = usual_gap(x, t_x)
    gaps = (age - t_x) / gap
    rhythm = np.searchsorted(
        [limits.medium_gaps, limits.high_gaps, limits.lost_gaps], gaps, side="left"
    )
    model = np.zeros(len(x), dtype=int)
    if active is not None:
        model = 3 - np.searchsorted(
            [limits.lost, limits.high, limits.medium], active, side="right"
        )
        model = np.where(x > 0, model, 0)
    risk = np.array(list(Risk), dtype=object)[np.maximum(rhythm, model)]
    return Assessment(risk, gap, gaps, model > rhythm)
