"""Orders as whole payloads: read in pages, completed, and wrapped.

However an order was read (feed, by its id, bulk export), its envelope is the same:
connections are completed and stand as ``{"nodes": [...]}`` without page information.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import ORDER, ORDER_HINT, REFUND, Envelope, canonical_json
from ..errors import BadAnswer, NotFound, PayloadError
from . import documents
from .api import Api, TooCostly, elements, next_cursor
from .money import SHOP, kind_of, number_of

PAGE_LIMIT = 25
"""Orders in one query, at most: each has nested lists, and a query has a limit."""

DETAIL_LIMIT = 10

DRAFT_SOURCE = "shopify_draft_order"
"""``Order.sourceName`` of an order that a draft became (not confirmed)."""

DRAFT_MARGIN = timedelta(hours=1)


@dataclass(frozen=True)
class Page:
    """One page of a listing.

    :param after: where the next page begins, ``None`` when there is none.
    """

    nodes: tuple[Any, ...]
    after: str | None
    shop_now: datetime


class Orders:
    """Reads orders of one shop."""

    def __init__(self, api: Api):
        self.api = api
        self.options = api.credentials.options
        # How many orders a query may have, as far as the shop has told.
        self._page_limit, self._detail_limit = PAGE_LIMIT, DETAIL_LIMIT

    def page(self, search: str, after: str | None, first: int) -> Page:
        """A page of whole orders, the longest unchanged first."""
        document = documents.orders(self.api.parts)
        while True:
            size = max(1, min(first, self._page_limit))
            try:
                answer = self.api.ask(
                    document, "orders.list", first=size, after=after, query=search
                )
            except TooCostly:
                if size == 1:
                    raise
                self._page_limit = size // 2
                continue
            connection = answer.data.get("orders")
            nodes = self.finished(elements(connection, "nodes"))
            return Page(nodes, next_cursor(connection), answer.shop_now)

    def by_ids(self, ids: Iterable[str]) -> tuple[Any, ...]:
        """Whole orders by their numbers; those that are gone are left out."""
        gids = [f"gid://shopify/Order/{number}" for number in ids]
        document = documents.order_nodes(self.api.parts) if gids else ""
        found: list[Any] = []
        while gids:
            chunk = gids[: self._detail_limit]
            try:
                data = self.api.ask(document, "orders.get", ids=chunk).data
            except TooCostly:
                if len(chunk) == 1:
                    raise
                self._detail_limit = len(chunk) // 2
                continue
            rows = [row for row in elements(data, "nodes") if row.get("id")]
            found += self.finished(rows)
            gids = gids[len(chunk) :]
        return tuple(found)

    def one(self, number: str) -> Any:
        """One whole order.

        :raises NotFound: when the shop does not have it.
        """
        for node in self.by_ids([number]):
            if number_of(str(node.get("id")), "Order") == number:
                return node
        raise NotFound("there is no such order")

    def refunds(self, number: str) -> tuple[Envelope, ...]:
        """The refunds of an order that give money back."""
        document = documents.order_refunds(self.api.parts)
        gid = f"gid://shopify/Order/{number}"
        order = self.api.ask(document, "refunds.list", id=gid).data.get("order")
        if not isinstance(order, Mapping):
            raise NotFound("there is no such order")
        rows = [self._complete_refund(row) for row in elements(order, "refunds")]
        return tuple(
            envelope
            for row in rows
            if (envelope := self._refund_envelope(number, _canonical(row)))
        )

    # -- whole payloads ----------------------------------------------------------------

    def finished(self, rows: list[Any]) -> tuple[Any, ...]:
        """Orders with all pages of their lists, in the form in which they are kept."""
        origins = self._origins(rows)
        whole = []
        for row in rows:
            node = _canonical(self._complete(row))
            origin = origins.get(str(row.get("id")))
            if origin:
                node["draftOrder"] = {"id": origin}
            whole.append(self.sided(node))
        return tuple(whole)

    def sided(self, node: dict[str, Any]) -> dict[str, Any]:
        """A payload that names the side on which its amounts are to be read."""
        if self.options.get("money") == SHOP:
            return {**node, "moneySide": SHOP}
        return node

    def _complete(self, order: Mapping[str, Any]) -> dict[str, Any]:
        is_draft = kind_of(str(order.get("id"))) == "DraftOrder"
        lines = documents.DRAFT_LINE_ITEMS if is_draft else documents.LINE_ITEMS
        order = completed(self.api, order, "lineItems", lines)
        order = with_all_work(self.api, order)
        if "refunds" in order:
            order["refunds"] = [
                self._complete_refund(row) for row in elements(order, "refunds")
            ]
        return order

    def _complete_refund(self, refund: Mapping[str, Any]) -> dict[str, Any]:
        return completed(self.api, refund, "refundLineItems", documents.REFUND_LINES)

    def _origins(self, rows: list[Any]) -> dict[str, str]:
        """Ids of the drafts that some orders were, by the orders' ids.

        Only a draft names its order, not the other way round; so the drafts that were
        completed about then are asked for. A draft that was edited later than an hour
        after it became an order is not found.
        """
        if not self.options.get("drafts"):
            return {}
        moments = [
            moment
            for row in rows
            if row.get("sourceName") == DRAFT_SOURCE
            and (moment := moment_of(row.get("createdAt")))
        ]
        if not moments:
            return {}
        since, until = min(moments) - DRAFT_MARGIN, max(moments) + DRAFT_MARGIN
        search = f"status:completed {modified_between(since, until)}"
        data = self.api.ask(documents.DRAFT_ORIGINS, "drafts.list", query=search).data
        origins = {}
        for draft in elements(data.get("draftOrders"), "nodes"):
            order = draft.get("order")
            if isinstance(order, Mapping):
                origins[str(order.get("id"))] = str(draft.get("id"))
        return origins

    # -- envelopes ---------------------------------------------------------------------

    def _refund_envelope(self, order_id: str, node: dict[str, Any]) -> Envelope | None:
        number = number_of(str(node.get("id")), "Refund")
        if not number:
            return Envelope.unreadable(repr(node).encode("utf-8", "replace"))
        if not _gives_back(node):
            return None
        return Envelope.of(REFUND, f"{order_id}/{number}", self.sided(node))


def completed(
    api: Api, owner: Mapping[str, Any], field: str, document: str
) -> dict[str, Any]:
    """An object with all pages of one of its connections.

    :param document: asks for the connection of a node ``$id`` after ``$after``.
    :raises BadAnswer: when the object is gone by then.
    """
    connection = owner.get(field)
    after = next_cursor(connection)
    rows = elements(connection, "nodes")
    while after is not None:
        data = api.ask(document, "orders.rest", id=owner.get("id"), after=after).data
        node = data.get("node")
        if not isinstance(node, Mapping) or field not in node:
            raise BadAnswer("an order went away while it was read")
        connection = node.get(field)
        rows = rows + elements(connection, "nodes")
        after = next_cursor(connection)
    if field not in owner:
        return dict(owner)
    return {**owner, field: {"nodes": rows}}


def with_all_work(api: Api, order: Mapping[str, Any]) -> dict[str, Any]:
    """An order with all of its fulfilment orders and their lines."""
    field = "fulfillmentOrders"
    order = completed(api, order, field, documents.FULFILLMENT_ORDERS_OF)
    if field in order:
        order[field] = {
            "nodes": [
                completed(api, row, "lineItems", documents.FULFILLMENT_ORDER_LINES)
                for row in elements(order[field], "nodes")
            ]
        }
    return order


def envelope_of(node: Any) -> Envelope:
    """An order or a draft, wrapped; what has no readable id as it is."""
    gid = str(node.get("id")) if isinstance(node, Mapping) else ""
    number = number_of(gid)
    if kind_of(gid) == "DraftOrder":
        number = f"draft:{number}"
    elif kind_of(gid) != "Order":
        return Envelope.unreadable(repr(node).encode("utf-8", "replace"))
    try:
        return Envelope(ORDER, number, canonical_json(node))
    except PayloadError:
        # Nested beyond reason: whoever fetches it alone gets the error alone.
        return Envelope.of(ORDER_HINT, number, {"id": gid})


def moment_of(value: Any) -> datetime | None:
    """A time stamp of the shop; ``None`` for anything else."""
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        return moment.astimezone(timezone.utc)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None


def stamp(moment: datetime) -> str:
    """A time as Shopify's search syntax wants it."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def modified_between(since: datetime | None, until: datetime | None = None) -> str:
    """A filter for ``since <= updated_at < until``; empty without bounds."""
    terms = []
    if since is not None:
        terms.append(f"updated_at:>='{stamp(since)}'")
    if until is not None:
        terms.append(f"updated_at:<'{stamp(until)}'")
    return " ".join(terms)


def _canonical(value: Any) -> Any:
    """Without what says nothing about the order: page information and cursors."""
    if isinstance(value, Mapping):
        return {k: _canonical(v) for k, v in value.items() if k != "pageInfo"}
    if isinstance(value, list):
        return [_canonical(element) for element in value]
    return value


def _gives_back(refund: Mapping[str, Any]) -> bool:
    """Whether money moves: taking units off an order makes an empty refund too."""
    if elements(refund.get("transactions"), "nodes"):
        return True
    bag = refund.get("totalRefundedSet")
    sides = bag.values() if isinstance(bag, Mapping) else ()
    amounts = [side.get("amount") for side in sides if isinstance(side, Mapping)]
    return any(str(amount).strip("0.") for amount in amounts)
