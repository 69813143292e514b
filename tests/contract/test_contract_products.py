"""What every connector promises about products and the quantities of them."""

import pytest
from ecom_orders.marketplaces.base import Capability
from ecom_orders.marketplaces.schema import STALE, ExternalProduct, StockLevel


@pytest.fixture
def products(shop):
    """What is for sale, by reference."""
    shop.need(Capability.PRODUCTS)
    pages = list(shop.connector().fetch_products())
    rows = [row for page in pages for row in page]
    assert all(isinstance(row, ExternalProduct) for row in rows)
    assert len({row.product_ref for row in rows}) == len(rows)
    return {row.product_ref: row for row in rows}


def level(row, quantity, **values):
    """A level for a listing."""
    return StockLevel(row.product_ref, row.sku, quantity, **values)


def push(connector, levels):
    """Push levels and wait for what the marketplace works on by itself."""
    results = {}
    waiting = set()
    for result in connector.push_stock(levels):
        results[result.product_ref] = result
        waiting |= {result.submission} - {""}
    for submission in waiting:
        for _ in range(20):
            outcome = connector.fetch_submission(submission)
            if outcome.done:
                break
        assert outcome.done
        results.update({r.product_ref: r for r in outcome.results})
    return tuple(results.values())


def test_everything_that_is_for_sale(products):
    assert products
    assert all(row.name for row in products.values())
    assert any(row.sku for row in products.values())
    assert any(row.manages_stock and row.stock for row in products.values())


def test_quantities_arrive_for_products_and_variations(shop, products):
    shop.need(Capability.STOCK)
    tracked = [ref for ref, row in products.items() if row.manages_stock]
    levels = [level(products[ref], 3 + n) for n, ref in enumerate(tracked)]
    results = push(shop.connector(), levels)
    assert {result.product_ref: result.error for result in results} == dict.fromkeys(
        tracked, ""
    )
    for wanted in levels:
        assert shop.stock_of(wanted.product_ref) == wanted.quantity


def test_a_refused_level_does_not_stop_the_others(shop, products):
    shop.need(Capability.STOCK)
    good = next(ref for ref, row in products.items() if row.manages_stock)
    levels = [
        StockLevel("987654321", "NO-SUCH-SKU", 1),
        StockLevel("not a reference", "not a sku", 1),
        level(products[good], 17),
    ]
    results = {r.product_ref: r.error for r in push(shop.connector(), levels)}
    assert set(results) == {level.product_ref for level in levels}
    assert results[good] == ""
    assert results["987654321"] and results["not a reference"]
    assert shop.stock_of(good) == 17


def test_what_is_not_tracked_is_reported_and_not_changed(shop, products):
    shop.need(Capability.STOCK)
    loose = next(
        (
            ref
            for ref, row in products.items()
            if not row.manages_stock and not row.is_parent
        ),
        None,
    )
    if loose is None:
        pytest.skip("this marketplace tracks the stock of everything")
    (result,) = push(shop.connector(), [level(products[loose], 5)])
    assert result.error
    assert shop.stock_of(loose) is None


def test_more_levels_than_one_request_takes(shop, products):
    shop.need(Capability.STOCK)
    connector = shop.connector()
    good = next(ref for ref, row in products.items() if row.manages_stock)
    levels = [StockLevel(str(900_000 + n), f"NO-SKU-{n}", 1) for n in range(230)]
    results = push(connector, [*levels, level(products[good], 11)])
    assert len(results) == 231
    assert shop.stock_of(good) == 11


def test_nothing_to_push(shop):
    shop.need(Capability.STOCK)
    assert shop.connector().push_stock([]) == ()


def test_what_the_shop_shows_can_be_read_again(shop, products):
    shop.need(Capability.STOCK, Capability.STOCK_READ)
    connector = shop.connector()
    tracked = [ref for ref, row in products.items() if row.manages_stock][:5]
    push(connector, [level(products[ref], 40 + n) for n, ref in enumerate(tracked)])
    pages = connector.fetch_stock(tracked)
    shown = {row.product_ref: row.quantity for page in pages for row in page}
    assert shown == {ref: 40 + n for n, ref in enumerate(tracked)}


def test_compare_and_set_refuses_what_is_stale_and_tells_what_it_is(shop, products):
    shop.need(Capability.STOCK, Capability.STOCK_COMPARE)
    connector = shop.connector()
    ref = next(ref for ref, row in products.items() if row.manages_stock)
    row = products[ref]
    push(connector, [level(row, 20)])
    shop.sell(ref, 3)
    (refused,) = push(connector, [level(row, 25, expected=20)])
    assert refused.error == STALE
    assert refused.current in (17, None)
    assert shop.stock_of(ref) == 20 - 3
    (taken,) = push(connector, [level(row, 25, expected=17)])
    assert taken.error == ""
    assert shop.stock_of(ref) == 25


def test_a_negative_quantity_is_never_sent(shop, products):
    shop.need(Capability.STOCK)
    ref = next(ref for ref, row in products.items() if row.manages_stock)
    before = shop.stock_of(ref)
    (result,) = push(shop.connector(), [level(products[ref], -1)])
    assert result.error
    assert shop.stock_of(ref) == before


def test_the_sites_between_which_stock_is_told_apart(shop):
    shop.need(Capability.LOCATIONS)
    locations = shop.connector().fetch_locations()
    assert locations
    assert all(location.ref and location.name for location in locations)
    assert len({location.ref for location in locations}) == len(locations)
