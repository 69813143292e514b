"""The chart of the coming weeks shows what is known at this moment."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestStockProjection(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()
        cls.sell(cls.product, [10] * 30)
        cls.put_in_stock(cls.product, 40)
        cls.proposal = cls.plan(cls.product)

    def series(self):
        self.proposal.invalidate_recordset(["projection"])
        return {one["label"]: one for one in self.proposal.projection["series"]}

    def buy(self, quantity, days):
        day = fields.Datetime.now() + timedelta(days=days)
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_qty": quantity,
                            "date_planned": day,
                        }
                    )
                ],
            }
        )
        order.button_confirm()
        return order

    def test_it_begins_with_what_is_on_hand_and_falls_by_the_demand(self):
        points = self.series()["Expected stock"]["points"]
        weekly = self.proposal.weekly_demand
        self.assertEqual(points[0], {"x": 0, "y": 40.0})
        self.assertAlmostEqual(points[2]["y"], 40 - 2 * weekly, places=1)

    def test_the_day_that_stock_runs_out_is_marked_with_its_probability(self):
        point = self.series()["Runs out"]["points"][0]
        # 40 pieces at 10 a week: the fifth week ends with less than nothing.
        self.assertIn(point["x"], (4, 5))
        self.assertRegex(point["note"], r"with a probability of \d+ %")

    def test_a_new_order_is_seen_at_once(self):
        order = self.buy(60, days=10)
        self.assertIn(order.name, self.series()["Receipts"]["points"][0]["note"])
        points = self.series()["Expected stock"]["points"]
        weekly = self.proposal.weekly_demand
        self.assertAlmostEqual(points[2]["y"], 40 + 60 - 2 * weekly, places=1)

    def test_a_date_that_the_vendor_moves_moves_the_receipt(self):
        order = self.buy(60, days=3)
        self.assertEqual(self.series()["Receipts"]["points"][0]["x"], 1)
        sooner = self.plan(self.product).run_out_date
        order.order_line.date_planned = fields.Datetime.now() + timedelta(days=50)
        self.assertEqual(self.series()["Receipts"]["points"][0]["x"], 50 // 7 + 1)
        # Until then there are 40 pieces for 10 a week.
        self.assertLess(self.plan(self.product).run_out_date, sooner)

    def test_promised_goods_are_taken_off(self):
        sale = self.env["sale.order"].create(
            self.prepare_order(self.product, 25, self.today)
        )
        sale.action_confirm()
        points = self.series()["Expected stock"]["points"]
        weekly = self.proposal.weekly_demand
        self.assertAlmostEqual(points[1]["y"], 40 - 25 - weekly, places=1)

    def test_the_run_out_date_of_a_proposal_knows_what_is_promised(self):
        before = self.proposal.run_out_date
        sale = self.env["sale.order"].create(
            self.prepare_order(self.product, 30, self.today)
        )
        sale.action_confirm()
        self.assertLess(self.plan(self.product).run_out_date, before)

    def test_many_charts_cost_as_many_queries_as_one(self):
        other = self.make_product("Shade")
        self.sell(other, [5] * 20)
        both = self.proposal | self.plan(other)
        self.env.flush_all()
        both.mapped("uom_id.name")
        with self.assertQueryCount(3):
            both.invalidate_recordset(["projection"])
            both.mapped("projection")
