r"""What was asked for: a history that can be forecast from, out of what was sold.

Sales are not demand. In this order, each step reported:

1. returns and cancellations are taken off the period of the sale they belong to, never
   below zero;
2. sales of bundles become sales of what is in them;
3. a period in which the product was out of stock is *unobserved*, not zero: what was
   sold in it is a lower bound only. It is masked, which for methods that carry their
   state over it means "as before" (T. Wecker 1978: sales that are cut off by stock-outs
   bias forecasts). A period whose sales are higher than what the stock-out would
   explain away, that is at or above the median of the observed periods, stays observed;
4. periods before the first sale are unobserved, the product was not on offer;
5. an outlier is capped: above :math:`Q_3 + k\,(Q_3-Q_1)` of the positive demand
   (J. Tukey 1977) and above twice the largest other demand nearby. The cap is k = 6 by
   default: demand of small products is skew, and only mistakes and one-off bulk orders
   are meant.

Arrays have the shape ``(n, t)``: n products in a warehouse, t periods, oldest first.
Degenerate input: quantities that are not finite are unobserved; negative totals are
zero and counted; 1e9 pieces are a quantity like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from .lazy import np, sparse

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: positive periods that are needed before a demand can be called an outlier
ENOUGH = 5


class Life(Enum):
    """Where a product stands in its life."""

    NEVER = "never"  # no demand at all: nothing can be computed from it
    NEW = "new"  # first demand not long ago: little to learn from
    ACTIVE = "active"
    DISCONTINUED = "discontinued"  # no demand for long, measured by its own interval


@dataclass(frozen=True)
class History:
    """Demand that can be forecast from.

    :param demand: ``(n, t)``, zero where it was not observed.
    :param observed: ``(n, t)`` of bool.
    :param capped: ``(n, t)``, units that were cut off as outliers.
    :param negative: ``(n,)``, periods in which more came back than was sold.
    :param censored: ``(n,)``, periods masked because of a stock-out.
    """

    demand: Array
    observed: Array
    capped: Array
    negative: Array
    censored: Array

    @property
    def periods(self) -> int:
        """Number of periods."""
        return self.demand.shape[1]


def explode_bundles(quantities, contents: Sequence[Mapping[int, float]]) -> Array:
    """Add what was sold in bundles to what the bundles are made of.

    :param quantities: ``(n, t)`` sold, of bundles and products.
    :param contents: for each row what one unit holds: row of the component to units; an
        empty mapping is a product with stock of its own. Bundles may hold bundles.
    :return: ``(n, t)``; rows of bundles are zero.
    :raises ValueError: when a bundle contains itself.
    """
    total = np.array(quantities, dtype=float)
    count = len(contents)
    rows = [row for row, parts in enumerate(contents) for _ in parts]
    if not rows:
        return total
    pairs = [pair for parts in contents for pair in parts.items()]
    columns, units = zip(*pairs, strict=True)
    matrix = sparse.csr_array((units, (columns, rows)), shape=(count, count))
    is_bundle = np.zeros(count, dtype=bool)
    is_bundle[rows] = True
    for _ in range(count):
        bundles = np.where(is_bundle[:, None], total, 0.0)
        if not bundles.any():
            return total
        total = np.where(is_bundle[:, None], 0.0, total) + matrix @ bundles
    raise ValueError("a bundle contains itself")


def prepare(
    sales, returns=None, in_stock=None, cap: float | None = 6.0, listed=None
) -> History:
    """History of demand from sales.

    :param sales: ``(n, t)`` units sold in each period, cancelled orders left out.
    :param returns: ``(n, t)`` units that came back, on the period of their sale.
    :param in_stock: ``(n, t)``, the part of each period with stock, 0 to 1, or bool;
        ``None`` = always. Less than half is a stock-out.
    :param cap: quartile ranges above the upper quartile from which demand is an
        outlier; ``None`` keeps everything.
    :param listed: ``(n,)`` first period in which the product was on offer; ``None`` =
        the period of the first demand.
    :raises ValueError: when shapes differ.
    """
    sales = np.asarray(sales, dtype=float)
    if sales.ndim != 2:
        raise ValueError("sales must have the shape (products, periods)")
    for other in (returns, in_stock):
        if other is not None and np.shape(other) != sales.shape:
            raise ValueError("returns and stock must have the shape of the sales")
    known = np.isfinite(sales)
    net = np.where(known, sales, 0.0)
    if returns is not None:
        net = net - np.nan_to_num(np.asarray(returns, dtype=float))
    negative = (net < 0).sum(axis=1)
    demand = np.maximum(net, 0.0)
    observed = known & offered(demand, listed)
    censored = np.zeros_like(observed)
    if in_stock is not None:
        empty = np.nan_to_num(np.asarray(in_stock, dtype=float), nan=1.0) < 0.5
        censored = observed & empty & (demand < typical(demand, observed & ~empty))
        observed = observed & ~censored
    capped = np.zeros_like(demand)
    if cap is not None:
        capped = outliers(demand, observed, cap)
    demand = np.where(observed, demand - capped, 0.0)
    return History(demand, observed, capped, negative, censored.sum(axis=1))


def offered(demand: Array, listed=None) -> Array:
    """Periods from the first offer on, ``(n, t)``; none where nothing was sold ever."""
    hits = demand > 0
    before = np.cumsum(hits, axis=1) == 0
    first = np.where(hits.any(axis=1), before.sum(axis=1), np.inf)
    if listed is not None:
        first = np.minimum(first, np.asarray(listed, dtype=float))
    return np.arange(demand.shape[1]) >= first[:, None]


def typical(demand: Array, observed: Array) -> Array:
    """Median of the observed periods, ``(n, 1)``; infinite where there is none."""
    values = np.sort(np.where(observed, demand, np.inf), axis=1)
    count = observed.sum(axis=1)
    middle = np.maximum(count - 1, 0) // 2
    median = np.take_along_axis(values, middle[:, None], axis=1)
    return np.where(count[:, None] > 0, np.maximum(median, 1e-9), np.inf)


def outliers(demand: Array, observed: Array, factor: float) -> Array:
    """Units above what can be believed, ``(n, t)``.

    :param factor: quartile ranges above the upper quartile of the positive demand.
    """
    if not demand.size:
        return np.zeros_like(demand)
    positive = observed & (demand > 0)
    count = positive.sum(axis=1)
    values = np.sort(np.where(positive, demand, np.inf), axis=1)

    def quantile(part: float) -> Array:
        index = np.floor(part * np.maximum(count - 1, 0)).astype(int)
        found = np.take_along_axis(values, index[:, None], axis=1)[:, 0]
        return np.where(np.isfinite(found), found, 0.0)

    lower, upper = quantile(0.25), quantile(0.75)
    second = np.take_along_axis(values, np.maximum(count - 2, 0)[:, None], axis=1)[:, 0]
    second = np.where(np.isfinite(second), second, 0.0)
    limit = np.maximum(
        upper + factor * np.maximum(upper - lower, upper / 4), 2 * second
    )
    limit = np.where(count >= ENOUGH, limit, np.inf)
    return np.where(positive, np.maximum(demand - limit[:, None], 0.0), 0.0)


def life(history: History, new: int = 13, patience: float = 3.0) -> Array:
    """Stage of life of each product, ``(n,)`` of :class:`Life`.

    :param new: periods since the first demand up to which a product is new.
    :param patience: discontinued after this many of its own mean intervals without a
        demand, and at least ``new`` periods.
    """
    hits = history.observed & (history.demand > 0)
    periods = history.periods
    ever = hits.any(axis=1)
    first = (np.cumsum(hits, axis=1) == 0).sum(axis=1)
    last = np.where(hits, np.arange(periods), -1).max(axis=1, initial=-1)
    age = periods - first
    interval = (last - first + 1) / np.maximum(hits.sum(axis=1), 1)
    # Periods without stock do not tell that nobody asks any more.
    after = np.arange(periods)[None, :] > last[:, None]
    silent = (history.observed & after).sum(axis=1)
    gone = silent > np.maximum(new, patience * interval)
    stages = np.full(len(ever), Life.ACTIVE, dtype=object)
    stages[age <= new] = Life.NEW
    stages[gone] = Life.DISCONTINUED
    stages[~ever] = Life.NEVER
    return stages


def convert_units(quantities, factors) -> Array:
    """Quantities in the product's own unit of measure.

    :param quantities: ``(n, ...)``; :param factors: ``(n,)``, units of the product in
        one of the unit that was sold.
    :raises ValueError: for a factor that is not positive: mixing units would be silent.
    """
    factors = np.asarray(factors, dtype=float)
    if np.any(~(factors > 0)):
        raise ValueError("a unit of measure needs a positive factor")
    quantities = np.asarray(quantities, dtype=float)
    return quantities * factors.reshape(-1, *(1,) * (quantities.ndim - 1))
