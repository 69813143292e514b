"""Which lines of a settlement together are one payment of a buyer, or one refund.

Providers split what a buyer paid: principal, shipping, promotion, tax, tax withheld.
An invoice has one open amount, so that the parts have to be put together first. What
the channel withholds and remits cancels the tax that the buyer paid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..formats.schema import ORDER_KINDS, ZERO, Kind, Line

BUYER_KINDS = ORDER_KINDS | {Kind.REFUND}


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a buyer, or one refund, in one settlement.

    :param key: key of its first line: the same file gives the same one.
    :param lines: keys of its lines.
    :param refs: ids that it names, the most exact one first.
    :param amount: signed as the lines are: refunds are negative.
    :param withheld: tax in it that the channel keeps and remits, zero or positive for
        a sale; it came in and went out, so that ``amount`` is without it.
    :param original_amount: what the buyer paid, where all lines tell it alike.
    """

    key: str
    lines: tuple[str, ...]
    refs: tuple[str, ...]
    amount: Decimal
    currency: str
    is_refund: bool
    withheld: Decimal = ZERO
    date: date | None = None
    payout: str = ""
    partner: str = ""
    original_amount: Decimal | None = None
    original_currency: str = ""


def group_payments(lines: Iterable[Line]) -> tuple[Payment, ...]:
    """Payments and refunds of a settlement, the oldest first.

    Lines are one payment when order, event (the first word of the type) and
    transaction are the same; the order of the lines changes nothing.
    """
    groups: dict[tuple, list[Line]] = defaultdict(list)
    for line in lines:
        if line.kind in BUYER_KINDS:
            groups[_identity(line)].append(line)
    found = [
        _payment(sorted(group, key=lambda one: one.key)) for group in groups.values()
    ]
    return tuple(sorted(found, key=lambda one: (str(one.date or ""), one.key)))


def _identity(line: Line) -> tuple:
    order = line.order_ref or line.merchant_ref
    if not order and not line.transaction_ref:
        return (line.key,)
    event = line.type_code.split("|")[0]
    return (order, event, line.transaction_ref, line.currency)


def _payment(group: list[Line]) -> Payment:
    dates = [line.posted_at.date() for line in group if line.posted_at]
    amount = sum((line.amount for line in group), ZERO)
    withheld = -sum(
        (line.amount for line in group if line.kind is Kind.CHANNEL_TAX), ZERO
    )
    original, currency = _original(group)
    return Payment(
        key=group[0].key,
        lines=tuple(line.key for line in group),
        refs=_refs(group),
        amount=amount,
        currency=group[0].currency,
        is_refund=any(line.kind is Kind.REFUND for line in group) or amount < 0,
        withheld=withheld,
        date=max(dates, default=None),
        payout=group[0].payout_ref,
        partner=next((line.partner for line in group if line.partner), ""),
        original_amount=original,
        original_currency=currency,
    )


def _refs(group: list[Line]) -> tuple[str, ...]:
    names = ("order_ref", "merchant_ref", "transaction_ref", "related_ref")
    found = (getattr(line, name) for name in names for line in group)
    return tuple(dict.fromkeys(filter(None, found)))


def _original(group: list[Line]) -> tuple[Decimal | None, str]:
    """What was paid in the buyer's currency, when all lines name the same one."""
    currencies = {line.original_currency for line in group}
    if len(currencies) != 1 or any(line.original_amount is None for line in group):
        return None, ""
    currency = currencies.pop()
    if not currency or currency == group[0].currency:
        return None, ""
    return sum((line.original_amount for line in group), ZERO), currency
