"""Stock is counted by class and by doubt, and how right the records were is known."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestCycleCount(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.counter = new_test_user(
            cls.env,
            login="counter",
            groups="stock.group_stock_user",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.plan_record = cls.env["ecom.count.plan"].create(
            {"warehouse_id": cls.warehouse.id, "user_id": cls.counter.id}
        )
        cls.product = cls.make_product()

    def stock(self, quantity=50, age=0, product=None):
        """A quant that came in so many days ago and was not touched since."""
        product = product or self.product
        self.put_in_stock(product, quantity)
        quant = self.env["stock.quant"].search(
            [
                ("product_id", "=", product.id),
                ("location_id", "=", self.warehouse.lot_stock_id.id),
            ]
        )
        quant.in_date = fields.Datetime.now() - timedelta(days=age)
        return quant

    def schedule(self, **values):
        self.plan_record.write(values)
        self.plan_record.action_schedule()

    def count(self, quant, quantity, user=None):
        quant = quant.with_user(user or self.env.user).with_context(inventory_mode=True)
        quant.inventory_quantity = quantity
        quant.action_apply_inventory()
        return self.env["ecom.stock.count"].search(
            [("product_id", "=", quant.product_id.id)], limit=1
        )

    def first_day(self):
        return self.plan_record._get_counting_days(self.today)[0]

    def test_what_is_overdue_is_counted_on_the_first_working_day(self):
        quant = self.stock(age=400)
        self.schedule(still_days=0)
        self.assertEqual(quant.inventory_date, self.first_day())
        self.assertEqual(quant.ecom_count_reason, "class")
        self.assertEqual(quant.user_id, self.counter)
        self.assertEqual(self.plan_record.planned_count, 1)

    def test_what_is_not_due_within_the_horizon_keeps_cores_day(self):
        quant = self.stock(age=10)
        before = quant.inventory_date
        self.schedule()
        self.assertEqual(quant.inventory_date, before)
        self.assertFalse(quant.ecom_count_date)

    def test_valuable_stock_is_counted_more_often(self):
        # The only product that sells has all of the value: class A, every 30 days.
        self.sell(self.product, [10] * 30)
        quant, other = self.stock(age=20), self.make_product("Cord")
        other = self.stock(age=20, product=other)
        self.plan()
        self.schedule(times_a=12, times_c=1)
        due = self.today + timedelta(days=365 // 12 - 20)
        self.assertLessEqual(quant.inventory_date, due)
        self.assertGreaterEqual(quant.inventory_date, due - timedelta(days=2))
        self.assertFalse(other.ecom_count_date)

    def test_negative_stock_is_counted_first(self):
        old = self.stock(age=4000)
        negative = self.stock(-3, product=self.make_product("Cord"))
        self.schedule(capacity=1)
        self.assertEqual(negative.inventory_date, self.first_day())
        self.assertEqual(negative.ecom_count_reason, "negative")
        self.assertGreater(old.inventory_date, negative.inventory_date)
        # Both were due on the first day.
        self.assertEqual(self.plan_record.late_count, 1)

    def test_stock_that_has_not_moved_for_long_is_counted_sooner(self):
        quant = self.stock(age=200)
        # Once a year: due in 165 days; in doubt after half of that: overdue.
        self.schedule(still_days=180)
        self.assertEqual(quant.ecom_count_reason, "still")
        self.assertEqual(quant.inventory_date, self.first_day())
        self.schedule(still_days=210)
        self.assertFalse(quant.ecom_count_date)
        self.assertEqual(
            quant.inventory_date, quant.location_id._get_next_inventory_date()
        )
        self.assertFalse(quant.user_id)

    def test_what_is_often_corrected_is_counted_sooner(self):
        quant = self.stock()
        for quantity in (49, 47, 48):
            self.count(quant, quantity)
        lines = self.env["stock.move.line"].search(
            [("product_id", "=", self.product.id), ("is_inventory", "=", True)]
        )
        self.assertEqual(len(lines), 3)
        lines.date = fields.Datetime.now() - timedelta(days=185)
        self.schedule(still_days=0, most_corrections=4)
        self.assertFalse(quant.ecom_count_date)
        self.schedule(most_corrections=3)
        self.assertEqual(quant.ecom_count_reason, "corrected")
        self.assertEqual(quant.inventory_date, self.first_day())

    def test_no_day_has_more_counts_than_can_be_made(self):
        products = [self.make_product(f"P{n}", vendor=False) for n in range(7)]
        quants = [self.stock(age=400, product=product) for product in products]
        self.schedule(capacity=3)
        days = [quant.inventory_date for quant in quants]
        self.assertEqual(
            sorted(days.count(day) for day in set(days)), sorted([3, 3, 1])
        )
        self.assertEqual(self.plan_record.late_count, 7 - 3)

    def test_a_day_that_a_person_has_set_stays(self):
        quant = self.stock(age=400)
        self.schedule()
        day = self.today + timedelta(days=9)
        quant.inventory_date = day
        self.schedule()
        self.assertEqual(quant.inventory_date, day)

    def test_an_earlier_day_of_a_person_stays(self):
        quant = self.stock(age=350)
        quant.inventory_date = self.today
        self.schedule(still_days=0)
        self.assertEqual(quant.inventory_date, self.today)

    def test_what_is_being_counted_is_left_alone(self):
        quant = self.stock(age=400)
        quant.with_context(inventory_mode=True).inventory_quantity = 12
        self.schedule()
        self.assertFalse(quant.ecom_count_date)

    def test_a_count_ends_what_was_planned_and_is_noted(self):
        quant = self.stock(50, age=400)
        self.schedule(still_days=0)
        row = self.count(quant, 47, self.counter)
        self.assertFalse(quant.ecom_count_date)
        self.assertEqual((row.expected, row.counted, row.difference), (50, 47, 47 - 50))
        self.assertEqual(row.difference_value, (47 - 50) * 10)
        self.assertEqual(row.absolute_value, 3 * 10)
        self.assertEqual(row.accuracy, 0)
        self.assertEqual((row.abc, row.reason), ("C", "class"))
        self.assertEqual(
            (row.user_id, row.warehouse_id), (self.counter, self.warehouse)
        )
        self.schedule()
        self.assertFalse(quant.ecom_count_date)

    def test_a_count_without_difference_is_accurate(self):
        self.assertEqual(self.count(self.stock(50), 50).accuracy, 100)

    def test_a_difference_within_the_tolerance_is_accurate(self):
        self.plan_record.tolerance = 2
        quant = self.stock(50)
        self.assertEqual(self.count(quant, 49).accuracy, 100)
        # 2 % of 49 are less than one.
        self.assertEqual(self.count(quant, 48).accuracy, 0)

    def test_needed_counts_are_told(self):
        self.stock(age=10)
        self.schedule(times_c=12, still_days=0)
        working_days = 365 * 20 / 28
        self.assertAlmostEqual(
            self.plan_record.needed_per_day, 365 / 30 / working_days, places=1
        )

    def test_the_nightly_job_renews_all_plans(self):
        quant = self.stock(age=400)
        with self.enter_registry_test_mode():
            self.env.ref("ecom_inventory_opt.ir_cron_count").method_direct_trigger()
        quant.invalidate_recordset()
        self.assertEqual(quant.inventory_date, self.first_day())

    def test_a_plan_that_fails_says_why_until_it_succeeds(self):
        self.stock(age=400)
        logger = "odoo.addons.ecom_inventory_opt.models.ecom_count_plan"
        failing = patch.object(
            type(self.plan_record), "_schedule", side_effect=KeyError("secret")
        )
        with failing, self.assertLogs(logger, "ERROR") as log:
            with self.enter_registry_test_mode():
                self.env.ref("ecom_inventory_opt.ir_cron_count").method_direct_trigger()
        self.plan_record.invalidate_recordset()
        self.assertIn("KeyError", self.plan_record.problem)
        self.assertNotIn("secret", self.plan_record.problem)
        self.assertIn(f"plan {self.plan_record.id} failed: KeyError", log.output[0])
        self.plan_record.action_schedule()
        self.assertFalse(self.plan_record.problem)

    def test_queries_do_not_grow_with_stock(self):
        def queries(count):
            for number in range(count):
                product = self.make_product(f"Q{count}-{number}", vendor=False)
                self.stock(age=400, product=product)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.plan_record._schedule()
            return self.env.cr.sql_log_count - before

        queries(1)
        self.assertLessEqual(queries(20), queries(2))

    def test_a_planner_reads_and_only_the_manager_changes(self):
        planner = new_test_user(
            self.env,
            login="planner2",
            groups="ecom_inventory_opt.group_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        plan = self.plan_record.with_user(planner)
        self.assertEqual(plan.capacity, 20)
        self.assertTrue(plan.action_view_counts()["domain"])
        with self.assertRaises(AccessError):
            plan.capacity = 3
