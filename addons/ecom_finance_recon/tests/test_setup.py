from odoo.tests import tagged

from ..booking.purposes import PURPOSES
from .common import SettlementCommon


@tagged("post_install", "-at_install")
class TestSetup(SettlementCommon):
    """Accounts are proposed by their type, on whatever chart there is."""

    def test_every_purpose_gets_an_account_of_its_type(self):
        rows = self.channel.settlement_account_ids
        self.assertEqual(set(rows.mapped("purpose")), set(PURPOSES))
        for row in rows:
            purpose = PURPOSES[row.purpose]
            self.assertEqual(row.account_id.account_type, purpose.account_type)
            if purpose.reconcile:
                self.assertTrue(row.account_id.reconcile)
        self.assertEqual(self.channel.settlement_journal_id.type, "general")

    def test_second_run_changes_nothing(self):
        before = self.channel.settlement_account_ids.mapped("account_id")
        self.set_up(self.company.currency_id)
        self.assertEqual(self.channel.settlement_account_ids.account_id, before)

    def test_other_channel_shares_fee_accounts_but_not_its_clearing(self):
        first = self.channel
        second = first.copy({"name": "Second"})
        setup = self.env["ecom.settlement.setup"].create(
            {"channel_id": second.id, "currency_id": self.company.currency_id.id}
        )
        setup.action_apply()
        accounts = second._get_settlement_accounts(self.company.currency_id)
        self.assertEqual(accounts["fee_commission"], self.account("fee_commission"))
        self.assertNotEqual(accounts["clearing"], self.account("clearing"))
        self.assertNotEqual(second.settlement_journal_id, first.settlement_journal_id)

    def test_account_that_a_person_chooses_is_used(self):
        chosen = self.company_data["default_account_expense"]
        setup = self.env["ecom.settlement.setup"].create(
            {
                "channel_id": self.channel.id,
                "currency_id": self.company.currency_id.id,
                "journal_id": self.channel.settlement_journal_id.id,
            }
        )
        line = setup.line_ids.filtered(lambda one: one.purpose == "fee_commission")
        line.account_id = chosen
        setup.action_apply()
        self.assertEqual(self.account("fee_commission"), chosen)
