r"""Forecast breaks: demand of the last weeks that does not fit what was usual before.

The weeks before the last w give a mean :math:`\mu` and a variance :math:`\sigma^2` from
their n latest observed ones. If nothing changed, demand of k observed weeks since then
has the mean :math:`k\mu` and the variance
:math:`k\sigma^2+k^2\sigma^2/n` (the second term: the mean itself is uncertain), and is
about negative binomial (:mod:`.negative_binomial`). A break is demand that is as far
off with less than a given chance, and differs by a factor that matters.

Source: tests of forecast errors are those of tracking signals (D. Trigg 1964); here the
error of a sum is compared with its distribution instead of a smoothed mean deviation,
because demand of slow products is skew. A season looks like a break when it begins: a
planner's change of the forecast says that it is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import negative_binomial
from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: weeks that may have broken with those before, and most of these
RECENT, USUAL = 6, 26
#: observed weeks before that are needed to know what is usual, and since then
LEAST_USUAL, LEAST_RECENT = 12, 3
#: chance below which a difference is no chance any more, both sides together
CHANCE = 0.001
#: factor from which a difference matters
FACTOR = 1.5
#: units below which nobody cares
UNITS = 5.0


@dataclass(frozen=True)
class Breaks:
    """Recent demand of n series against what was usual, ``(n,)`` each.

    :param recent: units of the last weeks; :param usual: units that were to be expected
        in them.
    :param chance: of being as far off when nothing changed; 1 = nothing can be said.
    :param broken: bool.
    """

    recent: Array
    usual: Array
    chance: Array
    broken: Array


def find(demand, observed, recent: int = RECENT) -> Breaks:
    """Breaks of every series.

    :param demand: ``(n, t)``; :param observed: ``(n, t)`` of bool.
    :param recent: weeks at the end that are compared with those before.
    :raises ValueError: when ``recent`` is not within the history.
    """
    demand, observed = np.asarray(demand, float), np.asarray(observed, bool)
    if not 0 < recent < demand.shape[1]:
        raise ValueError("the recent weeks must lie within the history")
    known = observed[:, :-recent]
    # The latest observed ones only.
    later = np.cumsum(known[:, ::-1], axis=1)[:, ::-1]
    known = known & (later <= USUAL)
    before = np.where(known, demand[:, :-recent], 0.0)
    count = known.sum(axis=1)
    some = np.maximum(count, 1)
    mean = before.sum(axis=1) / some
    spread = np.where(known, before - mean[:, None], 0.0)
    variance = np.square(spread).sum(axis=1) / np.maximum(count - 1, 1)
    weeks = observed[:, -recent:].sum(axis=1)
    units = np.where(observed[:, -recent:], demand[:, -recent:], 0.0).sum(axis=1)
    expected = weeks * mean
    # A series that never varied may still do so by chance, as a Poisson one does.
    variance = np.maximum(variance, mean)
    total = weeks * variance + np.square(weeks) * variance / some
    low = negative_binomial.cumulative(units, expected, total)
    high = 1 - negative_binomial.cumulative(units - 1, expected, total)
    enough = (count >= LEAST_USUAL) & (weeks >= LEAST_RECENT) & (mean > 0)
    chance = np.where(enough, np.minimum(2 * np.minimum(low, high), 1.0), 1.0)
    large = np.maximum(units, expected)
    small = np.minimum(units, expected)
    matters = (large >= UNITS) & (large >= FACTOR * small)
    return Breaks(units, expected, chance, enough & matters & (chance < CHANCE))
