"""eBay's interfaces: tokens, routes, answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from ..core.message import Request, Response
from ..core.protocol import Protocol, Shop
from ..world.model import Event, Order, Settings, TaxRate
from . import account, ids, inventory, orders, post_order
from . import scenarios as _scenarios  # noqa: F401  registers them
from .auth import PATH as TOKEN_PATH
from .auth import TokenOffice
from .call import Call
from .errors import EbayError, OAuthError, unknown_path
from .finances import FinanceDesk
from .pending import Pending
from .render import is_listed

Handler = Callable[[Call], Response]

ORDERS = "/sell/fulfillment/v1/order"
INVENTORY = "/sell/inventory/v1"
ROOTS = ("/sell/", "/post-order/", "/commerce/", "/identity/")

#: Australia's tax, which the world's other shops do not know.
GST = TaxRate(90, "AU", "", Decimal("10.0000"), "GST")


class EbayProtocol(Protocol):
    """Serves what the connector uses of eBay, on one host."""

    name = "ebay"

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._world = shop.world
        self._office = TokenOffice(shop.options, shop.world.clock)
        self._pending = Pending()
        self._revisions = inventory.RevisionCounter()
        self.finances = FinanceDesk(shop.world)
        self._routes = self._make_routes()
        self._know_rates()

    @classmethod
    def of(cls, shop: Shop) -> EbayProtocol:
        """Make the protocol of a shop."""
        return cls(shop)

    @classmethod
    def settings(cls) -> Settings:
        """A seller in the United States."""
        return Settings(name="Simulated eBay Seller")

    def _know_rates(self) -> None:
        if GST.id not in {rate.id for rate in self._world.rates()}:
            with self._world.store.transaction():
                self._world.store.put("tax_rate", GST.id, GST)

    def _make_routes(self) -> list[tuple[str, re.Pattern[str], Handler]]:
        word = r"([^/]+)"
        routes: list[tuple[str, str, Handler]] = [
            ("GET", ORDERS, orders.list_orders),
            ("GET", f"{ORDERS}/{word}", orders.get_order),
            ("POST", f"{ORDERS}/{word}/issue_refund", orders.issue_refund),
            ("GET", f"{ORDERS}/{word}/shipping_fulfillment", orders.list_fulfilments),
            ("POST", f"{ORDERS}/{word}/shipping_fulfillment", orders.create_fulfilment),
            ("GET", f"{INVENTORY}/inventory_item", inventory.list_items),
            (
                "GET",
                rf"{INVENTORY}/inventory_item_group/([^/]+)",
                inventory.get_group,
            ),
            ("GET", f"{INVENTORY}/offer", inventory.list_offers),
            ("GET", f"{INVENTORY}/location", inventory.list_locations),
            ("POST", f"{INVENTORY}/bulk_get_inventory_item", inventory.bulk_get),
            (
                "POST",
                f"{INVENTORY}/bulk_update_price_quantity",
                self._update_quantities,
            ),
            ("GET", "/post-order/v2/return/search", post_order.search_returns),
            ("POST", "/post-order/v2/cancellation", post_order.create_cancellation),
            (
                "POST",
                f"/post-order/v2/cancellation/{word}/approve",
                post_order.approve_cancellation,
            ),
            ("GET", "/commerce/identity/v1/user/", account.get_user),
            (
                "GET",
                f"/commerce/notification/v1/public_key/{word}",
                account.get_public_key,
            ),
            (
                "GET",
                "/sell/finances/v1/transaction",
                self.finances.list_transactions,
            ),
            ("GET", "/sell/finances/v1/payout", self.finances.list_payouts),
        ]
        return [(method, re.compile(path), verb) for method, path, verb in routes]

    def _update_quantities(self, call: Call) -> Response:
        return inventory.bulk_update(call, self._revisions)

    def expire_tokens(self) -> None:
        """Let every access token end now."""
        self._office.expire_all()

    def serves(self, path: str) -> bool:
        """Each interface has its own root."""
        return path.startswith(ROOTS)

    def external_id(self, order_id: int) -> str:
        """eBay's number of an order."""
        return ids.order_id(order_id)

    def is_told(self, order: Order) -> bool:
        """Unpaid orders are kept back."""
        return is_listed(order)

    def is_order_list(self, request: Request) -> bool:
        """Tell whether ``request`` asks for a page of orders."""
        return request.method == "GET" and request.path == ORDERS

    def notify(self, events: Sequence[Event]) -> None:
        """Tell nobody: eBay has no topic for orders."""

    def handle(self, request: Request) -> Response:
        """Answer a request; every failure is a JSON error body."""
        self._know_rates()
        try:
            if request.path == TOKEN_PATH and request.method == "POST":
                return Response.of_json(self._office.sell(request))
            self._office.check(request)
            return self._dispatch(request)
        except (EbayError, OAuthError) as error:
            return Response.of_json(error.as_json(), error.status)
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            error = EbayError(2004, f"Invalid request: {type(problem).__name__}")
            return Response.of_json(error.as_json(), error.status)

    def _dispatch(self, request: Request) -> Response:
        site = self._shop.address()
        for method, pattern, verb in self._routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                call = Call(request, self._world, self._pending, site, match.groups())
                return verb(call)
        raise unknown_path()


PROTOCOL = EbayProtocol
