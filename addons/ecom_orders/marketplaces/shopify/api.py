"""The Admin GraphQL API of one Shopify shop: address, token, throttling, refusals.

Knows how a document reaches the shop and what an answer means, nothing of orders.
Sources: the schema; recordings of development shops for errors and for
``extensions.cost``. That a throttled query comes with status 200 and the code
``THROTTLED`` is not in the recordings (not confirmed).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlunsplit

from ..addresses import read_address
from ..base import Credentials
from ..errors import (
    AuthenticationFailed,
    BadAnswer,
    MarketplaceError,
    NotFound,
    NotThere,
    PermissionRefused,
    RateLimited,
    RequestRefused,
    ServerFailed,
)
from ..transport import Request, Response, redact
from . import documents

NEWEST_VERSION = "2026-07"
_VERSION = re.compile(r"20\d\d-\d\d|unstable")

#: What people paste from the address bar instead of the shop's own address.
_TAILS = re.compile(r"/admin(?:/.*)?$")

#: Seconds to wait when a throttled answer does not tell how long.
DEFAULT_WAIT = 2.0


class TooCostly(RequestRefused):
    """The query is worth more points than a single one may be."""


def shop_address(text: str) -> str:
    """The address of a shop as a person typed it, made canonical.

    Without a scheme it is https; ``/admin`` and what follows it is dropped.

    :raises NotThere: when it is not an http(s) address.
    """
    scheme, netloc, path = read_address(text)
    path = _TAILS.sub("", path.rstrip("/")).rstrip("/")
    return urlunsplit((scheme, netloc, path, "", ""))


@dataclass(frozen=True)
class Answer:
    """What came back to a document.

    :param shop_now: the shop's clock.
    """

    data: Mapping[str, Any]
    shop_now: datetime


class Api:
    """Sends documents to one shop and turns refusals into typed errors."""

    def __init__(self, credentials: Credentials, transport: Any):
        self.credentials = credentials
        self.transport = transport
        self.version = credentials.api_version or NEWEST_VERSION
        self._scopes: frozenset[str] | None = None
        self._scopes_asked = False

    @property
    def address(self) -> str:
        """See :func:`shop_address`."""
        return shop_address(self.credentials.url)

    @property
    def url(self) -> str:
        """Where documents are sent to."""
        if not _VERSION.fullmatch(self.version):
            raise NotThere("not a version of the interface", hint="version")
        return f"{self.address}/admin/api/{self.version}/graphql.json"

    # -- rights ------------------------------------------------------------------------

    @property
    def scopes(self) -> frozenset[str] | None:
        """The access scopes of the token, asked for once; ``None`` = not told.

        The right to write includes the right to read.
        """
        if not self._scopes_asked:
            try:
                data = self.ask(documents.SCOPES, "check").data
            except (PermissionRefused, RequestRefused):
                data = {}
            self._scopes_asked = True
            rows = elements(data.get("currentAppInstallation"), "accessScopes")
            if rows:
                granted = {str(row.get("handle")) for row in rows}
                granted |= {name.replace("write_", "read_", 1) for name in granted}
                self._scopes = frozenset(granted)
        return self._scopes

    @property
    def parts(self) -> frozenset[str]:
        """The optional parts of an order that the token may read, all in doubt."""
        granted = self.scopes
        return frozenset(
            part
            for part, needed in documents.PARTS.items()
            if granted is None or granted.intersection(needed)
        )

    def need(self, *scopes: str) -> None:
        """Refuse at once what the token has no right to; any one scope will do.

        :raises PermissionRefused: with the missing scope.
        """
        granted = self.scopes
        if granted is not None and not granted.intersection(scopes):
            raise PermissionRefused(f"the token lacks {scopes[0]}", scope=scopes[0])

    # -- sending -----------------------------------------------------------------------

    def ask(
        self,
        document: str,
        operation: str,
        *,
        idempotent: bool = True,
        **variables: Any,
    ) -> Answer:
        """Send a document and wait for its answer, also while the shop throttles.

        A throttled document was not executed, so it is sent again once the bucket has
        filled far enough, as long as the transport's deadline allows.

        :param idempotent: whether sending it twice is as good as once; ``False`` for
            most mutations.
        :raises RateLimited: when waiting would take longer than the deadline;
            ``details["retry_after"]`` in seconds.
        :raises MarketplaceError: see :func:`refusal` and :func:`error_of`.
        """
        request = Request(
            "POST",
            self.url,
            operation=operation,
            shop=self.address,
            headers={"X-Shopify-Access-Token": self.credentials.token},
            json={"query": document, "variables": variables},
            expect_json=True,
            idempotent=idempotent,
        )
        clock = self.transport.clock
        deadline = clock.monotonic() + self.transport.settings.deadline
        while True:
            response = self.transport.send(request)
            if not response.ok:
                raise refusal(response, self._secrets())
            body = response.json()
            if not isinstance(body, Mapping):
                raise BadAnswer("an answer that is not an object", operation=operation)
            wait = throttled_for(body)
            if wait is None:
                return self._read(body, response)
            if clock.monotonic() + wait >= deadline:
                raise RateLimited("the shop throttles", retry_after=wait)
            clock.sleep(wait)

    def mutate(
        self, document: str, operation: str, *, idempotent: bool = False, **values: Any
    ) -> Mapping[str, Any]:
        """Send a mutation and return its payload, user errors included."""
        answer = self.ask(document, operation, idempotent=idempotent, **values)
        payload = next(iter(answer.data.values()), None)
        if not isinstance(payload, Mapping):
            raise BadAnswer("a mutation without a result", operation=operation)
        return payload

    def pages(
        self, document: str, operation: str, field: str, **variables: Any
    ) -> Iterator[list[Any]]:
        """Yield the nodes of a connection at the root, page by page."""
        after, more = None, True
        while more:
            data = self.ask(document, operation, after=after, **variables).data
            connection = data.get(field)
            yield elements(connection, "nodes")
            after = next_cursor(connection)
            more = after is not None

    def _read(self, body: Mapping[str, Any], response: Response) -> Answer:
        errors = body.get("errors")
        if errors:
            raise error_of(errors, self._secrets())
        data = body.get("data")
        if not isinstance(data, Mapping):
            raise BadAnswer("an answer without data", status=response.status)
        return Answer(data, response.date or datetime.now(timezone.utc))

    def _secrets(self) -> tuple[str, ...]:
        known = self.credentials
        return (known.token, known.secret, known.webhook_secret)


# -- reading answers -------------------------------------------------------------------


def elements(value: Any, key: str) -> list[Any]:
    """The objects of a list in an object; nothing where there is none."""
    rows = value.get(key) if isinstance(value, Mapping) else None
    rows = rows if isinstance(rows, list) else []
    return [row for row in rows if isinstance(row, Mapping)]


def next_cursor(connection: Any) -> str | None:
    """Where the next page of a connection begins; ``None`` when there is none."""
    page = connection.get("pageInfo") if isinstance(connection, Mapping) else None
    if not isinstance(page, Mapping) or page.get("hasNextPage") is not True:
        return None
    cursor = page.get("endCursor")
    return cursor if isinstance(cursor, str) and cursor else None


def throttled_for(body: Mapping[str, Any]) -> float | None:
    """Seconds until a throttled document can be sent again; ``None`` = not throttled.

    The bucket fills by ``restoreRate`` points a second; the query needs
    ``requestedQueryCost`` of them (``extensions.cost``).
    """
    codes = {_code(error) for error in elements(body, "errors")}
    if "THROTTLED" not in codes:
        return None
    try:
        cost = body["extensions"]["cost"]
        status = cost["throttleStatus"]
        missing = float(cost["requestedQueryCost"]) - float(
            status["currentlyAvailable"]
        )
        return max(0.1, missing / float(status["restoreRate"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return DEFAULT_WAIT


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, Mapping) else ""
    return str(code or "")


# -- what a refusal means --------------------------------------------------------------

_CODES: dict[str, type[MarketplaceError]] = {
    "ACCESS_DENIED": PermissionRefused,
    "RESOURCE_NOT_FOUND": NotFound,
    "NOT_FOUND": NotFound,
    "MAX_COST_EXCEEDED": TooCostly,
    "INTERNAL_SERVER_ERROR": ServerFailed,
}


def error_of(errors: Any, known_secrets: tuple[str, ...] = ()) -> MarketplaceError:
    """The typed error for ``errors`` at the root of an answer with status 200."""
    rows = elements({"errors": errors}, "errors")
    codes = [_code(row) for row in rows]
    known = next((code for code in codes if code in _CODES), "")
    row = rows[codes.index(known)] if known else (rows or [{}])[0]
    text = redact(str(row.get("message") or errors), known_secrets)[:300]
    code = known or _code(row)
    kind = _CODES.get(code, RequestRefused)
    return kind(f"{code or 'refused'}: {text}", remote_code=code, remote_message=text)


def refusal(response: Response, known_secrets: tuple[str, ...] = ()) -> Any:
    """The typed error for an answer with 4xx.

    ``details["hint"]`` is ``"shop_frozen"`` for 402 and ``"shop_locked"`` for 423 (the
    meaning of both is not confirmed).
    """
    try:
        body = response.json()
        message = body.get("errors", "") if isinstance(body, Mapping) else ""
    except BadAnswer as error:
        message = error.details.get("excerpt", "")
    details: dict[str, Any] = {
        "status": response.status,
        "remote_message": redact(message, known_secrets)[:300],
    }
    kinds: dict[int, type[MarketplaceError]] = {
        401: AuthenticationFailed,
        403: PermissionRefused,
        404: NotThere,
    }
    hints = {402: "shop_frozen", 404: "no_api", 423: "shop_locked"}
    if response.status in hints:
        details["hint"] = hints[response.status]
    kind = kinds.get(response.status, RequestRefused)
    return kind(f"{response.status}: {details['remote_message']}", **details)


def user_errors(payload: Mapping[str, Any], key: str = "userErrors") -> list[Any]:
    """What a mutation refused: objects with ``field``, ``message``, ``code``."""
    return elements(payload, key)


def text_of(error: Mapping[str, Any]) -> str:
    """Code and words of a user error, for people."""
    code, message = error.get("code") or "", str(error.get("message") or "")
    return (f"{code}: {message}" if code else message)[:300]
