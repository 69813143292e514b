"""Seconds for a whole assortment.

``seconds_10k_skus``: the pure code, 10,000 series of 104 weeks with lead times of one
to eight weeks: preparation, forecast, quantiles, order points, order quantities. The
series are drawn from negative binomial distributions of every kind of demand.
``baseline`` is the bar of ten seconds on two cores. The best of three runs counts.

Also runs without Odoo: ``python tests/bench/replenish.py``.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import pure_addons  # noqa: E402

pure_addons.register()

from ecom_inventory_opt.algorithms import demand, distribution, planning  # noqa: E402

SERIES, WEEKS, SEED, BAR = 10_000, 104, 1, 10.0


def run(env):
    """Run the benchmark; yields one result."""
    sales, interval, price = assortment()
    seconds = min(timed(sales, interval, price) for _ in range(3))
    yield {
        "metric": "seconds_10k_skus",
        "value": round(seconds, 2),
        "baseline": BAR,
        "ratio": round(seconds / BAR, 3),
        "unit": "s",
        "series": SERIES,
        "weeks": WEEKS,
        "seed": SEED,
    }


def assortment():
    """Sales ``(n, t)``, interval to protect in weeks and price of each series."""
    random = np.random.default_rng(SEED)
    mean = random.lognormal(0.5, 1.6, SERIES)[:, None]
    size = random.uniform(0.1, 3.0, SERIES)[:, None]
    season = 1 + 0.5 * np.sin(np.arange(WEEKS) * 2 * np.pi / 52)
    sales = random.negative_binomial(size, size / (size + mean * season))
    return sales, random.integers(2, 10, SERIES), random.lognormal(1, 1, SERIES)


def timed(sales, interval, price) -> float:
    """Seconds from sales to order quantities."""
    start = time.perf_counter()
    history = demand.prepare(sales)
    found = distribution.estimate(history.demand, interval, history.observed)
    terms = planning.Terms(price=price, order_cost=20.0, pack=6.0)
    points = planning.order_points(found, terms)
    position = points.order_up_to / 2
    order = planning.order_quantity(
        position, points.reorder_point, points.order_up_to, 6.0
    )
    if not 0 < np.count_nonzero(order) < SERIES:
        raise AssertionError("the order points are not plausible")
    return time.perf_counter() - start


if __name__ == "__main__":
    for result in run(None):
        print(json.dumps({"bench": "replenish", **result}), flush=True)
