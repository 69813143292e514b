"""Parcels: one ``confirmShipment`` for each, never twice.

Facts (Orders API v0, ``confirmShipment``): the package reference is ours, a positive
number, unique within the order; carrier code, tracking number and date of shipping are
required; a carrier that Amazon does not list has the code ``Other`` and a name; an
answer without a body means that it was taken. What is already there is looked up first
(2026-01-01, data sets FULFILLMENT and PACKAGES), for the operation itself is not said
to be idempotent.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ..errors import AlreadyDone, NotFound, RequestRefused
from ..reading import Reader
from ..schema import Shipment, WriteResult
from .api import Api, timestamp
from .orders import Orders

OTHER_CARRIER = "Other"

# Words of Amazon's for an order that was shipped in the meantime (reported, issue 5037
# of the official models).
_TOO_LATE = re.compile(r"(?i)already fulfilled")


def package_reference(key: str) -> str:
    """The number of a parcel within its order: from our key, the same for ever."""
    digest = hashlib.sha256(key.encode("utf-8")).digest()
    return str(int.from_bytes(digest[:6], "big") + 1)


class Shipping:
    """Tells Amazon that parcels have left."""

    def __init__(self, api: Api, orders: Orders):
        self._api = api
        self._orders = orders

    def push(self, shipment: Shipment) -> WriteResult:
        """See :meth:`~..base.Connector.push_shipment`.

        :raises AlreadyDone: when the order was cancelled, has nothing left to be
            shipped, or is shipped by Amazon.
        """
        path = self._api.order_path(shipment.order_id)
        answer = self._orders.get(shipment.order_id, ("FULFILLMENT", "PACKAGES"))
        order = Reader(answer).child("order")
        reference = package_reference(shipment.key)
        if _is_known(order, reference, shipment.tracking_number):
            return WriteResult(reference, repeated=True)
        marketplace = order.child("salesChannel").text("marketplaceId", 40)
        body = {
            "marketplaceId": shipment.marketplace_ref or marketplace,
            "packageDetail": self._package(shipment, reference, _open(order)),
        }
        self._confirm(f"/orders/v0/orders/{path}/shipmentConfirmation", body)
        return WriteResult(reference)

    def _confirm(self, path: str, body: Mapping[str, Any]) -> None:
        try:
            self._api.change("POST", path, "ordersV0.confirmShipment", body)
        except RequestRefused as error:
            refused = error
        else:
            return
        if _TOO_LATE.search(refused.details.get("remote_message", "")):
            raise AlreadyDone(str(refused), **refused.details)
        raise refused

    def _package(
        self, shipment: Shipment, reference: str, open_lines: Mapping[str, Decimal]
    ) -> dict[str, Any]:
        package: dict[str, Any] = {
            "packageReferenceId": reference,
            "carrierCode": shipment.carrier or OTHER_CARRIER,
            "trackingNumber": shipment.tracking_number,
            "shipDate": timestamp(shipment.shipped_at or self._api.now()),
            "orderItems": list(_items(shipment, open_lines)),
        }
        if package["carrierCode"] == OTHER_CARRIER:
            package["carrierName"] = shipment.carrier_name or OTHER_CARRIER
        if shipment.location_ref:
            package["shipFromSupplySourceId"] = shipment.location_ref
        return package


def _is_known(order: Reader, reference: str, tracking_number: str) -> bool:
    for package in order.children("packages"):
        if package.text("packageReferenceId", 100) == reference:
            return True
        if tracking_number and package.text("trackingNumber") == tracking_number:
            return True
    return False


def _open(order: Reader) -> dict[str, Decimal]:
    """What is still to be shipped: quantity by order item.

    :raises AlreadyDone: when nothing can be shipped (any more).
    """
    fulfillment = order.child("fulfillment")
    status = fulfillment.text("fulfillmentStatus", 40)
    if fulfillment.text("fulfilledBy", 40) == "AMAZON":
        raise AlreadyDone(
            "Amazon ships this order", remote_message="fulfilled by Amazon"
        )
    if status in ("CANCELLED", "SHIPPED", "UNFULFILLABLE"):
        raise AlreadyDone(f"the order is {status}", remote_message=status)
    return {
        item.identifier("orderItemId"): item.child("fulfillment").decimal(
            "quantityUnfulfilled"
        )
        for item in order.children("orderItems")
    }


def _items(
    shipment: Shipment, open_lines: Mapping[str, Decimal]
) -> Iterable[dict[str, Any]]:
    """The items of a parcel; nothing named = all that is open.

    :raises NotFound: for an item that the order does not have.
    :raises RequestRefused: for a quantity that is not a positive whole number.
    """
    wanted = {line.order_line_id: line.quantity for line in shipment.lines}
    for item_id, quantity in (wanted or open_lines).items():
        if item_id not in open_lines:
            raise NotFound(f"the order has no item {item_id[:40]!r}")
        if not wanted and not quantity:
            continue
        if quantity <= 0 or quantity != int(quantity):
            raise RequestRefused("not a number of pieces", remote_code="bad_quantity")
        yield {"orderItemId": item_id, "quantity": int(quantity)}
