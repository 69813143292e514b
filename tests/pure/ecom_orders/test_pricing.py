"""Amounts of an order, placed in its currency's smallest unit."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.pricing import (
    largest_remainder,
    price_order,
    round_to,
)
from ecom_orders.marketplaces.schema import (
    ExternalLine,
    ExternalOrder,
    LineKind,
    OrderStatus,
    TaxRate,
)

D = Decimal
CENT = D("0.01")


def line(number, total, **taxes):
    return ExternalLine(
        external_id=str(number),
        kind=LineKind.PRODUCT,
        name="Thing",
        quantity=D(1),
        subtotal=D(total),
        total=D(total),
        taxes={key: D(amount) for key, amount in taxes.items()},
    )


def order(*lines, total, rates=()):
    moment = datetime(2026, 1, 1, tzinfo=timezone.utc)
    return ExternalOrder(
        external_id="1",
        number="1",
        status=OrderStatus.OPEN,
        raw_status="processing",
        currency="USD",
        created_at=moment,
        updated_at=moment,
        total=D(total),
        total_tax=D(0),
        lines=lines,
        tax_rates=tuple(rates),
    )


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        ("0.005", "0.01", "0.01"),
        ("-0.005", "0.01", "-0.01"),
        ("0.0049999", "0.01", "0"),
        ("2980.5", "1", "2981"),
        ("0.03", "0.05", "0.05"),
        ("12.3455", "0.001", "12.346"),
    ],
)
def test_rounding_is_half_away_from_zero(amount, unit, expected):
    assert round_to(D(amount), D(unit)) == D(expected)


def test_largest_remainder_gives_the_unit_left_over_to_the_largest_part():
    # 1.00 over 1:1:1 is 0.33 each and one cent left, for the first of equals.
    assert largest_remainder(D(1), [D(1)] * 3, CENT) == [
        D("0.34"),
        D("0.33"),
        D("0.33"),
    ]


def test_largest_remainder_of_a_negative_total():
    assert sum(largest_remainder(D("-1"), [D(1)] * 3, CENT)) == D(-1)


def test_largest_remainder_of_weights_that_cancel_out():
    shares = largest_remainder(D("0.05"), [D(1), D(-1)], CENT)
    assert shares == [D("1.05"), D("-1")]


def test_largest_remainder_needs_something_to_divide_among():
    with pytest.raises(ValueError, match="nothing"):
        largest_remainder(D(1), [], CENT)


def test_tax_by_line_stays_by_line_when_the_shop_rounded_so():
    lines = [line(n, "0.05", vat="0.005") for n in range(3)]
    rates = [TaxRate("vat", percent=D(10), total=D("0.03"))]
    priced = price_order(order(*lines, total="0.18", rates=rates), CENT)
    assert [p.taxes for p in priced.lines] == [{"vat": CENT}] * 3
    assert priced.difference == 0


def test_tax_of_the_order_is_divided_when_the_shop_rounded_so():
    lines = [line(n, "0.05", vat="0.005") for n in range(3)]
    rates = [TaxRate("vat", percent=D(10), total=D("0.02"))]
    priced = price_order(order(*lines, total="0.17", rates=rates), CENT)
    assert [p.tax for p in priced.lines] == [CENT, CENT, D(0)]
    assert priced.difference == 0


def test_stated_tax_that_rounding_cannot_explain_is_not_believed():
    rates = [TaxRate("vat", percent=D(10), total=D("50"))]
    priced = price_order(order(line(1, "10", vat="1"), total="11", rates=rates), CENT)
    assert priced.lines[0].tax == 1
    assert priced.difference == 0


def test_tax_without_a_statement_is_the_rounded_sum_of_its_lines():
    priced = price_order(order(line(1, "1.99", vat="0.398"), total="2.39"), CENT)
    assert priced.lines[0].tax == D("0.40")


def test_difference_that_rounding_explains_is_rounding():
    priced = price_order(order(line(1, "10.00"), total="10.01"), CENT)
    assert (priced.difference, priced.difference_kind) == (CENT, LineKind.ROUNDING)


def test_difference_beyond_rounding_is_unexplained():
    priced = price_order(order(line(1, "10.00"), total="8.00"), CENT)
    assert priced.difference == D("-2")
    assert priced.difference_kind is LineKind.UNEXPLAINED


def test_yen_has_no_decimals_whatever_the_shop_writes():
    priced = price_order(order(line(1, "2980.40", vat="298.04"), total="3278.44"), D(1))
    assert priced.total == 3278
    assert priced.lines[0].untaxed == 2980
    assert priced.lines[0].tax == 298


def test_rate_that_was_levied_at_zero_is_kept():
    priced = price_order(order(line(1, "0", vat="0"), total="0"), CENT)
    assert priced.lines[0].taxes == {"vat": 0}
