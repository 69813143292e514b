"""The REST API of one WooCommerce shop: addresses, credentials, pages, refusals.

Knows how a request reaches the shop and what an answer means, nothing of orders or
products. Sources: WooCommerce REST API v3 documentation; recordings of WooCommerce 7.9
and 11.0; the source of WooCommerce 11 where a comment says so.
"""

from __future__ import annotations

import base64
import html
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
    RequestRefused,
    TransportError,
)
from ..transport import Request, Response, redact
from . import oauth
from .webhook import readable_id

REST_ROOT = "wp-json"
API_ROOT = f"{REST_ROOT}/wc/v3"
PAGE_LIMIT = 100  # rows; 101 is refused with 400 rest_invalid_param
OVERLAP = 10  # rows that two pages of a walk have in common
WALK_MINIMUM = 2 * OVERLAP  # rows of a page of a walk, at least

# What people paste from the address bar instead of the shop's own address.
_TAILS = re.compile(r"/(?:wp-json|wp-admin|wp-login\.php|index\.php)(?:/.*)?$")


def shop_address(text: str) -> str:
    """The address of a shop as a person typed it, made canonical.

    Without a scheme it is https. Folder kept; query, fragment, user info, ``/wp-json``
    and ``/wp-admin`` and what follows them dropped; no slash at the end.

    :raises NotThere: when it is not an http(s) address.
    """
    scheme, netloc, path = read_address(text)
    path = re.sub(r"/{2,}", "/", path).rstrip("/")
    return urlunsplit((scheme, netloc, _TAILS.sub("", path).rstrip("/"), "", ""))


@dataclass(frozen=True)
class Page:
    """One answer to a listing.

    :param total: rows there are in all (``X-WP-Total``), ``None`` when not told. A
        page can be shorter than asked although there is more: the shop leaves out
        records that it cannot load (source of WooCommerce 11, ``get_items``).
    :param shop_now: the shop's clock.
    """

    rows: tuple[Any, ...]
    total: int | None
    asked: int
    start: int
    shop_now: datetime

    @property
    def has_more(self) -> bool:
        """Whether there are rows behind this page."""
        if self.total is not None and self.total >= len(self.rows):
            return self.total > self.start + self.asked
        return len(self.rows) >= self.asked

    @property
    def is_complete(self) -> bool:
        """Whether no row of it was left out by the shop, as far as can be told."""
        behind = self.asked if self.total is None else self.total - self.start
        return len(self.rows) >= min(self.asked, behind)


@dataclass(frozen=True)
class Place:
    """How far a walk by id got.

    :param through: the highest id that was read.
    :param count: at which position of the list it was, at most (rows before it may
        have left since).
    """

    through: int = 0
    count: int = 0


class Api:
    """Sends requests to one shop and turns refusals into typed errors."""

    def __init__(self, credentials: Credentials, transport: Any):
        self.credentials = credentials
        self.transport = transport
        self.address = shop_address(credentials.url)

    @property
    def is_encrypted(self) -> bool:
        """Whether the shop is reached by https."""
        return self.address.startswith("https:")

    # -- verbs -------------------------------------------------------------------------

    def get(self, path: str, operation: str, **query: Any) -> Any:
        """Read something; returns the parsed answer.

        :param path: below ``/wp-json/wc/v3/``.
        :raises MarketplaceError: see :func:`refusal` and :class:`~..transport`.
        """
        return self._ask(self._request("GET", path, operation, query)).json()

    def page(self, path: str, operation: str, **query: Any) -> Page:
        """Read one page of a listing.

        :raises BadAnswer: when the answer is not a list.
        """
        response = self._ask(self._request("GET", path, operation, query))
        rows = response.json()
        if not isinstance(rows, list):
            raise BadAnswer("a listing that is not a list", operation=operation)
        asked = int(query.get("per_page", 10))
        start = int(query.get("offset", asked * (int(query.get("page", 1)) - 1)))
        total = response.headers.get("X-WP-Total", "")
        return Page(
            rows=tuple(rows),
            total=int(total) if re.fullmatch(r"\d{1,12}", total) else None,
            asked=asked,
            start=start,
            shop_now=(response.date or datetime.now(timezone.utc)),
        )

    def change(
        self,
        method: str,
        path: str,
        operation: str,
        body: Any = None,
        *,
        idempotent: bool = False,
        **query: Any,
    ) -> Any:
        """Change something; returns the parsed answer.

        :param idempotent: ``True`` only when sending it twice is as good as once.
        """
        request = self._request(method, path, operation, query)
        request = replace(request, json=body, idempotent=idempotent)
        try:
            return self._ask(request).json()
        except AuthenticationFailed as error:
            failed = error
        if self._can_read():
            # The same code and status for a wrong key and for a key without the right
            # to write; only the (translated) message differs.
            raise PermissionRefused("the key may read but not write", **failed.details)
        raise failed

    def index(self) -> Mapping[str, Any]:
        """The public description of the site: name, time zone, namespaces."""
        request = Request(
            "GET",
            f"{self.address}/{REST_ROOT}/",
            operation="index",
            query=(("_fields", "name,timezone_string,gmt_offset,namespaces"),),
            expect_json=True,
        )
        answer = self._ask(request).json()
        return answer if isinstance(answer, Mapping) else {}

    # -- whole listings ----------------------------------------------------------------

    def walk(
        self, path: str, operation: str, per_page: int = PAGE_LIMIT, **query: Any
    ) -> Iterator[tuple[Any, ...]]:
        """Yield a whole listing in the order of ids, page by page.

        Unlike page numbers it loses no row when rows go away in the meantime.
        """
        place, more = Place(), True
        while more:
            rows, place, more, _now = self.next_by_id(
                path, operation, place, per_page, **query
            )
            if rows:
                yield rows

    def next_by_id(
        self, path: str, operation: str, place: Place, per_page: int, **query: Any
    ) -> tuple[tuple[Any, ...], Place, bool, datetime]:
        """Read the rows after a place in the order of ids.

        The listing knows no "id greater than", only offsets, and an offset points
        elsewhere once a row before it is gone. So each page overlaps the one before:
        when its first row was read already, nothing can lie between them. When not,
        rows have left, and the offset goes back until the joint is seen.

        :return: new rows, the new place, whether there is more, the shop's clock.
        :raises BadAnswer: when the shop does not honour ``offset``.
        """
        per_page = min(max(per_page, WALK_MINIMUM), PAGE_LIMIT)
        offset, step = max(0, place.count - OVERLAP), per_page
        doubted: set[int] = set()
        pages: dict[tuple[int, ...], int] = {}
        while True:
            page = self.page(
                path,
                operation,
                **query,
                orderby="id",
                order="asc",
                per_page=per_page,
                offset=offset,
            )
            ids = tuple(int(readable_id(row) or 0) for row in page.rows)
            _check_offset(page, offset, ids, pages)
            first = next((row_id for row_id in ids if row_id), 0)
            joined = not offset or 0 < first <= place.through
            if not joined and (page.is_complete or offset not in doubted):
                # A page with gaps is doubted once only: coming here again, the page
                # before was joined, and the joint is one of the rows left out.
                doubted.add(offset)
                offset, step = max(0, offset - step), step * 2
                continue
            new = tuple(
                row
                for row, row_id in zip(page.rows, ids, strict=True)
                if not row_id or row_id > place.through
            )
            through = max((place.through, *ids))
            end = offset + (per_page if page.has_more else len(ids))
            if new or not page.has_more:
                return new, Place(through, end), page.has_more, page.shop_now
            offset = end - OVERLAP

    # -- sending -----------------------------------------------------------------------

    def _ask(self, request: Request) -> Response:
        response = self.transport.send(request)
        if not response.ok:
            raise refusal(response, self._secrets())
        return response

    def _request(
        self, method: str, path: str, operation: str, query: Mapping[str, Any]
    ) -> Request:
        return Request(
            method,
            f"{self.address}/{API_ROOT}/{path}",
            operation=operation,
            shop=self.address,
            query=tuple((name, _text(value)) for name, value in query.items()),
            expect_json=True,
            authorise=self._authorise,
        )

    def _authorise(self, request: Request) -> Request:
        """Add the credentials in the way that the shop's address allows.

        Over https as user and password; as parameters when
        ``options["query_auth"]`` says that the server strips the ``Authorization``
        header; over http as a signature (WooCommerce refuses anything else there).
        """
        key, secret = self.credentials.key, self.credentials.secret
        if not self.is_encrypted:
            signed = oauth.signed_query(
                request.method,
                request.url,
                request.query,
                key,
                secret,
                nonce=secrets.token_hex(16),
                timestamp=int(datetime.now(timezone.utc).timestamp()),
            )
            return replace(request, query=signed)
        if self.credentials.options.get("query_auth"):
            pairs = (("consumer_key", key), ("consumer_secret", secret))
            return replace(request, query=(*request.query, *pairs))
        token = base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")
        return replace(
            request, headers={**request.headers, "Authorization": f"Basic {token}"}
        )

    def _can_read(self) -> bool:
        try:
            self.page("orders", "check", per_page=1, _fields="id")
        except MarketplaceError:
            return False
        return True

    def _secrets(self) -> tuple[str, ...]:
        known = self.credentials
        return (known.key, known.secret, known.webhook_secret)


def _check_offset(
    page: Page, offset: int, ids: tuple[int, ...], pages: dict[tuple[int, ...], int]
) -> None:
    """Refuse a shop that ignores ``offset``: it would look complete and not be.

    :param pages: offset by ids of the full pages before this one.
    """
    there = len({row_id for row_id in ids if row_id})
    too_many = page.total is not None and there > max(0, page.total - offset)
    same = len(ids) == page.asked and pages.setdefault(ids, offset) != offset
    if too_many or same:
        raise BadAnswer("the shop ignores the parameter 'offset'", offset=offset)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- what a refusal means --------------------------------------------------------------


def refusal(
    response: Response, known_secrets: tuple[str, ...] = ()
) -> MarketplaceError:
    """The typed error for an answer with 4xx.

    ``details`` hold ``status``, the shop's ``remote_code`` and ``remote_message``, and
    where it helps a ``hint``: ``"not_authenticated"`` (the shop did not see the
    credentials at all, see ``query_auth``), ``"server_login"`` or ``"blocked"`` (not
    WooCommerce but the web server or a firewall answered).

    Meaning of the codes: WooCommerce REST API v3 documentation, "Errors", and
    recordings. ``woocommerce_rest_cannot_*`` comes with 401 for a reader that is not
    logged in and with 403 for one that is.
    """
    code, message = _error_body(response)
    details: dict[str, Any] = {
        "status": response.status,
        "remote_code": code,
        "remote_message": redact(message, known_secrets)[:300],
    }
    text = f"{response.status} {code or 'without a code'}: {details['remote_message']}"
    kind: type[MarketplaceError] = RequestRefused
    if response.status == 401:
        kind = AuthenticationFailed
        if not code:
            details["hint"] = "server_login"
        elif "_cannot_" in code:
            details["hint"] = "not_authenticated"
    elif response.status == 403:
        kind = PermissionRefused
        if not code:
            details["hint"] = "blocked"
    elif response.status == 404 and code in ("", "rest_no_route"):
        # rest_no_route: WordPress without WooCommerce; HTML: no WordPress here, or
        # one without readable permalinks.
        kind = NotThere
        details["hint"] = "no_woocommerce" if code else "no_api"
    elif code.endswith("_invalid_id") or response.status in (404, 410):
        kind = NotFound
    return kind(text, **details)


def _error_body(response: Response) -> tuple[str, str]:
    try:
        body = response.json()
    except BadAnswer as error:
        return "", str(error.details.get("excerpt", ""))
    if not isinstance(body, Mapping) or not isinstance(body.get("code"), str):
        return "", ""
    message = html.unescape(re.sub(r"<[^>]*>", "", str(body.get("message", ""))))
    return body["code"], message


def text_of(error: MarketplaceError) -> str:
    """An error for one row in words: the shop's where it has some."""
    code = error.details.get("remote_code") or error.code
    message = error.details.get("remote_message") or ""
    if not message and not isinstance(error, TransportError):
        message = str(error)
    return f"{code}: {message}" if message else code
