"""RFM: quantiles, limits, ties, groups, and who moved."""

from collections import defaultdict
from datetime import date

import numpy as np
import pytest
from ecom_crm_segments.algorithms import rfm
from ecom_crm_segments.algorithms.errors import BadInput
from ecom_crm_segments.algorithms.rfm import Group, Ties
from hypothesis import given
from hypothesis import strategies as st
from reference import case, online_retail


def test_online_retail_reproduces_the_reference():
    known = case("rfm.2010_2011")
    expected = known["expected"]
    snapshot = date.fromisoformat(known["input"]["snapshot"]).toordinal()
    figures = defaultdict(lambda: [10**6, 0, 0.0])
    for customer, day, value in online_retail(known["input"]["file"]):
        row = figures[customer]
        row[0] = min(row[0], snapshot - day)
        row[1] += 1
        row[2] += value
    customers = sorted(figures)
    days, orders, amount = np.array([figures[c] for c in customers]).T
    # Amounts that are equal in cents are equal.
    scores = rfm.score(days, orders, amount.round(2), ties=Ties.FIRST)
    assert len(customers) == expected["customers"]
    assert amount.sum() == pytest.approx(expected["revenue"], rel=1e-6)
    assert orders.sum() == expected["orders"]
    assert (orders == 1).sum() == expected["one_order_customers"]
    cells = np.stack([scores.recency, scores.frequency, scores.monetary], axis=1)
    assert (cells == 5).all(axis=1).sum() == expected["score_555"]
    assert (cells == 1).all(axis=1).sum() == expected["score_111"]
    for name, sample in expected["samples"].items():
        index = customers.index(int(name))
        assert cells[index].tolist() == [sample["r"], sample["f"], sample["m"]]
        assert amount[index] == pytest.approx(sample["M"])


def test_ten_customers_are_two_for_each_score():
    assert rfm.quantile_score(range(10), 5).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert rfm.quantile_score(range(10), 5, True).tolist() == [
        5, 5, 4, 4, 3, 3, 2, 2, 1, 1,
    ]  # fmt: skip


def test_all_equal_are_in_the_middle():
    assert set(rfm.quantile_score([7] * 11, 5).tolist()) == {3}


def test_one_customer_has_a_score():
    assert rfm.quantile_score([7], 5).tolist() == [5]


def test_nobody_has_no_score():
    assert rfm.quantile_score([], 5).tolist() == []


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=80), st.integers(2, 9))
def test_equal_figures_have_equal_scores_and_better_ones_no_worse(figures, parts):
    scores = rfm.quantile_score(figures, parts)
    assert scores.min() >= 1 and scores.max() <= parts
    by_figure = defaultdict(set)
    for figure, score in zip(figures, scores, strict=True):
        by_figure[figure].add(int(score))
    assert all(len(found) == 1 for found in by_figure.values())
    ordered = [by_figure[figure].pop() for figure in sorted(by_figure)]
    assert ordered == sorted(ordered)


def test_limits_are_good_on_their_own_day():
    assert rfm.limit_score([0, 30, 31, 91], [30, 90], True).tolist() == [3, 3, 2, 1]
    assert rfm.limit_score([1, 2, 5, 9], [2, 5]).tolist() == [1, 2, 3, 3]


def test_limits_that_do_not_rise_are_refused():
    with pytest.raises(BadInput):
        rfm.limit_score([1], [5, 5])


# -- groups ----------------------------------------------------------------------------


@pytest.mark.parametrize("parts", range(2, 10))
def test_every_cell_has_a_group(parts):
    scores = range(1, parts + 1)
    cells = {(r, f, m) for r in scores for f in scores for m in scores}
    groups = {rfm.group(*cell, parts) for cell in cells}
    assert groups <= set(Group)
    assert rfm.group(parts, parts, parts, parts) is Group.CHAMPION
    assert rfm.group(1, 1, 1, parts) is Group.LOST
    assert rfm.group(1, parts, parts, parts) is Group.CANNOT_LOSE
    assert rfm.group(parts, 1, 1, parts) is Group.NEW


def test_all_groups_are_reached_with_five_scores():
    scores = range(1, 6)
    assert {rfm.group(r, f, f) for r in scores for f in scores} == set(Group)


def test_scores_that_are_none_are_refused():
    with pytest.raises(BadInput):
        rfm.group(0, 1, 1)
    with pytest.raises(BadInput):
        rfm.group(1, 6, 1)


def test_transitions_tell_who_moved_came_and_went():
    before = {1: Group.NEW, 2: Group.NEW, 3: Group.LOYAL, 4: Group.LOST}
    after = {1: Group.LOYAL, 2: Group.LOYAL, 3: Group.LOYAL, 5: Group.NEW}
    moves = {(m.before, m.after): m.customers for m in rfm.transitions(before, after)}
    assert moves == {
        (Group.NEW, Group.LOYAL): 2,
        (Group.LOYAL, Group.LOYAL): 1,
        (Group.LOST, None): 1,
        (None, Group.NEW): 1,
    }
