"""eBay's OpenAPI documents beside the project, and what the tests make of them."""

import json
from pathlib import Path
from random import Random

import pytest
from openapi import Document

FOLDER = Path(__file__).parents[3] / "shared" / "specs" / "ebay"
NAMES = (
    "sell_fulfillment_v1_oas3.json",
    "sell_inventory_v1_oas3.json",
    "commerce_notification_v1_oas3.json",
    "commerce_identity_v1_oas3.json",
    "hendt-sell_finances_v1_oas3.json",
    "hendt-return_oas3.json",
    "hendt-cancellation_oas3.json",
)
PRESENT = all((FOLDER / name).exists() for name in NAMES)

needs_documents = pytest.mark.skipif(
    not PRESENT, reason="no OpenAPI documents of eBay beside the project"
)

ENUMERATIONS = {
    "cancelState": ("NONE_REQUESTED", "IN_PROGRESS", "CANCELED"),
    "cancelInitiator": ("Buyer", "Seller"),
    "cancelRequestState": ("REQUESTED", "COMPLETED", "REJECTED"),
    "orderFulfillmentStatus": ("NOT_STARTED", "IN_PROGRESS", "FULFILLED"),
    "lineItemFulfillmentStatus": ("NOT_STARTED", "IN_PROGRESS", "FULFILLED"),
    "orderPaymentStatus": (
        "PENDING",
        "PAID",
        "PARTIALLY_REFUNDED",
        "FULLY_REFUNDED",
        "FAILED",
    ),
    "paymentStatus": ("PAID", "PENDING", "FAILED"),
    "paymentMethod": ("EBAY", "CREDIT_CARD", "CASH_ON_PICKUP", "ESCROW"),
    "refundStatus": ("PENDING", "REFUNDED", "FAILED"),
    "taxType": ("STATE_SALES_TAX", "GST", "VAT", "PROVINCE_SALES_TAX"),
}


#: What the documents call a text although their own examples show these objects.
ASPECTS = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
}


def documents():
    """All of them; one without components (post-order) has no schemas."""
    found = []
    for name in NAMES:
        data = json.loads((FOLDER / name).read_text())
        schemas = data.setdefault("components", {}).setdefault("schemas", {})
        for schema in schemas.values():
            if "aspects" in schema.get("properties", {}):
                schema["properties"]["aspects"] = ASPECTS
        found.append(Document(data))
    return found


def order_special(rng):
    """Sensible values of an order's fields: moments, amounts, enumerations."""

    def special(field, schema):
        if schema.get("$ref", "").endswith("/Amount"):
            return {"value": f"{rng.randint(0, 99999) / 100:.2f}", "currency": "USD"}
        if field in ENUMERATIONS:
            return rng.choice(ENUMERATIONS[field])
        if schema.get("type") == "string" and field.endswith(("Date", "Time")):
            day = rng.randint(1, 28)
            return f"2026-0{rng.randint(1, 9)}-{day:02d}T08:25:43.511Z"
        if field in ("currency", "convertedFromCurrency"):
            return "USD"
        return None

    return special


def orders(document, count, seed):
    """Orders by the document: the first has every field, the others leave some out.

    The few fields without which no order is one are always there.
    """
    schema = "#/components/schemas/Order"
    for number in range(count):
        rng = Random(f"{seed}/{number}")
        order = document.example(schema, order_special(rng), rng if number else None)
        order["orderId"] = f"12-{number:05d}-00001"
        order["creationDate"] = "2026-03-02T08:25:43.511Z"
        pricing = order.setdefault("pricingSummary", {})
        pricing["total"] = {"value": "12.50", "currency": "USD"}
        for item in order.get("lineItems", []):
            item["lineItemId"] = item.get("lineItemId") or f"{rng.randint(1, 10**9)}"
            item.setdefault("lineItemCost", {"value": "10.00", "currency": "USD"})
        yield order
