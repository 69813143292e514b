"""The exact optimum of an order whose lines stay whole.

A plan divides the lines into blocks (parcels), each from one site. As parcels do not
influence each other's cost, the cheapest site of every block is known beforehand, and
the cheapest division follows by dynamic programming over subsets of lines::

    g1(S) = c(S)
    gk(S) = min(gk-1(S), min over B of c(B) + split + gk-1(S \\ B))

where B is a proper subset of S with its lowest line (each division is met once). That
is the recursion for set partitioning (R. Bellman, 1962, did the same for tours); for L
lines it looks at 3**L / 2 pairs, for all orders of a batch at once.

The cost c may contain prices for stock, capacity and what else is scarce: then this is
the pricing problem of :mod:`.assignment`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from .costing import IMPOSSIBLE, block_masks
from .schema import ZERO


@dataclass(frozen=True)
class Commit:
    """When a plan may be carried out.

    :param max_parcels: at most so many; None without a limit, 1 = never split.
    :param min_part_value: when split, every part must be worth at least this.
    :param partial: whether lines may be left waiting while others ship.
    :param split_lines: whether the quantity of a line may come from several sites when
        no single one has it.
    """

    max_parcels: int | None = None
    min_part_value: Decimal = ZERO
    partial: bool = False
    split_lines: bool = True


@dataclass(frozen=True)
class Choice:
    """A plan for each of ``n`` orders of ``L`` lines.

    :param value: cost with prices, split and waiting, float64 or int64 (n,).
    :param site: index of the line's site, int64 (n, L); -1 waits.
    :param block: bit mask of the parcel the line is in, int64 (n, L); 0 waits.
    """

    value: object
    site: object
    block: object


def choose(cost, hold, split: int, commit: Commit, values=None) -> Choice:
    """Return the cheapest plan of each order.

    :param cost: (n, M, W), of every block at every site.
    :param hold: (n, L), cost of leaving a line waiting.
    :param split: cost of each parcel beyond the first.
    :param values: worth of the lines in money (n, L); needed with a minimum.
    """
    import numpy as np

    count, blocks, _sites = cost.shape
    width = hold.shape[1]
    site = cost.argmin(axis=2)
    cheapest = np.take_along_axis(cost, site[:, :, None], axis=2)[:, :, 0]
    part = cheapest
    if commit.min_part_value:
        worth = values @ block_masks(width).T
        too_small = worth < float(commit.min_part_value)
        part = np.where(too_small, IMPOSSIBLE, cheapest)
    most = min(commit.max_parcels or width, width)
    if most == width and part is cheapest:
        shipped, steps = _divide_freely(cheapest, split)
    else:
        shipped, steps = _divide(cheapest, part, split, most)
    best, waiting = _wait(shipped, hold, commit.partial)
    return _read_plan(count, blocks, width, site, steps, best, waiting)


def _divide(whole, part, split: int, most: int):
    """Cheapest division of every subset into at most ``most`` parcels.

    :param whole: (n, M), cost of a block that is the only parcel; ``part`` otherwise.
    :return: (n, M), and for each further parcel two int32 (n, M): the first block of
        each subset, once as the whole order and once as the rest of a division; 0 where
        one parcel less is as good.
    """
    import numpy as np

    best, rest = whole, part
    steps = []
    for _parcels in range(2, most + 1):
        next_best, next_rest = best.copy(), rest.copy()
        first_best = np.zeros(whole.shape, np.int32)
        first_rest = np.zeros(whole.shape, np.int32)
        for subset, block, other in _pairs(whole.shape[1]):
            value = part[:, block - 1] + split + rest[:, other - 1]
            _improve(next_best, first_best, subset - 1, value, block)
            _improve(next_rest, first_rest, subset - 1, value, block)
        steps.append((first_best, first_rest))
        best, rest = next_best, next_rest
    return best, steps


def _divide_freely(whole, split: int):
    """As :func:`_divide`, with any number of parcels: every subset is met only once.

    The steps that it returns repeat the same first blocks, which is what following
    them back needs.
    """
    import numpy as np

    best = whole.copy()
    first = np.zeros(whole.shape, np.int32)
    width = 0
    for subset, blocks, rests in _divisions(whole.shape[1]):
        width = max(width, subset.bit_length())
        values = whole[:, blocks - 1] + best[:, rests - 1]
        index = values.argmin(axis=1)
        value = np.take_along_axis(values, index[:, None], axis=1)[:, 0] + split
        better = value < best[:, subset - 1]
        best[better, subset - 1] = value[better]
        first[better, subset - 1] = blocks[index[better]]
    return best, [(first, first)] * (width - 1 if width else 0)


@lru_cache(maxsize=16)
def _divisions(blocks: int):
    """Return (subset, its first blocks, the rests), rising, for subsets of several."""
    import numpy as np

    found: dict[int, list[tuple[int, int]]] = {}
    for subset, block, rest in _pairs(blocks):
        found.setdefault(subset, []).append((block, rest))
    return tuple(
        (subset, *np.array(found[subset]).T.reshape(2, -1)) for subset in sorted(found)
    )


def _improve(costs, first, column: int, value, block: int) -> None:
    better = value < costs[:, column]
    costs[better, column] = value[better]
    first[better, column] = block


@lru_cache(maxsize=16)
def _pairs(blocks: int) -> tuple[tuple[int, int, int], ...]:
    """Return (subset, block with its lowest line, rest) for all proper divisions."""

    def divisions() -> Iterator[tuple[int, int, int]]:
        for subset in range(1, blocks + 1):
            lowest = subset & -subset
            others = subset ^ lowest
            chosen = others
            while chosen:
                # every non-empty rest once, the block keeps the lowest line
                yield subset, subset ^ chosen, chosen
                chosen = (chosen - 1) & others

    return tuple(divisions())


def _wait(shipped, hold, partial: bool):
    """Cheapest set of lines to leave waiting.

    :return: cost (n,), and the waiting lines as bit masks, int64 (n,).
    """
    import numpy as np

    count, blocks = shipped.shape
    waits = hold @ block_masks(hold.shape[1]).T  # (n, M)
    best = shipped[:, -1].copy()
    waiting = np.zeros(count, np.int64)
    for mask in range(1, blocks + 1):
        if mask != blocks and not partial:
            continue
        value = waits[:, mask - 1]
        if mask != blocks:
            value = value + shipped[:, (blocks ^ mask) - 1]
        better = value < best
        best[better] = value[better]
        waiting[better] = mask
    return best, waiting


def _read_plan(count, blocks, width, site, steps, best, waiting) -> Choice:
    """Follow the choices of the recursion back to sites and parcels of lines."""
    import numpy as np

    of_line = np.full((count, width), -1, np.int64)
    in_block = np.zeros((count, width), np.int64)
    rows = np.arange(count)
    left = blocks ^ waiting
    divided = np.zeros(count, dtype=bool)
    for first_best, first_rest in reversed(steps):
        index = np.maximum(left - 1, 0)
        block = np.where(divided, first_rest[rows, index], first_best[rows, index])
        block[left == 0] = 0
        _ship(block, rows, site, of_line, in_block)
        left = left & ~block.astype(np.int64)
        divided |= block > 0
    _ship(left, rows, site, of_line, in_block)
    return Choice(best, of_line, in_block)


def _ship(block, rows, site, of_line, in_block) -> None:
    for line in range(of_line.shape[1]):
        inside = (block >> line) & 1 > 0
        in_block[inside, line] = block[inside]
        of_line[inside, line] = site[rows[inside], block[inside] - 1]
