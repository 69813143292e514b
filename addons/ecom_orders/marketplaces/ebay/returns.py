"""Returns (Post-Order ``return/search``).

Its document here names the path and nothing else: parameters and fields are those of
eBay's reference pages, *not confirmed* by a document or a recording.

The search knows no "modified since", only when a return was *requested*. So each run
reads all returns of the last :data:`LIFETIME`. Rows never leave that window, and one
that enters it while pages are read can make a row come twice but pass none over. A
return that has not changed gives the same envelope as before, which is one row of the
inbox.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import RETURN, Envelope, OrderCursor, OrderPage, canonical_json
from ..errors import PayloadError
from ..reading import MAX_NOTE, Reader
from ..schema import Return, ReturnKind, ReturnLine, ReturnStatus
from . import const
from .api import POST_ORDER, Api
from .feed import page_of, stamp

LIFETIME = timedelta(days=90)
PAGE_LIMIT = 200

_NOTE = re.compile(r"@return:([^|]+)\|([^|]+)\|(\d+)")


class ReturnFeed:
    """The feed of returns."""

    def __init__(self, api: Api):
        self.api = api

    def next_page(self, cursor: OrderCursor, page_size: int) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_returns`.

        The cursor of a finished run is the moment it began; a first run reads from
        :data:`LIFETIME` ago, or from ``since`` where that is longer ago.
        """
        begun, end, offset = self._place(cursor)
        limit = max(1, min(page_size, PAGE_LIMIT))
        answer = self.api.ask(
            "GET",
            f"{POST_ORDER}/return/search",
            "returns.list",
            query={
                "creation_date_range_from": stamp(begun),
                "creation_date_range_to": stamp(end),
                "limit": limit,
                "offset": offset,
            },
        )
        page = page_of(answer.payload, "members", answer.now, offset)
        envelopes = tuple(_wrap(row) for row in page.rows)
        offset += len(page.rows)
        if page.rows and offset < page.total:
            note = f"@return:{begun.isoformat()}|{end.isoformat()}|{offset}"
            return OrderPage(
                envelopes, OrderCursor(cursor.since, frozenset({note})), True
            )
        return OrderPage(envelopes, OrderCursor(min(end, page.now)), False)

    @staticmethod
    def _place(cursor: OrderCursor) -> tuple[datetime, datetime, int]:
        """Start and end of the window, and how many rows of it were read."""
        for note in cursor.seen:
            match = _NOTE.fullmatch(note)
            if match:
                begun, end = map(datetime.fromisoformat, match.groups()[:2])
                return begun, end, int(match[3])
        now = datetime.now(timezone.utc)
        begun = min(cursor.since or now, now) - LIFETIME
        # A day beyond now: a clock that differs hides nothing.
        return begun, now + timedelta(days=1), 0


def _wrap(row: Any) -> Envelope:
    try:
        body = canonical_json(row)
    except PayloadError:
        return Envelope.unreadable(b"nested too deeply")
    try:
        return Envelope(RETURN, Reader(row).identifier("returnId"), body)
    except PayloadError:
        return Envelope.unreadable(body.encode("utf-8"))


def normalise_return(payload: Any) -> Return:
    """Understand a ``ReturnSummaryType``: one line item, whole or in part.

    It names the line item by its listing and transaction; the transaction's number is
    the line item's id (not confirmed). A state that is not known is read as requested:
    a person looks at it.

    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    return_id = read.identifier("returnId")
    creation = read.child("creationInfo")
    item = creation.child("item")
    created_at = creation.child("creationDate").moment("value")
    if created_at is None:
        raise creation.fail("creationDate", "is missing")
    state = read.text("state", 60)
    raw = state or read.text("status", 60)
    tracking = read.child("returnShipmentInfo").child("shipmentTracking")
    return Return(
        external_id=return_id,
        order_id=read.identifier("orderId"),
        status=const.RETURN_STATUSES.get(raw, ReturnStatus.REQUESTED),
        raw_status=raw,
        created_at=created_at,
        updated_at=created_at,
        kind=ReturnKind.CUSTOMER,
        lines=(
            ReturnLine(
                external_id=return_id,
                order_line_id=item.identifier("transactionId"),
                quantity=item.decimal("returnQuantity"),
                reason=creation.text("reason", 100),
                note=creation.child("comments").text("content", MAX_NOTE),
            ),
        ),
        tracking_number=tracking.text("trackingNumber", 200),
        carrier=tracking.text("carrierEnum", 100),
    )
