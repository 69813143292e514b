"""From sales to demand: returns, stock-outs, outliers, bundles, lives, classes."""

import numpy as np
import pytest
from ecom_inventory_opt.algorithms import classes, demand
from ecom_inventory_opt.algorithms.classes import Pattern
from ecom_inventory_opt.algorithms.demand import Life


def test_what_came_back_was_not_asked_for():
    found = demand.prepare([[5, 3, 4]], returns=[[0, 2, 6]])
    assert found.demand.tolist() == [[5, 1, 0]]
    assert found.negative.tolist() == [1], "more came back than was sold: counted"


def test_weeks_without_stock_are_unobserved_not_zero():
    sales = [[4, 5, 0, 0, 6, 5, 4]]
    stock = [[1, 1, 0, 0, 1, 1, 1]]
    found = demand.prepare(sales, in_stock=stock)
    assert found.observed.tolist() == [[True, True, False, False, True, True, True]]
    assert found.censored.tolist() == [2]


def test_a_good_week_counts_although_stock_ran_out():
    found = demand.prepare([[4, 5, 9, 4]], in_stock=[[1, 1, 0.3, 1]])
    assert found.observed.all(), "it sold more than usual: demand was at least that"


def test_product_is_unobserved_before_it_is_sold():
    found = demand.prepare([[0, 0, 3, 0], [0, 0, 3, 0]], listed=[9, 1])
    assert found.observed.tolist() == [
        [False, False, True, True],
        [False, True, True, True],
    ]


def test_a_mistake_is_capped_and_said():
    sales = [[4, 6, 5, 0, 7, 5, 80995, 6]]
    found = demand.prepare(sales)
    # quartiles 5 and 6, their range at least a quarter of the upper one: 6 x 6 / 4
    assert found.demand[0, 6] == 6 + 6 * 6 / 4
    assert found.capped.sum() == 80995 - 15
    assert demand.prepare(sales, cap=None).demand[0, 6] == 80995


def test_few_sales_are_no_ground_to_call_one_an_outlier():
    assert demand.prepare([[1, 0, 500, 0, 2]]).capped.sum() == 0


def test_unknown_numbers_are_unobserved():
    found = demand.prepare([[1, float("nan"), float("inf"), 2]])
    assert found.observed.tolist() == [[True, False, False, True]]
    assert found.demand.tolist() == [[1, 0, 0, 2]]


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="shape"):
        demand.prepare([1, 2, 3])
    with pytest.raises(ValueError, match="shape"):
        demand.prepare([[1, 2]], returns=[[1]])


def test_bundles_become_what_is_in_them():
    # row 0: a set of 2 pieces of row 2; row 1: a hamper of one set and 3 of row 3
    sold = [[1, 0], [2, 1], [5, 5], [0, 0]]
    contents = [{2: 2}, {0: 1, 3: 3}, {}, {}]
    found = demand.explode_bundles(sold, contents)
    assert found.tolist() == [[0, 0], [0, 0], [5 + 2 * (1 + 2), 5 + 2], [3 * 2, 3]]


def test_bundle_of_itself_is_refused():
    with pytest.raises(ValueError, match="itself"):
        demand.explode_bundles([[1], [1]], [{1: 1}, {0: 1}])


def test_nothing_is_in_no_bundles():
    assert demand.explode_bundles([[1, 2]], [{}]).tolist() == [[1, 2]]


def test_units_of_measure_do_not_mix():
    assert demand.convert_units([[1, 2], [3, 4]], [12, 1]).tolist() == [
        [12, 24],
        [3, 4],
    ]
    with pytest.raises(ValueError, match="positive"):
        demand.convert_units([[1]], [0])


def test_lives():
    sales = np.zeros((5, 60))
    sales[1, 55:] = 3
    sales[2, ::2] = 1
    sales[3, :20] = 4
    sales[4, ::20] = 9
    found = demand.life(demand.prepare(sales))
    assert found.tolist() == [
        Life.NEVER,
        Life.NEW,
        Life.ACTIVE,
        Life.DISCONTINUED,
        Life.ACTIVE,
    ]


def test_a_long_stock_out_is_not_the_end_of_a_product():
    sales = np.zeros((1, 60))
    sales[0, :20] = 4
    stock = np.ones((1, 60))
    stock[0, 20:] = 0
    assert demand.life(demand.prepare(sales, in_stock=stock))[0] is Life.ACTIVE


def test_empty_assortments_and_histories():
    assert demand.prepare(np.zeros((0, 5))).demand.shape == (0, 5)
    assert demand.prepare(np.zeros((2, 0))).observed.shape == (2, 0)


# -- classes ---------------------------------------------------------------------------


def test_patterns():
    found = classes.demand_patterns(
        [
            [5, 5, 6, 5, 5, 6],
            [0, 0, 5, 0, 0, 5],
            [1, 30, 2, 1, 40, 1],
            [0, 40, 0, 1, 0, 1],
            [0, 0, 0, 0, 0, 0],
        ]
    )
    assert found.pattern.tolist() == [
        Pattern.SMOOTH,
        Pattern.INTERMITTENT,
        Pattern.ERRATIC,
        Pattern.LUMPY,
        Pattern.NONE,
    ]
    assert found.interval.tolist() == [1, 3, 1, 2, float("inf")]


def test_unobserved_weeks_do_not_make_a_product_intermittent():
    values = [[5, 0, 0, 5, 5]]
    seen = [[True, False, False, True, True]]
    assert classes.demand_patterns(values).pattern[0] is Pattern.INTERMITTENT
    assert classes.demand_patterns(values, seen).pattern[0] is Pattern.SMOOTH


def test_product_that_crosses_a_limit_belongs_to_the_better_class():
    # shares before each: 0, .6, .85, .95, 1
    assert classes.abc([60, 25, 10, 5, 0]).tolist() == ["A", "A", "B", "C", "C"]


def test_no_values_are_all_the_last_class():
    assert classes.abc([0, float("nan"), -5]).tolist() == ["C", "C", "C"]
    with pytest.raises(ValueError, match="increase"):
        classes.abc([1], (0.9, 0.5))


def test_variability_classes():
    found = classes.xyz([[10, 10, 11, 9], [10, 2, 10, 2], [0, 30, 0, 0], [0, 0, 0, 0]])
    assert found.tolist() == ["X", "Y", "Z", "Z"]
