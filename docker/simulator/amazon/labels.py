"""Merchant Fulfillment API v0: shipments that were bought, with their labels."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ..core.message import Response
from ..world.shop import World
from . import errors
from .call import Call
from .facts import Facts, iso
from .ids import item_id

_SHIPMENT_ID = re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Bought:
    """A shipment that was paid for."""

    shipment_id: str
    order_id: int
    tracking: str
    content: bytes
    created: datetime
    status: str = "Purchased"


@dataclass
class LabelDesk:
    """Sells shipments to the seller, and answers calls about them."""

    world: World
    bought: dict[str, Bought] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def buy(self, order_id: int) -> Bought:
        """Buy a shipment for an order of the world, as a person does in their shop."""
        with self._lock:
            number = len(self.bought) + 1
            made = Bought(
                shipment_id=str(UUID(int=(order_id << 64) + number)),
                order_id=order_id,
                tracking=f"1Z{number:016d}",
                content=b"%%PDF-1.4\n%% label %d\n%%%%EOF\n" % number,
                created=self.world.clock.now(),
            )
            self.bought[made.shipment_id] = made
        return made

    def cancel(self, shipment_id: str) -> None:
        """Give a shipment back: its label is empty from now on."""
        made = self.bought[shipment_id]
        self.bought[shipment_id] = replace(made, status="RefundApplied", content=b"")

    def get(self, call: Call) -> Response:
        """Answer ``getShipment``."""
        shipment_id = call.parts[0]
        if _SHIPMENT_ID.fullmatch(shipment_id) is None:
            raise errors.invalid("shipmentId is not the id of a shipment.")
        made = self.bought.get(shipment_id)
        if made is None:
            raise errors.not_found(f"There is no shipment {shipment_id}.")
        return Response.of_json({"payload": self._rendered(made)})

    def _rendered(self, made: Bought) -> dict[str, Any]:
        order = Facts(self.world, self.world.order(made.order_id))
        money = {"CurrencyCode": order.order.currency, "Amount": 0.0}
        contents = gzip.compress(made.content, mtime=0) if made.content else b""
        return {
            "ShipmentId": made.shipment_id,
            "AmazonOrderId": order.order_id,
            "ItemList": [
                {"OrderItemId": item_id(line.id), "Quantity": line.quantity}
                for line in order.order.lines
            ],
            "ShipFromAddress": _address("Simulated Seller"),
            "ShipToAddress": _address("Withheld"),
            "PackageDimensions": {
                "Length": 10.0,
                "Width": 10.0,
                "Height": 10.0,
                "Unit": "centimeters",
            },
            "Weight": {"Value": 500.0, "Unit": "g"},
            "Insurance": money,
            "ShippingService": {
                "ShippingServiceName": "Simulated Ground",
                "CarrierName": "UPS",
                "ShippingServiceId": "UPS_PTP_GND",
                "ShippingServiceOfferId": "",
                "ShipDate": iso(made.created),
                "Rate": money,
                "RateWithAdjustments": money,
                "ShippingServiceOptions": {
                    "DeliveryExperience": "DeliveryConfirmationWithoutSignature",
                    "CarrierWillPickUp": False,
                },
                "RequiresAdditionalSellerInputs": False,
            },
            "Label": {
                "Dimensions": {"Length": 6.0, "Width": 4.0, "Unit": "inches"},
                "FileContents": {
                    "Contents": base64.b64encode(contents).decode("ascii"),
                    "FileType": "application/pdf",
                    "Checksum": base64.b64encode(
                        hashlib.md5(made.content, usedforsecurity=False).digest()
                    ).decode("ascii"),
                },
            },
            "Status": made.status,
            "TrackingId": made.tracking,
            "CreatedDate": iso(made.created),
            "LastUpdatedDate": iso(made.created),
        }


def _address(name: str) -> dict[str, str]:
    return {
        "Name": name,
        "AddressLine1": "1 Example Street",
        "Email": "",
        "City": "Example City",
        "PostalCode": "00000",
        "CountryCode": "US",
        "Phone": "",
    }
