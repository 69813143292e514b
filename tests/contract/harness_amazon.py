"""The simulated seller on Amazon."""

from amazon_seller import (
    LAG,
    WEBHOOK_SECRET,
    SharedClock,
    credentials_for,
    order_change,
)
from ecom_orders.marketplaces.amazon.notification import signature
from ecom_orders.marketplaces.base import CONNECTORS
from ecom_orders.marketplaces.transport import Settings, Transport
from harness import SimulatedShop

from simulator.amazon.documents import find_by_sku
from simulator.amazon.facts import Facts
from simulator.amazon.ids import item_id, world_order_id
from simulator.amazon.returns import rma_of, world_return_id


class AmazonShop(SimulatedShop):
    """Amazon shows orders two minutes late; each reading lets these minutes pass."""

    code = "amazon"
    scenario = "amazon_us"

    def credentials(self):
        return credentials_for(self.shop.url)

    def wrong_credentials(self):
        return credentials_for(self.shop.url, secret="wrong-secret")

    def connector(self, credentials=None, **settings):
        transport = Transport(
            Settings(**{"attempts": 2, **settings}), clock=SharedClock(self.world)
        )
        connector = CONNECTORS[self.code](credentials or self.credentials(), transport)
        read, listed = connector.fetch_orders, connector.list_orders

        def fetch_orders(cursor, page_size=100):
            if not cursor.seen:  # a window begins
                self.let_time_pass(LAG)
            return read(cursor, page_size)

        def list_orders(since, until):
            self.let_time_pass(LAG)
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

    def return_id(self, case):
        return rma_of(case)

    def world_return(self, return_id):
        return world_return_id(return_id)

    def buy_label(self, order_id):
        (protocol,) = self.shop._protocols
        bought = protocol.labels.buy(self.world_id(order_id))
        return bought.shipment_id, bought.tracking, bought.content

    def relayed_event(self, order_id):
        body = order_change(order_id)
        return {"X-Webhook-Signature": signature(body, WEBHOOK_SECRET)}, body
