"""eBay: the verbs of :class:`~..base.Connector`.

See the package for where the parts are and for the sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
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
from ..errors import BadAnswer, MarketplaceError, PayloadError
from ..reading import Reader
from ..schema import (
    ExternalOrder,
    ExternalProduct,
    ListingResult,
    ListingUpdate,
    Location,
    OrderStatus,
    OrderSummary,
    RefundRequest,
    Return,
    Shipment,
    StockLevel,
    StockResult,
    Submission,
    WriteResult,
)
from . import const, normaliser, notification, prices, returns
from .api import FINANCES, IDENTITY, Api
from .feed import HISTORY, PAGE_LIMIT, OrderFeed, order_id, stamp, wrap
from .fulfilment import Desk
from .inventory import BATCH, Inventory
from .keys import PublicKeys
from .settlements import FEEDS, Payouts
from .tokens import REFRESH_LIFETIME

FINANCES_PAGE = 1_000
FINANCES_WINDOW = timedelta(days=90)  # what an open window spans, at most
NEARLY_NOW = timedelta(minutes=5)


@register
class EbayConnector(Connector):
    """One seller on eBay.

    ``credentials.key`` and ``.secret`` are the application's id and its certificate
    id, ``.token`` the seller's refresh token, ``.marketplaces`` the ids of the
    marketplaces that count (``EBAY_US``...), empty = all. ``.url`` is the root of the
    interface, empty = eBay's. Options:

    * ``apiz_url``: root of Finances and Identity, where it is not the one beside
      ``url``;
    * ``scopes``: rights of the access token, fewer than the refresh token has;
    * ``signing_key``, ``signing_jwe``: for sellers in the EU and the UK, see
      :mod:`.signing`;
    * ``public_keys``: keys of notifications by id that stand in for those that eBay
      gives out, where Odoo cannot ask for them (see :mod:`.keys`);
    * ``offers``, ``stock_batch``: see :mod:`.inventory`.

    ``.webhook_secret`` is the verification token of the endpoint for the deletion of
    accounts, 32 to 80 letters, digits, ``_`` and ``-`` (Notification document).

    Not claimed, and why: ``WEBHOOKS`` (no topic tells orders, see
    :mod:`.notification`); ``LABELS`` (the Logistics document, v1_beta, hands out a
    label by the id of a shipment that its creation answered; it lists no shipments,
    neither by order nor at all, and orders and their fulfillments do not name any. A
    label that the seller bought on eBay's pages cannot be found by it, and buying one
    is a verb of its own that chooses a rate and spends money).
    """

    code = "ebay"
    title = "eBay"
    capabilities = frozenset(
        {
            Capability.ORDER_BY_ID,
            Capability.RETURNS,
            Capability.ORDER_LIST,
            Capability.PRODUCTS,
            Capability.LISTINGS,
            Capability.STOCK,
            Capability.STOCK_READ,
            Capability.SUBMISSIONS,
            Capability.LOCATIONS,
            Capability.SHIPMENTS,
            Capability.PARTIAL_SHIPMENTS,
            Capability.CANCEL,
            Capability.REFUND_PUSH,
            Capability.SETTLEMENTS,
            Capability.BUYER_ERASURE,
            Capability.CHALLENGE,
        }
    )
    required = frozenset({Credential.KEY, Credential.SECRET, Credential.TOKEN})
    optional = frozenset({Credential.URL, Credential.MARKETPLACES})
    stock_batch_size = BATCH
    token_lifetime = REFRESH_LIFETIME
    listing_fields = prices.FIELDS
    listing_batch_size = BATCH
    settlement_feeds = FEEDS

    def __init__(self, credentials: Credentials, transport: Any):
        super().__init__(credentials, transport)
        self.api = Api(credentials, transport)
        self.keys = PublicKeys(self.api, credentials)
        self.desk = Desk(self.api)

    # -- reading from eBay -------------------------------------------------------------

    def check(self) -> ShopInfo:
        """See :meth:`~..base.Connector.check`.

        Proves the right to read orders. Who the seller is is asked for politely:
        without the right to it there is the warning ``identity_not_readable``.
        Whether the token may write is not told by anything that changes nothing.
        """
        now = datetime.now(timezone.utc)
        OrderFeed(self.api).created(now - timedelta(days=1), None, 0, 1)
        try:
            user = Reader(self.api.get(f"{IDENTITY}/user/", "check"))
            business = user.child("businessAccount")
            name = business.text("doingBusinessAs") or business.text("name")
            name = name or user.text("username") or user.text("userId")
            site = user.text("registrationMarketplaceId")
        except MarketplaceError:
            return ShopInfo(self.title, warnings=("identity_not_readable",))
        return ShopInfo(
            name or self.title,
            currency=const.CURRENCIES.get(site, ""),
            prices_include_tax=site in const.TAX_INCLUSIVE_MARKETPLACES
            if site
            else None,
        )

    def fetch_orders(self, cursor: OrderCursor, page_size: int = 100) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_orders` and :mod:`.feed`."""
        return OrderFeed(self.api).next_page(cursor, page_size)

    def fetch_order(self, external_id: str) -> Envelope:
        """See :meth:`~..base.Connector.fetch_order`."""
        return wrap(OrderFeed(self.api).fetch(external_id))

    def fetch_returns(self, cursor: OrderCursor, page_size: int = 100) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_returns` and :mod:`.returns`."""
        return returns.ReturnFeed(self.api).next_page(cursor, page_size)

    def fetch_settlements(
        self, feed: str, cursor: OrderCursor, skip: frozenset[str] = frozenset()
    ) -> SettlementPage:
        """See :meth:`~..base.Connector.fetch_settlements` and :mod:`.settlements`."""
        return Payouts(self.api).next_page(cursor, skip)

    def list_orders(
        self, since: datetime, until: datetime
    ) -> Iterator[tuple[OrderSummary, ...]]:
        """See :meth:`~..base.Connector.list_orders`.

        The moment of an order's creation never changes, so pages by position lose
        nothing. eBay refuses moments in the future and lists two years.
        """
        feed = OrderFeed(self.api)
        now = datetime.now(timezone.utc)
        since = max(since, now - HISTORY)
        end = None if until > now - NEARLY_NOW else until
        offset, more = 0, since < until
        while more:
            page = feed.created(since, end, offset, PAGE_LIMIT)
            rows = [_summary(row) for row in page.rows if feed.is_wanted(row)]
            found = tuple(row for row in rows if row and row.created_at < until)
            if found:
                yield found
            offset += len(page.rows)
            more = bool(page.rows) and offset < page.total

    def fetch_products(self) -> Iterator[tuple[ExternalProduct, ...]]:
        """See :meth:`~..base.Connector.fetch_products` and :mod:`.inventory`."""
        return Inventory(self.api).products()

    def fetch_locations(self) -> tuple[Location, ...]:
        """See :meth:`~..base.Connector.fetch_locations`."""
        return Inventory(self.api).locations()

    def fetch_stock(
        self, product_refs: Iterable[str]
    ) -> Iterator[tuple[StockLevel, ...]]:
        """See :meth:`~..base.Connector.fetch_stock`; the sum of all locations."""
        return Inventory(self.api).stock(product_refs)

    def fetch_submission(self, submission: str) -> Submission:
        """See :meth:`~..base.Connector.fetch_submission`: reads the order again."""
        return self.desk.outcome(submission)

    def fetch_transactions(
        self, since: datetime, until: datetime
    ) -> Iterator[tuple[Any, ...]]:
        """Yield pages of raw transactions (Finances) of ``[since, until]``.

        Sales, refunds, credits, disputes, labels, fees, as eBay wrote them. Windows are
        closed, so pages by position lose nothing.

        :raises PermissionRefused: for a seller who has to sign and has no key.
        """
        while since < until:
            end = min(since + FINANCES_WINDOW, until)
            offset, more = 0, True
            while more:
                rows, total = self._transactions(since, end, offset)
                if rows:
                    yield rows
                offset += len(rows)
                more = bool(rows) and offset < total
            since = end + timedelta(milliseconds=1)

    def _transactions(
        self, since: datetime, until: datetime, offset: int
    ) -> tuple[tuple[Any, ...], int]:
        answer = self.api.ask(
            "GET",
            f"{FINANCES}/transaction",
            "transactions.list",
            query={
                "filter": f"transactionDate:[{stamp(since)}..{stamp(until)}]",
                "limit": FINANCES_PAGE,
                "offset": offset,
            },
            signed=True,
        )
        if answer.payload is None:
            return (), 0  # 204: there are none
        read = Reader(answer.payload)
        rows = read.data.get("transactions") or []
        if not isinstance(rows, list):
            raise BadAnswer("a listing that is not a list")
        return tuple(rows), int(read.decimal("total") or Decimal(0))

    def fetch_public_key(self, kid: str) -> dict[str, str]:
        """The key of notifications with this id, see :meth:`.PublicKeys.fetch`."""
        return self.keys.fetch(kid)

    # -- writing to eBay ---------------------------------------------------------------

    def push_stock(self, levels: Iterable[StockLevel]) -> tuple[StockResult, ...]:
        """See :meth:`~..base.Connector.push_stock` and :meth:`.Inventory.push`."""
        return Inventory(self.api).push(levels)

    def push_listings(
        self, updates: Iterable[ListingUpdate]
    ) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.push_listings` and :mod:`.prices`."""
        return prices.Prices(self.api).push(updates)

    def push_shipment(self, shipment: Shipment) -> WriteResult:
        """See :meth:`~..base.Connector.push_shipment` and :mod:`.fulfilment`."""
        return self.desk.ship(shipment)

    def cancel_order(
        self, order_id: str, reason: str = "", restock: bool = True
    ) -> WriteResult:
        """See :meth:`~..base.Connector.cancel_order` and :meth:`.Desk.cancel`.

        Whether eBay puts the pieces back on sale is the seller's setting there.
        """
        return self.desk.cancel(order_id, reason)

    def push_refund(self, request: RefundRequest) -> WriteResult:
        """See :meth:`~..base.Connector.push_refund` and :mod:`.fulfilment`.

        :raises PermissionRefused: for a seller who has to sign and has no key.
        """
        return self.desk.refund(request)

    # -- understanding -----------------------------------------------------------------

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Envelope | None:
        """See :meth:`~..base.Connector.read_webhook` and :mod:`.notification`."""
        return notification.read(headers, body, self.keys.find)

    def answer_challenge(
        self, query: Mapping[str, str], endpoint: str
    ) -> Mapping[str, Any]:
        """See :meth:`~..base.Connector.answer_challenge` and :mod:`.notification`."""
        token = self.credentials.webhook_secret
        return notification.answer_challenge(query, token, endpoint)

    @classmethod
    def normalise_order(cls, payload: Any) -> ExternalOrder:
        """See :meth:`~..base.Connector.normalise_order`."""
        return normaliser.normalise_order(payload)

    @classmethod
    def normalise_return(cls, payload: Any) -> Return:
        """See :meth:`~..base.Connector.normalise_return`."""
        return returns.normalise_return(payload)


def _summary(row: Any) -> OrderSummary | None:
    """A row of the list for counting; one that cannot be understood counts too.

    ``None`` only for what has no id or no date.
    """
    try:
        order = normaliser.normalise_order(row)
    except PayloadError:
        return _bare_summary(row)
    return OrderSummary(
        external_id=order.external_id,
        currency=order.currency,
        total=order.total,
        status=order.status,
        created_at=order.created_at,
        number=order.number,
    )


def _bare_summary(row: Any) -> OrderSummary | None:
    number = order_id(row)
    try:
        created_at = Reader(row).moment("creationDate")
    except PayloadError:
        created_at = None
    if not number or created_at is None:
        return None
    return OrderSummary(number, "", Decimal(0), OrderStatus.UNKNOWN, created_at, number)
