"""Ids with one typing error, and lines whose id belongs to something that is paid.

An id that is one error away counts only together with the amount, and only when a
single open item is that near. Neighbours are found by symmetric deletes: linear in the
number of ids.
"""

from __future__ import annotations

from collections import defaultdict

from .board import Board
from .by_id import Leftovers, accept_off, refuse_among
from .normalise import MIN_TYPO_LENGTH, deletions, is_one_typo
from .schema import FaultKind, Layer


class Neighbours:
    """Open items by their ids without one character."""

    def __init__(self, board: Board):
        self.board = board
        self.index: dict[str, list[int]] = defaultdict(list)
        for item, refs in enumerate(board.item_refs):
            if not board.open_items[item]:
                continue
            for ref in refs:
                if len(ref) >= MIN_TYPO_LENGTH:
                    self.index[ref].append(item)
                    for key in deletions(ref):
                        self.index[key].append(item)

    def of(self, line: int) -> list[int]:
        """Open items with an id one error away, of the same sign."""
        board = self.board
        found: set[int] = set()
        for ref in board.line_refs[line]:
            if len(ref) < MIN_TYPO_LENGTH:
                continue
            near = set(self.index.get(ref, ()))
            for key in deletions(ref):
                near.update(self.index.get(key, ()))
            found.update(
                item
                for item in near
                if item not in found
                and board.open_items[item]
                and board.same_sign(line, item)
                and any(is_one_typo(ref, other) for other in board.item_refs[item])
            )
        return sorted(found)

    def fitting(self, line: int) -> list[int]:
        """Those of them that have the line's amount, or have it after a fee."""
        near = self.of(line)
        exact = [item for item in near if self.board.same_amount(line, item)]
        if exact:
            return exact
        return [item for item in near if self.board.fee_rate(line, item)]


def resolve_leftovers(board: Board, rest: Leftovers) -> None:
    """Lines with a known id: a typing error that hit another order, or what they say.

    In numbering without gaps an error makes the id of another order. Then that order
    has a line too many and the real one, one error away and of the same amount, has
    none.
    """
    neighbours = Neighbours(board)
    known = {**rest.surplus, **{line: (item,) for line, item in rest.off.items()}}
    for items, lines in rest.among.items():
        known.update(dict.fromkeys(lines, items))
    claims = _claims(board, known, neighbours)
    _resolve_among(board, rest, claims)
    for line, item in sorted(rest.off.items()):
        fits = claims.get(line)
        if not fits:
            accept_off(board, line, item)
        else:
            both = [item, *fits]
            board.refuse(
                line,
                "ambiguous",
                [board.suggestion((one,), 0.6, layer="typo") for one in both],
                reading="amount off, or a typing error",
            )
    for line, items in sorted(rest.surplus.items()):
        _resolve_surplus(board, line, items, claims.get(line, ()), claims)


def _resolve_among(board: Board, rest: Leftovers, claims) -> None:
    """Several lines and items with one id: those that are a neighbour's leave first."""
    for items, lines in rest.among.items():
        for line in lines:
            fits = claims.get(line, ())
            wanted = [
                other for other, found in claims.items() if set(found) & set(fits)
            ]
            if len(fits) == 1 and wanted == [line] and board.open_items[fits[0]]:
                evidence = {"ids": board.line_refs[line][:1]}
                board.accept((line,), (fits[0],), Layer.TYPO, evidence)
        left = [line for line in lines if board.open_lines[line]]
        owed = [item for item in items if board.open_items[item]]
        if len(left) == len(owed) == 1 and left[0] not in claims:
            rest.off[left[0]] = owed[0]
            continue
        for line in left:
            refuse_among(board, line, owed)


def _claims(board: Board, known, neighbours: Neighbours) -> dict[int, list[int]]:
    """Lines that may be mistyped, with the open items one error away that fit."""
    claims = {}
    for line in sorted(known):
        if not _is_sure(board, line, known[line]):
            if fits := neighbours.fitting(line):
                claims[line] = fits
    return claims


def _is_sure(board: Board, line: int, items: tuple[int, ...]) -> bool:
    """Whether two ids name the same item: nobody mistypes both."""
    refs = set(board.line_refs[line])
    return any(len(refs.intersection(board.item_refs[item])) > 1 for item in items)


def _resolve_surplus(board: Board, line: int, items, fits, claims) -> None:
    entry = board.lines[line]
    payers = {payer for item in items for payer in board.paid_by.get(item, ())}
    equal = sorted(
        payer
        for payer in payers
        if board.line_amounts[payer] == board.line_amounts[line]
        and board.lines[payer].currency == entry.currency
    )
    related = board.lines[equal[0] if equal else min(payers)].id if payers else ""
    open_fits = [item for item in fits if board.open_items[item]]
    if not open_fits:
        board.refuse(line, "duplicate", repeats=related)
        board.fault(
            FaultKind.DUPLICATE, line=entry.id, related=related, amount=entry.amount
        )
        return
    wanted = [other for other, found in claims.items() if set(found) & set(open_fits)]
    if not equal and len(open_fits) == 1 and wanted == [line]:
        evidence = {"ids": board.line_refs[line][:1], "paid_already": related}
        board.accept((line,), (open_fits[0],), Layer.TYPO, evidence)
        return
    suggestions = [board.suggestion((one,), 0.6, layer="typo") for one in open_fits]
    board.refuse(line, "ambiguous", suggestions, repeats=related)
    board.fault(
        FaultKind.DUPLICATE,
        line=entry.id,
        related=related,
        amount=entry.amount,
        certain=False,
    )


def undo_contested(board: Board, rest: Leftovers) -> None:
    """Take back matches that may have got the line of a mistyped neighbour.

    Two lines of one id and amount, and an open item of that amount one error away:
    which of the two is the mistyped one, only dates can tell. When they do not, neither
    line is matched.
    """
    neighbours = Neighbours(board)
    for line, items in sorted(rest.surplus.items()):
        fits = [] if _is_sure(board, line, items) else neighbours.fitting(line)
        if len(fits) != 1:
            continue
        for item in items:
            payers = board.paid_by.get(item, ())
            if len(payers) == 1 and _contested(board, line, payers[0], item, fits[0]):
                _decide(board, line, payers[0], item, fits[0], rest)
                break


def _contested(board: Board, line: int, payer: int, item: int, other: int) -> bool:
    same = board.line_amounts[line] == board.line_amounts[payer]
    return same and board.lines[line].currency == board.lines[payer].currency


def _decide(
    board: Board, line: int, payer: int, item: int, other: int, rest: Leftovers
) -> None:
    as_it_is = board.is_timely(payer, item) and board.is_timely(line, other)
    swapped = board.is_timely(line, item) and board.is_timely(payer, other)
    if as_it_is == swapped:
        _take_back(board, payer, item)
        suggestions = [
            board.suggestion((one,), 0.6, layer="typo") for one in (item, other)
        ]
        for either, twin in ((line, payer), (payer, line)):
            board.refuse(either, "ambiguous", suggestions)
            entry = board.lines[either]
            board.fault(
                FaultKind.DUPLICATE,
                line=entry.id,
                related=board.lines[twin].id,
                amount=entry.amount,
                certain=False,
            )
        rest.surplus.pop(line)
        return
    right, wrong = (payer, line) if as_it_is else (line, payer)
    if not as_it_is:
        _take_back(board, payer, item)
        board.accept((right,), (item,), Layer.ID, {"ids": board.line_refs[right][:1]})
    board.accept((wrong,), (other,), Layer.TYPO, {"ids": board.line_refs[wrong][:1]})
    rest.surplus.pop(line)


def _take_back(board: Board, line: int, item: int) -> None:
    name, owed = board.lines[line].id, board.items[item].id
    board.matches = [
        match
        for match in board.matches
        if match.lines != (name,) or match.items != (owed,)
    ]
    board.open_items[item] = board.open_lines[line] = True
    board.paid_by.pop(item, None)


def match_typos(board: Board) -> None:
    """L3: lines whose id nothing has."""
    neighbours = Neighbours(board)
    claims: dict[int, list[int]] = {}
    wanted: dict[int, list[int]] = defaultdict(list)
    for line, refs in enumerate(board.line_refs):
        if board.open_lines[line] and refs:
            claims[line] = neighbours.fitting(line)
            for item in claims[line]:
                wanted[item].append(line)
    for line, fits in claims.items():
        if len(fits) == 1 and wanted[fits[0]] == [line]:
            item = fits[0]
            evidence = {
                "ids": board.line_refs[line][:1],
                "near": board.item_refs[item][:1],
            }
            board.accept((line,), (item,), Layer.TYPO, evidence)
    for line, fits in claims.items():
        if board.open_lines[line]:
            _refuse_unknown(board, line, fits, wanted, neighbours)


def _refuse_unknown(board: Board, line: int, fits, wanted, neighbours) -> None:
    """No item has the id: ambiguous when some are near, else a ghost."""
    entry = board.lines[line]
    paid = [item for item in fits if not board.open_items[item]]
    rivals = [other for item in fits for other in wanted[item] if other != line]
    repeated = [
        other
        for other in rivals
        if board.line_refs[other] == board.line_refs[line]
        and board.line_amounts[other] == board.line_amounts[line]
    ]
    if len(fits) == 1 and rivals and len(repeated) == len(rivals):
        # The same mistyped line twice: the oldest is meant.
        first = min((line, *rivals), key=lambda one: _age(board, one))
        if first == line and board.open_items[fits[0]]:
            evidence = {"ids": board.line_refs[line][:1], "repeated": len(rivals)}
            board.accept((line,), (fits[0],), Layer.TYPO, evidence)
            return
        related = board.lines[first].id
        board.refuse(line, "duplicate", repeats=related)
        board.fault(
            FaultKind.DUPLICATE, line=entry.id, related=related, amount=entry.amount
        )
        return
    near = fits if fits and not paid else neighbours.of(line)
    if not near:
        board.refuse(line, "unknown_id", id=board.line_refs[line][0])
        board.fault(FaultKind.GHOST, line=entry.id, amount=entry.amount)
        return
    suggestions = [
        board.suggestion(
            (item,), 0.7 if board.same_amount(line, item) else 0.3, layer="typo"
        )
        for item in near[:10]
    ]
    why = "ambiguous" if fits else "amount_differs"
    board.refuse(line, why, suggestions, id=board.line_refs[line][0])
    if not fits:
        board.fault(FaultKind.GHOST, line=entry.id, amount=entry.amount, certain=False)


def _age(board: Board, line: int) -> tuple:
    entry = board.lines[line]
    return (str(entry.date or ""), entry.id)
