"""Workflow: on Taobao the buyer asks to call a paid order off, the seller agrees."""

from test_marketplaces import MarketplaceCase

from odoo.tests import tagged


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
