"""What a process of its own does in the tests of several routers at once.

Called through the developer tool's ``odoo_run``, as ``import_worker`` is.
"""

import json

from odoo.addons.ecom_orders.marketplaces.base import ORDER, Envelope
from odoo.addons.ecom_orders.tests.common import woo_line, woo_order

#: units on stock by warehouse code and product code
STOCK = {"PEA": {"SCARCE-1": 7, "SCARCE-2": 4}, "PWE": {"SCARCE-1": 5, "SCARCE-3": 6}}
#: Nothing is reserved here by itself: no row of stock is written that would make two
#: transactions collide. What was promised to orders counts all the same.
BY_HAND = "PWE"


def prepare(env):
    """Two shops, two warehouses with little stock, rules; returns the shops' ids."""
    products = {}
    for code, shelf in STOCK.items():
        warehouse = env["stock.warehouse"].create({"name": code, "code": code})
        if code == BY_HAND:
            warehouse.out_type_id.reservation_method = "manual"
        for sku, units in shelf.items():
            products[sku] = products.get(sku) or env["product.product"].create(
                {
                    "name": sku,
                    "default_code": sku,
                    "type": "consu",
                    "is_storable": True,
                }
            )
            env["stock.quant"]._update_available_quantity(
                products[sku], warehouse.lot_stock_id, units
            )
    others = env["stock.warehouse"].search([("code", "not in", list(STOCK))])
    others.write({"ecom_ships": False})
    env["ecom.routing.rule.set"].search([("mode", "=", "active")]).mode = "off"
    env["ecom.routing.rule.set"].create(
        {
            "name": "Parallel",
            "mode": "active",
            "company_id": env.company.id,
            "rule_ids": [
                (0, 0, {"name": "Any", "strategy": "optimum", "queue": "No stock"})
            ],
        }
    )
    channels = env["ecom.channel"].create(
        [
            {
                "name": f"Parallel {number}",
                "provider": "woocommerce",
                "url": f"https://parallel{number}.example.com",
                "api_key": "ck_parallel",
                "api_secret": "cs_parallel",
                "state": "connected",
                "import_since": "2020-01-01 00:00:00",
            }
            for number in (1, 2)
        ]
    )
    return channels.ids


def work(env, channel_id, orders):
    """Import, route and reserve orders of one shop, as the scheduled job does.

    :param orders: (number, sku); a unit each.
    """
    channel = env["ecom.channel"].browse(channel_id)
    envelopes = []
    for number, sku in orders:
        payload = woo_order(number, [woo_line(1, sku, 1, "1.00")])
        payload["billing"]["email"] = f"buyer{number}@example.com"
        envelopes.append(Envelope(ORDER, str(number), json.dumps(payload)))
    env["ecom.inbox.message"]._store(channel, envelopes, "poll")
    env.cr.commit()
    user = env.ref("ecom_orders.user_technical")
    inbox = env["ecom.inbox.message"].with_user(user)
    while inbox._process_batch(channel.with_user(user)):
        env.cr.commit()


def again(env):
    """Let what was postponed wait no longer, and apply it."""
    messages = env["ecom.inbox.message"].search([("state", "=", "received")])
    messages.next_attempt_at = False
    env.cr.commit()
    user = env.ref("ecom_orders.user_technical")
    return env["ecom.inbox.message"].with_user(user)._cron_process()


def look(env, channel_ids):
    """What was promised and what waits, as plain values."""
    orders = env["sale.order"].search([("ecom_channel_id", "in", channel_ids)])
    moves = orders.order_line.move_ids.filtered(lambda move: move.state != "cancel")
    promised = {}
    for move in moves:
        key = f"{move.warehouse_id.code} {move.product_id.default_code}"
        promised[key] = promised.get(key, 0) + move.product_uom_qty
    waiting = orders.filtered(lambda order: order.state == "draft")
    return {
        "orders": len(orders),
        "promised": promised,
        "states": sorted(set(moves.mapped("state"))),
        "waiting": len(waiting),
        "reasons": sorted(set(waiting.ecom_block_ids.mapped("reason"))),
    }
