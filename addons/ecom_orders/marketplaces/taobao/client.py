"""Taobao and Tmall: the verbs of :class:`~..base.Connector`.

See the package for where the parts are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import (
    ORDER,
    ORDER_HINT,
    REFUND,
    RETURN,
    Capability,
    Connector,
    Credential,
    Credentials,
    Envelope,
    MessagePage,
    OrderCursor,
    OrderPage,
    SettlementPage,
    ShopInfo,
    register,
)
from ..errors import (
    AlreadyDone,
    BadAnswer,
    BuyerMustAsk,
    MarketplaceError,
    NotFound,
    PayloadError,
    RequestRefused,
)
from ..reading import Reader
from ..schema import (
    ExternalOrder,
    ExternalProduct,
    ListingResult,
    ListingUpdate,
    OrderSummary,
    Refund,
    RefundRequest,
    Return,
    Shipment,
    StockLevel,
    StockResult,
    WriteResult,
)
from . import after_sales, const, moments, normaliser
from .agreement import RefundDesk
from .api import Api, has_next, rows, total_of
from .bills import FEEDS as SETTLEMENT_FEEDS
from .bills import Bills
from .catalogue import SKUS_AT_ONCE, Catalogue
from .dispatch import Dispatch
from .feed import HISTORY, SECOND, Feed, Listing
from .messages import Queue
from .prices import FIELDS, Prices

CLOCK_TOLERANCE = timedelta(minutes=5)  # the platform refuses calls at ten
LIST_PAGE = 100
DAY = timedelta(days=1)
MEMO_LIMIT = 1_000  # bytes

_CREATED = "taobao.trades.sold.get"
_TRADES = Listing("taobao.trades.sold.increment.get", "trades", "tid", const.ROW_FIELDS)
_CASES = Listing(
    "taobao.refunds.receive.get", "refunds", "refund_id", const.REFUND_ROW_FIELDS
)
_NUMBER = re.compile(r"[1-9]\d{0,19}", re.ASCII)
# A refund case that cannot be read says nothing about its trade.
_LOCAL_ERRORS = (NotFound, RequestRefused, BadAnswer, PayloadError)


@register
class TaobaoConnector(Connector):
    """One shop on Taobao or Tmall.

    ``credentials.key`` and ``.secret`` are those of the application, ``.token`` is the
    session key of the seller's permission, ``.url`` the gateway (empty = the
    platform's). Options:

    * ``sign_method``: ``hmac`` (default), ``md5`` or ``hmac-sha256``;
    * ``trade_types``: names with commas between, which kinds of trades are listed, for
      a platform that refuses one of :data:`.const.TRADE_TYPES`;
    * ``tmc_group``: the group of users whose messages are read, see :mod:`.messages`.

    ``.account`` is the seller's nick, which tells apart the messages of sellers who
    share an application.

    How long a session key lasts depends on the application and is told when the seller
    agrees to it, by nothing afterwards: there is no ``token_lifetime``.

    Not claimed, and why: ``WEBHOOKS`` (there are none); ``LABELS`` (the interfaces of
    electronic waybills, ``cainiao.waybill.ii.*``, are not in the metadata. Public
    programs show that they answer print data for Cainiao's print component, with the
    addressee encrypted: nothing that could be attached as a document).
    """

    code = "taobao"
    title = "Taobao / Tmall"
    capabilities = frozenset(
        {
            Capability.ORDER_BY_ID,
            Capability.REFUNDS,
            Capability.RETURNS,
            Capability.ORDER_LIST,
            Capability.PRODUCTS,
            Capability.LISTINGS,
            Capability.STOCK,
            Capability.STOCK_READ,
            Capability.SHIPMENTS,
            Capability.PARTIAL_SHIPMENTS,
            Capability.CANCEL,
            Capability.REFUND_PUSH,
            Capability.MESSAGES,
            Capability.SETTLEMENTS,
        }
    )
    required = frozenset({Credential.KEY, Credential.SECRET, Credential.TOKEN})
    optional = frozenset({Credential.URL, Credential.ACCOUNT})
    stock_batch_size = SKUS_AT_ONCE
    listing_fields = FIELDS
    listing_batch_size = SKUS_AT_ONCE
    settlement_feeds = SETTLEMENT_FEEDS

    def __init__(self, credentials: Credentials, transport: Any):
        super().__init__(credentials, transport)
        self.api = Api(credentials, transport)
        self.types = _trade_types(credentials)
        self.catalogue = Catalogue(self.api)
        self.dispatch = Dispatch(self.api)
        self.queue = Queue(self.api)

    # -- reading from the shop ---------------------------------------------------------

    def check(self) -> ShopInfo:
        """See :meth:`~..base.Connector.check`.

        Proves the right to read trades. Warning ``clock_differs``: by more than five
        minutes.
        """
        answer = self.api.call(
            _CREATED,
            fields=const.SUMMARY_FIELDS,
            page_no=1,
            page_size=1,
            use_has_next=True,
        )
        far = abs(self.api.skew) > CLOCK_TOLERANCE
        return ShopInfo(
            name=self._seller(rows(answer.get("trades"))),
            currency=const.CURRENCY,
            timezone="Asia/Shanghai",
            version="2.0",
            prices_include_tax=True,
            warnings=("clock_differs",) if far else (),
        )

    def fetch_orders(self, cursor: OrderCursor, page_size: int = 50) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_orders` and :mod:`.feed`."""
        feed = Feed(
            self.api,
            _TRADES,
            self.types,
            whole=lambda order_id, _row: self.fetch_order(order_id),
            instead=lambda order_id, row: Envelope.of(ORDER_HINT, order_id, row),
        )
        return feed.next_page(cursor, page_size)

    def fetch_order(self, external_id: str) -> Envelope:
        """See :meth:`~..base.Connector.fetch_order`."""
        return Envelope.of(ORDER, external_id, self._trade_with_refunds(external_id))

    def fetch_refunds(self, order_id: str) -> tuple[Envelope, ...]:
        """See :meth:`~..base.Connector.fetch_refunds`."""
        trade = self._trade_with_refunds(order_id)
        return tuple(
            Envelope.of(REFUND, f"{order_id}/{row['refund_id']}", row)
            for row in trade.get("refunds", ())
        )

    def fetch_returns(self, cursor: OrderCursor, page_size: int = 50) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_returns`; refund cases without goods are
        left out."""
        feed = Feed(
            self.api,
            _CASES,
            self.types,
            whole=self._whole_return,
            instead=lambda refund_id, row: Envelope.of(RETURN, refund_id, row),
        )
        return feed.next_page(cursor, page_size)

    def fetch_settlements(
        self, feed: str, cursor: OrderCursor, skip: frozenset[str] = frozenset()
    ) -> SettlementPage:
        """See :meth:`~..base.Connector.fetch_settlements` and :mod:`.bills`."""
        return Bills(self.api).next_page(cursor, skip)

    def list_orders(
        self, since: datetime, until: datetime
    ) -> Iterator[tuple[OrderSummary, ...]]:
        """See :meth:`~..base.Connector.list_orders`; the platform lists three months.

        A day at a time, pages from the last to the first.
        """
        now = self.api.now()
        start = max(since, now - HISTORY).astimezone(timezone.utc)
        until = min(until, now + DAY).astimezone(timezone.utc)
        seen: set[str] = set()
        while start < until:
            end = min(start + DAY, until)
            for page in self._pages_of_created(start, end):
                found = [_summary(row) for row in page]
                fresh = tuple(
                    row
                    for row in found
                    if row
                    and start <= row.created_at < end
                    and row.external_id not in seen
                )
                seen.update(row.external_id for row in fresh)
                if fresh:
                    yield fresh
            start = end

    def fetch_products(self) -> Iterator[tuple[ExternalProduct, ...]]:
        """See :meth:`~..base.Connector.fetch_products`.

        References are ``"<num_iid>/<sku_id>"``, ``"<num_iid>"`` for items without SKUs.
        """
        return self.catalogue.products()

    def fetch_stock(
        self, product_refs: Iterable[str]
    ) -> Iterator[tuple[StockLevel, ...]]:
        """See :meth:`~..base.Connector.fetch_stock`."""
        return self.catalogue.stock(product_refs)

    # -- writing to the shop -----------------------------------------------------------

    def push_stock(self, levels: Iterable[StockLevel]) -> tuple[StockResult, ...]:
        """See :meth:`~..base.Connector.push_stock` and :mod:`.catalogue`."""
        return self.catalogue.push(levels)

    def push_listings(
        self, updates: Iterable[ListingUpdate]
    ) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.push_listings` and :mod:`.prices`."""
        return Prices(self.api).push(updates)

    def push_shipment(self, shipment: Shipment) -> WriteResult:
        """See :meth:`~..base.Connector.push_shipment` and :mod:`.dispatch`."""
        trade = self._trade(shipment.order_id)
        return self.dispatch.send(shipment, self.normalise_order(trade), trade)

    def cancel_order(
        self, order_id: str, reason: str = "", restock: bool = True
    ) -> WriteResult:
        """See :meth:`~..base.Connector.cancel_order`.

        A seller closes unpaid trades only. A paid one is called off by the buyer, who
        asks for all of the money, and the seller's consent. Whether the pieces are put
        back on sale is the platform's business.

        :raises BuyerMustAsk: for a trade that was paid, has not left and is not asked
            to be called off.
        :raises AlreadyDone: for one that has left.
        """
        lowered = reason.lower()
        words = (code for word, code in const.CLOSE_REASONS if word in lowered)
        try:
            return self.close_unpaid(order_id, next(words, const.NOT_PAID_IN_TIME))
        except BuyerMustAsk:
            trade = self._trade_with_refunds(order_id)
            order = self.normalise_order(trade)
            return RefundDesk(self.api).call_off(order, trade.get("refunds", ()))

    def close_unpaid(self, order_id: str, reason: str = "缺货") -> WriteResult:
        """Close a trade that was not paid.

        :param reason: one of the platform's reasons (``未及时付款``, ``买家不想买了``,
            ``缺货``...).
        :raises AlreadyDone: for one that was paid; see :meth:`cancel_order`.
        """
        status = str(self._trade(order_id).get("status") or "")
        if status in const.CLOSED:
            return WriteResult(order_id, repeated=True)
        if status in const.SHIPPED or status == "SELLER_CONSIGNED_PART":
            raise AlreadyDone(f"a trade that is {status} cannot be closed")
        if status not in const.UNPAID:
            raise BuyerMustAsk(f"only the buyer can call off what is {status}")
        self.api.call("taobao.trade.close", tid=order_id, close_reason=reason)
        return WriteResult(order_id)

    def push_refund(self, request: RefundRequest) -> WriteResult:
        """See :meth:`~..base.Connector.push_refund` and :mod:`.agreement`."""
        trade = self._trade_with_refunds(request.order_id)
        return RefundDesk(self.api).agree(request, trade.get("refunds", ()))

    def write_memo(self, order_id: str, memo: str, flag: int | None = None) -> None:
        """Write the seller's note on a trade, in place of the one that is there.

        :param flag: 0 grey, 1 red, 2 yellow, 3 green, 4 blue, 5 pink.
        """
        text = memo.encode("utf-8")[:MEMO_LIMIT].decode("utf-8", "ignore")
        self.api.call(
            "taobao.trade.memo.update", tid=_number(order_id), memo=text, flag=flag
        )

    # -- messages ----------------------------------------------------------------------

    def open_messages(self) -> None:
        """See :meth:`~..base.Connector.open_messages` and :mod:`.messages`."""
        self.queue.open()

    def close_messages(self) -> None:
        """See :meth:`~..base.Connector.close_messages`."""
        self.queue.close()

    def fetch_messages(self, quantity: int = 100) -> MessagePage:
        """See :meth:`~..base.Connector.fetch_messages`."""
        return self.queue.fetch(quantity)

    def confirm_messages(self, receipts: Iterable[str]) -> None:
        """See :meth:`~..base.Connector.confirm_messages`."""
        self.queue.confirm(receipts)

    # -- understanding -----------------------------------------------------------------

    @classmethod
    def normalise_order(cls, payload: Any) -> ExternalOrder:
        """See :meth:`~..base.Connector.normalise_order`."""
        return normaliser.normalise_order(payload)

    @classmethod
    def normalise_refund(cls, payload: Any, order_id: str) -> Refund:
        """See :meth:`~..base.Connector.normalise_refund`."""
        return after_sales.normalise_refund(payload, order_id)

    @classmethod
    def normalise_return(cls, payload: Any) -> Return:
        """See :meth:`~..base.Connector.normalise_return`."""
        return after_sales.normalise_return(payload)

    # -- trades ------------------------------------------------------------------------

    def _trade(self, order_id: str) -> dict[str, Any]:
        """A trade with all that is read of it.

        :raises NotFound: when there is none.
        """
        answer = self.api.call(
            "taobao.trade.fullinfo.get",
            fields=const.TRADE_FIELDS,
            tid=_number(order_id),
            include_oaid="include_oaid",  # which text switches it on is not confirmed
        )
        trade = answer.get("trade")
        if not isinstance(trade, Mapping) or str(trade.get("tid")) != order_id:
            raise BadAnswer("asked for one trade and got something else")
        return dict(trade)

    def _trade_with_refunds(self, order_id: str) -> dict[str, Any]:
        trade = self._trade(order_id)
        refunds = []
        for refund_id in self._refund_ids(trade):
            try:
                refunds.append(self._case(refund_id))
            except _LOCAL_ERRORS:
                continue
        return {**trade, "refunds": refunds} if refunds else trade

    def _refund_ids(self, trade: Mapping[str, Any]) -> list[str]:
        """The refund cases of a trade, in the order of their numbers.

        Its sub-orders name the latest case of each; earlier ones are found among the
        cases of the buyer. There is no listing by trade.
        """
        named = {
            str(order.get("refund_id") or "")
            for order in rows(trade.get("orders"))
            if isinstance(order, Mapping)
        }
        named = {refund_id for refund_id in named if _NUMBER.fullmatch(refund_id)}
        buyer = trade.get("buyer_open_uid")
        if named and isinstance(buyer, str) and buyer:
            named |= self._cases_of_buyer(buyer, str(trade.get("tid")))
        return sorted(named, key=int)

    def _cases_of_buyer(self, buyer: str, order_id: str) -> set[str]:
        """Numbers of a buyer's latest cases that are about one trade."""
        try:
            answer = self.api.call(
                _CASES.method,
                fields=("refund_id", "tid"),
                type=self.types,
                buyer_open_uid=buyer,
                page_no=1,
                page_size=LIST_PAGE,
                use_has_next=True,
            )
        except _LOCAL_ERRORS:
            return set()
        return {
            str(row["refund_id"])
            for row in rows(answer.get("refunds"))
            if isinstance(row, Mapping)
            and str(row.get("tid")) == order_id
            and _NUMBER.fullmatch(str(row.get("refund_id")))
        }

    def _case(self, refund_id: str) -> dict[str, Any]:
        answer = self.api.call(
            "taobao.refund.get", fields=const.REFUND_FIELDS, refund_id=refund_id
        )
        case = answer.get("refund")
        if not isinstance(case, Mapping) or str(case.get("refund_id")) != refund_id:
            raise BadAnswer("asked for one refund and got something else")
        return dict(case)

    def _whole_return(self, refund_id: str, row: Mapping[str, Any]) -> Envelope | None:
        """The envelope of a listed refund case; ``None`` when no goods come back."""
        if not after_sales.is_return(row):
            return None
        return Envelope.of(RETURN, refund_id, self._case(refund_id))

    def _pages_of_created(self, start: datetime, end: datetime) -> Iterator[list[Any]]:
        def page(number: int, use_has_next: bool = True) -> Mapping[str, Any]:
            return self.api.call(
                _CREATED,
                fields=const.SUMMARY_FIELDS,
                start_created=start - SECOND,  # see feed: bounds not confirmed
                end_created=end,
                type=self.types,
                page_no=number,
                page_size=LIST_PAGE,
                use_has_next=use_has_next,
            )

        first = page(1)
        found = rows(first.get("trades"))
        if has_next(first, found, LIST_PAGE):
            total = total_of(page(1, use_has_next=False), _CREATED)
            for number in range(-(-total // LIST_PAGE), 1, -1):
                yield rows(page(number).get("trades"))
            # Rows of the second page may have moved up since.
            found = rows(page(1).get("trades"))
        yield found

    def _seller(self, trades: list[Any]) -> str:
        """The seller's name; that it can be asked for is not confirmed."""
        try:
            answer = self.api.call("taobao.user.seller.get", fields=("nick",))
            user = answer.get("user")
            nick = user.get("nick") if isinstance(user, Mapping) else ""
        except MarketplaceError:
            nick = ""
        for trade in trades:
            nick = nick or (isinstance(trade, Mapping) and trade.get("seller_nick"))
        return str(nick or self.title)


def _trade_types(credentials: Credentials) -> tuple[str, ...]:
    text = str(credentials.options.get("trade_types") or "")
    chosen = tuple(word.strip() for word in text.split(",") if word.strip())
    return chosen or const.TRADE_TYPES


def _number(order_id: str) -> str:
    """An id that the platform can have.

    :raises NotFound: for anything else.
    """
    if not _NUMBER.fullmatch(order_id):
        raise NotFound(f"not a trade: {order_id[:40]!r}")
    return order_id


def _summary(row: Any) -> OrderSummary | None:
    """A row of the listing; one that cannot be read is not counted."""
    try:
        read = Reader(row)
        created_at = moments.read(read, "created")
        if created_at is None:
            return None
        return OrderSummary(
            external_id=read.identifier("tid"),
            currency=const.CURRENCY,
            total=read.required_decimal("payment"),
            status=normaliser.trade_status(read),
            created_at=created_at,
            number=read.identifier("tid"),
        )
    except PayloadError:
        return None
