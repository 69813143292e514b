"""Workflow: what happens to an order after it was imported."""

from e2e_common import ShopCase

from odoo.exceptions import UserError
from odoo.tests import tagged


class LifeCase(ShopCase):
    """A connected shop whose clock runs behind, so that time can pass in it."""

    def setUp(self):
        super().setUp()
        self.set_clock(-300)

    def imported(self, scenario="us_tax_exclusive"):
        """Id and sale order of a new order, some seconds ago in the shop's time."""
        order_id = self.place(scenario)
        if self.channel.state == "draft":
            self.connect()
        else:
            self.poll()
        self.set_clock(self.shop.world.clock.offset_seconds + 10)
        return order_id, self.sale_order(order_id)


@tagged("post_install", "-at_install")
class TestLife(LifeCase):
    """Odoo follows the shop until the goods are out."""

    def test_payment_that_arrives_later_releases_the_order(self):
        order_id, order = self.imported("pending_unpaid")
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.open_reasons(order), {"unpaid"})
        self.shop.change_order(order_id, status="processing")
        self.poll()
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.open_reasons(order), set())
        self.assertTrue(order.ecom_paid_at)
        self.assertOdooEqualsShop()

    def test_failed_payment_holds_the_order(self):
        order_id, order = self.imported("pending_unpaid")
        self.shop.change_order(order_id, status="failed")
        self.poll()
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.open_reasons(order), {"payment_failed"})

    def test_confirmed_order_reserves_its_goods(self):
        _order_id, order = self.imported()
        self.assertEqual(set(order.picking_ids.mapped("state")), {"assigned"})

    def test_changed_quantity_reaches_the_delivery(self):
        order_id, order = self.imported()
        line = self.shop.world.order(order_id).lines[0]
        self.edit(order_id, quantities={line.id: line.quantity + 4})
        self.assertEqual(self.moved(order, line.sku), line.quantity + 4)
        self.assertOdooEqualsShop()

    def test_smaller_quantity_reaches_the_delivery(self):
        order_id, order = self.imported("huge_order")
        line = max(self.shop.world.order(order_id).lines, key=lambda li: li.quantity)
        self.edit(order_id, quantities={line.id: 1})
        self.assertEqual(self.moved(order, line.sku), 1)
        self.assertOdooEqualsShop()

    def test_added_line_reaches_the_delivery(self):
        order_id, order = self.imported("us_coupon_per_product")
        self.edit(order_id, add=[{"product_id": 164, "quantity": 3}])
        self.assertEqual(self.moved(order, "FLASK-750"), 3)
        self.assertOdooEqualsShop()

    def test_removed_line_leaves_the_delivery(self):
        order_id, order = self.imported("us_coupon_per_product")
        line = self.shop.world.order(order_id).lines[1]
        self.edit(order_id, remove=[line.id])
        self.assertEqual(self.moved(order, line.sku), 0)
        self.assertOdooEqualsShop()

    def test_new_address_reaches_the_delivery(self):
        order_id, order = self.imported()
        self.edit(order_id, shipping={"address_1": "9 Other Road"})
        self.assertEqual(order.partner_shipping_id.street, "9 Other Road")
        self.assertEqual(order.picking_ids.partner_id, order.partner_shipping_id)

    def edit(self, order_id, **changes):
        """A shop manager edits an order; Odoo hears of it."""
        self.shop.change_order(order_id, edit=changes)
        self.poll()

    def moved(self, order, sku):
        """How much of a product the open deliveries of an order move."""
        moves = order.picking_ids.move_ids.filtered(
            lambda move: move.product_id.default_code == sku and move.state != "cancel"
        )
        self.assertLessEqual(set(moves.mapped("state")), {"assigned"})
        return sum(moves.mapped("product_uom_qty"))

    def test_cancelled_order_cancels_the_delivery(self):
        order_id, order = self.imported()
        self.shop.change_order(order_id, status="cancelled")
        self.poll()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(set(order.picking_ids.mapped("state")), {"cancel"})
        self.assertOdooEqualsShop()

    def test_order_that_is_revived_after_cancelling_is_confirmed_again(self):
        order_id, order = self.imported()
        for status in ("cancelled", "processing"):
            self.set_clock(self.shop.world.clock.offset_seconds + 10)
            self.shop.change_order(order_id, status=status)
            self.poll()
        self.assertEqual(order.state, "sale")
        self.assertOdooEqualsShop()

    def test_completed_order_stays_confirmed(self):
        order_id, order = self.imported()
        self.shop.change_order(order_id, status="completed")
        self.poll()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.ecom_status, "completed")
        self.assertOdooEqualsShop()

    def test_shipped_order_that_is_edited_is_left_alone_and_told(self):
        order_id, order = self.imported()
        total = order.amount_total
        self.ship(order)
        line = self.shop.world.order(order_id).lines[0]
        self.edit(order_id, quantities={line.id: line.quantity + 4})
        self.assertMoney(order.amount_total, total)
        self.assertEqual(self.open_reasons(order), {"changed_after_shipping"})

    def test_shipped_order_that_is_cancelled_is_told(self):
        order_id, order = self.imported()
        self.ship(order)
        self.shop.change_order(order_id, status="cancelled")
        self.poll()
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.open_reasons(order), {"cancelled_after_shipping"})

    def ship(self, order):
        """Everything of an order leaves the house."""
        for move in order.picking_ids.move_ids:
            move.write({"quantity": move.product_uom_qty, "picked": True})
        order.picking_ids.button_validate()
        self.assertEqual(set(order.picking_ids.mapped("state")), {"done"})


@tagged("post_install", "-at_install")
class TestRefunds(LifeCase):
    """Money given back in the shop is known in Odoo, line by line."""

    def test_refund_of_an_amount_has_no_lines(self):
        order_id, order = self.imported()
        self.shop.refund_order(order_id, "2.50", "Late")
        self.poll()
        self.poll()
        refund = order.ecom_refund_ids.ensure_one()
        self.assertMoney(refund.amount, 2.50)
        self.assertEqual(refund.reason, "Late")
        self.assertTrue(refund.detailed)
        self.assertFalse(refund.line_ids)
        self.assertEqual(order.state, "sale")
        self.assertOdooEqualsShop()

    def test_refund_of_pieces_names_the_lines_and_their_taxes(self):
        order_id, order = self.imported("us_coupon_per_product")
        line = self.shop.world.order(order_id).lines[0]  # three shirts
        self.shop.refund_order(order_id, reason="Holes", lines={str(line.id): 2})
        self.poll()
        self.assertMoney(order.ecom_refunded, self.refunded(order_id))
        self.poll()
        back = order.ecom_refund_ids.line_ids.ensure_one()
        self.assertEqual(back.order_line_id.product_id.default_code, line.sku)
        self.assertEqual(back.quantity, 2)
        self.assertMoney(back.untaxed, round(float(line.total) / 3 * 2, 2))
        self.assertMoney(back.untaxed + back.tax, self.refunded(order_id))
        self.assertOdooEqualsShop()

    def test_lines_of_a_refund_are_asked_for_once(self):
        order_id, _order = self.imported()
        self.shop.refund_order(order_id, "2.50")
        for _time in range(4):
            self.poll()
        asked = [path for _method, path in self.requests() if "refunds" in path]
        self.assertEqual(asked, [f"orders/{order_id}/refunds"])

    def test_two_refunds_add_up(self):
        order_id, order = self.imported()
        line_id = self.line_ids(order_id)[0]
        self.shop.refund_order(order_id, "1.00")
        self.shop.refund_order(order_id, lines={str(line_id): 1})
        self.poll()
        self.poll()
        self.assertEqual(len(order.ecom_refund_ids), 2)
        self.assertOdooEqualsShop()

    def test_full_refund_before_shipping_cancels(self):
        order_id, order = self.imported()
        self.shop.refund_order(order_id)
        self.poll()
        self.assertEqual(order.state, "cancel")
        self.assertMoney(order.ecom_refunded, order.amount_total)
        self.assertOdooEqualsShop()

    def refunded(self, order_id):
        """How much the shop has given back of an order."""
        return float(self.shop.world.refunded(order_id))


@tagged("post_install", "-at_install")
class TestEmergencyStop(ShopCase):
    """After the emergency stop not one request leaves, whoever asks for it."""

    def test_nothing_is_asked_after_the_stop(self):
        self.connect()
        self.register_webhooks()
        order_id = self.place()
        self.deliver()
        self.shop.log.clear()
        self.channel.action_emergency_stop()
        self.shop.order_action(order_id, "trash")  # a hint that needs a question
        self.deliver()
        self.channel.action_fetch_now()
        with self.assertRaisesRegex(UserError, "Connect"):
            self.channel.action_fetch_products()
        self.poll()
        self.sweep()
        self.assertEqual(self.requests(), [])

    def test_every_button_says_that_the_stop_is_on(self):
        self.connect()
        self.shop.log.clear()
        self.channel.action_emergency_stop()
        self.env.flush_all()
        for button in (
            "action_test_connection",
            "action_connect",
            "action_register_webhooks",
            "action_remove_webhooks",
        ):
            with (
                self.subTest(button=button),
                self.assertRaisesRegex(UserError, "emergency stop"),
            ):
                getattr(self.channel, button)()
        self.assertEqual(self.requests(), [])

    def test_stop_ends_a_run_that_is_under_way(self):
        self.read_small_pages(2)
        self.place_over_time(6)
        self.channel.action_connect()
        self.shop.log.clear()
        asked = self.stop_after_first_page()
        self.fetch()
        # A page may take more than one question: in the hour that a clock change runs
        # twice, the shop is also asked for what hides before it.
        self.assertEqual([len(self.requests())], asked)
        self.assertEqual(self.channel.reason, "sending_stopped")
        self.assertEqual(len(self.messages()), 2)

    def test_release_continues_where_the_stop_was(self):
        self.read_small_pages(2)
        self.place_over_time(6)
        self.channel.action_connect()
        self.stop_after_first_page()
        self.fetch()
        self.channel.action_emergency_release()
        self.poll()
        self.assertFalse(self.channel.reason)
        self.assertEqual(len(self.sale_orders()), 6)
        self.assertOdooEqualsShop()

    def stop_after_first_page(self):
        """Somebody pulls the switch while the second page is about to be asked for.

        :return: a list that gets how many requests there were until then.
        """
        store = type(self.channel)._store_page
        pulled = []

        def store_and_pull(channel, page):
            store(channel, page)
            if not pulled:
                channel.sudo().action_emergency_stop()
                pulled.append(len(self.requests()))

        self.patch(type(self.channel), "_store_page", store_and_pull)
        return pulled
