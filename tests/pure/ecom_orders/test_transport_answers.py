"""Transport, step "understand the answer": JSON kept exact, everything else typed."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.transport import (
    USER_AGENT,
    Headers,
    Request,
    Response,
    Settings,
    Transport,
)
from scripted_server import Answer, FakeClock, ScriptedServer


def answer_to(*script, attempts=1):
    with ScriptedServer(*script) as server:
        transport = Transport(Settings(attempts=attempts), clock=FakeClock())
        return transport.send(Request("GET", server.url))


def test_numbers_keep_their_digits():
    body = b'{"price": 17.249805666666667, "id": 9007199254740993, "rate": 1.10}'
    assert answer_to(Answer(body=body)).json() == {
        "price": Decimal("17.249805666666667"),
        "id": 9007199254740993,
        "rate": Decimal("1.10"),
    }


def test_a_byte_order_mark_is_tolerated():
    assert Response(200, body=b"\xef\xbb\xbf[1]").json() == [1]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Not here</body></html>",
        b'[{"id": 1}, {"id"',
        b'{"total": NaN}',
        b'{"total": -Infinity}',
        b"\xff\xfe{}",
        b"[" * 100_000,
    ],
)
def test_what_is_not_json_is_a_bad_answer(body):
    with pytest.raises(errors.BadAnswer):
        Response(200, body=body).json()


def test_the_excerpt_of_a_page_is_its_text():
    page = (
        b"<!DOCTYPE html><head><style>p{color:red}</style><script>x()</script></head>"
        b"<p>Briefly   unavailable for <b>maintenance</b>.</p>"
    )
    with pytest.raises(errors.BadAnswer) as caught:
        Response(200, body=page).json()
    excerpt = caught.value.details["excerpt"]
    assert excerpt == "Briefly unavailable for maintenance ."


def test_the_excerpt_of_broken_json_is_empty_because_it_may_be_peoples_data():
    with pytest.raises(errors.BadAnswer) as caught:
        Response(200, body=b'[{"first_name": "Ada", "las').json()
    assert caught.value.details["excerpt"] == ""
    assert "Ada" not in str(caught.value)


def test_an_answer_cut_off_by_the_network_is_asked_for_again():
    cut = Answer(body=b'{"a": 1}', cut=4)
    assert answer_to(cut, Answer(body=b'{"a": 1}'), attempts=2).json() == {"a": 1}
    with pytest.raises(errors.BadAnswer):
        answer_to(cut)


def test_a_damaged_compression_is_a_bad_answer():
    with pytest.raises(errors.BadAnswer):
        answer_to(Answer(body=b"not gzip", headers={"Content-Encoding": "gzip"}))


@pytest.mark.parametrize("status", [200, 201, 204, 400, 401, 403, 404, 409, 413, 418])
def test_a_refusal_is_an_answer_for_the_connector_to_understand(status):
    response = answer_to(Answer(status, b'{"code": "x"}' if status != 204 else b""))
    assert response.status == status
    assert response.ok == (status < 300)


def test_the_servers_clock():
    response = Response(200, Headers({"date": "Mon, 02 Mar 2026 10:00:00 GMT"}))
    assert response.date == datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
    assert Response(200, Headers({"Date": "yesterday"})).date is None
    assert Response(200).date is None


def test_what_a_request_looks_like_on_the_wire():
    with ScriptedServer() as server:
        Transport().send(
            Request(
                "post",
                f"{server.url}/a",
                query=(("b", "1 2+3"), ("c", "~é")),
                headers={"X-Own": "yes"},
                json={"name": "雨"},
            )
        )
    seen = server.seen[0]
    assert (seen.method, seen.path) == ("POST", "/a?b=1%202%2B3&c=~%C3%A9")
    assert seen.body == '{"name": "雨"}'.encode()
    assert seen.headers["Content-Type"] == "application/json; charset=utf-8"
    assert seen.headers["Accept"] == "application/json"
    assert seen.headers["User-Agent"] == USER_AGENT
    assert seen.headers["X-Own"] == "yes"


def test_a_netrc_file_does_not_replace_our_credentials(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with ScriptedServer() as server:
        Transport().send(
            Request("GET", server.url, headers={"Authorization": "Basic b3Vycw=="})
        )
    assert server.seen[0].headers["Authorization"] == "Basic b3Vycw=="
