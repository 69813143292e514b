"""What each order line earned, as known at a date."""

from datetime import date, datetime, timezone
from decimal import Decimal

import pytest
from ecom_finance_recon.matching.profit import (
    Component,
    LineFacts,
    Movement,
    contributions,
    group,
    revisions,
    share,
)
from hypothesis import given
from hypothesis import strategies as st

D = Decimal


def known(month, day):
    return datetime(2026, month, day, tzinfo=timezone.utc)


def movement(key, line, component, amount, month=3, day=1, told=None):
    moment = known(*(told or (month, day)))
    return Movement(key, line, component, D(amount), date(2026, month, day), moment)


MOVEMENTS = (
    movement("1", "L1", Component.PRICE, "100"),
    movement("2", "L1", Component.DISCOUNT, "-10"),
    movement("3", "L1", Component.COST_OF_GOODS, "-40"),
    movement("4", "L1", Component.FEE, "-13.50", told=(3, 20)),
    movement("5", "L1", Component.FREIGHT, "-5.20", told=(4, 12)),
    movement("6", "L2", Component.PRICE, "20", day=2),
    movement("7", "L2", Component.REFUND, "-20", month=4, day=9),
)


def test_contribution_is_the_sum_of_its_components():
    found = contributions(MOVEMENTS)
    # 100 - 10 - 40 - 13.50 - 5.20
    assert found["L1"].total == D("31.30")
    assert found["L1"].revenue == D(90)
    assert round(found["L1"].margin, 4) == D("0.3478")
    assert found["L2"].total == 0
    assert found["L2"].margin is None


def test_last_months_report_comes_out_again_as_it_was():
    at_the_end_of_march = known(3, 31)
    assert contributions(MOVEMENTS, at_the_end_of_march)["L1"].total == D("36.50")
    assert contributions(MOVEMENTS, at_the_end_of_march)["L2"].total == D(20)


def test_what_became_known_later_is_a_revision():
    assert revisions(MOVEMENTS, known(3, 31), known(4, 30)) == {
        "L1": D("-5.20"),
        "L2": D(-20),
    }


def test_revisions_explain_the_whole_difference():
    before, after = known(3, 10), known(4, 30)
    old, new = contributions(MOVEMENTS, before), contributions(MOVEMENTS, after)
    for line, change in revisions(MOVEMENTS, before, after).items():
        assert new[line].total - old[line].total == change


def test_a_movement_that_comes_again_is_the_same_one():
    assert contributions(MOVEMENTS * 2) == contributions(MOVEMENTS)


def test_a_period_takes_what_belongs_to_it():
    found = contributions(MOVEMENTS, since=date(2026, 4, 1), until=date(2026, 4, 30))
    assert {line: one.total for line, one in found.items()} == {"L2": D(-20)}


def test_lines_are_grouped_by_anything_known_of_them():
    facts = [
        LineFacts("L1", sku="A", channel="shop"),
        LineFacts("L2", sku="B", channel="shop"),
    ]
    found = contributions(MOVEMENTS)
    by_channel = group(found, facts, lambda fact: fact.channel)
    assert by_channel["shop"].total == D("31.30")
    by_sku = group(found, facts[:1], lambda fact: fact.sku)
    assert {name: one.total for name, one in by_sku.items()} == {"A": D("31.30"), "": 0}


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        ("10.00", {"a": 1, "b": 1, "c": 1}, ("3.34", "3.33", "3.33")),
        ("-10.00", {"a": 1, "b": 1, "c": 1}, ("-3.33", "-3.33", "-3.34")),
        ("0.01", {"a": 1, "b": 2}, ("0.00", "0.01")),
        ("5.00", {"a": 0, "b": 0}, ("2.50", "2.50")),
        ("7.00", {"a": 3, "b": 4}, ("3.00", "4.00")),
    ],
)
def test_an_amount_is_divided_without_losing_a_cent(amount, weights, parts):
    found = share(D(amount), {name: D(weight) for name, weight in weights.items()})
    assert sorted(found.values()) == sorted(map(D, parts))


@given(
    st.decimals(-10_000, 10_000, places=4),
    st.dictionaries(st.text(max_size=3), st.integers(0, 1000), max_size=12),
)
def test_parts_always_add_up_exactly(amount, weights):
    parts = share(amount, {name: D(weight) for name, weight in weights.items()})
    assert sum(parts.values(), D(0)) == (amount if weights else 0)
    assert set(parts) == set(weights)
