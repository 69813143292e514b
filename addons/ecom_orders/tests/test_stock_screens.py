from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import woo_line, woo_order
from .stock_common import StockCommon


@tagged("post_install", "-at_install")
class TestStockScreens(StockCommon):
    """What people see and may do; the simulator; the job as the scheduler runs it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = new_test_user(cls.env, "desk", groups="ecom_orders.group_user")
        cls.manager = new_test_user(
            cls.env, "manager", groups="ecom_orders.group_manager"
        )

    def test_manager_sets_the_channel_up_in_its_form(self):
        with Form(self.channel.with_user(self.manager)) as form:
            form.stock_buffer = 3
            form.stock_mode = "partitioned"
            form.stock_share = 40
        self.assertEqual(self.quantity(self.mug_listing), 50 * 40 // 100 - 3)

    def test_numbers_that_make_no_sense_are_refused(self):
        for values in ({"stock_percent": 101}, {"stock_buffer": -1}):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(Exception, "stock_numbers"),
                self.cr.savepoint(),
            ):
                self.channel.write(values)

    def test_marketplace_that_takes_no_stock_cannot_be_switched_on(self):
        channel = self._create_channel(name="Other")
        with self.shelf(channels=channel) as shelves:
            type(shelves[channel.id]).capabilities = frozenset()
            with self.assertRaises(ValidationError):
                channel.stock_sync = True

    def test_desk_overrides_a_listing_computes_and_publishes(self):
        listing = self.mug_listing.with_user(self.desk)
        with Form(listing) as form:
            form.stock_override = True
            form.stock_cap = 12
        listing.action_compute_stock()
        self.assertEqual(listing.stock_quantity, 12)
        self.assertTrue(listing.stock_due)
        with self.shelf() as shelf:
            listing.action_push_stock()
            self.publish()
        self.assertEqual(shelf.shown["ref-MUG", ""], 12)
        self.assertEqual(listing.stock_pushed_quantity, 12)
        listing.stock_publish = False

    def test_nothing_to_publish_is_said_and_not_called_published(self):
        self.channel.stock_sync = False
        answer = self.mug_listing.with_user(self.desk).action_push_stock()
        self.assertEqual(answer["params"]["type"], "warning")
        self.assertIn("Publish Stock", answer["params"]["message"])

    def test_desk_cannot_change_what_is_believed(self):
        self.quantity(self.mug_listing)
        with self.assertRaises(AccessError):
            self.level(self.mug_listing).with_user(self.desk).due = False

    def test_desk_asks_for_everything_and_for_a_comparison(self):
        channel = self.channel.with_user(self.desk)
        channel.action_push_stock_now()
        channel.action_check_stock_now()
        self.assertTrue(self.channel.stock_recompute)

    def test_buttons_lead_to_the_levels(self):
        self.quantity(self.mug_listing)
        for action in (
            self.channel.action_view_stock_levels(),
            self.mug_listing.action_view_stock_levels(),
        ):
            levels = self.env["ecom.listing.level"].search(action["domain"])
            self.assertEqual(levels, self.level(self.mug_listing))

    def test_filters_find_their_listings(self):
        self._set_stock(self.mug, -1)
        self.env["ecom.stock.publisher"]._compute(self.mug_listing | self.tee_listing)
        self.level(self.tee_listing)._set_failed("stock_refused", {"message": "no"})
        arch = self.env.ref("ecom_orders.ecom_listing_view_search_stock").arch
        for name, expected in (
            ("stock_due", self.mug_listing | self.tee_listing),
            ("stock_failed", self.tee_listing),
            ("stock_clamped", self.mug_listing),
        ):
            self.assertIn(f'name="{name}"', arch)
            field = {"stock_due": "due", "stock_failed": "failed"}.get(name, "clamped")
            found = self.env["ecom.listing"].search(
                [
                    (f"level_ids.{field}", "=", True),
                    ("channel_id", "=", self.channel.id),
                ]
            )
            self.assertEqual(found, expected)

    # -- simulator ---------------------------------------------------------------------

    def simulation(self):
        """The wizard as the channel opens it, orders of a week behind it."""
        other = self._create_channel(name="Other", stock_sync=True)
        self._create_listing("MUG", self.mug, other)
        stamp = (fields.Datetime.now() - timedelta(days=2)).isoformat()
        stamps = {"date_created_gmt": stamp, "date_modified_gmt": stamp}
        for channel, orders, units in ((self.channel, 4, 2), (other, 6, 1)):
            self.import_orders(
                *(
                    woo_order(n, [woo_line(1, "MUG", units, "5.00")], **stamps)
                    for n in range(1, orders + 1)
                ),
                channel=channel,
            )
        return (
            self.env["ecom.oversell.simulate"]
            .with_user(self.manager)
            .create({"channel_id": self.channel.id, "days": 7})
        )

    def test_simulator_opens_without_a_channel_and_lets_one_be_chosen(self):
        wizard = self.simulation()
        simulations = self.env["ecom.oversell.simulate"].with_user(self.manager)
        with Form(simulations) as form:
            self.assertFalse(form.product_id)
            form.channel_id = self.channel
            form.days = 7
            self.assertEqual(form.product_id, self.mug)
        self.assertEqual(form.record.stock, wizard.stock)
        form.record.action_simulate()
        self.assertTrue(form.record.line_ids)

    def test_simulator_measures_the_best_seller(self):
        wizard = self.simulation()
        self.assertEqual(wizard.product_id, self.mug)
        self.assertAlmostEqual(wizard.rate, 4 * 2 / 7)
        self.assertAlmostEqual(wizard.other_rate, 6 * 1 / 7)
        self.assertEqual(wizard.stock, 50 - 4 * 2 - 6)

    def test_simulator_measures_how_late_orders_come(self):
        self.simulation()
        now = fields.Datetime.now()
        orders = self.orders(1, 2, 3, 4)
        # the first import brought an old order, the others came after half an hour
        self.env.flush_all()
        for order, placed, here in (
            (orders[0], timedelta(days=6), timedelta(days=3)),
            (orders[1], timedelta(hours=9), timedelta(hours=8.5)),
            (orders[2], timedelta(hours=7), timedelta(hours=6.5)),
            (orders[3], timedelta(hours=5), timedelta(hours=4.5)),
        ):
            self.env.cr.execute(
                "UPDATE sale_order SET ecom_ordered_at = %s, create_date = %s"
                " WHERE id = %s",
                [now - placed, now - here, order.id],
            )
        self.env.invalidate_all()
        wizard = self.env["ecom.oversell.simulate"].create(
            {"channel_id": self.channel.id, "days": 7}
        )
        self.assertAlmostEqual(wizard.interval, 30, delta=0.1)

    def test_simulator_without_orders_takes_the_interval_of_fetching(self):
        wizard = self.env["ecom.oversell.simulate"].create(
            {"channel_id": self.channel.id}
        )
        self.assertEqual(wizard.interval, self.channel.fetch_interval)

    def test_simulator_shows_what_each_buffer_costs_and_applies_one(self):
        wizard = self.simulation()
        wizard.write(
            {"rate": 40, "other_rate": 60, "stock": 100, "interval": 60, "delay": 5}
        )
        wizard.write({"replenish_days": 2, "target": 0.5})
        action = wizard.action_simulate()
        self.assertEqual(action["res_id"], wizard.id)
        lines = wizard.line_ids.sorted("buffer")
        self.assertEqual(lines[0].buffer, 0)
        self.assertGreater(lines[0].oversell, 0.5)
        self.assertGreater(lines[-1].lost, lines[0].lost)
        best = lines.filtered("recommended")
        self.assertEqual(best.buffer, wizard.recommended_buffer)
        self.assertLessEqual(best.oversell_high, 0.5)
        best.action_apply()
        self.assertEqual(self.channel.stock_buffer, best.buffer)

    def test_simulator_without_sales_says_what_to_enter(self):
        wizard = self.env["ecom.oversell.simulate"].create(
            {"channel_id": self.channel.id}
        )
        with self.assertRaisesRegex(UserError, "sales per day"):
            wizard.action_simulate()


@tagged("post_install", "-at_install")
class TestStockJob(StockCommon):
    """The scheduled jobs in transactions of their own, as the scheduler runs them."""

    commits = True

    def test_jobs_run_as_the_scheduler_runs_them(self):
        with self.shelf() as shelf:
            with self.enter_registry_test_mode():
                self.env.ref("ecom_orders.ir_cron_push_stock").method_direct_trigger()
                self.env.ref("ecom_orders.ir_cron_check_stock").method_direct_trigger()
        self.assertEqual(shelf.shown["ref-MUG", ""], 50)
