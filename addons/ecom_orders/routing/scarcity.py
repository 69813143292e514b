"""What a unit at a site is worth to the orders that are still to come.

J. Acimovic and S. Graves, *Making better fulfillment decisions on the fly in an online
retail environment*, Manufacturing & Service Operations Management 17 (2015): a decision
counts, besides what a plan costs, the *opportunity cost* of the units that it takes.
For each product it is the dual of a site's stock in a transportation problem::

    min   sum c[s, r] x[s, r] + sum loss y[r]
    s.t.  sum over r of x[s, r]        <= stock[s]     for every site, dual -> price
          sum over s of x[s, r] + y[r]  = expected[r]  for every region

where c is what it costs to send one unit alone, and y is what nobody can ship. A site
that lies well for regions which will order, and has little, gets a price; stock that
will last anyway costs nothing. Nobody pays that price: it is counted beside the cost of
a plan, never in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from .costing import IMPOSSIBLE, UNIT, Costing, product_index
from .schema import ZERO, Line, Order, Place, Plan, Stock

#: money by (site, product)
Prices = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True)
class Expected:
    """What a region will order of a product until stock is replenished.

    :param place: somewhere typical in the region.
    :param units: expected; fractions count.
    :param loss: money lost with each unit that cannot be shipped.
    :param weight: kilograms of a unit; ``volume`` cubic metres.
    """

    product: str
    place: Place
    units: float
    loss: Decimal
    weight: Decimal = ZERO
    volume: Decimal = ZERO


def scarcity_prices(
    expected: Sequence[Expected], costing: Costing, stock: Stock
) -> dict[tuple[str, str], Decimal]:
    """Return what a unit is worth at each site, where that is anything at all.

    :param costing: with all sites that have stock.
    :param stock: units that may be promised; what is below zero counts as nothing.
    """
    of_product: dict[str, list[Expected]] = {}
    for one in expected:
        if one.units > 0:
            of_product.setdefault(one.product, []).append(one)
    prices = {}
    for product, regions in of_product.items():
        here = [
            column
            for column, site in enumerate(costing.sites)
            if stock.get((site.key, product), 0) > 0
        ]
        if not here:
            continue
        keys = [costing.sites[column].key for column in here]
        held = [stock[key, product] for key in keys]
        cost = _carriage(product, regions, costing)[:, here].T
        for key, dual in zip(keys, _duals(cost, held, regions), strict=True):
            if dual >= UNIT:
                prices[key, product] = dual
    return prices


def opportunity(order: Order, plan: Plan, prices: Prices) -> Decimal:
    """Return what the units of a plan are worth to later orders."""
    needs = {line.key: line.needs for line in order.lines}
    return sum(
        (
            prices.get((parcel.site, product), ZERO) * units * pieces
            for parcel in plan.parcels
            for key, pieces in parcel.pieces.items()
            for product, units in needs[key]
        ),
        ZERO,
    )


def weighed(order: Order, plan: Plan | None, prices: Prices) -> Plan | None:
    """Return a plan with the opportunity cost of its units beside its cost."""
    if plan is None or not prices:
        return plan
    return replace(plan, opportunity=opportunity(order, plan, prices))


def _carriage(product: str, regions: Sequence[Expected], costing: Costing):
    """What it costs to send one unit alone, from every site; float64 (R, W)."""
    import numpy as np

    orders = [
        Order(str(row), (Line("1", ((product, 1),), 1, one.weight, one.volume),))
        for row, one in enumerate(regions)
    ]
    orders = [
        replace(order, place=one.place)
        for order, one in zip(orders, regions, strict=True)
    ]
    everywhere = {(site.key, product): 1 for site in costing.sites}
    allowed = np.ones((len(orders), len(costing.sites)), dtype=bool)
    batch = costing.batch(orders, everywhere, product_index(orders), allowed)
    return np.where(
        batch.cost[:, 0] >= IMPOSSIBLE, np.inf, batch.cost[:, 0] * float(UNIT)
    )


def _duals(cost, held: Sequence[int], regions: Sequence[Expected]) -> list[Decimal]:
    """Worth of a further unit at each site.

    :param cost: float64 (W, R), infinite where nothing goes.
    """
    import numpy as np
    from scipy.optimize import linprog

    loss = np.array([float(one.loss) for one in regions])
    # a unit that costs more to send than it is worth is not sent
    cost = np.vstack([np.minimum(cost, loss + 1), loss])
    rows, columns = cost.shape
    solved = linprog(
        cost.ravel(),
        A_ub=np.kron(np.eye(rows), np.ones(columns))[:-1],
        b_ub=held,
        A_eq=np.kron(np.ones(rows), np.eye(columns)),
        b_eq=[one.units for one in regions],
        method="highs",
    )
    if not solved.success:
        return [ZERO] * len(held)
    return [
        Decimal(str(round(max(-dual, 0.0), 4))) for dual in solved.ineqlin.marginals
    ]
