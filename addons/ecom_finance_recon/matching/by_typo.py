"""Ids with one typing error, and lines whose id belongs to something that is paid.

An id that is one error away counts only together with the amount, and only when a
single open item is that near. Neighbours are found by symmetric deletes: linear in the
number of ids.

How much such a coincidence proves depends on the numbering. Where ids are random, an id
one error away is the right one. Where they run without gaps, every id has dozens of
neighbours, and with a few price points some of them have the amount by chance:

    chance = (items one error away - 1) x share of all items that have the amount

Beyond :data:`MAX_CHANCE` it is a suggestion only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import islice

from .board import Board
from .by_id import Leftovers, accept_off, refuse_among
from .normalise import (
    MIN_DOUBT_LENGTH,
    MIN_TYPO_LENGTH,
    deletions,
    is_one_typo,
    variants,
)
from .schema import FaultKind, Layer

MAX_CHANCE = 0.005
MAX_FACTOR = 2  # between the amounts of a line and an item that one id names
NEAR_AMOUNT = 0.02  # part by which a line told again may differ from the first one


class Neighbours:
    """Open items by their ids without one character."""

    def __init__(self, board: Board):
        self.board = board
        self.index: dict[str, list[int]] = defaultdict(list)
        for item, is_open in enumerate(board.open_items):
            if is_open:
                self.add(item)
        letters = {char for ref in islice(board.index, 2_000) for char in ref}
        self.alphabet = "".join(sorted(letters))
        self.amounts: Counter[int] = Counter()

    def add(self, item: int) -> None:
        """Let an item be found: one that is open, or open again."""
        for ref in self.board.item_refs[item]:
            if len(ref) >= MIN_DOUBT_LENGTH:
                self.index[ref].append(item)
                for key in deletions(ref):
                    self.index[key].append(item)

    def is_convincing(self, line: int, item: int) -> bool:
        """Whether the item can hardly be that near by chance."""
        board = self.board
        if max(map(len, board.line_refs[line]), default=0) < MIN_TYPO_LENGTH:
            return False
        near = self.around(line)
        near.discard(item)
        if not near:
            return True
        if not self.amounts:
            self.amounts.update(board.item_amounts)
        share = self.amounts[board.item_amounts[item]] / len(board.items)
        return len(near) * share <= MAX_CHANCE

    def around(self, line: int) -> set[int]:
        """All items, also paid ones, with an id one error away."""
        near: set[int] = set()
        for ref in self.board.line_refs[line]:
            if len(ref) >= MIN_DOUBT_LENGTH:
                for other in variants(ref, self.alphabet):
                    near.update(self.board.index.get(other, ()))
        return near

    def of(self, line: int) -> list[int]:
        """Open items with an id one error away, of the same sign."""
        board = self.board
        found: set[int] = set()
        for ref in board.line_refs[line]:
            if len(ref) < MIN_DOUBT_LENGTH:
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
        """Those of them that have the line's amount, or have it after a fee.

        And came as long before it as items do.
        """
        near = [item for item in self.of(line) if self.board.is_usual(line, item)]
        exact = [item for item in near if self.board.same_amount(line, item)]
        if exact:
            return exact
        return [item for item in near if self.board.fee_rate(line, item)]


def resolve_leftovers(board: Board, rest: Leftovers, neighbours: Neighbours) -> None:
    """Lines with a known id: a typing error that hit another order, or what they say.

    In numbering without gaps an error makes the id of another order. Then that order
    has a line too many and the real one, one error away and of the same amount, has
    none.
    """
    known = {**rest.surplus, **{line: (item,) for line, item in rest.off.items()}}
    for items, lines in rest.among.items():
        known.update(dict.fromkeys(lines, items))
    claims = _claims(board, known, neighbours)
    users = _users(claims)
    _resolve_among(board, rest, claims, users, neighbours)
    for line, item in sorted(rest.off.items()):
        fits = claims.get(line)
        if not fits and _is_plausible(board, line, item, neighbours):
            accept_off(board, line, item)
        elif not fits:
            board.refuse(
                line, "amount_differs", [board.suggestion((item,), 0.5, layer="id")]
            )
            _doubt_id(board, line)
        else:
            both = [item, *fits]
            board.refuse(
                line,
                "ambiguous",
                [board.suggestion((one,), 0.6, layer="typo") for one in both],
                reading="amount off, or a typing error",
            )
    for line, items in sorted(rest.surplus.items()):
        _resolve_surplus(board, line, items, claims.get(line, ()), users, neighbours)


def _is_plausible(board: Board, line: int, item: int, neighbours: Neighbours) -> bool:
    """Whether a line may be of an order though its amount is quite another one.

    Where ids have neighbours a wrong one is somebody's too.
    """
    told, owed = abs(board.line_amounts[line]), abs(board.item_amounts[item])
    if min(told, owed) * MAX_FACTOR >= max(told, owed):
        return True
    return not neighbours.around(line) - {item}


def _doubt_id(board: Board, line: int) -> None:
    entry = board.lines[line]
    board.fault(FaultKind.GHOST, line=entry.id, amount=entry.amount, certain=False)


def _resolve_among(
    board: Board, rest: Leftovers, claims, users, neighbours: Neighbours
) -> None:
    """Several lines and items with one id: those that are a neighbour's leave first."""
    for items, lines in rest.among.items():
        for line in lines:
            fits = claims.get(line, ())
            if (
                len(fits) == 1
                and users[fits[0]] == [line]
                and board.open_items[fits[0]]
                and neighbours.is_convincing(line, fits[0])
            ):
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


def _users(claims: dict[int, list[int]]) -> dict[int, list[int]]:
    """Lines by the item that they may be meant for."""
    users: dict[int, list[int]] = defaultdict(list)
    for line, items in claims.items():
        for item in items:
            users[item].append(line)
    return users


def _is_sure(board: Board, line: int, items: tuple[int, ...]) -> bool:
    """Whether two ids name the same item: nobody mistypes both."""
    refs = set(board.line_refs[line])
    return any(len(refs.intersection(board.item_refs[item])) > 1 for item in items)


def _resolve_surplus(
    board: Board, line: int, items, fits, users, neighbours: Neighbours
) -> None:
    entry = board.lines[line]
    payers = {payer for item in items for payer in board.paid_by.get(item, ())}
    equal = sorted(
        payer
        for payer in payers
        if _is_near(board.line_amounts[payer], board.line_amounts[line])
        and board.lines[payer].currency == entry.currency
    )
    related = board.lines[equal[0] if equal else min(payers)].id if payers else ""
    open_fits = [item for item in fits if board.open_items[item]]
    if not open_fits:
        board.refuse(line, "duplicate", repeats=related)
        # With another amount it may as well be an id that is wrong.
        board.fault(
            FaultKind.DUPLICATE,
            line=entry.id,
            related=related,
            amount=entry.amount,
            certain=bool(equal),
        )
        return
    alone = len(open_fits) == 1 and users[open_fits[0]] == [line]
    if not equal and alone and neighbours.is_convincing(line, open_fits[0]):
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


def _is_near(left: int, right: int) -> bool:
    """Whether two amounts may be the same one, told twice."""
    return abs(left - right) <= NEAR_AMOUNT * abs(right)


def undo_contested(board: Board, rest: Leftovers, neighbours: Neighbours) -> None:
    """Take back matches that may have got the line of a mistyped neighbour.

    Two lines of one id and amount, and an open item of that amount one error away:
    which of the two is the mistyped one, only dates can tell. When they do not, neither
    line is matched.
    """
    for line, items in sorted(rest.surplus.items()):
        fits = [] if _is_sure(board, line, items) else neighbours.fitting(line)
        if len(fits) != 1:
            continue
        for item in items:
            payers = board.paid_by.get(item, ())
            if len(payers) == 1 and _contested(board, line, payers[0], item, fits[0]):
                _decide(board, line, payers[0], item, fits[0], rest, neighbours)
                break


def _contested(board: Board, line: int, payer: int, item: int, other: int) -> bool:
    same = board.line_amounts[line] == board.line_amounts[payer]
    return same and board.lines[line].currency == board.lines[payer].currency


def _decide(
    board: Board,
    line: int,
    payer: int,
    item: int,
    other: int,
    rest: Leftovers,
    neighbours: Neighbours,
) -> None:
    """Who pays the item, by dates; then what the other line is, by chance."""
    as_it_is = board.is_usual(payer, item) and board.is_usual(line, other)
    swapped = board.is_usual(line, item) and board.is_usual(payer, other)
    rest.surplus.pop(line)
    if as_it_is == swapped:
        _take_back(board, payer, item, neighbours)
        _refuse_pair(board, (line, payer), (item, other))
        return
    right, wrong = (payer, line) if as_it_is else (line, payer)
    if not as_it_is:
        _take_back(board, payer, item, neighbours)
        board.accept((right,), (item,), Layer.ID, {"ids": board.line_refs[right][:1]})
    if neighbours.is_convincing(wrong, other):
        evidence = {"ids": board.line_refs[wrong][:1]}
        board.accept((wrong,), (other,), Layer.TYPO, evidence)
    else:
        _refuse_pair(board, (wrong,), (other,), right)


def _refuse_pair(
    board: Board, lines: tuple[int, ...], items: tuple[int, ...], related: int = -1
) -> None:
    """Lines that are mistyped or told twice: nobody can know."""
    suggestions = [board.suggestion((one,), 0.6, layer="typo") for one in items]
    for place, line in enumerate(lines):
        entry = board.lines[line]
        twin = related if related >= 0 else lines[place - 1]
        board.refuse(line, "ambiguous", suggestions)
        board.fault(
            FaultKind.DUPLICATE,
            line=entry.id,
            related=board.lines[twin].id,
            amount=entry.amount,
            certain=False,
        )


def undo_untimely(board: Board, neighbours: Neighbours) -> None:
    """Take back matches by id whose date speaks against them, and for a neighbour.

    A mistyped id may be that of an order without a line, and of the same amount. Then
    the line is mostly far from it in time.
    """
    late = [
        (item, payers[0])
        for item, payers in board.paid_by.items()
        if len(payers) == 1 and not board.is_usual(payers[0], item)
    ]
    for item, line in sorted(late):
        if _is_sure(board, line, (item,)):
            continue
        fits = neighbours.fitting(line)
        if not fits or not board.same_amount(line, item):
            continue
        _take_back(board, line, item, neighbours)
        suggestions = [
            board.suggestion((one,), 0.6, layer="typo") for one in (item, *fits)
        ]
        board.refuse(line, "ambiguous", suggestions, reading="unusual date")


def _take_back(board: Board, line: int, item: int, neighbours: Neighbours) -> None:
    board.matches.pop(((board.lines[line].id,), (board.items[item].id,)))
    board.open_items[item] = board.open_lines[line] = True
    board.paid_by.pop(item, None)
    neighbours.add(item)


def match_typos(board: Board, neighbours: Neighbours) -> None:
    """L3: lines whose id nothing has."""
    claims: dict[int, list[int]] = {}
    wanted: dict[int, list[int]] = defaultdict(list)
    for line, refs in enumerate(board.line_refs):
        if board.open_lines[line] and refs:
            claims[line] = neighbours.fitting(line)
            for item in claims[line]:
                wanted[item].append(line)
    for line, fits in claims.items():
        if len(fits) != 1 or wanted[fits[0]] != [line]:
            continue
        item = fits[0]
        if neighbours.is_convincing(line, item):
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
        is_first = first == line and board.open_items[fits[0]]
        if is_first and neighbours.is_convincing(line, fits[0]):
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
    board.fault(FaultKind.GHOST, line=entry.id, amount=entry.amount, certain=False)


def _age(board: Board, line: int) -> tuple:
    entry = board.lines[line]
    return (str(entry.date or ""), entry.id)
