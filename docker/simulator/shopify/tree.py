"""Renders the neutral world as the objects of the Admin API.

An object is a mapping with every field that clients of this simulator ask for; lists of
objects that are costly are functions, so that only what is selected is rendered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from ..world.model import (
    TRASH,
    Address,
    ItemTax,
    LineItem,
    Order,
    Parcel,
    Product,
    Refund,
    ReturnCase,
)
from ..world.money import ZERO, round_money, total_of
from ..world.shop import World
from ..world.taxes import round_tax
from .graphql import Connection
from .money import Purse, amount_text
from .search import cursor_of

Json = dict[str, Any]

#: The locations of the shop; all goods lie at the first.
LOCATIONS = (("1", "Main warehouse", "US", True), ("2", "Old shed", "US", False))
MAIN = LOCATIONS[0][0]
#: Province codes by the state codes of the world's addresses.
_PROVINCES = {"CN2": "BJ", "CN30": "GD", "JP13": "JP-13", "JP27": "JP-27"}
_GIFT_CARD = "Gift card"
_TIP = "Tip"
_DUTY = "Import duty"
#: Statuses of fulfilment orders by what an order of the world is.
_HELD = {"on-hold": "ON_HOLD", "cancelled": "CANCELLED"}
_RETURN_STATUSES = {
    "requested": "REQUESTED",
    "approved": "OPEN",
    "in_transit": "OPEN",
    "received": "OPEN",
    "closed": "CLOSED",
    "rejected": "DECLINED",
    "cancelled": "CANCELED",
}


def gid(kind: str, number: Any) -> str:
    """Return a global id."""
    return f"gid://shopify/{kind}/{number}"


def number_of(text: Any) -> int:
    """Return the number in a global id, 0 when there is none."""
    tail = str(text).rpartition("/")[2]
    return int(tail) if tail.isdigit() else 0


def stamp(moment: datetime | None) -> str | None:
    """Return a ``DateTime``."""
    if moment is None:
        return None
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Tree:
    """Renders for one answer."""

    world: World

    # -- orders ------------------------------------------------------------

    def visible(self) -> list[Order]:
        """Return the orders that a shop shows: no drafts, nothing in a waste basket."""
        return [order for order in self.world.orders() if _is_order(order)]

    def drafts(self) -> list[Order]:
        """Return what is a draft order, or was one."""
        known = self.world.orders()
        return [o for o in known if o.created_via == "draft" and o.status != TRASH]

    def order_by(self, identifier: Any) -> Order | None:
        """Return the order of a global id, if the shop has it."""
        order = self.world.store.get("order", number_of(identifier))
        return order if order and _is_order(order) else None

    def sorted(
        self, orders: Iterable[Order], key: str, render: Callable[[Order], Json]
    ) -> Connection:
        """Return rows sorted by one of their moments, the oldest first."""
        rows = sorted(orders, key=lambda item: (getattr(item, key), item.id))
        places = {str(o.id): (o.id, getattr(o, key)) for o in rows}
        return Connection(
            tuple(render(item) for item in rows),
            lambda row: cursor_of(*places[row["id"].rpartition("/")[2]]),
        )

    def order(self, order: Order) -> Json:
        """Render an order."""
        purse = Purse(order, self.world.settings.currency)
        look = _Look(self.world, order, purse)
        total, refunded = order.totals.total, self.world.refunded(order.id)
        cancelled = order.status == "cancelled"
        return {
            "__typename": "Order",
            "id": gid("Order", order.id),
            "legacyResourceId": str(order.id),
            "name": f"#{order.number}",
            "createdAt": stamp(order.created),
            "processedAt": stamp(order.created),
            "updatedAt": stamp(order.modified),
            "cancelledAt": stamp(order.modified) if cancelled else None,
            "cancelReason": "OTHER" if cancelled else None,
            "displayFinancialStatus": look.financial_status,
            "displayFulfillmentStatus": look.fulfillment_status,
            "currencyCode": purse.shop_currency,
            "presentmentCurrencyCode": order.currency,
            "taxesIncluded": order.prices_include_tax,
            "dutiesIncluded": False,
            "customerLocale": _locale(order),
            "email": order.billing.email or None,
            "phone": order.billing.phone or None,
            "note": order.customer_note or None,
            "tags": [],
            "discountCodes": [line.code for line in order.coupons],
            "paymentGatewayNames": [order.payment_method],
            "sourceName": _source(order),
            "requiresShipping": any(not _is_card(line) for line in order.lines),
            "totalPriceSet": purse.bag(total),
            "currentTotalPriceSet": purse.bag(ZERO if cancelled else total - refunded),
            "totalTaxSet": purse.bag(order.totals.total_tax),
            "totalRefundedSet": purse.bag(refunded),
            "totalTipReceivedSet": purse.bag(look.tip),
            "additionalFees": [],
            "taxLines": look.tax_sums(),
            "billingAddress": _address(order.billing),
            "shippingAddress": _address(order.shipping),
            "risk": _risk(order),
            "customer": self._customer(order),
            "customerJourneySummary": _journey(order),
            "transactions": lambda _arguments: self._transactions(order, purse),
            "refunds": lambda _arguments: [
                self.refund(row) for row in self.world.refunds(order.id)
            ],
            "returns": lambda _arguments: Connection(
                tuple(self.return_(row) for row in self.world.returns(order.id))
            ),
            "lineItems": lambda _arguments: Connection(tuple(look.lines())),
            "shippingLines": lambda _arguments: Connection(tuple(look.shipping())),
            "fulfillmentOrders": lambda _arguments: Connection((look.work(),)),
            "fulfillments": lambda _arguments: [
                _fulfillment(parcel) for parcel in self.world.parcels(order.id)
            ],
        }

    def find_terms(self, order: Order) -> Json:
        """Return what a search knows of an order."""
        cases = {case.status for case in self.world.returns(order.id)}
        return {
            "id": order.id,
            "status": "open" if order.paid is None else "completed",
            "created_at": order.created,
            "updated_at": order.modified,
            "return_status": _return_status(cases),
        }

    def _customer(self, order: Order) -> Json | None:
        if not order.billing.first_name:
            return None
        return {
            "__typename": "Customer",
            "id": gid("Customer", order.customer_id or order.id),
            "firstName": order.billing.first_name,
            "lastName": order.billing.last_name,
        }

    def _transactions(self, order: Order, purse: Purse) -> list[Json]:
        if order.paid is None:
            return []
        parts = [(order.payment_method, order.totals.total)]
        spent = gift_card_share(order)
        if spent:
            rest = order.totals.total - spent
            parts = [("gift_card", spent), (order.payment_method, rest)]
        rows = [
            _transaction(
                order.id * 10 + n, "SALE", gateway, order.paid, purse.bag(amount)
            )
            | {"paymentId": order.transaction_id or None}
            for n, (gateway, amount) in enumerate(parts, 1)
        ]
        # Where money goes back to is not kept by the world: to the last tender.
        parent = {"__typename": "OrderTransaction", "id": rows[-1]["id"]}
        for refund in self.world.refunds(order.id):
            row = _transaction(
                refund.id * 10,
                "REFUND",
                parts[-1][0],
                refund.created,
                purse.bag(refund.amount),
            )
            rows.append(row | {"parentTransaction": parent})
        return rows

    # -- drafts ------------------------------------------------------------

    def draft(self, order: Order) -> Json:
        """Render a draft order; once paid it names the order that it became."""
        purse = Purse(order, self.world.settings.currency)
        look = _Look(self.world, order, purse)
        done = order.paid is not None
        return {
            "__typename": "DraftOrder",
            "id": gid("DraftOrder", order.id),
            "name": f"#D{order.number}",
            "status": "COMPLETED" if done else "OPEN",
            "createdAt": stamp(order.created),
            "updatedAt": stamp(order.paid if done else order.modified),
            "completedAt": stamp(order.paid),
            "currencyCode": purse.shop_currency,
            "presentmentCurrencyCode": order.currency,
            "taxesIncluded": order.prices_include_tax,
            "email": order.billing.email or None,
            "phone": order.billing.phone or None,
            "note2": order.customer_note or None,
            "tags": [],
            "discountCodes": [line.code for line in order.coupons],
            "totalPriceSet": purse.bag(order.totals.total),
            "totalTaxSet": purse.bag(order.totals.total_tax),
            "billingAddress": _address(order.billing),
            "shippingAddress": _address(order.shipping),
            "order": self.order(order) if done else None,
            "shippingLine": next(iter(look.shipping()), None),
            "lineItems": lambda _arguments: Connection(tuple(look.draft_lines())),
        }

    # -- refunds and returns -----------------------------------------------

    def refund(self, refund: Refund) -> Json:
        """Render a refund."""
        order = self.world.order(refund.order_id)
        purse = Purse(order, self.world.settings.currency)
        look = _Look(self.world, order, purse)
        gateway = order.payment_method
        move = _transaction(
            refund.id * 10, "REFUND", gateway, refund.created, purse.bag(refund.amount)
        )
        return {
            "__typename": "Refund",
            "id": gid("Refund", refund.id),
            "createdAt": stamp(refund.created),
            "note": refund.reason or None,
            "totalRefundedSet": purse.bag(refund.amount),
            "order": lambda _arguments: self.order(order),
            "return": None,
            "refundLineItems": Connection(tuple(look.refunded(refund))),
            "refundShippingLines": Connection(()),
            "transactions": Connection((move,)),
        }

    def return_(self, case: ReturnCase) -> Json:
        """Render a return."""
        order = self.world.order(case.order_id)
        done = case.status in ("received", "closed")
        rows = []
        for index, (line_id, quantity) in enumerate(case.lines):
            line = next(item for item in order.lines if item.id == line_id)
            item = {"__typename": "LineItem", "id": gid("LineItem", line.id)}
            sent = {
                "__typename": "FulfillmentLineItem",
                "id": gid("FulfillmentLineItem", line.id),
                "lineItem": {**item, "sku": line.sku},
            }
            rows.append(
                {
                    "__typename": "ReturnLineItem",
                    "id": gid("ReturnLineItem", case.id * 100 + index),
                    "quantity": quantity,
                    "processedQuantity": quantity if done else 0,
                    "returnReason": "DEFECTIVE" if case.reason else "UNKNOWN",
                    "returnReasonNote": case.reason,
                    "customerNote": case.note or None,
                    "fulfillmentLineItem": sent,
                }
            )
        return {
            "__typename": "Return",
            "id": gid("Return", case.id),
            "name": f"#{order.number}-R{case.id}",
            "status": _RETURN_STATUSES[case.status],
            "createdAt": stamp(case.created),
            "closedAt": stamp(case.modified) if case.status == "closed" else None,
            "order": lambda _arguments: self.order(order),
            "returnLineItems": Connection(tuple(rows)),
            "reverseFulfillmentOrders": Connection((_reverse(case),)),
        }

    # -- products ----------------------------------------------------------

    def variants(self) -> tuple[Json, ...]:
        """Render everything that can be sold."""
        rows = sorted(self.world.products(), key=lambda item: item.id)
        return tuple(self.variant(product) for product in rows if product.sellable)

    def variant(self, product: Product) -> Json:
        """Render a variant."""
        options = ", ".join(value for _name, value in product.options)
        tracked = product.stock is not None
        return {
            "__typename": "ProductVariant",
            "id": gid("ProductVariant", product.id),
            "title": options if product.parent_id else "Default Title",
            "sku": product.sku or None,
            "barcode": product.barcode or None,
            "price": amount_text(round_money(product.price, 2)),
            "inventoryQuantity": product.stock if tracked else 0,
            "selectedOptions": [
                {"__typename": "SelectedOption", "name": name, "value": value}
                for name, value in product.options or (("Title", "Default Title"),)
            ],
            "product": self._whole(product),
            "inventoryItem": {
                "__typename": "InventoryItem",
                "id": gid("InventoryItem", product.id),
                "tracked": tracked,
                "measurement": {
                    "__typename": "InventoryItemMeasurement",
                    "weight": {
                        "__typename": "Weight",
                        "unit": "KILOGRAMS",
                        "value": float(product.weight or 0),
                    },
                },
                "inventoryLevels": Connection((_level(product),)),
            },
        }

    def _whole(self, variant: Product) -> Json:
        """Render the product of a variant."""
        number = variant.parent_id or variant.id
        product = self.world.product(number) or variant
        return {
            "__typename": "Product",
            "id": gid("Product", number),
            "title": product.name,
            "status": "ACTIVE" if product.status == "publish" else "DRAFT",
            "descriptionHtml": product.description,
            "mediaCount": {"__typename": "Count", "count": len(product.images)},
            "variants": lambda _arguments: Connection(
                tuple(
                    self.variant(row)
                    for row in self.world.products()
                    if row.sellable and number in (row.id, row.parent_id)
                )
            ),
        }

    def whole(self, product_id: int) -> Json | None:
        """Render a product by its number; None when the shop does not have it."""
        product = self.world.product(product_id)
        if product is None or product.parent_id:
            return None
        return self._whole(product)

    def locations(self) -> tuple[Json, ...]:
        """Render the locations."""
        return tuple(
            {
                "__typename": "Location",
                "id": gid("Location", number),
                "name": name,
                "isActive": active,
                "address": {"__typename": "LocationAddress", "countryCode": country},
            }
            for number, name, country, active in LOCATIONS
        )

    def node(self, identifier: Any) -> Json | None:
        """Render what a global id names, where the shop has it."""
        kind = str(identifier).removeprefix("gid://shopify/").partition("/")[0]
        number = number_of(identifier)
        if kind == "Order":
            order = self.order_by(identifier)
            return self.order(order) if order else None
        if kind == "ProductVariant":
            product = self.world.product(number)
            return self.variant(product) if product and product.sellable else None
        if kind == "Refund":
            refund = self.world.store.get("refund", number)
            return self.refund(refund) if refund else None
        if kind == "FulfillmentOrder":
            order = self.order_by(identifier)
            purse = order and Purse(order, self.world.settings.currency)
            return _Look(self.world, order, purse).work() if order else None
        return None


# -- one order -----------------------------------------------------------------


class _Look:
    """An order with what has become of its lines."""

    def __init__(self, world: World, order: Order, purse: Purse) -> None:
        self.world, self.order, self.purse = world, order, purse
        self.rates = {rate.id: rate for rate in world.rates()}
        self.given_back = Counter(
            {
                line.id: -line.quantity
                for refund in world.refunds(order.id)
                for line in self._of_order(refund.lines)
            }
        )
        self.sent = Counter()
        for parcel in world.parcels(order.id):
            for line_id, quantity in parcel.lines:
                self.sent[line_id] += quantity
        if order.status == "completed":
            self.sent = Counter({line.id: line.quantity for line in order.lines})
        self.tip = total_of(fee.total for fee in order.fees if fee.name == _TIP)

    @staticmethod
    def _of_order(lines: Iterable[LineItem]) -> Iterable[LineItem]:
        """Refunded lines under the ids of the lines that they give back."""
        for line in lines:
            link = next(m.value for m in line.meta if m.key == "_refunded_item_id")
            yield LineItem(**{**vars(line), "id": int(link)})

    @property
    def financial_status(self) -> str:
        order, refunded = self.order, self.world.refunded(self.order.id)
        if order.status == "failed":
            return "EXPIRED"
        if order.paid is None:
            return "VOIDED" if order.status == "cancelled" else "PENDING"
        if order.status == "refunded" or refunded >= order.totals.total > 0:
            return "REFUNDED"
        return "PARTIALLY_REFUNDED" if refunded else "PAID"

    @property
    def fulfillment_status(self) -> str:
        if self.order.status == "on-hold":
            return "ON_HOLD"
        if not sum(self.sent.values()):
            return "UNFULFILLED"
        open_lines = any(self._remaining(line) for line in self.order.lines)
        return "PARTIALLY_FULFILLED" if open_lines else "FULFILLED"

    def _remaining(self, line: LineItem) -> int:
        """Pieces to be sent: what was given back need not be."""
        if self.order.status in ("cancelled", "refunded"):
            return 0
        gone = max(self.sent[line.id], self.given_back[line.id])
        return max(0, line.quantity - gone)

    # -- lines -------------------------------------------------------------

    def lines(self) -> Iterable[Json]:
        """Render goods, gift cards and tips."""
        for index, line in enumerate(self.order.lines):
            yield self._line(line, self._duties() if index == 0 else [])
        for fee in self.order.fees:
            if fee.name != _DUTY:
                yield self._fee_line(fee)

    def _line(self, line: LineItem, duties: list[Json]) -> Json:
        price, total = self._gross(line.subtotal, line.subtotal_tax), self._total(line)
        off = self.order.status == "cancelled"
        left = 0 if off else line.quantity - self.given_back[line.id]
        product = self.world.product(line.stock_id) if line.stock_id else None
        discount = price - total
        code = self.order.coupons[0].code if self.order.coupons else ""
        allocation = {
            "__typename": "DiscountAllocation",
            "allocatedAmountSet": self.purse.bag(discount),
            "discountApplication": {
                "__typename": "DiscountCodeApplication",
                "code": code,
            },
        }
        variant = {
            "__typename": "ProductVariant",
            "id": gid("ProductVariant", line.stock_id),
            "barcode": None,
        }
        return {
            "__typename": "LineItem",
            "id": gid("LineItem", line.id),
            "name": line.name,
            "sku": line.sku or None,
            "quantity": line.quantity,
            "currentQuantity": left,
            "requiresShipping": not _is_card(line),
            "isGiftCard": _is_card(line),
            "variant": variant if product else None,
            "originalUnitPriceSet": self.purse.bag(price / (line.quantity or 1)),
            "originalTotalSet": self.purse.bag(price),
            "discountAllocations": [allocation] if discount else [],
            "taxLines": self.taxes(line.taxes),
            "duties": duties,
        }

    def draft_lines(self) -> Iterable[Json]:
        """Render the goods of a draft; its lines have discounts of their own."""
        for line in self.order.lines:
            row = self._line(line, [])
            yield {
                **row,
                "__typename": "DraftOrderLineItem",
                "id": gid("DraftOrderLineItem", line.id),
                "discountedTotalSet": self.purse.bag(self._total(line)),
            }

    def _fee_line(self, fee: Any) -> Json:
        price = self.purse.bag(self._gross(fee.total, fee.total_tax))
        return {
            "__typename": "LineItem",
            "id": gid("LineItem", fee.id),
            "name": fee.name,
            "sku": None,
            "quantity": 1,
            "currentQuantity": 1,
            "requiresShipping": False,
            "isGiftCard": False,
            "variant": None,
            "originalUnitPriceSet": price,
            "originalTotalSet": price,
            "discountAllocations": [],
            "taxLines": self.taxes(fee.taxes),
            "duties": [],
        }

    def _duties(self) -> list[Json]:
        return [
            {
                "__typename": "Duty",
                "id": gid("Duty", fee.id),
                "price": self.purse.bag(fee.total),
                "taxLines": self.taxes(fee.taxes),
            }
            for fee in self.order.fees
            if fee.name == _DUTY
        ]

    def shipping(self) -> Iterable[Json]:
        """Render the ways of delivery."""
        for line in self.order.shipping_lines:
            price = self.purse.bag(self._gross(line.total, line.total_tax))
            yield {
                "__typename": "ShippingLine",
                "id": gid("ShippingLine", line.id),
                "title": line.method_title,
                "code": line.method_id,
                "originalPriceSet": price,
                "discountedPriceSet": price,
                "taxLines": self.taxes(line.taxes),
            }

    def _total(self, line: LineItem) -> Decimal:
        return self._gross(line.total, line.total_tax)

    def _gross(self, net: Decimal, tax: Decimal) -> Decimal:
        """Return an amount as prices of the order are: with tax where included."""
        net = round_money(net, self.order.decimals)
        return net + tax if self.order.prices_include_tax else net

    # -- taxes -------------------------------------------------------------

    def taxes(self, taxes: Iterable[ItemTax]) -> list[Json]:
        """Render the tax lines of an item."""
        return [self._tax(tax.rate_id, self._rounded(tax.total)) for tax in taxes]

    def tax_sums(self) -> list[Json]:
        """Render the tax lines of the whole order."""
        return [
            self._tax(line.rate_id, line.tax_total + line.shipping_tax_total)
            for line in self.order.tax_lines
        ]

    def _rounded(self, amount: Decimal) -> Decimal:
        return round_tax(amount, self.order.decimals, self.order.prices_include_tax)

    def _tax(self, rate_id: int, amount: Decimal) -> Json:
        rate = self.rates[rate_id]
        return {
            "__typename": "TaxLine",
            "title": rate.label,
            "rate": float(rate.rate / 100),
            "channelLiable": False,
            "priceSet": self.purse.bag(amount),
        }

    # -- what was sent and given back --------------------------------------

    def work(self) -> Json:
        """Render the fulfilment order: there is one, at the main location."""
        rows = tuple(
            {
                "__typename": "FulfillmentOrderLineItem",
                "id": gid("FulfillmentOrderLineItem", line.id),
                "totalQuantity": self.sent[line.id] + self._remaining(line),
                "remainingQuantity": self._remaining(line),
                "lineItem": {
                    "__typename": "LineItem",
                    "id": gid("LineItem", line.id),
                },
            }
            for line in self.order.lines
        )
        number, name, _country, _active = LOCATIONS[0]
        return {
            "__typename": "FulfillmentOrder",
            "id": gid("FulfillmentOrder", self.order.id),
            "status": self._work_status(rows),
            "fulfillBy": None,
            "assignedLocation": {
                "__typename": "FulfillmentOrderAssignedLocation",
                "name": name,
                "location": {"__typename": "Location", "id": gid("Location", number)},
            },
            "lineItems": Connection(rows),
        }

    def _work_status(self, rows: tuple[Json, ...]) -> str:
        held = _HELD.get(self.order.status)
        if held:
            return held
        if not any(row["remainingQuantity"] for row in rows):
            return "CLOSED"
        return "IN_PROGRESS" if sum(self.sent.values()) else "OPEN"

    def refunded(self, refund: Refund) -> Iterable[Json]:
        """Render the lines of a refund."""
        known = {line.id: line for line in self.order.lines}
        for line in self._of_order(refund.lines):
            item = self._line(known[line.id], [])
            subtotal = self._gross(-line.total, -line.total_tax)
            yield {
                "__typename": "RefundLineItem",
                "id": None,
                "quantity": -line.quantity,
                "restockType": "NO_RESTOCK",
                "restocked": False,
                "lineItem": item,
                "subtotalSet": self.purse.bag(subtotal),
                "totalTaxSet": self.purse.bag(-line.total_tax),
            }


# -- small parts ---------------------------------------------------------------


def _is_order(order: Order) -> bool:
    """Tell whether something is an order by now, and not thrown away."""
    is_draft = order.created_via == "draft" and order.paid is None
    return not is_draft and order.status != TRASH


def _source(order: Order) -> str:
    return "shopify_draft_order" if order.created_via == "draft" else "web"


def _is_card(line: LineItem) -> bool:
    return line.name == _GIFT_CARD and not line.product_id


def _meta(order: Order, key: str) -> str:
    return next((str(meta.value) for meta in order.meta if meta.key == key), "")


def gift_card_share(order: Order) -> Decimal:
    """Return how much of an order was paid by redeeming a gift card."""
    card = _meta(order, "gift_card")
    return min(Decimal(card), order.totals.total) if card else ZERO


def _locale(order: Order) -> str:
    country = (order.shipping.country or order.billing.country).upper()
    return {"DE": "de", "JP": "ja", "CN": "zh-CN", "GB": "en-GB"}.get(country, "en")


def _address(address: Address) -> Json | None:
    if not address.country:
        return None
    state = address.state.removeprefix(f"{address.country}-")
    return {
        "__typename": "MailingAddress",
        "firstName": address.first_name or None,
        "lastName": address.last_name or None,
        "name": f"{address.first_name} {address.last_name}".strip() or None,
        "company": address.company or None,
        "address1": address.address_1 or None,
        "address2": address.address_2 or None,
        "city": address.city or None,
        "zip": address.postcode or None,
        "provinceCode": _PROVINCES.get(state, state) or None,
        "countryCodeV2": address.country,
        "phone": address.phone or None,
    }


def _risk(order: Order) -> Json:
    level = order.risk.upper() or "LOW"
    advice = {"HIGH": "CANCEL", "MEDIUM": "INVESTIGATE"}.get(level, "ACCEPT")
    return {
        "__typename": "OrderRiskSummary",
        "recommendation": advice,
        "assessments": [{"__typename": "OrderRiskAssessment", "riskLevel": level}],
    }


def _journey(order: Order) -> Json:
    source, _, rest = _meta(order, "utm").partition("/")
    medium, _, campaign = rest.partition("/")
    utm = {
        "__typename": "UTMParameters",
        "source": source,
        "medium": medium,
        "campaign": campaign,
    }
    visit = {"__typename": "CustomerVisit", "utmParameters": utm if source else None}
    return {
        "__typename": "CustomerJourneySummary",
        "firstVisit": visit if source else None,
        "lastVisit": visit if source else None,
    }


def _transaction(
    number: int, kind: str, gateway: str, moment: datetime, amount: Json
) -> Json:
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", number),
        "kind": kind,
        "status": "SUCCESS",
        "gateway": gateway,
        "processedAt": stamp(moment),
        "paymentId": None,
        "amountSet": amount,
        "parentTransaction": None,
    }


def _fulfillment(parcel: Parcel) -> Json:
    tracking = {
        "__typename": "FulfillmentTrackingInfo",
        "number": parcel.tracking or None,
        "company": parcel.carrier or None,
        "url": None,
    }
    rows = tuple(
        {
            "__typename": "FulfillmentLineItem",
            "id": gid("FulfillmentLineItem", line_id),
            "quantity": quantity,
            "lineItem": {"__typename": "LineItem", "id": gid("LineItem", line_id)},
        }
        for line_id, quantity in parcel.lines
    )
    return {
        "__typename": "Fulfillment",
        "id": gid("Fulfillment", parcel.id),
        "status": "SUCCESS",
        "createdAt": stamp(parcel.created),
        "trackingInfo": [tracking],
        "fulfillmentLineItems": Connection(rows),
    }


def _level(product: Product) -> Json:
    return {
        "__typename": "InventoryLevel",
        "id": gid("InventoryLevel", product.id),
        "location": {"__typename": "Location", "id": gid("Location", MAIN)},
        "quantities": lambda arguments: [
            {
                "__typename": "InventoryQuantity",
                "name": name,
                "quantity": product.stock or 0,
            }
            for name in arguments.get("names", ())
        ],
    }


def _reverse(case: ReturnCase) -> Json:
    tracking = {
        "__typename": "ReverseDeliveryTrackingV2",
        "number": case.tracking or None,
        "carrierName": None,
    }
    parcel = {
        "__typename": "ReverseDelivery",
        "deliverable": {
            "__typename": "ReverseDeliveryShippingDeliverable",
            "tracking": tracking,
        },
    }
    return {
        "__typename": "ReverseFulfillmentOrder",
        "id": gid("ReverseFulfillmentOrder", case.id),
        "reverseDeliveries": Connection((parcel,) if case.tracking else (), _no_cursor),
    }


def _no_cursor(_row: Any) -> str:
    return "0"


def _return_status(statuses: set[str]) -> str:
    """Return ``OrderReturnStatus`` of an order with returns in these statuses."""
    alive = statuses - {"rejected", "cancelled"}
    if not alive:
        return "return_failed" if statuses else "no_return"
    if alive == {"requested"}:
        return "return_requested"
    return "returned" if alive == {"closed"} else "in_progress"
