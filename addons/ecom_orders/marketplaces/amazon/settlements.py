"""Settlements of Amazon: reports that it makes by itself, and what it still holds back.

Facts (Reports API 2021-06-30): ``getReports`` lists reports of a type since a moment,
for 90 days at most; ``nextToken`` is then the only parameter; processing ends with
``DONE``, ``CANCELLED`` (also: there are no data) or ``FATAL``. The settlement report
(flat file V2) cannot be requested: Amazon schedules it itself.

Facts (Finances API 2024-06-19): ``listTransactions`` of status ``DEFERRED`` tells what
is earned but held back at this moment; its window is 180 days at most and ends two
minutes ago. Released money comes with a report, so other statuses are not read: the
same money would come twice.

Both need the role "Finance and Accounting" (documentation of the interfaces).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..base import (
    OrderCursor,
    SettlementDocument,
    SettlementFeed,
    SettlementPage,
    canonical_json,
)
from ..errors import BadAnswer, NotMade, PayloadError
from ..reading import Reader
from ..settlements import Listed, read_new
from .api import Api, rows_of
from .documents import IN_WORK, Documents
from .finances import Finances

REPORT_TYPE = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
REPORTS = "reports"
DEFERRED = "deferred"
KEPT = timedelta(days=89)  # 90, less a day for clocks
LONGEST = timedelta(days=179)  # likewise of 180

FEEDS = (
    SettlementFeed(
        REPORTS, "Settlement reports", interval=timedelta(hours=6), history=KEPT
    ),
    SettlementFeed(
        DEFERRED, "Deferred transactions", interval=timedelta(days=1), history=LONGEST
    ),
)


class Settlements:
    """Reads the settlements of one seller."""

    def __init__(self, api: Api, documents: Documents, finances: Finances):
        self._api = api
        self._documents = documents
        self._finances = finances

    def next_page(
        self, feed: str, cursor: OrderCursor, skip: frozenset[str]
    ) -> SettlementPage:
        """See :meth:`~..base.Connector.fetch_settlements`."""
        if feed == DEFERRED:
            return self._deferred()
        oldest = self._api.now() - KEPT
        since = max(cursor.since, oldest) if cursor.since else oldest
        rows = self._documents.reports_since(REPORT_TYPE, since)
        return read_new(map(_listed, rows), cursor, self._read, skip)

    def _read(self, listed: Listed) -> SettlementDocument | None:
        if listed.row.text("processingStatus") == "CANCELLED":
            return None
        if listed.row.text("processingStatus") == "FATAL":
            raise NotMade("Amazon could not make the report", remote_code="FATAL")
        body = self._documents.made_report(listed.row.text("reportDocumentId"))
        name = f"amazon-settlement-{listed.external_id}.txt"
        return SettlementDocument(listed.external_id, name, body)

    def _deferred(self) -> SettlementPage:
        """All that is held back now: a list of the moment, none when there is nothing.

        In a fixed order, so that an unchanged list is the same file.
        """
        now = self._api.now()
        rows: list[Any] = []
        pages = self._finances.pages(
            postedAfter=now - LONGEST, transactionStatus="DEFERRED"
        )
        for page in pages:
            rows += rows_of(page, "payload", "transactions")
        cursor = OrderCursor(now, frozenset())
        if not rows:
            return SettlementPage((), cursor, more=False)
        rows.sort(key=lambda row: (str(row.get("transactionId")), canonical_json(row)))
        body = canonical_json({"payload": {"transactions": rows}}).encode()
        day = f"{now:%Y-%m-%d}"
        document = SettlementDocument(day, f"amazon-deferred-{day}.json", body)
        return SettlementPage((document,), cursor, more=False)


def _listed(row: Any) -> Listed:
    """A report of the listing; any that is still made is waited for.

    :raises BadAnswer: for a report without an id or date.
    """
    read = Reader(row)
    try:
        number, moment = read.identifier("reportId"), read.moment("createdTime")
    except PayloadError as error:
        raise BadAnswer(f"an unreadable report: {error}") from None
    if moment is None:
        raise BadAnswer("a report without a date")
    return Listed(number, moment, row.get("processingStatus") not in IN_WORK, read)
