"""The Selling Partner API of one seller: addresses, sending, refusals.

Knows how a request reaches Amazon and what an answer means, nothing of orders or
listings. Sources: the official models (``errors``: ``code``, ``message``,
``details``); what is not in them is said to be not confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

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
)
from ..transport import Request, Response, redact
from .access import TokenSource
from .const import ENDPOINTS, MARKETPLACES
from .limits import install_budget

ORDER_ID = re.compile(r"[0-9]{3}-[0-9]{7}-[0-9]{7}", re.ASCII)  # "in 3-7-7 format"


def endpoint(credentials: Credentials) -> str:
    """Where the seller's interface is: as configured, else that of the region.

    The region is the option ``region`` (``"eu"``, ``"na"``, ``"fe"``), else that of
    the first marketplace.

    :raises NotThere: when neither an address nor a region is known.
    """
    if credentials.url:
        return _address(credentials.url)
    region = str(credentials.options.get("region") or "").lower()
    if not region and credentials.marketplaces:
        known = MARKETPLACES.get(credentials.marketplaces[0])
        region = known.region if known else ""
    if region not in ENDPOINTS:
        raise NotThere("neither an address nor a region is set", hint="region")
    return ENDPOINTS[region]


def _address(text: str) -> str:
    text = text.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise NotThere("not an address", hint="address") from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", text):
        raise NotThere("not an http(s) address", hint="address")
    path = parts.path.rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def timestamp(moment: datetime) -> str:
    """A time as the interface wants it (ISO 8601, UTC)."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Api:
    """Sends requests for one seller and turns refusals into typed errors."""

    def __init__(self, credentials: Credentials, transport: Any):
        self.credentials = credentials
        self.transport = transport
        self.address = endpoint(credentials)
        self.tokens = TokenSource(credentials, transport)
        self._budget = install_budget(transport)
        self._participating: tuple[str, ...] | None = None

    @property
    def seller(self) -> str:
        """The seller's id, safe in a path."""
        return quote(self.credentials.account, safe="")

    def now(self) -> datetime:
        """Our own clock, UTC."""
        return self.transport.clock.now()

    # -- sending -----------------------------------------------------------------------

    def get(self, path: str, operation: str, **query: Any) -> Mapping[str, Any]:
        """Read something; returns the parsed answer.

        :param path: from the root, each part already safe.
        :param query: lists become comma-separated; ``None`` and empty are left out.
        :raises MarketplaceError: see :func:`refusal` and :mod:`~..transport`.
        """
        return self._parsed(self.send("GET", path, operation, query=query))

    def change(
        self,
        method: str,
        path: str,
        operation: str,
        body: Any,
        *,
        idempotent: bool = False,
        **query: Any,
    ) -> Mapping[str, Any]:
        """Change something; returns the parsed answer, empty for one without a body.

        :param idempotent: ``True`` only when sending it twice is as good as once.
        """
        response = self.send(
            method, path, operation, query=query, body=body, idempotent=idempotent
        )
        return self._parsed(response) if response.body.strip() else {}

    def pages(
        self, path: str, operation: str, token_name: str, **query: Any
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the answers of a listing whose answers name the next one.

        :param token_name: parameter that takes ``nextToken`` of the answer before.
        """
        token = None
        seen: set[str] = set()
        while True:
            answer = self.get(path, operation, **query, **{token_name: token})
            yield answer
            token = next_token(answer)
            if not token or token in seen:
                return
            seen.add(token)

    def send(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        idempotent: bool | None = None,
    ) -> Response:
        """Send a request with an access token, a second time with a fresh one.

        :raises MarketplaceError: for every answer that is not 2xx.
        """
        token = self.tokens.value()
        request = self._request(method, path, operation, query or {}, body, idempotent)
        response = self._deliver(request, token)
        if not response.ok and _is_expired(response):
            response = self._deliver(request, self.tokens.renew(token))
        if not response.ok:
            raise refusal(response, self._secrets())
        return response

    def _deliver(self, request: Request, token: str) -> Response:
        headers = {**request.headers, "x-amz-access-token": token}
        request = replace(request, headers=headers)
        try:
            response = self.transport.send(request)
        except RateLimited as error:
            if self._budget and error.details.get("status") == 429:
                self._budget.exhaust(request.shop, request.operation)
            raise
        if self._budget:
            self._budget.learn(request.shop, request.operation, response.headers)
        return response

    def _request(
        self,
        method: str,
        path: str,
        operation: str,
        query: Mapping[str, Any],
        body: Any,
        idempotent: bool | None,
    ) -> Request:
        pairs = ((name, _text(value)) for name, value in query.items())
        return Request(
            method,
            f"{self.address}{path}",
            operation=operation,
            shop=f"{self.address}/{self.credentials.account}",
            query=tuple((name, value) for name, value in pairs if value),
            json=body,
            # What may be repeated is, when its answer is not the JSON it should be.
            expect_json=body is None or bool(idempotent),
            idempotent=idempotent,
        )

    @staticmethod
    def _parsed(response: Response) -> Mapping[str, Any]:
        answer = response.json()
        if not isinstance(answer, Mapping):
            raise BadAnswer("an answer that is not an object")
        return answer

    def _secrets(self) -> tuple[str, ...]:
        known = self.credentials
        kept = known.tokens.load()
        return (known.key, known.secret, known.token, kept.value if kept else "")

    # -- what everybody needs ----------------------------------------------------------

    def participations(self) -> tuple[Mapping[str, Any], ...]:
        """The marketplaces in which the seller takes part, as Amazon tells them."""
        answer = self.get(
            "/sellers/v1/marketplaceParticipations",
            "sellers.getMarketplaceParticipations",
        )
        return tuple(rows_of(answer, "payload"))

    def marketplaces(self) -> tuple[str, ...]:
        """The marketplaces that are worked on: those configured, else all."""
        if self.credentials.marketplaces:
            return self.credentials.marketplaces
        if self._participating is None:
            self._participating = tuple(
                row["marketplace"]["id"]
                for row in self.participations()
                if isinstance(row.get("marketplace"), Mapping)
                and isinstance(row["marketplace"].get("id"), str)
                and isinstance(row.get("participation"), Mapping)
                and row["participation"].get("isParticipating") is True
            )
        return self._participating

    def order_path(self, order_id: str) -> str:
        """An order id that is safe in a path.

        The token is bought first, so that wrong credentials are told as such.

        :raises NotFound: for anything that is no id of Amazon's.
        """
        self.tokens.value()
        if ORDER_ID.fullmatch(order_id) is None:
            raise NotFound(f"not an order id: {order_id[:40]!r}")
        return order_id


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ",".join(str(part) for part in value)
    return timestamp(value) if isinstance(value, datetime) else str(value)


# -- reading answers -------------------------------------------------------------------


def rows_of(answer: Mapping[str, Any], *path: str) -> list[Mapping[str, Any]]:
    """A list of objects somewhere in an answer; missing = none.

    :raises BadAnswer: when there is something else in its place.
    """
    value: Any = answer
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadAnswer(f"{'.'.join(path)} is not a list")
    return [row for row in value if isinstance(row, Mapping)]


def next_token(answer: Mapping[str, Any]) -> str:
    """The token of the next page, wherever the models put it; empty = last page."""
    for key in ("pagination", "payload"):
        part = answer.get(key)
        if isinstance(part, Mapping):
            for name in ("nextToken", "NextToken"):
                if isinstance(part.get(name), str):
                    return part[name]
    token = answer.get("nextToken")
    return token if isinstance(token, str) else ""


# -- what a refusal means --------------------------------------------------------------


def refusal(response: Response, secrets: tuple[str, ...] = ()) -> MarketplaceError:
    """The typed error for an answer with 4xx.

    ``details`` hold ``status``, Amazon's ``remote_code`` and ``remote_message``.
    403 stands for both a token that is not accepted and a role that the application
    lacks; the words tell them apart (not confirmed by a model).
    """
    code, message = _error_body(response)
    details: dict[str, Any] = {
        "status": response.status,
        "remote_code": code,
        "remote_message": redact(message, secrets)[:300],
    }
    text = f"{response.status} {code or 'without a code'}: {details['remote_message']}"
    if response.status == 401:
        return AuthenticationFailed(text, **details)
    if response.status == 403:
        if re.search(r"(?i)access token|x-amz-access-token", message):
            return AuthenticationFailed(text, **details)
        return PermissionRefused(text, **details)
    if response.status in (404, 410):
        if not code:
            return NotThere(text, hint="no_api", **details)
        return NotFound(text, **details)
    return RequestRefused(text, **details)


def _is_expired(response: Response) -> bool:
    """Whether a fresh token may help."""
    if response.status == 401:
        return True
    return response.status == 403 and "expired" in _error_body(response)[1].lower()


def _error_body(response: Response) -> tuple[str, str]:
    """Code and words of the first error (definition ErrorList)."""
    try:
        body = response.json()
    except BadAnswer as error:
        return "", str(error.details.get("excerpt", ""))
    errors = body.get("errors") if isinstance(body, Mapping) else None
    if isinstance(errors, Mapping):  # ConfirmShipmentErrorResponse nests the list
        errors = errors.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, Mapping):
        return "", ""
    words = (first.get("message"), first.get("details"))
    message = " ".join(dict.fromkeys(str(part) for part in words if part))
    return str(first.get("code") or ""), message
