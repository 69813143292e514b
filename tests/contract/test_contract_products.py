"""What every connector promises about products and the quantities of them."""

import pytest
from ecom_orders.marketplaces.schema import ExternalProduct, StockLevel


@pytest.fixture
def products(shop):
    """What is for sale, by reference."""
    pages = list(shop.connector().fetch_products())
    rows = [row for page in pages for row in page]
    assert all(isinstance(row, ExternalProduct) for row in rows)
    assert len({row.product_ref for row in rows}) == len(rows)
    return {row.product_ref: row for row in rows}


def test_everything_that_is_for_sale(products):
    assert products
    assert all(row.name for row in products.values())
    assert any(row.sku for row in products.values())
    assert any(row.is_parent for row in products.values())
    assert any(row.manages_stock and row.stock for row in products.values())


def test_quantities_arrive_for_products_and_variations(shop, products):
    tracked = [ref for ref, row in products.items() if row.manages_stock]
    levels = [StockLevel(ref, "", 3 + n) for n, ref in enumerate(tracked)]
    results = shop.connector().push_stock(levels)
    assert {result.product_ref: result.error for result in results} == dict.fromkeys(
        tracked, ""
    )
    for level in levels:
        assert shop.stock_of(level.product_ref) == level.quantity


def test_a_refused_level_does_not_stop_the_others(shop, products):
    good = next(ref for ref, row in products.items() if row.manages_stock)
    levels = [
        StockLevel("987654321", "", 1),
        StockLevel("not a reference", "", 1),
        StockLevel(good, "", 17),
    ]
    results = {r.product_ref: r.error for r in shop.connector().push_stock(levels)}
    assert set(results) == {level.product_ref for level in levels}
    assert results[good] == ""
    assert results["987654321"] and results["not a reference"]
    assert shop.stock_of(good) == 17


def test_what_is_not_tracked_is_reported_and_not_changed(shop, products):
    loose = next(
        ref
        for ref, row in products.items()
        if not row.manages_stock and not row.is_parent
    )
    (result,) = shop.connector().push_stock([StockLevel(loose, "", 5)])
    assert result.error
    assert shop.stock_of(loose) is None


def test_more_levels_than_one_request_takes(shop, products):
    connector = shop.connector()
    good = next(ref for ref, row in products.items() if row.manages_stock)
    levels = [StockLevel(str(900_000 + n), "", 1) for n in range(230)]
    results = connector.push_stock([*levels, StockLevel(good, "", 11)])
    assert len(results) == 231
    assert shop.stock_of(good) == 11


def test_nothing_to_push(shop):
    assert shop.connector().push_stock([]) == ()
