"""Orders together: vendors' minimum order values, freight steps, and a budget."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestPurchasePlan(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lamp = cls.make_product("Lamp", cost=10, price=25, weight=2)
        cls.cord = cls.make_product("Cord", cost=10, price=12, weight=1)
        for product in (cls.lamp, cls.cord):
            cls.sell(product, [10] * 30)
            cls.put_in_stock(product, 5)
        cls.vendor = cls.vendor.with_company(cls.company)

    def make_plan(self, **values):
        proposals = self.plan()
        plan = self.env["ecom.purchase.plan"].browse(
            proposals.action_plan_purchase()["res_id"]
        )
        if values:
            plan.write(values)
            plan.action_optimise()
        return plan

    def planned(self, plan, product):
        return plan.line_ids.filtered(lambda line: line.product_id == product)

    def test_without_terms_and_budget_the_plan_is_what_was_proposed(self):
        plan = self.make_plan()
        self.assertEqual(
            plan.line_ids.mapped("planned_qty"), plan.line_ids.mapped("proposed_qty")
        )
        self.assertEqual(set(plan.line_ids.mapped("reason")), {"proposed"})
        self.assertTrue(plan.is_proven)

    def test_a_budget_goes_where_most_sales_are_at_risk(self):
        lamp = self.plan(self.lamp)
        plan = self.make_plan(budget=lamp.order_value)
        self.assertLessEqual(plan.value, plan.budget)
        # Same cost, but a missing lamp loses 25 and a missing cord 12.
        self.assertEqual(self.planned(plan, self.lamp).planned_qty, lamp.order_qty)
        self.assertEqual(self.planned(plan, self.cord).reason, "left_out")

    def test_an_order_reaches_the_vendors_minimum_value(self):
        value = self.make_plan().value
        self.vendor.ecom_smallest_value = value + 30
        plan = self.make_plan()
        # Three pieces more, of 10 each.
        self.assertEqual(plan.value, value + 30)
        self.assertIn("more", plan.line_ids.mapped("reason"))

    def test_what_is_above_its_minimum_is_ordered_along_before_too_much_of_others(self):
        clip = self.make_product("Clip", cost=10, price=25)
        self.sell(clip, [10] * 30)
        before = self.plan(clip)
        self.put_in_stock(clip, before.min_qty + 1)
        value = self.make_plan().value
        self.vendor.ecom_smallest_value = value + 30
        plan = self.make_plan()
        self.assertEqual(self.planned(plan, clip).planned_qty, 3)
        self.assertEqual(self.planned(plan, clip).reason, "along")

    def test_freight_is_paid_by_the_step_that_is_begun(self):
        self.vendor.write(
            {
                "ecom_freight_load": "weight",
                "ecom_freight_step": 100,
                "ecom_freight_cost": 7,
            }
        )
        plan = self.make_plan()
        load = sum(line.planned_qty * line.product_id.weight for line in plan.line_ids)
        self.assertEqual(plan.freight, -(-load // 100) * 7)

    def test_each_vendor_gets_one_request_with_the_reason_on_each_line(self):
        other = self.env["res.partner"].create({"name": "North Supply"})
        shade = self.make_product("Shade", vendor=False)
        self.make_offer(shade, other)
        self.sell(shade, [10] * 30)
        plan = self.make_plan()
        plan.action_request()
        self.assertEqual(plan.purchase_ids.partner_id, self.vendor | other)
        self.assertEqual(len(plan.purchase_ids), 2)
        lines = plan.purchase_ids.order_line
        self.assertEqual(len(lines), 3)
        self.assertTrue(all("As proposed" in line.ecom_reason for line in lines))
        self.assertTrue(all("Lead time" in line.ecom_reason for line in lines))
        # The requests are known: nothing more is proposed.
        self.assertEqual(set(self.plan().mapped("order_qty")), {0.0})

    def test_vendors_units_are_ordered(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        box = self.make_product("Bulb", vendor=False)
        self.make_offer(box, self.vendor, price=120, product_uom_id=dozen.id)
        self.sell(box, [10] * 30)
        plan = self.make_plan()
        plan.action_request()
        line = plan.purchase_ids.order_line.filtered(lambda x: x.product_id == box)
        self.assertEqual(line.product_uom_id, dozen)
        self.assertEqual(line.product_qty * 12, self.planned(plan, box).planned_qty)
        self.assertEqual(line.price_unit, 120)

    def make_bulb(self, **second):
        """A product that the first vendor sells cheaply but only so many of."""
        other = self.env["res.partner"].create({"name": "North Supply"})
        bulb = self.make_product("Bulb", vendor=False)
        offer = self.make_offer(bulb, self.vendor, price=10)
        self.make_offer(bulb, other, price=11, **second)
        self.sell(bulb, [10] * 30)
        proposal = self.plan(bulb)
        self.assertEqual(proposal.vendor_id, self.vendor)
        offer.ecom_capacity = proposal.order_qty - 15
        return bulb, other, proposal

    def test_what_one_vendor_cannot_deliver_comes_from_another(self):
        bulb, other, proposal = self.make_bulb()
        needed = proposal.order_qty
        plan = self.make_plan()
        lines = {line.vendor_id: line for line in self.planned(plan, bulb)}
        first, second = lines[self.vendor], lines[other]
        self.assertEqual(first.planned_qty, proposal.order_qty - 15)
        self.assertEqual(second.planned_qty, 15)
        self.assertEqual({first.reason, second.reason}, {"split"})
        self.assertEqual((first.price, second.price), (10, 11))
        plan.action_request()
        bought = plan.purchase_ids.order_line.filtered(lambda x: x.product_id == bulb)
        self.assertEqual(sum(bought.mapped("product_qty")), needed)
        self.assertEqual(bought.order_id.partner_id, self.vendor | other)

    def test_the_other_vendor_gets_all_where_a_second_order_costs_more(self):
        bulb, other, proposal = self.make_bulb()
        # Less than two orders: one more per piece of the first vendor's share.
        self.vendor.ecom_order_cost = proposal.order_qty
        line = self.planned(self.make_plan(), bulb)
        self.assertEqual(line.vendor_id, other)
        self.assertEqual(line.planned_qty, proposal.order_qty)
        self.assertEqual(line.reason, "proposed")

    def test_a_vendor_that_can_deliver_all_keeps_it(self):
        bulb, _other, proposal = self.make_bulb()
        proposal.supplierinfo_id.ecom_capacity = proposal.order_qty
        line = self.planned(self.make_plan(), bulb)
        self.assertEqual(line.vendor_id, self.vendor)
        self.assertEqual((line.planned_qty, line.split_qty), (proposal.order_qty, 0))

    def test_a_slower_vendor_gets_no_share(self):
        bulb, _other, proposal = self.make_bulb(delay=200)
        line = self.planned(self.make_plan(), bulb)
        self.assertEqual(line.vendor_id, self.vendor)
        # What the vendor can deliver, and no more.
        self.assertEqual(line.planned_qty, proposal.order_qty - 15)
        self.assertEqual(line.reason, "less")

    def test_a_planner_may_change_the_quantity(self):
        plan = self.make_plan()
        self.planned(plan, self.cord).planned_qty = 7
        plan.action_request()
        lines = plan.purchase_ids.order_line
        self.assertEqual(
            lines.filtered(lambda x: x.product_id == self.cord).product_qty, 7
        )

    def test_requests_are_made_once(self):
        plan = self.make_plan()
        plan.action_request()
        with self.assertRaisesRegex(UserError, "make a new one"):
            plan.action_request()

    def test_proposals_without_anything_to_order_are_refused_with_advice(self):
        for product in (self.lamp, self.cord):
            self.put_in_stock(product, 900)
        with self.assertRaisesRegex(UserError, "Choose others"):
            self.make_plan()
