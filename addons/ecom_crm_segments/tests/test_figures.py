"""What is known of a customer is what the orders say, whoever changed them."""

from odoo import fields
from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestFigures(SegmentsCommon):
    def refresh(self):
        self.env.flush_all()
        self.refresher._refresh()

    def test_figures_are_sums_of_confirmed_orders(self):
        self.order(self.anna, 30, days_ago=40)
        self.order(self.anna, 50, days_ago=10)
        self.order(self.anna, 999, state="draft")
        self.refresh()
        figures = self.figures(self.anna)
        self.assertEqual(figures.order_count, 2)
        self.assertEqual(figures.revenue, 30 + 50)
        self.assertEqual(figures.average_basket, (30 + 50) / 2)
        self.assertAlmostEqual(figures.order_gap, 40 - 10, 1)

    def test_whoever_did_not_order_has_no_figures(self):
        self.order(self.anna, state="draft")
        self.refresh()
        self.assertFalse(self.figures(self.anna))

    def test_orders_of_people_count_for_their_company(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        people = self.env["res.partner"].create(
            [{"name": name, "parent_id": firm.id} for name in ("One", "Two")]
        )
        for person, amount in zip(people, (10, 20), strict=True):
            self.order(person, amount)
        self.refresh()
        self.assertEqual(self.figures(firm).revenue, 10 + 20)
        self.assertFalse(self.figures(people[0]))

    def test_other_currencies_are_converted_at_the_rate_of_the_order(self):
        currency = self.env["res.currency"].create({"name": "XTS", "symbol": "T"})
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": 4, "name": "2020-01-01"}
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "XTS", "currency_id": currency.id}
        )
        self.order(self.anna, 100, pricelist_id=pricelist.id)
        self.refresh()
        self.assertEqual(self.figures(self.anna).revenue, 100 / 4)

    def test_each_company_has_figures_of_its_own(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.order(self.anna, 10)
        self.order(self.anna, 70, company_id=other.id)
        self.refresh()
        self.assertEqual(self.figures(self.anna).revenue, 10)
        self.assertEqual(self.figures(self.anna, other).revenue, 70)

    def test_refunds_larger_than_orders_are_negative_revenue(self):
        self.order(self.anna, 10)
        journal = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", self.company.id)], limit=1
        )
        if not journal:
            self.skipTest("the company has no chart of accounts")
        refund = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.anna.id,
                "invoice_line_ids": [
                    fields.Command.create(
                        {"name": "Back", "price_unit": 25, "tax_ids": False}
                    )
                ],
            }
        )
        refund.action_post()
        self.follow()
        figures = self.figures(self.anna)
        self.assertEqual(figures.refund_amount, 25)
        self.assertEqual(figures.net_revenue, 10 - 25)
        self.assertEqual(figures.value_class, "c")

    def test_an_archived_contact_keeps_its_figures(self):
        self.order(self.anna, 10)
        self.anna.active = False
        self.refresh()
        self.assertEqual(self.figures(self.anna).order_count, 1)

    # -- following orders --------------------------------------------------------------

    def test_a_confirmed_order_counts_at_once(self):
        order = self.order(self.anna, 10, state="draft")
        self.follow()
        self.assertFalse(self.figures(self.anna))
        order.action_confirm()
        self.follow()
        self.assertEqual(self.figures(self.anna).revenue, 10)

    def test_a_changed_line_counts_at_once(self):
        order = self.order(self.anna, 10)
        self.follow()
        order.order_line.price_unit = 35
        self.follow()
        self.assertEqual(self.figures(self.anna).revenue, 35)

    def test_a_cancelled_order_takes_the_figures_away(self):
        order = self.order(self.anna, 10)
        self.follow()
        order._action_cancel()
        self.follow()
        self.assertFalse(self.figures(self.anna))

    def test_an_order_that_changes_hands_counts_for_the_new_customer(self):
        order = self.order(self.anna, 10)
        self.follow()
        order.partner_id = self.bert
        self.follow()
        self.assertFalse(self.figures(self.anna))
        self.assertEqual(self.figures(self.bert).revenue, 10)

    def test_merged_contacts_are_one_customer(self):
        self.order(self.anna, 10)
        self.order(self.bert, 30)
        self.follow()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.anna | self.bert).ids, self.anna)
        self.follow()
        self.assertEqual(self.figures(self.anna).revenue, 10 + 30)
        self.assertEqual(self.figures(self.anna).order_count, 2)

    def test_incremental_figures_equal_those_of_a_full_refresh(self):
        for partner, amounts in (
            (self.anna, (10, 40)),
            (self.bert, (20,)),
            (self.cleo, (5, 5, 5)),
        ):
            for number, amount in enumerate(amounts):
                self.order(partner, amount, days_ago=number * 30)
        self.refresh()
        self.order(self.bert, 70)
        self.follow()
        names = ["order_count", "revenue", "net_revenue", "average_basket", "order_gap"]
        known = self.figures(self.bert).read(names)
        self.refresh()
        self.assertEqual(known, self.figures(self.bert).read(names))

    def test_a_refresh_writes_only_what_differs(self):
        self.order(self.anna, 10)
        self.refresh()
        before = self._row_versions()
        self.refresh()
        self.assertEqual(self._row_versions(), before)

    def _row_versions(self):
        self.env.cr.execute("SELECT id, ctid::text FROM ecom_customer ORDER BY id")
        return self.env.cr.fetchall()

    def test_queries_do_not_grow_with_customers(self):
        self.order(self.anna, 10)
        self.refresh()
        counts = []
        for partners in (self.anna, self.anna | self.bert | self.cleo):
            for partner in partners:
                self.order(partner, 10)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.refresher._refresh(partners.ids)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_contact_shows_its_customers_figures(self):
        person = self.env["res.partner"].create(
            {"name": "Delivery", "parent_id": self.anna.id}
        )
        self.order(self.anna, 10)
        self.refresh()
        self.assertEqual(person.ecom_customer_id, self.figures(self.anna))
