"""What a contract test needs of a shop: to do there what people do there.

Each connector has a harness that drives its simulated shop behind the connector's back.
To add a marketplace, write ``harness_<code>.py`` beside this file with a subclass of
:class:`SimulatedShop`; the tests stay as they are.
"""

from abc import ABC, abstractmethod
from importlib import import_module
from pathlib import Path

import pytest
from ecom_orders.marketplaces.base import CONNECTORS, Capability, Credentials
from ecom_orders.marketplaces.transport import Settings, Transport
from scripted_server import Answer, FakeClock, ScriptedServer

from simulator import Simulator
from simulator.core.faults import FaultRule

WEBHOOK_SECRET = "contract-webhook-secret"
HARNESSES = {}


class ShopHarness(ABC):
    """A shop that can be told what happens in it. Ids and references are text."""

    code: str

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if getattr(cls, "code", ""):
            HARNESSES[cls.code] = cls

    def __enter__(self):
        self.receiver = ScriptedServer(Answer(200, b"")).__enter__()
        return self

    def __exit__(self, *_exc):
        self.receiver.__exit__()

    # -- connectors --------------------------------------------------------------------

    @abstractmethod
    def credentials(self) -> Credentials:
        """Those that may do everything."""

    @abstractmethod
    def wrong_credentials(self):
        """Those of nobody; ``None`` when there is no such thing."""

    def reading_credentials(self):
        """Those that may read and not write; ``None`` when there is no such thing."""
        return None

    def connector(self, credentials=None, **settings):
        """A connector with the real transport; retries never wait."""
        transport = Transport(
            Settings(**{"attempts": 2, **settings}), clock=FakeClock()
        )
        return CONNECTORS[self.code](credentials or self.credentials(), transport)

    def need(self, *capabilities: Capability):
        """Skip a test about something that the connector does not claim to do."""
        for capability in capabilities:
            if not CONNECTORS[self.code].can(capability):
                pytest.skip(f"{self.code} does not claim {capability.value}")

    def can_be_told(self, row):
        """Whether product data of a listing can be told at all."""
        return not row.is_parent

    @property
    def hook_url(self):
        """Where deliveries of the shop are caught."""
        return f"{self.receiver.url}/hook"

    def deliveries(self):
        """``(headers, body)`` of everything the shop sent to the hook so far."""
        self.wait_for_deliveries()
        return [(seen.headers, seen.body) for seen in self.receiver.seen]

    # -- what happens in the shop ------------------------------------------------------

    @abstractmethod
    def place_order(self):
        """A buyer orders and pays for goods to be shipped; returns the id."""

    def place_open_order(self):
        """An order that the seller can still call off; returns the id."""
        return self.place_order()

    def ask_for_refund(self, request):
        """The buyer asks for the money of a refund; where nobody has to, nothing."""
        return

    def ask_for_erasure(self, order_id):
        """The buyer of an order wants to be forgotten; returns the buyer's id."""
        raise NotImplementedError

    @abstractmethod
    def touch_order(self, order_id):
        """Somebody changes an order (its date of modification moves)."""

    @abstractmethod
    def remove_order(self, order_id):
        """The seller puts an order away; it can be got back."""

    @abstractmethod
    def delete_order(self, order_id):
        """An order ceases to exist."""

    @abstractmethod
    def refund_order(self, order_id):
        """The buyer gets everything back; returns the refund's id."""

    @abstractmethod
    def stock_of(self, product_ref):
        """The quantity that the shop shows."""

    @abstractmethod
    def sell(self, product_ref, quantity):
        """Somebody buys: the quantity that the shop shows falls."""

    @abstractmethod
    def lines_of(self, order_id):
        """What is to be shipped: ``{line id: quantity}``."""

    @abstractmethod
    def parcels_of(self, order_id):
        """What was shipped: a list of ``(tracking number, {line id: quantity})``."""

    @abstractmethod
    def status_of(self, order_id):
        """The order's status in the words of the simulated world."""

    @abstractmethod
    def refunded(self, order_id):
        """How much was given back so far."""

    @abstractmethod
    def open_return(self, order_id):
        """A buyer announces that one piece comes back; returns the return's id."""

    @abstractmethod
    def move_return(self, return_id, status):
        """A return takes a step."""

    def buy_label(self, order_id):
        """The seller buys a shipment; returns its id, tracking number and label."""
        raise NotImplementedError(self.code)

    def relayed_event(self, order_id):
        """``(headers, body)`` of an event that somebody passes on: an order changed."""
        raise NotImplementedError(self.code)

    def earn(self):
        """An order is paid and sent, so that its money is due; returns the id."""
        raise NotImplementedError(self.code)

    def pay_out(self):
        """What is due by now is settled, and the settlement is final."""
        raise NotImplementedError(self.code)

    @abstractmethod
    def let_time_pass(self, seconds):
        """Move the shop's clock."""

    @abstractmethod
    def lose_connection(self):
        """From now on the shop does not answer."""

    @abstractmethod
    def fail_next(self, count):
        """The next requests end in a server error."""

    @abstractmethod
    def touch_between_pages(self):
        """While pages of orders are read, orders of the page before change."""

    @abstractmethod
    def wait_for_deliveries(self):
        """Until the shop has sent what it has to send."""


class SimulatedShop(ShopHarness):
    """A shop of ``docker/simulator``. What differs between marketplaces are the
    credentials, and how ids of the world read on the wire (override the ``*_id``)."""

    scenario = None  # which kind of order ``place_order`` places

    def __enter__(self):
        self.shop = Simulator(seed=7, marketplace=self.code).start()
        return super().__enter__()

    def __exit__(self, *_exc):
        super().__exit__()
        self.shop.stop()

    @property
    def world(self):
        return self.shop.world

    def order_id(self, order):
        """The marketplace's id of an order of the world."""
        return str(order.id)

    def world_id(self, order_id):
        """The world's id of an order of the marketplace."""
        return int(order_id)

    def line_id(self, order, line):
        """The marketplace's id of a line of the world."""
        return str(line)

    def product_id(self, product_ref):
        """The world's id of a listing."""
        return int(product_ref.rpartition("/")[2])

    def refund_id(self, refund):
        """The marketplace's id of a refund of the world."""
        return str(refund)

    def return_id(self, case):
        """The marketplace's id of a return of the world."""
        return str(case)

    def world_return(self, return_id):
        """The world's id of a return of the marketplace."""
        return int(return_id)

    def place_order(self):
        return self.order_id(self.world.place_scenario(self.scenario))

    def touch_order(self, order_id):
        self.world.touch(self.world_id(order_id))

    def remove_order(self, order_id):
        self.world.trash(self.world_id(order_id))

    def delete_order(self, order_id):
        self.world.delete(self.world_id(order_id))

    def refund_order(self, order_id):
        refund = self.shop.refund_order(self.world_id(order_id))
        return self.refund_id(refund["id"])

    def stock_of(self, product_ref):
        return self.world.product(self.product_id(product_ref)).stock

    def sell(self, product_ref, quantity):
        product = self.world.product(self.product_id(product_ref))
        self.world.change_product(product.id, stock=product.stock - quantity)

    def lines_of(self, order_id):
        order = self.world.order(self.world_id(order_id))
        lines = self.world.open_lines(order.id)
        return {self.line_id(order, line): quantity for line, quantity in lines}

    def parcels_of(self, order_id):
        order = self.world.order(self.world_id(order_id))
        return [
            (p.tracking, {self.line_id(order, line): n for line, n in p.lines})
            for p in self.world.parcels(order.id)
        ]

    def status_of(self, order_id):
        return self.world.order(self.world_id(order_id)).status

    def refunded(self, order_id):
        return self.world.refunded(self.world_id(order_id))

    def open_return(self, order_id):
        order = self.world.order(self.world_id(order_id))
        case = self.world.open_return(
            order.id, ((order.lines[0].id, 1),), reason="damaged", note="It is broken."
        )
        return self.return_id(case.id)

    def move_return(self, return_id, status):
        self.world.move_return(self.world_return(return_id), status)

    def earn(self):
        order_id = self.place_order()
        self.world.set_status(self.world_id(order_id), "completed")
        return order_id

    def pay_out(self):
        self.shop.change_settings(payout_minutes=1)
        self.let_time_pass(120)

    def let_time_pass(self, seconds):
        self.world.set_clock(self.world.clock.offset_seconds + seconds)

    def lose_connection(self):
        self.shop.stop()

    def fail_next(self, count):
        self.shop.faults.add([FaultRule("server_error", count=count)])

    def touch_between_pages(self):
        self.shop.faults.add([FaultRule("edit_between_pages", 0.7, count=20)])

    def wait_for_deliveries(self):
        assert self.shop.outbox.wait_until_idle()


for _module in sorted(Path(__file__).parent.glob("harness_*.py")):
    import_module(_module.stem)
