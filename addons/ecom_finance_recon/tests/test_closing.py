from odoo.tests import tagged

from .common import SettlementCommon, fee, other, price, v1_file


@tagged("post_install", "-at_install")
class TestClosing(SettlementCommon):
    """Opening + events = payouts + closing; unmatched = clearing account."""

    def closing(self):
        return self.env["ecom.settlement.closing"].create(
            {
                "channel_id": self.channel.id,
                "currency_id": self.company.currency_id.id,
                "date_from": "2026-03-01",
                "date_to": "2026-03-31",
            }
        )

    def post(self, name, total, *rows, **values):
        settlement = self.receive(v1_file(name, total, rows, **values)).settlement_ids
        settlement.action_post()
        self.assertEqual((settlement.state, settlement.error), ("posted", False))
        return settlement

    def test_matched_settlement_with_reserve_is_green(self):
        self.order("1", 100)
        self.post(
            "S1",
            "75.00",
            price("1", "Principal", "100.00"),
            fee("1", "Commission", "-15.00"),
            other("Current Reserve Amount", "-10.00"),
        )
        closing = self.closing()
        self.assertRecordValues(
            closing,
            [
                {
                    "is_green": True,
                    "opening": 0,
                    "events": 85.0,  # 100 - 15
                    "payouts": 75.0,
                    "closing": 10.0,
                    "in_transit": 75.0,
                    "unmatched": 0,
                    "ledger": 0,
                }
            ],
        )

    def test_unmatched_value_is_the_balance_of_clearing(self):
        self.post("S1", "100.00", price("ghost", "Principal", "100.00"))
        closing = self.closing()
        self.assertRecordValues(
            closing, [{"is_green": True, "unmatched": 100.0, "ledger": 100.0}]
        )

    def test_balance_owed_is_carried_on_and_taken_over(self):
        self.post("S1", "-20.00", other("Subscription Fee", "-20.00"), day="2026-03-10")
        closing = self.closing()
        self.assertRecordValues(
            closing, [{"is_green": True, "closing": -20.0, "payouts": 0.0}]
        )
        self.order("1", 100)
        self.post(
            "S2",
            "80.00",
            price("1", "Principal", "100.00"),
            other("Payable to Amazon", "-20.00"),
            start="2026-03-10",
            day="2026-03-20",
        )
        closing = self.closing()
        self.assertRecordValues(
            closing, [{"is_green": True, "closing": 0.0, "payouts": 80.0}]
        )

    def test_entry_by_hand_on_clearing_turns_it_red_and_names_the_difference(self):
        self.order("1", 100)
        self.post("S1", "100.00", price("1", "Principal", "100.00"))
        self.env["account.move"].create(
            {
                "date": "2026-03-20",
                "line_ids": [
                    (0, 0, {"account_id": self.account("clearing").id, "debit": 7}),
                    (0, 0, {"account_id": self.account("suspense").id, "credit": 7}),
                ],
            }
        ).action_post()
        closing = self.closing()
        self.assertFalse(closing.is_green)
        self.assertEqual(
            closing.line_ids.mapped(lambda line: (line.identity, line.difference)),
            [("ledger", -7.0)],
        )
