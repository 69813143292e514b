"""Listings by the moment of modification: every change, none lost.

The platform lists what was modified in a window of time (a day at most), newest first,
by pages. Two things lose rows there:

* *reading pages forwards*: a row that is modified meanwhile leaves the window, all rows
  behind it move up, and the first of the next page is skipped. So pages are read from
  the last to the first, as the platform's documentation demands: rows then only ever
  move to pages that are still to come;
* *windows that are still running*: a new row at their top moves the others down, onto
  pages that were read already. So a window ends :data:`SETTLE` before the platform's
  clock. What happened after that is read at the end of each run, but not ticked off:
  the next run reads it again, without what was given out and has not changed since.

Sources: metadata of ``taobao.trades.sold.increment.get`` (span, order, history, advice
on pages). Whether both ends of a window are inclusive is not confirmed: windows overlap
by a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import Envelope, OrderCursor, OrderPage
from ..errors import (
    BadAnswer,
    NotFound,
    PayloadError,
    RequestRefused,
    ServerFailed,
)
from . import moments
from .api import Api, has_next, rows, total_of

SECOND = timedelta(seconds=1)
HISTORY = timedelta(days=89)  # three months are listed, counted on the safe side
WIDEST = timedelta(days=1) - 2 * SECOND  # with the overlap within the limit of a day
ADVISED = timedelta(minutes=30)  # the platform's advice, for windows with many rows
SETTLE = timedelta(minutes=3)
"""How late the platform may show a change; its own figure is not known."""

RUNNING = timedelta(seconds=10)
"""A row this young may change again within the second of its stamp."""

AHEAD = timedelta(seconds=2)  # our idea of the platform's clock has whole seconds
MANY = 1_000  # rows after which a window is cut in two
PAGE_LIMIT = 50  # rows; 40 to 50 are advised
LAST_PAGE_LIMIT = 100  # the platform's limit
WINDOWS_AT_ONCE = 100  # empty windows passed in one call: all of the history

_OPEN = re.compile(r"@window:(\d{1,12}):(\d{1,9}):(\d{1,9})", re.ASCII)
_SEEN = re.compile(r"(\d{1,25})@(\d{1,12})", re.ASCII)
FEW = 3  # rows of a page that may fail on the platform's side
# One row that cannot be read whole says nothing about the next one.
_LOCAL_ERRORS = (NotFound, RequestRefused, BadAnswer, PayloadError)
_LONGEST = 5 * 365 * 86_400  # seconds; a number beyond it is no offset of ours


@dataclass(frozen=True)
class Window:
    """A span of time that is being read, and its page to be read next.

    :param page: counted from 1 = newest; 0 = all are read.
    :param size: rows of a page; the largest one marks the window that still runs.
    """

    start: datetime
    end: datetime
    page: int = 0
    size: int = PAGE_LIMIT

    @property
    def runs(self) -> bool:
        """Whether it reaches up to the present."""
        return self.size == LAST_PAGE_LIMIT


@dataclass(frozen=True)
class State:
    """An :class:`~..base.OrderCursor`, unpacked.

    :param seen: id and stamp of what was given out and lies after ``since``.
    """

    since: datetime | None
    window: Window | None = None
    seen: frozenset[tuple[str, int]] = field(default_factory=frozenset)

    @classmethod
    def of(cls, cursor: OrderCursor) -> State:
        since = cursor.since
        if since is not None:
            since = since.astimezone(timezone.utc).replace(microsecond=0)
        window, seen = None, set()
        for note in cursor.seen:
            if match := _SEEN.fullmatch(note):
                seen.add((match[1], int(match[2])))
            elif (match := _OPEN.fullmatch(note)) and since:
                window = _window(since, match)
        return cls(since, window, frozenset(seen))

    def cursor(self) -> OrderCursor:
        notes = {f"{row_id}@{stamp}" for row_id, stamp in self.seen}
        if self.window and self.since:
            seconds = int((self.window.end - self.since).total_seconds())
            notes.add(f"@window:{seconds}:{self.window.page}:{self.window.size}")
        return OrderCursor(self.since, frozenset(notes))

    def done(self, since: datetime) -> State:
        """With the window read: what lies before ``since`` is forgotten."""
        oldest = int((since - SECOND).timestamp())
        seen = frozenset(pair for pair in self.seen if pair[1] >= oldest)
        return State(since, None, seen)


def _window(since: datetime, match: re.Match[str]) -> Window | None:
    seconds, page, size = (int(number) for number in match.groups())
    if seconds > _LONGEST or not 1 <= size <= LAST_PAGE_LIMIT:
        return None
    return Window(since, since + timedelta(seconds=seconds), page, size)


@dataclass(frozen=True)
class Listing:
    """What is listed.

    :param method: of the interface; it takes ``start_modified`` and ``end_modified``.
    :param key: under which the answer has its rows.
    :param id_key: of a row.
    """

    method: str
    key: str
    id_key: str
    fields: tuple[str, ...]


class Feed:
    """Reads one listing.

    :param types: kinds of trades to be listed.
    :param whole: makes the envelope of a row, reading it whole; ``None`` leaves the
        row out.
    :param instead: makes the envelope of a row that cannot be read whole.
    """

    def __init__(
        self,
        api: Api,
        listing: Listing,
        types: tuple[str, ...],
        whole: Callable[[str, Mapping[str, Any]], Envelope | None],
        instead: Callable[[str, Mapping[str, Any]], Envelope],
    ):
        self.api = api
        self.listing = listing
        self.types = types
        self.whole = whole
        self.instead = instead
        self._failures = 0

    def next_page(self, cursor: OrderCursor, page_size: int = PAGE_LIMIT) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_orders`."""
        state = State.of(cursor)
        size = max(1, min(page_size, PAGE_LIMIT))
        for _ in range(WINDOWS_AT_ONCE):
            if state.window is None:
                state, found = self._open(state, size)
            else:
                state, found = self._turn(state)
            envelopes, state = self._take(state, found)
            if state.window is None or state.window.page:
                break
            runs = state.window.runs
            state = self._leave(state)
            if runs or envelopes:
                return OrderPage(envelopes, state.cursor(), not runs)
        return OrderPage(envelopes, state.cursor(), True)

    # -- windows -----------------------------------------------------------------------

    def _open(self, state: State, size: int) -> tuple[State, list[Any]]:
        """Choose the next window; its only page is read with that, or none yet."""
        since = self._start(state)
        state = replace(state, since=since)
        skew, window = self.api.skew, self._next_window(since, size)
        total, found = self._count(window)
        if abs(self.api.skew - skew) > SECOND:
            # Only the answer told what time it is over there.
            window = self._next_window(since, size)
            total, found = self._count(window)
        while total > MANY and window.end - window.start > ADVISED and not window.runs:
            half = timedelta(seconds=(window.end - window.start) // SECOND // 2)
            window = replace(window, end=window.start + max(half, ADVISED))
            total, found = self._count(window)
        pages = -(-total // window.size)
        if pages > 1:
            return replace(state, window=replace(window, page=pages)), []
        return replace(state, window=replace(window, page=0)), found

    def _start(self, state: State) -> datetime:
        """From where to read on: no further back than there is something."""
        oldest = self.api.now().replace(microsecond=0) - HISTORY
        return max(state.since, oldest) if state.since else oldest

    def _next_window(self, since: datetime, size: int) -> Window:
        now = self.api.now().replace(microsecond=0)
        settled = now - SETTLE
        if since < settled:
            end = min(since + WIDEST, settled)
            return Window(since, end, 1, size)
        return Window(since, max(now, since) + AHEAD, 1, LAST_PAGE_LIMIT)

    def _turn(self, state: State) -> tuple[State, list[Any]]:
        """Read the page that is due, and go on to the one before it."""
        window = state.window
        found = self._page(window)
        page = replace(window, page=max(0, window.page - 1))
        return replace(state, window=page), found

    def _leave(self, state: State) -> State:
        """Tick off a window that is read."""
        window = state.window
        if not window.runs:
            return state.done(window.end)
        return state.done(max(window.start, window.end - AHEAD - SETTLE))

    # -- rows --------------------------------------------------------------------------

    def _count(self, window: Window) -> tuple[int, list[Any]]:
        """How many rows a window has, and those of its first page.

        A total is dear: it is only asked for when there is a second page.
        """
        answer = self._call(window, use_has_next=True)
        found = rows(answer.get(self.listing.key))
        if not has_next(answer, found, window.size):
            return len(found), found
        answer = self._call(window, use_has_next=False)
        return max(total_of(answer, self.listing.method), len(found)), found

    def _page(self, window: Window) -> list[Any]:
        answer = self._call(window, use_has_next=True)
        return rows(answer.get(self.listing.key))

    def _call(self, window: Window, use_has_next: bool) -> Mapping[str, Any]:
        return self.api.call(
            self.listing.method,
            fields=self.listing.fields,
            start_modified=window.start - SECOND,
            end_modified=window.end,
            type=self.types,
            page_no=window.page,
            page_size=window.size,
            use_has_next=use_has_next,
        )

    def _take(
        self, state: State, found: list[Any]
    ) -> tuple[tuple[Envelope, ...], State]:
        """Envelopes of rows, oldest first, without those that were given out."""
        window = state.window
        settled = self.api.now() - RUNNING
        border = (window.start if window.runs else window.end) - SECOND
        envelopes, seen = [], set(state.seen)
        for row in reversed(found):
            row_id, stamp = self._identity(row)
            if row_id is None:
                text = repr(row).encode("utf-8", "replace")
                envelopes.append(Envelope.unreadable(text))
                continue
            pair = (row_id, int(stamp.timestamp())) if stamp else None
            if pair in seen:
                continue
            envelope = self._envelope(row_id, row)
            if envelope is not None:
                envelopes.append(envelope)
            if pair and border <= stamp < settled:
                seen.add(pair)
        return tuple(envelopes), replace(state, seen=frozenset(seen))

    def _envelope(self, row_id: str, row: Mapping[str, Any]) -> Envelope | None:
        """A row read whole, or what there is instead.

        The platform can fail on single rows for good. When it fails on more than a
        few, it is the platform that has a problem, and the page is read again later.
        """
        try:
            return self.whole(row_id, row)
        except _LOCAL_ERRORS:
            return self.instead(row_id, row)
        except ServerFailed as error:
            self._failures += 1
            if error.details.get("status") != 200 or self._failures > FEW:
                raise
            return self.instead(row_id, row)

    def _identity(self, row: Any) -> tuple[str | None, datetime | None]:
        if not isinstance(row, Mapping):
            return None, None
        value = str(row.get(self.listing.id_key) or "")
        if not re.fullmatch(r"\d{1,25}", value, re.ASCII):
            return None, None
        return value, moments.parse(row.get("modified"))
