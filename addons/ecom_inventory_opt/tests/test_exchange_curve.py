"""Service against stock from the company's own sales."""

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestExchangeCurve(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()
        cls.sell(cls.product, [8, 12, 10, 9, 11] * 14)
        cls.lamp = cls.make_product("Shade", cost=4)
        cls.sell(cls.lamp, [3, 0, 4, 1, 0] * 14)

    def make_curve(self, **values):
        return self.env["ecom.exchange.curve"].create(
            {"name": "All", "company_id": self.company.id, "weeks": 12, **values}
        )

    def test_every_policy_is_replayed_on_the_companys_sales(self):
        curve = self.make_curve()
        curve.action_compute()
        self.assertEqual(curve.product_count, 2)
        self.assertEqual(
            set(curve.point_ids.mapped("policy")), {"own", "cover13", "cover4"}
        )
        self.assertTrue(all(0 <= p.fill_rate <= 100 for p in curve.point_ids))
        self.assertIn("2 of 2 products have no reordering rule", curve.summary)
        labels = [one["label"] for one in curve.chart["series"]]
        self.assertEqual(labels[0], "Proposals")

    def test_the_rules_in_force_are_a_point_when_every_product_has_one(self):
        self.plan().action_accept_selected()
        curve = self.make_curve()
        curve.action_compute()
        self.assertEqual(curve.point_ids.mapped("policy").count("rules"), 1)
        self.assertIn("rules in force give a fill rate of", curve.summary)

    def test_only_the_products_of_the_filter_are_replayed(self):
        curve = self.make_curve(product_domain=f"[('id', '=', {self.lamp.id})]")
        curve.action_compute()
        self.assertEqual(curve.product_count, 1)

    def test_the_limit_keeps_what_sells_for_most(self):
        curve = self.make_curve(most_products=1)
        self.assertEqual(curve._get_pairs().product.tolist(), [self.product.id])

    def test_slower_vendors_need_more_stock_at_the_same_setting(self):
        now, slow = self.make_curve(), self.make_curve(lead_time_factor=3)
        (now | slow).mapped(lambda curve: curve.action_compute())
        stock = [
            max(c.point_ids.filtered(lambda p: p.policy == "own").mapped("stock_value"))
            for c in (now, slow)
        ]
        self.assertLess(*stock)

    def test_the_saving_is_read_off_the_curves_between_the_points(self):
        curve = self.make_curve(target=90)
        values = [("own", 80, 100), ("own", 100, 200), ("cover13", 80, 200)]
        self.env["ecom.exchange.point"].create(
            [
                {"curve_id": curve.id, "policy": p, "fill_rate": f, "stock_value": v}
                for p, f, v in [*values, ("cover13", 100, 400)]
            ]
        )
        # Half-way: 150 against 300.
        self.assertEqual(curve._get_stock_at("own", 90), 150)
        self.assertIn("-50 %", curve.summary)

    def test_products_that_were_never_sold_are_refused_with_advice(self):
        unsold = self.make_product("Unsold")
        curve = self.make_curve(product_domain=f"[('id', '=', {unsold.id})]")
        with self.assertRaisesRegex(UserError, "Choose others"):
            curve.action_compute()

    @mute_logger("odoo.sql_db")
    def test_more_weeks_than_can_be_learned_from_are_refused(self):
        with self.assertRaises(IntegrityError):
            self.make_curve(weeks=100)
