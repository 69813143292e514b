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
    DRAFT = "draft"  # a quotation that the seller wrote on the marketplace
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
    #: tax that the marketplace collects and remits itself: neither revenue nor a debt
    #: of the seller to the state
    CHANNEL_TAX = "channel_tax"


class Risk(Enum):
    """What the marketplace thinks of the danger that a payment is a fraud."""

    UNKNOWN = "unknown"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class PaymentKind(Enum):
    """With what a buyer paid, as far as it matters for the books."""

    OTHER = "other"  # card, wallet, transfer...: money of the marketplace or gateway
    GIFT_CARD = "gift_card"  # redeems a liability, is not new money
    STORE_CREDIT = "store_credit"
    ON_DELIVERY = "on_delivery"  # cash on delivery: the carrier collects it


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
    :param collected_by_channel: the marketplace itself owes it to the state
        (marketplace facilitator, collect and remit).
    """

    key: str
    label: str = ""
    percent: Decimal | None = None
    country_code: str = ""
    state_code: str = ""
    included: bool = False
    compound: bool = False
    total: Decimal | None = None
    collected_by_channel: bool = False


@dataclass(frozen=True)
class ExternalLine:
    """One line of an order, amounts without tax.

    :param subtotal: before discounts, for the whole quantity.
    :param total: after discounts, for the whole quantity.
    :param total_tax: the tax on ``total`` as the marketplace rounded it.
    :param taxes: tax by rate key, as exact as the marketplace states it.
    :param product_ref: the marketplace's id of the thing sold (``"11/12"`` for
        variation 12 of product 11), empty when it was deleted.
    :param quantity: what is to be delivered *now*: ordered less removed or cancelled.
    :param fulfilled_quantity: of it, what the marketplace knows as shipped.
    :param location_ref: the marketplace's id of the site it assigned, if it did.
    :param requires_shipping: ``False`` for what is delivered without a parcel.
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
    fulfilled_quantity: Decimal = ZERO
    location_ref: str = ""
    requires_shipping: bool = True


@dataclass(frozen=True)
class Payment:
    """One tender of an order; an order paid by gift card and card has two.

    :param gateway: the marketplace's code of the method (``"alipay"``, ``"bogus"``).
    :param reference: the id by which settlements and bank lines name it.
    :param amount: positive, in the order's currency.
    """

    external_id: str
    gateway: str
    amount: Decimal
    kind: PaymentKind = PaymentKind.OTHER
    reference: str = ""
    paid_at: datetime | None = None


@dataclass(frozen=True)
class Attribution:
    """Where a buyer came from (UTM parameters), each empty when not told."""

    source: str = ""
    medium: str = ""
    campaign: str = ""


@dataclass(frozen=True)
class Coupon:
    """A coupon that was used; its amount is already inside the lines."""

    code: str
    amount: Decimal = ZERO
    tax: Decimal = ZERO


@dataclass(frozen=True)
class RefundLine:
    """What one refund gives back of one order line; positive numbers.

    :param restock: whether the marketplace took the goods back into its stock,
        ``None`` when it does not say.
    """

    external_id: str
    order_line_id: str
    kind: LineKind
    name: str
    quantity: Decimal
    total: Decimal
    total_tax: Decimal = ZERO
    taxes: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    restock: bool | None = None


class RefundStatus(Enum):
    """Whether the money has really gone back."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


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
    status: RefundStatus = RefundStatus.DONE
    return_ref: str = ""


class ReturnStatus(Enum):
    """Where a return of goods stands, in the order of its life."""

    REQUESTED = "requested"
    APPROVED = "approved"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"

    @property
    def rank(self) -> int:
        """Position in the life of a return; see :attr:`OrderStatus.rank`."""
        return list(ReturnStatus).index(self)


class ReturnKind(Enum):
    """Who sends the goods back."""

    CUSTOMER = "customer"
    COURIER = "courier"  # could not be delivered (return to origin)
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ReturnLine:
    """What comes back of one order line.

    :param reason: the marketplace's code (``"DEFECTIVE"``); ``note`` the buyer's words.
    """

    external_id: str
    order_line_id: str
    quantity: Decimal
    sku: str = ""
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Return:
    """Goods that a buyer or courier sends back; the money is a :class:`Refund`."""

    external_id: str
    order_id: str
    status: ReturnStatus
    raw_status: str
    created_at: datetime
    updated_at: datetime
    kind: ReturnKind = ReturnKind.UNKNOWN
    lines: tuple[ReturnLine, ...] = ()
    tracking_number: str = ""
    carrier: str = ""

    @property
    def version(self) -> str:
        """Sorts the snapshots of one return by age; see :class:`ExternalOrder`."""
        stamp = self.updated_at.strftime("%Y-%m-%dT%H:%M:%S.%f")
        return f"{stamp}|{self.status.rank:02d}"


@dataclass(frozen=True)
class ExternalOrder:
    """The whole of an order at one moment, the unit of the upsert.

    :param draft_ref: external id of the draft that became this order, if there was one.
    :param fulfilled_by_channel: the marketplace ships it from its own stock (FBA).
    :param masked: names, addresses or phones are withheld or contain asterisks: nobody
        may be identified by them.
    :param marketplace_ref: which of a seller's several marketplaces it is from.
    :param ship_by: until when the seller has promised to hand it over.
    :param deliver_by: until when the buyer was promised to have it.
    :param shipping_method: the marketplace's code of the delivery the buyer chose.
    :param cancel_requested: the buyer asks to call it off; a person has to answer.
    """

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
    draft_ref: str = ""
    fulfilled_by_channel: bool = False
    masked: bool = False
    risk: Risk = Risk.UNKNOWN
    marketplace_ref: str = ""
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    shipping_method: str = ""
    shipping_title: str = ""
    payments: tuple[Payment, ...] = ()
    attribution: Attribution = Attribution()
    tags: tuple[str, ...] = ()
    cancel_requested: bool = False

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
    """A thing that is for sale on the marketplace: one row a listing is made of.

    :param name: for people; a variation's tells its options too.
    :param price: of one sale, before any reduction that ends by itself.
    :param parent_ref: what all variations of one thing have in common; empty = it is
        no variation.
    :param options: a variation's attributes and values, ``("Size", "M")``.
    :param title: what the whole thing is called, without the options of a variation;
        empty = not told.
    :param description: of the whole thing, HTML; ``None`` = not told.
    :param weight: kilograms; ``None`` = not told.
    :param image_count: pictures of the whole thing; ``None`` = not told.
    """

    product_ref: str
    name: str
    sku: str = ""
    barcode: str = ""
    price: Decimal | None = None
    manages_stock: bool = False
    stock: Decimal | None = None
    is_parent: bool = False
    active: bool = True
    parent_ref: str = ""
    options: tuple[tuple[str, str], ...] = ()
    title: str = ""
    description: str | None = None
    weight: Decimal | None = None
    image_count: int | None = None


class ListingField(Enum):
    """What of a listing can be told a marketplace, beside its quantity."""

    TITLE = "title"
    DESCRIPTION = "description"
    PRICE = "price"
    BARCODE = "barcode"
    IMAGES = "images"
    WEIGHT = "weight"


@dataclass(frozen=True)
class ListingImage:
    """A picture that the marketplace fetches by itself.

    :param url: where it is for some days; needs no password.
    :param digest: of the picture; the same picture has the same one at any address.
    """

    url: str
    digest: str


@dataclass(frozen=True)
class ListingUpdate:
    """What is to be changed of a listing; ``None`` = leave as it is.

    Title, description and pictures belong to the whole thing: told of one variation,
    they change for all of them.

    :param key: ours, unique in a batch; the answer has it too.
    :param description: HTML.
    :param price: of one sale, in ``currency``.
    :param weight: kilograms.
    """

    key: str
    product_ref: str
    sku: str = ""
    parent_ref: str = ""
    title: str | None = None
    description: str | None = None
    price: Decimal | None = None
    currency: str = ""
    barcode: str | None = None
    weight: Decimal | None = None
    images: tuple[ListingImage, ...] | None = None


@dataclass(frozen=True)
class ListingResult:
    """The marketplace's answer for one :class:`ListingUpdate` or :class:`NewVariant`.

    :param error: empty = taken, otherwise the marketplace's words.
    :param retriable: the refusal says nothing of the listing: try again later.
    :param submission: not applied yet: ask :meth:`~.base.Connector.fetch_submission`
        with it.
    :param product_ref: what the marketplace calls it, of one that was created.
    """

    key: str
    error: str = ""
    retriable: bool = False
    submission: str = ""
    product_ref: str = ""
    parent_ref: str = ""


@dataclass(frozen=True)
class NewVariant:
    """One thing that is sold of a :class:`NewListing`.

    :param key: ours; the answer has it too.
    :param sku: its lasting identity, unique in the shop.
    :param options: a value for each of the listing's options, in their order.
    """

    key: str
    sku: str
    options: tuple[str, ...] = ()
    price: Decimal | None = None
    barcode: str = ""
    weight: Decimal | None = None


@dataclass(frozen=True)
class NewListing:
    """A thing that the shop does not sell yet.

    :param key: ours, unique and lasting, of lower case letters, digits and hyphens.
    :param options: names of the attributes in which its variants differ; none = it
        has one variant.
    :param published: whether buyers see it at once.
    """

    key: str
    title: str
    variants: tuple[NewVariant, ...]
    description: str = ""
    currency: str = ""
    options: tuple[str, ...] = ()
    images: tuple[ListingImage, ...] = ()
    published: bool = False


@dataclass(frozen=True)
class OrderSummary:
    """What a marketplace lists of an order: enough to see that none is missing."""

    external_id: str
    currency: str
    total: Decimal
    status: OrderStatus
    created_at: datetime
    number: str = ""


@dataclass(frozen=True)
class Location:
    """A site from which the marketplace thinks that the seller ships."""

    ref: str
    name: str
    country_code: str = ""
    active: bool = True


@dataclass(frozen=True)
class StockLevel:
    """The quantity of one listing, whole units for sale.

    :param location_ref: the marketplace's id of the site; empty = it knows only one.
    :param expected: what we believe that the marketplace shows now. Where it can
        compare and set, the write is refused when it shows something else. ``None`` =
        overwrite whatever it is.
    """

    product_ref: str
    sku: str
    quantity: int
    location_ref: str = ""
    expected: int | None = None


@dataclass(frozen=True)
class StockResult:
    """The marketplace's answer for one :class:`StockLevel`.

    :param error: empty = taken, :data:`STALE` = the marketplace shows something else
        than ``expected``, otherwise its words.
    :param current: what it shows, where it tells.
    :param submission: not applied yet: ask :meth:`~.base.Connector.fetch_submission`
        with it.
    """

    product_ref: str
    error: str = ""
    location_ref: str = ""
    current: int | None = None
    submission: str = ""


STALE = "stale"


@dataclass(frozen=True)
class Submission:
    """What became of something that a marketplace works on by itself.

    :param results: of a stock submission, once done.
    """

    done: bool
    error: str = ""
    results: tuple[StockResult, ...] = ()


@dataclass(frozen=True)
class ShipmentLine:
    """What of one order line is in a parcel, in the marketplace's units."""

    order_line_id: str
    quantity: Decimal


@dataclass(frozen=True)
class Shipment:
    """One parcel that left the house.

    :param key: ours, unique and lasting: the same parcel told twice is told once.
    :param lines: empty = all that is still open of the order.
    :param carrier: the marketplace's code of the carrier; ``carrier_name`` for people.
    """

    key: str
    order_id: str
    tracking_number: str
    carrier: str = ""
    carrier_name: str = ""
    tracking_url: str = ""
    lines: tuple[ShipmentLine, ...] = ()
    shipped_at: datetime | None = None
    location_ref: str = ""
    notify_buyer: bool = True
    marketplace_ref: str = ""


@dataclass(frozen=True)
class RefundRequestLine:
    """What is to be given back of one order line, tax included."""

    order_line_id: str
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True)
class RefundRequest:
    """Money that the seller decided, in Odoo, to give back.

    :param key: ours, unique and lasting.
    :param amount: all of it, tax included, positive.
    :param given_back: what was given back of the order before this, as far as known
        here; a marketplace that keeps no key of ours is compared with it. ``None`` =
        nothing.
    :param asked_at: since when it may have been sent already, by a worker that did not
        live to tell. ``None`` = it surely was not.
    :param submissions: of other refunds since then, see :class:`Submission`: what the
        marketplace has beside them is doubtful.
    """

    key: str
    order_id: str
    amount: Decimal
    currency: str
    lines: tuple[RefundRequestLine, ...] = ()
    reason: str = ""
    restock: bool = False
    payment_ref: str = ""
    given_back: Decimal | None = None
    asked_at: datetime | None = None
    submissions: tuple[str, ...] = ()


@dataclass(frozen=True)
class WriteResult:
    """A marketplace's answer to a write.

    :param external_id: what the marketplace calls what was made, empty when untold.
    :param repeated: it had been done before; nothing happened now.
    :param submission: not carried out yet, see :class:`Submission`.
    """

    external_id: str = ""
    repeated: bool = False
    submission: str = ""


@dataclass(frozen=True)
class Label:
    """A shipping label that the marketplace made."""

    name: str
    mimetype: str
    content: bytes = field(repr=False)
    tracking_number: str = ""
    carrier: str = ""
