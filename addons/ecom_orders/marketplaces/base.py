"""The verbs of a marketplace: what a connector must be able to do and promises.

To add a marketplace: write a folder beside ``woocommerce/`` (or in an addon of your
own) with a subclass of :class:`Connector`, decorate it with :func:`register`, and add
its code to ``ecom.channel.provider``. Nothing else has to be touched; the contract
tests in ``tests/contract`` are parametrised over every registered connector.

Reading the order feed and understanding an order is what every connector does; all
other verbs are optional and declared (:class:`Capability`).

A connector never imports odoo, never opens a socket (it has a
:class:`~.transport.Transport` for that) and never touches a database.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Protocol

from .errors import MarketplaceError, NotSupported, PayloadError
from .schema import (
    ExternalOrder,
    ExternalProduct,
    Label,
    ListingField,
    ListingResult,
    ListingUpdate,
    Location,
    NewListing,
    OrderSummary,
    Refund,
    RefundRequest,
    Return,
    Shipment,
    StockLevel,
    StockResult,
    Submission,
    WriteResult,
)

ORDER = "order"  # a whole order
ORDER_HINT = "order_hint"  # "order N changed or went away": fetch it to know
REFUND = "refund"  # one refund with its lines
RETURN = "return"  # goods that come back
PRIVACY = "privacy"  # a buyer's data are to be erased; external id = the buyer's
IGNORED = "ignored"  # rightly signed, but nothing that we keep
UNREADABLE = "unreadable"  # arrived, but is not even an object with an id


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def canonical_json(value: Any) -> str:
    """Write parsed JSON as text: keys sorted, no spaces, numbers digit for digit.

    ``json.dumps`` cannot write a ``Decimal`` and a ``float`` would lose digits, so
    that a payload kept as evidence would not be what was received.

    :param value: what :func:`json.loads` gives, numbers as ``int``, ``Decimal`` or
        ``float``.
    :raises PayloadError: when it is nested too deeply or not JSON.
    """
    parts: list[str] = []
    try:
        _write_json(value, parts.append)
    except RecursionError:
        raise PayloadError("nested too deeply", field="", value="") from None
    return "".join(parts)


def _write_json(value: Any, write: Callable[[str], Any]) -> None:
    if isinstance(value, str):
        write(_json_text(value))
    elif value is None or value is True or value is False:
        write({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int | float | Decimal):
        if not Decimal(value).is_finite():
            raise PayloadError("not a JSON number", field="", value=str(value))
        write(str(value))
    elif isinstance(value, Mapping):
        opening = "{"
        for key in sorted(value):
            write(f"{opening}{_json_text(key)}:")
            _write_json(value[key], write)
            opening = ","
        write("}" if value else "{}")
    elif isinstance(value, list | tuple):
        opening = "["
        for element in value:
            write(opening)
            _write_json(element, write)
            opening = ","
        write("]" if value else "[]")
    else:
        raise PayloadError("not JSON", field="", value=type(value).__name__)


def _json_text(text: str) -> str:
    # A lone surrogate is legal in JSON but cannot be encoded: it stays an escape.
    return json.dumps(text, ensure_ascii=bool(_LONE_SURROGATE.search(text)))


@dataclass(frozen=True)
class Envelope:
    """Something that arrived, not understood yet: one row of the inbox.

    :param kind: one of the constants of this module.
    :param external_id: the marketplace's id of what it is about, text. For a refund
        it is ``"<order>/<refund>"``; for what has no readable id the start of its
        digest.
    :param body: the payload as JSON text, serialised again without loss; for what
        cannot be read see :meth:`unreadable`. Can always be stored: no NUL, no lone
        surrogate.
    """

    kind: str
    external_id: str
    body: str

    @property
    def digest(self) -> str:
        """SHA-256 of the body, its identity together with kind and external id."""
        return hashlib.sha256(self.body.encode("utf-8", "surrogatepass")).hexdigest()

    @classmethod
    def of(cls, kind: str, external_id: Any, payload: Any) -> Envelope:
        """Wrap a parsed payload; equal payloads give equal bodies.

        :raises PayloadError: when it is nested too deeply to be written.
        """
        return cls(kind, str(external_id), canonical_json(payload))

    @classmethod
    def unreadable(cls, raw: bytes) -> Envelope:
        """Wrap what is not an object with an id, byte for byte.

        The body is the text itself where text can be stored, else ``"base64:"`` and
        the bytes.
        """
        try:
            body = raw.decode("utf-8")
        except UnicodeDecodeError:
            body = ""
        if not body or "\0" in body or body.startswith("base64:"):
            body = "base64:" + base64.b64encode(raw).decode("ascii")
        return cls(UNREADABLE, hashlib.sha256(raw).hexdigest()[:32], body)


@dataclass(frozen=True)
class OrderCursor:
    """How far a feed (of orders, of returns) was read, by the marketplace's own clock.

    :param since: rows modified at or after this moment still have to be read;
        ``None`` = from the beginning.
    :param seen: what was already read in the very second of ``since``: ids, or a
        connector's own short note of how far it got in a second with very many rows.
        Opaque to the caller; store it with ``since`` and give both back.
    """

    since: datetime | None = None
    seen: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OrderPage:
    """One answer of the order feed.

    :param cursor: give this to the next call; store it together with the envelopes.
    :param more: whether the next call is expected to bring rows at once.
    :param waits: the marketplace is making what was asked for: give the cursor back
        unchanged, some minutes later.
    """

    envelopes: tuple[Envelope, ...]
    cursor: OrderCursor
    more: bool
    waits: bool = False


@dataclass(frozen=True)
class ShopInfo:
    """What a connection test finds out about the other side.

    :param timezone: IANA name or ``"+08:00"``, empty when not told.
    :param warnings: codes of things that work but deserve attention.
    """

    name: str = ""
    currency: str = ""
    timezone: str = ""
    version: str = ""
    prices_include_tax: bool | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccessToken:
    """A short-lived key that was bought with the lasting ones.

    :param expires_at: aware, UTC; a token is renewed some minutes before.
    :param refresh: a new lasting token, where buying one spends the old one.
    """

    value: str = field(repr=False)
    expires_at: datetime
    refresh: str = field(default="", repr=False)


class TokenStore(Protocol):
    """Keeps an :class:`AccessToken` between runs; Odoo keeps it on the channel."""

    def load(self) -> AccessToken | None:
        """The token kept last, expired or not."""

    def save(self, token: AccessToken) -> None:
        """Keep a token; it is a secret."""


class MemoryTokenStore:
    """A token store of one process, for tests and for what needs none."""

    def __init__(self) -> None:
        self.token: AccessToken | None = None

    def load(self) -> AccessToken | None:
        return self.token

    def save(self, token: AccessToken) -> None:
        self.token = token


@dataclass(frozen=True)
class PublicKey:
    """A key by which a marketplace's messages are checked, or that there is none.

    :param text: as the marketplace writes it; empty = it has none with this id.
    :param digest: of the signatures, the marketplace's name of it.
    :param fetched_at: aware, UTC.
    """

    text: str
    digest: str
    fetched_at: datetime


class KeyStore(Protocol):
    """Keeps a marketplace's public keys between deliveries; Odoo has a table."""

    def load(self) -> Mapping[str, PublicKey]:
        """All that is kept, by the id of the key, however old."""

    def save(self, key_id: str, key: PublicKey) -> None:
        """Keep a key, in place of the one with this id."""


class MemoryKeyStore:
    """A key store of one process, for tests and for what needs none."""

    def __init__(self) -> None:
        self.keys: dict[str, PublicKey] = {}

    def load(self) -> Mapping[str, PublicKey]:
        return self.keys

    def save(self, key_id: str, key: PublicKey) -> None:
        self.keys[key_id] = key


@dataclass(frozen=True)
class MessagePage:
    """What one look into a marketplace's message queue brought.

    :param receipts: what to give to :meth:`Connector.confirm_messages` once the
        envelopes are stored; may be more than there are envelopes.
    :param more: whether the next look is expected to bring some at once.
    """

    envelopes: tuple[Envelope, ...]
    receipts: tuple[str, ...]
    more: bool


@dataclass(frozen=True)
class SettlementFeed:
    """One listing of settlements that a marketplace has.

    :param code: unique within the connector; settlements are asked for by it.
    :param title: for developers; people read a translated one.
    :param interval: it is not worth asking more often than that.
    :param history: the marketplace keeps them so long; ``None`` = for good, or not
        told.
    """

    code: str
    title: str
    interval: timedelta = timedelta(hours=6)
    history: timedelta | None = None


@dataclass(frozen=True)
class SettlementDocument:
    """A settlement or bill as the marketplace wrote it, not understood yet.

    :param external_id: the marketplace's id of it, unique within its feed.
    :param name: of the file, for people.
    :param body: byte for byte what was downloaded, or (of interfaces that answer in
        JSON) the parts of the answers that are of this settlement, always written the
        same way: asked for again, it has the same bytes.
    """

    external_id: str
    name: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class SettlementFailure:
    """A settlement that is listed but could not be read.

    :param final: the marketplace will never hand it out; else it is tried again.
    """

    external_id: str
    name: str
    error: MarketplaceError
    final: bool = False


@dataclass(frozen=True)
class SettlementPage:
    """Some settlements of a feed.

    :param cursor: give this to the next call; store it together with the documents.
    :param more: whether the next call is expected to bring some at once.
    """

    documents: tuple[SettlementDocument, ...]
    cursor: OrderCursor
    more: bool
    failures: tuple[SettlementFailure, ...] = ()


@dataclass(frozen=True)
class Credentials:
    """What a connector needs to reach one shop; ``repr`` shows no secret.

    :param url: address of the shop or of the marketplace's interface; empty = the
        marketplace's own, where it has but one.
    :param key: consumer key, client id, application key.
    :param secret: what belongs to the key.
    :param token: a lasting permission of the seller (refresh token, session key,
        access token of a custom app).
    :param account: the seller's or shop's id, where calls have to name it.
    :param marketplaces: which of the seller's marketplaces, empty = all (Amazon,
        eBay).
    :param api_version: version of the interface, empty = the connector's own choice.
    :param options: further settings, by connector.
    """

    url: str
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)
    account: str = ""
    marketplaces: tuple[str, ...] = ()
    api_version: str = ""
    tokens: TokenStore = field(default_factory=MemoryTokenStore, repr=False)
    public_keys: KeyStore = field(default_factory=MemoryKeyStore, repr=False)


class Capability(Enum):
    """What a connector can do beside feeding orders, which all of them can.

    A verb whose capability is not declared raises :class:`~.errors.NotSupported`.
    """

    ORDER_BY_ID = "order_by_id"  # fetch_order
    REMOVED_ORDERS = "removed_orders"  # fetch_removed_orders
    REFUNDS = "refunds"  # fetch_refunds (else refunds come inside of the order)
    REFUND_FEED = "refund_feed"  # fetch_refund_feed, where orders tell of none
    RETURNS = "returns"  # fetch_returns
    ORDER_LIST = "order_list"  # list_orders, for the completeness certificate
    BULK_HISTORY = "bulk_history"  # fetch_history has a way of its own
    PRODUCTS = "products"  # fetch_products
    LISTINGS = "listings"  # push_listings
    LISTING_CREATE = "listing_create"  # create_listing
    STOCK = "stock"  # push_stock
    STOCK_COMPARE = "stock_compare"  # push_stock honours ``expected``
    STOCK_BY_LOCATION = "stock_by_location"
    STOCK_READ = "stock_read"  # fetch_stock, for the drift check
    SUBMISSIONS = "submissions"  # some writes are asynchronous: fetch_submission
    LOCATIONS = "locations"  # fetch_locations
    SHIPMENTS = "shipments"  # push_shipment
    PARTIAL_SHIPMENTS = "partial_shipments"  # ... of some lines or quantities
    CANCEL = "cancel"  # cancel_order
    REFUND_PUSH = "refund_push"  # push_refund
    LABELS = "labels"  # fetch_labels
    WEBHOOKS = "webhooks"  # ensure_webhooks, remove_webhooks, read_webhook
    RELAYED_EVENTS = "relayed_events"  # read_webhook of what somebody passes on to us
    BUYER_ERASURE = "buyer_erasure"  # read_webhook brings PRIVACY envelopes
    CHALLENGE = "challenge"  # answer_challenge
    MESSAGES = "messages"  # open_, fetch_, confirm_, close_messages
    SETTLEMENTS = "settlements"  # fetch_settlements of each of settlement_feeds


class Credential(Enum):
    """A field of :class:`Credentials` that a connector may ask for."""

    URL = "url"
    KEY = "key"
    SECRET = "secret"
    TOKEN = "token"
    ACCOUNT = "account"
    MARKETPLACES = "marketplaces"
    API_VERSION = "api_version"


class Connector(ABC):
    """One shop on one marketplace.

    Every verb that talks to the shop raises subclasses of
    :class:`~.errors.MarketplaceError` and nothing else. Every verb that reads a
    payload raises :class:`~.errors.PayloadError` for one it cannot understand.

    :cvar code: value of ``ecom.channel.provider``.
    :cvar title: the marketplace's name, for people.
    :cvar capabilities: the optional verbs that it has.
    :cvar required: credentials that have to be filled in.
    :cvar optional: credentials that may be.
    :cvar stock_batch_size: most levels in one request.
    :cvar token_lifetime: how long a seller's permission lasts from the day it was
        given, ``None`` where it does not end or the marketplace alone knows.
    :cvar labels_by_shipment: labels are asked for by the ids of shipments.
    :cvar return_interval: returns are not worth asking for more often than that.
    :cvar listing_fields: what ``push_listings`` can tell of a listing.
    :cvar listing_batch_size: most listings in one call of ``push_listings``.
    :cvar settlement_feeds: the listings of settlements that it has.
    :cvar refunds_in_orders: lines and totals of an order are already less what was
        refunded, so that a refund must not lessen an open order a second time.
    """

    code: ClassVar[str]
    title: ClassVar[str] = ""
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    required: ClassVar[frozenset[Credential]] = frozenset()
    optional: ClassVar[frozenset[Credential]] = frozenset()
    stock_batch_size: ClassVar[int] = 100
    token_lifetime: ClassVar[timedelta | None] = None
    labels_by_shipment: ClassVar[bool] = False
    return_interval: ClassVar[timedelta] = timedelta(0)
    listing_fields: ClassVar[frozenset[ListingField]] = frozenset()
    listing_batch_size: ClassVar[int] = 100
    refunds_in_orders: ClassVar[bool] = False
    settlement_feeds: ClassVar[tuple[SettlementFeed, ...]] = ()

    def __init__(self, credentials: Credentials, transport):
        """:param transport: a :class:`~.transport.Transport` (or a fake in tests)."""
        self.credentials = credentials
        self.transport = transport

    @classmethod
    def can(cls, capability: Capability) -> bool:
        """Whether the connector has an optional verb."""
        return capability in cls.capabilities

    def _not_supported(self, verb: str) -> NotSupported:
        return NotSupported(f"{self.code} has no {verb}", verb=verb)

    # -- reading from the shop ---------------------------------------------------------

    @abstractmethod
    def check(self) -> ShopInfo:
        """Try the address and the credentials, the cheapest way there is."""

    @abstractmethod
    def fetch_orders(self, cursor: OrderCursor, page_size: int = 100) -> OrderPage:
        """Read the next rows of the order feed, oldest modification first.

        Promises: calling it again and again with the cursor it returned reads every
        order that was modified at or after ``cursor.since``, also when orders are
        modified while the feed is being read, and ends with ``more=False``. A row
        may come more than once, and the last cursor of a run may lie some seconds
        before the newest row, for rows that were being written at that moment.
        """

    def fetch_order(self, external_id: str) -> Envelope:
        """Read one order by its id.

        :raises NotFound: when the shop does not have it (any more).
        """
        raise self._not_supported("fetch_order")

    def fetch_removed_orders(
        self, since: datetime | None, page_size: int = 100
    ) -> Iterator[tuple[Envelope, ...]]:
        """Yield pages of orders that the feed no longer shows (trashed ones)."""
        raise self._not_supported("fetch_removed_orders")

    def fetch_refunds(self, order_id: str) -> tuple[Envelope, ...]:
        """Read all refunds of one order, with their lines."""
        raise self._not_supported("fetch_refunds")

    def fetch_refund_feed(self, since: datetime) -> Iterator[tuple[Envelope, ...]]:
        """Yield pages of the refunds of all orders since a moment.

        For marketplaces whose orders do not change when money is given back. The
        envelopes are those of :meth:`fetch_refunds`.
        """
        raise self._not_supported("fetch_refund_feed")

    def fetch_returns(self, cursor: OrderCursor, page_size: int = 100) -> OrderPage:
        """Read the next rows of the feed of returns; promises of :meth:`fetch_orders`.

        The envelopes are of kind :data:`RETURN`, their external id is the return's.
        """
        raise self._not_supported("fetch_returns")

    def fetch_settlements(
        self, feed: str, cursor: OrderCursor, skip: frozenset[str] = frozenset()
    ) -> SettlementPage:
        """Read the next settlements of a feed, the oldest first.

        Promises: calling it again and again with the cursor it returned reads every
        settlement that is final, each once, and ends with ``more=False``. One that is
        not final yet (a payout that is still on its way) is waited for. One that cannot
        be read is among ``failures`` and stops none of the others. The cursor stays
        behind the newest settlement, for one that is listed late.

        :param feed: code of one of ``settlement_feeds``.
        :param skip: ids that failed in this run already and are left for a later one.
        """
        raise self._not_supported("fetch_settlements")

    def list_orders(
        self, since: datetime, until: datetime
    ) -> Iterator[tuple[OrderSummary, ...]]:
        """Yield pages of all orders *placed* in ``[since, until)``, in any status.

        For counting, not for importing: the cheapest listing that names each order.
        """
        raise self._not_supported("list_orders")

    def fetch_history(
        self, since: datetime | None, until: datetime | None = None
    ) -> Iterator[tuple[Envelope, ...]]:
        """Yield pages of orders modified in ``[since, until)``, for a back-fill.

        By the marketplace's bulk export where it has one, else by the feed.
        """
        cursor, more = OrderCursor(since=since), True
        while more:
            page = self.fetch_orders(cursor)
            yield page.envelopes
            cursor, more = page.cursor, page.more
            if until and cursor.since and cursor.since >= until:
                break

    def fetch_products(self) -> Iterator[tuple[ExternalProduct, ...]]:
        """Yield pages of all that can be sold, variations as rows of their own."""
        raise self._not_supported("fetch_products")

    def fetch_locations(self) -> tuple[Location, ...]:
        """The sites between which the marketplace tells stock apart."""
        raise self._not_supported("fetch_locations")

    def fetch_stock(
        self, product_refs: Iterable[str]
    ) -> Iterator[tuple[StockLevel, ...]]:
        """Yield what the marketplace shows now, a level for each location."""
        raise self._not_supported("fetch_stock")

    def fetch_submission(self, submission: str) -> Submission:
        """What became of an asynchronous write."""
        raise self._not_supported("fetch_submission")

    def fetch_labels(
        self, order_id: str, shipment_refs: Iterable[str] = ()
    ) -> tuple[Label, ...]:
        """The shipping labels that the marketplace made for an order.

        :param shipment_refs: the marketplace's ids of the shipments that were bought,
            needed where it does not list them by order (:attr:`labels_by_shipment`);
            without any there are no labels then.
        :raises NotFound: when a shipment is not there, or is not of the order.
        """
        raise self._not_supported("fetch_labels")

    # -- writing to the shop -----------------------------------------------------------

    def push_stock(self, levels: Iterable[StockLevel]) -> tuple[StockResult, ...]:
        """Tell the shop quantities; one result for each level, in any order.

        One refused level never stops the others. Raises only when nothing at all can
        be said about any level (the server is away, say).
        """
        raise self._not_supported("push_stock")

    def push_listings(
        self, updates: Iterable[ListingUpdate]
    ) -> tuple[ListingResult, ...]:
        """Tell the shop product data; one result for each update, in their order.

        Every value is absolute, so that telling it twice is as good as once, and what
        an update does not name stays as it is. One refused listing never stops the
        others. What is not among ``listing_fields`` is refused, never dropped. A price
        in a currency that the shop is known not to sell in is refused.

        Raises only when nothing at all can be said about any update (the server is
        away, say).
        """
        raise self._not_supported("push_listings")

    def create_listing(self, listing: NewListing) -> tuple[ListingResult, ...]:
        """Put a thing on sale; one result for each variant, in their order.

        Idempotent by SKU and key: a variant whose SKU the shop has already is found,
        not made again, and its data are left alone; so a thing that was half made is
        completed.
        """
        raise self._not_supported("create_listing")

    def push_shipment(self, shipment: Shipment) -> WriteResult:
        """Tell the shop that a parcel has left; idempotent by key and tracking number.

        :raises AlreadyDone: when the order cannot be shipped (any more).
        """
        raise self._not_supported("push_shipment")

    def cancel_order(
        self, order_id: str, reason: str = "", restock: bool = True
    ) -> WriteResult:
        """Call an order off; one that is cancelled already is ``repeated``.

        :raises AlreadyDone: when it cannot be cancelled (any more).
        """
        raise self._not_supported("cancel_order")

    def push_refund(self, request: RefundRequest) -> WriteResult:
        """Give money back; idempotent by key.

        :raises AlreadyDone: when there is nothing (so much) left to be given back.
        """
        raise self._not_supported("push_refund")

    def ensure_webhooks(self, delivery_url: str) -> tuple[str, ...]:
        """Make the shop send its events to ``delivery_url``; idempotent.

        :return: the topics that are now active.
        """
        raise self._not_supported("ensure_webhooks")

    def remove_webhooks(self, delivery_url: str) -> int:
        """Undo :meth:`ensure_webhooks`; returns how many were removed."""
        raise self._not_supported("remove_webhooks")

    # -- a queue of messages that has to be asked --------------------------------------

    def open_messages(self) -> None:
        """Make the marketplace put the seller's events into the queue; idempotent."""
        raise self._not_supported("open_messages")

    def close_messages(self) -> None:
        """Undo :meth:`open_messages`."""
        raise self._not_supported("close_messages")

    def fetch_messages(self, quantity: int = 100) -> MessagePage:
        """Take messages out of the queue; they come again until they are confirmed.

        Messages are hints: the feed brings everything that they tell, later.
        """
        raise self._not_supported("fetch_messages")

    def confirm_messages(self, receipts: Iterable[str]) -> None:
        """Say that messages are stored and need not come again."""
        raise self._not_supported("confirm_messages")

    # -- understanding -----------------------------------------------------------------

    def answer_challenge(
        self, query: Mapping[str, str], endpoint: str
    ) -> Mapping[str, Any]:
        """Prove that an address is ours; the answer is sent as JSON. No network.

        :param query: parameters of the marketplace's question.
        :param endpoint: the address as the marketplace was told it.
        :raises PayloadError: when it is no such question.
        """
        raise self._not_supported("answer_challenge")

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Envelope | None:
        """Check a delivery and wrap it; no network but for a public key.

        :param headers: names in any case.
        :return: ``None`` for a ping that is to be acknowledged and forgotten.
        :raises SignatureInvalid: when the signature over the raw body is missing or
            wrong (compared in constant time).
        :raises NotChecked: when the key to check it by could not be fetched now.
        """
        raise self._not_supported("read_webhook")

    @classmethod
    @abstractmethod
    def normalise_order(cls, payload: Any) -> ExternalOrder:
        """Understand a parsed order (JSON numbers as ``Decimal`` or ``int``).

        :raises PayloadError: with the path of the field that cannot be understood.
        """

    @classmethod
    def normalise_refund(cls, payload: Any, order_id: str) -> Refund:
        """Understand a parsed refund with its lines."""
        raise PayloadError(f"{cls.code} has no refunds of their own", field="")

    @classmethod
    def normalise_return(cls, payload: Any) -> Return:
        """Understand a parsed return with its lines."""
        raise PayloadError(f"{cls.code} has no returns", field="")


CONNECTORS: dict[str, type[Connector]] = {}


def register(connector: type[Connector]) -> type[Connector]:
    """Class decorator that makes a connector known by its ``code``."""
    CONNECTORS[connector.code] = connector
    return connector
