"""Coupons of core's loyalty programs for the addressed of a campaign.

Run in the database with optional modules (``make test LAYER=odoo``); elsewhere, where
``loyalty`` is not installed, they are skipped.
"""

from unittest import SkipTest

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ecom_crm_segments.tests.common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestCoupons(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "loyalty.card" not in cls.env:
            raise SkipTest("the addon loyalty is not installed")
        cls.program = cls.env["loyalty.program"].create(
            {"name": "Ten off", "program_type": "coupons"}
        )
        people = cls.segment(partner_domain="[('name', 'in', ['Anna', 'Bert'])]")
        people.action_refresh()
        cls.campaign = cls.env["ecom.campaign"].create(
            {"name": "Coupons", "segment_id": people.id, "hold_out_share": 0}
        )
        cls.campaign.action_start()

    def issue(self):
        issue = self.env["ecom.coupon.issue"].create(
            {"campaign_id": self.campaign.id, "program": str(self.program.id)}
        )
        issue.action_issue()
        return self.program.coupon_ids

    def test_everybody_addressed_gets_one(self):
        self.assertTrue(self.campaign.has_coupons)
        self.assertEqual(self.issue().partner_id, self.anna | self.bert)

    def test_who_may_not_be_written_to_gets_none(self):
        self.bert.ecom_mail_consent = "refused"
        self.assertEqual(self.issue().partner_id, self.anna)

    def test_nobody_gets_two(self):
        self.issue()
        with self.assertRaises(UserError):
            self.issue()
        self.assertEqual(len(self.program.coupon_ids), 2)

    def test_coupons_that_were_issued_are_spent(self):
        self.campaign.write({"coupon_cost": 5, "budget": 100})
        self.issue()
        self.assertEqual(self.campaign.coupon_count, 2)
        self.assertEqual(self.campaign.spent, 2 * 5)
        self.assertEqual(self.campaign.remaining, 100 - 2 * 5)

    def test_coupons_beyond_the_budget_are_refused(self):
        self.campaign.write({"coupon_cost": 5, "budget": 2 * 5 - 1})
        with self.assertRaisesRegex(UserError, "May Go Beyond Budget"):
            self.issue()
        self.assertFalse(self.program.coupon_ids)
        self.campaign.over_budget_allowed = True
        self.assertEqual(len(self.issue()), 2)

    def test_the_budget_of_the_segment_counts_too(self):
        self.campaign.coupon_cost = 5
        self.campaign.segment_id.budget = 2 * 5 - 1
        with self.assertRaises(UserError):
            self.issue()
        self.campaign.segment_id.budget = 2 * 5
        self.assertEqual(len(self.issue()), 2)
