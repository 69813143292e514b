"""A file at an address: ``/export.csv``, Basic authentication, ``ETag`` and 304.

``?style=chinese`` writes it as shops in China do; see :mod:`.render`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timezone
from email.utils import format_datetime

from ..core.message import Request, Response
from ..core.protocol import Protocol, Shop
from ..world.model import TRASH, Event, Order, Settings
from . import scenarios  # noqa: F401  (registers them)
from .render import STYLES, render

PATH = "/export.csv"


class FileProtocol(Protocol):
    """Serves the export."""

    name = "file"

    def __init__(self, shop: Shop) -> None:
        self._world = shop.world
        self._account = f"{shop.options.key}:{shop.options.secret}"

    @classmethod
    def of(cls, shop: Shop) -> FileProtocol:
        """Make the protocol of a shop."""
        return cls(shop)

    @classmethod
    def settings(cls) -> Settings:
        """A European seller with a list."""
        return Settings(base_country="DE", base_state="", currency="EUR")

    def serves(self, path: str) -> bool:
        """There is one file."""
        return path == PATH

    def is_told(self, order: Order) -> bool:
        """What was put away is not in the file."""
        return order.status != TRASH

    def is_order_list(self, request: Request) -> bool:
        """The file is the list of orders."""
        return request.method == "GET"

    def notify(self, events: Sequence[Event]) -> None:
        """A file tells nobody that it changed."""

    def handle(self, request: Request) -> Response:
        """Answer with the file, or that it has not changed."""
        if not self._may_read(request):
            refusal = Response.of_html(401, "<h1>Unauthorized</h1>")
            return refusal.with_header("WWW-Authenticate", 'Basic realm="export"')
        if request.method not in ("GET", "HEAD"):
            return Response.of_html(405, "<h1>Method not allowed</h1>")
        style = STYLES.get(dict(request.query).get("style", "plain"))
        if style is None:
            return Response.of_html(404, "<h1>No such export</h1>")
        body = render(self._world, style)
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        headers = (("ETag", etag), ("Last-Modified", self._modified()))
        if request.headers.get("if-none-match") == etag:
            return Response(304, b"", headers)
        kind = f"text/csv; charset={style.encoding}"
        listed = tuple(order.id for order in self._world.orders())
        return Response(
            200, body, (("Content-Type", kind), *headers), listed_orders=listed
        )

    def _may_read(self, request: Request) -> bool:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded)
        except ValueError:
            return False
        same = hmac.compare_digest(given, self._account.encode())
        return scheme.lower() == "basic" and same

    def _modified(self) -> str:
        stamps = [order.modified for order in self._world.orders()]
        first = datetime(2026, 1, 1, tzinfo=timezone.utc)
        return format_datetime(max(stamps, default=first), usegmt=True)


PROTOCOL = FileProtocol
