"""Orders together: vendors' minimum order values, freight steps, and a budget."""

from datetime import timedelta

from odoo import Command, fields
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

    def test_a_vendor_whose_units_go_back_gets_a_smaller_share(self):
        bulb, other, proposal = self.make_bulb()
        offer = proposal.supplierinfo_id
        other_offer = bulb.seller_ids - offer
        # Both deliver most of it: the rest comes from the dearer one.
        offer.ecom_capacity = other_offer.ecom_capacity = proposal.order_qty - 15
        lines = {x.vendor_id: x for x in self.planned(self.make_plan(), bulb)}
        self.assertEqual(lines[other].planned_qty, 15)
        rod = self.make_product("Rod")
        order = self.receive(rod, 300, self.vendor)
        self.receive(rod, 300, other)
        self.give_back(order, 250)
        # Of another product most went back, at a quarter of the price: more than the
        # one that the other vendor asks for.
        lines = {x.vendor_id: x for x in self.planned(self.make_plan(), bulb)}
        self.assertEqual(lines[other].planned_qty, other_offer.ecom_capacity)
        needed = lines[other].proposal_id.order_qty
        rest = needed - other_offer.ecom_capacity
        self.assertEqual(lines[self.vendor].planned_qty, rest)

    def receive(self, product, quantity, vendor):
        order = self.env["purchase.order"].create(
            {
                "partner_id": vendor.id,
                "company_id": self.company.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_qty": quantity})
                ],
            }
        )
        order.button_confirm()
        order.date_approve = fields.Datetime.now() - timedelta(days=14)
        order.picking_ids.move_ids.write({"quantity": quantity, "picked": True})
        order.picking_ids.button_validate()
        return order

    def give_back(self, order, quantity):
        wizard = self.env["stock.return.picking"].create(
            {"picking_id": order.picking_ids.id}
        )
        wizard.product_return_moves.quantity = quantity
        back = wizard._create_return()
        back.move_ids.picked = True
        back.button_validate()

    def make_variants(self):
        """Two variants that one line of a price list is about."""
        names = [Command.create({"name": name}) for name in ("Red", "Blue")]
        colour = self.env["product.attribute"].create(
            {"name": "Shade colour", "value_ids": names}
        )
        template = self.env["product.template"].create(
            {
                "name": "Shade",
                "is_storable": True,
                "list_price": 25,
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": colour.id,
                            "value_ids": [Command.set(colour.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        variants = template.product_variant_ids
        variants.standard_price = 10
        return variants, self.make_offer(variants[0], self.vendor, price=10)

    def test_variants_share_the_most_of_an_order(self):
        variants, offer = self.make_variants()
        for product in variants:
            self.sell(product, [10] * 30)
        needed = sum(self.plan(variants).mapped("order_qty"))
        offer.ecom_capacity = needed - 9
        plan = self.make_plan()
        lines = plan.line_ids.filtered(lambda x: x.product_id in variants)
        self.assertEqual(len(lines), 2)
        self.assertEqual(sum(lines.mapped("planned_qty")), needed - 9)

    def test_what_variants_need_beyond_the_most_comes_from_another_vendor(self):
        variants, offer = self.make_variants()
        other = self.env["res.partner"].create({"name": "North Supply"})
        self.make_offer(variants[0], other, price=11)
        for product in variants:
            self.sell(product, [10] * 30)
        needed = sum(self.plan(variants).mapped("order_qty"))
        offer.ecom_capacity = needed - 9
        lines = self.make_plan().line_ids.filtered(lambda x: x.product_id in variants)
        of_vendor = {
            vendor: sum(some.mapped("planned_qty"))
            for vendor, some in lines.grouped("vendor_id").items()
        }
        self.assertEqual(of_vendor, {self.vendor: needed - 9, other: 9})

    def test_an_order_is_worth_no_more_than_the_vendor_delivers(self):
        value = self.make_plan().value
        self.vendor.ecom_largest_value = value - 30
        plan = self.make_plan()
        # Three pieces less, of 10 each: of what sells for less.
        self.assertEqual(plan.value, value - 30)
        self.assertEqual(self.planned(plan, self.lamp).reason, "proposed")
        self.assertEqual(self.planned(plan, self.cord).reason, "less")

    def test_what_is_too_much_for_one_order_comes_from_another_vendor(self):
        bulb, other, proposal = self.make_bulb()
        proposal.supplierinfo_id.ecom_capacity = 0
        taken = self.make_plan().line_ids.filtered(lambda line: line.product_id != bulb)
        # Lamp and cord are with the same vendor: ten pieces of the bulb are left.
        more_urgent = taken.filtered(lambda line: line.urgency > proposal.urgency)
        value = sum(more_urgent.mapped("value"))
        self.vendor.ecom_largest_value = value + 100
        lines = {x.vendor_id: x for x in self.planned(self.make_plan(), bulb)}
        self.assertEqual(lines[other].split_qty, proposal.order_qty - 100 / 10)
        self.assertEqual(lines[self.vendor].split_qty, 100 / 10)

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
