"""Alerts: the right customers, an activity each, never twice."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestAlerts(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Alert Shop"})
        cls.env.user.company_ids = [Command.link(cls.company.id)]
        cls.seller = new_test_user(
            cls.env,
            "alerted_seller",
            groups="ecom_crm_segments.group_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def sell(self, partner, amount, days_ago=0):
        return self.order(partner, amount, days_ago, company_id=self.company.id)

    def rule(self, kind, **values):
        return self.env["ecom.alert.rule"].create(
            {
                "company_id": self.company.id,
                "kind": kind,
                "user_id": self.seller.id,
                **values,
            }
        )

    def tell(self, rule):
        """Contacts that are told of now."""
        self.refresher._refresh()
        return rule._tell().partner_id

    def put(self, partner, **figures):
        """Set figures that only a prediction would."""
        self.refresher._refresh()
        self.figures(partner, self.company).write(figures)

    def test_valued_customers_about_to_leave(self):
        self.sell(self.anna, 1000, days_ago=90)
        self.sell(self.bert, 10, days_ago=90)
        self.put(self.anna, churn_risk="high", value_class="a")
        self.put(self.bert, churn_risk="high", value_class="c")
        self.assertEqual(self.rule("leaving")._tell().partner_id, self.anna)
        activity = self.anna.activity_ids.ensure_one()
        self.assertEqual(activity.user_id, self.seller)
        self.assertEqual(activity.summary, "Valued customer about to leave")

    def test_a_silence_is_told_once_and_the_next_one_again(self):
        self.sell(self.anna, 1000, days_ago=90)
        rule = self.rule("leaving")
        self.put(self.anna, churn_risk="high", value_class="a")
        self.assertTrue(rule._tell())
        self.anna.activity_ids.action_feedback()
        self.assertFalse(rule._tell())
        self.sell(self.anna, 1000, days_ago=40)
        self.put(self.anna, churn_risk="high", value_class="a")
        self.assertTrue(rule._tell())

    def test_first_orders_of_the_week(self):
        self.sell(self.anna, 50, days_ago=3)
        self.sell(self.bert, 50, days_ago=8)
        rule = self.rule("first_buyer")
        self.assertEqual(self.tell(rule), self.anna)
        self.assertFalse(self.tell(rule))

    def test_large_orders_are_compared_with_the_customers_own(self):
        for partner, last in ((self.anna, 300), (self.bert, 299), (self.cleo, 300)):
            # Usually (100 + 100) / 2: three times that is 300.
            if partner != self.cleo:
                self.sell(partner, 100, days_ago=60)
            self.sell(partner, 100, days_ago=40)
            self.sell(partner, last, days_ago=1)
        rule = self.rule("big_buyer", threshold=3)
        self.assertEqual(self.tell(rule), self.anna)
        self.sell(self.anna, 900)
        self.assertEqual(self.tell(rule), self.anna)

    def test_serial_returners(self):
        self.sell(self.anna, 100)
        self.sell(self.bert, 100)
        self.refresher._refresh()
        for partner, count, amount in ((self.anna, 3, 50), (self.bert, 2, 90)):
            figures = self.figures(partner, self.company)
            figures.write({"refund_count": count, "refund_amount": amount})
        rule = self.rule("returner", threshold=0.5)
        self.assertEqual(rule._tell().partner_id, self.anna)
        self.assertFalse(rule._tell())

    def test_segments_that_shrink(self):
        segment = self.segment(
            company_id=self.company.id,
            partner_domain="[('name', 'in', ['Anna', 'Bert', 'Cleo'])]",
        )
        segment.action_refresh()
        before = segment.size_ids
        before.date = fields.Date.context_today(before) - timedelta(days=10)
        self.cleo.name = "Somebody"
        segment.action_refresh()
        rule = self.rule("shrinking", threshold=1 / 3, days=30)
        self.assertEqual(rule._tell().segment_id, segment)
        self.assertEqual(segment.activity_ids.user_id, self.seller)
        self.assertFalse(rule._tell())

    def test_the_salesperson_of_the_contact_is_told(self):
        other = new_test_user(
            self.env,
            "own_seller",
            groups="ecom_crm_segments.group_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.anna.user_id = other
        self.sell(self.anna, 50)
        self.tell(self.rule("first_buyer"))
        self.assertEqual(self.anna.activity_ids.user_id, other)

    def test_the_most_important_first_the_others_the_next_day(self):
        self.sell(self.anna, 10)
        self.sell(self.bert, 30)
        self.sell(self.cleo, 20)
        rule = self.rule("first_buyer", at_most=2)
        self.assertEqual(self.tell(rule), self.bert | self.cleo)
        self.assertEqual(self.tell(rule), self.anna)

    def test_who_is_not_profiled_is_not_told_of(self):
        self.sell(self.anna, 50)
        self.anna.ecom_profiling_off = True
        self.assertFalse(self.tell(self.rule("first_buyer")))

    def test_a_rule_that_fails_says_so_and_stops_no_other(self):
        broken, good = self.rule("leaving"), self.rule("first_buyer")
        self.patch(
            self.env.registry["ecom.alert.rule"],
            "_find_leaving",
            lambda rule: 1 / 0,
        )
        self.sell(self.anna, 50)
        self.refresher._refresh()
        with self.assertLogs("odoo.addons.ecom_crm_segments", "ERROR"):
            (broken | good).action_tell()
        self.assertIn("division by zero", broken.problem)
        self.assertEqual(good.alert_count, 1)
