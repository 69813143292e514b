"""Seconds for a whole assortment.

``seconds_10k_skus``: the pure code, 10,000 series of 104 weeks with lead times of one
to eight weeks: preparation, forecast, quantiles, order points, order quantities. The
series are drawn from negative binomial distributions of every kind of demand.
``baseline`` is the bar of ten seconds on two cores. The best of three runs counts.

``seconds_100k_pairs``: in Odoo, from order lines to written proposals: demand, stock
and receipts are read, everything is computed, proposals and alerts are written. 100,000
pairs with 30 order lines each are made beforehand, by SQL. ``REPLENISH_PAIRS=20000``
does fewer: ``value`` is then what was measured, scaled up in proportion, and
``measured_seconds`` what was measured. ``baseline`` is the bar of 180 seconds.

The first also runs without Odoo: ``python tests/bench/replenish.py``.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import pure_addons  # noqa: E402

pure_addons.register()

from ecom_inventory_opt.algorithms import demand, distribution, planning  # noqa: E402

SERIES, WEEKS, SEED, BAR = 10_000, 104, 1, 10.0
PAIRS_BAR, FULL = 180.0, 100_000
PAIRS = int(os.environ.get("REPLENISH_PAIRS", FULL))
#: order lines of a pair
LINES = 30


def run(env):
    """Run the benchmark; yields one result, and a second one in Odoo."""
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
    if env:
        yield run_in_odoo(env)


def run_in_odoo(env):
    """Seconds from order lines in the database to written proposals."""
    make_pairs(env)
    env.cr.execute("ANALYZE")
    env.invalidate_all()
    start = time.perf_counter()
    planned = env["ecom.replenishment.planner"]._plan(env.company)
    env.flush_all()
    seconds = time.perf_counter() - start
    written = env["ecom.replenishment.proposal"].search_count(
        [("state", "=", "open"), ("max_qty", ">", 0)]
    )
    if planned < PAIRS or written < PAIRS / 2:
        raise AssertionError(f"planned {planned}, proposed {written} of {PAIRS}")
    scaled = seconds * FULL / PAIRS
    return {
        "metric": "seconds_100k_pairs",
        "value": round(scaled, 1),
        "baseline": PAIRS_BAR,
        "ratio": round(scaled / PAIRS_BAR, 3),
        "unit": "s",
        "measured_pairs": PAIRS,
        "measured_seconds": round(seconds, 2),
        "order_lines": PAIRS * LINES,
    }


def make_pairs(env):
    """Products with a vendor, stock, and order lines of two years, made by SQL."""
    warehouse = env["stock.warehouse"].search(
        [("company_id", "=", env.company.id)], limit=1
    )
    vendor = env["res.partner"].create({"name": "Vendor"})
    products = make_products(env, vendor)
    orders = env["sale.order"].create(
        [{"partner_id": vendor.id, "warehouse_id": warehouse.id} for _ in range(WEEKS)]
    )
    env.flush_all()
    env.cr.execute(
        "UPDATE sale_order o SET state = 'sale', date_order = NOW() -"
        " ((o.id - %s) * 7 + 2) * INTERVAL '1 day' WHERE id = ANY(%s)",
        (min(orders.ids), orders.ids),
    )
    env.cr.execute(
        """
        INSERT INTO sale_order_line (order_id, product_id, product_uom_id, name,
            product_uom_qty, price_unit, company_id, warehouse_id, state,
            customer_lead)
        SELECT %(first)s + (p.id * 7 + n * n * 3 + n) %% %(weeks)s, p.id, t.uom_id, 'x',
               1 + (p.id * n) %% 20, 10, %(company)s, %(warehouse)s, 'sale', 0
          FROM product_product p
          JOIN product_template t ON t.id = p.product_tmpl_id
         CROSS JOIN generate_series(1, %(lines)s) AS n
         WHERE p.id = ANY(%(products)s)
        """,
        {
            "first": min(orders.ids),
            "weeks": WEEKS,
            "lines": LINES,
            "company": env.company.id,
            "warehouse": warehouse.id,
            "products": products.ids,
        },
    )
    env.cr.execute(
        """
        INSERT INTO stock_quant (product_id, location_id, company_id, quantity,
            reserved_quantity, in_date)
        SELECT id, %s, %s, id %% 40, 0, NOW() FROM product_product WHERE id = ANY(%s)
        """,
        (warehouse.lot_stock_id.id, env.company.id, products.ids),
    )


def make_products(env, vendor):
    """So many copies of a product and of its line in the vendor's price list; ids.

    One is made as a person makes it, the others are its rows with new ids.
    """
    product = env["product.product"].create(
        {"name": "Product", "is_storable": True, "standard_price": 5}
    )
    offer = env["product.supplierinfo"].create(
        {
            "partner_id": vendor.id,
            "product_tmpl_id": product.product_tmpl_id.id,
            "price": 5,
        }
    )
    env.flush_all()
    template = product.product_tmpl_id
    last = max(template.search([], order="id desc", limit=1).ids)
    env.cr.execute("SELECT setval('product_template_id_seq', %s)", (last + PAIRS,))
    copies = "generate_series(%(first)s::int, %(last)s) AS copy(id)"
    bounds = {"first": last + 1, "last": last + PAIRS - 1}
    for record, changed in (
        (template, {"id": "copy.id"}),
        (product, {"product_tmpl_id": "copy.id"}),
        (offer, {"product_tmpl_id": "copy.id", "delay": "7 + copy.id %% 40"}),
    ):
        columns = copied_columns(env, record) | changed
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(columns.values())
        env.cr.execute(
            f"INSERT INTO {record._table} ({names})"
            f" SELECT {values} FROM {record._table} AS t, {copies} WHERE t.id = %(id)s",
            {**bounds, "id": record.id},
        )
    made = template.browse([template.id, *range(last + 1, last + PAIRS)])
    return env["product.product"].search([("product_tmpl_id", "in", made.ids)])


def copied_columns(env, record) -> dict:
    """Columns of a table without the id, each as it is in the row that is copied."""
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND column_name != 'id'",
        (record._table,),
    )
    return {name: f't."{name}"' for (name,) in env.cr.fetchall()}


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
