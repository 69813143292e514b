"""What a campaign has done: intervals, sizes, who is held out."""

import math

import numpy as np
import pytest
from ecom_crm_segments.algorithms import uplift
from ecom_crm_segments.algorithms.errors import BadInput
from ecom_crm_segments.algorithms.uplift import Arm


def test_difference_has_the_published_interval():
    """R. G. Newcombe (1998), table II, example (a), method 10: 56/70 against 48/80."""
    found = uplift.difference(Arm(70, 56), Arm(80, 48))
    assert found.effect == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_interval_of_one_share_is_wilsons():
    """E. B. Wilson's interval as Newcombe gives it for 81/263."""
    assert uplift.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_shares_of_none_and_all_have_intervals():
    low, high = uplift.wilson(0, 10)
    assert low == 0 and 0 < high < 0.4
    assert uplift.wilson(10, 10) == pytest.approx((1 - high, 1))
    found = uplift.difference(Arm(10, 0), Arm(10, 0))
    assert found.low < 0 < found.high


def test_nobody_in_a_group_tells_nothing():
    found = uplift.difference(Arm(0, 0), Arm(10, 3))
    assert (found.low, found.high) == (-1, 1)
    assert not found.significant
    assert uplift.measure(Arm(1, 1, 5, 25), Arm(10, 3)).revenue is None


def test_revenue_per_head_is_welchs_interval():
    from scipy import stats

    rng = np.random.default_rng(2)
    a = rng.exponential(20, 300) * (rng.random(300) < 0.3)
    b = rng.exponential(15, 80) * (rng.random(80) < 0.2)
    arms = [
        Arm(len(v), int((v > 0).sum()), float(v.sum()), float((v**2).sum()))
        for v in (a, b)
    ]
    found = uplift.mean_difference(*arms)
    test = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((test.low, test.high))


def test_equal_revenue_has_no_spread():
    found = uplift.mean_difference(Arm(3, 3, 30, 300), Arm(4, 4, 20, 100))
    assert (found.low, found.effect, found.high) == (5, 5, 5)


def test_intervals_hold_what_they_promise():
    rng = np.random.default_rng(8)
    inside = 0
    for _ in range(2000):
        treated = Arm(900, int(rng.binomial(900, 0.06)))
        control = Arm(100, int(rng.binomial(100, 0.04)))
        found = uplift.difference(treated, control)
        inside += found.low <= 0.02 <= found.high
    assert 0.93 <= inside / 2000 <= 0.985


def test_more_buyers_than_people_are_refused():
    with pytest.raises(BadInput):
        Arm(3, 4)


# -- size ------------------------------------------------------------------------------


def test_people_needed_for_equal_groups():
    # Fleiss: shares 10 % and 15 %, 5 % error, power 80 %: 686 in each group.
    assert uplift.people_needed(0.10, 0.05, 0.5) == 2 * 686


def test_the_smallest_uplift_needs_just_these_people():
    smallest = uplift.smallest_uplift(5000, 0.05, 0.2)
    assert uplift.people_needed(0.05, smallest, 0.2) <= 5000
    assert uplift.people_needed(0.05, smallest * 0.98, 0.2) > 5000


def test_too_few_people_show_nothing():
    assert uplift.smallest_uplift(3, 0.05, 0.1) == pytest.approx(0.95)


def test_no_effect_needs_endless_people():
    with pytest.raises(BadInput):
        uplift.people_needed(0.05, 0, 0.1)


# -- who is held out -------------------------------------------------------------------


def test_the_same_customer_has_the_same_fate():
    fates = [uplift.is_held_out("c", str(n), 0.2) for n in range(100)]
    assert fates == [uplift.is_held_out("c", str(n), 0.2) for n in range(100)]


def test_the_share_is_kept():
    held = sum(uplift.is_held_out("spring", str(n), 0.2) for n in range(20000))
    assert held / 20000 == pytest.approx(0.2, abs=4 * math.sqrt(0.2 * 0.8 / 20000))


def test_campaigns_are_independent():
    both = sum(
        uplift.is_held_out("a", str(n), 0.3) and uplift.is_held_out("b", str(n), 0.3)
        for n in range(20000)
    )
    assert both / 20000 == pytest.approx(0.09, abs=0.01)


def test_a_larger_share_keeps_those_who_were_held_out():
    small = {n for n in range(500) if uplift.is_held_out("c", str(n), 0.1)}
    large = {n for n in range(500) if uplift.is_held_out("c", str(n), 0.3)}
    assert small < large


def test_none_and_all():
    assert not any(uplift.is_held_out("c", str(n), 0) for n in range(100))
    assert all(uplift.is_held_out("c", str(n), 1) for n in range(100))
