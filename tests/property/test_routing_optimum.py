"""The exact choice is the cheapest of all plans there are."""

import itertools
from decimal import Decimal

import numpy as np
import pytest
from ecom_orders.routing.costing import Costing, product_index, to_money, to_units
from ecom_orders.routing.partition import Commit, choose
from ecom_orders.routing.splitting import split
from routing_cases import every_plan, plan_of, small_case

SPLIT = Decimal("1.50")
COMMITS = (
    Commit(),
    Commit(max_parcels=1),
    Commit(max_parcels=2),
    Commit(partial=True),
    Commit(min_part_value=Decimal(40)),
    Commit(min_part_value=Decimal(40), max_parcels=2, partial=True),
)


def batch_of(order, sites, services, stock):
    """Return the costing and the batch of one order."""
    costing = Costing(sites, services, SPLIT)
    allowed = np.ones((1, len(sites)), dtype=bool)
    return costing, costing.batch([order], stock, product_index([order]), allowed)


def hold_of(order, batch):
    """Return what each line costs when it waits, by key."""
    return {line.key: int(batch.hold[0][n]) for n, line in enumerate(order.lines)}


# -- lines stay whole ------------------------------------------------------------------


@pytest.mark.parametrize("first", range(0, 2400, 100))
def test_whole_lines_exact_equals_brute_force(first):
    for seed in range(first, first + 100):
        order, sites, services, stock = small_case(seed)
        commit = COMMITS[seed % len(COMMITS)]
        costing, batch = batch_of(order, sites, services, stock)
        hold = hold_of(order, batch)
        values = np.array([[float(line.value * line.quantity) for line in order.lines]])
        choice = choose(batch.cost, batch.hold, to_units(SPLIT), commit, values)
        best = min(
            plan.cost.total + sum(to_money(hold[name]) for name in waiting)
            for plan, waiting in every_plan(order, sites, costing, stock, commit)
        )
        assert to_money(choice.value[0]) == best, f"seed {seed}"
        plan = plan_of(order, choice, 0, sites, costing)
        waits = sum(
            to_money(hold[line.key])
            for line, block in zip(order.lines, choice.block[0], strict=True)
            if not block
        )
        assert plan.cost.total + waits == best, f"seed {seed}: the plan costs else"


# -- quantities are split --------------------------------------------------------------


def every_split(order, sites, costing, stock, commit, hold):
    """Yield the cost of every way to take pieces from sites, a parcel from each."""
    ways = [list(ways_of(line, sites, stock, commit)) for line in order.lines]
    for combination in itertools.product(*ways):
        cost = cost_of(order, sites, costing, commit, hold, combination)
        if cost is not None:
            yield cost


def ways_of(line, sites, stock, commit):
    """Yield the pieces of a line by site: whole where one site has it, else any."""
    here = [
        min(
            line.quantity,
            *(stock.get((site.key, p), 0) // units for p, units in line.needs),
        )
        for site in sites
    ]
    keep_whole = max(here) >= line.quantity or line.whole or not commit.split_lines
    for pieces in itertools.product(*(range(most + 1) for most in here)):
        total = sum(pieces)
        if total > line.quantity:
            continue
        if keep_whole and any(0 < part < line.quantity for part in pieces):
            continue
        yield pieces


def cost_of(order, sites, costing, commit, hold, combination):
    """Return the cost of one way, None when it is not allowed."""
    waits = [
        line
        for line, pieces in zip(order.lines, combination, strict=True)
        if sum(pieces) < line.quantity
    ]
    if waits and not commit.partial and any(sum(pieces) for pieces in combination):
        return None
    total, parcels = sum(to_money(hold[line.key]) for line in waits), []
    for number, site in enumerate(sites):
        pieces = {
            line.key: way[number]
            for line, way in zip(order.lines, combination, strict=True)
            if way[number]
        }
        if not pieces:
            continue
        parcel = costing.parcel(order, site, pieces)
        if parcel is None:
            return None
        parcels.append(
            sum(line.value * pieces.get(line.key, 0) for line in order.lines)
        )
        total += parcel.cost.total
    if commit.max_parcels and len(parcels) > commit.max_parcels:
        return None
    if len(parcels) > 1 and min(parcels) < commit.min_part_value:
        return None
    return total + SPLIT * max(len(parcels) - 1, 0)


@pytest.mark.parametrize("first", range(10_000, 10_400, 50))
def test_split_quantities_exact_equals_brute_force(first):
    for seed in range(first, first + 50):
        order, sites, services, stock = small_case(seed, lines=2, most=5)
        commit = COMMITS[seed % len(COMMITS)]
        costing, batch = batch_of(order, sites, services, stock)
        hold = hold_of(order, batch)
        plan = split(order, sites, stock, costing, commit, hold)
        found = sum(to_money(hold[line.key]) for line in order.lines)
        if plan is not None:
            found = plan.cost.total + sum(to_money(hold[key]) for key in plan.waiting)
        best = min(every_split(order, sites, costing, stock, commit, hold))
        assert found == best, f"seed {seed}"
