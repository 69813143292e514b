"""Policies side by side on one history: what a planner can rely on."""

import numpy as np
import pytest
from ecom_inventory_opt.algorithms import exchange, planning

WEEKS, FIRST = 60, 40


def scenario(demand=None, **values):
    """Two products, ten and four a week, lead time two weeks, cost 5, price 9."""
    if demand is None:
        demand = np.repeat([[10.0], [4.0]], WEEKS, axis=1)
    values = {
        "price": np.full(len(demand), 9.0),
        "lead_time": np.full(len(demand), 2.0),
        "lead_deviation": np.zeros(len(demand)),
        "terms": planning.Terms(price=5.0, order_cost=10.0),
        "first": FIRST,
        **values,
    }
    return exchange.Scenario(demand, np.ones_like(demand, dtype=bool), **values)


def noisy():
    random = np.random.default_rng(7)
    return random.negative_binomial(2, 2 / (2 + 10), (60, WEEKS)).astype(float)


def test_more_service_needs_more_stock_on_every_curve():
    some = scenario(noisy())
    for points in (exchange.own(some), exchange.cover(some, 13)):
        curve = exchange.curve(points)
        assert list(curve.service) == sorted(curve.service)
        assert curve.stock[-1] > curve.stock[0]


def test_rules_that_are_never_reached_sell_only_what_they_began_with():
    point = exchange.rules(scenario(warm_up=0), np.zeros(2), np.array([30.0, 12.0]))
    # 20 weeks of 10 and of 4 were asked for, three weeks of each were there.
    assert point.replay.fill_rate == pytest.approx(3 / 20)
    assert point.replay.orders == 0


def test_weeks_of_cover_that_exceed_the_lead_time_meet_steady_demand():
    points = exchange.cover(scenario(), 13, covers=(2,))
    assert points[0].replay.fill_rate == 1.0


def test_demand_that_grows_is_not_known_beforehand():
    before = scenario()
    after = before.changed(1.5, 1.0)
    assert np.array_equal(after.demand[:, :FIRST], before.demand[:, :FIRST])
    assert np.array_equal(after.demand[:, FIRST:], before.demand[:, FIRST:] * 1.5)
    rules = np.array([30.0, 12.0]), np.array([40.0, 16.0])
    assert (
        exchange.rules(after, *rules).replay.fill_rate
        < exchange.rules(before, *rules).replay.fill_rate
    )


def test_longer_lead_times_need_more_stock_for_the_same_service():
    some = scenario(noisy())
    stock = exchange.curve(exchange.own(some)).stock_at(0.98)
    longer = exchange.curve(exchange.own(some.changed(1.0, 2.0))).stock_at(0.98)
    assert longer > stock


def test_a_policy_only_sees_the_weeks_before():
    demand = np.repeat([[10.0], [4.0]], WEEKS, axis=1)
    changed = demand.copy()
    changed[:, -1] = 1000.0
    least = [
        exchange.own(scenario(some), services=(0.9,))[0].replay.units
        for some in (demand, changed)
    ]
    assert least[0] == least[1]


def test_too_short_a_history_and_negative_factors_are_refused():
    with pytest.raises(ValueError, match="within the history"):
        scenario(first=WEEKS - 2)
    with pytest.raises(ValueError, match="negative"):
        scenario().changed(-1, 1)
