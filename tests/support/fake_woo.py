"""A WooCommerce shop in memory, for tests of the client: no network, its own clock.

Stands in for a :class:`~ecom_orders.marketplaces.transport.Transport`. Lists orders as
the real shop does: bounds exclusive at the grain of a second, with "posts" storage
filtered by UTC but sorted by the wall clock, records that cannot be loaded counted but
left out. Whatever else a test needs it puts into :attr:`FakeShop.routes`.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ecom_orders.marketplaces.transport import Headers, Response

START = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)


@dataclass
class Order:
    """One order of the shop; ``version`` counts its modifications."""

    id: int
    stamp: datetime | None
    version: int = 1
    status: str = "processing"
    loadable: bool = True


class FakeShop:
    """Answers requests; ``between`` is called before each of them."""

    def __init__(self, now=START, zone="UTC", storage="hpos", url="shop.example"):
        self.now = now
        self.zone = ZoneInfo(zone)
        self.storage = storage
        self.orders = {}
        self.late = []  # (visible from, order id, stamp, version)
        self.routes = {}  # (method, path) -> answer or function of the request
        self.requests = []
        self.between = None
        self.url = url
        self.honours = {"offset", "modified_after"}

    # -- what happens in the shop ------------------------------------------------------

    def create(self, order_id, stamp=None, **kwargs):
        self.orders[order_id] = Order(order_id, stamp or self.second(), **kwargs)

    def touch(self, order_id, lag=0):
        """Modify an order; others see it only ``lag`` seconds later."""
        order = self.orders[order_id]
        version = 1 + max(
            [order.version] + [late[3] for late in self.late if late[1] == order_id]
        )
        visible = self.now + timedelta(seconds=lag)
        self.late.append((visible, order_id, self.second(), version))

    def second(self):
        return self.now.replace(microsecond=0)

    def _settle(self):
        for entry in sorted(self.late, key=lambda entry: entry[3]):
            visible, order_id, stamp, version = entry
            if visible <= self.now:
                order = self.orders[order_id]
                order.stamp, order.version = stamp, version
                self.late.remove(entry)

    # -- the transport -----------------------------------------------------------------

    def send(self, request):
        if self.between is not None:
            self.between()
        self._settle()
        if request.authorise is not None:
            request = request.authorise(request)
        self.requests.append(request)
        path = urlsplit(request.url).path.partition("/wp-json/")[2]
        path = path.removeprefix("wc/v3/").rstrip("/")
        route = self.routes.get((request.method, path))
        if route is not None:
            return route(request) if callable(route) else route
        if (request.method, path) == ("GET", "orders"):
            return self._list(dict(request.query))
        return answer(
            {"code": "rest_no_route", "message": "No route", "data": {"status": 404}},
            404,
        )

    def _list(self, query):
        rows = [row for row in self.orders.values() if self._matches(row, query)]
        rows.sort(key=lambda row: self._sort_key(row, query["orderby"]))
        total, size = len(rows), int(query["per_page"])
        start = (int(query.get("page", 1)) - 1) * size
        if "offset" in query and "offset" in self.honours:
            start = int(query["offset"])
        page = [row for row in rows[start : start + size] if row.loadable]
        return answer(
            [self.payload(row) for row in page],
            date=self.now,
            headers={"X-WP-Total": str(total)},
        )

    def _matches(self, row, query):
        if (row.status == "trash") != (query["status"] == "trash"):
            return False
        after, before = query.get("modified_after"), query.get("modified_before")
        if after and "modified_after" in self.honours:
            if row.stamp is None or row.stamp <= _utc(after):
                return False
        return not before or (row.stamp is not None and row.stamp < _utc(before))

    def _sort_key(self, row, orderby):
        if orderby == "id":
            return row.id
        if row.stamp is None:
            return ("", row.id)
        moment = row.stamp
        if self.storage == "posts":
            moment = moment.astimezone(self.zone)
        return (moment.strftime("%Y-%m-%dT%H:%M:%S"), row.id)

    def payload(self, row):
        """The order as the REST API shows it, as far as the client looks at it."""
        local = row.stamp and row.stamp.astimezone(self.zone)
        return {
            "id": row.id,
            "status": row.status,
            "currency": "EUR",
            "total": f"{row.version}.00",
            "line_items": [],
            "date_modified": local and local.strftime("%Y-%m-%dT%H:%M:%S"),
            "date_modified_gmt": row.stamp and row.stamp.strftime("%Y-%m-%dT%H:%M:%S"),
            "_links": {"self": [{"href": f"https://shop.example/{row.id}"}]},
        }

    # -- what a test asks --------------------------------------------------------------

    def asked(self, method=None):
        """Path below the API root and query of the requests so far."""
        return [
            (urlsplit(request.url).path.partition("/wc/v3/")[2], dict(request.query))
            for request in self.requests
            if method in (None, request.method)
        ]


def answer(body, status=200, date=None, headers=None):
    """A :class:`Response` with a JSON body (or with bytes)."""
    headers = dict(headers or {})
    if date is not None:
        headers["Date"] = format_datetime(date, usegmt=True)
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return Response(status, Headers(headers), body)


def refused(status, code, message=""):
    """A WordPress REST error."""
    body = {"code": code, "message": message, "data": {"status": status}}
    return answer(body, status)


def _utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
