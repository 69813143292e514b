"""Rules of a segment: who they hold for, what they say, how they are stored."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from ecom_crm_segments.algorithms.errors import BadInput
from ecom_crm_segments.algorithms.rules import (
    AllOf,
    AnyOf,
    Bought,
    Compare,
    Facts,
    Not,
    Operator,
    describe,
    english,
    from_json,
    holds,
    to_json,
)

TODAY = date(2026, 3, 1)
RICH = Compare("revenue", Operator.AT_LEAST, 100)
TEA = Bought(("tea",), times=2, days=30)


def ago(days):
    return TODAY - timedelta(days=days)


def facts(*purchases, **figures):
    return Facts(figures, purchases)


def test_comparisons():
    assert holds(RICH, facts(revenue=100), TODAY)
    assert not holds(RICH, facts(revenue=99), TODAY)
    among = Compare("group", Operator.IN, ("new", "loyal"))
    assert holds(among, facts(group="new"), TODAY)


def test_nobody_is_in_because_of_what_is_not_known():
    for operator in (Operator.EQUAL, Operator.LESS, Operator.AT_LEAST):
        assert not holds(Compare("revenue", operator, 0), facts(), TODAY)
    assert holds(Compare("revenue", Operator.NOT_EQUAL, 0), facts(), TODAY)


def test_bought_counts_orders_within_days():
    both = facts(("tea", ago(1), "S1"), ("tea", ago(29), "S2"))
    assert holds(TEA, both, TODAY)
    assert not holds(TEA, facts(("tea", ago(1), 1), ("tea", ago(30), 2)), TODAY)
    assert not holds(TEA, facts(("tea", ago(1), 1), ("cup", ago(2), 2)), TODAY)


def test_two_lines_of_one_order_are_one_time():
    assert not holds(TEA, facts(("tea", ago(1), 1), ("tea", ago(1), 1)), TODAY)


def test_did_not_buy_is_the_opposite():
    other = Bought(TEA.products, TEA.times, TEA.days, negated=True)
    for known in (facts(), facts(("tea", ago(1), 1), ("tea", ago(2), 2))):
        assert holds(TEA, known, TODAY) != holds(other, known, TODAY)


def test_all_any_none():
    rich = facts(revenue=200)
    assert holds(AllOf(), rich, TODAY)
    assert not holds(AnyOf(), rich, TODAY)
    assert holds(AnyOf((TEA, RICH)), rich, TODAY)
    assert not holds(AllOf((TEA, RICH)), rich, TODAY)
    assert holds(Not(TEA), rich, TODAY)


def words(rule):
    return describe(rule, english, lambda kind, value: str(value))


@pytest.mark.parametrize(
    "rule, text",
    [
        (AllOf(), "everybody"),
        (RICH, "revenue is at least 100"),
        (TEA, "bought tea at least 2 times within 30 days"),
        (Bought(negated=True, days=90), "did not buy anything within 90 days"),
        (Bought(("tea", "cup")), "bought tea or cup"),
        (AllOf((RICH, Not(TEA))), f"{words(RICH)} and not {words(TEA)}"),
        (
            AllOf((RICH, AnyOf((TEA, Bought(("cup",)))))),
            f"{words(RICH)} and ({words(TEA)} or bought cup)",
        ),
        (Compare("group", Operator.IN, ("a", "b")), "group is one of a, b"),
    ],
)
def test_rules_in_words(rule, text):
    assert words(rule) == text


@pytest.mark.parametrize(
    "rule",
    [
        AllOf((RICH, AnyOf((TEA, Not(Bought(days=5)))))),
        Compare("last", Operator.LESS, TODAY),
        Compare("amount", Operator.MORE, Decimal("9.90")),
        Compare("group", Operator.NOT_IN, ("a", "b")),
    ],
)
def test_rules_are_stored_and_read_back(rule):
    assert from_json(to_json(rule)) == rule


@pytest.mark.parametrize(
    "data",
    [
        None,
        5,
        {},
        {"figure": "a"},
        {"figure": "a", "operator": "~", "value": 1},
        {"figure": "a", "operator": "in", "value": 1},
        {"bought": ["tea"], "times": 0},
    ],
)
def test_what_is_no_rule_is_refused(data):
    with pytest.raises(BadInput):
        from_json(data)
