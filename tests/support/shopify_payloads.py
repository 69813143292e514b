"""Payloads as Shopify's Admin API writes them, made up of what a test is about."""

DATES = {
    "createdAt": "2026-03-02T10:00:00Z",
    "updatedAt": "2026-03-02T10:05:00Z",
    "processedAt": "2026-03-02T10:00:00Z",
}


def bag(amount, currency="USD", shop=None, shop_currency=None):
    """A ``MoneyBag``; without ``shop`` both sides are the same."""
    return {
        "presentmentMoney": {"amount": str(amount), "currencyCode": currency},
        "shopMoney": {
            "amount": str(amount if shop is None else shop),
            "currencyCode": shop_currency or currency,
        },
    }


def tax(amount, rate=0.1, title="VAT", liable=False, **money):
    """A tax line."""
    return {
        "title": title,
        "rate": rate,
        "channelLiable": liable,
        "priceSet": bag(amount, **money),
    }


def line(number, price, quantity=1, *, taxes=(), discount=None, code="", **values):
    """A line item; ``discount`` is a bag or an amount."""
    allocations = []
    if discount is not None:
        amount = discount if isinstance(discount, dict) else bag(discount)
        application = {"code": code} if code else {}
        allocations = [
            {"allocatedAmountSet": amount, "discountApplication": application}
        ]
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "name": f"Thing {number}",
        "sku": f"SKU-{number}",
        "quantity": quantity,
        "currentQuantity": quantity,
        "requiresShipping": True,
        "isGiftCard": False,
        "variant": {
            "id": f"gid://shopify/ProductVariant/{number}00",
            "barcode": f"40{number}",
        },
        "originalUnitPriceSet": price if isinstance(price, dict) else bag(price),
        "discountAllocations": allocations,
        "taxLines": list(taxes),
        "duties": [],
        **values,
    }


def shipping(price, taxes=(), discounted=None, number=9):
    """A shipping line."""
    price = price if isinstance(price, dict) else bag(price)
    return {
        "id": f"gid://shopify/ShippingLine/{number}",
        "title": "Standard",
        "code": "STD",
        "originalPriceSet": price,
        "discountedPriceSet": price if discounted is None else bag(discounted),
        "taxLines": list(taxes),
    }


def address(**values):
    """A mailing address."""
    return {
        "firstName": "Ada",
        "lastName": "Quill",
        "name": "Ada Quill",
        "company": None,
        "address1": "1 Alder Street",
        "address2": None,
        "city": "Oakland",
        "zip": "94607",
        "provinceCode": "CA",
        "countryCodeV2": "US",
        "phone": None,
        **values,
    }


def transaction(number, amount, kind="SALE", status="SUCCESS", gateway="card", **more):
    """A transaction of an order."""
    return {
        "id": f"gid://shopify/OrderTransaction/{number}",
        "kind": kind,
        "status": status,
        "gateway": gateway,
        "processedAt": "2026-03-02T10:01:00Z",
        "paymentId": f"pay-{number}",
        "amountSet": amount if isinstance(amount, dict) else bag(amount),
        "parentTransaction": None,
        **more,
    }


def refund(number, amount, lines=(), **values):
    """A refund; ``lines`` are (line number, quantity, subtotal, tax)."""
    rows = [
        {
            "quantity": quantity,
            "restockType": "NO_RESTOCK",
            "restocked": False,
            "subtotalSet": bag(subtotal),
            "totalTaxSet": bag(tax_amount),
            "lineItem": {
                "id": f"gid://shopify/LineItem/{item}",
                "name": f"Thing {item}",
                "isGiftCard": False,
                "taxLines": [tax(1)] if tax_amount else [],
            },
        }
        for item, quantity, subtotal, tax_amount in lines
    ]
    return {
        "id": f"gid://shopify/Refund/{number}",
        "createdAt": "2026-03-03T10:00:00Z",
        "note": "Damaged",
        "totalRefundedSet": amount if isinstance(amount, dict) else bag(amount),
        "order": {
            "id": "gid://shopify/Order/5",
            "currencyCode": "USD",
            "presentmentCurrencyCode": "USD",
            "taxesIncluded": False,
        },
        "refundLineItems": {"nodes": rows},
        "refundShippingLines": {"nodes": []},
        "transactions": {
            "nodes": [transaction(f"{number}1", amount, "REFUND")] if amount else []
        },
        **values,
    }


def work(number, rows, status="OPEN", location=1):
    """A fulfilment order; ``rows`` are (line number, total, remaining)."""
    site = {"id": f"gid://shopify/Location/{location}"} if location else None
    return {
        "id": f"gid://shopify/FulfillmentOrder/{number}",
        "status": status,
        "fulfillBy": None,
        "assignedLocation": {"location": site},
        "lineItems": {
            "nodes": [
                {
                    "id": f"gid://shopify/FulfillmentOrderLineItem/{number}{item}",
                    "totalQuantity": total,
                    "remainingQuantity": remaining,
                    "lineItem": {"id": f"gid://shopify/LineItem/{item}"},
                }
                for item, total, remaining in rows
            ]
        },
    }


def order(lines, total, *, ships=(), **values):
    """An order that is paid and not sent."""
    total = total if isinstance(total, dict) else bag(total)
    currency = total["presentmentMoney"]["currencyCode"]
    return {
        "id": "gid://shopify/Order/5",
        "name": "#1005",
        **DATES,
        "cancelledAt": None,
        "cancelReason": None,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "currencyCode": total["shopMoney"]["currencyCode"],
        "presentmentCurrencyCode": currency,
        "taxesIncluded": False,
        "dutiesIncluded": False,
        "customerLocale": "en-US",
        "email": "ada@example.com",
        "phone": None,
        "note": None,
        "tags": [],
        "discountCodes": [],
        "paymentGatewayNames": ["card"],
        "requiresShipping": True,
        "totalPriceSet": total,
        "currentTotalPriceSet": total,
        "totalRefundedSet": bag(0, currency, shop_currency=_shop(total)),
        "billingAddress": address(),
        "shippingAddress": address(),
        "transactions": [],
        "refunds": [],
        "lineItems": {"nodes": list(lines)},
        "shippingLines": {"nodes": list(ships)},
        **values,
    }


def _shop(total):
    return total["shopMoney"]["currencyCode"]
