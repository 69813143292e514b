"""WooCommerce: the verbs of :class:`~..base.Connector`.

See the package for where the parts are. What holds for all verbs: nothing is sent
except through the transport, one page is at most 100 rows, and a record that cannot be
read never stops the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import (
    ORDER,
    REFUND,
    Capability,
    Connector,
    Credential,
    Credentials,
    Envelope,
    OrderCursor,
    OrderPage,
    ShopInfo,
    register,
)
from ..errors import (
    BadAnswer,
    MarketplaceError,
    NotFound,
    RequestRefused,
)
from ..schema import (
    ExternalOrder,
    ExternalProduct,
    ListingField,
    ListingResult,
    ListingUpdate,
    NewListing,
    OrderSummary,
    Refund,
    RefundRequest,
    Shipment,
    StockLevel,
    StockResult,
    WriteResult,
)
from . import listing, normaliser, products, webhook
from .api import PAGE_LIMIT, Api, text_of
from .feed import OrderFeed
from .goods import Goods
from .orders import OrderDesk, may_write, record_id
from .refunds import RefundDesk

TRASH_MARGIN = timedelta(days=1)
"""How much earlier than asked the trash is read.

Trashing bumps the date of modification with both kinds of order storage (source of
WooCommerce 11; not tried on old versions), and a shop empties its trash after a month,
so reading too much is cheap.
"""

CLOCK_TOLERANCE = timedelta(minutes=5)

OLDEST_VERSION = (5, 8)  # has modified_after; the number is not confirmed

# Refusals of one batch that say nothing about the next one.
_LOCAL_ERRORS = (RequestRefused, NotFound, BadAnswer)


@register
class WooCommerceConnector(Connector):
    """One WooCommerce shop, REST API v3.

    ``credentials.key`` and ``.secret`` are the consumer key and secret. Options:

    * ``query_auth``: send them as parameters (https only), for servers that strip the
      ``Authorization`` header;
    * ``manage_stock``: switch on "track stock" for every listing whose quantity is
      pushed; without it a listing that is not tracked is reported, not changed;
    * ``api_refund``: whether a refund also moves money through the payment gateway
      (the shop's own default, yes) or is only noted there (``False``).
    """

    code = "woocommerce"
    title = "WooCommerce"
    capabilities = frozenset(
        {
            Capability.ORDER_BY_ID,
            Capability.REMOVED_ORDERS,
            Capability.REFUNDS,
            Capability.PRODUCTS,
            Capability.LISTINGS,
            Capability.LISTING_CREATE,
            Capability.ORDER_LIST,
            Capability.STOCK,
            Capability.STOCK_READ,
            Capability.SHIPMENTS,
            Capability.PARTIAL_SHIPMENTS,
            Capability.CANCEL,
            Capability.REFUND_PUSH,
            Capability.WEBHOOKS,
        }
    )
    required = frozenset({Credential.URL, Credential.KEY, Credential.SECRET})
    stock_batch_size = 100  # more is refused with 413
    listing_fields = frozenset(ListingField)

    def __init__(self, credentials: Credentials, transport: Any):
        super().__init__(credentials, transport)
        self.api = Api(credentials, transport)
        self.goods = Goods(self.api)

    # -- reading from the shop ---------------------------------------------------------

    def check(self) -> ShopInfo:
        """See :meth:`~..base.Connector.check`.

        Proves the right to read orders; everything else is asked for politely and
        becomes a warning where the key may not know it:

        * ``plain_http``: the connection is not encrypted (requests are signed);
        * ``settings_not_readable``: currency and tax setting are not known;
        * ``version_not_readable``, ``shop_too_old``;
        * ``write_not_allowed``: quantities and webhooks cannot be sent;
        * ``clock_differs``: by more than five minutes; signatures fail at fifteen.
        """
        page = self.api.page("orders", "check", per_page=1, _fields="id")
        warnings = []
        if not self.api.is_encrypted:
            warnings.append("plain_http")
        if abs(page.shop_now - datetime.now(timezone.utc)) > CLOCK_TOLERANCE:
            warnings.append("clock_differs")
        info = self._described(warnings)
        if not may_write(self.api):
            warnings.append("write_not_allowed")
        return replace(info, warnings=tuple(warnings))

    def fetch_orders(self, cursor: OrderCursor, page_size: int = 100) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_orders` and :mod:`.feed`."""
        return OrderFeed(self.api).next_page(cursor, page_size)

    def fetch_removed_orders(
        self, since: datetime | None, page_size: int = 100
    ) -> Iterator[tuple[Envelope, ...]]:
        """See :meth:`~..base.Connector.fetch_removed_orders`.

        An order in the trash is an order with the status ``trash``. One that was
        deleted for good is nowhere any more: :meth:`fetch_order` tells.
        """
        feed = OrderFeed(self.api, status="trash")
        cursor = OrderCursor(since - TRASH_MARGIN if since else None)
        more = True
        while more:
            page = feed.next_page(cursor, page_size)
            cursor, more = page.cursor, page.more
            if page.envelopes:
                yield page.envelopes

    def fetch_order(self, external_id: str) -> Envelope:
        """See :meth:`~..base.Connector.fetch_order`."""
        payload = self.api.get(f"orders/{record_id(external_id)}", "orders.get")
        if webhook.readable_id(payload) != external_id:
            raise BadAnswer("asked for one order and got something else")
        return Envelope.of(ORDER, external_id, webhook.without_volatile(payload))

    def fetch_refunds(self, order_id: str) -> tuple[Envelope, ...]:
        """See :meth:`~..base.Connector.fetch_refunds`.

        The payload does not say which order it belongs to, so ``order_id`` is added.
        """
        path = f"orders/{record_id(order_id)}/refunds"
        return tuple(
            self._refund_envelope(order_id, row)
            for rows in self.api.walk(path, "refunds.list")
            for row in rows
        )

    def fetch_products(self) -> Iterator[tuple[ExternalProduct, ...]]:
        """See :meth:`~..base.Connector.fetch_products`.

        One page of products at a time, each variable product followed by its
        variations (one more request each).
        """
        return self.goods.pages()

    def list_orders(
        self, since: datetime, until: datetime
    ) -> Iterator[tuple[OrderSummary, ...]]:
        """See :meth:`~..base.Connector.list_orders` and :mod:`.listing`."""
        return listing.list_orders(self.api, since, until)

    def fetch_stock(
        self, product_refs: Iterable[str]
    ) -> Iterator[tuple[StockLevel, ...]]:
        """See :meth:`~..base.Connector.fetch_stock` and :mod:`.listing`."""
        return listing.fetch_stock(self.api, product_refs)

    # -- writing to the shop -----------------------------------------------------------

    def push_stock(self, levels: Iterable[StockLevel]) -> tuple[StockResult, ...]:
        """See :meth:`~..base.Connector.push_stock`.

        The quantity is absolute and the last writer wins: the shop has no
        compare-and-swap, so an order placed in the same instant can be overwritten.

        :return: ``error`` is ``"<code>: <text>"``; codes of our own are
            ``bad_reference``, ``bad_quantity`` (below zero, not sent), ``not_tracked``
            (the shop does not keep stock of it), ``not_taken`` (it shows another
            quantity), ``not_answered``.
        """
        wanted = {level.product_ref: level for level in levels}
        results: dict[str, StockResult] = {}
        groups: dict[str, list[StockLevel]] = {}
        for ref, level in wanted.items():
            if level.quantity < 0:
                error = "bad_quantity: a quantity cannot be negative"
                results[ref] = StockResult(ref, error)
                continue
            match = products.REF.fullmatch(ref)
            if match is None:
                results[ref] = StockResult(ref, "bad_reference: not a product")
                continue
            parent = match[1] if match[2] else ""
            groups.setdefault(parent, []).append(level)
        batches = [
            (parent, group[start : start + self.stock_batch_size])
            for parent, group in groups.items()
            for start in range(0, len(group), self.stock_batch_size)
        ]
        self._push_batches(batches, results)
        return tuple(results[ref] for ref in wanted)

    def push_listings(
        self, updates: Iterable[ListingUpdate]
    ) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.push_listings` and :mod:`.goods`."""
        return self.goods.push(updates)

    def create_listing(self, listing: NewListing) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.create_listing` and :mod:`.goods`."""
        return self.goods.put_on_sale(listing)

    def push_shipment(self, shipment: Shipment) -> WriteResult:
        """See :meth:`~..base.Connector.push_shipment` and :mod:`.orders`."""
        return OrderDesk(self.api).ship(shipment)

    def cancel_order(
        self, order_id: str, reason: str = "", restock: bool = True
    ) -> WriteResult:
        """See :meth:`~..base.Connector.cancel_order` and :mod:`.orders`.

        Goods go back into stock whatever ``restock`` says: the shop knows nothing else.
        """
        return OrderDesk(self.api).cancel(order_id, reason)

    def push_refund(self, request: RefundRequest) -> WriteResult:
        """See :meth:`~..base.Connector.push_refund` and :mod:`.refunds`."""
        through_gateway = bool(self.credentials.options.get("api_refund", True))
        return RefundDesk(self.api, through_gateway).refund(request)

    def ensure_webhooks(self, delivery_url: str) -> tuple[str, ...]:
        """See :meth:`~..base.Connector.ensure_webhooks`.

        A secret cannot be read back, so it is written again to the webhooks that are
        there, and with it the status: a shop disables a webhook after more than five
        failed deliveries in a row. Doubles are removed. WordPress decodes HTML entities
        in a secret before it signs, so a secret had better have no ``&`` in it.
        """
        keep: dict[str, str] = {}
        for hook_id, topic in self._own_webhooks(delivery_url):
            if topic in webhook.TOPICS and topic not in keep:
                keep[topic] = hook_id
            else:
                self._remove_webhook(hook_id)
        body = {"status": "active", "secret": self.credentials.webhook_secret}
        for topic in webhook.TOPICS:
            if topic in keep:
                path = f"webhooks/{keep[topic]}"
                self.api.change("PUT", path, "webhooks.put", body, idempotent=True)
            else:
                details = {"name": topic, "topic": topic, "delivery_url": delivery_url}
                self.api.change(
                    "POST", "webhooks", "webhooks.post", {**body, **details}
                )
        return webhook.TOPICS

    def remove_webhooks(self, delivery_url: str) -> int:
        """See :meth:`~..base.Connector.remove_webhooks`."""
        own = self._own_webhooks(delivery_url)
        for hook_id, _topic in own:
            self._remove_webhook(hook_id)
        return len(own)

    # -- understanding -----------------------------------------------------------------

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Envelope | None:
        """See :meth:`~..base.Connector.read_webhook` and :mod:`.webhook`."""
        return webhook.read(headers, body, self.credentials.webhook_secret)

    @classmethod
    def normalise_order(cls, payload: Any) -> ExternalOrder:
        """See :meth:`~..base.Connector.normalise_order`."""
        return normaliser.normalise_order(payload)

    @classmethod
    def normalise_refund(cls, payload: Any, order_id: str) -> Refund:
        """See :meth:`~..base.Connector.normalise_refund`."""
        return normaliser.normalise_refund(payload, order_id)

    # -- connection test ---------------------------------------------------------------

    def _described(self, warnings: list[str]) -> ShopInfo:
        """What the shop tells about itself; adds to ``warnings`` what it does not."""
        index = self._polite(self.api.index) or {}
        settings = self._polite(self._settings)
        version = self._polite(self._version)
        if settings is None:
            warnings.append("settings_not_readable")
        if not version:
            warnings.append("version_not_readable")
        elif _version_numbers(version) < OLDEST_VERSION:
            warnings.append("shop_too_old")
        currency, prices_include_tax = settings or ("", None)
        return ShopInfo(
            name=str(index.get("name") or ""),
            currency=currency,
            timezone=_timezone(index),
            version=version or "",
            prices_include_tax=prices_include_tax,
        )

    @staticmethod
    def _polite(question: Any) -> Any:
        """The answer to something that need not be answered; ``None`` if it is not."""
        try:
            return question()
        except MarketplaceError:
            return None

    def _settings(self) -> tuple[str, bool]:
        rows = self.api.get("settings/general", "check")
        currency = _setting(rows, "woocommerce_currency")
        path = "settings/tax/woocommerce_prices_include_tax"
        tax = self.api.get(path, "check")
        return currency, isinstance(tax, Mapping) and tax.get("value") == "yes"

    def _version(self) -> str:
        # Only this part: the whole report makes the shop call other servers.
        status = self.api.get("system_status", "check", _fields="environment")
        environment = status.get("environment") if isinstance(status, Mapping) else None
        if not isinstance(environment, Mapping):
            return ""
        return str(environment.get("version") or "")

    # -- refunds -----------------------------------------------------------------------

    @staticmethod
    def _refund_envelope(order_id: str, row: Any) -> Envelope:
        refund_id = webhook.readable_id(row)
        if refund_id is None:
            return Envelope.unreadable(repr(row).encode("utf-8", "replace"))
        payload = {"order_id": int(order_id), **webhook.without_volatile(row)}
        return Envelope.of(REFUND, f"{order_id}/{refund_id}", payload)

    # -- stock -------------------------------------------------------------------------

    def _push_batches(
        self,
        batches: list[tuple[str, list[StockLevel]]],
        results: dict[str, StockResult],
    ) -> None:
        """Send batch after batch until done or until nothing can be sent any more."""
        said_something = bool(results)
        while batches:
            parent, batch = batches.pop(0)
            try:
                answers = self._push_batch(parent, batch)
            except _LOCAL_ERRORS as error:
                if error.details.get("status") == 413 and len(batch) > 1:
                    half = len(batch) // 2
                    batches[:0] = [(parent, batch[:half]), (parent, batch[half:])]
                    continue
                answers = {level.product_ref: text_of(error) for level in batch}
            except MarketplaceError as error:
                if not said_something:
                    raise
                for _parent, rest in [(parent, batch), *batches]:
                    for level in rest:
                        ref = level.product_ref
                        results[ref] = StockResult(ref, text_of(error))
                return
            said_something = True
            for level in batch:
                ref = level.product_ref
                results[ref] = StockResult(ref, answers.get(ref, "not_answered"))

    def _push_batch(self, parent: str, batch: list[StockLevel]) -> dict[str, str]:
        """Send one batch; the error text by reference, empty = taken."""
        path = f"products/{parent}/variations/batch" if parent else "products/batch"
        rows = []
        refs = {}
        for level in batch:
            record_id = level.product_ref.rpartition("/")[2]
            refs[record_id] = level
            row: dict[str, Any] = {"id": int(record_id)}
            if self.credentials.options.get("manage_stock"):
                row["manage_stock"] = True
            rows.append({**row, "stock_quantity": level.quantity})
        # Absolute quantities: sending them twice is as good as once.
        answer = self.api.change(
            "POST", path, "stock.batch", {"update": rows}, idempotent=True
        )
        answers = answer.get("update") if isinstance(answer, Mapping) else None
        if not isinstance(answers, list):
            raise BadAnswer("a batch without results")
        found = {}
        for row in answers:
            level = refs.get(webhook.readable_id(row) or "")
            if level is not None:
                found[level.product_ref] = _stock_error(level, row)
        return found

    # -- webhooks ----------------------------------------------------------------------

    def _own_webhooks(self, delivery_url: str) -> list[tuple[str, str]]:
        """Id and topic of the webhooks that deliver to an address.

        Page by page: this listing does not honour ``offset`` (source of WooCommerce
        11), and webhooks do not come and go.
        """
        own = []
        number, more = 1, True
        while more:
            page = self.api.page(
                "webhooks",
                "webhooks.list",
                status="all",
                orderby="id",
                order="asc",
                per_page=PAGE_LIMIT,
                page=number,
            )
            for row in page.rows:
                hook_id = webhook.readable_id(row)
                if hook_id and _same_address(row.get("delivery_url"), delivery_url):
                    own.append((hook_id, str(row.get("topic") or "")))
            number, more = number + 1, page.has_more
        return own

    def _remove_webhook(self, hook_id: str) -> None:
        try:
            self.api.change(
                "DELETE",
                f"webhooks/{hook_id}",
                "webhooks.delete",
                idempotent=True,
                force=True,  # webhooks have no trash: 501 without it
            )
        except NotFound:
            return


# -- reading rows ----------------------------------------------------------------------


def _stock_error(level: StockLevel, row: Mapping[str, Any]) -> str:
    """Why a row of a batch was not taken; empty when it was."""
    error = row.get("error")
    if isinstance(error, Mapping):
        code, message = error.get("code") or "refused", error.get("message") or ""
        return f"{code}: {message}"[:300]
    if row.get("manage_stock", True) is not True:
        return "not_tracked: the shop does not keep stock of it"
    shown = listing.number(row.get("stock_quantity"))
    if "stock_quantity" in row and shown != level.quantity:
        return f"not_taken: the shop shows {shown}"
    return ""


def _setting(rows: Any, name: str) -> str:
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and row.get("id") == name:
            return str(row.get("value") or "")
    return ""


def _timezone(index: Mapping[str, Any]) -> str:
    """The site's zone by its IANA name, also when it is set to an offset.

    Whole hours have a name (``Etc/GMT-8`` is eight hours *ahead*, the database's sign
    is reversed); others do not and are told as they are (``"+05:30"``).
    """
    name = index.get("timezone_string")
    if isinstance(name, str) and name:
        return name
    hours = listing.number(index.get("gmt_offset"))
    if hours is None or abs(hours) > 14:
        return ""
    minutes = abs(int(hours * 60))
    if not minutes % 60:
        return f"Etc/GMT{'+' if hours < 0 else '-'}{minutes // 60}" if hours else "UTC"
    sign = "-" if hours < 0 else "+"
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def _version_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _same_address(one: Any, other: str) -> bool:
    return isinstance(one, str) and one.rstrip("/") == other.rstrip("/")
