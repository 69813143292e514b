"""The feed of returns.

Shopify lists no returns, only those of an order; the order's date of modification
moves when one of them does (not confirmed for every step). So the orders that have
returns are read by modification, and each return comes again when its order changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..base import RETURN, Envelope, OrderCursor, OrderPage
from . import documents
from .api import Api, TooCostly, elements, next_cursor
from .feed import FeedState
from .money import number_of
from .orders import completed, modified_between, moment_of

PAGE_LIMIT = 10

#: ``OrderReturnStatus``, all but "no return", as the search knows them.
_WITH_RETURNS = (
    "(return_status:return_requested OR return_status:in_progress"
    " OR return_status:inspection_complete OR return_status:returned"
    " OR return_status:return_failed)"
)


class ReturnFeed:
    """Reads returns of one shop by their orders' modification."""

    def __init__(self, api: Api):
        self.api = api

    def next_page(self, cursor: OrderCursor, page_size: int = PAGE_LIMIT) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_returns`."""
        state = FeedState.of(cursor)
        search = f"{_WITH_RETURNS} {modified_between(state.since)}".strip()
        answer, connection = self._ask(search, state.after, page_size)
        envelopes: list[Envelope] = []
        for order in elements(connection, "nodes"):
            state = state.passed(moment_of(order.get("updatedAt")))
            envelopes += map(_envelope, self._returns_of(order))
        after = next_cursor(connection)
        if after is not None:
            state = replace(state.unsettled(answer.shop_now), after=after)
            return OrderPage(tuple(envelopes), state.cursor(), True)
        return OrderPage(tuple(envelopes), state.ended(answer.shop_now), False)

    def _returns_of(self, order: Any) -> list[Any]:
        """All returns of an order, with all of their lines."""
        whole = completed(self.api, order, "returns", documents.RETURNS_OF)
        return [
            completed(self.api, row, "returnLineItems", documents.RETURN_LINES)
            for row in elements(whole.get("returns"), "nodes")
        ]

    def _ask(self, search: str, after: str | None, first: int) -> tuple[Any, Any]:
        first = max(1, min(first, PAGE_LIMIT))
        while True:
            try:
                answer = self.api.ask(
                    documents.RETURNS_PAGE,
                    "returns.list",
                    first=first,
                    after=after,
                    query=search,
                )
            except TooCostly:
                if first == 1:
                    raise
                first //= 2
                continue
            return answer, answer.data.get("orders")


def _envelope(node: Any) -> Envelope:
    number = number_of(str(node.get("id")), "Return")
    if not number:
        return Envelope.unreadable(repr(node).encode("utf-8", "replace"))
    return Envelope.of(RETURN, number, node)
