"""The order feed: every change of every order, in order, none lost.

Orders are searched by ``updated_at`` and sorted by it. Within a run the pages are
joined by the search's own cursor, which points behind a row, not at a position
(recorded cursors hold the last row's id and value; not confirmed by documentation): an
order that changes moves to the end of the list and pushes no other out. The lower bound
stays put until the run is over.

The search index lags behind: a row that was written a moment ago may not be found yet.
So what happened in the last :data:`SETTLE` is read but not ticked off: a run ends
before that moment, and the next one reads it again. Older seconds are over: the next
run begins behind the newest of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import Envelope, OrderCursor, OrderPage
from ..errors import RequestRefused
from . import documents
from .api import Api, TooCostly, elements, next_cursor
from .orders import PAGE_LIMIT, Orders, Page, envelope_of, modified_between, moment_of

SETTLE = timedelta(seconds=60)
"""How long the search index may take to show a change (no figure is documented)."""

SECOND = timedelta(seconds=1)  # the grain of time stamps

_AFTER, _LAST, _RESUME, _DRAFTS = "@after:", "@last:", "@resume:", "@drafts"


@dataclass(frozen=True)
class FeedState:
    """An :class:`~..base.OrderCursor`, unpacked.

    :param after: where the next page of the run begins; ``None`` = a new run.
    :param last: the newest stamp of the run so far.
    :param resume: the run passed moments that the index may not have shown whole; it
        ends before them, however long it takes.
    :param drafts: the run has come to the drafts.
    """

    since: datetime | None
    after: str | None = None
    last: datetime | None = None
    resume: datetime | None = None
    drafts: bool = False

    @classmethod
    def of(cls, cursor: OrderCursor) -> FeedState:
        """Unpack a cursor."""
        notes = cursor.seen
        return cls(
            cursor.since and cursor.since.astimezone(timezone.utc),
            _note(notes, _AFTER),
            moment_of(_note(notes, _LAST)),
            moment_of(_note(notes, _RESUME)),
            _DRAFTS in notes,
        )

    def cursor(self) -> OrderCursor:
        """Pack it again, in the middle of a run."""
        notes = set()
        if self.after is not None:
            notes.add(_AFTER + self.after)
        if self.last is not None:
            notes.add(_LAST + self.last.isoformat())
        if self.resume is not None:
            notes.add(_RESUME + self.resume.isoformat())
        if self.drafts:
            notes.add(_DRAFTS)
        return OrderCursor(self.since, frozenset(notes))

    def passed(self, moment: datetime | None) -> FeedState:
        """One row further."""
        if moment is None or (self.last and moment <= self.last):
            return self
        return replace(self, last=moment)

    def unsettled(self, shop_now: datetime, whole: bool = False) -> FeedState:
        """After a page that was read at some moment by the shop's clock.

        :param whole: remember the moment although no row was so new.
        """
        settled = _settled(shop_now)
        if not whole and (self.last is None or self.last <= settled):
            return self
        return replace(self, resume=min(self.resume or settled, settled))

    def ended(self, shop_now: datetime) -> OrderCursor:
        """Where the next run begins: behind the newest row, or before what may lag."""
        if self.last is None:
            return OrderCursor(self.since)
        behind = self.last.replace(microsecond=0) + SECOND
        settled = _settled(shop_now)
        return OrderCursor(min(behind, settled, self.resume or settled))


def _settled(shop_now: datetime) -> datetime:
    return shop_now.replace(microsecond=0) - SETTLE


def _note(notes: frozenset[str], name: str) -> str | None:
    return next((note[len(name) :] for note in notes if note.startswith(name)), None)


class OrderFeed:
    """Reads the orders of a shop by modification, and its drafts after them.

    Drafts are read when the option ``drafts`` is set. A draft that became an order is
    left to the order.
    """

    def __init__(self, api: Api, orders: Orders):
        self.api = api
        self.orders = orders

    def next_page(self, cursor: OrderCursor, page_size: int = PAGE_LIMIT) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_orders`."""
        state = FeedState.of(cursor)
        page = self._page(state, page_size)
        envelopes: list[Envelope] = []
        for node in page.nodes:
            state = state.passed(moment_of(node.get("updatedAt")))
            if not _is_order_by_now(node):
                envelopes.append(envelope_of(node))
        if page.after is not None:
            state = replace(state.unsettled(page.shop_now), after=page.after)
            return OrderPage(tuple(envelopes), state.cursor(), True)
        if self.orders.options.get("drafts") and not state.drafts:
            # Orders that change while the drafts are read are not looked for again.
            state = state.unsettled(page.shop_now, whole=True)
            state = replace(state, after=None, drafts=True)
            return OrderPage(tuple(envelopes), state.cursor(), True)
        return OrderPage(tuple(envelopes), state.ended(page.shop_now), False)

    def _page(self, state: FeedState, page_size: int) -> Page:
        read = self._drafts if state.drafts else self.orders.page
        search = modified_between(state.since)
        try:
            return read(search, state.after, page_size)
        except TooCostly:
            raise
        except RequestRefused:
            if state.after is None:
                raise
        # A cursor that the shop does not take any more: the run begins again.
        return read(search, None, page_size)

    def _drafts(self, search: str, after: str | None, first: int) -> Page:
        first = max(1, min(first, PAGE_LIMIT))
        answer = self.api.ask(
            documents.DRAFTS, "drafts.list", first=first, after=after, query=search
        )
        connection = answer.data.get("draftOrders")
        nodes = self.orders.finished(elements(connection, "nodes"))
        return Page(nodes, next_cursor(connection), answer.shop_now)


def _is_order_by_now(node: Any) -> bool:
    return node.get("status") == "COMPLETED" and bool(node.get("order"))
