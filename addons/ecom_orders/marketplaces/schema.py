"""The words every marketplace speaks: frozen dataclasses, no behaviour of a shop.

A normaliser turns a marketplace's payload into these; everything behind it (pricing,
Odoo models, tests) knows only these. Conventions:

* money is :class:`decimal.Decimal` in major units of the document's currency, exactly
  as the marketplace wrote it (rounding is the business of :mod:`.pricing`);
* times are timezone-aware and in UTC;
* identifiers are text, because some marketplaces number beyond 2**53;
* an amount that the marketplace did not state is ``None``, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

ZERO = Decimal(0)


class OrderStatus(Enum):
    """Where an order stands on the marketplace's side, in the words of all of them.

    The values are ordered by life: see :attr:`rank`.
    """

    CART = "cart"  # not placed yet: an abandoned or running check-out
    UNKNOWN = "unknown"  # placed, but in a status this connector does not know
    PENDING = "pending"  # placed, payment not confirmed
    ON_HOLD = "on_hold"  # placed, the shop itself waits for something
    OPEN = "open"  # released by the shop: fulfil it
    COMPLETED = "completed"  # the shop says that it is fulfilled
    FAILED = "failed"  # payment failed or was declined
    REFUNDED = "refunded"  # refunded in full
    CANCELLED = "cancelled"
    DELETED = "deleted"  # trashed or gone

    @property
    def rank(self) -> int:
        """Position in the life of an order, for ties between equal time stamps.

        Two snapshots of one order can carry the same second; the one further in life
        is then taken for the newer one, whatever the order of their arrival.
        """
        return list(OrderStatus).index(self)

    @property
    def is_dead(self) -> bool:
        """Whether it was called off.

        A failed payment is not the end: the buyer can pay again.
        """
        return self in (OrderStatus.CANCELLED, OrderStatus.DELETED)

    @property
    def is_releasable(self) -> bool:
        """Whether the marketplace itself lets the order go to fulfilment."""
        return self in (OrderStatus.OPEN, OrderStatus.COMPLETED)


class LineKind(Enum):
    """What a line is, which decides its product and its account in Odoo."""

    PRODUCT = "product"
    SHIPPING = "shipping"
    FEE = "fee"
    DISCOUNT = "discount"
    GIFT_CARD = "gift_card"
    TIP = "tip"
    DUTY = "duty"
    ROUNDING = "rounding"
    UNEXPLAINED = "unexplained"
    UNMAPPED_TAX = "unmapped_tax"


@dataclass(frozen=True)
class Address:
    """A postal address as written by the buyer; every field may be empty.

    ``state_code`` is the ISO 3166-2 subdivision without its country prefix where the
    normaliser could tell it (``"CA"``, ``"BJ"``), else whatever the shop wrote.
    """

    name: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    zip: str = ""
    state_code: str = ""
    country_code: str = ""
    phone: str = ""
    email: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing in it says where to go."""
        return not any((self.street, self.street2, self.city, self.zip, self.name))


@dataclass(frozen=True)
class Buyer:
    """Who bought. ``external_id`` is the marketplace's account, empty for a guest."""

    external_id: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""


@dataclass(frozen=True)
class TaxRate:
    """One tax rate of one order, as the marketplace names it.

    :param key: the marketplace's own id of the rate, unique within the order.
    :param percent: e.g. ``Decimal("7.25")``; ``None`` when not stated.
    :param country_code: ISO 3166-1 alpha-2 of the tax's country, may be empty.
    :param included: whether the shop's prices were entered including this tax.
    :param compound: whether it is levied on top of the taxes before it.
    :param total: what the order says of this rate in all, ``None`` when not stated.
    """

    key: str
    label: str = ""
    percent: Decimal | None = None
    country_code: str = ""
    state_code: str = ""
    included: bool = False
    compound: bool = False
    total: Decimal | None = None


@dataclass(frozen=True)
class ExternalLine:
    """One line of an order, amounts without tax.

    :param subtotal: before discounts, for the whole quantity.
    :param total: after discounts, for the whole quantity.
    :param total_tax: the tax on ``total`` as the marketplace rounded it.
    :param taxes: tax by rate key, as exact as the marketplace states it.
    :param product_ref: the marketplace's id of the thing sold (``"11/12"`` for
        variation 12 of product 11), empty when it was deleted.
    """

    external_id: str
    kind: LineKind
    name: str
    quantity: Decimal
    subtotal: Decimal
    total: Decimal
    total_tax: Decimal = ZERO
    taxes: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    sku: str = ""
    barcode: str = ""
    product_ref: str = ""
    method: str = ""


@dataclass(frozen=True)
class Coupon:
    """A coupon that was used; its amount is already inside the lines."""

    code: str
    amount: Decimal = ZERO
    tax: Decimal = ZERO


@dataclass(frozen=True)
class RefundLine:
    """What one refund gives back of one order line; positive numbers."""

    external_id: str
    order_line_id: str
    kind: LineKind
    name: str
    quantity: Decimal
    total: Decimal
    total_tax: Decimal = ZERO
    taxes: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Refund:
    """Money given back; ``amount`` is positive and includes tax.

    ``lines`` is ``None`` when the payload only announced the refund (its details have
    to be fetched), and an empty tuple when the refund really has no lines.
    """

    external_id: str
    order_id: str
    amount: Decimal
    reason: str = ""
    created_at: datetime | None = None
    lines: tuple[RefundLine, ...] | None = None


@dataclass(frozen=True)
class ExternalOrder:
    """The whole of an order at one moment, the unit of the upsert."""

    external_id: str
    number: str
    status: OrderStatus
    raw_status: str
    currency: str
    created_at: datetime
    updated_at: datetime
    total: Decimal
    total_tax: Decimal
    prices_include_tax: bool = False
    paid_at: datetime | None = None
    buyer: Buyer = Buyer()
    billing: Address = Address()
    shipping: Address = Address()
    lines: tuple[ExternalLine, ...] = ()
    tax_rates: tuple[TaxRate, ...] = ()
    coupons: tuple[Coupon, ...] = ()
    refunds: tuple[Refund, ...] = ()
    payment_method: str = ""
    payment_title: str = ""
    transaction_ref: str = ""
    buyer_note: str = ""
    url: str = ""

    @property
    def version(self) -> str:
        """Sorts the snapshots of one order by age; equal for equal snapshots' ages.

        Text, so that it can be stored and compared in SQL: UTC time stamp, rank in
        the order's life, number of refunds.
        """
        stamp = self.updated_at.strftime("%Y-%m-%dT%H:%M:%S.%f")
        return f"{stamp}|{self.status.rank:02d}|{len(self.refunds):03d}"


@dataclass(frozen=True)
class ExternalProduct:
    """A thing that is for sale on the marketplace: one row a listing is made of."""

    product_ref: str
    name: str
    sku: str = ""
    barcode: str = ""
    price: Decimal | None = None
    manages_stock: bool = False
    stock: Decimal | None = None
    is_parent: bool = False
    active: bool = True


@dataclass(frozen=True)
class StockLevel:
    """What a marketplace shall be told of one listing: whole units for sale."""

    product_ref: str
    sku: str
    quantity: int


@dataclass(frozen=True)
class StockResult:
    """The marketplace's answer for one :class:`StockLevel`; ``error`` empty = taken."""

    product_ref: str
    error: str = ""
