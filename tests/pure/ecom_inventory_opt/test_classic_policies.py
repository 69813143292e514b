"""Classic policies: worked examples, and optimality against every alternative."""

import itertools
import math

import numpy as np
import pytest
from ecom_inventory_opt.algorithms import (
    continuous_review,
    ddmrp,
    echelon,
    eoq,
    joint_replenishment,
    loss,
    lot_sizing,
    newsvendor,
    periodic_review,
    safety_stock,
)

# -- economic order quantities ---------------------------------------------------------


def test_eoq_of_many_items_at_once():
    found = eoq.economic_quantity([10, 40], 2, [90, 160])
    assert found.quantity == pytest.approx(
        [math.sqrt(2 * 10 * 90 / 2), math.sqrt(2 * 40 * 160 / 2)]
    )
    assert found.cost == pytest.approx([2 * 30, 2 * 80])


def test_waiting_customers_make_larger_orders():
    found = eoq.with_backorders(10, 2, 8, 90)
    assert found.quantity == pytest.approx(math.sqrt(2 * 10 * 90 * (2 + 8) / (2 * 8)))
    assert found.backordered == pytest.approx(2 / (2 + 8))
    assert found.cost < eoq.economic_quantity(10, 2, 90).cost


def test_production_as_fast_as_demand_has_no_best_lot():
    assert np.isnan(eoq.production_quantity(10, 2, 90, 90).quantity)


@pytest.mark.parametrize("demand", [0, -5, float("nan")])
def test_nothing_is_ordered_without_demand(demand):
    found = eoq.economic_quantity(10, 2, demand)
    assert (found.quantity, found.cost) == (0, 0)


@pytest.mark.parametrize("holding", [0, -1, float("nan")])
def test_holding_that_costs_nothing_has_no_best_lot(holding):
    assert np.isnan(eoq.economic_quantity(10, holding, 90).quantity)


@pytest.mark.parametrize(
    "smallest, pack", [(0, 7), (50, 12), (31, 0), (1, 1), (400, 25)]
)
def test_minimum_and_packs_are_exact(smallest, pack):
    terms = (13, 0.7, 310)
    found = eoq.constrained_quantity(*terms, smallest, pack)
    step = pack or 0.5
    feasible = [n * step for n in range(1, 3000) if n * step >= smallest]
    best = min(float(eoq.lot_cost(q, *terms)) for q in feasible)
    assert found.cost <= best + 1e-9
    assert found.quantity >= smallest
    assert not pack or found.quantity % pack == 0


def test_a_billion_pieces_are_a_quantity_like_any_other():
    found = eoq.constrained_quantity(10, 1e-6, 1e9, 1, 12)
    assert found.quantity % 12 == 0
    assert found.quantity == pytest.approx(math.sqrt(2 * 10 * 1e9 / 1e-6), rel=1e-6)


@pytest.mark.parametrize("smallest, pack", [(0, 0), (0, 30), (130, 30), (0, 7)])
def test_all_units_discount_against_every_quantity(smallest, pack):
    breaks, prices = (0, 100, 250), (10.0, 9.7, 9.55)
    found = eoq.all_units_discount(20, 0.25, 600, breaks, prices, smallest, pack)

    def cost(q):
        price = prices[max(i for i, b in enumerate(breaks) if q >= b)]
        return price * 600 + float(eoq.lot_cost(q, 20, 0.25 * price, 600))

    step = pack or 0.25
    feasible = [n * step for n in range(1, 4000) if n * step >= smallest]
    assert found.cost == pytest.approx(min(map(cost, feasible)), rel=1e-6)
    assert cost(float(found.quantity)) == pytest.approx(float(found.cost))


def test_incremental_discount_against_every_quantity():
    breaks, prices = (0, 100, 250), (10.0, 9.0, 8.0)
    found = eoq.incremental_discount(20, 0.25, 600, breaks, prices)

    def cost(q):
        goods = sum(
            price * (min(q, end) - begin)
            for price, begin, end in zip(
                prices, breaks, (*breaks[1:], math.inf), strict=True
            )
            if q > begin
        )
        return 20 * 600 / q + goods / q * 600 + 0.25 * goods / 2

    assert found.cost == pytest.approx(
        min(cost(n / 2) for n in range(1, 8000)), rel=1e-6
    )


def test_price_breaks_that_fall_are_refused():
    with pytest.raises(ValueError, match="increase"):
        eoq.all_units_discount(1, 0.1, 10, (0, 5, 5), (3, 2, 1))


# -- lots for demand that changes ------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_wagner_whitin_against_every_plan(seed):
    random = np.random.default_rng(seed)
    demand = random.integers(0, 40, 8) * (random.random(8) < 0.8)
    found = lot_sizing.wagner_whitin(demand, 30, 0.9)
    best = math.inf
    for begins in itertools.product([False, True], repeat=8):
        starts = [period for period, begin in enumerate(begins) if begin]
        if demand[: starts[0] if starts else 8].sum():
            continue
        plan = lot_sizing.from_starts(starts, demand.astype(float), 30, 0.9)
        best = min(best, plan.cost)
    assert found.cost == pytest.approx(best)
    heuristic = lot_sizing.silver_meal(demand, 30, 0.9)
    assert best <= heuristic.cost + 1e-9


def test_silver_meal_of_a_worked_example():
    # first lot: 54, (54+24.8)/2=39.4, (54+24.8+9.6)/3=29.47, (88.4+156)/4 is more
    demand = [10, 62, 12, 130, 154, 129, 88, 52, 124, 160, 238, 41]
    found = lot_sizing.silver_meal(demand, 54, 0.4)
    assert found.quantities[0] == 10 + 62 + 12
    assert found.quantities[3] == 130


def test_no_demand_needs_no_orders():
    assert lot_sizing.wagner_whitin([0, 0, 0], 30, 1).cost == 0
    assert lot_sizing.silver_meal([0, 0], 30, 1).quantities == (0, 0)
    assert lot_sizing.wagner_whitin([], 30, 1).quantities == ()


def test_unknown_demand_is_refused():
    with pytest.raises(ValueError, match="known"):
        lot_sizing.wagner_whitin([1, float("nan")], 30, 1)


# -- safety stock ----------------------------------------------------------------------


def test_safety_stock_with_uncertain_lead_time():
    # 95 %: k = 1.6449; variance 4 x 20² + 100² x 0.5²
    deviation = math.sqrt(4 * 20**2 + 100**2 * 0.5**2)
    found = safety_stock.protect(1.6449, 100, 20, 4, 0.5)
    assert found.safety == pytest.approx(1.6449 * deviation)
    assert found.reorder_point == pytest.approx(100 * 4 + 1.6449 * deviation)


def test_no_lead_time_protects_the_review_only():
    found = safety_stock.protect(2, 10, 3, 0, review=1)
    assert found.reorder_point == pytest.approx(10 + 2 * 3)


@pytest.mark.parametrize("rate", [0.5, 0.9, 0.99, 0.9999])
def test_fill_rate_and_its_inverse_agree(rate):
    k = safety_stock.fill_rate_factor(rate, 300, 80)
    assert safety_stock.expected_fill_rate(k * 80, 300, 80) == pytest.approx(rate)


@pytest.mark.parametrize("level", [0, 1, 1.2, float("nan")])
def test_impossible_service_is_refused(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        safety_stock.cycle_service_factor(level)
    with pytest.raises(ValueError, match="between 0 and 1"):
        safety_stock.fill_rate_factor(level, 10, 5)


def test_service_that_costs_least():
    # holding 2 a year for 50 pieces an order; 600 a year are asked for, each costs 5
    assert safety_stock.best_cycle_service(50, 2, 600, 5) == pytest.approx(
        1 - 50 * 2 / (600 * 5)
    )
    assert safety_stock.best_cycle_service(5000, 2, 600, 5) == 0
    assert np.isnan(safety_stock.best_cycle_service(50, 2, 0, 5))
    assert np.isnan(safety_stock.best_cycle_service(50, 2, 600, 0))


# -- loss functions --------------------------------------------------------------------


def test_losses_are_the_sums_that_define_them():
    mean, level = 7.3, 9
    units = np.arange(200)
    poisson = np.exp(-mean) * np.cumprod(np.r_[1.0, mean / units[1:]])
    short = (np.maximum(units - level, 0) * poisson).sum()
    assert loss.poisson_loss(level, mean) == pytest.approx(short)
    size = 3.1
    chance = size / (size + mean)
    factors = (size + units[1:] - 1) / units[1:] * (1 - chance)
    negative = chance**size * np.cumprod(np.r_[1.0, factors])
    short = (np.maximum(units - level, 0) * negative).sum()
    assert loss.negative_binomial_loss(level, size, mean) == pytest.approx(
        short, rel=1e-6
    )


@pytest.mark.parametrize("value", [1e-12, 1e-4, 0.39, 0.4, 3.0, 1e6])
def test_inverse_of_the_normal_loss(value):
    z = loss.standard_normal_loss_inverse(value)
    assert loss.standard_normal_loss(z) == pytest.approx(value, rel=1e-8)


def test_certain_demand_has_a_loss_without_deviation():
    assert loss.normal_loss([3, 12], 10, 0).tolist() == [7, 0]


# -- (r, Q) and (s, S) -----------------------------------------------------------------


def test_optimal_rq_is_not_beaten_nearby():
    item = continuous_review.Item(20, 0.6, 9, 5200, 900, 1 / 26)
    best = continuous_review.optimal(item)
    for level in (-5, 0, 5):
        for quantity in (0.95, 1, 1.05):
            other = item.cost(best.reorder_point + level, best.quantity * quantity)
            assert best.cost <= other + 1e-9
    assert best.cost <= continuous_review.with_safety_stock(item).cost


def test_discrete_rq_against_every_policy():
    best = continuous_review.exact_poisson(40, 3, 25, 4, 0.5)

    def cost(low, quantity):
        levels = range(low + 1, low + quantity + 1)
        each = [
            3 * (loss.poisson_loss(y, 2) + y - 2) + 25 * loss.poisson_loss(y, 2)
            if y > 0
            else 25 * (2 - y)
            for y in levels
        ]
        return (40 * 4 + sum(map(float, each))) / quantity

    every = min(cost(low, q) for low in range(-8, 10) for q in range(1, 40))
    assert best.cost == pytest.approx(every)


def test_discrete_ss_against_every_policy():
    chances = periodic_review.poisson_probabilities(3.0)
    best = periodic_review.exact_discrete(chances, 12, 1, 9)

    def cost(low, high):
        # cost until the position is at or below s, divided by the periods it takes
        reach, visits = high - low, [1 / (1 - chances[0])]
        for j in range(1, reach):
            past = sum(chances[i] * visits[j - i] for i in range(1, j + 1))
            visits.append(past / (1 - chances[0]))
        units = np.arange(len(chances))
        each = [
            (chances * np.where(units < y, y - units, 9 * (units - y))).sum()
            for y in range(high, low, -1)
        ]
        return (12 + np.dot(visits, each)) / sum(visits)

    every = min(cost(s, S) for s in range(-3, 9) for S in range(s + 1, 25))
    assert best.cost == pytest.approx(every)


def test_a_policy_without_costs_is_refused():
    with pytest.raises(ValueError, match="more than zero"):
        continuous_review.Item(0, 1, 1, 10, 1, 1)
    with pytest.raises(ValueError, match="shortage_cost"):
        periodic_review.power_approximation(1, 1, 0, 10, 1)
    with pytest.raises(ValueError, match="no demand"):
        periodic_review.exact_discrete([1.0], 1, 1, 1)


# -- one season, joint orders, buffers, levels -----------------------------------------


def test_newsvendor_of_many_items():
    found = newsvendor.normal([1, 1], [3, 9], 100, [10, 20])
    assert found.ratio.tolist() == [0.75, 0.9]
    assert found.quantity == pytest.approx(
        [100 + 0.6745 * 10, 100 + 1.2816 * 20], abs=0.01
    )


def test_season_that_cannot_lose_is_refused():
    with pytest.raises(ValueError, match="both cost"):
        newsvendor.season(10, 4, 5, 100, 10)


@pytest.mark.parametrize("seed", range(8))
def test_joint_replenishment_against_every_cycle(seed):
    random = np.random.default_rng(seed)
    items = joint_replenishment.JointItems(
        float(random.integers(0, 200)),
        tuple(random.uniform(1, 300, 3)),
        tuple(random.uniform(1, 20, 3)),
        tuple(random.uniform(1, 500, 3)),
    )
    every = min(
        items.plan(multiples).cost
        for multiples in itertools.product(range(1, 15), repeat=3)
        if min(multiples) == 1
    )
    best = joint_replenishment.optimal(items)
    assert best.cost == pytest.approx(every, rel=1e-9)
    assert best.cost <= joint_replenishment.silver(items).cost + 1e-9
    assert best.cost <= joint_replenishment.all_together(items).cost + 1e-9


def test_buffer_orders_up_to_green_below_yellow():
    found = ddmrp.zones(10, 6, 0.5, 0.5, 100, 3)
    assert found.green == 100, (
        "the minimum order is more than 3 days or half the lead time"
    )
    assert found.order([105, 106, -5]).tolist() == [100, 0, 210]


def test_pooling_equal_regions_saves_the_root():
    found = echelon.pooling([10, 10, 10, 10], 2)
    assert (found.apart, found.together) == (80, 40)
    assert echelon.pooling([10, 10], 2, correlation=1).saved == pytest.approx(0)


def test_central_stock_is_shared_with_equal_safety():
    given = echelon.allocate(60, [10, 0], [20, 30], [5, 10])
    assert given.sum() == pytest.approx(60)
    factors = (np.array([10, 0]) + given - [20, 30]) / [5, 10]
    assert factors[0] == pytest.approx(factors[1])
    assert echelon.allocate(0, [1], [5], [1]).tolist() == [0]


def test_region_with_plenty_gets_nothing():
    assert echelon.allocate(5, [500, 0], [20, 30], [5, 10]).tolist() == [0, 5]


def test_cheap_centre_keeps_stock_back():
    same = echelon.base_stocks([10, 10], [4, 4], 1, 3, 1, 1, 20)
    dear = echelon.base_stocks([10, 10], [4, 4], 1, 3, 1, 3, 20)
    assert dear.regional.sum() < same.regional.sum() + 1e-9
    assert dear.central / dear.echelon > same.central / same.echelon
