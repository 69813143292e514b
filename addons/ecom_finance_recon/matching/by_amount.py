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
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from ..formats.currencies import unit_of
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
        #: partners in the words of the items: a line may know them by other names
        self.partners = {item.partner for item in board.items if item.partner}
        self.by_day: dict[tuple, list[tuple]] = defaultdict(list)
        self.undated: dict[tuple, list[int]] = defaultdict(list)
        self.by_amount: dict[tuple, list[int]] = defaultdict(list)
        self.by_net: dict[tuple, list[tuple]] = defaultdict(list)
        for item, owed in enumerate(board.items):
            if board.open_items[item] and board.item_amounts[item]:
                self._add(item, owed)
        for days in self.by_day.values():
            days.sort()

    def _add(self, item: int, owed) -> None:
        amount = self.board.item_amounts[item]
        side = (owed.currency, amount < 0)
        self.by_amount[(owed.currency, amount)].append(item)
        if owed.partner:
            self.by_partner[(*side, owed.partner)].append(item)
        if owed.date:
            self.by_day[side].append((owed.date, item))
        else:
            self.undated[side].append(item)
        if self.board.policy.cards:
            found = nets(
                self.board.policy.cards,
                owed.amount,
                owed.date,
                owed.currency,
                unit_of(owed.currency),
            )
            for net, rate in found.items():
                self.by_net[(owed.currency, net)].append((item, rate))

    def of(self, line: int) -> list[int]:
        """Open items that are not larger than the line and do not contradict it.

        Sorted; of a window that is larger than the policy allows only a part.
        """
        limit = abs(self.board.line_amounts[line])
        amounts = self.board.item_amounts
        found = (
            item
            for item in self._candidates(line)
            if abs(amounts[item]) <= limit and self.admits(line, item)
        )
        return sorted(islice(found, self.board.policy.max_window + 1))

    def doubt_all(self, line: int) -> None:
        """Note that any item of the window, however large, may be paid by the line."""
        limit = abs(self.board.line_amounts[line])
        amounts, doubtful = self.board.item_amounts, self.board.doubtful
        doubtful.update(
            item
            for item in self._candidates(line)
            if item not in doubtful
            and abs(amounts[item]) <= limit
            and self.admits(line, item)
        )

    def admits(self, line: int, item: int) -> bool:
        """Whether nothing speaks against the item being paid by the line."""
        board = self.board
        if not board.open_items[item]:
            return False
        entry, owed = board.lines[line], board.items[item]
        if entry.payout and owed.payout and entry.payout != owed.payout:
            return False
        if entry.partner in self.partners and entry.partner != owed.partner:
            return False
        return board.is_timely(line, item)

    def equal(self, line: int) -> list[int]:
        """Items of the window that have the line's amount."""
        key = (self.board.lines[line].currency, self.board.line_amounts[line])
        found = self.by_amount.get(key, ())
        return [item for item in found if self.admits(line, item)]

    def net(self, line: int) -> list[tuple]:
        """Items of the window that are the line's amount after a fee, and the rate."""
        entry = self.board.lines[line]
        found = self.by_net.get((entry.currency, entry.amount), ())
        return [(item, rate) for item, rate in found if self.admits(line, item)]

    def _candidates(self, line: int) -> Iterator[int]:
        """Items of the same side, by partner where the line knows it, else by date."""
        entry = self.board.lines[line]
        side = (entry.currency, self.board.line_amounts[line] < 0)
        if entry.partner in self.partners:
            yield from self.by_partner.get((*side, entry.partner), ())
            return
        days = self.by_day.get(side, [])
        low, high = 0, len(days)
        if entry.date is not None:
            least, most = self.board.lag_bounds()
            low = bisect_left(days, (entry.date - timedelta(days=most),))
            last = entry.date - timedelta(days=least)
            high = bisect_right(days, (last, len(self.board.items)))
        for place in range(low, high):
            yield days[place][1]
        yield from self.undated.get(side, ())


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
            if (solution := search.solve(line, windows)) is not None
        }
        _accept_agreeing(board, solved)
        waiting = [line for line in waiting if board.open_lines[line]]
        if len(board.matches) == before:
            break
    windows = Windows(board)
    for line in waiting:
        _refuse(board, search, line, windows)


class _Search:
    """Counts solutions; solvers are kept for lines that share a window."""

    def __init__(self, board: Board):
        self.board = board
        self.solvers: dict[tuple[int, ...], Solver] = {}
        self.left = board.policy.searches

    def solve(self, line: int, windows: Windows) -> _Solution | None:
        """The only solution of a line, ``None`` when there is none or several."""
        window = windows.of(line)
        if len(window) > self.board.policy.max_window:
            return None
        net = windows.net(line)
        if not window and not net:
            return None
        subsets = self.subsets(line, window)
        if subsets is None or len(subsets) + len(net) != 1:
            return None
        if net:
            item, rate = net[0]
            evidence = {"rate": rate.name, "window": len(window)}
            return _Solution((item,), Layer.FEE, evidence)
        layer = Layer.AMOUNT if len(subsets[0]) == 1 else Layer.GROUP
        return _Solution(subsets[0], layer, {"window": len(window), "solutions": 1})

    def subsets(self, line: int, window: list[int]) -> list[tuple[int, ...]] | None:
        """Up to two subsets of the window; ``None`` when searching costs too much."""
        amounts = self.board.item_amounts
        key = tuple(window)
        if not key:
            return []
        if key not in self.solvers:
            if self.left <= 0:
                return None
            self.left -= 1
            if len(self.solvers) > 64:  # arrays of halves are large
                self.solvers.clear()
            self.solvers[key] = Solver([abs(amounts[item]) for item in key])
        _count, found = self.solvers[key].solve(abs(self.board.line_amounts[line]))
        return [tuple(key[place] for place in one) for one in found]


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


def _refuse(board: Board, search: _Search, line: int, windows: Windows) -> None:
    """Rank what may be meant, and say why nothing was taken."""
    window = windows.of(line)
    suggestions = _single_suggestions(board, line, windows)
    subsets: list[tuple[int, ...]] | None = []
    if len(window) > board.policy.max_window:
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
        board.refuse(line, why, (), window=len(window))
        board.fault(FaultKind.GHOST, line=entry.id, amount=entry.amount)
        return
    # Any of them may be a part of what the line pays.
    windows.doubt_all(line)
    board.refuse(line, why, suggestions, window=len(window))


def _single_suggestions(board: Board, line: int, windows: Windows) -> list[Suggestion]:
    """Items of the very amount, those nearest in time first; then those net of fees."""
    exact = windows.equal(line)
    exact.sort(key=lambda item: (abs(board.lag(line, item) or 0), item))
    found = [
        board.suggestion((item,), 0.8 / (place + 1) ** 0.5, layer=Layer.AMOUNT.value)
        for place, item in enumerate(exact[: board.policy.suggestions])
    ]
    for item, rate in windows.net(line)[: board.policy.suggestions]:
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
