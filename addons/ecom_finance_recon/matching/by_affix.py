"""Ids with words or numbers around them: ``ORD-1234567``, ``1234567/2``.

A channel that takes payments for others writes its own words beside the seller's
number, or the number of a parcel behind it; a seller's number may have a prefix that
the channel does not know. Such a line counts together with the amount, like one with a
typing error: another numbering may have the same digits by chance.

    chance = share of all items that have the amount

Beyond :data:`MAX_CHANCE` a number of less than :data:`LONG` characters is a suggestion
only. Lines that name parts of an order (``-1``, ``-2``) may add up to it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator

from .board import Board
from .by_id import LONG
from .by_typo import MAX_CHANCE
from .normalise import reference
from .schema import FaultKind, Layer

MIN_CORE = 6  # characters of a number that says anything
MIN_DIGITS = 4
MAX_DROPPED = 2  # words left out at either end
_WORDS = re.compile(r"[^\W\d_]+|\d+")


def cores(text: str) -> Iterator[str]:
    """An id without the words at its ends, as :func:`.normalise.reference` has it.

    >>> list(cores("ORD-1234567/2"))
    ['1234567', '12345672', 'ORD1234567']
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    words = _WORDS.findall(plain)
    found = set()
    for first in range(min(MAX_DROPPED + 1, len(words))):
        for last in range(len(words), max(len(words) - MAX_DROPPED, first + 1) - 1, -1):
            core = reference("".join(words[first:last]))
            digits = sum(char.isdigit() for char in core)
            if len(core) >= MIN_CORE and digits >= MIN_DIGITS:
                found.add(core)
    found.discard(reference(text))
    return iter(sorted(found))


def match_affixed(board: Board) -> None:
    """Lines whose id nothing has, but a part of it, or an id that it is a part of."""
    waiting = [
        line
        for line, refs in enumerate(board.line_refs)
        if refs and board.open_lines[line]
    ]
    if not waiting:
        return
    index = _index(board)
    found: dict[int, list[int]] = defaultdict(list)
    for line in waiting:
        for item in _candidates(board, line, index):
            found[line].append(item)
    wanted: dict[int, list[int]] = defaultdict(list)
    for line, items in found.items():
        for item in items:
            wanted[item].append(line)
    amounts = Counter(board.item_amounts)
    for item in sorted(wanted):
        lines = [line for line in wanted[item] if len(found[line]) == 1]
        _settle(board, item, sorted(lines, key=lambda one: _age(board, one)), amounts)
    for line, items in sorted(found.items()):
        if board.open_lines[line] and len(items) > 1:
            _choose(board, line, items, amounts)


def _index(board: Board) -> dict[str, set[int]]:
    """Items by the parts of their ids; those that many share say nothing."""
    index: dict[str, set[int]] = defaultdict(set)
    for item, owed in enumerate(board.items):
        for ref in owed.refs:
            for core in cores(ref):
                index[core].add(item)
    return {core: items for core, items in index.items() if len(items) <= MAX_DROPPED}


def _candidates(board: Board, line: int, index: dict[str, set[int]]) -> list[int]:
    """Items that the longest part of an id names, of the line's sign."""
    best: tuple[int, set[int]] = (0, set())
    for text in board.lines[line].refs:
        own = reference(text)
        for core in (own, *cores(text)):
            hits = {*index.get(core, ()), *board.index.get(core, ())}
            hits = {item for item in hits if board.same_sign(line, item)}
            if hits and len(core) > best[0]:
                best = (len(core), hits)
            elif hits and len(core) == best[0]:
                best[1].update(hits)
    return sorted(best[1])


def _settle(board: Board, item: int, lines: list[int], amounts: Counter[int]) -> None:
    """The lines that name one item only: the amount, or parts that add up to it."""
    exact = [line for line in lines if board.same_amount(line, item)]
    if exact:
        _pay(board, item, exact, amounts)
        return
    netted = [line for line in lines if board.fee_rate(line, item)]
    if len(netted) == 1 and board.open_items[item] and _is_telling(board, item, {}):
        rate = board.fee_rate(netted[0], item)
        evidence = {"ids": board.line_refs[netted[0]][:1], "rate": rate.name}
        board.accept((netted[0],), (item,), Layer.ID_FEE, evidence)
        return
    same = {board.lines[line].currency for line in lines}
    total = sum(board.line_amounts[line] for line in lines)
    if (
        len(lines) > 1
        and board.open_items[item]
        and same == {board.items[item].currency}
        and total == board.item_amounts[item]
    ):
        evidence = {"ids": board.line_refs[lines[0]][:1], "parts": len(lines)}
        board.accept(tuple(lines), (item,), Layer.ID_SPLIT, evidence)
        return
    for line in lines:
        _doubt(board, line, [item], 0.4)


def _pay(board: Board, item: int, lines: list[int], amounts: Counter[int]) -> None:
    """Lines of the item's amount: the oldest pays it, the others say it again."""
    payers = board.paid_by.get(item, ())
    if board.open_items[item]:
        first, *lines = lines
        if not _is_telling(board, item, amounts) or not board.is_usual(first, item):
            for line in (first, *lines):
                _doubt(board, line, [item], 0.8)
            return
        evidence = {
            "ids": board.line_refs[first][:1],
            "within": board.item_refs[item][:1],
        }
        board.accept((first,), (item,), Layer.AFFIX, evidence)
        payers = (first,)
    for line in lines:
        entry, related = board.lines[line], board.lines[payers[0]]
        repeats = board.line_amounts[payers[0]] == board.line_amounts[line]
        if not repeats:
            _doubt(board, line, [item], 0.4)
            continue
        board.refuse(line, "duplicate", repeats=related.id)
        board.fault(
            FaultKind.DUPLICATE, line=entry.id, related=related.id, amount=entry.amount
        )


def _choose(board: Board, line: int, items: list[int], amounts: Counter[int]) -> None:
    """Of several items the only open one with the amount."""
    exact = [
        item
        for item in items
        if board.open_items[item] and board.same_amount(line, item)
    ]
    if len(exact) == 1 and _is_telling(board, exact[0], amounts):
        evidence = {"ids": board.line_refs[line][:1], "items_with_id": len(items)}
        board.accept((line,), (exact[0],), Layer.AFFIX, evidence)
    else:
        _doubt(board, line, items, 0.5)


def _is_telling(board: Board, item: int, amounts: Counter[int]) -> bool:
    """Whether the number, or the number and the amount, are hardly chance."""
    if max(map(len, board.item_refs[item]), default=0) >= LONG:
        return True
    if not amounts:
        return False
    return amounts[board.item_amounts[item]] / len(board.items) <= MAX_CHANCE


def _doubt(board: Board, line: int, items: list[int], score: float) -> None:
    entry = board.lines[line]
    suggestions = [
        board.suggestion((item,), score, layer=Layer.AFFIX.value) for item in items[:10]
    ]
    board.refuse(line, "not_proven", suggestions, id=board.line_refs[line][0])
    board.fault(FaultKind.GHOST, line=entry.id, amount=entry.amount, certain=False)


def _age(board: Board, line: int) -> tuple:
    entry = board.lines[line]
    return (str(entry.date or ""), entry.id)
