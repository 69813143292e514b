from odoo.tests import tagged

from .common import SettlementCommon, price, v1_file


@tagged("post_install", "-at_install")
class TestMatching(SettlementCommon):
    """What is certain is matched; the rest is a suggestion, or stays on clearing."""

    def settle(self, *rows, name="S1"):
        total = sum(float(row["price-amount"]) for row in rows)
        content = v1_file(name, f"{total:.2f}", rows)
        return self.receive(content).settlement_ids

    def test_payment_of_an_order_is_matched_with_its_invoice_by_id(self):
        order = self.order("11-22", 100)
        settlement = self.settle(price("11-22", "Principal", "100.00"))
        payment = settlement.payment_ids
        self.assertRecordValues(
            payment,
            [{"state": "matched", "layer": "id", "score": 1.0, "order_id": order.id}],
        )
        self.assertEqual(payment.item_ids.move_id, order.invoice_ids)
        self.assertEqual(payment.evidence["ids"], ["1122"])

    def test_order_without_an_invoice_is_linked_and_stays_on_clearing(self):
        order = self.order("1", 100, invoice=False)
        settlement = self.settle(price("1", "Principal", "100.00"))
        self.assertEqual(settlement.payment_ids.order_id, order)
        self.assertEqual(settlement.payment_ids.state, "unmatched")
        settlement.action_post()
        self.assertEqual(settlement.state, "posted")
        self.assertEqual(
            self.balances(settlement.move_ids)[self.account("clearing")], -100
        )

    def test_invoice_made_later_is_paid_from_clearing(self):
        order = self.order("1", 100, invoice=False)
        settlement = self.settle(price("1", "Principal", "100.00"))
        settlement.action_post()
        self.invoice(order)
        settlement.action_match()
        self.assertEqual(order.invoice_ids.payment_state, "paid")
        self.assertNotIn(self.account("clearing"), self.balances(settlement.move_ids))
        open_lines = settlement.move_ids.line_ids.filtered(
            lambda line: line.account_id == self.account("clearing")
        )
        self.assertEqual(set(open_lines.mapped("reconciled")), {True})

    def ambiguous(self):
        """A payment without an id, and two invoices of its amount."""
        orders = self.order("A1", 100) + self.order("B1", 100)
        return orders, self.settle(price("", "Principal", "100.00"))

    def test_two_candidates_are_two_suggestions_never_a_guess(self):
        _orders, settlement = self.ambiguous()
        payment = settlement.payment_ids
        self.assertEqual(payment.state, "suggested")
        self.assertEqual(len(payment.suggestion_ids), 2)
        self.assertEqual(payment.suggestion_ids.mapped("difference"), [0, 0])

    def test_accepted_suggestion_is_booked_also_after_posting(self):
        orders, settlement = self.ambiguous()
        settlement.action_post()
        payment = settlement.payment_ids
        chosen = payment.suggestion_ids.filtered(
            lambda one: one.item_ids.move_id == orders[1].invoice_ids
        )
        chosen.action_accept()
        self.assertRecordValues(payment, [{"state": "matched", "layer": "manual"}])
        self.assertEqual(orders[1].invoice_ids.payment_state, "paid")
        self.assertEqual(orders[0].invoice_ids.payment_state, "not_paid")

    def test_two_payments_of_one_invoice_pay_it_together(self):
        order = self.order("1", 100)
        first = price("1", "Principal", "60.00") | {"shipment-id": "S1"}
        second = price("1", "Principal", "40.00") | {"shipment-id": "S2"}
        settlement = self.settle(first, second)
        self.assertEqual(settlement.payment_ids.mapped("layer"), ["id_split"] * 2)
        settlement.action_post()
        self.assertEqual(order.invoice_ids.payment_state, "paid")

    def test_refund_pays_the_credit_note_of_another_settlement(self):
        order = self.order("1", 100)
        self.settle(price("1", "Principal", "100.00")).action_post()
        note = self.credit(order, 30, day="2026-03-20")
        settlement = self.settle(
            price("1", "Principal", "-30.00", "Refund", day="2026-03-20"), name="S2"
        )
        settlement.action_post()
        self.assertEqual(settlement.payment_ids.item_ids.move_id, note)
        self.assertFalse(note.amount_residual)
