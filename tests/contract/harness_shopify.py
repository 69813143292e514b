"""The simulated Shopify shop."""

import json
from itertools import cycle

from ecom_orders.marketplaces.base import Credentials
from harness import WEBHOOK_SECRET, ShopHarness, SimulatedShop

from simulator import Simulator
from simulator.app import DEFAULT_TOKEN
from simulator.core.deliveries import Parcel
from simulator.shopify.webhooks import sign

#: Paid orders with goods, of every kind of money.
PAID = (
    "shopify_us_sales_tax",
    "shopify_us_discount_code",
    "shopify_gb_tax_included",
    "shopify_de_two_rates",
    "shopify_jp_yen",
    "shopify_cn_buyer",
    "shopify_tip",
    "shopify_import_duty",
)


class ShopifyShop(SimulatedShop):
    """Shopify: the token with ``_read`` appended may only read."""

    code = "shopify"

    def __enter__(self):
        # A shop signs with the app's secret: webhooks cannot have one of their own.
        options = {"marketplace": self.code, "secret": WEBHOOK_SECRET}
        self.shop = Simulator(seed=7, **options).start()
        self._kinds = cycle(PAID)
        return ShopHarness.__enter__(self)

    def place_order(self):
        return self.order_id(self.world.place_scenario(next(self._kinds)))

    def earn(self):
        # Other gateways and gift cards are no money of Shopify Payments.
        order = self.world.place_scenario("shopify_us_sales_tax")
        return self.order_id(self.world.set_status(order.id, "completed"))

    def ask_for_erasure(self, order_id):
        order = self.world.order(self.world_id(order_id))
        buyer = order.customer_id or order.id
        body = json.dumps({"customer": {"id": buyer}}).encode()
        headers = (
            ("X-Shopify-Topic", "customers/redact"),
            ("X-Shopify-Webhook-Id", "1"),
            ("X-Shopify-Hmac-Sha256", sign(body, WEBHOOK_SECRET)),
        )
        self.shop.outbox.post(Parcel(self.hook_url, headers, body))
        return str(buyer)

    def credentials(self):
        return self._credentials(DEFAULT_TOKEN)

    def wrong_credentials(self):
        return self._credentials("shpat_wrong")

    def reading_credentials(self):
        return self._credentials(f"{DEFAULT_TOKEN}_read")

    def _credentials(self, token):
        return Credentials(self.shop.url, secret=WEBHOOK_SECRET, token=token)
