"""Past days under other rules, side by side, before they are in force."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import woo_line, woo_order
from .routing_common import RoutingCommon


@tagged("post_install", "-at_install")
class TestRoutingBacktest(RoutingCommon):
    """The rules in force prefer the east, which sends for 5; the west sends for 8."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["ecom.routing.rule.set"].create(
            {"name": "West first", "company_id": cls.company.id, "split_cost": 2.0}
        )
        cls._create_rule(cls.other, warehouse_ids=[(4, cls.west.id)])

    def order(self, number=1, quantity=2):
        line = woo_line(number, "MUG", quantity, f"{quantity * 10}.00")
        return self.import_orders(woo_order(number, [line]))

    def run_test(self, days=7, user=None):
        model = self.env["ecom.routing.backtest"].with_user(user or self.env.user)
        test = model.create(
            {
                "days": days,
                "rule_set_ids": [(6, 0, (self.rule_set + self.other).ids)],
            }
        )
        test.action_run()
        return test

    def figures(self, test, name):
        return test.line_ids.filtered(lambda line: line.name == name)

    def load(self, test, name):
        return {
            row.warehouse_id: row.parcels for row in test.load_ids if row.name == name
        }

    def stock(self, quantity, warehouse):
        """So much was there always."""
        self._set_stock(self.mug, quantity, warehouse)

    def days_ago(self, orders, days):
        """The orders were confirmed so many days ago."""
        orders.ecom_confirmed_at = fields.Datetime.now() - timedelta(days=days)

    def ship(self, order):
        for picking in order.picking_ids:
            picking.move_ids.picked = True
            picking.button_validate()

    def receive_goods(self, quantity, warehouse):
        """Goods are counted that were not there before."""
        quant = self.env["stock.quant"].create(
            {
                "product_id": self.mug.id,
                "location_id": warehouse.lot_stock_id.id,
                "inventory_quantity": quantity,
            }
        )
        quant.action_apply_inventory()

    def test_rule_sets_stand_beside_each_other_and_what_was_decided(self):
        for warehouse in self.east + self.west:
            self.stock(4, warehouse)
        self.order(1)
        self.order(2)
        test = self.run_test()
        self.assertEqual(test.order_count, 2)
        for name in ("As it was decided", "Standard"):
            self.assertMoney(self.figures(test, name).cost, 2 * (5.0 + 1.0))
            self.assertEqual(self.load(test, name), {self.east: 2})
        self.assertMoney(self.figures(test, "West first").cost, 2 * (8.0 + 1.0))
        self.assertMoney(self.figures(test, "West first").cost_per_order, 8.0 + 1.0)
        self.assertEqual(self.load(test, "West first"), {self.west: 2})

    def test_nothing_is_changed(self):
        for warehouse in self.east + self.west:
            self.stock(4, warehouse)
        order = self.order()
        before = len(order.ecom_decision_ids)
        self.run_test()
        self.assertEqual(self.warehouse_of(order, self.mug), self.east)
        self.assertEqual(len(order.ecom_decision_ids), before)
        self.assertEqual(self.other.mode, "off")

    def test_what_has_left_since_is_there_again(self):
        self.stock(2, self.east)
        order = self.order()
        self.ship(order)
        self.assertEqual(order.delivery_status, "full")
        figures = self.figures(self.run_test(), "Standard")
        self.assertEqual((figures.shipped, figures.unshipped), (1, 0))

    def test_what_came_in_later_was_not_there_yet(self):
        self.stock(2, self.east)
        orders = self.order(1)
        self.receive_goods(2, self.west)
        orders += self.order(2)
        self.days_ago(orders, 3)
        figures = self.figures(self.run_test(), "West first")
        self.assertEqual(figures.waited, 2)
        self.assertEqual((figures.shipped, figures.unshipped), (1, 1))

    def test_what_others_were_promised_is_not_there(self):
        self.stock(3, self.west)
        order = self.order(1)
        self.days_ago(order, 30)
        self.stock(2, self.east)
        order = self.order(2)
        test = self.run_test()
        self.assertEqual(test.order_count, 1)
        self.assertEqual(self.figures(test, "West first").unshipped, 1)

    def test_line_that_was_divided_is_one_again(self):
        self.stock(3, self.east)
        self.stock(2, self.west)
        order = self.order(1, quantity=5)
        self.assertEqual(len(order.order_line), 2)
        test = self.run_test()
        self.assertEqual(self.figures(test, "West first").unshipped, 1)
        figures = self.figures(test, "Standard")
        self.assertMoney(figures.cost, (5.0 + 1.0) + (8.0 + 1.0) + 2.0)
        self.assertEqual((figures.parcels, figures.split_rate), (2, 100.0))

    def test_condition_of_a_set_that_is_off_counts(self):
        self.stock(2, self.west)
        self.order()
        self.other.rule_ids.domain = "[('ecom_external_id', '=', '9')]"
        figures = self.figures(self.run_test(), "West first")
        self.assertEqual(figures.unshipped, 1)

    def test_days_without_orders_say_so(self):
        with self.assertRaises(UserError):
            self.run_test()

    def test_user_of_the_addon_may_compare(self):
        self.stock(2, self.east)
        self.order()
        user = new_test_user(self.env, "planner", groups="ecom_orders.group_user")
        self.assertEqual(self.run_test(user=user).order_count, 1)

    def test_queries_do_not_grow_with_the_orders(self):
        self.stock(90, self.east)
        self.order(1)
        counts = []
        for numbers in (range(2, 5), range(5, 15)):
            for number in numbers:
                self.order(number)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.run_test()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertAlmostEqual(*counts, delta=5)
