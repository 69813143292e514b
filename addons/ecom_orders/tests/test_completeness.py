from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from freezegun import freeze_time

from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces import errors
from odoo.addons.ecom_orders.marketplaces.base import Capability
from odoo.addons.ecom_orders.marketplaces.schema import OrderStatus, OrderSummary

from .common import EcomOrdersCommon, woo_line, woo_order

DAY = date(2026, 3, 1)  # of the orders made by woo_order


@freeze_time("2026-03-02 06:00:00")
@tagged("post_install", "-at_install")
class TestCompleteness(EcomOrdersCommon):
    """Every day is certified: each order of the shop is here, or it is named."""

    def setUp(self):
        super().setUp()
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 100)
        self.certificates = self.env["ecom.completeness"]
        connector = type(self.channel._get_connector())
        self.patch(
            connector, "capabilities", connector.capabilities | {Capability.ORDER_LIST}
        )

    def order(self, number, **extra):
        return woo_order(number, [woo_line(1, "MUG", 1, "5.00")], **extra)

    def listed(self, number, total="5.00", hour=10, currency="USD"):
        return OrderSummary(
            external_id=str(number),
            currency=currency,
            total=Decimal(total),
            status=OrderStatus.OPEN,
            created_at=datetime(2026, 3, 1, hour, tzinfo=timezone.utc),
            number=str(number),
        )

    def certify(self, *summaries, **verbs):
        verbs.setdefault("list_orders", lambda since, until: iter([summaries]))
        user = self.env.ref("ecom_orders.user_technical")
        with self.connector(**verbs):
            self.certificates.with_user(user)._cron_certify()
        return self.certificates.search([("day", "=", DAY)])

    # -- green and red -----------------------------------------------------------------

    def test_yesterday_is_green_when_every_order_is_here(self):
        self.import_orders(self.order(1), self.order(2))
        certificate = self.certify(self.listed(1), self.listed(2))
        self.assertEqual(certificate.state, "green")
        self.assertEqual(certificate.imported_count, 2)
        self.assertMoney(certificate.line_ids.listed_total, 2 * 5.00)
        self.assertFalse(certificate.order_ids)
        self.assertFalse(self.channel.activity_ids)

    def test_order_that_never_arrived_is_named_and_somebody_is_told(self):
        self.import_orders(self.order(1))
        certificate = self.certify(self.listed(1), self.listed(2))
        self.assertEqual(certificate.state, "red")
        self.assertEqual(certificate.order_ids.external_id, "2")
        self.assertEqual(certificate.order_ids.outcome, "missing")
        self.assertEqual(len(self.channel.activity_ids), 1)
        self.assertIn("2026-03-01", self.channel.activity_ids.note)

    def test_total_that_differs_by_a_cent_is_red(self):
        self.import_orders(self.order(1))
        certificate = self.certify(self.listed(1, "5.01"))
        self.assertEqual(certificate.state, "red")
        self.assertMoney(certificate.order_ids.booked_total, 5.00)
        self.assertMoney(certificate.line_ids.difference, 5.01 - 5.00)

    def test_held_order_is_accounted_for_and_named(self):
        self.import_orders(woo_order(1, [woo_line(1, "NEW", 1, "5.00")]))
        certificate = self.certify(self.listed(1))
        self.assertEqual(certificate.state, "green")
        self.assertEqual(certificate.order_ids.outcome, "held")
        self.assertEqual(certificate.order_ids.reason, "unknown_sku")

    def test_order_left_out_is_accounted_for_with_its_reason(self):
        self.import_orders(self.order(1, status="checkout-draft"))
        certificate = self.certify(self.listed(1))
        self.assertEqual(certificate.state, "green")
        self.assertEqual(certificate.order_ids.outcome, "skipped")
        self.assertEqual(certificate.order_ids.reason, "not_placed")

    def test_order_before_the_start_date_is_left_out_by_reason(self):
        self.channel.import_since = "2026-03-01 09:00:00"
        certificate = self.certify(self.listed(1, hour=8))
        self.assertEqual(certificate.state, "green")
        self.assertEqual(certificate.order_ids.reason, "before_start")

    def test_failed_and_waiting_messages_are_red(self):
        self.receive(self.order(1, total="rubbish"))
        self.process()
        self.receive(self.order(2))
        certificate = self.certify(self.listed(1), self.listed(2))
        self.assertEqual(certificate.state, "red")
        self.assertEqual(
            {o.external_id: o.outcome for o in certificate.order_ids},
            {"1": "failed", "2": "waiting"},
        )

    def test_order_that_the_shop_does_not_list_is_red_unless_cancelled(self):
        order = self.import_orders(self.order(1))
        certificate = self.certify()
        self.assertEqual(certificate.order_ids.outcome, "unlisted")
        order.action_cancel()
        certificate.action_recheck()
        self.assertEqual(self.certify().state, "green")

    def test_orders_of_other_days_do_not_count(self):
        early = self.order(1, date_created_gmt="2026-02-28T23:59:59")
        self.import_orders(early)
        self.assertEqual(self.certify().state, "green")

    # -- the day -----------------------------------------------------------------------

    def test_day_is_the_shops(self):
        self.channel.timezone = "America/New_York"
        asked = []

        def list_orders(since, until):
            asked.append((since, until))
            return iter([])

        self.certify(list_orders=list_orders)
        since = datetime(2026, 3, 1, 5, tzinfo=timezone.utc)
        self.assertEqual(asked, [(since, since + timedelta(hours=24))])

    def test_days_on_which_clocks_change_have_23_and_25_hours(self):
        self.channel.timezone = "Europe/Berlin"
        asked = []

        def list_orders(since, until):
            asked.append((since, until))
            return iter([])

        for now, hours, start in (
            ("2026-03-30 06:00:00", 23, datetime(2026, 3, 28, 23)),
            ("2026-10-26 06:00:00", 25, datetime(2026, 10, 24, 22)),
        ):
            with self.subTest(now=now), freeze_time(now):
                asked.clear()
                self.certify(list_orders=list_orders)
                since = start.replace(tzinfo=timezone.utc)
                self.assertIn((since, since + timedelta(hours=hours)), asked)

    # -- what cannot be compared -------------------------------------------------------

    def test_marketplace_without_a_list_says_so(self):
        connector = type(self.channel._get_connector())
        self.patch(
            connector, "capabilities", connector.capabilities - {Capability.ORDER_LIST}
        )
        self.assertEqual(self.certify().state, "unsupported")

    def test_list_that_cannot_be_read_is_a_reason_and_stops_no_other_channel(self):
        other = self._create_channel(name="Other")
        answers = iter([errors.TimedOut("slow"), None])

        def list_orders(since, until):
            answer = next(answers)
            if answer:
                raise answer
            return iter([])

        self.certify(list_orders=list_orders)
        states = {c.channel_id: c for c in self.certificates.search([])}
        self.assertEqual(sorted(c.state for c in states.values()), ["green", "unread"])
        self.assertIn(other, states)
        told = (self.channel + other).filtered("activity_ids")
        self.assertEqual(len(told), 1)

    def test_defect_while_comparing_is_a_reason_too(self):
        def list_orders(since, until):
            raise ZeroDivisionError

        self.patch(self.env.cr, "rollback", lambda: None)
        certificate = self.certify(list_orders=list_orders)
        self.assertEqual(certificate.state, "unread")
        self.assertEqual(certificate.reason, "internal_error")

    def test_paused_channel_is_not_certified(self):
        self.channel.action_pause()
        self.assertFalse(self.certify())

    # -- again -------------------------------------------------------------------------

    def test_missing_orders_are_fetched_and_the_day_becomes_green(self):
        certificate = self.certify(self.listed(1))
        certificate.action_fetch_missing()
        self.assertEqual(certificate.requested, "fetch")
        self.certify(fetch_order=lambda number: self.envelope(self.order(int(number))))
        self.process()
        self.assertTrue(self.orders(1))
        with freeze_time("2026-03-02 06:20:00"):
            certificate = self.certify(self.listed(1))
        self.assertEqual(certificate.state, "green")
        self.assertFalse(self.channel.activity_ids)

    def test_order_that_is_gone_from_the_shop_is_cancelled_by_fetching(self):
        order = self.import_orders(self.order(1))
        certificate = self.certify()
        certificate.action_fetch_missing()
        self.certify(fetch_order=errors.NotFound("gone"))
        self.assertEqual(order.state, "cancel")

    def test_days_of_the_last_week_are_checked_again_until_green(self):
        certificate = self.certify(self.listed(1))
        self.import_orders(self.order(1))
        self.assertEqual(self.certify(self.listed(1)).state, "red")
        with freeze_time("2026-03-03 06:00:00"):
            self.assertEqual(self.certify(self.listed(1)), certificate)
        self.assertEqual(certificate.state, "green")

    def test_days_that_the_job_missed_are_certified_later(self):
        self.certify()
        with freeze_time("2026-03-05 06:00:00"):
            self.certify()
        days = self.certificates.search([]).mapped("day")
        self.assertEqual(sorted(days), [DAY + timedelta(days=n) for n in range(4)])

    def test_everybody_who_works_with_orders_may_ask_for_a_check(self):
        certificate = self.certify(self.listed(1))
        desk = new_test_user(self.env, "desk2", groups="ecom_orders.group_user")
        certificate.with_user(desk).action_fetch_missing()
        self.assertEqual(certificate.requested, "fetch")
