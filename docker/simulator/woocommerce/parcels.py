"""Parcels, which WooCommerce does not know: they are read out of an order's metas.

A real shop keeps whatever metas it is sent and looks at none of them; that a parcel
left is known by those who read the metas (plug-ins, the seller's own programs). Here
the world is told, so that demo and tests can see what left.
"""

from __future__ import annotations

from typing import Any

from ..world.model import Order, WorldError
from ..world.shop import World

PARCELS = "_ecom_orders_parcels"
TRACKING_ITEMS = "_wc_shipment_tracking_items"


def note_parcels(world: World, order: Order) -> None:
    """Let every parcel that the order names leave, once.

    What cannot be (more than is left, a cancelled order) is ignored, as the shop
    ignores it.
    """
    known = {parcel.key for parcel in world.parcels(order.id)}
    carriers = {
        str(item.get("tracking_number")): str(item.get("tracking_provider") or "")
        for item in _entries(order, TRACKING_ITEMS)
    }
    for entry in _entries(order, PARCELS):
        if entry.get("key") in known:
            continue
        tracking = str(entry.get("tracking_number") or "")
        lines = tuple(
            (int(line["id"]), int(float(line["quantity"])))
            for line in entry.get("lines") or ()
        )
        try:
            world.ship(
                order.id, lines, carriers.get(tracking, ""), tracking, key=entry["key"]
            )
        except WorldError:
            continue


def _entries(order: Order, key: str) -> list[dict[str, Any]]:
    for meta in order.meta:
        if meta.key == key and isinstance(meta.value, list):
            return [entry for entry in meta.value if isinstance(entry, dict)]
    return []
