"""Lines without an id: what adds up in their window, if only one thing does.

The window of a line holds the open items of its currency and sign that do not
contradict it: same partner and payout where both sides know them, and a lag between
item and line as certain matches have it. All subsets of the window are counted, and
every single item less a fee of the rate card. One solution is a match; none or several
are suggestions. A window that is too large proves nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from .board import Board
from .rates import nets
from .schema import FaultKind, Layer, Suggestion
from .subsets import Solver

ROUNDS = 6  # an accepted match makes windows smaller


@dataclass(frozen=True)
class _Solution:
    """The only thing that explains a line."""

    items: tuple[int, ...]
    layer: Layer
    evidence: dict


class Windows:
    """Open items by what lines without an id know of them."""

    def __init__(self, board: Board):
        self.board = board
        self.by_partner: dict[tuple, list[int]] = defaultdict(list)
        self.by_day: dict[tuple, list[tuple]] = defaultdict(list)
        self.undated: dict[tuple, list[int]] = defaultdict(list)
        for item, owed in enumerate(board.items):
            if not board.open_items[item] or not board.item_amounts[item]:
                continue
            side = (owed.currency, board.item_amounts[item] < 0)
            if owed.partner:
                self.by_partner[(*side, owed.partner)].append(item)
            if owed.date:
                self.by_day[side].append((owed.date, item))
            else:
                self.undated[side].append(item)
        for days in self.by_day.values():
            days.sort()
        self.has_partners = bool(self.by_partner)

    def of(self, line: int) -> list[int]:
        """Open items that the line does not contradict, sorted."""
        board, entry = self.board, self.board.lines[line]
        side = (entry.currency, board.line_amounts[line] < 0)
        if entry.partner and self.has_partners:
            found = [
                item
                for item in self.by_partner.get((*side, entry.partner), ())
                if board.is_timely(line, item)
            ]
        else:
            found = self._by_date(line, side)
        payout = entry.payout
        limit = abs(board.line_amounts[line])
        return sorted(
            item
            for item in found
            if board.open_items[item]
            and not (
                payout
                and board.items[item].payout
                and board.items[item].payout != payout
            )
            # A fee makes a line smaller than its item.
            and (board.policy.cards or abs(board.item_amounts[item]) <= limit)
        )

    def _by_date(self, line: int, side: tuple) -> list[int]:
        day = self.board.lines[line].date
        days = self.by_day.get(side, [])
        if day is None:
            found = [item for _day, item in days]
        else:
            least, most = self.board.lag_bounds()
            low = bisect_left(days, (day - timedelta(days=most),))
            last = day - timedelta(days=least)
            high = bisect_right(days, (last, len(self.board.items)))
            found = [item for _day, item in days[low:high]]
        return found + self.undated.get(side, [])


def match_amounts(board: Board) -> None:
    """L4 and L5 for lines without an id; what is left gets suggestions."""
    waiting = [
        line
        for line, refs in enumerate(board.line_refs)
        if board.open_lines[line] and not refs
    ]
    search = _Search(board)
    for _round in range(ROUNDS):
        if not waiting:
            break
        windows = Windows(board)
        before = len(board.matches)
        solved = {
            line: solution
            for line in waiting
            if (solution := search.solve(line, windows.of(line))) is not None
        }
        _accept_agreeing(board, solved)
        waiting = [line for line in waiting if board.open_lines[line]]
        if len(board.matches) == before:
            break
    windows = Windows(board)
    for line in waiting:
        _refuse(board, search, line, windows.of(line))


class _Search:
    """Counts solutions; solvers are kept for lines that share a window."""

    def __init__(self, board: Board):
        self.board = board
        self.solvers: dict[tuple[int, ...], Solver] = {}
        self.left = board.policy.searches
        self.nets: dict[int, dict] = {}

    def solve(self, line: int, window: list[int]) -> _Solution | None:
        """The only solution of a line, ``None`` when there is none or several."""
        if not window or len(window) > self.board.policy.max_window:
            return None
        subsets = self.subsets(line, window)
        if subsets is None or len(subsets) > 1:
            return None
        net = self.net_items(line, window)
        if len(subsets) + len(net) != 1:
            return None
        if net:
            item, rate = net[0]
            evidence = {"rate": rate.name, "window": len(window)}
            return _Solution((item,), Layer.FEE, evidence)
        layer = Layer.AMOUNT if len(subsets[0]) == 1 else Layer.GROUP
        return _Solution(subsets[0], layer, {"window": len(window), "solutions": 1})

    def subsets(self, line: int, window: list[int]) -> list[tuple[int, ...]] | None:
        """Up to two subsets of the window; ``None`` when searching costs too much."""
        target = abs(self.board.line_amounts[line])
        amounts = self.board.item_amounts
        key = tuple(item for item in window if abs(amounts[item]) <= target)
        if not key:
            return []
        if key not in self.solvers:
            if self.left <= 0:
                return None
            self.left -= 1
            if len(self.solvers) > 64:  # arrays of halves are large
                self.solvers.clear()
            self.solvers[key] = Solver([abs(amounts[item]) for item in key])
        _count, found = self.solvers[key].solve(target)
        return [tuple(key[place] for place in one) for one in found]

    def net_items(self, line: int, window: list[int]) -> list[tuple]:
        """Single items that are the line's amount after a fee, at most two."""
        board = self.board
        if not board.policy.cards:
            return []
        entry = board.lines[line]
        found = []
        for item in window:
            owed = board.items[item]
            if item not in self.nets:
                self.nets[item] = nets(
                    board.policy.cards,
                    owed.amount,
                    owed.date,
                    owed.currency,
                    board.unit,
                )
            if rate := self.nets[item].get(entry.amount):
                found.append((item, rate))
                if len(found) > 1:
                    break
        return found


def _accept_agreeing(board: Board, solved: dict[int, _Solution]) -> None:
    """Accept solutions that no other line contradicts.

    Two lines with one and the same solution are one line told twice: if both were
    right there would be two solutions. The older one is taken.
    """
    users: dict[int, list[int]] = defaultdict(list)
    for line, solution in solved.items():
        for item in solution.items:
            users[item].append(line)
    for line in sorted(solved, key=lambda one: _age(board, one)):
        if not board.open_lines[line]:
            continue
        solution = solved[line]
        rivals = {other for item in solution.items for other in users[item]} - {line}
        if any(solved[other].items != solution.items for other in rivals):
            continue
        board.accept((line,), solution.items, solution.layer, solution.evidence)
        for other in sorted(rivals):
            entry, related = board.lines[other], board.lines[line].id
            board.refuse(other, "duplicate", repeats=related)
            board.fault(
                FaultKind.DUPLICATE,
                line=entry.id,
                related=related,
                amount=entry.amount,
            )


def _age(board: Board, line: int) -> tuple:
    entry = board.lines[line]
    return (str(entry.date or ""), entry.id)


def _refuse(board: Board, search: _Search, line: int, window: list[int]) -> None:
    """Rank what may be meant, and say why nothing was taken."""
    amount = abs(board.line_amounts[line])
    small = [i for i in window if abs(board.item_amounts[i]) <= amount]
    evidence = {"window": len(window)}
    suggestions = _single_suggestions(board, search, line, window)
    subsets: list[tuple[int, ...]] | None = []
    if not window:
        why = "no_candidate"
    elif len(window) > board.policy.max_window:
        why = "window_too_large"
    else:
        subsets = search.subsets(line, window)
        why = "ambiguous" if subsets or suggestions else "no_candidate"
        if subsets is None:
            why = "not_proven"
    for found in subsets or ():
        if len(found) > 1:
            score = 0.5 / len(found)
            suggestions.append(board.suggestion(found, score, layer=Layer.GROUP.value))
    suggestions += _converted(board, line)
    entry = board.lines[line]
    if why == "no_candidate" and not suggestions:
        board.refuse(line, why, (), **evidence)
        board.fault(FaultKind.GHOST, line=entry.id, amount=entry.amount)
        return
    # Any of them may be a part of what the line pays.
    board.doubtful.update(small)
    board.refuse(line, why, suggestions, **evidence)


def _single_suggestions(
    board: Board, search: _Search, line: int, window: list[int]
) -> list[Suggestion]:
    """Items of the very amount, those nearest in time first; then those net of fees."""
    exact = [item for item in window if board.same_amount(line, item)]
    exact.sort(key=lambda item: (abs(board.lag(line, item) or 0), item))
    found = [
        board.suggestion((item,), 0.8 / (place + 1) ** 0.5, layer=Layer.AMOUNT.value)
        for place, item in enumerate(exact[: board.policy.suggestions])
    ]
    for item, rate in search.net_items(line, window):
        found.append(
            board.suggestion((item,), 0.5, layer=Layer.FEE.value, rate=rate.name)
        )
    return found


def _converted(board: Board, line: int) -> list[Suggestion]:
    """L6 without an id: items whose converted amount is near, never more than that."""
    entry = board.lines[line]
    found = []
    for (source, target), rate in board.policy.fx_rates.items():
        if target != entry.currency:
            continue
        for item, owed in enumerate(board.items):
            if owed.currency != source or not board.open_items[item]:
                continue
            if not board.same_sign(line, item) or not board.is_timely(line, item):
                continue
            expected = owed.amount * rate
            if abs(entry.amount - expected) <= abs(expected) * board.policy.fx_band:
                off = abs(entry.amount / expected - 1)
                found.append(
                    board.suggestion(
                        (item,), 0.4 * float(1 - off), layer="fx", rate=str(rate)
                    )
                )
    return found
