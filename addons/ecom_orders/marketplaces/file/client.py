"""The connector "file": a channel whose orders come in files.

Files are uploaded by a person (Odoo calls :func:`~.orders.parse_orders` itself), or
fetched here from an address: the scheduled export of a shop, an accounting system's
list. A file can be read only as a whole, and nothing can be written back.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

from ..base import (
    ORDER,
    UNREADABLE,
    Capability,
    Connector,
    Credential,
    Envelope,
    OrderCursor,
    OrderPage,
    ShopInfo,
    canonical_json,
    register,
)
from ..errors import (
    AuthenticationFailed,
    NotThere,
    PayloadError,
    PermissionRefused,
    RequestRefused,
)
from ..schema import ExternalOrder, OrderStatus, OrderSummary
from ..transport import Request, Response, parse_http_date
from . import normaliser
from .mapping import Mapping
from .orders import Parsed, RowError, parse_orders
from .suggestions import suggest_mapping
from .table import read_table

_NOTE = re.compile(r"@etag:([0-9a-f]+):(.*)", re.DOTALL)


@dataclass(frozen=True)
class _File:
    """A file as fetched.

    :param etag: empty when the server gives none.
    :param made_at: ``Last-Modified``, ``None`` when not told.
    """

    parsed: Parsed
    etag: str
    made_at: datetime | None


@register
class FileConnector(Connector):
    """Files of orders, from an address or uploaded.

    ``credentials.url`` is the address of the file (http or https), empty for uploads
    only; ``key`` and ``secret`` user and password (Basic) where it asks for them.
    Options:

    * ``mapping``: how to read the file (:meth:`.mapping.Mapping.as_json`); without it
      the mapping is guessed from the file every time, which is for a first look only.

    The feed goes by the time of modification of the orders, else by that of the file
    (``Last-Modified``): every change of the file then brings all of its orders again.
    Rows that cannot be read come as envelopes of kind ``UNREADABLE`` with line, column
    and reason (:meth:`.orders.RowError.as_json`).
    """

    code = "file"
    title = "File (CSV, XLSX)"
    capabilities = frozenset({Capability.ORDER_LIST})
    optional = frozenset({Credential.URL, Credential.KEY, Credential.SECRET})

    def __init__(self, credentials, transport):
        super().__init__(credentials, transport)
        self._last: _File | None = None

    # -- reading -----------------------------------------------------------------------

    def check(self) -> ShopInfo:
        """See :meth:`~..base.Connector.check`; reads the whole file.

        Warnings: ``no_address`` (files are uploaded by hand), ``plain_http``,
        ``mapping_guessed``, ``rows_refused``, ``changes_not_dated`` (neither the file
        nor its orders tell when they were changed: a changed row is not recognised as
        newer).
        """
        if not self.credentials.url:
            return ShopInfo(name=self.title, warnings=("no_address",))
        file = self._fetch()
        summaries = [_summary(payload) for payload in file.parsed.orders]
        currencies = {summary.currency for summary in summaries}
        mapping = self.credentials.options.get("mapping")
        columns = (mapping or {}).get("columns", {}).values()
        dated = file.made_at is not None or "updated_at" in columns
        warnings = {
            "plain_http": self.credentials.url.lower().startswith("http:"),
            "mapping_guessed": not mapping,
            "rows_refused": bool(file.parsed.errors),
            "changes_not_dated": not dated,
        }
        return ShopInfo(
            name=self._name(),
            currency=currencies.pop() if len(currencies) == 1 else "",
            timezone=(mapping or {}).get("timezone", ""),
            warnings=tuple(code for code, true in warnings.items() if true),
        )

    def fetch_orders(self, cursor: OrderCursor, page_size: int = 100) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_orders`.

        The file is asked for again only if it has changed since (``ETag``); a run that
        was interrupted reads it again.
        """
        if not self.credentials.url:
            return OrderPage((), cursor, False)
        etag, seen = self._unpack(cursor)
        file = self._fetch(etag)
        if file is None:
            return OrderPage((), cursor, False)
        rows = _dated(file.parsed.orders)
        rows = [
            row
            for row in rows
            if cursor.since is None
            or row[0] > cursor.since
            or (row[0] == cursor.since and row[1] not in seen)
        ]
        page, more = rows[: max(1, page_size)], len(rows) > max(1, page_size)
        since = page[-1][0] if page else cursor.since
        told = {order_id for moment, order_id, _payload in page if moment == since}
        told |= seen if since == cursor.since else set()
        envelopes = tuple(Envelope.of(ORDER, row[1], row[2]) for row in page)
        if not more:
            envelopes += tuple(map(refused_row, file.parsed.errors))
            told |= self._note(file)
        return OrderPage(envelopes, OrderCursor(since, frozenset(told)), more)

    def list_orders(
        self, since: datetime, until: datetime
    ) -> Iterator[tuple[OrderSummary, ...]]:
        """See :meth:`~..base.Connector.list_orders`."""
        if not self.credentials.url:
            return
        summaries = map(_summary, self._fetch().parsed.orders)
        yield tuple(row for row in summaries if since <= row.created_at < until)

    @classmethod
    def normalise_order(cls, payload: Any) -> ExternalOrder:
        """See :meth:`~..base.Connector.normalise_order` and :mod:`.normaliser`."""
        return normaliser.normalise_order(payload)

    # -- the file ----------------------------------------------------------------------

    def mapping_for(self, content: bytes) -> Mapping:
        """The mapping that was saved, else a guess.

        :raises FileUnreadable: when the saved one makes no sense, or nothing can be
            guessed.
        """
        saved = self.credentials.options.get("mapping")
        if saved:
            return Mapping.of_json(saved)
        table = read_table(content)
        return suggest_mapping(table.header, (r.cells for r in table.rows)).mapping

    def _fetch(self, etag: str = "") -> _File | None:
        """Fetch and read the file; ``None`` = it is still the one with ``etag``."""
        known = self._last
        asked = etag or (known.etag if known else "")
        response = self.transport.send(self._request(asked))
        if response.status == 304:
            return None if etag else known
        if not response.ok:
            raise _refusal(response)
        made_at = parse_http_date(response.headers.get("Last-Modified", ""))
        mapping = self.mapping_for(response.body)
        parsed = parse_orders(response.body, mapping, made_at)
        self._last = _File(parsed, response.headers.get("ETag", ""), made_at)
        return self._last

    def _request(self, etag: str) -> Request:
        parts = urlsplit(self.credentials.url)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            raise NotThere("not an http(s) address", hint="address")
        headers = {"Accept": "text/csv, */*"}
        if etag:
            headers["If-None-Match"] = etag
        return Request(
            "GET",
            self.credentials.url,
            operation="file.get",
            headers=headers,
            authorise=self._authorise,
        )

    def _authorise(self, request: Request) -> Request:
        key, secret = self.credentials.key, self.credentials.secret
        if not (key or secret):
            return request
        token = base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")
        return replace(
            request, headers={**request.headers, "Authorization": f"Basic {token}"}
        )

    def _name(self) -> str:
        parts = urlsplit(self.credentials.url)
        name = unquote(parts.path.rpartition("/")[2])
        return f"{name} ({parts.hostname})" if name else str(parts.hostname)

    # -- the cursor --------------------------------------------------------------------

    @property
    def _way(self) -> str:
        """Changes with the way of reading: what is unread under another one is new."""
        saved = canonical_json(self.credentials.options.get("mapping") or {})
        return hashlib.sha256(saved.encode()).hexdigest()[:12]

    def _note(self, file: _File) -> set[str]:
        return {f"@etag:{self._way}:{file.etag}"} if file.etag else set()

    def _unpack(self, cursor: OrderCursor) -> tuple[str, set[str]]:
        etag, seen = "", set()
        for text in cursor.seen:
            match = _NOTE.fullmatch(text)
            if match is None:
                seen.add(text)
            elif match[1] == self._way:
                etag = match[2]
        return etag, seen


def _summary(payload: dict[str, Any]) -> OrderSummary:
    """An order in short; one that cannot be understood is listed all the same."""
    try:
        order = normaliser.normalise_order(payload)
        status, total = order.status, order.total
    except PayloadError:
        status, total = OrderStatus.UNKNOWN, Decimal(payload.get("total", 0))
    return OrderSummary(
        external_id=payload["id"],
        currency=payload["currency"],
        total=total,
        status=status,
        created_at=_moment(payload["created_at"]),
        number=payload["number"],
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _dated(payloads: tuple[dict, ...]) -> list[tuple[datetime, str, dict]]:
    """Payloads with time of modification and id, oldest first."""
    rows = [
        (_moment(payload["updated_at"]), payload["id"], payload) for payload in payloads
    ]
    return sorted(rows, key=lambda row: row[:2])


def refused_row(error: RowError) -> Envelope:
    """A row that could not be read, for the inbox: kept, and told to a person."""
    body = canonical_json(error.as_json())
    key = error.key or hashlib.sha256(body.encode()).hexdigest()[:32]
    return Envelope(UNREADABLE, key, body)


def _refusal(response: Response) -> Exception:
    """The typed error for an answer with 4xx."""
    details = {"status": response.status}
    if response.status == 401:
        return AuthenticationFailed("the server wants other credentials", **details)
    if response.status == 403:
        return PermissionRefused("the server refuses the file", **details)
    if response.status in (404, 410):
        return NotThere("there is no file", hint="address", **details)
    return RequestRefused(f"{response.status} for the file", **details)
