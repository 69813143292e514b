"""Lines, open items, and what matching says of them.

Amounts are signed: a sale is positive on both sides, a refund negative. Identifiers may
be written in any way, :mod:`.normalise` makes them comparable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any


class Layer(Enum):
    """By what a match was accepted, from the most certain to the least."""

    ID = "id"  # a provider's or seller's id, and the amount
    ID_PAYOUT = "id_payout"  # several items with the id: the payout or date decides
    ID_SPLIT = "id_split"  # several lines with the id add up to the item
    ID_FEE = "id_fee"  # the id, and the amount less a fee of the rate card
    ID_FX = "id_fx"  # the id, in another currency
    ID_AMOUNT_OFF = "id_amount_off"  # only the id: the amount is another one
    AFFIX = "affix"  # an id among other words, the amount, and no other candidate
    TYPO = "typo"  # an id with one typing error, the amount, and no other candidate
    FEE = "fee"  # no id: the amount less a fee, unique in its window
    AMOUNT = "amount"  # no id: the amount, unique in its window
    GROUP = "group"  # no id: the only subset of the window that adds up


#: How much a layer is trusted, 0 to 1; shown, and used to rank.
SCORES = {
    Layer.ID: 1.0,
    Layer.ID_PAYOUT: 0.99,
    Layer.ID_SPLIT: 0.99,
    Layer.ID_FEE: 0.98,
    Layer.ID_FX: 0.96,
    Layer.ID_AMOUNT_OFF: 0.9,
    Layer.AFFIX: 0.96,
    Layer.TYPO: 0.95,
    Layer.FEE: 0.9,
    Layer.AMOUNT: 0.92,
    Layer.GROUP: 0.9,
}


class FaultKind(Enum):
    """What is wrong with a line or an item."""

    MISSING = "missing"  # an item that no line pays
    DUPLICATE = "duplicate"  # a line that says again what another one said
    GHOST = "ghost"  # a line for which there is no item
    AMOUNT_OFF = "amount_off"  # matched by id, but not in this amount


@dataclass(frozen=True, slots=True)
class Item:
    """Something owed: the open part of an invoice or of a credit note.

    :param refs: ids that a line may name: order, seller's reference, payment...
    :param date: when it came to be.
    :param partner: whose it is, where lines know that too.
    :param payout: the payout it is expected in, where that is known.
    """

    id: str
    amount: Decimal
    currency: str
    refs: tuple[str, ...] = ()
    date: date | None = None
    partner: str = ""
    payout: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A settlement line to be matched.

    :param id: identity of the line; two lines with the same one are one line.
    :param refs: ids that it names, the most exact one first.
    :param original_amount: before conversion, in ``original_currency``.
    """

    id: str
    amount: Decimal
    currency: str
    refs: tuple[str, ...] = ()
    date: date | None = None
    partner: str = ""
    payout: str = ""
    original_amount: Decimal | None = None
    original_currency: str = ""


@dataclass(frozen=True)
class Policy:
    """What may be accepted.

    :param cards: fee rates of the channel, for lines that are already less the fee.
    :param fx_rates: (from, to) -> rate, for amounts of items in other currencies.
    :param fx_band: how far an amount may be from the converted one, as a part of it.
    :param max_lag: days from item to line at most; ``min_lag`` at least. Windows of
        lines without an id become narrower by what lines with one show.
    :param max_window: open items of a window at most; larger ones are not searched.
    :param searches: how many windows may be searched exhaustively.
    :param accept_amount_off: whether a unique id is enough for a match whatever the
        amount; the difference is a fault all the same.
    :param suggestions: ranked candidates for each refused line.
    """

    cards: tuple[Any, ...] = ()
    fx_rates: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    fx_band: Decimal = Decimal("0.05")
    max_lag: int = 60
    min_lag: int = -2
    max_window: int = 40
    searches: int = 20_000
    accept_amount_off: bool = True
    suggestions: int = 5


@dataclass(frozen=True, slots=True)
class Match:
    """Lines and items that belong together.

    :param difference: sum of the lines less sum of the items, in the items' currency;
        ``None`` across currencies.
    :param evidence: what speaks for it: ids, rates, windows.
    """

    lines: tuple[str, ...]
    items: tuple[str, ...]
    layer: Layer
    score: float
    difference: Decimal | None
    evidence: Mapping[str, Any]

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Pairs of line and item."""
        return tuple((line, item) for line in self.lines for item in self.items)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One candidate for a line, for a person to judge."""

    items: tuple[str, ...]
    score: float
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that was not matched, and why.

    :param why: ``ambiguous``, ``no_candidate``, ``unknown_id``, ``duplicate``,
        ``window_too_large``, ``amount_differs``, ``ids_contradict``, ``fx``,
        ``unusual_date``, ``not_proven``.
    """

    line: str
    why: str
    suggestions: tuple[Suggestion, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a line or an item.

    :param certain: ``False`` for an item that one of the ambiguous lines may pay: it
        is named, but not blamed.
    :param related: of a duplicate the line that it repeats.
    """

    kind: FaultKind
    line: str = ""
    item: str = ""
    certain: bool = True
    related: str = ""
    amount: Decimal | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """All that matching found; every line is in a match or a refusal, never in both."""

    matches: tuple[Match, ...]
    refusals: tuple[Refusal, ...]
    faults: tuple[Fault, ...]

    @property
    def edges(self) -> frozenset[tuple[str, str]]:
        """Pairs of line and item of all matches."""
        return frozenset(edge for match in self.matches for edge in match.edges)
