"""The feed of orders: every change of every order, in the end none lost.

eBay lists orders modified in a window of time, by position (``offset``). A row that is
modified while pages are read leaves a closed window, or moves to its end; then the rows
behind it move up, and reading on by position passes one over. So:

* what fits on one page is read at once and cannot move;
* more is read in **closed windows** that end :data:`SETTLE` before eBay's own clock and
  hold about :data:`WINDOW_ROWS` rows at most. Each page begins with the last row of the
  page before: where that row stands, in the state in which it was read, nothing was
  passed over. Where not, rows have left, and the position goes back until a row that
  was read is seen again;
* what is too young for a closed window (the *tail*) is read the same way. A row that is
  modified there moves to the end and comes again;
* each run ends :data:`OVERLAP` before eBay's clock, where the next one starts: rows
  that were being written, or moved in the tail, come again.

Limits of eBay (Fulfillment document, getOrders): at most 200 rows a page, windows
within two years, no moment in the future. Orders older than two years are not to be
had.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import ORDER, ORDER_HINT, Envelope, OrderCursor, OrderPage, canonical_json
from ..errors import BadAnswer, NotFound, PayloadError, RequestRefused
from . import const
from .api import FULFILLMENT, Api

PAGE_LIMIT = 200
WINDOW_ROWS = 1_000
IDLE_LIMIT = 200  # pages in a row without anything new, before offset is doubted
SETTLE = timedelta(seconds=2)
OVERLAP = timedelta(seconds=90)
HISTORY = timedelta(days=729)  # two years, less a day for clocks that differ
GRACE = timedelta(hours=12)  # within which a window that was begun is read to its end
SHORTEST = timedelta(minutes=1)
AHEAD = timedelta(minutes=15)  # how much our clock may be ahead of eBay's
IN_THE_FUTURE = "30850"  # refusal of a moment that has not come yet

# Refusals of one order that say nothing about the next one.
_LOCAL_ERRORS = (NotFound, RequestRefused, BadAnswer)

_NOTE = re.compile(r"@(until|offset|idle):(.+)")


@dataclass(frozen=True)
class Page:
    """One answer of a listing; ``total`` rows there are in all, ``now`` its clock."""

    rows: tuple[Any, ...]
    total: int
    now: datetime


Listing = Callable[[datetime, "datetime | None", int, int], Page]


def stamp(moment: datetime) -> str:
    """A moment as eBay's filters want it, UTC to the millisecond."""
    moment = moment.astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


@dataclass(frozen=True)
class State:
    """An :class:`~..base.OrderCursor`, unpacked.

    :param until: end of the window that is being read; ``None`` = none is.
    :param offset: rows of it that were read.
    :param idle: how many pages in a row brought nothing new.
    :param seen: rows that were read of it, each in the state it was in.
    """

    since: datetime
    until: datetime | None = None
    offset: int = 0
    idle: int = 0
    seen: frozenset[str] = frozenset()

    @classmethod
    def of(cls, cursor: OrderCursor, oldest: datetime) -> State:
        """Unpack a cursor; what eBay no longer has is not asked for."""
        since = (cursor.since or oldest).astimezone(timezone.utc)
        notes: dict[str, str] = {}
        seen = set()
        for entry in cursor.seen:
            match = _NOTE.fullmatch(entry)
            if match:
                notes[match[1]] = match[2]
            else:
                seen.add(entry)
        if since < oldest - GRACE or "until" not in notes:
            return cls(max(since, oldest))
        return cls(
            since,
            datetime.fromisoformat(notes["until"]),
            int(notes.get("offset", 0)),
            int(notes.get("idle", 0)),
            frozenset(seen),
        )

    def cursor(self) -> OrderCursor:
        """Pack it."""
        if self.until is None:
            return OrderCursor(self.since)
        notes = {
            f"@until:{self.until.isoformat()}",
            f"@offset:{self.offset}",
            f"@idle:{self.idle}",
        }
        return OrderCursor(self.since, self.seen | notes)

    @property
    def is_tail(self) -> bool:
        """Whether it is open towards now: a window of no length marks it."""
        return self.until is not None and self.until <= self.since


class WindowFeed:
    """Reads a listing by windows; see the module's text.

    :param listing: returns the rows between two moments (the end may be ``None``)
        from an offset on, at most so many.
    :param identify: names a row and the state it is in; empty when it has no id.
    """

    def __init__(self, listing: Listing, identify: Callable[[Any], str]):
        self.listing = listing
        self.identify = identify

    def next_page(
        self, cursor: OrderCursor, page_size: int
    ) -> tuple[tuple[Any, ...], OrderCursor, bool]:
        """The next rows, the cursor after them, whether there is more.

        :raises BadAnswer: when the listing does not honour ``offset``.
        """
        state = State.of(cursor, datetime.now(timezone.utc) - HISTORY)
        page_size = max(1, min(page_size, PAGE_LIMIT))
        if state.until is None:
            page = self.listing(state.since, None, 0, page_size)
            if page.total <= len(page.rows):
                return page.rows, OrderCursor(page.now - OVERLAP), False
            state = self._open(state, page)
        return self._read_on(state, page_size)

    def _open(self, state: State, page: Page) -> State:
        """Choose the window that is read next."""
        until = page.now - SETTLE
        if until <= state.since:
            return replace(state, until=state.since)
        total = page.total
        while total > WINDOW_ROWS and until - state.since > SHORTEST:
            span = (until - state.since) * (0.8 * WINDOW_ROWS / total)
            until = state.since + max(span, SHORTEST)
            total = self.listing(state.since, until, 0, 1).total
        return replace(state, until=until)

    def _read_on(
        self, state: State, page_size: int
    ) -> tuple[tuple[Any, ...], OrderCursor, bool]:
        start, page = self._joined_page(state, page_size)
        keys = [self.identify(row) for row in page.rows]
        new = tuple(
            row
            for row, key in zip(page.rows, keys, strict=True)
            if not key or key not in state.seen
        )
        offset = start + len(page.rows)
        if not page.rows or offset >= page.total:
            if state.is_tail:
                return new, OrderCursor(page.now - OVERLAP), False
            return new, OrderCursor(state.until), True
        idle = 0 if new else state.idle + 1
        if idle > IDLE_LIMIT:
            raise BadAnswer("the listing ignores the parameter 'offset'", offset=offset)
        seen = state.seen | set(keys) - {""}
        state = replace(state, offset=offset, idle=idle, seen=seen)
        return new, state.cursor(), True

    def _joined_page(self, state: State, page_size: int) -> tuple[int, Page]:
        """The next page and its offset; its first row was read already."""
        until = None if state.is_tail else state.until
        start, step = max(0, state.offset - 1), page_size
        while True:
            limit = min(page_size + 1, PAGE_LIMIT) if start else page_size
            page = self.listing(state.since, until, start, max(limit, 2))
            if not start or (page.rows and self._was_read(page.rows[0], state)):
                return start, page
            start, step = max(0, start - step), step * 2

    def _was_read(self, row: Any, state: State) -> bool:
        return self.identify(row) in state.seen


class OrderFeed:
    """The feed of orders."""

    def __init__(self, api: Api):
        self.api = api
        self.wanted = frozenset(api.credentials.marketplaces)

    def next_page(self, cursor: OrderCursor, page_size: int) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_orders`."""
        feed = WindowFeed(self._modified, _state_of)
        rows, cursor, more = feed.next_page(cursor, page_size)
        envelopes = tuple(self.envelope(row) for row in rows if self.is_wanted(row))
        return OrderPage(envelopes, cursor, more)

    def created(
        self, since: datetime, until: datetime | None, offset: int, limit: int
    ) -> Page:
        """Orders placed between two moments, both inclusive."""
        return self._listed("creationdate", since, until, offset, limit)

    def _modified(
        self, since: datetime, until: datetime | None, offset: int, limit: int
    ) -> Page:
        name = "lastmodifieddate"
        try:
            return self._listed(name, since, until, offset, limit)
        except RequestRefused as error:
            if until or error.details.get("remote_code") != IN_THE_FUTURE:
                raise
        # A first cursor may be by a clock that is ahead of eBay's.
        return self._listed(name, since - AHEAD, until, offset, limit)

    def _listed(
        self,
        name: str,
        since: datetime,
        until: datetime | None,
        offset: int,
        limit: int,
    ) -> Page:
        end = stamp(until) if until else ""
        answer = self.api.ask(
            "GET",
            f"{FULFILLMENT}/order",
            "orders.list",
            query={
                "filter": f"{name}:[{stamp(since)}..{end}]",
                "fieldGroups": "TAX_BREAKDOWN",
                "limit": limit,
                "offset": offset,
            },
        )
        return page_of(answer.payload, "orders", answer.now, offset)

    def is_wanted(self, row: Any) -> bool:
        """Whether an order is from a marketplace of the channel; in doubt it is."""
        codes = _marketplaces(row)
        return not self.wanted or not codes or bool(codes & self.wanted)

    def envelope(self, row: Any) -> Envelope:
        """Wrap a row of the list, read in full where the list leaves something out."""
        number = order_id(row)
        if number and needs_detail(row):
            # Gone since, or not to be had: what the list says has to do.
            with suppress(*_LOCAL_ERRORS):
                row = self.fetch(number)
        return wrap(row)

    def fetch(self, number: str) -> Any:
        """One order in full.

        :raises NotFound: when eBay does not have it.
        """
        path = f"{FULFILLMENT}/order/{segment(number)}"
        row = self.api.get(path, "orders.get", fieldGroups="TAX_BREAKDOWN")
        if order_id(row) != number:
            raise BadAnswer("asked for one order and got something else")
        return row


def page_of(payload: Any, key: str, now: datetime, offset: int) -> Page:
    """The rows of a listing's answer.

    :raises BadAnswer: when it is not a listing.
    """
    rows = payload.get(key, []) if isinstance(payload, dict) else None
    if not isinstance(rows, list):
        raise BadAnswer("a listing that is not a list", key=key)
    total = payload.get("total")
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        total = offset + len(rows)
    return Page(tuple(rows), total, now)


def segment(text: str) -> str:
    """A text as one segment of a path.

    :raises NotFound: for what could leave it: no id of eBay's looks like that.
    """
    if not re.fullmatch(r"[A-Za-z0-9!_-]{1,100}", text, re.ASCII):
        raise NotFound("not an id of eBay's")
    return text


def order_id(row: Any) -> str:
    """The id of an order's payload; empty when it has no readable one."""
    value = row.get("orderId") if isinstance(row, dict) else None
    text = value if isinstance(value, str) else ""
    return text if re.fullmatch(r"[A-Za-z0-9!_-]{1,100}", text, re.ASCII) else ""


def _state_of(row: Any) -> str:
    """An order's id and the moment of its last modification."""
    number = order_id(row)
    return f"{number}|{row.get('lastModifiedDate')}" if number else ""


def needs_detail(row: Any) -> bool:
    """Whether the list leaves out something of an order.

    Requests to cancel it, and the tax numbers of buyers in Italy and Spain.
    """
    state = row.get("cancelStatus")
    state = state.get("cancelState") if isinstance(state, dict) else None
    if state and state != const.NOT_CANCELLED:
        return True
    return bool(_marketplaces(row) & const.TAX_NUMBER_MARKETPLACES)


def _marketplaces(row: Any) -> set[str]:
    """The marketplaces on which the things of an order were bought."""
    items = row.get("lineItems") if isinstance(row, dict) else None
    codes = [
        item.get("purchaseMarketplaceId")
        for item in (items if isinstance(items, list) else ())
        if isinstance(item, dict)
    ]
    return {code for code in codes if isinstance(code, str) and code}


def wrap(row: Any) -> Envelope:
    """The envelope of an order's payload.

    Nested beyond reason it is a hint: whoever fetches it alone gets the error alone.
    """
    number = order_id(row)
    try:
        body = canonical_json(row)
    except PayloadError:
        if not number:
            return Envelope.unreadable(b"nested too deeply")
        return Envelope(ORDER_HINT, number, canonical_json({"orderId": number}))
    if not number:
        return Envelope.unreadable(body.encode("utf-8"))
    return Envelope(ORDER, number, body)
