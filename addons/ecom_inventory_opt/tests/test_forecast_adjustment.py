"""Planners change the forecast, and learn whether that helped."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestForecastAdjustment(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()
        cls.sell(cls.product, [10] * 30)
        cls.changes = cls.env["ecom.forecast.adjustment"]

    def make_change(self, first, last, factor, **values):
        return self.changes.create(
            {
                "product_id": self.product.id,
                "company_id": self.company.id,
                "date_from": self.today + timedelta(days=first),
                "date_to": self.today + timedelta(days=last),
                "factor": factor,
                "reason": "Spring sale",
                **values,
            }
        )

    def test_a_promotion_raises_what_is_needed(self):
        before = self.plan(self.product)
        expected = before.expected_demand
        self.make_change(0, 20, 2.0)
        after = self.plan(self.product)
        # Three protected weeks, all of them twice.
        self.assertAlmostEqual(after.expected_demand, expected * 2, places=2)
        self.assertIn("by the factor 2.00", after.explanation)

    def test_days_outside_of_the_protected_weeks_change_nothing(self):
        self.make_change(21, 40, 2.0)
        self.assertEqual(self.plan(self.product).forecast_factor, 1)

    def test_one_week_of_three_counts_a_third(self):
        self.make_change(7, 13, 4.0)
        self.assertAlmostEqual(
            self.plan(self.product).forecast_factor, 1 + (4 - 1) / 3, places=6
        )

    def test_other_warehouses_are_not_concerned(self):
        elsewhere = self.env["stock.warehouse"].create(
            {"name": "North", "code": "NO", "company_id": self.company.id}
        )
        self.make_change(0, 20, 2.0, warehouse_id=elsewhere.id)
        self.assertEqual(self.plan(self.product).forecast_factor, 1)

    def test_value_added_is_the_error_that_the_change_saved(self):
        change = self.make_change(3, 9, 3.0)
        self.plan(self.product)
        # A week of ten; with the change thirty.
        self.assertAlmostEqual(change.statistical_units, 10, delta=0.5)
        change.write(
            {
                "date_from": self.today - timedelta(days=8),
                "date_to": self.today - timedelta(days=2),
                "statistical_units": 10,
            }
        )
        self.sell(self.product, [18])
        self.plan(self.product)
        # Sold: 10 of every week and 18 more. |28 - 10| - |28 - 30|.
        self.assertEqual(change.actual_units, 28)
        self.assertEqual(change.value_added, 18 - 2)

    def test_a_change_that_has_begun_is_not_deleted(self):
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.make_change(-1, 5, 2.0).unlink()
        self.make_change(1, 5, 2.0).unlink()
