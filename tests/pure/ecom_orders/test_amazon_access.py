"""Amazon, who is calling: tokens bought, kept, renewed; refusals; addresses."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from amazon_seller import ScriptedTransport, Seller, credentials_for
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.amazon import AmazonConnector
from ecom_orders.marketplaces.amazon.api import endpoint
from ecom_orders.marketplaces.amazon.const import MARKETPLACES
from ecom_orders.marketplaces.base import (
    AccessToken,
    Credentials,
    MemoryTokenStore,
    OrderCursor,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
EMPTY = (200, {"orders": []})
EXPIRED = {
    "errors": [
        {
            "code": "Unauthorized",
            "message": "Access to requested resource is denied.",
            "details": "The access token you provided has expired.",
        }
    ]
}
DENIED = {
    "errors": [
        {
            "code": "Unauthorized",
            "message": "Access to requested resource is denied.",
            "details": "",
        }
    ]
}


@pytest.fixture
def seller():
    with Seller() as running:
        yield running


def scripted(answers, tokens=None):
    transport = ScriptedTransport({"orders.searchOrders": EMPTY, **answers}, now=NOW)
    credentials = credentials_for(
        "https://amazon.example", tokens=tokens or MemoryTokenStore()
    )
    return AmazonConnector(credentials, transport), transport


def kept(value, lasts):
    store = MemoryTokenStore()
    store.save(AccessToken(value, NOW + lasts))
    return store


def read(connector):
    return connector.fetch_orders(OrderCursor(NOW - timedelta(hours=1)))


# -- tokens ----------------------------------------------------------------------------


def test_one_token_serves_many_requests_and_many_connectors(seller):
    store = MemoryTokenStore()
    for _time in range(2):
        connector = seller.connector(tokens=store)
        connector.check()
        connector.fetch_orders(OrderCursor())
    assert "token" not in seller.transport.operations()
    assert store.token.value


def test_a_token_that_lasts_is_not_bought_again():
    connector, transport = scripted({}, kept("Atza|kept", timedelta(minutes=6)))
    read(connector)
    assert transport.sent("token") == []
    (sent,) = transport.sent("orders.searchOrders")
    assert sent.headers["x-amz-access-token"] == "Atza|kept"


def test_a_token_is_renewed_five_minutes_before_its_end():
    store = kept("Atza|old", timedelta(minutes=4))
    connector, transport = scripted({}, store)
    read(connector)
    assert len(transport.sent("token")) == 1
    assert store.token.value == "Atza|t"
    assert store.token.expires_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused_as_expired_is_renewed_once(status):
    answers = {"orders.searchOrders": [(status, EXPIRED), EMPTY]}
    connector, transport = scripted(answers, kept("Atza|old", timedelta(hours=1)))
    read(connector)
    tokens = [r.headers["x-amz-access-token"] for r in transport.requests[:1]]
    tokens += [
        r.headers["x-amz-access-token"]
        for r in transport.sent("orders.searchOrders")[1:]
    ]
    assert tokens == ["Atza|old", "Atza|t"]


def test_a_fresh_token_that_is_refused_too_is_an_error():
    answers = {"orders.searchOrders": (403, EXPIRED)}
    connector, transport = scripted(answers, kept("Atza|old", timedelta(hours=1)))
    with pytest.raises(errors.AuthenticationFailed):
        read(connector)
    assert len(transport.sent("orders.searchOrders")) == 2


def test_what_somebody_else_bought_in_the_meantime_is_used():
    store = kept("Atza|old", timedelta(hours=1))
    connector, transport = scripted({}, store)

    def answer(request):
        if request.headers["x-amz-access-token"] == "Atza|old":
            store.save(AccessToken("Atza|other", NOW + timedelta(hours=1)))
            return 403, EXPIRED
        return EMPTY

    send = transport.send

    def sending(request):
        transport.answers["orders.searchOrders"] = answer(request)
        return send(request)

    transport.send = sending
    read(connector)
    assert transport.sent("token") == []


def test_the_simulated_seller_refuses_tokens_that_are_too_old(seller):
    connector = seller.connector()
    connector.check()
    seller.protocol.tokens.revoke()
    seller.wait(1)
    connector.check()
    assert seller.transport.operations().count("token") == 2


def test_a_role_that_is_missing_is_no_question_of_the_token():
    connector, transport = scripted({"orders.searchOrders": (403, DENIED)})
    with pytest.raises(errors.PermissionRefused):
        read(connector)
    assert len(transport.sent("token")) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, {"error": "invalid_grant"}), errors.AuthenticationFailed),
        ((401, {"error": "invalid_client"}), errors.AuthenticationFailed),
        ((404, b"<html>no</html>"), errors.NotThere),
        ((200, {"expires_in": 3600}), errors.BadAnswer),
        ((200, {"access_token": "t"}), errors.BadAnswer),
        ((200, {"access_token": "t", "expires_in": -1}), errors.BadAnswer),
        ((200, []), errors.BadAnswer),
    ],
)
def test_what_goes_wrong_when_a_token_is_bought(answer, error):
    connector, _transport = scripted({"token": answer})
    with pytest.raises(error):
        read(connector)


def test_no_token_and_no_secret_is_shown(seller):
    connector = seller.connector()
    connector.check()
    secrets = (
        connector.credentials.secret,
        connector.credentials.token,
        connector.credentials.tokens.load().value,
    )
    shown = "".join(
        str(e.request) + repr(e.request) for e in seller.transport.exchanges
    )
    shown += repr(connector.credentials.tokens.load())
    assert not [secret for secret in secrets if secret in shown]


# -- addresses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu", "https://sellingpartnerapi-eu.amazon.com"),
        ("NA", "https://sellingpartnerapi-na.amazon.com"),
        ("fe", "https://sellingpartnerapi-fe.amazon.com"),
    ],
)
def test_the_region_chooses_the_address(region, host):
    assert endpoint(Credentials("", options={"region": region})) == host


def test_without_a_region_the_first_marketplace_chooses():
    jp = Credentials("", marketplaces=("A1VC38T7YXB528",))
    assert endpoint(jp).endswith("-fe.amazon.com")


def test_an_address_of_ones_own_overrides():
    own = Credentials("https://amazon.example/", options={"region": "eu"})
    assert endpoint(own) == "https://amazon.example"


@pytest.mark.parametrize("url", ["", "no address", "ftp://amazon.example", "http://"])
def test_what_is_no_address(url):
    with pytest.raises(errors.NotThere):
        endpoint(Credentials(url))


def test_every_marketplace_is_described():
    for known in MARKETPLACES.values():
        assert len(known.country) == 2
        assert len(known.currency) == 3
        assert known.timezone.count("/") == 1
        assert known.region in ("na", "eu", "fe")


# -- the connection test ---------------------------------------------------------------


def test_the_check_names_the_shop_currency_and_time_zone(seller):
    info = seller.connector(marketplaces=("A1PA6795UKMFR9",)).check()
    assert (info.currency, info.timezone) == ("EUR", "Europe/Berlin")
    assert info.prices_include_tax is True
    assert info.warnings == ()


def test_a_marketplace_without_the_seller_is_a_warning(seller):
    info = seller.connector(marketplaces=("A2Q3Y263D00KWC",)).check()
    assert info.warnings == ("not_participating",)


def test_without_the_role_for_participations_the_orders_are_tried():
    answers = {"sellers.getMarketplaceParticipations": (403, DENIED)}
    connector, transport = scripted(answers)
    info = connector.check()
    assert info.warnings == ("participations_not_readable",)
    assert info.name == "Amazon"
    assert len(transport.sent("orders.searchOrders")) == 1


def test_without_the_right_to_read_orders_the_check_fails():
    answers = {
        "sellers.getMarketplaceParticipations": (403, DENIED),
        "orders.searchOrders": (403, DENIED),
    }
    connector, _transport = scripted(answers)
    with pytest.raises(errors.PermissionRefused):
        connector.check()


def test_suspended_listings_are_a_warning():
    row = {
        "marketplace": {"id": "ATVPDKIKX0DER", "defaultCurrencyCode": "USD"},
        "storeName": "Store",
        "participation": {"isParticipating": True, "hasSuspendedListings": True},
    }
    answer = (200, {"payload": [row]})
    connector, _transport = scripted({"sellers.getMarketplaceParticipations": answer})
    assert connector.check().warnings == ("listings_suspended",)


def test_credentials_never_show_what_is_secret():
    known = replace(credentials_for("https://amazon.example"), token="Atzr|secret")
    assert "Atzr" not in repr(known)
