"""Orders, parcels and refunds (Fulfillment)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from ..core.message import Response
from ..world.drafts import RefundDraft, RefundLine
from ..world.model import LineItem, Order, WorldError
from ..world.money import round_money
from . import ids
from .call import Call
from .errors import EbayError, no_order
from .render import Renderer, is_listed, line_tax, stamp

MOST = 200
DEFAULT = 50
MOST_IDS = 50
OLDEST = timedelta(days=730)  # two years
DEFAULT_SPAN = timedelta(days=90)

REASONS = (
    "BUYER_CANCEL",
    "SELLER_CANCEL",
    "ITEM_NOT_RECEIVED",
    "BUYER_RETURN",
    "ITEM_NOT_AS_DESCRIBED",
    "OTHER_ADJUSTMENT",
    "SHIPPING_DISCOUNT",
)
COMMENT_LENGTH = 100
_RANGE = re.compile(r"(\w+):\[([^\]]*?)\.\.([^\]]*)\]")


def list_orders(call: Call) -> Response:
    """getOrders: windows by creation or modification; ``orderIds`` overrides all."""
    query = dict(call.request.query)
    render = _renderer(call, full=False)
    orders = [order for order in call.world.orders() if is_listed(order)]
    if query.get("orderIds"):
        wanted = query["orderIds"].split(",")
        if len(wanted) > MOST_IDS:
            raise EbayError(30900, "Exceeded maximum number of order IDs")
        orders = [order for order in orders if ids.order_id(order.id) in wanted]
        rows = [render.order(order) for order in orders]
        return Response.of_json({"orders": rows, "total": len(rows)})
    limit = _number(query.get("limit"), DEFAULT, 31100, "limit", least=1, most=MOST)
    offset = _number(query.get("offset"), 0, 31000, "offset")
    orders = _filtered(orders, query.get("filter", ""), call.world.clock.now())
    page = orders[offset : offset + limit]
    payload: dict[str, Any] = {
        "href": f"{call.site}{call.request.path}?{call.request.raw_query}",
        "total": len(orders),
        "limit": limit,
        "offset": offset,
        "orders": [render.order(order) for order in page],
    }
    if offset + limit < len(orders):
        following = f"limit={limit}&offset={offset + limit}"
        payload["next"] = f"{call.site}{call.request.path}?{following}"
    listed = tuple(order.id for order in page)
    return replace(Response.of_json(payload), listed_orders=listed)


def _filtered(orders: list[Order], text: str, now: datetime) -> list[Order]:
    ranges = {m[1]: (m[2], m[3]) for m in _RANGE.finditer(text)}
    unknown = set(ranges) - {"creationdate", "lastmodifieddate"}
    if unknown or (text and not ranges and "orderfulfillmentstatus" not in text):
        raise EbayError(30700, f"Invalid filter name: {text}")
    if "creationdate" in ranges:
        since, until = _window(*ranges["creationdate"], now)
        found = [o for o in orders if since <= o.created <= until]
        return sorted(found, key=lambda o: (o.created, o.id))
    if "lastmodifieddate" in ranges:
        since, until = _window(*ranges["lastmodifieddate"], now)
        found = [o for o in orders if since <= o.modified <= until]
        return sorted(found, key=lambda o: (o.modified, o.id))
    recent = [o for o in orders if o.created >= now - DEFAULT_SPAN]
    return sorted(recent, key=lambda o: (o.created, o.id))


def _window(first: str, last: str, now: datetime) -> tuple[datetime, datetime]:
    """Read a window; a start or end in the future is refused, as is a long one."""
    if not first:
        raise EbayError(30820, "Start date is missing")
    since = _moment(first)
    until = _moment(last) if last else now
    if since > until and last:
        raise EbayError(30840, "Start date should be before end date")
    if since > now or until > now:
        raise EbayError(30850, "Start and end dates can't be in the future")
    if until - since > OLDEST or now - since > OLDEST:
        raise EbayError(
            30830, "Time range between start date and end date must be within 2 years."
        )
    return since, until


def _moment(text: str) -> datetime:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", text):
        raise EbayError(30810, "Invalid date format")
    moment = datetime.fromisoformat(text.removesuffix("Z"))
    return moment.replace(tzinfo=timezone.utc)


def _number(
    text: str | None,
    default: int,
    code: int,
    name: str,
    least: int = 0,
    most: int | None = None,
) -> int:
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdigit() else -1
    if number < least or (most is not None and number > most):
        raise EbayError(code, f"Invalid {name}: {text}")
    return number


def get_order(call: Call) -> Response:
    """getOrder; what eBay works on by itself comes nearer to its end."""
    order = find_order(call)
    refunds = [f"refund/{refund.id}" for refund in call.world.refunds(order.id)]
    call.pending.look([*refunds, f"cancel/{order.id}"])
    return Response.of_json(_renderer(call, full=True).order(order))


def find_order(call: Call) -> Order:
    """Return the order that the path names; 404 when there is none."""
    text = call.parts[0]
    number = ids.order_number(text)
    if number is None:
        raise no_order(text)
    try:
        order = call.world.order(number)
    except WorldError:
        order = None
    if order is None or not is_listed(order):
        error = no_order(text)
        error.status = 404
        raise error
    return order


def _renderer(call: Call, full: bool) -> Renderer:
    groups = dict(call.request.query).get("fieldGroups", "")
    if groups not in ("", "TAX_BREAKDOWN"):
        raise EbayError(32800, f"Invalid field group: {groups}")
    return Renderer(call.world, call.pending, call.site, bool(groups), full)


# -- parcels ---------------------------------------------------------------------------


def list_fulfilments(call: Call) -> Response:
    """getShippingFulfillments."""
    order = find_order(call)
    rows = [
        {
            "fulfillmentId": parcel.tracking or "9999",
            "shipmentTrackingNumber": parcel.tracking,
            "shippingCarrierCode": parcel.carrier,
            "shippedDate": stamp(parcel.created),
            "lineItems": [
                {"lineItemId": ids.line_id(line), "quantity": quantity}
                for line, quantity in parcel.lines
            ],
        }
        for parcel in call.world.parcels(order.id)
    ]
    return Response.of_json({"fulfillments": rows, "total": len(rows)})


def create_fulfilment(call: Call) -> Response:
    """createShippingFulfillment: one parcel; number and carrier go together."""
    order = find_order(call)
    body = call.body
    tracking = str(body.get("trackingNumber") or "")
    carrier = str(body.get("shippingCarrierCode") or "")
    if bool(tracking) != bool(carrier) or not re.fullmatch(r"[A-Za-z0-9]*", tracking):
        raise EbayError(32300, "Invalid shipment tracking number or carrier")
    lines = [(row["lineItemId"], row.get("quantity", 1)) for row in body["lineItems"]]
    known = {line.id for line in order.lines}
    wanted = [(ids.line_number(line), quantity) for line, quantity in lines]
    for (number, _quantity), (text, _) in zip(wanted, lines, strict=True):
        if number not in known:
            raise EbayError(32200, f"Invalid line item id: {text}")
    if len({number for number, _ in wanted}) < len(wanted):
        raise EbayError(32210, "Duplicate line item in the request")
    try:
        call.world.ship(order.id, tuple(wanted), carrier, tracking)
    except WorldError as error:
        raise EbayError(32600, f"Invalid input data: {error}") from error
    name = tracking or "9999"
    location = f"{call.site}{call.request.path}/{name}"
    return Response(201, b"", (("Location", location),))


# -- refunds ---------------------------------------------------------------------------


def issue_refund(call: Call) -> Response:
    """issueRefund: taken at once, through later."""
    order = find_order(call)
    call.check_signature(order)
    draft = _refund_draft(order, call.body)
    try:
        refund = call.world.refund(order.id, draft)
    except WorldError as error:
        raise EbayError(34915, "The refund amount exceeds order amount.") from error
    call.pending.begin(f"refund/{refund.id}")
    if call.body.get("orderLevelRefundAmount"):
        given = _amount(order, call.body["orderLevelRefundAmount"])
        call.pending.given[refund.id] = given
    answer = {"refundId": ids.refund_id(refund.id), "refundStatus": "PENDING"}
    return Response.of_json(answer)


def _refund_draft(order: Order, body: dict[str, Any]) -> RefundDraft:
    if body.get("reasonForRefund") not in REASONS:
        raise EbayError(34903, "The refund reason must be specified.")
    if len(body.get("comment", "")) > COMMENT_LENGTH:
        raise EbayError(34921, "The comment exceeds the length limit.")
    if order.status == "refunded":
        raise EbayError(34917, "This order was already refunded.", category="BUSINESS")
    whole, items = body.get("orderLevelRefundAmount"), body.get("refundItems")
    reason = body["reasonForRefund"]
    if whole:
        # eBay adds the tax that it collected.
        net = order.totals.total
        if not order.prices_include_tax:
            net -= order.totals.total_tax
        factor = order.totals.total / net if net else Decimal(1)
        amount = round_money(_amount(order, whole) * factor, order.decimals)
        return RefundDraft(amount, reason, restock=False)
    if not items:
        raise EbayError(
            34905, "Either orderLevelRefundAmount or refundItems must be specified."
        )
    parts = []
    for item in items:
        number = ids.line_number(str(item.get("lineItemId", "")))
        line = next((line for line in order.lines if line.id == number), None)
        if line is None:
            raise EbayError(34914, "Can't find the item in the order.")
        amount = _amount(order, item["refundAmount"])
        parts.append(RefundLine(number, 0, amount, _tax_given(order, line, amount)))
    return RefundDraft(None, reason, tuple(parts), restock=False)


def _tax_given(
    order: Order, line: LineItem, amount: Decimal
) -> tuple[tuple[int, Decimal], ...]:
    """Return the tax that eBay collected of a line and gives back with an amount."""
    tax = line_tax(order, line)
    if not tax or not line.total or not line.taxes:
        return ()
    gross = round_money(amount * (1 + tax / line.total), order.decimals)
    return ((line.taxes[0].rate_id, gross - amount),)


def _amount(order: Order, money: dict[str, Any]) -> Decimal:
    if money.get("currency") != order.currency:
        raise EbayError(34909, "The amount currency isn't correct.")
    try:
        value = Decimal(str(money["value"]))
    except (KeyError, InvalidOperation):
        raise EbayError(34906, "The amount value must be specified.") from None
    if value <= 0 or -value.as_tuple().exponent > 2:
        raise EbayError(34907, "The amount value must be positive.")
    return value
