"""Whatever was given back, its shares add up to it, to the last unit."""

from decimal import Decimal

from ecom_orders.marketplaces.refunding import (
    Given,
    Share,
    price_amount,
    price_refund,
)
from hypothesis import given
from hypothesis import strategies as st

UNITS = st.sampled_from([Decimal("0.01"), Decimal("1"), Decimal("0.001")])
MONEY = st.decimals(min_value=0, max_value=100_000, places=4)
WEIGHTS = st.dictionaries(st.integers(0, 4), MONEY, max_size=3)
LINES = st.lists(
    st.builds(Given, key=st.integers(), untaxed=MONEY, tax=MONEY, weights=WEIGHTS),
    max_size=6,
)
GROUPS = st.lists(
    st.builds(Share, key=st.integers(), untaxed=MONEY, taxes=WEIGHTS), max_size=4
)


@given(MONEY, LINES, UNITS)
def test_lines_and_difference_add_up(amount, lines, unit):
    priced = price_refund(amount, lines, unit)
    total = sum(share.included for share in priced.shares) + priced.difference
    assert total == priced.amount
    assert abs(priced.amount - amount) <= unit / 2


@given(MONEY, LINES, UNITS)
def test_every_part_is_whole_units(amount, lines, unit):
    for share in price_refund(amount, lines, unit).shares:
        for part in (share.untaxed, *share.taxes.values()):
            assert part % unit == 0


@given(MONEY, GROUPS, UNITS)
def test_amount_alone_is_divided_without_rest(amount, groups, unit):
    priced = price_amount(amount, groups, unit)
    assert sum(share.included for share in priced.shares) == priced.amount
    assert priced.difference == 0


def test_tenth_of_the_total_is_a_tenth_of_each_tax():
    groups = [
        Share("10 %", Decimal("100.00"), {"t10": Decimal("10.00")}),
        Share("20 %", Decimal("50.00"), {"t20": Decimal("10.00")}),
    ]
    priced = price_amount(Decimal("17.00"), groups, Decimal("0.01"))
    assert [(s.key, s.untaxed, s.taxes) for s in priced.shares] == [
        ("10 %", Decimal("10.00"), {"t10": Decimal("1.00")}),
        ("20 %", Decimal("5.00"), {"t20": Decimal("1.00")}),
    ]


def test_order_without_amounts_gives_back_without_tax():
    priced = price_amount(Decimal("5.00"), [], Decimal("0.01"))
    assert [(s.untaxed, s.tax) for s in priced.shares] == [(Decimal("5.00"), 0)]


def test_tax_that_the_order_line_does_not_have_is_a_difference():
    line = Given("1", Decimal("10.00"), Decimal("1.00"))
    priced = price_refund(Decimal("11.00"), [line], Decimal("0.01"))
    assert priced.difference == Decimal("1.00")
