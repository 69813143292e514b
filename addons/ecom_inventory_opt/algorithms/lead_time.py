r"""Lead times from real receipts.

A supplier's stated lead time :math:`L_0` and its variance :math:`v_0` count as
:math:`m` receipts (shrinkage towards the statement, the mean of a normal sample with a
conjugate prior, Gelman et al., *Bayesian Data Analysis*, section 3.3):

:math:`\hat L=\frac{mL_0+\sum x_i}{m+k}`,
:math:`\hat v=\frac{m v_0+\sum(x_i-\bar x)^2+\frac{mk}{m+k}(\bar x-L_0)^2}{m+k}`.

A pair of supplier and product with few receipts borrows from the supplier: the prior of
the pair is the supplier's own estimate. Times are in days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: standard deviation of a stated lead time, as part of it, while nothing is known
STATED_VARIATION = 0.25
#: receipts that a prior is worth
PRIOR_RECEIPTS = 3.0


@dataclass(frozen=True)
class LeadTimes:
    """Lead time of n sources.

    :param mean: days, ``(n,)``; :param deviation: days, ``(n,)``.
    :param receipts: how many were used, ``(n,)``.
    :param late: part of the receipts that came after the stated time, ``(n,)``, ``nan``
        without receipts.
    """

    mean: Array
    deviation: Array
    receipts: Array
    late: Array


def fit(
    days: Sequence[float],
    source: Sequence[int],
    stated: Sequence[float],
    prior_deviation=None,
    prior: float = PRIOR_RECEIPTS,
) -> LeadTimes:
    """Lead time of each source from its receipts.

    :param days: from order to receipt, one for each receipt; negative or unknown ones
        (a date typed wrongly) are left out.
    :param source: index of the source of each receipt.
    :param stated: days that each source states, ``(n,)``; unknown counts as zero.
    :param prior_deviation: days, ``(n,)``; ``None`` = a quarter of the stated time.
    :param prior: receipts that the statement is worth.
    """
    days = np.asarray(days, dtype=float)
    source = np.asarray(source, dtype=int)
    stated = np.maximum(np.nan_to_num(np.asarray(stated, dtype=float)), 0.0)
    if prior_deviation is None:
        prior_deviation = STATED_VARIATION * stated
    usable = np.isfinite(days) & (days >= 0)
    days, source = days[usable], source[usable]
    size = len(stated)
    count = np.bincount(source, minlength=size).astype(float)
    some = np.maximum(count, 1)
    sample = np.bincount(source, days, size) / some
    squares = np.bincount(source, (days - sample[source]) ** 2, size)
    mean, variance = posterior(stated, prior_deviation, prior, count, sample, squares)
    late = np.bincount(source, days > stated[source], size) / some
    return LeadTimes(
        mean, np.sqrt(variance), count.astype(int), np.where(count > 0, late, np.nan)
    )


def posterior(stated, deviation, prior, count, sample, squares):
    """Mean and variance of what was stated and of what was seen, ``(n,)`` each.

    :param stated: the prior's mean; :param deviation: of it.
    :param prior: receipts that the prior is worth.
    :param count: receipts seen; :param sample: their mean.
    :param squares: sum of their squared distances from it.
    """
    both = np.maximum(prior + count, 1e-12)
    mean = (prior * stated + count * sample) / both
    shift = prior * count / both * (sample - stated) ** 2
    return mean, (prior * np.square(deviation) + squares + shift) / both


def by_product(
    days: Sequence[float],
    supplier: Sequence[int],
    pair: Sequence[int],
    stated: Sequence[float],
    supplier_of_pair: Sequence[int],
    supplier_stated: Sequence[float],
) -> LeadTimes:
    """Lead time of each pair of supplier and product; few receipts lean on the
    supplier.

    :param days: of each receipt; :param supplier: and :param pair: index of each
        receipt.
    :param stated: days stated for each pair, unknown = as the supplier's.
    :param supplier_of_pair: ``(pairs,)``; :param supplier_stated: ``(suppliers,)``.
    """
    whole = fit(days, supplier, supplier_stated)
    owner = np.asarray(supplier_of_pair, dtype=int)
    stated = np.asarray(stated, dtype=float)
    # What the supplier's receipts say about its statements holds for its products too.
    base = np.maximum(np.nan_to_num(np.asarray(supplier_stated, dtype=float)), 0.0)[
        owner
    ]
    delay = np.where(base > 0, whole.mean[owner] - base, 0.0)
    expected = np.where(
        np.isfinite(stated), np.maximum(stated + delay, 0.0), whole.mean[owner]
    )
    return fit(days, pair, expected, whole.deviation[owner])
