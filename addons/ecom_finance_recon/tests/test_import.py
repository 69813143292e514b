from odoo.tests import tagged

from .common import SettlementCommon, fee, other, price, v1_file


@tagged("post_install", "-at_install")
class TestImport(SettlementCommon):
    """A file is kept as it came, read once, and posted only when it closes."""

    def setUp(self):
        super().setUp()
        self.rows = [
            price("1", "Principal", "100.00"),
            fee("1", "Commission", "-15.00"),
            other("Something New", "-1.00"),
        ]
        self.content = v1_file("S1", "84.00", self.rows)

    def test_dropped_file_is_recognised_by_content_and_stored_with_its_rows(self):
        attachment = self.env["ir.attachment"].create(
            {"name": "whatever.bin", "raw": self.content}
        )
        wizard = self.env["ecom.settlement.import"].create(
            {
                "channel_id": self.channel.id,
                "attachment_ids": [(6, 0, attachment.ids)],
            }
        )
        action = wizard.action_import()
        settlement = self.env["ecom.settlement"].search(action["domain"])
        self.assertRecordValues(
            settlement,
            [
                {
                    "format": "amazon_v1",
                    "reference": "S1",
                    "total": 84.00,
                    "declared": 84.00,
                    "difference": 0.0,
                    "proof": "closes",
                    "state": "draft",
                }
            ],
        )
        self.assertEqual(
            settlement.line_ids.mapped(lambda line: (line.kind, line.amount)),
            [("sale", 100.0), ("fee", -15.0), ("suspense", -1.0)],
        )
        self.assertEqual(settlement.line_ids[0].raw["price-type"], "Principal")

    def test_settlement_tells_what_it_is_made_of_and_opens_those_lines(self):
        rows = [*self.rows, price("2", "Principal", "50.00")]
        one = self.receive(v1_file("S2", "134.00", rows)).settlement_ids
        self.env.invalidate_all()
        self.assertEqual(
            one.part_ids.mapped(lambda p: (p.kind, p.fee, p.line_count, p.amount)),
            [
                ("sale", False, 2, 150.0),  # 100 + 50
                ("suspense", False, 1, -1.0),
                ("fee", "commission", 1, -15.0),
            ],
        )
        self.assertEqual(sum(one.part_ids.mapped("amount")), one.total)
        action = one.part_ids[0].action_view_lines()
        lines = self.env["ecom.settlement.line"].search(action["domain"])
        self.assertEqual(lines.mapped("amount"), [100.0, 50.0])

    def test_same_file_again_creates_nothing(self):
        first = self.receive(self.content)
        again = self.receive(self.content, "renamed.txt")
        self.assertEqual(again, first)
        self.assertEqual(self.count(), (1, 3, 1))

    def test_same_settlement_in_other_bytes_creates_nothing(self):
        self.receive(self.content)
        again = self.receive(self.content + b"\n")
        self.assertEqual((again.state, again.known_count), ("read", 1))
        self.assertEqual(self.count(), (1, 3, 1))

    def count(self):
        models = ("ecom.settlement", "ecom.settlement.line", "ecom.settlement.payment")
        domain = [("channel_id", "=", self.channel.id)]
        return tuple(self.env[model].search_count(domain) for model in models)

    def test_shuffled_rows_give_the_same_entry(self):
        self.order("1", 100)
        settlement = self.receive(self.content).settlement_ids
        settlement.action_post()
        expected = self.balances(settlement.move_ids)
        settlement._roll_back("to compare")
        shuffled = v1_file("S2", "84.00", self.rows[::-1])
        other_one = self.receive(shuffled).settlement_ids
        other_one.action_post()
        self.assertEqual(self.balances(other_one.move_ids), expected)

    def test_file_that_does_not_close_is_kept_and_never_posted(self):
        settlement = self.receive(v1_file("S3", "90.00", self.rows)).settlement_ids
        self.assertRecordValues(
            settlement,
            [{"state": "blocked", "block_reason": "open", "difference": -6.0}],
        )
        settlement.action_post()
        self.assertEqual(settlement.state, "blocked")
        self.assertFalse(settlement.move_ids)
        self.assertIn("miss", settlement.error)

    def test_unreadable_file_is_kept_with_what_to_do(self):
        file = self.receive(b"\x00\x01 nothing at all")
        self.assertEqual(file.state, "failed")
        self.assertTrue(file.explanation)
        self.assertTrue(file.content)

    def test_what_closes_is_posted_at_once_where_the_channel_says_so(self):
        self.channel.settlement_auto_post = True
        self.order("1", 100)
        settlement = self.receive(self.content).settlement_ids
        self.assertEqual(settlement.state, "posted")

    def test_second_file_with_lines_of_another_settlement_is_blocked(self):
        head = (
            "transaction date,type,order,payout status,payout date,payout id,amount,"
            "fee,net,currency"
        )
        row = "2026-03-10 12:00:00 +0000,charge,#1,pending,,,10.00,0.50,9.50,USD"
        newer = "2026-03-11 12:00:00 +0000,charge,#2,pending,,,10.00,0.50,9.50,USD"
        first = self.receive("\n".join((head, row)).encode()).settlement_ids
        self.assertEqual(first.block_reason, "not_paid_out")
        # What is not paid out yet is no settlement: it may come again.
        second = self.receive("\n".join((head, row, newer)).encode()).settlement_ids
        self.assertEqual(second.block_reason, "not_paid_out")
