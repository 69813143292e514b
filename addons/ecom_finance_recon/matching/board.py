"""The state of a matching run: what is open, what was decided, in integers.

Amounts are integers of one common unit, exact: the finest digit that any amount has.
Everything is sorted by id first, so that the order of the input means nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ..formats.currencies import unit_of
from .normalise import reference
from .schema import (
    SCORES,
    Entry,
    Fault,
    FaultKind,
    Item,
    Layer,
    Match,
    Policy,
    Refusal,
    Suggestion,
)

ENOUGH = 100  # certain matches that show what lags there are
SLACK = 3  # days that are allowed beyond what fewer of them show


class Board:
    """Lines and items by position; methods note decisions.

    :ivar item_refs: normalised ids by item, likewise ``line_refs`` by line.
    :ivar open_items: positions that nothing pays yet.
    """

    def __init__(self, lines: Iterable[Entry], items: Iterable[Item], policy: Policy):
        self.policy = policy
        self.items = sorted(items, key=lambda item: item.id)
        self.lines = sorted(lines, key=_line_order)
        self.digits = _digits(self.lines, self.items)
        scale = self.digits
        self.item_amounts = [int(item.amount.scaleb(scale)) for item in self.items]
        self.line_amounts = [int(line.amount.scaleb(scale)) for line in self.lines]
        self.item_refs = [_refs(item.refs) for item in self.items]
        self.line_refs = [_refs(line.refs) for line in self.lines]
        #: items by their normalised ids
        self.index: dict[str, list[int]] = {}
        self.open_items = [True] * len(self.items)
        self.open_lines = [True] * len(self.lines)
        self.paid_by: dict[int, tuple[int, ...]] = {}
        self.matches: dict[tuple, Match] = {}
        self.refusals: list[Refusal] = []
        self.faults: list[Fault] = []
        #: items that a refused line may pay
        self.doubtful: set[int] = set()
        #: days from item to line of certain matches: least, most
        self.lags: tuple[int, int] | None = None
        self.learned = 0
        self.lag_counts: Counter[int] = Counter()
        self._usual: tuple[int, tuple[int, int]] | None = None

    def accept(
        self,
        lines: tuple[int, ...],
        items: tuple[int, ...],
        layer: Layer,
        evidence: Mapping[str, Any],
    ) -> None:
        """Lines pay items."""
        for line in lines:
            self.open_lines[line] = False
        for item in items:
            self.open_items[item] = False
            self.paid_by[item] = lines
        currencies = {self.lines[line].currency for line in lines}
        currencies |= {self.items[item].currency for item in items}
        difference = None
        if len(currencies) == 1:
            units = sum(self.line_amounts[line] for line in lines)
            units -= sum(self.item_amounts[item] for item in items)
            difference = self.decimal(units)
        if len(lines) == len(items) == 1:
            self._learn(lines[0], items[0])
        names = tuple(self.lines[line].id for line in lines)
        owed = tuple(self.items[item].id for item in items)
        self.matches[names, owed] = Match(
            names, owed, layer, SCORES[layer], difference, evidence
        )

    def _learn(self, line: int, item: int) -> None:
        lag = self.lag(line, item)
        if lag is None:
            return
        self.learned += 1
        self.lag_counts[lag] += 1
        if self.lags is None:
            self.lags = (lag, lag)
        elif not self.lags[0] <= lag <= self.lags[1]:
            self.lags = (min(self.lags[0], lag), max(self.lags[1], lag))

    def refuse(
        self,
        line: int,
        why: str,
        suggestions: Iterable[Suggestion] = (),
        **evidence: Any,
    ) -> None:
        """A line stays unmatched."""
        self.open_lines[line] = False
        ranked = sorted(suggestions, key=lambda one: (-one.score, one.items))
        kept = tuple(ranked[: self.policy.suggestions])
        self.refusals.append(Refusal(self.lines[line].id, why, kept, evidence))

    def fault(self, kind: FaultKind, **values: Any) -> None:
        """Something is wrong."""
        self.faults.append(Fault(kind, **values))

    def suggestion(
        self, items: tuple[int, ...], score: float, **evidence: Any
    ) -> Suggestion:
        """A candidate for a line that is refused: the items are in doubt now."""
        self.doubtful.update(items)
        return Suggestion(tuple(self.items[item].id for item in items), score, evidence)

    # -- figures -------------------------------------------------------------------

    def decimal(self, units: int) -> Decimal:
        """Integer units as an amount."""
        return Decimal(units).scaleb(-self.digits)

    def same_sign(self, line: int, item: int) -> bool:
        """Whether both are sales, or both refunds."""
        return (self.line_amounts[line] < 0) == (self.item_amounts[item] < 0)

    def same_amount(self, line: int, item: int) -> bool:
        """Whether the line is exactly the item, in its own or the original currency."""
        entry, owed = self.lines[line], self.items[item]
        if entry.currency == owed.currency:
            return self.line_amounts[line] == self.item_amounts[item]
        return (
            entry.original_currency == owed.currency
            and entry.original_amount is not None
            and entry.original_amount == owed.amount
        )

    def fee_rate(self, line: int, item: int):
        """The rate by which the item's amount became the line's, if one did."""
        entry, owed = self.lines[line], self.items[item]
        if entry.currency != owed.currency or not self.same_sign(line, item):
            return None
        for card in self.policy.cards:
            rate = card.explain(
                owed.amount,
                entry.amount,
                entry.date,
                entry.currency,
                unit_of(entry.currency),
            )
            if rate:
                return rate
        return None

    def lag(self, line: int, item: int) -> int | None:
        """Days from item to line."""
        later, earlier = self.lines[line].date, self.items[item].date
        if later is None or earlier is None:
            return None
        return (later - earlier).days

    def lag_bounds(self) -> tuple[int, int]:
        """Lags that a line without an id may have, within what the policy allows.

        Half as wide again on either side as those of certain matches: several items in
        one line are older or younger than single ones.
        """
        least, most = self.policy.min_lag, self.policy.max_lag
        if self.lags is None:
            return least, most
        slack = max(SLACK, (self.lags[1] - self.lags[0] + 1) // 2)
        low, high = self.lags[0] - slack, self.lags[1] + slack
        return max(least, min(low, most)), min(most, max(high, least))

    def usual_lags(self) -> tuple[int, int]:
        """Lags of all certain matches but one in a thousand at either end.

        Those few may be wrong themselves: an id that was mistyped, say.
        """
        if self.learned < ENOUGH:
            return self._few_lags()
        if self._usual is None or self.learned > 1.02 * self._usual[0]:
            self._usual = (self.learned, _without_tails(self.lag_counts))
        return self._usual[1]

    def _few_lags(self) -> tuple[int, int]:
        """What few certain matches say of lags: some days around them."""
        if self.lags is None:
            return self.policy.min_lag, self.policy.max_lag
        return self.lags[0] - SLACK, self.lags[1] + SLACK

    def is_usual(self, line: int, item: int) -> bool:
        """Whether the line came as long after the item as lines do."""
        lag = self.lag(line, item)
        if lag is None:
            return True
        least, most = self.usual_lags()
        return least <= lag <= most

    def is_within(self, line: int, item: int, bounds: tuple[int, int]) -> bool:
        """Whether the lag is one of these."""
        lag = self.lag(line, item)
        return lag is None or bounds[0] <= lag <= bounds[1]


def _without_tails(counts: Counter[int]) -> tuple[int, int]:
    """Least and most after a thousandth, at least one, was cut off at either end."""
    cut = max(sum(counts.values()) // 1000, 1)
    bounds = []
    for lags in (sorted(counts), sorted(counts, reverse=True)):
        left = cut
        for lag in lags:
            if counts[lag] > left:
                bounds.append(lag)
                break
            left -= counts[lag]
    return bounds[0], bounds[1]


def _line_order(line: Entry) -> tuple:
    return (line.id, str(line.date or ""), line.currency, line.amount, line.refs)


def _refs(refs: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(reference, refs))))


def _digits(lines: list[Entry], items: list[Item]) -> int:
    """Digits behind the point of the finest amount; at least cents."""
    digits = 2
    for one in (*lines, *items):
        exponent = one.amount.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > digits:
            digits = -exponent
    return digits
