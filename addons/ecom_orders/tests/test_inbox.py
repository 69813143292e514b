from odoo.exceptions import AccessError
from odoo.tests import mute_logger, new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces import base, errors
from odoo.addons.ecom_orders.marketplaces.base import Envelope

from .common import EcomOrdersCommon, woo_line, woo_order

INBOX = "odoo.addons.ecom_orders.models.ecom_inbox_message"


@tagged("post_install", "-at_install")
class TestInbox(EcomOrdersCommon):
    """What arrives is kept before it is understood, once, and has an outcome."""

    def order(self, number=1, **extra):
        return woo_order(number, [woo_line(1, "MUG", 1, "5.00")], **extra)

    # -- storing -----------------------------------------------------------------------

    def test_message_is_kept_as_it_came(self):
        message = self.receive(self.order())
        self.assertEqual(message.state, "received")
        self.assertEqual(message.body, self.envelope(self.order()).body)

    def test_same_message_is_kept_once(self):
        self.receive(self.order())
        again = self.receive(self.order(), origin="webhook")
        self.assertFalse(again)
        self.assertEqual(self.inbox.search_count([]), 1)

    def test_repetition_within_one_page_is_kept_once(self):
        self.receive(self.order(), self.order())
        self.assertEqual(self.inbox.search_count([]), 1)

    def test_database_refuses_the_same_message_twice(self):
        message = self.receive(self.order())
        with self.assertRaisesRegex(Exception, "identity_uniq"):
            with mute_logger("odoo.sql_db"), self.cr.savepoint():
                message.copy()

    def test_arrival_wakes_the_job(self):
        cron = self.env.ref("ecom_orders.ir_cron_process")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.receive(self.order())
        after = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.assertEqual(after, before + 1)

    # -- outcomes ----------------------------------------------------------------------

    def test_applied_message_names_its_order(self):
        message = self.receive(self.order())
        self.process()
        self.assertEqual(message.state, "done")
        self.assertEqual(message.order_id, self.orders(1))

    def test_message_of_a_held_order_tells_the_reason(self):
        message = self.receive(self.order(status="pending", date_paid_gmt=None))
        self.process()
        self.assertEqual(message.state, "held")
        self.assertEqual(message.reason, "unpaid")

    def test_unreadable_field_fails_with_its_path_and_is_kept(self):
        bad = self.order(total="lots")
        message = self.receive(bad)
        self.process()
        self.assertEqual(message.state, "failed")
        self.assertEqual(message.reason, "bad_payload")
        self.assertIn("total", message.explanation)
        self.assertIn("lots", message.explanation)

    def test_truncated_json_fails_and_is_kept(self):
        envelope = Envelope(base.UNREADABLE, "x", '{"id": 5, "status": "proc')
        message = self.inbox._store(self.channel, [envelope], "webhook")
        self.process()
        self.assertEqual(message.state, "failed")
        self.assertEqual(message.body, '{"id": 5, "status": "proc')

    def test_unknown_currency_fails_and_works_after_it_was_created(self):
        message = self.receive(self.order(currency="XQX"))
        self.process()
        self.assertEqual(message.reason, "unknown_currency")
        self.env["res.currency"].create({"name": "XQX", "symbol": "x"})
        message.action_retry()
        self.process()
        self.assertEqual(message.state, "done")
        self.assertEqual(self.orders(1).currency_id.name, "XQX")

    def test_check_out_that_was_not_placed_is_ignored(self):
        message = self.receive(self.order(status="checkout-draft"))
        self.process()
        self.assertEqual(message.state, "ignored")
        self.assertEqual(message.reason, "not_placed")
        self.assertFalse(self.orders(1))

    def test_order_before_the_start_date_is_ignored_until_the_date_is_moved(self):
        self.channel.import_since = "2026-06-01 00:00:00"
        message = self.receive(self.order())
        self.process()
        self.assertEqual(message.reason, "before_start")
        self.channel.import_since = "2026-01-01 00:00:00"
        message.action_retry()
        self.process()
        self.assertEqual(message.state, "done")

    @mute_logger(INBOX)
    def test_one_poisoned_message_does_not_stop_the_others(self):
        planner = type(self.env["ecom.order.planner"])
        prepare = planner._prepare_order_values

        def poisoned(self, batch, external, *args):
            if external.number == "3":
                raise ZeroDivisionError("boom")
            return prepare(self, batch, external, *args)

        self.patch(planner, "_prepare_order_values", poisoned)
        messages = self.receive(*(self.order(number) for number in range(1, 6)))
        self.process()
        states = {m.external_id: m.state for m in messages}
        self.assertEqual(
            states, {"1": "done", "2": "done", "3": "failed", "4": "done", "5": "done"}
        )
        failed = messages.filtered(lambda m: m.state == "failed")
        self.assertEqual(failed.reason, "internal_error")
        self.assertIn("boom", failed.explanation)

    def test_failure_is_told_to_the_responsible_person_once(self):
        self.receive(self.order(1, total="?"), self.order(2, total="?"))
        self.process()
        activities = self.channel.activity_ids
        self.assertEqual(len(activities), 1)
        self.assertEqual(activities.user_id, self.channel.user_id)

    def test_retry_all_takes_every_failed_message(self):
        self.receive(self.order(1, total="?"), self.order(2, total="?"))
        self.process()
        self.inbox.action_retry_all()
        self.assertEqual(set(self.inbox.search([]).mapped("state")), {"received"})

    def test_ignored_by_a_person_is_put_aside(self):
        message = self.receive(self.order(total="?"))
        self.process()
        message.action_ignore()
        self.assertEqual(message.state, "ignored")

    def test_user_may_retry_but_not_change_a_message(self):
        message = self.receive(self.order(total="?"))
        self.process()
        user = new_test_user(self.env, "desk", groups="ecom_orders.group_user")
        with self.assertRaises(AccessError):
            message.with_user(user).write({"body": "{}"})
        message.with_user(user).action_retry()
        self.assertEqual(message.state, "received")

    def test_stale_state_of_the_same_second_that_came_last_is_put_right(self):
        stale, present = self.order(total="5.00"), self.order(customer_note="Thanks!")
        self.receive(present)
        self.process()
        self.receive(stale, origin="webhook")
        self.process()
        self.assertFalse(self.orders(1).ecom_buyer_note)
        self.receive(present, origin="poll")
        self.process()
        self.assertEqual(self.orders(1).ecom_buyer_note, "Thanks!")
        self.assertFalse(self.receive(present, origin="poll"))

    # -- hints -------------------------------------------------------------------------

    def hint(self, number):
        envelope = Envelope.of(base.ORDER_HINT, number, {"id": number})
        return self.inbox._store(self.channel, [envelope], "webhook")

    def test_hint_fetches_the_order_and_applies_it(self):
        message = self.hint(1)
        with self.connector(fetch_order=lambda _id: self.envelope(self.order())):
            self.process()
        self.assertEqual(message.state, "done")
        self.assertEqual(self.orders(1).state, "sale")

    def test_hint_about_a_deleted_order_cancels_it(self):
        order = self.import_orders(self.order())
        self.hint(1)
        with self.connector(fetch_order=errors.NotFound("gone")):
            self.process()
        self.assertEqual(order.state, "cancel")

    def test_deleted_order_is_not_revived_by_an_old_message(self):
        order = self.import_orders(self.order())
        self.hint(1)
        with self.connector(fetch_order=errors.NotFound("gone")):
            self.process()
        order.action_ecom_reprocess()
        self.process()
        self.assertEqual(order.state, "cancel")

    def test_hint_about_an_order_that_was_never_imported_is_ignored(self):
        message = self.hint(1)
        with self.connector(fetch_order=errors.NotFound("gone")):
            self.process()
        self.assertEqual(message.reason, "unknown_order")

    def test_hint_waits_when_the_shop_is_away_and_fails_in_the_end(self):
        message = self.hint(1)
        with self.connector(fetch_order=errors.TimedOut("slow")):
            for attempt in range(1, 5):
                self.process()
                self.assertEqual(message.state, "received")
                self.assertEqual(message.attempts, attempt)
                message.next_attempt_at = False
            self.process()
        self.assertEqual(message.state, "failed")
        self.assertEqual(message.reason, "timed_out")

    # -- when nothing is applied -------------------------------------------------------

    def test_paused_channel_keeps_messages_and_waits(self):
        self.channel.action_pause()
        message = self.receive(self.order())
        self.process()
        self.assertEqual(message.state, "received")
        self.channel.state = "connected"
        self.process()
        self.assertEqual(message.state, "done")

    def test_emergency_stop_keeps_messages_and_waits(self):
        self.channel.action_emergency_stop()
        message = self.receive(self.order())
        self.process()
        self.assertEqual(message.state, "received")

    # -- the job -----------------------------------------------------------------------

    def test_job_applies_everything_and_reports_progress(self):
        self.receive(*(self.order(number) for number in range(1, 4)))
        with self.enter_registry_test_mode():
            self.env.ref("ecom_orders.ir_cron_process").method_direct_trigger()
        self.assertEqual(self.orders(1, 2, 3).mapped("state"), ["sale"] * 3)

    def test_queries_do_not_grow_with_the_batch(self):
        # Looking up partners, products, taxes and orders is done once for a batch;
        # what grows is core's confirmation of each order.
        def plan(size, start):
            orders = [self.order(start + n) for n in range(size)]
            externals = [
                base.CONNECTORS["woocommerce"].normalise_order(order)
                for order in orders
            ]
            importer = self.env["ecom.order.importer"]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            importer._prepare_batch(self.channel, externals, {})
            return self.cr.sql_log_count - before

        plan(2, 100)
        self.assertEqual(plan(2, 200), plan(40, 300))

    def test_row_that_somebody_else_inserted_meanwhile_is_no_error(self):
        # As if the search had not seen the row yet.
        self.receive(self.order())
        self.patch(type(self.inbox), "search", lambda inbox, *a, **k: inbox.browse())
        self.assertFalse(self.receive(self.order()))

    def test_defect_while_fetching_is_a_reason_and_the_job_does_not_fail(self):
        def broken(_channel):
            raise ZeroDivisionError

        self.patch(type(self.channel), "_fetch_orders", broken)
        with (
            mute_logger("odoo.addons.ecom_orders.models.guard"),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("ecom_orders.ir_cron_fetch").method_direct_trigger()
        self.assertEqual(self.channel.reason, "internal_error")
        self.assertIn("ZeroDivisionError", self.channel.explanation)
