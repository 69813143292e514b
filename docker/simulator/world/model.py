"""The nouns of the simulated world. Frozen: a change makes a new value.

Amounts are Decimal, moments are aware UTC datetimes at second grain, identifiers are
integers handed out by the world.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from .money import ZERO

#: Statuses an order can have, in the words most shops use.
ORDER_STATUSES = (
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
)
TRASH = "trash"


class WorldError(Exception):
    """A request to the world that cannot be met; ``code`` names the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Event:
    """Something that happened to one entity, told after it was committed."""

    entity: str
    verb: str
    entity_id: int


@dataclass(frozen=True)
class Address:
    """A postal address with contact data. Any part may be empty."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    address_1: str = ""
    address_2: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Meta:
    """A piece of meta data. ``display_key`` is None outside of order items."""

    id: int
    key: str
    value: Any
    display_key: str | None = None


@dataclass(frozen=True)
class Product:
    """A product: ``simple``, ``variable`` (a parent, not sold) or ``variation``.

    ``stock`` None means that the shop does not count it. ``options`` are attribute
    names with this variation's value, or for a parent with all values joined by "|".
    ``listed`` False marks a product that the catalogue for seeding leaves out.
    ``images`` are the addresses that pictures were given by; nothing is fetched.
    ``weight`` is in kilograms.
    """

    id: int
    sku: str
    name: str
    price: Decimal
    stock: int | None = None
    categories: tuple[str, ...] = ()
    type: str = "simple"
    parent_id: int = 0
    options: tuple[tuple[str, str], ...] = ()
    virtual: bool = False
    downloadable: bool = False
    taxable: bool = True
    tax_class: str = ""
    weight: str = ""
    description: str = ""
    status: str = "publish"
    listed: bool = True
    total_sales: int = 0
    barcode: str = ""
    images: tuple[str, ...] = ()
    handle: str = ""
    created: datetime | None = None
    modified: datetime | None = None

    @property
    def sellable(self) -> bool:
        """Tell whether the product itself can be on an order line."""
        return self.type != "variable"


@dataclass(frozen=True)
class TaxRate:
    """A tax rate in per cent. Of each priority at most one rate applies."""

    id: int
    country: str
    state: str
    rate: Decimal
    label: str
    priority: int = 1
    compound: bool = False
    shipping: bool = True
    tax_class: str = ""


@dataclass(frozen=True)
class Coupon:
    """A coupon: ``percent``, ``fixed_cart`` or ``fixed_product``."""

    id: int
    code: str
    type: str
    amount: Decimal
    product_ids: tuple[int, ...] = ()
    created: datetime | None = None


@dataclass(frozen=True)
class Customer:
    """A registered buyer."""

    id: int
    username: str
    email: str
    first_name: str
    last_name: str
    billing: Address
    shipping: Address
    created: datetime | None = None


@dataclass(frozen=True)
class ItemTax:
    """Tax of one rate on one item, at six decimals, not rounded to money."""

    rate_id: int
    total: Decimal
    subtotal: Decimal | None = None


@dataclass(frozen=True)
class LineItem:
    """A product line. ``sku`` None: the product no longer exists."""

    id: int
    name: str
    product_id: int
    variation_id: int
    quantity: int
    subtotal: Decimal
    total: Decimal
    sku: str | None
    tax_class: str = ""
    taxable: bool = True
    subtotal_tax: Decimal = ZERO
    total_tax: Decimal = ZERO
    taxes: tuple[ItemTax, ...] = ()
    parent_name: str | None = None
    needs_processing: bool = True
    meta: tuple[Meta, ...] = ()

    @property
    def stock_id(self) -> int:
        """The product whose stock this line takes."""
        return self.variation_id or self.product_id


@dataclass(frozen=True)
class ShippingLine:
    """Delivery as charged to the buyer."""

    id: int
    method_title: str
    method_id: str
    total: Decimal
    total_tax: Decimal = ZERO
    taxes: tuple[ItemTax, ...] = ()
    meta: tuple[Meta, ...] = ()


@dataclass(frozen=True)
class FeeLine:
    """A fee, or with a negative amount a gift card or rebate."""

    id: int
    name: str
    total: Decimal
    taxable: bool = True
    tax_class: str = ""
    total_tax: Decimal = ZERO
    taxes: tuple[ItemTax, ...] = ()
    meta: tuple[Meta, ...] = ()


@dataclass(frozen=True)
class CouponLine:
    """A coupon as it was used on an order."""

    id: int
    code: str
    discount: Decimal = ZERO
    discount_tax: Decimal = ZERO
    meta_id: int = 0


@dataclass(frozen=True)
class TaxLine:
    """The total of one rate over a whole order."""

    id: int
    rate_id: int
    rate_code: str
    label: str
    compound: bool
    rate_percent: Decimal
    tax_total: Decimal = ZERO
    shipping_tax_total: Decimal = ZERO


@dataclass(frozen=True)
class Totals:
    """The totals of an order."""

    discount_total: Decimal = ZERO
    discount_tax: Decimal = ZERO
    shipping_total: Decimal = ZERO
    shipping_tax: Decimal = ZERO
    cart_tax: Decimal = ZERO
    total_tax: Decimal = ZERO
    total: Decimal = ZERO


#: The totals of an order that has not been calculated yet.
NOTHING = Totals()


@dataclass(frozen=True)
class Order:
    """An order. ``plan`` lists the steps its life still has before it."""

    id: int
    number: str
    status: str
    currency: str
    decimals: int
    prices_include_tax: bool
    round_at_subtotal: bool
    base_country: str
    base_state: str
    created: datetime
    modified: datetime
    billing: Address
    shipping: Address
    order_key: str
    paid: datetime | None = None
    completed: datetime | None = None
    customer_id: int = 0
    payment_method: str = ""
    payment_title: str = ""
    transaction_id: str = ""
    created_via: str = "checkout"
    customer_note: str = ""
    lines: tuple[LineItem, ...] = ()
    shipping_lines: tuple[ShippingLine, ...] = ()
    fees: tuple[FeeLine, ...] = ()
    coupons: tuple[CouponLine, ...] = ()
    tax_lines: tuple[TaxLine, ...] = ()
    totals: Totals = NOTHING
    meta: tuple[Meta, ...] = ()
    scenario: str = ""
    plan: tuple[str, ...] = ()
    stock_taken: bool = False
    status_before_trash: str = ""
    #: "", "low", "medium" or "high": what the marketplace thinks of a fraud
    risk: str = ""
    #: shipped by the marketplace from its own warehouse
    channel_fulfilled: bool = False
    cancel_requested: bool = False

    @property
    def needs_processing(self) -> bool:
        """Tell whether somebody has to ship something."""
        return any(line.needs_processing for line in self.lines)


@dataclass(frozen=True)
class Refund:
    """Money given back. Quantities and totals of its lines are negative."""

    id: int
    order_id: int
    amount: Decimal
    reason: str
    created: datetime
    lines: tuple[LineItem, ...] = ()
    shipping_lines: tuple[ShippingLine, ...] = ()
    fees: tuple[FeeLine, ...] = ()
    tax_lines: tuple[TaxLine, ...] = ()
    paid_back: bool = False
    meta: tuple[Meta, ...] = ()


@dataclass(frozen=True)
class Parcel:
    """Something that was sent: ``lines`` are (line id, quantity) pairs.

    ``key`` is the sender's own reference, by which a repeated report is recognised.
    """

    id: int
    order_id: int
    lines: tuple[tuple[int, int], ...]
    carrier: str
    tracking: str
    created: datetime
    location: str = ""
    key: str = ""


@dataclass(frozen=True)
class ReturnCase:
    """Goods on their way back: ``status`` requested, approved, in_transit, received,
    closed, rejected or cancelled; ``kind`` customer or courier."""

    id: int
    order_id: int
    lines: tuple[tuple[int, int], ...]
    reason: str
    status: str
    created: datetime
    modified: datetime
    kind: str = "customer"
    note: str = ""
    tracking: str = ""


@dataclass(frozen=True)
class Movement:
    """Money between the marketplace and the seller, part of a payout or of none yet.

    ``kind`` is sale, correction (an order was changed after it was paid out), refund,
    reserve (withheld) or release. ``amount`` and ``fee`` are in the currency of the
    payout, ``amount`` as the seller sees it (what goes to the buyer is negative), a
    fee is positive. ``original`` is ``amount`` in the order's own currency.
    """

    id: int
    kind: str
    at: datetime
    amount: Decimal
    fee: Decimal
    currency: str
    order_id: int = 0
    refund_id: int = 0
    original: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What the seller gets."""
        return self.amount - self.fee


@dataclass(frozen=True)
class Payout:
    """All movements of a period, paid out in one sum."""

    id: int
    currency: str
    starts: datetime
    ends: datetime
    movements: tuple[Movement, ...]

    @property
    def net(self) -> Decimal:
        """What is paid."""
        return sum((one.net for one in self.movements), ZERO)


@dataclass(frozen=True)
class Note:
    """A note on an order."""

    id: int
    order_id: int
    text: str
    for_customer: bool
    author: str
    created: datetime


@dataclass(frozen=True)
class Subscription:
    """Somebody who wants to be told about changes (a webhook)."""

    id: int
    name: str
    topic: str
    delivery_url: str
    secret: str
    created: datetime
    status: str = "active"
    modified: datetime | None = None
    failures: int = 0


@dataclass(frozen=True)
class Settings:
    """How the shop is set up. Currency and decimals are defaults for orders."""

    name: str = "Simulated Shop"
    base_country: str = "US"
    base_state: str = "CA"
    currency: str = "USD"
    decimals: int = 2
    prices_include_tax: bool = False
    round_at_subtotal: bool = False
    # An offset by default: named zones need data that small machines lack.
    timezone: str = "-08:00"
    # "hpos" shops bump an order's modified date when only meta data changed, "posts"
    # shops (the older storage) do not.
    storage: str = "posts"
    # What was earned is paid out so often; see ``payouts``.
    payout_minutes: int = 24 * 60
