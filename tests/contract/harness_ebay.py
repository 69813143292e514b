"""The simulated eBay."""

from ecom_orders.marketplaces.base import Credentials
from harness import WEBHOOK_SECRET, SimulatedShop

from simulator import DEFAULT_KEY, DEFAULT_SECRET
from simulator.app import DEFAULT_TOKEN
from simulator.ebay import ids
from simulator.ebay.notices import Portal
from simulator.ebay.render import buyer_name


class EbayShop(SimulatedShop):
    """eBay: listings are known by SKU, all else by eBay's own numbers."""

    code = "ebay"
    scenario = "ebay_us_collected_tax"

    def credentials(self):
        return Credentials(
            self.shop.url,
            DEFAULT_KEY,
            DEFAULT_SECRET,
            WEBHOOK_SECRET,
            token=DEFAULT_TOKEN,
        )

    def wrong_credentials(self):
        return Credentials(self.shop.url, DEFAULT_KEY, "wrong", token=DEFAULT_TOKEN)

    def ask_for_erasure(self, order_id):
        portal = Portal(self.world, self.shop.outbox)
        portal.endpoint = self.hook_url
        order = self.world.order(self.world_id(order_id))
        portal.delete_account(order.id)
        return buyer_name(order)

    def order_id(self, order):
        return ids.order_id(order.id)

    def world_id(self, order_id):
        return ids.order_number(order_id)

    def line_id(self, order, line):
        return ids.line_id(line)

    def product_id(self, product_ref):
        (found,) = (p.id for p in self.world.products() if p.sku == product_ref)
        return found

    def refund_id(self, refund):
        return ids.refund_id(refund)

    def return_id(self, case):
        return ids.return_id(case)

    def world_return(self, return_id):
        return ids.return_number(return_id)
