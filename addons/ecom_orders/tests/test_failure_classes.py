from odoo.tests import new_test_user, tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestFailureClasses(EcomOrdersCommon):
    """What fails for the same cause is one row, and is dealt with at once."""

    def setUp(self):
        super().setUp()
        self.desk = new_test_user(self.env, "desk6", groups="ecom_orders.group_user")

    def order(self, order_id, sku="MUG", **extra):
        return woo_order(order_id, [woo_line(1, sku, 1, "5.00")], **extra)

    def fail(self, *payloads):
        messages = self.receive(*payloads)
        self.process()
        self.env.flush_all()
        return messages

    def classes(self, **values):
        self.env.flush_all()
        self.env.invalidate_all()
        failures = self.env["ecom.failure.class"].with_user(self.desk).search([])
        return failures.filtered(
            lambda f: all(f[name] == value for name, value in values.items())
        )

    def test_messages_of_one_cause_are_one_row(self):
        self.fail(
            self.order(1, total="rubbish"),
            self.order(2, total="other rubbish"),
            self.order(3, currency="XXY"),
        )
        rows = {(f.reason, f.signature): f.count for f in self.classes()}
        self.assertEqual(
            rows, {("bad_payload", "total"): 2, ("unknown_currency", "XXY"): 1}
        )

    def test_row_explains_its_newest_example(self):
        self.fail(self.order(1, currency="XXY"))
        self.assertIn("XXY", self.classes().explanation)

    def test_other_channels_failures_are_other_rows(self):
        other = self._create_channel(name="Other")
        self.fail(self.order(1, total="rubbish"))
        self.receive(self.order(1, total="rubbish"), channel=other)
        self.process(other)
        self.assertEqual(len(self.classes(reason="bad_payload")), 2)
        self.classes(channel_id=other).action_ignore_alike()
        self.assertEqual(self.classes().channel_id, self.channel)

    def test_retry_all_alike_after_the_cause_is_gone(self):
        messages = self.fail(
            self.order(1, currency="XXY"),
            self.order(2, currency="XXY"),
            self.order(3, total="rubbish"),
        )
        self.env["res.currency"].create(
            {"name": "XXY", "symbol": "X", "rounding": 0.01}
        )
        self.classes(reason="unknown_currency").action_retry_alike()
        self.process()
        self.assertEqual(messages.mapped("state"), ["done", "done", "failed"])

    def test_ignore_all_alike(self):
        messages = self.fail(
            self.order(1, total="rubbish"), self.order(2, currency="XXY")
        )
        self.classes(reason="bad_payload").action_ignore_alike()
        self.assertEqual(messages.mapped("state"), ["ignored", "failed"])

    def test_orders_held_for_one_product_are_one_row(self):
        orders = self.import_orders(
            self.order(1, sku="NEW"), self.order(2, sku="NEW"), self.order(3, "OTHER")
        )
        row = self.classes(reason="unknown_sku", signature="NEW")
        self.assertEqual(row.count, 2)
        self.assertFalse(row.releasable)
        action = row.action_view_members()
        self.assertEqual(
            self.env["sale.order"].search(action["domain"], order="id"), orders[:2]
        )

    def test_release_all_alike_confirms_in_the_background(self):
        self.channel.confirm_policy = "manual"
        orders = self.import_orders(self.order(1), self.order(2))
        row = self.classes(reason="confirm_by_hand")
        self.assertTrue(row.releasable)
        row.action_release_alike()
        self.process()
        self.assertEqual(set(orders.mapped("state")), {"sale"})
        self.assertEqual(orders.ecom_block_ids.resolved_by_id, self.desk)

    def test_what_needs_its_cause_fixed_is_not_released(self):
        order = self.import_orders(self.order(1, sku="NEW"))
        self.classes(reason="unknown_sku").action_release_alike()
        self.process()
        self.assertTrue(order.ecom_held)

    def test_channel_leads_to_its_classes(self):
        self.fail(self.order(1, total="rubbish"))
        action = self.channel.action_view_failures()
        self.assertEqual(action["res_model"], "ecom.failure.class")
        found = self.env["ecom.failure.class"].search(action["domain"])
        self.assertEqual(found.count, 1)
