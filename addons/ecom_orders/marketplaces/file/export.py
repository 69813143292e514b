"""What is written into files: parcels for a shop, refused rows for a person."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import timezone

from ..schema import Shipment
from .table import Table

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


_LONG_DIGITS = re.compile(r"0\d+|\d{12,}")
_NUMBER = re.compile(r"-?\d[\d.,]*")


def export_refused(
    table: Table,
    reasons: Mapping[int, str],
    title: str,
    *,
    encoding: str = "",
    delimiter: str = "",
    header_line: int = 1,
) -> bytes:
    """Write rows of a file again, so that they can be corrected and imported.

    The columns are those of the file and a last one that tells the reason; the order
    of the rows is the file's. Digits that a spreadsheet would round or strip of their
    zeros are kept from it (``="0012"``); :func:`.table.clean_cell` takes that away.

    :param reasons: text by line of the file; rows without one are left out.
    :param title: of the last column.
    :param encoding: empty = UTF-8 with a mark, so that spreadsheets see it. What it
        does not have becomes a question mark.
    :param delimiter: empty = comma.
    :param header_line: where the names of the columns are put, for a mapping that says
        where they stand.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter or ",", lineterminator="\r\n")
    writer.writerows([[]] * (header_line - 1))
    writer.writerow([*table.header, title])
    width = len(table.header)
    for row in table.rows:
        if row.line in reasons:
            cells = [*row.cells, *[""] * (width - len(row.cells))]
            writer.writerow([*map(_kept, cells), _harmless(reasons[row.line])])
    return text.getvalue().encode(encoding or "utf-8-sig", errors="replace")


def _kept(cell: str) -> str:
    if _LONG_DIGITS.fullmatch(cell):
        return f'="{cell}"'
    return cell if _NUMBER.fullmatch(cell) else _harmless(cell)
