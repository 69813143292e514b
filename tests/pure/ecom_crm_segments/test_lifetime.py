"""Lifetime value: season, level, hold-out, ranges."""

from datetime import date

import numpy as np
import pytest
from ecom_crm_segments.algorithms import history, lifetime, ranking, season
from ecom_crm_segments.algorithms.errors import BadInput, TooFewData
from reference import online_retail, rows

START = date(2024, 1, 1).toordinal()


def shop(seed=3, customers=2500, days=730, busy=None, leave=0.08, rate=1 / 50.0):
    """Orders of an invented shop: (customer, day, value), newcomers at all times.

    :param busy: how busy each month is; flat when left out.
    """
    rng = np.random.default_rng(seed)
    clock = season.Clock(season.Season(busy or season.FLAT), START, START + days)
    begin = float(clock.at(START))
    end = float(clock.at(START + days))
    found = []
    for customer in range(customers):
        time = rng.uniform(begin - 400, end)
        own = rng.gamma(1.0, rate)
        value = rng.gamma(4.0, 10.0)
        while time < end:
            if time >= begin:
                found.append((customer, int(clock.day(time)), rng.gamma(5, value / 5)))
            if rng.random() < leave:
                break
            time += rng.exponential(1 / own)
    table = np.array(found)
    return table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2]


# -- history ---------------------------------------------------------------------------


def test_orders_of_one_day_are_one_purchase():
    past = history.summarise([1, 1, 1, 2], [10, 10, 15, 12], [5, 7, 8, 9], end=20)
    assert past.customers.tolist() == [1, 2]
    assert past.x.tolist() == [1, 0]
    assert past.t_x.tolist() == [15 - 10, 0]
    assert past.age.tolist() == [20 - 10, 20 - 12]
    assert past.mean_value.tolist() == [8, 0]


def test_what_comes_later_is_not_known():
    past = history.summarise([1, 1, 2], [10, 30, 25], end=20)
    assert past.customers.tolist() == [1]
    assert past.x.tolist() == [0]


def test_no_order_is_no_customer():
    assert len(history.summarise([], [])) == 0


# -- season ----------------------------------------------------------------------------


def test_a_season_is_found_in_a_steady_shop():
    busy = (0.6, 0.7, 0.9, 0.9, 1, 1, 0.9, 0.8, 1.1, 1.3, 1.7, 1.1)
    customers, days, _ = shop(busy=busy, leave=0.0, customers=1500)
    found = season.measure(days, START, START + 729).index
    assert np.corrcoef(found, busy)[0, 1] > 0.97


def test_less_than_a_year_knows_no_season():
    days = np.arange(START, START + 200)
    assert season.measure(days, START, START + 199).flat


def test_seasonal_days_convert_back():
    clock = season.Clock(season.Season((2,) + (1,) * 10 + (0.5,)), START, START + 400)
    days = np.arange(START, START + 800)
    assert (clock.day(clock.at(days)) == days).all()
    assert clock.at(START + 30) - clock.at(START) == pytest.approx(2 * 30)


def test_a_flat_season_is_the_calendar():
    clock = season.Clock(season.Season(), START, START + 10)
    assert clock.at(START + 10) - clock.at(START) == 10


# -- hold-out --------------------------------------------------------------------------


def test_invented_shop_is_predicted_well():
    check = lifetime.hold_out(*shop(), START + 500, START + 682)
    assert abs(check.error) < 0.08
    assert check.gini > 0.3
    assert sum(row.customers for row in check.calibration) == check.customers
    total = sum(row.customers * row.predicted for row in check.calibration)
    assert total == pytest.approx(check.predicted)


def test_season_is_used_when_it_helps_and_only_then():
    busy = (0.4, 0.5, 0.6, 0.8, 1, 1, 0.9, 0.8, 1.1, 1.5, 2.2, 1.2)
    seasonal = lifetime.learn(*shop(busy=busy), START + 600)
    assert not seasonal.season.flat
    flat = lifetime.learn(*shop(), START + 600)
    assert flat.season.flat or max(flat.season.index) < 1.35


def test_online_retail_of_twelve_months_predicts_the_next_six():
    orders = np.array(
        online_retail(
            "uci_online_retail_II_2009_2010.csv.gz",
            "uci_online_retail_2010_2011.csv.gz",
        )
    )
    first = int(orders[:, 1].min())
    check = lifetime.hold_out(
        orders[:, 0].astype(int),
        orders[:, 1].astype(int),
        orders[:, 2],
        first + 364,
        first + 364 + 182,
    )
    assert abs(check.error) <= 0.10
    assert check.gini > check.baseline_gini
    assert check.lift > check.baseline_lift


def test_cdnow_is_predicted_no_worse_than_by_the_paper():
    data = rows("cdnow_sample.csv.gz")
    days = [
        date(int(d[:4]), int(d[4:6]), int(d[6:])).toordinal()
        for d in (row["date"] for row in data)
    ]
    check = lifetime.hold_out(
        [int(row["sample_id"]) for row in data],
        days,
        [float(row["spent"]) for row in data],
        date(1997, 9, 30).toordinal(),
        date(1998, 6, 30).toordinal(),
    )
    assert check.actual == 1882
    # The published parameters expect 1653.4 of them.
    assert abs(check.error) < abs(1653.4 / 1882 - 1)


# -- predictions -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def predicted():
    customers, days, values = shop(customers=1500)
    end = START + 600
    model = lifetime.learn(customers, days, values, end)
    past = history.summarise(customers, days, values, end)
    return past, lifetime.predict(model, past, 182), end


def test_range_holds_the_expected_amount_of_good_customers(predicted):
    past, result, _ = predicted
    assert (result.low <= result.high).all()
    regular = (past.x > 5) & (result.active > 0.8)
    assert regular.sum() > 20
    assert (result.amount[regular] < result.high[regular]).all()


def test_nine_of_ten_amounts_lie_below_the_upper_end(predicted):
    past, result, end = predicted
    customers, days, values = shop(customers=1500)
    came = np.zeros(len(past))
    later = (days > end) & (days <= end + 182)
    where = np.searchsorted(past.customers, customers[later])
    known = where < len(past)
    known[known] = past.customers[where[known]] == customers[later][known]
    np.add.at(came, where[known], values[later][known])
    assert 0.82 < (came <= result.high).mean() < 0.97


def test_days_of_the_next_order_are_in_order(predicted):
    _, result, end = predicted
    assert (result.next_early >= end).all()
    assert (result.next_early <= result.next_day).all()
    assert (result.next_day <= result.next_late).all()


def test_chances_are_chances(predicted):
    _, result, _ = predicted
    for values in (result.active, result.buys):
        assert ((values >= 0) & (values <= 1)).all()
    assert (result.buys <= result.active + 1e-12).all()


def test_same_seed_same_range(predicted):
    past, result, end = predicted
    model = lifetime.learn(*shop(customers=1500), end)
    again = lifetime.predict(model, past, 182)
    assert (again.high == result.high).all()


def test_impossible_horizons_are_refused(predicted):
    past, _, end = predicted
    model = lifetime.learn(*shop(customers=1500), end)
    with pytest.raises(BadInput):
        lifetime.predict(model, past, 0)


def test_too_little_is_refused_with_what_it_takes():
    with pytest.raises(TooFewData) as error:
        lifetime.learn([1, 2], [START, START + 3], [5, 6], START + 30)
    assert {s.what for s in error.value.shortages} == {
        "customers",
        "repeat_customers",
        "days",
    }


def test_orders_without_a_value_are_counted_but_not_valued():
    customers, days, _ = shop(customers=900)
    end = START + 600
    model = lifetime.learn(customers, days, np.zeros(len(days)), end)
    assert model.value is None
    past = history.summarise(customers, days, end=end)
    result = lifetime.predict(model, past, 90)
    assert result.purchases.sum() > 0 and result.amount.sum() == 0


# -- ranking ---------------------------------------------------------------------------


def test_lift_of_a_perfect_score_of_a_tenth():
    outcome = np.array([5] + [0] * 9)
    assert ranking.top_share_lift(outcome, outcome, 0.1) == pytest.approx(10)
    assert ranking.gini(outcome, outcome) == pytest.approx(1)


def test_a_score_that_says_nothing_has_no_lift():
    outcome = np.arange(10)
    assert ranking.top_share_lift(np.ones(10), outcome) == pytest.approx(1)
    assert ranking.gini(np.ones(10), outcome) == pytest.approx(0)
    assert ranking.gini(-outcome, outcome) == pytest.approx(-1)


def test_nothing_bought_ranks_nobody():
    assert ranking.gini([1, 2], [0, 0]) == 0
    assert ranking.top_share_lift([], []) == 0
