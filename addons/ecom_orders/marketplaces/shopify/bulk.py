"""The bulk export of orders, for a back-fill.

The shop runs the query by itself and writes a file with one JSON object a line. The
elements of connections stand on lines of their own that name their parent
(``__parentId``) but not the connection: that follows from the type in their id. Lists
that contain connections are refused in such a query (not confirmed), so refunds are
only announced, and orders that have some are fetched once more.

An export that is larger than one answer may be is done in halves, by date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from ..base import Envelope
from ..errors import (
    BadAnswer,
    MarketplaceError,
    PermissionRefused,
    RateLimited,
    RequestRefused,
    ServerFailed,
    TimedOut,
)
from ..transport import Request
from . import documents
from .api import Api, text_of, user_errors
from .money import kind_of, number_of
from .orders import Orders, envelope_of, modified_between

PAGE = 100
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
PATIENCE = 3 * 3600.0
"""Seconds that an export may take; the option ``bulk_timeout`` replaces it."""

SHORTEST = timedelta(minutes=1)
EPOCH = datetime(2006, 1, 1, tzinfo=timezone.utc)  # Shopify's first year

#: Connections by the type in the ids of their elements.
_PLACES = {
    "LineItem": "lineItems",
    "ShippingLine": "shippingLines",
    "FulfillmentOrder": "fulfillmentOrders",
    "FulfillmentOrderLineItem": "lineItems",
}


class BulkExport:
    """Runs exports of one shop."""

    def __init__(self, api: Api, orders: Orders):
        self.api = api
        self.orders = orders

    def pages(
        self, since: datetime | None, until: datetime | None
    ) -> Iterator[tuple[Envelope, ...]]:
        """See :meth:`~..base.Connector.fetch_history`."""
        windows = [(since, until)]
        while windows:
            low, high = windows.pop()
            operation = self._run(low, high)
            limit = self.api.transport.settings.max_bytes
            if _size(operation) > limit:
                windows += self._halves(low, high)
                continue
            yield from self._read(operation)

    def _halves(self, low: datetime | None, high: datetime | None) -> list[Any]:
        """Two windows in place of one, the later first (the last is taken next)."""
        now = self.api.transport.clock.now() or datetime.now(timezone.utc)
        start, end = low or EPOCH, high or now
        middle = (start + (end - start) / 2).replace(microsecond=0)
        if end - start < SHORTEST:
            raise BadAnswer("more orders in a minute than one answer may have")
        return [(middle, high), (low, middle)]

    # -- the operation -----------------------------------------------------------------

    def _run(self, low: datetime | None, high: datetime | None) -> Mapping[str, Any]:
        """Start an export and wait until it is done."""
        search = modified_between(low, high)
        query = documents.bulk_orders(self.api.parts, search)
        payload = self.api.mutate(documents.RUN_BULK, "bulk.run", query=query)
        for error in user_errors(payload):
            raise _refused(error)
        operation = payload.get("bulkOperation")
        gid = operation.get("id") if isinstance(operation, Mapping) else None
        if not isinstance(gid, str):
            raise BadAnswer("a bulk operation without an id")
        return self._wait(gid)

    def _wait(self, gid: str) -> Mapping[str, Any]:
        clock = self.api.transport.clock
        patience = float(self.orders.options.get("bulk_timeout", PATIENCE))
        deadline, pause = clock.monotonic() + patience, FIRST_PAUSE
        while True:
            data = self.api.ask(documents.BULK_STATUS, "bulk.status", id=gid).data
            node = data.get("node")
            node = node if isinstance(node, Mapping) else {}
            status = node.get("status")
            if status == "COMPLETED":
                return node
            if status not in ("CREATED", "RUNNING", "CANCELING"):
                raise _failed(status, node.get("errorCode"))
            if clock.monotonic() + pause >= deadline:
                raise TimedOut("the bulk export takes too long")
            clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    # -- the file ----------------------------------------------------------------------

    def _read(self, operation: Mapping[str, Any]) -> Iterator[tuple[Envelope, ...]]:
        url = operation.get("url")
        if not url:
            return  # nothing was found
        # Another server's address, signed by itself: the token is not for it.
        request = Request("GET", str(url), operation="bulk.file", shop=self.api.address)
        response = self.api.transport.send(request)
        if not response.ok:
            raise BadAnswer("the file of the bulk export is not there")
        nodes = assemble(response.body, self.api.parts)
        for start in range(0, len(nodes), PAGE):
            yield self._envelopes(nodes[start : start + PAGE])

    def _envelopes(self, nodes: list[Any]) -> tuple[Envelope, ...]:
        numbers = [
            number_of(str(node.get("id"))) for node in nodes if node.get("refunds")
        ]
        detailed = {node["id"]: node for node in self.orders.by_ids(numbers)}
        plain = [node for node in nodes if not node.get("refunds")]
        finished = {node.get("id"): node for node in self.orders.finished(plain)}
        finished |= detailed
        return tuple(
            envelope_of(finished[node.get("id")])
            for node in nodes
            if node.get("id") in finished
        )


def assemble(body: bytes, parts: frozenset[str] = documents.ALL_PARTS) -> list[Any]:
    """Put the lines of an export together again.

    :param parts: what was asked for: a connection without elements has no lines.
    :raises BadAnswer: for lines that are not objects or whose parent is missing.
    """
    known: dict[str, dict[str, Any]] = {}
    roots: list[dict[str, Any]] = []
    children: list[tuple[str, dict[str, Any]]] = []
    for line in body.splitlines():
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"), parse_float=Decimal)
        except (ValueError, RecursionError):
            raise BadAnswer("a line of the bulk export is not JSON") from None
        if not isinstance(row, dict):
            raise BadAnswer("a line of the bulk export is not an object")
        parent = row.pop("__parentId", None)
        _open_connections(row, parts)
        if isinstance(row.get("id"), str):
            known[row["id"]] = row
        if parent is None:
            roots.append(row)
        else:
            children.append((parent, row))
    for parent, row in children:
        place = _place(row)
        owner = known.get(parent)
        if owner is None or not place:
            raise BadAnswer("a line of the bulk export belongs nowhere")
        owner.setdefault(place, {"nodes": []})["nodes"].append(row)
    return roots


def _place(row: Mapping[str, Any]) -> str:
    """The connection that an element belongs to; the id of a delivery may be null."""
    if row.get("id") is None and "discountedPriceSet" in row:
        return "shippingLines"
    return _PLACES.get(kind_of(str(row.get("id"))), "")


def _open_connections(row: dict[str, Any], parts: frozenset[str]) -> None:
    kind = kind_of(str(row.get("id")))
    if kind == "Order":
        row["lineItems"], row["shippingLines"] = {"nodes": []}, {"nodes": []}
        if documents.FULFILLMENT_ORDERS in parts:
            row["fulfillmentOrders"] = {"nodes": []}
    elif kind == "FulfillmentOrder":
        row["lineItems"] = {"nodes": []}


def _size(operation: Mapping[str, Any]) -> int:
    """Bytes of the file; a large number comes as text."""
    try:
        return int(operation.get("fileSize") or 0)
    except (TypeError, ValueError):
        return 0


def _refused(error: Mapping[str, Any]) -> MarketplaceError:
    code = error.get("code")
    if code in ("OPERATION_IN_PROGRESS", "LIMIT_REACHED"):
        return RateLimited("another bulk export is running", retry_after=60.0)
    return RequestRefused(text_of(error), remote_code=code)


def _failed(status: Any, code: Any) -> MarketplaceError:
    text = f"the bulk export ended as {status} ({code})"
    if code == "ACCESS_DENIED":
        return PermissionRefused(text)
    if code == "TIMEOUT":
        return TimedOut(text)
    return ServerFailed(text)
