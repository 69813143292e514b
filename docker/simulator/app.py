"""The simulator: one world, the protocols that render it, and the control API."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from email.utils import format_datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from .core.activity import Activity
from .core.clock import Clock
from .core.codec import encode
from .core.control import ControlApi
from .core.deliveries import Outbox
from .core.faults import (
    BEFORE,
    BETWEEN,
    PRESETS,
    FaultPlan,
    FaultRule,
    answer_instead,
    can_spoil,
    spoil,
)
from .core.journal import Journal
from .core.message import Request, Response
from .core.protocol import Protocol, Shop
from .core.request_log import RequestLog
from .core.server import HttpServer
from .core.wire import WirePlan
from .woocommerce.wire_format import gmt
from .world.catalogue import CATALOGUE, TAX_RATES
from .world.drafts import RefundDraft
from .world.life import Life
from .world.model import Event, Order, Settings
from .world.money import fixed, money
from .world.refunds import refund_line_for
from .world.scenarios import scenarios_of
from .world.shop import World

DEFAULT_KEY = "ck_simulator"
DEFAULT_SECRET = "cs_simulator"
DEFAULT_TOKEN = "tok_simulator"
DEFAULT_ACCOUNT = "acc_simulator"
#: Marketplaces by code; each is a package with a module ``protocol``.
MARKETPLACES = tuple(
    sorted(
        path.parent.name
        for path in Path(__file__).parent.glob("*/protocol.py")
        if path.parent.name != "core"
    )
)
#: Statuses in which faults may still edit or cancel an order.
_OPEN = ("pending", "processing", "on-hold")


def find_protocol(marketplace: str) -> type[Protocol]:
    """Return the protocol of a marketplace.

    :raises ValueError: when the simulator does not speak it.
    """
    if marketplace not in MARKETPLACES:
        raise ValueError(f"unknown marketplace {marketplace!r}; known: {MARKETPLACES}")
    package = __package__ or "simulator"
    return import_module(f"{package}.{marketplace}.protocol").PROTOCOL


@dataclass(frozen=True)
class Options:
    """How a simulator is started. Port 0 chooses a free one.

    ``secret`` belongs to ``key`` (read and write); the same two with ``_read`` appended
    are a key that may only read. ``token`` is the seller's lasting permission and
    ``account`` the seller's id, where a marketplace has such. ``site_url`` fixes the
    address under which the shop knows itself.
    """

    host: str = "127.0.0.1"
    port: int = 0
    state_dir: str | os.PathLike[str] | None = None
    seed: int = 7
    orders_per_minute: float = 0.0
    key: str = DEFAULT_KEY
    secret: str = DEFAULT_SECRET
    token: str = DEFAULT_TOKEN
    account: str = DEFAULT_ACCOUNT
    site_url: str = ""


class Simulator:
    """A simulated shop: ``start()``, talk to ``url``, ``stop()``."""

    def __init__(
        self,
        seed: int = 7,
        state_dir: str | os.PathLike[str] | None = None,
        settings: Settings | None = None,
        marketplace: str = "woocommerce",
        **options: Any,
    ) -> None:
        self.options = Options(seed=seed, state_dir=state_dir, **options)
        self.marketplace = marketplace
        protocol = find_protocol(marketplace)
        self._journal = Journal(state_dir)
        self.world = World(
            self._journal,
            Clock(),
            seed,
            settings or protocol.settings(),
            marketplace,
        )
        self.faults = FaultPlan(seed)
        self.outbox = Outbox(self.faults)
        self.log = RequestLog()
        self._server = HttpServer(self.options.host, self.options.port, self.respond)
        self._control = ControlApi(self)
        shop = Shop(
            self.world,
            self.outbox,
            self.options,
            lambda: self.options.site_url or self.url,
        )
        self._protocols: tuple[Protocol, ...] = (protocol.of(shop),)
        self.life = Life(self.world)
        self._activity = Activity(self.world, self.options.orders_per_minute, seed)
        self._last_listed: tuple[int, ...] = ()
        self.world.store.listen(self._notify)

    # -- life --------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where the shop answers."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> Simulator:
        """Serve, deliver and act in the background."""
        self.outbox.start()
        self._server.start()
        self._activity.start()
        return self

    def stop(self) -> None:
        """End all threads, release the port and the journal."""
        self._activity.stop()
        self._server.stop()
        self.outbox.stop()
        self._journal.close()

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _notify(self, events: Sequence[Event]) -> None:
        for protocol in self._protocols:
            protocol.notify(events)

    # -- requests ----------------------------------------------------------

    def respond(self, request: Request) -> tuple[Response, WirePlan]:
        """Answer one request, faults included."""
        if self._control.serves(request.path):
            return self._control.handle(request), WirePlan()
        for protocol in self._protocols:
            if protocol.serves(request.path):
                return self._exchange(protocol, request)
        return Response.of_html(404, "<h1>Not found</h1>"), WirePlan()

    def _exchange(
        self, protocol: Protocol, request: Request
    ) -> tuple[Response, WirePlan]:
        names: list[str] = []
        instead = self.faults.draw(BEFORE, request)
        if instead:
            response, plan = answer_instead(instead)
            names.append(instead.kind)
        else:
            names += self._disturb(protocol, request)
            response = protocol.handle(request)
            self._last_listed = response.listed_orders or self._last_listed
            plan = WirePlan()
            rule = self.faults.draw(can_spoil(response, request), request)
            if rule:
                response, plan = spoil(rule, response)
                names.append(rule.kind)
        response = response.with_header("Date", self._http_date())
        status = 0 if plan.mode in ("hang", "reset") else response.status
        self.log.add(request, protocol.name, status, tuple(names))
        return response, plan

    def _http_date(self) -> str:
        """Return the shop's time: a shop with a wrong clock shows it in this header."""
        return format_datetime(self.world.clock.now(), usegmt=True)

    def _disturb(self, protocol: Protocol, request: Request) -> list[str]:
        """Change orders of the page before while somebody reads page by page."""
        if not protocol.is_order_list(request):
            return []
        rule = self.faults.draw(BETWEEN, request)
        if rule is None:
            return []
        if rule.kind == "new_between_pages":
            self.world.place_scenario()
        elif rule.kind == "skew":
            self.world.set_clock(rule.seconds)
        else:
            self._disturb_order(rule)
        return [rule.kind]

    def _disturb_order(self, rule: FaultRule) -> None:
        rows = [self.world.store.get("order", row_id) for row_id in self._last_listed]
        candidates = [row for row in rows if row and row.status in _OPEN]
        if not candidates:
            return
        order_id = self.faults.choose(candidates).id
        if rule.kind == "cancel_between_pages":
            self.world.set_status(order_id, "cancelled")
        else:
            self.world.touch(order_id)

    # -- what the control API does -----------------------------------------

    def place_orders(
        self, count: int = 1, scenario: str | list[str] | None = None
    ) -> list[dict[str, Any]]:
        """Place orders now, of one scenario, of several in turn, or of the mix."""
        names = [scenario] if isinstance(scenario, str) else list(scenario or [None])
        placed = [
            self.world.place_scenario(names[number % len(names)])
            for number in range(count)
        ]
        return [self._summary_of(order) for order in placed]

    def list_orders(self) -> list[dict[str, Any]]:
        """Return a summary of every order, also of those deleted for good."""
        alive = [self._summary_of(order) for order in self.world.orders()]
        protocol = self._protocols[0]
        gone = [
            {
                **row,
                "marketplace": self.marketplace,
                "external_id": protocol.external_id(row["id"]),
                "told": True,
            }
            for row in self.world.deleted_orders()
        ]
        return [*alive, *gone]

    def _summary_of(self, order: Order) -> dict[str, Any]:
        return {
            "id": order.id,
            "marketplace": self.marketplace,
            "external_id": self._protocols[0].external_id(order.id),
            "told": self._protocols[0].is_told(order),
            "priced": self._protocols[0].is_priced(order),
            "number": order.number,
            "status": order.status,
            "total": fixed(order.totals.total, order.decimals),
            "currency": order.currency,
            "date_modified_gmt": gmt(order.modified),
            "scenario": order.scenario,
            "deleted": False,
            "refunded": fixed(self.world.refunded(order.id), order.decimals),
        }

    def change_order(
        self,
        order_id: int,
        status: str | None = None,
        edit: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Set an order's status, or edit it (see ``World.edit``)."""
        if status:
            self.world.set_status(order_id, status)
        if edit is not None:
            self.world.edit(order_id, edit)
        return self._summary_of(self.world.order(order_id))

    def order_action(self, order_id: int, action: str) -> dict[str, Any]:
        """Do ``trash``, ``restore``, ``delete``, ``advance`` or ``touch``."""
        actions = {
            "trash": self.world.trash,
            "restore": self.world.restore,
            "delete": self.world.delete,
            "advance": self.life.advance,
            "touch": self.world.touch,
        }
        return self._summary_of(actions[action](order_id))

    def refund_order(
        self,
        order_id: int,
        amount: str | None = None,
        reason: str = "",
        lines: dict[str, int] | None = None,
        restock: bool = True,
    ) -> dict[str, Any]:
        """Refund an amount, or quantities of lines; without either, all that is left.

        ``lines`` maps line ids to quantities.
        """
        order = self.world.order(order_id)
        wanted = {int(key): int(value) for key, value in (lines or {}).items()}
        parts = tuple(
            refund_line_for(order, line, wanted[line.id])
            for line in order.lines
            if line.id in wanted
        )
        left = order.totals.total - self.world.refunded(order_id)
        rest: Decimal | None = None if parts else left
        draft = RefundDraft(
            rest if amount is None else money(amount), reason, parts, restock
        )
        refund = self.world.refund(order_id, draft)
        return {
            "id": refund.id,
            "amount": fixed(refund.amount, order.decimals),
            "order": self._summary_of(self.world.order(order_id)),
        }

    def ship_order(
        self,
        order_id: int,
        lines: dict[str, int] | None = None,
        carrier: str = "",
        tracking: str = "",
    ) -> dict[str, Any]:
        """Record a parcel that somebody sent without Odoo; no ``lines``: all is in."""
        wanted = tuple((int(key), int(value)) for key, value in (lines or {}).items())
        parcel = self.world.ship(order_id, wanted, carrier, tracking)
        return encode(parcel)

    def parcels(self) -> list[dict[str, Any]]:
        """Return everything that was sent."""
        return encode(self.world.parcels())

    def open_return(
        self,
        order_id: int,
        lines: dict[str, int] | None = None,
        reason: str = "",
        kind: str = "customer",
    ) -> dict[str, Any]:
        """Let goods come back; no ``lines``: all of them."""
        order = self.world.order(order_id)
        wanted = {int(key): int(value) for key, value in (lines or {}).items()}
        wanted = wanted or {line.id: line.quantity for line in order.lines}
        case = self.world.open_return(order_id, tuple(wanted.items()), reason, kind)
        return encode(case)

    def move_return(self, return_id: int, status: str) -> dict[str, Any]:
        """Let a return take a step (approved, in_transit, received, closed...)."""
        return encode(self.world.move_return(return_id, status))

    def returns(self) -> list[dict[str, Any]]:
        """Return all returns."""
        return encode(self.world.returns())

    def request_cancel(self, order_id: int) -> dict[str, Any]:
        """Let the buyer ask to call an order off."""
        return self._summary_of(self.world.request_cancel(order_id))

    def stock(self) -> dict[str, int | None]:
        """Return the stock that the shop shows, by SKU."""
        return {p.sku: p.stock for p in self.world.products() if p.sku}

    def advance(self, count: int = 1) -> list[dict[str, Any]]:
        """Let up to ``count`` orders take the next step of their life, oldest first."""
        orders = self.life.waiting()[:count]
        return [self._summary_of(self.life.advance(order.id)) for order in orders]

    def summary(self) -> dict[str, Any]:
        """Return counts and sums over all orders that still exist."""
        orders = self.world.orders()
        sums: dict[str, Decimal] = {}
        places: dict[str, int] = {}
        for order in orders:
            code = order.currency
            sums[code] = sums.get(code, Decimal(0)) + order.totals.total
            places[code] = max(places.get(code, 0), order.decimals)
        return {
            "orders": len(orders),
            "by_status": dict(Counter(order.status for order in orders)),
            "by_currency": {c: fixed(sums[c], places[c]) for c in sorted(sums)},
            "requests": self.log.count,
            "faults_injected": dict(self.faults.injected),
        }

    def catalogue(self) -> list[dict[str, Any]]:
        """Return what a seed should create, with the price and stock of the start."""
        return [
            {
                "id": product.id,
                "sku": product.sku,
                "name": product.name,
                "type": product.type,
                "parent_id": product.parent_id,
                "options": dict(product.options),
                "price": str(product.price),
                "stock": product.stock,
                "categories": list(product.categories),
                "virtual": product.virtual,
                "tax_class": product.tax_class,
            }
            for product in CATALOGUE
        ]

    def tax_rates(self) -> list[dict[str, Any]]:
        """Return the shop's tax rates."""
        return [{**asdict(rate), "rate": str(rate.rate)} for rate in TAX_RATES]

    def scenarios(self) -> list[dict[str, Any]]:
        """Return the scenarios with what is difficult about each."""
        return [
            {"name": item.name, "weight": item.weight, "text": item.make.__doc__}
            for item in scenarios_of(self.marketplace).values()
        ]

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests received, without secrets."""
        return self.log.as_json()

    def deliveries(self) -> list[dict[str, Any]]:
        """Return the webhooks sent or lost."""
        return list(self.outbox.log)

    def fault_rules(self) -> list[dict[str, Any]]:
        """Return the rules in force."""
        return self.faults.as_json()

    def set_faults(
        self,
        rules: list[dict[str, Any]] | None = None,
        preset: str = "none",
        clear: bool = False,
    ) -> list[dict[str, Any]]:
        """Replace the plan by a preset and rules; nothing given: behave well."""
        if preset not in PRESETS:
            raise ValueError(f"unknown preset {preset!r}")
        parsed = [FaultRule.of_json(rule) for rule in rules or []]
        if clear:
            self.faults.clear()
        self.faults.set([*PRESETS[preset], *parsed])
        return self.fault_rules()

    def set_clock(self, offset_seconds: float) -> dict[str, Any]:
        """Move the shop's clock away from real time."""
        self.world.set_clock(offset_seconds)
        return {"now_gmt": gmt(self.world.clock.now())}

    def change_settings(self, **changes: Any) -> dict[str, Any]:
        """Change how the shop is set up (fields of ``Settings``)."""
        return asdict(self.world.change_settings(**changes))

    def reset(self, seed: int | None = None) -> dict[str, Any]:
        """Empty the order book and forget faults, requests and deliveries."""
        self.faults.clear()
        self.outbox.clear()
        self.world.reset(seed)
        self.log.clear()
        self._last_listed = ()
        return self.summary()
