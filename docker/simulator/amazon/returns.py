"""The report of returns: rows of what the seller shipped and gets back.

Columns as Amazon's documentation lists them, and ``Order Item ID``, which newer reports
have (not confirmed); so are the words of the status and the way of writing dates.
"""

from __future__ import annotations

from datetime import datetime

from ..world.model import ReturnCase
from ..world.shop import World
from .facts import Facts, sku_of
from .ids import asin_of, item_id

RETURN_REPORT = "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE"
_COLUMNS = (
    "Order ID",
    "Order date",
    "Return request date",
    "Return request status",
    "Amazon RMA ID",
    "Merchant RMA ID",
    "Label type",
    "Label cost",
    "Currency code",
    "Return carrier",
    "Tracking ID",
    "Label to be paid by",
    "A-to-Z Claim",
    "Is prime",
    "ASIN",
    "Merchant SKU",
    "Item Name",
    "Return quantity",
    "Return Reason",
    "In policy",
    "Return type",
    "Resolution",
    "Invoice number",
    "Return delivery date",
    "Order Amount",
    "Order quantity",
    "SafeT Action reason",
    "SafeT claim id",
    "SafeT claim state",
    "SafeT claim creation time",
    "SafeT claim reimbursement amount",
    "Refunded Amount",
    "Order Item ID",
)
_STATUSES = {
    "requested": "Pending",
    "closed": "Completed",
    "rejected": "Declined",
    "cancelled": "Cancelled",
}
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def rma_of(return_id: int) -> str:
    """Return Amazon's number of a return."""
    return f"D{return_id:08d}RRMA"


def world_return_id(rma: str) -> int:
    """Return the world's id of a return."""
    return int(rma.removeprefix("D").removesuffix("RRMA"))


def return_report(
    world: World, places: tuple[str, ...], begin: datetime, end: datetime
) -> bytes:
    """Return the report of what was requested in a window, in some marketplaces."""
    rows = ["\t".join(_COLUMNS)]
    for case in world.returns():
        order = Facts(world, world.order(case.order_id))
        wanted = begin <= case.created <= end and order.marketplace in places
        if wanted and not order.order.channel_fulfilled:
            rows += ["\t".join(row) for row in _rows(order, case)]
    return "\r\n".join(rows).encode()


def _rows(order: Facts, case: ReturnCase) -> list[tuple[str, ...]]:
    lines = {line.id: line for line in order.order.lines}
    came = case.status in ("received", "closed")
    shared = {
        "Order ID": order.order_id,
        "Order date": _day(order.order.created),
        "Return request date": _day(case.created),
        "Return request status": _STATUSES.get(case.status, "Approved"),
        "Amazon RMA ID": rma_of(case.id),
        "Currency code": order.order.currency,
        "Tracking ID": case.tracking,
        "A-to-Z Claim": "N",
        "Is prime": "N",
        "Return Reason": case.reason,
        "In policy": "Y",
        "Return type": "C-Returns",
        "Return delivery date": _day(case.modified) if came else "",
    }
    rows = []
    for line_id, quantity in case.lines:
        line = lines[line_id]
        product = order.world.product(line.stock_id)
        row = {
            **shared,
            "ASIN": asin_of(line.stock_id),
            "Merchant SKU": sku_of(product) if product else "",
            "Item Name": line.name,
            "Return quantity": str(quantity),
            "Order quantity": str(line.quantity),
            "Order Item ID": item_id(line_id),
        }
        rows.append(tuple(row.get(name, "") for name in _COLUMNS))
    return rows


def _day(moment: datetime) -> str:
    return f"{moment.day:02d}-{_MONTHS[moment.month - 1]}-{moment.year}"
