"""Labels of shipments that were bought at Amazon (Merchant Fulfillment API v0).

Facts: ``getShipment`` takes the id of a shipment, a UUID, and there is no list of them:
neither this interface nor that of orders names the shipments of an order. Whoever buys
a shipment (``createShipment``, Seller Central, a tool) has to hand its id on. The file
is Base64 of a gzip file; "if the shipment is canceled, an empty label is returned". The
checksum is "to validate the PDF document"; of which bytes is not said, and gzip has its
own, so it is not looked at.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

from ..errors import BadAnswer, NotFound
from ..reading import Reader
from ..schema import Label
from .api import Api
from .documents import unzip

_SHIPMENT_ID = re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ENDINGS = {"application/pdf": "pdf", "application/zpl": "zpl", "image/png": "png"}
MOST_BYTES = 16 * 1024 * 1024  # of one label, decompressed


class Labels:
    """Reads the labels of one seller's shipments."""

    def __init__(self, api: Api):
        self._api = api

    def fetch(self, order_id: str, shipment_refs: Iterable[str]) -> tuple[Label, ...]:
        """See :meth:`~..base.Connector.fetch_labels`.

        A shipment that was cancelled has no label.
        """
        self._api.order_path(order_id)
        found = (self._shipment(order_id, ref) for ref in dict.fromkeys(shipment_refs))
        labels = (_label(shipment) for shipment in found)
        return tuple(label for label in labels if label is not None)

    def _shipment(self, order_id: str, ref: str) -> Reader:
        if _SHIPMENT_ID.fullmatch(ref) is None:
            raise NotFound(f"not the id of a shipment: {ref[:60]!r}")
        answer = self._api.get(
            f"/mfn/v0/shipments/{ref}", "merchantFulfillment.getShipment"
        )
        shipment = Reader(answer).child("payload")
        if shipment.text("AmazonOrderId", 40) != order_id:
            raise NotFound(f"shipment {ref} is not of this order")
        return shipment


def _label(shipment: Reader) -> Label | None:
    file = shipment.child("Label").child("FileContents")
    contents = file.data.get("Contents")
    if not isinstance(contents, str) or not contents:
        return None
    mimetype = file.text("FileType", 60)
    tracking = shipment.text("TrackingId", 100)
    name = tracking or shipment.text("ShipmentId", 60)
    return Label(
        name=f"{name}.{_ENDINGS.get(mimetype, 'bin')}",
        mimetype=mimetype or "application/octet-stream",
        content=_decoded(contents),
        tracking_number=tracking,
        carrier=shipment.child("ShippingService").text("CarrierName", 100),
    )


def _decoded(contents: str) -> bytes:
    try:
        raw = base64.b64decode(contents, validate=True)
    except (binascii.Error, ValueError):
        raise BadAnswer("a label that is not Base64") from None
    return unzip(raw, MOST_BYTES)
