"""A Shopify shop in memory, for tests of the client: no network, its own clock.

Stands in for a :class:`~ecom_orders.marketplaces.transport.Transport`. A test says what
is answered to each operation: ``routes`` by the name of the document's operation.
"""

import json
import re
from datetime import datetime, timezone
from email.utils import format_datetime

from ecom_orders.marketplaces.base import Credentials
from ecom_orders.marketplaces.shopify.client import ShopifyConnector
from ecom_orders.marketplaces.transport import Headers, Response, Settings
from scripted_server import FakeClock

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
URL = "https://quill.example"
ALL_SCOPES = (
    "read_all_orders",
    "write_orders",
    "write_inventory",
    "read_products",
    "read_locations",
    "read_customers",
    "read_returns",
    "read_draft_orders",
    "write_merchant_managed_fulfillment_orders",
)
_NAME = re.compile(r"\s*(?:query|mutation) (\w+)")


class FakeShop:
    """Answers documents.

    :ivar routes: by operation name: the data, a function of the variables that returns
        them, an exception, or a list of such that are used up one by one.
    :ivar asked: (operation, variables) of everything that arrived.
    """

    def __init__(self, scopes=ALL_SCOPES, **routes):
        self.clock = FakeClock(NOW)
        self.settings = Settings(deadline=60.0)
        self.now = NOW
        self.requests = []
        self.asked = []
        handles = [{"handle": scope} for scope in scopes]
        self.routes = {
            "Scopes": {"currentAppInstallation": {"accessScopes": handles}},
            **routes,
        }

    def send(self, request):
        self.requests.append(request)
        if request.method == "GET":
            return self._of(self.routes["file"])
        name = _NAME.match(request.json["query"])[1]
        variables = request.json["variables"]
        self.asked.append((name, variables))
        route = self.routes[name]
        if isinstance(route, list):
            route = route.pop(0) if len(route) > 1 else route[0]
        if callable(route):
            route = route(variables)
        return self._of(route)

    def _of(self, answer):
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Response):
            return answer
        return respond({"data": answer}, now=self.now)

    def sent(self, name):
        """The variables of every document of a name."""
        return [variables for asked, variables in self.asked if asked == name]

    def connector(self, version="", **options):
        """A connector to this shop."""
        credentials = Credentials(
            URL, token="shpat_test", api_version=version, options=options
        )
        return ShopifyConnector(credentials, self)


def respond(body, status=200, now=NOW):
    """An answer with a JSON body."""
    headers = Headers({"Date": format_datetime(now, usegmt=True)})
    return Response(status, headers, json.dumps(body).encode())


def refused(code, message="No.", cost=None):
    """An answer with status 200 and an error at its root."""
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    if cost is not None:
        body["extensions"] = {"cost": cost}
    return respond(body)


def connection(nodes, after=None):
    """A page of a connection."""
    page = {"hasNextPage": after is not None, "endCursor": after}
    return {"nodes": list(nodes), "pageInfo": page}
