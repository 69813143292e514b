"""BG/NBD: the published results, its limits, and data it must refuse."""

from datetime import date

import numpy as np
import pytest
from ecom_crm_segments.algorithms import bg_nbd, history
from ecom_crm_segments.algorithms.errors import BadInput, TooFewData
from reference import case, columns, rows

CDNOW = "cdnow_customers_summary.csv.gz"
PAPER = bg_nbd.BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)


def parameters(model):
    return {name: getattr(model, name) for name in ("r", "alpha", "a", "b")}


@pytest.fixture(scope="module")
def cdnow():
    return columns(CDNOW, "frequency", "recency", "T")


# -- published results -----------------------------------------------------------------


def test_fit_reproduces_the_paper(cdnow):
    model = bg_nbd.fit(*cdnow)
    assert model.r == pytest.approx(0.243, abs=5e-4)
    assert model.alpha == pytest.approx(4.414, abs=5e-4)
    assert model.a == pytest.approx(0.793, abs=5e-4)
    assert model.b == pytest.approx(2.426, abs=5e-4)
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.05)


def test_fit_from_raw_orders_reproduces_the_reference():
    expected = case("bgnbd.fit.cdnow_sample_raw")["expected"]
    data = rows("cdnow_sample.csv.gz")
    days = [
        date(int(d[:4]), int(d[4:6]), int(d[6:])).toordinal()
        for d in (row["date"] for row in data)
    ]
    end = date(1997, 9, 30).toordinal()
    past = history.summarise([int(r["sample_id"]) for r in data], days, end=end)
    x, t_x, age = past.x, past.t_x / 7, past.age / 7
    model = bg_nbd.fit(x, t_x, age)
    assert len(past) == expected["customers"]
    assert x.sum() == expected["repeat_transactions"]
    assert t_x.sum() == pytest.approx(expected["sum_recency_weeks"])
    for name, value in parameters(model).items():
        assert value == pytest.approx(expected[name], rel=1e-3)
    assert model.log_likelihood == pytest.approx(expected["LL"], abs=0.01)
    predicted = bg_nbd.expected_purchases(model, 39, x, t_x, age).sum()
    assert predicted == pytest.approx(expected["holdout39w_predicted"], rel=1e-3)


@pytest.mark.parametrize("key", ["bgnbd.predict.paper", "bgnbd.predict.zero"])
def test_prediction_for_one_customer_is_the_published_one(key):
    known = case(key)
    given, expected = known["input"], known["expected"]
    model = bg_nbd.BgNbd(**given["params"])
    past = [given["x"]], [given["t_x"]], [given["T"]]
    bought = bg_nbd.expected_purchases(model, given["t"], *past)
    assert bought[0] == pytest.approx(expected["expected_purchases"], rel=1e-6)
    active = bg_nbd.probability_active(model, *past)
    assert active[0] == pytest.approx(expected["p_alive"], rel=1e-6)


# -- what must always hold -------------------------------------------------------------


def expected_by_series(model, horizon, x, age):
    """E[min(Poisson(λt), Geometric(p))], term by term: the same another way."""
    from scipy.special import betaln
    from scipy.stats import nbinom

    k = np.arange(1, 20000)
    tail = nbinom.sf(
        k - 1, model.r + x, (model.alpha + age) / (model.alpha + age + horizon)
    )
    stays = betaln(model.a, model.b + x + k - 1) - betaln(model.a, model.b + x)
    return (tail * np.exp(stays)).sum()


@pytest.mark.parametrize("a", [0.05, 0.793, 1.0, 1.0 + 1e-7, 3.0, 60.0, 1400.0])
@pytest.mark.parametrize("b", [0.2, 1.0, 2.4, 300.0, 8100.0])
@pytest.mark.parametrize("x", [0, 1, 7, 400])
def test_expectation_equals_its_series_everywhere(a, b, x):
    model = bg_nbd.BgNbd(0.9, 30.0, a, b)
    past = [float(x)], [300.0 if x else 0.0], [300.0]
    got = bg_nbd.expected_purchases(model, 180.0, *past)[0]
    active = bg_nbd.probability_active(model, *past)[0]
    assert got == pytest.approx(
        active * expected_by_series(model, 180.0, x, 300.0), rel=2e-4
    )


def test_derivatives_are_those_of_the_likelihood(cdnow):
    groups = bg_nbd._group(*(values[:300] for values in cdnow))
    theta = np.log([0.4, 6.0, 1.3, 2.0])
    _, gradient = bg_nbd._log_likelihood(theta, groups)
    for index, moved in enumerate(np.eye(4) * 1e-6):
        up, _ = bg_nbd._log_likelihood(theta + moved, groups)
        down, _ = bg_nbd._log_likelihood(theta - moved, groups)
        assert gradient[index] == pytest.approx((up - down) / 2e-6, rel=1e-5)


def test_unit_of_time_changes_alpha_and_nothing_else(cdnow):
    x, t_x, age = cdnow
    weeks, days = bg_nbd.fit(x, t_x, age), bg_nbd.fit(x, t_x * 7, age * 7)
    assert days.alpha == pytest.approx(weeks.alpha * 7, rel=1e-4)
    assert (days.r, days.a, days.b) == pytest.approx(
        (weeks.r, weeks.a, weeks.b), rel=1e-4
    )


def test_parameters_of_invented_customers_are_found_again():
    rng = np.random.default_rng(5)
    n = 20000
    rate, leave = rng.gamma(0.8, 1 / 60.0, n), rng.beta(1.5, 4.0, n)
    age = rng.integers(30, 700, n).astype(float)
    x, t_x, clock = np.zeros(n), np.zeros(n), np.zeros(n)
    active = np.ones(n, dtype=bool)
    while active.any():
        clock += rng.exponential(1 / rate)
        active &= clock <= age
        x[active] += 1
        t_x[active] = clock[active]
        active &= rng.random(n) >= leave
    model = bg_nbd.fit(x, t_x, age)
    assert model.r == pytest.approx(0.8, rel=0.08)
    assert model.alpha == pytest.approx(60.0, rel=0.08)
    assert model.a / (model.a + model.b) == pytest.approx(1.5 / 5.5, rel=0.12)
    spread = np.sqrt(np.diag(np.array(model.covariance)))
    assert abs(np.log(model.r / 0.8)) < 4 * spread[0]


def test_simulated_purchases_have_the_expected_mean():
    past = np.array([2.0, 0.0, 9.0]), np.array([30.0, 0.0, 20.0]), np.array([39.0] * 3)
    rng = np.random.default_rng(1)
    drawn = bg_nbd.simulate_purchases(PAPER, 39.0, *past, 40000, rng)
    mean = bg_nbd.expected_purchases(PAPER, 39.0, *past)
    assert drawn.mean(axis=1) == pytest.approx(mean, rel=0.05)
    some = (drawn > 0).mean(axis=1)
    assert some == pytest.approx(
        bg_nbd.probability_of_purchase(PAPER, 39.0, *past), abs=0.01
    )


def test_half_of_active_customers_buy_before_the_median_day():
    rng = np.random.default_rng(2)
    rate = rng.gamma(PAPER.r + 3, 1 / (PAPER.alpha + 40.0), 40000)
    waited = rng.exponential(1 / rate)
    median = bg_nbd.next_purchase_time(PAPER, 0.5, 3.0, 40.0)
    assert (waited < median).mean() == pytest.approx(0.5, abs=0.01)


def test_a_longer_silence_never_makes_a_customer_more_active():
    silence = np.linspace(0, 500, 60)
    n = np.ones(60)
    active = bg_nbd.probability_active(PAPER, 3 * n, 20 * n, 20 + silence)
    assert (np.diff(active) <= 0).all()
    assert active[0] <= 1 and active[-1] >= 0


def test_extreme_histories_give_numbers():
    past = (
        np.array([0.0, 1.0, 5000.0]),
        np.array([0.0, 0.0, 3650.0]),
        np.array([0.0, 1.0, 3650.0]),
    )
    for values in (
        bg_nbd.expected_purchases(PAPER, 3650.0, *past),
        bg_nbd.probability_active(PAPER, *past),
        bg_nbd.next_purchase_time(PAPER, 0.99, past[0], past[2]),
    ):
        assert np.isfinite(values).all() and (values >= 0).all()


# -- degenerate data -------------------------------------------------------------------


def test_too_few_customers_are_refused_with_the_number_that_is_needed():
    with pytest.raises(TooFewData) as error:
        bg_nbd.fit([3.0], [90.0], [100.0], bg_nbd.Requirement())
    missing = {shortage.what: shortage for shortage in error.value.shortages}
    assert missing["customers"].have == 1
    assert missing["customers"].need == bg_nbd.Requirement().customers
    assert set(missing) == {"customers", "repeat_customers", "days"}


def test_one_order_each_is_refused_for_want_of_repeat_customers():
    n = np.zeros(5000)
    with pytest.raises(TooFewData) as error:
        bg_nbd.fit(n, n, n + 200, bg_nbd.Requirement())
    assert [s.what for s in error.value.shortages] == ["repeat_customers"]
    assert error.value.shortages[0].have == 0


def test_no_customer_at_all_is_refused():
    with pytest.raises(TooFewData):
        bg_nbd.fit([], [], [])


def test_customers_that_are_all_equal_give_finite_parameters():
    n = np.ones(1000)
    model = bg_nbd.fit(4 * n, 80 * n, 100 * n)
    assert np.isfinite(list(parameters(model).values())).all()
    assert model.covariance == ()
    bought = bg_nbd.expected_purchases(model, 100.0, [4.0], [80.0], [100.0])
    assert 0 < bought[0] < 6


def test_impossible_histories_are_refused():
    with pytest.raises(BadInput):
        bg_nbd.fit([1.0], [50.0], [40.0])
    with pytest.raises(BadInput):
        bg_nbd.fit([-1.0], [0.0], [40.0])
    with pytest.raises(BadInput):
        bg_nbd.fit([1.0], [float("nan")], [40.0])
