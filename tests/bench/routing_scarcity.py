"""Would scarcity prices route better? A simulation of orders that come one by one.

J. Acimovic and S. Graves, *Making better fulfillment decisions on the fly in an online
retail environment*, Manufacturing & Service Operations Management 17 (2015): a decision
counts, besides what a plan costs, what the units it takes are worth for later orders.
That worth is the dual of the stock constraint in a transportation problem of what is
expected to be ordered, by state, and what lies where.

The market is that of ``bench routing``. Its first half is the history that demand is
expected from, its second half has to be shipped from half of the stock, in order of
arrival, each order decided when it comes and the stock replenished never: the case in
which looking ahead should pay. Compared are

* *on the fly*: each order's exact optimum, as the strategies of the addon decide one;
* *scarcity prices*: the same with the duals added to what a site costs;
* *in batches*: orders wait for each other, in tenths of the time, and are decided
  together (the addon's optimum);
* *all at once*: the same with all orders known; no bound, for orders that need a line
  divided are decided after the others.

``cost`` includes what unshipped orders cost. ``BENCH_ROUTING_ORDERS`` makes it smaller.
"""

import os
import sys
import time
from collections import Counter, defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
try:
    import odoo.addons.ecom_orders  # noqa: F401

    sys.modules.setdefault("ecom_orders", sys.modules["odoo.addons.ecom_orders"])
except ImportError:
    import pure_addons

    pure_addons.register()

from ecom_orders.routing import strategies  # noqa: E402
from ecom_orders.routing.backtest import figures  # noqa: E402
from ecom_orders.routing.costing import Costing, to_units  # noqa: E402
from ecom_orders.routing.router import Network, decide  # noqa: E402
from ecom_orders.routing.rules import Rule  # noqa: E402
from routing_market import Market  # noqa: E402

ORDERS = int(os.environ.get("BENCH_ROUTING_ORDERS", "1000"))
SEEDS = (1, 2, 3)
SPLIT_COST = Decimal("0.50")
PERIODS = 10  # prices are worked out anew, and batches decided, so often


class OnTheFly(strategies.Exact):
    """The exact optimum of one order."""

    code = "on_the_fly"


class ScarcityPrices(strategies.Exact):
    """The same, with the worth of the units that a site gives."""

    code = "scarcity_prices"
    prices: dict = {}  # money by (site, product), set by the simulation

    def choose(self, view):
        costing = PricedCosting(
            view.sites, view.costing.services, view.costing.split_cost, self.prices
        )
        return super().choose(replace(view, costing=costing))


class PricedCosting(Costing):
    """Adds the worth of the units to what a parcel costs in the arrays."""

    def __init__(self, sites, services, split_cost, prices):
        super().__init__(sites, services, split_cost)
        self.prices = prices

    def batch(self, orders, stock, products, allowed):
        import numpy as np
        from ecom_orders.routing.costing import IMPOSSIBLE, block_masks

        batch = super().batch(orders, stock, products, allowed)
        masks = block_masks(batch.lines)
        worth = np.array(
            [
                [
                    [
                        sum(
                            to_units(self.prices.get((site.key, product), Decimal(0)))
                            * units
                            * line.quantity
                            for product, units in line.needs
                        )
                        for site in self.sites
                    ]
                    for line in order.lines
                ]
                for order in orders
            ],
            dtype=np.int64,
        )  # (n, L, W)
        added = np.einsum("ml,nlw->nmw", masks.astype(np.int64), worth)
        cost = np.minimum(batch.cost + added, IMPOSSIBLE)
        return replace(batch, cost=cost)


def run(env=None):
    """Run the simulation for every seed; the database plays no part."""
    for strategy in (OnTheFly, ScarcityPrices):
        strategies.STRATEGIES[strategy.code] = strategy
    try:
        totals = defaultdict(Decimal)
        for seed in SEEDS:
            for line in simulate(seed):
                totals[line["strategy"]] += Decimal(str(line["value"]))
                yield line
        base = totals["on_the_fly"]
        for code, total in totals.items():
            yield {
                "metric": "cost_of_all_seeds",
                "strategy": code,
                "value": round(float(total), 2),
                "baseline": round(float(base), 2),
                "ratio": round(float(total / base), 5),
                "unit": "money",
            }
    finally:
        del strategies.STRATEGIES[OnTheFly.code]
        del strategies.STRATEGIES[ScarcityPrices.code]


def simulate(seed):
    """One market, decided in every way."""
    market = Market(seed, orders=ORDERS, products=300)
    half = len(market.orders) // 2
    past, orders = market.orders[:half], market.orders[half:]
    stock = {cell: (units + 1) // 2 for cell, units in market.stock.items()}
    network = Network(tuple(market.sites), tuple(market.services), stock, SPLIT_COST)
    for code, decided in (
        ("on_the_fly", in_periods(OnTheFly.code, past, orders, network)),
        ("scarcity_prices", in_periods(ScarcityPrices.code, past, orders, network)),
        ("in_batches", in_periods("optimum", past, orders, network)),
        ("all_at_once", in_periods("optimum", past, orders, network, periods=1)),
    ):
        plans, wall = decided
        held = sum(order.hold_cost for order, plan in plans if plan is None)
        counted = figures(plans, len(orders))
        yield {
            "metric": "cost",
            "strategy": code,
            "seed": seed,
            "value": round(float(counted.cost + held), 2),
            "parcels": counted.parcels,
            "split_rate_pct": round(counted.split_rate * 100, 2),
            "unshipped": counted.unshipped,
            "seconds": round(wall, 1),
            "unit": "money",
        }


def in_periods(code, past, orders, network, periods=PERIODS):
    """Decide the orders period by period; what ships is gone."""
    started = time.perf_counter()
    stock, plans = dict(network.stock), []
    size = -(-len(orders) // periods)
    for first in range(0, len(orders), size):
        if code == ScarcityPrices.code:
            share = (len(orders) - first) / len(past)
            ScarcityPrices.prices = scarcity(past, share, stock, network)
        batch = orders[first : first + size]
        result = decide(
            batch, [Rule("all", strategy=code)], replace(network, stock=stock)
        )
        stock = dict(result.stock)
        plans += [(order, result.decisions[order.key].plan) for order in batch]
    return plans, time.perf_counter() - started


def scarcity(past, share, stock, network):
    """Worth of a further unit by (site, product): duals of a transportation problem.

    For each product: minimise the carriage from sites to states plus what is lost by
    not shipping, so that each state gets what it is expected to order (``share`` of
    what it ordered in the past) and no site gives more than it has.
    """
    import numpy as np
    from scipy.optimize import linprog

    costing = Costing(network.sites, network.services, network.split_cost)
    demand, sample, lost = defaultdict(Counter), {}, defaultdict(list)
    for order in past:
        for line in order.lines:
            product = line.needs[0][0]
            demand[product][order.place.state] += line.quantity * share
            sample[product, order.place.state] = replace(order, lines=(line,))
            units = sum(one.quantity for one in order.lines)
            lost[product].append(float(order.hold_cost) / units)
    sites = {site.key: site for site in network.sites}
    prices = {}
    for product, wanted in demand.items():
        here = [key for key in sites if stock.get((key, product))]
        if not here:
            continue
        states = list(wanted)
        cost = np.full((len(here) + 1, len(states)), np.mean(lost[product]))
        for column, state in enumerate(states):
            order = sample[product, state]
            [line] = order.lines
            for row, key in enumerate(here):
                parcel = costing.parcel(order, sites[key], {line.key: 1})
                if parcel:
                    cost[row, column] = float(parcel.cost.total)
        rows, columns = cost.shape
        gives = np.kron(np.eye(rows), np.ones(columns))[:-1]
        gets = np.kron(np.ones(rows), np.eye(columns))
        solved = linprog(
            cost.ravel(),
            A_ub=gives,
            b_ub=[stock[key, product] for key in here],
            A_eq=gets,
            b_eq=[wanted[state] for state in states],
        )
        for key, dual in zip(here, solved.ineqlin.marginals, strict=True):
            prices[key, product] = Decimal(str(round(max(-dual, 0.0), 4)))
    return prices


if __name__ == "__main__":
    import json

    for row in run():
        print(json.dumps(row), flush=True)
