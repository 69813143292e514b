"""Forecasts: each formula by hand, masks, seasons, planners' changes."""

import numpy as np
import pytest
from ecom_inventory_opt.algorithms import forecast, intermittent, seasonal, smoothing
from ecom_inventory_opt.algorithms.forecast import Adjustment

NAN = float("nan")


def test_moving_average_of_what_was_observed():
    values = [[1, 2, 3, 4], [9, 9, 9, 5]]
    seen = [[True, False, True, True], [False, False, False, True]]
    assert smoothing.moving_average(values, 2).tolist() == [3.5, 7]
    assert smoothing.moving_average(values, 2, seen).tolist() == [3.5, 5]
    assert smoothing.moving_average(values, 3, seen).tolist() == [(1 + 3 + 4) / 3, 5]


def test_window_of_nothing_is_refused():
    with pytest.raises(ValueError, match="window"):
        smoothing.moving_average([[1, 2]], 0)


def test_exponential_smoothing_by_hand():
    level = 4 + 0.5 * (8 - 4)
    level = level + 0.5 * (2 - level)
    assert smoothing.exponential_smoothing([[4, 8, 2]], 0.5)[0] == level


def test_unobserved_period_changes_nothing():
    assert smoothing.exponential_smoothing([[4, 8, NAN, 2]], 0.5) == pytest.approx(
        smoothing.exponential_smoothing([[4, 8, 2]], 0.5)
    )
    assert intermittent.croston([[4, 0, NAN, 2]]) == pytest.approx(
        intermittent.croston([[4, 0, 2]])
    )


def test_holt_by_hand():
    # level 10, trend 0; 12: expected 10, level 10 + .5 x 2, trend .2 x (11 - 10) = .2
    # two ahead with damping .9: 11 + .2 x (.9 + (.9 + .81)) / 2
    found = smoothing.holt([[10, 12]], 2, alpha=0.5, beta=0.2, damping=0.9)
    assert found[0] == pytest.approx(11 + 0.2 * (0.9 + 0.9 + 0.81) / 2)


def test_theta_goes_half_the_trend():
    rising = np.arange(40.0)[None, :]
    one, five = (smoothing.theta(rising, h, 0.5)[0] for h in (1, 9))
    assert five - one == pytest.approx((9 - 1) / 2 * 0.5)


def test_croston_by_hand():
    # sizes 4, then 4 + .1 (6 - 4); intervals 2, then 2 + .1 (3 - 2)
    found = intermittent.croston([[0, 4, 0, 0, 6, 0]], 0.1)
    assert found[0] == pytest.approx((4 + 0.1 * 2) / (2 + 0.1 * 1))
    assert intermittent.syntetos_boylan([[0, 4, 0, 0, 6, 0]], 0.1)[0] == pytest.approx(
        0.95 * found[0]
    )


def test_obsolete_product_fades_with_tsb_not_with_croston():
    values = [[5.0] * 20 + [0.0] * 40]
    assert intermittent.teunter_syntetos_babai(values)[0] < 0.01
    assert intermittent.croston(values)[0] == pytest.approx(5)


@pytest.mark.parametrize("name", forecast.METHODS)
def test_every_method_on_degenerate_histories(name):
    method = forecast.METHODS[name]
    nothing, one, many = np.zeros(30), np.zeros(30), np.full(30, 1e9)
    one[11] = 1
    found = method(np.array([nothing, one, many]))
    assert found.shape == (3,)
    assert found[0] == 0
    assert 0 <= found[1] <= 1
    assert found[2] == pytest.approx(0.95e9 if name == "sba" else 1e9)
    assert method(np.array([[3.0]]))[0] == pytest.approx(3, rel=0.06)
    assert method(np.zeros((0, 12))).shape == (0,)


@pytest.mark.parametrize("name", forecast.METHODS)
def test_series_do_not_influence_each_other(name):
    random = np.random.default_rng(3)
    values = random.poisson(1.5, (6, 40)).astype(float)
    together = forecast.METHODS[name](values)
    alone = [forecast.METHODS[name](row[None, :])[0] for row in values]
    assert together == pytest.approx(alone)


def test_seasons_need_two_cycles():
    one = np.tile([1.0, 3.0, 1.0, 3.0], (1, 1))
    assert seasonal.indices(one, 4).tolist() == [[1, 1, 1, 1]]
    with pytest.raises(ValueError, match="two periods"):
        seasonal.indices(one, 1)


def test_seasons_are_found_and_put_back():
    values = np.tile([10.0, 30.0, 20.0, 20.0], (1, 6))
    assert seasonal.indices(values, 4)[0] == pytest.approx([0.5, 1.5, 1, 1])

    def level(history, mask):
        return smoothing.exponential_smoothing(history, 0.2, mask)

    assert seasonal.seasonal_forecast(values, level, 4)[0] == pytest.approx(10)
    assert seasonal.seasonal_forecast(values, level, 4, 2)[0] == pytest.approx(20)


def test_last_years_rise_is_followed_in_part():
    values = np.full((60, 1), 10.0)
    values[8:12] = 40.0
    seen = np.ones_like(values, dtype=bool)
    found = seasonal.last_cycle_ratio(values, seen, np.array([40.0]), 4)
    # 160 against 40 a year ago, half of today's 40 and one piece added to both
    assert found[0] == pytest.approx(((160 + 21) / (40 + 21)) ** 0.35)


def test_half_a_year_knows_nothing_of_last_year():
    values = np.full((26, 1), 10.0)
    seen = np.ones_like(values, dtype=bool)
    assert seasonal.last_cycle_ratio(values, seen, np.array([40.0]), 4)[0] == 1


# -- planners --------------------------------------------------------------------------


def test_adjustments_apply_in_order_and_never_below_zero():
    found = forecast.adjust(
        [[10, 10, 10], [5, 5, 5]],
        [
            Adjustment(0, 1, 2, factor=2),
            Adjustment(0, 2, 2, units=5),
            Adjustment(1, 0, 0, units=-9),
        ],
    )
    assert found.tolist() == [[10, 20, 25], [0, 5, 5]]


def test_adjustment_of_the_past_is_refused():
    with pytest.raises(ValueError, match="future"):
        Adjustment(0, 3, 1)
    with pytest.raises(ValueError, match="negative"):
        Adjustment(0, 0, 1, factor=-1)


def test_value_that_a_planner_added():
    actual = [10, 20, 30, NAN, 8]
    machine = [12, 10, 30, 5, 8]
    planner = [11, 22, 25, 9, 8]
    found = forecast.value_added(actual, machine, planner)
    # changed and known: the first three; errors 2, 10, 0 against 1, 2, 5
    assert found.statistical == pytest.approx(12 / 3)
    assert found.adjusted == pytest.approx(8 / 3)
    assert found.value_added == pytest.approx(4 / 3)
    assert (found.periods, found.worse) == (3, 1)


def test_no_change_added_no_value():
    assert forecast.value_added([1], [2], [2]).periods == 0


def test_weeks_out_of_stock_leave_the_combination_as_it_was():
    sold = [10.0] * 12
    seen = [[True] * 12 + [False] * 8]
    assert forecast.combination([sold + [0.0] * 8], seen) == pytest.approx(
        forecast.combination([sold])
    )
