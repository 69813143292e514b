"""Refunds and returns of Shopify to the common schema.

Of a refunded line Shopify states the tax as one sum; it is divided among the line's
rates in the proportion in which the line bears them. That ``subtotalSet`` contains tax
where prices do is not confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ..pricing import largest_remainder
from ..reading import Reader
from ..schema import (
    ZERO,
    LineKind,
    Refund,
    RefundLine,
    RefundStatus,
    Return,
    ReturnKind,
    ReturnLine,
    ReturnStatus,
)
from .const import RETURN_STATUSES
from .lines import Removed, Taxes, count
from .money import Money, identifier, nested_identifier, nodes

_FAILED = frozenset({"FAILURE", "ERROR"})
_WAITING = frozenset({"PENDING", "AWAITING_RESPONSE"})
_RESTOCKED = frozenset({"RETURN", "CANCEL", "LEGACY_RESTOCK"})
_UNIT = Decimal("0.0001")


def normalise_refund(payload: Any, order_id: str) -> Refund:
    """Understand a refund with its lines, as read on its own.

    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    order = dict(read.child("order").data)
    if read.data.get("moneySide") is not None:
        order["moneySide"] = read.data["moneySide"]
    head = Reader(order, read.at("order"))
    money = Money.of(head)
    refund = refund_of(read, money, head.data.get("taxesIncluded") is True)
    if refund is None:
        raise read.fail("totalRefundedSet", "gives nothing back")
    return replace(refund, order_id=order_id)


def refund_of(read: Reader, money: Money, included: bool) -> Refund | None:
    """A refund; ``None`` where no money moves (units taken off an order)."""
    amount = money.required(read, "totalRefundedSet")
    moves = nodes(read, "transactions")
    status = _status(moves)
    if amount == 0:
        # Money on its way is not counted by the shop yet.
        amount = sum((money.required(row, "amountSet") for row in moves), ZERO)
        if amount == 0:
            return None
    whole = read.data.get("refundLineItems") is not None
    return Refund(
        external_id=identifier(read, "id", "Refund"),
        order_id=nested_identifier(read, "order", "Order"),
        amount=abs(amount),
        reason=read.text("note"),
        created_at=read.moment("createdAt"),
        lines=tuple(_lines(read, money, included)) if whole else None,
        status=status,
        return_ref=nested_identifier(read, "return", "Return"),
    )


def gross_of(
    read: Reader, money: Money, included: bool, removed: Mapping[str, Removed]
) -> Decimal:
    """What pieces that are not on an order any more came to, tax included.

    As the refunds that took them off state it, to the cent; by their part of the line
    where no refund does.
    """
    pieces: dict[str, Decimal] = {}
    gross: dict[str, Decimal] = {}
    for refund in nodes(read, "refunds"):
        for row in nodes(refund, "refundLineItems"):
            line = identifier(row.child("lineItem"), "id", "LineItem")
            tax = ZERO if included else money.amount(row, "totalTaxSet")
            amount = money.required(row, "subtotalSet") + tax
            pieces[line] = pieces.get(line, ZERO) + count(row, "quantity")
            gross[line] = gross.get(line, ZERO) + amount
    total = ZERO
    for line, gone in removed.items():
        if pieces.get(line, ZERO) >= gone.pieces:
            total += gross[line] * gone.pieces / pieces[line]
        else:
            total += gone.gross
    return total


def _status(moves: list[Reader]) -> RefundStatus:
    statuses = {row.text("status", 32) for row in moves}
    if statuses and statuses <= _FAILED:
        return RefundStatus.FAILED
    return RefundStatus.PENDING if statuses & _WAITING else RefundStatus.DONE


def _lines(read: Reader, money: Money, included: bool) -> Iterable[RefundLine]:
    refund_id = identifier(read, "id", "Refund")
    for index, row in enumerate(nodes(read, "refundLineItems")):
        item = row.child("lineItem")
        gift = item.data.get("isGiftCard") is True
        line_id = identifier(item, "id", "LineItem")
        tax = money.amount(row, "totalTaxSet")
        subtotal = money.required(row, "subtotalSet")
        restock = row.text("restockType", 32)
        yield RefundLine(
            # Refunded lines have no number of their own in all versions.
            external_id=f"{refund_id}:{line_id}:{index}",
            order_line_id=line_id,
            kind=LineKind.GIFT_CARD if gift else LineKind.PRODUCT,
            name=item.text("name", 500),
            quantity=count(row, "quantity"),
            total=subtotal - tax if included else subtotal,
            total_tax=tax,
            taxes=_shares(item, money, included, tax),
            restock=restock in _RESTOCKED if restock else None,
        )
    for row in nodes(read, "refundShippingLines"):
        item = row.child("shippingLine")
        number = identifier(item, "id", "ShippingLine", required=False)
        tax = money.amount(row, "taxAmountSet")
        subtotal = money.required(row, "subtotalAmountSet")
        yield RefundLine(
            external_id=f"{refund_id}:shipping:{number}",
            order_line_id=f"shipping:{number}",
            kind=LineKind.SHIPPING,
            name=item.text("title", 500),
            quantity=Decimal(1),
            total=subtotal - tax if included else subtotal,
            total_tax=tax,
            taxes=_shares(item, money, included, tax),
        )


def _shares(
    item: Reader, money: Money, included: bool, tax: Decimal
) -> dict[str, Decimal]:
    borne = Taxes(money, included).of_line(item)
    if not borne or not tax:
        return {}
    weights = list(borne.values())
    shares = largest_remainder(tax, weights, _UNIT)
    return dict(zip(borne, shares, strict=True))


# -- returns ---------------------------------------------------------------------------


def normalise_return(payload: Any) -> Return:
    """Understand a return with its lines.

    A return has no date of modification of its own; its order's moves with it.

    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    raw = read.text("status", 32)
    if raw not in RETURN_STATUSES:
        raise read.fail("status", "is unknown")
    created_at = read.moment("createdAt")
    if created_at is None:
        raise read.fail("createdAt", "is missing")
    order = read.child("order")
    rows = nodes(read, "returnLineItems")
    number, carrier = _tracking(read)
    status = RETURN_STATUSES[raw]
    if status is ReturnStatus.APPROVED:
        if rows and all(_is_processed(row) for row in rows):
            status = ReturnStatus.RECEIVED
        elif number:
            status = ReturnStatus.IN_TRANSIT
    return Return(
        external_id=identifier(read, "id", "Return"),
        order_id=identifier(order, "id", "Order"),
        status=status,
        raw_status=raw,
        created_at=created_at,
        updated_at=order.moment("updatedAt") or read.moment("closedAt") or created_at,
        kind=ReturnKind.CUSTOMER,
        lines=tuple(_return_line(row) for row in rows),
        tracking_number=number,
        carrier=carrier,
    )


def _is_processed(row: Reader) -> bool:
    return row.decimal("processedQuantity") >= count(row, "quantity") > 0


def _return_line(row: Reader) -> ReturnLine:
    item = row.child("fulfillmentLineItem").child("lineItem")
    note = row.text("customerNote") or row.text("returnReasonNote")
    return ReturnLine(
        external_id=identifier(row, "id", "ReturnLineItem"),
        order_line_id=identifier(item, "id", "LineItem", required=False),
        quantity=count(row, "quantity"),
        sku=item.text("sku", 200),
        reason=row.text("returnReason", 64),
        note=note,
    )


def _tracking(read: Reader) -> tuple[str, str]:
    for work in nodes(read, "reverseFulfillmentOrders"):
        for parcel in nodes(work, "reverseDeliveries"):
            tracking = parcel.child("deliverable").child("tracking")
            number = tracking.text("number", 100)
            if number:
                return number, tracking.text("carrierName", 100)
    return "", ""
