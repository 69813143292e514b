from odoo.tests import tagged

from .common import SettlementCommon, fee, price, v1_file


@tagged("post_install", "-at_install")
class TestFeeClaim(SettlementCommon):
    """Fees are compared with the rate card; too much is a claim."""

    def setUp(self):
        super().setUp()
        self.channel.fee_rate_ids = [
            (0, 0, {"name": "Books 15 %", "percent": 15, "fee": "commission"})
        ]
        rows = [
            price("1", "Principal", "100.00"),
            fee("1", "Commission", "-15.00"),
            price("2", "Principal", "40.00"),
            fee("2", "Commission", "-9.00"),
        ]
        self.settlement = self.receive(v1_file("S1", "116.00", rows)).settlement_ids

    def claims(self):
        return self.env["ecom.fee.claim"].search(
            [("settlement_id", "=", self.settlement.id)]
        )

    def test_fee_beyond_the_rate_is_claimed_with_the_money_at_stake(self):
        self.assertRecordValues(
            self.claims(),
            [
                {
                    "order_ref": "2",
                    "basis": 40.0,
                    "expected": -6.0,  # 40 * 15 %
                    "charged": -9.0,
                    "at_stake": 3.0,
                    "why": "rate",
                    "state": "open",
                }
            ],
        )

    def test_claim_that_a_person_works_on_survives_another_audit(self):
        claim = self.claims()
        claim.action_claim()
        self.settlement.action_match()
        self.assertEqual(self.claims(), claim)
        self.assertEqual(claim.state, "claimed")
