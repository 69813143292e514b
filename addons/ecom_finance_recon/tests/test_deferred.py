from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import SettlementCommon, fee, price, transaction, transactions, v1_file

SALE = {"OurPricePrincipal": "100.00", "Commission": "-15.00"}  # 85.00 to come
BACK = {"OurPricePrincipal": "-100.00", "Commission": "15.00"}


@tagged("post_install", "-at_install")
class TestDeferred(SettlementCommon):
    """What a channel holds back is earned already, and is counted once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sold = cls.order("O1", 100)
        cls.channel.settlement_auto_post = True

    # -- steps -------------------------------------------------------------------------

    def told(self, *found, name="list.json"):
        """Import an answer of the channel; everything that closes is posted."""
        file = self.receive(transactions(*found), name)
        self.assertEqual(file.state, "read", file.explanation)
        self.assertFalse(any(file.settlement_ids.mapped("error")))
        return file.settlement_ids

    def deferred(self, name="T1", order="O1", leaves=None, **values):
        return transaction(name, "DEFERRED", order, leaves or SALE, **values)

    def release(self, releases="T1", order="O1", leaves=None, **values):
        values = {"settlement": "S1", "day": "2026-03-20", **values}
        name = values.pop("name", "R1")
        leaves = leaves or SALE
        return transaction(name, "RELEASED", order, leaves, releases=releases, **values)

    def held(self, name="T1"):
        return self.env["ecom.settlement.deferral"].search([("name", "=", name)])

    def balance(self, purpose, currency=None):
        account = self.account(purpose, currency)
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return round(sum(lines.mapped("amount_currency")), 2)

    def profit(self, order=None):
        self.env.flush_all()
        rows = self.env["ecom.order.profit"].search(
            [("order_id", "=", (order or self.sold).id)]
        )
        return round(rows.contribution, 2)

    def roll_back(self, settlement):
        settlement._roll_back("Test")

    def closing(self, first="2026-03-01", last="2026-03-31"):
        return self.env["ecom.settlement.closing"].create(
            {
                "channel_id": self.channel.id,
                "currency_id": self.company.currency_id.id,
                "date_from": first,
                "date_to": last,
            }
        )

    # -- deferral ----------------------------------------------------------------------

    def test_deferred_order_is_paid_and_its_net_is_on_deferred_proceeds(self):
        one = self.told(self.deferred(matures="2026-03-24"))
        self.assertTrue(one.is_deferral)
        self.assertEqual((one.state, one.matched_pct), ("posted", 100))
        receivable = self.company_data["default_account_receivable"]
        self.assertEqual(
            self.balances(one.move_ids),
            {
                self.account("deferred"): 85.00,
                self.account("fee_commission"): 15.00,
                receivable: -100.00,
            },
        )
        self.assertEqual(self.sold.invoice_ids.payment_state, "paid")
        self.assertRecordValues(
            self.held(),
            [
                {
                    "state": "deferred",
                    "amount": 85.0,
                    "residual": 85.0,
                    "reason": "DD7",
                    "order_id": self.sold.id,
                }
            ],
        )
        self.assertEqual(str(self.held().matures_at.date()), "2026-03-24")

    def test_deferral_is_no_payout(self):
        one = self.told(self.deferred())
        self.assertFalse(one._get_payout())
        self.assertFalse(self.balance("transit"))
        self.assertFalse(self.balance("clearing"))

    def test_each_month_has_what_was_deferred_in_it(self):
        self.order("O2", 100)
        one = self.told(
            self.deferred("T1", day="2026-02-27"),
            self.deferred("T2", "O2", day="2026-03-02"),
        )
        self.assertEqual(
            sorted(map(str, one.move_ids.mapped("date"))), ["2026-02-28", "2026-03-02"]
        )

    def test_unknown_order_stays_on_clearing_as_what_nobody_has_explained(self):
        one = self.told(self.deferred(order="GHOST"))
        self.assertEqual(one.open_count, 1)
        self.assertEqual(self.balance("clearing"), -100.00)
        self.assertEqual(self.balance("deferred"), 85.00)
        self.assertTrue(self.closing().is_green)

    # -- lists that come again ---------------------------------------------------------

    def test_list_that_comes_again_adds_only_what_is_new(self):
        self.order("O2", 100)
        self.told(self.deferred())
        again = self.told(
            self.deferred(matures="2026-03-25"), self.deferred("T2", "O2")
        )
        self.assertEqual(again.line_ids.mapped("order_ref"), ["O2", "O2"])
        self.assertEqual(self.balance("deferred"), 170.00)
        # What the channel tells later of the first one is taken over.
        self.assertEqual(str(self.held().matures_at.date()), "2026-03-25")

    def test_shuffled_list_adds_nothing(self):
        self.order("O2", 100)
        first, second = self.deferred(), self.deferred("T2", "O2")
        self.told(first, second)
        self.assertFalse(self.told(second, first))
        self.assertEqual(self.balance("deferred"), 170.00)

    def test_same_file_is_the_same_file(self):
        self.told(self.deferred())
        self.told(self.deferred())
        self.assertEqual(len(self.held()), 1)
        self.assertEqual(self.balance("deferred"), 85.00)

    # -- release -----------------------------------------------------------------------

    def test_release_clears_what_was_deferred_and_nothing_counts_twice(self):
        self.told(self.deferred())
        earned = self.profit()
        ledger_fee = self.balance("fee_commission")
        settlement = self.told(self.release())
        self.assertFalse(settlement.is_deferral)
        clearing, deferred = self.account("clearing"), self.account("deferred")
        entry, payout = settlement.move_ids.sorted("id")
        self.assertEqual(self.balances(entry), {clearing: 85.00, deferred: -85.00})
        self.assertEqual(
            self.balances(payout), {self.account("transit"): 85.00, clearing: -85.00}
        )
        self.assertEqual(self.balance("fee_commission"), ledger_fee)
        self.assertEqual((self.profit(), earned), (85.00, 85.00))
        self.assertEqual((self.held().state, self.held().residual), ("released", 0))
        self.assertEqual(settlement.matched_pct, 100)
        items = self.held().move_line_ids
        self.assertEqual(items.mapped("reconciled"), [True, True])

    def test_transaction_told_as_released_is_no_money_of_its_own(self):
        """Amazon tells it once more, beside the one that releases it."""
        self.told(self.deferred())
        after = transaction(
            "T1", "DEFERRED_RELEASED", "O1", SALE, released_by="R1", settlement="S1"
        )
        settlement = self.told(after, self.release())
        self.assertEqual(settlement.total, 85.00)
        self.assertTrue(self.held().is_over)
        self.assertEqual(self.held().state, "released")
        self.assertEqual(self.balance("deferred"), 0)

    def test_transaction_that_becomes_part_of_a_settlement_releases_itself(self):
        self.told(self.deferred())
        settlement = self.told(
            transaction("T1", "DEFERRED_RELEASED", "O1", SALE, settlement="S1")
        )
        self.assertEqual((settlement.state, settlement.total), ("posted", 85.00))
        self.assertEqual(self.held().state, "released")
        self.assertEqual(self.profit(), 85.00)

    def test_partial_release_leaves_the_rest_deferred(self):
        self.told(self.deferred())
        part = {"OurPricePrincipal": "60.00", "Commission": "-9.00"}
        rest = {"OurPricePrincipal": "40.00", "Commission": "-6.00"}
        self.told(self.release(leaves=part))
        self.assertEqual((self.held().state, self.held().residual), ("partial", 34.0))
        self.told(self.release(leaves=rest, name="R2", settlement="S2"))
        self.assertEqual((self.held().state, self.held().residual), ("released", 0))
        self.assertEqual(self.balance("fee_commission"), 15.00)

    def test_release_of_another_amount_is_a_difference_until_a_person_closes_it(self):
        self.told(self.deferred())
        less = {"OurPricePrincipal": "100.00", "Commission": "-17.00"}
        over = transaction("T1", "DEFERRED_RELEASED", "O1", SALE, released_by="R1")
        self.told(self.release(leaves=less), over)
        self.assertEqual((self.held().state, self.held().residual), ("difference", 2.0))
        with freeze_time("2026-03-25"):
            action = self.held().action_close()
            wizard = self.env["ecom.settlement.deferral.close"].with_context(
                **action["context"]
            )
            wizard.create(
                {"purpose": "fee_commission", "reason": "Higher commission"}
            ).action_confirm()
        self.assertEqual((self.held().state, self.held().residual), ("released", 0))
        self.assertEqual(self.balance("fee_commission"), 17.00)
        self.assertIn("Higher commission", self.held().message_ids[0].body)
        self.assertTrue(self.closing().is_green)

    def test_more_than_was_deferred_is_a_difference_too(self):
        self.told(self.deferred())
        more = {"OurPricePrincipal": "100.00", "Commission": "-10.00"}
        self.told(self.release(leaves=more))
        self.assertEqual(
            (self.held().state, self.held().residual), ("difference", -5.0)
        )

    # -- refunds -----------------------------------------------------------------------

    def test_order_refunded_while_it_is_deferred(self):
        note = self.credit(self.sold, 100)
        self.told(self.deferred(), self.deferred("T2", leaves=BACK, event="Refund"))
        self.assertFalse(note.amount_residual)
        self.assertEqual(self.balance("deferred"), 0)
        self.assertEqual(self.held("T2").residual, -85.00)
        released = [
            self.release(),
            self.release("T2", leaves=BACK, event="Refund", name="R2"),
        ]
        settlement = self.told(*released)
        self.assertEqual(settlement.total, 0)
        self.assertEqual(self.held("T2").state, "released")
        self.assertEqual(self.balance("fee_commission"), 0)

    # -- out of order ------------------------------------------------------------------

    def test_release_before_the_deferral_was_known(self):
        settlement = self.told(self.release())
        self.assertEqual(self.sold.invoice_ids.payment_state, "paid")
        late = self.told(self.deferred(), name="late.json")
        self.assertFalse(late)
        self.assertEqual(self.held().state, "released")
        self.assertEqual(self.balance("deferred"), 0)
        self.assertEqual(self.balance("fee_commission"), 15.00)
        self.assertEqual(self.profit(), 85.00)
        self.assertEqual(settlement.line_ids.deferral_id, self.held())

    def test_release_is_booked_before_the_deferral_was(self):
        """What comes first is booked; the other has nothing to book any more."""
        self.channel.settlement_auto_post = False
        before = self.told(self.deferred())
        settlement = self.told(self.release())
        self.assertEqual(self.held().state, "waiting")
        self.assertEqual(self.profit(), 85.00)
        settlement.action_post()
        self.assertEqual((settlement.state, settlement.error), ("posted", False))
        self.assertEqual(self.sold.invoice_ids.payment_state, "paid")
        self.assertEqual((self.held().state, self.profit()), ("released", 85.00))
        before.action_post()
        self.assertEqual((before.state, before.error), ("posted", False))
        self.assertFalse(before.move_ids)
        self.assertEqual(self.balance("fee_commission"), 15.00)

    def test_late_list_of_an_earlier_day_does_not_defer_again(self):
        self.told(self.deferred())
        self.told(self.release())
        self.assertFalse(self.told(self.deferred(matures="2026-03-22")))
        self.assertEqual((self.held().state, self.balance("deferred")), ("released", 0))

    # -- rollback ----------------------------------------------------------------------

    def test_rollback_of_the_release_defers_again(self):
        self.told(self.deferred())
        before = self.ledger()
        settlement = self.told(self.release())
        self.roll_back(settlement)
        self.assertEqual(self.ledger(), before)
        self.assertEqual((self.held().state, self.held().residual), ("deferred", 85.0))
        settlement.action_post()
        self.assertEqual(self.held().state, "released")

    def test_rollback_of_the_deferral_waits_for_that_of_the_release(self):
        before = self.ledger()
        deferral = self.told(self.deferred())
        settlement = self.told(self.release())
        with self.assertRaisesRegex(UserError, "S1"):
            self.roll_back(deferral)
        self.roll_back(settlement)
        self.roll_back(deferral)
        self.assertEqual(self.ledger(), before)
        self.assertEqual(self.sold.invoice_ids.payment_state, "not_paid")
        # Without the deferral the release is booked as any other settlement.
        settlement.action_post()
        self.assertFalse(settlement.error)
        self.assertEqual(self.sold.invoice_ids.payment_state, "paid")
        self.assertEqual(self.balance("fee_commission"), 15.00)
        self.assertEqual(self.balance("deferred"), 0)

    # -- reports without ids of transactions -------------------------------------------

    def flat(self, total, *rows):
        return self.receive(v1_file("F1", total, rows)).settlement_ids

    def test_flat_file_releases_by_order_and_sum(self):
        self.told(self.deferred())
        settlement = self.flat(
            "85.00",
            price("O1", "Principal", "100.00"),
            fee("O1", "Commission", "-15.00"),
        )
        self.assertEqual((settlement.state, settlement.error), ("posted", False))
        self.assertEqual((self.held().state, self.balance("deferred")), ("released", 0))
        self.assertEqual(self.balance("fee_commission"), 15.00)
        self.assertEqual((settlement.matched_pct, self.profit()), (100, 85.00))

    def test_flat_file_releases_two_parcels_of_an_order_together(self):
        self.order("O2", 200)
        self.told(self.deferred("T1", "O2"), self.deferred("T2", "O2"))
        self.flat(
            "170.00",
            price("O2", "Principal", "100.00"),
            price("O2", "Principal", "100.00"),
            fee("O2", "Commission", "-15.00"),
            fee("O2", "Commission", "-15.00"),
        )
        states = (self.held() | self.held("T2")).mapped("state")
        self.assertEqual((states, self.balance("deferred")), (["released"] * 2, 0))

    def test_flat_file_with_another_sum_is_taken_for_no_release(self):
        self.told(self.deferred())
        settlement = self.flat("90.00", price("O1", "Principal", "90.00"))
        self.assertEqual(settlement.open_count, 1)
        self.assertEqual(self.held().state, "deferred")

    def test_flat_file_of_other_orders_is_booked_as_ever(self):
        self.order("O2", 50)
        self.told(self.deferred())
        settlement = self.flat("50.00", price("O2", "Principal", "50.00"))
        self.assertEqual(settlement.matched_pct, 100)
        self.assertEqual(self.balance("deferred"), 85.00)

    # -- currencies --------------------------------------------------------------------

    def test_two_currencies_of_one_list(self):
        euro = self.setup_other_currency("EUR", rates=[("2016-01-01", 0.5)])
        self.set_up(euro)
        self.order("E1", 60, euro)
        leaves = {"OurPricePrincipal": "60.00", "Commission": "-9.00"}
        both = self.told(
            self.deferred(), self.deferred("E", "E1", leaves, currency="EUR")
        )
        self.assertEqual(len(both), 2)
        self.assertEqual(self.balance("deferred"), 85.00)
        self.assertEqual(self.balance("deferred", euro), 51.00)
        self.told(self.release("E", "E1", leaves, currency="EUR"))
        self.assertEqual(self.balance("deferred", euro), 0)
        self.assertEqual(self.balance("deferred"), 85.00)

    def test_rate_between_deferral_and_release_is_an_exchange_difference(self):
        euro = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 0.5), ("2026-03-15", 0.4)]
        )
        self.set_up(euro)
        self.order("E1", 60, euro)
        leaves = {"OurPricePrincipal": "60.00", "Commission": "-9.00"}
        self.told(self.deferred("E", "E1", leaves, currency="EUR"))
        self.told(self.release("E", "E1", leaves, currency="EUR"))
        account = self.account("deferred", euro)
        # 51 / 0.5 = 102.00 then, 51 / 0.4 = 127.50 now: 25.50 earned by the rate.
        self.assertNotIn(account, self.ledger())
        self.assertEqual(self.held("E").state, "released")

    # -- proof -------------------------------------------------------------------------

    def test_closing_identity_proves_what_is_deferred(self):
        self.order("O2", 100)
        self.told(self.deferred("T0", "O2", day="2026-02-20"))
        self.told(self.deferred())
        self.told(self.release("T0", "O2"))
        march = self.closing()
        self.assertRecordValues(
            march,
            [
                {
                    "is_green": True,
                    "deferred_opening": 85.0,
                    "deferred_added": 85.0,
                    "deferred_released": 85.0,
                    "deferred_closing": 85.0,
                    "deferred_ledger": 85.0,
                }
            ],
        )
        february = self.closing("2026-02-01", "2026-02-28")
        self.assertEqual(
            (february.deferred_added, february.deferred_closing), (85.0, 85.0)
        )

    def test_entry_by_hand_on_deferred_proceeds_turns_it_red(self):
        self.told(self.deferred())
        self.env["account.move"].create(
            {
                "date": "2026-03-20",
                "line_ids": [
                    (0, 0, {"account_id": self.account("deferred").id, "debit": 7}),
                    (0, 0, {"account_id": self.account("suspense").id, "credit": 7}),
                ],
            }
        ).action_post()
        closing = self.closing()
        self.assertFalse(closing.is_green)
        self.assertEqual(
            closing.line_ids.mapped(lambda line: (line.identity, line.difference)),
            [("deferred", 7.0)],
        )

    def test_what_is_deferred_for_too_long_is_an_alert(self):
        self.told(self.deferred(matures="2026-03-17"))
        with freeze_time("2026-03-31"):
            self.assertNotIn("deferred_late", self.check().mapped("rule"))
        with freeze_time("2026-04-01"):  # more than 14 days after the 17th
            found = self.check()
        alert = found.filtered(lambda one: one.rule == "deferred_late")
        self.assertEqual((alert.amount, alert.deferral_id), (85.0, self.held()))

    def check(self):
        # The job's user may tell alerts, a person may not.
        return self.env["ecom.finance.alert"].sudo()._check(self.channel)

    def test_deferral_and_release_are_no_double_payment_for_the_checks(self):
        self.told(self.deferred())
        self.told(self.release())
        with freeze_time("2026-03-25"):
            found = self.env["ecom.finance.checker"]._check(self.channel)
        self.assertFalse(
            {one.rule for one in found}
            & {"amount_off", "duplicate_id", "not_settled", "period_gap", "no_order"}
        )

    # -- rights ------------------------------------------------------------------------

    def user(self, group, company=None):
        company = company or self.company
        return new_test_user(
            self.env,
            f"{group}-{company.id}".replace(".", "-"),
            groups=f"base.group_user,{group}",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )

    def test_accountant_without_any_role_in_channels_defers_and_closes(self):
        accountant = self.user("account.group_account_invoice")
        files = self.env["ecom.settlement.file"].with_user(accountant)
        channel = self.channel.with_user(accountant)
        files._receive("a.json", transactions(self.deferred()), channel)
        self.assertEqual(self.held().state, "deferred")
        held = self.held().with_user(accountant)
        held._close("suspense", "Never released")
        self.assertEqual((held.state, held.residual), ("released", 0))

    def test_reader_reads_and_cannot_close(self):
        self.told(self.deferred())
        held = self.held().with_user(self.user("account.group_account_readonly"))
        self.assertEqual(held.residual, 85.0)
        with self.assertRaises(AccessError):
            held._close("suspense", "Never released")

    def test_other_company_sees_nothing(self):
        self.told(self.deferred())
        other = self.setup_other_company()["company"]
        user = self.user("account.group_account_invoice", other)
        for model in ("ecom.settlement.deferral", "ecom.channel.due"):
            self.env.flush_all()
            self.assertFalse(self.env[model].with_user(user).search([]), model)

    # -- refusals ----------------------------------------------------------------------

    def test_locked_period_refuses_and_leaves_nothing_half_booked(self):
        self.company.fiscalyear_lock_date = "2026-03-31"
        file = self.receive(transactions(self.deferred()))
        settlement = file.settlement_ids
        self.assertEqual(settlement.state, "draft")
        self.assertTrue(settlement.error)
        self.assertEqual((self.held().state, self.held().residual), ("waiting", 0))
        self.assertFalse(self.balance("deferred"))
