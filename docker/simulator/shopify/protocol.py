"""The Admin GraphQL API: authentication, versions, execution, cost."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Sequence
from typing import Any

from ..core.message import Request, Response
from ..core.protocol import Protocol, Shop
from ..world.model import Event, Settings
from . import scenarios as scenarios
from .bulk import BulkDesk
from .cost import Bucket, requested
from .graphql import Document, Execution, GraphqlError, parse
from .mutations import (
    IDEMPOTENT,
    KNOWN_SINCE,
    REQUIRED_SINCE,
    SCOPES,
    Jobs,
    Keys,
    Mutations,
)
from .payments import PaymentsDesk
from .queries import Queries
from .tree import Tree, number_of
from .webhooks import WebhookSender

VERSIONS = ("2025-10", "2026-01", "2026-04", "2026-07")
_PATH = re.compile(r"/admin/api/([\w-]+)/graphql\.json")


class ShopifyProtocol(Protocol):
    """Serves ``/admin/`` and the files of bulk operations.

    :ivar bucket: the points that queries are paid from.
    :ivar withheld: scopes that were not given to the app.
    """

    name = "shopify"

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._sender = WebhookSender(
            shop.world, shop.outbox, shop.options.secret, shop.address
        )
        self._bulk, self._jobs, self._keys = BulkDesk(), Jobs(), Keys()
        self.bucket = Bucket()
        self.payments = PaymentsDesk(shop.world)
        self.withheld: frozenset[str] = frozenset()

    @classmethod
    def of(cls, shop: Shop) -> ShopifyProtocol:
        """Make the protocol; the token with ``_read`` appended may only read."""
        return cls(shop)

    @classmethod
    def settings(cls) -> Settings:
        """Return a shop that keeps its books in US dollars."""
        return Settings(storage="hpos")

    def serves(self, path: str) -> bool:
        """Tell whether ``path`` belongs to this protocol."""
        return path.startswith(("/admin/", BulkDesk.PATH))

    def is_order_list(self, request: Request) -> bool:
        """Tell whether ``request`` asks for a page of orders."""
        return b"query Orders" in request.body

    def notify(self, events: Sequence[Event]) -> None:
        """Send webhooks."""
        self._sender.notify(events)

    # -- requests ----------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        if request.path.startswith(BulkDesk.PATH):
            content = self._bulk.file(request.path)
            if content is None:
                return Response.of_html(403, "<h1>Forbidden</h1>")
            return Response(200, content, (("Content-Type", "application/jsonl"),))
        match = _PATH.fullmatch(request.path)
        if match is None or match[1] not in VERSIONS:
            return Response.of_json({"errors": "Not Found"}, 404)
        if request.method != "POST":
            return Response.of_json({"errors": "Method Not Allowed"}, 405)
        may_write = self._may_write(request.headers.get("x-shopify-access-token", ""))
        if may_write is None:
            message = (
                "[API] Invalid API key or access token "
                "(unrecognized login or wrong password)"
            )
            return Response.of_json({"errors": message}, 401)
        try:
            body = request.json()
            text, variables = body["query"], body.get("variables") or {}
        except (ValueError, TypeError, KeyError, AttributeError):
            return Response.of_json({"errors": "Required parameter missing"}, 400)
        return self._answer(str(text), variables, match[1], may_write)

    def _may_write(self, token: str) -> bool | None:
        """Return whether a token may write; None for one that nobody has."""
        known = self._shop.options.token
        for candidate, may_write in ((known, True), (f"{known}_read", False)):
            if hmac.compare_digest(candidate.encode(), token.encode()):
                return may_write
        return None

    def _answer(
        self, text: str, variables: Any, version: str, may_write: bool
    ) -> Response:
        points = 0
        answer: dict[str, Any] = {}
        listed: tuple[int, ...] = ()
        taken = False
        try:
            document = parse(text)
            execution = Execution(document, variables)
            points = requested(document, execution)
            self.bucket.take(points)
            taken = True
            data = self._run(document, execution, version, may_write)
            answer["data"] = data
            listed = _listed(data)
            actual = min(points, execution.objects + 1)
        except GraphqlError as error:
            answer = {"errors": [error.as_json()]}
            actual = 0
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            # A value of the wrong kind somewhere among the variables.
            refused = GraphqlError(f"invalid value: {problem!r}", "INVALID_VARIABLE")
            answer = {"errors": [refused.as_json()]}
            actual = 0
        if taken:
            self.bucket.give_back(points - actual)
        answer["extensions"] = {
            "cost": {
                "requestedQueryCost": points,
                "actualQueryCost": actual if taken else None,
                "throttleStatus": self.bucket.status(),
            }
        }
        headers = (("X-Shopify-API-Version", version),)
        response = Response.of_json(answer, 200, headers)
        return Response(**{**vars(response), "listed_orders": listed})

    def _run(
        self, document: Document, execution: Execution, version: str, may_write: bool
    ) -> dict[str, Any]:
        tree = Tree(self._shop.world)
        queries = Queries(
            tree, self._bulk, self._jobs, self.payments, self._shop.address()
        )
        root = queries.root(may_write, self.withheld)
        if document.operation.kind == "query":
            return execution.run(root)
        mutations = Mutations(tree, version, self._bulk, self._jobs, root)
        fields = mutations.root()
        for item in execution.fields(fields, document.operation.selections):
            if SCOPES.get(item.name) and not may_write:
                message = (
                    f"Access denied for {item.name} field. Required access: "
                    f"`{SCOPES[item.name]}` access scope."
                )
                raise GraphqlError(message, "ACCESS_DENIED", (item.alias,))
            key = execution.directive(item, "idempotent")
            self._check_key(item.name, key, version)
            if key is not None:
                work = fields[item.name]
                fields[item.name] = self._once(item.name, key["key"], work)
        return execution.run(fields)

    @staticmethod
    def _check_key(name: str, key: Any, version: str) -> None:
        if key is not None and version < KNOWN_SINCE:
            message = "Directive @idempotent is not defined"
            raise GraphqlError(message, "undefinedDirective", (name,))
        if key is None and name in IDEMPOTENT and version >= REQUIRED_SINCE:
            message = (
                "The @idempotent directive is required for this mutation but was not "
                "provided."
            )
            raise GraphqlError(message, "BAD_REQUEST", (name,))

    def _once(self, name: str, key: str, work: Any) -> Any:
        def carry_out(arguments: Any) -> Any:
            parameters = json.dumps([name, arguments], sort_keys=True, default=str)
            return self._keys.once(key, parameters, lambda: work(arguments))

        return carry_out


def _listed(data: Any) -> tuple[int, ...]:
    """Return the orders that a page carried."""
    page = data.get("orders") if isinstance(data, dict) else None
    rows = page.get("nodes", ()) if isinstance(page, dict) else ()
    return tuple(number_of(row.get("id")) for row in rows)


PROTOCOL = ShopifyProtocol
