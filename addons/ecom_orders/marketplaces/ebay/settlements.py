"""Payouts of eBay with the monetary transactions that are in each.

Facts (Sell Finances 1.9.0): ``getPayouts`` takes a range of payout dates (an open one
ends after 90 days) and pages by position, 200 at most, the oldest first;
``getTransactions`` takes ``payoutId:{...}``, 1,000 at most, and ignores the limit then.
A payout that is ``INITIATED`` or ``RETRYABLE_FAILED`` is waited for. Sellers in the EU
and the UK have to sign, see :mod:`.signing`; the scope is ``sell.finances``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from ..base import (
    OrderCursor,
    SettlementDocument,
    SettlementFeed,
    SettlementPage,
    canonical_json,
)
from ..errors import BadAnswer, PayloadError
from ..reading import Reader
from ..settlements import Listed, read_new
from .api import FINANCES, Api
from .feed import stamp

FEEDS = (SettlementFeed("payouts", "Payouts", interval=timedelta(hours=6)),)
PAYOUT_PAGE = 200
TRANSACTION_PAGE = 1_000
WINDOW = timedelta(days=90)

_FINAL = frozenset({"SUCCEEDED", "TERMINAL_FAILED", "REVERSED"})


class Payouts:
    """Reads the payouts of one seller."""

    def __init__(self, api: Api):
        self._api = api

    def next_page(self, cursor: OrderCursor, skip: frozenset[str]) -> SettlementPage:
        """See :meth:`~..base.Connector.fetch_settlements`."""
        now = datetime.now(timezone.utc)
        since = cursor.since or now - WINDOW
        listed = [_listed(row) for row in self._payouts(since, now)]
        return read_new(listed, cursor, self._read, skip)

    def _payouts(self, since: datetime, until: datetime) -> Iterator[Mapping[str, Any]]:
        while since < until:
            end = min(since + WINDOW, until)
            # The end is open: who asks for "until now" waits for nobody's clock.
            dates = f"{stamp(since)}..{stamp(end) if end < until else ''}"
            yield from self._rows(
                "payout", "payouts", f"payoutDate:[{dates}]", PAYOUT_PAGE
            )
            since = end + timedelta(milliseconds=1)

    def _read(self, listed: Listed) -> SettlementDocument:
        number = listed.external_id
        rows = list(
            self._rows(
                "transaction",
                "transactions",
                f"payoutId:{{{number}}}",
                TRANSACTION_PAGE,
            )
        )
        rows.sort(key=canonical_json)
        body = canonical_json({"payouts": [listed.row], "transactions": rows})
        return SettlementDocument(number, f"ebay-payout-{number}.json", body.encode())

    def _rows(
        self, path: str, field: str, search: str, limit: int
    ) -> Iterator[Mapping[str, Any]]:
        """All rows of a listing, each once, whatever a page holds."""
        seen: set[str] = set()
        offset, more = 0, True
        while more:
            answer = self._api.ask(
                "GET",
                f"{FINANCES}/{path}",
                f"{field}.list",
                query={"filter": search, "limit": limit, "offset": offset},
                signed=True,
            )
            if answer.payload is None:
                return  # 204: there are none
            rows, total = _page(answer.payload, field)
            texts = [canonical_json(row) for row in rows]
            yield from (
                row for row, text in zip(rows, texts, strict=True) if text not in seen
            )
            offset += len(rows)
            more = offset < total and not seen.issuperset(texts)
            seen.update(texts)


def _page(payload: Any, field: str) -> tuple[list[Mapping[str, Any]], int]:
    try:
        read = Reader(payload)
        rows = [row.data for row in read.children(field)]
        return rows, int(read.decimal("total") or Decimal(0))
    except PayloadError as error:
        raise BadAnswer(f"an unreadable listing: {error}") from None


def _listed(row: Mapping[str, Any]) -> Listed:
    read = Reader(row)
    try:
        number, moment = read.identifier("payoutId"), read.moment("payoutDate")
    except PayloadError as error:
        raise BadAnswer(f"an unreadable payout: {error}") from None
    if moment is None:
        raise BadAnswer("a payout without a date")
    return Listed(number, moment, row.get("payoutStatus") in _FINAL, row)
