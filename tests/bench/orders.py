"""Orders per second: from the shop's answer to a confirmed, reserved sale order.

2,000 orders of 500 buyers over 200 SKUs, in rounds, so that a growing database and a
noisy machine hit all contestants alike. In each round the same orders come in by:

* *chain*: fetched over HTTP from the simulated shop, kept in the inbox, matched and
  applied in batches by the addon, a commit after each batch;
* *one by one*: core's ``sale.order.create`` and ``action_confirm``, a commit for each;
* *core in batch*: the same two calls with 100 orders at once, a commit after each.

Core is spared what the chain does besides (HTTP, contacts, taxes, amounts to the cent).
``ratio`` is chain over baseline. Look at ratios; seconds belong to the machine.
"""

import os
import random
import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from odoo.fields import Command

sys.path.insert(0, str(Path(__file__).parents[2] / "docker"))

from simulator import Simulator  # noqa: E402
from simulator.world.drafts import DraftLine, DraftShipping, OrderDraft  # noqa: E402
from simulator.world.model import Product  # noqa: E402
from simulator.world.people import make_buyer  # noqa: E402

ORDERS = int(os.environ.get("BENCH_ORDERS", "2000"))
ROUNDS = 10
SKUS = 200
BUYERS = 500
BATCH = 100


def run(env):
    """Run the benchmark; yields a result for each baseline."""
    env = env(user=env.ref("ecom_orders.user_technical"))
    with Simulator(seed=7) as simulator:
        shop = BusyShop(simulator)
        channel = prepare(env, simulator, shop)
        seconds = {"chain": 0.0, "one by one": 0.0, "core in batch": 0.0}
        for _round in range(ROUNDS):
            orders = one_round(env, channel, shop, seconds)
    check(env["sale.order"].search([("ecom_channel_id", "=", channel.id)]), orders)
    for baseline in ("one by one", "core in batch"):
        yield {
            "metric": "orders_per_second",
            "value": round(ORDERS / seconds["chain"], 2),
            "baseline": round(ORDERS / seconds[baseline], 2),
            "baseline_name": baseline,
            "ratio": round(seconds[baseline] / seconds["chain"], 2),
            "unit": "1/s",
            "orders": ORDERS,
        }


class BusyShop:
    """The simulated shop with many products and many buyers."""

    def __init__(self, simulator):
        self.world = simulator.world
        self.rng = random.Random(7)
        self.products = [
            self.world.add_product(
                Product(
                    id=0,
                    sku=f"BENCH-{number:03d}",
                    name=f"Bench product {number}",
                    price=Decimal(self.rng.randrange(300, 9000)) / 100,
                    stock=1_000_000,
                )
            )
            for number in range(SKUS)
        ]
        self.buyers = [self._make_buyer(number) for number in range(BUYERS)]

    def _make_buyer(self, number):
        buyer = make_buyer(self.rng, "US", "CA")
        email = f"buyer{number}@example.com"
        return replace(buyer, billing=replace(buyer.billing, email=email))

    def place(self, count):
        """Let buyers order one to three things each."""
        for _order in range(count):
            buyer = self.rng.choice(self.buyers)
            goods = self.rng.sample(self.products, self.rng.choice((1, 1, 2, 3)))
            self.world.place(
                OrderDraft(
                    billing=buyer.billing,
                    shipping=buyer.shipping,
                    lines=tuple(
                        DraftLine(item.id, self.rng.choice((1, 1, 1, 2)))
                        for item in goods
                    ),
                    shipping_lines=(
                        DraftShipping("Flat rate", "flat_rate", Decimal("8.50")),
                    ),
                    scenario="bench",
                ),
                self.rng,
            )


def prepare(env, simulator, shop):
    """A connected channel, and everything that the shop sells, in stock."""
    admin = env(su=True)
    products = admin["product.product"].create(
        [
            {
                "name": item.name,
                "default_code": item.sku,
                "is_storable": True,
                "type": "consu",
                "taxes_id": [Command.clear()],
            }
            for item in shop.products
        ]
    )
    location = admin["stock.warehouse"].search([], limit=1).lot_stock_id
    for product in products:
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


def one_round(env, channel, shop, seconds):
    """Bring the same new orders in by all ways, adding up the time of each."""
    before = env["sale.order"].search([("ecom_channel_id", "=", channel.id)])
    shop.place(ORDERS // ROUNDS)
    seconds["chain"] += measure(env, lambda: chain(env, channel))
    orders = env["sale.order"].search([("ecom_channel_id", "=", channel.id)]) - before
    values = prepare_values(orders)
    seconds["one by one"] += measure(env, lambda: core(env, values, 1))
    seconds["core in batch"] += measure(env, lambda: core(env, values, BATCH))
    return orders


def measure(env, action):
    """Seconds that an action takes, from a cold cache."""
    env.invalidate_all()
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def chain(env, channel):
    """Fetch, keep, apply."""
    channel._fetch_orders()
    inbox = env["ecom.inbox.message"]
    while inbox._process_batch(channel):
        env.cr.commit()


def check(orders, last):
    """A benchmark of something wrong is worth nothing."""
    assert len(orders) == ORDERS, f"{len(orders)} of {ORDERS} orders"
    assert len(last) == ORDERS // ROUNDS
    assert set(orders.mapped("state")) == {"sale"}
    assert set(orders.picking_ids.mapped("state")) == {"assigned"}
    for order in orders:
        assert not order.currency_id.compare_amounts(
            order.amount_total, order.ecom_total
        )


def prepare_values(orders):
    """What core is given to make the same orders."""
    return [
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


def core(env, values, size):
    """The same orders by core alone, a transaction for each ``size`` of them."""
    for start in range(0, len(values), size):
        orders = env["sale.order"].create(values[start : start + size])
        orders.action_confirm()
        env.cr.commit()
        env.invalidate_all()
