"""Workflow: Taobao's queue of messages is read every minute, and then confirmed."""

from unittest.mock import patch

from test_marketplaces import MarketplaceCase

from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.errors import TimedOut
from odoo.addons.ecom_orders.marketplaces.taobao.client import TaobaoConnector


@tagged("post_install", "-at_install")
class TestMessages(MarketplaceCase):
    """Messages are hints: orders arrive by them before the feed is read again."""

    provider = "taobao"
    path = "/router/rest"
    kinds = ("tb_single",)

    def prepare_channel_values(self):
        return {**super().prepare_channel_values(), "account_ref": False}

    def setUp(self):
        super().setUp()
        self.connect()
        self.env.flush_all()
        self.channel.action_open_messages()

    def place_one(self):
        (row,) = self.shop.place_orders(1, "tb_single")
        return row

    def read(self):
        self.run_job("read_messages")
        self.process()

    def test_order_arrives_without_the_feed(self):
        row = self.place_one()
        self.read()
        self.assertEqual(self.sale_order_of(row).state, "sale")
        kinds = set(self.messages().mapped("kind"))
        self.assertEqual(kinds, {"order_hint", "order"})

    def test_messages_are_confirmed_after_they_are_stored(self):
        self.place_one()
        stored_at_confirmation = []

        def confirm(connector, receipts):
            stored_at_confirmation.append(len(self.messages(kind="order_hint")))
            raise TimedOut("lost")

        with patch.object(TaobaoConnector, "confirm_messages", confirm):
            self.run_job("read_messages")
        self.assertGreater(stored_at_confirmation[0], 0)
        activity = self.channel.activity_ids
        self.assertIn("Messages cannot be read", activity.mapped("summary"))
        before = self.messages(kind="order_hint")
        self.read()
        self.assertEqual(self.messages(kind="order_hint"), before)
        self.assertEqual(len(self.sale_orders()), 1)
        still = self.channel.activity_ids.mapped("summary")
        self.assertNotIn("Messages cannot be read", still)

    def test_nothing_is_confirmed_when_storing_fails(self):
        self.place_one()
        inbox = type(self.env["ecom.inbox.message"])
        confirmed = []
        with (
            patch.object(inbox, "_store", side_effect=ValueError("no room")),
            patch.object(
                TaobaoConnector,
                "confirm_messages",
                lambda connector, receipts: confirmed.append(receipts),
            ),
            self.assertLogs("odoo.addons.ecom_orders.models", "WARNING"),
        ):
            self.run_job("read_messages")
        self.assertEqual(confirmed, [])
        self.read()
        self.assertEqual(len(self.sale_orders()), 1)

    def test_channel_that_is_paused_or_stopped_leaves_its_messages(self):
        self.place_one()
        for values in ({"state": "paused"}, {"emergency_stop": True}):
            with self.subTest(**values):
                self.channel.write(
                    {"state": "connected", "emergency_stop": False, **values}
                )
                self.run_job("read_messages")
                self.assertFalse(self.messages())

    def test_closed_queue_is_not_read(self):
        self.channel.action_close_messages()
        self.place_one()
        self.read()
        self.assertFalse(self.messages())
