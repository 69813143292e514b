"""Workflow: the shop's server misbehaves while it is read."""

import time

from e2e_common import ShopCase

from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.transport import Settings


@tagged("post_install", "-at_install")
class TestFaults(ShopCase):
    """While it lasts, the channel says what is wrong; afterwards nothing is missing."""

    patience = Settings(
        connect_timeout=1.0, read_timeout=1.0, deadline=3.0, attempts=2, backoff=0.01
    )

    def setUp(self):
        super().setUp()
        self.channel.action_connect()
        self.place(count=3)

    def assertSurvived(self, reason, explanation, **rule):
        """A fault that stays is told with its reason; when it is gone, all is there."""
        kind = rule.pop("kind")
        self.fault(kind, path="*/orders", **rule)
        self.poll()
        self.assertEqual(self.channel.reason, reason)
        self.assertIn(explanation, self.channel.explanation)
        self.assertEqual(self.channel.failure_count, 1)
        self.assertFalse(self.sale_orders())
        self.recover()
        self.poll()
        self.assertFalse(self.channel.reason)
        self.assertEqual(self.channel.failure_count, 0)
        self.assertEqual(len(self.sale_orders()), 3)
        self.assertOdooEqualsShop()

    def assertUnnoticed(self, kind, **rule):
        """A fault that does not matter at all."""
        self.fault(kind, path="*/orders", **rule)
        self.poll()
        self.assertGreaterEqual(self.shop.summary()["faults_injected"][kind], 1)
        self.assertFalse(self.channel.reason)
        self.assertEqual(len(self.sale_orders()), 3)
        self.assertOdooEqualsShop()

    def test_no_answer(self):
        self.assertSurvived("timed_out", "in time", kind="timeout", seconds=5)

    def test_connection_reset(self):
        self.assertSurvived("connection_failed", "cannot be reached", kind="reset")

    def test_too_many_requests(self):
        self.assertSurvived("rate_limited", "fewer", kind="rate_limit", retry_after=1)

    def test_server_error(self):
        self.assertSurvived("server_failed", "500", kind="server_error", status=500)

    def test_bad_gateway(self):
        self.assertSurvived("server_failed", "502", kind="server_error", status=502)

    def test_page_of_html_instead_of_orders(self):
        self.assertSurvived("bad_answer", "Be right back", kind="html_ok")

    def test_truncated_answer(self):
        self.assertSurvived("bad_answer", "", kind="truncated")

    def test_truncated_answer_that_claims_to_be_whole(self):
        self.assertSurvived("bad_answer", "", kind="truncated", honest_length=True)

    def test_answer_that_never_ends(self):
        # Every piece comes in time; all of them together would take nine seconds.
        started = time.monotonic()
        self.fault("slow", path="*/orders", seconds=9)
        self.fetch()
        self.assertLess(time.monotonic() - started, 2 * self.patience.deadline)
        self.assertEqual(self.channel.reason, "timed_out")
        self.recover()
        self.poll()
        self.assertOdooEqualsShop()

    def test_slow_answer_is_waited_for(self):
        self.assertUnnoticed("slow", seconds=1)

    def test_duplicate_rows_are_one_order(self):
        self.assertUnnoticed("duplicate_rows")

    def test_wrong_number_of_pages_hides_no_order(self):
        self.read_small_pages(1)
        self.place_over_time(3)  # six in all
        self.fault("wrong_total_pages", pages=1)
        self.poll()
        self.assertEqual(len(self.sale_orders()), 3 + 3)
        self.assertOdooEqualsShop()

    # -- short faults ------------------------------------------------------------------

    def test_fault_that_is_over_soon_is_not_even_noticed(self):
        for kind in ("reset", "rate_limit", "server_error", "html_ok", "truncated"):
            with self.subTest(kind=kind):
                self.assertUnnoticed(kind, count=1)

    def test_retry_waits_as_long_as_the_shop_asked(self):
        self.fault("rate_limit", path="*/orders", count=1, retry_after=2)
        self.poll()
        self.assertEqual(len(self.clock.pauses), 1)
        self.assertGreaterEqual(self.clock.pauses[0], 2)
        self.assertOdooEqualsShop()

    def test_longer_wait_than_patience_is_a_failure_not_a_hanging_job(self):
        self.fault("rate_limit", path="*/orders", retry_after=3600)
        self.fetch()
        self.assertEqual(self.clock.pauses, [])
        self.assertEqual(self.channel.reason, "rate_limited")

    def test_pages_before_the_fault_are_kept_and_not_asked_for_again(self):
        self.let_it_be_noon()
        self.read_small_pages(3)
        self.set_clock(30)
        self.place(count=3)
        self.fault("server_error", path="*/orders", skip=1)
        self.poll()
        self.assertEqual(self.channel.reason, "server_failed")
        self.assertEqual(len(self.sale_orders()), 3)
        self.recover()
        self.poll()
        self.assertEqual(len(self.sale_orders()), 6)
        self.assertOdooEqualsShop()

    def test_lasting_fault_is_told_to_a_person_once(self):
        self.fault("server_error", path="*/orders")
        for _attempt in range(4):
            self.fetch()
        self.assertEqual(self.channel.failure_count, 4)
        self.assertEqual(len(self.channel.activity_ids), 1)
        self.recover()
        self.fetch()
        self.assertFalse(self.channel.activity_ids)

    def test_listings_that_can_be_read_do_not_hide_that_orders_cannot(self):
        self.channel.action_fetch_products()
        self.fault("server_error", path="*/orders")
        self.fetch()
        self.assertEqual(self.channel.reason, "server_failed")
        self.assertEqual(self.channel.failure_count, 1)

    def test_fault_while_the_lines_of_a_refund_are_read(self):
        order_id = self.place()
        self.poll()
        self.shop.refund_order(order_id, "1.00")
        self.poll()
        self.fault("server_error", path="*/refunds")
        self.fetch()
        self.assertEqual(self.channel.reason, "server_failed")
        self.recover()
        self.poll()
        self.assertTrue(self.sale_order(order_id).ecom_refund_ids.detailed)
        self.assertOdooEqualsShop()


@tagged("post_install", "-at_install")
class TestChaos(ShopCase):
    """A bit of everything at once, for a while."""

    patience = Settings(
        connect_timeout=1.0, read_timeout=1.0, deadline=3.0, attempts=3, backoff=0.01
    )

    def test_after_chaos_odoo_equals_the_shop(self):
        self.connect()
        self.register_webhooks()
        self.read_small_pages(10)
        self.shop.set_faults(preset="chaos")
        for number in range(5):
            self.set_clock(10 * number)
            self.shop.place_orders(4)
            self.shop.advance(2)
            self.deliver()
            self.poll()
        self.recover()
        self.deliver()
        self.poll()
        self.sweep()
        self.poll()  # refunds of what the sweep has found
        self.assertGreaterEqual(len(self.shop.summary()["faults_injected"]), 5)
        self.assertOdooEqualsShop()
