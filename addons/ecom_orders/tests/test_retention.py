from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ecom_orders.models import ecom_retention

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestRetention(EcomOrdersCommon):
    """Contents are dropped after the channel's time; what is known stays known."""

    def setUp(self):
        super().setUp()
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 100)
        self.channel.keep_days = 90

    def order(self, number, sku="MUG", **extra):
        return woo_order(number, [woo_line(1, sku, 1, "5.00")], **extra)

    def keep(self, days):
        """Run the job when messages were processed so many days ago."""
        self.inbox.search([("processed_at", "!=", False)]).write(
            {"processed_at": fields.Datetime.now() - timedelta(days=days)}
        )
        user = self.env.ref("ecom_orders.user_technical")
        self.env["ecom.channel"].with_user(user)._cron_retention()
        self.env.invalidate_all()

    def test_applied_contents_are_dropped_and_their_rows_stay(self):
        order = self.import_orders(self.order(1))
        self.keep(days=91)
        message = order.ecom_message_id
        self.assertEqual(message.body or "", "")
        self.assertTrue(message.emptied_at)
        self.assertEqual(message.state, "done")
        self.assertTrue(message.digest)

    def test_contents_within_their_time_stay(self):
        order = self.import_orders(self.order(1))
        self.keep(days=89)
        self.assertTrue(order.ecom_message_id.body)

    def test_zero_days_keep_everything(self):
        self.channel.keep_days = 0
        order = self.import_orders(self.order(1))
        self.keep(days=9999)
        self.assertTrue(order.ecom_message_id.body)

    def test_failed_and_waiting_messages_stay_whole(self):
        failed = self.receive(self.order(1, total="rubbish"))
        self.process()
        waiting = self.receive(self.order(2))
        self.keep(days=91)
        self.assertTrue(failed.body)
        self.assertTrue(waiting.body)

    def test_held_order_keeps_what_it_will_be_made_from(self):
        order = self.import_orders(self.order(1, sku="NEW"))
        self.keep(days=91)
        self.assertTrue(order.ecom_message_id.body)
        self.env["ecom.listing"].search([("key", "=", "NEW")]).product_id = self.mug
        self.process()
        self.assertEqual(order.state, "sale")

    def test_same_message_again_is_not_imported_twice(self):
        order = self.import_orders(self.order(1))
        self.keep(days=91)
        self.assertFalse(self.receive(self.order(1)))
        self.assertEqual(len(self.orders(1)), 1)
        self.assertEqual(self.inbox.search_count([]), 1)
        self.assertEqual(order.state, "sale")

    def test_order_asked_for_anew_has_its_content_again(self):
        self.import_orders(self.order(1))
        self.keep(days=91)
        with self.connector(fetch_order=lambda _id: self.envelope(self.order(1))):
            [message] = self.channel._fetch_single("1")
        self.assertTrue(message.body)
        self.assertFalse(message.emptied_at)
        self.process()
        self.assertEqual(message.state, "done")

    def test_retry_without_content_says_what_to_do(self):
        order = self.import_orders(self.order(1))
        self.keep(days=91)
        with self.assertRaisesRegex(UserError, "Fetch the order"):
            order.ecom_message_id.action_retry()
        self.assertEqual(order.ecom_message_id.state, "done")

    def test_dropping_goes_on_in_batches(self):
        self.patch(ecom_retention, "BATCH_SIZE", 2)
        self.import_orders(*(self.order(number) for number in range(1, 6)))
        self.keep(days=91)
        self.assertEqual(self.inbox.search_count([("emptied_at", "!=", False)]), 5)
