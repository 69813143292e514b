"""Order points, joint orders, suppliers, transfers, and the replay of a policy."""

import itertools
import math

import numpy as np
import pytest
from ecom_inventory_opt.algorithms import (
    distribution,
    planning,
    replenishment,
    simulation,
    sourcing,
    transfers,
)
from ecom_inventory_opt.algorithms.planning import Note, Service, Terms
from ecom_inventory_opt.algorithms.replenishment import Line, Supplier


def demand(mean=6.0, series=40, interval=4):
    values = np.random.default_rng(2).poisson(mean, (series, 80)).astype(float)
    return distribution.estimate(values, interval)


# -- order points ----------------------------------------------------------------------


def test_reorder_point_is_the_quantile_of_the_interval():
    found = demand()
    points = planning.order_points(found, Terms(service=0.9, price=5, order_cost=10))
    assert points.reorder_point == pytest.approx(np.ceil(found.quantile(0.9)))
    assert points.order_up_to == pytest.approx(points.reorder_point + points.lot)
    assert points.safety == pytest.approx(points.reorder_point - found.mean)
    assert (points.service >= 0.88).all()


def test_lot_is_the_economic_one_in_packs():
    found = demand()
    terms = Terms(price=5, order_cost=10, holding_rate=0.2, pack=12, smallest=30)
    points = planning.order_points(found, terms)
    yearly = found.mean / 4 * 52
    for lot, rate in zip(points.lot, yearly, strict=True):
        assert lot % 12 == 0
        best = min(10 * rate / q + 0.2 * 5 * q / 2 for q in range(36, 2000, 12))
        assert 10 * rate / lot + 0.2 * 5 * lot / 2 == pytest.approx(best)


def test_fill_rate_target_is_met_by_expectation():
    terms = Terms(service=0.98, kind=Service.FILL, price=5, order_cost=10)
    points = planning.order_points(demand(), terms)
    assert (points.fill_rate >= 0.98).all()
    lower = planning.order_points(
        demand(), Terms(service=0.9, kind=Service.FILL, price=5, order_cost=10)
    )
    assert (lower.reorder_point < points.reorder_point).all()


def test_dear_stock_outs_are_worth_more_stock():
    def reorder(cost):
        terms = Terms(kind=Service.COST, stockout_cost=cost, price=5, order_cost=10)
        return planning.order_points(demand(), terms).reorder_point.sum()

    assert reorder(0.5) < reorder(5) < reorder(500)


def test_more_service_never_means_less_stock():
    levels = [0.6, 0.8, 0.9, 0.95, 0.99, 0.999]
    points = [
        planning.order_points(demand(), Terms(service=s)).reorder_point for s in levels
    ]
    assert (np.diff(points, axis=0) >= 0).all()


def test_bad_input_is_defined_and_explained():
    values = np.random.default_rng(2).poisson(6.0, (4, 80)).astype(float)
    values[0] = 0
    found = distribution.estimate(values, 4)
    terms = Terms(
        price=[5, 0, float("nan"), 5],
        order_cost=10,
        kind=Service.COST,
        stockout_cost=[1, 1, 1, 0],
        smallest=[0, 0, 0, 5000],
    )
    points = planning.order_points(found, terms, stopped=[False, False, False, False])
    assert points.reorder_point[0] == points.lot[0] == points.order_up_to[0] == 0
    assert points.notes[0] == {Note.NO_DEMAND}
    assert points.notes[1] >= {Note.NO_COST, Note.NO_STOCKOUT_COST}
    assert points.lot[1] == pytest.approx(np.ceil(found.mean[1] / 4 * 4), abs=1)
    assert points.notes[2] >= {Note.NO_COST}
    assert points.notes[3] == {Note.NO_STOCKOUT_COST, Note.MINIMUM}
    assert points.lot[3] == 5000
    for values in (points.reorder_point, points.lot, points.annual_cost):
        assert np.isfinite(values).all()


def test_archived_product_is_not_ordered():
    points = planning.order_points(demand(), Terms(), stopped=True)
    assert points.order_up_to.max() == 0
    assert set(points.notes) == {frozenset({Note.STOPPED})}


def test_cheap_product_does_not_fill_the_warehouse():
    terms = Terms(price=0.001, order_cost=100, longest_cover=13)
    points = planning.order_points(demand(), terms)
    assert (points.lot <= demand().mean / 4 * 13 + 1).all()
    assert all(Note.CAPPED in notes for notes in points.notes)


@pytest.mark.parametrize("service", [0, 1, 1.5])
def test_impossible_service_is_refused(service):
    with pytest.raises(ValueError, match="between 0 and 1"):
        planning.order_points(demand(), Terms(service=service))


def test_order_quantity_is_what_odoo_would_order():
    found = planning.order_quantity([4, 5, -7, 19], 5, 20, [6, 1, 1, 1])
    assert found.tolist() == [18, 0, 27, 0]
    assert planning.order_quantity(2, 8, 3) == 8 - 2, "Max below Min: up to Min"


def test_day_on_which_stock_runs_out():
    first, risk = planning.run_out(
        [10, 100], [[4, 4, 4], [4, 4, 4]], 2 * np.ones((2, 3))
    )
    assert first.tolist() == [2, 3]
    assert risk[0, 2] > 0.5 > risk[0, 1] > risk[0, 0]
    assert risk[1].max() < 1e-6
    first, risk = planning.run_out([-1], [[0, 0]], np.zeros((1, 2)))
    assert (first[0], risk[0].tolist()) == (0, [1, 1])


# -- joint orders ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_joint_order_against_every_order(seed):
    random = np.random.default_rng(seed)
    lines = [
        Line(
            supplier=0,
            gap=float(random.integers(0, 12)),
            price=float(random.integers(1, 9)),
            shortage_cost=float(random.integers(0, 6)),
            holding_cost=0.3,
            smallest=float(random.integers(0, 6)),
            pack=float(random.integers(1, 5)),
            order_cost=float(random.integers(0, 5)),
            load=1.0,
            largest=20.0,
        )
        for _ in range(3)
    ]
    supplier = Supplier(order_cost=6, smallest_value=40, container=10, freight=4)
    found = replenishment.order(lines, [supplier])

    def cost(quantities):
        total = sum(quantities)
        value = sum(q * line.price for q, line in zip(quantities, lines, strict=True))
        if total and value < 40:
            return math.inf
        money = 6 * bool(total) + 4 * math.ceil(total / 10 - 1e-9)
        for q, line in zip(quantities, lines, strict=True):
            if 0 < q < line.smallest:
                return math.inf
            money += line.order_cost * bool(q)
            money += line.shortage_cost * max(line.gap - q, 0)
            money += line.holding_cost * max(q - line.gap, 0)
        return money

    feasible = [np.arange(line.packs + 1) * line.pack for line in lines]
    best = min(cost(q) for q in itertools.product(*feasible))
    assert found.proven
    assert found.cost == pytest.approx(best)
    assert cost(found.quantities) == pytest.approx(best)


def test_budget_buys_what_is_missed_most():
    lines = [Line(0, 10, 5, shortage_cost=1), Line(1, 10, 5, shortage_cost=9)]
    found = replenishment.order(lines, [Supplier(), Supplier()], budget=60)
    assert found.quantities == (2, 10)
    assert found.value == 60


def test_budget_of_nothing_buys_nothing():
    assert replenishment.order(
        [Line(0, 5, 1, 9)], [Supplier()], budget=0
    ).quantities == (0,)
    assert replenishment.order([], [Supplier()]).quantities == ()


def test_required_line_that_is_too_dear_is_said():
    line = Line(0, 5, price=10, shortage_cost=1, required=True)
    assert replenishment.order([line], [Supplier(order_cost=99)]).quantities == (5,)
    with pytest.raises(ValueError, match="no order satisfies"):
        replenishment.order([line], [Supplier()], budget=49)


@pytest.mark.parametrize("seed", range(6))
def test_order_holds_no_more_than_its_offer_and_its_vendor_deliver(seed):
    random = np.random.default_rng(seed)
    lines = [
        Line(
            supplier=0,
            gap=float(random.integers(3, 9)),
            price=float(random.integers(2, 6)),
            shortage_cost=float(random.integers(5, 20)),
            pack=float(random.integers(1, 4)),
            offer=key,
            offer_largest=7.0 if key else None,
        )
        for key in ("lamp", "lamp", None)
    ]
    supplier = Supplier(order_cost=3, largest_value=40)
    found = replenishment.order(lines, [supplier], gap=0)
    best = 0.0 + sum(line.gap * line.shortage_cost for line in lines)
    for packs in itertools.product(range(12), repeat=3):
        units = [n * line.pack for n, line in zip(packs, lines, strict=True)]
        value = sum(u * line.price for u, line in zip(units, lines, strict=True))
        if units[0] + units[1] > 7 or value > 40:
            continue
        cost = 3 * any(units) + sum(
            max(line.gap - u, 0) * line.shortage_cost
            for u, line in zip(units, lines, strict=True)
        )
        best = min(best, cost)
    assert found.cost == pytest.approx(best)
    assert found.quantities[0] + found.quantities[1] <= 7
    assert found.value <= 40


def test_container_limit_holds():
    lines = [Line(0, 30, 1, 5, load=1), Line(0, 30, 1, 4, load=1)]
    found = replenishment.order(
        lines, [Supplier(container=20, freight=1, containers=2)]
    )
    assert found.quantities == (30, 10)
    assert found.containers == (2,)


@pytest.mark.parametrize("wrong", [{"gap": -1}, {"price": float("nan")}, {"pack": 0}])
def test_impossible_line_is_refused(wrong):
    with pytest.raises(ValueError):
        Line(**{"supplier": 0, "gap": 1, "price": 1, "shortage_cost": 1, **wrong})


# -- suppliers -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_split_against_every_split(seed):
    random = np.random.default_rng(seed)
    offers = [
        sourcing.Offer(
            price=float(random.integers(3, 9)),
            order_cost=float(random.integers(0, 40)),
            smallest=float(random.integers(0, 15)),
            pack=float(random.integers(1, 6)),
            capacity=40.0,
        )
        for _ in range(3)
    ]
    found = sourcing.split(50, offers)
    best = math.inf
    counts = [range(int(40 // offer.pack) + 1) for offer in offers]
    for packs in itertools.product(*counts):
        units = [n * offer.pack for n, offer in zip(packs, offers, strict=True)]
        fits = all(
            u == 0 or u >= o.smallest for u, o in zip(units, offers, strict=True)
        )
        if fits and sum(units) >= 50:
            cost = sum(
                u * o.price + o.order_cost * bool(u)
                for u, o in zip(units, offers, strict=True)
            )
            best = min(best, cost)
    assert found.cost == pytest.approx(best)


def test_suppliers_who_cannot_deliver_enough():
    with pytest.raises(ValueError, match="no order satisfies"):
        sourcing.split(50, [sourcing.Offer(1, capacity=20, pack=1)])
    assert sourcing.split(0, [sourcing.Offer(1)]).quantities == (0,)
    with pytest.raises(ValueError):
        sourcing.split(5, [])


def test_packs_of_one_and_singles_of_another_cost_less_than_either():
    offers = [sourcing.Offer(5, pack=100), sourcing.Offer(6, pack=1)]
    # 120 from the first are two packs, of which 80 units are left over.
    assert sourcing.alone(120, offers).cost == min(200 * 5, 120 * 6)
    found = sourcing.split(120, offers)
    assert found.quantities == (100, 20)
    assert found.cost == pytest.approx(100 * 5 + 20 * 6)


def test_what_is_left_over_keeps_its_value():
    offers = [sourcing.Offer(5, pack=100), sourcing.Offer(6, order_cost=9, pack=1)]
    kept = 4.9
    alone = sourcing.alone(120, offers, kept)
    assert alone.cost == pytest.approx(200 * 5 - 80 * kept)
    found = sourcing.split(120, offers, kept=kept)
    assert found.cost == pytest.approx(min(alone.cost, 100 * 5 + 20 * 6 + 9))
    assert found.quantities == (200, 0)
    with pytest.raises(ValueError, match="worth its price at most"):
        sourcing.split(120, offers, kept=5.1)


def test_what_goes_back_can_cost_more_than_a_price():
    found = sourcing.total_cost(
        demand=1000,
        deviation=0,
        price=np.array([10.0, 9.8]),
        order_cost=0,
        holding_rate=0.2,
        factor=2,
        lead_time=0.1,
        returned=np.array([0.0, 0.1]),
        return_cost=np.array([10.0, 9.8]) / 4,
    )
    assert found.quality.tolist() == pytest.approx([0, 1000 * 0.1 * 9.8 / 4])
    assert found.goods[1] < found.goods[0]
    assert found.total[1] > found.total[0]
    # Nothing varies: there is no safety stock, and only quality is left.
    assert found.extra.tolist() == pytest.approx([0, 0.1 * 9.8 / 4])
    offers = [
        sourcing.Offer(price, pack=1, capacity=60, extra=extra)
        for price, extra in zip((10.0, 9.8), found.extra, strict=True)
    ]
    assert sourcing.alone(50, offers).quantities == (50, 0)
    split = sourcing.split(100, offers)
    assert split.quantities == (60, 40)
    assert split.cost == pytest.approx(60 * 10 + 40 * (9.8 + 0.1 * 9.8 / 4))


def test_few_returned_units_lean_on_what_is_usual():
    part = sourcing.returned_part([0, 1, 100], [0, 1, 950], 0.02)
    assert part.tolist() == pytest.approx(
        [0.02, (1 + 50 * 0.02) / (1 + 50), (100 + 50 * 0.02) / (950 + 50)]
    )
    # More back than came in: received before what is read.
    assert sourcing.returned_part(500, 10, 0.02) == 1


def test_a_supplier_that_cannot_deliver_all_is_not_enough_alone():
    offers = [sourcing.Offer(5, capacity=80), sourcing.Offer(6, capacity=90)]
    assert sourcing.alone(120, offers) is None
    assert sourcing.alone(85, offers).quantities == (0, 85)
    assert sourcing.split(120, offers).quantities == pytest.approx((80, 40))


def test_cheap_supplier_with_a_long_way_can_cost_more():
    found = sourcing.total_cost(
        demand=1000,
        deviation=600,
        price=[10.0, 9.9],
        order_cost=50,
        holding_rate=0.3,
        factor=2,
        lead_time=[0.02, 0.3],
        lead_time_deviation=[0.0, 0.1],
    )
    assert found.goods[1] < found.goods[0]
    assert found.total[1] > found.total[0]
    spread = math.sqrt(0.3 * 600**2 + 1000**2 * 0.1**2)
    assert found.safety[1] == pytest.approx(0.3 * 9.9 * 2 * spread)


def test_score_of_suppliers():
    # price (low is better), on time: best in all, worst in all, unknown punctuality
    found = sourcing.score(
        [[10, 0.9], [12, 0.5], [10, float("nan")]], [True, False], [1, 3]
    )
    assert found == pytest.approx([100, 0, 25])
    with pytest.raises(ValueError, match="weights"):
        sourcing.score([[1]], [True], [0])


# -- transfers -------------------------------------------------------------------------


def test_nothing_moves_between_the_levels():
    surplus, need = transfers.surplus_and_need([30, 12, -3, 7], 8, 20)
    assert surplus.tolist() == [10, 0, 0, 0]
    assert need.tolist() == [0, 0, 11, 1]


def test_transfer_dearer_than_buying_is_not_made():
    found = transfers.transport([10], [4, 4], [[1, 9]], purchase_cost=[5, 5])
    assert found.units.tolist() == [[4, 0]]
    assert found.unmet.tolist() == [0, 4]
    assert found.cost == 4


def test_no_way_between_warehouses():
    found = transfers.transport([10], [4], [[float("inf")]])
    assert (found.units.sum(), found.cost, found.unmet[0]) == (0, 0, 4)
    with pytest.raises(ValueError, match="negative"):
        transfers.transport([-1], [4], [[1]])
    with pytest.raises(ValueError, match="shape"):
        transfers.transport([1], [4], [[1, 2]])


@pytest.mark.parametrize("seed", range(8))
def test_transfers_move_what_can_be_moved_in_whole_units(seed):
    random = np.random.default_rng(seed)
    surplus, need = random.integers(0, 30, 4), random.integers(0, 30, 5)
    found = transfers.transport(surplus, need, random.uniform(1, 9, (4, 5)))
    assert found.units.sum() == min(surplus.sum(), need.sum())
    assert (found.units.sum(axis=1) <= surplus).all()
    assert (found.units.sum(axis=0) <= need).all()
    assert (found.units == np.rint(found.units)).all()


# -- replay ----------------------------------------------------------------------------


def fixed(low, high):
    levels = simulation.Levels(np.array([float(low)]), np.array([float(high)]))
    return lambda period: levels if period == 0 else None


def test_replay_by_hand():
    world = simulation.World(
        np.array([[3.0, 4, 5, 2, 6]]),
        cost=2,
        price=5,
        lead_time=2,
        order_cost=7,
        holding_cost=0.5,
        stockout_cost=3,
    )
    found = simulation.replay(world, fixed(6, 10), 0, 5)
    # starts with 10. week 0: 10 - 3 = 7. 1: 7 - 4 = 3. 2: position 3 < 6, orders 7;
    # sells 3 of 5, ends with 0. 3: sells 0 of 2. 4: 7 arrive, sells 6, ends with 1
    assert found.fill_rate == pytest.approx((3 + 4 + 3 + 0 + 6) / 20)
    assert found.stock_value == pytest.approx(2 * (7 + 3 + 0 + 0 + 1) / 5)
    assert (found.orders, found.units, found.short) == (1, 7, 4)
    assert found.in_stock == pytest.approx(3 / 5)
    assert found.cost == pytest.approx(7 * 1 + 0.5 * 11 + 3 * 4)


def test_buyers_who_wait_are_served_first():
    demand = np.array([[12.0, 0, 0, 1]])
    world = simulation.World(demand, lead_time=1, backorders=True)
    found = simulation.replay(world, fixed(6, 10), 0, 4)
    # -2, then 12 ordered in week 1 arrive in week 2: 10, then 9
    assert found.product_stock[0] == pytest.approx((0 + 0 + 10 + 9) / 4)
    assert found.units == 12


def test_lead_time_of_nothing_arrives_before_demand():
    world = simulation.World(np.full((1, 6), 5.0), lead_time=0)
    found = simulation.replay(world, fixed(5, 5), 0, 6)
    assert found.fill_rate == 1


def test_packs_and_minimum_of_the_world_are_kept():
    world = simulation.World(np.full((1, 6), 5.0), lead_time=0, pack=4, smallest=10)
    found = simulation.replay(world, fixed(5, 6), 0, 6)
    assert found.units % 4 == 0
    assert found.units / found.orders >= 12


def test_replay_outside_of_the_history_is_refused():
    world = simulation.World(np.ones((1, 6)))
    with pytest.raises(ValueError, match="within"):
        simulation.replay(world, fixed(1, 2), 0, 7)
    with pytest.raises(ValueError, match="no levels"):
        simulation.replay(world, lambda period: None, 0, 3)


def test_more_stock_is_more_service_on_the_exchange_curve():
    values = np.random.default_rng(5).negative_binomial(1, 0.2, (30, 90)).astype(float)
    world = simulation.World(values, lead_time=2)

    def run(weeks):
        mean = values[:, :40].mean(axis=1)
        levels = simulation.Levels(weeks * mean, (weeks + 4) * mean)
        return simulation.replay(world, lambda period: levels, 40, 90, 4)

    curve = simulation.exchange_curve(run, (1, 2, 3, 5, 8))
    assert list(curve.service) == sorted(curve.service)
    assert list(curve.stock) == sorted(curve.stock)
    middle = (curve.service[1] + curve.service[2]) / 2
    assert curve.stock[1] < curve.stock_at(middle) < curve.stock[2]
    assert 2 < curve.parameter_at(middle) < 3
    assert math.isnan(curve.stock_at(0.01))
    assert curve.cost_at(curve.service[0]) == curve.cost[0]
