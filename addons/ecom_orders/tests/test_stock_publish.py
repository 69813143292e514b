from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.base import Capability
from odoo.addons.ecom_orders.marketplaces.errors import (
    AuthenticationFailed,
    RateLimited,
    RequestRefused,
    ServerFailed,
)

from .common import woo_line, woo_order
from .stock_common import StockCommon


@tagged("post_install", "-at_install")
class TestStockPublish(StockCommon):
    """What changed is told, nothing else; a refusal concerns one quantity only."""

    def listings(self, count):
        """So many more listings, with stock 1, 2, 3..."""
        return self.env["ecom.listing"].union(
            *(
                self._create_listing(f"N{n}", self._create_product(f"N{n}", n + 1))
                for n in range(count)
            )
        )

    # -- what is told ------------------------------------------------------------------

    def test_first_time_tells_everything(self):
        with self.shelf() as shelf:
            self.publish()
        self.assertEqual(shelf.shown, {("ref-MUG", ""): 50, ("ref-TEE", ""): 20})
        level = self.level(self.mug_listing)
        self.assertEqual((level.pushed_quantity, level.due), (50, False))
        self.assertTrue(level.pushed_at)
        self.assertTrue(self.channel.stock_last_push_at)

    def test_then_only_what_changed(self):
        with self.shelf() as shelf:
            self.publish()
            self._set_stock(self.mug, 44)
            self.publish()
            self.publish()
        self.assertEqual(len(shelf.requests), 2)
        self.assertEqual(shelf.told()[2:], [("ref-MUG", 44)])

    def test_what_comes_back_to_what_is_shown_is_not_told(self):
        with self.shelf() as shelf:
            self.publish()
            self._set_stock(self.mug, 44)
            self._set_stock(self.mug, 50)
            self.publish()
        self.assertEqual(len(shelf.requests), 1)

    def test_imported_order_lowers_the_number_before_it_is_confirmed(self):
        self.channel.confirm_policy = "manual"
        with self.shelf() as shelf:
            self.publish()
            order = self.import_orders(woo_order(1, [woo_line(1, "MUG", 3, "15.00")]))
            self.assertEqual(order.state, "draft")
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 50 - 3)

    def test_cancelled_quotation_raises_it_again(self):
        self.channel.confirm_policy = "manual"
        with self.shelf() as shelf:
            order = self.import_orders(woo_order(1, [woo_line(1, "MUG", 3, "15.00")]))
            self.publish()
            order._action_cancel()
            self.publish()
        self.assertEqual(shelf.told()[-1], ("ref-MUG", 50))

    def test_batches_are_as_large_as_the_marketplace_takes(self):
        self.listings(5)
        with self.shelf(batch=3) as shelf:
            self.publish()
        self.assertEqual([len(request) for request in shelf.requests], [3, 3, 1])

    def test_falling_quantities_go_first(self):
        with self.shelf(batch=1) as shelf:
            self.publish()
            self._set_stock(self.mug, 60)
            self._set_stock(self.tee, 10)
            self.publish()
        self.assertEqual(shelf.told()[2:], [("ref-TEE", 10), ("ref-MUG", 60)])

    def test_other_settings_are_computed_and_told(self):
        with self.shelf() as shelf:
            self.publish()
            self.channel.stock_buffer = 7
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 50 - 7)

    def test_component_of_a_kit_makes_the_kit_due(self):
        kit = self._create_product("KIT")
        self._create_listing("KIT", kit)
        self.patch(
            type(self.env["ecom.stock.supply"]),
            "_get_kits",
            lambda model, products, company: (
                {kit: {self.tee: 2}} if kit in products else {}
            ),
        )
        self.patch(
            type(self.env["ecom.stock.supply"]),
            "_get_kits_with",
            lambda model, products: kit if self.tee in products else products.browse(),
        )
        with self.shelf() as shelf:
            self.publish()
            self.assertEqual(shelf.shown["ref-KIT", ""], 20 // 2)
            self._set_stock(self.tee, 8)
            self.publish()
        self.assertEqual(shelf.shown["ref-KIT", ""], 8 // 2)

    # -- E6, E10 -----------------------------------------------------------------------

    def test_negative_is_told_as_zero(self):
        self._set_stock(self.mug, -4)
        with self.shelf() as shelf:
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 0)
        self.assertEqual(self.level(self.mug_listing).reason, "negative_stock")

    def test_same_product_shipped_by_us_and_by_the_marketplace(self):
        theirs = self._create_listing("MUG-FBA", self.mug)
        with self.shelf() as shelf:
            shelf.shown["ref-MUG-FBA", ""] = 7
            self.import_fba_order("MUG-FBA")
            self.assertTrue(theirs.fulfilled_by_channel)
            self.publish()
            self.audit()
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG-FBA", ""], 7)
        self.assertEqual(shelf.shown["ref-MUG", ""], 50)

    def test_what_they_ship_is_not_even_told_when_it_is_due(self):
        with self.shelf() as shelf:
            self.publish()
            self.mug_listing.fulfilled_by_channel = True
            self.level(self.mug_listing).due = True
            self.publish()
        self.assertEqual(len(shelf.requests), 1)

    def import_fba_order(self, sku):
        """An order that the marketplace ships, held so that it is not confirmed."""
        self.channel.confirm_policy = "manual"
        connector = type(self.channel._get_connector())
        read = connector.normalise_order.__func__

        def normalise(cls, payload):
            order = read(cls, payload)
            object.__setattr__(order, "fulfilled_by_channel", True)
            return order

        self.patch(connector, "normalise_order", classmethod(normalise))
        return self.import_orders(woo_order(9, [woo_line(1, sku, 3, "15.00")]))

    # -- E5: compare and set -----------------------------------------------------------

    def test_stale_quantity_is_read_again_and_told_less_what_was_sold(self):
        with self.shelf(Capability.STOCK_COMPARE) as shelf:
            self.publish()
            shelf.shown["ref-MUG", ""] = 48  # two sold, not imported yet
            self._set_stock(self.mug, 60)
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 60 - 2)
        self.assertEqual(
            [level.expected for request in shelf.requests[1:] for level in request],
            [50, 48],
        )

    def test_sale_without_our_knowing_is_remembered_until_its_order_is_here(self):
        with self.shelf(Capability.STOCK_COMPARE) as shelf:
            self.publish()
            shelf.shown["ref-MUG", ""] = 48
            self._set_stock(self.mug, 60)
            self.publish()
            self._set_stock(self.mug, 61)
            self.publish()
            self.assertEqual(shelf.shown["ref-MUG", ""], 61 - 2)
            self.assertIn("not imported yet: 2", self.terms())
            self.import_orders(woo_order(1, [woo_line(1, "MUG", 2, "15.00")]))
            self.assertFalse(self.level(self.mug_listing).unseen_quantity)
            requests = len(shelf.requests)
            self.publish()
        self.assertEqual(len(shelf.requests), requests)
        self.assertEqual(shelf.shown["ref-MUG", ""], 61 - 2)

    def test_what_the_next_orders_do_not_explain_was_no_sale(self):
        with self.shelf(Capability.STOCK_COMPARE) as shelf:
            self.publish()
            shelf.shown["ref-MUG", ""] = 48
            self._set_stock(self.mug, 60)
            self.publish()
            self.assertEqual(shelf.shown["ref-MUG", ""], 60 - 2)
            self.channel.last_success_at = fields.Datetime.now() + timedelta(minutes=1)
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 60)

    def test_stale_quantity_has_orders_fetched(self):
        self.channel.next_fetch_at = fields.Datetime.now() + timedelta(hours=1)
        with self.shelf(Capability.STOCK_COMPARE) as shelf:
            self.publish()
            shelf.shown["ref-MUG", ""] = 48
            self._set_stock(self.mug, 60)
            self.publish()
        self.assertFalse(self.channel.next_fetch_at)

    def terms(self):
        return self.level(self.mug_listing).terms_text

    def test_own_sale_is_known_to_be_shown_and_not_told(self):
        with self.shelf(Capability.STOCK_COMPARE) as shelf:
            with freeze_time("2026-03-01 09:00:00"):
                self.publish()
            shelf.shown["ref-MUG", ""] = 47
            self.import_orders(woo_order(1, [woo_line(1, "MUG", 3, "15.00")]))
            self.publish()
        self.assertEqual(len(shelf.requests), 1)
        self.assertEqual(self.level(self.mug_listing).shown_quantity, 47)

    def test_quantity_that_changes_all_the_time_stays_due_with_its_reason(self):
        with self.shelf(Capability.STOCK_COMPARE) as shelf:
            self.publish()

            def sell():
                shelf.shown["ref-MUG", ""] -= 1

            shelf.sold_meanwhile = sell
            self._set_stock(self.mug, 60)
            self._set_stock(self.tee, 25)
            self.publish()
            self.assertEqual(len(shelf.requests), 1 + 3)
        level = self.level(self.mug_listing)
        self.assertEqual((level.reason, level.due), ("stock_stale", True))
        self.assertEqual(shelf.shown["ref-TEE", ""], 25)

    def test_current_quantity_is_asked_for_where_the_refusal_does_not_tell_it(self):
        with self.shelf(Capability.STOCK_COMPARE, Capability.STOCK_READ) as shelf:
            self.publish()
            shelf.shown["ref-MUG", ""] = 48
            write = shelf._write

            def untold(level, dry=False):
                result = write(level, dry)
                object.__setattr__(result, "current", None)
                return result

            shelf._write = untold
            self._set_stock(self.mug, 60)
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 60 - 2)

    def test_nothing_is_overwritten_blindly(self):
        with self.shelf(Capability.STOCK_COMPARE) as shelf:
            self.publish()
            shelf.shown["ref-MUG", ""] = 48
            write = shelf._write

            def untold(level, dry=False):
                result = write(level, dry)
                object.__setattr__(result, "current", None)
                return result

            shelf._write = untold
            self._set_stock(self.mug, 60)
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 48)
        self.assertEqual(self.level(self.mug_listing).reason, "stock_stale")

    def test_nothing_is_expected_where_nothing_is_compared(self):
        with self.shelf() as shelf:
            self.publish()
            self._set_stock(self.mug, 44)
            self.publish()
        self.assertIsNone(shelf.requests[-1][0].expected)

    # -- E9: one failing quantity ------------------------------------------------------

    def test_refused_quantity_stays_due_and_the_others_are_told(self):
        with self.shelf(refused={"ref-MUG": "gone: no such item"}) as shelf:
            self.publish()
            self.assertEqual(shelf.shown, {("ref-TEE", ""): 20})
            level = self.level(self.mug_listing)
            self.assertTrue(level.due and level.failed)
            self.assertEqual(level.reason, "stock_refused")
            self.assertIn("no such item", level.explanation)
            self.assertIn("no such item", self.mug_listing.stock_explanation)
            self.assertFalse(self.channel.stock_reason)
            shelf.refused = {}
            with freeze_time(fields.Datetime.now() + timedelta(minutes=6)):
                self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 50)
        self.assertFalse(level.due or level.failed or level.reason)

    def test_refused_quantity_is_tried_less_and_less_often(self):
        with self.shelf(refused={"ref-MUG": "no"}):
            self.publish()
            level = self.level(self.mug_listing)
            waits = []
            for _attempt in range(4):
                with freeze_time(level.retry_at):
                    self.publish()
                    waits.append(level.retry_at - fields.Datetime.now())
        self.assertEqual(
            waits, [timedelta(minutes=5 * 2**attempt) for attempt in range(1, 5)]
        )

    def test_request_that_one_quantity_poisons_is_halved(self):
        listings = self.listings(6)
        for error in (RequestRefused("bad"), ValueError("a defect")):
            with (
                self.subTest(error=error),
                self.shelf(poison={"ref-N3": error}) as shelf,
            ):
                listings.level_ids._request_push()
                self.publish()
                failed = listings.filtered("stock_failed")
                self.assertEqual(failed.mapped("sku"), ["N3"])
                self.assertEqual(
                    sum(key[0].startswith("ref-N") for key in shelf.shown), 5
                )
                self.assertFalse(self.channel.stock_reason)

    def test_quantity_that_nothing_is_said_about_failed(self):
        with self.shelf(silent={"ref-MUG"}):
            self.publish()
        self.assertEqual(self.level(self.mug_listing).reason, "stock_no_answer")

    def test_button_tries_again_at_once(self):
        with self.shelf(refused={"ref-MUG": "no"}) as shelf:
            self.publish()
            shelf.refused = {}
            self.mug_listing.action_push_stock()
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 50)

    # -- the other side is away --------------------------------------------------------

    def test_outage_leaves_everything_due_and_is_tried_later(self):
        with self.shelf(outage=ServerFailed("500", status=500), batch=1) as shelf:
            self.publish()
            self.assertEqual(len(shelf.requests), 1)  # not one more for each
            self.assertEqual(self.channel.stock_reason, "server_failed")
            self.assertIn("500", self.channel.stock_explanation)
            self.assertEqual(set(self.channel.mapped("stock_due_count")), {2})
            self.assertGreater(self.channel.stock_next_push_at, fields.Datetime.now())
            shelf.outage = None
            self.publish()
        self.assertFalse(self.channel.stock_reason)
        self.assertEqual(len(shelf.shown), 2)

    def test_told_to_wait_so_long_it_waits_so_long(self):
        with (
            self.shelf(outage=RateLimited("429", retry_after=900)),
            freeze_time("2026-03-01 12:00:00"),
        ):
            self.publish()
            self.assertEqual(
                self.channel.stock_next_push_at,
                fields.Datetime.now() + timedelta(seconds=900),
            )

    def test_waits_get_longer_and_somebody_is_told(self):
        waits = []
        with self.shelf(outage=ServerFailed("500", status=500)):
            for _attempt in range(3):
                with freeze_time("2026-03-01 12:00:00"):
                    self.publish()
                    waits.append(
                        self.channel.stock_next_push_at - fields.Datetime.now()
                    )
        self.assertEqual(waits, [timedelta(minutes=n) for n in (2, 4, 8)])
        self.assertEqual(
            self.channel.activity_ids.mapped("summary"), ["Stock cannot be published"]
        )

    def test_refused_keys_are_told_at_once(self):
        with self.shelf(outage=AuthenticationFailed("no")):
            self.publish()
        self.assertTrue(self.channel.activity_ids)

    def test_channel_in_trouble_does_not_keep_another_waiting(self):
        other = self._create_channel(name="Other", stock_sync=True)
        self._create_listing("MUG", self.mug, other)
        with self.shelf(channels=self.channel | other) as shelves:
            shelves[self.channel.id].outage = ServerFailed("500", status=500)
            self.publish()
        self.assertEqual(shelves[other.id].shown, {("ref-MUG", ""): 50})

    def test_pause_and_emergency_stop_are_respected(self):
        with self.shelf() as shelf:
            self.channel.action_pause()
            self.publish()
            self.channel.write({"state": "connected", "emergency_stop": True})
            self.publish()
            self.assertEqual(shelf.requests, [])
            self.assertEqual(self.channel.stock_due_count, 2)  # computed all the same
            self.channel.emergency_stop = False
            self.publish()
        self.assertEqual(len(shelf.shown), 2)

    def test_channel_that_does_not_publish_is_left_alone(self):
        self.channel.stock_sync = False
        with self.shelf() as shelf:
            self.publish()
        self.assertEqual(shelf.requests, [])

    def test_defect_in_computing_one_channel_does_not_stop_another(self):
        other = self._create_channel(name="Other", stock_sync=True)
        self._create_listing("MUG", self.mug, other)
        publisher = type(self.env["ecom.stock.publisher"])
        compute = publisher._compute_levels

        def broken(model, channel, levels, kits):
            if channel == self.channel:
                raise ZeroDivisionError
            return compute(model, channel, levels, kits)

        self.patch(publisher, "_compute_levels", broken)
        with self.shelf(channels=self.channel | other) as shelves:
            self.publish()
        self.assertEqual(shelves[other.id].shown, {("ref-MUG", ""): 50})
        self.assertTrue(self.channel.stock_recompute)

    # -- submissions -------------------------------------------------------------------

    def test_submission_counts_when_its_result_is_known(self):
        with self.shelf(Capability.SUBMISSIONS) as shelf:
            self.publish()
            level = self.level(self.mug_listing)
            self.assertTrue(level.submission)
            self.assertFalse(level.pushed_at or level.due)
            self.publish()
            self.assertFalse(level.submission)
            self.assertEqual((level.pushed_quantity, level.due), (50, False))
            self.assertEqual(len(shelf.requests), 1)

    def test_change_during_a_submission_is_told_after_it(self):
        with self.shelf(Capability.SUBMISSIONS) as shelf:
            self.publish()
            self._set_stock(self.mug, 44)
            waiting = dict(shelf.submissions)
            shelf.submissions = {name: (None, None) for name in waiting}
            self.publish()
            self.assertEqual(len(shelf.requests), 1)
            self.assertTrue(self.level(self.mug_listing).due)
            shelf.submissions = waiting
            self.publish()
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 44)

    def test_refusal_in_a_submission_concerns_its_quantity_only(self):
        with self.shelf(Capability.SUBMISSIONS) as shelf:
            self.publish()
            name, (levels, results) = next(iter(shelf.submissions.items()))
            for result in results:
                if result.product_ref == "ref-MUG":
                    object.__setattr__(result, "error", "price missing")
            shelf.submissions[name] = (levels, results)
            self.publish()
        self.assertEqual(self.level(self.mug_listing).reason, "stock_refused")
        self.assertTrue(self.level(self.mug_listing).due)
        self.assertFalse(self.level(self.tee_listing).reason)

    def test_submission_that_is_refused_stops_nothing(self):
        with self.shelf(Capability.SUBMISSIONS) as shelf:
            self.publish()

            def refuse(submission):
                raise RequestRefused("no such feed")

            shelf.fetch_submission = refuse
            self._create_listing("NEW", self._create_product("NEW", 4))
            self.publish()
            self.assertEqual(shelf.told()[-1], ("ref-NEW", 4))
        self.assertEqual(self.level(self.mug_listing).reason, "stock_lost_submission")

    def test_submission_without_a_result_is_told_again(self):
        with self.shelf(Capability.SUBMISSIONS) as shelf:
            self.publish()
            shelf.submissions = {n: (None, None) for n in shelf.submissions}
            with freeze_time(fields.Datetime.now() + timedelta(hours=7)):
                self.publish()
                level = self.level(self.mug_listing)
                self.assertEqual(level.reason, "stock_lost_submission")
                self.assertTrue(level.due)

    # -- E7: what is shown and what is believed ----------------------------------------

    def test_difference_is_found_kept_and_corrected(self):
        with self.shelf(Capability.STOCK_READ) as shelf:
            self.publish()
            shelf.shown["ref-MUG", ""] = 77  # somebody changed it there
            self.audit()
            level = self.level(self.mug_listing)
            drift = level.drift_ids
            self.assertEqual((drift.believed_quantity, drift.found_quantity), (50, 77))
            self.assertTrue(level.due)
            self.assertFalse(self.level(self.tee_listing).drift_ids)
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 50)
        self.assertTrue(self.channel.stock_last_check_at)

    def test_difference_that_sales_could_explain_waits_for_the_next_orders(self):
        with self.shelf(Capability.STOCK_READ) as shelf:
            self.publish()
            shelf.shown["ref-MUG", ""] = 41
            self.audit()
            self.publish()
            self.assertEqual(shelf.shown["ref-MUG", ""], 41)
            self.channel.last_success_at = fields.Datetime.now() + timedelta(minutes=1)
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 50)
        self.assertEqual(len(self.level(self.mug_listing).drift_ids), 1)

    def test_sale_that_was_found_missing_is_not_counted_twice(self):
        with self.shelf(Capability.STOCK_READ, Capability.STOCK_COMPARE) as shelf:
            with freeze_time("2026-03-01 09:00:00"):
                self.publish()
            shelf.shown["ref-MUG", ""] = 47  # sold at ten
            with freeze_time("2026-03-01 11:00:00"):
                self.audit()
            self.import_orders(woo_order(1, [woo_line(1, "MUG", 3, "15.00")]))
            self.publish()
            level = self.level(self.mug_listing)
            self.assertEqual((level.shown_quantity, level.unseen_quantity), (47, 0))
        self.assertEqual(len(shelf.requests), 1)

    def test_listing_that_is_gone_there_is_told(self):
        with self.shelf(Capability.STOCK_READ) as shelf:
            self.publish()
            del shelf.shown["ref-MUG", ""]
            self.audit()
        self.assertEqual(self.level(self.mug_listing).reason, "not_found")
        self.assertTrue(self.mug_listing.stock_failed)

    def test_comparison_also_finds_changes_that_nobody_told(self):
        with self.shelf() as shelf:
            self.publish()
            self.env.cr.execute(
                "UPDATE stock_quant SET quantity = 33 WHERE product_id = %s",
                [self.mug.id],
            )
            self.publish()
            self.assertEqual(shelf.shown["ref-MUG", ""], 50)
            self.audit()
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 33)

    # -- the hook ----------------------------------------------------------------------

    def test_reservation_costs_no_query_more_and_one_insert_at_the_end(self):
        def reserve():
            move = self.env["stock.move"].create(
                {
                    "product_id": self.mug.id,
                    "product_uom_qty": 2,
                    "location_id": self.warehouse.lot_stock_id.id,
                    "location_dest_id": self.env.ref(
                        "stock.stock_location_customers"
                    ).id,
                }
            )
            move._action_confirm()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            move._action_assign()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        reserve()
        with_hook = reserve()
        self.env.cr.precommit.run()
        dirty = self.env["ecom.stock.dirty"]
        dirty._mark((self.mug | self.tee).ids)
        # one insert for all products, one for the scheduled job to wake up
        with self.assertQueryCount(2):
            dirty._write_pending()
        self.patch(type(dirty), "_mark", lambda *args: None)
        without_hook = reserve()
        self.assertEqual(with_hook, without_hook)

    def test_nothing_is_written_when_no_channel_publishes(self):
        self.env["ecom.channel"].search([]).stock_sync = False
        self.env.cr.precommit.run()
        self.env["ecom.stock.dirty"]._take()
        self._set_stock(self.mug, 44)
        self.env.cr.precommit.run()
        self.assertFalse(self.env["ecom.stock.dirty"]._take())

    def triggers(self):
        """Moments at which the job is to run before its time."""
        cron = self.env.ref("ecom_orders.ir_cron_push_stock")
        return self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])

    def test_job_comes_back_when_the_channel_may_be_told_again(self):
        with (
            self.shelf(outage=RateLimited("429", retry_after=900)),
            freeze_time("2026-03-01 12:00:00"),
        ):
            self.triggers().unlink()
            self.publish()
            again = fields.Datetime.now() + timedelta(seconds=900)
            self.assertIn(again, self.triggers().mapped("call_at"))

    def test_job_does_not_come_back_for_nothing(self):
        with self.shelf():
            self.publish()
            self.triggers().unlink()
            self.publish()
        self.assertFalse(self.triggers())

    def test_line_edited_by_hand_counts_for_the_old_and_the_new_product(self):
        self.channel.confirm_policy = "manual"
        order = self.import_orders(woo_order(1, [woo_line(1, "MUG", 3, "15.00")]))
        with self.shelf() as shelf:
            self.publish()
            order.order_line.product_id = self.tee
            self.publish()
            self.assertEqual(shelf.shown["ref-MUG", ""], 50)
            self.assertEqual(shelf.shown["ref-TEE", ""], 20 - 3)
            order.order_line.product_uom_qty = 1
            self.publish()
            self.assertEqual(shelf.shown["ref-TEE", ""], 20 - 1)
            order.order_line.unlink()
            self.publish()
        self.assertEqual(shelf.shown["ref-TEE", ""], 20)

    def test_change_wakes_the_scheduled_job(self):
        self.env.cr.precommit.run()
        self.triggers().unlink()
        self._set_stock(self.mug, 44)
        self.env.cr.precommit.run()
        self.assertTrue(self.triggers())

    def test_another_transaction_that_was_faster_is_no_failure(self):
        publisher = type(self.env["ecom.stock.publisher"])
        compute, tries = publisher._compute, []

        def overtaken_once(records, listings):
            tries.append(1)
            if len(tries) == 1:
                raise SerializationFailure
            return compute(records, listings)

        with (
            patch.object(publisher, "_compute", overtaken_once),
            patch.object(type(self.env["ecom.inbox.message"]), "_start_over") as again,
            self.shelf() as shelf,
        ):
            self.publish()
        again.assert_called_once()
        self.assertFalse(self.channel.stock_reason)
        self.assertEqual(shelf.shown["ref-MUG", ""], 50)
