"""WooCommerce, step "reach the shop": addresses, credentials, what refusals mean."""

import base64
import hashlib
import hmac
from urllib.parse import quote

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import Credentials, OrderCursor
from ecom_orders.marketplaces.transport import Headers, Response
from ecom_orders.marketplaces.woocommerce import oauth
from ecom_orders.marketplaces.woocommerce.api import refusal, shop_address
from ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector
from fake_woo import FakeShop, answer, refused

KEY, SECRET = "ck_" + "1" * 40, "cs_" + "2" * 40


def connector(url="https://shop.example", shop=None, **options):
    shop = shop or FakeShop()
    return WooCommerceConnector(Credentials(url, KEY, SECRET, options=options), shop)


# -- the address -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("shop.example", "https://shop.example"),
        (" https://shop.example/ ", "https://shop.example"),
        ("HTTPS://Shop.Example", "https://shop.example"),
        ("http://shop.example:8080", "http://shop.example:8080"),
        ("https://shop.example/store/", "https://shop.example/store"),
        ("https://shop.example//store//eu", "https://shop.example/store/eu"),
        ("https://shop.example/wp-json/wc/v3/", "https://shop.example"),
        ("https://shop.example/store/wp-json", "https://shop.example/store"),
        ("shop.example/wp-admin/admin.php?page=wc-settings", "https://shop.example"),
        ("shop.example/index.php", "https://shop.example"),
        ("https://shop.example/?a=b#c", "https://shop.example"),
        ("https://user:pass@shop.example/", "https://shop.example"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("127.0.0.1:8080/shop", "https://127.0.0.1:8080/shop"),
    ],
)
def test_what_people_type_becomes_the_shops_address(typed, address):
    assert shop_address(typed) == address


@pytest.mark.parametrize(
    "typed", ["", "  ", "ftp://shop.example", "https://", "http://a b/", "x:y:z", "<>"]
)
def test_what_is_not_an_address_is_said_at_once(typed):
    with pytest.raises(errors.NotThere):
        shop_address(typed)


def test_requests_go_below_the_folder_of_the_shop():
    shop = FakeShop()
    connector("https://shop.example/store/", shop).fetch_orders(OrderCursor())
    assert shop.requests[0].url == "https://shop.example/store/wp-json/wc/v3/orders"


# -- credentials -----------------------------------------------------------------------


def test_over_https_key_and_secret_are_user_and_password():
    shop = FakeShop()
    connector(shop=shop).fetch_orders(OrderCursor())
    request = shop.requests[0]
    token = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    assert request.headers["Authorization"] == f"Basic {token}"
    assert KEY not in request.full_url


def test_over_https_they_are_parameters_where_the_server_strips_the_header():
    shop = FakeShop()
    connector(shop=shop, query_auth=True).fetch_orders(OrderCursor())
    request = shop.requests[0]
    assert "Authorization" not in request.headers
    assert dict(request.query)["consumer_key"] == KEY
    assert dict(request.query)["consumer_secret"] == SECRET
    assert SECRET not in repr(request) + str(request)


@pytest.mark.parametrize("options", [{}, {"query_auth": True}])
def test_over_http_the_secret_never_travels_but_signs(options):
    shop = FakeShop()
    connector("http://shop.example:8080/eu", shop, **options).fetch_orders(
        OrderCursor()
    )
    request = shop.requests[0]
    assert SECRET not in request.full_url + str(dict(request.headers))
    query = dict(request.query)
    given = query.pop("oauth_signature")
    # Written out once more, step by step as RFC 5849 has it.
    pairs = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in query.items())
    normalised = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join(
        quote(part, safe="~")
        for part in (
            "GET",
            "http://shop.example:8080/eu/wp-json/wc/v3/orders",
            normalised,
        )
    )
    digest = hmac.new(f"{SECRET}&".encode(), base.encode(), hashlib.sha256).digest()
    assert given == base64.b64encode(digest).decode()
    assert query["oauth_signature_method"] == "HMAC-SHA256"
    assert len(query["oauth_nonce"]) == 32


def test_no_two_requests_share_a_nonce():
    shop = FakeShop()
    client = connector("http://shop.example", shop)
    for _ in range(20):
        client.fetch_orders(OrderCursor())
    nonces = {dict(request.query)["oauth_nonce"] for request in shop.requests}
    assert len(nonces) == 20


def test_the_base_string_of_the_rfc():
    # RFC 5849, 3.4.1.1, parameters of its example; SHA-256 aside, ours is the same.
    parameters = [
        ("b5", "=%3D"),
        ("a3", "a"),
        ("c@", ""),
        ("a2", "r b"),
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
        ("c2", ""),
        ("a3", "2 q"),
    ]
    base = oauth.signature_base("post", "http://EXAMPLE.COM:80/request", parameters)
    assert base == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da"
        "%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs"
        "9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_tim"
        "estamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("HTTP://Shop.Example/a", "http://shop.example/a"),
        ("https://shop.example:443/a", "https://shop.example/a"),
        ("http://shop.example:443/a", "http://shop.example:443/a"),
        ("http://shop.example", "http://shop.example/"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
    ],
)
def test_the_address_that_is_signed(url, base):
    assert oauth.base_address(url) == base


# -- refusals --------------------------------------------------------------------------

HTML = b"<!DOCTYPE html><title>Oops</title><p>Page not found</p>"


@pytest.mark.parametrize(
    ("status", "body", "error_type", "hint"),
    [
        (
            401,
            "woocommerce_rest_authentication_error",
            errors.AuthenticationFailed,
            None,
        ),
        (
            401,
            "woocommerce_rest_cannot_view",
            errors.AuthenticationFailed,
            "not_authenticated",
        ),
        (401, HTML, errors.AuthenticationFailed, "server_login"),
        (403, "woocommerce_rest_cannot_view", errors.PermissionRefused, None),
        (403, HTML, errors.PermissionRefused, "blocked"),
        (404, "rest_no_route", errors.NotThere, "no_woocommerce"),
        (404, HTML, errors.NotThere, "no_api"),
        (404, b"", errors.NotThere, "no_api"),
        (404, "woocommerce_rest_shop_order_invalid_id", errors.NotFound, None),
        (404, "woocommerce_rest_term_invalid", errors.NotFound, None),
        (400, "woocommerce_rest_product_invalid_id", errors.NotFound, None),
        (410, HTML, errors.NotFound, None),
        (400, "rest_invalid_param", errors.RequestRefused, None),
        (413, "woocommerce_rest_request_entity_too_large", errors.RequestRefused, None),
        (409, HTML, errors.RequestRefused, None),
    ],
)
def test_what_a_refusal_means(status, body, error_type, hint):
    response = refused(status, body) if isinstance(body, str) else answer(body, status)
    error = refusal(response)
    assert type(error) is error_type
    assert error.details["status"] == status
    assert error.details.get("hint") == hint


def test_a_refusal_tells_the_shops_own_words_without_markup_and_secrets():
    message = f"<strong>Sorry</strong> &amp; no: {SECRET} my-own-secret"
    error = refusal(refused(400, "some_code", message), ("my-own-secret",))
    assert error.details["remote_code"] == "some_code"
    assert error.details["remote_message"] == "Sorry & no: *** ***"
    assert SECRET not in str(error)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"code": 7}', b"null", b'"x"'])
def test_an_error_body_of_any_shape_is_an_error(body):
    assert refusal(Response(400, Headers(), body)).details["remote_code"] == ""


def test_a_wrong_key_is_told_from_a_key_that_may_only_read():
    shop = FakeShop()
    wrong = refused(401, "woocommerce_rest_authentication_error", "translated")
    shop.routes["POST", "webhooks"] = wrong
    shop.routes["GET", "webhooks"] = answer([])
    with pytest.raises(errors.PermissionRefused):
        connector(shop=shop).ensure_webhooks("https://odoo.example/hook")
    shop.routes["GET", "orders"] = wrong
    with pytest.raises(errors.AuthenticationFailed):
        connector(shop=shop).ensure_webhooks("https://odoo.example/hook")
