"""The state of a matching run: what is open, what was decided, in integers.

Amounts are integers of one common unit, exact: the finest digit that any amount has.
Everything is sorted by id first, so that the order of the input means nothing.
"""

from __future__ import annotations

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
        self.open_items = [True] * len(self.items)
        self.open_lines = [True] * len(self.lines)
        self.paid_by: dict[int, tuple[int, ...]] = {}
        self.matches: list[Match] = []
        self.refusals: list[Refusal] = []
        self.faults: list[Fault] = []
        #: items that a refused line may pay
        self.doubtful: set[int] = set()
        #: days from item to line of certain matches: least, most
        self.lags: tuple[int, int] | None = None
        self.learned = 0

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
        self.matches.append(
            Match(
                tuple(self.lines[line].id for line in lines),
                tuple(self.items[item].id for item in items),
                layer,
                SCORES[layer],
                difference,
                evidence,
            )
        )

    def _learn(self, line: int, item: int) -> None:
        lag = self.lag(line, item)
        if lag is None:
            return
        self.learned += 1
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
        """What lags certain matches have, within what the policy allows."""
        least, most = self.policy.min_lag, self.policy.max_lag
        if self.lags is None:
            return least, most
        slack = 0 if self.learned >= ENOUGH else SLACK
        low, high = self.lags[0] - slack, self.lags[1] + slack
        return max(least, min(low, most)), min(most, max(high, least))

    def is_timely(self, line: int, item: int) -> bool:
        """Whether the line's date may be that of the item's payment."""
        lag = self.lag(line, item)
        if lag is None:
            return True
        least, most = self.lag_bounds()
        return least <= lag <= most


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
