"""Workflow: what a seller on Amazon does beyond orders, parcels and quantities.

Amazon works by reports and feeds: what was accepted is done when its report says so.
"""

import base64
import hashlib
import hmac
import json

from test_marketplaces import MarketplaceCase

from odoo.tests import tagged

PATIENCE = 6  # how often a feed is asked after at most


@tagged("post_install", "-at_install")
class TestAmazonAfterSales(MarketplaceCase):
    """Labels, cancellations, money back, returns, notifications, rates of tax."""

    provider = "amazon"
    kinds = ("amazon_us",)
    carrier_code = "UPS"

    def prepare_channel_values(self):
        return {
            **super().prepare_channel_values(),
            "connector_options": f"token_url = {self.shop.url}/auth/o2/token",
            # Each has a report of its own; nobody waits here for Amazon's rates.
            "marketplace_refs": "ATVPDKIKX0DER, A1PA6795UKMFR9",
        }

    def send_until_answered(self, message):
        """Tell what waits, and ask what became of it until the report is there."""
        states = []
        for _ in range(PATIENCE):
            message.next_attempt_at = False
            self.run_job("send")
            states.append(message.state)
            if message.state not in ("waiting", "pending"):
                break
        return states

    def outbox(self, order, kind):
        return self.env["ecom.outbox.message"].search(
            [("order_id", "=", order.id), ("kind", "=", kind)]
        )

    def placed(self, scenario="amazon_us"):
        self.kinds = (scenario,)
        (row,) = self.place_all()
        return row, self.sale_order_of(row)

    def test_label_that_was_bought_hangs_on_the_delivery(self):
        row, order = self.placed()
        (protocol,) = self.shop._protocols
        bought = protocol.labels.buy(row["id"])
        picking = order.picking_ids
        self.assertTrue(picking.ecom_needs_shipment_ref)
        picking.ecom_shipment_ref = f" {bought.shipment_id}, "
        picking.action_ecom_fetch_labels()
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "stock.picking"), ("res_id", "=", picking.id)]
        )
        self.assertEqual(attachment.raw, bought.content)
        self.assertEqual(attachment.mimetype, "application/pdf")
        self.assertEqual(picking.carrier_tracking_ref, bought.tracking)

    def test_cancelled_order_is_told_when_the_report_says_that_it_is_cancelled(self):
        row, order = self.placed()
        order._action_cancel()
        message = self.outbox(order, "cancel")
        states = self.send_until_answered(message)
        self.assertEqual(states[0], "pending")
        self.assertEqual(states[-1], "sent")
        self.assertEqual(self.shop.world.order(row["id"]).status, "cancelled")

    def test_posted_credit_note_gives_the_money_back_once(self):
        row, order = self.placed()
        self.ship(order)
        self.channel.push_refund = True
        invoice = order._create_invoices()
        invoice.action_post()
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        credit = self.env["account.move"].browse(wizard.reverse_moves()["res_id"])
        credit.action_post()
        message = self.outbox(order, "refund")
        states = self.send_until_answered(message)
        self.assertEqual(
            (states[0], states[-1], message.reason), ("pending", "sent", False)
        )
        refunded = self.shop.world.refunded(row["id"])
        self.assertEqual(float(refunded), credit.amount_total)
        message.action_retry()
        self.send_until_answered(message)
        self.assertEqual(self.shop.world.refunded(row["id"]), refunded)

    def test_return_of_the_report_is_expected_at_the_delivery_that_shipped_it(self):
        row, order = self.placed()
        self.ship(order)
        self.patch(self.clock, "now", self.shop.world.clock.now)
        line = self.shop.world.order(row["id"]).lines[0]
        case = self.shop.world.open_return(row["id"], ((line.id, 1),), "DEFECTIVE")
        self.shop.world.move_return(case.id, "approved")
        self.channel.return_cursor = False  # four hours later
        self.poll()
        back = self.env["ecom.return"].search([("order_id", "=", order.id)])
        self.assertEqual((back.status, len(back.line_ids)), ("approved", 1))
        self.assertEqual(back.line_ids.reason_code, "DEFECTIVE")
        self.assertEqual(
            back.picking_ids.move_ids.origin_returned_move_id.picking_id,
            order.picking_ids - back.picking_ids,
        )

    def test_returns_are_asked_for_at_most_every_four_hours(self):
        self.connect()
        self.poll()
        asked = [
            row for row in self.shop.requests() if row["path"].endswith("/reports")
        ]
        self.assertEqual(len(asked), 2)  # one for each of two marketplaces, once

    def test_notification_that_is_passed_on_makes_its_order_be_fetched(self):
        self.connect()
        (row,) = self.shop.place_orders(1, ["amazon_us"])
        body = self.notification(row["external_id"])
        self.assertEqual(self.deliver_notification(body, body).status_code, 200)
        self.assertEqual(self.messages().mapped("kind"), ["order_hint"])
        self.process()
        self.process()
        self.assertEqual(self.explain_orders([row]), [])

    def test_notification_with_a_wrong_signature_is_refused_and_not_kept(self):
        self.connect()
        body = self.notification("114-1234567-1234567")
        response = self.deliver_notification(body, b"another body")
        self.assertEqual(response.status_code, 401)
        self.assertFalse(self.messages())

    def notification(self, order_id):
        change = {"OrderChangeNotification": {"AmazonOrderId": order_id}}
        kind = {"NotificationType": "ORDER_CHANGE", "Payload": change}
        return json.dumps(kind).encode()

    def deliver_notification(self, body, signed):
        """Pass a notification on, with the signature of some body."""
        self.env.flush_all()
        secret = self.channel.webhook_secret.encode()
        digest = hmac.new(secret, signed, hashlib.sha256).digest()
        return self.url_open(
            f"/ecom/webhook/{self.channel.webhook_token}",
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-Webhook-Signature": base64.b64encode(digest).decode(),
            },
        )

    def test_tax_inside_of_prices_is_the_tax_of_its_rate(self):
        _row, order = self.placed("amazon_de")
        taxes = order.order_line.tax_ids
        self.assertEqual(taxes.mapped("amount"), [19.0])
        self.assertFalse(order.ecom_block_ids.filtered(lambda b: b.state == "open"))
