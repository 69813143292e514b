from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import SettlementCommon, price, v1_file


@tagged("post_install", "-at_install")
class TestSecurity(SettlementCommon):
    """Accountants work with settlements; others do not; companies are apart."""

    def setUp(self):
        super().setUp()
        self.order("1", 100)
        rows = [price("1", "Principal", "100.00")]
        self.settlement = self.receive(v1_file("S1", "100.00", rows)).settlement_ids

    def make_user(self, groups):
        return new_test_user(
            self.env,
            f"user-{groups}",
            groups=groups,
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )

    def test_accountant_without_any_role_in_channels_posts_and_rolls_back(self):
        accountant = self.make_user("base.group_user,account.group_account_invoice")
        settlement = self.settlement.with_user(accountant)
        settlement.action_post()
        self.assertEqual((settlement.state, settlement.error), ("posted", False))
        settlement._roll_back("not yet")
        self.assertEqual(settlement.state, "draft")

    def test_reader_reads_and_cannot_post(self):
        reader = self.make_user("base.group_user,account.group_account_readonly")
        settlement = self.settlement.with_user(reader)
        self.assertEqual(settlement.total, 100)
        self.assertEqual(settlement.part_ids.amount, 100)
        with self.assertRaises(AccessError):
            settlement.action_post()
        self.assertFalse(self.settlement.move_ids)

    def test_sales_people_see_no_settlements(self):
        seller = self.make_user("base.group_user,ecom_orders.group_user")
        with self.assertRaises(AccessError):
            self.settlement.with_user(seller).read(["total"])

    def test_order_desk_still_reads_the_whole_channel(self):
        seller = self.make_user("base.group_user,ecom_orders.group_user")
        (values,) = self.channel.with_user(seller).read()
        self.assertEqual(values["name"], self.channel.name)
        self.assertNotIn("settlement_account_ids", values)

    def test_other_company_sees_nothing(self):
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="base.group_user,account.group_account_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        model = self.env["ecom.settlement"].with_user(stranger)
        self.assertFalse(model.search([]))
        parts = self.env["ecom.settlement.part"].with_user(stranger)
        self.assertFalse(parts.search([]))
        with self.assertRaises(AccessError):
            self.settlement.with_user(stranger).read(["total"])
