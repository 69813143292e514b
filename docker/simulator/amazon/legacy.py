"""Orders of the world in the words of Orders API v0 (Order, OrderItem)."""

from __future__ import annotations

from typing import Any

from ..world.model import LineItem
from . import facts
from .facts import Facts, iso
from .ids import asin_of, item_id
from .money import ItemMoney, item_money, money_v0

_STATUSES = {
    "PENDING": "Pending",
    "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "PartiallyShipped",
    "SHIPPED": "Shipped",
    "CANCELLED": "Canceled",
}


def render_order(order: Facts) -> dict[str, Any]:
    """Return the head of an order."""
    by_amazon = order.order.channel_fulfilled
    row: dict[str, Any] = {
        "AmazonOrderId": order.order_id,
        "PurchaseDate": iso(order.order.created),
        "LastUpdateDate": iso(order.order.modified),
        "OrderStatus": _STATUSES[order.status],
        "FulfillmentChannel": "AFN" if by_amazon else "MFN",
        "ShipmentServiceLevelCategory": "Standard",
        "MarketplaceId": order.marketplace,
        "NumberOfItemsShipped": sum(order.sent.values()),
        "PaymentMethod": "Other",
        "IsBusinessOrder": order.meta.get("program") == "AMAZON_BUSINESS",
        "IsPrime": False,
    }
    if not by_amazon:
        row["LatestShipDate"] = iso(order.ship_by)
        row["LatestDeliveryDate"] = iso(order.deliver_by)
    if not order.is_pending:
        row["OrderTotal"] = money_v0(order.order.totals.total, order.order)
    if not order.is_anonymous:
        row |= _personal(order)
    return row


def _personal(order: Facts) -> dict[str, Any]:
    address = order.order.shipping
    name = f"{address.first_name} {address.last_name}".strip()
    shipping = {
        "Name": name,
        "CompanyName": address.company,
        "AddressLine1": address.address_1,
        "AddressLine2": address.address_2,
        "City": address.city,
        "StateOrRegion": address.state,
        "PostalCode": address.postcode,
        "CountryCode": address.country,
        "Phone": address.phone,
    }
    return {
        "ShippingAddress": {key: value for key, value in shipping.items() if value},
        "BuyerInfo": {"BuyerEmail": order.relay_address, "BuyerName": name},
    }


def render_items(order: Facts) -> list[dict[str, Any]]:
    """Return the items of an order."""
    amounts = item_money(order.order)
    rows = [_item(order, line, amounts[line.id]) for line in order.order.lines]
    if order.meta.get("cancelled_sku"):
        rows.append(_cancelled_item(order))
    return rows


def _cancelled_item(order: Facts) -> dict[str, Any]:
    """Return an item that was called off: its quantity is 0."""
    sku = order.meta["cancelled_sku"]
    product = next(p for p in order.world.products() if p.sku == sku)
    return {
        "ASIN": asin_of(product.id),
        "SellerSKU": sku,
        "OrderItemId": item_id(10**9 + order.order.id),
        "Title": product.name,
        "QuantityOrdered": 0,
        "QuantityShipped": 0,
    }


def _item(order: Facts, line: LineItem, amounts: ItemMoney) -> dict[str, Any]:
    cancelled = order.status == "CANCELLED"
    product = order.world.product(line.stock_id)
    row: dict[str, Any] = {
        "ASIN": asin_of(line.stock_id),
        "SellerSKU": facts.sku_of(product) if product else f"SIM-{line.stock_id}",
        "OrderItemId": item_id(line.id),
        "Title": line.name,
        "QuantityOrdered": 0 if cancelled else line.quantity,
        "QuantityShipped": order.sent[line.id],
    }
    if order.order.cancel_requested:
        row["BuyerRequestedCancel"] = {
            "IsBuyerRequestedCancel": "true",
            "BuyerCancelReason": "Ordered by mistake",
        }
    if not order.is_pending and not cancelled:
        row |= _amounts(order, amounts)
    if order.meta.get("facilitator"):
        row["TaxCollection"] = {
            "Model": "MarketplaceFacilitator",
            "ResponsibleParty": "Amazon Services, Inc.",
        }
    return row


def _amounts(order: Facts, amounts: ItemMoney) -> dict[str, Any]:
    def stated(value: Any) -> dict[str, str]:
        return money_v0(value, order.order)

    goods = amounts.kinds["ITEM"]
    row = {"ItemPrice": stated(goods.gross)}
    if order.tells_tax:
        row["ItemTax"] = stated(goods.tax + goods.tax_saved)
    if goods.discount:
        row["PromotionDiscount"] = stated(goods.discount)
        if order.tells_tax:
            row["PromotionDiscountTax"] = stated(goods.tax_saved)
    shipping = amounts.kinds.get("SHIPPING")
    if shipping:
        row["ShippingPrice"] = stated(shipping.gross)
        if order.tells_tax:
            row["ShippingTax"] = stated(shipping.tax)
    wrap = amounts.kinds.get("GIFT_WRAP")
    if wrap:
        price = {"GiftWrapPrice": stated(wrap.gross), "GiftWrapTax": stated(wrap.tax)}
        row["BuyerInfo"] = price
    return row
