"""The simulated WooCommerce shop."""

from ecom_orders.marketplaces.base import Credentials
from harness import WEBHOOK_SECRET, SimulatedShop

from simulator import DEFAULT_KEY, DEFAULT_SECRET


class WooCommerceShop(SimulatedShop):
    """WooCommerce: a key with ``_read`` appended may only read."""

    code = "woocommerce"

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
