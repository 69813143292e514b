"""Workflow: a newcomer switches the demo's stock on, and nothing is wrong with it."""

from e2e_common import ShopCase

from odoo.tests import tagged

from seed import demo


@tagged("post_install", "-at_install")
class TestDemo(ShopCase):
    """The products of the demo fit the simulated web shop."""

    @classmethod
    def _create_catalogue(cls):
        """The demo's own products are made by its seed."""
        return cls.env["product.product"]

    def test_no_quantity_is_refused(self):
        demo._create_products(self.env, self.shop.catalogue())
        self.connect()
        self.channel.action_fetch_products()
        self.run_job("fetch")
        self.channel.stock_sync = True
        self.env.cr.precommit.run()
        self.run_job("push_stock")
        levels = self.env["ecom.listing.level"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertGreater(len(levels), 20)
        self.assertEqual(levels.filtered("failed").mapped("sku"), [])
        self.assertFalse(levels.filtered("due"))
        self.assertEqual(self.channel.stock_failed_count, 0)
