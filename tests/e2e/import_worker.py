"""What a process of its own does in the tests of several importers at once.

Called through the developer tool's ``odoo_run``: every function has the environment of
a transaction of its own, and may commit as the scheduled job does.
"""

import json
import time
from pathlib import Path
from unittest.mock import patch

from odoo.addons.ecom_orders.marketplaces.base import ORDER, Envelope
from odoo.addons.ecom_orders.tests.common import woo_line, woo_order

SKU = "PARALLEL"
STOCK = 100_000
#: Where a process stops for ever: a method, and how often it is called before.
PLACES = {
    "orders are written": ("ecom.order.importer", "_write_related", 0),
    "some orders are confirmed": ("ecom.order.settler", "_confirm", 1),
    "a batch is committed": ("ir.cron", "_commit_progress", 3),
}


def prepare(env):
    """A connected channel and one product on stock; returns the channel's id."""
    product = env["product.product"].create(
        {
            "name": "Sold by two at once",
            "default_code": SKU,
            "type": "consu",
            "is_storable": True,
        }
    )
    warehouse = env["stock.warehouse"].search(
        [("company_id", "=", env.company.id)], limit=1
    )
    env["stock.quant"]._update_available_quantity(
        product, warehouse.lot_stock_id, STOCK
    )
    channel = env["ecom.channel"].create(
        {
            "name": "Parallel Shop",
            "provider": "woocommerce",
            "url": "https://parallel.example.com",
            "api_key": "ck_parallel",
            "api_secret": "cs_parallel",
            "state": "connected",
            "import_since": "2020-01-01 00:00:00",
        }
    )
    return channel.id


def envelopes(orders):
    """Snapshots of orders as a connector would wrap them.

    :param orders: (number, version, quantity); a later version is a newer snapshot.
    """
    for number, version, quantity in orders:
        payload = woo_order(
            number,
            [woo_line(1, SKU, quantity, f"{quantity}.00")],
            date_modified_gmt=f"2026-03-01T10:{version:02}:00",
        )
        yield Envelope(ORDER, str(number), json.dumps(payload, sort_keys=True))


def store(env, channel_id, orders):
    """Keep snapshots, as a page of the feed or a webhook would be kept."""
    channel = env["ecom.channel"].browse(channel_id)
    return len(env["ecom.inbox.message"]._store(channel, envelopes(orders), "poll"))


def work(env, channel_id, orders=(), together=False):
    """Keep snapshots and apply what waits, as the scheduled job does.

    :param together: without the lock that lets one worker at a time into a channel.
    """
    store(env, channel_id, orders)
    env.cr.commit()
    inbox = type(env["ecom.inbox.message"])
    user = env.ref("ecom_orders.user_technical")
    job = env["ecom.inbox.message"].with_user(user)
    if not together:
        return job._cron_process()
    with patch.object(inbox, "_take_channel", lambda self, channel: True):
        return job._cron_process()


def stop(env, channel_id, place, marker):
    """Apply what waits, but stop for ever in the middle of it.

    :param place: a key of ``PLACES``.
    :param marker: file that is written when the place is reached.
    """
    name, method, calls = PLACES[place]
    model = type(env[name])
    original = getattr(model, method)
    left = [calls]

    def reach(self, *args, **kwargs):
        result = original(self, *args, **kwargs)
        if not left[0]:
            Path(marker).write_text(place)
            time.sleep(3600)
        left[0] -= 1
        return result

    with patch.object(model, method, reach):
        work(env, channel_id)


def give_again(env, channel_id):
    """Let what was postponed wait no longer; returns how many messages wait."""
    messages = env["ecom.inbox.message"].search(
        [("channel_id", "=", channel_id), ("state", "=", "received")]
    )
    messages.next_attempt_at = False
    return len(messages)


def look(env, channel_id):
    """What became of everything, as plain values."""
    orders = env["sale.order"].search([("ecom_channel_id", "=", channel_id)])
    product = orders.order_line.product_id.filtered(lambda p: p.default_code == SKU)
    moves = orders.picking_ids.move_ids.filtered(
        lambda m: m.state != "cancel" and m.product_uom_qty
    )
    quants = env["stock.quant"].search(
        [("product_id", "=", product.id), ("location_id.usage", "=", "internal")]
    )
    states = env["ecom.inbox.message"]._read_group(
        [("channel_id", "=", channel_id)], ["state"], ["__count"]
    )
    return {
        "orders": sorted(
            (
                int(order.ecom_external_id),
                order.state,
                sum(order.order_line.mapped("product_uom_qty")),
            )
            for order in orders
        ),
        "moved": {
            order.ecom_external_id: sum(
                move.quantity
                for move in order.picking_ids.move_ids
                if move.state == "assigned"
            )
            for order in orders
        },
        "move_states": sorted(set(moves.mapped("state"))),
        "reserved": sum(quants.mapped("reserved_quantity")),
        "on_hand": sum(quants.mapped("quantity")),
        "messages": dict(states),
        "blocks": sorted(
            orders.ecom_block_ids.filtered(lambda b: b.state == "open").mapped("reason")
        ),
    }


def count_locks(env):
    """Advisory locks that anybody holds in this database."""
    env.cr.execute(
        "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return env.cr.fetchone()[0]
