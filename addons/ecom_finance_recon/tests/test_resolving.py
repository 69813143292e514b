from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import SettlementCommon, price, v1_file


@tagged("post_install", "-at_install")
class TestResolving(SettlementCommon):
    """A person explains what matching could not; everything can be taken back."""

    def settle(self, amount, post=True):
        """A settlement of one payment that names no order."""
        content = v1_file(
            "S1", f"{amount}.00", [price("", "Principal", f"{amount}.00")]
        )
        settlement = self.receive(content).settlement_ids
        if post:
            settlement.action_post()
        return settlement

    def resolve(self, payment, mode, **values):
        return (
            self.env["ecom.settlement.resolve"]
            .create({"payment_id": payment.id, "mode": mode, **values})
            .action_apply()
        )

    def item(self, order):
        return order.invoice_ids.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )

    def state(self, order):
        return order.invoice_ids.payment_state

    # -- find --------------------------------------------------------------------------

    def test_found_items_are_paid_at_once_and_clearing_is_empty(self):
        payment = self.settle(110).payment_ids
        one, two = self.order("1", 60), self.order("2", 50)
        self.resolve(payment, "find", item_ids=(self.item(one) | self.item(two)).ids)
        self.assertEqual([self.state(one), self.state(two)], ["paid", "paid"])
        self.assertNotIn(self.account("clearing"), self.ledger_open())

    def ledger_open(self):
        """Accounts that matter here with something open."""
        return {account: rest for account, (_b, rest) in self.ledger().items() if rest}

    def test_difference_goes_to_the_chosen_account(self):
        order = self.order("1", 100)
        payment = self.settle(88).payment_ids
        self.resolve(
            payment,
            "find",
            item_ids=self.item(order).ids,
            purpose="fee_payment",
            reason="Fee of the wallet",
        )
        self.assertEqual(self.state(order), "paid")
        self.assertEqual(self.ledger()[self.account("fee_payment")][0], 12)  # 100 - 88

    def test_difference_without_an_account_stays_open_on_the_invoice(self):
        order = self.order("1", 100)
        payment = self.settle(88).payment_ids
        self.resolve(payment, "find", item_ids=self.item(order).ids)
        self.assertEqual(order.invoice_ids.amount_residual, 12)  # 100 - 88

    def test_wizard_shows_what_is_open_and_what_is_left(self):
        order = self.order("1", 100)
        payment = self.settle(88).payment_ids
        action = payment.action_resolve()
        with Form(
            self.env[action["res_model"]].with_context(**action["context"])
        ) as form:
            form.item_ids.add(self.item(order))
            self.assertEqual((form.open_amount, form.difference), (100, -12))

    # -- write off ---------------------------------------------------------------------

    def test_write_off_moves_it_from_clearing_to_the_account_with_its_reason(self):
        settlement = self.settle(3)
        payment = settlement.payment_ids
        self.resolve(
            payment, "write_off", purpose="reimbursement", reason="Goodwill of the shop"
        )
        self.assertEqual(payment.state, "written_off")
        self.assertEqual(self.ledger()[self.account("reimbursement")][0], -3)
        self.assertNotIn(self.account("clearing"), self.ledger_open())
        self.assertIn("Goodwill of the shop", settlement.message_ids[0].body)
        self.assertEqual(settlement.matched_pct, 100)

    def test_write_off_before_posting_is_booked_with_the_settlement(self):
        settlement = self.settle(3, post=False)
        self.resolve(
            settlement.payment_ids, "write_off", purpose="suspense", reason="Unknown"
        )
        settlement.action_post()
        self.assertEqual(
            self.balances(settlement.move_ids),
            {self.account("transit"): 3, self.account("suspense"): -3},
        )

    def test_write_off_needs_account_and_reason(self):
        payment = self.settle(3).payment_ids
        with self.assertRaises(UserError):
            self.resolve(payment, "write_off", purpose="suspense")

    # -- split -------------------------------------------------------------------------

    def test_parts_of_a_payment_are_explained_one_by_one(self):
        order = self.order("1", 60)
        settlement = self.settle(100)
        whole = settlement.payment_ids
        self.resolve(whole, "split", part=40)
        part = settlement.payment_ids - whole
        self.assertEqual((whole.amount, part.amount), (60, 40))
        self.resolve(whole, "find", item_ids=self.item(order).ids)
        self.assertEqual(self.state(order), "paid")
        self.resolve(part, "write_off", purpose="suspense", reason="Another shop's")
        self.assertEqual(self.ledger()[self.account("suspense")][0], -40)
        self.assertNotIn(self.account("clearing"), self.ledger_open())

    def test_parts_explained_before_posting_are_one_entry(self):
        order = self.order("1", 60)
        settlement = self.settle(100, post=False)
        whole = settlement.payment_ids
        self.resolve(whole, "split", part=40)
        self.resolve(whole, "find", item_ids=self.item(order).ids)
        settlement.action_post()
        self.assertEqual(self.state(order), "paid")
        self.assertEqual(settlement.unmatched_amount, 40)
        self.assertEqual(
            self.balances(settlement.move_ids)[self.account("clearing")], -40
        )

    def test_part_is_neither_nothing_nor_the_whole(self):
        payment = self.settle(100).payment_ids
        for amount in (0, 100, 120, -5):
            with self.subTest(amount=amount), self.assertRaises(UserError):
                self.resolve(payment, "split", part=amount)

    def test_split_that_is_undone_is_one_payment_again(self):
        settlement = self.settle(100)
        whole = settlement.payment_ids
        order = self.order("1", 100)
        self.resolve(whole, "split", part=40)
        part = settlement.payment_ids - whole
        part.action_undo()
        self.assertEqual((whole.amount, part.amount, part.state), (100, 0, "nothing"))
        self.resolve(whole, "find", item_ids=self.item(order).ids)
        self.assertEqual(self.state(order), "paid")

    # -- undo --------------------------------------------------------------------------

    def test_undo_leaves_the_ledger_as_it_was_and_deletes_nothing(self):
        order = self.order("1", 100)
        settlement = self.settle(88)
        before, moves = self.ledger(), settlement.move_ids
        self.resolve(
            settlement.payment_ids,
            "find",
            item_ids=self.item(order).ids,
            purpose="fee_payment",
            reason="Fee",
        )
        self.assertNotEqual(self.ledger(), before)
        settlement.payment_ids.action_undo()
        self.assertEqual(self.ledger(), before)
        self.assertEqual(self.state(order), "not_paid")
        self.assertEqual(len(settlement.move_ids - moves), 2)  # done and undone

    def test_undone_payment_can_be_explained_and_undone_again(self):
        settlement = self.settle(100)
        payment = settlement.payment_ids
        order = self.order("1", 100)
        before = self.ledger()
        for _time in range(2):
            self.resolve(payment, "find", item_ids=self.item(order).ids)
            self.assertEqual(self.state(order), "paid")
            payment.action_undo()
            self.assertEqual(self.ledger(), before)

    def test_match_of_the_posted_entry_is_undone_and_matching_leaves_it_alone(self):
        order = self.order("1", 100)
        rows = [price("1", "Principal", "100.00")]
        settlement = self.receive(v1_file("S1", "100.00", rows)).settlement_ids
        settlement.action_post()
        self.assertEqual(self.state(order), "paid")
        settlement.payment_ids.action_undo()
        settlement.action_match()
        self.assertEqual(self.state(order), "not_paid")
        self.assertEqual(settlement.payment_ids.state, "unmatched")
        self.assertEqual(self.ledger_open()[self.account("clearing")], -100)

    def test_undone_part_goes_back_to_clearing_and_to_the_whole(self):
        settlement = self.settle(100)
        whole = settlement.payment_ids
        order = self.order("1", 100)
        self.resolve(whole, "split", part=40)
        part = settlement.payment_ids - whole
        self.resolve(part, "write_off", purpose="suspense", reason="Unknown")
        part.action_undo()
        part.action_undo()
        self.assertEqual((whole.amount, part.state), (100, "nothing"))
        self.resolve(whole, "find", item_ids=self.item(order).ids)
        self.assertEqual(self.state(order), "paid")
        self.assertNotIn(self.account("clearing"), self.ledger_open())

    def test_roll_back_after_all_that_leaves_the_books_as_before(self):
        order = self.order("1", 60)
        before = self.ledger()
        settlement = self.settle(100)
        whole = settlement.payment_ids
        self.resolve(whole, "split", part=40)
        self.resolve(whole, "find", item_ids=self.item(order).ids)
        settlement._roll_back("Wrong channel")
        self.assertEqual(self.ledger(), before)
        settlement.action_post()
        self.assertEqual(settlement.state, "posted")

    def test_nothing_to_undo_is_told(self):
        with self.assertRaises(UserError):
            self.settle(100).payment_ids.action_undo()

    def test_reader_cannot_explain(self):
        payment = self.settle(3).payment_ids
        reader = new_test_user(
            self.env,
            "reader",
            groups="base.group_user,account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaises(AccessError):
            payment.with_user(reader)._write_off("suspense", "no")
