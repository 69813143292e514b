"""Quantities: few by patches, many by a feed, and what became of them.

Facts (Listings Items API 2021-08-01; schemas of the JSON listings feed): the quantity
is the attribute ``fulfillment_availability`` with the channel ``DEFAULT`` and is
absolute; a patch or a message that is ``ACCEPTED`` is not applied yet; a patch is not
heard of again, a feed ends in a processing report with the issues of each message.
Stock that lies with Amazon can only be read: a quantity for its channel would turn the
listing into one that the seller ships, so it is never sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..errors import (
    BadAnswer,
    MarketplaceError,
    NotFound,
    PayloadError,
    RequestRefused,
    TransportError,
)
from ..reading import parse_json
from ..schema import StockLevel, StockResult, Submission
from .api import Api, rows_of
from .documents import IN_WORK, Documents
from .listings import OWN_CHANNEL, Listing, Listings, is_sku, listing_path

FEED_TYPE = "JSON_LISTINGS_FEED"
FEW = 5
"""Up to so many levels are patched one by one (burst of ``patchListingsItem``)."""

FEED_LIMIT = 5_000  # messages of one feed that we send
PATIENCE = timedelta(minutes=30)
"""So long after a patch its quantity should be seen."""

# Refusals of one listing that say nothing about the next one.
_LOCAL_ERRORS = (RequestRefused, NotFound, BadAnswer)


class Stock:
    """Writes and reads quantities of the seller's own stock."""

    def __init__(self, api: Api, documents: Documents):
        self._api = api
        self._listings = Listings(api)
        self._documents = documents

    # -- writing -----------------------------------------------------------------------

    def push(self, levels: Iterable[StockLevel]) -> tuple[StockResult, ...]:
        """See :meth:`~..base.Connector.push_stock`.

        Codes of our own: ``bad_reference``, ``bad_quantity``, ``unknown_listing``,
        ``not_tracked`` (the stock lies with Amazon).
        """
        wanted = {level.product_ref: level for level in levels}
        results: dict[str, StockResult] = {}
        for ref, level in wanted.items():
            error = _unfit(level)
            if error:
                results[ref] = StockResult(ref, error)
        listings = self._listings.find(ref for ref in wanted if ref not in results)
        good: list[tuple[StockLevel, Listing]] = []
        for ref, level in wanted.items():
            if ref in results:
                continue
            listing = listings.get(ref)
            if listing is None:
                results[ref] = StockResult(ref, "unknown_listing: no such SKU")
            elif not listing.is_own_stock:
                results[ref] = StockResult(ref, "not_tracked: stock lies with Amazon")
            else:
                good.append((level, listing))
        results.update(self._send(good, bool(results)))
        return tuple(results[ref] for ref in wanted)

    def _send(
        self, good: list[tuple[StockLevel, Listing]], said_something: bool
    ) -> dict[str, StockResult]:
        if len(good) <= FEW:
            return self._patch_all(good, said_something)
        results: dict[str, StockResult] = {}
        for start in range(0, len(good), FEED_LIMIT):
            part = good[start : start + FEED_LIMIT]
            try:
                feed_id = self._documents.send_feed(FEED_TYPE, self._feed(part))
            except MarketplaceError as error:
                if not (said_something or results):
                    raise
                answers = (
                    StockResult(level.product_ref, text_of(error)) for level, _ in part
                )
            else:
                key = f"feed {feed_id}"
                answers = (
                    StockResult(level.product_ref, submission=key) for level, _ in part
                )
            results.update((answer.product_ref, answer) for answer in answers)
        return results

    def _patch_all(
        self, good: list[tuple[StockLevel, Listing]], said_something: bool
    ) -> dict[str, StockResult]:
        results: dict[str, StockResult] = {}
        failed: MarketplaceError | None = None
        for level, listing in good:
            ref = level.product_ref
            if failed is None:
                try:
                    results[ref] = self._patch(level, listing)
                    continue
                except _LOCAL_ERRORS as error:
                    results[ref] = StockResult(ref, text_of(error))
                    continue
                except MarketplaceError as error:
                    if not (said_something or results):
                        raise
                    failed = error
            results[ref] = StockResult(ref, text_of(failed))
        return results

    def _patch(self, level: StockLevel, listing: Listing) -> StockResult:
        body = {"productType": listing.product_type, "patches": [_patch(level)]}
        answer = self._api.change(
            "PATCH",
            listing_path(self._api, listing.sku),
            "listings.patchListingsItem",
            body,
            idempotent=True,  # absolute: sending it twice is as good as once
            marketplaceIds=listing.marketplaces or self._api.marketplaces(),
        )
        ref = level.product_ref
        status = answer.get("status")
        if status != "ACCEPTED":  # VALID is the answer to a mere trial
            issue = issues_of(rows_of(answer, "issues"))
            return StockResult(ref, issue or f"not_taken: {status}")
        sent_at = self._api.now().isoformat(timespec="seconds")
        return StockResult(ref, submission=f"patch {sent_at} {level.quantity} {ref}")

    def _feed(self, good: list[tuple[StockLevel, Listing]]) -> dict[str, Any]:
        """A listings feed (schema v2); the report then names what was taken too."""
        return {
            "header": {
                "sellerId": self._api.credentials.account,
                "version": "2.0",
                "report": {
                    "includedData": ["fulfillmentAvailability"],
                    "apiVersion": "2021-08-01",
                },
            },
            "messages": [
                {
                    "messageId": number,
                    "sku": listing.sku,
                    "operationType": "PATCH",
                    "productType": listing.product_type,
                    "patches": [_patch(level)],
                }
                for number, (level, listing) in enumerate(good, start=1)
            ],
        }

    # -- what became of it -------------------------------------------------------------

    def outcome(self, submission: str) -> Submission:
        """See :meth:`~..base.Connector.fetch_submission`.

        :raises NotFound: for what is no submission of ours.
        """
        kind, _, rest = submission.partition(" ")
        if kind == "feed" and rest:
            return self._feed_outcome(rest)
        parts = rest.split(" ", 2)
        if kind == "patch" and len(parts) == 3 and parts[1].isdigit():
            return self._patch_outcome(parts[0], int(parts[1]), parts[2])
        raise NotFound(f"not a submission: {submission[:60]!r}")

    def _patch_outcome(self, sent_at: str, quantity: int, sku: str) -> Submission:
        listing = self._listings.find([sku]).get(sku)
        shown = listing.quantity if listing else None
        if shown == quantity:
            return Submission(True, results=(StockResult(sku, current=shown),))
        try:
            late = self._api.now() - datetime.fromisoformat(sent_at) > PATIENCE
        except (ValueError, TypeError):
            raise NotFound("not a submission") from None
        if not late:
            return Submission(False)
        error = f"not_taken: Amazon shows {shown}"
        return Submission(True, results=(StockResult(sku, error, current=shown),))

    def _feed_outcome(self, feed_id: str) -> Submission:
        feed = self._documents.feed(feed_id)
        status = feed.get("processingStatus")
        if status in IN_WORK:
            return Submission(False)
        document = feed.get("resultFeedDocumentId")
        if status != "DONE" and not document:
            return Submission(True, f"{status}: the feed was not processed")
        if not isinstance(document, str):
            raise BadAnswer("a feed without a processing report")
        body = self._documents.feed_result(document)
        results = read_processing_report(body)
        error = "" if status == "DONE" else f"{status}: the feed was not processed"
        return Submission(True, error, results)

    # -- reading -----------------------------------------------------------------------

    def levels(self, skus: Iterable[str]) -> Iterator[tuple[StockLevel, ...]]:
        """See :meth:`~..base.Connector.fetch_stock`; Amazon's stock is left out."""
        found = self._listings.find(sku for sku in skus if is_sku(sku))
        page = tuple(
            StockLevel(listing.sku, listing.sku, listing.quantity)
            for listing in found.values()
            if listing.is_own_stock and listing.quantity is not None
        )
        if page:
            yield page


def _unfit(level: StockLevel) -> str:
    if not is_sku(level.product_ref):
        return "bad_reference: not a SKU"
    if level.quantity < 0:
        return "bad_quantity: negative"
    return ""


def _patch(level: StockLevel) -> dict[str, Any]:
    return {
        "op": "replace",
        "path": "/attributes/fulfillment_availability",
        "value": [
            {"fulfillment_channel_code": OWN_CHANNEL, "quantity": level.quantity}
        ],
    }


def read_processing_report(body: bytes) -> tuple[StockResult, ...]:
    """The results of a listings feed (schema v2 of the processing report).

    A SKU with an error was not taken; one among the items was, and the report may tell
    the quantity that it has now.

    :raises BadAnswer: when it cannot be read.
    """
    try:
        report = parse_json(body.decode("utf-8-sig"))
    except (UnicodeDecodeError, PayloadError):
        raise BadAnswer("a processing report that is not JSON") from None
    if not isinstance(report, Mapping):
        raise BadAnswer("a processing report that is not an object")
    results: dict[str, StockResult] = {}
    for row in rows_of(report, "items"):
        sku = row.get("sku")
        if isinstance(sku, str) and sku:
            shown = [
                part.get("quantity")
                for part in rows_of(row, "fulfillmentAvailability")
                if part.get("fulfillmentChannelCode") == OWN_CHANNEL
            ]
            current = next((n for n in shown if type(n) is int), None)
            results[sku] = StockResult(sku, current=current)
    for row in rows_of(report, "issues"):
        sku = row.get("sku")
        if row.get("severity") == "ERROR" and isinstance(sku, str) and sku:
            results[sku] = StockResult(sku, issues_of([row]))
    return tuple(results.values())


def issues_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """The first issue that is an error, as ``"<code>: <text>"``."""
    for row in rows:
        if row.get("severity", "ERROR") == "ERROR":
            return f"{row.get('code') or 'refused'}: {row.get('message') or ''}"[:300]
    return ""


def text_of(error: MarketplaceError) -> str:
    """An error for one level in words: Amazon's where it has some."""
    code = error.details.get("remote_code") or error.code
    message = error.details.get("remote_message") or ""
    if not message and not isinstance(error, TransportError):
        message = str(error)
    return f"{code}: {message}" if message else str(code)
