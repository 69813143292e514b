"""What segments have in common."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestOverlap(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.segment(include_ids=(cls.anna + cls.bert).ids)
        cls.second = cls.segment(include_ids=(cls.bert + cls.cleo).ids)
        cls.third = cls.segment(include_ids=cls.bert.ids)
        cls.all = cls.first | cls.second | cls.third
        for segment in cls.all:
            segment.partner_domain = "[('id', '=', 0)]"
        cls.all.action_refresh()

    def rows(self, action):
        rows = self.env[action["res_model"]].search([])
        return {
            (row.segment_id, row.other_id): (
                row.only_count,
                row.both_count,
                row.other_only_count,
            )
            for row in rows
        }

    def test_each_pair_of_chosen_segments_is_counted(self):
        rows = self.rows(self.all.action_view_overlap())
        self.assertEqual(len(rows), 3 * 2)
        self.assertEqual(rows[self.first, self.second], (1, 1, 1))
        self.assertEqual(rows[self.first, self.third], (2 - 1, 1, 0))
        self.assertEqual(rows[self.third, self.first], (0, 1, 2 - 1))

    def test_one_segment_is_compared_with_all_of_its_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = self.segment(company_id=other.id)
        rows = self.rows(self.first.action_view_overlap())
        self.assertIn((self.first, self.second), rows)
        self.assertNotIn((self.second, self.first), rows)
        self.assertNotIn((self.first, elsewhere), rows)

    def test_a_second_look_replaces_the_first(self):
        self.all.action_view_overlap()
        rows = self.rows((self.first | self.second).action_view_overlap())
        self.assertEqual(len(rows), 2)

    def test_who_left_is_in_no_overlap(self):
        self.third.include_ids = False
        self.third.action_refresh()
        rows = self.rows(self.all.action_view_overlap())
        self.assertEqual(rows[self.first, self.third], (2, 0, 0))

    def test_the_contacts_in_both_can_be_opened(self):
        self.all.action_view_overlap()
        row = self.env["ecom.segment.overlap"].search(
            [("segment_id", "=", self.first.id), ("other_id", "=", self.second.id)]
        )
        action = row.action_view_both()
        self.assertEqual(self.env["res.partner"].search(action["domain"]), self.bert)

    def test_a_segment_alone_says_so(self):
        company = self.env["res.company"].create({"name": "Other"})
        with self.assertRaisesRegex(UserError, "no other segment"):
            self.segment(company_id=company.id).action_view_overlap()

    def test_counts_of_many_segments_cost_one_query(self):
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.all._get_overlaps()
