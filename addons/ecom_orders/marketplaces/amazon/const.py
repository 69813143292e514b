"""Amazon's own codes: regions, marketplaces, statuses.

Addresses of the regions, marketplace ids and their regions: Selling Partner API
documentation, "SP-API endpoints" and "Marketplace IDs" (not part of the models, so not
confirmed by them). Currencies and time zones are those of the countries.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ..schema import OrderStatus

NORTH_AMERICA, EUROPE, FAR_EAST = "na", "eu", "fe"

ENDPOINTS = {
    NORTH_AMERICA: "https://sellingpartnerapi-na.amazon.com",
    EUROPE: "https://sellingpartnerapi-eu.amazon.com",
    FAR_EAST: "https://sellingpartnerapi-fe.amazon.com",
}

TOKEN_URL = "https://api.amazon.com/auth/o2/token"


@dataclass(frozen=True)
class Marketplace:
    """One of Amazon's shops.

    :param prices_include_tax: whether its prices are shown with tax.
    """

    country: str
    currency: str
    timezone: str
    region: str
    prices_include_tax: bool = True


MARKETPLACES = {
    "ATVPDKIKX0DER": Marketplace(
        "US", "USD", "America/Los_Angeles", NORTH_AMERICA, False
    ),
    "A2EUQ1WTGCTBG2": Marketplace("CA", "CAD", "America/Toronto", NORTH_AMERICA, False),
    "A1AM78C64UM0Y8": Marketplace("MX", "MXN", "America/Mexico_City", NORTH_AMERICA),
    "A2Q3Y263D00KWC": Marketplace("BR", "BRL", "America/Sao_Paulo", NORTH_AMERICA),
    "A28R8C7NBKEWEA": Marketplace("IE", "EUR", "Europe/Dublin", EUROPE),
    "A1RKKUPIHCS9HS": Marketplace("ES", "EUR", "Europe/Madrid", EUROPE),
    "A1F83G8C2ARO7P": Marketplace("GB", "GBP", "Europe/London", EUROPE),
    "A13V1IB3VIYZZH": Marketplace("FR", "EUR", "Europe/Paris", EUROPE),
    "AMEN7PMS3EDWL": Marketplace("BE", "EUR", "Europe/Brussels", EUROPE),
    "A1805IZSGTT6HS": Marketplace("NL", "EUR", "Europe/Amsterdam", EUROPE),
    "A1PA6795UKMFR9": Marketplace("DE", "EUR", "Europe/Berlin", EUROPE),
    "APJ6JRA9NG5V4": Marketplace("IT", "EUR", "Europe/Rome", EUROPE),
    "A2NODRKZP88ZB9": Marketplace("SE", "SEK", "Europe/Stockholm", EUROPE),
    "A1C3SOZRARQ6R3": Marketplace("PL", "PLN", "Europe/Warsaw", EUROPE),
    "AE08WJ6YKNBMC": Marketplace("ZA", "ZAR", "Africa/Johannesburg", EUROPE),
    "ARBP9OOSHTCHU": Marketplace("EG", "EGP", "Africa/Cairo", EUROPE),
    "A33AVAJ2PDY3EV": Marketplace("TR", "TRY", "Europe/Istanbul", EUROPE),
    "A17E79C6D8DWNP": Marketplace("SA", "SAR", "Asia/Riyadh", EUROPE),
    "A2VIGQ35RCS4UG": Marketplace("AE", "AED", "Asia/Dubai", EUROPE),
    "A21TJRUUN4KGV": Marketplace("IN", "INR", "Asia/Kolkata", EUROPE),
    "A19VAU5U5O7RUS": Marketplace("SG", "SGD", "Asia/Singapore", FAR_EAST),
    "A39IBJ37TRP1C6": Marketplace("AU", "AUD", "Australia/Sydney", FAR_EAST),
    "A1VC38T7YXB528": Marketplace("JP", "JPY", "Asia/Tokyo", FAR_EAST),
}

# Currencies without a smaller unit among those of the marketplaces.
_WHOLE = frozenset({"JPY"})


def unit_of(currency: str) -> Decimal:
    """The smallest unit of a currency of the marketplaces."""
    return Decimal(1) if currency in _WHOLE else Decimal("0.01")


# Orders API 2026-01-01, definition FulfillmentStatus; Orders API v0, OrderStatus.
ORDER_STATUSES = {
    "PENDING_AVAILABILITY": OrderStatus.PENDING,
    "PENDING": OrderStatus.PENDING,
    "UNSHIPPED": OrderStatus.OPEN,
    "PARTIALLY_SHIPPED": OrderStatus.OPEN,
    "SHIPPED": OrderStatus.COMPLETED,
    "CANCELLED": OrderStatus.CANCELLED,
    # Only of multi-channel fulfilment: it "cannot be fulfilled".
    "UNFULFILLABLE": OrderStatus.ON_HOLD,
    # v0 only, Brazil: shipped, the invoice still to be confirmed by the seller.
    "INVOICE_UNCONFIRMED": OrderStatus.COMPLETED,
}

# Data sets of an order beyond its head (Orders API 2026-01-01, includedData).
PERSONAL_DATA = ("BUYER", "RECIPIENT")
OPEN_DATA = (
    "PROCEEDS",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
)
ORDER_DATA = (*PERSONAL_DATA, *OPEN_DATA)
