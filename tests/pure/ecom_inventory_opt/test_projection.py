"""Stock of the coming weeks."""

import numpy as np
import pytest
from ecom_inventory_opt.algorithms import projection


def test_expected_stock_is_what_is_there_and_comes_less_what_goes():
    found = projection.project(20, [0, 30, 0], [5, 0, 0], 10, 4)
    assert found.expected.tolist() == [20, 20 - 5 - 10, 5 + 30 - 10, 25 - 10]
    assert found.run_out is None


def test_stock_runs_out_in_the_first_week_that_ends_with_less_than_nothing():
    found = projection.project(25, [0] * 4, [0] * 4, 10, 3)
    assert found.run_out == 3
    assert found.risk[2] < 0.5 < found.risk[3]
    assert found.risk[0] == 0


def test_the_bounds_widen_with_time_and_enclose_the_expectation():
    found = projection.project(500, [0] * 8, [0] * 8, 10, 6)
    width = found.high - found.low
    assert np.all(np.diff(width) > 0)
    assert np.all(found.low <= found.expected) and np.all(found.expected <= found.high)


def test_what_is_owed_already_is_out_of_stock_now():
    assert projection.project(-3, [0], [0], 0, 0).run_out == 0


def test_without_demand_stock_stays_what_it_is():
    found = projection.project(7, [0, 0], [0, 0], 0, 0)
    assert found.low.tolist() == found.high.tolist() == [7, 7, 7]
    assert found.risk.tolist() == [0, 0, 0]


@pytest.mark.parametrize("bad", [([0], [0, 0], 1, 1), ([0], [0], -1, 1)])
def test_input_that_makes_no_sense_is_refused(bad):
    with pytest.raises(ValueError):
        projection.project(1, *bad)
