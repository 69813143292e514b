from odoo.tests import tagged

from .common import SettlementCommon, price, v1_file

STATEMENT = (
    ":20:REF\n:25:12345678/0000001\n:28C:1/1\n:60F:C260315USD0,00\n"
    ":61:2603160316C100,00NTRFNONREF\n:86:Bazaar payout S1\n"
    ":61:2603160316C20,00NTRFNONREF\n:86:Somebody else\n"
    ":62F:C260316USD120,00\n"
)


@tagged("post_install", "-at_install")
class TestBank(SettlementCommon):
    """Statement lines come once; a payout in transit meets its line."""

    def setUp(self):
        super().setUp()
        self.journal = self.company_data["default_journal_bank"]

    def receive_statement(self, content=STATEMENT):
        return self.env["ecom.settlement.file"]._receive(
            "statement.sta", content.encode(), journal=self.journal
        )

    def test_lines_become_bank_statement_lines_once(self):
        file = self.receive_statement()
        self.assertEqual((file.state, file.format), ("read", "mt940"))
        self.assertEqual(sorted(file.statement_line_ids.mapped("amount")), [20, 100])
        again = self.receive_statement(STATEMENT + "\n")
        self.assertEqual((again.known_count, len(again.statement_line_ids)), (2, 0))

    def test_statement_without_a_bank_is_kept_with_what_to_do(self):
        file = self.receive(STATEMENT.encode())
        self.assertEqual((file.state, file.error_code), ("failed", "no_bank"))
        self.assertIn("bank journal", file.explanation)

    def test_payout_in_transit_meets_its_bank_line_and_roll_back_parts_them(self):
        self.order("1", 100)
        rows = [price("1", "Principal", "100.00")]
        settlement = self.receive(v1_file("S1", "100.00", rows)).settlement_ids
        settlement.action_post()
        bank = self.receive_statement().statement_line_ids.filtered(
            lambda line: line.amount == 100
        )
        settlement.action_match_bank()
        self.assertTrue(bank.is_reconciled)
        transit = settlement.move_ids.line_ids.filtered(
            lambda line: line.account_id == self.account("transit")
        )
        self.assertTrue(transit.reconciled)
        closing = self.env["ecom.settlement.closing"].create(
            {
                "channel_id": self.channel.id,
                "currency_id": self.company.currency_id.id,
                "date_from": "2026-03-01",
                "date_to": "2026-03-31",
            }
        )
        self.assertRecordValues(closing, [{"is_green": True, "in_transit": 0.0}])
        settlement._roll_back("wrong bank")
        self.assertFalse(bank.is_reconciled)

    def test_two_bank_lines_of_the_amount_are_no_guess(self):
        self.order("1", 100)
        rows = [price("1", "Principal", "100.00")]
        settlement = self.receive(v1_file("S9", "100.00", rows)).settlement_ids
        settlement.action_post()
        twice = STATEMENT.replace("C20,00", "C100,00").replace("120,00", "200,00")
        lines = self.receive_statement(twice).statement_line_ids
        settlement.action_match_bank()
        self.assertEqual(set(lines.mapped("is_reconciled")), {False})
