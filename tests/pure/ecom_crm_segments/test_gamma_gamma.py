"""Gamma-Gamma: the published results and values it cannot use."""

import numpy as np
import pytest
from ecom_crm_segments.algorithms import gamma_gamma
from ecom_crm_segments.algorithms.errors import TooFewData
from reference import case, columns


@pytest.fixture(scope="module")
def cdnow():
    name = "cdnow_customers_summary_with_transactions.csv.gz"
    return columns(name, "x", "zbar")


def test_fit_reproduces_the_note_of_fader_and_hardie(cdnow):
    model = gamma_gamma.fit(*cdnow)
    expected = case("gammagamma.fit.cdnow")["expected"]
    assert model.p == pytest.approx(6.25, abs=0.005)
    assert model.q == pytest.approx(3.74, abs=0.005)
    assert model.v == pytest.approx(15.44, abs=0.01)
    assert model.log_likelihood == pytest.approx(expected["LL"], abs=0.01)
    assert model.customers == 946


@pytest.mark.parametrize("key", ["1", "2", "4"])
def test_expected_value_is_the_published_one(key):
    known = case(f"gammagamma.predict.{key}")
    given = known["input"]
    model = gamma_gamma.GammaGamma(given["p"], given["q"], given["v"])
    value = gamma_gamma.expected_value(model, [given["x"]], [given["mean_value"]])
    assert value[0] == pytest.approx(known["expected"]["expected_value"], rel=1e-6)


def test_currency_changes_the_scale_and_nothing_else(cdnow):
    x, z = cdnow
    one, hundred = gamma_gamma.fit(x, z), gamma_gamma.fit(x, z * 100)
    assert (hundred.p, hundred.q) == pytest.approx((one.p, one.q), rel=1e-3)
    assert hundred.v == pytest.approx(one.v * 100, rel=1e-3)


def test_refunds_larger_than_orders_are_left_out_and_counted(cdnow):
    x, z = (values.copy() for values in cdnow)
    repeat = np.flatnonzero(x > 0)
    z[repeat[:10]] = -5.0
    model = gamma_gamma.fit(x, z)
    assert model.left_out == 10
    assert model.customers == 946 - 10
    # Whose past says nothing is expected to spend what everybody does.
    assert gamma_gamma.expected_value(model, [3], [-5.0])[0] == pytest.approx(
        model.population_mean
    )


def test_equal_values_give_that_value():
    model = gamma_gamma.fit(np.full(500, 3.0), np.full(500, 20.0))
    assert gamma_gamma.expected_value(model, [3], [20.0])[0] == pytest.approx(
        20, rel=0.01
    )


def test_no_repeat_purchase_with_a_value_is_refused():
    with pytest.raises(TooFewData):
        gamma_gamma.fit([0, 0, 2], [0, 0, -1.0])


def test_simulated_value_has_the_expected_mean():
    model = gamma_gamma.GammaGamma(6.25, 3.74, 15.44)
    rng = np.random.default_rng(3)
    bought = np.full((1, 100000), 4)
    drawn = gamma_gamma.simulate_value(model, bought, [2], [22.35], rng)
    each = gamma_gamma.expected_value(model, [2], [22.35])[0]
    assert drawn.mean() == pytest.approx(4 * each, rel=0.02)
