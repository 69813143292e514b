"""What is told to eBay about an order: parcels, the end, money that goes back.

eBay knows no key of ours, so nothing is sent before it was looked at what is there:

* a **parcel** is known by its tracking number (which becomes the fulfillment's id), one
  without a number by its lines;
* a **refund** is known by its lines and amounts. A second refund of the same line and
  amount is told apart only within one run of the connector; in another run it counts
  as told already, and ``external_id`` names the refund that was found.

A refund is asked for without the tax that eBay collected: eBay gives that back itself,
and the amounts of refunds leave it out (schema ``OrderRefund``; that ``issueRefund``
means the same amount is *not confirmed*).

Refunds and cancellations are asynchronous: the ``submission`` they give is answered by
reading the order (:meth:`Desk.outcome`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ..errors import AlreadyDone, NotFound, RequestRefused
from ..pricing import round_to
from ..reading import Reader
from ..schema import (
    ZERO,
    ExternalOrder,
    RefundRequest,
    RefundRequestLine,
    RefundStatus,
    Shipment,
    Submission,
    WriteResult,
)
from . import const
from .amounts import COLLECTED
from .api import FULFILLMENT, POST_ORDER, Api
from .feed import OrderFeed, segment, stamp
from .normaliser import cancel_state, normalise_order

OTHER_CARRIER = "Other"  # eBay wants a carrier beside every number (not confirmed)
COMMENT_LENGTH = 100
CENT = Decimal("0.01")  # amounts have two decimals at most (error 34907)

# issueRefund: nothing (so much) is left, or it is too late (Fulfillment document).
_NOTHING_LEFT = frozenset({"34915", "34917", "34920", "34923", "34924"})


class Desk:
    """Writes about orders."""

    def __init__(self, api: Api):
        self.api = api
        self.feed = OrderFeed(api)
        self._made: dict[tuple[str, str], str] = {}  # refunds by order and key

    # -- parcels -----------------------------------------------------------------------

    def ship(self, shipment: Shipment) -> WriteResult:
        """See :meth:`~..base.Connector.push_shipment`."""
        number = segment(shipment.order_id)
        order = Reader(self.feed.fetch(number))
        parcels = self._parcels(number)
        tracking = tracking_number(shipment.tracking_number)
        lines = _lines(shipment, order, parcels)
        for parcel in parcels:
            told = tracking_number(parcel.text("shipmentTrackingNumber", 200))
            same = (
                told == tracking if tracking else not told and _items(parcel) == lines
            )
            if same:
                return WriteResult(parcel.text("fulfillmentId", 200), repeated=True)
        self._check_shippable(order, lines)
        body: dict[str, Any] = {
            "lineItems": [
                {"lineItemId": line, "quantity": quantity}
                for line, quantity in lines.items()
            ]
        }
        if tracking:
            body["trackingNumber"] = tracking
            body["shippingCarrierCode"] = _carrier(shipment)
        if shipment.shipped_at:
            body["shippedDate"] = stamp(shipment.shipped_at)
        path = f"{FULFILLMENT}/order/{number}/shipping_fulfillment"
        answer = self.api.post(path, "fulfillments.create", body)
        return WriteResult(answer.location.rpartition("/")[2] or tracking)

    def _parcels(self, number: str) -> list[Reader]:
        path = f"{FULFILLMENT}/order/{number}/shipping_fulfillment"
        return Reader(self.api.get(path, "fulfillments.list")).children("fulfillments")

    @staticmethod
    def _check_shippable(order: Reader, lines: dict[str, int]) -> None:
        if cancel_state(order) == const.CANCELLED:
            raise AlreadyDone("the order is cancelled")
        if not lines:
            raise AlreadyDone("nothing is left to be shipped")

    # -- cancellations -----------------------------------------------------------------

    def cancel(self, order_id: str, reason: str) -> WriteResult:
        """See :meth:`~..base.Connector.cancel_order`.

        A buyer's open request is approved; else the seller's own is made. Bodies and
        answers of Post-Order are *not confirmed* (its document has none).
        """
        number = segment(order_id)
        order = Reader(self.feed.fetch(number))
        state = cancel_state(order)
        if state == const.CANCELLED:
            return WriteResult(_request_id(order), repeated=True)
        if order.text("orderFulfillmentStatus", 40) == const.FULFILLED:
            raise AlreadyDone("the order is shipped")
        if state == const.CANCEL_RUNNING:
            return self._go_on_cancelling(number, order)
        body = {
            "legacyOrderId": number,
            "cancelReason": _word(reason, const.CANCEL_REASONS, const.OTHER_CANCEL),
            "buyerPaid": order.text("orderPaymentStatus", 40) == "PAID",
        }
        answer = self.api.post(
            f"{POST_ORDER}/cancellation", "cancellations.create", body, signed=True
        )
        made = Reader(answer.payload or {}).identifier("cancelId", required=False)
        return WriteResult(made, submission=f"cancel:{number}")

    def _go_on_cancelling(self, number: str, order: Reader) -> WriteResult:
        request = _request_id(order, asked_by_buyer=True)
        if not request:
            return WriteResult(
                _request_id(order), repeated=True, submission=f"cancel:{number}"
            )
        self.api.post(
            f"{POST_ORDER}/cancellation/{segment(request)}/approve",
            "cancellations.approve",
            {},
            signed=True,
        )
        return WriteResult(request, submission=f"cancel:{number}")

    # -- money back --------------------------------------------------------------------

    def refund(self, request: RefundRequest) -> WriteResult:
        """See :meth:`~..base.Connector.push_refund`."""
        number = segment(request.order_id)
        order = normalise_order(self.feed.fetch(number))
        wanted = sellers_part(request, order)
        found = self._refund_like(wanted, order)
        if found:
            self._made[number, request.key] = found
            submission = f"refund:{number}:{found}"
            return WriteResult(found, repeated=True, submission=submission)
        path = f"{FULFILLMENT}/order/{number}/issue_refund"
        try:
            answer = self.api.post(
                path, "refunds.create", _refund_body(wanted), signed=True
            )
        except RequestRefused as error:
            if error.details.get("remote_code") in _NOTHING_LEFT:
                raise AlreadyDone(str(error), **error.details) from None
            raise
        read = Reader(answer.payload)
        if read.text("refundStatus", 40) == "FAILED":
            raise RequestRefused("eBay could not refund it", remote_code="FAILED")
        refund_id = read.identifier("refundId")
        self._made[number, request.key] = refund_id
        return WriteResult(refund_id, submission=f"refund:{number}:{refund_id}")

    def _refund_like(self, request: RefundRequest, order: ExternalOrder) -> str:
        """The refund that this request made already, as far as can be told."""
        failed = {
            refund.external_id
            for refund in order.refunds
            if refund.status is RefundStatus.FAILED
        }
        mine = self._made.get((request.order_id, request.key), "")
        if mine and mine not in failed:
            return mine
        taken = set(self._made.values())
        wanted = {p.order_line_id: p.amount for p in _refund_lines(request)}
        for refund in order.refunds:
            parts = {p.order_line_id: p.total for p in refund.lines or ()}
            if (
                refund.external_id not in failed | taken
                and refund.amount == request.amount
                and parts == wanted
            ):
                return refund.external_id
        return ""

    # -- what became of it -------------------------------------------------------------

    def outcome(self, submission: str) -> Submission:
        """See :meth:`~..base.Connector.fetch_submission`."""
        match = re.fullmatch(r"(cancel|refund):([^:]+)(?::(.+))?", submission)
        if match is None:
            raise NotFound("not a submission of eBay's")
        payload = self.feed.fetch(segment(match[2]))
        if match[1] == "cancel":
            return _cancel_outcome(Reader(payload))
        refunds = normalise_order(payload).refunds
        refund = next((r for r in refunds if r.external_id == match[3]), None)
        if refund is None or refund.status is RefundStatus.PENDING:
            return Submission(done=False)
        failed = refund.status is RefundStatus.FAILED
        return Submission(done=True, error="FAILED" if failed else "")


def tracking_number(text: str) -> str:
    """A tracking number as eBay takes it: letters and digits (not confirmed)."""
    return re.sub(r"[^A-Za-z0-9]", "", text)


def _carrier(shipment: Shipment) -> str:
    return shipment.carrier or shipment.carrier_name or OTHER_CARRIER


def _items(parcel: Reader) -> dict[str, int]:
    """What is in a fulfillment; a quantity that is not told is one."""
    items: Counter[str] = Counter()
    for line in parcel.children("lineItems"):
        quantity = line.decimal("quantity", default=Decimal(1))
        items[line.identifier("lineItemId")] += int(quantity)
    return dict(items)


def _lines(shipment: Shipment, order: Reader, parcels: list[Reader]) -> dict[str, int]:
    """What is in the parcel: as told, else all that is open.

    :raises RequestRefused: for parts of a piece.
    """
    if not shipment.lines:
        left: Counter[str] = Counter()
        for item in order.children("lineItems"):
            quantity = item.decimal("quantity", default=Decimal(1))
            left[item.identifier("lineItemId")] += int(quantity)
        for parcel in parcels:
            left.subtract(_items(parcel))
        return {line: quantity for line, quantity in left.items() if quantity > 0}
    lines: Counter[str] = Counter()
    for line in shipment.lines:
        if line.quantity != int(line.quantity) or line.quantity <= 0:
            raise RequestRefused("eBay ships whole pieces", quantity=str(line.quantity))
        lines[line.order_line_id] += int(line.quantity)
    return dict(lines)


def _request_id(order: Reader, asked_by_buyer: bool = False) -> str:
    """The latest cancellation request of an order, or the buyer's that is open."""
    for request in reversed(order.child("cancelStatus").children("cancelRequests")):
        by_seller = request.text("cancelInitiator", 40).upper() == "SELLER"
        is_open = request.text("cancelRequestState", 40) == const.REQUEST_OPEN
        if not asked_by_buyer or (is_open and not by_seller):
            return request.identifier("cancelRequestId", required=False)
    return ""


def _cancel_outcome(order: Reader) -> Submission:
    state = cancel_state(order)
    if state == const.CANCELLED:
        return Submission(done=True)
    if state == const.CANCEL_RUNNING:
        return Submission(done=False)
    requests = order.child("cancelStatus").children("cancelRequests")
    if not requests:
        return Submission(done=False)
    return Submission(done=True, error=requests[-1].text("cancelRequestState", 40))


def sellers_part(request: RefundRequest, order: ExternalOrder) -> RefundRequest:
    """The request without the tax that eBay collected and gives back itself.

    Of a line in the proportion in which the line bears it, else in the order's.
    """
    lines = _refund_lines(request)
    if not lines:
        taxes = [line.taxes for line in order.lines]
        collected = sum((_collected(tax) for tax in taxes), ZERO)
        amount = _without(request.amount, collected, order.total)
        return replace(request, amount=amount, lines=())
    by_id = {line.external_id: line for line in order.lines}
    parts = []
    for part in lines:
        line = by_id.get(part.order_line_id)
        if line is not None:
            gross = line.total + line.total_tax
            amount = _without(part.amount, _collected(line.taxes), gross)
            part = replace(part, amount=amount)
        parts.append(part)
    amount = sum((part.amount for part in parts), ZERO)
    return replace(request, amount=amount, lines=tuple(parts))


def _collected(taxes: Mapping[str, Decimal]) -> Decimal:
    """Of the taxes of a line, what eBay owes."""
    owed = (value for key, value in taxes.items() if key.startswith(COLLECTED))
    return sum(owed, ZERO)


def _without(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """An amount less its share of a part of a whole, to the cent that eBay takes."""
    if not part or whole <= 0:
        return amount
    return round_to(amount * (whole - part) / whole, CENT)


def _refund_lines(request: RefundRequest) -> tuple[RefundRequestLine, ...]:
    """The lines that a refund names; none when they are not about all of its money.

    eBay refunds line items or a whole order. Delivery is no line item, so a refund
    with delivery in it is one of the order.
    """
    named = sum((part.amount for part in request.lines), Decimal(0))
    return request.lines if named == request.amount else ()


def _refund_body(request: RefundRequest) -> dict[str, Any]:
    def money(value: Decimal) -> dict[str, str]:
        return {"value": f"{value:f}", "currency": request.currency}

    body: dict[str, Any] = {
        "reasonForRefund": _word(
            request.reason, const.REFUND_REASONS, const.OTHER_REFUND
        )
    }
    if request.reason:
        body["comment"] = request.reason[:COMMENT_LENGTH]
    lines = _refund_lines(request)
    if lines:
        body["refundItems"] = [
            {"lineItemId": part.order_line_id, "refundAmount": money(part.amount)}
            for part in lines
        ]
    else:
        body["orderLevelRefundAmount"] = money(request.amount)
    return body


def _word(text: str, table: tuple[tuple[str, str], ...], default: str) -> str:
    """eBay's code for words of ours."""
    lowered = text.lower()
    return next((code for words, code in table if words in lowered), default)
