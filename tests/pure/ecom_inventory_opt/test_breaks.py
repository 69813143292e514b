"""Forecast breaks: what is one, and how often nothing is taken for one."""

import numpy as np
import pytest
from ecom_inventory_opt.algorithms import breaks


def series(mean, size=2.0, count=2000, weeks=60, seed=5):
    random = np.random.default_rng(seed)
    return random.negative_binomial(size, size / (size + mean), (count, weeks))


def found(demand):
    return breaks.find(demand, np.ones_like(demand, dtype=bool)).broken


@pytest.mark.parametrize("mean", [0.5, 3, 20])
def test_demand_that_did_not_change_is_hardly_ever_called_a_break(mean):
    assert found(series(mean)).mean() < 0.005


@pytest.mark.parametrize("factor", [0, 4])
def test_demand_that_stops_or_grows_fourfold_is_found(factor):
    demand = series(20)
    demand[:, -breaks.RECENT :] *= factor
    assert found(demand).mean() > 0.8


def test_weeks_out_of_stock_are_not_a_break():
    demand = series(20, count=50)
    demand[:, -4:] = 0
    observed = np.ones_like(demand, dtype=bool)
    observed[:, -4:] = False
    result = breaks.find(demand, observed)
    assert not result.broken.any()
    assert set(result.chance) == {1.0}


def test_what_was_usual_is_the_mean_of_the_weeks_before():
    demand = np.full((1, 40), 5.0)
    demand[:, -breaks.RECENT :] = 15.0
    result = breaks.find(demand, np.ones_like(demand, dtype=bool))
    assert result.usual[0] == breaks.RECENT * 5
    assert result.recent[0] == breaks.RECENT * 15
    assert result.broken[0]


def test_a_short_history_says_nothing():
    demand = np.full((1, 14), 5.0)
    demand[:, -breaks.RECENT :] = 50.0
    assert not found(demand).any()
    with pytest.raises(ValueError, match="within the history"):
        breaks.find(demand, demand > 0, recent=14)
