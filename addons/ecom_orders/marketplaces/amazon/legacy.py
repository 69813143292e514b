"""Orders of version v0, translated to the shape of version 2026-01-01.

Facts (Orders API v0, definitions Order and OrderItem): an item's ``ItemPrice`` is for
the whole quantity and excludes shipping; discounts are positive; ``OrderTotal`` is
absent while an order is pending; a cancelled item has quantity 0. Version v0 keeps the
items apart from the order: they stand under ``OrderItems``, where the connector puts
them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..reading import Reader

_KIND_FIELDS = (
    ("ITEM", "ItemPrice"),
    ("SHIPPING", "ShippingPrice"),
    ("COD_FEE", "CODFee"),
)
_TAX_FIELDS = (("ITEM", "ItemTax"), ("SHIPPING", "ShippingTax"))
_TAX_DISCOUNT_FIELDS = (
    ("ITEM", "PromotionDiscountTax"),
    ("SHIPPING", "ShippingDiscountTax"),
)
_DISCOUNT_FIELDS = (
    ("ITEM", "PromotionDiscount"),
    ("SHIPPING", "ShippingDiscount"),
    ("COD_FEE", "CODFeeDiscount"),
)
_ADDRESS_FIELDS = {
    "name": "Name",
    "companyName": "CompanyName",
    "addressLine1": "AddressLine1",
    "addressLine2": "AddressLine2",
    "addressLine3": "AddressLine3",
    "city": "City",
    "districtOrCounty": "County",
    "stateOrRegion": "StateOrRegion",
    "municipality": "Municipality",
    "postalCode": "PostalCode",
    "countryCode": "CountryCode",
    "phone": "Phone",
}


def translate(payload: Any) -> Any:
    """An order of v0 in the newer shape; anything else is returned as it is.

    :raises PayloadError: with the path of what cannot be understood.
    """
    if not isinstance(payload, Mapping) or "AmazonOrderId" not in payload:
        return payload
    read = Reader(payload)
    buyer = read.child("BuyerInfo")
    address = read.child("ShippingAddress")
    translated = {
        "orderId": read.data.get("AmazonOrderId"),
        "createdTime": read.data.get("PurchaseDate"),
        "lastUpdatedTime": read.data.get("LastUpdateDate"),
        "programs": _programs(read),
        "salesChannel": {"marketplaceId": read.data.get("MarketplaceId")},
        "buyer": {
            "buyerName": buyer.data.get("BuyerName"),
            "buyerEmail": buyer.data.get("BuyerEmail"),
        },
        "recipient": {
            "deliveryAddress": {
                new: address.data.get(old) for new, old in _ADDRESS_FIELDS.items()
            }
        },
        "fulfillment": {
            "fulfillmentStatus": _status(read.text("OrderStatus", 40)),
            "fulfilledBy": _fulfilled_by(read.text("FulfillmentChannel", 40)),
            "fulfillmentServiceLevel": read.text("ShipmentServiceLevelCategory", 40),
            "shipByWindow": {"latestDateTime": read.data.get("LatestShipDate")},
            "deliverByWindow": {"latestDateTime": read.data.get("LatestDeliveryDate")},
        },
        "orderItems": [_item(row) for row in read.children("OrderItems")],
        "payment": {"paymentExecutions": _payments(read)},
        "refundTransactions": read.data.get("refundTransactions"),
    }
    if read.data.get("OrderTotal") not in (None, ""):
        translated["proceeds"] = {"grandTotal": _money(read.child("OrderTotal"))}
    return translated


def _item(read: Reader) -> dict[str, Any]:
    gift = read.child("BuyerInfo")
    ordered = read.required_decimal("QuantityOrdered")
    shipped = read.decimal("QuantityShipped")
    request = read.child("BuyerRequestedCancel")
    cancellation = {}
    if request.flag("IsBuyerRequestedCancel"):
        cancellation["cancellationRequest"] = {
            "requester": "BUYER",
            "cancelReason": request.text("BuyerCancelReason"),
        }
    collection = read.child("TaxCollection")
    withheld = collection.text("Model", 60) == "MarketplaceFacilitator"
    return {
        "orderItemId": read.data.get("OrderItemId"),
        "quantityOrdered": ordered,
        "product": {
            "asin": read.text("ASIN", 40),
            "sellerSku": read.text("SellerSKU", 200),
            "title": read.text("Title", 500),
        },
        "proceeds": {"breakdowns": _breakdowns(read, gift)},
        "promotion": {
            "breakdowns": [{"promotionId": p} for p in _texts(read, "PromotionIds")]
        },
        "cancellation": cancellation,
        "fulfillment": {
            "quantityFulfilled": shipped,
            "quantityUnfulfilled": ordered - shipped,
            "packing": {
                "giftOption": {"giftMessage": gift.data.get("GiftMessageText")}
            },
        },
        "tax": {
            "taxCollections": [{"model": "MARKETPLACE_FACILITATOR"}] if withheld else []
        },
    }


def _breakdowns(read: Reader, gift: Reader) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for kind, key in _KIND_FIELDS:
        if read.data.get(key) is not None:
            parts.append({"type": kind, "subtotal": _money(read.child(key))})
    if gift.data.get("GiftWrapPrice") is not None:
        money = _money(gift.child("GiftWrapPrice"))
        parts.append({"type": "GIFT_WRAP", "subtotal": money})
    taxes = [(kind, read.child(key).decimal("Amount")) for kind, key in _TAX_FIELDS]
    taxes += [
        (kind, -abs(read.child(key).decimal("Amount")))
        for kind, key in _TAX_DISCOUNT_FIELDS
    ]
    taxes.append(("GIFT_WRAP", gift.child("GiftWrapTax").decimal("Amount")))
    discounts = [
        (kind, abs(read.child(key).decimal("Amount"))) for kind, key in _DISCOUNT_FIELDS
    ]
    return [*parts, *_by_kind("TAX", taxes), *_by_kind("DISCOUNT", discounts)]


def _by_kind(name: str, amounts: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    details = [
        {"subtype": kind, "value": {"amount": amount}}
        for kind, amount in amounts
        if amount
    ]
    if not details:
        return []
    total = sum(amount for _kind, amount in amounts)
    return [
        {"type": name, "subtotal": {"amount": total}, "detailedBreakdowns": details}
    ]


def _money(read: Reader) -> dict[str, Any]:
    return {
        "amount": read.required_decimal("Amount"),
        "currencyCode": read.data.get("CurrencyCode"),
    }


def _payments(read: Reader) -> list[dict[str, Any]]:
    """Cash on delivery is told by ``PaymentMethod``; other tenders are not told."""
    if read.text("PaymentMethod", 60) != "COD" or not read.data.get("OrderTotal"):
        return []
    amount = _money(read.child("OrderTotal"))
    return [{"paymentMethod": "CashOnDelivery", "paymentAmount": amount}]


def _programs(read: Reader) -> list[str]:
    flags = (("IsPrime", "PRIME"), ("IsBusinessOrder", "AMAZON_BUSINESS"))
    return [name for key, name in flags if read.flag(key)]


def _texts(read: Reader, key: str) -> list[str]:
    value = read.data.get(key)
    return (
        [row for row in value if isinstance(row, str)]
        if isinstance(value, list)
        else []
    )


def _status(status: str) -> str:
    """``PartiallyShipped`` to ``PARTIALLY_SHIPPED``; v0 writes ``Canceled``."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()
    return "CANCELLED" if name == "CANCELED" else name


def _fulfilled_by(channel: str) -> str:
    return {"AFN": "AMAZON", "MFN": "MERCHANT"}.get(channel, "")
