"""Product data on the wire: what each interface is sent, and what it refuses."""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces.base import Credentials
from ecom_orders.marketplaces.errors import ConnectionFailed, PermissionRefused
from ecom_orders.marketplaces.schema import ListingImage, ListingUpdate
from ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector
from fake_shopify import ALL_SCOPES
from fake_shopify import FakeShop as ShopifyShop
from fake_woo import FakeShop as WooShop
from fake_woo import answer, refused

PRICE = {"price": Decimal("9.50"), "currency": "USD"}


class ProductShop(WooShop):
    """Takes batches of products; at most ``limit`` rows, and remembers them."""

    def __init__(self, limit=100, unit="kg"):
        super().__init__()
        self.limit, self.unit = limit, unit
        self.batches = []
        self.lost_after = None

    def send(self, request):
        path = request.url.partition("/wc/v3/")[2].partition("?")[0]
        if path.startswith("settings/"):
            value = self.unit if path.endswith("weight_unit") else "USD"
            return answer({"id": path.rpartition("/")[2], "value": value})
        if not path.endswith("/batch"):
            return super().send(request)
        rows = request.json["update"]
        if len(rows) > self.limit:
            return refused(413, "woocommerce_rest_request_entity_too_large", "Too much")
        if self.lost_after is not None and len(self.batches) >= self.lost_after:
            raise ConnectionFailed("down")
        self.batches.append((path, rows))
        return answer({"update": [{"id": row["id"]} for row in rows]})


def woo(shop):
    return WooCommerceConnector(Credentials("https://shop.example", "ck", "cs"), shop)


def test_woocommerce_gets_variations_apart_from_products_and_prices_first():
    shop = ProductShop()
    results = woo(shop).push_listings(
        [
            ListingUpdate("a", "1", title="Mug", **PRICE),
            ListingUpdate("b", "5/51", title="Shirt", **PRICE),
            ListingUpdate("c", "5/52", title="Shirt", weight=Decimal("0.25")),
        ]
    )
    assert [result.error for result in results] == ["", "", ""]
    assert shop.batches == [
        (
            "products/5/variations/batch",
            [{"id": 51, "regular_price": "9.50"}, {"id": 52, "weight": "0.25"}],
        ),
        (
            "products/batch",
            [{"id": 1, "regular_price": "9.50", "name": "Mug"}]
            + [{"id": 5, "name": "Shirt"}],
        ),
    ]


def test_woocommerce_halves_a_batch_that_is_too_large():
    shop = ProductShop(limit=10)
    updates = [ListingUpdate(f"k{n}", str(n), **PRICE) for n in range(1, 36)]
    results = woo(shop).push_listings(updates)
    assert not any(result.error for result in results)
    assert sum(len(rows) for _path, rows in shop.batches) == 35


def test_woocommerce_in_the_shops_unit_of_weight():
    shop = ProductShop(unit="lbs")
    (result,) = woo(shop).push_listings(
        [ListingUpdate("a", "1", weight=Decimal("0.45359237") * 2)]
    )
    assert not result.error
    assert shop.batches[0][1] == [{"id": 1, "weight": "2"}]


def test_woocommerce_that_does_not_tell_its_unit_gets_no_weight():
    shop = ProductShop(unit="")
    (result,) = woo(shop).push_listings([ListingUpdate("a", "1", weight=Decimal(1))])
    assert result.error.startswith("weight_unit:")
    assert not shop.batches


def test_woocommerce_lost_in_the_middle_is_to_be_tried_again():
    shop = ProductShop()
    shop.lost_after = 1
    results = woo(shop).push_listings(
        [ListingUpdate("a", "5/51", **PRICE), ListingUpdate("b", "6/61", **PRICE)]
    )
    assert [(r.error == "", r.retriable) for r in results] == [
        (True, False),
        (False, True),
    ]


def test_woocommerce_lost_at_once_is_an_error():
    shop = ProductShop()
    shop.lost_after = 0
    with pytest.raises(ConnectionFailed):
        woo(shop).push_listings([ListingUpdate("a", "1", **PRICE)])


# -- Shopify ---------------------------------------------------------------------------


def gid(kind, number):
    return f"gid://shopify/{kind}/{number}"


def shopify(**routes):
    """A shop whose variants 1 and 2 are of product 10, 3 of product 30."""
    parents = {"1": "10", "2": "10", "3": "30"}

    def parents_of(variables):
        refs = [text.rpartition("/")[2] for text in variables["ids"]]
        return {
            "nodes": [
                {
                    "id": gid("ProductVariant", ref),
                    "product": {"id": gid("Product", parents[ref])},
                }
                if ref in parents
                else None
                for ref in refs
            ]
        }

    return ShopifyShop(
        (*ALL_SCOPES, "write_products"),
        **{
            "VariantsOf": parents_of,
            "Shop": {"shop": {"name": "x", "currencyCode": "USD"}},
            "UpdateVariants": {"productVariantsBulkUpdate": {"userErrors": []}},
            "UpdateProduct": {"productUpdate": {"userErrors": []}},
            **routes,
        },
    )


def asked(shop, name):
    return [variables for operation, variables in shop.asked if operation == name]


def test_shopify_gets_the_variants_of_a_product_together_and_its_title_once():
    shop = shopify()
    image = ListingImage("https://x.example/1.png", "d1")
    results = shop.connector().push_listings(
        [
            ListingUpdate("a", "1", title="Shirt", **PRICE),
            ListingUpdate("b", "2", title="Shirt", barcode="40", images=(image,)),
            ListingUpdate("c", "3", weight=Decimal("0.5")),
        ]
    )
    assert [result.error for result in results] == ["", "", ""]
    first, second = asked(shop, "UpdateVariants")
    assert first["productId"] == gid("Product", 10)
    assert first["variants"] == [
        {"price": "9.50", "id": gid("ProductVariant", 1)},
        {"barcode": "40", "id": gid("ProductVariant", 2)},
    ]
    weight = {"weight": {"value": 0.5, "unit": "KILOGRAMS"}}
    assert second["variants"][0]["inventoryItem"] == {"measurement": weight}
    (product,) = asked(shop, "UpdateProduct")
    assert product["product"] == {"id": gid("Product", 10), "title": "Shirt"}
    assert product["media"] == [
        {"originalSource": image.url, "mediaContentType": "IMAGE"}
    ]


def test_shopify_refuses_one_variant_and_takes_the_other():
    error = {"field": ["variants", "1", "price"], "message": "No.", "code": "BAD"}
    shop = shopify(
        UpdateVariants={"productVariantsBulkUpdate": {"userErrors": [error]}}
    )
    results = shop.connector().push_listings(
        [
            ListingUpdate("a", "1", **PRICE),
            ListingUpdate("b", "2", **PRICE),
            ListingUpdate("c", "999", **PRICE),
        ]
    )
    assert results[0].error == ""
    assert results[1].error == "BAD: No."
    assert results[2].error.startswith("bad_reference:")


def test_shopify_token_without_the_right_is_refused_before_anything_is_sent():
    shop = ShopifyShop()
    with pytest.raises(PermissionRefused):
        shop.connector().push_listings([ListingUpdate("a", "1", **PRICE)])
    assert not asked(shop, "UpdateVariants")
