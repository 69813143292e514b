"""What an order of a WooCommerce shop remembers of the parcels that left.

WooCommerce itself has no parcels and no field for a tracking number. What is written:

* the meta :data:`PARCELS`, our own: every parcel with our key and its lines, by which a
  repeated report is recognised and by which the shop's order tells what has left;
* the meta :data:`TRACKING_ITEMS` of the plug-in "Shipment Tracking", which many other
  plug-ins, e-mails and carriers read. That the shop keeps it as it is sent is recorded
  (7.9); the names of its fields are not confirmed in a specification.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from ..errors import PayloadError
from ..reading import Reader
from ..schema import Shipment

PARCELS = "_ecom_orders_parcels"
TRACKING_ITEMS = "_wc_shipment_tracking_items"


@dataclass(frozen=True)
class Parcel:
    """A parcel as the order remembers it.

    :param lines: (id of the order line, quantity) pairs.
    """

    key: str
    tracking_number: str
    lines: tuple[tuple[str, Decimal], ...]

    def as_json(self) -> dict[str, Any]:
        """What is written into :data:`PARCELS`; quantities as text."""
        return {
            "key": self.key,
            "tracking_number": self.tracking_number,
            "lines": [
                {"id": line, "quantity": str(quantity)} for line, quantity in self.lines
            ],
        }


def metas_of(read: Reader) -> dict[str, Any]:
    """Values of the metas of an order or refund by key; of equal keys the first.

    Never refuses: metas are anybody's, an order does not depend on them, and PHP
    writes a list with gaps as an object.
    """
    rows = read.data.get("meta_data")
    rows = rows.values() if isinstance(rows, Mapping) else rows
    metas: dict[str, Any] = {}
    for row in rows if isinstance(rows, Iterable) else ():
        key = row.get("key") if isinstance(row, Mapping) else None
        if isinstance(key, str):
            metas.setdefault(key, row.get("value"))
    return metas


def parcels_of(metas: Mapping[str, Any]) -> tuple[Parcel, ...]:
    """The parcels that an order remembers; a damaged entry counts as none.

    The meta can be edited by anybody in the shop, and an order has to be understood
    whatever stands in it.
    """
    value = metas.get(PARCELS)
    entries = value if isinstance(value, list) else ()
    return tuple(filter(None, map(_parcel, entries)))


def _parcel(entry: Any) -> Parcel | None:
    try:
        read = Reader(entry)
        return Parcel(
            key=read.text("key", 200),
            tracking_number=read.text("tracking_number", 200),
            lines=tuple(
                (line.identifier("id"), line.required_decimal("quantity"))
                for line in read.children("lines")
            ),
        )
    except PayloadError:
        return None


def sent_quantities(parcels: tuple[Parcel, ...]) -> Counter[str]:
    """How much of each line has left, by line id."""
    sent: Counter[str] = Counter()
    for parcel in parcels:
        for line, quantity in parcel.lines:
            sent[line] += quantity
    return sent


def find_repeated(parcels: tuple[Parcel, ...], shipment: Shipment) -> Parcel | None:
    """The parcel that was told before, by our key or as the same goods and number."""
    lines = {(line.order_line_id, line.quantity) for line in shipment.lines}
    for parcel in parcels:
        if parcel.key == shipment.key:
            return parcel
        same_number = parcel.tracking_number == shipment.tracking_number != ""
        if same_number and (not lines or lines == set(parcel.lines)):
            return parcel
    return None


def with_tracking(items: Any, shipment: Shipment, now: datetime) -> list[Any] | None:
    """The plug-in's list with the parcel's number; ``None`` = nothing to write.

    :param items: what the order has of it, of any kind.
    :param now: stands for a missing ``shipped_at``.
    """
    known = list(items) if isinstance(items, list) else []
    numbers = [i.get("tracking_number") for i in known if isinstance(i, Mapping)]
    if not shipment.tracking_number or shipment.tracking_number in numbers:
        return None
    moment = (shipment.shipped_at or now).astimezone(timezone.utc)
    return [
        *known,
        {
            "tracking_provider": shipment.carrier,
            "custom_tracking_provider": shipment.carrier_name,
            "custom_tracking_link": shipment.tracking_url,
            "tracking_number": shipment.tracking_number,
            "date_shipped": str(int(moment.timestamp())),
            "tracking_id": hashlib.sha256(shipment.key.encode()).hexdigest()[:32],
        },
    ]
