r"""The forecast that is used by default, and how planners' changes are judged.

* Robust combination: mean of damped Holt, moving averages of 4 and 8 periods and TSB.
  Simple means of simple methods are hard to beat (J. Bates, C. Granger 1969; S.
  Makridakis et al. 2020: the M4 competition); on Online Retail, origins 60 to 76, this
  one did as well as larger ones, and choosing a method for each series did worse.
* Adjustment: what the planner knows and the history does not, a promotion or a price,
  is a factor or a number of units for some periods: :math:`\hat y'=\hat y\cdot f+u`.
* Forecast value added (M. Gilliland, *The Business Forecasting Deal*, 2010): error of
  the statistical forecast less error of the changed one, over all periods in which
  something was changed; positive when the planner helped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from . import features, intermittent, smoothing
from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: name to method: history ``(n, t)`` and mask to demand of a period ``(n,)``
METHODS = {
    "moving_average_4": lambda d, o=None: smoothing.moving_average(d, 4, o),
    "moving_average_8": lambda d, o=None: smoothing.moving_average(d, 8, o),
    "moving_average_13": lambda d, o=None: smoothing.moving_average(d, 13, o),
    "moving_average_26": lambda d, o=None: smoothing.moving_average(d, 26, o),
    "ses": lambda d, o=None: smoothing.exponential_smoothing(d, 0.2, o),
    "ses_optimised": lambda d, o=None: smoothing.best_exponential_smoothing(d, o)[0],
    "holt": lambda d, o=None: smoothing.holt(d, 4, observed=o),
    "theta": lambda d, o=None: smoothing.theta(d, 4, observed=o),
    "croston": lambda d, o=None: intermittent.croston(d, observed=o),
    "sba": lambda d, o=None: intermittent.syntetos_boylan(d, observed=o),
    "tsb": lambda d, o=None: intermittent.teunter_syntetos_babai(d, observed=o),
    "adida": intermittent.adida,
    "imapa": intermittent.imapa,
    "combination": lambda d, o=None: combination(d, o),
}


def combination(demand, observed=None) -> Array:
    """The robust combination; expected demand of a period, ``(n,)``.

    :param demand: ``(n, t)``; :param observed: ``(n, t)`` of bool.
    """
    panel = features.Panel.of(demand, observed)
    if not panel.periods:
        return np.zeros(panel.series)
    return features.build(panel, [panel.periods]).combination[0]


@dataclass(frozen=True)
class Adjustment:
    """A planner's change of the forecast, kept for the audit trail.

    :param series: index; :param first: first period, counted from the next one = 0.
    :param last: last period, included.
    :param factor: the forecast times this; :param units: plus this in each period.
    :param author: who; :param at: when; :param reason: why, in the planner's words.
    """

    series: int
    first: int
    last: int
    factor: float = 1.0
    units: float = 0.0
    author: str = ""
    at: datetime | None = None
    reason: str = ""

    def __post_init__(self):
        if not 0 <= self.first <= self.last:
            raise ValueError("an adjustment begins in the future and ends after that")
        if not self.factor >= 0:
            raise ValueError("the factor of an adjustment must not be negative")


def adjust(forecast, adjustments: Sequence[Adjustment]) -> Array:
    """Forecast with the planner's changes, never negative; ``(n, horizon)``.

    Changes of the same period apply in the order given.

    :param forecast: ``(n, horizon)`` of the coming periods.
    """
    result = np.array(forecast, dtype=float)
    for change in adjustments:
        part = slice(change.first, change.last + 1)
        changed = result[change.series, part] * change.factor + change.units
        result[change.series, part] = np.maximum(changed, 0.0)
    return result


@dataclass(frozen=True)
class ValueAdded:
    """:param statistical: mean absolute error of the machine; :param adjusted: of the
    planner; :param value_added: their difference, positive when the planner helped.
    :param periods: how many were changed, only these count.
    :param worse: how many of them the change made worse."""

    statistical: float
    adjusted: float
    value_added: float
    periods: int
    worse: int


def value_added(actual, statistical, adjusted) -> ValueAdded:
    """Judge changes by what happened; arrays of one shape, ``nan`` = not known yet."""
    actual, statistical, adjusted = (
        np.asarray(v, dtype=float) for v in (actual, statistical, adjusted)
    )
    known = np.isfinite(actual) & np.isfinite(statistical) & np.isfinite(adjusted)
    changed = known & (statistical != adjusted)
    machine = np.abs(actual - statistical)[changed]
    planner = np.abs(actual - adjusted)[changed]
    if not changed.any():
        return ValueAdded(0.0, 0.0, 0.0, 0, 0)
    before, after = float(machine.mean()), float(planner.mean())
    worse = int((planner > machine).sum())
    return ValueAdded(before, after, before - after, int(changed.sum()), worse)
