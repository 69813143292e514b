"""Returns and cancellations (Post-Order). Its document has no bodies: these are those
of eBay's reference pages."""

from __future__ import annotations

from datetime import datetime, timezone

from ..core.message import Response
from ..world.model import WorldError
from . import ids
from .call import Call
from .errors import EbayError
from .render import return_summary

DOMAIN = "POST_ORDER"


def search_returns(call: Call) -> Response:
    """Returns that were requested between two moments."""
    query = dict(call.request.query)
    since = _moment(query.get("creation_date_range_from", ""))
    until = _moment(query.get("creation_date_range_to", ""))
    limit, offset = int(query.get("limit", "25")), int(query.get("offset", "0"))
    if not 1 <= limit <= 200:
        raise _refused(1101, "Invalid limit")
    cases = [c for c in call.world.returns() if since <= c.created <= until]
    rows = [return_summary(call.world, c) for c in cases[offset : offset + limit]]
    return Response.of_json(
        {
            "members": rows,
            "total": len(cases),
            "paginationOutput": {"offset": offset, "limit": limit},
        }
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        raise _refused(10003, "Validation Error - Missing input") from None
    return moment.replace(tzinfo=timezone.utc)


def create_cancellation(call: Call) -> Response:
    """A seller calls an order off."""
    call.check_signature()
    number = ids.order_number(str(call.body.get("legacyOrderId", "")))
    if number is None or not call.body.get("cancelReason"):
        raise _refused(10003, "Validation Error - Missing input")
    _cancel(call, number)
    call.pending.cancels[number] = str(call.body["cancelReason"])
    return Response.of_json({"cancelId": f"5{number:09d}"}, 201)


def approve_cancellation(call: Call) -> Response:
    """A seller agrees to a buyer's request."""
    call.check_signature()
    _cancel(call, int(call.parts[0][1:]))
    return Response.of_json({})


def _cancel(call: Call, number: int) -> None:
    try:
        order = call.world.order(number)
    except WorldError:
        raise _refused(1002, "There is no such order", 404) from None
    if order.status not in ("processing", "on-hold", "pending"):
        raise _refused(1003, f"The order is {order.status}.")
    call.world.set_status(number, "cancelled")
    call.pending.begin(f"cancel/{number}")


def _refused(number: int, message: str, status: int = 400) -> EbayError:
    return EbayError(number, message, status, DOMAIN, key="error")
