"""Orders: search, read, confirm a shipment.

Facts of the models: exactly one of the two *after* parameters; the token of a page is
good only with the parameters of the page before; bounds are inclusive. How pages stay
together while orders change is not said by the models: here the first page decides
which orders the others show (not confirmed).
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..core.message import Response
from ..world.model import Order, WorldError
from ..world.shop import World
from . import errors, legacy
from .call import Call, marketplaces_of, parse_moment
from .facts import Facts, is_listed, iso
from .ids import world_line_id, world_order_id
from .render import render_order

_DATA = frozenset(
    "BUYER RECIPIENT PROCEEDS EXPENSE PROMOTION CANCELLATION FULFILLMENT PACKAGES TAX "
    "PAYMENT FULFILLMENT_ORDERS".split()
)
_TOKEN_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class _Names:
    """Parameters of one version."""

    created_after: str
    created_before: str
    updated_after: str
    updated_before: str
    marketplaces: str
    size: str
    token: str


_NEW = _Names(
    "createdAfter",
    "createdBefore",
    "lastUpdatedAfter",
    "lastUpdatedBefore",
    "marketplaceIds",
    "maxResultsPerPage",
    "paginationToken",
)
_OLD = _Names(
    "CreatedAfter",
    "CreatedBefore",
    "LastUpdatedAfter",
    "LastUpdatedBefore",
    "MarketplaceIds",
    "MaxResultsPerPage",
    "NextToken",
)


@dataclass(frozen=True)
class _Search:
    """A search that is under way: which orders it shows, and how far it got."""

    order_ids: tuple[int, ...]
    query: tuple[tuple[str, str], ...]
    field: str
    end: datetime
    begun: datetime
    start: int = 0


class OrderDesk:
    """Answers calls about orders."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._searches: dict[str, _Search] = {}
        self._numbers = itertools.count(1)

    # -- lists -----------------------------------------------------------------

    def search(self, call: Call) -> Response:
        """Answer ``searchOrders``."""
        data = _data_sets(call)

        def render(order: Order) -> dict[str, Any]:
            return render_order(Facts(self._world, order), data)

        search, rows, token, ids = self._page(call, _NEW, render)
        body: dict[str, Any] = {"orders": rows, search.field: iso(search.end)}
        if token:
            body["pagination"] = {"nextToken": token}
        return _listed(body, ids)

    def search_v0(self, call: Call) -> Response:
        """Answer ``getOrders``."""

        def render(order: Order) -> dict[str, Any]:
            return legacy.render_order(Facts(self._world, order))

        search, rows, token, ids = self._page(call, _OLD, render)
        name = search.field[0].upper() + search.field[1:]
        payload: dict[str, Any] = {"Orders": rows, name: iso(search.end)}
        if token:
            payload["NextToken"] = token
        return _listed({"payload": payload}, ids)

    def _page(
        self, call: Call, names: _Names, render: Callable[[Order], dict[str, Any]]
    ) -> tuple[_Search, list[dict[str, Any]], str, tuple[int, ...]]:
        size = call.number(names.size, 100, 100)
        search = self._search_of(call, names)
        part = search.order_ids[search.start : search.start + size]
        rows = [self._world.store.get("order", order_id) for order_id in part]
        shown = [row for row in rows if row is not None and is_listed(row)]
        end = search.start + size
        token = ""
        if end < len(search.order_ids):
            token = self._keep(search, end)
        return search, [render(row) for row in shown], token, part

    def _keep(self, search: _Search, start: int) -> str:
        token = f"SIM-{next(self._numbers):06d}"
        with self._lock:
            kept = _Search(
                search.order_ids,
                search.query,
                search.field,
                search.end,
                search.begun,
                start,
            )
            self._searches[token] = kept
        return token

    def _search_of(self, call: Call, names: _Names) -> _Search:
        query = tuple(sorted(i for i in call.query.items() if i[0] != names.token))
        token = call.text(names.token)
        now = self._world.clock.now()
        if token:
            with self._lock:
                search = self._searches.get(token)
            if search is None or now - search.begun > _TOKEN_LIFE:
                raise errors.invalid("The token of the page is not valid (any more).")
            if search.query != query:
                raise errors.invalid("The parameters differ from the page before.")
            return search
        created, updated = (
            call.text(names.created_after),
            call.text(names.updated_after),
        )
        if bool(created) == bool(updated):
            raise errors.invalid("Exactly one of the after parameters is needed.")
        other = names.updated_before if created else names.created_before
        if call.text(other):
            raise errors.invalid(f"{other} does not go with the other parameters.")
        since = call.moment(names.created_after if created else names.updated_after)
        end = call.end(names.created_before if created else names.updated_before)
        places = marketplaces_of(call, names.marketplaces, names is _OLD)
        found = [
            row.id
            for row in self._world.orders()
            if is_listed(row)
            and since <= (row.created if created else row.modified) <= end
            and (not places or Facts(self._world, row).marketplace in places)
        ]
        # No order of rows is promised: by id, scattered, as good as none.
        found.sort(key=lambda order_id: (order_id * 7919) % 104_729)
        field = "createdBefore" if created else "lastUpdatedBefore"
        return _Search(tuple(found), query, field, end, now)

    # -- single orders ---------------------------------------------------------

    def get(self, call: Call) -> Response:
        """Answer ``getOrder`` of 2026-01-01."""
        order = self._find(call.parts[0])
        return Response.of_json({"order": render_order(order, _data_sets(call))})

    def get_v0(self, call: Call) -> Response:
        """Answer ``getOrder`` of v0."""
        return Response.of_json(
            {"payload": legacy.render_order(self._find(call.parts[0]))}
        )

    def items_v0(self, call: Call) -> Response:
        """Answer ``getOrderItems``."""
        order = self._find(call.parts[0])
        rows = legacy.render_items(order)
        payload = {"AmazonOrderId": order.order_id, "OrderItems": rows}
        return Response.of_json({"payload": payload})

    def _find(self, text: str) -> Facts:
        order_id = world_order_id(text)
        if order_id is None:
            raise errors.invalid("Invalid order id.")
        order = self._world.store.get("order", order_id)
        if order is None or not is_listed(order):
            raise errors.not_found(f"There is no order {text}.")
        facts = Facts(self._world, order)
        if facts.order_id != text:
            raise errors.not_found(f"There is no order {text}.")
        return facts

    # -- shipments -------------------------------------------------------------

    def confirm_shipment(self, call: Call) -> Response:
        """Answer ``confirmShipment``: 204, or why the parcel cannot be taken."""
        order = self._find(call.parts[0])
        body = call.body()
        detail = body.get("packageDetail")
        if body.get("marketplaceId") != order.marketplace or not isinstance(
            detail, dict
        ):
            raise errors.invalid("marketplaceId or packageDetail does not fit.")
        self._check_package(order, detail)
        lines = tuple(
            (world_line_id(str(item.get("orderItemId"))), int(item.get("quantity", 0)))
            for item in detail["orderItems"]
        )
        try:
            self._world.ship(
                order.order.id,
                lines,
                carrier=detail.get("carrierName") or detail["carrierCode"],
                tracking=detail["trackingNumber"],
                key=str(detail["packageReferenceId"]),
            )
        except WorldError as problem:
            raise errors.invalid(str(problem)) from None
        return Response(204)

    def _check_package(self, order: Facts, detail: dict[str, Any]) -> None:
        reference = str(detail.get("packageReferenceId", ""))
        if not reference.isdigit() or not int(reference):
            raise errors.invalid("packageReferenceId has to be a positive number.")
        taken = {parcel.key for parcel in self._world.parcels(order.order.id)}
        if reference in taken:
            raise errors.invalid("packageReferenceId is taken already.")
        for name in ("carrierCode", "trackingNumber", "shipDate", "orderItems"):
            if not detail.get(name):
                raise errors.invalid(f"{name} is missing.")
        if detail["carrierCode"] == "Other" and not detail.get("carrierName"):
            raise errors.invalid("carrierName is missing.")
        sent_at = parse_moment("shipDate", detail["shipDate"])
        if sent_at > self._world.clock.now() + timedelta(days=1):
            raise errors.invalid("shipDate lies in the future.")
        if order.order.channel_fulfilled:
            raise errors.invalid("The order is fulfilled by Amazon.")


def _data_sets(call: Call) -> frozenset[str]:
    wanted = frozenset(call.words("includedData"))
    if wanted - _DATA:
        raise errors.invalid("includedData has an unknown value.")
    return wanted


def _listed(body: dict[str, Any], order_ids: tuple[int, ...]) -> Response:
    response = Response.of_json(body)
    return Response(
        response.status,
        response.body,
        response.headers,
        response.payload,
        listed_orders=order_ids,
    )
