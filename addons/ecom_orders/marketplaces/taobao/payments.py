"""With what a trade was paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from ..reading import Reader
from ..schema import ZERO, Payment, PaymentKind
from . import const, moments
from .reader import children

FEN = Decimal(100)  # of a yuan


def payments(read: Reader, total: Decimal) -> tuple[Payment, ...]:
    """The tenders of a trade, together what was paid so far.

    Red envelopes and shopping cards are part of ``payment`` (the metadata says of red
    envelopes only where their amount stands; the rest is not confirmed). What is more
    than the whole is left out.

    :param total: what the buyer paid or has to pay.
    """
    if read.text("type", 64) in const.ON_DELIVERY:
        return (Payment("cod", "cod", total, PaymentKind.ON_DELIVERY),)
    staged = tuple(_stages(read))
    if staged:
        return staged
    paid_at = moments.read(read, "pay_time")
    if paid_at is None or read.text("status", 64) in const.UNPAID:
        return _deposit(read)
    return tuple(_tenders(read, total, paid_at))


def _tenders(read: Reader, total: Decimal, paid_at: datetime) -> Iterator[Payment]:
    left = total
    for payment in _special(read, paid_at):
        if payment.amount <= left:
            left -= payment.amount
            yield payment
    if left > 0:
        number = read.text("alipay_no", 200)
        yield Payment(
            number or "alipay", "alipay", left, PaymentKind.OTHER, number, paid_at
        )


def _special(read: Reader, paid_at: datetime) -> Iterator[Payment]:
    """Tenders beside the money that comes through Alipay."""
    envelope = read.decimal("tmall_coupon_fee") or read.decimal("coupon_fee")
    card = read.child("expandcard_info")
    kinds = (
        ("red_envelope", envelope / FEN, PaymentKind.STORE_CREDIT),
        ("alipay_point", read.decimal("alipay_point") / FEN, PaymentKind.STORE_CREDIT),
        (
            "shopping_card",
            card.decimal("basic_price_used") + card.decimal("expand_price_used"),
            PaymentKind.GIFT_CARD,
        ),
    )
    for code, amount, kind in kinds:
        if amount > 0:
            yield Payment(code, code, amount, kind, paid_at=paid_at)


def _stages(read: Reader) -> Iterator[Payment]:
    """Deposit and balance of a pre-sale, each with its number at Alipay.

    That ``pay_status`` 2 means "paid" is not confirmed; a stage with a number at Alipay
    is taken for paid as well.
    """
    for stage in children(read, "step_pay_details"):
        amount = stage.decimal("step_actual_pay_fee")
        number = stage.text("step_channel_no", 200)
        if amount > ZERO and (number or stage.decimal("pay_status") == 2):
            name = stage.identifier("id", required=False) or number or "stage"
            yield Payment(name, "alipay", amount, PaymentKind.OTHER, number)


def _deposit(read: Reader) -> tuple[Payment, ...]:
    paid = read.decimal("step_paid_fee")
    if paid > 0 and read.text("step_trade_status", 64) == const.DEPOSIT_PAID:
        return (Payment("deposit", "alipay", paid),)
    return ()
