"""The order feed: every change of every order, in order, none lost.

WooCommerce lists orders by the moment of their last modification, with the grain of a
second. Two ways to read such a list lose orders:

* *page numbers*: an order that is touched between page 1 and page 2 moves to the end,
  and the first row of page 2 moves to page 1 unseen;
* *leaving out what was seen* (``exclude``): an order that changes again is left out
  too.

So the feed is a **moving window**: always the first page of "modified at or after
*since*", and *since* moves to the stamp of the last row. Rows of that second come
twice and are dropped here by id.

A second with more rows than a page (a bulk edit) cannot be left that way. It is
**drained**: rows of exactly that second in the order of ids, see
:meth:`~.api.Api.next_by_id`. A second that is over only ever loses rows (to later
seconds, where the window finds them), which is what makes this complete.

A row gets its stamp before it becomes visible, and a second that is still running can
get more rows. So what happened in the last :data:`SETTLE` is read in the same run but
not ticked off: when a run ends, *since* returns to before that moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import (
    ORDER,
    ORDER_HINT,
    Envelope,
    OrderCursor,
    OrderPage,
    canonical_json,
)
from ..errors import BadAnswer, PayloadError, RequestRefused, TooOld
from .api import OVERLAP, PAGE_LIMIT, WALK_MINIMUM, Api, Page, Place
from .webhook import readable_id, without_volatile

SECOND = timedelta(seconds=1)

SETTLE = timedelta(seconds=10)
"""How long the shop may take from stamping an order to showing it."""

UNDATED_LIMIT = 20_000
"""Orders without a date of modification after which the shop is given up on."""

# Local hours in which clocks are put back somewhere, and so run twice.
_TWICE = (21, 22, 23, 0, 1, 2, 3)

_DRAIN = re.compile(r"@drain:(\d+):(\d+)")
_RESUME = re.compile(r"@resume:(.+)")


@dataclass(frozen=True)
class _Row:
    """A row of the list with what the feed needs to know of it.

    :param stamp: ``date_modified_gmt``; ``None`` when it cannot be read.
    :param local: ``date_modified``, the same moment on the shop's wall clock.
    """

    envelope: Envelope
    record_id: str | None
    stamp: datetime | None
    local: datetime | None

    @classmethod
    def of(cls, payload: Any) -> _Row:
        record_id = readable_id(payload)
        payload = without_volatile(payload)
        try:
            raw = canonical_json(payload)
        except PayloadError:
            # Nested beyond reason: whoever fetches it alone gets the error alone.
            raw, kind = canonical_json({"id": record_id}), ORDER_HINT
        else:
            kind = ORDER
        if record_id is None:
            return cls(Envelope.unreadable(raw.encode("utf-8")), None, None, None)
        return cls(
            Envelope(kind, record_id, raw),
            record_id,
            _moment(payload.get("date_modified_gmt")),
            _moment(payload.get("date_modified")),
        )


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value.removesuffix("Z"))
        moment = moment.replace(tzinfo=moment.tzinfo or timezone.utc)
        return moment.astimezone(timezone.utc).replace(microsecond=0)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class _State:
    """An :class:`~..base.OrderCursor`, unpacked.

    :param seen: ids of the second ``since`` that need not be given out again.
    :param drain: the place in the second ``since`` while it is being drained.
    :param resume: the run passed moments that had not settled; it ends before them.
    """

    since: datetime | None
    seen: frozenset[str] = frozenset()
    drain: Place | None = None
    resume: datetime | None = None

    @classmethod
    def of(cls, cursor: OrderCursor) -> _State:
        drain = resume = None
        seen = set()
        for note in cursor.seen:
            if match := _DRAIN.fullmatch(note):
                drain = Place(int(match[1]), int(match[2]))
            elif match := _RESUME.fullmatch(note):
                resume = _moment(match[1])
            else:
                seen.add(note)
        since = cursor.since and cursor.since.astimezone(timezone.utc)
        return cls(since, frozenset(seen), drain if since else None, resume)

    def cursor(self) -> OrderCursor:
        notes = set(self.seen)
        if self.drain is not None:
            notes.add(f"@drain:{self.drain.through}:{self.drain.count}")
        if self.resume is not None:
            notes.add(f"@resume:{self.resume.isoformat()}")
        return OrderCursor(self.since, frozenset(notes))

    def moved(
        self,
        since: datetime,
        shop_now: datetime,
        seen: frozenset[str] = frozenset(),
        drain: Place | None = None,
    ) -> _State:
        """Further on in the same run, remembering what was passed unsettled."""
        resume = self.resume
        settled = shop_now - SETTLE
        if since > settled:
            resume = min(resume or settled, settled)
        return _State(since, seen, drain, resume)


class OrderFeed:
    """Reads the list of orders of one shop by modification.

    :param status: ``"any"`` (which never shows the trash) or ``"trash"``.
    """

    path = "orders"

    def __init__(self, api: Api, status: str = "any"):
        self.api = api
        self.status = status

    def next_page(self, cursor: OrderCursor, page_size: int = PAGE_LIMIT) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_orders`.

        :raises TooOld: when the shop does not filter by modification (before
            WooCommerce 5.8, 2021; the number is not confirmed).
        """
        state = _State.of(cursor)
        page_size = max(1, min(page_size, PAGE_LIMIT))
        if state.drain is not None:
            return self._drain(state, page_size)
        return self._window(state, page_size)

    # -- the moving window -------------------------------------------------------------

    def _window(self, state: _State, page_size: int) -> OrderPage:
        page, rows = self._dated_page(state.since, page_size)
        if not page.has_more:
            return self._end(state, rows, page.shop_now)
        earlier = self._before_clock_change(state, rows, page_size)
        if earlier is not None:
            return earlier
        return self._advance(state, rows, page.shop_now)

    def _dated_page(
        self, since: datetime | None, page_size: int
    ) -> tuple[Page, list[_Row]]:
        """The first page, and what follows while not a single row of it has a stamp.

        Orders without a stamp come first in a list from the beginning, and the window
        cannot move over them. They are passed like :meth:`~.api.Api.next_by_id` passes
        rows: by offset, each page overlapping what is known.
        """
        page = self._list(since, None, page_size)
        rows = [_Row.of(payload) for payload in page.rows]
        known = {row.record_id for row in rows}
        end, doubted = page.asked, set()
        offset = max(0, end - OVERLAP)
        while page.has_more and not any(row.stamp for row in rows):
            page = self._list(since, None, max(page_size, WALK_MINIMUM), offset)
            news = [_Row.of(payload) for payload in page.rows]
            first = news[0].record_id if news else ""
            joined = not offset or first in known
            if not joined and (page.is_complete or offset not in doubted):
                doubted.add(offset)  # see next_by_id
                offset = max(0, offset - page.asked)
                continue
            rows += [row for row in news if row.record_id not in known]
            known.update(row.record_id for row in news)
            end = offset + page.asked
            if end > UNDATED_LIMIT:
                raise BadAnswer("orders without a date of modification without end")
            offset = end - OVERLAP
        return page, rows

    def _list(
        self,
        since: datetime | None,
        before: datetime | None,
        page_size: int,
        offset: int = 0,
    ) -> Page:
        return self._page(
            **self._between(since, before),
            orderby="modified",
            order="asc",
            per_page=page_size,
            offset=offset,
        )

    def _between(
        self, since: datetime | None, before: datetime | None
    ) -> dict[str, Any]:
        """Filter for ``since <= modified < before``.

        Both bounds of the API are exclusive, at the grain of a second. Stamps are sent
        without a zone and ``dates_are_gmt`` says that they are UTC: that is the form
        confirmed on 7.9 and on 11.0 with both kinds of storage.
        """
        query: dict[str, Any] = {"status": self.status, "dates_are_gmt": True}
        if since is not None:
            query["modified_after"] = _naive(since - SECOND)
        if before is not None:
            query["modified_before"] = _naive(before)
        return query

    def _page(self, **query: Any) -> Page:
        try:
            return self.api.page(self.path, "orders.list", **query)
        except RequestRefused as error:
            if error.details.get("remote_code") != "rest_invalid_param":
                raise
            details = error.details
        # Sorting by modification came in 2020, a year before filtering by it, so a
        # shop that cannot sort cannot filter: there is nothing to fall back to.
        raise TooOld("the shop cannot sort orders by modification", **details)

    def _advance(
        self, state: _State, rows: list[_Row], shop_now: datetime
    ) -> OrderPage:
        """More to come: move the window to the last row."""
        stamps = [row.stamp for row in rows if row.stamp]
        # The last row, not the latest stamp: should the list not be sorted by what it
        # shows, the window rather moves too little.
        last = stamps[-1]
        if state.since and max(stamps) < state.since:
            raise TooOld("the shop does not filter orders by date of modification")
        if state.since and last <= state.since:
            last = max(stamps)
        drain = Place() if last == state.since else None
        seen = state.seen if drain else _ids_at(rows, last)
        state_after = state.moved(last, shop_now, seen, drain)
        return OrderPage(_fresh(state, rows), state_after.cursor(), True)

    def _end(self, state: _State, rows: list[_Row], shop_now: datetime) -> OrderPage:
        """Nothing more to come: stay on the last row, or before what may still move."""
        envelopes = _fresh(state, rows)
        stamps = [row.stamp for row in rows if row.stamp]
        last = max(stamps, default=state.since)
        if last is None:
            return OrderPage(envelopes, OrderCursor(), False)
        settled = shop_now.replace(microsecond=0) - SETTLE
        since = min(last, settled, state.resume or settled)
        seen = _ids_at(rows, last) if since == last else frozenset()
        return OrderPage(envelopes, OrderCursor(since, seen), False)

    # -- a second with more rows than a page -------------------------------------------

    def _drain(self, state: _State, page_size: int) -> OrderPage:
        """Read on inside the second ``since``; leave it when it is empty."""
        rows, place, more, shop_now = self.api.next_by_id(
            self.path,
            "orders.list",
            state.drain,
            page_size,
            **self._between(state.since, state.since + SECOND),
        )
        envelopes = _fresh(state, [_Row.of(payload) for payload in rows])
        if more:
            after = state.moved(state.since, shop_now, state.seen, place)
        else:
            after = state.moved(state.since + SECOND, shop_now)
        return OrderPage(envelopes, after.cursor(), True)

    # -- the hour that runs twice ------------------------------------------------------

    def _before_clock_change(
        self, state: _State, rows: list[_Row], page_size: int
    ) -> OrderPage | None:
        """Rows that hide behind a page because the shop's clock was put back.

        Without high-performance order storage WooCommerce *filters* by UTC but *sorts*
        by the shop's wall clock (``post_modified``; source of WooCommerce 11). In the
        hour that runs twice, a row of the second pass can come before one of the
        first, and moving the window to it would skip the other. So for a full page
        that ends in such an hour, everything before its first row of the later offset
        is asked for, and read first if there is anything.
        """
        dated = [row for row in rows if row.stamp and row.local]
        if not dated or dated[-1].local.hour not in _TWICE:
            return None
        offset = min(row.local - row.stamp for row in dated)
        border = min(row.stamp for row in dated if row.local - row.stamp == offset)
        if state.since and border <= state.since:
            return None
        page = self._list(state.since, border, page_size)
        hidden = [_Row.of(payload) for payload in page.rows]
        if not hidden:
            return None
        # The dated rows of the first page come again; the others would not.
        hidden = [row for row in rows if not row.stamp] + hidden
        if page.has_more and any(row.stamp for row in hidden):
            return self._advance(state, hidden, page.shop_now)
        after = state.moved(border, page.shop_now)
        return OrderPage(_fresh(state, hidden), after.cursor(), True)


def _ids_at(rows: list[_Row], stamp: datetime) -> frozenset[str]:
    return frozenset(row.record_id for row in rows if row.stamp == stamp)


def _fresh(state: _State, rows: list[_Row]) -> tuple[Envelope, ...]:
    return tuple(
        row.envelope
        for row in rows
        if row.stamp != state.since or row.record_id not in state.seen
    )


def _naive(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
