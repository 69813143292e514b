"""The layers in their order, from certain to merely likely.

1. idempotency: the same line twice is one line;
2. ids: normalised, joined by hash; the amounts, payouts and dates of those that share
   one decide; parts that add up; amounts less a known fee; other currencies;
3. ids among other words or with one typing error, together with the amount, when
   nothing else is as near;
4. no id: a subset of the window, when it is the only one;
5. the rest: suggestions with their evidence; missing items, duplicates and ghosts.

A match is made only by a unique key or a unique solution. The method is the layered
practice of reconciliation; that the grouped step is subset sum is shown in "Subset Sum
Matching Problem" (arXiv 2508.19218).
"""

from __future__ import annotations

from collections.abc import Iterable

from .board import Board
from .by_affix import match_affixed
from .by_amount import match_amounts
from .by_id import Leftovers, convert, drop_repeated, join
from .by_typo import (
    Neighbours,
    match_typos,
    resolve_leftovers,
    undo_contested,
    undo_untimely,
)
from .schema import Entry, FaultKind, Item, Policy, Result


def match(
    lines: Iterable[Entry], items: Iterable[Item], policy: Policy | None = None
) -> Result:
    """Match settlement lines with open items.

    Linear in their number, apart from the windows of lines without an id, which are
    bounded by the policy. The order of the input changes nothing.

    :return: every line is in a match or a refusal; every item that no line pays is a
        fault, which is not ``certain`` where a refused line may pay it.
    """
    board = Board(lines, items, policy or Policy())
    drop_repeated(board)
    rest: Leftovers = join(board)
    convert(board, rest)
    neighbours = Neighbours(board)
    undo_contested(board, rest, neighbours)
    undo_untimely(board, neighbours)
    resolve_leftovers(board, rest, neighbours)
    match_affixed(board)
    match_typos(board, neighbours)
    match_amounts(board)
    _report_missing(board)
    return Result(
        tuple(sorted(board.matches.values(), key=lambda one: (one.lines, one.items))),
        tuple(sorted(board.refusals, key=lambda one: (one.line, one.why))),
        tuple(
            sorted(board.faults, key=lambda one: (one.kind.value, one.line, one.item))
        ),
    )


def _report_missing(board: Board) -> None:
    for item, owed in enumerate(board.items):
        if board.open_items[item] and board.item_amounts[item]:
            board.fault(
                FaultKind.MISSING,
                item=owed.id,
                amount=owed.amount,
                certain=item not in board.doubtful,
            )
