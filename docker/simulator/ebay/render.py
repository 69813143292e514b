"""Renders the neutral world as eBay's ``Order`` and ``ReturnSummaryType``.

Prices that include tax are rendered as they are, with nothing said of the tax, as eBay
does with a seller's own VAT. Taxes on top are collected and remitted by eBay: they
stand in both arrays of a line, and in the totals only with ``TAX_BREAKDOWN``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ..world.model import Address, LineItem, Order, Refund, ReturnCase
from ..world.money import fixed, round_money
from ..world.shop import World
from . import ids
from .pending import Pending

#: The marketplace of an order by its currency.
MARKETPLACES = {
    "USD": "EBAY_US",
    "GBP": "EBAY_GB",
    "EUR": "EBAY_DE",
    "AUD": "EBAY_AU",
}
TAX_TYPES = {"US": "STATE_SALES_TAX", "CA": "GST", "AU": "GST"}
HANDLING = timedelta(days=2)
TRANSIT = timedelta(days=7)

RETURN_STATES = {
    "requested": "RETURN_REQUESTED",
    "approved": "WAITING_FOR_RETURN_SHIPPING",
    "in_transit": "ITEM_SHIPPED",
    "received": "ITEM_DELIVERED",
    "closed": "CLOSED",
    "rejected": "RETURN_REJECTED",
    "cancelled": "CANCELED",
}


def stamp(moment: datetime) -> str:
    """A moment as eBay writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def is_listed(order: Order) -> bool:
    """Tell whether eBay shows an order: unpaid ones only with cash on pick-up."""
    if order.status in ("trash", "failed"):
        return False
    return order.paid is not None or order.payment_method == "CASH_ON_PICKUP"


class Renderer:
    """Renders orders, as of now.

    :param breakdown: whether ``fieldGroups=TAX_BREAKDOWN`` was asked for.
    :param full: as getOrder does, with cancellation requests.
    """

    def __init__(
        self, world: World, pending: Pending, site: str, breakdown: bool, full: bool
    ) -> None:
        self._world = world
        self._pending = pending
        self._site = site
        self._breakdown = breakdown
        self._full = full

    def order(self, order: Order) -> dict[str, Any]:
        """Return an ``Order``."""
        number = ids.order_id(order.id)
        refunds = self._world.refunds(order.id)
        pricing, total = self._pricing(order)
        payload: dict[str, Any] = {
            "orderId": number,
            "creationDate": stamp(order.created),
            "lastModifiedDate": stamp(order.modified),
            "orderFulfillmentStatus": self._fulfilment(order),
            "orderPaymentStatus": self._payment_status(order, refunds),
            "sellerId": "simulated_seller",
            "buyer": self._buyer(order),
            "pricingSummary": pricing,
            "cancelStatus": self._cancel_status(order),
            "paymentSummary": {
                "totalDueSeller": _money(order, total),
                "refunds": [
                    self._order_refund(order, refund)
                    for refund in refunds
                    if not refund.lines
                ],
                "payments": self._payments(order, total),
            },
            "fulfillmentStartInstructions": [self._instruction(order)],
            "fulfillmentHrefs": [
                f"{self._site}/sell/fulfillment/v1/order/{number}"
                f"/shipping_fulfillment/{parcel.tracking}"
                for parcel in self._world.parcels(order.id)
            ],
            "lineItems": [self._line(order, line, refunds) for line in order.lines],
            "salesRecordReference": str(order.id),
        }
        if not order.prices_include_tax and order.totals.total_tax:
            payload["ebayCollectAndRemitTax"] = True
        if order.customer_note:
            payload["buyerCheckoutNotes"] = order.customer_note
        if order.channel_fulfilled:
            payload["program"] = {"fulfillmentProgram": {"fulfilledBy": "EBAY"}}
        return payload

    # -- money -------------------------------------------------------------

    def _pricing(self, order: Order) -> tuple[dict[str, Any], Decimal]:
        goods = [
            _gross(order, line.subtotal, line.subtotal_tax) for line in order.lines
        ]
        after = [_gross(order, line.total, line.total_tax) for line in order.lines]
        delivery = sum(
            (_gross(order, s.total, s.total_tax) for s in order.shipping_lines),
            Decimal(0),
        )
        total = sum(after, Decimal(0)) + delivery
        summary = {
            "priceSubtotal": _money(order, sum(goods, Decimal(0))),
            "deliveryCost": _money(order, delivery),
        }
        discount = sum(after, Decimal(0)) - sum(goods, Decimal(0))
        if discount:
            summary["priceDiscount"] = _money(order, discount)
        tax = Decimal(0) if order.prices_include_tax else order.totals.total_tax
        if tax and self._breakdown:
            summary["tax"] = _money(order, tax)
            total += tax
        summary["total"] = _money(order, total)
        return summary, total

    def _line(
        self, order: Order, line: LineItem, refunds: list[Refund]
    ) -> dict[str, Any]:
        cost = _gross(order, line.subtotal, line.subtotal_tax)
        after = _gross(order, line.total, line.total_tax)
        delivery = self._delivery_of(order, line)
        tax = line_tax(order, line)
        marketplace = MARKETPLACES[order.currency]
        row: dict[str, Any] = {
            "lineItemId": ids.line_id(line.id),
            "legacyItemId": ids.listing_id(line.product_id),
            "sku": line.sku or "",
            "title": line.name,
            "quantity": line.quantity,
            "soldFormat": "FIXED_PRICE",
            "listingMarketplaceId": marketplace,
            "purchaseMarketplaceId": marketplace,
            "lineItemFulfillmentStatus": self._line_status(order, line),
            "lineItemCost": _money(order, cost),
            "deliveryCost": {"shippingCost": _money(order, delivery)},
            "appliedPromotions": [],
            "taxes": [],
            "properties": {"buyerProtection": True},
            "lineItemFulfillmentInstructions": {
                "shipByDate": stamp(order.created + HANDLING),
                "minEstimatedDeliveryDate": stamp(order.created + HANDLING),
                "maxEstimatedDeliveryDate": stamp(order.created + TRANSIT),
                "guaranteedDelivery": False,
            },
            "itemLocation": {"countryCode": order.base_country},
            "refunds": self._line_refunds(order, line, refunds),
        }
        if line.variation_id:
            row["legacyVariationId"] = str(500_000_000_000 + line.variation_id)
        if after != cost:
            row["discountedLineItemCost"] = _money(order, after)
            row["appliedPromotions"] = [
                {
                    "promotionId": coupon.code,
                    "description": coupon.code,
                    "discountAmount": _money(order, after - cost),
                }
                for coupon in order.coupons[:1]
            ]
        total = after + delivery
        if tax:
            country = (order.shipping.country or order.billing.country).upper()
            entry = {
                "taxType": TAX_TYPES.get(country, "VAT"),
                "amount": _money(order, tax),
            }
            row["ebayCollectAndRemitTaxes"] = [{**entry, "collectionMethod": "NET"}]
            if self._breakdown:
                row["taxes"] = [entry]
                total += tax
        row["total"] = _money(order, total)
        return row

    def _delivery_of(self, order: Order, line: LineItem) -> Decimal:
        """The delivery stands on the first line item."""
        if line is not order.lines[0]:
            return Decimal(0)
        return sum(
            (_gross(order, s.total, s.total_tax) for s in order.shipping_lines),
            Decimal(0),
        )

    def _payments(self, order: Order, total: Decimal) -> list[dict[str, Any]]:
        row: dict[str, Any] = {
            "paymentMethod": order.payment_method,
            "paymentStatus": "PAID" if order.paid else "PENDING",
            "amount": _money(order, total),
        }
        if order.paid:
            row["paymentDate"] = stamp(order.paid)
        return [row]

    def _payment_status(self, order: Order, refunds: list[Refund]) -> str:
        if order.paid is None:
            return "PENDING"
        if order.status == "refunded" or (order.status == "cancelled" and order.paid):
            return "FULLY_REFUNDED"
        return "PARTIALLY_REFUNDED" if refunds else "PAID"

    def _order_refund(self, order: Order, refund: Refund) -> dict[str, Any]:
        waiting = self._pending.waits(f"refund/{refund.id}")
        row: dict[str, Any] = {
            "refundId": ids.refund_id(refund.id),
            "amount": _money(order, self._given(order, refund)),
            "refundStatus": "PENDING" if waiting else "REFUNDED",
        }
        if not waiting:
            row["refundDate"] = stamp(refund.created)
            row["refundReferenceId"] = f"R{refund.id}"
        return row

    def _given(self, order: Order, refund: Refund) -> Decimal:
        """What the seller gave back: eBay gives back the tax that it collected."""
        if order.prices_include_tax or not order.totals.total:
            return refund.amount
        known = self._pending.given.get(refund.id)
        share = 1 - order.totals.total_tax / order.totals.total
        return refund.amount * share if known is None else known

    def _line_refunds(
        self, order: Order, line: LineItem, refunds: list[Refund]
    ) -> list[dict[str, Any]]:
        rows = []
        for refund in refunds:
            parts = [p for p in refund.lines if _refunded_line(p) == line.id]
            if not parts:
                continue
            # Without the tax that eBay collected and gives back itself.
            own_tax = order.prices_include_tax
            value = sum(
                (-p.total - (p.total_tax if own_tax else 0) for p in parts), Decimal(0)
            )
            row: dict[str, Any] = {
                "refundId": ids.refund_id(refund.id),
                "amount": _money(order, value),
            }
            if not self._pending.waits(f"refund/{refund.id}"):
                row["refundDate"] = stamp(refund.created)
            rows.append(row)
        return rows

    # -- people and parcels ------------------------------------------------

    def _buyer(self, order: Order) -> dict[str, Any]:
        meta = {entry.key: entry.value for entry in order.meta}
        buyer: dict[str, Any] = {
            "username": buyer_name(order),
            "taxAddress": {
                key: value
                for key, value in _address(order.billing).items()
                if key in ("city", "stateOrProvince", "postalCode", "countryCode")
            },
        }
        if "masked" not in meta:
            buyer["buyerRegistrationAddress"] = _contact(order.billing)
        return buyer

    def _instruction(self, order: Order) -> dict[str, Any]:
        meta = {entry.key: entry.value for entry in order.meta}
        kind = "FULFILLED_BY_EBAY" if order.channel_fulfilled else "SHIP_TO"
        step: dict[str, Any] = {
            "fulfillmentInstructionsType": kind,
            "minEstimatedDeliveryDate": stamp(order.created + HANDLING),
            "maxEstimatedDeliveryDate": stamp(order.created + TRANSIT),
            "ebaySupportedFulfillment": "global_shipping" in meta,
        }
        if order.payment_method == "CASH_ON_PICKUP":
            step["fulfillmentInstructionsType"] = "PREPARE_FOR_PICKUP"
            step["pickupStep"] = {"merchantLocationKey": "MAIN"}
            return step
        shipping: dict[str, Any] = {
            "shippingCarrierCode": "UPS",
            "shippingServiceCode": "UPSGround",
        }
        if "masked" in meta:
            shipping["shipTo"] = {"contactAddress": {"countryCode": "US"}}
        elif not order.channel_fulfilled:
            shipping["shipTo"] = _contact(order.shipping)
        if "global_shipping" in meta:
            shipping["shipToReferenceId"] = meta["global_shipping"]
            step["finalDestinationAddress"] = _address(order.billing)
        step["shippingStep"] = shipping
        return step

    def _fulfilment(self, order: Order) -> str:
        if order.status == "completed" or not self._world.open_lines(order.id):
            return "FULFILLED"
        return "IN_PROGRESS" if self._world.parcels(order.id) else "NOT_STARTED"

    def _line_status(self, order: Order, line: LineItem) -> str:
        left = dict(self._world.open_lines(order.id)).get(line.id, 0)
        if order.status == "completed" or not left:
            return "FULFILLED"
        return "NOT_STARTED" if left == line.quantity else "IN_PROGRESS"

    def _cancel_status(self, order: Order) -> dict[str, Any]:
        waiting = self._pending.waits(f"cancel/{order.id}")
        asked = self._pending.cancels.get(order.id)
        if order.status == "cancelled":
            state = "IN_PROGRESS" if waiting else "CANCELED"
        else:
            state = "IN_PROGRESS" if _cancel_wanted(order) else "NONE_REQUESTED"
        status: dict[str, Any] = {"cancelState": state, "cancelRequests": []}
        if state == "CANCELED":
            status["cancelledDate"] = stamp(order.modified)
        if state != "NONE_REQUESTED" and self._full:
            done = state == "CANCELED"
            by_buyer = _cancel_wanted(order) or not asked
            status["cancelRequests"] = [
                {
                    "cancelRequestId": f"5{order.id:09d}",
                    "cancelInitiator": "Buyer" if by_buyer else "Seller",
                    "cancelReason": asked or "ORDER_MISTAKE",
                    "cancelRequestState": "COMPLETED" if done else "REQUESTED",
                    "cancelRequestedDate": stamp(order.modified),
                }
            ]
        return status


def line_tax(order: Order, line: LineItem) -> Decimal:
    """Return the tax on top of a line and, on the first one, of all else."""
    if order.prices_include_tax:
        return Decimal(0)
    if line is not order.lines[0]:
        return round_money(line.total_tax, order.decimals)
    others = sum(
        (round_money(other.total_tax, order.decimals) for other in order.lines[1:]),
        Decimal(0),
    )
    return order.totals.total_tax - others


def buyer_name(order: Order) -> str:
    """Return the name of the buyer's account."""
    meta = {entry.key: entry.value for entry in order.meta}
    return str(meta.get("username") or f"buyer_{order.id}")


def return_summary(world: World, case: ReturnCase) -> dict[str, Any]:
    """Return a ``ReturnSummaryType``: a return is about one line item."""
    order = world.order(case.order_id)
    line_id, quantity = case.lines[0]
    line = next(item for item in order.lines if item.id == line_id)
    state = RETURN_STATES[case.status]
    return {
        "returnId": ids.return_id(case.id),
        "orderId": ids.order_id(order.id),
        "buyerLoginName": buyer_name(order),
        "sellerLoginName": "simulated_seller",
        "currentType": "MONEY_BACK",
        "state": state,
        "status": state,
        "creationInfo": {
            "item": {
                "itemId": ids.listing_id(line.product_id),
                "transactionId": ids.line_id(line_id),
                "returnQuantity": quantity,
            },
            "type": "MONEY_BACK",
            "reason": case.reason.upper() or "OTHER",
            "comments": {"content": case.note},
            "creationDate": {"value": stamp(case.created)},
        },
    }


def _money(order: Order, value: Decimal) -> dict[str, str]:
    return {
        "value": fixed(round_money(value, order.decimals), order.decimals),
        "currency": order.currency,
    }


def _gross(order: Order, net: Decimal, tax: Decimal) -> Decimal:
    """An amount as the buyer saw it: with tax where prices include it."""
    amount = round_money(net, order.decimals)
    if order.prices_include_tax:
        amount += round_money(tax, order.decimals)
    return amount


def _refunded_line(part: LineItem) -> int:
    found = [entry.value for entry in part.meta if entry.key == "_refunded_item_id"]
    return int(found[0]) if found else 0


def _cancel_wanted(order: Order) -> bool:
    """Tell whether the buyer asked to call it off, later or from the start."""
    from_start = any(entry.key == "cancel_requested" for entry in order.meta)
    return order.cancel_requested or from_start


def _contact(address: Address) -> dict[str, Any]:
    contact: dict[str, Any] = {
        "fullName": f"{address.first_name} {address.last_name}".strip(),
        "contactAddress": _address(address),
    }
    if address.company:
        contact["companyName"] = address.company
    if address.phone:
        contact["primaryPhone"] = {"phoneNumber": address.phone}
    if address.email:
        contact["email"] = address.email
    return contact


def _address(address: Address) -> dict[str, str]:
    fields = {
        "addressLine1": address.address_1,
        "addressLine2": address.address_2,
        "city": address.city,
        "stateOrProvince": address.state,
        "postalCode": address.postcode,
        "countryCode": address.country,
    }
    return {key: value for key, value in fields.items() if value}
