"""The verbs of a marketplace: what a connector must be able to do and promises.

To add a marketplace: write a folder beside ``woocommerce/`` (or in an addon of your
own) with a subclass of :class:`Connector`, decorate it with :func:`register`, and add
its code to ``ecom.channel.provider``. Nothing else has to be touched; the contract
tests in ``tests/contract`` are parametrised over every registered connector.

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
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from .errors import PayloadError
from .schema import (
    ExternalOrder,
    ExternalProduct,
    Refund,
    StockLevel,
    StockResult,
)

ORDER = "order"  # a whole order
ORDER_HINT = "order_hint"  # "order N changed or went away": fetch it to know
REFUND = "refund"  # one refund with its lines
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
    """How far the order feed has been read, by the marketplace's own clock.

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
    """

    envelopes: tuple[Envelope, ...]
    cursor: OrderCursor
    more: bool


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
class Credentials:
    """What a connector needs to reach one shop; ``repr`` shows no secret."""

    url: str
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Connector(ABC):
    """One shop on one marketplace.

    Every verb that talks to the shop raises subclasses of
    :class:`~.errors.MarketplaceError` and nothing else. Every verb that reads a
    payload raises :class:`~.errors.PayloadError` for one it cannot understand.
    """

    code: ClassVar[str]
    stock_batch_size: ClassVar[int] = 100

    def __init__(self, credentials: Credentials, transport):
        """:param transport: a :class:`~.transport.Transport` (or a fake in tests)."""
        self.credentials = credentials
        self.transport = transport

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

    @abstractmethod
    def fetch_removed_orders(
        self, since: datetime | None, page_size: int = 100
    ) -> Iterator[tuple[Envelope, ...]]:
        """Yield pages of orders that the feed no longer shows (trashed ones)."""

    @abstractmethod
    def fetch_order(self, external_id: str) -> Envelope:
        """Read one order by its id.

        :raises NotFound: when the shop does not have it (any more).
        """

    @abstractmethod
    def fetch_refunds(self, order_id: str) -> tuple[Envelope, ...]:
        """Read all refunds of one order, with their lines."""

    @abstractmethod
    def fetch_products(self) -> Iterator[tuple[ExternalProduct, ...]]:
        """Yield pages of all that can be sold, variations as rows of their own."""

    # -- writing to the shop -----------------------------------------------------------

    @abstractmethod
    def push_stock(self, levels: Iterable[StockLevel]) -> tuple[StockResult, ...]:
        """Tell the shop quantities; one result for each level, in any order.

        One refused level never stops the others. Raises only when nothing at all can
        be said about any level (the server is away, say).
        """

    @abstractmethod
    def ensure_webhooks(self, delivery_url: str) -> tuple[str, ...]:
        """Make the shop send its events to ``delivery_url``; idempotent.

        :return: the topics that are now active.
        """

    @abstractmethod
    def remove_webhooks(self, delivery_url: str) -> int:
        """Undo :meth:`ensure_webhooks`; returns how many were removed."""

    # -- understanding -----------------------------------------------------------------

    @abstractmethod
    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Envelope | None:
        """Check a delivery and wrap it; no network.

        :param headers: names in any case.
        :return: ``None`` for a ping that is to be acknowledged and forgotten.
        :raises SignatureInvalid: when the signature over the raw body is missing or
            wrong (compared in constant time).
        """

    @classmethod
    @abstractmethod
    def normalise_order(cls, payload: Any) -> ExternalOrder:
        """Understand a parsed order (JSON numbers as ``Decimal`` or ``int``).

        :raises PayloadError: with the path of the field that cannot be understood.
        """

    @classmethod
    @abstractmethod
    def normalise_refund(cls, payload: Any, order_id: str) -> Refund:
        """Understand a parsed refund with its lines."""


CONNECTORS: dict[str, type[Connector]] = {}


def register(connector: type[Connector]) -> type[Connector]:
    """Class decorator that makes a connector known by its ``code``."""
    CONNECTORS[connector.code] = connector
    return connector
