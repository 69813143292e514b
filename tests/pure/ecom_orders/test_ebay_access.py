"""eBay, step "reach": hosts, tokens, what refusals mean."""

import base64
import json
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import (
    AccessToken,
    Capability,
    MemoryTokenStore,
    OrderCursor,
)
from ecom_orders.marketplaces.ebay.api import refusal, root_address, second_address
from ecom_orders.marketplaces.ebay.client import EbayConnector
from ecom_orders.marketplaces.ebay.tokens import RENEW_BEFORE
from ecom_orders.marketplaces.transport import Headers, Request, Response
from fake_ebay import (
    KEY,
    ORDERS,
    REFRESH,
    SECRET,
    TOKENS,
    FakeEbay,
    answer,
    connector,
    refused,
)

TRANSACTIONS = "/sell/finances/v1/transaction"
USER = "/commerce/identity/v1/user/"


def now():
    return datetime.now(timezone.utc)


def store_with(value="access-old", lasts=timedelta(hours=1)):
    store = MemoryTokenStore()
    store.save(AccessToken(value, now() + lasts))
    return store


# -- hosts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("", "https://api.ebay.com"),
        ("api.sandbox.ebay.com/", "https://api.sandbox.ebay.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_what_people_type_becomes_the_root(typed, address):
    assert root_address(typed) == address


@pytest.mark.parametrize(
    "typed", ["no address", "ftp://x", "https://", "http://[", "<>"]
)
def test_what_is_not_an_address_is_said_at_once(typed):
    with pytest.raises(errors.NotThere):
        root_address(typed)


@pytest.mark.parametrize(
    ("root", "second"),
    [
        ("https://api.ebay.com", "https://apiz.ebay.com"),
        ("https://api.sandbox.ebay.com", "https://apiz.sandbox.ebay.com"),
        ("http://127.0.0.1:80", "http://127.0.0.1:80"),
    ],
)
def test_finances_and_identity_have_a_host_of_their_own(root, second):
    assert second_address(root) == second


def test_each_interface_is_asked_on_its_host():
    shop = FakeEbay()
    shop.routes["GET", TRANSACTIONS] = Response(204)
    shop.routes["GET", USER] = answer({"username": "seller"})
    ebay = connector(shop)
    ebay.check()
    list(ebay.fetch_transactions(now() - timedelta(days=1), now()))
    hosts = {urlsplit(r.url).path: urlsplit(r.url).netloc for r in shop.requests}
    assert hosts == {
        TOKENS: "api.ebay.com",
        ORDERS: "api.ebay.com",
        USER: "apiz.ebay.com",
        TRANSACTIONS: "apiz.ebay.com",
    }


def test_the_second_host_can_be_named():
    shop = FakeEbay()
    shop.routes["GET", USER] = answer({"username": "seller"})
    connector(shop, apiz_url="https://other.example").check()
    (request,) = shop.asked(USER)
    assert request.url == f"https://other.example{USER}"


# -- tokens ----------------------------------------------------------------------------


def test_a_token_is_bought_with_the_sellers_permission_and_kept():
    shop, store = FakeEbay(), MemoryTokenStore()
    connector(shop, tokens=store).fetch_orders(OrderCursor())
    (bought,) = shop.asked(TOKENS, "POST")
    assert dict(bought.form) == {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH,
    }
    pair = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    assert bought.headers["Authorization"] == f"Basic {pair}"
    assert store.token.value == "access-1"
    left = store.token.expires_at - now()
    assert timedelta(hours=2) - timedelta(seconds=5) < left <= timedelta(hours=2)
    (order_list,) = shop.asked()
    assert order_list.headers["Authorization"] == "Bearer access-1"


def test_a_kept_token_is_used_by_the_next_run():
    shop, store = FakeEbay(), store_with()
    shop.valid.add("access-old")
    for _ in range(3):
        connector(shop, tokens=store).fetch_orders(OrderCursor())
    assert shop.asked(TOKENS, "POST") == []


def test_a_token_is_renewed_some_minutes_before_it_ends():
    shop = FakeEbay()
    shop.valid.add("access-old")
    store = store_with(lasts=RENEW_BEFORE - timedelta(seconds=1))
    connector(shop, tokens=store).fetch_orders(OrderCursor())
    assert store.token.value == "access-1"
    store = store_with(lasts=RENEW_BEFORE + timedelta(minutes=1))
    connector(shop, tokens=store).fetch_orders(OrderCursor())
    assert store.token.value == "access-old"


def test_a_token_that_is_refused_is_renewed_once():
    shop, store = FakeEbay(), store_with("revoked")
    page = connector(shop, tokens=store).fetch_orders(OrderCursor())
    assert page.envelopes == ()
    assert len(shop.asked(TOKENS, "POST")) == 1
    sent = [request.headers["Authorization"] for request in shop.asked()]
    assert sent == ["Bearer revoked", "Bearer access-1"]


def test_a_seller_who_is_refused_with_a_new_token_too_is_told():
    shop = FakeEbay()
    shop.routes["GET", ORDERS] = refused(1001, 401, "Invalid access token")
    with pytest.raises(errors.AuthenticationFailed):
        connector(shop).fetch_orders(OrderCursor())
    assert len(shop.asked()) == 2


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("invalid_client", 401, errors.AuthenticationFailed),
        ("invalid_grant", 400, errors.AuthenticationFailed),
        ("invalid_scope", 400, errors.PermissionRefused),
    ],
)
def test_a_token_that_is_not_sold(code, status, kind):
    shop = FakeEbay()
    shop.routes["POST", TOKENS] = answer({"error": code}, status)
    with pytest.raises(kind) as caught:
        connector(shop).fetch_orders(OrderCursor())
    assert caught.value.details["remote_code"] == code
    assert shop.asked() == []  # nothing is sent without


@pytest.mark.parametrize("body", [[], {}, {"access_token": 5}, {"access_token": ""}])
def test_a_token_answer_without_a_token_is_a_bad_answer(body):
    shop = FakeEbay()
    shop.routes["POST", TOKENS] = answer(body)
    with pytest.raises(errors.BadAnswer):
        connector(shop).fetch_orders(OrderCursor())


@pytest.mark.parametrize("seconds", [None, "soon", -5, True, 10**9])
def test_a_token_never_lasts_longer_than_two_hours(seconds):
    shop, store = FakeEbay(), MemoryTokenStore()
    body = {"access_token": "access-x", "expires_in": seconds}
    shop.valid.add("access-x")
    shop.routes["POST", TOKENS] = answer(body)
    connector(shop, tokens=store).fetch_orders(OrderCursor())
    assert store.token.expires_at <= now() + timedelta(hours=2)


def test_fewer_rights_can_be_asked_for():
    shop = FakeEbay()
    connector(shop, scopes="scope-a scope-b").fetch_orders(OrderCursor())
    (bought,) = shop.asked(TOKENS, "POST")
    assert dict(bought.form)["scope"] == "scope-a scope-b"


def test_a_form_is_sent_as_one():
    request = Request("POST", "https://x.example", form=(("a", "1 &"), ("b", "ü")))
    assert request.body == b"a=1+%26&b=%C3%BC"


# -- refusals --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "number", "kind"),
    [
        (400, 32100, errors.NotFound),
        (404, 32100, errors.NotFound),
        (404, 25702, errors.NotFound),
        (401, 1001, errors.AuthenticationFailed),
        (403, 1100, errors.PermissionRefused),
        (400, 30700, errors.RequestRefused),
        (409, 34918, errors.RequestRefused),
    ],
)
def test_what_a_number_of_ebays_means(status, number, kind):
    error = refusal(refused(number, status, "because"))
    assert type(error) is kind
    assert error.details["remote_code"] == str(number)
    assert error.details["remote_message"] == "because"


def test_a_seller_who_has_to_sign_is_told_so():
    error = refusal(refused(215001, 403, "signature missing"))
    assert type(error) is errors.PermissionRefused
    assert error.details["hint"] == "digital_signature"
    assert "hint" not in refusal(refused(1100, 403)).details


def test_an_empty_404_is_a_missing_record_and_a_page_of_html_a_wrong_address():
    assert type(refusal(Response(404))) is errors.NotFound
    page = Response(404, Headers(), b"<h1>Not found</h1>")
    assert type(refusal(page)) is errors.NotThere


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"7", b'{"errors": 5}', b'{"errors": [7]}', b"<html>"]
)
def test_an_error_body_of_any_shape_is_an_error(body):
    error = refusal(Response(400, Headers(), body))
    assert type(error) is errors.RequestRefused


def test_no_secret_is_in_what_a_refusal_says():
    text = f"bad key {SECRET} of {REFRESH}"
    error = refusal(refused(1, 400, text), (SECRET, REFRESH))
    shown = f"{error} {error.details}"
    assert SECRET not in shown and REFRESH not in shown


# -- checking the connection -----------------------------------------------------------


def test_the_check_tells_the_seller_and_the_sites_currency():
    shop = FakeEbay()
    user = {
        "username": "seller",
        "registrationMarketplaceId": "EBAY_GB",
        "businessAccount": {"name": "Llewellyn Ltd"},
    }
    shop.routes["GET", USER] = answer(user)
    info = connector(shop).check()
    assert (info.name, info.currency) == ("Llewellyn Ltd", "GBP")
    assert info.prices_include_tax is True


def test_a_seller_who_may_not_be_asked_for_is_a_warning():
    shop = FakeEbay()
    shop.routes["GET", USER] = refused(1100, 403)
    info = connector(shop).check()
    assert info.name == "eBay"
    assert info.warnings == ("identity_not_readable",)


def test_webhooks_are_not_claimed_but_erasure_is():
    assert not EbayConnector.can(Capability.WEBHOOKS)
    assert EbayConnector.can(Capability.BUYER_ERASURE)
    with pytest.raises(errors.NotSupported):
        connector(FakeEbay()).ensure_webhooks("https://odoo.example/hook")


# -- finances --------------------------------------------------------------------------


def test_transactions_come_as_ebay_wrote_them_in_windows_of_90_days():
    shop = FakeEbay()
    since = datetime(2026, 1, 1, tzinfo=timezone.utc)
    until = since + timedelta(days=100)

    def rows(request):
        query = dict(request.query)
        assert query["limit"] == "1000"
        offset = int(query["offset"])
        if query["filter"].startswith("transactionDate:[2026-01-01"):
            names = [
                {"transactionId": str(n)} for n in range(offset, min(offset + 2, 3))
            ]
            return answer({"transactions": names, "total": 3})
        return Response(204)

    shop.routes["GET", TRANSACTIONS] = rows
    pages = list(connector(shop).fetch_transactions(since, until))
    assert [[row["transactionId"] for row in page] for page in pages] == [
        ["0", "1"],
        ["2"],
    ]
    filters = [dict(request.query)["filter"] for request in shop.asked(TRANSACTIONS)]
    assert filters[0] == (
        "transactionDate:[2026-01-01T00:00:00.000Z..2026-04-01T00:00:00.000Z]"
    )
    assert filters[-1] == (
        "transactionDate:[2026-04-01T00:00:00.001Z..2026-04-11T00:00:00.000Z]"
    )


def test_an_answer_that_is_not_a_list_of_transactions_is_a_bad_answer():
    shop = FakeEbay()
    shop.routes["GET", TRANSACTIONS] = answer({"transactions": json.dumps([])})
    with pytest.raises(errors.BadAnswer):
        list(connector(shop).fetch_transactions(now() - timedelta(days=1), now()))
