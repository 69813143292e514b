"""Workflow: the shop tells about changes by itself."""

import json

from e2e_common import ShopCase

from odoo.tests import tagged

from simulator.core.deliveries import Parcel
from simulator.woocommerce.webhooks import sign

TOPICS = ["order.created", "order.deleted", "order.restored", "order.updated"]


class WebhookCase(ShopCase):
    """A connected shop that sends its events to Odoo."""

    def setUp(self):
        super().setUp()
        self.set_clock(-120)
        self.connect()
        self.register_webhooks()
        self.shop.log.clear()

    def later(self, seconds=5):
        """Let time pass in the shop."""
        self.set_clock(self.shop.world.clock.offset_seconds + seconds)

    def listen(self):
        """Receive and apply what the shop has to say."""
        self.deliver()
        self.process()

    def statuses(self, label):
        """Odoo's answers to the deliveries of a topic."""
        return [
            row["status"] for row in self.shop.deliveries() if row["label"] == label
        ]


@tagged("post_install", "-at_install")
class TestWebhooks(WebhookCase):
    """Changes arrive without polling, once, and in the right order."""

    def test_registered_webhooks_are_active_and_greet(self):
        hooks = self.shop.world.subscriptions()
        self.assertEqual(sorted(hook.topic for hook in hooks), TOPICS)
        self.assertEqual({hook.status for hook in hooks}, {"active"})
        self.assertEqual(self.statuses("ping"), [200] * len(TOPICS))
        self.assertFalse(self.messages())

    def test_registering_again_doubles_nothing(self):
        self.register_webhooks()
        self.assertEqual(len(self.shop.world.subscriptions()), len(TOPICS))

    def test_removed_webhooks_are_gone_from_the_shop(self):
        self.channel.action_remove_webhooks()
        self.assertEqual(self.shop.world.subscriptions(), [])

    def test_orders_arrive_without_polling(self):
        self.shop.place_orders(6, ["us_coupon_percent", "kw_three_decimals"])
        self.listen()
        self.assertEqual(len(self.sale_orders()), 6)
        self.assertEqual(set(self.messages().mapped("origin")), {"webhook"})
        self.assertEqual(self.requests(), [])
        self.assertOdooEqualsShop()

    def test_created_and_updated_are_one_message(self):
        self.place()
        self.listen()
        self.assertEqual(self.statuses("order.created"), [200])
        self.assertEqual(self.statuses("order.updated"), [200])
        self.assertEqual(len(self.messages()), 1)

    def test_poll_and_webhook_of_one_order_are_one_message(self):
        self.place()
        self.listen()
        self.poll()
        self.assertEqual(len(self.messages()), 1)
        self.assertOdooEqualsShop()

    def test_duplicate_deliveries_are_one_message(self):
        self.fault("webhook_duplicate")
        self.place()
        self.listen()
        self.assertEqual(self.statuses("order.created"), [200, 200])
        self.assertEqual(len(self.messages()), 1)
        self.assertOdooEqualsShop()

    def test_overtaken_delivery_does_not_undo_the_newer_one(self):
        order_id = self.place("pending_unpaid")
        self.listen()
        self.later()
        self.fault("webhook_reordered", count=1, seconds=5)
        self.shop.change_order(order_id, status="processing")
        self.later()
        self.shop.change_order(order_id, status="cancelled")
        self.listen()
        self.assertEqual(self.sale_order(order_id).state, "cancel")
        self.assertEqual(
            self.messages(external_id=str(order_id)).mapped("state"),
            ["superseded", "done", "held"],  # newest first
        )
        self.assertOdooEqualsShop()

    def test_delayed_delivery_does_not_undo_what_a_poll_has_brought(self):
        order_id = self.place("pending_unpaid")
        self.listen()
        self.later()
        self.fault("webhook_delayed", count=1, seconds=0.5, path="/order.updated")
        self.shop.change_order(order_id, status="processing")
        self.fault("webhook_lost")
        self.later()
        self.shop.change_order(order_id, status="cancelled")
        self.poll()
        self.assertEqual(self.sale_order(order_id).state, "cancel")
        self.listen()
        self.assertEqual(self.messages()[0].state, "superseded")
        self.assertOdooEqualsShop()

    def test_overtaken_delivery_of_the_same_second_does_not_stay(self):
        # The stamps of both snapshots are equal: only the shop knows the newer one.
        self.freeze_shop()
        self.fault("webhook_delayed", seconds=0.5)
        order_id = self.place()
        self.fault("webhook_lost")
        line = self.shop.world.order(order_id).lines[0]
        edit = {"quantities": {line.id: line.quantity + 2}}
        self.shop.change_order(order_id, edit=edit)
        self.poll()
        self.assertOdooEqualsShop()
        self.listen()
        self.poll()
        self.assertOdooEqualsShop()

    def test_lost_deliveries_are_found_by_the_next_poll(self):
        self.fault("webhook_lost")
        self.place(count=3)
        self.listen()
        self.assertFalse(self.messages())
        self.poll()
        self.assertEqual(len(self.sale_orders()), 3)
        self.assertOdooEqualsShop()

    def test_lost_deliveries_are_found_by_the_daily_check(self):
        self.fault("webhook_lost")
        self.place(count=3)
        self.listen()
        self.sweep()
        self.assertEqual(set(self.messages().mapped("origin")), {"sweep"})
        self.assertOdooEqualsShop()

    def test_deliveries_to_a_stopped_channel_wait(self):
        self.channel.action_emergency_stop()
        self.place()
        self.listen()
        self.assertEqual(self.messages().state, "received")
        self.channel.action_emergency_release()
        self.process()
        self.assertOdooEqualsShop()


@tagged("post_install", "-at_install")
class TestBadWebhooks(WebhookCase):
    """What is not rightly signed leaves no trace; what is, is never thrown away."""

    def test_wrong_signature_leaves_no_trace(self):
        self.fault("webhook_bad_signature")
        self.place()
        self.listen()
        self.assertEqual(self.statuses("order.created"), [401])
        self.assertFalse(self.messages())
        self.poll()
        self.assertOdooEqualsShop()

    def test_body_cut_on_its_way_is_refused(self):
        # The signature is that of the whole body.
        self.fault("webhook_truncated")
        self.place()
        self.listen()
        self.assertEqual(self.statuses("order.created"), [401])
        self.assertFalse(self.messages())
        self.poll()
        self.assertOdooEqualsShop()

    def test_body_cut_before_it_was_signed_is_kept_with_a_reason(self):
        order_id = self.place()
        self.listen()
        self.post(json.dumps({"id": order_id, "status": "cancelled"}).encode()[:-5])
        self.listen()
        message = self.messages(state="failed")
        self.assertEqual(message.reason, "bad_payload")
        self.assertIn('"status": "canc', message.body)
        self.assertEqual(self.sale_order(order_id).state, "sale")
        self.assertEqual(self.channel.failed_count, 1)

    def test_order_that_cannot_be_understood_does_not_stop_the_others(self):
        self.post(json.dumps({"id": 7, "line_items": 5, "currency": "USD"}).encode())
        order_id = self.place()
        self.listen()
        self.assertEqual(self.messages(external_id="7").reason, "bad_payload")
        self.assertEqual(self.sale_order(order_id).state, "sale")

    def post(self, body, topic="order.updated"):
        """Deliver a body of our own, rightly signed."""
        headers = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Signature": sign(body, self.channel.webhook_secret),
        }
        url = self.channel.webhook_url
        self.shop.outbox.post(Parcel(url, tuple(headers.items()), body, topic))

    def test_webhook_that_the_shop_has_disabled_is_revived_by_registering(self):
        self.fault("webhook_bad_signature", path="/order.updated")
        order_id = self.place()
        for _failure in range(7):
            self.shop.order_action(order_id, "touch")
            self.deliver()
        disabled = [h for h in self.shop.world.subscriptions() if h.status != "active"]
        self.assertEqual([hook.topic for hook in disabled], ["order.updated"])
        self.recover()
        self.register_webhooks()
        self.later()
        self.shop.change_order(order_id, status="cancelled")
        self.listen()
        self.assertOdooEqualsShop()


@tagged("post_install", "-at_install")
class TestDeletedOrders(WebhookCase):
    """An order that the shop throws away is cancelled, however Odoo learns of it."""

    def setUp(self):
        super().setUp()
        self.order_id = self.place()
        self.listen()
        self.assertEqual(self.sale_order(self.order_id).state, "sale")
        self.later()

    def test_webhook_of_a_deletion_cancels(self):
        self.shop.order_action(self.order_id, "trash")
        self.listen()
        self.assertEqual(self.messages(kind="order_hint").state, "done")
        self.assertEqual(self.sale_order(self.order_id).state, "cancel")
        self.assertOdooEqualsShop()

    def test_restored_order_is_confirmed_again(self):
        self.shop.order_action(self.order_id, "trash")
        self.listen()
        self.later()
        self.shop.order_action(self.order_id, "restore")
        self.listen()
        self.assertEqual(self.sale_order(self.order_id).state, "sale")
        self.assertOdooEqualsShop()

    def test_order_restored_before_the_deletion_was_processed_stays(self):
        self.shop.order_action(self.order_id, "trash")
        self.deliver()
        self.later()
        self.shop.order_action(self.order_id, "restore")
        self.listen()
        self.assertEqual(self.sale_order(self.order_id).state, "sale")
        self.assertOdooEqualsShop()

    def test_trash_that_nobody_told_of_is_found_by_the_daily_check(self):
        self.fault("webhook_lost")
        self.shop.order_action(self.order_id, "trash")
        self.deliver()
        self.poll()
        self.assertEqual(self.sale_order(self.order_id).state, "sale")
        self.sweep()
        self.assertEqual(self.sale_order(self.order_id).state, "cancel")
        self.assertOdooEqualsShop()

    def test_order_deleted_for_good_is_cancelled(self):
        self.shop.order_action(self.order_id, "trash")
        self.deliver()
        self.shop.order_action(self.order_id, "delete")
        self.process()
        self.assertEqual(self.sale_order(self.order_id).state, "cancel")
        self.assertOdooEqualsShop()

    def test_deletion_of_an_order_that_was_never_imported_is_put_aside(self):
        self.fault("webhook_lost", count=2)
        order_id = self.place()
        self.shop.order_action(order_id, "trash")
        self.deliver()
        self.shop.order_action(order_id, "delete")
        self.process()
        self.assertEqual(self.messages(kind="order_hint").reason, "unknown_order")
        self.assertEqual(len(self.sale_orders()), 1)

    def test_deletion_waits_while_the_shop_does_not_answer(self):
        self.shop.order_action(self.order_id, "trash")
        self.fault("server_error", status=503)
        self.listen()
        hint = self.messages(kind="order_hint")
        self.assertEqual((hint.state, hint.reason), ("received", "server_failed"))
        self.recover()
        self.process()
        self.assertOdooEqualsShop()
