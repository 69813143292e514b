"""What happened in the demo: ``open_day``, ``trade``, ``come_back``, ``close_day``.

Run inside Odoo by the developer tool, beside the server that fetches and sends. A
chapter is repeated when the server wrote the same rows meanwhile: what a shop is told
stands where nothing is written here. The smoke test has no story: it judges orders that
have all the stock they need.
"""

import json
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo.fields import Command, Domain

YESTERDAY = 5  # orders of each shop
# Kinds of orders that end on the desk, each for another reason.
HELD = {
    "woocommerce": ("unknown_sku", "on_hold", "pending_unpaid", "deleted_product"),
    "shopify": ("shopify_risky", "shopify_unpaid"),
    "taobao": ("tb_single",),
}
# What is nearly sold out, in units; of the rest there is what the shops believe.
SCARCE = {"RUG-120": 3, "SCARF-ALP": 6, "TEAPOT-1L": 4, "KNIFE-CHEF": 9}
STOCK_CHANNELS = ("woocommerce", "shopify", "ebay")
SHIPPED = 8
PAYOUT_MINUTES = 60  # a demo has no two weeks
PATIENCE = 120  # seconds for which orders and answers are waited for


def open_day(env, shops):
    """Let every shop sell yesterday at noon, and something difficult today."""
    for channel in _get_channels(env, shops):
        shop = shops[channel.provider]
        _ask(shop, "settings", {"payout_minutes": PAYOUT_MINUTES})
        _ask(shop, "clock", {"offset_seconds": -_get_age_of_noon(channel.timezone)})
        _ask(shop, "orders", {"count": YESTERDAY})
        _ask(shop, "clock", {"offset_seconds": 0})
        if kinds := HELD.get(channel.provider):
            for kind in kinds:
                _ask(shop, "orders", {"count": 1, "scenario": kind})


def trade(env, shops):
    """Publish scarce stock, send parcels, and invoice one of the orders."""
    channels = _get_channels(env, shops)
    _wait(env, lambda: _count_orders(env) >= YESTERDAY * len(channels))
    _count_stock(env, _ask(shops["woocommerce"], "catalogue"))
    selling = channels.filtered(lambda c: c.provider in STOCK_CHANNELS)
    selling.write({"stock_sync": True, "stock_safety": 1.0})
    web_shop = channels.filtered(lambda c: c.provider == "woocommerce")
    web_shop.write(
        {
            "owner_title": "shop",
            "owner_price": "odoo",
            "listing_pricelist_id": _create_pricelist(env).id,
        }
    )
    _ship(env)
    env.cr.commit()  # the server sends what was shipped
    sent = Domain("kind", "=", "shipment") & Domain("state", "=", "sent")
    _wait(env, lambda: env["ecom.outbox.message"].search_count(sent) >= SHIPPED // 2)
    if order := _get_shipped(env, "woocommerce")[:1]:
        order._create_invoices().action_post()


def come_back(env, shops):
    """Buyers send articles back and are given money."""
    _send_back(env, shops["shopify"])
    _give_back(env, shops["woocommerce"])


def close_day(env, shops):
    """Certify yesterday again, now that its orders are here.

    What a shop placed behind the cursor is found missing, and fetched.
    """
    certificates = env["ecom.completeness"].search([])
    certificates.action_recheck()
    env.cr.commit()
    _wait(env, lambda: not any(certificates.mapped("requested")))
    certificates.filtered(lambda c: c.state == "red").action_fetch_missing()
    _fetch_settlements(_get_channels(env, shops))


def _fetch_settlements(channels):
    """Fetch what was paid out of yesterday's orders, now and from now on.

    Not where a report is dropped by hand (``past``): it tells the same money.
    """
    for channel in channels.filtered(lambda one: one.provider != "shopify"):
        if ",settlements," in channel.capability_codes:
            channel.settlement_fetch = True
            channel.action_fetch_settlements()


def _get_channels(env, shops):
    return env["ecom.channel"].search([("provider", "in", list(shops))])


def _get_age_of_noon(zone):
    """Seconds since yesterday's noon in a time zone."""
    now = datetime.now(timezone.utc)
    local = now.astimezone(ZoneInfo(zone or "UTC"))
    noon = local.replace(hour=12, minute=0, second=0) - timedelta(days=1)
    return (now - noon).total_seconds()


def _count_orders(env):
    return env["sale.order"].search_count([("ecom_channel_id", "!=", False)])


def _count_stock(env, catalogue):
    """As many units as the shop shows, and of some hardly any, beside what is sold."""
    units = {item["sku"]: item["stock"] for item in catalogue if item["stock"]}
    warehouse = env["stock.warehouse"].search([], limit=1)
    quants = env["stock.quant"].search(
        [
            ("location_id", "=", warehouse.lot_stock_id.id),
            ("product_id.default_code", "in", list(units)),
        ]
    )
    for quant in quants.with_context(inventory_mode=True):
        sku = quant.product_id.default_code
        left = SCARCE.get(sku, units[sku])
        quant.inventory_quantity = quant.reserved_quantity + left
    quants.action_apply_inventory()


def _create_pricelist(env):
    """Prices of the web shop: the list prices, and one that was raised."""
    product = env["product.product"].search([("default_code", "=", "MUG-RED")])
    item = {
        "applied_on": "0_product_variant",
        "product_id": product.id,
        "compute_price": "fixed",
        "fixed_price": 13.5,
    }
    return env["product.pricelist"].create(
        {"name": "Web Shop", "item_ids": [Command.create(item)]}
    )


def _ship(env):
    """Deliver some orders with tracking numbers, as a dispatcher does."""
    pickings = env["stock.picking"].search(
        [
            ("sale_id.ecom_channel_id.provider", "in", STOCK_CHANNELS),
            ("state", "=", "assigned"),
            ("picking_type_code", "=", "outgoing"),
        ],
        limit=SHIPPED,
        order="id",
    )
    for number, picking in enumerate(pickings.with_context(skip_sms=True)):
        picking.carrier_tracking_ref = f"1Z999AA101234{number:05}"
        picking.button_validate()


def _send_back(env, shop):
    """A buyer sends an article back: the return is approved and on its way."""
    known = {case["order_id"] for case in _ask(shop, "returns")}
    orders = _get_shipped(env, "shopify").filtered(
        lambda order: int(order.ecom_external_id) not in known
    )
    for order in orders[:2]:
        case = _ask(
            shop,
            f"orders/{order.ecom_external_id}/return",
            {"reason": "SIZE_TOO_SMALL"},
        )
        _ask(shop, f"returns/{case['id']}", {"status": "approved"})


def _give_back(env, shop):
    """One refund of an invoiced order is a credit note, one waits for the invoice."""
    for order in _get_shipped(env, "woocommerce")[:2]:
        refund = {"amount": "5.00", "reason": "Arrived late"}
        _ask(shop, f"orders/{order.ecom_external_id}/refund", refund)


def _get_shipped(env, provider):
    return env["sale.order"].search(
        [
            ("ecom_channel_id.provider", "=", provider),
            ("ecom_outbox_ids.state", "=", "sent"),
        ],
        order="id",
    )


def _wait(env, condition):
    """Wait until something has come, or not any longer: the demo runs anyway."""
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        env.cr.commit()  # sees what the server did meanwhile
        env.invalidate_all()
        time.sleep(2)


def _ask(shop_url, what, body=None):
    """An answer of the simulated shop's control interface."""
    request = urllib.request.Request(
        f"{shop_url}/_sim/{what}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)
