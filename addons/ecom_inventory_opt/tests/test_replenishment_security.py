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
        for record in (self.proposal, self.proposal.policy_id):
            model = self.env[record._name].with_user(user)
            found = model.with_context(allowed_company_ids=other.ids).search([])
            self.assertNotIn(record, found)
