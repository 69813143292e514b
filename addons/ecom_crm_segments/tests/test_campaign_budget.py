"""Money is counted before it is spent."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestCampaignBudget(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        people = cls.anna + cls.bert + cls.cleo
        cls.target = cls.segment(partner_domain=f"[('id', 'in', {people.ids})]")
        cls.target.action_refresh()

    def campaign(self, **values):
        return self.env["ecom.campaign"].create(
            {
                "name": "Spring",
                "segment_id": self.target.id,
                "hold_out_share": 0,
                "cap_campaigns": 0,
                "mail_cost": 2,
                "other_cost": 10,
                **values,
            }
        )

    def send(self, campaign, partners):
        """Mails to the campaign's list that have left."""
        mailing = self.env["mailing.mailing"].create(campaign._prepare_mailing())
        self.env["mailing.trace"].create(
            [
                {
                    "mass_mailing_id": mailing.id,
                    "model": "res.partner",
                    "res_id": partner.id,
                    "sent_datetime": fields.Datetime.now(),
                }
                for partner in partners
            ]
        )
        self.env.invalidate_all()

    def test_a_mail_to_everybody_is_planned_and_nothing_spent(self):
        campaign = self.campaign(budget=100)
        self.assertEqual(campaign.planned, 10 + 3 * 2)
        self.assertEqual(campaign.spent, 0)
        self.assertEqual(campaign.remaining, 100)
        self.assertFalse(campaign.budget_warning)

    def test_mails_that_left_and_coupons_are_spent(self):
        campaign = self.campaign(budget=100, coupon_cost=5)
        campaign.action_start()
        self.send(campaign, self.anna + self.bert)
        campaign.coupon_count = 3
        self.assertEqual(campaign.mail_count, 2)
        self.assertEqual(campaign.spent, 10 + 2 * 2 + 3 * 5)
        self.assertEqual(campaign.remaining, 100 - (10 + 2 * 2 + 3 * 5))

    def test_a_campaign_that_would_go_beyond_does_not_start(self):
        campaign = self.campaign(budget=15)
        self.assertIn("budget of the campaign", campaign.budget_warning)
        with self.assertRaisesRegex(UserError, "Raise the budget"):
            campaign.action_start()
        self.assertEqual(campaign.state, "draft")

    def test_whoever_allows_it_may_go_beyond(self):
        campaign = self.campaign(budget=15, over_budget_allowed=True)
        campaign.action_start()
        self.assertEqual(campaign.state, "running")
        self.assertTrue(campaign.budget_warning)

    def test_without_a_budget_nothing_is_refused(self):
        campaign = self.campaign(mail_cost=1000)
        campaign.action_start()
        self.assertFalse(campaign.budget_warning)

    def test_a_second_mailing_is_refused_when_the_first_took_the_budget(self):
        campaign = self.campaign(budget=10 + 3 * 2)
        campaign.action_start()
        self.send(campaign, self.anna + self.bert + self.cleo)
        self.assertEqual(campaign.remaining, 0)
        with self.assertRaises(UserError):
            campaign.action_make_mailing()

    def test_all_campaigns_of_a_segment_share_its_budget(self):
        self.target.budget = 20
        first = self.campaign()
        first.action_start()
        self.send(first, self.anna)
        self.assertEqual(self.target.spent, 10 + 2)
        self.assertEqual(self.target.remaining, 20 - (10 + 2))
        second = self.campaign(budget=100)
        with self.assertRaisesRegex(UserError, "budget of the segment"):
            second.action_start()
        first.active = False
        self.env.invalidate_all()
        self.assertEqual(self.target.spent, 10 + 2)

    def test_costs_of_many_campaigns_cost_one_query(self):
        campaigns = self.env["ecom.campaign"].browse(
            [self.campaign().id for _number in range(5)]
        )
        self.env.flush_all()
        with self.assertQueryCount(1):
            campaigns._read_sent()
