from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SettlementCommon, price, v1_file


@tagged("post_install", "-at_install")
class TestChargeback(SettlementCommon):
    """What a buyer's bank took back has a state until it is won or lost."""

    def told(self, name, amount, day="2026-03-15", start="2026-03-01"):
        """A settlement with a chargeback, or with its reversal, of order O1."""
        event = "Chargeback Refund"
        rows = [price("O1", "Principal", amount, event)]
        content = v1_file(name, amount, rows, day=day, start=start)
        settlement = self.receive(content).settlement_ids
        self.assertEqual(set(settlement.line_ids.mapped("kind")), {"chargeback"})
        return settlement

    def dispute(self):
        return self.env["ecom.chargeback"].search(
            [("channel_id", "=", self.channel.id), ("name", "=", "O1")]
        )

    def test_chargeback_of_a_settlement_is_to_be_judged(self):
        order = self.order("O1", 100)
        self.told("S1", "-100.00")
        self.assertRecordValues(
            self.dispute(),
            [
                {
                    "state": "open",
                    "taken": 100.0,
                    "returned": 0.0,
                    "lost": 100.0,
                    "order_id": order.id,
                }
            ],
        )

    def test_contested_and_won_by_the_money_that_comes_back(self):
        self.told("S1", "-100.00")
        self.dispute().action_contest()
        self.assertEqual(self.dispute().state, "contested")
        self.told("S2", "100.00", day="2026-04-15", start="2026-04-01")
        self.assertEqual((self.dispute().state, self.dispute().lost), ("won", 0))
        with self.assertRaisesRegex(UserError, "O1"):
            self.dispute().action_give_up()

    def test_part_that_comes_back_wins_nothing_yet(self):
        self.told("S1", "-100.00")
        self.dispute().action_contest()
        self.told("S2", "40.00", day="2026-04-15", start="2026-04-01")
        self.assertEqual(
            (self.dispute().state, self.dispute().lost), ("contested", 60.0)
        )

    def test_taken_again_after_it_was_won(self):
        self.told("S1", "-100.00")
        self.told("S2", "100.00", day="2026-04-15", start="2026-04-01")
        self.told("S3", "-100.00", day="2026-05-15", start="2026-05-01")
        self.assertEqual((self.dispute().state, self.dispute().taken), ("open", 200.0))

    def test_given_up_is_lost_and_can_be_judged_again(self):
        self.told("S1", "-100.00")
        self.dispute().action_give_up()
        self.assertEqual(self.dispute().state, "lost")
        self.dispute().action_reopen()
        self.assertEqual(self.dispute().state, "open")

    def test_matching_again_and_importing_again_add_nothing(self):
        settlement = self.told("S1", "-100.00")
        settlement.action_match()
        self.receive(settlement.file_id and self.content(settlement))
        self.assertEqual((len(self.dispute()), self.dispute().taken), (1, 100.0))

    def content(self, settlement):
        return v1_file(
            settlement.name,
            "-100.00",
            [price("O1", "Principal", "-100.00", "Chargeback Refund")],
        )

    def test_loss_is_booked_on_its_account_and_taken_back_when_it_is_won(self):
        first = self.told("S1", "-100.00")
        first.action_post()
        account = self.account("chargeback")
        self.assertEqual(self.balances(first.move_ids)[account], 100.0)
        second = self.told("S2", "100.00", day="2026-04-15", start="2026-04-01")
        second.action_post()
        self.assertEqual(self.balances(second.move_ids)[account], -100.0)
