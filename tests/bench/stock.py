"""Published quantities per second: from a change of stock to a quantity that is due.

The same products twice in one run, in one database:

* *publisher*: all terms of available to promise, allocation, explanation, written to
  the levels of the listings;
* *core*: nothing but ``free_qty`` of the products, read in one batch, written nowhere:
  the least that a connector can do.

``ratio`` is publisher over core. Look at ratios; seconds belong to the machine.
"""

import time

LISTINGS = 2000


def run(env):
    """Run the benchmark; yields one result."""
    products, listings, location = prepare(env)
    publisher = env["ecom.stock.publisher"]
    publisher._compute(listings)
    change(env, products, location)
    seconds = measure(env, lambda: publisher._compute(listings))
    quantities = set(listings.mapped("stock_quantity"))
    if quantities != {11}:
        raise AssertionError(f"wrong quantities: {quantities}")
    warehouse = listings.channel_id.warehouse_id
    products = products.with_context(warehouse_id=warehouse.id)
    baseline = measure(env, lambda: products.mapped("free_qty"))
    yield {
        "metric": "stock_quantities_per_second",
        "value": round(LISTINGS / seconds, 1),
        "baseline": round(LISTINGS / baseline, 1),
        "ratio": round(baseline / seconds, 3),
        "unit": "1/s",
    }


def measure(env, action):
    """Seconds that an action takes, from an empty cache to the database."""
    env.flush_all()
    env.invalidate_all()
    start = time.perf_counter()
    action()
    env.flush_all()
    return time.perf_counter() - start


def prepare(env):
    """A channel with linked listings of products in stock."""
    products = env["product.product"].create(
        [
            {"name": f"P{n}", "default_code": f"P{n}", "is_storable": True}
            for n in range(LISTINGS)
        ]
    )
    channel = env["ecom.channel"].create(
        {"name": "Benchmark", "url": "https://shop.example", "stock_sync": True}
    )
    location = channel.warehouse_id.lot_stock_id
    change(env, products, location)
    listings = env["ecom.listing"].create(
        [
            {
                "channel_id": channel.id,
                "key": product.default_code,
                "sku": product.default_code,
                "name": product.name,
                "product_ref": product.default_code,
                "product_id": product.id,
            }
            for product in products
        ]
    )
    return products, listings, location


def change(env, products, location):
    """Stock arrives: five units the first time, six more the second."""
    quants = env["stock.quant"]
    for product in products:
        known = quants._get_available_quantity(product, location)
        quants._update_available_quantity(product, location, 6 if known else 5)
