"""Tags follow members; a person's own tags stay. Salespeople hear who joined."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestSegmentFollowUp(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env["res.partner.category"].create({"name": "Regular"})
        cls.regulars = cls.segment(
            customer_domain="[('order_count', '>=', 2)]", tag_id=cls.tag.id
        )
        cls.order(cls.anna)
        cls.order(cls.anna)

    def setUp(self):
        super().setUp()
        self.follow()

    def tagged(self):
        self.env.invalidate_all()
        return (self.anna + self.bert + self.cleo).filtered(
            lambda partner: self.tag in partner.category_id
        )

    def join(self, partner):
        for _time in range(2):
            self.order(partner)
        self.env.flush_all()
        self.follow()

    def leave(self, partner):
        orders = self.env["sale.order"].search([("partner_id", "=", partner.id)])
        orders.state = "cancel"
        self.follow()

    def test_whoever_joins_gets_the_tag_and_loses_it_on_leaving(self):
        self.assertEqual(self.tagged(), self.anna)
        self.join(self.bert)
        self.assertEqual(self.tagged(), self.anna + self.bert)
        self.leave(self.anna)
        self.assertEqual(self.tagged(), self.bert)

    def test_a_tag_that_a_person_put_before_stays(self):
        self.bert.category_id = self.tag
        self.join(self.bert)
        self.leave(self.bert)
        self.assertIn(self.bert, self.tagged())

    def test_a_tag_that_a_person_put_again_stays(self):
        self.anna.category_id = [Command.unlink(self.tag.id)]
        self.anna.category_id = [Command.link(self.tag.id)]
        self.leave(self.anna)
        self.assertIn(self.anna, self.tagged())

    def test_a_tag_that_a_person_took_away_does_not_come_back(self):
        self.anna.category_id = [Command.unlink(self.tag.id)]
        self.order(self.anna)
        self.follow()
        self.assertFalse(self.tagged())

    def test_other_tags_are_left_alone(self):
        own = self.env["res.partner.category"].create({"name": "Own"})
        self.anna.category_id = [Command.link(own.id)]
        self.leave(self.anna)
        self.env.invalidate_all()
        self.assertEqual(self.anna.category_id, own)

    def test_another_segment_with_the_same_tag_keeps_it(self):
        other = self.segment(include_ids=self.anna.ids, tag_id=self.tag.id)
        other.partner_domain = "[('id', '=', 0)]"
        other.action_refresh()
        self.leave(self.anna)
        self.assertEqual(self.tagged(), self.anna)
        other.include_ids = False
        other.action_refresh()
        self.assertFalse(self.tagged())

    def test_another_tag_replaces_the_first_and_none_takes_it_away(self):
        gold = self.env["res.partner.category"].create({"name": "Gold"})
        self.regulars.tag_id = gold
        self.env.invalidate_all()
        self.assertEqual(self.anna.category_id, gold)
        self.regulars.tag_id = False
        self.env.invalidate_all()
        self.assertFalse(self.anna.category_id)

    def test_a_segment_that_is_deleted_takes_its_tags_along(self):
        self.regulars.unlink()
        self.assertFalse(self.tagged())

    def test_who_is_erased_keeps_no_tag_that_a_segment_put(self):
        own = self.env["res.partner.category"].create({"name": "Own"})
        self.anna.category_id = [Command.link(own.id)]
        self.anna._erase_profile()
        self.env.invalidate_all()
        self.assertEqual(self.anna.category_id, own)

    def test_the_salesperson_hears_who_joined(self):
        seller = self.env["res.users"].create({"name": "Seller", "login": "seller"})
        self.bert.user_id = seller
        self.regulars.write({"join_activity": True, "join_summary": "Thank"})
        self.join(self.bert)
        self.join(self.cleo)
        self.assertEqual(self.bert.activity_ids.user_id, seller)
        self.assertEqual(self.bert.activity_ids.summary, "Thank")
        self.assertEqual(self.cleo.activity_ids.user_id, self.env.user)

    def test_members_of_the_first_update_are_no_news(self):
        segment = self.segment(include_ids=self.anna.ids, join_activity=True)
        segment.action_refresh()
        self.assertFalse(self.anna.activity_ids)

    def test_of_too_many_the_log_tells(self):
        self.regulars.write({"join_activity": True, "join_limit": 1})
        for partner in (self.bert, self.bert, self.cleo, self.cleo):
            self.order(partner)
        self.follow()
        self.assertEqual(len((self.bert + self.cleo).activity_ids), 1)
        self.assertIn("1 more people joined", self.regulars.message_ids[0].body)
