import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from unittest.mock import Mock

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.ecom_orders.marketplaces.base import REFUND
from odoo.addons.ecom_orders.marketplaces.errors import RequestRefused
from odoo.addons.ecom_orders.marketplaces.schema import RefundStatus, WriteResult
from odoo.addons.ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector

from .common import cents, woo_line, woo_order
from .fake_marketplace import DispatchCommon


def refund_line(number, order_line, quantity, total, tax):
    """A line of a refund as WooCommerce writes it."""
    return {
        "id": number,
        "name": f"Thing {order_line}",
        "quantity": -quantity,
        "total": f"-{total}",
        "total_tax": f"-{tax}",
        "taxes": [{"id": 1, "total": f"-{tax}"}] if Decimal(tax) else [],
        "meta_data": [{"key": "_refunded_item_id", "value": str(order_line)}],
    }


class CreditNoteCommon(DispatchCommon):
    """An order of three mugs at 10 % tax, and refunds of it."""

    def setUp(self):
        super().setUp()
        self.mug.invoice_policy = "order"
        self.line = woo_line(1, "MUG", 3, "30.00", "10")
        self.order = self.import_orders(woo_order(1, [self.line], "10"))

    def refund(self, number, amount, *lines, order=1, **extra):
        """The shop gives money back; returns the refund."""
        self.receive(
            {
                "id": number,
                "order_id": order,
                "amount": amount,
                "reason": "Broken",
                "date_created_gmt": "2026-03-04T09:00:00",
                "line_items": list(lines),
                **extra,
            },
            kind=REFUND,
        )
        self.process()
        return self.env["ecom.refund"].search(
            [("channel_id", "=", self.channel.id), ("external_id", "=", str(number))]
        )

    def one_mug(self, number=77):
        return self.refund(
            number, "11.00", refund_line(900 + number, 1, 1, "10.00", "1.00")
        )

    def ship_all(self, order=None):
        self.ship((order or self.order).picking_ids, tracking="T1")


@tagged("post_install", "-at_install")
class TestCreditNoteBooking(CreditNoteCommon):
    """A refund of the shop is one credit note, to the cent."""

    def test_refund_of_an_invoiced_order_is_a_credit_note(self):
        self.ship_all()
        invoice = self.invoice(self.order)
        refund = self.one_mug()
        note = refund.move_id
        self.assertEqual(refund.state, "credited")
        self.assertEqual(note.move_type, "out_refund")
        self.assertEqual(note.reversed_entry_id, invoice)
        self.assertIn(note, self.order.invoice_ids)
        self.assertMoney(note.amount_untaxed, 10.00)
        self.assertMoney(note.amount_tax, 1.00)
        self.assertMoney(note.amount_total, 10.00 + 1.00)
        self.assertEqual(note.invoice_line_ids.product_id, self.mug)
        self.assertEqual(note.invoice_line_ids.quantity, 1)
        self.assertEqual(note.invoice_line_ids.tax_ids, self.tax_10)

    def test_what_was_credited_is_not_invoiced_again(self):
        self.ship_all()
        self.invoice(self.order)
        self.one_mug().move_id.action_post()
        self.assertEqual(self.order.invoice_status, "invoiced")
        self.assertEqual(self.order.order_line.qty_to_invoice, 0)

    def test_same_refund_again_makes_no_second_credit_note(self):
        self.ship_all()
        self.invoice(self.order)
        refund = self.one_mug()
        note = refund.move_id
        self.one_mug()
        refund._book()
        self.assertEqual(refund.move_id, note)
        notes = self.env["account.move"].search([("move_type", "=", "out_refund")])
        self.assertEqual(notes.ecom_refund_ids, refund)
        self.assertEqual(len(notes & self.order.invoice_ids), 1)

    def test_credit_note_belongs_to_one_refund_only(self):
        self.ship_all()
        self.invoice(self.order)
        first, second = self.one_mug(77), self.one_mug(78)
        self.assertTrue(first.move_id and second.move_id != first.move_id)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            second.move_id = first.move_id
            self.env.flush_all()

    def test_policy_posted_posts_and_settles_the_invoice(self):
        self.channel.refund_policy = "posted"
        self.ship_all()
        invoice = self.invoice(self.order)
        note = self.one_mug().move_id
        self.assertEqual(note.state, "posted")
        self.assertMoney(invoice.amount_residual, 33.00 - 11.00)

    def test_policy_by_hand_leaves_it_to_a_person(self):
        self.channel.refund_policy = "manual"
        self.ship_all()
        self.invoice(self.order)
        refund = self.one_mug()
        self.assertEqual(refund.state, "waiting")
        desk = new_test_user(self.env, "desk", groups="ecom_orders.group_user")
        refund.with_user(desk).action_book()
        self.assertEqual(refund.state, "credited")

    def announce(self, amount="11.00", **extra):
        return self.import_orders(
            woo_order(
                1,
                [self.line],
                "10",
                **{
                    "date_modified_gmt": "2026-03-04T09:00:00",
                    "refunds": [{"id": 77, "reason": "Broken", "total": f"-{amount}"}],
                    **extra,
                },
            )
        )

    def test_notice_is_there_until_the_credit_note_is(self):
        self.ship_all()
        self.invoice(self.order)
        self.announce()
        self.assertEqual(self.open_reasons(self.order), {"refund_to_credit"})
        self.one_mug()
        self.assertFalse(self.open_reasons(self.order))
        self.announce(date_modified_gmt="2026-03-05T09:00:00")
        self.assertFalse(self.open_reasons(self.order))

    def test_credit_note_that_a_person_wrote_is_recognised(self):
        self.channel.write({"refund_policy": "manual", "push_refund": True})
        self.ship_all()
        invoice = self.invoice(self.order)
        self.announce()
        refund = self.one_mug()
        note = self.write_credit_note(invoice)
        self.assertEqual(refund.move_id, note)
        self.assertFalse(self.open_reasons(self.order))
        self.assertFalse(
            self.order.ecom_outbox_ids.filtered(lambda row: row.kind == "refund")
        )

    def write_credit_note(self, invoice, quantity=1):
        """A person credits some of an invoice, and posts it."""
        note = invoice._reverse_moves()
        with Form(note) as form, form.invoice_line_ids.edit(0) as line:
            line.quantity = quantity
        note.action_post()
        return note

    def test_refund_that_odoo_refuses_is_told_and_hinders_nothing(self):
        self.ship_all()
        self.invoice(self.order)
        locked = Mock(side_effect=UserError("Locked"))
        self.patch(type(self.env["account.move"]), "create", locked)
        refund = self.one_mug()
        self.assertEqual(refund.state, "waiting")
        self.assertEqual(self.open_reasons(self.order), {"credit_note_refused"})
        notice = self.order.ecom_block_ids.filtered(lambda b: b.state == "open")
        self.assertIn("Locked", notice.explanation)

    def announce_as(self, status, day):
        """The shop says where the refund stands."""
        normalise = WooCommerceConnector.normalise_order

        def normalise_order(payload):
            order = normalise(payload)
            refunds = tuple(replace(r, status=status, lines=()) for r in order.refunds)
            return replace(order, refunds=refunds)

        self.patch(self.marketplace, "normalise_order", staticmethod(normalise_order))
        self.announce(date_modified_gmt=f"2026-03-{day:02d}T09:00:00")
        return self.order.ecom_refund_ids

    def test_refund_that_is_not_carried_out_waits_or_is_told(self):
        self.ship_all()
        self.invoice(self.order)
        refund = self.announce_as(RefundStatus.PENDING, day=4)
        self.assertEqual(refund.state, "pending")
        self.assertFalse(self.open_reasons(self.order))
        self.announce_as(RefundStatus.FAILED, day=5)
        self.assertEqual(refund.state, "failed")
        self.assertEqual(self.open_reasons(self.order), {"refund_failed"})
        self.announce_as(RefundStatus.DONE, day=6)
        self.assertEqual(refund.state, "credited")
        self.assertMoney(refund.move_id.amount_total, 11.00)
        self.assertFalse(self.open_reasons(self.order))

    def test_deleted_draft_is_to_be_booked_again(self):
        self.ship_all()
        self.invoice(self.order)
        refund = self.one_mug()
        refund.move_id.unlink()
        self.assertEqual(refund.state, "waiting")
        refund.action_book()
        self.assertEqual(refund.state, "credited")

    # -- amounts -----------------------------------------------------------------------

    def test_amount_alone_is_credited_with_the_orders_taxes(self):
        self.ship_all()
        self.invoice(self.order)
        note = self.refund(77, "5.50").move_id
        self.assertMoney(note.amount_untaxed, 5.50 / 1.10)
        self.assertMoney(note.amount_tax, 5.50 - 5.50 / 1.10)
        self.assertEqual(
            note.invoice_line_ids.product_id, self.channel.discount_product_id
        )

    def test_what_lines_do_not_explain_is_a_line_of_its_own(self):
        self.ship_all()
        self.invoice(self.order)
        refund = self.refund(77, "12.34", refund_line(900, 1, 1, "10.00", "1.00"))
        difference = refund.move_id.invoice_line_ids.filtered(
            lambda item: item.product_id == self.channel.difference_product_id
        )
        self.assertMoney(difference.price_subtotal, 12.34 - 11.00)
        self.assertMoney(refund.move_id.amount_total, 12.34)

    def assert_partial_refunds_add_up(self, method):
        """Refund random orders piece by piece, and compare with what was given back."""
        self.company.tax_calculation_rounding_method = method
        dice = random.Random(method)
        for number in range(100, 108):
            quantity = dice.randint(2, 5)
            total = Decimal(dice.randint(100, 9999)) / 100
            tax = Decimal(cents(total * 10 / 100))
            line = woo_line(1, "TEE", quantity, str(total), "10")
            line.update(total_tax=str(tax), taxes=[{"id": 1, "total": str(tax)}])
            self.env["stock.quant"]._update_available_quantity(
                self.tee, self.warehouse.lot_stock_id, quantity
            )
            order = self.import_orders(woo_order(number, [line], "10"))
            self.ship_all(order)
            invoice = self.invoice(order)
            self.assertMoney(invoice.amount_total, float(total + tax))
            left, left_tax = total, tax
            for piece in range(quantity):
                last = piece == quantity - 1
                net = left if last else Decimal(cents(total / quantity))
                share = left_tax if last else Decimal(cents(tax / quantity))
                left, left_tax = left - net, left_tax - share
                given = refund_line(piece + 1, 1, 1, str(net), str(share))
                refund = self.refund(
                    number * 10 + piece, str(net + share), given, order=number
                )
                note = refund.move_id
                self.assertMoney(note.amount_untaxed, float(net))
                self.assertMoney(note.amount_tax, float(share))
            notes = order.ecom_refund_ids.move_id
            self.assertEqual(len(notes), quantity)
            self.assertMoney(sum(notes.mapped("amount_total")), invoice.amount_total)
            self.assertMoney(sum(notes.mapped("amount_tax")), invoice.amount_tax)

    def test_partial_refunds_add_up_when_tax_is_rounded_per_line(self):
        self.assert_partial_refunds_add_up("round_per_line")

    def test_partial_refunds_add_up_when_tax_is_rounded_globally(self):
        self.assert_partial_refunds_add_up("round_globally")

    def test_included_tax_and_untaxed_lines_are_exact_too(self):
        included = self._create_tax(20, included=True)
        lines = [
            woo_line(1, "MUG", 3, "25.00", "20"),
            woo_line(2, "TEE", 3, "10.00"),
        ]
        order = self.import_orders(woo_order(2, lines, "20", prices_include_tax=True))
        self.assertEqual(order.order_line[0].tax_ids, included)
        self.ship_all(order)
        self.invoice(order)
        note = self.refund(
            78,
            "13.33",
            refund_line(901, 1, 1, "8.33", "1.67"),
            refund_line(902, 2, 1, "3.33", "0"),
            order=2,
        ).move_id
        self.assertMoney(note.amount_total, 8.33 + 1.67 + 3.33)
        self.assertMoney(note.amount_tax, 1.67)


@tagged("post_install", "-at_install")
class TestCreditNoteBefore(CreditNoteCommon):
    """A refund before the invoice lessens the invoice, and what is delivered."""

    def test_refund_lessens_the_invoice_and_not_the_order(self):
        self.ship_all()
        refund = self.one_mug()
        self.assertEqual(refund.state, "to_deduct")
        self.assertMoney(self.order.amount_total, 33.00)
        invoice = self.invoice(self.order)
        self.assertEqual(refund.state, "deducted")
        self.assertEqual(refund.invoice_id, invoice)
        self.assertMoney(invoice.amount_untaxed, 30.00 - 10.00)
        self.assertMoney(invoice.amount_tax, 3.00 - 1.00)
        self.assertEqual(self.order.invoice_status, "invoiced")
        self.assertFalse(refund.move_id)

    def test_several_refunds_lessen_it_together(self):
        self.ship_all()
        self.one_mug(77)
        self.refund(78, "5.50")
        invoice = self.invoice(self.order)
        self.assertMoney(invoice.amount_total, 33.00 - 11.00 - 5.50)

    def test_refund_of_everything_leaves_an_invoice_of_nothing(self):
        self.ship_all()
        self.refund(77, "33.00", refund_line(900, 1, 3, "30.00", "3.00"))
        self.assertMoney(self.invoice(self.order).amount_total, 0.0)

    def test_refund_after_the_invoice_is_credited_beside_it(self):
        self.ship_all()
        before = self.one_mug(77)
        self.invoice(self.order)
        after = self.one_mug(78)
        self.assertEqual((before.state, after.state), ("deducted", "credited"))

    def test_invoice_that_is_deleted_takes_its_deduction_along(self):
        self.ship_all()
        refund = self.one_mug()
        self.invoice(self.order, post=False).unlink()
        self.assertEqual(refund.state, "to_deduct")
        self.assertMoney(self.invoice(self.order).amount_total, 33.00 - 11.00)

    def test_what_was_not_shipped_is_taken_out_of_the_delivery(self):
        refund = self.one_mug()
        move = self.order.picking_ids.move_ids
        self.assertEqual(sum(move.mapped("product_uom_qty")), 3 - 1)
        self.assertEqual(refund.line_ids.removed_qty, 1)
        self.ship_all()
        self.assertEqual(self.order.order_line.qty_delivered, 3 - 1)
        self.assertMoney(self.invoice(self.order).amount_total, 33.00 - 11.00)

    def test_delivery_of_which_nothing_is_left_is_cancelled(self):
        self.refund(77, "33.00", refund_line(900, 1, 3, "30.00", "3.00"))
        self.assertEqual(self.order.picking_ids.state, "cancel")
        quant = self.mug.stock_quant_ids.filtered(
            lambda quant: quant.location_id == self.warehouse.lot_stock_id
        )
        self.assertEqual(quant.reserved_quantity, 0)

    def test_only_what_is_still_here_is_taken_out(self):
        backorder = self.ship(self.order.picking_ids, tracking="T1", MUG=2)
        self.refund(77, "22.00", refund_line(900, 1, 2, "20.00", "2.00"))
        self.assertEqual(backorder.state, "cancel")
        self.assertEqual(self.order.ecom_refund_ids.line_ids.removed_qty, 1)

    def test_removed_goods_do_not_come_back_when_the_order_is_edited(self):
        self.one_mug()
        self.import_orders(
            woo_order(
                1,
                [woo_line(1, "MUG", 4, "40.00", "10")],
                "10",
                date_modified_gmt="2026-03-05T09:00:00",
            )
        )
        moves = self.order.picking_ids.move_ids.filtered(lambda m: m.state != "cancel")
        self.assertEqual(sum(moves.mapped("product_uom_qty")), 4 - 1)
        self.assertMoney(self.order.amount_total, 44.00)

    def test_goods_invoiced_on_delivery_and_never_shipped_are_not_deducted(self):
        self.mug.invoice_policy = "delivery"
        refund = self.one_mug()
        self.ship_all()
        self.assertMoney(self.invoice(self.order).amount_untaxed, 30.00 * 2 / 3)
        self.assertEqual(refund.state, "deducted")

    def test_held_order_is_delivered_without_what_was_refunded(self):
        order = self.import_orders(
            woo_order(
                2,
                [woo_line(1, "MUG", 3, "30.00", "10")],
                "10",
                status="on-hold",
                date_paid_gmt=None,
            )
        )
        self.refund(88, "11.00", refund_line(900, 1, 1, "10.00", "1.00"), order=2)
        order.action_ecom_release()
        self.assertEqual(order.picking_ids.move_ids.product_uom_qty, 3 - 1)

    def test_order_that_the_shop_states_net_of_refunds_is_not_lessened_twice(self):
        self.marketplace.refunds_in_orders = True
        refund = self.one_mug()
        self.assertEqual(refund.state, "nothing")
        self.assertEqual(self.order.picking_ids.move_ids.product_uom_qty, 3)

    def test_accountant_without_a_role_here_sees_what_is_invoiced(self):
        self.ship_all()
        invoice = self.invoice(self.order)
        accountant = new_test_user(
            self.env, "books", groups="account.group_account_invoice"
        )
        lines = self.order.order_line.with_user(accountant).sudo(False)
        lines.invalidate_recordset(["qty_invoiced"])
        quantities = lines._prepare_qty_invoiced()
        self.assertEqual(
            sum(quantities.values()),
            sum(invoice.invoice_line_ids.mapped("quantity")),
        )


@tagged("post_install", "-at_install")
class TestCreditNotePush(CreditNoteCommon):
    """A refund that was decided here is given back in the shop, once."""

    def setUp(self):
        super().setUp()
        self.channel.push_refund = True
        self.ship_all()
        self.posted = self.invoice(self.order)

    def credit(self, quantity=1):
        note = self.posted._reverse_moves()
        with Form(note) as form, form.invoice_line_ids.edit(0) as line:
            line.quantity = quantity
        note.action_post()
        return note

    def test_posted_credit_note_is_told(self):
        note = self.credit()
        self.send()
        (request,) = self.told("refund")
        self.assertEqual(request.order_id, "1")
        self.assertEqual(request.amount, Decimal("11.00"))
        self.assertEqual(request.currency, "USD")
        self.assertEqual(request.payment_ref, "T-1")
        self.assertEqual(
            [(li.order_line_id, li.quantity, li.amount) for li in request.lines],
            [("1", Decimal(1), Decimal("11.00"))],
        )
        self.assertEqual(note.ecom_refund_ids, self.env["ecom.refund"])

    def test_refund_says_what_was_given_back_before_it(self):
        for _time in range(2):
            self.credit()
        self.send()
        told = [request.given_back for request in self.told("refund")]
        self.assertEqual(told, [None, Decimal("11.00")])

    def test_refund_says_since_when_it_waits_and_what_was_told_beside_it(self):
        """So that a marketplace without our keys can tell a stranger's feed."""
        self.marketplace.answers["refund"] = WriteResult(submission="refund F1 1")
        self.credit()
        self.send()
        self.credit()
        self.send()
        first, second = self.told("refund")
        self.assertEqual(first.submissions, ())
        self.assertEqual(second.submissions, ("refund F1 1",))
        messages = self.order.ecom_outbox_ids.filtered(lambda row: row.kind == "refund")
        self.assertEqual(
            {request.asked_at.replace(tzinfo=None) for request in (first, second)},
            set(messages.mapped("asked_at")),
        )

    def test_person_who_sends_a_refund_again_has_looked_before(self):
        self.marketplace.answers["refund"] = RequestRefused(
            "perhaps", remote_code="outcome_unknown", remote_message="feed F1"
        )
        self.credit()
        self.send()
        message = self.order.ecom_outbox_ids.filtered(lambda row: row.kind == "refund")
        self.assertEqual(message.state, "failed")
        self.assertEqual(message.reason, "outcome_unknown")
        self.assertIn("feed F1", message.explanation)
        message.asked_at -= timedelta(days=1)
        message.action_retry()
        self.assertEqual(message.asked_at, fields.Datetime.now())

    def test_credit_notes_that_are_posted_together_know_of_each_other(self):
        notes = self.posted._reverse_moves() | self.posted._reverse_moves()
        for note in notes:
            with Form(note) as form, form.invoice_line_ids.edit(0) as line:
                line.quantity = 1
        notes.action_post()
        self.send()
        told = [request.given_back for request in self.told("refund")]
        self.assertEqual(told, [None, Decimal("11.00")])

    def test_refund_that_came_back_counts_once(self):
        self.credit()
        self.send()
        self.refund(77, "11.00", refund_line(977, 1, 1, "10.00", "1.00"))
        self.credit()
        self.send()
        self.assertEqual(self.told("refund")[-1].given_back, Decimal("11.00"))

    def test_channel_is_left_untold_unless_it_is_wanted(self):
        self.channel.push_refund = False
        self.credit()
        self.send()
        self.assertFalse(self.told("refund"))

    def test_echo_by_id_is_the_same_refund(self):
        note = self.credit()
        self.send()
        row = self.order.ecom_outbox_ids.filtered(lambda r: r.kind == "refund")
        row.external_id = "77"
        refund = self.one_mug(77)
        self.assertEqual(refund.move_id, note)
        self.assertEqual(refund.state, "credited")

    def test_echo_whose_answer_was_lost_is_known_by_its_amount(self):
        note = self.credit()
        refund = self.one_mug(77)
        self.assertEqual(refund.move_id, note)
        self.send()
        self.assertFalse(self.told("refund"))

    def test_echo_under_another_id_is_known_by_its_amount(self):
        note = self.credit()
        self.send()
        self.assertEqual(self.one_mug(77).move_id, note)

    def test_credit_note_that_is_posted_at_once_is_not_told_either(self):
        self.channel.refund_policy = "posted"
        self.assertEqual(self.one_mug().move_id.state, "posted")
        self.send()
        self.assertFalse(self.told("refund"))

    def test_other_refund_of_the_shop_gets_a_credit_note_of_its_own(self):
        note = self.credit()
        self.send()
        refund = self.refund(78, "5.50")
        self.assertTrue(refund.move_id)
        self.assertNotEqual(refund.move_id, note)

    def test_credit_note_of_a_refund_of_the_shop_is_not_told(self):
        self.one_mug().move_id.action_post()
        self.send()
        self.assertFalse(self.told("refund"))

    def test_nothing_is_told_while_a_refund_of_the_shop_is_not_booked(self):
        self.channel.refund_policy = "manual"
        self.one_mug()
        self.credit(quantity=2)
        self.send()
        self.assertFalse(self.told("refund"))
