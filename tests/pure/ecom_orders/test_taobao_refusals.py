"""Taobao: refusals come with HTTP 200, and each has a meaning."""

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.taobao.api import GATEWAY, gateway
from fake_top import FakeTop, refuse

READ = "taobao.trade.fullinfo.get"


def api(answer, **more):
    fake = FakeTop(trade_fullinfo_get=answer, **more)
    return fake, fake().api


@pytest.mark.parametrize(
    ("code", "sub_code", "meaning"),
    [
        (25, "", errors.AuthenticationFailed),
        (26, "", errors.AuthenticationFailed),
        (27, "invalid-sessionkey", errors.AuthenticationFailed),
        (29, "", errors.AuthenticationFailed),
        (31, "", errors.AuthenticationFailed),
        (11, "", errors.PermissionRefused),
        (12, "isv.permission-ip-whitelist-limit", errors.PermissionRefused),
        (15, "isv.permission-api-package-limit", errors.PermissionRefused),
        (15, "isv.trade-not-exist", errors.NotFound),
        (15, "isv.user-not-exist:invalid-nick", errors.RequestRefused),
        (15, "isv.shop-service-error:SHOP_IS_NOT_EXIST", errors.RequestRefused),
        (15, "isv.logistics-offline-service-error:B01", errors.NotFound),
        (15, "isv.logistics-offline-service-error:B04", errors.AlreadyDone),
        (15, "isv.logistics-offline-service-error:B60", errors.RequestRefused),
        (40, "isv.missing-parameter:tid", errors.RequestRefused),
        (41, "isv.invalid-parameter:tid", errors.RequestRefused),
        (15, "isp.remote-service-timeout", errors.ServerFailed),
        (15, "isp.unknown-error", errors.ServerFailed),
        (10, "", errors.ServerFailed),
        (7, "accesscontrol.limited-by-app-access-count", errors.RateLimited),
    ],
)
def test_what_a_refusal_means(code, sub_code, meaning):
    _fake, to_ask = api(refuse(code, "no", sub_code, "words"))
    with pytest.raises(errors.MarketplaceError) as caught:
        to_ask.call(READ, tid=1)
    assert type(caught.value) is meaning
    assert caught.value.details["remote_code"] == (sub_code or str(code))


def test_a_short_ban_is_waited_for():
    answers = [
        refuse(7, "App Call Limited", "x", "This ban will last for 2 more seconds"),
        {"trade": {"tid": 5}},
    ]
    fake, to_ask = api(lambda _sent: answers.pop(0))
    assert to_ask.call(READ, tid=5) == {"trade": {"tid": 5}}
    assert fake.clock.slept == [2.0]


def test_a_long_ban_is_told_with_its_length():
    fake, to_ask = api(refuse(7, "x", "y", "This ban will last for 31062 more seconds"))
    with pytest.raises(errors.RateLimited) as caught:
        to_ask.call(READ, tid=5)
    assert caught.value.details["retry_after"] == 31062
    assert caught.value.retriable
    assert fake.clock.slept == []


def test_a_failure_of_the_platform_is_tried_again_and_then_given_up():
    fake, to_ask = api(refuse(15, "x", "isp.top-remote-connection-timeout", "y"))
    with pytest.raises(errors.ServerFailed):
        to_ask.call(READ, tid=5)
    assert len(fake.calls) == 3
    assert fake.clock.slept == [1.0, 2.0]


def test_a_write_that_may_have_happened_is_not_sent_again():
    fake, to_ask = api(refuse(15, "x", "isp.remote-service-timeout", "y"))
    with pytest.raises(errors.ServerFailed):
        to_ask.call(READ, idempotent=False, tid=5)
    assert len(fake.calls) == 1


def test_no_secret_in_a_refusal():
    _fake, to_ask = api(refuse(27, "Invalid session session-key of 12345"))
    with pytest.raises(errors.AuthenticationFailed) as caught:
        to_ask.call(READ, tid=5)
    assert "session-key" not in f"{caught.value} {caught.value.details}"


@pytest.mark.parametrize(("status", "kind"), [(404, "NotThere"), (403, "Permission")])
def test_an_address_where_nothing_is(status, kind):
    fake, to_ask = api({"x": {}})
    fake.status = status
    with pytest.raises(errors.MarketplaceError) as caught:
        to_ask.call(READ, tid=5)
    assert type(caught.value).__name__.startswith(kind)


def test_an_answer_without_a_body_is_a_bad_answer():
    fake, to_ask = api({})
    fake.interfaces["trade.fullinfo.get"] = lambda _sent: {"error_response": "?"}
    with pytest.raises(errors.BadAnswer):
        to_ask.call(READ, tid=5)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("", GATEWAY),
        ("https://eco.taobao.com/router/rest", "https://eco.taobao.com/router/rest"),
        ("gw.example.com", "https://gw.example.com/router/rest"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/router/rest"),
    ],
)
def test_the_gateways_address(typed, address):
    assert gateway(typed) == address


@pytest.mark.parametrize("typed", ["no address", "ftp://x/y", "http://", "http://[x"])
def test_what_is_no_address(typed):
    with pytest.raises(errors.NotThere):
        gateway(typed)
