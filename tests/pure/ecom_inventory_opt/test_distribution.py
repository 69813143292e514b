"""Distribution of demand: quantiles, calibration, lead times, degenerate input."""

import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import pytest
from ecom_inventory_opt import algorithms
from ecom_inventory_opt.algorithms import (
    backtest,
    boosting,
    distribution,
    lead_time,
    metrics,
    negative_binomial,
)
from pure_addons import ADDONS


def poisson(mean, series=200, weeks=80, seed=1):
    return np.random.default_rng(seed).poisson(mean, (series, weeks)).astype(float)


# -- negative binomial -----------------------------------------------------------------


@pytest.mark.parametrize(
    "mean, variance", [(0.3, 0.9), (4, 30), (20, 21), (3, 1), (2, 2000)]
)
def test_quantile_is_the_smallest_that_reaches_the_level(mean, variance):
    for level in (0.05, 0.5, 0.9, 0.975, 0.999):
        found = negative_binomial.quantile(level, mean, variance)
        assert negative_binomial.cumulative(found, mean, variance) >= level
        below = negative_binomial.cumulative(found - 1, mean, variance)
        assert found == 0 or below < level


def test_large_demand_is_continuous():
    exact = negative_binomial.cumulative(1203, 1000, 9000)
    assert negative_binomial.quantile(exact, 1000, 9000) == pytest.approx(
        1203, rel=2e-3
    )


def test_no_demand_has_no_quantile_above_zero():
    assert negative_binomial.quantile(0.999, 0, 5) == 0
    with pytest.raises(ValueError, match="between 0 and 1"):
        negative_binomial.quantile(1.0, 3, 5)


# -- the estimate ----------------------------------------------------------------------


@pytest.mark.parametrize("interval", [1, 4, 9])
def test_steady_demand_is_covered_as_promised(interval):
    values = poisson(3.0, 400, 104)
    past, future = values[:, : 104 - interval], values[:, 104 - interval :]
    found = distribution.estimate(past, interval)
    for level in (0.5, 0.9, 0.95):
        met = (future.sum(axis=1) <= found.quantile(level)).mean()
        assert level - 0.06 < met < level + 0.09


def test_mean_and_variance_of_steady_demand():
    found = distribution.estimate(poisson(5.0), 4)
    assert found.mean.mean() == pytest.approx(5 * 4, rel=0.05)
    assert found.variance.mean() == pytest.approx(5 * 4, rel=0.25)


def test_probability_is_the_inverse_of_the_quantile():
    found = distribution.estimate(poisson(6.0), 4)
    for level in (0.3, 0.8, 0.96):
        assert found.probability(found.quantile(level)) == pytest.approx(
            level, abs=0.02
        )
    assert (found.probability(-1) == 0).all()


def test_shortage_falls_with_stock():
    found = distribution.estimate(poisson(6.0), 4)
    assert found.shortage(0).mean() == pytest.approx(found.mean.mean(), rel=0.05)
    assert (np.diff([found.shortage(x) for x in (0, 10, 20, 40)], axis=0) <= 0).all()


def test_uncertain_lead_time_adds_to_the_tail_only():
    values = poisson(5.0)
    sure = distribution.estimate(values, 4)
    unsure = distribution.estimate(values, 4, interval_deviation=2.0)
    rate = sure.mean / 4
    assert unsure.variance == pytest.approx(sure.variance + (rate * 2) ** 2)
    assert (unsure.quantile(0.95) > sure.quantile(0.95)).all()
    assert unsure.median == pytest.approx(sure.median)


def test_intervals_of_each_series_and_of_parts_of_a_week():
    values = poisson(5.0, 100)
    mixed = distribution.estimate(values, [2, 6] * 50)
    assert mixed.mean[::2] == pytest.approx(distribution.estimate(values, 2).mean[::2])
    half = distribution.estimate(values, 0.5)
    assert half.mean == pytest.approx(distribution.estimate(values, 1).mean / 2)
    nothing = distribution.estimate(values, 0)
    assert nothing.mean.max() == 0
    assert nothing.quantiles.max() == 0


@pytest.mark.parametrize("interval", [-1, float("nan"), float("inf")])
def test_impossible_interval_is_refused(interval):
    with pytest.raises(ValueError, match="interval"):
        distribution.estimate([[1, 2, 3]], interval)


@pytest.mark.parametrize("weeks", [0, 1, 2, 5, 30, 104])
def test_degenerate_histories(weeks):
    values = np.zeros((4, weeks))
    if weeks:
        values[1, -1] = 1
        values[2] = 1e9
        values[3] = float("nan")
    found = distribution.estimate(values, 4)
    assert np.isfinite(found.quantiles).all()
    assert (found.quantiles >= 0).all()
    assert (np.diff(found.quantiles, axis=0) >= 0).all()
    assert found.mean[0] == found.quantiles[:, 0].max() == 0
    assert found.mean[3] == 0
    if weeks > 1:
        assert found.mean[2] == pytest.approx(4e9, rel=0.1)
    assert distribution.estimate(np.zeros((0, weeks)), 4).mean.shape == (0,)


def test_weeks_without_stock_do_not_lower_the_estimate():
    values = poisson(8.0, 150)
    seen = np.ones(values.shape, dtype=bool)
    seen[:, 70:76] = False
    values[~seen] = 0
    masked = distribution.estimate(values, 4, observed=seen)
    assert masked.mean.mean() == pytest.approx(8 * 4, rel=0.06)
    assert distribution.estimate(values, 4).mean.mean() < 8 * 4 * 0.95


def test_scaling_scales_everything():
    found = distribution.estimate(poisson(5.0, 20), 4)
    double = found.scaled(2.0)
    assert double.quantile(0.9) == pytest.approx(2 * found.quantile(0.9))
    assert double.variance == pytest.approx(4 * found.variance)


def test_order_of_the_series_does_not_matter():
    random = np.random.default_rng(4)
    values = random.negative_binomial(0.7, 0.1, (120, 70)).astype(float)
    order = random.permutation(120)
    straight = distribution.estimate(values, 4)
    mixed = distribution.estimate(values[order], 4)
    # cuts are looked for in every fifth state: other ones, the same distribution
    ratio = mixed.quantile(0.9) / np.maximum(straight.quantile(0.9)[order], 1)
    assert np.median(ratio) == pytest.approx(1, abs=0.05)


@pytest.mark.skipif(not boosting.available(), reason="scikit-learn is not installed")
def test_boosted_estimate_covers_as_promised():
    values = poisson(3.0, 300, 60)
    past, future = values[:, :56], values[:, 56:]
    found = distribution.estimate(past, 4, boost=True)
    met = (future.sum(axis=1) <= found.quantile(0.95)).mean()
    assert 0.9 < met < 0.99


def test_boosting_says_when_it_cannot_be_used(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(ImportError):
        distribution.estimate(poisson(3.0, 300, 60), 4, boost=True)


# -- what a planner is shown -----------------------------------------------------------


def test_backtest_sees_earlier_weeks_only():
    values = poisson(4.0, 60, 80)
    changed = values.copy()
    changed[:, 64:] = 1000

    def spy(past, horizon, observed):
        assert past.max() < 1000
        return distribution.estimate(past, horizon, observed)

    backtest.backtest(changed, 4, [60], estimator=spy)


def test_backtest_of_steady_demand():
    found = backtest.backtest(poisson(4.0, 200, 80), 4, [60, 68, 76])
    assert abs(found.bias) < 0.05
    assert sum(found.counts.values()) == 3 * 200
    assert all(
        0.85 < part <= 1
        for kind, part in found.coverage.items()
        if found.counts[kind] > 100
    )
    with pytest.raises(ValueError, match="origin"):
        backtest.backtest(poisson(4.0, 5, 20), 4, [18])


def test_coverage_by_group():
    found = metrics.coverage([1, 5, 2, 9], [2, 4, 2, 10], ["a", "a", "b", "b"])
    assert found == {"a": (0.5, 2), "b": (1.0, 2)}


# -- lead times ------------------------------------------------------------------------


def test_lead_time_of_a_supplier_who_is_always_late():
    found = lead_time.fit([12, 14, 10], [0, 0, 0], [8, 5])
    assert found.mean[0] == pytest.approx((3 * 8 + 12 + 14 + 10) / 6)
    squares = (12 - 12) ** 2 + (14 - 12) ** 2 + (10 - 12) ** 2
    shift = 3 * 3 / 6 * (12 - 8) ** 2
    assert found.deviation[0] == pytest.approx(
        np.sqrt((3 * 2**2 + squares + shift) / 6)
    )
    assert found.late[0] == 1
    assert found.mean[1] == 5, "without receipts the statement stands"
    assert np.isnan(found.late[1])


def test_dates_typed_wrongly_are_left_out():
    found = lead_time.fit([-4, float("nan"), 6], [0, 0, 0], [6])
    assert found.receipts[0] == 1
    assert found.mean[0] == 6


def test_product_with_few_receipts_leans_on_its_supplier():
    # the supplier takes five days more than stated; product 1 was never received
    found = lead_time.by_product([15] * 40, [0] * 40, [0] * 40, [10, 20], [0, 0], [10])
    assert found.mean[0] == pytest.approx(15, abs=0.5)
    assert found.mean[1] == pytest.approx(20 + (3 * 10 + 40 * 15) / 43 - 10)


def test_nothing_is_known():
    found = lead_time.fit([], [], [0, float("nan")])
    assert found.mean.tolist() == [0, 0]
    assert found.deviation.tolist() == [0, 0]


# -- import ----------------------------------------------------------------------------


def test_importing_the_algorithms_imports_neither_numpy_nor_scipy():
    names = [m.name for m in pkgutil.iter_modules(algorithms.__path__)]
    assert len(names) > 20
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pure_addons, importlib\n"
        "pure_addons.register()\n"
        "for name in sys.argv[2:]:\n"
        "    importlib.import_module('ecom_inventory_opt.algorithms.' + name)\n"
        "print(sorted({'numpy', 'scipy', 'sklearn', 'pandas'} & set(sys.modules)))"
    )
    support = ADDONS.parent / "tests" / "support"
    command = [sys.executable, "-c", code, str(support), *names]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_every_module_opens_with_what_it_does():
    for module in pkgutil.iter_modules(algorithms.__path__):
        name = f"{algorithms.__name__}.{module.name}"
        assert len(importlib.import_module(name).__doc__) > 200, name
