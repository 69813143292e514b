"""The simulated seller on Amazon."""

from ecom_orders.marketplaces.base import CONNECTORS, Credentials, MemoryTokenStore
from ecom_orders.marketplaces.transport import Settings, Transport
from harness import WEBHOOK_SECRET, SimulatedShop
from scripted_server import FakeClock

from simulator.amazon.access import TOKEN_PATH
from simulator.amazon.documents import find_by_sku
from simulator.amazon.facts import Facts
from simulator.amazon.ids import item_id, world_order_id
from simulator.app import DEFAULT_ACCOUNT, DEFAULT_KEY, DEFAULT_SECRET, DEFAULT_TOKEN


class SharedClock(FakeClock):
    """The shop's own time: who sleeps here lets it pass there.

    So a connector that keeps to the published rates never meets an empty bucket.
    """

    def __init__(self, shop):
        super().__init__()
        self._shop = shop

    def now(self):
        return self._shop.world.clock.now()

    def sleep(self, seconds):
        super().sleep(seconds)
        self._shop.let_time_pass(seconds)


class AmazonShop(SimulatedShop):
    """Amazon shows orders two minutes late; each reading lets these minutes pass."""

    code = "amazon"
    scenario = "amazon_us"
    lag = 150  # seconds

    def credentials(self, **values):
        values = {"secret": DEFAULT_SECRET, "tokens": MemoryTokenStore(), **values}
        return Credentials(
            self.shop.url,
            DEFAULT_KEY,
            webhook_secret=WEBHOOK_SECRET,
            token=DEFAULT_TOKEN,
            account=DEFAULT_ACCOUNT,
            options={"token_url": f"{self.shop.url}{TOKEN_PATH}"},
            **values,
        )

    def wrong_credentials(self):
        return self.credentials(secret="wrong-secret")

    def connector(self, credentials=None, **settings):
        transport = Transport(
            Settings(**{"attempts": 2, **settings}), clock=SharedClock(self)
        )
        connector = CONNECTORS[self.code](credentials or self.credentials(), transport)
        read, listed = connector.fetch_orders, connector.list_orders

        def fetch_orders(cursor, page_size=100):
            if not cursor.seen:  # a window begins
                self.let_time_pass(self.lag)
            return read(cursor, page_size)

        def list_orders(since, until):
            self.let_time_pass(self.lag)
            return listed(since, until)

        connector.fetch_orders = fetch_orders
        connector.list_orders = list_orders
        return connector

    def order_id(self, order):
        return Facts(self.world, order).order_id

    def world_id(self, order_id):
        return world_order_id(order_id)

    def line_id(self, order, line):
        return item_id(line)

    def product_id(self, product_ref):
        return find_by_sku(self.world, product_ref).id
