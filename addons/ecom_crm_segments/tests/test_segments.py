"""Who is in a segment, since when, and why."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestSegments(SegmentsCommon):
    def test_figures_decide(self):
        self.order(self.anna, 100)
        self.order(self.bert, 5)
        self.follow()
        segment = self.segment(customer_domain="[('net_revenue', '>=', 50)]")
        segment.action_refresh()
        members = self.members(segment)
        self.assertIn(self.anna, members)
        self.assertNotIn(self.bert, members)

    def test_contacts_without_an_order_can_be_addressed_by_what_they_are(self):
        segment = self.segment(partner_domain="[('name', 'in', ['Anna', 'Bert'])]")
        segment.action_refresh()
        self.assertEqual(self.members(segment), self.anna | self.bert)

    def test_bought_something_so_often_within_days(self):
        self.order(self.anna, product=self.cup, days_ago=5)
        self.order(self.anna, product=self.cup, days_ago=20)
        self.order(self.bert, product=self.cup, days_ago=5)
        self.order(self.bert, product=self.cup, days_ago=400)
        self.order(self.cleo, product=self.tea, days_ago=5)
        self.order(self.cleo, product=self.tea, days_ago=6)
        self.follow()
        condition = {"product_ids": [Command.set(self.cup.ids)], "times": 2, "days": 30}
        segment = self.segment(behaviour_ids=[Command.create(condition)])
        segment.action_refresh()
        self.assertEqual(self.members(segment), self.anna)

    def test_did_not_buy(self):
        self.order(self.anna, product=self.cup)
        self.order(self.bert, product=self.tea)
        self.follow()
        everybody = f"[('partner_id', 'in', {(self.anna | self.bert).ids})]"
        segment = self.segment(
            customer_domain=everybody,
            behaviour_ids=[
                Command.create(
                    {"product_ids": [Command.set(self.cup.ids)], "negated": "yes"}
                )
            ],
        )
        segment.action_refresh()
        self.assertEqual(self.members(segment), self.bert)

    def test_category_counts_what_is_below_it(self):
        parent = self.env["product.category"].create({"name": "Kitchen"})
        child = self.env["product.category"].create(
            {"name": "Cups", "parent_id": parent.id}
        )
        self.cup.categ_id = child
        self.order(self.anna, product=self.cup)
        self.order(self.bert, product=self.tea)
        self.follow()
        segment = self.segment(
            behaviour_ids=[Command.create({"category_id": parent.id})]
        )
        segment.action_refresh()
        self.assertEqual(self.members(segment), self.anna)

    def test_channel_by_sales_team(self):
        team = self.env["crm.team"].create({"name": "Marketplace"})
        self.order(self.anna, team_id=team.id)
        self.order(self.bert)
        self.follow()
        segment = self.segment(behaviour_ids=[Command.create({"team_id": team.id})])
        segment.action_refresh()
        self.assertEqual(self.members(segment), self.anna)

    def test_always_in_and_never_in(self):
        segment = self.segment(
            partner_domain="[('name', 'in', ['Anna', 'Bert'])]",
            include_ids=[Command.set(self.cleo.ids)],
            exclude_ids=[Command.set(self.bert.ids)],
        )
        segment.action_refresh()
        self.assertEqual(self.members(segment), self.anna | self.cleo)
        joined = {m.partner_id: m.joined_because for m in segment.membership_ids}
        self.assertEqual(joined, {self.anna: "rule", self.cleo: "included"})

    def test_who_does_not_want_to_be_profiled_is_in_no_segment_of_behaviour(self):
        self.order(self.anna, 100)
        self.order(self.bert, 100)
        self.follow()
        self.anna.ecom_profiling_off = True
        segment = self.segment(customer_domain="[('net_revenue', '>=', 50)]")
        segment.action_refresh()
        self.assertNotIn(self.anna, self.members(segment))
        self.assertIn(self.bert, self.members(segment))

    def test_other_companies_figures_do_not_count(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.order(self.anna, 100)
        self.follow()
        segment = self.segment(
            company_id=other.id, customer_domain="[('net_revenue', '>=', 50)]"
        )
        segment.action_refresh()
        self.assertFalse(self.members(segment))

    # -- following ---------------------------------------------------------------------

    def test_live_members_join_and_leave_with_orders(self):
        segment = self.segment(customer_domain="[('order_count', '>=', 2)]")
        segment.action_refresh()
        self.order(self.anna)
        second = self.order(self.anna)
        self.follow()
        self.assertIn(self.anna, self.members(segment))
        second._action_cancel()
        self.follow()
        self.assertNotIn(self.anna, self.members(segment))
        history = segment.membership_ids.filtered(lambda m: m.partner_id == self.anna)
        self.assertEqual(history.joined_because, "rule")
        self.assertEqual(history.left_because, "rule")
        self.assertTrue(history.date_left)
        self.assertEqual(segment.member_count, len(self.members(segment)))

    def test_who_comes_back_has_two_memberships(self):
        segment = self.segment(partner_domain="[('name', '=', 'Anna')]")
        segment.action_refresh()
        self.anna.name = "Hanna"
        segment.action_refresh()
        self.anna.name = "Anna"
        segment.action_refresh()
        self.assertEqual(len(segment.membership_ids), 2)

    def test_static_members_stay_until_somebody_updates(self):
        segment = self.segment(live=False, customer_domain="[('order_count', '>=', 1)]")
        self.order(self.anna)
        self.follow()
        self.assertFalse(self.members(segment))
        segment.action_refresh()
        self.assertIn(self.anna, self.members(segment))

    def test_a_segment_that_fails_stops_no_other_and_says_so(self):
        bad = self.segment(customer_domain="[('order_count', '>=', 1)]")
        good = self.segment(customer_domain="[('order_count', '>=', 1)]")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ecom_segment SET customer_domain = %s WHERE id = %s",
            ["[('no_such_field', '=', 1)]", bad.id],
        )
        self.env.invalidate_all()
        self.order(self.anna)
        with self.assertLogs(
            "odoo.addons.ecom_crm_segments.models.ecom_segment", "ERROR"
        ):
            self.follow()
        self.assertIn(self.anna, self.members(good))
        self.assertIn("no_such_field", bad.problem)

    def test_archived_contacts_leave(self):
        segment = self.segment(partner_domain="[('name', '=', 'Anna')]")
        segment.action_refresh()
        self.anna.active = False
        segment.action_refresh()
        self.assertEqual(segment.membership_ids.left_because, "archived")

    # -- before saving -----------------------------------------------------------------

    def test_preview_counts_before_saving(self):
        draft = self.env["ecom.segment"].new(
            {"name": "Draft", "partner_domain": "[('name', 'in', ['Anna', 'Bert'])]"}
        )
        self.assertEqual(draft.preview_count, 2)
        self.assertEqual(draft.preview_ids._origin, self.anna | self.bert)

    def test_rules_that_cannot_be_read_are_refused(self):
        for text in ("[('no_such_field', '=', 1)]", "[(", "[('name', 'near', 1)]"):
            with self.subTest(text), self.assertRaises(ValidationError):
                self.segment(partner_domain=text)

    def test_overlap_of_two(self):
        first = self.segment(partner_domain="[('name', 'in', ['Anna', 'Bert'])]")
        second = self.segment(
            partner_domain="[('name', 'in', ['Bert', 'Cleo', 'Dora'])]"
        )
        (first | second).action_refresh()
        self.assertEqual(first._get_overlap(second), (2, 2, 1))

    def test_size_is_kept_for_each_day(self):
        segment = self.segment(partner_domain="[('name', '=', 'Anna')]")
        segment.action_refresh()
        segment.partner_domain = "[('name', 'in', ['Anna', 'Bert'])]"
        segment.action_refresh()
        self.assertEqual(segment.size_ids.mapped("member_count"), [2])

    def test_a_segment_of_a_campaign_cannot_be_deleted(self):
        segment = self.segment(partner_domain="[('name', '=', 'Anna')]")
        self.env["ecom.campaign"].create({"name": "C", "segment_id": segment.id})
        with self.assertRaises(UserError):
            segment.unlink()

    def test_queries_do_not_grow_with_members(self):
        counts = []
        # The first one only warms the caches.
        for names in (["Anna"], ["Anna"], ["Anna", "Bert", "Cleo"]):
            segment = self.segment(partner_domain=f"[('name', 'in', {names})]")
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            segment.action_refresh()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
