r"""Cycle counting: which records of stock are counted on which day.

A class that is counted :math:`n` times a year has an interval of
:math:`\lfloor 365/n\rfloor` days; a record is due when its interval has passed since it
was counted. One in doubt has a shorter interval, a negative stock is wrong for certain
and due at once.

At most C records are counted on a day. Of the records that are due within the horizon
as many as possible are counted in time, the more important ones first: each, in order
of importance, takes the latest free place that is not after its day. Taking the latest
leaves the earlier places to those that need them, so that nothing is counted before it
has to be unless the load asks for it. What finds no place in time takes the first free
one and is late.

Source: T. Cormen, C. Leiserson, R. Rivest, C. Stein, *Introduction to Algorithms*,
section 16.5 (unit-time tasks with deadlines: sets of tasks that can all be in time are
a matroid, so greedy is optimal); J. Piasecki, *Inventory Accuracy: People, Processes &
Technology*, on counting by class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: part of the interval that is left for each doubt about a record
DOUBT = 0.5
YEAR = 365


@dataclass(frozen=True)
class Schedule:
    """:param day: ``(n,)`` place in the horizon, -1 = not counted within it.
    :param late: ``(n,)`` of bool, counted after it was due, or due and not counted.
    """

    day: Array
    late: Array


def interval_days(times) -> Array:
    """Longest days between two counts; infinite for what is not counted by schedule.

    :param times: counts a year, not negative; a number or an array.
    :raises ValueError: for a negative number.
    """
    times = np.asarray(times, dtype=float)
    if np.any(~(times >= 0)):
        raise ValueError("counts a year must be known and not negative")
    return np.where(
        times > 0, np.maximum(np.floor(YEAR / np.maximum(times, 1e-9)), 1), np.inf
    )


def due_days(since, interval, doubts, negative) -> Array:
    """Days from today until each record has to be counted; zero = today or overdue.

    :param since: ``(n,)`` days since the last count; :param interval: ``(n,)`` days.
    :param doubts: ``(n,)`` number of reasons to doubt it.
    :param negative: ``(n,)`` of bool, stock below zero.
    """
    left = _shortened(interval, doubts) - np.asarray(since, dtype=float)
    return np.where(negative, 0.0, np.maximum(np.floor(left), 0.0))


def importance(since, interval, doubts, negative) -> Array:
    """What is counted first when not all can be in time, ``(n,)``, larger is first.

    Negative stock comes before all; otherwise the part of the interval that has passed.
    Parameters as in :func:`due_days`.
    """
    passed = np.asarray(since, dtype=float) / _shortened(interval, doubts)
    return np.where(negative, np.inf, passed)


def _shortened(interval, doubts):
    """Interval of records in doubt, ``(n,)``, at least a day."""
    factor = DOUBT ** np.asarray(doubts, dtype=float)
    return np.maximum(np.asarray(interval, dtype=float) * factor, 1.0)


def counts_per_day(interval, doubts, days=YEAR) -> float:
    """Counts that a day needs for all intervals to be kept.

    :param interval: ``(n,)`` days; :param doubts: ``(n,)``.
    :param days: of a year on which is counted.
    """
    return float((YEAR / _shortened(interval, doubts)).sum() / days)


def schedule(due, rank, capacity: int, days: int) -> Schedule:
    """Assign records to days.

    :param due: ``(n,)`` last place in the horizon that is in time; beyond it = not yet.
    :param rank: ``(n,)`` importance, larger is first.
    :param capacity: records on a day; :param days: length of the horizon.
    :raises ValueError: for a capacity or horizon below one.
    """
    if capacity < 1 or days < 1:
        raise ValueError("a plan needs at least one count a day and one day")
    due = np.asarray(due, dtype=float)
    day = np.full(len(due), -1)
    wanted = np.flatnonzero(due < days)
    order = wanted[np.lexsort((wanted, due[wanted], -np.asarray(rank)[wanted]))]
    free = [capacity] * days
    # Node k + 1 stands for place k, node 0 for none; a full place points to the one
    # before it.
    before = list(range(days + 1))
    rest = []
    for record in order.tolist():
        place = _find(before, int(due[record]) + 1) - 1
        if place < 0:
            rest.append(record)
            continue
        day[record] = place
        free[place] -= 1
        if not free[place]:
            before[place + 1] = place
    late = np.zeros(len(due), dtype=bool)
    late[rest] = True
    places = (place for place in range(days) for _one in range(free[place]))
    # Fewer places than records: those left over are not counted within the horizon.
    for record, place in zip(rest, places, strict=False):
        day[record] = place
    return Schedule(day, late)


def _find(before, node):
    """Root of a node, whose way there is shortened (union-find with halving)."""
    while before[node] != node:
        before[node] = before[before[node]]
        node = before[node]
    return node
