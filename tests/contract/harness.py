"""What a contract test needs of a shop: to do there what people do there.

Each connector has a subclass here that drives a simulated shop behind the connector's
back. To add a marketplace, add its harness; the tests stay as they are.
"""

from abc import ABC, abstractmethod

from ecom_orders.marketplaces.base import CONNECTORS, Credentials
from ecom_orders.marketplaces.transport import Settings, Transport
from scripted_server import Answer, FakeClock, ScriptedServer

from simulator import DEFAULT_KEY, DEFAULT_SECRET, Simulator
from simulator.core.faults import FaultRule

WEBHOOK_SECRET = "contract-webhook-secret"


class ShopHarness(ABC):
    """A shop that can be told what happens in it. Ids and references are text."""

    code: str

    def __enter__(self):
        self.receiver = ScriptedServer(Answer(200, b"")).__enter__()
        return self

    def __exit__(self, *_exc):
        self.receiver.__exit__()

    # -- connectors --------------------------------------------------------------------

    @abstractmethod
    def credentials(self):
        """Those that may do everything."""

    @abstractmethod
    def wrong_credentials(self):
        """Those of nobody."""

    @abstractmethod
    def reading_credentials(self):
        """Those that may read and not write; ``None`` when there is no such thing."""

    def connector(self, credentials=None, **settings):
        """A connector with the real transport; retries never wait."""
        transport = Transport(
            Settings(**{"attempts": 2, **settings}), clock=FakeClock()
        )
        return CONNECTORS[self.code](credentials or self.credentials(), transport)

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
        """A buyer orders; returns the id."""

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


class WooCommerceHarness(ShopHarness):
    """The simulated WooCommerce shop."""

    code = "woocommerce"

    def __enter__(self):
        self.shop = Simulator(seed=7).start()
        return super().__enter__()

    def __exit__(self, *_exc):
        super().__exit__()
        self.shop.stop()

    def credentials(self):
        return Credentials(self.shop.url, DEFAULT_KEY, DEFAULT_SECRET, WEBHOOK_SECRET)

    def wrong_credentials(self):
        return Credentials(self.shop.url, DEFAULT_KEY, "cs_wrong", WEBHOOK_SECRET)

    def reading_credentials(self):
        return Credentials(
            self.shop.url,
            f"{DEFAULT_KEY}_read",
            f"{DEFAULT_SECRET}_read",
            WEBHOOK_SECRET,
        )

    def place_order(self):
        return str(self.shop.world.place_scenario().id)

    def touch_order(self, order_id):
        self.shop.world.touch(int(order_id))

    def remove_order(self, order_id):
        self.shop.world.trash(int(order_id))

    def delete_order(self, order_id):
        self.shop.world.delete(int(order_id))

    def refund_order(self, order_id):
        return str(self.shop.refund_order(int(order_id))["id"])

    def stock_of(self, product_ref):
        return self.shop.world.product(int(product_ref.rpartition("/")[2])).stock

    def let_time_pass(self, seconds):
        self.shop.world.set_clock(self.shop.world.clock.offset_seconds + seconds)

    def lose_connection(self):
        self.shop.stop()

    def fail_next(self, count):
        self.shop.faults.add([FaultRule("server_error", count=count)])

    def touch_between_pages(self):
        self.shop.faults.add([FaultRule("edit_between_pages", 0.7, count=20)])

    def wait_for_deliveries(self):
        assert self.shop.outbox.wait_until_idle()


HARNESSES = {harness.code: harness for harness in (WooCommerceHarness,)}
