"""Routing a day's orders: 10,000 orders, 20 warehouses, scarce stock.

The market is generated (``tests/support/routing_market.py``, seed below). All the
strategies decide the same orders on the same stock with the same costs:

* *priority*: the first site of a fixed list that has everything, else some of each;
* *greedy nearest*: from each site in the order of distance what it has, as Magento's
  source selection does;
* *greedy least cost*: order by order, the cheapest site that has everything;
* *fewest parcels*: order by order, exact;
* *optimum*: all orders together.

``cost`` includes what orders that could not be shipped cost by waiting: otherwise the
strategy that ships least would win. ``value`` of ``cost_over_lp_bound_pct`` compares
the optimum with its lower bound: the linear relaxation over all plans of whole lines.
``BENCH_ROUTING_ORDERS`` makes it smaller.
"""

import os
import statistics
import sys
import time
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
from ecom_orders.routing.router import Network, alternatives, decide  # noqa: E402
from ecom_orders.routing.rules import Rule  # noqa: E402
from routing_market import Market  # noqa: E402

ORDERS = int(os.environ.get("BENCH_ROUTING_ORDERS", "10000"))
SEED = 1
SPLIT_COST = Decimal("0.50")
INTERACTIVE = 200  # orders that are decided one at a time, for the median


class GreedyNearest(strategies.Nearest):
    """From each site in the order of distance what it has."""

    code = "greedy_nearest"
    whole_first = False


STRATEGIES = ("priority", "greedy_nearest", "least_cost", "fewest_parcels", "optimum")


def run(env=None):
    """Run the benchmark; the database plays no part."""
    strategies.STRATEGIES[GreedyNearest.code] = GreedyNearest
    try:
        yield from compare(Market(SEED, orders=ORDERS))
    finally:
        del strategies.STRATEGIES[GreedyNearest.code]


def compare(market):
    """Decide the same orders by every strategy."""
    network = Network(
        tuple(market.sites), tuple(market.services), market.stock, SPLIT_COST
    )
    results = {}
    for code in STRATEGIES:
        started = time.perf_counter(), time.process_time()
        decisions = decide(market.orders, [Rule("all", strategy=code)], network)
        wall = time.perf_counter() - started[0]
        cpu = time.process_time() - started[1]
        results[code] = outcome(market, decisions), wall, cpu, decisions
    best, wall, cpu, decisions = results["optimum"]
    yield {
        "metric": "decision_seconds_10k",
        "value": round(wall, 2),
        "cpu_seconds": round(cpu, 2),
        "unit": "s",
        "orders": len(market.orders),
        "sites": len(market.sites),
        "seed": SEED,
    }
    yield {
        "metric": "cost_over_lp_bound_pct",
        "value": round(decisions.gaps["all"] * 100, 3),
        "unit": "%",
    }
    for code, (result, wall, _cpu, _decisions) in results.items():
        yield from lines(code, result, wall, float(result["cost"]), float(best["cost"]))
    yield interactive(market, network)
    yield explained(market, network)


def outcome(market, decisions):
    """Add up what a strategy did."""
    plans = [(order, decisions.decisions[order.key].plan) for order in market.orders]
    held = sum(order.hold_cost for order, plan in plans if plan is None)
    counted = figures(plans, len(market.orders))
    return {
        "cost": counted.cost + held,
        "parcels": counted.parcels,
        "split_rate_pct": counted.split_rate * 100,
        "late_pct": counted.late_rate * 100,
        "unshipped": counted.unshipped,
        "freight": counted.cost,
    }


def lines(code, result, wall, cost, best):
    """Metrics of one strategy."""
    for metric in ("cost", "parcels", "split_rate_pct", "late_pct", "unshipped"):
        line = {
            "metric": metric,
            "strategy": code,
            "value": round(float(result[metric]), 2),
        }
        if metric == "cost":
            line |= {"ratio": round(cost / best, 3), "seconds": round(wall, 2)}
        yield line


def interactive(market, network):
    """How long one order takes when a person waits for it."""
    rule = Rule("all", strategy="optimum")
    seconds = []
    for order in market.orders[:INTERACTIVE]:
        started = time.perf_counter()
        decide([order], [rule], network)
        seconds.append(time.perf_counter() - started)
    return {
        "metric": "decision_ms_one_order",
        "value": round(statistics.median(seconds) * 1000, 1),
        "worst": round(max(seconds) * 1000, 1),
        "unit": "ms",
    }


def explained(market, network):
    """How long it takes to work out what one order's decision is compared with."""
    rule = Rule("all", strategy="optimum")
    seconds = []
    for order in market.orders[:INTERACTIVE]:
        started = time.perf_counter()
        alternatives(order, rule, network)
        seconds.append(time.perf_counter() - started)
    return {
        "metric": "alternatives_ms_one_order",
        "value": round(statistics.median(seconds) * 1000, 1),
        "worst": round(max(seconds) * 1000, 1),
        "unit": "ms",
    }


if __name__ == "__main__":
    import json

    for result in run():
        print(json.dumps(result))
