"""Which policy counts, what it inherits, and what it lets happen by itself."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestReplenishmentPolicy(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policies = cls.env["ecom.replenishment.policy"]
        cls.root = cls.policies._ensure_root(cls.company)
        cls.category = cls.env["product.category"].create({"name": "Lamps"})
        cls.product = cls.make_product(categ_id=cls.category.id)
        cls.sell(cls.product, [10, 14, 6, 12, 8] * 6)

    def make_policy(self, **values):
        return self.policies.create(
            {
                "name": "Special",
                "company_id": self.company.id,
                "parent_id": self.root.id,
                **values,
            }
        )

    def test_the_first_computation_makes_a_policy_for_all(self):
        self.assertEqual(self.plan(self.product).policy_id, self.root)
        self.assertEqual(self.root.service_level, 95)

    def test_the_deepest_policy_that_fits_counts(self):
        lamps = self.make_policy(category_id=self.category.id, service_level=99)
        self.make_policy(partner_id=self.customer.id, service_level=50)
        fast = self.make_policy(parent_id=lamps.id, abc="A", service_level=99.5)
        before = self.plan(self.product)
        self.assertEqual(before.policy_id, fast)
        high = before.min_qty
        fast.abc = "C"
        self.assertEqual(self.plan(self.product).policy_id, lamps)
        lamps.service_level = 60
        self.assertLess(self.plan(self.product).min_qty, high)

    def test_a_branch_needs_what_the_policy_above_needs(self):
        elsewhere = self.env["product.category"].create({"name": "Chairs"})
        chairs = self.make_policy(category_id=elsewhere.id)
        self.make_policy(parent_id=chairs.id, abc="A")
        self.assertEqual(self.plan(self.product).policy_id, self.root)

    def test_what_is_empty_is_inherited(self):
        child = self.make_policy(service_level=99)
        settings = child._get_settings()
        self.assertEqual(settings["service_level"], 99)
        self.assertEqual(settings["holding_rate"], self.root.holding_rate)
        self.root.holding_rate = 31
        self.assertEqual(child._get_settings()["holding_rate"], 31)

    def test_a_policy_does_not_inherit_from_below_itself(self):
        child = self.make_policy()
        with self.assertRaises(UserError):
            self.root.parent_id = child

    def test_costs_decide_the_service_when_a_missing_unit_has_a_price(self):
        self.root.write(
            {"service_kind": "cost", "stockout_cost": 0.05, "order_cost": 5}
        )
        cheap = self.plan(self.product).min_qty
        self.root.stockout_cost = 500
        self.assertGreater(self.plan(self.product).min_qty, cheap)

    def test_different_meanings_of_service_in_one_computation(self):
        other = self.make_product("Chair")
        self.sell(other, [10, 14, 6, 12, 8] * 6)
        self.make_policy(category_id=self.category.id, service_kind="fill")
        proposals = self.plan(self.product | other)
        self.assertEqual(len(proposals), 2)
        fill = proposals.filtered(lambda p: p.product_id == self.product)
        self.assertGreaterEqual(fill.fill_rate, 95 - 0.5)

    def test_automatic_within_the_limits_only(self):
        self.plan(self.product)
        self.assertFalse(self.plan(self.product).automatic)
        self.root.write({"automatic": "yes", "automatic_value": 1.0})
        self.assertFalse(self.plan(self.product).automatic, "worth more than 1.00")
        self.root.automatic_value = 1e6
        proposal = self.plan(self.product)
        self.assertTrue(proposal.automatic)
        self.planner._accept_automatically(self.company)
        self.assertEqual(proposal.state, "accepted")

    def test_automatic_never_touches_what_a_person_set(self):
        self.root.write({"automatic": "yes", "automatic_value": 1e6})
        rule = self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.product.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "company_id": self.company.id,
                "product_min_qty": 1,
                "product_max_qty": 2,
            }
        )
        self.assertFalse(self.plan(self.product).automatic)
        self.planner._accept_automatically(self.company)
        self.assertEqual(rule.product_max_qty, 2)

    def test_a_large_change_waits_for_a_person(self):
        self.plan(self.product).action_accept()
        self.root.write({"automatic": "yes", "automatic_change": 10})
        self.sell(self.product, [60] * 6)
        proposal = self.plan(self.product)
        self.assertGreater(proposal.max_qty, proposal.max_before * 1.1)
        self.assertFalse(proposal.automatic)

    def test_the_job_goes_on_after_a_company_that_fails(self):
        planned = []
        broken, content = self.company, "what a row contains"

        def plan(_self, company, products=None):
            planned.append(company)
            if company == broken:
                raise ValueError(content)
            return 0

        self.patch(type(self.planner), "_plan", plan)
        logger = "odoo.addons.ecom_inventory_opt.models.ecom_replenishment_planner"
        cron = self.env.ref("ecom_inventory_opt.ir_cron_plan")
        with self.assertLogs(logger, "ERROR") as log, self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(len(planned), self.env["res.company"].search_count([]))
        # The kind of error and the company, nothing of what was computed.
        self.assertIn(f"company {broken.id} failed: ValueError", log.output[0])
        self.assertNotIn(content, log.output[0])

    def runs(self):
        return self.env["ecom.replenishment.run"].search(
            [("company_id", "=", self.company.id)]
        )

    def test_a_computation_that_fails_is_told_once_until_it_succeeds(self):
        manager = new_test_user(
            self.env,
            login="manager2",
            groups="ecom_inventory_opt.group_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        logger = "odoo.addons.ecom_inventory_opt.models.ecom_replenishment_planner"
        with patch.object(type(self.planner), "_plan", side_effect=KeyError("secret")):
            for _night in range(2):
                with self.assertLogs(logger, "ERROR"):
                    self.planner._plan_safely(self.company)
        first = self.runs()[-1]
        self.assertEqual(self.runs().mapped("state"), ["failed", "failed"])
        self.assertIn("KeyError", first.problem)
        self.assertNotIn("secret", first.problem)
        told = self.runs().activity_ids.filtered(lambda a: a.user_id == manager)
        self.assertEqual(told.res_id, first.id)
        run = self.planner._plan_safely(self.company)
        self.assertEqual((run.state, run.problem), ("done", False))
        self.assertEqual(run.pair_count, len(self.plan()))
        self.assertFalse(self.runs().activity_ids)

    def test_an_acceptance_that_fails_leaves_the_proposals(self):
        logger = "odoo.addons.ecom_inventory_opt.models.ecom_replenishment_planner"
        failing = patch.object(
            type(self.planner),
            "_accept_automatically",
            side_effect=UserError("The period is closed."),
        )
        with failing, self.assertLogs(logger, "ERROR"):
            run = self.planner._plan_safely(self.company)
        self.assertEqual(run.problem, "The period is closed.")
        self.assertTrue(
            self.env["ecom.replenishment.proposal"].search_count(
                [("company_id", "=", self.company.id), ("state", "=", "open")]
            )
        )
