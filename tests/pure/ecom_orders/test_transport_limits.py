"""Transport, step "may this be sent, and is the answer bearable": budgets, switch,
sizes, redirects."""

import gzip

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.transport import (
    Request,
    Settings,
    TokenBuckets,
    Transport,
)
from scripted_server import Answer, FakeClock, ScriptedServer


def send(server, path="/", clock=None, **kwargs):
    settings = kwargs.pop("settings", Settings(attempts=1))
    transport = Transport(settings, clock=clock or FakeClock(), **kwargs)
    return transport.send(Request("GET", f"{server.url}{path}", operation="list"))


# -- the switch ------------------------------------------------------------------------


def test_nothing_is_sent_while_sending_is_stopped():
    with ScriptedServer() as server:
        with pytest.raises(errors.SendingStopped):
            send(server, allowed=lambda request: False)
    assert server.seen == []


def test_the_switch_is_looked_at_before_every_attempt():
    answers = iter([True, False])
    with ScriptedServer(Answer(500)) as server:
        with pytest.raises(errors.SendingStopped):
            send(
                server,
                allowed=lambda request: next(answers),
                settings=Settings(attempts=5),
            )
    assert len(server.seen) == 1


# -- rate budgets ----------------------------------------------------------------------


def test_a_bucket_lets_a_burst_through_and_then_spaces_requests():
    clock = FakeClock()
    buckets = TokenBuckets({"list": (2.0, 3)}, clock)  # 2 per second, burst of 3
    waits = [buckets.reserve("shop", "list") for _ in range(5)]
    assert waits == [0, 0, 0, 0.5, 1.0]


def test_a_bucket_fills_again_up_to_its_burst():
    clock = FakeClock()
    buckets = TokenBuckets({"list": (2.0, 3)}, clock)
    for _ in range(3):
        buckets.reserve("shop", "list")
    clock.seconds += 60
    assert [buckets.reserve("shop", "list") for _ in range(4)] == [0, 0, 0, 0.5]


def test_shops_and_operations_do_not_share_a_bucket():
    buckets = TokenBuckets({"list": (1.0, 1), "get": (1.0, 1)}, FakeClock())
    assert buckets.reserve("a", "list") == 0
    assert buckets.reserve("b", "list") == 0
    assert buckets.reserve("a", "get") == 0
    assert buckets.reserve("a", "list") == 1


def test_an_operation_without_a_rate_is_not_limited():
    buckets = TokenBuckets({"list": (1.0, 1)}, FakeClock())
    assert {buckets.reserve("a", "other") for _ in range(10)} == {0.0}


def test_the_transport_waits_for_the_budget():
    clock = FakeClock()
    buckets = TokenBuckets({"list": (0.25, 1)}, clock)
    with ScriptedServer() as server:
        send(server, clock=clock, budget=buckets)
        send(server, clock=clock, budget=buckets)
    assert clock.slept == [4]


def test_a_budget_spent_beyond_the_deadline_sends_nothing():
    clock = FakeClock()
    buckets = TokenBuckets({"list": (0.001, 1)}, clock)
    with ScriptedServer() as server:
        send(server, clock=clock, budget=buckets)
        with pytest.raises(errors.RateLimited) as caught:
            send(server, clock=clock, budget=buckets)
    assert caught.value.details["retry_after"] == pytest.approx(1_000)
    assert len(server.seen) == 1


# -- sizes -----------------------------------------------------------------------------


def test_an_answer_beyond_the_limit_is_not_read_to_the_end():
    with ScriptedServer(Answer(body=b" " * 300_000)) as server:
        with pytest.raises(errors.BadAnswer) as caught:
            send(server, settings=Settings(max_bytes=100_000))
    assert caught.value.details["limit"] == 100_000
    assert len(server.seen) == 1  # asking again would give the same


def test_the_limit_counts_what_a_compressed_answer_becomes():
    bomb = gzip.compress(b"0" * 5_000_000)
    assert len(bomb) < 10_000
    answer = Answer(body=bomb, headers={"Content-Encoding": "gzip"})
    with ScriptedServer(answer) as server:
        with pytest.raises(errors.BadAnswer):
            send(server, settings=Settings(max_bytes=1_000_000))


def test_a_compressed_answer_within_the_limit_is_understood():
    answer = Answer(
        body=gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"}
    )
    with ScriptedServer(answer) as server:
        assert send(server).json() == {"a": 1}


# -- redirects -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://elsewhere.example/wp-json/", "https://elsewhere.example/wp-json/"),
        ("//elsewhere.example/a", "http://elsewhere.example/a"),
        ("https://u:pw@elsewhere.example/a?x=1", "https://***@elsewhere.example/a"),
    ],
)
def test_a_redirect_is_told_and_not_followed(status, location, target):
    answer = Answer(status, headers={"Location": location})
    with ScriptedServer(answer) as server:
        with pytest.raises(errors.RedirectRefused) as caught:
            send(server, settings=Settings(attempts=3))
    assert caught.value.details["target"] == target
    assert len(server.seen) == 1


def test_a_redirect_within_the_host_is_not_followed_either():
    with ScriptedServer(Answer(301, headers={"Location": "/shop/orders"})) as server:
        with pytest.raises(errors.RedirectRefused) as caught:
            send(server, "/orders")
    assert caught.value.details["target"] == f"{server.url}/shop/orders"


def test_cookies_of_the_server_are_not_kept():
    transport = Transport(clock=FakeClock())
    with ScriptedServer(Answer(headers={"Set-Cookie": "s=1; Path=/"})) as server:
        for _ in range(2):
            transport.send(Request("GET", server.url))
    assert "Cookie" not in server.seen[1].headers
