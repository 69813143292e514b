"""Amazon: the verbs of :class:`~..base.Connector`.

See the package for where the parts are. What holds for all verbs: nothing is sent
except through the transport, at the published rate of each operation, and a record
that cannot be read never stops the others.

What is not claimed, and why: notifications reach a queue or event bus of the seller,
never an address of ours, so that there is nothing to register; what somebody passes on
from there is understood (see :mod:`.notification`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
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
    SettlementPage,
    ShopInfo,
    register,
)
from ..errors import PermissionRefused, RequestRefused
from ..schema import (
    ExternalOrder,
    ExternalProduct,
    Label,
    ListingResult,
    ListingUpdate,
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
from . import finances, normaliser, notification, prices, returns
from .adjusting import CANCEL, Adjusting
from .adjusting import REFUND as REFUND_SUBMISSION
from .api import Api
from .const import MARKETPLACES
from .documents import Documents
from .finances import Finances
from .labels import Labels
from .listings import REPORT, Family, Listings, country_of, read_report
from .orders import Orders
from .returns import Returns
from .settlements import FEEDS, Settlements
from .shipping import Shipping
from .stock import FEED_LIMIT, Stock

NEWEST = timedelta(hours=1)
"""How far back the connection test looks for orders where it has to."""

RETURN_INTERVAL = timedelta(hours=4)
"""Returns come in a report of which Amazon makes one a minute, for all purposes."""


@register
class AmazonConnector(Connector):
    """One seller on Amazon, in one region; Selling Partner API.

    Credentials: ``key`` and ``secret`` are client id and secret of the application
    (Login with Amazon), ``token`` the seller's refresh token, ``account`` the seller's
    id, ``marketplaces`` the marketplace ids, ``api_version`` ``"v0"`` for the older
    interface of orders. Options:

    * ``region``: ``"eu"``, ``"na"`` or ``"fe"``, where no ``url`` is given;
    * ``variations``: ``False`` reads listings without asking what is a variation;
    * ``token_url``: another address to buy access tokens.
    """

    code = "amazon"
    title = "Amazon"
    capabilities = frozenset(
        {
            Capability.ORDER_BY_ID,
            Capability.ORDER_LIST,
            Capability.REFUNDS,
            Capability.REFUND_FEED,
            Capability.RETURNS,
            Capability.PRODUCTS,
            Capability.LISTINGS,
            Capability.STOCK,
            Capability.STOCK_READ,
            Capability.SUBMISSIONS,
            Capability.SHIPMENTS,
            Capability.PARTIAL_SHIPMENTS,
            Capability.CANCEL,
            Capability.REFUND_PUSH,
            Capability.LABELS,
            Capability.RELAYED_EVENTS,
            Capability.SETTLEMENTS,
        }
    )
    required = frozenset(
        {Credential.KEY, Credential.SECRET, Credential.TOKEN, Credential.ACCOUNT}
    )
    optional = frozenset(
        {Credential.URL, Credential.MARKETPLACES, Credential.API_VERSION}
    )
    stock_batch_size = FEED_LIMIT
    labels_by_shipment = True
    return_interval = RETURN_INTERVAL
    listing_fields = prices.FIELDS
    listing_batch_size = prices.BATCH
    settlement_feeds = FEEDS

    def __init__(self, credentials: Credentials, transport: Any):
        super().__init__(credentials, transport)
        self.api = Api(credentials, transport)
        self._orders = Orders(self.api)
        self._finances = Finances(self.api)
        self._documents = Documents(self.api)
        self._settlements = Settlements(self.api, self._documents, self._finances)
        self._stock = Stock(self.api, self._documents)
        self._adjusting = Adjusting(self.api, self._orders, self._documents)

    # -- reading from Amazon -----------------------------------------------------------

    def check(self) -> ShopInfo:
        """See :meth:`~..base.Connector.check`.

        Asks in which marketplaces the seller takes part; an application without the
        role for that reads the newest orders instead. Warnings:

        * ``participations_not_readable``: that role is missing;
        * ``not_participating``: a configured marketplace is not among them;
        * ``listings_suspended``: the seller's listings are switched off somewhere.
        """
        try:
            rows = self.api.participations()
        except PermissionRefused:
            self._orders.next_page(OrderCursor(self.api.now() - NEWEST), 1)
            return self._described((), ("participations_not_readable",))
        return self._described(rows, self._doubts(rows))

    def fetch_orders(self, cursor: OrderCursor, page_size: int = 100) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_orders` and :mod:`.orders`.

        Orders of the last two minutes may come with the next run only.
        """
        return self._orders.next_page(cursor, page_size)

    def fetch_order(self, external_id: str) -> Envelope:
        """See :meth:`~..base.Connector.fetch_order`.

        Refunds are not part of Amazon's orders. Where there are some they are added,
        as transactions, under ``refundTransactions``.
        """
        payload = self._orders.fetch(external_id)
        try:
            refunds = self._finances.refunds(external_id)
        except PermissionRefused:
            refunds = []  # an application without the role for finances
        if refunds:
            payload = {**payload, "refundTransactions": refunds}
        return Envelope.of(ORDER, external_id, payload)

    def fetch_refunds(self, order_id: str) -> tuple[Envelope, ...]:
        """See :meth:`~..base.Connector.fetch_refunds`.

        Amazon's transactions may be missing for 48 hours.
        """
        self.api.order_path(order_id)
        rows = self._finances.refunds(order_id)
        if not rows:
            self._orders.fetch(order_id)  # nothing booked, or no such order?
        return tuple(
            Envelope.of(REFUND, f"{order_id}/{finances.refund_id(row)}", row)
            for row in rows
        )

    def fetch_refund_feed(self, since: datetime) -> Iterator[tuple[Envelope, ...]]:
        """See :meth:`~..base.Connector.fetch_refund_feed`.

        Amazon's transactions may be missing for 48 hours, and are then found under
        the time at which they were posted.
        """
        try:
            for page in self._finances.since(since):
                yield tuple(
                    Envelope.of(REFUND, f"{order_id}/{number}", row)
                    for order_id, number, row in finances.refunds_of(page)
                )
        except PermissionRefused:
            return  # an application without the role for finances

    def fetch_returns(self, cursor: OrderCursor, page_size: int = 100) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_returns` and :mod:`.returns`.

        A page is a report and as long as that; it may take some minutes.
        """
        return Returns(self.api, self._documents).next_page(cursor)

    def fetch_labels(
        self, order_id: str, shipment_refs: Iterable[str] = ()
    ) -> tuple[Label, ...]:
        """See :meth:`~..base.Connector.fetch_labels` and :mod:`.labels`."""
        return Labels(self.api).fetch(order_id, shipment_refs)

    def fetch_transactions(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Yield pages of all transactions posted at or after a moment, as they came.

        :param since: at least two minutes ago.
        """
        return self._finances.since(since)

    def fetch_settlements(
        self, feed: str, cursor: OrderCursor, skip: frozenset[str] = frozenset()
    ) -> SettlementPage:
        """See :meth:`~..base.Connector.fetch_settlements` and :mod:`.settlements`."""
        return self._settlements.next_page(feed, cursor, skip)

    def list_orders(
        self, since: datetime, until: datetime
    ) -> Iterator[tuple[OrderSummary, ...]]:
        """See :meth:`~..base.Connector.list_orders`."""
        return self._orders.list(since, until)

    def fetch_products(self) -> Iterator[tuple[ExternalProduct, ...]]:
        """See :meth:`~..base.Connector.fetch_products`.

        One report for each marketplace; a SKU that is listed in several comes once,
        as the first of them has it. What is a variation of what is asked for twenty
        listings at a time; the option ``variations=False`` spares that.
        """
        seen: set[str] = set()
        for marketplace in self.api.marketplaces():
            body, headers = self._documents.report(REPORT, marketplace)
            for page in read_report(body, headers, country_of(marketplace)):
                new = {row.product_ref: row for row in page}
                rows = tuple(row for ref, row in new.items() if ref not in seen)
                seen |= set(new)
                if rows:
                    yield self._with_families(rows)

    def fetch_stock(
        self, product_refs: Iterable[str]
    ) -> Iterator[tuple[StockLevel, ...]]:
        """See :meth:`~..base.Connector.fetch_stock`; of the seller's own stock."""
        return self._stock.levels(product_refs)

    def fetch_submission(self, submission: str) -> Submission:
        """See :meth:`~..base.Connector.fetch_submission`."""
        if submission.partition(" ")[0] in (CANCEL, REFUND_SUBMISSION):
            return self._adjusting.outcome(submission)
        if submission.startswith(f"{prices.KIND} "):
            return prices.Prices(self.api).outcome(submission)
        return self._stock.outcome(submission)

    def _with_families(
        self, rows: tuple[ExternalProduct, ...]
    ) -> tuple[ExternalProduct, ...]:
        """Listings with what they are variations of, where the application may ask."""
        if self.credentials.options.get("variations") is False:
            return rows
        try:
            families = Listings(self.api).families(row.sku for row in rows)
        except (PermissionRefused, RequestRefused):
            return rows
        return tuple(_related(row, families.get(row.sku)) for row in rows)

    # -- writing to Amazon -------------------------------------------------------------

    def push_stock(self, levels: Iterable[StockLevel]) -> tuple[StockResult, ...]:
        """See :meth:`~..base.Connector.push_stock` and :mod:`.stock`."""
        return self._stock.push(levels)

    def push_listings(
        self, updates: Iterable[ListingUpdate]
    ) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.push_listings` and :mod:`.prices`."""
        return prices.Prices(self.api).push(updates)

    def push_shipment(self, shipment: Shipment) -> WriteResult:
        """See :meth:`~..base.Connector.push_shipment` and :mod:`.shipping`."""
        return Shipping(self.api, self._orders).push(shipment)

    def cancel_order(
        self, order_id: str, reason: str = "", restock: bool = True
    ) -> WriteResult:
        """See :meth:`~..base.Connector.cancel_order` and :mod:`.adjusting`.

        Amazon keeps no stock that an order has taken: there is nothing to restock.
        """
        return self._adjusting.cancel(order_id, reason)

    def push_refund(self, request: RefundRequest) -> WriteResult:
        """See :meth:`~..base.Connector.push_refund` and :mod:`.adjusting`."""
        return self._adjusting.refund(request)

    # -- understanding -----------------------------------------------------------------

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Envelope:
        """See :meth:`~..base.Connector.read_webhook`: a notification passed on to us.

        See :mod:`.notification` for who does that, and what its secret proves.
        """
        return notification.read(headers, body, self.credentials.webhook_secret)

    @classmethod
    def normalise_order(cls, payload: Any) -> ExternalOrder:
        """See :meth:`~..base.Connector.normalise_order`."""
        return normaliser.normalise_order(payload)

    @classmethod
    def normalise_refund(cls, payload: Any, order_id: str) -> Refund:
        """See :meth:`~..base.Connector.normalise_refund`."""
        return finances.normalise_refund(payload, order_id)

    @classmethod
    def normalise_return(cls, payload: Any) -> Return:
        """See :meth:`~..base.Connector.normalise_return`."""
        return returns.normalise_return(payload)

    # -- connection test ---------------------------------------------------------------

    def _doubts(self, rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
        """What is not as it should be in the marketplaces that are worked on."""
        found = _participating(rows)
        wanted = self.credentials.marketplaces or tuple(found)
        doubts = [] if set(wanted) <= set(found) else ["not_participating"]
        parts = [_part(found[ref], "participation") for ref in wanted if ref in found]
        if any(part.get("hasSuspendedListings") is True for part in parts):
            doubts.append("listings_suspended")
        return tuple(doubts)

    def _described(
        self, rows: Iterable[Mapping[str, Any]], warnings: tuple[str, ...]
    ) -> ShopInfo:
        """The first marketplace, as Amazon and :mod:`.const` know it."""
        found = _participating(rows)
        wanted = self.credentials.marketplaces or tuple(found)
        first = next((found[ref] for ref in wanted if ref in found), {})
        told = _part(first, "marketplace")
        known = MARKETPLACES.get(wanted[0]) if wanted else None
        currency = str(told.get("defaultCurrencyCode") or "")
        return ShopInfo(
            name=str(first.get("storeName") or told.get("name") or self.title),
            currency=currency or (known.currency if known else ""),
            timezone=known.timezone if known else "",
            version=self.credentials.api_version or "2026-01-01",
            prices_include_tax=known.prices_include_tax if known else None,
            warnings=warnings,
        )


def _participating(
    rows: Iterable[Mapping[str, Any]],
) -> dict[str, Mapping[str, Any]]:
    """Marketplaces in which the seller takes part, by id."""
    return {
        str(_part(row, "marketplace").get("id")): row
        for row in rows
        if _part(row, "participation").get("isParticipating") is True
    }


def _related(row: ExternalProduct, family: Family | None) -> ExternalProduct:
    if family is None:
        return row
    if family.is_parent or not family.options:
        return replace(row, is_parent=row.is_parent or family.is_parent)
    return replace(row, parent_ref=family.parent_sku, options=family.options)


def _part(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = row.get(key)
    return value if isinstance(value, Mapping) else {}
