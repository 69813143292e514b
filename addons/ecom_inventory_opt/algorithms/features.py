r"""What is known about a series after some periods, for forecasts that learn across
series.

Everything is relative to the *level* of the series, a mean of forecasts of different
memory, so that a product that sells 3 a week and one that sells 3,000 can learn from
each other: momentum (fast smoothing / level), memory (26 periods / level), regularity
(share of periods with demand), variability (standard deviation / level), size (the
level itself).

Window means count observed periods only and start at the first observed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .intermittent import teunter_syntetos_babai_path
from .lazy import np
from .smoothing import columns, first_observed, holt_path, smooth_path

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: added to a level, in units, so that it is never zero
FLOOR = 0.002
#: demands usual in 26 periods below which the mean of all the history counts as well
MEMORY = 6.0
#: demands usual in 26 periods below which recent periods are nothing but chance
RARE = 3.0


@dataclass(frozen=True)
class Panel:
    """Histories with running sums, so that any window is two look-ups.

    :param demand: ``(t, n)``; :param seen: ``(t, n)`` of bool.
    :param total: ``(t + 1, n)`` demand before each period; :param count: observed
        periods;
        :param hits: periods with demand; :param squares: sum of squares; all likewise.
    """

    demand: Array
    seen: Array
    total: Array
    count: Array
    hits: Array
    squares: Array

    @classmethod
    def of(cls, demand, observed=None) -> Panel:
        """From a history ``(n, t)`` and its mask; see ``smoothing.columns``."""
        demand, seen = columns(demand, observed)
        running = [
            np.concatenate([np.zeros((1, demand.shape[1])), np.cumsum(values, axis=0)])
            for values in (demand, seen, seen & (demand > 0), demand * demand)
        ]
        return cls(demand, seen, *running)

    @property
    def periods(self) -> int:
        """Number of periods."""
        return len(self.demand)

    @property
    def series(self) -> int:
        """Number of series."""
        return self.demand.shape[1]

    def mean(self, running: Array, after: Array, window: int) -> Array:
        """Mean over the window before each origin; ``(origins, n)``.

        Where nothing in the window was observed, the window that ends with the last
        observed period counts: out of stock means "as before", not zero.

        :param running: one of the running sums; :param after: origins, ``(origins,)``.
        """
        begin = np.maximum(after - window, 0)
        known = self.count[after] - self.count[begin]
        total = running[after] - running[begin]
        if (known == 0).any():
            end = np.where(known > 0, np.asarray(after)[:, None], self.last_seen[after])
            start = np.maximum(end - window, 0)
            series = np.arange(self.series)
            known = self.count[end, series] - self.count[start, series]
            total = running[end, series] - running[start, series]
        return total / np.maximum(known, 1.0)

    @cached_property
    def last_seen(self) -> Array:
        """Periods up to the last observed one before each; ``(t + 1, n)`` of int."""
        number = np.arange(1, self.periods + 1)[:, None]
        last = np.maximum.accumulate(np.where(self.seen, number, 0), axis=0)
        return np.concatenate([np.zeros((1, self.series), dtype=int), last])

    def sums(self, after: Array, horizon: int) -> Array:
        """Demand of the ``horizon`` periods after each origin; ``(origins, n)``.

        Where a period was not observed, the rest is scaled up; nothing observed is nan.
        """
        end = after + horizon
        known = self.count[end] - self.count[after]
        total = self.total[end] - self.total[after]
        return np.where(known > 0, total * horizon / np.maximum(known, 1.0), np.nan)


@dataclass(frozen=True)
class Features:
    """After each origin, arrays ``(origins, n)``.

    :param origins: periods that are known, ``(origins,)``.
    :param level: to which all others are relative.
    :param recent: robust mean of forecasts, per period; see :mod:`forecast`.
    :param ever: mean of all the history; :param values: name to feature.
    :param trust: weight of the recent forecasts against the mean of all the history,
        from how often the product sells.
    :param rare: sells so seldom that recent periods say next to nothing, of bool.
    """

    origins: Array
    level: Array
    recent: Array
    ever: Array
    trust: Array
    rare: Array
    values: dict[str, Array]

    @property
    def combination(self) -> Array:
        """Demand that is expected of a period."""
        return self.trust * self.recent + (1 - self.trust) * self.ever

    def part(self, rows, series) -> Features:
        """Some origins of some series, selected as numpy does."""

        def cut(values: Array) -> Array:
            return values[rows][:, series]

        return Features(
            self.origins[rows],
            cut(self.level),
            cut(self.recent),
            cut(self.ever),
            cut(self.trust),
            cut(self.rare),
            {name: cut(values) for name, values in self.values.items()},
        )

    def select(self, series: Array) -> Features:
        """Some series, ``(n,)`` of bool."""
        return self.part(slice(None), series)

    def until(self, last: int) -> Features:
        """The origins that are not after ``last``."""
        return self.part(self.origins <= last, slice(None))


def build(panel: Panel, origins) -> Features:
    """Features of every series after each of the origins.

    :param origins: numbers of periods, each between 1 and ``panel.periods``.
    """
    after = np.asarray(origins, dtype=int)
    row = after - 1
    start = first_observed(panel.demand, panel.seen)
    smoothed = {
        alpha: smooth_path(panel.demand, panel.seen, alpha, start)[row]
        for alpha in (0.1, 0.2, 0.4)
    }
    holt = holt_path(panel.demand, panel.seen, 4)[row]
    tsb = teunter_syntetos_babai_path(panel.demand, panel.seen)[row]
    mean = {k: panel.mean(panel.total, after, k) for k in (2, 4, 8, 13, 26)}
    square = panel.mean(panel.squares, after, 26)
    deviation = np.sqrt(np.maximum(square - mean[26] ** 2, 0.0))
    known = np.maximum(panel.count[after], 1.0)
    ever = panel.total[after] / known
    level = (smoothed[0.2] + mean[8] + tsb + mean[26]) / 4 + ever / 50 + FLOOR
    values = {
        "momentum": smoothed[0.4] / level,
        "trend": holt / level,
        "recent2": mean[2] / level,
        "recent4": mean[4] / level,
        "recent8": mean[8] / level,
        "recent13": mean[13] / level,
        "slow": smoothed[0.1] / level,
        "memory": mean[26] / level,
        "last": panel.demand[row] / level,
        "hits4": panel.mean(panel.hits, after, 4),
        "hits13": panel.mean(panel.hits, after, 13),
        "hits26": panel.mean(panel.hits, after, 26),
        "variability": deviation / level,
        "size": level,
        "age": panel.count[after],
    }
    recent = (holt + mean[4] + mean[8] + tsb) / 4
    # Half a year of a product that sells every ten weeks says next to nothing.
    usual = 26 * panel.hits[after] / known
    trust = np.minimum(usual / MEMORY, 1.0)
    return Features(after, level, recent, ever, trust, usual < RARE, values)
