from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import SettlementCommon, other, price, v1_file


@tagged("post_install", "-at_install")
class TestChannelDue(SettlementCommon):
    """What channels owe, by age, from the ledger."""

    def post(self, days, *rows, total):
        """A posted settlement that ended so many days ago."""
        today = fields.Date.today()
        end, start = today - timedelta(days=days), today - timedelta(days=days + 14)
        content = v1_file(f"D{days}", total, rows, day=str(end), start=str(start))
        settlement = self.receive(content).settlement_ids
        settlement.action_post()
        self.assertEqual((settlement.state, settlement.error), ("posted", False))
        return settlement

    def due(self, *groups):
        self.env.flush_all()
        rows = self.env["ecom.channel.due"]._read_group(
            [("channel_id", "=", self.channel.id)], groups, ["amount:sum"]
        )
        return {tuple(row[:-1]): row[-1] for row in rows if round(row[-1], 2)}

    def test_payouts_and_reserves_by_age(self):
        self.order("1", 100), self.order("2", 50)
        self.post(40, price("1", "Principal", "100.00"), total="100.00")
        self.post(
            3,
            price("2", "Principal", "50.00"),
            other("Current Reserve Amount", "-20.00"),
            total="30.00",
        )
        self.assertEqual(
            self.due("purpose", "age"),
            {
                ("transit", "4"): 100.0,
                ("transit", "1"): 30.0,
                ("reserve", "1"): 20.0,
            },
        )

    def test_what_the_bank_received_is_owed_no_more(self):
        self.order("1", 100)
        settlement = self.post(3, price("1", "Principal", "100.00"), total="100.00")
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": fields.Date.today(),
                "payment_ref": "payout",
                "amount": 100.0,
            }
        )
        settlement.action_match_bank()
        self.assertFalse(self.due("purpose"))

    def test_what_nobody_has_explained_is_below_zero(self):
        self.post(3, price("ghost", "Principal", "100.00"), total="100.00")
        self.assertEqual(
            self.due("purpose"), {("clearing",): -100.0, ("transit",): 100.0}
        )
