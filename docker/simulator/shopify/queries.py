"""The fields at the root of queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..world.model import Order
from .bulk import BulkDesk
from .graphql import Connection, GraphqlError
from .payments import SCOPE, PaymentsDesk
from .search import matches, place_of
from .tree import MAIN, Tree, gid, number_of

Json = dict[str, Any]

_READ = (
    "read_orders",
    "read_all_orders",
    "read_products",
    "read_inventory",
    "read_locations",
    "read_customers",
    "read_returns",
    "read_draft_orders",
    "read_merchant_managed_fulfillment_orders",
    SCOPE,
)
_WRITE = (
    "write_orders",
    "write_inventory",
    "write_products",
    "write_merchant_managed_fulfillment_orders",
)
_SORTED_BY = {"UPDATED_AT": "modified", "CREATED_AT": "created"}


class Queries:
    """Answers the questions that a shop can be asked."""

    def __init__(
        self,
        tree: Tree,
        bulk: BulkDesk,
        jobs: Any,
        payments: PaymentsDesk,
        address: str,
    ) -> None:
        self.tree, self.bulk, self.jobs, self.address = tree, bulk, jobs, address
        self.payments = payments

    def root(self, may_write: bool, withheld: frozenset[str] = frozenset()) -> Json:
        """Return the root object; every field is a function of its arguments.

        :param withheld: scopes that the token does not have.
        """
        return {
            "__typename": "QueryRoot",
            "shop": lambda _arguments: self._shop(),
            "currentAppInstallation": lambda _arguments: _installation(
                may_write, withheld
            ),
            "orders": self.orders,
            "order": lambda arguments: self.tree.node(arguments["id"]),
            "nodes": lambda arguments: [self._node(i) for i in arguments["ids"]],
            "node": lambda arguments: self._node(arguments["id"]),
            "productVariants": self._variants,
            "locations": lambda _arguments: Connection(self.tree.locations()),
            "location": lambda arguments: self._location(arguments),
            "draftOrders": self.drafts,
            "draftOrder": lambda arguments: self._draft(arguments["id"]),
            "job": lambda arguments: self.jobs.render(arguments["id"]),
            "webhookSubscriptions": lambda _arguments: self._hooks(),
            "shopifyPaymentsAccount": lambda _arguments: self.payments.account(
                SCOPE not in withheld
            ),
        }

    def orders(self, arguments: Mapping[str, Any]) -> Connection:
        """Search and sort the orders."""
        return self._listed(arguments, self.tree.visible(), self.tree.order)

    def _variants(self, arguments: Mapping[str, Any]) -> Connection:
        """Search the variants: of terms joined by OR any one has to fit."""
        terms = re.split(r"\s+OR\s+", arguments.get("query") or "")
        rows = self.tree.variants()
        found = (
            row
            for row in rows
            if any(matches(term, {"sku": row["sku"]}) for term in terms)
        )
        return Connection(tuple(found))

    def drafts(self, arguments: Mapping[str, Any]) -> Connection:
        """Search and sort the drafts."""
        return self._listed(arguments, self.tree.drafts(), self.tree.draft)

    def _draft(self, identifier: Any) -> Json | None:
        number = number_of(identifier)
        rows = (row for row in self.tree.drafts() if row.id == number)
        return next((self.tree.draft(row) for row in rows), None)

    def _listed(
        self,
        arguments: Mapping[str, Any],
        orders: list[Order],
        render: Callable[[Order], Json],
    ) -> Connection:
        key = _SORTED_BY.get(arguments.get("sortKey", "CREATED_AT"), "created")
        query = arguments.get("query") or ""
        found = [row for row in orders if matches(query, self.tree.find_terms(row))]
        after = arguments.get("after")
        if after is None:
            return self.tree.sorted(found, key, render)
        try:
            place = place_of(after)
        except (ValueError, KeyError, TypeError):
            raise GraphqlError("Invalid cursor for pagination", "BAD_REQUEST") from None
        rest = [
            order
            for order in found
            if (getattr(order, key).isoformat(), order.id) > place
        ]
        connection = self.tree.sorted(rest, key, render)
        # The cut has been made: where the rest begins, no cursor has to be found.
        return Behind(connection.rows, connection.cursor)

    def _shop(self) -> Json:
        settings = self.tree.world.settings
        return {
            "__typename": "Shop",
            "id": gid("Shop", 1),
            "name": settings.name,
            "currencyCode": settings.currency,
            "ianaTimezone": "America/Los_Angeles",
            "taxesIncluded": settings.prices_include_tax,
        }

    def _node(self, identifier: Any) -> Json | None:
        if str(identifier).startswith("gid://shopify/BulkOperation/"):
            operation = self.bulk.find(number_of(identifier))
            return self.bulk.render(operation, self.address) if operation else None
        return self.tree.node(identifier)

    def _location(self, arguments: Mapping[str, Any]) -> Json | None:
        wanted = arguments.get("id") or gid("Location", MAIN)
        rows = self.tree.locations()
        return next((row for row in rows if row["id"] == wanted), None)

    def _hooks(self) -> Connection:
        return Connection(
            tuple(
                {
                    "__typename": "WebhookSubscription",
                    "id": gid("WebhookSubscription", hook.id),
                    "topic": hook.topic,
                    "uri": hook.delivery_url,
                }
                for hook in self.tree.world.subscriptions()
            )
        )


class Behind(Connection):
    """What lies behind a cursor that the rows were searched with."""

    def _start(self, after: str, path: tuple[str, ...]) -> int:
        return 0


def _installation(may_write: bool, withheld: frozenset[str]) -> Json:
    handles = (*_READ, *(_WRITE if may_write else ()))
    handles = tuple(handle for handle in handles if handle not in withheld)
    return {
        "__typename": "AppInstallation",
        "accessScopes": [
            {"__typename": "AccessScope", "handle": handle} for handle in handles
        ],
    }
