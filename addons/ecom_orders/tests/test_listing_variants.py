from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces.schema import ExternalProduct

from .common import woo_line, woo_order
from .fake_marketplace import DispatchCommon


def shirt(number, size, colour=None, **values):
    """A variation of the thing 50 as a shop tells it."""
    options = [("Size", size), *([("Colour", colour)] if colour else [])]
    label = ", ".join(value for _name, value in options)
    return ExternalProduct(
        f"50/{number}",
        f"Shirt ({label})",
        **{
            "sku": "-".join(["SHIRT", *(value for _name, value in options)]),
            "barcode": f"40063813339{number:02}",
            "parent_ref": "50",
            "options": tuple(options),
            "title": "Shirt",
            "weight": Decimal("0.250"),
            **values,
        },
    )


@tagged("post_install", "-at_install")
class TestListingVariants(DispatchCommon):
    """Variations of the shop become variants of one product."""

    def fetch(self, *products):
        """The channel's listings are read, as the job does; returns them."""
        user = self.env.ref("ecom_orders.user_technical")
        with self.connector(fetch_products=lambda: iter([products])):
            self.channel.with_user(user)._fetch_listings()
        return self.env["ecom.listing"].search(
            [("channel_id", "=", self.channel.id)], order="id"
        )

    def shirts(self):
        return self.env["product.template"].search([("name", "=", "Shirt")])

    def test_variations_become_variants_of_one_product(self):
        listings = self.fetch(shirt(1, "S"), shirt(2, "M"), shirt(3, "L"))
        listings.action_create_product()
        template = self.shirts()
        self.assertEqual(len(template), 1)
        self.assertEqual(template.product_variant_ids, listings.product_id)
        self.assertEqual(
            template.attribute_line_ids.attribute_id.mapped("name"), ["Size"]
        )
        self.assertEqual(
            [p.product_template_attribute_value_ids.name for p in listings.product_id],
            ["S", "M", "L"],
        )
        self.assertEqual(
            listings.mapped("product_id.default_code"),
            ["SHIRT-S", "SHIRT-M", "SHIRT-L"],
        )
        self.assertEqual(
            listings.mapped("product_id.barcode"),
            ["4006381333901", "4006381333902", "4006381333903"],
        )
        self.assertEqual(listings.mapped("product_id.weight"), [0.25] * 3)
        self.assertTrue(all(listings.mapped("product_id.is_storable")))

    def test_only_the_combinations_that_the_shop_sells_are_made(self):
        listings = self.fetch(
            shirt(1, "S", "Red"), shirt(2, "S", "Blue"), shirt(3, "M", "Red")
        )
        listings.action_create_product()
        template = self.shirts().with_context(active_test=False)
        self.assertEqual(len(template.product_variant_ids), 3)
        self.assertEqual(len(template.attribute_line_ids), 2)
        blue = listings[1].product_id
        self.assertEqual(
            set(blue.product_template_attribute_value_ids.mapped("name")),
            {"S", "Blue"},
        )

    def test_new_variation_becomes_a_variant_of_the_product_that_is_there(self):
        self.fetch(shirt(1, "S"), shirt(2, "M")).action_create_product()
        before = self.shirts().product_variant_ids
        listings = self.fetch(shirt(1, "S"), shirt(2, "M"), shirt(3, "XL"))
        listings.filtered(lambda row: not row.product_id).action_create_product()
        self.assertEqual(len(self.shirts()), 1)
        self.assertEqual(len(self.shirts().product_variant_ids), 2 + 1)
        self.assertLessEqual(before, self.shirts().product_variant_ids)
        self.assertEqual(listings[2].product_id.default_code, "SHIRT-XL")

    def test_nothing_is_doubled_when_the_shop_is_read_again(self):
        self.channel.listing_create_products = True
        products = [shirt(1, "S"), shirt(2, "M")]
        first = self.fetch(*products).product_id
        attributes = self.env["product.attribute"].search_count([])
        self.assertEqual(self.fetch(*products).product_id, first)
        self.assertEqual(len(self.shirts().product_variant_ids), 2)
        self.assertEqual(self.env["product.attribute"].search_count([]), attributes)

    def test_two_things_share_an_attribute(self):
        hood = shirt(7, "M", parent_ref="60", sku="HOOD-M", title="Hoodie", barcode="")
        listings = self.fetch(shirt(1, "S"), shirt(2, "M"), hood)
        listings.action_create_product()
        lines = listings.product_id.product_tmpl_id.attribute_line_ids
        self.assertEqual(len(lines), 2)
        self.assertEqual(len(lines.attribute_id), 1)

    def test_archived_variant_comes_back_instead_of_a_second_one(self):
        listings = self.fetch(shirt(1, "S"), shirt(2, "M"))
        listings.action_create_product()
        medium = listings[1].product_id
        medium.active = False
        listings[1].product_id = False
        medium.write({"default_code": False, "barcode": False})
        listings[1].action_create_product()
        self.assertEqual(listings[1].product_id, medium)
        self.assertTrue(medium.active)
        self.assertEqual(medium.default_code, "SHIRT-M")

    def test_variant_that_has_a_sku_is_found_not_made(self):
        known = self._create_product("SHIRT-M")
        listings = self.fetch(shirt(1, "S"), shirt(2, "M"))
        self.assertEqual(listings[1].product_id, known)
        listings[0].action_create_product()
        self.assertEqual(listings[0].product_id.product_tmpl_id.name, "Shirt")
        self.assertEqual(listings[1].product_id, known)

    def test_barcode_of_another_product_is_left_to_it(self):
        self.channel.match_order = "sku"
        self._create_product("OTHER", barcode="4006381333901")
        listings = self.fetch(shirt(1, "S"), shirt(2, "M"))
        listings.action_create_product()
        self.assertEqual(
            listings.mapped("product_id.barcode"), [False, "4006381333902"]
        )

    def test_variation_with_other_attributes_is_refused_with_the_reason(self):
        self.fetch(shirt(1, "S")).action_create_product()
        listings = self.fetch(shirt(1, "S"), shirt(2, "M", "Red"), shirt(3, "L"))
        refused = listings.filtered(lambda row: not row.product_id)._create_products()
        self.assertEqual(refused, listings[1])
        self.assertEqual(refused.variant_problem, "other_attributes")
        self.assertEqual(listings[2].product_id.product_tmpl_id, self.shirts())
        with self.assertRaisesRegex(UserError, "other attributes"):
            listings[1].action_create_product()

    def test_orders_that_wait_for_variants_are_released(self):
        order = self.import_orders(woo_order(1, [woo_line(1, "SHIRT-S", 1, "9.00")]))
        self.assertEqual(order.state, "draft")
        self.fetch(shirt(1, "S"), shirt(2, "M")).action_create_product()
        self.process()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line.product_id.default_code, "SHIRT-S")

    def test_channel_makes_missing_products_by_itself_when_asked_to(self):
        self.channel.listing_create_products = True
        mug = ExternalProduct(
            "9", "Jug", sku="JUG", title="Jug", description="<p>A</p>"
        )
        listings = self.fetch(shirt(1, "S"), shirt(2, "M"), mug)
        self.assertTrue(all(listings.mapped("product_id")))
        self.assertEqual(listings[2].product_id.description_sale, "A")

    def test_many_variations_cost_no_more_queries_each(self):
        def count(first, size):
            products = [
                shirt(
                    n, f"S{n}", parent_ref=f"P{first}", sku=f"Q-{first}-{n}", barcode=""
                )
                for n in range(first, first + size)
            ]
            self.fetch(*products)
            listings = self.env["ecom.listing"].search([("product_id", "=", False)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            listings._create_products()
            self.env.flush_all()
            self.assertTrue(all(listings.mapped("product_id")))
            return self.env.cr.sql_log_count - before

        count(100, 2)
        few, many = count(200, 4), count(300, 24)
        self.assertLess((many - few) / 20, 8)

    def test_user_makes_variants(self):
        desk = new_test_user(
            self.env,
            "desk",
            groups="ecom_orders.group_user,product.group_product_manager",
        )
        listings = self.fetch(shirt(1, "S"), shirt(2, "M"))
        listings.with_user(desk).action_create_product()
        self.assertEqual(len(self.shirts().product_variant_ids), 2)
