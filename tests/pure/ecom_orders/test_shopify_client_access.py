"""Shopify, step "reach": address, token, rights, throttling, refusals."""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.schema import RefundRequest, Shipment, StockLevel
from ecom_orders.marketplaces.shopify.api import shop_address
from ecom_orders.marketplaces.transport import Response
from fake_shopify import ALL_SCOPES, URL, FakeShop, connection, refused, respond

SHOP = {
    "shop": {
        "name": "Quill & Co",
        "currencyCode": "USD",
        "ianaTimezone": "America/New_York",
        "taxesIncluded": False,
    }
}
EMPTY = {"orders": connection([])}


def cost(requested, available, rate=100):
    """``extensions.cost`` of an answer."""
    status = {
        "maximumAvailable": 2000,
        "currentlyAvailable": available,
        "restoreRate": rate,
    }
    return {
        "requestedQueryCost": requested,
        "actualQueryCost": None,
        "throttleStatus": status,
    }


# -- address, version, token -----------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("quill.myshopify.com", "https://quill.myshopify.com"),
        ("https://quill.myshopify.com/admin/orders", "https://quill.myshopify.com"),
        (" HTTPS://Quill.example/ ", "https://quill.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_address_as_people_type_it(typed, address):
    assert shop_address(typed) == address


@pytest.mark.parametrize("typed", ["", "no address", "ftp://x.example", "https://[x"])
def test_what_is_no_address(typed):
    with pytest.raises(errors.NotThere):
        shop_address(typed)


def test_the_token_goes_in_a_header_to_the_newest_version():
    shop = FakeShop(Shop=SHOP)
    shop.connector().check()
    request = shop.requests[0]
    assert request.url == f"{URL}/admin/api/2026-07/graphql.json"
    assert request.headers["X-Shopify-Access-Token"] == "shpat_test"
    assert "shpat_test" not in repr(request)


def test_another_version_can_be_chosen():
    shop = FakeShop(Shop=SHOP)
    assert shop.connector("2025-10").check().version == "2025-10"
    assert "/api/2025-10/" in shop.requests[0].url


def test_a_version_that_is_none_is_not_sent():
    shop = FakeShop(Shop=SHOP)
    with pytest.raises(errors.NotThere):
        shop.connector("../../x").check()
    assert shop.requests == []


def test_a_shop_describes_itself():
    info = FakeShop(Shop=SHOP).connector().check()
    assert (info.name, info.currency) == ("Quill & Co", "USD")
    assert (info.timezone, info.prices_include_tax) == ("America/New_York", False)
    assert set(info.warnings) <= {"clock_differs"}


@pytest.mark.parametrize(
    ("missing", "warning"),
    [
        ("write_inventory", "write_not_allowed"),
        ("read_all_orders", "only_sixty_days"),
        ("write_orders", "orders_not_readable"),
        ("read_customers", "scope_missing:read_customers"),
        ("read_returns", "scope_missing:read_returns"),
        (
            "write_merchant_managed_fulfillment_orders",
            "scope_missing:read_merchant_managed_fulfillment_orders",
        ),
    ],
)
def test_a_right_that_is_missing_is_a_warning(missing, warning):
    scopes = [scope for scope in ALL_SCOPES if scope != missing]
    assert warning in FakeShop(scopes, Shop=SHOP).connector().check().warnings


def test_what_may_not_be_read_is_not_asked_for():
    shop = FakeShop(["read_orders"], Orders=EMPTY)
    shop.connector().fetch_orders(OrderCursor())
    text = shop.requests[-1].json["query"]
    assert "fulfillmentOrders" not in text
    assert "customer " not in text


# -- throttling ------------------------------------------------------------------------


def test_a_throttled_query_waits_as_long_as_its_points_take():
    """It needs 500 points, 100 are there, 100 a second come back: four seconds."""
    throttled = refused("THROTTLED", "Throttled", cost(500, 100, rate=100))
    shop = FakeShop(Orders=[throttled, EMPTY])
    shop.connector().fetch_orders(OrderCursor())
    assert shop.clock.slept == [(500 - 100) / 100]


def test_a_throttled_write_is_sent_again_because_it_was_not_executed():
    throttled = refused("THROTTLED", "Throttled", cost(10, 0, rate=10))
    made = {"webhookSubscriptionCreate": {"webhookSubscription": {}, "userErrors": []}}
    shop = FakeShop(
        Webhooks={"webhookSubscriptions": connection([])},
        CreateWebhook=[throttled, made],
    )
    topics = shop.connector().ensure_webhooks("https://odoo.example/hook")
    assert len(shop.sent("CreateWebhook")) == len(topics) + 1
    assert shop.clock.slept == [1.0]


def test_waiting_ends_with_the_transports_deadline():
    """Six thousand points at a hundred a second are not waited for in a minute."""
    shop = FakeShop(Orders=refused("THROTTLED", "Throttled", cost(6100, 100)))
    with pytest.raises(errors.RateLimited) as caught:
        shop.connector().fetch_orders(OrderCursor())
    assert caught.value.details["retry_after"] == (6100 - 100) / 100
    assert caught.value.retriable
    assert shop.clock.slept == []


def test_throttled_again_and_again_ends_too():
    shop = FakeShop(Orders=refused("THROTTLED", "Throttled", cost(1500, 0)))
    with pytest.raises(errors.RateLimited):
        shop.connector().fetch_orders(OrderCursor())
    assert sum(shop.clock.slept) < shop.settings.deadline


def test_throttled_without_a_word_how_long():
    shop = FakeShop(Orders=[refused("THROTTLED", "Throttled"), EMPTY])
    shop.connector().fetch_orders(OrderCursor())
    assert shop.clock.slept == [2.0]


def test_a_query_that_is_too_costly_is_made_smaller():
    def orders(variables):
        if variables["first"] > 6:
            return refused("MAX_COST_EXCEEDED", "Query cost is 1430")
        return EMPTY

    shop = FakeShop(Orders=orders)
    shop.connector().fetch_orders(OrderCursor(), 25)
    assert [asked["first"] for asked in shop.sent("Orders")] == [25, 12, 6]


def test_how_costly_is_too_costly_is_remembered():
    def orders(variables):
        return refused("MAX_COST_EXCEEDED") if variables["first"] > 12 else EMPTY

    shop = FakeShop(Orders=orders)
    connector = shop.connector()
    for _page in range(3):
        connector.fetch_orders(OrderCursor(), 25)
    assert [asked["first"] for asked in shop.sent("Orders")] == [25, 12, 12, 12]


def test_a_single_order_that_is_too_costly_is_an_error():
    shop = FakeShop(Orders=refused("MAX_COST_EXCEEDED"))
    with pytest.raises(errors.RequestRefused):
        shop.connector().fetch_orders(OrderCursor(), 4)
    assert [asked["first"] for asked in shop.sent("Orders")] == [4, 2, 1]


# -- refusals --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "hint"),
    [
        (400, errors.RequestRefused, None),
        (401, errors.AuthenticationFailed, None),
        (402, errors.RequestRefused, "shop_frozen"),
        (403, errors.PermissionRefused, None),
        (404, errors.NotThere, "no_api"),
        (423, errors.RequestRefused, "shop_locked"),
    ],
)
def test_a_refusal_by_status(status, error, hint):
    shop = FakeShop(Shop=respond({"errors": "No shpat_test"}, status))
    with pytest.raises(error) as caught:
        shop.connector().check()
    assert type(caught.value) is error
    assert caught.value.details.get("hint") == hint
    assert "shpat_test" not in f"{caught.value} {caught.value.details}"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ACCESS_DENIED", errors.PermissionRefused),
        ("RESOURCE_NOT_FOUND", errors.NotFound),
        ("INTERNAL_SERVER_ERROR", errors.ServerFailed),
        ("undefinedField", errors.RequestRefused),
        ("", errors.RequestRefused),
    ],
)
def test_a_refusal_inside_of_an_answer_with_status_200(code, error):
    shop = FakeShop(Shop=refused(code))
    with pytest.raises(error):
        shop.connector().check()


def test_a_partial_answer_with_an_error_is_an_error():
    """Data without the part that was refused would look like an empty shop."""
    body = {"data": EMPTY, "errors": [{"message": "x", "path": ["orders"]}]}
    shop = FakeShop(Orders=respond(body))
    with pytest.raises(errors.RequestRefused):
        shop.connector().fetch_orders(OrderCursor())


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"data": null}', b'{"data": []}'])
def test_an_answer_that_is_none(body):
    shop = FakeShop(Shop=Response(200, body=body))
    with pytest.raises(errors.BadAnswer):
        shop.connector().check()


@pytest.mark.parametrize(
    "verb",
    [
        lambda c: c.cancel_order("1"),
        lambda c: c.push_stock([StockLevel("1", "S", 1)]),
        lambda c: c.push_shipment(Shipment("p", "1", "T")),
        lambda c: c.push_refund(RefundRequest("r", "1", Decimal(1), "USD")),
    ],
)
def test_a_write_without_its_right_is_not_sent(verb):
    shop = FakeShop(["read_orders"])
    with pytest.raises(errors.PermissionRefused):
        verb(shop.connector())
    assert [name for name, _variables in shop.asked] == ["Scopes"]


def test_rights_that_are_not_told_are_tried():
    shop = FakeShop(Shop=SHOP, Orders=EMPTY, Scopes=refused("ACCESS_DENIED"))
    connector = shop.connector()
    assert "scopes_not_readable" in connector.check().warnings
    connector.fetch_orders(OrderCursor())
    assert "fulfillmentOrders" in shop.requests[-1].json["query"]
    assert len(shop.sent("Scopes")) == 1
