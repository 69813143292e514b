"""From whom: price breaks, dates, units, currencies, real lead times, the scorecard."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestVendorChoice(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product(vendor=False)
        cls.sell(cls.product, [10, 14, 6, 12, 8] * 6)
        cls.other = cls.env["res.partner"].create({"name": "Forge Ltd"})

    def receive(self, vendor, ordered_days_ago, days, quantity=10, received=None):
        """A purchase order that was received so many days after its confirmation."""
        order = self.env["purchase.order"].create(
            {
                "partner_id": vendor.id,
                "company_id": self.company.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_qty": quantity,
                            "price_unit": 10,
                        }
                    )
                ],
            }
        )
        order.button_confirm()
        approved = fields.Datetime.now() - timedelta(days=ordered_days_ago)
        order.date_approve = approved
        order.order_line.date_planned = approved + timedelta(days=14)
        picking = order.picking_ids
        picking.move_ids.write({"quantity": received or quantity, "picked": True})
        picking.with_context(
            cancel_backorder=True, skip_backorder=True
        ).button_validate()
        picking.move_ids.filtered(lambda m: m.state == "done").date = (
            approved + timedelta(days=days)
        )
        return order

    def test_the_cheaper_of_two_equal_vendors(self):
        self.make_offer(self.product, self.vendor, price=10)
        self.make_offer(self.product, self.other, price=9)
        proposal = self.plan(self.product)
        self.assertEqual(proposal.vendor_id, self.other)
        self.assertEqual(proposal.second_vendor_id, self.vendor)
        self.assertLess(proposal.vendor_cost, proposal.second_cost)
        self.assertIn("next best is Mill & Co", proposal.explanation)

    def test_a_lead_time_can_cost_more_than_a_price(self):
        self.make_offer(self.product, self.vendor, price=10, delay=2)
        self.make_offer(self.product, self.other, price=9.99, delay=200)
        self.assertEqual(self.plan(self.product).vendor_id, self.vendor)

    def test_prices_of_other_days_do_not_count(self):
        self.make_offer(self.product, self.vendor, price=10)
        self.make_offer(
            self.product, self.other, price=1, date_end=self.today - timedelta(days=1)
        )
        self.make_offer(
            self.product, self.other, price=1, date_start=self.today + timedelta(days=1)
        )
        self.assertEqual(self.plan(self.product).vendor_id, self.vendor)

    def test_a_price_break_pays_when_the_lot_is_not_held_for_ever(self):
        # 520 units a year: 60 units last six weeks, 50,000 last a century.
        few = self.make_offer(self.product, self.vendor, price=10)
        more = self.make_offer(self.product, self.vendor, price=8, min_qty=60)
        self.make_offer(self.product, self.vendor, price=7.9, min_qty=50000)
        proposal = self.plan(self.product)
        self.assertEqual(proposal.supplierinfo_id, more)
        self.assertGreaterEqual(proposal.max_qty - proposal.min_qty, 60)
        more.unlink()
        self.assertEqual(self.plan(self.product).supplierinfo_id, few)

    def test_a_vendor_that_sells_dozens_is_ordered_from_in_dozens(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.make_offer(self.product, self.vendor, price=120, product_uom_id=dozen.id)
        proposal = self.plan(self.product)
        self.assertEqual(proposal.multiple_uom_id, dozen)
        self.assertEqual(proposal.order_qty % 12, 0)
        self.assertAlmostEqual(proposal.order_value, proposal.order_qty * 120 / 12)
        proposal.action_accept()
        line = self.env["purchase.order.line"].search(
            [("product_id", "=", self.product.id)]
        )
        self.assertEqual(line.product_uom_id, dozen)
        self.assertEqual(line.product_qty * 12, proposal.order_qty)

    def test_a_pack_that_is_no_whole_number_is_proposed_once(self):
        roll = self.env["uom.uom"].create(
            {
                "name": "Roll",
                "relative_factor": 2.3333,
                "relative_uom_id": self.product.uom_id.id,
            }
        )
        self.make_offer(self.product, self.vendor, price=20, product_uom_id=roll.id)
        self.plan(self.product).action_accept()
        again = self.plan(self.product)
        self.assertFalse(again.changed)
        self.assertFalse(again.manual)

    def test_prices_are_compared_in_the_company_s_currency(self):
        currency = self.env["res.currency"].create(
            {"name": "XTS", "symbol": "X", "rounding": 0.01}
        )
        # One unit of the company's money is four of the foreign one.
        self.env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "rate": 4.0,
                "name": "2000-01-01",
                "company_id": self.company.id,
            }
        )
        self.make_offer(self.product, self.vendor, price=10)
        self.make_offer(self.product, self.other, price=36, currency_id=currency.id)
        proposal = self.plan(self.product)
        self.assertEqual(proposal.vendor_id, self.other)
        self.assertAlmostEqual(proposal.order_value, proposal.order_qty * 36 / 4)

    def test_lead_times_are_those_of_receipts(self):
        self.make_offer(self.product, self.vendor, delay=14)
        stated = self.plan(self.product)
        self.assertEqual((stated.lead_mean, stated.receipts), (14, 0))
        for age in (60, 100, 140, 180, 220, 260):
            self.receive(self.vendor, age, 28)
        proposal = self.plan(self.product)
        self.assertEqual(proposal.receipts, 6)
        self.assertGreater(proposal.lead_mean, 20)
        self.assertLess(proposal.lead_mean, 28 + 0.1)

    def send_back(self, order, quantity):
        """So many units of a received order go back to the vendor."""
        picking = order.picking_ids.filtered(lambda p: p.state == "done")
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = quantity
        back = wizard._create_return()
        back.move_ids.picked = True
        back.button_validate()

    def test_what_goes_back_can_cost_more_than_a_lower_price(self):
        self.make_offer(self.product, self.vendor, price=10)
        self.make_offer(self.product, self.other, price=9.9)
        for vendor in (self.vendor, self.other):
            for age in (60, 100):
                order = self.receive(vendor, age, 14, quantity=100)
        self.assertEqual(self.plan(self.product).vendor_id, self.other)
        self.send_back(order, 40)
        proposal = self.plan(self.product)
        self.assertEqual(proposal.vendor_id, self.vendor)
        # Of 400 units 40 went back, of this vendor's 200 none: its part leans on the
        # usual as on 50 units, that of its product on the vendor's.
        of_vendor = 50 * (40 / 400) / (200 + 50)
        expected = 50 * of_vendor / (200 + 50)
        self.assertAlmostEqual(proposal.returned_rate, 100 * expected, delta=0.05)
        self.assertIn("units go back", proposal.explanation)

    def test_what_goes_back_costs_what_the_policy_says(self):
        self.make_offer(self.product, self.vendor, price=10)
        self.make_offer(self.product, self.other, price=9.9)
        for vendor in (self.vendor, self.other):
            order = self.receive(vendor, 60, 14, quantity=200)
        self.send_back(order, 40)
        self.plan(self.product)
        root = self.env["ecom.replenishment.policy"].search(
            [("company_id", "=", self.company.id)]
        )
        root.defect_cost = 0.01
        self.assertEqual(self.plan(self.product).vendor_id, self.other)

    def test_the_scorecard_says_how_vendors_did(self):
        self.receive(self.vendor, 60, 10)
        self.receive(self.vendor, 90, 18)
        self.receive(self.other, 60, 14, quantity=10, received=5)
        self.env.flush_all()
        scores = self.env["ecom.vendor.score"].search(
            [("company_id", "=", self.company.id)]
        )
        mill = scores.filtered(lambda s: s.partner_id == self.vendor)
        forge = scores - mill
        self.assertEqual(mill.lines, 2)
        self.assertAlmostEqual(mill.lead_days, (10 + 18) / 2, places=1)
        self.assertAlmostEqual(mill.lead_deviation, 4, places=1)
        self.assertEqual((mill.on_time, mill.in_full), (50, 100))
        self.assertEqual((forge.on_time, forge.in_full), (100, 0))
        self.assertAlmostEqual(mill.price_index, 100)
        self.assertTrue(0 < mill.score < 100)
