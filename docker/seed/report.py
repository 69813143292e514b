"""What Odoo made of the shops' orders: ``report(env, shop_orders) -> dict``.

Run inside Odoo by the developer tool's smoke test. It does not trust the addon's own
counts: it goes through the shops' lists and looks for each order.
"""

from collections import Counter

WAITING = {"pending", "on-hold", "failed"}
RELEASED = {"processing", "completed"}
CALLED_OFF = {"cancelled", "refunded", "trash"}


def report(env, shop_orders):
    """Compare Odoo's sale orders with the shops'.

    :param shop_orders: list of the shops' orders (``marketplace``, ``external_id``,
        ``status``, ``total``, ``currency``, ``deleted``).
    :return: counts, ``agree`` and, if not, ``reasons``.
    """
    sale_orders = env["sale.order"].search([("ecom_channel_id", "!=", False)])
    by_id = sale_orders.grouped(
        lambda order: (order.ecom_channel_id.provider, order.ecom_external_id)
    )
    counts = Counter()
    sources = Counter(order["marketplace"] for order in shop_orders)
    reasons = []
    difference = 0.0
    for shop_order in shop_orders:
        key = (shop_order["marketplace"], shop_order["external_id"])
        found = by_id.get(key, env["sale.order"])
        counts["imported"] += bool(found)
        counts["duplicates"] += max(len(found) - 1, 0)
        if not found:
            reasons.append(f"{_name(shop_order)} is missing")
            continue
        order = found[0]
        if shop_order.get("priced", True):
            difference += abs(_difference(order, shop_order))
        _count(order, counts)
        reasons += _judge(order, shop_order)
    messages = env["ecom.inbox.message"]
    failed = messages.search_count([("state", "=", "failed")])
    waiting = messages.search_count([("state", "=", "received")])
    if failed or waiting:
        reasons.append(f"{failed} messages failed, {waiting} wait")
    if counts["duplicates"]:
        reasons.append(f"{counts['duplicates']} duplicates")
    if len(sale_orders) != len(shop_orders):
        reasons.append(f"{len(sale_orders)} sale orders of {len(shop_orders)}")
    return {
        "sources": dict(sources),
        "orders_imported": counts["imported"],
        "orders_confirmed": counts["confirmed"],
        "orders_reserved": counts["reserved"],
        "orders_blocked": counts["blocked"],
        "orders_cancelled": counts["cancelled"],
        "orders_failed": failed,
        "duplicates": counts["duplicates"],
        "lost": len(shop_orders) - counts["imported"],
        "total_difference": round(difference, 3),
        "agree": not reasons,
        "reasons": reasons[:20],
    }


def fetch_now(env):
    """Ask every channel for its orders, as the button does."""
    channels = env["ecom.channel"].search([("state", "=", "connected")])
    for channel in channels:
        channel.action_fetch_now()
    return len(channels)


def _name(shop_order):
    return f"{shop_order['marketplace']} {shop_order['external_id']}"


def _difference(order, shop_order):
    """Odoo's total less the shop's, in the smallest unit the currency has."""
    currency = order.currency_id
    return currency.round(order.amount_total - float(shop_order["total"]))


def _count(order, counts):
    counts["confirmed"] += order.state == "sale"
    counts["cancelled"] += order.state == "cancel"
    counts["blocked"] += order.state == "draft" and order.ecom_held
    counts["reserved"] += order.state == "sale" and _is_reserved(order)


def _is_reserved(order):
    """Whether every delivery of the order has its goods; services need none."""
    open_pickings = order.picking_ids.filtered(lambda p: p.state != "cancel")
    return all(picking.state in ("assigned", "done") for picking in open_pickings)


def _judge(order, shop_order):
    """What is wrong with one order, in words; nothing when it is right."""
    number = _name(shop_order)
    status = "trash" if shop_order.get("deleted") else shop_order["status"]
    if order.currency_id.name != shop_order["currency"]:
        yield f"{number}: {order.currency_id.name} is not the shop's currency"
    if shop_order.get("priced", True) and _difference(order, shop_order):
        yield f"{number}: {order.amount_total} is not {shop_order['total']}"
    if status in CALLED_OFF and order.state != "cancel":
        yield f"{number}: {status} in the shop, {order.state} in Odoo"
    if status in WAITING and not (order.state == "draft" and order.ecom_held):
        yield f"{number}: {status} in the shop, {order.state} in Odoo"
    if status in RELEASED:
        if order.state == "draft" and order.ecom_held:
            return  # waits for a person, with a reason; counted as blocked
        if order.state != "sale":
            yield f"{number}: {status} in the shop, {order.state} in Odoo"
        elif not _is_reserved(order):
            yield f"{number}: confirmed, not reserved"
