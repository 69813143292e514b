"""Inventory: whatever the numbers, no order is impossible and no estimate absurd."""

import numpy as np
from ecom_inventory_opt.algorithms import (
    classes,
    demand,
    distribution,
    eoq,
    forecast,
    lot_sizing,
    negative_binomial,
    planning,
    safety_stock,
    simulation,
    transfers,
)
from ecom_inventory_opt.algorithms.planning import Service, Terms
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

UNITS = st.one_of(
    st.sampled_from([0.0, 0.0, 1.0, 3.0, 1e9, float("nan")]),
    st.floats(0, 1e6),
)
ANY_UNITS = st.one_of(UNITS, st.floats(-1e6, 0))
MONEY = st.one_of(st.sampled_from([0.0, float("nan")]), st.floats(0.01, 1e5))
POSITIVE = st.floats(0.01, 1e5)
LEVELS = st.floats(0.01, 0.999)


def histories(elements=UNITS):
    shapes = st.tuples(st.integers(0, 6), st.integers(0, 70))
    return shapes.flatmap(lambda shape: hnp.arrays(float, shape, elements=elements))


@given(histories(ANY_UNITS), histories(ANY_UNITS), st.booleans())
@settings(max_examples=150, deadline=None)
def test_prepared_demand_is_finite_and_not_negative(sales, returns, capped):
    returns = returns if returns.shape == sales.shape else None
    found = demand.prepare(sales, returns, cap=6.0 if capped else None)
    assert np.isfinite(found.demand).all()
    assert (found.demand >= 0).all()
    assert (found.capped >= 0).all()
    assert not found.demand[~found.observed].any()
    assert len(demand.life(found)) == len(sales)
    assert len(classes.demand_patterns(found.demand, found.observed).pattern) == len(
        sales
    )


@given(histories())
@settings(max_examples=100, deadline=None)
def test_every_forecast_is_between_nothing_and_the_largest_demand(values):
    top = np.nan_to_num(values).max(initial=0)
    for name, method in forecast.METHODS.items():
        found = method(values)
        assert np.isfinite(found).all(), name
        # only those with a trend go beyond what was seen
        trend = 2.5 if name in ("holt", "theta", "combination") else 1 + 1e-9
        assert (found >= -1e-9).all() and (found <= top * trend + 1e-6).all(), name


@given(
    histories(),
    st.floats(0, 20),
    st.floats(0, 5),
    st.sampled_from(Service),
    LEVELS,
    MONEY,
    MONEY,
    MONEY,
    st.floats(0, 5000),
    st.integers(0, 144),
    ANY_UNITS,
)
@settings(max_examples=150, deadline=None)
def test_order_points_are_finite_and_orders_possible(
    values,
    interval,
    deviation,
    kind,
    service,
    price,
    order,
    stockout,
    least,
    pack,
    position,
):
    history = demand.prepare(values)
    found = distribution.estimate(
        history.demand, interval, history.observed, interval_deviation=deviation
    )
    assert (np.diff(found.quantiles, axis=0) >= -1e-6).all()
    terms = Terms(
        service=service,
        kind=kind,
        price=price,
        order_cost=order,
        stockout_cost=stockout,
        smallest=least,
        pack=pack,
    )
    points = planning.order_points(found, terms)
    for numbers in (
        points.reorder_point,
        points.lot,
        points.annual_cost,
        points.fill_rate,
    ):
        assert np.isfinite(numbers).all()
        assert (numbers >= 0).all()
    ordered = points.lot > 0
    assert (points.lot[ordered] >= least - 1e-6).all()
    if pack:
        remainder = points.lot / pack
        assert np.allclose(remainder, np.rint(remainder))
    position = np.nan_to_num(position)
    quantity = planning.order_quantity(
        position, points.reorder_point, points.order_up_to, pack
    )
    assert (quantity >= 0).all()
    assert (quantity[points.reorder_point <= position] == 0).all()


@given(POSITIVE, POSITIVE, POSITIVE, st.floats(0, 1e4), st.integers(0, 500))
@settings(max_examples=300, deadline=None)
def test_a_constraint_never_makes_a_lot_cheaper(order, holding, demanded, least, pack):
    free = eoq.economic_quantity(order, holding, demanded)
    bound = eoq.constrained_quantity(order, holding, demanded, least, pack)
    assert bound.cost >= free.cost * (1 - 1e-9)
    assert bound.quantity >= least * (1 - 1e-9)
    if pack:
        for step in (-pack, pack):
            other = float(bound.quantity) + step
            if other >= max(least, pack):
                cost = eoq.lot_cost(other, order, holding, demanded)
                assert bound.cost <= cost * (1 + 1e-9)


@given(st.lists(st.integers(0, 100), max_size=12), st.floats(0, 500), st.floats(0, 10))
@settings(max_examples=200, deadline=None)
def test_no_plan_of_lots_is_short_and_the_heuristic_never_wins(amounts, order, holding):
    best = lot_sizing.wagner_whitin(amounts, order, holding)
    quick = lot_sizing.silver_meal(amounts, order, holding)
    for plan in (best, quick):
        left = np.cumsum(np.subtract(plan.quantities, amounts))
        assert (left >= -1e-9).all()
    assert best.cost <= quick.cost * (1 + 1e-9) + 1e-9


@given(LEVELS, st.floats(0.01, 1e4), st.floats(0.01, 1e6))
@settings(max_examples=300, deadline=None)
def test_quantiles_rise_with_the_level(level, mean, variance):
    low = negative_binomial.quantile(level * 0.9, mean, variance)
    high = negative_binomial.quantile(level, mean, variance)
    assert 0 <= low <= high < np.inf


@given(LEVELS, POSITIVE, st.floats(0, 1e4))
@settings(max_examples=300, deadline=None)
def test_a_fill_rate_is_reached_by_its_own_factor(rate, quantity, deviation):
    k = safety_stock.fill_rate_factor(rate, quantity, deviation)
    reached = safety_stock.expected_fill_rate(k * deviation, quantity, deviation)
    assert reached >= rate - 1e-6


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=5),
    st.lists(st.integers(0, 50), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
@settings(max_examples=100, deadline=None)
def test_transfers_neither_make_nor_lose_goods(surplus, need, random):
    costs = [[random.uniform(0, 9) for _ in need] for _ in surplus]
    found = transfers.transport(surplus, need, costs)
    assert (found.units.sum(axis=1) <= np.array(surplus) + 1e-9).all()
    assert np.allclose(found.units.sum(axis=0) + found.unmet, need)
    assert np.isclose(found.units.sum(), min(sum(surplus), sum(need)))


@given(
    hnp.arrays(float, (3, 20), elements=st.integers(0, 40).map(float)),
    st.integers(0, 4),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(0, 7),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_a_replay_neither_makes_nor_loses_goods(
    values, lead, low, more, pack, backorders
):
    levels = simulation.Levels(np.full(3, float(low)), np.full(3, float(low + more)))
    world = simulation.World(
        values, lead_time=lead, pack=float(pack), backorders=backorders
    )
    found = simulation.replay(world, lambda period: levels, 0, 20)
    assert 0 <= found.fill_rate <= 1
    assert 0 <= found.in_stock <= 1
    assert found.stock_value >= 0
    sold = values.sum() - found.short
    assert sold <= 3 * (low + more) + found.units + 1e-9
    if backorders and lead == 0 and low + more >= 41 and low > 0 and low >= 41:
        assert found.short == 0
