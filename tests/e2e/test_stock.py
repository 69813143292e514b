"""Workflow: the shop shows what Odoo can still deliver."""

from e2e_common import STOCK, ShopCase

from odoo import fields
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestStock(ShopCase):
    """Quantities reach the shop by HTTP, follow orders, and survive its bad days."""

    def setUp(self):
        super().setUp()
        self.connect()
        self.channel.action_fetch_products()
        self.run_job("fetch")
        self.channel.stock_sync = True

    def publish(self):
        """Compute and tell what is due, as the scheduler does."""
        self.env.cr.precommit.run()
        self.channel.stock_next_push_at = False
        self.run_job("push_stock")

    def levels(self):
        """Levels of what the shop keeps count of, by SKU."""
        counted = {sku for sku, units in self.shop.stock().items() if units is not None}
        levels = self.env["ecom.listing.level"].search(
            [("channel_id", "=", self.channel.id)]
        )
        return {level.sku: level for level in levels if level.sku in counted}

    def expected(self):
        """Units that Odoo can still deliver, by SKU: by core's own reckoning."""
        return {
            sku: int(
                level.product_id.with_context(warehouse_id=self.warehouse.id).free_qty
            )
            for sku, level in self.levels().items()
        }

    def shown(self):
        return {sku: self.shop.stock()[sku] for sku in self.levels()}

    def test_shop_shows_what_is_free_and_follows_orders(self):
        self.publish()
        self.assertGreater(len(self.levels()), 3)
        self.assertEqual(set(self.shown().values()), {STOCK})
        self.place(count=10)
        self.poll()
        self.publish()
        self.assertEqual(self.shown(), self.expected())
        self.assertNotEqual(set(self.shown().values()), {STOCK})

    def test_what_the_shop_does_not_count_is_told_and_stops_nothing(self):
        self.publish()
        levels = self.env["ecom.listing.level"].search([("failed", "=", True)])
        self.assertTrue(levels)
        self.assertFalse(set(levels.mapped("sku")) & set(self.levels()))
        for level in levels:
            self.assertEqual(level.reason, "stock_refused")
            self.assertIn("not_tracked", level.explanation)

    def test_shop_that_fails_is_told_when_it_is_well_again(self):
        self.fault("server_error", method="POST")
        self.publish()
        self.assertEqual(self.channel.stock_reason, "server_failed")
        self.assertGreater(self.channel.stock_next_push_at, fields.Datetime.now())
        self.recover()
        self.publish()
        self.assertFalse(self.channel.stock_reason)
        self.assertEqual(self.shown(), self.expected())

    def test_answer_that_is_lost_leaves_the_right_quantity(self):
        self.publish()
        self.place(count=5)
        self.poll()
        self.fault("lost_answer", method="POST", count=2)
        self.publish()
        self.recover()
        self.env["ecom.listing.level"].search([]).retry_at = False
        self.publish()
        self.assertEqual(self.shown(), self.expected())
        self.assertFalse(any(level.due for level in self.levels().values()))

    def test_emergency_stop_lets_nothing_out(self):
        self.channel.action_emergency_stop()
        before = len(self.shop.requests())
        self.publish()
        self.assertEqual(len(self.shop.requests()), before)
        self.channel.action_emergency_release()
        self.publish()
        self.assertEqual(self.shown(), self.expected())
