from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestListing(EcomOrdersCommon):
    """What a channel sells finds its product; what does not, holds its orders."""

    def listing(self, sku):
        return self.env["ecom.listing"].search([("key", "=", sku)])

    def test_known_sku_links_itself(self):
        self.import_orders(woo_order(1, [woo_line(1, "MUG", 1, "5.00")]))
        self.assertEqual(self.listing("MUG").product_id, self.mug)
        self.assertEqual(self.listing("MUG").matched_by, "sku")

    def test_barcode_counts_before_sku(self):
        cup = self._create_product("CUP", barcode="4006381333931")
        line = woo_line(1, "MUG", 1, "5.00", global_unique_id="4006381333931")
        order = self.import_orders(woo_order(1, [line]))
        self.assertEqual(order.order_line.product_id, cup)
        self.assertEqual(self.listing("MUG").matched_by, "barcode")

    def test_channel_chooses_what_names_a_product_and_in_which_order(self):
        cup = self._create_product("CUP", barcode="4006381333931")
        nothing = self.env["product.product"]
        for number, (order, product, how) in enumerate(
            (
                ("barcode,sku", cup, "barcode"),
                ("sku,barcode", self.mug, "sku"),
                ("barcode", cup, "barcode"),
                ("sku", self.mug, "sku"),
            ),
            start=1,
        ):
            with self.subTest(order=order):
                self.listing("MUG").unlink()
                self.channel.match_order = order
                line = woo_line(1, "MUG", 1, "5.00", global_unique_id="4006381333931")
                imported = self.import_orders(woo_order(number, [line]))
                self.assertEqual(imported.order_line.product_id, product)
                self.assertEqual(self.listing("MUG").matched_by, how)
        self.channel.match_order = "barcode"
        self.import_orders(woo_order(9, [woo_line(1, "TEE", 1, "5.00")]))
        self.assertEqual(self.listing("TEE").product_id, nothing)

    def test_sku_of_two_products_is_not_guessed(self):
        self._create_product("MUG")
        order = self.import_orders(woo_order(1, [woo_line(1, "MUG", 1, "5.00")]))
        self.assertEqual(self.open_reasons(order), {"unknown_sku"})

    def test_unknown_sku_keeps_and_holds_the_order(self):
        order = self.import_orders(woo_order(1, [woo_line(1, "NEW", 1, "5.00")]))
        self.assertEqual(order.state, "draft")
        self.assertMoney(order.amount_total, 5.00)
        self.assertEqual(order.order_line.product_id, self.channel.unknown_product_id)
        self.assertEqual(self.open_reasons(order), {"unknown_sku"})
        self.assertEqual(self.listing("NEW").waiting_order_count, 1)

    def test_linking_releases_every_order_that_waits(self):
        orders = self.import_orders(
            *(woo_order(n, [woo_line(1, "NEW", 1, "5.00")]) for n in (1, 2, 3))
        )
        product = self._create_product("OTHER", 10)
        self.listing("NEW").product_id = product
        self.process()
        self.assertEqual(orders.mapped("state"), ["sale"] * 3)
        self.assertEqual(orders.order_line.product_id, product)
        self.assertEqual(self.listing("NEW").matched_by, "person")
        self.assertEqual(set(orders.picking_ids.mapped("state")), {"assigned"})

    def test_order_with_two_unknown_skus_waits_for_both(self):
        lines = [woo_line(1, "NEW-A", 1, "5.00"), woo_line(2, "NEW-B", 1, "5.00")]
        order = self.import_orders(woo_order(1, lines))
        self.listing("NEW-A").product_id = self.mug
        self.process()
        self.assertEqual(order.state, "draft")
        self.listing("NEW-B").product_id = self.tee
        self.process()
        self.assertEqual(order.state, "sale")

    def test_pack_of_six(self):
        self.env["ecom.listing"].create(
            {
                "channel_id": self.channel.id,
                "key": "MUG-6",
                "sku": "MUG-6",
                "name": "Six mugs",
                "product_id": self.mug.id,
                "quantity_multiplier": 6,
            }
        )
        order = self.import_orders(woo_order(1, [woo_line(1, "MUG-6", 2, "50.00")]))
        self.assertEqual(order.order_line.product_id, self.mug)
        self.assertEqual(order.order_line.product_uom_qty, 2 * 6)
        self.assertMoney(order.amount_total, 50.00)
        self.assertEqual(order.picking_ids.move_ids.product_uom_qty, 2 * 6)

    def test_thing_without_sku_is_known_by_the_channels_id(self):
        self.import_orders(woo_order(1, [woo_line(1, "", 1, "5.00")]))
        self.assertEqual(self.listing("id:101").name, "Thing")

    def test_deleted_thing_without_id_is_known_by_its_name(self):
        line = woo_line(1, "", 1, "5.00", product_id=0)
        order = self.import_orders(woo_order(1, [line]))
        self.assertEqual(self.open_reasons(order), {"unknown_sku"})
        self.assertTrue(self.listing(f"name:{line['name'].strip()}"))

    def test_product_made_of_a_listing_releases_the_order(self):
        order = self.import_orders(woo_order(1, [woo_line(1, "NEW", 1, "5.00")]))
        self.listing("NEW").action_create_product()
        self.process()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line.product_id.default_code, "NEW")

    def test_linked_listing_makes_no_second_product(self):
        self.import_orders(woo_order(1, [woo_line(1, "MUG", 1, "5.00")]))
        with self.assertRaises(UserError):
            self.listing("MUG").action_create_product()

    def test_same_sku_on_two_channels_is_two_listings(self):
        other = self._create_channel(name="Other")
        self.import_orders(woo_order(1, [woo_line(1, "MUG", 1, "5.00")]))
        self.import_orders(woo_order(1, [woo_line(1, "MUG", 1, "5.00")]), channel=other)
        self.assertEqual(len(self.listing("MUG")), 2)
        self.assertEqual(len(self.orders(1)), 1)
        self.assertEqual(len(self.orders(1, channel=other)), 1)
