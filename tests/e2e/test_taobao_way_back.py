"""Workflow: on Taobao the buyer asks to call a paid order off, the seller agrees."""

from test_marketplaces import MarketplaceCase

from odoo.tests import tagged

from simulator.taobao import agreement


@tagged("post_install", "-at_install")
class TestTaobaoWayBack(MarketplaceCase):
    """Cancellations that are told, agreed to, or a task for a person."""

    provider = "taobao"
    path = "/router/rest"
    kinds = ("tb_single",)

    def setUp(self):
        super().setUp()
        (self.row,) = self.place_all()
        self.order = self.sale_order_of(self.row)

    def send(self):
        self.env.flush_all()
        self.run_job("send")

    def told(self):
        messages = self.order.ecom_outbox_ids
        return [(message.state, message.reason or "") for message in messages]

    def status(self):
        return self.shop.world.order(self.row["id"]).status

    def test_paid_order_that_nobody_asked_to_call_off_is_a_task_for_a_person(self):
        self.order.action_cancel()
        self.send()
        self.assertEqual(self.told(), [("failed", "buyer_must_ask")])
        self.assertEqual(self.status(), "processing")
        block = self.order.ecom_block_ids.filtered(lambda b: b.state == "open")
        self.assertTrue(block)
        explanation = self.order.ecom_outbox_ids.explanation
        self.assertIn("buyer has to ask", explanation)

    def write_credit_note(self):
        """Invoice the order, and give back what its goods cost."""
        for picking in self.order.picking_ids:
            for move in picking.move_ids:
                move.write({"quantity": move.product_uom_qty, "picked": True})
            picking.button_validate()
        if not self.company.chart_template:
            self.env["account.chart.template"].try_loading(
                "generic_coa", company=self.company, install_demo=False
            )
        invoice = self.order._create_invoices()
        invoice.action_post()
        note = invoice._reverse_moves()
        goods = note.invoice_line_ids.filtered(
            lambda item: item.sale_line_ids.ecom_kind == "product"
        )
        (note.invoice_line_ids - goods).unlink()
        note.action_post()
        return note

    def refunds(self):
        return self.order.ecom_outbox_ids.filtered(lambda row: row.kind == "refund")

    def test_credit_note_agrees_to_what_the_buyer_asked_for_and_knows_its_echo(self):
        self.channel.push_refund = True
        line = self.shop.world.order(self.row["id"]).lines[0]
        note = self.write_credit_note()
        self.send()
        self.assertEqual(
            (self.refunds().state, self.refunds().reason), ("failed", "buyer_must_ask")
        )
        self.assertEqual(self.shop.world.refunded(self.row["id"]), 0)
        agreement.ask(
            self.shop.world, self.row["id"], line.id, line.quantity, line.total
        )
        self.refunds().action_retry()
        self.send()
        self.assertEqual(self.refunds().state, "sent")
        self.assertEqual(self.shop.world.refunded(self.row["id"]), line.total)
        self.set_clock(1800)
        self.poll()
        self.poll()  # its lines come with the next fetch
        refund = self.env["ecom.refund"].search([("order_id", "=", self.order.id)])
        self.assertEqual(refund.move_id, note)
        self.assertEqual(refund.external_id, self.refunds().external_id)

    def test_wish_of_the_buyer_that_is_accepted_closes_the_trade(self):
        self.shop.request_cancel(self.row["id"])
        self.set_clock(1200)
        self.poll()
        self.assertTrue(self.order.ecom_cancel_requested)
        self.order.ecom_block_ids.action_accept_cancel()
        self.send()
        self.assertEqual(self.told(), [("sent", "")])
        self.assertEqual(self.status(), "refunded")
        self.set_clock(1800)
        self.poll()
        self.assertEqual(self.order.state, "cancel")
