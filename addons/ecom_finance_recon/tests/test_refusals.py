from odoo.tests import tagged

from .common import SettlementCommon, price, v1_file


@tagged("post_install", "-at_install")
class TestRefusals(SettlementCommon):
    """What is in the way is told on the record, and nothing is half posted."""

    def setUp(self):
        super().setUp()
        self.invoice_open = self.order("1", 100).invoice_ids
        rows = [price("1", "Principal", "100.00")]
        self.settlement = self.receive(v1_file("S1", "100.00", rows)).settlement_ids

    def assert_refused(self, text):
        self.assertIn(text, self.settlement.error)
        self.assertEqual(self.settlement.state, "draft")
        self.assertFalse(self.settlement.move_ids)
        self.assertEqual(self.invoice_open.payment_state, "not_paid")

    def test_closed_period(self):
        self.company.fiscalyear_lock_date = "2026-03-31"
        self.settlement.action_post()
        self.assert_refused("closed period")
        self.company.fiscalyear_lock_date = False
        self.settlement.action_post()
        self.assertEqual(
            (self.settlement.state, self.settlement.error), ("posted", False)
        )

    def test_archived_journal(self):
        self.channel.settlement_journal_id.active = False
        self.settlement.action_post()
        self.assert_refused("archived")

    def test_missing_account(self):
        self.channel.settlement_account_ids.filtered(
            lambda row: row.purpose == "transit"
        ).unlink()
        self.settlement.action_post()
        self.assert_refused("Payout in transit")

    def test_channel_that_was_not_set_up(self):
        self.channel.settlement_account_ids.unlink()
        self.settlement.action_post()
        self.assert_refused("set-up")

    def test_one_refused_settlement_stops_no_other(self):
        self.order("2", 50)
        rows = [price("2", "Principal", "50.00", day="2026-04-10")]
        later = self.receive(
            v1_file("S2", "50.00", rows, start="2026-04-01", day="2026-04-15")
        ).settlement_ids
        self.company.fiscalyear_lock_date = "2026-03-31"
        (self.settlement | later).action_post()
        self.assert_refused("closed period")
        self.assertEqual(later.state, "posted")
