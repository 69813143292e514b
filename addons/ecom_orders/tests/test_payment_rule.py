from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.base import CONNECTORS
from odoo.addons.ecom_orders.marketplaces.schema import (
    LineKind,
    Payment,
    PaymentKind,
    Risk,
)
from odoo.addons.ecom_orders.models import ecom_order_automation

from .common import EcomOrdersCommon, woo_line, woo_order

PAID_AT = datetime(2026, 3, 1, 10, tzinfo=timezone.utc)


class PaymentRuleCommon(EcomOrdersCommon):
    """A company with a chart of accounts, a bank and a journal of gift cards."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.company.chart_template:
            cls.env["account.chart.template"].try_loading(
                "generic_coa", company=cls.company, install_demo=False
            )
        cls.bank = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.liability = cls.env["account.account"].create(
            {
                "name": "Gift cards not redeemed yet",
                "code": "2499",
                "account_type": "liability_current",
                "reconcile": True,
            }
        )
        cls.gift_journal = cls.env["account.journal"].create(
            {"name": "Gift cards", "code": "GIFT", "type": "bank"}
        )
        lines = cls.gift_journal.inbound_payment_method_line_ids
        lines.payment_account_id = cls.liability
        gift_product = cls.channel.gift_card_product_id.with_company(cls.company)
        gift_product.property_account_income_id = cls.liability

    def setUp(self):
        super().setUp()
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 100)

    def order(self, number=1, quantity=2, **extra):
        return woo_order(number, [woo_line(1, "MUG", quantity, "20.00")], **extra)

    def rule(self, gateway="bacs", **values):
        return self.env["ecom.payment.rule"].create(
            {"channel_id": self.channel.id, "gateway": gateway, **values}
        )

    def automate(self):
        user = self.env.ref("ecom_orders.user_technical")
        self.env["ecom.order.automation"].with_user(user)._cron_automate()
        self.env.invalidate_all()

    def understand(self, change):
        """Let the connector understand orders otherwise: ``change(order) -> order``."""
        connector = CONNECTORS["woocommerce"]
        understand = connector.normalise_order
        self.patch(
            connector,
            "normalise_order",
            staticmethod(lambda payload: change(understand(payload))),
        )

    def pay_by(self, *tenders):
        """Orders are paid by (gateway, kind, amount)."""
        payments = tuple(
            Payment(
                external_id=f"T{number}",
                gateway=gateway,
                amount=Decimal(amount),
                kind=kind,
                reference=f"R{number}",
                paid_at=PAID_AT,
            )
            for number, (gateway, kind, amount) in enumerate(tenders)
        )
        self.understand(lambda order: replace(order, payments=payments))

    def balance(self, account):
        """Sum of the posted entries on an account."""
        lines = self.env["account.move.line"].search(
            [("account_id", "in", account.ids), ("parent_state", "=", "posted")]
        )
        return sum(lines.mapped("balance"))

    def revenue(self):
        """What was earned: posted on accounts of income, positive."""
        accounts = self.env["account.account"].search(
            [("account_type", "in", ("income", "income_other"))]
        )
        return -self.balance(accounts)


@tagged("post_install", "-at_install")
class TestPaymentRule(PaymentRuleCommon):
    """Each way of paying has its row: confirm, invoice, book, deliver, expire."""

    # -- rows --------------------------------------------------------------------------

    def test_new_payment_method_appears_by_itself_and_does_nothing(self):
        order = self.import_orders(self.order())
        rule = order.ecom_payment_rule_id
        self.assertEqual(rule.gateway, "bacs")
        self.assertEqual(rule.title, "Bank transfer")
        self.automate()
        self.assertFalse(order.invoice_ids)
        self.assertEqual(order.state, "sale")

    def test_pattern_matches_so_that_no_new_row_appears(self):
        rule = self.rule("ba*")
        order = self.import_orders(self.order())
        self.assertEqual(order.ecom_payment_rule_id, rule)
        self.assertEqual(self.channel.payment_rule_ids, rule)

    def test_first_matching_row_counts(self):
        self.rule("*", sequence=20)
        first = self.rule("BACS", sequence=10)
        self.assertEqual(self.import_orders(self.order()).ecom_payment_rule_id, first)

    def test_order_without_a_payment_method_makes_no_row(self):
        order = self.import_orders(self.order(payment_method=""))
        self.assertFalse(order.ecom_payment_rule_id)
        self.assertFalse(self.channel.payment_rule_ids)

    def test_payment_without_a_journal_is_refused(self):
        with self.assertRaisesRegex(Exception, "journal_chosen"):
            with self.cr.savepoint():
                self.rule(register_payment=True)

    # -- confirmation ------------------------------------------------------------------

    def test_row_confirms_earlier_than_the_channel(self):
        self.rule(confirm_policy="always")
        unpaid = self.order(status="pending", date_paid_gmt=None)
        self.assertEqual(self.import_orders(unpaid).state, "sale")

    def test_row_leaves_it_to_a_person(self):
        self.rule(confirm_policy="manual")
        order = self.import_orders(self.order())
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.open_reasons(order), {"confirm_by_hand"})

    def test_row_without_an_opinion_follows_the_channel(self):
        self.channel.confirm_policy = "manual"
        self.rule()
        self.assertEqual(self.import_orders(self.order()).state, "draft")

    # -- invoices ----------------------------------------------------------------------

    def test_invoice_at_confirmation_has_the_shops_total(self):
        self.rule(invoice_policy="confirmation")
        order = self.import_orders(
            woo_order(1, [woo_line(1, "MUG", 3, "10.01", "10")], "10")
        )
        self.automate()
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertMoney(order.invoice_ids.amount_total, 10.01 + 1.00)

    def test_invoice_stays_a_draft_when_the_row_says_so(self):
        self.rule(invoice_policy="confirmation", post_invoice=False)
        order = self.import_orders(self.order())
        self.automate()
        self.assertEqual(order.invoice_ids.state, "draft")

    def test_invoice_at_delivery_waits_for_the_goods(self):
        self.rule(invoice_policy="delivery")
        order = self.import_orders(self.order())
        self.automate()
        self.assertFalse(order.invoice_ids)
        order.picking_ids.move_ids.write({"quantity": 2, "picked": True})
        order.picking_ids.button_validate()
        self.automate()
        self.assertEqual(order.invoice_ids.state, "posted")

    def test_running_again_invoices_and_books_nothing_twice(self):
        self.rule(
            invoice_policy="confirmation",
            register_payment=True,
            journal_id=self.bank.id,
        )
        order = self.import_orders(self.order())
        for _again in range(3):
            self.automate()
        self.import_orders(self.order())
        self.automate()
        self.assertEqual(len(order.invoice_ids), 1)
        self.assertEqual(len(order.ecom_payment_ids.account_payment_id), 1)

    def test_one_bad_order_stops_no_other_and_says_why(self):
        self.rule(invoice_policy="confirmation")
        bad, good = self.import_orders(self.order(1), self.order(2))
        create = type(bad)._create_invoices

        def refuse(orders, *args, **kwargs):
            if bad in orders:
                why = "The period is closed."
                raise UserError(why)
            return create(orders, *args, **kwargs)

        self.patch(type(bad), "_create_invoices", refuse)
        self.automate()
        self.automate()
        self.assertEqual(good.invoice_ids.state, "posted")
        block = bad.ecom_block_ids
        self.assertEqual(block.reason, "automation_failed")
        self.assertIn("invoice", block.explanation)
        self.assertIn("The period is closed.", block.explanation)
        self.assertEqual(bad.state, "sale")

    def test_released_refusal_is_tried_again(self):
        self.rule(invoice_policy="confirmation")
        order = self.import_orders(self.order())
        create = type(order)._create_invoices
        self.patch(
            type(order), "_create_invoices", lambda *a, **k: create(order.browse())
        )
        self.automate()
        self.patch(type(order), "_create_invoices", create)
        self.automate()
        self.assertFalse(order.invoice_ids)
        order.ecom_block_ids.action_release()
        self.automate()
        self.assertTrue(order.invoice_ids)

    def test_paused_channel_books_nothing(self):
        self.rule(invoice_policy="confirmation")
        order = self.import_orders(self.order())
        self.channel.action_pause()
        self.automate()
        self.assertFalse(order.invoice_ids)

    def test_more_orders_than_a_batch_are_all_invoiced(self):
        self.patch(ecom_order_automation, "BATCH_SIZE", 2)
        self.rule(invoice_policy="confirmation")
        orders = self.import_orders(*(self.order(n, quantity=1) for n in range(1, 6)))
        self.automate()
        self.assertEqual(len(orders.invoice_ids), 5)

    # -- payments ----------------------------------------------------------------------

    def test_payment_is_registered_and_the_invoice_paid(self):
        self.rule(
            invoice_policy="confirmation",
            register_payment=True,
            journal_id=self.bank.id,
        )
        order = self.import_orders(self.order())
        self.automate()
        payment = order.ecom_payment_ids.account_payment_id
        self.assertMoney(payment.amount, 20.00)
        self.assertEqual(payment.journal_id, self.bank)
        self.assertEqual(payment.memo, "T-1")
        self.assertEqual(str(payment.date), "2026-03-01")
        self.assertIn(order.invoice_ids.payment_state, ("paid", "in_payment"))

    def test_unpaid_order_has_no_payment(self):
        self.rule(
            confirm_policy="always",
            invoice_policy="confirmation",
            register_payment=True,
            journal_id=self.bank.id,
        )
        order = self.import_orders(self.order(status="pending", date_paid_gmt=None))
        self.automate()
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertFalse(order.ecom_payment_ids)
        self.assertEqual(order.invoice_ids.payment_state, "not_paid")

    def test_cash_on_delivery_is_not_registered_before_it_is_there(self):
        self.pay_by(("cod", PaymentKind.ON_DELIVERY, "20.00"))
        self.rule("bacs", invoice_policy="confirmation")
        self.rule("cod", register_payment=True, journal_id=self.bank.id)
        order = self.import_orders(self.order())
        self.automate()
        self.assertFalse(order.ecom_payment_ids.account_payment_id)

    def test_two_tenders_are_two_payments_of_their_own_journals(self):
        self.pay_by(
            ("bacs", PaymentKind.OTHER, "15.00"),
            ("gift_card", PaymentKind.GIFT_CARD, "5.00"),
        )
        self.rule(
            "bacs",
            invoice_policy="confirmation",
            register_payment=True,
            journal_id=self.bank.id,
        )
        self.rule("gift_card", register_payment=True, journal_id=self.gift_journal.id)
        order = self.import_orders(self.order())
        self.automate()
        self.assertEqual(
            {
                payment.gateway: payment.account_payment_id.journal_id
                for payment in order.ecom_payment_ids
            },
            {"bacs": self.bank, "gift_card": self.gift_journal},
        )
        self.assertIn(order.invoice_ids.payment_state, ("paid", "in_payment"))

    def test_tender_of_a_partly_paid_order_is_registered_once(self):
        self.pay_by(("bacs", PaymentKind.OTHER, "5.00"))
        self.rule(
            invoice_policy="confirmation",
            register_payment=True,
            journal_id=self.bank.id,
        )
        order = self.import_orders(self.order())
        for _again in range(3):
            self.automate()
        self.assertEqual(order.invoice_ids.payment_state, "partial")
        self.assertMoney(order.invoice_ids.amount_residual, 20.00 - 5.00)

    def test_tender_that_the_shop_takes_back_goes_unless_it_is_booked(self):
        self.pay_by(("bacs", PaymentKind.OTHER, "20.00"))
        order = self.import_orders(self.order())
        self.understand(lambda external: replace(external, payments=(), paid_at=None))
        self.import_orders(self.order(date_modified_gmt="2026-03-02T10:00:00"))
        self.assertFalse(order.ecom_payment_ids)

    # -- gift cards --------------------------------------------------------------------

    def test_gift_card_sold_is_a_debt_and_redeemed_it_is_none(self):
        self.understand(
            lambda order: replace(
                order,
                lines=tuple(
                    replace(line, kind=LineKind.GIFT_CARD)
                    if line.sku == "CARD"
                    else line
                    for line in order.lines
                ),
            )
        )
        before, owed = self.revenue(), self.balance(self.liability)
        self.rule(
            "bacs",
            invoice_policy="confirmation",
            register_payment=True,
            journal_id=self.bank.id,
        )
        sold = self.import_orders(woo_order(1, [woo_line(1, "CARD", 1, "50.00")]))
        self.assertEqual(sold.order_line.product_id, self.channel.gift_card_product_id)
        self.automate()
        self.assertMoney(self.revenue(), before)
        self.assertMoney(self.balance(self.liability), owed - 50.00)

        self.pay_by(("gift_card", PaymentKind.GIFT_CARD, "50.00"))
        self.rule("gift_card", register_payment=True, journal_id=self.gift_journal.id)
        redeemed = self.import_orders(woo_order(2, [woo_line(1, "MUG", 2, "50.00")]))
        self.automate()
        self.assertMoney(self.balance(self.liability), owed)
        self.assertMoney(self.revenue(), before + 50.00)
        self.assertIn(redeemed.invoice_ids.payment_state, ("paid", "in_payment"))

    # -- deliveries --------------------------------------------------------------------

    def test_order_shipped_by_the_shop_is_delivered_without_a_person(self):
        self.rule(validate_delivery=True)
        order = self.import_orders(self.order(status="completed"))
        self.assertEqual(order.picking_ids.state, "assigned")
        self.automate()
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(order.order_line.qty_delivered, 2)

    def test_order_shipped_beyond_our_stock_is_delivered_all_the_same(self):
        self.rule(validate_delivery=True)
        order = self.import_orders(self.order(quantity=70, status="completed"))
        self.automate()
        self.assertEqual(set(order.picking_ids.mapped("state")), {"done"})
        self.assertEqual(order.order_line.qty_delivered, 70)

    def test_delivery_that_needs_a_person_is_told(self):
        self.mug.tracking = "serial"
        self.rule(validate_delivery=True)
        order = self.import_orders(self.order(status="completed"))
        self.automate()
        self.assertNotEqual(order.picking_ids.state, "done")
        self.assertIn("automation_failed", self.open_reasons(order))

    def test_order_that_is_to_be_shipped_here_is_not_delivered(self):
        self.rule(validate_delivery=True)
        order = self.import_orders(self.order())
        self.automate()
        self.assertEqual(order.picking_ids.state, "assigned")

    def test_order_that_needs_no_parcel_is_delivered(self):
        self.understand(
            lambda order: replace(
                order,
                lines=tuple(
                    replace(line, requires_shipping=False) for line in order.lines
                ),
            )
        )
        self.rule(validate_delivery=True)
        order = self.import_orders(self.order())
        self.automate()
        self.assertEqual(order.picking_ids.state, "done")

    # -- expiry ------------------------------------------------------------------------

    def unpaid(self, days, **extra):
        placed = fields.Datetime.now() - timedelta(days=days)
        return self.order(
            status="pending",
            date_paid_gmt=None,
            date_created_gmt=placed.strftime("%Y-%m-%dT%H:%M:%S"),
            **extra,
        )

    def test_unpaid_order_is_cancelled_after_its_days_with_a_notice(self):
        self.rule(expire_days=5)
        order = self.import_orders(self.unpaid(days=6))
        self.automate()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(self.open_reasons(order), {"expired_unpaid"})
        self.assertFalse(order.ecom_held)

    def test_unpaid_order_within_its_days_waits(self):
        self.rule(expire_days=5)
        order = self.import_orders(self.unpaid(days=4))
        self.automate()
        self.assertEqual(order.state, "draft")

    def test_order_that_waits_for_something_else_does_not_expire(self):
        self.rule(expire_days=5)
        order = self.import_orders(woo_order(1, [woo_line(1, "NEW", 1, "5.00")]))
        self.automate()
        self.assertEqual(order.state, "draft")

    def test_expired_order_comes_back_when_it_is_paid_after_all(self):
        self.rule(expire_days=5)
        order = self.import_orders(self.unpaid(days=6))
        self.automate()
        self.import_orders(self.order(date_modified_gmt="2026-03-09T10:00:00"))
        self.assertEqual(order.state, "sale")
        self.assertFalse(self.open_reasons(order))


@tagged("post_install", "-at_install")
class TestFraudRisk(PaymentRuleCommon):
    """Orders that the marketplace thinks dangerous wait for a person."""

    def rate(self, risk):
        self.understand(lambda order: replace(order, risk=risk))

    def test_high_risk_is_held_and_released_by_a_person(self):
        self.rate(Risk.HIGH)
        order = self.import_orders(self.order())
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.open_reasons(order), {"fraud_risk"})
        self.assertIn("high", order.ecom_hold_explanation)
        self.assertTrue(order.ecom_releasable)
        order.action_ecom_release()
        self.assertEqual(order.state, "sale")
        self.import_orders(self.order(date_modified_gmt="2026-03-02T10:00:00"))
        self.assertFalse(self.open_reasons(order))

    def test_medium_risk_is_held_only_if_the_channel_says_so(self):
        self.rate(Risk.MEDIUM)
        self.assertEqual(self.import_orders(self.order(1)).state, "sale")
        self.channel.fraud_policy = "medium"
        self.assertEqual(self.import_orders(self.order(2)).state, "draft")

    def test_released_medium_risk_is_held_again_when_it_becomes_high(self):
        self.channel.fraud_policy = "medium"
        self.channel.confirm_policy = "manual"
        self.rate(Risk.MEDIUM)
        order = self.import_orders(self.order())
        order.ecom_block_ids.filtered(
            lambda b: b.reason == "fraud_risk"
        ).action_release()
        self.rate(Risk.HIGH)
        self.import_orders(self.order(date_modified_gmt="2026-03-02T10:00:00"))
        self.assertIn("fraud_risk", self.open_reasons(order))

    def test_never_holds_nothing(self):
        self.channel.fraud_policy = "never"
        self.rate(Risk.HIGH)
        self.assertEqual(self.import_orders(self.order()).state, "sale")
