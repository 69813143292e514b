"""eBay in memory, for tests of the client: no network, its own clock.

Stands in for a :class:`~ecom_orders.marketplaces.transport.Transport`. Sells tokens and
lists orders as eBay does: windows inclusive, sorted by the date they are filtered by,
nothing of the future. Whatever else a test needs it puts into :attr:`FakeEbay.routes`.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import urlsplit

from ecom_orders.marketplaces.base import Credentials
from ecom_orders.marketplaces.ebay.client import EbayConnector
from ecom_orders.marketplaces.transport import Headers, Response

ORDERS = "/sell/fulfillment/v1/order"
TOKENS = "/identity/v1/oauth2/token"
URL = "https://api.ebay.com"
#: Kinds of orders of the simulated eBay. Not asked for while tests are collected: the
#: simulator then knows scenarios that other tests do not expect.
SCENARIOS = (
    "ebay_us_collected_tax",
    "ebay_us_promotion",
    "ebay_us_quantities",
    "ebay_gb_vat_included",
    "ebay_gb_import_vat",
    "ebay_de_vat_included",
    "ebay_au_collected_gst",
    "ebay_cn_seller_usd",
    "ebay_masked_buyer",
    "ebay_global_shipping",
    "ebay_cash_on_pickup",
    "ebay_us_refunded_in_part",
    "ebay_us_cancel_request",
)
KEY, SECRET, REFRESH = "app-id-1", "cert-id-2", "refresh-token-3"


@dataclass
class Row:
    """One order; ``version`` counts its modifications, ``visible`` is its lag."""

    id: str
    created: datetime
    modified: datetime
    version: int = 1
    visible: datetime | None = None
    cancel_state: str = "NONE_REQUESTED"
    marketplace: str = "EBAY_US"


def money(value, currency="USD"):
    """An amount as eBay writes it."""
    return {"value": str(value), "currency": currency}


def stamp(moment):
    """A moment as eBay writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def answer(payload, status=200, **headers):
    """An answer of a route."""
    return Response(status, Headers(headers), json.dumps(payload).encode())


def refused(number, status=400, message="refused"):
    """An error of a route."""
    entry = {"errorId": number, "domain": "API", "category": "REQUEST"}
    return answer({"errors": [{**entry, "message": message}]}, status)


class FakeEbay:
    """Answers requests; ``between`` is called before each list of orders."""

    def __init__(self, now=None):
        self.now = now or datetime.now(timezone.utc) - timedelta(hours=1)
        self.rows = {}
        self.routes = {}  # (method, path) -> answer or function of the request
        self.requests = []
        self.between = None
        self.token = 0
        self.valid = set()

    # -- what happens ------------------------------------------------------------------

    def create(self, number, modified=None, **values):
        moment = modified or self.now
        row = Row(f"12-{number:05d}-00001", moment, moment, **values)
        self.rows[row.id] = row
        return row.id

    def touch(self, order_id, lag=0):
        """Modify an order; others see the change ``lag`` seconds later."""
        row = self.rows[order_id]
        row.modified, row.version = self.now, row.version + 1
        row.visible = self.now + timedelta(seconds=lag)

    # -- the transport -----------------------------------------------------------------

    def send(self, request):
        path = urlsplit(request.url).path
        if path != TOKENS and request.authorise:
            request = request.authorise(request)
        self.requests.append(request)
        route = self.routes.get((request.method, path))
        if route is not None:
            return route(request) if callable(route) else route
        if path == TOKENS:
            return self._sell(request)
        scheme, _, token = request.headers["Authorization"].partition(" ")
        if token not in self.valid or scheme not in ("Bearer", "IAF"):
            return refused(1001, 401, "Invalid access token")
        if path == ORDERS:
            return self._list(dict(request.query))
        number = path.removeprefix(f"{ORDERS}/")
        if path.startswith(f"{ORDERS}/") and number in self.rows:
            return self._answer(self.payload(self.rows[number], full=True))
        return refused(32100, 404, "Invalid order ID")

    def _sell(self, _request):
        self.token += 1
        self.valid.add(f"access-{self.token}")
        return self._answer(
            {"access_token": f"access-{self.token}", "expires_in": 7200}
        )

    def _answer(self, payload):
        return answer(payload, Date=format_datetime(self.now, usegmt=True))

    def _list(self, query):
        if self.between:
            self.between(self)
        name, first, last = re.fullmatch(
            r"(\w+):\[(.+?)\.\.(.*)\]", query["filter"]
        ).groups()
        since = datetime.fromisoformat(first)
        until = datetime.fromisoformat(last) if last else self.now
        if until > self.now or since > self.now:
            return refused(30850, 400, "Start and end dates can't be in the future")
        if self.now - since > timedelta(days=730):
            return refused(30830, 400, "must be within 2 years")
        field = "created" if name == "creationdate" else "modified"
        rows = [
            row
            for row in self.rows.values()
            if since <= getattr(row, field) <= until
            and (row.visible is None or row.visible <= self.now)
        ]
        rows.sort(key=lambda row: (getattr(row, field), row.id))
        limit, offset = int(query["limit"]), int(query["offset"])
        assert limit <= 200
        page = [self.payload(row) for row in rows[offset : offset + limit]]
        return self._answer({"total": len(rows), "orders": page})

    def payload(self, row, full=False):
        requests = []
        if full and row.cancel_state != "NONE_REQUESTED":
            requests = [
                {
                    "cancelRequestId": "5001",
                    "cancelInitiator": "Buyer",
                    "cancelRequestState": "REQUESTED",
                }
            ]
        return {
            "orderId": row.id,
            "salesRecordReference": str(row.version),
            "creationDate": stamp(row.created),
            "lastModifiedDate": stamp(row.modified),
            "orderPaymentStatus": "PAID",
            "orderFulfillmentStatus": "NOT_STARTED",
            "cancelStatus": {
                "cancelState": row.cancel_state,
                "cancelRequests": requests,
            },
            "pricingSummary": {
                "priceSubtotal": money("10.00"),
                "deliveryCost": money("2.50"),
                "total": money("12.50"),
            },
            "lineItems": [
                {
                    "lineItemId": f"1{row.id[3:8]}",
                    "sku": "MUG",
                    "title": "Mug",
                    "quantity": 2,
                    "lineItemCost": money("10.00"),
                    "purchaseMarketplaceId": row.marketplace,
                }
            ],
        }

    # -- what a test looks at ----------------------------------------------------------

    def asked(self, path=ORDERS, method="GET"):
        """The requests of a path."""
        return [
            request
            for request in self.requests
            if request.method == method and urlsplit(request.url).path == path
        ]


def connector(ebay, url=URL, key=KEY, tokens=None, marketplaces=(), **options):
    """A connector on the eBay in memory."""
    values = {} if tokens is None else {"tokens": tokens}
    credentials = Credentials(
        url,
        key,
        SECRET,
        token=REFRESH,
        marketplaces=marketplaces,
        options=options,
        **values,
    )
    return EbayConnector(credentials, ebay)
