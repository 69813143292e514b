"""Which records of stock are counted on which day."""

import itertools

import numpy as np
import pytest
from ecom_inventory_opt.algorithms import counting


def test_interval_keeps_at_least_the_counts_of_a_year():
    assert counting.interval_days([12, 4, 1, 0]).tolist() == [30, 91, 365, np.inf]
    assert 365 // 30 >= 12


def test_negative_counts_a_year_are_refused():
    with pytest.raises(ValueError, match="not negative"):
        counting.interval_days([-1])


def test_due_is_what_is_left_of_the_interval():
    due = counting.due_days([10, 40, 10, 10], 30, [0, 0, 1, 0], [0, 0, 0, 1])
    # 30 - 10; overdue; 30 / 2 - 10; negative stock is wrong for certain.
    assert due.tolist() == [20, 0, 5, 0]


def test_what_has_no_interval_is_never_due_unless_negative():
    due = counting.due_days([900, 900], np.inf, [2, 0], [False, True])
    assert due.tolist() == [np.inf, 0]


def test_counts_that_a_day_needs():
    # Ten records every 30 days and five in doubt, every 15, on 250 days of a year.
    need = counting.counts_per_day(np.full(15, 30.0), [0] * 10 + [1] * 5, 250)
    assert need == pytest.approx((10 * 365 / 30 + 5 * 365 / 15) / 250)


def test_each_takes_its_day_when_there_is_room():
    plan = counting.schedule([3, 0, 2, 9], [1, 1, 1, 1], capacity=1, days=5)
    assert plan.day.tolist() == [3, 0, 2, -1]
    assert not plan.late.any()


def test_a_crowded_day_is_spread_over_those_before_it():
    plan = counting.schedule([4] * 6, [1, 2, 3, 4, 5, 6], capacity=2, days=5)
    assert sorted(plan.day.tolist()) == [2, 2, 3, 3, 4, 4]
    assert not plan.late.any()


def test_the_important_are_in_time_and_the_others_late():
    plan = counting.schedule([0, 0, 0], [1, 3, 2], capacity=1, days=2)
    assert plan.day.tolist() == [-1, 0, 1]
    assert plan.late.tolist() == [True, False, True]


@pytest.mark.parametrize("seed", range(40))
def test_as_much_importance_is_in_time_as_can_be(seed):
    random = np.random.default_rng(seed)
    count, days, capacity = random.integers(1, 8), 4, int(random.integers(1, 3))
    due = random.integers(0, days, count)
    rank = random.permutation(count) + 1.0
    plan = counting.schedule(due, rank, capacity, days)
    assert np.bincount(plan.day[plan.day >= 0], minlength=days).max() <= capacity
    assert (plan.day[~plan.late] <= due[~plan.late]).all()
    best = max(
        rank[list(chosen)].sum()
        for size in range(count + 1)
        for chosen in itertools.combinations(range(count), size)
        # All can be in time when up to no day more are due than can be counted.
        if all(
            (due[list(chosen)] <= day).sum() <= capacity * (day + 1)
            for day in range(days)
        )
    )
    assert rank[~plan.late].sum() == best


def test_every_a_item_is_counted_at_least_twelve_times_in_a_year():
    interval = counting.interval_days(np.repeat([12.0, 4.0, 1.0], [20, 30, 50]))
    since = np.arange(100) % interval
    counted = np.zeros((100, 366), dtype=bool)
    for today in range(366):
        due = counting.due_days(since, interval, 0, False)
        rank = counting.importance(since, interval, 0, False)
        plan = counting.schedule(due, rank, capacity=2, days=20)
        counted[:, today] = plan.day == 0
        since = np.where(counted[:, today], 0, since) + 1
    for row in np.flatnonzero(interval == 30):
        days = np.flatnonzero(counted[row])
        assert np.diff(days).max() <= 30
        assert len(days) >= 12


def test_a_plan_without_capacity_is_refused():
    with pytest.raises(ValueError, match="at least one count a day"):
        counting.schedule([0], [1], capacity=0, days=5)
