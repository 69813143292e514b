"""eBay's REST interfaces: hosts, credentials, what refusals mean.

Knows how a request reaches eBay and what an answer means, nothing of orders or
listings. Sources: see the package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ..base import Credentials
from ..errors import (
    AuthenticationFailed,
    BadAnswer,
    MarketplaceError,
    NotFound,
    NotThere,
    PermissionRefused,
    RequestRefused,
)
from ..transport import Request, Response, redact
from .const import PRODUCTION
from .signing import Signer, check_signer
from .tokens import TokenBox

FULFILLMENT = "/sell/fulfillment/v1"
INVENTORY = "/sell/inventory/v1"
FINANCES = "/sell/finances/v1"
IDENTITY = "/commerce/identity/v1"
NOTIFICATION = "/commerce/notification/v1"
POST_ORDER = "/post-order/v2"

# Refusals that say "there is no such order": 32100 (Fulfillment document: invalid order
# id), 34913 (issueRefund).
NO_ORDER = frozenset({32100, 34913})

# Refusals of a signature that is missing or wrong (not confirmed).
SIGNATURE_ERRORS = range(215_000, 215_200)


def root_address(text: str) -> str:
    """The address of eBay's interface, without a slash at the end.

    :param text: as typed; empty = production.
    :raises NotThere: when it is not an http(s) address.
    """
    text = text.strip() or PRODUCTION
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname
    except ValueError:
        wrong = True
    if wrong or re.search(r"[\s<>\"\\]", text):
        raise NotThere("not an http(s) address", hint="address")
    path = parts.path.rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def second_address(root: str) -> str:
    """The host of Finances and Identity beside the one of everything else.

    ``api.ebay.com`` goes with ``apiz.ebay.com`` (servers of the OpenAPI documents), and
    so do the sandbox's; any other host serves both.
    """
    parts = urlsplit(root)
    if not parts.netloc.startswith("api."):
        return root
    host = "apiz" + parts.netloc.removeprefix("api")
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


@dataclass(frozen=True)
class Answer:
    """What came back from a question.

    :param now: eBay's clock.
    """

    status: int
    payload: Any
    now: datetime
    location: str = ""


class Api:
    """Sends requests to eBay and turns refusals into typed errors."""

    def __init__(self, credentials: Credentials, transport: Any):
        self.credentials = credentials
        self.transport = transport
        self.root = root_address(credentials.url)
        other = str(credentials.options.get("apiz_url") or "")
        self.second_root = root_address(other) if other else second_address(self.root)
        self.signer = Signer.of(credentials.options)
        self.seller = TokenBox.of_seller(credentials, transport, self.root)
        self.application = TokenBox.of_application(credentials, transport, self.root)

    def get(self, path: str, operation: str, **query: Any) -> Any:
        """Read something; returns the parsed answer.

        :param path: with the interface, e.g. ``"/sell/fulfillment/v1/order"``.
        :raises MarketplaceError: see :func:`refusal` and :mod:`..transport`.
        """
        return self.ask("GET", path, operation, query=query).payload

    def post(
        self,
        path: str,
        operation: str,
        body: Any,
        *,
        idempotent: bool = False,
        signed: bool = False,
    ) -> Answer:
        """Change something.

        :param idempotent: ``True`` only when sending it twice is as good as once.
        :param signed: whether eBay wants it signed, see :mod:`.signing`.
        """
        return self.ask(
            "POST",
            path,
            operation,
            body=body,
            idempotent=idempotent,
            signed=signed,
        )

    def ask(
        self,
        method: str,
        path: str,
        operation: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        idempotent: bool | None = None,
        signed: bool = False,
        public: bool = False,
    ) -> Answer:
        """Send one request, again with a new token when the token is refused.

        :param public: asked for by the application, not for the seller.
        """
        if signed:
            check_signer(self.signer, self.credentials.marketplaces)
        tokens = self.application if public else self.seller
        tokens.value()  # refused credentials are told as such, before anything is sent
        request = self._request(method, path, operation, query or {}, tokens, signed)
        request = replace(
            request,
            json=body,
            idempotent=idempotent,
            expect_json=request.expect_json or bool(idempotent),
        )
        response = self.transport.send(request)
        if response.status == 401:
            tokens.renew()
            response = self.transport.send(request)
        if not response.ok:
            raise refusal(response, self._secrets())
        payload = response.json() if response.body.strip() else None
        return Answer(
            response.status,
            payload,
            response.date or datetime.now(timezone.utc),
            response.headers.get("Location", ""),
        )

    def _request(
        self,
        method: str,
        path: str,
        operation: str,
        query: Mapping[str, Any],
        tokens: TokenBox,
        signed: bool,
    ) -> Request:
        second = path.startswith((FINANCES, IDENTITY))
        old = path.startswith(POST_ORDER)
        scheme = "IAF" if old else "Bearer"
        # Post-Order goes by the site (not confirmed); one is as good as another.
        sites = self.credentials.marketplaces if old else ()

        def authorise(request: Request) -> Request:
            headers = {**request.headers, "Authorization": f"{scheme} {tokens.value()}"}
            if request.json is not None:
                # The documents name this header as required; without a charset.
                headers["Content-Type"] = "application/json"
            request = replace(request, headers=headers)
            return self.signer.sign(request) if signed and self.signer else request

        return Request(
            method,
            f"{self.second_root if second else self.root}{path}",
            operation=operation,
            shop=self.root,
            query=tuple((name, str(value)) for name, value in query.items()),
            headers={"X-EBAY-C-MARKETPLACE-ID": sites[0]} if sites else {},
            # What is cut off is asked for again. Finances answers "none" without a
            # body.
            expect_json=method == "GET" and not path.startswith(FINANCES),
            authorise=authorise,
        )

    def _secrets(self) -> tuple[str, ...]:
        known = self.credentials
        token = known.tokens.load()
        return (known.key, known.secret, known.token, token.value if token else "")


# -- what a refusal means --------------------------------------------------------------


def refusal(
    response: Response, known_secrets: tuple[str, ...] = ()
) -> MarketplaceError:
    """The typed error for an answer with 4xx.

    ``details`` hold ``status``, eBay's ``remote_code`` (its ``errorId``) and
    ``remote_message``, and the ``hint`` ``"digital_signature"`` where the seller has to
    sign, see :mod:`.signing`. The shape of an error: ``errors[]`` with ``errorId``,
    ``domain``, ``category`` and ``message`` (schema ``Error`` of the documents);
    Post-Order says ``error[]`` (not confirmed).
    """
    error_id, message = first_error(response)
    details: dict[str, Any] = {
        "status": response.status,
        "remote_code": str(error_id or ""),
        "remote_message": redact(message, known_secrets)[:300],
    }
    text = f"{response.status} {error_id or 'without a code'}: " + str(
        details["remote_message"]
    )
    kind: type[MarketplaceError] = RequestRefused
    if response.status == 401:
        kind = AuthenticationFailed
    elif response.status == 403:
        kind = PermissionRefused
        if error_id in SIGNATURE_ERRORS:
            details["hint"] = "digital_signature"
    elif error_id in NO_ORDER:
        kind = NotFound
    elif response.status in (404, 410):
        kind = NotFound if error_id or not response.body.strip() else NotThere
    return kind(text, **details)


def first_error(response: Response) -> tuple[int | None, str]:
    """Number and text of the first error of an answer."""
    try:
        body = response.json()
    except BadAnswer as error:
        return None, str(error.details.get("excerpt", ""))
    if not isinstance(body, Mapping):
        return None, ""
    errors = body.get("errors") or body.get("error")
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, Mapping):
        return None, ""
    number = first.get("errorId")
    number = number if isinstance(number, int) else None
    return number, str(first.get("longMessage") or first.get("message") or "")
