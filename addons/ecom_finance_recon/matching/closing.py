"""The closing identity of a channel and period, to the cent.

    opening reserve + events = payouts + closing reserve
    each payout = its bank line
    opening deferred + newly deferred - released = closing deferred
    what is still deferred, one by one = ledger balance of deferred proceeds
    value of what is not matched = ledger balance of the clearing account

Green when all three hold; else the rows that break them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

ZERO = Decimal(0)

#: kinds that move money between settlements and are no event of the period
CARRIED = frozenset({"reserve", "carry_over"})


@dataclass(frozen=True, slots=True)
class Event:
    """Sum of the lines of one kind in one settlement.

    :param kind: value of :class:`~..formats.schema.Kind`.
    """

    settlement: str
    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Payout:
    """What a channel paid, and what the bank received.

    :param bank: ``None`` = not received yet.
    """

    reference: str
    settlement: str
    amount: Decimal
    bank: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What one settlement leaves to the next one.

    :param left: withheld at its end (reserve) or owed to the channel (negative).
    :param taken: what it took over from the one before, as its own lines say.
    """

    settlement: str
    taken: Decimal = ZERO
    left: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Deferred:
    """What a channel holds back, in a period.

    :param opening: of the transactions that were deferred before it; ``closing`` of
        those that are still at its end.
    :param added: newly deferred in it, ``released`` paid out or closed in it.
    :param ledger: balance of the account of deferred proceeds at its end.
    """

    opening: Decimal = ZERO
    added: Decimal = ZERO
    released: Decimal = ZERO
    closing: Decimal = ZERO
    ledger: Decimal = ZERO

    @property
    def breaks(self) -> tuple[Break, ...]:
        """Rows that break its identities."""
        moved = self.opening + self.added - self.released
        rows = (
            ("period", moved, self.closing),
            ("ledger", self.closing, self.ledger),
        )
        return tuple(
            Break("deferred", row, expected, found, found - expected)
            for row, expected, found in rows
            if expected != found
        )


@dataclass(frozen=True, slots=True)
class Break:
    """A row that breaks an identity.

    :param identity: ``flow``, ``bank``, ``carry_over``, ``ledger`` or
        ``deferred``.
    """

    identity: str
    row: str
    expected: Decimal | None
    found: Decimal | None
    difference: Decimal | None


@dataclass(frozen=True, slots=True)
class Closing:
    """The identity, computed.

    :param events: sums by kind, without what is carried.
    :param in_transit: paid by the channel, not received by the bank yet.
    """

    opening: Decimal
    events: Mapping[str, Decimal]
    payouts: Decimal
    closing: Decimal
    in_transit: Decimal
    unmatched: Decimal
    ledger: Decimal
    breaks: tuple[Break, ...]
    deferred: Deferred = field(default_factory=Deferred)

    @property
    def difference(self) -> Decimal:
        """Opening + events - payouts - closing."""
        moved = sum(self.events.values(), ZERO)
        return self.opening + moved - self.payouts - self.closing

    @property
    def is_green(self) -> bool:
        """Whether everything holds; money in transit breaks nothing."""
        return not self.breaks


def close(
    opening: Decimal,
    closing: Decimal,
    events: Iterable[Event],
    payouts: Iterable[Payout],
    carried: Iterable[Carried] = (),
    unmatched: Decimal = ZERO,
    ledger: Decimal = ZERO,
    deferred: Deferred | None = None,
) -> Closing:
    """Compute the identity and name what breaks it.

    :param opening: reserve (with carried balances) before the first settlement.
    :param closing: the same after the last one.
    :param carried: in the order of the settlements: each takes what the one before
        left.
    :param deferred: what is held back; it is no part of the flow until it is released.
    """
    deferred = deferred or Deferred()
    events, payouts, carried = list(events), list(payouts), list(carried)
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    by_settlement: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for event in events:
        by_settlement[event.settlement] += event.amount
        if event.kind not in CARRIED:
            sums[event.kind] += event.amount
    paid = sum((payout.amount for payout in payouts), ZERO)
    waiting = sum((p.amount for p in payouts if p.bank is None), ZERO)
    result = Closing(opening, dict(sums), paid, closing, waiting, unmatched, ledger, ())
    breaks = [
        *_flow(result, by_settlement, payouts),
        *_bank(payouts),
        *_chain(opening, closing, carried),
        *deferred.breaks,
    ]
    if unmatched != ledger:
        breaks.append(
            Break("ledger", "clearing", unmatched, ledger, ledger - unmatched)
        )
    return replace(result, breaks=tuple(breaks), deferred=deferred)


def _flow(
    result: Closing, by_settlement: Mapping[str, Decimal], payouts: list[Payout]
) -> list[Break]:
    """Settlements whose lines are not what was paid; else the period as a whole."""
    paid: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for payout in payouts:
        paid[payout.settlement] += payout.amount
    breaks = []
    for settlement in sorted({*by_settlement, *paid}):
        lines, amount = by_settlement.get(settlement, ZERO), paid[settlement]
        if lines != amount:
            breaks.append(Break("flow", settlement, lines, amount, amount - lines))
    if result.difference and not breaks:
        expected = result.closing + result.difference
        breaks.append(
            Break("flow", "period", expected, result.closing, -result.difference)
        )
    return breaks


def _bank(payouts: list[Payout]) -> list[Break]:
    return [
        Break("bank", p.reference, p.amount, p.bank, p.bank - p.amount)
        for p in payouts
        if p.bank is not None and p.bank != p.amount
    ]


def _chain(opening: Decimal, closing: Decimal, carried: list[Carried]) -> list[Break]:
    """Each settlement takes what the one before left."""
    breaks, left = [], opening
    for one in carried:
        if one.taken != left:
            breaks.append(
                Break("carry_over", one.settlement, left, one.taken, one.taken - left)
            )
        left = one.left
    if carried and left != closing:
        breaks.append(Break("carry_over", "closing", left, closing, closing - left))
    return breaks
