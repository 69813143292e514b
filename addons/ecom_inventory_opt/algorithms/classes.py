r"""Classes of products: by demand pattern, by value, by variability.

* Pattern (Syntetos, Boylan, Croston 2005): ADI, the mean interval between demands, and
  :math:`CV^2`, the squared coefficient of variation of their sizes. ADI < 1.32 and
  CV² < 0.49 smooth; ADI ≥ 1.32 intermittent; CV² ≥ 0.49 erratic; both lumpy.
* ABC by value: sorted by value, the class follows from the share that was reached
  *before* the product, so that the product that crosses 80 % still is A.
* XYZ by variability of demand per period: coefficient of variation up to 0.5 X, up to 1
  Y, else Z.

Source: Syntetos, Boylan, Croston, *On the categorization of demand patterns*, J. Oper.
Res. Soc. 56 (2005); Silver, Pyke, Peterson, section 3.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array

ADI_LIMIT = 1.32
CV2_LIMIT = 0.49


class Pattern(Enum):
    """Pattern of demand."""

    SMOOTH = "smooth"
    INTERMITTENT = "intermittent"
    ERRATIC = "erratic"
    LUMPY = "lumpy"
    NONE = "none"  # nothing was ever asked for


@dataclass(frozen=True)
class Patterns:
    """:param interval: ADI ``(n,)``, ``inf`` without demand; :param variation: CV²
    ``(n,)``; :param pattern: ``(n,)`` of :class:`Pattern`."""

    interval: Array
    variation: Array
    pattern: Array


def demand_patterns(demand, observed=None, sample: bool = False) -> Patterns:
    """Pattern of each series.

    ADI is observed periods over periods with demand.

    :param demand: ``(n, t)``; :param observed: ``(n, t)`` of bool, ``None`` = all.
    :param sample: divide by count - 1 in the variance of sizes, not by count.
    """
    demand = np.asarray(demand, dtype=float)
    seen = np.isfinite(demand)
    if observed is not None:
        seen = seen & np.asarray(observed, dtype=bool)
    hits = seen & (np.nan_to_num(demand) > 0)
    count = hits.sum(axis=1)
    some = np.maximum(count, 1)
    sizes = np.where(hits, demand, 0.0)
    mean = sizes.sum(axis=1) / some
    squares = (np.where(hits, demand - mean[:, None], 0.0) ** 2).sum(axis=1)
    variance = squares / (np.maximum(count - 1, 1) if sample else some)
    square = mean * mean
    variation = np.where(square > 0, variance / np.where(square > 0, square, 1.0), 0.0)
    interval = np.where(count > 0, seen.sum(axis=1) / some, np.inf)
    rare, varied = interval >= ADI_LIMIT, variation >= CV2_LIMIT
    pattern = np.full(len(demand), Pattern.SMOOTH, dtype=object)
    pattern[rare & ~varied] = Pattern.INTERMITTENT
    pattern[~rare & varied] = Pattern.ERRATIC
    pattern[rare & varied] = Pattern.LUMPY
    pattern[count == 0] = Pattern.NONE
    return Patterns(interval, variation, pattern)


def abc(values, limits: tuple[float, ...] = (0.8, 0.95)) -> Array:
    """Class of each product by its value: ``(n,)`` of "A", "B", "C"...

    Products without value are in the last class; ties keep their order.

    :param values: ``(n,)``, e.g. sales value of a year; unknown or negative counts as
        nothing.
    :param limits: increasing shares of the total at which a class ends.
    :raises ValueError: when the limits do not increase between 0 and 1.
    """
    bounds = np.asarray(limits, dtype=float)
    if np.any(np.diff(bounds) <= 0) or np.any((bounds <= 0) | (bounds > 1)):
        raise ValueError("limits must increase and lie between 0 and 1")
    values = np.maximum(np.nan_to_num(np.asarray(values, dtype=float)), 0.0)
    order = np.argsort(-values, kind="stable")
    total = values.sum()
    reached = np.cumsum(values[order]) - values[order]
    share = reached / total if total > 0 else np.ones(len(values))
    index = np.searchsorted(bounds, share + 1e-12, side="right")
    index = np.where(values[order] > 0, index, len(bounds))
    letters = np.array([chr(ord("A") + number) for number in range(len(bounds) + 1)])
    result = np.empty(len(values), dtype=letters.dtype)
    result[order] = letters[index]
    return result


def xyz(demand, observed=None, limits: tuple[float, float] = (0.5, 1.0)) -> Array:
    """Class of each product by the variability of its demand: "X", "Y" or "Z",
    ``(n,)``.

    Fewer than two observed periods, or no demand, are Z: nothing is known.
    """
    demand = np.asarray(demand, dtype=float)
    seen = np.isfinite(demand)
    if observed is not None:
        seen = seen & np.asarray(observed, dtype=bool)
    count = seen.sum(axis=1)
    known = np.where(seen, demand, 0.0)
    mean = known.sum(axis=1) / np.maximum(count, 1)
    squares = (np.where(seen, demand - mean[:, None], 0.0) ** 2).sum(axis=1)
    deviation = np.sqrt(squares / np.maximum(count - 1, 1))
    usable = (count >= 2) & (mean > 0)
    variation = np.where(usable, deviation / np.where(mean > 0, mean, 1.0), np.inf)
    return np.array(["X", "Y", "Z"])[np.searchsorted(limits, variation, side="left")]
