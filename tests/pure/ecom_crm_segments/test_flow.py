"""How many moved from group to group, as a picture."""

import pytest
from ecom_crm_segments.algorithms import flow
from ecom_crm_segments.algorithms.errors import BadInput
from ecom_crm_segments.algorithms.flow import GAP
from hypothesis import given
from hypothesis import strategies as st

MOVES = {("good", "good"): 6, ("good", "lost"): 2, ("new", "good"): 2}
ORDER = ("good", "new", "lost")


def bars(chart):
    return {(bar.name, bar.right): (bar.top, bar.height) for bar in chart.bars}


def test_a_bar_is_as_tall_as_its_group_is_large():
    chart = flow.layout(MOVES, ORDER, 100 + 2 * GAP)  # 10 for each of 10 customers
    assert bars(chart) == {
        ("good", False): (0, 80),
        ("new", False): (80 + GAP, 20),
        ("good", True): (0, 80),
        ("lost", True): (80 + GAP, 20),
    }


def test_ribbons_lie_side_by_side_in_their_bars():
    chart = flow.layout(MOVES, ORDER, 100 + 2 * GAP)
    places = {(r.source, r.target): (r.left, r.right) for r in chart.ribbons}
    assert places == {
        ("good", "good"): (0, 0),
        ("good", "lost"): (60, 80 + GAP),
        ("new", "good"): (80 + GAP, 60),
    }
    assert [ribbon.thickness for ribbon in chart.ribbons] == [60, 20, 20]


def test_the_outline_goes_there_and_back():
    ribbon = flow.Ribbon("a", "b", 1, 10.0, 30.0, 5.0)
    assert ribbon.path(200) == (
        "M14.0,10.0 C100.0,10.0 100.0,30.0 186.0,30.0 "
        "V35.0 C100.0,35.0 100.0,15.0 14.0,15.0 Z"
    )


def test_nobody_moved_is_an_empty_chart():
    assert flow.layout({}, ORDER, 100) == flow.Chart((), ())
    assert flow.layout({("good", "new"): 0}, ORDER, 100) == flow.Chart((), ())


def test_a_group_that_is_not_in_the_order_comes_last():
    chart = flow.layout({("x", "good"): 1, ("good", "x"): 1}, ORDER, 100)
    tops = bars(chart)
    assert tops["good", False] < tops["x", False]


def test_what_cannot_be_is_refused():
    with pytest.raises(BadInput):
        flow.layout({("good", "new"): -1}, ORDER, 100)
    with pytest.raises(BadInput):
        flow.layout(MOVES, ORDER, 2 * GAP)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")),
        st.integers(0, 1000),
    )
)
def test_nobody_is_lost_and_nothing_leaves_the_picture(moves):
    chart = flow.layout(moves, "abc", 400)
    total = sum(moves.values())
    assert sum(ribbon.count for ribbon in chart.ribbons) == total
    for right in (False, True):
        side = [bar for bar in chart.bars if bar.right is right]
        assert sum(bar.count for bar in side) == total
        assert all(bar.top + bar.height <= 400 + 1e-6 for bar in side)
        assert all(a.top + a.height <= b.top for a, b in zip(side, side[1:]))  # noqa: B905
