r"""Forecasts of demand that often does not occur, for all series at once.

With :math:`z` the size of a demand that occurs and :math:`p` the periods between two:

* Croston (1972): both are smoothed when a demand occurs,
  :math:`\hat y = \hat z/\hat p`.
* SBA (Syntetos, Boylan 2005): the same times :math:`1-\alpha/2`, which takes Croston's
  bias away.
* TSB (Teunter, Syntetos, Babai 2011): the probability of a demand is smoothed in every
  period, the size when one occurs, :math:`\hat y = \hat\pi\hat z`; falls towards zero
  when a product is no longer asked for.
* ADIDA (Nikolopoulos et al. 2011): sums over blocks as long as the mean interval are
  smoothed; :math:`\hat y = \hat Y/k`.
* IMAPA (Petropoulos, Kourentzes 2015): mean of that over blocks of 1, 2, ... periods up
  to the mean interval.

Start: first demand and its interval counted from the beginning of the history, as in
statsforecast 2.1.1, which gives the same numbers. ``demand`` has the shape ``(n, t)``;
results have ``(n,)``: expected demand of a period.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import np
from .smoothing import best_smooth, columns, first_observed, last_of

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: smoothing constants of aggregated series; narrow, as in statsforecast
BLOCK_ALPHAS = tuple(round(0.1 + 0.02 * step, 2) for step in range(11))
#: longest block of ADIDA and IMAPA, in periods
LONGEST_BLOCK = 26


def croston(demand, alpha=0.1, observed=None) -> Array:
    """Croston's method; zero where nothing was ever asked for."""
    demand, seen = columns(demand, observed)
    size = np.zeros(demand.shape[1])
    interval = np.zeros_like(size)
    waited = np.zeros_like(size)
    for now, known in zip(demand, seen, strict=True):
        waited += known
        hit = known & (now > 0)
        first = hit & (interval == 0)
        later = hit & ~first
        size = np.where(first, now, size + np.where(later, alpha * (now - size), 0.0))
        step = np.where(later, alpha * (waited - interval), 0.0)
        interval = np.where(first, waited, interval + step)
        waited = np.where(hit, 0.0, waited)
    return size / np.where(interval > 0, interval, 1.0)


def syntetos_boylan(demand, alpha=0.1, observed=None) -> Array:
    """SBA: Croston without its bias."""
    return (1 - alpha / 2) * croston(demand, alpha, observed)


def teunter_syntetos_babai_path(
    demand: Array, seen: Array, alpha=0.2, beta=0.2
) -> Array:
    """TSB after every period; ``(t, n)`` in, ``(t, n)`` out."""
    hits = seen & (demand > 0)
    size = first_observed(demand, hits)
    chance = first_observed(hits.astype(float), seen)
    path = np.empty_like(demand)
    rates = np.where(seen, beta, 0.0)
    # The first demand starts the size, it does not change it.
    later = hits & (np.cumsum(hits, axis=0) > 1)
    sizes = np.where(later, alpha, 0.0)
    for row, now, hit, rate, step in zip(path, demand, hits, rates, sizes, strict=True):
        chance = chance + rate * (hit - chance)
        size = size + step * (now - size)
        np.multiply(chance, size, out=row)
    return path


def teunter_syntetos_babai(demand, alpha=0.2, beta=0.2, observed=None) -> Array:
    """TSB.

    :param alpha: constant of the size, :param beta: of the probability.
    """
    return last_of(teunter_syntetos_babai_path(*columns(demand, observed), alpha, beta))


def mean_interval(demand: Array, seen: Array) -> Array:
    """Observed periods per demand, up to the last demand; 1 where there is none.

    :param demand: ``(t, n)``, :param seen: ``(t, n)``.
    """
    hits = seen & (demand > 0)
    counted = np.cumsum(seen, axis=0)
    last = np.where(hits, counted, 0).max(axis=0, initial=0)
    return np.maximum(last / np.maximum(hits.sum(axis=0), 1), 1.0)


def block_forecast(demand: Array, seen: Array, length: int) -> Array:
    """Forecast per period from sums over blocks of ``length`` periods; ``(n,)``.

    Blocks end with the last period; an incomplete one at the beginning is left out. A
    block that was observed in part is scaled up to its length.

    :param demand: ``(t, n)``, :param seen: ``(t, n)``.
    """
    blocks = demand.shape[0] // length
    if not blocks:
        return demand.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    shape = (blocks, length, demand.shape[1])
    sums = demand[-blocks * length :].reshape(shape).sum(axis=1)
    known = seen[-blocks * length :].reshape(shape).sum(axis=1)
    sums = sums * length / np.maximum(known, 1)
    return best_smooth(sums, known > 0, BLOCK_ALPHAS)[0] / length


def adida(demand, observed=None) -> Array:
    """ADIDA with blocks as long as the mean interval between demands."""
    demand, seen = columns(demand, observed)
    lengths = np.rint(mean_interval(demand, seen)).clip(1, LONGEST_BLOCK).astype(int)
    result = np.zeros(demand.shape[1])
    for length in np.unique(lengths):
        some = lengths == length
        result[some] = block_forecast(demand[:, some], seen[:, some], int(length))
    return result


def imapa(demand, observed=None) -> Array:
    """IMAPA: mean over blocks of every length up to the mean interval."""
    demand, seen = columns(demand, observed)
    lengths = np.rint(mean_interval(demand, seen)).clip(1, LONGEST_BLOCK).astype(int)
    total = np.zeros(demand.shape[1])
    for length in range(1, int(lengths.max(initial=0)) + 1):
        some = lengths >= length
        total[some] += block_forecast(demand[:, some], seen[:, some], length)
    return total / lengths
