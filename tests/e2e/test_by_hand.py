"""Workflow: somebody asks for history, or for single orders, over real HTTP."""

from datetime import timedelta

from e2e_common import ShopCase

from odoo import fields
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestByHand(ShopCase):
    """What a person asks for arrives once, whatever was here before."""

    def ask(self, **values):
        wizard = self.env["ecom.fetch.orders"].create(
            {"channel_id": self.channel.id, **values}
        )
        wizard.action_fetch()
        return wizard

    def test_history_from_before_the_start_date_is_fetched_when_asked_for(self):
        today = fields.Date.today()
        self.shop.place_orders(120)
        self.channel.import_since = fields.Datetime.now() + timedelta(days=1)
        self.connect()
        self.assertFalse(self.sale_orders())
        self.ask(
            what="range",
            first_day=today - timedelta(days=400),
            last_day=today + timedelta(days=1),
            move_start=True,
        )
        backfill = self.env["ecom.backfill"].search([])
        self.run_job_until("backfill", lambda: backfill.state == "done")
        self.process()
        self.assertEqual(backfill.state, "done")
        self.assertGreaterEqual(backfill.read_count, 120)
        self.assertOdooEqualsShop()

    def test_single_orders_are_fetched_and_an_unknown_one_is_told(self):
        self.connect()
        order_id = self.place()
        wizard = self.ask(references=f"{order_id}\n99999999")
        self.process()
        self.assertTrue(self.sale_order(order_id))
        self.assertIn("does not have it", wizard.result)
        self.assertOdooEqualsShop()
