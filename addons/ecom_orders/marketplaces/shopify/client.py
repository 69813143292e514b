"""Shopify: the verbs of :class:`~..base.Connector`.

See the package for where the parts are. What holds for all verbs: nothing is sent
except through the transport, and what the token may not write is refused before
anything is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import (
    Capability,
    Connector,
    Credential,
    Credentials,
    Envelope,
    OrderCursor,
    OrderPage,
    SettlementPage,
    ShopInfo,
    register,
)
from ..errors import (
    BadAnswer,
    NotFound,
    PayloadError,
    RequestRefused,
)
from ..reading import Reader
from ..schema import (
    ZERO,
    ExternalOrder,
    ExternalProduct,
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
from . import catalogue, documents, normaliser, webhook
from .api import Api, text_of, user_errors
from .bulk import BulkExport
from .dispatch import Dispatch
from .feed import OrderFeed
from .goods import Goods
from .money import Money, number_of
from .orders import Orders, envelope_of, stamp
from .payouts import FEEDS, Payouts
from .refunding import Refunding
from .returns import ReturnFeed
from .stock import BATCH, Stock

CLOCK_TOLERANCE = timedelta(minutes=5)
LIST_PAGE = 100

#: What reading and writing all that the connector can needs, beside read_orders.
_READ_SCOPES = ("read_products", "read_inventory", "read_locations")
_WRITE_SCOPES = (
    "write_orders",
    "write_inventory",
    "write_merchant_managed_fulfillment_orders",
)

_ID = re.compile(r"[1-9]\d{0,18}", re.ASCII)


@register
class ShopifyConnector(Connector):
    """One Shopify shop, Admin GraphQL API.

    ``credentials.token`` is the access token of a custom app, ``secret`` the app's
    secret, which signs webhooks (``webhook_secret`` is accepted too). Options:

    * ``money``: ``"presentment"`` (what the buyer saw; the default) or ``"shop"``, for
      the currency and all amounts of orders;
    * ``drafts``: read draft orders too, with ids ``draft:<id>``;
    * ``location``: number of the site for quantities that name none;
    * ``bulk_timeout``: seconds that a bulk export may take.
    """

    code = "shopify"
    title = "Shopify"
    capabilities = frozenset(
        {
            Capability.ORDER_BY_ID,
            Capability.REFUNDS,
            Capability.RETURNS,
            Capability.ORDER_LIST,
            Capability.BULK_HISTORY,
            Capability.PRODUCTS,
            Capability.LISTINGS,
            Capability.LISTING_CREATE,
            Capability.STOCK,
            Capability.STOCK_COMPARE,
            Capability.STOCK_BY_LOCATION,
            Capability.STOCK_READ,
            Capability.SUBMISSIONS,
            Capability.LOCATIONS,
            Capability.SHIPMENTS,
            Capability.PARTIAL_SHIPMENTS,
            Capability.CANCEL,
            Capability.REFUND_PUSH,
            Capability.SETTLEMENTS,
            Capability.WEBHOOKS,
            Capability.BUYER_ERASURE,
        }
    )
    required = frozenset({Credential.URL, Credential.TOKEN})
    optional = frozenset({Credential.SECRET, Credential.API_VERSION})
    stock_batch_size = BATCH
    listing_fields = frozenset(ListingField)
    settlement_feeds = FEEDS
    refunds_in_orders = True  # units refunded before they were sent; see normaliser

    def __init__(self, credentials: Credentials, transport: Any):
        super().__init__(credentials, transport)
        self.api = Api(credentials, transport)
        self.orders = Orders(self.api)
        self.stock = Stock(self.api)
        self.dispatch = Dispatch(self.api)
        self.goods = Goods(self.api)

    # -- reading from the shop ---------------------------------------------------------

    def check(self) -> ShopInfo:
        """See :meth:`~..base.Connector.check`.

        Proves the token and lists its rights. Warnings:

        * ``plain_http``: the connection is not encrypted;
        * ``clock_differs``: by more than five minutes;
        * ``orders_not_readable``, ``only_sixty_days`` (without ``read_all_orders``
          older orders are not found);
        * ``scope_missing:<scope>`` for products, quantities, sites, customers, returns
          and fulfilment orders;
        * ``write_not_allowed``: parcels, quantities or cancellations cannot be sent;
        * ``scopes_not_readable``: the shop does not tell the token's rights.
        """
        answer = self.api.ask(documents.SHOP, "check")
        shop = answer.data.get("shop")
        if not isinstance(shop, Mapping):
            raise BadAnswer("a shop without a description")
        warnings = []
        if not self.api.address.startswith("https:"):
            warnings.append("plain_http")
        if abs(answer.shop_now - datetime.now(timezone.utc)) > CLOCK_TOLERANCE:
            warnings.append("clock_differs")
        taxes = shop.get("taxesIncluded")
        return ShopInfo(
            name=str(shop.get("name") or ""),
            currency=str(shop.get("currencyCode") or ""),
            timezone=str(shop.get("ianaTimezone") or ""),
            version=self.api.version,
            prices_include_tax=taxes if isinstance(taxes, bool) else None,
            warnings=(*warnings, *self._missing_rights()),
        )

    def fetch_orders(self, cursor: OrderCursor, page_size: int = 100) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_orders` and :mod:`.feed`."""
        return OrderFeed(self.api, self.orders).next_page(cursor, page_size)

    def fetch_order(self, external_id: str) -> Envelope:
        """See :meth:`~..base.Connector.fetch_order`; ``draft:<id>`` is a draft."""
        number = external_id.removeprefix(normaliser.DRAFT_PREFIX)
        number = _record_id(number)
        if number == external_id:
            return envelope_of(self.orders.one(number))
        gid = f"gid://shopify/DraftOrder/{number}"
        draft = self.api.ask(documents.DRAFT, "drafts.get", id=gid).data
        node = draft.get("draftOrder")
        if not isinstance(node, Mapping):
            raise NotFound("there is no such draft")
        return envelope_of(self.orders.finished([node])[0])

    def fetch_refunds(self, order_id: str) -> tuple[Envelope, ...]:
        """See :meth:`~..base.Connector.fetch_refunds`."""
        return self.orders.refunds(_record_id(order_id))

    def fetch_returns(self, cursor: OrderCursor, page_size: int = 100) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_returns` and :mod:`.returns`."""
        return ReturnFeed(self.api).next_page(cursor, page_size)

    def fetch_settlements(
        self, feed: str, cursor: OrderCursor, skip: frozenset[str] = frozenset()
    ) -> SettlementPage:
        """See :meth:`~..base.Connector.fetch_settlements` and :mod:`.payouts`."""
        return Payouts(self.api).next_page(cursor, skip)

    def list_orders(
        self, since: datetime, until: datetime
    ) -> Iterator[tuple[OrderSummary, ...]]:
        """See :meth:`~..base.Connector.list_orders`.

        The total of an order of which something was refunded follows from its lines,
        so that order is read whole.
        """
        search = f"created_at:>='{stamp(since)}' created_at:<'{stamp(until)}'"
        pages = self.api.pages(
            documents.ORDER_LIST,
            "orders.summary",
            "orders",
            first=LIST_PAGE,
            query=search,
        )
        for rows in pages:
            refunded = {
                number_of(str(row.get("id"))) for row in rows if _is_refunded(row)
            }
            whole = self.orders.by_ids(sorted(refunded))
            listed = [
                row for row in rows if number_of(str(row.get("id"))) not in refunded
            ]
            found = [self._summary(self.orders.sided(dict(row))) for row in listed]
            found += [_summary_of(self.normalise_order(node)) for node in whole]
            if found:
                yield tuple(found)

    def fetch_history(
        self, since: datetime | None, until: datetime | None = None
    ) -> Iterator[tuple[Envelope, ...]]:
        """See :meth:`~..base.Connector.fetch_history` and :mod:`.bulk`."""
        return BulkExport(self.api, self.orders).pages(since, until)

    def fetch_products(self) -> Iterator[tuple[ExternalProduct, ...]]:
        """See :meth:`~..base.Connector.fetch_products`: every variant is a row."""
        return catalogue.products(self.api)

    def fetch_locations(self) -> tuple[Location, ...]:
        """See :meth:`~..base.Connector.fetch_locations`."""
        return catalogue.locations(self.api)

    def fetch_stock(
        self, product_refs: Iterable[str]
    ) -> Iterator[tuple[StockLevel, ...]]:
        """See :meth:`~..base.Connector.fetch_stock`."""
        return self.stock.shown(product_refs)

    def fetch_submission(self, submission: str) -> Submission:
        """See :meth:`~..base.Connector.fetch_submission`: of a cancellation."""
        kind, _, rest = submission.partition("|")
        order_id, _, job = rest.partition("|")
        if kind != "cancel":
            raise NotFound("there is no such submission")
        return self.dispatch.cancellation(_record_id(order_id), job)

    # -- writing to the shop -----------------------------------------------------------

    def push_stock(self, levels: Iterable[StockLevel]) -> tuple[StockResult, ...]:
        """See :meth:`~..base.Connector.push_stock` and :mod:`.stock`."""
        return self.stock.push(levels)

    def push_listings(
        self, updates: Iterable[ListingUpdate]
    ) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.push_listings` and :mod:`.goods`."""
        return self.goods.push(updates)

    def create_listing(self, listing: NewListing) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.create_listing` and :mod:`.goods`."""
        return self.goods.put_on_sale(listing)

    def push_shipment(self, shipment: Shipment) -> WriteResult:
        """See :meth:`~..base.Connector.push_shipment` and :mod:`.dispatch`."""
        return self.dispatch.ship(shipment, _record_id(shipment.order_id))

    def cancel_order(
        self, order_id: str, reason: str = "", restock: bool = True
    ) -> WriteResult:
        """See :meth:`~..base.Connector.cancel_order`: the shop does it by itself."""
        return self.dispatch.cancel(_record_id(order_id), reason, restock)

    def push_refund(self, request: RefundRequest) -> WriteResult:
        """See :meth:`~..base.Connector.push_refund` and :mod:`.refunding`."""
        return Refunding(self.api).push(request, _record_id(request.order_id))

    def ensure_webhooks(self, delivery_url: str) -> tuple[str, ...]:
        """See :meth:`~..base.Connector.ensure_webhooks`.

        Webhooks are signed with the app's secret, so there is none to be written.
        Shopify removes a webhook that fails for long; it is made again here.
        """
        topics = webhook.TOPICS
        if self.orders.options.get("drafts"):
            topics += webhook.DRAFT_TOPICS
        kept: set[str] = set()
        for gid, topic in self._own_webhooks(delivery_url):
            if topic in topics and topic not in kept:
                kept.add(topic)
            else:
                self._remove_webhook(gid)
        for topic in topics:
            if topic not in kept:
                self._create_webhook(topic, delivery_url)
        return topics

    def remove_webhooks(self, delivery_url: str) -> int:
        """See :meth:`~..base.Connector.remove_webhooks`."""
        own = self._own_webhooks(delivery_url)
        for gid, _topic in own:
            self._remove_webhook(gid)
        return len(own)

    # -- understanding -----------------------------------------------------------------

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Envelope | None:
        """See :meth:`~..base.Connector.read_webhook` and :mod:`.webhook`."""
        known = self.credentials
        return webhook.read(headers, body, (known.webhook_secret, known.secret))

    @classmethod
    def normalise_order(cls, payload: Any) -> ExternalOrder:
        """See :meth:`~..base.Connector.normalise_order`."""
        return normaliser.normalise_order(payload)

    @classmethod
    def normalise_refund(cls, payload: Any, order_id: str) -> Refund:
        """See :meth:`~..base.Connector.normalise_refund`."""
        return normaliser.normalise_refund(payload, order_id)

    @classmethod
    def normalise_return(cls, payload: Any) -> Return:
        """See :meth:`~..base.Connector.normalise_return`."""
        return normaliser.normalise_return(payload)

    # -- helpers -----------------------------------------------------------------------

    def _missing_rights(self) -> Iterator[str]:
        scopes = self.api.scopes
        if scopes is None:
            yield "scopes_not_readable"
            return
        if "read_orders" not in scopes:
            yield "orders_not_readable"
        if "read_all_orders" not in scopes:
            yield "only_sixty_days"
        for scope in _READ_SCOPES:
            if scope not in scopes:
                yield f"scope_missing:{scope}"
        for part, wanted in documents.PARTS.items():
            if part not in self.api.parts:
                yield f"scope_missing:{wanted[0]}"
        if not scopes.issuperset(_WRITE_SCOPES):
            yield "write_not_allowed"

    @staticmethod
    def _summary(node: dict[str, Any]) -> OrderSummary:
        """A row of the list; nothing of it was refunded, so its total is stated."""
        try:
            read = Reader(node)
            money = Money.of(read)
            status = normaliser.status_of(read)
            created_at = read.moment("createdAt")
            if created_at is None:
                raise read.fail("createdAt", "is missing")
            total = normaliser.order_total(read, money, status, ZERO)
        except PayloadError as error:
            raise BadAnswer(f"a list with an unreadable row: {error}") from None
        number = number_of(str(node.get("id")), "Order")
        name = str(node.get("name") or number)
        return OrderSummary(number, money.currency, total, status, created_at, name)

    def _own_webhooks(self, delivery_url: str) -> list[tuple[str, str]]:
        """Id and topic of the webhooks that deliver to an address."""
        pages = self.api.pages(
            documents.WEBHOOKS, "webhooks.list", "webhookSubscriptions"
        )
        return [
            (str(row.get("id")), str(row.get("topic")))
            for rows in pages
            for row in rows
            if str(row.get("uri") or "").rstrip("/") == delivery_url.rstrip("/")
        ]

    def _create_webhook(self, topic: str, delivery_url: str) -> None:
        payload = self.api.mutate(
            documents.CREATE_WEBHOOK,
            "webhooks.create",
            topic=topic,
            subscription={"uri": delivery_url, "format": "JSON"},
        )
        for error in user_errors(payload):
            raise RequestRefused(text_of(error), topic=topic)

    def _remove_webhook(self, gid: str) -> None:
        try:
            # Gone already is as good as removed: its user error is not looked at.
            self.api.mutate(
                documents.DELETE_WEBHOOK, "webhooks.delete", idempotent=True, id=gid
            )
        except NotFound:
            return


def _record_id(external_id: str) -> str:
    """A number that can be put into a global id.

    :raises NotFound: for anything else; a shop cannot have it.
    """
    if _ID.fullmatch(external_id) is None:
        raise NotFound(f"not an id: {external_id[:40]!r}")
    return external_id


def _is_refunded(row: Mapping[str, Any]) -> bool:
    bag = row.get("totalRefundedSet")
    sides = bag.values() if isinstance(bag, Mapping) else ()
    amounts = [side.get("amount") for side in sides if isinstance(side, Mapping)]
    return any(str(amount).strip("0.") for amount in amounts)


def _summary_of(order: ExternalOrder) -> OrderSummary:
    return OrderSummary(
        order.external_id,
        order.currency,
        order.total,
        order.status,
        order.created_at,
        order.number,
    )
