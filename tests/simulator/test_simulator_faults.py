"""Faults: each does what it says, on the requests it was meant for."""

from __future__ import annotations

import http.client
import json
import time
from email.utils import parsedate_to_datetime

import pytest


def plan(shop, kind: str, **more) -> None:
    """Let one kind of fault strike once."""
    shop.set_faults([{"kind": kind, "count": 1, **more}])


class TestInsteadOfAnAnswer:
    def test_timeout_waits_and_then_closes(self, shop, client):
        plan(shop, "timeout", seconds=0.2)
        start = time.monotonic()
        with pytest.raises(http.client.RemoteDisconnected):
            client.get("orders")
        assert time.monotonic() - start >= 0.2
        assert client.get("orders").status == 200

    def test_a_patient_server_outlasts_the_client(self, shop, client):
        plan(shop, "timeout", seconds=30)
        client.timeout = 0.2
        with pytest.raises(TimeoutError):
            client.get("orders")

    def test_reset(self, shop, client):
        plan(shop, "reset")
        with pytest.raises(ConnectionResetError):
            client.get("orders")

    def test_rate_limit(self, shop, client):
        plan(shop, "rate_limit", retry_after=7)
        answer = client.get("orders")
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_server_errors_are_html(self, shop, client, status):
        plan(shop, "server_error", status=status)
        answer = client.get("orders")
        assert answer.status == status
        assert answer.headers["Content-Type"].startswith("text/html")

    def test_html_with_status_200(self, shop, client):
        plan(shop, "html_ok")
        answer = client.get("orders")
        assert answer.status == 200
        assert answer.body.startswith(b"<!DOCTYPE html>")


class TestSpoiledAnswers:
    def test_truncated_with_the_full_length(self, shop, client):
        shop.place_orders(1)
        plan(shop, "truncated")
        with pytest.raises(http.client.IncompleteRead):
            client.get("orders")

    def test_truncated_with_the_cut_length(self, shop, client):
        shop.place_orders(1)
        plan(shop, "truncated", honest_length=True)
        answer = client.get("orders")
        assert answer.status == 200
        with pytest.raises(json.JSONDecodeError):
            _ = answer.json

    def test_slow_drip(self, shop, client):
        shop.place_orders(1)
        plan(shop, "slow", seconds=0.3)
        start = time.monotonic()
        assert len(client.get("orders").json) == 1
        assert time.monotonic() - start >= 0.25

    def test_duplicate_rows(self, shop, client):
        ids = [order["id"] for order in shop.place_orders(2)]
        plan(shop, "duplicate_rows")
        assert sorted(client.ids()) == [ids[0], ids[1], ids[1]]

    def test_wrong_number_of_pages(self, shop, client):
        shop.place_orders(3)
        plan(shop, "wrong_total_pages", pages=1)
        assert client.get("orders", per_page=1).headers["X-WP-TotalPages"] == "1"
        assert client.get("orders", per_page=1).headers["X-WP-TotalPages"] == "3"

    def test_a_write_is_committed_although_its_answer_is_lost(self, shop, client):
        plan(shop, "lost_answer", seconds=0.05)
        assert client.get("orders").json == []
        with pytest.raises(http.client.RemoteDisconnected):
            client.post("orders", {"line_items": [{"product_id": 101}]})
        assert len(client.ids()) == 1


class TestBetweenPages:
    QUERY = {"orderby": "modified", "order": "asc", "per_page": 3}

    @pytest.fixture
    def placed(self, shop) -> list[int]:
        ids = []
        for seconds in range(-60, 0, 10):
            shop.set_clock(seconds)
            ids.append(shop.place_orders(1, "us_tax_exclusive")[0]["id"])
        shop.set_clock(0)
        return ids

    def test_an_edit_moves_an_order_out_of_the_page(self, shop, client, placed):
        shop.set_faults([{"kind": "edit_between_pages", "skip": 1, "count": 1}])
        first = client.ids(**self.QUERY, page=1)
        second = client.ids(**self.QUERY, page=2)
        assert first == placed[:3]
        assert placed[3] not in second
        assert second[-1] in first

    def test_a_cancellation(self, shop, client, placed):
        shop.set_faults([{"kind": "cancel_between_pages", "skip": 1, "count": 1}])
        client.ids(**self.QUERY, page=1)
        client.ids(**self.QUERY, page=2)
        assert shop.summary()["by_status"] == {"processing": 5, "cancelled": 1}

    def test_a_new_order(self, shop, client, placed):
        plan(shop, "new_between_pages")
        assert len(client.ids()) == 7

    def test_the_clock_jumps(self, shop, client):
        plan(shop, "skew", seconds=-7200)
        skewed = client.get("orders")
        assert skewed.status == 401  # signed two hours ahead of the shop
        moment = parsedate_to_datetime(skewed.headers["Date"]).timestamp()
        assert time.time() - moment == pytest.approx(7200, abs=5)


class TestPlans:
    def test_path_and_method(self, shop, client):
        rule = {"kind": "server_error", "path": "*/products*", "method": "GET"}
        shop.set_faults([rule])
        assert client.get("orders").status == 200
        assert client.get("products").status == 500
        assert client.get("products/101").status == 500

    def test_the_next_n_requests_after_some(self, shop, client):
        shop.set_faults([{"kind": "server_error", "count": 2, "skip": 1}])
        statuses = [client.get("orders").status for _ in range(4)]
        assert statuses == [200, 500, 500, 200]

    def test_probability_is_seeded(self, shop, client):
        def statuses() -> list[int]:
            shop.set_faults([{"kind": "server_error", "probability": 0.5}])
            return [client.get("orders").status for _ in range(12)]

        first = statuses()
        assert first == statuses()
        assert set(first) == {200, 500}

    def test_counted_in_the_summary_and_seen_in_the_log(self, shop, client):
        plan(shop, "rate_limit")
        client.get("orders")
        assert shop.summary()["faults_injected"] == {"rate_limit": 1}
        assert shop.requests()[-1]["faults"] == ("rate_limit",)

    def test_unknown_kinds_are_refused(self, client):
        body = {"rules": [{"kind": "earthquake"}]}
        assert "earthquake" in client.control("POST", "faults", body)["error"]

    def test_the_control_api_is_never_struck(self, shop, client):
        shop.set_faults([{"kind": "server_error"}])
        assert client.control("GET", "health") == {"status": "ok"}
        assert client.control("POST", "faults", {}) == []
        assert client.get("orders").status == 200

    def test_chaos_strikes_and_lets_a_stubborn_client_through(self, shop, client):
        shop.place_orders(20)
        shop.set_faults(preset="chaos")
        seen: set[int] = set()
        client.timeout = 0.5
        for _ in range(40):
            try:
                answer = client.get("orders", per_page=5)
                if answer.status == 200:
                    seen |= {order["id"] for order in answer.json}
            except (OSError, http.client.HTTPException, ValueError):
                continue
        assert len(seen) >= 5
        assert sum(shop.summary()["faults_injected"].values()) > 5


class TestWebhooks:
    @pytest.fixture
    def hooked(self, shop, client, receiver):
        body = {
            "topic": "order.updated",
            "delivery_url": receiver.url,
            "secret": "s",
        }
        client.post("webhooks", body)
        assert shop.outbox.wait_until_idle()
        receiver.deliveries.clear()
        return receiver

    def place(self, shop, count: int = 1) -> list[int]:
        ids = [order["id"] for order in shop.place_orders(count)]
        assert shop.outbox.wait_until_idle()
        return ids

    def test_lost(self, shop, hooked):
        plan(shop, "webhook_lost")
        self.place(shop)
        assert hooked.deliveries == []
        assert shop.deliveries()[-1]["outcome"] == "lost"

    def test_duplicate(self, shop, hooked):
        plan(shop, "webhook_duplicate")
        self.place(shop)
        first, second = hooked.deliveries
        assert first == second

    def test_delayed(self, shop, hooked):
        plan(shop, "webhook_delayed", seconds=0.2)
        start = time.monotonic()
        self.place(shop)
        assert time.monotonic() - start >= 0.2
        assert len(hooked.deliveries) == 1

    def test_out_of_order(self, shop, hooked):
        plan(shop, "webhook_reordered", seconds=5)
        ids = self.place(shop, 3)
        arrived = [delivery.json["id"] for delivery in hooked.deliveries]
        assert arrived == [ids[1], ids[0], ids[2]]

    def test_wrong_signature(self, shop, hooked):
        plan(shop, "webhook_bad_signature")
        self.place(shop, 2)
        assert [d.signed_with("s") for d in hooked.deliveries] == [False, True]

    def test_truncated_body(self, shop, hooked):
        plan(shop, "webhook_truncated")
        self.place(shop)
        with pytest.raises(json.JSONDecodeError):
            _ = hooked.deliveries[0].json

    def test_by_topic(self, shop, hooked):
        shop.set_faults([{"kind": "webhook_lost", "path": "/order.created"}])
        self.place(shop)
        assert hooked.topics == ["order.updated"]
