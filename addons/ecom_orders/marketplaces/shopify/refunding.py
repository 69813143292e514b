"""Money back to the buyer.

A refund names the payments that it is taken from (transactions of the order). Shopify
takes it in the currency that the buyer paid in. It carries our key in its note, by
which it is found again, and from 2026-01 on in ``@idempotent``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..errors import AlreadyDone, NotFound, RequestRefused
from ..reading import Reader
from ..schema import ZERO, RefundRequest, WriteResult
from . import documents
from .api import Api, elements, text_of, user_errors
from .dispatch import is_sent, open_location
from .money import PRESENTMENT, Money, number_of
from .orders import with_all_work

SHIPPING_PREFIX = "shipping:"
_TAKEN = ("SUCCESS", "PENDING", "AWAITING_RESPONSE")


class Refunding:
    """Gives money back in one shop."""

    def __init__(self, api: Api):
        self.api = api

    def push(self, request: RefundRequest, order_id: str) -> WriteResult:
        """See :meth:`~..base.Connector.push_refund`."""
        self.api.need("write_orders")
        gid = f"gid://shopify/Order/{order_id}"
        data = self.api.ask(documents.REFUNDABLE, "orders.get", id=gid).data
        order = data.get("order")
        if not isinstance(order, Mapping):
            raise NotFound("there is no such order")
        order = with_all_work(self.api, order)
        mark = _mark(request)
        for refund in elements(order, "refunds"):
            if mark in str(refund.get("note") or ""):
                number = number_of(str(refund.get("id")), "Refund")
                return WriteResult(number, repeated=True)
        currency = order.get("presentmentCurrencyCode") or order.get("currencyCode")
        if request.currency != currency:
            raise RequestRefused(
                f"refunds of this order are in {currency}", currency=currency
            )
        values = {
            "orderId": gid,
            "currency": request.currency,
            "note": f"{request.reason} {mark}".strip(),
            "refundLineItems": [
                _line(order, line, request.restock)
                for line in request.lines
                if line.quantity and line.order_line_id.isdigit()
            ],
            "transactions": _transactions(order, request, gid),
        }
        delivery = _delivery(request)
        if delivery:
            values["shipping"] = {"amount": f"{delivery:f}"}
        return self._send(values, request)

    def _send(self, values: dict[str, Any], request: RefundRequest) -> WriteResult:
        key = {}
        if self.api.version >= documents.IDEMPOTENT_SINCE:
            key["key"] = str(uuid5(NAMESPACE_URL, f"refund/{request.key}"))
        payload = self.api.mutate(
            documents.create_refund(self.api.version),
            "refunds.create",
            idempotent=bool(key),
            input=values,
            **key,
        )
        for error in user_errors(payload):
            message = str(error.get("message") or "")
            kind = AlreadyDone if "greater than" in message else RequestRefused
            raise kind(text_of(error), remote_message=message)
        refund = payload.get("refund")
        gid = refund.get("id") if isinstance(refund, Mapping) else ""
        return WriteResult(number_of(str(gid), "Refund"))


def _mark(request: RefundRequest) -> str:
    return f"[{request.key}]"


def _delivery(request: RefundRequest) -> Decimal:
    """What is given back of delivery: not a line of goods to Shopify.

    Whether it wants the amount with tax is not confirmed; the money that moves is that
    of the transactions. Duties and fees have no place of their own.
    """
    return sum(
        (
            line.amount
            for line in request.lines
            if line.order_line_id.startswith(SHIPPING_PREFIX)
        ),
        ZERO,
    )


def _line(order: Mapping[str, Any], line: Any, restock: bool) -> dict[str, Any]:
    if line.quantity != line.quantity.to_integral_value():
        raise RequestRefused("a broken number of pieces")
    values: dict[str, Any] = {
        "lineItemId": f"gid://shopify/LineItem/{line.order_line_id}",
        "quantity": int(line.quantity),
        "restockType": "NO_RESTOCK",
    }
    location = open_location(order, line.order_line_id)
    if restock and location:
        sent = is_sent(order, line.order_line_id)
        values["restockType"] = "RETURN" if sent else "CANCEL"
        values["locationId"] = location
    return values


def _transactions(
    order: Mapping[str, Any], request: RefundRequest, gid: str
) -> list[dict[str, Any]]:
    """From which payments it is taken: the named one, or one after the other.

    :raises AlreadyDone: when less is left on them than is to be given back.
    """
    money = Money(PRESENTMENT, request.currency)
    given: dict[str, Decimal] = {}
    paid: list[tuple[str, str, Decimal]] = []
    for row in elements(order, "transactions"):
        kind, status = row.get("kind"), row.get("status")
        amount = money.amount(Reader(row, "transaction"), "amountSet")
        if kind == "REFUND" and status in _TAKEN:
            parent = row.get("parentTransaction")
            source = parent.get("id") if isinstance(parent, Mapping) else ""
            given[str(source)] = given.get(str(source), ZERO) + amount
        elif (
            kind in ("SALE", "CAPTURE")
            and status == "SUCCESS"
            and _is_named(row, request.payment_ref)
        ):
            paid.append((str(row.get("id")), str(row.get("gateway") or ""), amount))
    rest, moves = request.amount, []
    for source, gateway, amount in paid:
        part = min(rest, amount - given.get(source, ZERO))
        if part > 0:
            rest -= part
            moves.append(
                {
                    "amount": f"{part:f}",
                    "gateway": gateway,
                    "kind": "REFUND",
                    "orderId": gid,
                    "parentId": source,
                }
            )
    if rest > 0:
        raise AlreadyDone("not so much was paid", remote_message="not_so_much_left")
    return moves


def _is_named(row: Mapping[str, Any], payment_ref: str) -> bool:
    """Whether a transaction is of the payment from which it is to be taken.

    An order names its payment by ``paymentId``, which several transactions share; a
    single one is named by its number.
    """
    names = (number_of(str(row.get("id"))), row.get("paymentId"))
    return not payment_ref or payment_ref in names
