"""Who may do what, and in which company."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestReplenishmentSecurity(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()
        cls.sell(cls.product, [10] * 30)
        cls.proposal = cls.plan(cls.product)
        cls.user = cls.make_user("planner", "ecom_inventory_opt.group_user")

    @classmethod
    def make_user(cls, login, groups, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login=login,
            groups=groups,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )

    def test_a_planner_accepts(self):
        self.proposal.with_user(self.user).action_accept()
        self.assertEqual(self.proposal.state, "accepted")
        self.assertEqual(self.proposal.decided_by_id, self.user)

    def test_a_planner_computes(self):
        proposals = self.env["ecom.replenishment.proposal"].with_user(self.user)
        proposals.with_context(allowed_company_ids=self.company.ids).action_compute()
        self.assertEqual(self.proposal.state, "open")

    def test_a_planner_replays_plans_purchases_and_sees_who_waits(self):
        def mine(record):
            context = {"allowed_company_ids": self.company.ids}
            return record.with_user(self.user).with_context(**context)

        curve = mine(self.env["ecom.exchange.curve"]).create(
            {"name": "Mine", "company_id": self.company.id, "weeks": 8}
        )
        curve.action_compute()
        self.assertTrue(curve.chart)
        self.assertTrue(mine(self.proposal).projection)
        action = mine(self.proposal).action_plan_purchase()
        plan = mine(self.env["ecom.purchase.plan"]).browse(action["res_id"])
        plan.action_request()
        self.assertEqual(plan.purchase_ids.partner_id, self.vendor)
        plan.purchase_ids.button_confirm()
        sale = self.env["sale.order"].create(
            self.prepare_order(self.product, 4, self.today)
        )
        sale.action_confirm()
        self.env.invalidate_all()
        coverage = mine(self.env["ecom.order.coverage"])
        self.assertEqual(coverage.search([]).sale_line_id, sale.order_line)
        self.assertEqual(plan.purchase_ids.ecom_waiting_count, 1)

    def test_a_planner_moves_stock_between_warehouses(self):
        north = self.env["stock.warehouse"].create(
            {"name": "North", "code": "NO", "company_id": self.company.id}
        )
        self.put_in_stock(self.product, 500, north)
        self.plan(self.product)
        row = self.env["ecom.stock.transfer"].search(
            [("product_id", "=", self.product.id)]
        )
        row.with_user(self.user).action_accept()
        self.assertEqual(row.picking_id.state, "assigned")

    def test_a_planner_does_not_change_policies(self):
        policy = self.proposal.policy_id
        with self.assertRaises(AccessError):
            policy.with_user(self.user).service_level = 50

    def test_who_works_in_the_warehouse_sees_but_does_not_decide(self):
        user = self.make_user("picker", "stock.group_stock_user")
        proposal = self.proposal.with_user(user)
        self.assertTrue(proposal.explanation)
        with self.assertRaises(AccessError):
            proposal.action_accept()

    def test_other_companies_see_nothing(self):
        other = self.env["res.company"].create({"name": "Another Ltd"})
        user = self.make_user("stranger", "ecom_inventory_opt.group_manager", other)
        curve = self.env["ecom.exchange.curve"].create(
            {"name": "Ours", "company_id": self.company.id}
        )
        plan = self.env["ecom.purchase.plan"].create(
            {"name": "Ours", "company_id": self.company.id}
        )
        sale = self.env["sale.order"].create(
            self.prepare_order(self.product, 4, self.today)
        )
        sale.action_confirm()
        coverage = self.env["ecom.order.coverage"].search([("order_id", "=", sale.id)])
        self.assertTrue(coverage)
        records = (self.proposal, self.proposal.policy_id, curve, plan, coverage)
        for record in records:
            model = self.env[record._name].with_user(user)
            found = model.with_context(allowed_company_ids=other.ids).search([])
            self.assertNotIn(record, found)
