"""Workflow: a manager connects a shop."""

import socket

from e2e_common import ShopCase

from odoo.exceptions import UserError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestConnect(ShopCase):
    """The connection test says what it found; a failed one says what to do."""

    def assertRefused(self, advice):
        """Connecting fails with an advice, and leaves the channel as it was."""
        with self.assertRaisesRegex(UserError, advice):
            self.channel.action_connect()
        self.assertEqual(self.channel.state, "draft")

    def test_connection_test_tells_the_name_and_currency_of_the_shop(self):
        notice = self.channel.action_test_connection()["params"]
        self.assertIn("Simulated Shop", notice["message"])
        self.assertIn("USD", notice["message"])
        self.assertIn("not encrypted", notice["message"])  # it is plain http

    def test_connection_test_changes_nothing_in_the_shop(self):
        self.shop.place_orders(1)
        before = self.shop.list_orders()
        self.channel.action_test_connection()
        self.assertEqual(self.shop.list_orders(), before)

    def test_wrong_secret_is_refused_with_advice(self):
        self.channel.api_secret = "cs_of_another_shop"
        self.assertRefused("Create a new pair of keys")

    def test_unknown_key_is_refused_with_advice(self):
        self.channel.api_key = "ck_of_another_shop"
        self.assertRefused("Create a new pair of keys")

    def test_wrong_port_is_refused_with_advice(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))  # taken, so that nobody listens there
            host, port = unused.getsockname()
            self.channel.url = f"http://{host}:{port}"
            self.assertRefused("cannot be reached. Check the address")

    def test_address_that_is_no_shop_is_refused_with_advice(self):
        self.channel.url = f"{self.shop.url}/blog"
        self.assertRefused("Check the address.*permalinks")

    def test_shop_in_maintenance_is_refused_with_advice(self):
        self.fault("html_ok")
        self.assertRefused("not what the interface promises: .*Be right back")

    def test_key_that_may_only_read_connects_with_a_warning(self):
        self.use_read_only_key()
        notice = self.channel.action_test_connection()["params"]
        self.assertEqual(notice["type"], "warning")
        self.assertIn("keys may only read", notice["message"])

    def test_key_that_may_only_read_imports_orders(self):
        self.use_read_only_key()
        self.place()
        self.connect()
        self.assertOdooEqualsShop()

    def test_key_that_may_only_read_cannot_register_webhooks(self):
        self.use_read_only_key()
        with self.assertRaisesRegex(UserError, "read and write permission"):
            self.channel.action_register_webhooks()
        self.assertFalse(self.channel.webhook_topics)

    def use_read_only_key(self):
        options = self.shop.options
        self.channel.write(
            {"api_key": f"{options.key}_read", "api_secret": f"{options.secret}_read"}
        )

    def test_connecting_asks_for_the_first_import_at_once(self):
        self.place("gb_tax_inclusive_coupon", count=2)
        triggers = self.env["ir.cron.trigger"].search([])
        self.channel.action_connect()
        new = self.env["ir.cron.trigger"].search([]) - triggers
        self.assertEqual(new.cron_id, self.env.ref("ecom_orders.ir_cron_fetch"))
        self.run_job("fetch")
        self.process()
        self.assertEqual(len(self.sale_orders()), 2)
        self.assertOdooEqualsShop()
        self.assertTrue(self.channel.last_success_at)

    def test_channel_that_is_not_connected_asks_nothing(self):
        self.place()
        self.poll()
        self.assertEqual(self.requests(), [])

    def test_listings_of_the_shop_are_linked_by_sku(self):
        self.connect()
        self.channel.action_fetch_products()
        self.fetch()
        listings = self.env["ecom.listing"].search(
            [("channel_id", "=", self.channel.id)]
        )
        linked = listings.filtered("product_id")
        self.assertEqual(
            set(linked.product_id.mapped("default_code")),
            set(self.catalogue.mapped("default_code")),
        )
        self.assertTrue(all(li.sku == li.product_id.default_code for li in linked))
