from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces.errors import (
    AlreadyDone,
    AuthenticationFailed,
    ConnectionFailed,
    RequestRefused,
    SendingStopped,
)
from odoo.addons.ecom_orders.marketplaces.schema import Submission, WriteResult

from .common import woo_line, woo_order
from .fake_marketplace import DispatchCommon


@tagged("post_install", "-at_install")
class TestOutboxSending(DispatchCommon):
    """What happened here is told, once, however often it fails before."""

    def setUp(self):
        super().setUp()
        self.order = self.import_orders(woo_order(1, [woo_line(1, "MUG", 2, "20.00")]))
        self.ship(self.order.picking_ids, tracking="T1")
        self.message = self.order.ecom_outbox_ids

    def test_message_waits_and_is_sent(self):
        self.assertEqual(self.message.state, "waiting")
        self.send()
        self.assertEqual(self.message.state, "sent")
        self.assertEqual(self.message.external_id, f"F-{self.message.key}")
        self.assertTrue(self.message.sent_at)
        (shipment,) = self.told("shipment")
        self.assertEqual(shipment.order_id, "1")
        self.assertEqual(shipment.tracking_number, "T1")

    def test_sent_message_is_not_sent_again(self):
        self.send()
        self.send()
        self.assertEqual(len(self.told("shipment")), 1)

    def test_same_thing_put_again_is_the_same_message(self):
        self.send()
        self.order.picking_ids._ecom_tell_shipments()
        self.assertEqual(len(self.order.ecom_outbox_ids), 1)
        self.assertEqual(self.message.state, "sent")

    def test_job_is_triggered_by_the_message(self):
        cron = self.env.ref("ecom_orders.ir_cron_send")
        count = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.assertTrue(count)

    def test_unreachable_shop_is_tried_again_later_and_longer_each_time(self):
        self.marketplace.answers["shipment"] = ConnectionFailed("down")
        for minutes in (1, 2, 4):
            before = fields.Datetime.now()
            self.send()
            self.assertEqual(self.message.state, "waiting")
            self.assertEqual(self.message.reason, "connection_failed")
            delay = self.message.next_attempt_at - before
            self.assertAlmostEqual(delay / timedelta(minutes=minutes), 1, delta=0.2)
            self.message.next_attempt_at = False
        self.marketplace.answers.clear()
        self.send()
        self.assertEqual(self.message.state, "sent")
        self.assertFalse(self.message.reason)

    def test_message_is_not_tried_before_its_time(self):
        self.marketplace.answers["shipment"] = ConnectionFailed("down")
        self.send()
        self.marketplace.answers.clear()
        self.send()
        self.assertFalse(self.told("shipment"))

    def test_unreachable_shop_is_given_up_at_last_and_somebody_is_told(self):
        self.marketplace.answers["shipment"] = ConnectionFailed("down")
        self.message.attempts = 11
        self.send()
        self.assertEqual(self.message.state, "failed")
        self.assertEqual(self.open_reasons(self.order), {"shipment_not_told"})
        self.assertTrue(self.channel.activity_ids)

    def test_shop_that_is_away_is_asked_once_a_run(self):
        other = self.import_orders(woo_order(2, [woo_line(1, "MUG", 1, "10.00")]))
        self.ship(other.picking_ids, tracking="T2")
        asked = []

        def away(shipment):
            asked.append(shipment)
            return ConnectionFailed("down")

        self.marketplace.answers["shipment"] = away
        self.send()
        self.assertEqual(len(asked), 1)

    def test_refused_message_stops_no_other(self):
        other = self.import_orders(woo_order(2, [woo_line(1, "MUG", 1, "10.00")]))
        self.ship(other.picking_ids, tracking="T2")
        self.marketplace.answers["shipment"] = lambda shipment: (
            RequestRefused("unknown carrier")
            if shipment.order_id == "1"
            else WriteResult("F2")
        )
        self.send()
        self.assertEqual(self.message.state, "failed")
        self.assertEqual(self.message.reason, "request_refused")
        self.assertEqual(other.ecom_outbox_ids.state, "sent")

    def test_message_outlives_keys_that_were_refused_for_a_while(self):
        self.marketplace.answers["shipment"] = AuthenticationFailed("bad key")
        self.send()
        self.assertEqual(self.message.state, "waiting")
        self.assertEqual(self.message.reason, "authentication_failed")
        self.marketplace.answers.clear()
        self.message.next_attempt_at = False
        self.send()
        self.assertEqual(self.message.state, "sent")

    def test_defect_is_a_failed_message_not_a_failed_job(self):
        self.marketplace.answers["shipment"] = ZeroDivisionError("oops")
        with self.assertLogs("odoo.addons.ecom_orders", "WARNING"):
            self.send()
        self.assertEqual(self.message.state, "failed")
        self.assertEqual(self.message.reason, "internal_error")

    def test_failure_is_seen_on_order_and_delivery(self):
        self.marketplace.answers["shipment"] = RequestRefused("whatever")
        self.send()
        block = self.order.ecom_block_ids
        self.assertEqual(block.reason, "shipment_not_told")
        self.assertFalse(self.order.ecom_held)
        self.assertIn("T1", block.explanation)
        self.assertIn("Request refused", block.explanation)
        self.assertIn("whatever", self.order.picking_ids.ecom_problem)

    def test_failure_stays_open_when_the_order_is_imported_again(self):
        self.marketplace.answers["shipment"] = RequestRefused("no")
        self.send()
        self.import_orders(
            woo_order(
                1,
                [woo_line(1, "MUG", 2, "20.00")],
                date_modified_gmt="2026-03-04T09:00:00",
                status="completed",
            )
        )
        self.assertEqual(self.open_reasons(self.order), {"shipment_not_told"})

    def test_retry_sends_and_resolves(self):
        self.marketplace.answers["shipment"] = RequestRefused("no")
        self.send()
        self.marketplace.answers.clear()
        desk = new_test_user(self.env, "desk", groups="ecom_orders.group_user")
        self.outbox.with_user(desk).action_retry_all()
        self.assertEqual(self.message.state, "waiting")
        self.send()
        self.assertEqual(self.message.state, "sent")
        self.assertFalse(self.open_reasons(self.order))

    def test_retry_uses_the_carrier_code_that_was_entered_meanwhile(self):
        carrier = self.env["delivery.carrier"].create(
            {"name": "Parcel Post", "product_id": self.channel.shipping_product_id.id}
        )
        self.order.picking_ids.carrier_id = carrier
        self.marketplace.answers["shipment"] = RequestRefused("unknown carrier")
        self.send()
        self.env["ecom.carrier.code"].create(
            {
                "channel_id": self.channel.id,
                "carrier_id": carrier.id,
                "code": "PPOST",
            }
        )
        self.marketplace.answers.clear()
        self.message.action_retry()
        self.send()
        (shipment,) = self.told("shipment")
        self.assertEqual(shipment.carrier, "PPOST")
        self.assertEqual(shipment.carrier_name, "Parcel Post")

    def test_ignored_message_is_put_aside(self):
        self.marketplace.answers["shipment"] = RequestRefused("no")
        self.send()
        self.message.action_ignore()
        self.assertEqual(self.message.state, "ignored")
        self.assertFalse(self.open_reasons(self.order))
        self.send()
        self.assertEqual(self.message.state, "ignored")

    def test_nothing_leaves_while_paused_or_stopped(self):
        self.channel.action_pause()
        self.send()
        self.channel.state = "connected"
        self.channel.action_emergency_stop()
        self.send()
        self.assertFalse(self.told("shipment"))
        self.channel.action_emergency_release()
        self.send()
        self.assertEqual(len(self.told("shipment")), 1)

    def test_stop_pulled_while_sending_costs_no_attempt(self):
        self.marketplace.answers["shipment"] = SendingStopped("stop")
        self.send()
        self.assertEqual(self.message.state, "waiting")
        self.assertEqual(self.message.attempts, 0)

    def test_asynchronous_answer_is_asked_for_until_it_is_there(self):
        self.marketplace.answers["shipment"] = WriteResult(submission="S1")
        self.send()
        self.assertEqual(self.message.state, "pending")
        self.message.next_attempt_at = False
        self.send()
        self.assertEqual(self.message.state, "pending")
        self.marketplace.submissions["S1"] = Submission(done=True)
        self.message.next_attempt_at = False
        self.send()
        self.assertEqual(self.message.state, "sent")
        self.assertEqual(len(self.told("shipment")), 1)

    def test_asynchronous_refusal_is_a_failure(self):
        self.marketplace.answers["shipment"] = WriteResult(submission="S1")
        self.send()
        self.marketplace.submissions["S1"] = Submission(done=True, error="bad code")
        self.message.next_attempt_at = False
        self.send()
        self.assertEqual(self.message.state, "failed")
        self.assertIn("bad code", self.message.explanation)

    def test_too_late_is_a_failure_with_a_notice(self):
        self.marketplace.answers["shipment"] = AlreadyDone("closed")
        self.send()
        self.assertEqual(self.message.reason, "too_late")
        self.assertEqual(self.open_reasons(self.order), {"shipment_not_told"})

    def test_another_worker_on_the_channel_is_left_alone(self):
        with self.registry.cursor() as cr:
            cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0xEC1, self.channel.id])
            connector = self.channel._get_connector()
            self.assertFalse(self.outbox._send_next(self.channel, connector))
        self.assertFalse(self.told("shipment"))

    def test_carrier_event_is_kept_and_the_latest_counts(self):
        now = fields.Datetime.now()
        for state, hours in (("in_transit", 1), ("delivered", 3), ("exception", 2)):
            self.outbox._register_tracking_event(
                "T1", state, now + timedelta(hours=hours)
            )
        self.assertEqual(self.message.delivery_state, "delivered")
        self.assertEqual(self.message.delivery_state_at, now + timedelta(hours=3))
        self.assertEqual(self.order.picking_ids.ecom_delivery_state, "delivered")

    def test_event_of_an_unknown_parcel_is_nobodys(self):
        now = fields.Datetime.now()
        self.assertFalse(self.outbox._register_tracking_event("X", "delivered", now))


@tagged("post_install", "-at_install")
class TestOutboxJob(DispatchCommon):
    """The job itself, as the scheduler runs it."""

    def test_job_sends(self):
        order = self.import_orders(woo_order(1, [woo_line(1, "MUG", 2, "20.00")]))
        self.ship(order.picking_ids, tracking="T1")
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("ecom_orders.ir_cron_send").method_direct_trigger()
        self.assertEqual(order.ecom_outbox_ids.state, "sent")
