"""Would scarcity prices route better? A simulation of orders that come one by one.

J. Acimovic and S. Graves, *Making better fulfillment decisions on the fly in an online
retail environment*, Manufacturing & Service Operations Management 17 (2015): a decision
counts, besides what a plan costs, what the units it takes are worth for later orders
(strategy ``scarcity`` of the addon, :mod:`ecom_orders.routing.scarcity`).

The market is that of ``bench routing``. Its first half is the history that demand is
expected from, its second half has to be shipped from half of the stock, and nothing is
replenished: the case in which looking ahead should pay. Compared are

* ``least_cost``: order by order, the cheapest warehouse that has everything;
* ``on_the_fly``: order by order, the exact optimum of one order;
* ``scarcity``: the same with scarcity prices, worked out anew ten times;
* ``optimum``: orders wait for each other, in tenths of the time, and are decided
  together;
* ``all_at_once``: the same with all orders known, which no seller knows.

``cost`` includes what unshipped orders cost. The last lines compare each strategy with
``on_the_fly`` over all seeds: mean and standard deviation of the difference in percent.
``BENCH_ROUTING_ORDERS`` makes it smaller.
"""

import os
import statistics
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
from ecom_orders.routing.router import Network, decide  # noqa: E402
from ecom_orders.routing.rules import Rule  # noqa: E402
from ecom_orders.routing.scarcity import Expected  # noqa: E402
from routing_market import Market  # noqa: E402

ORDERS = int(os.environ.get("BENCH_ROUTING_ORDERS", "1000"))
SEEDS = tuple(range(1, 11))
SPLIT_COST = Decimal("0.50")
PERIODS = 10  # prices are worked out anew, and batches decided, so often


class OnTheFly(strategies.Exact):
    """The exact optimum of one order."""

    code = "on_the_fly"


def run(env=None):
    """Run the simulation for every seed; the database plays no part."""
    strategies.STRATEGIES[OnTheFly.code] = OnTheFly
    try:
        costs = defaultdict(dict)
        for seed in SEEDS:
            for line in simulate(seed):
                costs[line["strategy"]][seed] = line["value"]
                yield line
        yield from differences(costs)
    finally:
        del strategies.STRATEGIES[OnTheFly.code]


def differences(costs):
    """How much dearer than on the fly each strategy was, over all seeds."""
    base = costs[OnTheFly.code]
    for code, of_seed in costs.items():
        percent = [(of_seed[seed] / base[seed] - 1) * 100 for seed in SEEDS]
        yield {
            "metric": "cost_difference_pct",
            "strategy": code,
            "value": round(statistics.mean(percent), 3),
            "spread": round(statistics.stdev(percent), 3),
            "lowest": round(min(percent), 3),
            "highest": round(max(percent), 3),
            "baseline": OnTheFly.code,
            "seeds": len(SEEDS),
            "unit": "%",
        }


def simulate(seed):
    """One market, decided in every way."""
    market = Market(seed, orders=ORDERS, products=300)
    half = len(market.orders) // 2
    past, orders = market.orders[:half], market.orders[half:]
    stock = {cell: (units + 1) // 2 for cell, units in market.stock.items()}
    network = Network(tuple(market.sites), tuple(market.services), stock, SPLIT_COST)
    for code, strategy, periods in (
        ("least_cost", "least_cost", PERIODS),
        (OnTheFly.code, OnTheFly.code, PERIODS),
        ("scarcity", "scarcity", PERIODS),
        ("optimum", "optimum", PERIODS),
        ("all_at_once", "optimum", 1),
    ):
        plans, wall = in_periods(strategy, past, orders, network, periods)
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


def in_periods(code, past, orders, network, periods):
    """Decide the orders period by period; what ships is gone."""
    started = time.perf_counter()
    stock, plans = dict(network.stock), []
    size = -(-len(orders) // periods)
    for first in range(0, len(orders), size):
        share = (len(orders) - first) / len(past)
        now = replace(network, stock=stock, expected=expect(past, share))
        batch = orders[first : first + size]
        result = decide(batch, [Rule("all", strategy=code)], now)
        stock = dict(result.stock)
        plans += [(order, result.decisions[order.key].plan) for order in batch]
    return plans, time.perf_counter() - started


def expect(past, share):
    """What is expected by product and state: a share of what was ordered before."""
    units, somewhere = Counter(), {}
    for order in past:
        for line in order.lines:
            region = line.needs[0][0], order.place.state
            units[region] += line.quantity
            somewhere[region] = order, line
    return tuple(
        Expected(
            product,
            order.place,
            units[product, state] * share,
            order.hold_cost / sum(one.quantity for one in order.lines),
            line.weight,
            line.volume,
        )
        for (product, state), (order, line) in somewhere.items()
    )


if __name__ == "__main__":
    import json

    for row in run():
        print(json.dumps(row), flush=True)
