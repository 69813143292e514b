"""Who may see and do what; jobs run with least rights."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestCrmSecurity(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env, "segments_user", groups="ecom_crm_segments.group_user"
        )
        cls.manager = new_test_user(
            cls.env, "segments_manager", groups="ecom_crm_segments.group_manager"
        )
        cls.seller = new_test_user(
            cls.env, "just_sells", groups="sales_team.group_sale_salesman"
        )

    def test_sellers_without_the_role_see_no_figures(self):
        with self.assertRaises(AccessError):
            self.customers.with_user(self.seller).search([])

    def test_sellers_without_the_role_sell_as_before(self):
        order = self.order(self.anna, state="draft", user_id=self.seller.id)
        order.with_user(self.seller).action_confirm()
        self.follow()
        self.assertEqual(self.figures(self.anna).order_count, 1)

    def test_sellers_without_the_role_open_contacts_as_before(self):
        view = self.env["res.partner"].with_user(self.seller).get_view(view_type="form")
        self.assertNotIn("ecom_customer_ids", view["arch"])

    def test_users_see_and_change_nothing(self):
        segment = self.segment(partner_domain="[('name', '=', 'Anna')]")
        self.assertTrue(segment.with_user(self.user).read(["name", "preview_count"]))
        with self.assertRaises(AccessError):
            segment.with_user(self.user).write({"name": "Mine"})
        with self.assertRaises(AccessError):
            segment.with_user(self.user).action_refresh()

    def test_managers_define_segments_and_run_campaigns(self):
        segments = self.env["ecom.segment"].with_user(self.manager)
        segment = segments.create(
            {"name": "Mine", "partner_domain": "[('name', '=', 'Anna')]"}
        )
        segment.action_refresh()
        segment.action_make_mailing_list()
        campaign = (
            self.env["ecom.campaign"]
            .with_user(self.manager)
            .create({"name": "Mine", "segment_id": segment.id, "hold_out_share": 0})
        )
        campaign.action_start()
        campaign.action_measure()
        self.assertEqual(campaign.treated_count, 1)

    def test_figures_of_other_companies_are_not_seen(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.order(self.anna, company_id=other.id, order_line=False)
        self.refresher._refresh()
        self.assertTrue(self.figures(self.anna, other))
        seen = self.customers.with_user(self.user).search([])
        self.assertNotIn(other, seen.company_id)

    def test_the_jobs_user_sees_new_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        user = self.env.ref("ecom_crm_segments.user_technical")
        self.assertIn(other, user.company_ids)

    def test_jobs_run_as_their_user(self):
        self.order(self.anna)
        self.segment(customer_domain="[('order_count', '>=', 1)]")
        rule = self.env["ecom.alert.rule"].create({"kind": "first_buyer"})
        self.env.cr.precommit.run()
        for name in (
            "refresh",
            "refresh_all",
            "predict",
            "sync_lists",
            "measure",
            "resolve",
            "affinity",
            "cluster",
            "alert",
            "next_product",
        ):
            with self.subTest(name), self.enter_registry_test_mode():
                cron = self.env.ref(f"ecom_crm_segments.ir_cron_{name}")
                self.assertEqual(cron.user_id.login, "ecom_crm_segments_jobs")
                cron.method_direct_trigger()
        self.assertTrue(self.figures(self.anna))
        self.assertTrue(self.anna.activity_ids)
        self.assertFalse(rule.problem)
