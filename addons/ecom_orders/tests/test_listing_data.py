import base64
import io
from decimal import Decimal

from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces.errors import ConnectionFailed
from odoo.addons.ecom_orders.marketplaces.schema import (
    ExternalProduct,
    ListingResult,
    Submission,
)

from .fake_marketplace import DispatchCommon


def picture(colour):
    """A small picture, base64."""
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue())


class ListingDataCommon(DispatchCommon):
    """A channel whose prices stand in a price list, and listings of mug and shirt."""

    def setUp(self):
        super().setUp()
        self.pricelist = self.env["product.pricelist"].create(
            {
                "name": "Shop",
                "currency_id": self.usd.id,
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "0_product_variant",
                            "product_id": product.id,
                            "product_tmpl_id": product.product_tmpl_id.id,
                            "compute_price": "fixed",
                            "fixed_price": price,
                        }
                    )
                    for product, price in ((self.mug, 12.5), (self.tee, 20))
                ],
            }
        )
        self.channel.listing_pricelist_id = self.pricelist
        self.mug.write({"barcode": "4006381333931", "weight": 0.3})
        self.mug.description_sale = "Holds tea.\nAnd coffee."
        self.listings = self.fetch(self.shown_mug(), self.shown_tee())
        self.listing, self.tee_listing = self.listings

    def shown_mug(self, **values):
        return ExternalProduct(
            "1",
            "Old mug",
            **{
                "sku": "MUG",
                "title": "Old mug",
                "description": "<p>Holds tea.</p>",
                "price": Decimal("11.00"),
                "weight": Decimal("0.3"),
                "image_count": 2,
                **values,
            },
        )

    def shown_tee(self, **values):
        return ExternalProduct(
            "2", "Shirt", **{"sku": "TEE", "price": Decimal("20"), **values}
        )

    def fetch(self, *products):
        """The channel's listings are read, as the job does; returns them."""
        user = self.env.ref("ecom_orders.user_technical")
        with self.connector(fetch_products=lambda: iter([products])):
            self.channel.with_user(user)._fetch_listings()
        return self.env["ecom.listing"].search(
            [("channel_id", "=", self.channel.id)], order="id"
        )

    def tell(self):
        """Compare and send what waits, as the jobs do."""
        user = self.env.ref("ecom_orders.user_technical")
        self.env["ecom.listing"].with_user(user)._cron_tell_listings()
        self.send()

    def updates(self):
        """All product data that the shop was told, in order."""
        return [update for batch in self.told("listings") for update in batch]

    def value(self, field, listing=None):
        rows = (listing or self.listing).value_ids
        return rows.filtered(lambda row: row.field == field)


@tagged("post_install", "-at_install")
class TestListingData(ListingDataCommon):
    """Odoo tells what it owns, once, and only what differs."""

    def test_nothing_is_told_until_a_person_switches_it_on(self):
        self.mug.name = "New mug"
        self.tell()
        self.assertFalse(self.updates())
        self.listing.action_tell()
        self.send()
        self.assertFalse(self.updates())

    def test_what_differs_is_seen_whoever_owns_it(self):
        self.assertTrue(self.listing.listing_conflict)
        price = self.value("price")
        self.assertEqual((price.ours, price.shown), ("12.50", "11.00"))
        self.assertTrue(price.differs)
        self.assertFalse(self.value("weight").differs)
        self.assertFalse(self.value("price", self.tee_listing).differs)
        found = self.env["ecom.listing"].search([("listing_conflict", "=", True)])
        self.assertIn(self.listing, found)

    def test_owned_fields_are_told_and_no_others(self):
        self.channel.write({"owner_price": "odoo", "owner_title": "odoo"})
        self.mug.name = "Red mug"
        self.tell()
        by_ref = {update.product_ref: update for update in self.updates()}
        mug = by_ref["1"]
        self.assertEqual(mug.price, Decimal("12.50"))
        self.assertEqual(mug.currency, "USD")
        self.assertEqual(mug.title, "Red mug")
        self.assertIsNone(mug.description)
        self.assertIsNone(mug.barcode)
        self.assertIsNone(mug.weight)
        self.assertIsNone(mug.images)
        self.assertIsNone(by_ref["2"].price)  # the shop shows it already

    def test_all_fields(self):
        for name in ("title", "description", "price", "barcode", "weight", "images"):
            self.channel[f"owner_{name}"] = "odoo"
        self.mug.write({"image_1920": picture("red"), "weight": 0.4})
        self.tell()
        mug = next(u for u in self.updates() if u.product_ref == "1")
        self.assertEqual(mug.description, "<p>Holds tea.</p><p>And coffee.</p>")
        self.assertEqual(mug.barcode, "4006381333931")
        self.assertEqual(mug.weight, Decimal("0.4"))
        (image,) = mug.images
        self.assertIn(
            f"/web/image/product.template/{self.mug.product_tmpl_id.id}", image.url
        )
        self.assertIn("access_token=", image.url)
        self.assertFalse(any(self.listing.value_ids.mapped("differs")))

    def test_what_is_told_is_not_told_again(self):
        self.channel.owner_price = "odoo"
        self.tell()
        self.assertEqual(len(self.updates()), 1)
        self.assertEqual(self.value("price").shown, "12.50")
        self.tell()
        self.channel.listings_checked_at = False
        self.tell()
        self.assertEqual(len(self.updates()), 1)

    def test_picture_is_told_again_only_when_it_is_another_one(self):
        self.channel.owner_images = "odoo"
        self.mug.image_1920 = picture("red")
        self.tell()
        self.channel.listings_checked_at = False
        self.tell()
        self.assertEqual(len(self.updates()), 1)
        self.mug.image_1920 = picture("blue")
        self.tell()
        self.assertEqual(len(self.updates()), 2)
        first, second = (update.images[0].digest for update in self.updates())
        self.assertNotEqual(first, second)

    def test_change_of_a_price_rule_is_told(self):
        self.channel.owner_price = "odoo"
        self.tell()
        rule = self.pricelist.item_ids.filtered(lambda row: row.product_id == self.mug)
        rule.fixed_price = 13
        self.tell()
        self.assertEqual(self.updates()[-1].price, Decimal("13.00"))

    def test_price_that_goes_back_is_told_again(self):
        self.channel.owner_price = "odoo"
        rule = self.pricelist.item_ids.filtered(lambda row: row.product_id == self.mug)
        for price in (12.5, 13, 12.5):
            rule.fixed_price = price
            self.tell()
        self.assertEqual(
            [update.price for update in self.updates()],
            [Decimal("12.50"), Decimal("13.00"), Decimal("12.50")],
        )

    def test_what_the_shop_changed_is_told_again(self):
        self.channel.owner_price = "odoo"
        self.tell()
        self.fetch(self.shown_mug(price=Decimal("9")), self.shown_tee())
        self.send()
        self.assertEqual([u.price for u in self.updates()], [Decimal("12.50")] * 2)

    def test_what_is_empty_here_empties_nothing_there(self):
        self.channel.owner_description = "odoo"
        self.mug.description_sale = False
        self.tell()
        self.assertFalse(self.updates())

    def test_pack_of_six_has_its_own_name_and_six_times_the_price(self):
        for name in ("title", "price", "barcode", "weight"):
            self.channel[f"owner_{name}"] = "odoo"
        self.listing.quantity_multiplier = 6
        self.tell()
        mug = next(u for u in self.updates() if u.product_ref == "1")
        self.assertEqual(mug.price, Decimal("12.50") * 6)
        self.assertEqual(mug.weight, Decimal("0.3") * 6)
        self.assertIsNone(mug.title)
        self.assertIsNone(mug.barcode)

    def test_variations_that_are_several_products_here_get_no_title_of_one(self):
        for name in ("title", "price"):
            self.channel[f"owner_{name}"] = "odoo"
        family = {"parent_ref": "7", "price": Decimal("1")}
        self.fetch(
            self.shown_mug(options=(("Kind", "Mug"),), **family),
            self.shown_tee(options=(("Kind", "Tee"),), **family),
        )
        self.send()
        self.assertEqual(len(self.updates()), 2)
        self.assertEqual({update.title for update in self.updates()}, {None})
        self.assertEqual(
            {update.price for update in self.updates()}, {Decimal("12.5"), Decimal(20)}
        )

    def test_no_price_without_a_price_list(self):
        self.channel.write({"owner_price": "odoo", "listing_pricelist_id": False})
        self.tell()
        self.assertFalse(self.updates())

    def test_batches_of_the_marketplaces_size(self):
        products = [self._create_product(f"P{n}") for n in range(7)]
        self.fetch(
            *(
                ExternalProduct(str(10 + n), "Old", sku=product.default_code)
                for n, product in enumerate(products)
            )
        )
        self.channel.owner_title = "odoo"
        self.tell()
        sizes = [len(batch) for batch in self.told("listings")]
        self.assertEqual(sizes, [3, 3, 7 - 2 * 3])

    def test_refused_listing_stops_no_other_and_is_seen(self):
        self.channel.owner_title = "odoo"
        self.marketplace.answers["listings"] = lambda updates: tuple(
            ListingResult(u.key, "bad: no such name" if u.product_ref == "1" else "")
            for u in updates
        )
        self.tell()
        states = {m.listing_id: m.state for m in self.listings.outbox_ids}
        self.assertEqual(states, {self.listing: "failed", self.tee_listing: "sent"})
        self.assertIn("no such name", self.listing.listing_explanation)
        self.assertFalse(self.tee_listing.listing_explanation)
        self.marketplace.answers.clear()
        self.channel.listings_checked_at = False
        self.tell()
        self.assertEqual(len(self.updates()), 2)  # a refusal is for a person
        self.listing.action_tell()
        self.send()
        self.assertEqual(self.listing.outbox_ids.state, "sent")
        self.assertFalse(self.listing.listing_explanation)

    def test_unreachable_shop_is_tried_again_later(self):
        self.channel.owner_price = "odoo"
        self.marketplace.answers["listings"] = ConnectionFailed("down")
        self.tell()
        message = self.listing.outbox_ids
        self.assertEqual((message.state, message.attempts), ("waiting", 1))
        self.marketplace.answers.clear()
        message.next_attempt_at = False
        self.send()
        self.assertEqual(message.state, "sent")

    def test_half_a_batch_that_got_no_answer_is_tried_again(self):
        self.channel.owner_title = "odoo"
        self.marketplace.answers["listings"] = lambda updates: tuple(
            ListingResult(u.key, *(("timed_out", True) if n else ()))
            for n, u in enumerate(updates)
        )
        self.tell()
        self.assertEqual(
            sorted(self.listings.outbox_ids.mapped("state")), ["sent", "waiting"]
        )

    def test_nothing_leaves_while_stopped(self):
        self.channel.owner_price = "odoo"
        self.channel.action_emergency_stop()
        self.tell()
        self.assertFalse(self.updates())
        self.channel.action_emergency_release()
        self.send()
        self.assertEqual(len(self.updates()), 1)

    def test_listing_that_cannot_be_computed_stops_no_other(self):
        self.channel.owner_title = "odoo"
        compute = type(self.listing)._get_our_values

        def fail_for_mug(listings, channel):
            if self.listing in listings:
                raise ZeroDivisionError("a rule of a price list")
            return compute(listings, channel)

        self.patch(type(self.listing), "_get_our_values", fail_for_mug)
        with self.assertLogs("odoo.addons.ecom_orders", "WARNING"):
            self.tell()
        self.assertEqual([update.product_ref for update in self.updates()], ["2"])
        self.assertFalse(any(self.listings.mapped("is_due")))
        self.assertTrue(self.channel.activity_ids)

    def test_refusal_that_has_settled_itself_is_put_aside_by_a_retry(self):
        self.channel.owner_price = "odoo"
        self.marketplace.answers["listings"] = lambda updates: tuple(
            ListingResult(update.key, "bad: no") for update in updates
        )
        self.tell()
        self.fetch(self.shown_mug(price=Decimal("12.50")), self.shown_tee())
        message = self.listing.outbox_ids
        message.action_retry()
        self.assertEqual(message.state, "ignored")

    def test_change_before_sending_is_one_message_with_the_last_value(self):
        self.channel.owner_title = "odoo"
        user = self.env.ref("ecom_orders.user_technical")
        for name in ("A", "B"):
            self.mug.name = name
            self.env["ecom.listing"].with_user(user)._cron_tell_listings()
        self.assertEqual(len(self.listing.outbox_ids), 1)
        self.send()
        mug = next(u for u in self.updates() if u.product_ref == "1")
        self.assertEqual(mug.title, "B")

    def test_asynchronous_answer_counts_when_it_is_there(self):
        self.channel.owner_price = "odoo"
        self.marketplace.answers["listings"] = lambda updates: tuple(
            ListingResult(u.key, submission="S1") for u in updates
        )
        self.tell()
        self.assertEqual(self.listing.outbox_ids.state, "pending")
        self.assertEqual(self.value("price").shown, "11.00")
        self.marketplace.submissions["S1"] = Submission(done=True)
        self.listing.outbox_ids.next_attempt_at = False
        self.send()
        self.assertEqual(self.listing.outbox_ids.state, "sent")
        self.assertEqual(self.value("price").shown, "12.50")

    def test_cost_of_comparing_does_not_grow_with_the_listings(self):
        def count(listings):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            listings._refresh_values()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        products = [self._create_product(f"P{n}") for n in range(40)]
        many = self.fetch(
            *(
                ExternalProduct(str(10 + n), "Old", sku=product.default_code)
                for n, product in enumerate(products)
            )
        )
        many = many.filtered(lambda row: row.product_id in self.union(products))
        many._refresh_values()
        for product in products:
            product.name = f"New {product.default_code}"
        few, all_of_them = count(many[:2]), count(many[2:])
        self.assertLessEqual(all_of_them - few, 3)

    def union(self, products):
        return self.env["product.product"].union(*products)


@tagged("post_install", "-at_install")
class TestShopWins(ListingDataCommon):
    """What the shop owns is taken over when it is read; what nobody owns is not."""

    def own(self, *names):
        self.channel.write({f"owner_{name}": "shop" for name in names})

    def test_nobody_owns_anything_at_first(self):
        self.fetch(self.shown_mug(), self.shown_tee())
        self.assertEqual(self.mug.name, "Product MUG")
        self.assertEqual(self.mug.barcode, "4006381333931")

    def test_shop_owns(self):
        self.own("title", "description", "price", "barcode", "weight")
        self.fetch(
            self.shown_mug(weight=Decimal("0.5"), barcode="4006381333948"),
            self.shown_tee(),
        )
        self.assertEqual(self.mug.name, "Old mug")
        self.assertEqual(self.mug.description_sale, "Holds tea.")
        self.assertEqual(self.mug.barcode, "4006381333948")
        self.assertAlmostEqual(self.mug.weight, 0.5)
        price = self.pricelist._get_product_price(self.mug, 1)
        self.assertMoney(price, 11.00)
        self.assertEqual(self.mug.list_price, 99.0)
        self.assertFalse(self.listing.listing_conflict)
        self.tell()
        self.assertFalse(self.updates())

    def test_fields_have_different_owners(self):
        self.own("title")
        self.channel.owner_price = "odoo"
        self.fetch(self.shown_mug(), self.shown_tee())
        self.send()
        self.assertEqual(self.mug.name, "Old mug")
        self.assertEqual([u.price for u in self.updates()], [Decimal("12.50")])

    def test_price_is_written_once_however_often_it_is_read(self):
        self.own("price")
        for _ in range(2):
            self.fetch(self.shown_mug(), self.shown_tee(price=Decimal("21")))
        self.assertEqual(len(self.pricelist.item_ids), 2)

    def test_what_the_shop_does_not_tell_empties_nothing(self):
        self.own("title", "description", "barcode", "weight")
        self.fetch(
            self.shown_mug(description="", weight=None, barcode=""), self.shown_tee()
        )
        self.assertEqual(self.mug.barcode, "4006381333931")
        self.assertEqual(self.mug.description_sale, "Holds tea.\nAnd coffee.")
        self.assertAlmostEqual(self.mug.weight, 0.3)

    def test_barcode_of_another_product_stays_a_conflict_that_is_seen(self):
        self.own("barcode")
        self._create_product("OTHER", barcode="4006381333955")
        self.channel.match_order = "sku"
        self.fetch(self.shown_mug(barcode="4006381333955"), self.shown_tee())
        self.assertEqual(self.mug.barcode, "4006381333931")
        self.assertTrue(self.value("barcode").differs)

    def test_variations_that_are_several_products_here_keep_their_names(self):
        self.own("title", "price")
        self.fetch(
            self.shown_mug(parent_ref="7", options=(("Kind", "Mug"),)),
            self.shown_tee(parent_ref="7", options=(("Kind", "Tee"),)),
        )
        self.assertEqual(self.mug.name, "Product MUG")
        self.assertMoney(self.pricelist._get_product_price(self.mug, 1), 11.00)

    def test_pack_gives_its_product_a_sixth_of_its_price_and_no_name(self):
        self.own("title", "price")
        self.listing.quantity_multiplier = 6
        self.fetch(self.shown_mug(price=Decimal("66")), self.shown_tee())
        self.assertMoney(self.pricelist._get_product_price(self.mug, 6), 66 / 6)
        self.assertEqual(self.mug.name, "Product MUG")


@tagged("post_install", "-at_install")
class TestPutOnSale(ListingDataCommon):
    """What a shop does not sell yet is made there, once."""

    def make_jug(self):
        attribute = self.env["product.attribute"].create(
            {
                "name": "Colour",
                "value_ids": [
                    Command.create({"name": name}) for name in ("White", "Green")
                ],
            }
        )
        jug = self.env["product.template"].create(
            {
                "name": "Jug",
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": attribute.id,
                            "value_ids": [Command.set(attribute.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        for variant, sku in zip(jug.product_variant_ids, ("J-W", "J-G"), strict=True):
            variant.write({"default_code": sku, "lst_price": 30})
        return jug

    def publish(self, template):
        wizard = self.env["ecom.listing.publish"].create(
            {"channel_id": self.channel.id, "product_tmpl_ids": [(6, 0, template.ids)]}
        )
        wizard.action_publish()
        self.send()

    def test_variants_become_variations_and_are_listings_from_then_on(self):
        jug = self.make_jug()
        self.publish(jug)
        (new,) = self.told("new_listing")
        self.assertEqual((new.title, new.options), ("Jug", ("Colour",)))
        self.assertEqual(
            [(v.sku, v.options) for v in new.variants],
            [("J-W", ("White",)), ("J-G", ("Green",))],
        )
        self.assertEqual(new.variants[0].price, Decimal("30.00"))
        self.assertFalse(new.published)
        listings = jug.product_variant_ids.ecom_listing_ids
        self.assertEqual(listings.mapped("product_ref"), ["77/1", "77/2"])
        self.assertEqual(listings.mapped("parent_ref"), ["77", "77"])
        self.assertEqual(jug.ecom_listing_count, 2)
        self.channel.owner_title = "odoo"
        self.tell()
        self.assertNotIn("77/1", [u.product_ref for u in self.updates()])

    def test_it_is_told_once(self):
        jug = self.make_jug()
        self.publish(jug)
        with self.assertRaises(UserError):
            self.publish(jug)
        self.assertEqual(len(self.told("new_listing")), 1)

    def test_refused_variant_is_named_and_the_others_are_listings(self):
        jug = self.make_jug()
        self.marketplace.answers["new_listing"] = lambda new: (
            ListingResult(new.variants[0].key, product_ref="77/1", parent_ref="77"),
            ListingResult(new.variants[1].key, "bad: no"),
        )
        self.publish(jug)
        message = self.outbox.search([("kind", "=", "new_listing")])
        self.assertEqual(message.state, "failed")
        self.assertIn("J-G", message.explanation)
        self.assertEqual(
            jug.product_variant_ids.ecom_listing_ids.mapped("sku"), ["J-W"]
        )

    def test_product_without_a_sku_is_refused_with_what_to_do(self):
        vase = self.env["product.template"].create({"name": "Vase"})
        with self.assertRaisesRegex(UserError, "internal reference"):
            self.publish(vase)


@tagged("post_install", "-at_install")
class TestListingDataSecurity(ListingDataCommon):
    """Who works with orders may send; only managers decide who wins."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = new_test_user(cls.env, "desk", groups="ecom_orders.group_user")

    def test_user_sends_and_sees(self):
        self.channel.owner_price = "odoo"
        listing = self.listing.with_user(self.desk)
        listing.action_compare()
        listing.action_tell()
        self.send()
        self.assertEqual(len(self.updates()), 1)
        self.assertEqual(listing.value_ids.filtered("told").field, "price")

    def test_user_decides_nothing(self):
        with self.assertRaises(AccessError):
            self.channel.with_user(self.desk).owner_price = "odoo"
        with self.assertRaises(AccessError):
            self.value("price").with_user(self.desk).shown = "0"

    def test_who_has_no_role_here_changes_products(self):
        self.channel.owner_title = "odoo"
        clerk = new_test_user(self.env, "clerk", groups="product.group_product_manager")
        self.mug.with_user(clerk).name = "Clerk's mug"
        self.tell()
        self.assertIn("Clerk's mug", [u.title for u in self.updates()])
