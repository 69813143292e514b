"""Which lines are one payment, and on which account the others are booked."""

from dataclasses import replace
from decimal import Decimal

import pytest
from ecom_finance_recon.booking import PURPOSES, group_payments, purpose_of
from ecom_finance_recon.formats.schema import FeeType, Kind, Line


def line(key, kind, amount, order="1", event="Order", **values):
    return Line(
        number=1,
        kind=kind,
        amount=Decimal(amount),
        currency="USD",
        key=key,
        order_ref=order,
        type_code=event,
        **values,
    )


def test_parts_of_an_order_are_one_payment_and_fees_are_none():
    lines = [
        line("a", Kind.SALE, "100.00"),
        line("b", Kind.SHIPPING, "5.00"),
        line("c", Kind.PROMOTION, "-5.00"),
        line("d", Kind.FEE, "-15.00", fee=FeeType.COMMISSION),
    ]
    (payment,) = group_payments(lines)
    assert payment.amount == Decimal("100.00") + 5 - 5
    assert payment.lines == ("a", "b", "c")
    assert group_payments(lines[::-1]) == (payment,)


def test_tax_that_the_channel_keeps_is_no_part_of_what_is_paid():
    (payment,) = group_payments(
        [
            line("a", Kind.SALE, "100.00"),
            line("b", Kind.TAX, "8.00"),
            line("c", Kind.CHANNEL_TAX, "-8.00"),
        ]
    )
    assert (payment.amount, payment.withheld) == (Decimal("100.00"), Decimal("8.00"))


def test_refund_of_an_order_is_a_payment_of_its_own():
    sale, refund = group_payments(
        [
            line("a", Kind.SALE, "100.00"),
            line("b", Kind.REFUND, "-30.00", event="Refund"),
            line("c", Kind.TAX, "-2.00", event="Refund"),
        ]
    )
    assert (sale.is_refund, refund.is_refund) == (False, True)
    assert refund.amount == Decimal("-30.00") - 2


def test_lines_without_any_id_stay_apart():
    lines = [line(key, Kind.SALE, "10.00", order="") for key in "ab"]
    assert len(group_payments(lines)) == 2


def test_foreign_amount_is_told_only_when_all_lines_tell_it():
    sale = line(
        "a",
        Kind.SALE,
        "98.00",
        original_amount=Decimal("100.00"),
        original_currency="SAR",
    )
    (payment,) = group_payments([sale])
    assert payment.original_amount == Decimal("100.00")
    silent = replace(sale, key="b", original_amount=None)
    (payment,) = group_payments([sale, silent])
    assert payment.original_amount is None


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_an_account(kind):
    assert purpose_of(kind, FeeType.STORAGE) in PURPOSES


def test_what_is_not_known_is_suspense_and_a_fee_is_its_own_account():
    assert purpose_of(Kind.SUSPENSE) == "suspense"
    assert purpose_of(Kind.FEE, FeeType.STORAGE) == "fee_storage"
    assert purpose_of(Kind.FEE) == "fee_other"
