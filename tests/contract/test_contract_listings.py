"""What every connector promises about product data, and things that are new in a shop.

Absolute values: what is told twice is told once, and what is not named stays.
"""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces.base import CONNECTORS, Capability
from ecom_orders.marketplaces.errors import TransportError
from ecom_orders.marketplaces.schema import (
    ListingField,
    ListingImage,
    ListingUpdate,
    NewListing,
    NewVariant,
)

IMAGE = ListingImage("https://odoo.example/picture.png", "d1")
VALUES = {
    ListingField.TITLE: {"title": "A better name"},
    ListingField.DESCRIPTION: {"description": "<p>Better words.</p>"},
    ListingField.PRICE: {"price": Decimal("17.95")},
    ListingField.BARCODE: {"barcode": "4006381333931"},
    ListingField.WEIGHT: {"weight": Decimal("0.750")},
    ListingField.IMAGES: {"images": (IMAGE,)},
}


def products_of(connector):
    """What is for sale now, by reference."""
    return {row.product_ref: row for page in connector.fetch_products() for row in page}


def currency_of(connector):
    return connector.check().currency


def settle(connector, results):
    """Wait for what the marketplace works on by itself; what was refused, by key."""
    errors = {}
    for result in results:
        errors[result.key] = result.error
        for _ in range(20 if result.submission else 0):
            outcome = connector.fetch_submission(result.submission)
            if outcome.done:
                errors[result.key] = outcome.error
                break
        else:
            assert not result.submission, "the submission does not end"
    return errors


def push(connector, *updates):
    results = connector.push_listings(updates)
    assert [result.key for result in results] == [update.key for update in updates]
    return settle(connector, results)


def update(row, key="listing-1", **values):
    """An update of a listing."""
    return ListingUpdate(
        key, row.product_ref, row.sku, parent_ref=row.parent_ref, **values
    )


def told(row):
    """The fields of a listing that a shop shows, to be compared."""
    return {
        ListingField.TITLE: row.title or row.name,
        ListingField.DESCRIPTION: row.description,
        ListingField.PRICE: row.price,
        ListingField.BARCODE: row.barcode,
        ListingField.WEIGHT: row.weight,
        ListingField.IMAGES: row.image_count,
    }


@pytest.fixture
def connector(shop):
    shop.need(Capability.LISTINGS, Capability.PRODUCTS)
    return shop.connector()


@pytest.fixture
def sold(shop, connector):
    """What is sold and can be told something, by reference."""
    found = products_of(connector)
    return {ref: row for ref, row in found.items() if shop.can_be_told(row)}


def test_what_it_can_be_told_is_declared(shop, connector):
    assert CONNECTORS[shop.code].listing_fields
    assert CONNECTORS[shop.code].listing_batch_size >= 1


@pytest.mark.parametrize("field", ListingField, ids=lambda field: field.value)
def test_a_field_arrives_and_the_others_stay(shop, connector, sold, field):
    if field not in CONNECTORS[shop.code].listing_fields:
        pytest.skip(f"{shop.code} is not told the {field.value}")
    row = next(iter(sold.values()))
    values = dict(VALUES[field])
    if field is ListingField.PRICE:
        values["currency"] = currency_of(connector)
    assert push(connector, update(row, **values)) == {"listing-1": ""}
    before, after = told(row), told(products_of(connector)[row.product_ref])
    if field is ListingField.IMAGES:
        assert after[field] == (before[field] or 0) + 1
    elif field is ListingField.DESCRIPTION and after[field] is None:
        pytest.skip("its description cannot be read back")
    else:
        assert after[field] == next(iter(VALUES[field].values()))
    for other in set(before) - {field}:
        assert after[other] == before[other], other


def test_a_field_that_it_cannot_be_told_is_refused_not_dropped(shop, connector, sold):
    missing = set(ListingField) - CONNECTORS[shop.code].listing_fields
    if not missing:
        pytest.skip("it can be told everything")
    row = next(iter(sold.values()))
    for number, field in enumerate(sorted(missing, key=lambda field: field.value)):
        key = f"listing-{number}"
        assert push(connector, update(row, key, **VALUES[field]))[key]


def test_variations_get_prices_of_their_own(connector, sold):
    family = [row for row in sold.values() if row.parent_ref]
    if not family:
        pytest.skip("it has no variations")
    one, other = [r for r in family if r.parent_ref == family[0].parent_ref][:2]
    errors = push(
        connector,
        update(one, "a", price=Decimal("31.50"), currency=currency_of(connector)),
        update(other, "b", price=Decimal("32.50"), currency=currency_of(connector)),
    )
    assert errors == {"a": "", "b": ""}
    after = products_of(connector)
    assert after[one.product_ref].price == Decimal("31.50")
    assert after[other.product_ref].price == Decimal("32.50")


def test_variations_tell_what_they_are_variations_of(connector, sold):
    family = [row for row in sold.values() if row.parent_ref]
    if not family:
        pytest.skip("it has no variations")
    for row in family:
        assert row.options
        assert all(name and value for name, value in row.options)
        siblings = [r for r in family if r.parent_ref == row.parent_ref]
        assert len({r.options for r in siblings}) == len(siblings)
        assert len({r.title for r in siblings}) == 1


def test_a_refused_listing_stops_no_other(connector, sold):
    row = next(iter(sold.values()))
    money = {"price": Decimal("8.25"), "currency": currency_of(connector)}
    errors = push(
        connector,
        ListingUpdate("a", "987654321", "NO-SUCH-SKU", **money),
        ListingUpdate("b", "not a reference", "not a sku\n", **money),
        update(row, "c", **money),
    )
    assert errors["a"] and errors["b"]
    assert errors["c"] == ""
    assert products_of(connector)[row.product_ref].price == Decimal("8.25")


def test_the_same_told_twice_is_told_once(connector, sold):
    row = next(iter(sold.values()))
    money = {"price": Decimal("8.25"), "currency": currency_of(connector)}
    for _ in range(2):
        assert push(connector, update(row, **money)) == {"listing-1": ""}
    assert products_of(connector)[row.product_ref].price == Decimal("8.25")


def test_a_price_in_another_currency_is_refused(connector, sold):
    if not currency_of(connector):
        pytest.skip("it does not tell its currency")
    row = next(iter(sold.values()))
    errors = push(connector, update(row, price=Decimal("1.00"), currency="XTS"))
    assert "currency" in errors["listing-1"]
    assert products_of(connector)[row.product_ref].price == row.price


def test_nothing_to_tell(connector):
    assert connector.push_listings([]) == ()


def test_many_listings(connector, sold):
    rows = list(sold.values())
    money = currency_of(connector)
    updates = [
        update(row, f"k{n}", price=Decimal(20 + n), currency=money)
        for n, row in enumerate(rows)
    ]
    assert set(push(connector, *updates).values()) == {""}
    after = products_of(connector)
    for wanted in updates:
        assert after[wanted.product_ref].price == wanted.price


def test_a_shop_that_is_away_is_an_error(shop, sold):
    row = next(iter(sold.values()))
    shop.lose_connection()
    with pytest.raises(TransportError):
        shop.connector().push_listings([update(row, price=Decimal(1))])


# -- things that are new ---------------------------------------------------------------


def a_jug(currency, **values):
    """A thing in two colours."""
    return NewListing(
        "odoo-7",
        "Jug",
        tuple(
            NewVariant(
                f"variant-{n}",
                f"JUG-{colour}",
                (colour,),
                Decimal("30.00"),
                f"40063813339{n}9",
                Decimal("1.250"),
            )
            for n, colour in enumerate(("White", "Green"), start=1)
        ),
        "<p>Holds water.</p>",
        currency,
        ("Colour",),
        **values,
    )


def test_a_thing_with_variants_is_put_on_sale(shop, connector):
    shop.need(Capability.LISTING_CREATE)
    new = a_jug(currency_of(connector), images=(IMAGE,))
    results = connector.create_listing(new)
    assert [result.error for result in results] == ["", ""]
    after = products_of(connector)
    for result, variant in zip(results, new.variants, strict=True):
        row = after[result.product_ref]
        assert (row.sku, row.price) == (variant.sku, variant.price)
        assert (row.barcode, row.weight) == (variant.barcode, variant.weight)
        assert row.options == (("Colour", variant.options[0]),)
        assert row.parent_ref == result.parent_ref != ""
        assert row.title == "Jug"
        assert row.image_count == 1
        assert not row.active  # a draft


def test_a_simple_thing_is_put_on_sale_for_all_to_see(shop, connector):
    shop.need(Capability.LISTING_CREATE)
    variant = NewVariant("variant-1", "VASE", (), Decimal("12.00"))
    new = NewListing(
        "odoo-8", "Vase", (variant,), currency=currency_of(connector), published=True
    )
    (result,) = connector.create_listing(new)
    row = products_of(connector)[result.product_ref]
    assert (row.name, row.sku, row.price) == ("Vase", "VASE", Decimal("12.00"))
    assert row.active
    assert not row.parent_ref and not row.options


def test_a_thing_is_put_on_sale_once(shop, connector):
    shop.need(Capability.LISTING_CREATE)
    new = a_jug(currency_of(connector))
    first = connector.create_listing(new)
    count = len(products_of(connector))
    again = connector.create_listing(new)
    assert [r.product_ref for r in again] == [r.product_ref for r in first]
    assert len(products_of(connector)) == count


def test_a_sku_that_the_shop_has_is_found_and_left_alone(shop, connector, sold):
    shop.need(Capability.LISTING_CREATE)
    row = next(row for row in sold.values() if row.sku and not row.parent_ref)
    variant = NewVariant("variant-1", row.sku, (), Decimal("1.00"))
    new = NewListing("odoo-9", "Other", (variant,), currency=currency_of(connector))
    (result,) = connector.create_listing(new)
    assert result.product_ref == row.product_ref
    assert products_of(connector)[row.product_ref] == row
