"""Reports and feeds: files that travel beside the interface.

Facts (Reports API and Feeds API 2021-06-30): a document has a presigned address that
lives for five minutes and takes no access token; ``compressionAlgorithm`` ``GZIP`` says
that it is compressed; processing ends with ``DONE``, ``CANCELLED`` or ``FATAL``; the
content type of an upload is the one that was announced (documentation; not confirmed
by the models).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from ..errors import (
    BadAnswer,
    ConnectionFailed,
    MarketplaceError,
    RateLimited,
    RequestRefused,
    TimedOut,
    TransportError,
)
from ..transport import Headers, Request, Response
from .api import Api, rows_of, timestamp

JSON_TYPE = "application/json; charset=UTF-8"
XML_TYPE = "text/xml; charset=UTF-8"
CLOCKS_APART = timedelta(seconds=5)
"""So much Amazon's clock may be behind ours."""

FEEDS_KNOWN = timedelta(days=89)
"""So long Amazon tells of a feed, less a day for clocks (``createdSince``: 90 days)."""

MOST_PAGES = 50  # of feeds, 100 each

MOST_BYTES = 256 * 1024 * 1024  # of a document, decompressed
REPORT_POLL = 30.0  # seconds between two questions about a report, at most
REPORT_POLLS = 40  # questions; most listing reports take a few minutes

IN_WORK = ("IN_QUEUE", "IN_PROGRESS")


class Documents:
    """Fetches reports, sends feeds."""

    def __init__(self, api: Api):
        self._api = api
        self._made: set[str] = set()

    # -- reports -----------------------------------------------------------------------

    def report(
        self,
        report_type: str,
        marketplace_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[bytes, Headers]:
        """Have a report made and read it; waits for Amazon to make it.

        :param since: from when on it shall tell, where the type makes use of that.
        :param until: likewise.
        :raises TimedOut: when it takes longer than 20 minutes.
        :raises RequestRefused: see :meth:`finished_report`.
        """
        report_id = self.order_report(report_type, marketplace_id, since, until)
        found = self.finished_report(report_id, REPORT_POLLS)
        if found is None:
            raise TimedOut("the report is not ready", operation="reports.getReport")
        return found

    def order_report(
        self,
        report_type: str,
        marketplace_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> str:
        """Have a report made; returns its id. See :meth:`report`."""
        wanted: dict[str, Any] = {
            "reportType": report_type,
            "marketplaceIds": [marketplace_id],
        }
        if since:
            wanted["dataStartTime"] = timestamp(since)
        if until:
            wanted["dataEndTime"] = timestamp(until)
        answer = self._api.change(
            "POST", "/reports/2021-06-30/reports", "reports.createReport", wanted
        )
        return _text(answer, "reportId")

    def finished_report(
        self, report_id: str, polls: int
    ) -> tuple[bytes, Headers] | None:
        """A report that was ordered, or ``None`` when Amazon is still making it.

        :param polls: so often it is asked for at most, after 2, 4, 8... seconds.
        :raises RequestRefused: when Amazon gives up (``FATAL``); an empty document for
            one that was cancelled, which is how it says that there are no data.
        """
        report = self._wait_for_report(report_id, polls)
        status = report.get("processingStatus")
        if status in IN_WORK:
            return None
        if status == "CANCELLED":
            return b"", Headers()
        if status != "DONE":
            raise RequestRefused(
                f"the report ended as {status}", remote_code=str(status), status=200
            )
        return self._report_document(_text(report, "reportDocumentId"))

    def reports_since(
        self, report_type: str, since: datetime
    ) -> list[Mapping[str, Any]]:
        """The reports of a type that Amazon has, those it makes by itself included.

        :param since: when they were made; Amazon knows those of the last 90 days.
        :raises BadAnswer: when there are more pages than such reports can fill.
        """
        asked: dict[str, Any] = {
            "reportTypes": report_type,
            "createdSince": since,
            "pageSize": 100,
        }
        found: list[Mapping[str, Any]] = []
        for _page in range(MOST_PAGES):
            answer = self._api.get(
                "/reports/2021-06-30/reports", "reports.getReports", **asked
            )
            found += rows_of(answer, "reports")
            token = answer.get("nextToken")
            if not isinstance(token, str) or not token:
                return found
            asked = {"nextToken": token}
        raise BadAnswer("reports without an end")

    def made_report(self, document_id: str) -> bytes:
        """The content of a report that is done."""
        if not document_id:
            raise BadAnswer("a report without a document")
        return self._report_document(document_id)[0]

    def _report_document(self, document_id: str) -> tuple[bytes, Headers]:
        path = f"/reports/2021-06-30/documents/{quote(document_id, safe='')}"
        return self._download(self._api.get(path, "reports.getReportDocument"))

    def _wait_for_report(self, report_id: str, polls: int) -> Mapping[str, Any]:
        path = f"/reports/2021-06-30/reports/{quote(report_id, safe='')}"
        report: Mapping[str, Any] = {}
        for number in range(polls):
            if number:
                pause = min(REPORT_POLL, 2.0**number)
                self._api.transport.clock.sleep(pause)
            report = self._api.get(path, "reports.getReport")
            if report.get("processingStatus") not in IN_WORK:
                break
        return report

    # -- feeds -------------------------------------------------------------------------

    def send_feed(self, feed_type: str, body: Any) -> str:
        """Hand a JSON feed over; returns its id. Nothing is applied yet."""
        document_id = self._upload(JSON_TYPE, json=body)
        return self._create_feed(feed_type, document_id, self._api.marketplaces())

    def send_xml_feed(self, feed_type: str, body: bytes, marketplace_id: str) -> str:
        """Hand an XML feed over, exactly once; returns its id.

        Amazon keeps no key of ours by which a second feed would be known for the
        first one. So when the answer is lost, the feeds of these seconds are looked
        through for it.

        :raises RequestRefused: ``outcome_unknown`` when it cannot be found out whether
            Amazon has it: a person has to look before it is sent again.
        """
        document_id = self._upload(XML_TYPE, content=body)
        begun = self._api.now()
        try:
            return self._create_feed(feed_type, document_id, (marketplace_id,))
        except (RateLimited, ConnectionFailed):
            raise  # Amazon has not even seen it
        except TransportError as error:
            feed_id = self._find_feed(feed_type, begun)
            if feed_id:
                return feed_id
            raise RequestRefused(
                "it is not known whether Amazon has the feed",
                remote_code="outcome_unknown",
                remote_message=str(error)[:200],
            ) from error

    def _find_feed(self, feed_type: str, begun: datetime) -> str:
        """The only feed of a type that was made since; empty = none, or doubtful."""
        try:
            ids = self.feeds_since(feed_type, begun) - self._made
        except MarketplaceError:
            return ""
        return ids.pop() if len(ids) == 1 else ""

    def feeds_since(self, feed_type: str, since: datetime) -> set[str]:
        """The ids of the feeds of a type that Amazon has.

        :param since: from when on; Amazon knows those of the last 90 days.
        :raises BadAnswer: when there are more pages than such feeds can fill.
        """
        since = max(since - CLOCKS_APART, self._api.now() - FEEDS_KNOWN)
        asked: dict[str, Any] = {
            "feedTypes": feed_type,
            "createdSince": since,
            "pageSize": 100,
        }
        found: set[str] = set()
        for _page in range(MOST_PAGES):
            answer = self._api.get("/feeds/2021-06-30/feeds", "feeds.getFeeds", **asked)
            rows = [row.get("feedId") for row in rows_of(answer, "feeds")]
            found.update(row for row in rows if isinstance(row, str))
            token = answer.get("nextToken")
            if not isinstance(token, str) or not token:
                return found
            asked = {"nextToken": token}
        raise BadAnswer("feeds without an end")

    def _upload(self, kind: str, json: Any = None, content: bytes | None = None) -> str:
        document = self._api.change(
            "POST",
            "/feeds/2021-06-30/documents",
            "feeds.createFeedDocument",
            {"contentType": kind},
            idempotent=True,  # a document that is not used disappears by itself
        )
        upload = Request(
            "PUT",
            _text(document, "url"),
            operation="feeds.upload",
            headers={"Content-Type": kind},
            json=json,
            content=content,
            idempotent=True,
        )
        _check(self._api.transport.send(upload))
        return _text(document, "feedDocumentId")

    def _create_feed(
        self, feed_type: str, document_id: str, marketplaces: Iterable[str]
    ) -> str:
        answer = self._api.change(
            "POST",
            "/feeds/2021-06-30/feeds",
            "feeds.createFeed",
            {
                "feedType": feed_type,
                "marketplaceIds": list(marketplaces),
                "inputFeedDocumentId": document_id,
            },
        )
        feed_id = _text(answer, "feedId")
        self._made.add(feed_id)
        return feed_id

    def feed(self, feed_id: str) -> Mapping[str, Any]:
        """What Amazon says of a feed."""
        path = f"/feeds/2021-06-30/feeds/{quote(feed_id, safe='')}"
        return self._api.get(path, "feeds.getFeed")

    def feed_result(self, document_id: str) -> bytes:
        """The processing report of a feed."""
        path = f"/feeds/2021-06-30/documents/{quote(document_id, safe='')}"
        return self._download(self._api.get(path, "feeds.getFeedDocument"))[0]

    # -- files -------------------------------------------------------------------------

    def _download(self, document: Mapping[str, Any]) -> tuple[bytes, Headers]:
        request = Request("GET", _text(document, "url"), operation="documents.get")
        response = self._api.transport.send(request)
        _check(response)
        body = response.body
        if document.get("compressionAlgorithm") == "GZIP" and body[:2] == b"\x1f\x8b":
            body = unzip(body)
        return body, response.headers


def unzip(body: bytes, limit: int = MOST_BYTES) -> bytes:
    """Decompress a gzip file of one member or several.

    :raises BadAnswer: when it is damaged, cut off or larger than ``limit`` bytes.
    """
    parts: list[bytes] = []
    size = 0
    while body:
        reader = zlib.decompressobj(wbits=31)
        try:
            part = reader.decompress(body, limit - size + 1)
        except zlib.error:
            raise BadAnswer("a document that is badly compressed") from None
        size += len(part)
        if size > limit:
            raise BadAnswer("a document that is too large", limit=limit)
        if not reader.eof:
            raise BadAnswer("a document that is cut off")
        parts.append(part)
        body = reader.unused_data
    return b"".join(parts)


def _check(response: Response) -> None:
    """Refusals of the file store (its errors are XML and tell nothing to act on)."""
    if not response.ok:
        raise RequestRefused(
            f"{response.status} from the document store",
            status=response.status,
            remote_code="document",
        )


def _text(answer: Mapping[str, Any], key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str) or not value:
        raise BadAnswer(f"an answer without {key}")
    return value
