"""WooCommerce, step "read": the connection test, single orders, refunds, the trash,
products."""

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.base import Credentials, OrderCursor
from ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector
from fake_woo import START, FakeShop, answer, refused


@pytest.fixture
def shop():
    return FakeShop()


def connector(shop, url="https://shop.example"):
    return WooCommerceConnector(Credentials(url, "ck_x", "cs_x"), shop)


def listing(rows):
    """A listing that honours ``offset``, ``page`` and ``per_page``."""

    def route(request):
        query = dict(request.query)
        size = int(query["per_page"])
        start = int(query.get("offset", size * (int(query.get("page", 1)) - 1)))
        return answer(
            rows[start : start + size], headers={"X-WP-Total": str(len(rows))}
        )

    return route


# -- the connection test ---------------------------------------------------------------


def describe(shop):
    shop.now = datetime.now(timezone.utc)
    shop.create(1)
    shop.routes["GET", ""] = answer(
        {"name": "Rainy Days", "timezone_string": "Asia/Shanghai", "gmt_offset": 8}
    )
    shop.routes["GET", "settings/general"] = answer(
        [{"id": "other"}, {"id": "woocommerce_currency", "value": "CNY"}]
    )
    shop.routes["GET", "settings/tax/woocommerce_prices_include_tax"] = answer(
        {"id": "woocommerce_prices_include_tax", "value": "yes"}
    )
    shop.routes["GET", "system_status"] = answer({"environment": {"version": "11.0.1"}})
    shop.routes["POST", "products/batch"] = answer({})
    shop.routes["GET", "orders"] = answer([{"id": 1}], date=shop.now)


def test_a_good_connection(shop):
    describe(shop)
    assert connector(shop).check() == base.ShopInfo(
        name="Rainy Days",
        currency="CNY",
        timezone="Asia/Shanghai",
        version="11.0.1",
        prices_include_tax=True,
        warnings=(),
    )


def test_the_connection_test_changes_nothing(shop):
    describe(shop)
    connector(shop).check()
    writing = [request for request in shop.requests if request.method != "GET"]
    assert [request.json for request in writing] == [{"update": []}]


def test_a_key_that_may_only_read_orders_works_with_warnings(shop):
    describe(shop)
    for method, path in list(shop.routes):
        if path not in ("orders", ""):
            shop.routes[method, path] = refused(403, "woocommerce_rest_cannot_view")
    info = connector(shop).check()
    assert info.warnings == (
        "settings_not_readable",
        "version_not_readable",
        "write_not_allowed",
    )
    assert (info.currency, info.version, info.prices_include_tax) == ("", "", None)
    assert info.name == "Rainy Days"


def test_plain_http_an_old_shop_and_a_wrong_clock_are_warned_of(shop):
    describe(shop)
    shop.routes["GET", "system_status"] = answer({"environment": {"version": "5.7.2"}})
    shop.routes["GET", "orders"] = answer([], date=shop.now + timedelta(minutes=10))
    info = connector(shop, "http://shop.example").check()
    assert info.warnings == ("plain_http", "clock_differs", "shop_too_old")


@pytest.mark.parametrize(
    ("index", "timezone_name"),
    [
        ({"timezone_string": "Europe/Berlin", "gmt_offset": 1}, "Europe/Berlin"),
        ({"timezone_string": "", "gmt_offset": 8}, "Etc/GMT-8"),
        ({"timezone_string": "", "gmt_offset": -5}, "Etc/GMT+5"),
        ({"timezone_string": "", "gmt_offset": -3.5}, "-03:30"),
        ({"timezone_string": "", "gmt_offset": "5.75"}, "+05:45"),
        ({"timezone_string": None, "gmt_offset": 0}, "UTC"),
        ({"gmt_offset": "x"}, ""),
        ({}, ""),
        ([], ""),
    ],
)
def test_the_time_zone_is_a_name_or_an_offset(shop, index, timezone_name):
    describe(shop)
    shop.routes["GET", ""] = answer(index)
    assert connector(shop).check().timezone == timezone_name


@pytest.mark.parametrize(
    ("route", "error_type"),
    [
        (refused(401, "woocommerce_rest_cannot_view"), errors.AuthenticationFailed),
        (answer(b"<p>Not found</p>", 404), errors.NotThere),
        (refused(404, "rest_no_route"), errors.NotThere),
        (answer(b"<p>A blog</p>", 200), errors.BadAnswer),
        (answer({"a": 1}), errors.BadAnswer),
    ],
)
def test_no_connection_is_a_typed_error(shop, route, error_type):
    describe(shop)
    shop.routes["GET", "orders"] = route
    with pytest.raises(error_type):
        connector(shop).check()


# -- one order -------------------------------------------------------------------------


def test_one_order_has_the_digest_it_has_in_the_feed(shop):
    shop.create(7, START - timedelta(hours=1))
    client = connector(shop)
    (from_feed,) = client.fetch_orders(OrderCursor()).envelopes
    shop.routes["GET", "orders/7"] = answer(shop.payload(shop.orders[7]))
    assert client.fetch_order("7") == from_feed


def test_an_order_that_is_gone(shop):
    shop.routes["GET", "orders/7"] = refused(
        404, "woocommerce_rest_shop_order_invalid_id"
    )
    with pytest.raises(errors.NotFound):
        connector(shop).fetch_order("7")


@pytest.mark.parametrize("order_id", ["", "0", "7/refunds", "../users", "7?x=1", "٧"])
def test_what_is_not_an_id_never_gets_into_a_path(shop, order_id):
    client = connector(shop)
    with pytest.raises(errors.NotFound):
        client.fetch_order(order_id)
    with pytest.raises(errors.NotFound):
        client.fetch_refunds(order_id)
    assert shop.requests == []


@pytest.mark.parametrize("payload", [[], {"id": 8}, None, {"status": "processing"}])
def test_another_order_than_asked_for_is_a_bad_answer(shop, payload):
    shop.routes["GET", "orders/7"] = answer(payload)
    with pytest.raises(errors.BadAnswer):
        connector(shop).fetch_order("7")


# -- refunds ---------------------------------------------------------------------------


def test_refunds_name_their_order(shop):
    rows = [
        {"id": 21, "amount": "5.00", "_links": {}},
        {"id": 22, "amount": "1.50", "order_id": 7},
    ]
    shop.routes["GET", "orders/7/refunds"] = listing(rows)
    envelopes = connector(shop).fetch_refunds("7")
    assert [(e.kind, e.external_id) for e in envelopes] == [
        (base.REFUND, "7/21"),
        (base.REFUND, "7/22"),
    ]
    assert json.loads(envelopes[0].body) == {"id": 21, "amount": "5.00", "order_id": 7}


def test_an_order_without_refunds(shop):
    shop.routes["GET", "orders/7/refunds"] = answer([])
    assert connector(shop).fetch_refunds("7") == ()


def test_a_refund_without_an_id_does_not_hide_the_others(shop):
    shop.routes["GET", "orders/7/refunds"] = listing([None, {"id": 21}])
    kinds = [envelope.kind for envelope in connector(shop).fetch_refunds("7")]
    assert kinds == [base.UNREADABLE, base.REFUND]


# -- the trash -------------------------------------------------------------------------


def test_trashed_orders_are_orders_with_that_status(shop):
    for number in range(1, 8):
        shop.create(number, START - timedelta(hours=number), status="trash")
    shop.create(9)
    pages = list(connector(shop).fetch_removed_orders(None, 3))
    found = {e.external_id: json.loads(e.body) for page in pages for e in page}
    assert set(found) == {str(number) for number in range(1, 8)}
    assert {order["status"] for order in found.values()} == {"trash"}
    assert {envelope.kind for page in pages for envelope in page} == {base.ORDER}


def test_of_the_trash_only_what_is_new_with_a_margin(shop):
    shop.create(1, START - timedelta(days=5), status="trash")
    shop.create(2, START - timedelta(hours=30), status="trash")
    shop.create(3, START - timedelta(hours=1), status="trash")
    pages = connector(shop).fetch_removed_orders(START - timedelta(hours=12))
    assert {e.external_id for page in pages for e in page} == {"2", "3"}


def test_an_empty_trash(shop):
    assert list(connector(shop).fetch_removed_orders(None)) == []


# -- products --------------------------------------------------------------------------


def product(number, **kwargs):
    return {
        "id": number,
        "name": f"Umbrella {number}",
        "type": "simple",
        "status": "publish",
        "sku": f"U-{number}",
        "price": "19.90",
        "manage_stock": True,
        "stock_quantity": 4,
        "variations": [],
        **kwargs,
    }


def products(shop, *rows):
    shop.routes["GET", "products"] = listing(rows)
    return [row for page in connector(shop).fetch_products() for row in page]


def test_a_simple_product(shop):
    (row,) = products(shop, product(11, global_unique_id="4006381333931"))
    assert row.product_ref == "11"
    assert (row.name, row.sku, row.barcode) == (
        "Umbrella 11",
        "U-11",
        "4006381333931",
    )
    assert (row.price, row.stock) == (Decimal("19.90"), 4)
    assert (row.manages_stock, row.is_parent, row.active) == (True, False, True)


def test_variations_are_rows_of_their_own_behind_their_parent(shop):
    shop.routes["GET", "products/12/variations"] = listing(
        [
            product(
                121,
                manage_stock="parent",
                attributes=[{"name": "Size", "option": "L"}, {"option": "red"}],
            ),
            product(122, status="private", attributes=None),
        ]
    )
    rows = products(shop, product(11), product(12, type="variable", variations=[121]))
    assert [row.product_ref for row in rows] == ["11", "12", "12/121", "12/122"]
    assert [row.is_parent for row in rows] == [False, True, False, False]
    assert rows[2].name == "Umbrella 12 (L, red)"
    assert rows[2].manages_stock is False  # the parent's quantity counts
    assert [row.active for row in rows] == [True, True, True, False]


def test_every_product_of_many_pages_even_when_some_go_away_meanwhile(shop):
    rows = [product(number) for number in range(1, 251)]
    shop.routes["GET", "products"] = listing(rows)

    def between():
        if len(shop.requests) == 1:
            del rows[:30]  # the first page has been read

    shop.between = between
    found = [r.product_ref for page in connector(shop).fetch_products() for r in page]
    assert found == [str(number) for number in range(1, 251)]


def test_rubbish_among_products_is_left_out(shop):
    rows = products(
        shop,
        None,
        {"id": "x"},
        product(11, price="", stock_quantity=None, sku=None, manage_stock="yes"),
        product(12, price="NaN", status="draft"),
        product(13, type="external"),
    )
    assert [row.product_ref for row in rows] == ["11", "12", "13"]
    assert [row.price for row in rows] == [None, None, Decimal("19.90")]
    assert rows[0].stock is None and rows[0].sku == ""
    assert [row.active for row in rows] == [True, False, False]


def test_a_variable_product_that_goes_away_meanwhile(shop):
    shop.routes["GET", "products/12/variations"] = refused(
        404, "woocommerce_rest_product_invalid_id"
    )
    rows = products(shop, product(12, type="variable", variations=[121]), product(13))
    assert [row.product_ref for row in rows] == ["12", "13"]
