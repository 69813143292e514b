"""Orders of the world in the words of Orders API 2026-01-01 (definition Order)."""

from __future__ import annotations

from typing import Any

from ..world.model import Address, LineItem, Parcel
from . import facts
from .facts import MARKETPLACES, Facts, iso
from .ids import asin_of, item_id
from .money import ItemMoney, item_money, money_2026


def render_order(order: Facts, data: frozenset[str]) -> dict[str, Any]:
    """Return an order with the data sets that were asked for."""
    row: dict[str, Any] = {
        "orderId": order.order_id,
        "createdTime": iso(order.order.created),
        "lastUpdatedTime": iso(order.order.modified),
        "programs": [order.meta["program"]] if order.meta.get("program") else [],
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": order.marketplace,
            "marketplaceName": MARKETPLACES[order.marketplace][1],
        },
    }
    if "BUYER" in data and not order.is_anonymous:
        row["buyer"] = _buyer(order)
    if "RECIPIENT" in data and not order.is_anonymous:
        address = _address(order.order.shipping)
        row["recipient"] = {"deliveryAddress": address}
    if "PROCEEDS" in data and not order.is_pending:
        total = money_2026(order.order.totals.total, order.order)
        row["proceeds"] = {"grandTotal": total}
    if "FULFILLMENT" in data:
        row["fulfillment"] = _fulfillment(order)
    amounts = item_money(order.order)
    row["orderItems"] = [
        _item(order, line, amounts[line.id], data) for line in order.order.lines
    ]
    if order.meta.get("cancelled_sku"):
        row["orderItems"].append(_cancelled_item(order, data))
    if "PACKAGES" in data and not order.order.channel_fulfilled:
        parcels = order.world.parcels(order.order.id)
        row["packages"] = [_package(parcel) for parcel in parcels]
    return row


def _buyer(order: Facts) -> dict[str, Any]:
    billing = order.order.billing
    buyer = {
        "buyerName": _name(billing),
        "buyerEmail": order.relay_address,
    }
    if order.order.shipping.company:
        buyer["buyerCompanyName"] = order.order.shipping.company
    return buyer


def _name(address: Address) -> str:
    return f"{address.first_name} {address.last_name}".strip()


def _address(address: Address) -> dict[str, Any]:
    row = {
        "name": _name(address),
        "companyName": address.company,
        "addressLine1": address.address_1,
        "addressLine2": address.address_2,
        "city": address.city,
        "stateOrRegion": address.state,
        "postalCode": address.postcode,
        "countryCode": address.country,
        "phone": address.phone,
        "addressType": "COMMERCIAL" if address.company else "RESIDENTIAL",
    }
    return {key: value for key, value in row.items() if value}


def _fulfillment(order: Facts) -> dict[str, Any]:
    by_amazon = order.order.channel_fulfilled
    created = iso(order.order.created)
    row: dict[str, Any] = {
        "fulfillmentStatus": order.status,
        "fulfilledBy": "AMAZON" if by_amazon else "MERCHANT",
        "fulfillmentServiceLevel": "STANDARD",
    }
    if not by_amazon:
        row["shipByWindow"] = {
            "earliestDateTime": created,
            "latestDateTime": iso(order.ship_by),
        }
        row["deliverByWindow"] = {
            "earliestDateTime": created,
            "latestDateTime": iso(order.deliver_by),
        }
    return row


# -- items -----------------------------------------------------------------------------


def _item(
    order: Facts, line: LineItem, amounts: ItemMoney, data: frozenset[str]
) -> dict[str, Any]:
    cancelled = order.status == "CANCELLED"
    sent = order.sent[line.id]
    row: dict[str, Any] = {
        "orderItemId": item_id(line.id),
        "quantityOrdered": line.quantity,
        "product": _product(order, line, amounts),
    }
    if "PROCEEDS" in data and not order.is_pending:
        row["proceeds"] = _proceeds(order, amounts)
    if "PROMOTION" in data and amounts.discount:
        row["promotion"] = {"breakdowns": [{"promotionId": "SIM-PROMOTION"}]}
    if "CANCELLATION" in data:
        row.update(_cancellation(order, cancelled))
    if "FULFILLMENT" in data:
        left = 0 if cancelled else line.quantity - sent
        row["fulfillment"] = {"quantityFulfilled": sent, "quantityUnfulfilled": left}
        if order.meta.get("gift_message"):
            gift = {"giftMessage": order.meta["gift_message"]}
            row["fulfillment"]["packing"] = {"giftOption": gift}
    if "TAX" in data and order.meta.get("facilitator"):
        row["tax"] = {
            "taxCollections": [
                {
                    "model": "MARKETPLACE_FACILITATOR",
                    "responsibleParty": "Amazon Services, Inc.",
                }
            ]
        }
    return row


def _product(order: Facts, line: LineItem, amounts: ItemMoney) -> dict[str, Any]:
    product = order.world.product(line.stock_id)
    row: dict[str, Any] = {
        "asin": asin_of(line.stock_id),
        "title": line.name,
        "sellerSku": facts.sku_of(product) if product else f"SIM-{line.stock_id}",
        "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
    }
    if not order.is_pending and line.quantity:
        unit = amounts.kinds["ITEM"].gross / line.quantity
        row["price"] = {"unitPrice": money_2026(unit, order.order)}
        if order.meta.get("program") == "AMAZON_BUSINESS":
            row["price"]["priceDesignation"] = "BUSINESS_PRICE"
    return row


def _proceeds(order: Facts, amounts: ItemMoney) -> dict[str, Any]:
    def stated(value: Any) -> dict[str, str]:
        return money_2026(value, order.order)

    parts = [
        {"type": kind, "subtotal": stated(share.gross)}
        for kind, share in amounts.kinds.items()
    ]
    if amounts.discount:
        parts.append(
            {
                "type": "DISCOUNT",
                "subtotal": stated(-amounts.discount),
                "detailedBreakdowns": [
                    {"subtype": kind, "value": stated(-share.discount)}
                    for kind, share in amounts.kinds.items()
                    if share.discount
                ],
            }
        )
    if order.tells_tax and amounts.tax:
        parts.append(
            {
                "type": "TAX",
                "subtotal": stated(amounts.tax),
                "detailedBreakdowns": _tax_details(order, amounts),
            }
        )
    total = amounts.total(order.order.prices_include_tax)
    return {"proceedsTotal": stated(total), "breakdowns": parts}


def _tax_details(order: Facts, amounts: ItemMoney) -> list[dict[str, Any]]:
    details = []
    saved = sum(share.tax_saved for share in amounts.kinds.values())
    for kind, share in amounts.kinds.items():
        tax = share.tax + share.tax_saved
        if tax:
            value = money_2026(tax, order.order)
            details.append({"subtype": kind, "value": value})
    if saved:
        value = money_2026(-saved, order.order)
        details.append({"subtype": "DISCOUNT", "value": value})
    return details


def _cancellation(order: Facts, cancelled: bool) -> dict[str, Any]:
    if cancelled:
        how = {"cancelledBy": "MERCHANT", "cancelReason": "NoInventory"}
        return {"cancellation": {"cancellationExecution": how}}
    if order.order.cancel_requested:
        wish = {"requester": "BUYER", "cancelReason": "Ordered by mistake"}
        return {"cancellation": {"cancellationRequest": wish}}
    return {}


def _cancelled_item(order: Facts, data: frozenset[str]) -> dict[str, Any]:
    """Return an item that was called off while the others stay."""
    sku = order.meta["cancelled_sku"]
    product = next(p for p in order.world.products() if p.sku == sku)
    row: dict[str, Any] = {
        "orderItemId": item_id(10**9 + order.order.id),
        "quantityOrdered": 1,
        "product": {
            "asin": asin_of(product.id),
            "title": product.name,
            "sellerSku": sku,
        },
    }
    if "CANCELLATION" in data:
        how = {"cancelledBy": "BUYER", "cancelReason": "Found cheaper elsewhere"}
        row["cancellation"] = {"cancellationExecution": how}
    if "FULFILLMENT" in data:
        row["fulfillment"] = {"quantityFulfilled": 0, "quantityUnfulfilled": 0}
    return row


def _package(parcel: Parcel) -> dict[str, Any]:
    return {
        "packageReferenceId": parcel.key or str(parcel.id),
        "createdTime": iso(parcel.created),
        "packageStatus": {"status": "SHIPPED"},
        "carrier": parcel.carrier,
        "shipTime": iso(parcel.created),
        "trackingNumber": parcel.tracking,
        "packageItems": [
            {"orderItemId": item_id(line), "quantity": quantity}
            for line, quantity in parcel.lines
        ],
    }
