"""Money: whatever an order says, the parts add up to its total."""

from datetime import datetime, timezone
from decimal import Decimal

from ecom_orders.marketplaces.pricing import largest_remainder, price_order, round_to
from ecom_orders.marketplaces.schema import (
    ZERO,
    ExternalLine,
    ExternalOrder,
    LineKind,
    OrderStatus,
    TaxRate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

UNITS = st.sampled_from(
    [Decimal("0.01"), Decimal(1), Decimal("0.001"), Decimal("0.05")]
)
AMOUNTS = st.decimals(-99999, 99999, places=6)
RATES = ("a", "b")


@st.composite
def orders(draw):
    """An order whose amounts need not fit together at all."""
    lines = tuple(
        ExternalLine(
            external_id=str(number),
            kind=LineKind.PRODUCT,
            name="x",
            quantity=Decimal(1),
            subtotal=ZERO,
            total=draw(AMOUNTS),
            taxes={key: draw(AMOUNTS) for key in RATES if draw(st.booleans())},
        )
        for number in range(draw(st.integers(0, 6)))
    )
    moment = datetime(2026, 1, 1, tzinfo=timezone.utc)
    return ExternalOrder(
        external_id="1",
        number="1",
        status=OrderStatus.OPEN,
        raw_status="",
        currency="USD",
        created_at=moment,
        updated_at=moment,
        total=draw(AMOUNTS),
        total_tax=ZERO,
        lines=lines,
        tax_rates=tuple(TaxRate(key, total=draw(st.none() | AMOUNTS)) for key in RATES),
    )


@given(orders(), UNITS)
@settings(max_examples=500, deadline=None)
def test_lines_taxes_and_difference_are_the_total(order, unit):
    priced = price_order(order, unit)
    parts = sum((line.included for line in priced.lines), ZERO)
    assert parts + priced.difference == priced.total == round_to(order.total, unit)


@given(orders(), UNITS)
@settings(max_examples=300, deadline=None)
def test_every_part_is_a_multiple_of_the_unit(order, unit):
    for line in price_order(order, unit).lines:
        for amount in (line.untaxed, *line.taxes.values()):
            assert amount % unit == 0


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.decimals(0, 10**6, places=6), min_size=1, max_size=30),
    UNITS,
)
@settings(max_examples=500, deadline=None)
def test_shares_add_up_and_are_within_one_unit_of_their_proportion(
    units, weights, unit
):
    total = units * unit
    shares = largest_remainder(total, weights, unit)
    assert sum(shares, ZERO) == total
    whole = sum(weights, ZERO)
    if whole:
        for share, weight in zip(shares, weights, strict=True):
            assert abs(share - total * weight / whole) < unit * Decimal("1.000001")
