"""Workflow: the scheduled job reads the shop's orders."""

from datetime import timedelta

from e2e_common import UNLINKED, ShopCase

from odoo import fields
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestPoll(ShopCase):
    """Every order of the shop becomes exactly one sale order, with its own money."""

    def test_mixed_shop_is_imported_once_and_a_second_poll_changes_nothing(self):
        self.shop.place_orders(120)
        self.connect()
        self.assertGreaterEqual(len(self.feed_requests()), 2)  # 100 rows are a page
        self.assertOdooEqualsShop()
        waiting = [
            row
            for row in self.shop.list_orders()
            if row["status"] in ("pending", "on-hold", "failed")
            or row["scenario"] in UNLINKED
        ]
        held = self.sale_orders().filtered("ecom_held")
        self.assertEqual(len(held), len(waiting))
        before = self.snapshot()
        self.poll()
        self.assertEqual(self.snapshot(), before)

    def snapshot(self):
        """Everything that a poll which brings nothing new must leave alone."""
        orders = self.sale_orders()
        return (
            orders.read(["amount_total", "state", "ecom_version", "write_date"]),
            orders.order_line.read(["product_uom_qty", "price_total", "write_date"]),
            orders.picking_ids.mapped("state"),
            self.messages().read(["state", "processed_at", "attempts"]),
        )

    def test_orders_placed_later_come_with_the_next_poll(self):
        self.place(count=3)
        self.connect()
        self.place("jp_yen", count=2)
        self.poll()
        self.assertEqual(len(self.sale_orders()), 3 + 2)
        self.assertOdooEqualsShop()

    def test_orders_before_the_start_date_are_left_alone(self):
        self.set_clock(-300)
        self.place()
        self.channel.import_since = fields.Datetime.now() - timedelta(seconds=100)
        self.set_clock(0)
        late = self.place()
        self.connect()
        self.assertEqual(self.sale_orders().mapped("ecom_external_id"), [str(late)])

    def test_order_stamped_by_a_clock_that_was_put_back_is_found(self):
        self.place()
        self.connect()
        self.set_clock(-200)  # less than the overlap
        self.place()
        self.poll()
        self.assertEqual(len(self.sale_orders()), 2)
        self.assertOdooEqualsShop()

    def test_run_that_is_cut_short_goes_on_where_it_stopped(self):
        self.let_it_be_noon()
        self.read_small_pages(5)
        self.place_over_time(12)
        keep, kept = type(self.channel)._keep, []

        def run_out_of_time(channel, store):
            keep(channel, store)
            kept.append(1)
            return len(kept) > 1

        self.channel.action_connect()
        self.patch(type(self.channel), "_keep", run_out_of_time)
        self.fetch()
        self.assertEqual(len(kept), 1)
        self.poll()
        self.assertOdooEqualsShop()


@tagged("post_install", "-at_install")
class TestPollWhileShopLivesOn(ShopCase):
    """Orders that change while the feed is read are not lost."""

    def test_orders_touched_between_pages_are_not_lost(self):
        self.assertNothingLost("edit_between_pages")

    def test_orders_cancelled_between_pages_are_cancelled(self):
        self.assertNothingLost("cancel_between_pages")

    def test_orders_placed_between_pages_are_imported(self):
        self.assertNothingLost("new_between_pages")

    def assertNothingLost(self, kind):
        self.let_it_be_noon()
        self.read_small_pages(5)
        self.place_over_time(18)
        self.fault(kind, skip=1)
        self.connect()
        self.assertGreaterEqual(self.shop.summary()["faults_injected"][kind], 3)
        self.recover()
        self.poll()  # what happened in the very second in which the run ended
        self.assertOdooEqualsShop()

    def test_nothing_is_lost_of_a_bulk_edit_within_one_second(self):
        # More orders in one second than fit on a page.
        self.let_it_be_noon()
        self.read_small_pages(20)
        frozen = self.freeze_shop()
        self.place(count=45)
        self.fault("cancel_between_pages", skip=1)
        self.channel.action_connect()
        self.fetch()
        frozen.stop()
        self.recover()
        self.set_clock(2)  # that second is over now, for certain
        self.poll()
        self.assertEqual(len(self.sale_orders()), 45)
        self.assertOdooEqualsShop()
