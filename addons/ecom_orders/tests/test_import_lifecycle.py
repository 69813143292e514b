from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestImportLifecycle(EcomOrdersCommon):
    """From arrival to reservation, and back."""

    def order(self, number=1, sku="MUG", quantity=2, **extra):
        return woo_order(number, [woo_line(1, sku, quantity, "20.00")], **extra)

    # -- released orders ---------------------------------------------------------------

    def test_paid_order_is_confirmed_and_reserved(self):
        order = self.import_orders(self.order())
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.picking_ids.state, "assigned")
        self.assertEqual(order.picking_ids.move_ids.quantity, 2)
        self.assertEqual(order.warehouse_id, self.channel.warehouse_id)
        self.assertEqual(order.team_id, self.channel.team_id or order.team_id)
        self.assertEqual(order.source_id, self.channel.source_id)

    def test_order_date_stays_the_buyers(self):
        order = self.import_orders(self.order())
        self.assertEqual(str(order.date_order), "2026-03-01 10:00:00")

    def test_order_beyond_stock_is_confirmed_and_waits_for_goods(self):
        order = self.import_orders(self.order(quantity=70))
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.picking_ids.move_ids.quantity, 50)

    def test_virtual_goods_have_no_delivery(self):
        self._create_product("EBOOK", type="service", is_storable=False)
        order = self.import_orders(self.order(sku="EBOOK", status="completed"))
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.picking_ids)

    def test_order_without_lines_is_imported(self):
        order = self.import_orders(woo_order(1, []))
        self.assertMoney(order.amount_total, 0)
        self.assertEqual(order.state, "sale")

    # -- twice, and in any order -------------------------------------------------------

    def test_same_order_twice_is_one_sale_order(self):
        first = self.import_orders(self.order())
        again = self.import_orders(self.order())
        self.assertEqual(first, again)
        self.assertEqual(len(self.orders(1)), 1)
        self.assertEqual(len(first.picking_ids), 1)

    def test_newer_version_wins_whatever_arrives_first(self):
        old = self.order(quantity=1, date_modified_gmt="2026-03-01T10:00:00")
        new = self.order(quantity=3, date_modified_gmt="2026-03-01T11:00:00")
        order = self.import_orders(new)
        messages = self.receive(old)
        self.process()
        self.assertEqual(messages.state, "superseded")
        self.assertEqual(order.order_line.product_uom_qty, 3)

    def test_both_versions_in_one_batch_make_one_order(self):
        old = self.order(quantity=1, date_modified_gmt="2026-03-01T10:00:00")
        new = self.order(quantity=3, date_modified_gmt="2026-03-01T11:00:00")
        order = self.import_orders(new, old)
        self.assertEqual(order.order_line.product_uom_qty, 3)

    def test_database_refuses_a_second_order_of_the_same_id(self):
        order = self.import_orders(self.order())
        with self.assertRaisesRegex(Exception, "ecom_order_uniq"):
            with self.cr.savepoint():
                twin = order.copy()
                twin.write({"ecom_channel_id": self.channel.id})
                twin.write({"ecom_external_id": "1"})
                self.env.flush_all()

    # -- held orders -------------------------------------------------------------------

    def test_unpaid_order_is_kept_and_held(self):
        order = self.import_orders(self.order(status="pending", date_paid_gmt=None))
        self.assertEqual(order.state, "draft")
        self.assertTrue(order.ecom_held)
        self.assertEqual(self.open_reasons(order), {"unpaid"})

    def test_payment_arrives_later_and_confirms(self):
        order = self.import_orders(self.order(status="pending", date_paid_gmt=None))
        self.import_orders(self.order(date_modified_gmt="2026-03-01T12:00:00"))
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.ecom_held)
        self.assertEqual(order.ecom_block_ids.mapped("state"), ["resolved"])

    def test_unpaid_order_confirms_at_once_when_the_channel_says_so(self):
        self.channel.confirm_policy = "always"
        order = self.import_orders(self.order(status="pending", date_paid_gmt=None))
        self.assertEqual(order.state, "sale")

    def test_order_waits_for_a_person_when_the_channel_says_so(self):
        self.channel.confirm_policy = "manual"
        order = self.import_orders(self.order())
        self.assertEqual(self.open_reasons(order), {"confirm_by_hand"})
        order.action_ecom_release()
        self.assertEqual(order.state, "sale")

    def test_status_of_a_plugin_holds_the_order(self):
        order = self.import_orders(self.order(status="wc-backordered"))
        self.assertEqual(self.open_reasons(order), {"unknown_status"})
        self.assertIn("backordered", order.ecom_block_ids.explanation)

    def test_release_is_remembered_when_the_same_reason_comes_again(self):
        order = self.import_orders(self.order(status="on-hold", date_paid_gmt=None))
        order.action_ecom_release()
        self.assertEqual(order.state, "sale")
        self.import_orders(
            self.order(
                status="on-hold",
                date_paid_gmt=None,
                date_modified_gmt="2026-03-01T12:00:00",
            )
        )
        self.assertFalse(self.open_reasons(order))

    def test_confirming_by_hand_counts_as_release(self):
        order = self.import_orders(self.order(status="on-hold", date_paid_gmt=None))
        order.action_confirm()
        self.assertFalse(self.open_reasons(order))
        self.assertTrue(order.ecom_block_ids.released)

    def test_order_without_its_product_cannot_be_confirmed_by_hand(self):
        order = self.import_orders(self.order(sku="NEVER-SEEN"))
        with self.assertRaisesRegex(UserError, "NEVER-SEEN"):
            order.action_confirm()

    # -- cancelled ---------------------------------------------------------------------

    def cancelled(self, **extra):
        return self.order(
            status="cancelled", date_modified_gmt="2026-03-02T10:00:00", **extra
        )

    def test_cancelled_in_the_shop_before_shipping_cancels(self):
        order = self.import_orders(self.order())
        self.import_orders(self.cancelled())
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.picking_ids.state, "cancel")
        self.assertEqual(self.mug.qty_available, 50)
        self.assertEqual(self.mug.free_qty, 50)
        self.assertIn("called off", str(order.message_ids[0].body))

    def test_cancelled_before_it_was_ever_imported(self):
        order = self.import_orders(self.cancelled())
        self.assertEqual(order.state, "cancel")
        self.assertFalse(order.picking_ids)
        self.assertFalse(self.open_reasons(order))

    def test_trashed_in_the_shop_cancels(self):
        order = self.import_orders(self.order())
        self.import_orders(
            self.order(status="trash", date_modified_gmt="2026-03-02T10:00:00")
        )
        self.assertEqual(order.state, "cancel")

    def test_cancelled_after_shipping_becomes_a_task(self):
        order = self.import_orders(self.order())
        self.ship(order)
        self.import_orders(self.cancelled())
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.open_reasons(order), {"cancelled_after_shipping"})
        self.assertFalse(order.ecom_held)
        self.assertTrue(order.ecom_attention)

    def test_revived_in_the_shop_comes_back(self):
        order = self.import_orders(self.order())
        self.import_orders(self.cancelled())
        self.import_orders(self.order(date_modified_gmt="2026-03-03T10:00:00"))
        self.assertEqual(order.state, "sale")
        self.assertIn("assigned", order.picking_ids.mapped("state"))

    def test_cancelled_by_a_person_stays_cancelled(self):
        self.channel.push_cancel = False
        order = self.import_orders(self.order())
        order._action_cancel()
        self.import_orders(self.order(date_modified_gmt="2026-03-03T10:00:00"))
        self.assertEqual(order.state, "cancel")
        self.assertEqual(self.open_reasons(order), {"cancelled_in_odoo"})

    def test_cancelled_by_a_person_is_no_task_while_the_shop_is_being_told(self):
        order = self.import_orders(self.order())
        order._action_cancel()
        self.import_orders(self.order(date_modified_gmt="2026-03-03T10:00:00"))
        self.assertEqual(order.state, "cancel")
        self.assertEqual(self.open_reasons(order), set())
        self.assertEqual(order.ecom_outbox_ids.mapped("kind"), ["cancel"])

    def test_a_parcel_that_left_is_no_change_of_the_order(self):
        order = self.import_orders(self.order())
        before = order.order_line.mapped("ecom_fingerprint")
        self.import_orders(
            self.order(status="completed", date_modified_gmt="2026-03-03T10:00:00")
        )
        self.assertEqual(order.order_line.mapped("ecom_fingerprint"), before)

    def test_refunded_in_full_before_shipping_cancels(self):
        order = self.import_orders(self.order())
        self.import_orders(
            self.order(
                status="refunded",
                date_modified_gmt="2026-03-02T10:00:00",
                refunds=[{"id": 77, "reason": "Changed mind", "total": "-20.00"}],
            )
        )
        self.assertEqual(order.state, "cancel")
        self.assertMoney(order.ecom_refunded, 20.00)

    def test_refused_confirmation_holds_only_that_order(self):
        fine = self.order(1)
        poisoned = self.order(2)
        confirm = type(self.env["sale.order"])._confirmation_error_message

        def refuse(order):
            return "No." if order.ecom_number == "2" else confirm(order)

        self.patch(type(self.env["sale.order"]), "_confirmation_error_message", refuse)
        first, second = self.import_orders(fine, poisoned)
        self.assertEqual(first.state, "sale")
        self.assertEqual(second.state, "draft")
        self.assertEqual(self.open_reasons(second), {"confirm_failed"})

    def ship(self, order):
        for move in order.picking_ids.move_ids:
            move.write({"quantity": move.product_uom_qty, "picked": True})
        order.picking_ids.button_validate()

    def test_currency_without_a_rate_is_told_once_and_holds_nothing(self):
        self.env["res.currency.rate"].search([]).unlink()
        orders = self.import_orders(
            self.order(1, currency="CHF"), self.order(2, currency="CHF")
        )
        self.assertEqual(orders.mapped("state"), ["sale", "sale"])
        self.assertEqual(len(self.channel.activity_ids), 1)
        self.assertIn("CHF", self.channel.activity_ids.note)
