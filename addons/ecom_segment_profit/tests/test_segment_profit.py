from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_finance_recon.tests.common import (
    SettlementCommon,
    fee,
    price,
    v1_file,
)


@tagged("post_install", "-at_install")
class TestSegmentProfit(SettlementCommon):
    """What the customers of a segment bring, after all costs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("ecom_crm_segments.group_manager")
        cls.buyers = cls.segment("Buyers", [("id", "=", cls.partner_a.id)])
        cls.others = cls.segment("Others", [("id", "=", cls.partner_b.id)])
        cls.first = cls.order("1", 100)
        cls.second = cls.order("2", 50, partner_id=cls.partner_b.id)
        rows = [price("1", "Principal", "100.00"), fee("1", "Commission", "-10.00")]
        cls.receive(v1_file("S1", "90.00", rows))
        cls.env["ecom.customer.refresher"]._refresh()

    @classmethod
    def segment(cls, name, domain):
        return cls.env["ecom.segment"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "partner_domain": repr(domain),
            }
        )

    def rows(self, segment):
        self.env.flush_all()
        return self.env["ecom.segment.profit"].search([("segment_id", "=", segment.id)])

    def test_orders_of_members_count_with_all_that_they_cost(self):
        (self.buyers + self.others).action_refresh()
        self.assertRecordValues(
            self.rows(self.buyers),
            [
                {
                    "order_id": self.first.id,
                    "revenue": 100,
                    "fees": -10,
                    "contribution": 90,  # 100 - 10
                }
            ],
        )
        self.assertEqual(self.rows(self.others).contribution, 50)

    def test_person_at_a_company_counts_with_the_company(self):
        person = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.partner_a.id}
        )
        self.order("3", 30, partner_id=person.id)
        self.buyers._refresh_members()
        self.assertEqual(
            sum(self.rows(self.buyers).mapped("contribution")),
            120,  # 90 + 30
        )

    def test_who_left_the_segment_counts_no_more(self):
        self.buyers._refresh_members()
        self.buyers.partner_domain = repr([("id", "=", self.partner_b.id)])
        self.buyers._refresh_members()
        self.assertEqual(self.rows(self.buyers).order_id, self.second)

    def test_profit_is_grouped_by_what_is_known_of_customers(self):
        customers = self.env["ecom.customer"].search(
            [("partner_id", "in", (self.partner_a + self.partner_b).ids)]
        )
        self.assertTrue(all(customers.mapped("value_class")))
        for model, amount in (
            ("ecom.order.profit", "contribution"),
            ("ecom.profit.movement", "amount"),
        ):
            found = dict(
                self.env[model]._read_group(
                    [("order_id", "in", (self.first + self.second).ids)],
                    ["value_class"],
                    [f"{amount}:sum"],
                )
            )
            self.assertEqual(sum(found.values()), 140)  # 90 + 50
            self.assertEqual(set(found), set(customers.mapped("value_class")))

    def test_accountant_reads_the_report_and_no_members(self):
        self.buyers._refresh_members()
        accountant = new_test_user(
            self.env,
            "accountant",
            groups="base.group_user,account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        found = (
            self.env["ecom.segment.profit"]
            .with_user(accountant)
            .search([("segment_id", "=", self.buyers.id)])
        )
        self.assertEqual(found.segment_id.display_name, "Buyers")
        with self.assertRaises(AccessError):
            self.env["ecom.segment.membership"].with_user(accountant).search([])

    def test_other_company_sees_nothing_of_it(self):
        self.buyers._refresh_members()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="base.group_user,account.group_account_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(self.env["ecom.segment.profit"].with_user(stranger).search([]))
