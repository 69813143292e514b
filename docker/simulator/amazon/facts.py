"""Facts about an order of the world in Amazon's words, whatever the version."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from ..world.model import TRASH, Order, Product
from ..world.shop import World
from .ids import amazon_order_id

#: Marketplace id: country, name, currency, language.
MARKETPLACES = {
    "ATVPDKIKX0DER": ("US", "Amazon.com", "USD", "en_US"),
    "A1F83G8C2ARO7P": ("GB", "Amazon.co.uk", "GBP", "en_GB"),
    "A1PA6795UKMFR9": ("DE", "Amazon.de", "EUR", "de_DE"),
    "A1VC38T7YXB528": ("JP", "Amazon.co.jp", "JPY", "ja_JP"),
}
_STATUSES = {
    "pending": "PENDING",
    "on-hold": "PENDING",
    "failed": "CANCELLED",
    "cancelled": "CANCELLED",
    "completed": "SHIPPED",
    "refunded": "SHIPPED",
}


def iso(moment: datetime) -> str:
    """Return a time as Amazon writes it."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def sku_of(product: Product) -> str:
    """Return the seller's SKU: on Amazon everything has one."""
    return product.sku or f"SIM-{product.id}"


def own_stock(product: Product) -> bool:
    """Tell whether the seller ships a product; what is not counted lies with Amazon."""
    return product.stock is not None


@dataclass(frozen=True)
class Facts:
    """One order, looked at."""

    world: World
    order: Order

    @cached_property
    def meta(self) -> dict[str, Any]:
        """What only Amazon knows of the order."""
        return {item.key: item.value for item in self.order.meta}

    @property
    def marketplace(self) -> str:
        """Return the marketplace id."""
        return self.meta.get("marketplace", "ATVPDKIKX0DER")

    @property
    def order_id(self) -> str:
        """Return Amazon's id of the order."""
        return amazon_order_id(self.order.id, MARKETPLACES[self.marketplace][0])

    @cached_property
    def sent(self) -> Counter[int]:
        """Return how much of each line has left."""
        if self.order.status in ("completed", "refunded"):
            return Counter({line.id: line.quantity for line in self.order.lines})
        counted: Counter[int] = Counter()
        for parcel in self.world.parcels(self.order.id):
            for line_id, quantity in parcel.lines:
                counted[line_id] += quantity
        return counted

    @property
    def status(self) -> str:
        """Return the fulfilment status."""
        if self.order.status in _STATUSES:
            return _STATUSES[self.order.status]
        return "PARTIALLY_SHIPPED" if self.sent else "UNSHIPPED"

    @property
    def is_pending(self) -> bool:
        """Tell whether amounts and names are still withheld."""
        return self.status == "PENDING"

    @property
    def is_anonymous(self) -> bool:
        """Tell whether personal data are withheld."""
        return self.is_pending or bool(self.meta.get("anonymous"))

    @property
    def tells_tax(self) -> bool:
        """Tell whether the tax is stated."""
        return not self.meta.get("untold_tax")

    @property
    def ship_by(self) -> datetime:
        """Return the end of the day after tomorrow."""
        return self.order.created + timedelta(days=2)

    @property
    def deliver_by(self) -> datetime:
        """Return when the buyer was promised to have it."""
        return self.order.created + timedelta(days=6)

    @property
    def relay_address(self) -> str:
        """Return the anonymised e-mail address of the buyer."""
        return f"buyer{self.order.id}@marketplace.example.com"


def is_listed(order: Order) -> bool:
    """Tell whether an order can be seen at all."""
    return order.status != TRASH
