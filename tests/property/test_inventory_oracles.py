"""Classic policies against enumeration, integration and simulation of what they claim,
on cases that no table holds."""

import itertools
import math

import numpy as np
import pytest
from ecom_inventory_opt.algorithms import (
    continuous_review,
    ddmrp,
    eoq,
    joint_replenishment,
    loss,
    lot_sizing,
    newsvendor,
    periodic_review,
    safety_stock,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

COST = st.floats(0.5, 500)
HOLDING = st.floats(0.05, 20)
DEMAND = st.floats(1, 1e5)


@given(COST, HOLDING, st.floats(0.05, 50), DEMAND)
@settings(max_examples=60, deadline=None)
def test_eoq_with_backorders_against_a_grid(order, holding, waiting, demand):
    found = eoq.with_backorders(order, holding, waiting, demand)

    def cost(quantity, part):
        owed = part * quantity
        held = holding * (quantity - owed) ** 2 + waiting * owed**2
        return order * demand / quantity + held / (2 * quantity)

    assert found.cost == pytest.approx(cost(found.quantity, found.backordered))
    quantities = found.quantity * np.geomspace(0.2, 5, 101)[:, None]
    assert cost(quantities, np.linspace(0, 1, 101)).min() >= found.cost * (1 - 1e-9)


@given(COST, HOLDING, DEMAND, st.floats(1.05, 20))
@settings(max_examples=60, deadline=None)
def test_production_lot_against_a_grid(order, holding, demand, faster):
    found = eoq.production_quantity(order, holding, demand, demand * faster)
    quantities = found.quantity * np.geomspace(0.2, 5, 201)
    # Stock peaks at what was made less what went meanwhile.
    peak = quantities * (1 - 1 / faster)
    costs = order * demand / quantities + holding * peak / 2
    assert costs.min() == pytest.approx(found.cost)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("incremental", [False, True])
def test_discounts_against_every_quantity(seed, incremental):
    random = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(random.integers(20, 300, 3))]).astype(float)
    prices = np.sort(random.uniform(2, 12, 4))[::-1]
    order, rate, demand = random.uniform(5, 80), 0.25, random.uniform(200, 3000)
    quantities = np.arange(1, 40_001, dtype=float)
    tier = np.searchsorted(starts, quantities, side="right") - 1
    if incremental:
        steps = np.concatenate([[0], np.cumsum(np.diff(starts) * prices[:-1])])
        paid = steps[tier] + (quantities - starts[tier]) * prices[tier]
        found = eoq.incremental_discount(order, rate, demand, starts, prices)
    else:
        paid = prices[tier] * quantities
        found = eoq.all_units_discount(order, rate, demand, starts, prices)
    costs = demand * paid / quantities + order * demand / quantities + rate * paid / 2
    assert found.cost <= costs.min() + 1e-9
    assert found.cost == pytest.approx(costs.min(), rel=1e-3)


@given(st.lists(st.integers(0, 90), min_size=1, max_size=9), COST, HOLDING)
@settings(max_examples=80, deadline=None)
def test_lots_against_every_set_of_order_periods(demand, order, holding):
    found = lot_sizing.wagner_whitin(demand, order, holding)
    best = math.inf
    for orders in itertools.product((False, True), repeat=len(demand)):
        cost, last = 0.0, None
        for period, units in enumerate(demand):
            if orders[period]:
                cost, last = cost + order, period
            if units and last is None:
                break
            if units:
                cost += holding * units * (period - last)
        else:
            best = min(best, cost)
    assert found.cost == pytest.approx(best)


@given(HOLDING, HOLDING, st.floats(0.1, 60))
@settings(max_examples=80, deadline=None)
def test_newsvendor_of_whole_units_against_every_quantity(over, under, mean):
    found = newsvendor.poisson(over, under, mean)
    units = np.arange(0, 400)
    chance = stats.poisson.pmf(units, mean)
    stock = np.arange(0, 250)[:, None]
    costs = (
        chance
        * (over * np.maximum(stock - units, 0) + under * np.maximum(units - stock, 0))
    ).sum(axis=1)
    assert found.cost == pytest.approx(costs.min(), rel=1e-6, abs=1e-9)
    assert costs[int(found.quantity)] == pytest.approx(costs.min(), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("price", "cost", "salvage", "mean", "deviation"),
    [(25, 10, 4, 500, 120), (8, 7.5, 7, 40, 9), (100, 20, 0, 12, 3)],
)
def test_season_by_integration(price, cost, salvage, mean, deviation):
    found = newsvendor.season(price, cost, salvage, mean, deviation)
    spread = stats.norm(mean, deviation)

    def profit(quantity):
        def earned(units):
            sold = min(units, quantity)
            left = quantity - sold
            return (price * sold + salvage * left) * spread.pdf(units)

        low, high = mean - 9 * deviation, mean + 9 * deviation
        parts = [(low, quantity), (quantity, high)]
        return sum(integrate.quad(earned, *part)[0] for part in parts) - cost * quantity

    best = profit(float(found.quantity))
    assert found.profit == pytest.approx(best, rel=1e-6)
    for other in (0.9, 0.98, 1.02, 1.1):
        assert profit(float(found.quantity) * other) < best


@pytest.mark.parametrize(
    ("z", "table"),
    [
        *((-1.0, 1.0833), (0.0, 0.3989), (0.5, 0.1978), (1.0, 0.0833)),
        *((1.5, 0.0293), (2.0, 0.0085), (2.5, 0.0020), (3.0, 0.0004)),
    ],
)
def test_unit_normal_loss_of_the_printed_tables(z, table):
    assert loss.standard_normal_loss(z) == pytest.approx(table, abs=5e-5)


@pytest.mark.parametrize("factor", [0.0, 0.7, 1.5])
@pytest.mark.parametrize("quantity", [60, 150])
def test_fill_rate_of_a_reorder_point_by_simulation(factor, quantity):
    # Single buyers, 400 in a lead time: the position is any of r + 1 to r + Q.
    mean = 400
    random = np.random.default_rng(7)
    reorder = round(mean + factor * math.sqrt(mean))
    position = random.integers(reorder + 1, reorder + quantity + 1, 400_000)
    served = (position - random.poisson(mean, len(position)) > 0).mean()
    safety = reorder - mean
    found = safety_stock.expected_fill_rate(safety, quantity, math.sqrt(mean))
    assert found == pytest.approx(served, abs=0.01)


def test_deviation_with_a_lead_time_that_varies_by_simulation():
    random = np.random.default_rng(3)
    lead = np.maximum(random.normal(9, 2, 200_000), 0)
    demand = random.normal(20 * lead, 6 * np.sqrt(lead))
    found = safety_stock.interval_deviation(20, 6, 9, 2)
    assert found == pytest.approx(demand.std(), rel=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_joint_cycle_is_not_beaten_by_any_multiples(seed):
    random = np.random.default_rng(100 + seed)
    size = 3
    items = joint_replenishment.JointItems(
        float(random.uniform(10, 80)),
        tuple(random.uniform(1, 30, size)),
        tuple(random.uniform(0.2, 4, size)),
        tuple(random.uniform(50, 900, size)),
    )
    best = math.inf
    for multiples in itertools.product(range(1, 13), repeat=size):
        times = zip(multiples, items.own_costs, strict=True)
        orders = items.shared_cost + sum(own / k for k, own in times)
        held = sum(
            k * h * d
            for k, h, d in zip(
                multiples, items.holding_costs, items.demand, strict=True
            )
        )
        best = min(best, math.sqrt(2 * orders * held))
    assert joint_replenishment.optimal(items).cost == pytest.approx(best)
    assert joint_replenishment.silver(items).cost >= best - 1e-9


@pytest.mark.parametrize(("mean", "lead"), [(2.5, 1), (0.4, 4)])
def test_reorder_point_and_lot_against_every_one(mean, lead):
    order, holding, waiting = 12.0, 0.7, 9.0
    found = continuous_review.exact_poisson(order, holding, waiting, mean, lead)
    spread = stats.poisson(mean * lead)
    units = np.arange(0, 80)

    def level_cost(level):
        short = (spread.pmf(units) * np.maximum(units - level, 0)).sum()
        return holding * (level - mean * lead + short) + waiting * short

    costs = {level: level_cost(level) for level in range(-30, 80)}
    best = min(
        (order * mean + sum(costs[y] for y in range(r + 1, r + q + 1))) / q
        for r in range(-20, 30)
        for q in range(1, 45)
    )
    assert found.cost == pytest.approx(best, rel=1e-6)


def test_min_max_of_a_season_of_simulated_periods():
    """The cost of an (s, S) policy is what years of it come to."""
    order, holding, waiting, mean = 20.0, 1.0, 8.0, 6.0
    found = periodic_review.exact_poisson(mean, order, holding, waiting)
    random = np.random.default_rng(5)
    stock, total, periods = found.order_up_to, 0.0, 100_000
    for units in random.poisson(mean, periods).tolist():
        if stock <= found.reorder_point:
            stock, total = found.order_up_to, total + order
        stock -= units
        total += holding * max(stock, 0) + waiting * max(-stock, 0)
    assert total / periods == pytest.approx(found.cost, rel=0.02)


def test_zones_of_a_buffer_by_hand():
    buffer = ddmrp.zones(
        daily_usage=10,
        lead_time=12,
        lead_time_factor=0.5,
        variability_factor=0.5,
        smallest=50,
        order_cycle=7,
    )
    yellow, base = 10 * 12, 10 * 12 * 0.5
    assert buffer.yellow == yellow
    assert buffer.red == base + base * 0.5
    assert buffer.green == max(base, 10 * 7, 50)
    top = 90 + 120 + 70
    assert buffer.order([150, 90 + 120, 211]).tolist() == [top - 150, 70, 0]


@pytest.mark.parametrize(("mean", "order", "waiting"), [(20, 64, 9), (9, 32, 24)])
def test_power_approximation_costs_little_more_than_the_best(mean, order, waiting):
    best = periodic_review.exact_poisson(mean, order, 1.0, waiting)
    found = periodic_review.power_approximation(
        order, 1.0, waiting, mean, math.sqrt(mean)
    )
    low, high = round(found.reorder_point), round(found.order_up_to)
    stock, total, periods = high, 0.0, 60_000
    for units in np.random.default_rng(5).poisson(mean, periods).tolist():
        if stock <= low:
            stock, total = high, total + order
        stock -= units
        total += max(stock, 0) + waiting * max(-stock, 0)
    assert total / periods == pytest.approx(best.cost, rel=0.04)
