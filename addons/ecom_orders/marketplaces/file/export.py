"""Parcels as a file, for a shop that can only be told by one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import timezone

from ..schema import Shipment

HEADER = (
    "Order number",
    "Line",
    "Quantity",
    "Carrier",
    "Tracking number",
    "Tracking URL",
    "Shipped at",
)


def export_shipments(parcels: Iterable[Shipment]) -> bytes:
    """Write parcels as CSV (UTF-8 with a mark, so that spreadsheets see it).

    A row for each line of a parcel; a parcel with all of an order is one row without
    line and quantity. Times are UTC. Cells that a spreadsheet would take for a formula
    are kept from it by an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for parcel in parcels:
        shipped = parcel.shipped_at
        moment = shipped.astimezone(timezone.utc) if shipped else None
        tail = (
            parcel.carrier_name or parcel.carrier,
            parcel.tracking_number,
            parcel.tracking_url,
            moment.strftime("%Y-%m-%d %H:%M:%S") if moment else "",
        )
        lines = [(x.order_line_id, format(x.quantity, "f")) for x in parcel.lines]
        for line, quantity in lines or [("", "")]:
            row = (parcel.order_id, line, quantity, *tail)
            writer.writerow([_harmless(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
