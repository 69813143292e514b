"""What a campaign has done, against those it left out."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..algorithms import uplift
from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestCampaigns(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.env["res.partner"].create(
            [
                {"name": "Campaign Person", "email": f"p{number}@shop.example"}
                for number in range(60)
            ]
        )
        cls.addressed = cls.segment(partner_domain="[('name', '=', 'Campaign Person')]")
        cls.addressed.action_refresh()
        cls.campaign = cls.env["ecom.campaign"].create(
            {
                "name": "Spring",
                "segment_id": cls.addressed.id,
                "hold_out_share": 0.3,
                "days": 30,
            }
        )

    def arms(self):
        held = self.campaign.member_ids.filtered("held_out").partner_id
        return self.people - held, held

    def test_a_share_is_held_out_and_not_mailed(self):
        self.campaign.action_start()
        treated, held = self.arms()
        self.assertEqual(self.campaign.treated_count, len(treated))
        self.assertEqual(self.campaign.control_count, len(held))
        self.assertTrue(5 <= len(held) <= 35)
        mailed = set(self.campaign.mailing_list_id.contact_ids.mapped("email"))
        self.assertEqual(mailed, set(treated.mapped("email")))

    def test_the_digest_decides_who_is_held_out(self):
        self.campaign.action_start()
        key = f"ecom.campaign,{self.campaign.id}"
        expected = self.people.filtered(
            lambda person: uplift.is_held_out(key, str(person.id), 0.3)
        )
        self.assertEqual(self.arms()[1], expected)

    def test_effect_is_the_difference_of_both_groups(self):
        self.campaign.action_start()
        treated, held = self.arms()
        for person in treated[:20]:
            self.order(person, 50)
        for person in held[:2]:
            self.order(person, 10)
        self.campaign.action_measure()
        buyers = 20 / len(treated) - 2 / len(held)
        revenue = 20 * 50 / len(treated) - 2 * 10 / len(held)
        self.assertAlmostEqual(self.campaign.uplift, buyers, 6)
        self.assertAlmostEqual(self.campaign.revenue_uplift, revenue, 2)
        self.assertLess(self.campaign.uplift_low, buyers)
        self.assertGreater(self.campaign.uplift_high, buyers)
        self.assertAlmostEqual(
            self.campaign.additional_revenue, revenue * len(treated), 0
        )

    def test_orders_before_and_after_the_campaign_do_not_count(self):
        self.campaign.action_start()
        treated, _held = self.arms()
        self.order(treated[0], 50, days_ago=1)
        self.order(treated[1], 50, days_ago=-31)
        self.campaign.action_measure()
        self.assertEqual(self.campaign.treated_share, 0)

    def test_without_a_hold_out_nobody_can_tell(self):
        self.campaign.hold_out_share = 0
        self.campaign.action_start()
        self.order(self.people[0], 50)
        self.campaign.action_measure()
        self.assertEqual(self.campaign.uplift, 0)
        self.assertIn("Nobody was held out", self.campaign.result)

    def test_nothing_bought_proves_nothing(self):
        self.campaign.action_start()
        self.campaign.action_measure()
        self.assertIn("No effect is proven", self.campaign.result)

    def test_who_joins_the_segment_later_is_not_in_the_campaign(self):
        self.campaign.action_start()
        self.anna.name = "Campaign Person"
        self.addressed.action_refresh()
        self.assertNotIn(self.anna, self.campaign.member_ids.partner_id)

    def test_it_ends_when_its_time_is_over(self):
        self.campaign.action_start()
        self.campaign.date_start -= timedelta(days=31)
        self.env["ecom.campaign"]._cron_measure()
        self.assertEqual(self.campaign.state, "done")

    def start_another(self, name, **values):
        campaign = self.env["ecom.campaign"].create(
            {
                "name": name,
                "segment_id": self.addressed.id,
                "hold_out_share": 0,
                **values,
            }
        )
        campaign.action_start()
        return campaign

    def test_who_was_addressed_often_enough_is_left_in_peace(self):
        self.campaign.action_start()
        treated, held = self.arms()
        second = self.start_another("Second", cap_campaigns=1, cap_days=7)
        self.assertEqual(second.member_ids.partner_id, held)
        self.assertEqual(second.capped_count, len(treated))

    def test_campaigns_of_long_ago_do_not_count(self):
        self.campaign.action_start()
        self.campaign.date_start -= timedelta(days=8)
        second = self.start_another("Second", cap_campaigns=1, cap_days=7)
        self.assertEqual(second.capped_count, 0)

    def test_no_cap_addresses_everybody(self):
        self.campaign.action_start()
        second = self.start_another("Second", cap_campaigns=0)
        self.assertEqual(second.member_ids.partner_id, self.people)

    def test_where_nobody_is_left_it_does_not_start(self):
        self.start_another("First")
        with self.assertRaises(UserError):
            self.start_another("Second", cap_campaigns=1)

    def test_it_starts_once(self):
        self.campaign.action_start()
        with self.assertRaises(UserError):
            self.campaign.action_start()

    def test_an_empty_segment_has_nobody_to_address(self):
        empty = self.segment(partner_domain="[('name', '=', 'Nobody At All')]")
        campaign = self.env["ecom.campaign"].create(
            {"name": "Empty", "segment_id": empty.id}
        )
        with self.assertRaises(UserError):
            campaign.action_start()
