"""The WooCommerce REST v3 protocol: authentication, routes, answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.deliveries import Outbox
from ..core.message import Request, Response
from ..core.protocol import Protocol, Shop
from ..world.model import Event
from ..world.shop import World
from . import errors, order_parts, orders, products, shop_info
from .auth import ApiKey, Authenticator
from .call import Call
from .render import API
from .webhooks import WebhookResource, WebhookSender
from .wire_format import php_json

Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Route:
    """A path pattern with a handler per method and what they do to a resource."""

    pattern: re.Pattern[str]
    handlers: dict[str, tuple[str, Handler]]


def _route(path: str, **handlers: tuple[str, Handler]) -> Route:
    """Make a route: ``#`` in ``path`` is an id, ``*`` a word."""
    pattern = path.replace("#", r"(\d+)").replace("*", r"([\w-]+)")
    methods = {name.upper(): handler for name, handler in handlers.items()}
    # WordPress takes POST, PUT and PATCH alike for a change.
    if "PUT" in methods:
        methods |= {"PATCH": methods["PUT"], "POST": methods["PUT"]}
    return Route(re.compile(f"{API}{pattern}/?"), methods)


def _routes(hooks: WebhookResource) -> tuple[Route, ...]:
    o, p, x, i = orders, products, order_parts, shop_info
    return (
        _route("/orders", get=("list", o.list_orders), post=("create", o.create_order)),
        _route("/orders/batch", post=("batch", o.batch_orders)),
        _route(
            "/orders/#",
            get=("view", o.get_order),
            put=("edit", o.update_order),
            delete=("delete", o.delete_order),
        ),
        _route(
            "/orders/#/refunds",
            get=("list", x.list_refunds),
            post=("create", x.create_refund),
        ),
        _route(
            "/orders/#/refunds/#",
            get=("view", x.get_refund),
            delete=("delete", x.delete_refund),
        ),
        _route(
            "/orders/#/notes",
            get=("list", x.list_notes),
            post=("create", x.create_note),
        ),
        _route(
            "/orders/#/notes/#",
            get=("view", x.get_note),
            delete=("delete", x.delete_note),
        ),
        _route(
            "/products",
            get=("list", p.list_products),
            post=("create", p.create_product),
        ),
        _route("/products/batch", post=("batch", p.batch_products)),
        _route(
            "/products/#",
            get=("view", p.get_product),
            put=("edit", p.update_product),
            delete=("delete", p.delete_product),
        ),
        _route("/products/#/variations", get=("list", p.list_variations)),
        _route("/products/#/variations/batch", post=("batch", p.batch_variations)),
        _route(
            "/products/#/variations/#",
            get=("view", p.get_variation),
            put=("edit", p.update_variation),
        ),
        _route("/taxes", get=("list", i.list_taxes)),
        _route("/taxes/#", get=("view", i.get_tax)),
        _route("/coupons", get=("list", i.list_coupons)),
        _route("/coupons/#", get=("view", i.get_coupon)),
        _route("/customers", get=("list", i.list_customers)),
        _route("/customers/#", get=("view", i.get_customer)),
        _route("/settings/*", get=("list", i.list_settings)),
        _route(
            "/settings/*/*",
            get=("view", i.get_setting),
            put=("edit", i.update_setting),
        ),
        _route("/system_status", get=("list", i.system_status)),
        _route("/webhooks", get=("list", hooks.list), post=("create", hooks.create)),
        _route(
            "/webhooks/#",
            get=("view", hooks.get),
            put=("edit", hooks.update),
            delete=("delete", hooks.delete),
        ),
    )


class WooCommerceProtocol(Protocol):
    """Serves ``/wp-json/``."""

    name = "woocommerce"

    def __init__(
        self,
        world: World,
        outbox: Outbox,
        keys: tuple[ApiKey, ...],
        site: Callable[[], str],
        fixed_site: bool = False,
    ) -> None:
        self._world = world
        self._site = site
        self._fixed_site = fixed_site
        self._authenticator = Authenticator(keys, world.clock)
        self._sender = WebhookSender(world, outbox, site)
        self._routes = _routes(WebhookResource(self._sender))

    @classmethod
    def of(cls, shop: Shop) -> WooCommerceProtocol:
        """Make the protocol; the key with ``_read`` appended may only read."""
        key, secret = shop.options.key, shop.options.secret
        keys = (ApiKey(key, secret), ApiKey(f"{key}_read", f"{secret}_read", "read"))
        fixed = bool(shop.options.site_url)
        return cls(shop.world, shop.outbox, keys, shop.address, fixed)

    def serves(self, path: str) -> bool:
        """WordPress' REST API lives below /wp-json/."""
        return path.startswith("/wp-json")

    def is_order_list(self, request: Request) -> bool:
        """Tell whether ``request`` asks for a page of orders."""
        return request.method == "GET" and request.path == f"{API}/orders"

    def notify(self, events: Sequence[Event]) -> None:
        """Send webhooks."""
        self._sender.notify(events)

    def handle(self, request: Request) -> Response:
        """Answer a request; every failure is a JSON error body."""
        call = Call(request, self._world, self._site_of(request))
        try:
            return self._dispatch(call)
        except errors.WooError as error:
            return _error_answer(call, error)
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            # A value of the wrong kind somewhere in the body.
            return _error_answer(call, errors.bad_value(problem))

    def _site_of(self, request: Request) -> str:
        """Return the shop's address: the configured one, else what the client used.

        A real shop knows its address and ignores the Host header; signatures made for
        another address fail there. Configure one to see that.
        """
        host = request.headers.get("host", "")
        if self._fixed_site or not host:
            return self._site()
        scheme = "https" if request.secure else "http"
        return f"{scheme}://{host}"

    def _dispatch(self, call: Call) -> Response:
        if call.request.path.rstrip("/") == "/wp-json":
            return shop_info.index(call)
        # Wrong credentials are told before anything else, missing ones only when a
        # route needs them.
        key = self._authenticator.authenticate(call.request, call.site)
        handler, call, action = self._find(call)
        if key is None:
            raise errors.not_allowed(action)
        return _with_fields(call, handler(call))

    def _find(self, call: Call) -> tuple[Handler, Call, str]:
        for route in self._routes:
            match = route.pattern.fullmatch(call.request.path)
            if match and call.request.method in route.handlers:
                action, handler = route.handlers[call.request.method]
                return handler, _with_path(call, match.groups()), action
        raise errors.no_route()


PROTOCOL = WooCommerceProtocol


def _error_answer(call: Call, error: errors.WooError) -> Response:
    return Response.of_json(error.as_json(), error.status, call.api_link, php_json)


def _with_fields(call: Call, response: Response) -> Response:
    """Leave only the fields that ``_fields`` names (of WordPress, for every route)."""
    names = {name.partition(".")[0] for name in call.params.words("_fields")}
    if not names:
        return response
    if isinstance(response.payload, list):
        rows = [_only(names, row) for row in response.payload]
        return response.with_payload(rows)
    return response.with_payload(_only(names, response.payload))


def _only(names: set[str], row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    return {name: value for name, value in row.items() if name in names}


def _with_path(call: Call, parts: tuple[str, ...]) -> Call:
    numbers = tuple(int(part) for part in parts if part.isdigit())
    return Call(call.request, call.world, call.site, numbers, parts)
