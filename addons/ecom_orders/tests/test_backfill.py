from datetime import datetime, timedelta, timezone

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces import errors

from .common import EcomOrdersCommon, woo_line, woo_order

SINCE = datetime(2026, 1, 1)
HOURS = timedelta(hours=1)


class BackfillCommon(EcomOrdersCommon):
    def setUp(self):
        super().setUp()
        self.minutes_left = 1000
        self.patch(type(self.env["ir.cron"]), "_commit_progress", self.commit)
        self.desk = new_test_user(self.env, "desk4", groups="ecom_orders.group_user")

    def commit(self, *args, **kwargs):
        self.minutes_left -= 1
        return max(self.minutes_left, 0)

    def order(self, order_id, **extra):
        return woo_order(order_id, [woo_line(1, "MUG", 1, "5.00")], **extra)

    def page(self, *numbers):
        return tuple(self.envelope(self.order(number)) for number in numbers)

    def run_backfill(self, fetch_history):
        user = self.env.ref("ecom_orders.user_technical")
        with self.connector(fetch_history=fetch_history):
            self.env["ecom.backfill"].with_user(user)._cron_backfill()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestBackfill(BackfillCommon):
    """History is read in the background, page by page, and can be followed."""

    def request(self, days=10):
        return (
            self.env["ecom.backfill"]
            .with_user(self.desk)
            ._request(self.channel, SINCE, SINCE + timedelta(days=days))
        )

    def test_history_is_read_window_by_window(self):
        backfill = self.request(days=10)
        asked = []

        def fetch(since, until):
            asked.append((since, until))
            yield self.page(len(asked) * 10 + 1, len(asked) * 10 + 2)
            yield self.page(len(asked) * 10 + 3)

        self.assertEqual(backfill.state, "requested")
        self.run_backfill(fetch)
        start = SINCE.replace(tzinfo=timezone.utc)
        week = timedelta(days=7)
        self.assertEqual(
            asked,
            [(start, start + week), (start + week, start + timedelta(days=10))],
        )
        self.assertEqual(backfill.state, "done")
        self.assertEqual(backfill.page_count, 2 * 2)
        self.assertEqual(backfill.read_count, 2 * (2 + 1))
        self.assertEqual(backfill.new_count, 6)
        self.assertEqual(backfill.progress, 100)
        self.process()
        self.assertEqual(len(self.orders(11, 12, 13, 21, 22, 23)), 6)

    def test_what_was_here_before_is_not_new(self):
        self.import_orders(self.order(1))
        backfill = self.request(days=1)
        self.run_backfill(lambda since, until: iter([self.page(1, 2)]))
        self.assertEqual((backfill.read_count, backfill.new_count), (2, 1))

    def test_interrupted_run_keeps_its_pages_and_goes_on_with_half_a_window(self):
        backfill = self.request(days=10)
        self.minutes_left = 6

        def endless(since, until):
            while True:
                yield self.page(1)

        self.run_backfill(endless)
        self.assertEqual(backfill.state, "running")
        self.assertEqual(backfill.window, 7 * 24 / 2)
        self.assertGreater(backfill.page_count, 0)
        self.minutes_left = 1000
        self.run_backfill(lambda since, until: iter([self.page(1, 2)]))
        self.assertEqual(backfill.state, "done")
        self.assertEqual(backfill.new_count, 2)

    def test_stopped_history_goes_on_where_it_stopped(self):
        backfill = self.request(days=21)
        asked = []

        def stop_in_second_week(since, until):
            asked.append(since)
            if len(asked) == 2:
                backfill.action_stop()
            yield self.page(len(asked))

        self.run_backfill(stop_in_second_week)
        self.assertEqual(backfill.state, "stopped")
        self.assertEqual(backfill.position, SINCE + timedelta(days=7))
        self.assertAlmostEqual(backfill.progress, 100 / 3)
        self.run_backfill(stop_in_second_week)
        self.assertEqual(len(asked), 2)
        backfill.action_resume()
        self.run_backfill(lambda since, until: iter([self.page(8)]))
        self.assertEqual(backfill.state, "done")
        self.assertEqual(self.inbox.search_count([]), 3)

    def test_shop_that_is_away_is_asked_again_later(self):
        backfill = self.request(days=1)
        self.run_backfill(errors.TimedOut("slow"))
        self.assertEqual(backfill.state, "requested")
        self.assertTrue(backfill.next_attempt_at)
        self.assertIn("in time", backfill.explanation)
        asked = []
        self.run_backfill(lambda *bounds: asked.append(bounds) or iter([]))
        self.assertEqual(asked, [])

    def test_refusal_is_final_and_somebody_is_told(self):
        backfill = self.request(days=1)
        self.run_backfill(errors.PermissionRefused("read only"))
        self.assertEqual(backfill.state, "failed")
        self.assertEqual(len(self.channel.activity_ids), 1)

    def test_same_history_is_not_asked_for_twice(self):
        self.request(days=5)
        with self.assertRaises(UserError):
            self.request(days=5)

    def test_users_cannot_write_progress(self):
        with self.assertRaises(AccessError):
            self.request(days=1).write({"state": "done"})


@tagged("post_install", "-at_install")
class TestFetchByHand(BackfillCommon):
    """A person asks for single orders, or for a range of days."""

    def ask(self, user=None, **values):
        wizard = self.env["ecom.fetch.orders"].with_user(user or self.desk)
        return wizard.create({"channel_id": self.channel.id, **values})

    def test_several_orders_each_with_its_outcome(self):
        def fetch(external_id):
            if external_id == "404":
                raise errors.NotFound("gone")
            return self.envelope(self.order(int(external_id)))

        wizard = self.ask(references="1\n\n #2 \n404\n1")
        with self.connector(fetch_order=fetch):
            wizard.action_fetch()
        self.process()
        self.assertEqual(len(self.orders(1, 2)), 2)
        lines = wizard.result.split("\n")
        self.assertEqual([line.split(":")[0] for line in lines], ["1", "2", "404"])
        self.assertIn("does not have it", lines[2])

    def test_order_that_is_known_is_found_by_its_number(self):
        self.import_orders(self.order(7, number="A-7"))
        asked = []

        def fetch(external_id):
            asked.append(external_id)
            return self.envelope(self.order(7, number="A-7"))

        with self.connector(fetch_order=fetch):
            self.ask(references="A-7").action_fetch()
        self.assertEqual(asked, ["7"])

    def test_too_many_and_none_are_refused(self):
        for references in ("", "\n".join(str(n) for n in range(21))):
            with self.subTest(references=references), self.assertRaises(UserError):
                self.ask(references=references).action_fetch()

    def test_range_of_days_is_the_shops_days(self):
        self.channel.timezone = "Asia/Shanghai"
        wizard = self.ask(what="range", first_day="2026-01-05", last_day="2026-01-06")
        action = wizard.action_fetch()
        backfill = self.env["ecom.backfill"].browse(action["res_id"])
        self.assertEqual(backfill.since, datetime(2026, 1, 4, 16))
        self.assertEqual(backfill.until, datetime(2026, 1, 6, 16))

    def test_older_orders_come_only_when_the_start_date_moves(self):
        self.channel.import_since = "2026-03-02 00:00:00"
        left_out = self.receive(self.order(1))
        self.process()
        self.assertEqual(left_out.reason, "before_start")
        manager = new_test_user(
            self.env, "manager2", groups="ecom_orders.group_manager"
        )
        wizard = self.ask(
            user=manager, what="range", first_day="2026-03-01", last_day="2026-03-01"
        )
        self.assertTrue(wizard.before_start)
        wizard.move_start = True
        wizard.action_fetch()
        self.process()
        self.assertTrue(self.orders(1))

    def test_start_date_is_the_managers(self):
        self.channel.import_since = "2026-03-02 00:00:00"
        wizard = self.ask(
            what="range",
            first_day="2026-03-01",
            last_day="2026-03-01",
            move_start=True,
        )
        with self.assertRaises(AccessError):
            wizard.action_fetch()

    def test_paused_channel_is_not_asked(self):
        self.channel.action_pause()
        with self.assertRaises(UserError):
            self.ask(references="1").action_fetch()

    def test_form_opens_from_the_channel(self):
        action = self.channel.action_fetch_by_hand()
        form = Form(self.env["ecom.fetch.orders"].with_context(**action["context"]))
        form.references = "1"
        self.assertTrue(form.can_fetch_single)
