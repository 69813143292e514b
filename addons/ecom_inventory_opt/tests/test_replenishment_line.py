"""One product from its sales to the request for quotation."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestReplenishmentLine(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()
        cls.sell(cls.product, [10] * 30)
        cls.put_in_stock(cls.product, 5)

    def test_sales_become_a_proposal_with_an_explanation(self):
        proposal = self.plan(self.product)
        self.assertAlmostEqual(proposal.weekly_demand, 10, delta=0.5)
        # Vendor's 14 days and a week between reviews.
        self.assertAlmostEqual(proposal.interval_weeks, 14 / 7 + 7 / 7)
        self.assertGreaterEqual(proposal.min_qty, 30)
        self.assertGreater(proposal.max_qty, proposal.min_qty)
        self.assertEqual(proposal.position, 5)
        self.assertEqual(proposal.order_qty, proposal.max_qty - 5)
        self.assertIn("from 0 receipts", proposal.explanation)
        self.assertIn("Mill & Co is the only vendor", proposal.explanation)

    def test_accepting_writes_the_rule_and_core_asks_the_vendor(self):
        proposal = self.plan(self.product)
        proposal.action_accept()
        rule = proposal.orderpoint_id
        self.assertRecordValues(
            rule,
            [
                {
                    "product_min_qty": proposal.min_qty,
                    "product_max_qty": proposal.max_qty,
                    "ecom_manual": False,
                    "supplier_id": proposal.supplierinfo_id.id,
                }
            ],
        )
        line = self.env["purchase.order.line"].search(
            [("product_id", "=", self.product.id)]
        )
        self.assertEqual(line.order_id.partner_id, self.vendor)
        self.assertEqual(line.product_qty, proposal.order_qty)
        self.assertIn("Mill & Co is the only vendor", line.ecom_reason)
        self.assertEqual(proposal.state, "accepted")

    def test_computing_again_sees_the_request_and_proposes_nothing_more(self):
        self.plan(self.product).action_accept()
        again = self.plan(self.product)
        self.assertFalse(again.changed)
        self.assertEqual(again.order_qty, 0)
        self.assertEqual(again.requested, again.max_qty - 5)

    def test_a_colleague_can_be_asked_about_a_proposal(self):
        colleague = new_test_user(
            self.env,
            login="colleague",
            groups="ecom_inventory_opt.group_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        proposal = self.plan(self.product)
        proposal.activity_schedule(
            "mail.mail_activity_data_todo", user_id=colleague.id, summary="So many?"
        )
        self.assertEqual(proposal.activity_user_id, colleague)

    def test_a_proposal_is_decided_once(self):
        proposal = self.plan(self.product)
        proposal.action_accept()
        with self.assertRaisesRegex(UserError, "decided already"):
            proposal.action_accept()

    def test_what_a_person_set_is_left_alone_and_said(self):
        self.plan(self.product).action_accept()
        rule = self.env["stock.warehouse.orderpoint"].search(
            [("product_id", "=", self.product.id)]
        )
        rule.write({"product_min_qty": 3, "product_max_qty": 4})
        self.assertTrue(rule.ecom_manual)
        proposal = self.plan(self.product)
        self.assertTrue(proposal.manual)
        self.assertIn("set by hand to 3 / 4", proposal.explanation)
        notice = proposal.action_accept_selected()
        self.assertIn("1 were set by hand", notice["params"]["message"])
        self.assertEqual(rule.product_max_qty, 4)
        proposal.action_accept()
        self.assertEqual(rule.product_max_qty, proposal.max_qty)
        self.assertFalse(rule.ecom_manual)

    def test_a_change_after_the_computation_is_noticed_as_well(self):
        self.plan(self.product).action_accept()
        self.sell(self.product, [40] * 6)
        proposal = self.plan(self.product)
        self.assertFalse(proposal.manual)
        proposal.orderpoint_id.product_max_qty = 777
        proposal.action_accept_selected()
        self.assertEqual(proposal.orderpoint_id.product_max_qty, 777)
        self.assertTrue(proposal.manual)

    def test_refusing_leaves_the_rule_as_it_is(self):
        proposal = self.plan(self.product)
        proposal.action_refuse()
        self.assertFalse(proposal.orderpoint_id)
        self.assertEqual(proposal.decided_by_id, self.env.user)
