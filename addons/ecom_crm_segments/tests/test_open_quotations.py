"""Baskets and quotations that wait for the customer, on the contact."""

from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestOpenQuotations(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order(cls.anna, 10, state="draft")
        cls.order(cls.anna, 30, state="sent")
        cls.order(cls.anna, 500)
        cls.order(cls.anna, 700, state="cancel")
        cls.env.flush_all()

    def test_what_is_neither_confirmed_nor_cancelled_counts(self):
        self.assertEqual(self.anna.ecom_open_quotation_count, 2)
        self.assertAlmostEqual(self.anna.ecom_open_quotation_amount, 10 + 30)
        self.assertEqual(self.bert.ecom_open_quotation_count, 0)

    def test_those_of_people_count_for_their_company(self):
        person = self.env["res.partner"].create(
            {"name": "Dora", "parent_id": self.anna.id}
        )
        self.order(person, 5, state="draft")
        for partner in (self.anna, person):
            self.assertEqual(partner.ecom_open_quotation_count, 2 + 1)

    def test_other_companies_quotations_do_not_count(self):
        company = self.env["res.company"].create({"name": "Other Shop"})
        self.order(self.anna, 90, state="draft", company_id=company.id)
        self.assertEqual(self.anna.ecom_open_quotation_count, 2)

    def test_other_currencies_are_converted(self):
        self.order(self.bert, 80, state="draft").currency_rate = 4
        self.assertAlmostEqual(self.bert.ecom_open_quotation_amount, 80 / 4)

    def test_they_can_be_opened(self):
        action = self.anna.action_view_open_quotations()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(sorted(found.mapped("amount_untaxed")), [10, 30])
