"""Orders per second: from the shop's answer to a confirmed, reserved sale order.

The same orders twice in one run, in one database:

* *chain*: fetched over HTTP from the simulated shop, kept in the inbox, applied in
  batches by the addon, committed after each batch;
* *one by one*: what core does with the same orders when they are created and confirmed
  one after the other with a commit for each (``sale.order.create`` + ``action_confirm``).

``ratio`` is chain over one by one. Look at ratios; seconds belong to the machine.
"""

import sys
import time
from pathlib import Path

from odoo.fields import Command

sys.path.insert(0, str(Path(__file__).parents[2] / "docker"))

from simulator import Simulator  # noqa: E402

ORDERS = 200
SCENARIO = "us_tax_exclusive"


def run(env):
    """Run the benchmark; yields one result."""
    env = env(user=env.ref("ecom_orders.user_technical"))
    simulator = Simulator(seed=7, state_dir=None)
    simulator.start()
    try:
        channel = prepare(env, simulator)
        simulator.place_orders(ORDERS, scenario=SCENARIO)
        seconds = measure(lambda: chain(env, channel))
        orders = env["sale.order"].search([("ecom_channel_id", "=", channel.id)])
        check(orders)
        baseline = measure(lambda: one_by_one(env, orders))
    finally:
        simulator.stop()
    yield {
        "metric": "orders_per_second",
        "value": round(ORDERS / seconds, 2),
        "baseline": round(ORDERS / baseline, 2),
        "ratio": round(baseline / seconds, 2),
        "unit": "1/s",
    }


def measure(action):
    """Seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def prepare(env, simulator):
    """A connected channel, and everything that the shop sells, in stock."""
    admin = env(su=True)
    items = [item for item in simulator.catalogue() if item["type"] != "variable"]
    products = admin["product.product"].create(
        [
            {
                "name": item["name"],
                "default_code": item["sku"],
                "is_storable": not item["virtual"],
                "type": "service" if item["virtual"] else "consu",
                "taxes_id": [Command.clear()],
            }
            for item in items
        ]
    )
    location = admin["stock.warehouse"].search([], limit=1).lot_stock_id
    for product in products.filtered("is_storable"):
        admin["stock.quant"]._update_available_quantity(product, location, 100000)
    channel = admin["ecom.channel"].create(
        {
            "name": "Benchmark",
            "url": simulator.url,
            "api_key": "ck_simulator",
            "api_secret": "cs_simulator",
            "tax_policy": "create",
            "import_since": False,
            "state": "connected",
        }
    )
    env.cr.commit()
    return env["ecom.channel"].browse(channel.id)


def chain(env, channel):
    """Fetch, keep, apply."""
    channel._fetch_orders()
    inbox = env["ecom.inbox.message"]
    while inbox._process_batch(channel):
        env.cr.commit()


def check(orders):
    """A benchmark of something wrong is worth nothing."""
    assert len(orders) == ORDERS, f"{len(orders)} of {ORDERS} orders"
    assert set(orders.mapped("state")) == {"sale"}
    assert set(orders.picking_ids.mapped("state")) == {"assigned"}


def one_by_one(env, orders):
    """The same orders by core alone, a transaction for each."""
    values = [
        {
            "partner_id": order.partner_id.id,
            "order_line": [
                Command.create(
                    {
                        "product_id": line.product_id.id,
                        "product_uom_qty": line.product_uom_qty,
                        "price_unit": line.price_unit,
                        "tax_ids": [Command.set(line.tax_ids.ids)],
                    }
                )
                for line in order.order_line
            ],
        }
        for order in orders
    ]
    for vals in values:
        env["sale.order"].create(vals).action_confirm()
        env.cr.commit()
        env.invalidate_all()
