"""Risks and opportunities are told once, and closed when their cause is gone."""

from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestRisk(EcomOrdersCommon):
    """The channel's responsible person is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = new_test_user(cls.env, "boss", groups="ecom_orders.group_manager")
        cls.channel.user_id = cls.boss

    def order(self, number=1, quantity=1):
        line = woo_line(1, "MUG", quantity, f"{quantity * 10}.00")
        return self.import_orders(woo_order(number, [line]))

    def watch(self):
        user = self.env.ref("ecom_orders.user_technical")
        self.env["ecom.risk"].with_user(user)._watch(self.channel.with_user(user))

    def rows(self, kind):
        """Open rows of a kind."""
        return self.env["ecom.risk"].search(
            [("kind", "=", kind), ("closed_at", "=", False)]
        )

    def stuck_order(self):
        order = self.order()
        order.ecom_confirmed_at = fields.Datetime.now() - timedelta(days=3, hours=1)
        return order

    def test_stuck_order_is_told_once(self):
        order = self.stuck_order()
        self.watch()
        self.watch()
        activity = order.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity, self.rows("stuck").activity_id)
        self.assertEqual(activity.user_id, order.user_id or self.boss)

    def test_order_that_is_not_late_yet_is_no_risk(self):
        order = self.order()
        order.ecom_confirmed_at = fields.Datetime.now() - timedelta(days=2)
        self.watch()
        self.assertFalse(order.activity_ids)

    def test_activity_is_closed_when_the_cause_is_gone(self):
        order = self.stuck_order()
        self.watch()
        row = self.rows("stuck")
        order.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        order.picking_ids.button_validate()
        self.watch()
        self.assertTrue(row.closed_at)
        self.assertFalse(order.activity_ids)

    def test_what_a_person_has_done_is_not_told_again_until_it_comes_back(self):
        order = self.stuck_order()
        self.watch()
        order.activity_ids.action_feedback(feedback="Called the warehouse")
        self.watch()
        self.assertFalse(order.activity_ids)
        order.ecom_confirmed_at = fields.Datetime.now()
        self.watch()
        order.ecom_confirmed_at = fields.Datetime.now() - timedelta(days=4)
        self.watch()
        self.assertEqual(len(order.activity_ids), 1)

    def test_address_without_a_street_is_told_until_it_has_one(self):
        order = self.order()
        order.partner_shipping_id.street = False
        self.watch()
        self.assertIn("street", self.rows("address").note)
        order.partner_shipping_id.street = "12 Analytical Way"
        self.watch()
        self.assertFalse(self.rows("address"))

    def test_product_that_is_sold_and_not_there_is_oversold(self):
        free = int(self.mug.free_qty)
        self.order(quantity=free + 2)
        self.watch()
        row = self.rows("oversold")
        self.assertEqual((row.res_model, row.res_id), (self.mug._name, self.mug.id))
        self.assertIn("2 units", row.note)
        self.assertEqual(self.mug.activity_ids.user_id, self.boss)

    def test_sudden_demand_is_told_at_the_product(self):
        order = self.order(quantity=5)
        order.date_order = fields.Datetime.now() - timedelta(hours=2)
        self.watch()
        self.assertEqual(self.rows("demand").res_id, self.mug.id)
        order.date_order = fields.Datetime.now() - timedelta(days=2)
        self.watch()
        self.assertFalse(self.rows("demand"))

    def test_many_cancellations_are_told_at_the_channel(self):
        line = woo_line(1, "MUG", 1, "10.00")
        orders = self.import_orders(
            *(woo_order(number, [line]) for number in range(1, 41))
        )
        now = fields.Datetime.now()
        orders[:20].date_order = now - timedelta(days=10)
        orders[20:].date_order = now - timedelta(days=1)
        # usual: (0 + 1) / (20 + 1); of 20 then 1, and 4 are beyond 1 + 3 * 0.95
        orders[20:23].state = "cancel"
        self.watch()
        self.assertFalse(self.rows("cancel_rate"))
        orders[23].state = "cancel"
        self.watch()
        self.assertEqual(self.rows("cancel_rate").res_id, self.channel.id)
        self.assertEqual(self.channel.activity_ids.user_id, self.boss)

    def test_the_scheduled_job_runs(self):
        order = self.stuck_order()
        self.env["ecom.channel"].search([("id", "!=", self.channel.id)]).state = "draft"
        with self.enter_registry_test_mode():
            self.env.ref("ecom_orders.ir_cron_watch").method_direct_trigger()
        self.assertEqual(len(order.activity_ids), 1)
