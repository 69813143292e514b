"""What a shop shows against what we have: texts that can be compared."""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces.comparison import (
    changes_of,
    differs,
    markup_of,
    plain_text,
    price_text,
    shown_values,
    told_values,
    weight_text,
)
from ecom_orders.marketplaces.outbound import (
    listing_update_to_plain,
    read_listing_update,
    read_new_listing,
    to_plain,
)
from ecom_orders.marketplaces.schema import (
    ExternalProduct,
    ListingField,
    ListingImage,
    ListingUpdate,
    NewListing,
    NewVariant,
)


@pytest.mark.parametrize(
    ("price", "digits", "text"),
    [
        (Decimal("12.5"), 2, "12.50"),
        (Decimal("12.500"), 2, "12.50"),
        (Decimal("1200"), 0, "1200"),
        (Decimal("1.2345"), 3, "1.234"),
        (None, 2, ""),
    ],
)
def test_a_price_has_the_digits_of_its_currency(price, digits, text):
    assert price_text(price, digits) == text


@pytest.mark.parametrize(
    ("weight", "text"),
    [
        (Decimal("0.2500"), "0.25"),
        (Decimal("10"), "10"),
        (Decimal("0.0001"), ""),
        (Decimal(0), ""),
        (None, ""),
    ],
)
def test_a_weight_is_told_to_the_gram(weight, text):
    assert weight_text(weight) == text


def test_a_description_is_compared_without_its_markup():
    shown = (
        "<div><p>Holds <b>hot</b>&nbsp;tea &amp; more.</p>\n<br/>  And   coffee</div>"
    )
    assert plain_text(shown) == "Holds hot tea & more.\nAnd coffee"


@pytest.mark.parametrize("text", ["One.", "One & two\nThree < four", "<b>x</b>", ""])
def test_what_we_write_reads_as_what_we_have(text):
    assert plain_text(markup_of(text)) == text


def test_a_shop_that_does_not_tell_a_field_shows_nothing_of_it():
    values = shown_values(ExternalProduct("1", "Mug (red)", price=Decimal("9")))
    assert values == {
        ListingField.TITLE: "Mug (red)",
        ListingField.PRICE: "9.00",
        ListingField.BARCODE: "",
    }


@pytest.mark.parametrize(
    ("field", "ours", "shown", "told", "result"),
    [
        (ListingField.TITLE, "A", "A", "", False),
        (ListingField.TITLE, "A", "B", "", True),
        (ListingField.TITLE, "A", "B", "A", True),  # the shop changed it since
        (ListingField.TITLE, "", "B", "", False),  # nothing is no order to empty it
        (ListingField.TITLE, "A", None, "A", False),  # never read, but taken
        (ListingField.TITLE, "A", None, "", True),
        (ListingField.IMAGES, "d1", "2", "d1", False),
        (ListingField.IMAGES, "d2", "2", "d1", True),
    ],
)
def test_what_differs(field, ours, shown, told, result):
    assert differs(field, ours, shown, told) is result


def test_what_is_told_is_what_is_known_afterwards():
    values = {
        ListingField.TITLE: "Mug",
        ListingField.DESCRIPTION: "One\nTwo",
        ListingField.PRICE: "9.50",
        ListingField.BARCODE: "4006381333931",
        ListingField.WEIGHT: "0.25",
    }
    images = (ListingImage("https://x.example/1.png", "d1"),)
    update = ListingUpdate("k", "1", **changes_of(values), images=images)
    assert told_values(update) == {**values, ListingField.IMAGES: "d1"}


@pytest.mark.parametrize(
    "update",
    [
        ListingUpdate("k", "1", "SKU", "9"),
        ListingUpdate("k", "1", title="", barcode="", description="", images=()),
        ListingUpdate(
            "k",
            "1",
            title="Mug",
            description="<p>x</p>",
            price=Decimal("0.10"),
            currency="USD",
            weight=Decimal("1.5"),
            images=(ListingImage("https://x.example/1.png", "d1"),),
        ),
    ],
)
def test_an_update_is_kept_and_read_again(update):
    assert read_listing_update(listing_update_to_plain(update)) == update


def test_a_new_thing_is_kept_and_read_again():
    new = NewListing(
        "odoo-1",
        "Jug",
        (NewVariant("v1", "J-W", ("White", "S"), Decimal("9.90"), "40", Decimal("1")),),
        "<p>x</p>",
        "USD",
        ("Colour", "Size"),
        (ListingImage("https://x.example/1.png", "d1"),),
        True,
    )
    assert read_new_listing(to_plain(new)) == new
