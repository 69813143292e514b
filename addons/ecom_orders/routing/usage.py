"""What plans of whole lines take of stock and of the room of sites.

Arrays: ``stock`` int64 (P, W) by product and site, ``capacity`` int64 (W,) parcels.
"""

from __future__ import annotations

from .costing import Batch
from .partition import Choice


def nothing_shipped(batch: Batch) -> Choice:
    import numpy as np

    return Choice(
        batch.hold.sum(axis=1),
        np.full(batch.hold.shape, -1, np.int64),
        np.zeros(batch.hold.shape, np.int64),
    )


def first_served(batch, choice, rows, stock, capacity):
    """Which choices fit when earlier rows come first, bool (n,); careful, not exact:
    what is refused here still counts against those behind it."""
    import numpy as np

    served = np.ones(len(rows), dtype=bool)
    sites = stock.shape[1]
    plans, lines = np.nonzero((choice.site >= 0) & (batch.product[rows] >= 0))
    cell = batch.product[rows[plans], lines] * sites + choice.site[plans, lines]
    units = batch.units[rows[plans], lines]
    served[plans[_beyond(cell, units, stock.ravel())]] = False
    plans, lines = np.nonzero(heads(choice.block))
    site = choice.site[plans, lines]
    served[plans[_beyond(site, np.ones(len(plans), np.int64), capacity)]] = False
    return served


def _beyond(cell, units, limit):
    """Where the running sum of a cell's units exceeds its limit, bool (k,)."""
    import numpy as np

    order = np.argsort(cell, kind="stable")
    running = np.cumsum(units[order])
    starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
    before = np.zeros(len(cell), np.int64)
    if len(cell):
        lengths = np.diff(np.append(starts, len(cell)))
        before = np.repeat(running[starts] - units[order][starts], lengths)
    exceeded = np.zeros(len(cell), dtype=bool)
    exceeded[order] = running - before > limit[cell[order]]
    return exceeded


def use_of(batch, choice, rows, served, shape):
    """Units (P, W) and parcels (W,) that the served choices take."""
    import numpy as np

    units = np.zeros(shape, np.int64)
    parcels = np.zeros(shape[1], np.int64)
    taken = served[:, None] & (choice.site >= 0)
    plans, lines = np.nonzero(taken & (batch.product[rows] >= 0))
    np.add.at(
        units,
        (batch.product[rows[plans], lines], choice.site[plans, lines]),
        batch.units[rows[plans], lines],
    )
    plans, lines = np.nonzero(taken & heads(choice.block))
    np.add.at(parcels, choice.site[plans, lines], 1)
    return units, parcels


def heads(block):
    """The lowest line of every parcel, bool like ``block``: counts it once."""
    import numpy as np

    return (block > 0) & ((block & -block) == (1 << np.arange(block.shape[1])))


def move(batch, choice, row, stock, capacity, sign: int) -> None:
    """Book an order's plan: -1 takes stock and capacity, 1 gives them back."""
    for line, site in enumerate(choice.site[row]):
        if site >= 0 and batch.product[row][line] >= 0:
            stock[batch.product[row][line], site] += sign * batch.units[row][line]
    for line in heads(choice.block[row][None])[0].nonzero()[0]:
        capacity[choice.site[row][line]] += sign


def fits(batch, one, row, stock, capacity) -> bool:
    """Whether stock and capacity are enough, two lines of one product included."""
    taken: dict = {}
    for line, site in enumerate(one.site[0]):
        product = batch.product[row][line]
        if site >= 0 and product >= 0:
            key = product, site
            taken[key] = taken.get(key, 0) + batch.units[row][line]
    parcels: dict = {}
    for line in heads(one.block)[0].nonzero()[0]:
        site = one.site[0][line]
        parcels[site] = parcels.get(site, 0) + 1
    return all(stock[key] >= units for key, units in taken.items()) and all(
        capacity[site] >= count for site, count in parcels.items()
    )
