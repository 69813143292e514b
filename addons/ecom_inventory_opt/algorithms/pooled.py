r"""Quantiles learned from all series together: what happened after states like this
one.

For every series and every past origin the ratio of the demand that followed to the
level at that time is known. A *partition* cuts all these states into cells by three
features at their quantiles; the ratios in a cell are the distribution of the ratio for
every series that is in that cell now. Quantiles of several partitions are averaged:

:math:`\hat q_p = L\cdot\frac1M\sum_m \operatorname{quantile}_p\{y_j/L_j: j\in
cell_m\}`.

It is quantile regression by partitions, as in a forest (N. Meinshausen, *Quantile
Regression Forests*, J. Mach. Learn. Res. 7, 2006), with cells that are chosen
beforehand: one sort instead of a hundred trees. It covers well because it was made of
what happened, tails and all, and it is the only source for products with a short
history of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .features import FLOOR, Features
from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: features of each partition
PARTITIONS = (
    ("hits13", "variability", "momentum"),
    ("size", "variability", "recent4"),
    ("hits26", "memory", "trend"),
    ("variability", "hits4", "memory"),
    ("size", "hits13", "memory"),
)
#: most cuts of a feature, and ratios a cell should hold
MOST_CUTS = 4
CELL = 400
#: ratios that a cell must hold; else all ratios together stand for it
LEAST = 100
#: every how many states the cuts are looked for in
THINNED = 5
#: part of its mean of all time below which the level of a series has faded away
FADED = 0.04


def alive(states: Features) -> Array:
    """States that say something: on sale for some time and not faded away; of bool."""
    faded = states.level <= np.maximum(states.ever * FADED, 1.2 * FLOOR)
    return ~faded & (states.values["age"] >= 3)


def cuts(samples: int) -> int:
    """Parts into which each of three features is cut, for a number of samples."""
    return int(min(max((samples / CELL) ** (1 / 3), 1), MOST_CUTS))


def cell_quantiles(ratios: Array, cells: Array, number: int, levels: Array) -> Array:
    """Quantiles of the ratios in each cell; ``(levels, number)``.

    :param ratios: ``(k,)``; :param cells: ``(k,)``, cell of each, below ``number``.
    """
    order = np.lexsort((ratios, cells))
    ordered = ratios[order]
    count = np.bincount(cells, minlength=number)
    start = np.cumsum(count) - count
    places = levels[:, None] * np.maximum(count - 1, 0)
    low = np.floor(places).astype(int)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    last = len(ordered) - 1
    below = ordered[np.minimum(start + low, last)]
    above = ordered[np.minimum(start + high, last)]
    result = below + (above - below) * (places - low)
    everything = np.quantile(ratios, levels)[:, None]
    return np.where(count >= LEAST, result, everything)


def quantiles(past: Features, followed: Array, now: Features, levels) -> Array | None:
    """Quantiles of the demand to come, in units; ``(levels, n)``.

    :param past: features after past origins, :param followed: ``(origins, n)`` demand
        of the interval after each of them, ``nan`` = not observed.
    :param now: features after one origin, the present one.
    :return: ``None`` when there is too little to learn from.
    """
    levels = np.asarray(levels, dtype=float)
    usable = np.isfinite(followed) & alive(past)
    samples = int(usable.sum())
    if samples < LEAST:
        return None
    ratios = (followed / past.level)[usable]
    parts = cuts(samples)
    total = 0.0
    for names in PARTITIONS:
        cells = np.zeros(samples, dtype=int)
        mine = np.zeros(now.level.shape[1], dtype=int)
        for name in names:
            values = past.values[name][usable]
            edges = np.quantile(values[::THINNED], np.arange(1, parts) / parts)
            cells = cells * parts + np.searchsorted(edges, values, side="right")
            place = np.searchsorted(edges, now.values[name][0], side="right")
            mine = mine * parts + place
        found = cell_quantiles(ratios, cells, parts ** len(names), levels)
        total = total + found[:, mine]
    level = np.where(alive(now)[0], now.level[0], 0.0)
    return total / len(PARTITIONS) * level
