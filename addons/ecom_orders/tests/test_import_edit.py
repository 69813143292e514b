from odoo.tests import tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestImportEdit(EcomOrdersCommon):
    """An order that the shop changes after it was imported."""

    def setUp(self):
        super().setUp()
        self.order = self.import_orders(
            woo_order(
                1, [woo_line(1, "MUG", 2, "20.00"), woo_line(2, "TEE", 1, "15.00")]
            )
        )

    def edit(self, *lines, **extra):
        return self.import_orders(
            woo_order(
                1, list(lines), **{"date_modified_gmt": "2026-03-01T12:00:00"} | extra
            )
        )

    def line(self, key):
        return self.order.order_line.filtered(lambda li: li.ecom_line_key == str(key))

    def ship(self):
        for move in self.order.picking_ids.move_ids:
            move.write({"quantity": move.product_uom_qty, "picked": True})
        self.order.picking_ids.button_validate()

    def test_quantity_and_price_change_before_shipping(self):
        self.edit(woo_line(1, "MUG", 5, "45.00"), woo_line(2, "TEE", 1, "15.00"))
        self.assertEqual(self.line(1).product_uom_qty, 5)
        self.assertMoney(self.order.amount_total, 45.00 + 15.00)
        moves = self.order.picking_ids.move_ids.filtered(
            lambda m: m.product_id == self.mug and m.state != "cancel"
        )
        self.assertEqual(sum(moves.mapped("product_uom_qty")), 5)

    def test_line_added(self):
        cap = self._create_product("CAP", 5)
        self.edit(
            woo_line(1, "MUG", 2, "20.00"),
            woo_line(2, "TEE", 1, "15.00"),
            woo_line(3, "CAP", 1, "9.00"),
        )
        self.assertEqual(self.line(3).product_id, cap)
        self.assertMoney(self.order.amount_total, 20.00 + 15.00 + 9.00)

    def test_line_removed_after_confirmation_has_quantity_zero(self):
        self.edit(woo_line(1, "MUG", 2, "20.00"))
        self.assertMoney(self.order.amount_total, 20.00)
        tee = self.order.order_line.filtered(lambda li: li.product_id == self.tee)
        self.assertEqual(tee.product_uom_qty, 0)
        self.assertEqual(self.tee.free_qty, 20)

    def test_line_removed_while_held_is_gone(self):
        held = self.import_orders(
            woo_order(
                2,
                [woo_line(1, "MUG", 2, "20.00"), woo_line(2, "TEE", 1, "15.00")],
                status="pending",
                date_paid_gmt=None,
            )
        )
        self.import_orders(
            woo_order(
                2,
                [woo_line(1, "MUG", 2, "20.00")],
                date_modified_gmt="2026-03-01T12:00:00",
            )
        )
        self.assertEqual(held.order_line.product_id, self.mug)
        self.assertMoney(held.amount_total, 20.00)

    def test_change_is_told_in_the_chatter(self):
        self.edit(woo_line(1, "MUG", 5, "45.00"), woo_line(2, "TEE", 1, "15.00"))
        self.assertIn("2 → 5", str(self.order.message_ids[0].body))

    def test_change_after_shipping_changes_nothing_and_tells(self):
        self.ship()
        self.edit(woo_line(1, "MUG", 5, "45.00"), woo_line(2, "TEE", 1, "15.00"))
        self.assertEqual(self.line(1).product_uom_qty, 2)
        self.assertMoney(self.order.amount_total, 20.00 + 15.00)
        self.assertEqual(self.open_reasons(self.order), {"changed_after_shipping"})
        self.assertIn("2 → 5", self.order.ecom_block_ids.explanation)

    def test_shop_that_says_shipped_has_changed_nothing_of_the_order(self):
        self.ship()
        self.edit(
            woo_line(1, "MUG", 2, "20.00"),
            woo_line(2, "TEE", 1, "15.00"),
            status="completed",
        )
        self.assertFalse(self.open_reasons(self.order))

    def test_locked_order_is_not_changed(self):
        self.order.action_lock()
        self.edit(woo_line(1, "MUG", 5, "45.00"), woo_line(2, "TEE", 1, "15.00"))
        self.assertEqual(self.line(1).product_uom_qty, 2)
        self.assertEqual(self.open_reasons(self.order), {"changed_after_shipping"})

    def test_what_a_person_changed_stays_when_the_shop_says_nothing_new(self):
        self.line(2).name = "Tee, gift wrapped by Ada"
        self.edit(woo_line(1, "MUG", 5, "45.00"), woo_line(2, "TEE", 1, "15.00"))
        self.assertEqual(self.line(2).name, "Tee, gift wrapped by Ada")

    def test_new_address_reaches_the_delivery(self):
        payload = woo_order(
            1, [woo_line(1, "MUG", 2, "20.00"), woo_line(2, "TEE", 1, "15.00")]
        )
        shipping = dict(payload["shipping"], address_1="7 Other Street")
        self.edit(
            woo_line(1, "MUG", 2, "20.00"),
            woo_line(2, "TEE", 1, "15.00"),
            shipping=shipping,
        )
        self.assertEqual(self.order.partner_shipping_id.street, "7 Other Street")
        self.assertEqual(self.order.picking_ids.partner_id.street, "7 Other Street")

    def test_total_stays_the_shops_after_a_removal_to_nothing(self):
        self.edit()
        self.assertMoney(self.order.amount_total, 0)

    # -- something that Odoo does not know is added ------------------------------------

    def add_unknown(self, **extra):
        self.edit(
            woo_line(1, "MUG", 2, "20.00"),
            woo_line(2, "TEE", 1, "15.00"),
            woo_line(3, "NEW", 1, "9.00"),
            **extra,
        )

    def test_unknown_article_added_before_picking_takes_the_order_back(self):
        self.add_unknown()
        self.assertEqual(self.order.state, "draft")
        self.assertEqual(self.open_reasons(self.order), {"unknown_sku"})
        self.assertEqual(set(self.order.picking_ids.mapped("state")), {"cancel"})
        self.assertMoney(self.order.amount_total, 20.00 + 15.00 + 9.00)

    def test_goods_of_an_order_that_was_taken_back_stay_promised(self):
        listing = self.order.order_line.filtered(lambda li: li.product_id == self.mug)
        self.assertEqual(listing.product_uom_qty, 2)
        self.add_unknown()
        supplies = self.env["ecom.stock.supply"]._get(self.mug, self.warehouse)
        self.assertEqual(supplies[self.mug.id, self.warehouse.id].promisable(), 50 - 2)

    def test_order_that_was_taken_back_goes_on_when_the_article_is_linked(self):
        self.add_unknown()
        new = self._create_product("NEW-1", 5)
        listing = self.order.ecom_block_ids.listing_id
        listing.product_id = new
        self.process()
        self.assertEqual(self.order.state, "sale")
        self.assertFalse(self.open_reasons(self.order))
        moves = self.order.picking_ids.move_ids.filtered(lambda m: m.state != "cancel")
        self.assertEqual(
            {(m.product_id, m.product_uom_qty, m.state) for m in moves},
            {
                (self.mug, 2, "assigned"),
                (self.tee, 1, "assigned"),
                (new, 1, "assigned"),
            },
        )

    def test_unknown_article_added_to_picked_goods_is_a_task(self):
        moves = self.order.picking_ids.move_ids
        moves[0].write({"quantity": moves[0].product_uom_qty, "picked": True})
        self.add_unknown()
        self.assertEqual(self.order.state, "sale")
        self.assertEqual(
            self.open_reasons(self.order), {"unknown_sku", "changed_while_picked"}
        )
        self.assertEqual(self.tee.free_qty, 20 - 1)

    def test_unknown_article_added_to_a_printed_delivery_is_a_task(self):
        self.order.picking_ids.printed = True
        self.add_unknown()
        self.assertEqual(self.order.state, "sale")
        self.assertIn("changed_while_picked", self.open_reasons(self.order))

    def test_unknown_article_added_after_shipping_is_a_task(self):
        self.ship()
        self.add_unknown()
        self.assertEqual(self.order.state, "sale")
        self.assertIn("changed_after_shipping", self.open_reasons(self.order))

    def test_link_that_is_lost_takes_no_confirmed_order_back(self):
        listings = self.env["ecom.listing"].search([("sku", "=", "MUG")])
        listings.product_id = False
        self.mug.default_code = "RENAMED"
        self.edit(
            woo_line(1, "MUG", 2, "20.00"),
            woo_line(2, "TEE", 1, "15.00"),
            customer_note="Please ring twice",
        )
        self.assertEqual(self.order.state, "sale")
        self.assertEqual(self.line(1).product_id, self.mug)
