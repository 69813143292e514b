"""Transport, step "no usable answer": what is sent again, when, and when not."""

import socket
from datetime import datetime, timezone

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.transport import Request, Settings, Transport
from scripted_server import Answer, FakeClock, ScriptedServer

DOWN = Answer(500, b"<h1>Critical error</h1>")
FINE = Answer(200, b'{"fine": true}')


def transport(clock=None, **settings):
    return Transport(Settings(**settings), clock=clock or FakeClock())


def get(server, **kwargs):
    return Request("GET", f"{server.url}/orders", **kwargs)


def post(server, **kwargs):
    return Request("POST", f"{server.url}/orders", json={"a": 1}, **kwargs)


def test_a_reading_request_survives_two_server_errors():
    with ScriptedServer(DOWN, DOWN, FINE) as server:
        assert transport().send(get(server)).json() == {"fine": True}
    assert len(server.seen) == 3


def test_pauses_grow_and_are_capped():
    clock = FakeClock()
    with ScriptedServer(DOWN) as server:
        with pytest.raises(errors.ServerFailed):
            transport(clock, attempts=6, backoff=1, backoff_cap=5).send(get(server))
    # The fake chance always draws the upper end: 1 * 2**n, at most 5.
    assert clock.slept == [1, 2, 4, 5, 5]


def test_pauses_are_drawn_from_zero_to_the_limit():
    drawn = []

    class Chance(FakeClock):
        def uniform(self, low, high):
            drawn.append((low, high))
            return low

    with ScriptedServer(DOWN, DOWN, FINE) as server:
        transport(Chance(), backoff=1).send(get(server))
    assert drawn == [(0, 1), (0, 2)]


def test_giving_up_tells_status_and_beginning_of_the_answer():
    with ScriptedServer(DOWN) as server:
        with pytest.raises(errors.ServerFailed) as caught:
            transport(attempts=2).send(get(server))
    assert caught.value.details["status"] == 500
    assert caught.value.details["excerpt"] == "Critical error"
    assert len(server.seen) == 2


def test_a_write_that_may_have_happened_is_not_repeated():
    with ScriptedServer(DOWN, FINE) as server:
        with pytest.raises(errors.ServerFailed):
            transport().send(post(server))
    assert len(server.seen) == 1


def test_a_write_whose_answer_was_lost_is_not_repeated():
    with ScriptedServer(Answer(drop=True), FINE) as server:
        with pytest.raises(errors.ConnectionFailed):
            transport().send(post(server))
    assert len(server.seen) == 1


def test_a_write_marked_idempotent_is_repeated():
    with ScriptedServer(Answer(drop=True), DOWN, FINE) as server:
        assert transport().send(post(server, idempotent=True)).ok
    assert len(server.seen) == 3


def test_a_put_is_not_taken_for_idempotent_by_its_name():
    with ScriptedServer(DOWN, FINE) as server:
        request = Request("PUT", f"{server.url}/orders/1", json={})
        with pytest.raises(errors.ServerFailed):
            transport().send(request)


def test_a_write_refused_for_its_rate_was_not_executed_and_is_repeated():
    with ScriptedServer(Answer(429, headers={"Retry-After": "3"}), FINE) as server:
        clock = FakeClock()
        assert transport(clock, backoff=0.5).send(post(server)).ok
    assert clock.slept == [3.5]


def test_a_write_without_a_connection_was_not_executed_and_is_repeated():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/orders"
    clock = FakeClock()
    with pytest.raises(errors.ConnectionFailed) as caught:
        transport(clock, attempts=3).send(Request("POST", url, json={}))
    assert len(clock.slept) == 2
    assert caught.value.details["host"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("7", 7.0),
        ("Mon, 02 Mar 2026 10:00:30 GMT", 30.0),
        ("Mon, 02 Mar 2026 09:00:00 GMT", 0.0),  # past
        ("soon", 0.0),
        ("-5", 0.0),
    ],
)
def test_retry_after_in_seconds_or_as_a_date_by_the_servers_clock(header, pause):
    busy = Answer(
        503,
        headers={"Retry-After": header, "Date": "Mon, 02 Mar 2026 10:00:00 GMT"},
    )
    # Our own clock is an hour off; that must not matter.
    clock = FakeClock(datetime(2026, 3, 2, 11, 0, tzinfo=timezone.utc))
    with ScriptedServer(busy, FINE) as server:
        transport(clock, backoff=0).send(get(server))
    assert clock.slept == [pause]


def test_a_longer_pause_than_the_cap_is_not_waited_for_but_told():
    busy = Answer(429, headers={"Retry-After": "3600"})
    clock = FakeClock()
    with ScriptedServer(busy) as server:
        with pytest.raises(errors.RateLimited) as caught:
            transport(clock, retry_after_cap=60).send(get(server))
    assert caught.value.details["retry_after"] == 3600
    assert clock.slept == []


def test_the_deadline_covers_all_attempts_and_pauses():
    clock = FakeClock()
    with ScriptedServer(DOWN) as server:
        with pytest.raises(errors.ServerFailed):
            transport(clock, attempts=50, backoff=4, backoff_cap=4, deadline=10).send(
                get(server)
            )
    assert clock.slept == [4, 4]  # a third pause would end after the deadline
    assert len(server.seen) == 3


def test_each_attempt_gets_fresh_credentials():
    nonces = iter("abc")

    def authorise(request):
        return Request(
            request.method, request.url, query=(("oauth_nonce", next(nonces)),)
        )

    with ScriptedServer(DOWN, DOWN, FINE) as server:
        transport().send(get(server, authorise=authorise))
    assert [seen.path for seen in server.seen] == [
        "/orders?oauth_nonce=a",
        "/orders?oauth_nonce=b",
        "/orders?oauth_nonce=c",
    ]


@pytest.mark.parametrize("body", [b"<p>Be right back</p>", b'[{"id": 1}, {"id'])
def test_an_answer_that_should_be_json_and_is_not_is_asked_for_again(body):
    with ScriptedServer(Answer(200, body), FINE) as server:
        assert transport().send(get(server, expect_json=True)).json() == {"fine": True}
    with ScriptedServer(Answer(200, body)) as server:
        with pytest.raises(errors.BadAnswer) as caught:
            transport(attempts=2).send(get(server, expect_json=True))
        assert len(server.seen) == 2
    assert caught.value.details["size"] == len(body)


def test_a_write_whose_answer_is_no_json_is_not_repeated():
    with ScriptedServer(Answer(200, b"<p>Warning</p>"), FINE) as server:
        with pytest.raises(errors.BadAnswer):
            transport().send(post(server, expect_json=True))
    assert len(server.seen) == 1


def test_no_answer_in_time():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(errors.TimedOut):
            transport(read_timeout=0.05, attempts=2).send(Request("GET", url))


def test_no_encryption_where_it_was_promised():
    with ScriptedServer(FINE) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(errors.TlsFailed) as caught:
            transport().send(Request("GET", url))
    assert not caught.value.details["host"] == ""


@pytest.mark.parametrize("url", ["ftp://shop.example/", "http://", "no address"])
def test_what_is_not_an_address(url):
    with pytest.raises(errors.ConnectionFailed):
        transport().send(Request("GET", url))
