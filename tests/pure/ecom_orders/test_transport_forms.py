"""The transport sends forms, for interfaces that take their parameters that way."""

from dataclasses import replace
from urllib.parse import parse_qsl

from ecom_orders.marketplaces.transport import Request, Settings, Transport
from scripted_server import Answer, FakeClock, ScriptedServer

PAIRS = (("method", "read"), ("name", "王小红 & co="), ("empty", ""))


def test_a_form_arrives_pair_by_pair_in_utf8():
    with ScriptedServer(Answer(200, b"{}")) as server:
        Transport().send(Request("POST", f"{server.url}/x", form=PAIRS))
    (seen,) = server.seen
    kind = seen.headers["Content-Type"]
    assert kind == "application/x-www-form-urlencoded; charset=utf-8"
    assert parse_qsl(seen.body.decode("ascii"), keep_blank_values=True) == list(PAIRS)
    assert seen.path == "/x"


def test_an_empty_form_is_a_form():
    with ScriptedServer(Answer(200, b"{}")) as server:
        Transport().send(Request("POST", server.url, form=()))
    assert server.seen[0].body == b""
    assert "form" in server.seen[0].headers["Content-Type"]


def test_a_retry_is_signed_again():
    numbers = iter(range(9))

    def sign(request):
        return replace(request, form=(*request.form, ("sign", str(next(numbers)))))

    request = Request("POST", "", form=PAIRS, authorise=sign, idempotent=True)
    with ScriptedServer(Answer(500), Answer(200, b"{}")) as server:
        transport = Transport(Settings(attempts=2), clock=FakeClock())
        transport.send(replace(request, url=server.url))
    signs = [dict(parse_qsl(seen.body.decode()))["sign"] for seen in server.seen]
    assert signs == ["0", "1"]


def test_nothing_of_a_form_is_shown():
    request = Request(
        "POST", "https://shop.example/x", form=(("session", "topsecret"),)
    )
    assert "topsecret" not in f"{request} {request!r}"
