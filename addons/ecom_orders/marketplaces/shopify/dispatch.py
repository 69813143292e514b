"""Parcels and cancellations.

A parcel is told by fulfilling *fulfilment orders*: parts of an order, each at one
location. One call is for one location, so a parcel with goods of several takes several
calls; each is looked up first by its tracking number, since a fulfilment has no
reference of ours and the call is not idempotent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..errors import (
    AlreadyDone,
    BadAnswer,
    NotFound,
    PermissionRefused,
    RequestRefused,
)
from ..schema import Shipment, Submission, WriteResult
from . import documents
from .api import Api, elements, text_of, user_errors
from .const import CANCEL_REASONS
from .money import number_of
from .orders import with_all_work

#: Statuses of fulfilment orders that can be fulfilled.
_OPEN = ("OPEN", "IN_PROGRESS")
NOTE_LIMIT = 255

Wanted = dict[str, int]


@dataclass(frozen=True)
class _Piece:
    """An open line of a fulfilment order."""

    order: str
    line: str
    order_line: str
    location: str
    remaining: int


class Dispatch:
    """Tells one shop what left the house, and what will not."""

    def __init__(self, api: Api):
        self.api = api

    # -- parcels -----------------------------------------------------------------------

    def ship(self, shipment: Shipment, order_id: str) -> WriteResult:
        """See :meth:`~..base.Connector.push_shipment`."""
        self.api.need(
            "write_merchant_managed_fulfillment_orders",
            "write_assigned_fulfillment_orders",
            "write_third_party_fulfillment_orders",
        )
        order = with_all_work(self.api, self._order(documents.SHIPPING, order_id))
        known = [
            row
            for row in elements(order, "fulfillments")
            if _carries(row, shipment.tracking_number)
        ]
        wanted = self._wanted(shipment, order, known)
        if not wanted:
            return WriteResult(_number(known[0], "Fulfillment"), repeated=True)
        if order.get("cancelledAt"):
            raise AlreadyDone("the order is cancelled", remote_message="cancelled")
        made = [
            self._fulfil(shipment, pieces)
            for pieces in _by_location(_chosen(order, wanted, shipment.location_ref))
        ]
        return WriteResult(made[0] if made else "")

    @staticmethod
    def _wanted(
        shipment: Shipment, order: Mapping[str, Any], known: list[Any]
    ) -> Wanted:
        """Pieces by order line that are still to be told; nothing = told before.

        :raises AlreadyDone: when there is nothing left to be shipped.
        """
        if not shipment.lines:
            wanted = _total({p.line: (p.order_line, p.remaining) for p in _open(order)})
            if known:
                return {}
            if not wanted:
                raise AlreadyDone(
                    "nothing is left to be shipped", remote_message="nothing"
                )
            return wanted
        wanted = {}
        for line in shipment.lines:
            if line.quantity != line.quantity.to_integral_value():
                raise RequestRefused("a broken number of pieces")
            number = line.order_line_id
            wanted[number] = wanted.get(number, 0) + int(line.quantity)
        told = _told(known)
        rest = {line: number - told.get(line, 0) for line, number in wanted.items()}
        return {line: number for line, number in rest.items() if number > 0}

    def _fulfil(self, shipment: Shipment, pieces: list[tuple[_Piece, int]]) -> str:
        groups: dict[str, list[dict[str, Any]]] = {}
        for piece, quantity in pieces:
            row = {"id": piece.line, "quantity": quantity}
            groups.setdefault(piece.order, []).append(row)
        fulfillment: dict[str, Any] = {
            "lineItemsByFulfillmentOrder": [
                {"fulfillmentOrderId": order, "fulfillmentOrderLineItems": rows}
                for order, rows in groups.items()
            ],
            "notifyCustomer": shipment.notify_buyer,
        }
        tracking = {
            "number": shipment.tracking_number,
            "company": shipment.carrier_name or shipment.carrier,
            "url": shipment.tracking_url,
        }
        tracking = {key: value for key, value in tracking.items() if value}
        if tracking:
            fulfillment["trackingInfo"] = tracking
        payload = self.api.mutate(
            documents.CREATE_FULFILLMENT, "shipments.create", fulfillment=fulfillment
        )
        for error in user_errors(payload):
            raise RequestRefused(text_of(error), remote_message=error.get("message"))
        return _number(payload.get("fulfillment"), "Fulfillment")

    # -- cancellations -----------------------------------------------------------------

    def cancel(self, order_id: str, reason: str, restock: bool) -> WriteResult:
        """See :meth:`~..base.Connector.cancel_order`.

        No money is given back by it: that is :meth:`~..base.Connector.push_refund`;
        an authorised payment is voided by the shop.
        """
        self.api.need("write_orders")
        order = self._order(documents.CANCELLATION, order_id)
        if order.get("cancelledAt"):
            return WriteResult(order_id, repeated=True)
        code = reason.strip().upper()
        payload = self.api.mutate(
            documents.CANCEL_ORDER,
            "orders.cancel",
            orderId=order["id"],
            reason=code if code in CANCEL_REASONS else "OTHER",
            restock=restock,
            staffNote=reason[:NOTE_LIMIT] or None,
        )
        for error in user_errors(payload, "orderCancelUserErrors"):
            raise _cancel_error(error)
        job = payload.get("job")
        gid = job.get("id") if isinstance(job, Mapping) else ""
        return WriteResult(order_id, submission=f"cancel|{order_id}|{gid}")

    def cancellation(self, order_id: str, job: str) -> Submission:
        """What became of a cancellation: the shop carries it out by itself."""
        if job:
            answer = self.api.ask(documents.JOB, "jobs.get", id=job).data.get("job")
            if isinstance(answer, Mapping) and answer.get("done") is not True:
                return Submission(done=False)
        order = self._order(documents.CANCELLATION, order_id)
        if order.get("cancelledAt"):
            return Submission(done=True)
        return Submission(done=True, error="the shop did not cancel the order")

    def _order(self, document: str, order_id: str) -> Mapping[str, Any]:
        gid = f"gid://shopify/Order/{order_id}"
        order = self.api.ask(document, "orders.get", id=gid).data.get("order")
        if not isinstance(order, Mapping):
            raise NotFound("there is no such order")
        if order.get("id") != gid:
            raise BadAnswer("asked for one order and got something else")
        return order


# -- reading fulfilments ---------------------------------------------------------------


def _carries(fulfillment: Mapping[str, Any], tracking_number: str) -> bool:
    """Whether a parcel that was told has this tracking number."""
    if not tracking_number or fulfillment.get("status") == "CANCELLED":
        return False
    numbers = {row.get("number") for row in elements(fulfillment, "trackingInfo")}
    return tracking_number in numbers


def _told(fulfillments: list[Any]) -> Wanted:
    """Pieces by order line in some fulfilments."""
    told: Wanted = {}
    for fulfillment in fulfillments:
        for row in elements(fulfillment.get("fulfillmentLineItems"), "nodes"):
            line = _number(row.get("lineItem"), "LineItem")
            told[line] = told.get(line, 0) + int(row.get("quantity") or 0)
    return told


def _open(order: Mapping[str, Any]) -> list[_Piece]:
    """What can be fulfilled of an order."""
    pieces = []
    for work in elements(order.get("fulfillmentOrders"), "nodes"):
        if work.get("status") not in _OPEN:
            continue
        site = work.get("assignedLocation")
        location = site.get("location") if isinstance(site, Mapping) else None
        for row in elements(work.get("lineItems"), "nodes"):
            piece = _Piece(
                order=str(work.get("id")),
                line=str(row.get("id")),
                order_line=_number(row.get("lineItem"), "LineItem"),
                location=_number(location, "Location"),
                remaining=int(row.get("remainingQuantity") or 0),
            )
            if piece.remaining > 0:
                pieces.append(piece)
    return pieces


def _total(pieces: Mapping[str, tuple[str, int]]) -> Wanted:
    total: Wanted = {}
    for line, quantity in pieces.values():
        total[line] = total.get(line, 0) + quantity
    return total


def _chosen(
    order: Mapping[str, Any], wanted: Wanted, location: str
) -> list[tuple[_Piece, int]]:
    """Open pieces for what is wanted, those of the location first.

    :raises AlreadyDone: when less is open than wanted.
    """
    pieces = sorted(_open(order), key=lambda piece: piece.location != location)
    rest, chosen = dict(wanted), []
    for piece in pieces:
        quantity = min(piece.remaining, rest.get(piece.order_line, 0))
        if quantity > 0:
            rest[piece.order_line] -= quantity
            chosen.append((piece, quantity))
    if any(rest.values()):
        raise AlreadyDone("more than is left to be shipped", remote_message="nothing")
    return chosen


def _by_location(
    chosen: list[tuple[_Piece, int]],
) -> list[list[tuple[_Piece, int]]]:
    groups: dict[str, list[tuple[_Piece, int]]] = {}
    for piece, quantity in chosen:
        groups.setdefault(piece.location, []).append((piece, quantity))
    return list(groups.values())


def open_location(order: Mapping[str, Any], order_line: str) -> str:
    """Global id of the location that a line is assigned to; empty when to none."""
    for work in elements(order.get("fulfillmentOrders"), "nodes"):
        site = work.get("assignedLocation")
        location = site.get("location") if isinstance(site, Mapping) else None
        lines = elements(work.get("lineItems"), "nodes")
        if any(_number(row.get("lineItem"), "LineItem") == order_line for row in lines):
            gid = location.get("id") if isinstance(location, Mapping) else ""
            return str(gid or "")
    return ""


def is_sent(order: Mapping[str, Any], order_line: str) -> bool:
    """Whether pieces of a line have left."""
    return any(
        Decimal(row.get("totalQuantity") or 0)
        > Decimal(row.get("remainingQuantity") or 0)
        for work in elements(order.get("fulfillmentOrders"), "nodes")
        if work.get("status") not in ("CANCELLED", "OPEN", "SCHEDULED", "ON_HOLD")
        for row in elements(work.get("lineItems"), "nodes")
        if _number(row.get("lineItem"), "LineItem") == order_line
    )


def _number(row: Any, kind: str) -> str:
    gid = row.get("id") if isinstance(row, Mapping) else ""
    return number_of(str(gid), kind)


def _cancel_error(error: Mapping[str, Any]) -> Exception:
    code, text = error.get("code"), text_of(error)
    if code == "NOT_FOUND":
        return NotFound(text)
    if code == "NO_REFUND_PERMISSION":
        return PermissionRefused(text)
    if code == "INVALID":
        return AlreadyDone(text, remote_message=error.get("message"))
    return RequestRefused(text, remote_code=code)
