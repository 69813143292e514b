r"""Seasons: what the same time of last year says.

* With two full cycles or more: multiplicative indices. Every period is divided by the
  mean of the cycle around it (centred moving average), the ratios of the same season
  are averaged and made to average one (classical decomposition, W. Persons 1919;
  Hyndman, Athanasopoulos, *Forecasting: Principles and Practice*, section 3.4).
* With more than one cycle: the change from the weeks before to the weeks ahead, one
  cycle ago, shrunk because it was seen only once:
  :math:`r=\Big(\frac{A+c\,m+1}{B+c\,m+1}\Big)^\beta`, A demand of the coming interval a
  cycle ago, B demand of the weeks before it on the same length, m today's forecast. On
  the origins 60 to 76 of Online Retail any :math:`\beta` from .2 to .5 is better than
  none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: shrinkage of a change that was seen once: in its size, and towards no change
EXPONENT = 0.35
WEIGHT = 0.5
#: periods before the interval that it is compared with
BEFORE = 8
#: bounds of the correction, of its logarithm
LIMITS = (-0.7, 0.9)


def indices(demand, cycle: int, observed=None) -> Array:
    """Seasonal index of each place in the cycle, ``(n, cycle)``, averaging one.

    The first column belongs to the first period. Series without two full cycles of
    observed demand, and places never observed, have the index one.

    :param demand: ``(n, t)``; :param cycle: periods in a cycle, two or more.
    :raises ValueError: for a cycle of less than two periods.
    """
    if cycle < 2:
        raise ValueError("a cycle has at least two periods")
    demand = np.asarray(demand, dtype=float)
    seen = np.isfinite(demand)
    if observed is not None:
        seen = seen & np.asarray(observed, dtype=bool)
    count, periods = demand.shape
    result = np.ones((count, cycle))
    if periods < 2 * cycle:
        return result
    demand = np.where(seen, demand, 0.0)
    kernel = np.ones(cycle + 1 - cycle % 2)
    if cycle % 2 == 0:
        kernel[[0, -1]] = 0.5
    half = len(kernel) // 2
    sums = windows(demand, kernel)
    known = windows(seen.astype(float), kernel)
    trend = sums / np.maximum(known, 1e-9)
    inner, usable = demand[:, half:-half], seen[:, half:-half] & (trend > 0)
    ratios = np.where(usable, inner / np.where(trend > 0, trend, 1.0), 0.0)
    place = (np.arange(periods)[half:-half]) % cycle
    for season in range(cycle):
        at = place == season
        number = usable[:, at].sum(axis=1)
        mean = ratios[:, at].sum(axis=1) / np.maximum(number, 1)
        result[:, season] = np.where(number > 0, mean, 1.0)
    average = result.mean(axis=1, keepdims=True)
    enough = seen.sum(axis=1) >= 2 * cycle
    return np.where(
        enough[:, None] & (average > 0), result / np.maximum(average, 1e-9), 1
    )


def windows(values: Array, kernel: Array) -> Array:
    """Weighted sums over a moving window; ``(n, t - len(kernel) + 1)``."""
    view = np.lib.stride_tricks.sliding_window_view(values, len(kernel), axis=1)
    return view @ kernel


def seasonal_forecast(demand, level, cycle: int, horizon: int = 1, observed=None):
    """Forecast with the seasons put back; mean of the next ``horizon`` periods,
    ``(n,)``.

    :param demand: ``(n, t)``.
    :param level: function of a deseasonalised history ``(n, t)`` and its mask that
        gives the level, ``(n,)``, for example :func:`smoothing.exponential_smoothing`.
    """
    demand = np.asarray(demand, dtype=float)
    index = np.maximum(indices(demand, cycle, observed), 0.05)
    periods = demand.shape[1]
    factors = index[:, np.arange(periods) % cycle]
    ahead = index[:, (periods + np.arange(horizon)) % cycle].mean(axis=1)
    return level(demand / factors, observed) * ahead


def last_cycle_ratio(
    demand: Array, seen: Array, forecast: Array, horizon: int, cycle: int = 52
) -> Array:
    """Correction of a forecast by what happened one cycle ago; ``(n,)``.

    One where less than a cycle and the weeks before it were observed.

    :param demand: ``(t, n)`` and :param seen: ``(t, n)``, as ``smoothing.columns``.
    :param forecast: ``(n,)`` of the whole interval.
    """
    periods = len(demand)
    start = periods - cycle
    if start < 1 or horizon > cycle:
        return np.ones(demand.shape[1])
    begin = max(start - BEFORE, 0)
    ahead = interval_sum(demand, seen, start, start + horizon)
    before = interval_sum(demand, seen, begin, start) * horizon / (start - begin)
    base = WEIGHT * forecast + 1
    ratio = np.log((ahead + base) / (before + base))
    known = seen[begin : start + horizon].all(axis=0)
    known &= seen[: max(begin, 1)].any(axis=0) | (begin == 0)
    factor = np.exp(np.clip(EXPONENT * ratio, *LIMITS))
    return np.where(known, factor, 1.0)


def interval_sum(demand: Array, seen: Array, begin: int, end: int) -> Array:
    """Demand from ``begin`` up to ``end``, scaled up for what was not observed."""
    known = seen[begin:end].sum(axis=0)
    return demand[begin:end].sum(axis=0) * (end - begin) / np.maximum(known, 1)
