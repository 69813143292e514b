"""Alerts: each cause is told once, and ends when the cause does."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestStockAlert(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()
        cls.sell(cls.product, [10] * 30)

    def alerts(self, **conditions):
        domain = [("company_id", "=", self.company.id)]
        domain += [(name, "=", value) for name, value in conditions.items()]
        return self.env["ecom.stock.alert"].search(domain)

    def test_a_stock_out_is_told_with_date_and_probability(self):
        self.put_in_stock(self.product, 5)
        proposal = self.plan(self.product)
        alert = self.alerts()
        self.assertEqual(alert.kind, "stockout")
        self.assertGreater(alert.probability, 90)
        self.assertEqual(alert.date, self.today + timedelta(days=6))
        self.assertAlmostEqual(alert.money, proposal.urgency, places=2)

    def test_the_same_cause_is_told_once(self):
        self.product.responsible_id = self.env.user
        self.put_in_stock(self.product, 5)
        self.plan(self.product)
        self.plan(self.product)
        alert = self.alerts()
        self.assertEqual(len(alert), 1)
        self.assertEqual(len(alert.activity_ids), 1)

    def test_dismissed_stays_dismissed_as_long_as_the_cause_lasts(self):
        self.put_in_stock(self.product, 5)
        self.plan(self.product)
        alert = self.alerts()
        alert.action_dismiss()
        self.plan(self.product)
        self.assertEqual((alert.state, len(self.alerts())), ("dismissed", 1))
        self.put_in_stock(self.product, 200)
        self.plan(self.product)
        self.assertEqual(alert.state, "ended")

    def test_too_much_is_told_with_the_money_tied_up(self):
        self.put_in_stock(self.product, 2000)
        proposal = self.plan(self.product)
        alert = self.alerts()
        self.assertEqual(alert.kind, "overstock")
        self.assertAlmostEqual(alert.money, (2000 - proposal.max_qty) * 10)

    def test_what_nobody_wants_any_more_is_dead(self):
        product = self.make_product("Candle", cost=4)
        self.sell(product, [10] * 20 + [0] * 30)
        self.put_in_stock(product, 50)
        self.plan(product)
        alert = self.alerts(product_id=product.id)
        self.assertEqual((alert.kind, alert.money), ("dead", 50 * 4))

    def test_a_late_purchase_says_what_it_causes(self):
        self.put_in_stock(self.product, 100)
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    Command.create({"product_id": self.product.id, "product_qty": 40})
                ],
            }
        )
        order.button_confirm()
        order.order_line.date_planned = fields.Datetime.now() - timedelta(days=5)
        self.plan(self.product)
        alert = self.alerts(kind="late")
        self.assertEqual(alert.purchase_id, order)
        self.assertEqual(alert.quantity, 40)
        self.assertIn("5 days late; without them stock lasts until", alert.message)
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 40, "picked": True})
        picking.button_validate()
        self.plan(self.product)
        self.assertEqual(alert.state, "ended")

    def test_demand_that_changed_is_told_unless_a_planner_knows_why(self):
        other = self.make_product("Fashion")
        self.sell(other, [10, 12, 8, 9, 11, 10] * 5 + [60] * 6)
        self.put_in_stock(other, 500)
        proposal = self.plan(other)
        alert = self.alerts(kind="break", product_id=other.id)
        self.assertAlmostEqual(alert.quantity, 6 * 60 - proposal.usual_demand, 2)
        self.assertIn("360 units were asked for in the last 6 weeks", alert.message)
        self.env["ecom.forecast.adjustment"].create(
            {
                "product_id": other.id,
                "company_id": self.company.id,
                "date_from": self.today,
                "date_to": self.today + timedelta(days=60),
                "factor": 1.2,
                "reason": "In fashion",
            }
        )
        self.plan(other)
        self.assertEqual(alert.state, "ended")
