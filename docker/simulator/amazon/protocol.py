"""Amazon's Selling Partner API: access, routes, answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from ..core.message import Request, Response
from ..core.protocol import Protocol, Shop
from ..world.model import TRASH, Event, Order, Settings
from . import (
    errors,
    scenarios,  # noqa: F401  (registers its scenarios)
)
from .access import TOKEN_PATH, TokenDesk
from .buckets import Buckets
from .call import Call
from .documents import FILES, DocumentDesk
from .facts import MARKETPLACES, Facts
from .finances import FinanceDesk
from .labels import LabelDesk
from .listings import ListingDesk
from .orders import OrderDesk
from .settlements import SettlementDesk

Handler = Callable[[Call], Response]
_ROOTS = (
    "/orders/",
    "/listings/",
    "/feeds/",
    "/reports/",
    "/finances/",
    "/sellers/",
    "/mfn/",
)


@dataclass(frozen=True)
class Route:
    """A method and path with the operation that they stand for."""

    method: str
    pattern: re.Pattern[str]
    operation: str
    handler: Handler


def _route(method: str, path: str, operation: str, handler: Handler) -> Route:
    """Make a route: ``*`` in ``path`` is a part that varies."""
    return Route(method, re.compile(path.replace("*", "([^/]+)")), operation, handler)


class AmazonProtocol(Protocol):
    """Serves the interface, the token service and the document store."""

    name = "amazon"

    def __init__(self, shop: Shop) -> None:
        world, account = shop.world, shop.options.account
        self._shop = shop
        self.tokens = TokenDesk(shop.options, world.clock)
        self.buckets = Buckets(world.clock)
        self.settlements = SettlementDesk(world)
        self._documents = DocumentDesk(world, account, self.settlements)
        self._orders = OrderDesk(world)
        self._listings = ListingDesk(world, account)
        self._finances = FinanceDesk(world, account, self.settlements)
        self.labels = LabelDesk(world)
        self._routes = self._table()

    @classmethod
    def of(cls, shop: Shop) -> AmazonProtocol:
        """Make the protocol of a shop."""
        return cls(shop)

    @classmethod
    def settings(cls) -> Settings:
        """Return a seller of the United States who is paid every two weeks."""
        return Settings(name="Simulated Seller", payout_minutes=14 * 24 * 60)

    def serves(self, path: str) -> bool:
        """Tell whether a path belongs to Amazon."""
        return path == TOKEN_PATH or path.startswith((*_ROOTS, FILES))

    def external_id(self, order_id: int) -> str:
        """Amazon's number of an order; it tells the country too."""
        return Facts(self._shop.world, self._shop.world.order(order_id)).order_id

    def is_told(self, order: Order) -> bool:
        """Everything but what somebody put away in this simulator."""
        return order.status != TRASH

    def is_priced(self, order: Order) -> bool:
        """A pending order has no amounts yet."""
        return not Facts(self._shop.world, order).is_pending

    def is_order_list(self, request: Request) -> bool:
        """Tell whether ``request`` asks for a page of orders."""
        paths = ("/orders/2026-01-01/orders", "/orders/v0/orders")
        return request.method == "GET" and request.path in paths

    def notify(self, events: Sequence[Event]) -> None:
        """Tell nobody: notifications go to queues and event buses, not to addresses."""

    def handle(self, request: Request) -> Response:
        """Answer a request; every failure is a list of errors."""
        if request.path == TOKEN_PATH:
            return self.tokens.sell(request)
        if request.path.startswith(FILES):
            return self._documents.file(request)
        headers: tuple[tuple[str, str], ...] = ()
        try:
            self.tokens.check(request)
            route, parts = self._find(request)
            self.buckets.take(route.operation)
            headers = self.buckets.header(route.operation)
            response = route.handler(self._call(request, parts))
        except errors.ApiError as error:
            response = Response.of_json(error.as_json(), error.status)
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            response = Response.of_json(errors.invalid(str(problem)).as_json(), 400)
        for name, value in (*headers, ("x-amzn-RequestId", str(uuid4()))):
            response = response.with_header(name, value)
        return response

    def _call(self, request: Request, parts: tuple[str, ...]) -> Call:
        host = request.headers.get("host", "")
        site = f"http://{host}" if host else self._shop.address()
        query: dict[str, str] = {}
        for name, value in request.query:
            query[name] = f"{query[name]},{value}" if name in query else value
        return Call(request, self._shop.world, parts, site, query)

    def _find(self, request: Request) -> tuple[Route, tuple[str, ...]]:
        for route in self._routes:
            match = route.pattern.fullmatch(request.path)
            if match and route.method == request.method:
                return route, tuple(unquote(part) for part in match.groups())
        raise errors.ApiError(404, "NotFound", "Resource not found.", request.path)

    def _table(self) -> tuple[Route, ...]:
        orders, listings, files = self._orders, self._listings, self._documents
        new, old = "/orders/2026-01-01/orders", "/orders/v0/orders"
        items, reports = "/listings/2021-08-01/items/*", "/reports/2021-06-30"
        feeds, sellers = "/feeds/2021-06-30", "/sellers/v1/marketplaceParticipations"
        money = "/finances/2024-06-19/transactions"
        rows: tuple[tuple[str, str, str, Any], ...] = (
            ("GET", new, "searchOrders", orders.search),
            ("GET", f"{new}/*", "getOrder", orders.get),
            ("GET", old, "v0.getOrders", orders.search_v0),
            ("GET", f"{old}/*", "v0.getOrder", orders.get_v0),
            ("GET", f"{old}/*/orderItems", "v0.getOrderItems", orders.items_v0),
            (
                "POST",
                f"{old}/*/shipmentConfirmation",
                "confirmShipment",
                orders.confirm_shipment,
            ),
            ("GET", items, "searchListingsItems", listings.search),
            ("GET", f"{items}/*", "getListingsItem", listings.get),
            ("PATCH", f"{items}/*", "patchListingsItem", listings.patch),
            ("POST", f"{reports}/reports", "createReport", files.create_report),
            ("GET", f"{reports}/reports", "getReports", files.list_reports),
            ("GET", f"{reports}/reports/*", "getReport", files.get_report),
            (
                "GET",
                f"{reports}/documents/*",
                "getReportDocument",
                files.get_report_document,
            ),
            (
                "POST",
                f"{feeds}/documents",
                "createFeedDocument",
                files.create_feed_document,
            ),
            ("POST", f"{feeds}/feeds", "createFeed", files.create_feed),
            ("GET", f"{feeds}/feeds", "getFeeds", files.list_feeds),
            ("GET", f"{feeds}/feeds/*", "getFeed", files.get_feed),
            ("GET", f"{feeds}/documents/*", "getFeedDocument", files.get_feed_document),
            ("GET", money, "listTransactions", self._finances.list),
            ("GET", "/mfn/v0/shipments/*", "getShipment", self.labels.get),
            ("GET", sellers, "getMarketplaceParticipations", self._participations),
        )
        return tuple(_route(*row) for row in rows)

    def _participations(self, call: Call) -> Response:
        rows = [
            {
                "marketplace": {
                    "id": marketplace_id,
                    "countryCode": country,
                    "name": name,
                    "defaultCurrencyCode": currency,
                    "defaultLanguageCode": language,
                    "domainName": f"www.{name.lower()}",
                },
                "storeName": call.world.settings.name,
                "participation": {
                    "isParticipating": True,
                    "hasSuspendedListings": False,
                },
            }
            for marketplace_id, (
                country,
                name,
                currency,
                language,
            ) in MARKETPLACES.items()
        ]
        return Response.of_json({"payload": rows})


PROTOCOL = AmazonProtocol
