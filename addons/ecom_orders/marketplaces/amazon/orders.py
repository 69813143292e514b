"""The order feed and the listing of orders, in both versions of the interface.

Facts of the models (Orders API 2026-01-01 ``searchOrders``, v0 ``getOrders``): exactly
one of *created after* and *last updated after*; a *before* has to lie two minutes in
the past; all bounds are inclusive; answers name the end that was applied
(``lastUpdatedBefore``); at most 100 rows; the next page is asked for with the same
parameters and the token of the page before. No order of the rows is promised, so a
window counts as read only when its last page was.

Personal data need restricted roles. Whether an application without them is answered
without these data or not at all is not said by the models, and both are reported
(issues 5306 and 5319 of the official models); so a refusal is asked again without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ..base import ORDER, Envelope, OrderCursor, OrderPage
from ..errors import (
    BadAnswer,
    NotFound,
    PayloadError,
    PermissionRefused,
    RequestRefused,
)
from ..reading import Reader
from ..schema import ZERO, OrderStatus, OrderSummary
from . import legacy, normaliser
from .api import Api, next_token, rows_of
from .const import OPEN_DATA, ORDER_DATA

PAGE_LIMIT = 100
LEGACY_PAGE_LIMIT = 30  # each order costs a question for its items; burst of that
HISTORY = timedelta(days=730)
"""Orders older than two years are not kept (documentation; not in the models)."""

WINDOW = timedelta(days=180)
"""How much is read as one list: a token of a page lives for a day only, and a window
whose token has died is read again from its start. Without a start all is one list."""

SAFETY = timedelta(minutes=3)
"""A *before* that we send lies so far in the past: two minutes are demanded."""

DEFAULT_END = timedelta(minutes=2)
"""Where a window ends that has no end of its own and whose answer names none."""


@dataclass(frozen=True)
class Search:
    """The names that a version of the interface uses."""

    path: str
    operation: str
    token: str
    page_size: str
    marketplaces: str
    updated_after: str
    updated_before: str
    created_after: str
    created_before: str
    data: str = ""


SEARCH_2026 = Search(
    "/orders/2026-01-01/orders",
    "orders.searchOrders",
    "paginationToken",
    "maxResultsPerPage",
    "marketplaceIds",
    "lastUpdatedAfter",
    "lastUpdatedBefore",
    "createdAfter",
    "createdBefore",
    "includedData",
)
SEARCH_V0 = Search(
    "/orders/v0/orders",
    "ordersV0.getOrders",
    "NextToken",
    "MaxResultsPerPage",
    "MarketplaceIds",
    "LastUpdatedAfter",
    "LastUpdatedBefore",
    "CreatedAfter",
    "CreatedBefore",
)


@dataclass(frozen=True)
class Place:
    """How far a window was read, kept in :attr:`~..base.OrderCursor.seen`.

    :param token: of the next page; empty = the window has not been begun.
    :param size: rows of a page; the pages of one window have the same.
    :param until: end of the window, where we set one.
    :param impersonal: the day (ISO 8601) on which personal data were refused; the next
        day they are asked for again.
    """

    token: str = ""
    size: int = PAGE_LIMIT
    until: datetime | None = None
    impersonal: str = ""

    @classmethod
    def of(cls, seen: frozenset[str]) -> Place:
        """Read a place from a cursor; one without a token = a window begins."""
        notes = dict(note.split(" ", 1) for note in seen if " " in note)
        impersonal = notes.get("impersonal", "")
        if not {"token", "size"} <= set(notes) or not notes["size"].isdigit():
            return cls(impersonal=impersonal)
        until = notes.get("until")
        return cls(
            notes["token"],
            int(notes["size"]),
            datetime.fromisoformat(until) if until else None,
            impersonal,
        )

    @property
    def notes(self) -> frozenset[str]:
        """The place as it is kept in a cursor."""
        until = {f"until {self.until.isoformat()}"} if self.until else set()
        page = {f"token {self.token}", f"size {self.size}", *until}
        return frozenset(page) | self.lasting

    @property
    def lasting(self) -> frozenset[str]:
        """What is still worth knowing when the window has been read."""
        return frozenset({f"impersonal {self.impersonal}"} if self.impersonal else ())


class Orders:
    """Reads orders of one seller in the version that the credentials ask for."""

    def __init__(self, api: Api):
        self._api = api
        self._is_legacy = api.credentials.api_version == "v0"
        self._search = SEARCH_V0 if self._is_legacy else SEARCH_2026

    # -- the feed ----------------------------------------------------------------------

    def next_page(self, cursor: OrderCursor, page_size: int) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_orders`.

        While a window is being read the cursor keeps its start and notes the token;
        after the last page it moves to the end that the answer names.
        """
        since = cursor.since or self._api.now() - HISTORY
        place = Place.of(cursor.seen)
        if place.token:
            try:
                return self._read(since, place)
            except RequestRefused as error:
                # A token that has died: the window is read again from its start.
                if error.details.get("status") != 400:
                    raise
        limit = LEGACY_PAGE_LIMIT if self._is_legacy else PAGE_LIMIT
        until = since + WINDOW
        open_end = cursor.since is None or until >= self._api.now() - SAFETY
        place = Place(
            size=min(max(page_size, 1), limit),
            until=None if open_end else until,
            impersonal=place.impersonal if place.impersonal == self._today() else "",
        )
        try:
            return self._read(since, place)
        except PermissionRefused:
            if place.impersonal or self._is_legacy:
                raise
        return self._read(since, replace(place, impersonal=self._today()))

    def _today(self) -> str:
        return self._api.now().date().isoformat()

    def _read(self, since: datetime, place: Place) -> OrderPage:
        names = self._search
        asked_at = self._api.now()
        answer = self._ask(
            place.size,
            place.token,
            {names.updated_after: since, names.updated_before: place.until},
            OPEN_DATA if place.impersonal else ORDER_DATA,
        )
        token = next_token(answer)
        if token and token == place.token:
            raise BadAnswer("a page that names itself as the next one")
        if token:
            cursor = OrderCursor(since, replace(place, token=token).notes)
            return OrderPage(self._envelopes(answer), cursor, True)
        end = self._told_end(answer) or place.until or asked_at - DEFAULT_END
        cursor = OrderCursor(max(since, end), place.lasting)
        return OrderPage(self._envelopes(answer), cursor, place.until is not None)

    def _told_end(self, answer: Mapping[str, Any]) -> datetime | None:
        part = answer.get("payload") if self._is_legacy else answer
        try:
            return Reader(part).moment(self._search.updated_before)
        except PayloadError:
            return None

    def _ask(
        self, size: int, token: str, bounds: Mapping[str, Any], data: tuple[str, ...]
    ) -> Mapping[str, Any]:
        names = self._search
        query: dict[str, Any] = {
            **bounds,
            names.page_size: size,
            names.marketplaces: self._marketplaces(),
            names.token: token,
        }
        if names.data:
            query[names.data] = data
        return self._api.get(names.path, names.operation, **query)

    def _marketplaces(self) -> tuple[str, ...]:
        """v0 demands them; without any 2026-01-01 searches all."""
        if self._is_legacy:
            return self._api.marketplaces()
        return self._api.credentials.marketplaces

    def _rows(self, answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        path = ("payload", "Orders") if self._is_legacy else ("orders",)
        return rows_of(answer, *path)

    def _envelopes(self, answer: Mapping[str, Any]) -> tuple[Envelope, ...]:
        return tuple(self._envelope(row) for row in self._rows(answer))

    def _envelope(self, row: Mapping[str, Any]) -> Envelope:
        order_id = row.get("AmazonOrderId" if self._is_legacy else "orderId")
        if not isinstance(order_id, str) or not order_id:
            return Envelope.unreadable(repr(row).encode("utf-8", "replace"))
        if self._is_legacy:
            row = {**row, "OrderItems": self._items(order_id)}
        return Envelope.of(ORDER, order_id, row)

    def _items(self, order_id: str) -> list[Mapping[str, Any]]:
        pages = self._api.pages(
            f"/orders/v0/orders/{self._api.order_path(order_id)}/orderItems",
            "ordersV0.getOrderItems",
            "NextToken",
        )
        return [row for page in pages for row in rows_of(page, "payload", "OrderItems")]

    # -- single orders and listings ----------------------------------------------------

    def fetch(self, order_id: str) -> Mapping[str, Any]:
        """The payload of one order, as the feed gives it.

        :raises NotFound: when Amazon does not have it.
        """
        path = self._api.order_path(order_id)
        if self._is_legacy:
            answer = self._api.get(f"/orders/v0/orders/{path}", "ordersV0.getOrder")
            row = answer.get("payload")
            key = "AmazonOrderId"
        else:
            row = self._get_whole(order_id).get("order")
            key = "orderId"
        if not isinstance(row, Mapping) or row.get(key) != order_id:
            raise NotFound("asked for one order and got something else")
        if self._is_legacy:
            return {**row, "OrderItems": self._items(order_id)}
        return row

    def _get_whole(self, order_id: str) -> Mapping[str, Any]:
        try:
            return self.get(order_id, ORDER_DATA)
        except PermissionRefused:
            return self.get(order_id, OPEN_DATA)

    def get(self, order_id: str, data: tuple[str, ...]) -> Mapping[str, Any]:
        """The answer of 2026-01-01 for one order with chosen data sets."""
        return self._api.get(
            f"{SEARCH_2026.path}/{self._api.order_path(order_id)}",
            "orders.getOrder",
            includedData=data,
        )

    def list(
        self, since: datetime, until: datetime
    ) -> Iterator[tuple[OrderSummary, ...]]:
        """See :meth:`~..base.Connector.list_orders`.

        The end is left out when it is not far enough in the past to be sent.
        """
        names = self._search
        end = until if until <= self._api.now() - SAFETY else None
        bounds = {names.created_after: since, names.created_before: end}
        token = ""
        seen: set[str] = set()
        while True:
            data = ("PROCEEDS", "FULFILLMENT")
            answer = self._ask(PAGE_LIMIT, token, bounds, data)
            found = [self._summary(row, since) for row in self._rows(answer)]
            yield tuple(row for row in found if since <= row.created_at < until)
            token = next_token(answer)
            if not token or token in seen:
                return
            seen.add(token)

    def _summary(self, row: Mapping[str, Any], since: datetime) -> OrderSummary:
        """What counts of an order; one that cannot be read is still counted."""
        try:
            order = normaliser.normalise(legacy.translate(row))
        except PayloadError:
            order_id = row.get("orderId") or row.get("AmazonOrderId") or ""
            return OrderSummary(str(order_id), "", ZERO, OrderStatus.UNKNOWN, since)
        return OrderSummary(
            order.external_id,
            order.currency,
            order.total,
            order.status,
            order.created_at,
            order.number,
        )
