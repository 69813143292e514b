"""From settlement lines to what is matched and what is booked.

One entry for each order and direction is matched with what is owed; one posting for
each of them, and one for each kind and fee of all others, is booked. Both add up to the
settlement, to the cent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal

from ..formats.moments import UTC
from ..formats.schema import ORDER_KINDS, UNCOUNTED, FeeType, Kind, Line
from .schema import Entry

ZERO = Decimal(0)

#: kinds that settle what a buyer owes, or is owed
BUYER_KINDS = ORDER_KINDS | {Kind.REFUND, Kind.CHARGEBACK}


@dataclass(frozen=True, slots=True)
class Posting:
    """One amount of the entry that books a settlement.

    :param kind: for what an order is paid always :attr:`Kind.SALE`, whatever it
        consists of.
    :param order: empty for what is booked in one sum.
    :param month: first day of the month that it belongs to; ``None`` when all is booked
        at once.
    :param lines: keys of the lines in it, for the way back.
    """

    kind: Kind
    amount: Decimal
    currency: str
    fee: FeeType | None = None
    order: str = ""
    month: date | None = None
    lines: tuple[str, ...] = ()


def side_of(line: Line) -> Kind:
    """Sale for all that a buyer pays for an order, else the line's own kind."""
    return Kind.SALE if line.kind in ORDER_KINDS else line.kind


def order_of(line: Line) -> str:
    """What names the order of a line: number, else the seller's or provider's id."""
    return (
        line.order_ref or line.merchant_ref or line.related_ref or line.transaction_ref
    )


def postings(
    lines: Iterable[Line], by_month: bool = False, zone: tzinfo = UTC
) -> tuple[Posting, ...]:
    """What to book for a settlement; the payout and memos are left out.

    Tax that the channel collects and keeps cancels out within the order.

    :param by_month: one set of postings for each month of the seller's ``zone``.
    """
    sums: dict[tuple, Decimal] = defaultdict(lambda: ZERO)
    keys: dict[tuple, list[str]] = defaultdict(list)
    for line in lines:
        if line.kind in UNCOUNTED:
            continue
        side = side_of(line)
        name = (
            _month(line, zone) if by_month else None,
            side,
            line.fee,
            order_of(line) if side in BUYER_KINDS else "",
            line.currency,
        )
        sums[name] += line.amount
        keys[name].append(line.key)
    return tuple(
        Posting(side, sums[name], currency, fee, order, month, tuple(keys[name]))
        for name in sorted(sums, key=_posting_order)
        for month, side, fee, order, currency in [name]
        if sums[name]
    )


def _month(line: Line, zone: tzinfo) -> date | None:
    if line.posted_at is None:
        return None
    return line.posted_at.astimezone(zone).date().replace(day=1)


def _posting_order(name: tuple) -> tuple:
    month, side, fee, order, currency = name
    return (str(month or ""), side.value, fee.value if fee else "", order, currency)


def entries(lines: Iterable[Line], zone: tzinfo = UTC) -> tuple[Entry, ...]:
    """What to match: an entry for each order, refund and chargeback.

    Refunds are told apart by their own id, so that two of one order stay two.

    :param zone: in which the day of a line is meant.
    """
    groups: dict[tuple, list[Line]] = defaultdict(list)
    for line in lines:
        side = side_of(line)
        if side in BUYER_KINDS:
            own = line.transaction_ref if side is not Kind.SALE else ""
            groups[side, order_of(line) or line.key, own, line.currency].append(line)
    found = (_entry(group, zone) for group in groups.values())
    return tuple(sorted((one for one in found if one.amount), key=lambda e: e.id))


def _entry(group: list[Line], zone: tzinfo) -> Entry:
    first = min(group, key=lambda line: line.key)
    moments = [line.posted_at for line in group if line.posted_at]
    side = side_of(first)
    own = (first.transaction_ref,) if side is not Kind.SALE else ()
    refs = dict.fromkeys(
        ref
        for line in group
        for ref in (
            *own,
            line.order_ref,
            line.merchant_ref,
            line.related_ref,
            line.transaction_ref,
        )
        if ref
    )
    originals = [line for line in group if line.original_amount is not None]
    foreign = {line.original_currency for line in originals} - {first.currency, ""}
    is_foreign = len(foreign) == 1 and len(originals) == len(group)
    total = sum((line.original_amount for line in originals), ZERO)
    return Entry(
        id=first.key if len(group) == 1 else f"{first.key}+{len(group) - 1}",
        amount=sum((line.amount for line in group), ZERO),
        currency=first.currency,
        refs=tuple(refs),
        date=min(moments).astimezone(zone).date() if moments else None,
        partner=first.partner,
        payout=first.payout_ref,
        original_amount=total if is_foreign else None,
        original_currency=foreign.pop() if is_foreign else "",
    )
