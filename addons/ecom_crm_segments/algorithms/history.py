"""From orders to the statistics that the models of buying learn from.

In the notation of P. Fader, B. Hardie, K. L. Lee (2005), *"Counting Your Customers" the
Easy Way*, Marketing Science 24(2): *x* is the number of repeat purchases (the first one
does not count), *t_x* the time from the first to the last purchase, *T* the time from
the first purchase to the end of the observation. Orders of one customer on one day are
one purchase, as in their study.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import BadInput

if TYPE_CHECKING:
    from numpy import ndarray


@dataclass(frozen=True, eq=False)
class Histories:
    """Sufficient statistics of n customers; all arrays have shape ``(n,)``.

    :param customers: their keys, ascending.
    :param x: repeat purchases.
    :param t_x: days from the first to the last purchase.
    :param age: days from the first purchase to the end (*T* in the papers).
    :param mean_value: mean value of the repeat purchases, 0 where there is none.
    """

    customers: ndarray
    x: ndarray
    t_x: ndarray
    age: ndarray
    mean_value: ndarray

    def __len__(self) -> int:
        return len(self.customers)


def purchases(customers, days, values=None):
    """One row for each customer and day on which something was bought.

    :param customers: shape ``(m,)``, key of the customer of each order.
    :param days: shape ``(m,)``, whole days since any date.
    :param values: shape ``(m,)``, value of each order; left out, zeros.
    :return: customers, days and values, each of shape ``(k,)``, sorted.
    """
    import numpy as np

    customers = np.asarray(customers)
    days = np.floor(np.asarray(days, dtype=float)).astype(np.int64)
    if values is None:
        values = np.zeros(len(days))
    values = np.asarray(values, dtype=float)
    if not len(customers) == len(days) == len(values):
        raise BadInput("customers, days and values differ in length")
    order = np.lexsort((days, customers))
    customers, days, values = customers[order], days[order], values[order]
    first = np.ones(len(days), dtype=bool)
    first[1:] = (customers[1:] != customers[:-1]) | (days[1:] != days[:-1])
    starts = np.flatnonzero(first)
    sums = np.add.reduceat(values, starts) if len(starts) else values
    return customers[starts], days[starts], sums


def summarise(customers, days, values=None, end: float | None = None) -> Histories:
    """Statistics of what was bought until the end of a day.

    :param customers: shape ``(m,)``, key of the customer of each order.
    :param days: shape ``(m,)``, whole days since any date.
    :param values: shape ``(m,)``, value of each order.
    :param end: last day of the observation; later orders are left out. The last day on
        which anybody bought, when left out.
    """
    import numpy as np

    customers, days, values = purchases(customers, days, values)
    if end is None:
        end = days.max() if len(days) else 0
    seen = days <= end
    customers, days, values = customers[seen], days[seen], values[seen]
    keys, starts, counts = np.unique(customers, return_index=True, return_counts=True)
    if not len(keys):
        empty = np.zeros(0)
        return Histories(keys, empty, empty, empty, empty)
    first, last = days[starts], days[starts + counts - 1]
    repeats = counts - 1
    later = np.add.reduceat(values, starts) - values[starts]
    mean = np.divide(later, repeats, out=np.zeros(len(keys)), where=repeats > 0)
    return Histories(
        keys,
        repeats.astype(float),
        (last - first).astype(float),
        (end - first).astype(float),
        mean,
    )
