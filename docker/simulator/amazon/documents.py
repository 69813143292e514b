"""Reports, feeds and the file store behind them.

Both are asynchronous: a report is ready, and a feed applied, once somebody has asked
for it twice or a minute has passed.
"""

from __future__ import annotations

import gzip
import itertools
import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ..core.message import Request, Response
from ..world.model import Product
from ..world.money import money
from ..world.shop import World
from . import errors, facts, order_feeds
from .call import Call, parse_moment
from .ids import asin_of
from .order_feeds import CANCEL_FEED, REFUND_FEED
from .returns import RETURN_REPORT, return_report
from .settlements import SETTLEMENT_REPORT, SettlementDesk

FILES = "/document-store/"
LISTING_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
LISTING_FEED = "JSON_LISTINGS_FEED"
_TSV = "text/tab-separated-values; charset=UTF-8"
_LONGEST = timedelta(days=60)  # of a report of returns
_FEED_PAGE = 10
_REPORTS_KEPT = timedelta(days=90)
_ADDRESS_LIFE = timedelta(minutes=5)
_TIME_NEEDED = timedelta(minutes=1)
_COLUMNS = (
    "item-name",
    "item-description",
    "listing-id",
    "seller-sku",
    "price",
    "quantity",
    "open-date",
    "product-id-type",
    "asin1",
    "product-id",
    "fulfillment-channel",
    "status",
)


@dataclass
class Job:
    """A report or feed."""

    job_id: str
    kind: str
    marketplaces: tuple[str, ...]
    created: datetime
    begin: datetime | None = None
    end: datetime | None = None
    document_id: str = ""
    result_id: str = ""
    looks: int = 0
    done: bool = False


@dataclass
class File:
    """A file of the store; ``kind`` is its content type."""

    kind: str
    expires: datetime
    content: bytes = b""


@dataclass
class DocumentDesk:
    """Answers calls about reports, feeds and files."""

    world: World
    account: str
    settlements: SettlementDesk
    jobs: dict[str, Job] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    # -- reports ---------------------------------------------------------------

    def create_report(self, call: Call) -> Response:
        """Answer ``createReport``."""
        body = call.body()
        kind = body.get("reportType")
        if kind not in (LISTING_REPORT, RETURN_REPORT) or not body.get(
            "marketplaceIds"
        ):
            raise errors.invalid("reportType or marketplaceIds is not known.")
        now = self.world.clock.now()
        begin, end = (
            parse_moment(name, body[name]) if body.get(name) else now
            for name in ("dataStartTime", "dataEndTime")
        )
        if begin > now or end - begin > _LONGEST:
            raise errors.invalid("dataStartTime or dataEndTime is not possible.")
        job = self._new_job(kind, tuple(body["marketplaceIds"]))
        # A moment is told in whole seconds: the end of the window is that of its own.
        job.begin, job.end = begin, end + timedelta(seconds=1)
        return Response.of_json({"reportId": job.job_id}, 202)

    def list_reports(self, call: Call) -> Response:
        """Answer ``getReports`` for settlements, the newest first.

        The token of a page is the only parameter that goes with it.
        """
        token = call.text("nextToken")
        if token:
            if len(call.query) > 1:
                raise errors.invalid("nextToken has to be the only parameter.")
            since, size, start = (int(part) for part in token.split("-"))
        else:
            if call.words("reportTypes") != (SETTLEMENT_REPORT,):
                raise errors.invalid("reportTypes is not known.")
            oldest = self.world.clock.now() - _REPORTS_KEPT
            begin = max(call.moment("createdSince") or oldest, oldest)
            since, size, start = (
                int(begin.timestamp()),
                call.number("pageSize", 10, 100),
                0,
            )
        rows = [
            row
            for row in self.settlements.reports()
            if parse_moment("createdTime", row["createdTime"]).timestamp() >= since
        ]
        answer: dict[str, Any] = {"reports": rows[start : start + size]}
        if start + size < len(rows):
            answer["nextToken"] = f"{since}-{size}-{start + size}"
        return Response.of_json(answer)

    def get_report(self, call: Call) -> Response:
        """Answer ``getReport``."""
        job = self._job(call.parts[0])
        with self._lock:
            if self._is_due(job):
                job.result_id = self._store(_TSV, gzip.compress(self._report(job)))
                job.done = True
        row = {**self._status(job), "reportId": job.job_id, "reportType": job.kind}
        if job.done:
            row["reportDocumentId"] = job.result_id
        return Response.of_json(row)

    def get_report_document(self, call: Call) -> Response:
        """Answer ``getReportDocument``."""
        return self._document(call, "reportDocumentId")

    def _report(self, job: Job) -> bytes:
        if job.kind == RETURN_REPORT and job.begin and job.end:
            return return_report(self.world, job.marketplaces, job.begin, job.end)
        return self._listing_report()

    def _listing_report(self) -> bytes:
        rows = ["\t".join(_COLUMNS)]
        for product in self.world.products():
            if product.sellable:
                rows.append("\t".join(_report_row(product)))
        return "\r\n".join(rows).encode()

    # -- feeds -----------------------------------------------------------------

    def create_feed_document(self, call: Call) -> Response:
        """Answer ``createFeedDocument``."""
        kind = call.body().get("contentType")
        if not kind:
            raise errors.invalid("contentType is missing.")
        file_id = self._store(kind, b"")
        url = f"{call.site}{FILES}{file_id}"
        return Response.of_json({"feedDocumentId": file_id, "url": url}, 201)

    def create_feed(self, call: Call) -> Response:
        """Answer ``createFeed``."""
        body = call.body()
        file = self.files.get(str(body.get("inputFeedDocumentId")))
        kind = body.get("feedType")
        known = (LISTING_FEED, CANCEL_FEED, REFUND_FEED)
        if kind not in known or not body.get("marketplaceIds"):
            raise errors.invalid("feedType or marketplaceIds is not known.")
        if file is None or not file.content:
            raise errors.invalid("inputFeedDocumentId has no content.")
        job = self._new_job(kind, tuple(body["marketplaceIds"]))
        job.document_id = body["inputFeedDocumentId"]
        return Response.of_json({"feedId": job.job_id}, 202)

    def get_feed(self, call: Call) -> Response:
        """Answer ``getFeed``; the feed is applied when its time has come."""
        job = self._job(call.parts[0])
        with self._lock:
            if self._is_due(job):
                kind, report = self._process(job)
                job.result_id = self._store(kind, gzip.compress(report))
                job.done = True
        return Response.of_json(self._feed_row(job))

    def _feed_row(self, job: Job) -> dict[str, Any]:
        row = {**self._status(job), "feedId": job.job_id, "feedType": job.kind}
        if job.done:
            row["resultFeedDocumentId"] = job.result_id
        return row

    def list_feeds(self, call: Call) -> Response:
        """Answer ``getFeeds``: the newest first, one page."""
        kinds, since = call.words("feedTypes"), call.moment("createdSince")
        if not kinds:
            raise errors.invalid("feedTypes is missing.")
        rows = [
            self._feed_row(job)
            for job in reversed(list(self.jobs.values()))
            if job.kind in kinds and (since is None or job.created >= since)
        ]
        return Response.of_json({"feeds": rows[:_FEED_PAGE]})

    def _process(self, job: Job) -> tuple[str, bytes]:
        """Carry out a feed; returns type and content of its processing report."""
        if job.kind == LISTING_FEED:
            return "application/json", json.dumps(self._apply(job)).encode()
        content = self.files[job.document_id].content
        report = order_feeds.apply(
            self.world, job.kind, self.account, job.job_id, content
        )
        return "text/xml; charset=UTF-8", report

    def get_feed_document(self, call: Call) -> Response:
        """Answer ``getFeedDocument``."""
        return self._document(call, "feedDocumentId")

    def _apply(self, job: Job) -> dict[str, Any]:
        """Apply a listings feed; returns the processing report (schema v2)."""
        feed = json.loads(self.files[job.document_id].content)
        issues: list[dict[str, Any]] = []
        items: list[dict[str, Any]] = []
        messages = feed.get("messages", [])
        for message in messages:
            problem = apply_patches(
                self.world, message.get("sku", ""), message.get("patches") or []
            )
            if problem:
                issues.append(
                    {
                        "messageId": message.get("messageId", 1),
                        "sku": message.get("sku", ""),
                        "code": problem[0],
                        "severity": "ERROR",
                        "message": problem[1],
                    }
                )
            else:
                items.append(_reported(self.world, message["sku"]))
        header = feed.get("header", {})
        return {
            "header": {
                "sellerId": header.get("sellerId", ""),
                "version": "2.0",
                "feedId": job.job_id,
                "report": header.get("report"),
            },
            "issues": issues,
            "summary": {
                "errors": len(issues),
                "warnings": 0,
                "messagesProcessed": len(messages),
                "messagesAccepted": len(items),
                "messagesInvalid": len(issues),
            },
            "items": items,
        }

    # -- jobs and files --------------------------------------------------------

    def _new_job(self, kind: str, marketplaces: tuple[str, ...]) -> Job:
        with self._lock:
            number = str(50_000 + next(self._numbers))
            job = Job(number, kind, marketplaces, self.world.clock.now())
            self.jobs[number] = job
        return job

    def _job(self, job_id: str) -> Job:
        job = self.jobs.get(job_id)
        if job is None:
            raise errors.not_found(f"There is no {job_id}.")
        return job

    def _is_due(self, job: Job) -> bool:
        """Count a look; tell whether the work is to be done now."""
        job.looks += 1
        waited = self.world.clock.now() - job.created
        return not job.done and (job.looks > 2 or waited >= _TIME_NEEDED)

    def _status(self, job: Job) -> dict[str, Any]:
        status = "IN_QUEUE" if job.looks < 2 else "IN_PROGRESS"
        return {
            "marketplaceIds": list(job.marketplaces),
            "createdTime": facts.iso(job.created),
            "processingStatus": "DONE" if job.done else status,
        }

    def _store(self, kind: str, content: bytes) -> str:
        with self._lock:
            file_id = f"file-{next(self._numbers):06d}"
            expires = self.world.clock.now() + _ADDRESS_LIFE
            self.files[file_id] = File(kind, expires, content)
        return file_id

    def _document(self, call: Call, name: str) -> Response:
        file = self.files.get(call.parts[0]) or self._settlement(call.parts[0])
        if file is None:
            raise errors.not_found("There is no such document.")
        file.expires = self.world.clock.now() + _ADDRESS_LIFE
        row = {name: call.parts[0], "url": f"{call.site}{FILES}{call.parts[0]}"}
        if file.content[:2] == b"\x1f\x8b":
            row["compressionAlgorithm"] = "GZIP"
        return Response.of_json(row)

    def _settlement(self, document_id: str) -> File | None:
        """The file of a settlement report, made when it is asked for first."""
        content = self.settlements.document(document_id)
        if content is None:
            return None
        file = File(_TSV, self.world.clock.now(), content)
        self.files[document_id] = file
        return file

    def file(self, request: Request) -> Response:
        """Serve the store: its addresses need no token and live five minutes."""
        file = self.files.get(request.path.removeprefix(FILES))
        if file is None or self.world.clock.now() > file.expires:
            return Response(403, b"<Error><Code>AccessDenied</Code></Error>")
        if request.method == "PUT":
            if request.headers.get("content-type") != file.kind:
                code = b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
                return Response(403, code)
            file.content = request.body
            return Response(200)
        return Response(200, file.content, (("Content-Type", file.kind),))


def find_by_sku(world: World, sku: str) -> Product | None:
    """Return the product with a SKU of the seller's."""
    rows = (p for p in world.products() if p.sellable and facts.sku_of(p) == sku)
    return next(rows, None)


def apply_patches(
    world: World, sku: str, patches: list[dict[str, Any]]
) -> tuple[str, str] | None:
    """Change quantity or price of a listing; returns code and text of a problem."""
    product = find_by_sku(world, sku)
    if product is None:
        return "8541", f"The SKU {sku} does not exist."
    price = wanted_price(patches)
    if price is not None:
        world.change_product(product.id, price=price)
        return None
    quantity = wanted_quantity(patches)
    if quantity is None or quantity < 0:
        return "90244", "The quantity is missing or not a number of pieces."
    if not facts.own_stock(product):
        return "13013", "The stock of this listing lies with Amazon."
    world.change_product(product.id, stock=quantity)
    return None


def wanted_quantity(patches: list[dict[str, Any]]) -> int | None:
    """Return the quantity that patches ask for, of the seller's own stock."""
    for patch in patches:
        if patch.get("path") != "/attributes/fulfillment_availability":
            continue
        for value in patch.get("value") or ():
            if value.get("fulfillment_channel_code") == "DEFAULT":
                quantity = value.get("quantity")
                return quantity if isinstance(quantity, int) else None
    return None


def wanted_price(patches: list[dict[str, Any]]) -> Decimal | None:
    """Return the price that patches ask for, of the first marketplace."""
    for patch in patches:
        if patch.get("path") == "/attributes/purchasable_offer":
            (offer, *_others) = patch["value"]
            return money(str(offer["our_price"][0]["schedule"][0]["value_with_tax"]))
    return None


def _reported(world: World, sku: str) -> dict[str, Any]:
    product = find_by_sku(world, sku)
    quantity = product.stock if product else 0
    channel = {"fulfillmentChannelCode": "DEFAULT", "quantity": quantity}
    return {"sku": sku, "fulfillmentAvailability": [channel]}


def _report_row(product: Product) -> tuple[str, ...]:
    own = facts.own_stock(product)
    values = {
        "item-name": product.name,
        "listing-id": f"L{product.id:010d}",
        "seller-sku": facts.sku_of(product),
        "price": str(product.price),
        "quantity": str(product.stock) if own else "",
        "product-id-type": "1",
        "asin1": asin_of(product.id),
        "product-id": asin_of(product.id),
        "fulfillment-channel": "DEFAULT" if own else "AMAZON_NA",
        "status": "Active" if product.status == "publish" else "Inactive",
    }
    return tuple(values.get(name, "") for name in _COLUMNS)
