"""Transport, at every step: no message, repr or log line contains a credential."""

import logging
import traceback

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import Credentials
from ecom_orders.marketplaces.transport import (
    Headers,
    Request,
    Settings,
    Transport,
    redact,
)
from scripted_server import Answer, FakeClock, ScriptedServer

KEY = "ck_0123456789abcdef0123456789abcdef01234567"
SECRET = "cs_89abcdef0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        f"GET https://shop.example/a?consumer_key={KEY}&consumer_secret={SECRET}",
        f"a?oauth_signature={SECRET}%3D&oauth_nonce=1",
        f"Authorization: Basic {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
        f"header was Basic {SECRET}",
        f'{{"secret": "{SECRET}", "a": 1}}',
        f"{{'access_token': '{SECRET}'}}",
        f"see https://user:{SECRET}@shop.example/",
        f"token={SECRET};",
        f"the key {SECRET} is unknown",
    ],
)
def test_known_forms_of_credentials_are_hidden(text):
    shown = redact(text)
    assert SECRET not in shown
    assert KEY not in shown
    assert "***" in shown


def test_what_is_not_secret_stays_readable():
    text = "GET https://shop.example/orders?page=1&modified_after=2026-03-02T10:00:00"
    assert redact(text) == text
    assert redact("the assignment designates=5 signs") == (
        "the assignment designates=5 signs"
    )


def test_values_that_are_known_are_hidden_wherever_they_stand():
    shown = redact("pa+ss and pa%2Bss", secrets=["pa+ss", "", "ab"])
    assert shown == "*** and ***"


def test_requests_and_headers_show_no_secret():
    request = Request(
        "GET",
        "https://shop.example/a",
        query=(("consumer_secret", SECRET),),
        headers={"Authorization": SECRET},
        json={"secret": SECRET},
    )
    headers = Headers({"Authorization": f"Basic {SECRET}"})
    credentials = Credentials("https://shop.example", KEY, SECRET, SECRET)
    for shown in (repr(request), str(request), repr(headers), repr(credentials)):
        assert SECRET not in shown
        assert KEY not in shown


def _failures(server):
    """Everything that can go wrong on the way, by what the server does."""
    html = f"<p>bad consumer_secret={SECRET} in {KEY}</p>".encode()
    yield errors.ServerFailed, [Answer(500, html)]
    yield errors.RateLimited, [Answer(429)]
    yield errors.ConnectionFailed, [Answer(drop=True)]
    yield errors.BadAnswer, [Answer(body=b"[1,2]", cut=2)]
    yield (
        errors.RedirectRefused,
        [Answer(301, headers={"Location": f"https://e.example/?token={SECRET}"})],
    )


def test_no_failure_and_no_log_line_shows_a_secret(caplog):
    caplog.set_level(logging.DEBUG)
    with ScriptedServer() as server:
        request = Request(
            "GET",
            f"{server.url}/orders",
            query=(("consumer_key", KEY), ("consumer_secret", SECRET)),
            headers={"Authorization": f"Basic {SECRET}"},
        )
        transport = Transport(Settings(attempts=2), clock=FakeClock())
        for error_type, script in _failures(server):
            server.script = list(script)
            with pytest.raises(error_type) as caught:
                transport.send(request)
            text = "".join(traceback.format_exception(caught.value))
            assert SECRET not in text + repr(caught.value.details)
            assert KEY not in text + repr(caught.value.details)
            # Nothing of the HTTP library hangs on to it, for tools that dig.
            assert caught.value.__context__ is None
    assert any("urllib3" in record.name for record in caplog.records)
    assert SECRET not in caplog.text
    assert KEY not in caplog.text


def test_no_connection_shows_no_secret(caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(errors.MarketplaceError) as caught:
        Transport(Settings(attempts=1), clock=FakeClock()).send(
            Request("GET", "http://127.0.0.1:9/", query=(("token", SECRET),))
        )
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert SECRET not in caplog.text
