"""Amazon tells amounts of tax only: where they leave no doubt, they tell the rate."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from amazon_seller import Seller
from ecom_orders.marketplaces.amazon.rates import rate_of, with_rates
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import ExternalLine, LineKind
from hypothesis import given
from hypothesis import strategies as st

D = Decimal
CENT, YEN = D("0.01"), D(1)


def inside(gross, rate, unit=CENT):
    """Net and tax of an amount that contains a tax."""
    gross, rate = D(gross), D(rate)
    tax = (gross * rate / (100 + rate) / unit).quantize(D(1), ROUND_HALF_UP) * unit
    return gross - tax, tax


def line(gross, rate):
    net, tax = inside(gross, rate)
    return ExternalLine(
        external_id=f"{gross}/{rate}",
        kind=LineKind.PRODUCT,
        name="Mug",
        quantity=D(1),
        subtotal=net,
        total=net,
        total_tax=tax,
        taxes={"tax": tax} if tax else {},
    )


@pytest.mark.parametrize(
    ("gross", "rate", "unit"),
    [
        ("19.99", "19", CENT),
        ("19.99", "7", CENT),
        ("24.90", "5.5", CENT),
        ("49.00", "13.5", CENT),
        ("99.00", "2.1", CENT),
        ("1980", "10", YEN),
        ("1080", "8", YEN),
    ],
)
def test_a_usual_rate_is_told_by_its_amounts(gross, rate, unit):
    assert rate_of(*inside(gross, rate, unit), unit) == D(rate)


@pytest.mark.parametrize(
    ("total", "tax"),
    [
        ("1.00", "0.19"),  # 18.3 to 19.7 per cent would give it
        ("100.00", "7.25"),  # no rate of a value-added tax
        ("100.00", "0.00"),
        ("0.00", "1.00"),
        ("-10.00", "1.90"),
    ],
)
def test_in_doubt_there_is_no_rate(total, tax):
    assert rate_of(D(total), D(tax), CENT) is None


@given(
    st.integers(min_value=500, max_value=500_000),
    st.sampled_from(["4", "5", "5.5", "7", "9", "10", "13.5", "19", "20", "21", "25"]),
)
def test_a_rate_that_is_told_is_the_one_that_was_levied(cents, rate):
    found = rate_of(*inside(D(cents) / 100, rate), CENT)
    assert found in (None, D(rate))


def test_two_rates_of_an_order_are_two_taxes():
    lines, rates = with_rates([line("119.00", "19"), line("10.70", "7")], "tax", CENT)
    assert rates == {"tax:19": D(19), "tax:7": D(7)}
    assert [dict(row.taxes) for row in lines] == [
        {"tax:19": D("19.00")},
        {"tax:7": D("0.70")},
    ]


def test_a_small_line_is_taxed_as_the_others_are():
    lines, rates = with_rates([line("119.00", "19"), line("1.19", "19")], "tax", CENT)
    assert rates == {"tax:19": D(19)}
    assert dict(lines[1].taxes) == {"tax:19": D("0.19")}


def test_a_small_line_alone_keeps_its_tax_without_a_rate():
    lines, rates = with_rates([line("1.19", "19")], "tax", CENT)
    assert (rates, dict(lines[0].taxes)) == ({}, {"tax": D("0.19")})


def test_a_line_without_tax_stays_as_it_is():
    untaxed = line("10.00", "0")
    assert with_rates([untaxed], "tax", CENT) == ((untaxed,), {})


# -- orders ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seller():
    with Seller() as running:
        yield running


def order(seller, scenario):
    connector = seller.connector()
    body = connector.fetch_order(seller.place(scenario)).body
    return connector.normalise_order(parse_json(body))


def test_an_order_with_prices_that_include_tax_names_its_rate(seller):
    found = order(seller, "amazon_de")
    assert [(rate.percent, rate.included) for rate in found.tax_rates] == [
        (D(19), True)
    ]
    (rate,) = found.tax_rates
    assert rate.total == found.total_tax
    assert rate.key in found.lines[0].taxes


def test_sales_tax_is_left_without_a_rate(seller):
    for rate in order(seller, "amazon_us").tax_rates:
        assert rate.percent is None
