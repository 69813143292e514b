"""Workflow: listings become products, and products are told the shop."""

from decimal import Decimal

from e2e_common import ShopCase

from odoo.fields import Command
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestListings(ShopCase):
    """Variations and product data, by HTTP, both ways."""

    def fetch_listings(self):
        """The shop's listings are read, as the scheduler does."""
        self.channel.action_fetch_products()
        self.run_job("fetch")

    def tell(self):
        """Compare and send, as the scheduler does."""
        self.run_job("tell_listings")
        self.run_job("send")

    def product(self, sku):
        """What the shop has under a SKU."""
        return next(p for p in self.shop.world.products() if p.sku == sku)

    def test_variations_of_the_shop_become_variants_and_nothing_is_doubled(self):
        self.catalogue.filtered(
            lambda row: row.default_code.startswith(("TEE-", "HOOD-"))
        ).default_code = False
        self.connect()
        self.channel.listing_create_products = True
        for _time in range(2):
            self.fetch_listings()
        templates = self.env["product.template"].search(
            [("name", "in", ("Organic cotton T-shirt", "Heavy hoodie"))]
        )
        made = templates.filtered("attribute_line_ids")
        self.assertEqual(len(made), 2)
        self.assertEqual(
            set(made.product_variant_ids.mapped("default_code")),
            {"TEE-S-BLK", "TEE-M-BLK", "TEE-L-BLK", "TEE-XL-BLK"}
            | {"HOOD-GRY", "HOOD-NVY"},
        )

    def test_price_and_title_of_odoo_reach_the_shop(self):
        self.connect()
        self.fetch_listings()
        mug = self.catalogue.filtered(lambda row: row.default_code == "MUG-RED")
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Shop",
                "currency_id": self.usd.id,
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "0_product_variant",
                            "product_tmpl_id": mug.product_tmpl_id.id,
                            "product_id": mug.id,
                            "compute_price": "fixed",
                            "fixed_price": 13.75,
                        }
                    )
                ],
            }
        )
        mug.name = "Stoneware mug, cherry"
        self.assertEqual(self.product("MUG-RED").price, Decimal("12.50"))
        self.channel.write(
            {
                "listing_pricelist_id": pricelist.id,
                "owner_title": "odoo",
                "owner_price": "odoo",
            }
        )
        self.tell()
        self.assertEqual(self.product("MUG-RED").price, Decimal("13.75"))
        self.assertEqual(self.product("MUG-RED").name, "Stoneware mug, cherry")

    def test_product_that_the_shop_lacks_is_made_there_once(self):
        self.connect()
        jug = self.env["product.template"].create(
            {"name": "Jug", "default_code": "JUG", "description_sale": "Holds water."}
        )
        self.env["ecom.listing"]._put_on_sale(self.channel, jug)
        self.run_job("send")
        self.fetch_listings()
        self.assertEqual(self.product("JUG").description, "<p>Holds water.</p>")
        listing = jug.product_variant_id.ecom_listing_ids
        self.assertEqual(len(listing), 1)
        self.assertEqual(listing.product_ref, str(self.product("JUG").id))
