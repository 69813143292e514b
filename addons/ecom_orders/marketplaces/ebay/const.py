"""eBay's own codes and what they mean.

The OpenAPI documents do not list the values of enumerations, they point to eBay's type
pages: these values are *not confirmed* by them. An unknown one is kept as it is and
read as the cautious case.
"""

from __future__ import annotations

from ..schema import OrderStatus, PaymentKind, RefundStatus, ReturnStatus

PRODUCTION = "https://api.ebay.com"

# Sellers domiciled there have to sign some calls; see :mod:`.signing`. The seller's
# domicile is not told; the marketplaces of the channel stand for it.
SIGNED_MARKETPLACES = frozenset(
    {
        "EBAY_AT",
        "EBAY_BE",
        "EBAY_DE",
        "EBAY_ES",
        "EBAY_FR",
        "EBAY_GB",
        "EBAY_IE",
        "EBAY_IT",
        "EBAY_NL",
        "EBAY_PL",
    }
)

# Where prices are shown to consumers with tax in them, which eBay does not state in an
# order (not confirmed: the law of these countries, not eBay's document).
TAX_INCLUSIVE_MARKETPLACES = SIGNED_MARKETPLACES | {"EBAY_AU", "EBAY_CH"}

# Orders there carry the buyer's tax number, in getOrder only.
TAX_NUMBER_MARKETPLACES = frozenset({"EBAY_IT", "EBAY_ES"})

CURRENCIES = {
    "EBAY_AU": "AUD",
    "EBAY_CA": "CAD",
    "EBAY_CH": "CHF",
    "EBAY_GB": "GBP",
    "EBAY_HK": "HKD",
    "EBAY_PL": "PLN",
    "EBAY_US": "USD",
} | {
    f"EBAY_{country}": "EUR"
    for country in ("AT", "BE", "DE", "ES", "FR", "IE", "IT", "NL")
}

NOT_CANCELLED = "NONE_REQUESTED"
CANCELLED = "CANCELED"
CANCEL_RUNNING = "IN_PROGRESS"
REQUEST_OPEN = "REQUESTED"

# Orders by the state of their payment; what is paid is told apart by its fulfilment.
PAYMENT_STATUSES = {
    "PENDING": OrderStatus.PENDING,
    "FAILED": OrderStatus.FAILED,
    "FULLY_REFUNDED": OrderStatus.REFUNDED,
    "PAID": OrderStatus.OPEN,
    "PARTIALLY_REFUNDED": OrderStatus.OPEN,
}
FULFILLED = "FULFILLED"
FULFILMENT_STATUSES = ("NOT_STARTED", "IN_PROGRESS", FULFILLED)

CASH_ON_PICKUP = "CASH_ON_PICKUP"
PAYMENT_KINDS = {CASH_ON_PICKUP: PaymentKind.ON_DELIVERY}

REFUND_STATUSES = {
    "PENDING": RefundStatus.PENDING,
    "REFUNDED": RefundStatus.DONE,
    "FAILED": RefundStatus.FAILED,
}

# Words of ours to eBay's reason; ``reasonForRefund`` is required.
REFUND_REASONS = (
    ("not as described", "ITEM_NOT_AS_DESCRIBED"),
    ("damaged", "ITEM_NOT_AS_DESCRIBED"),
    ("defect", "ITEM_NOT_AS_DESCRIBED"),
    ("not received", "ITEM_NOT_RECEIVED"),
    ("return", "BUYER_RETURN"),
    ("buyer cancel", "BUYER_CANCEL"),
    ("cancel", "SELLER_CANCEL"),
    ("shipping", "SHIPPING_DISCOUNT"),
)
OTHER_REFUND = "OTHER_ADJUSTMENT"

CANCEL_REASONS = (
    ("buyer", "BUYER_ASKED_CANCEL"),
    ("customer", "BUYER_ASKED_CANCEL"),
    ("address", "ADDRESS_ISSUES"),
)
OTHER_CANCEL = "OUT_OF_STOCK_OR_CANNOT_FULFILL"

# States of a return (Post-Order). Every step of a replacement counts as a return whose
# goods have not come yet.
RETURN_STATUSES = {
    "RETURN_REQUESTED": ReturnStatus.REQUESTED,
    "RETURN_REQUEST_TIMEOUT": ReturnStatus.REQUESTED,
    "PARTIAL_REFUND_REQUESTED": ReturnStatus.REQUESTED,
    "WAITING_FOR_RMA": ReturnStatus.APPROVED,
    "RMA_PENDING": ReturnStatus.APPROVED,
    "WAITING_FOR_RETURN_LABEL": ReturnStatus.APPROVED,
    "RETURN_LABEL_REQUESTED": ReturnStatus.APPROVED,
    "RETURN_LABEL_PENDING": ReturnStatus.APPROVED,
    "WAITING_FOR_RETURN_SHIPPING": ReturnStatus.APPROVED,
    "READY_FOR_SHIPPING": ReturnStatus.APPROVED,
    "ITEM_SHIPPED": ReturnStatus.IN_TRANSIT,
    "ITEM_DELIVERED": ReturnStatus.RECEIVED,
    "REFUND_INITIATED": ReturnStatus.RECEIVED,
    "REFUND_SENT_PENDING_CONFIRMATION": ReturnStatus.RECEIVED,
    "LESS_THAN_A_FULL_REFUND_ISSUED": ReturnStatus.RECEIVED,
    "ESCALATED": ReturnStatus.APPROVED,
    "CLOSED": ReturnStatus.CLOSED,
    "RETURN_REJECTED": ReturnStatus.REJECTED,
    "CANCELED": ReturnStatus.CANCELLED,
    "RETURN_CANCELED": ReturnStatus.CANCELLED,
}
