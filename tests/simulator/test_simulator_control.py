"""The control API and the methods behind it."""

from __future__ import annotations

import pytest
from simulator_client import API

from simulator import Simulator
from simulator.core.control import ControlApi
from simulator.core.message import Request
from simulator.world.catalogue import CATALOGUE
from simulator.world.scenarios import scenarios_of

SCENARIOS = scenarios_of("woocommerce")


def test_health(client):
    assert client.control("GET", "health") == {"status": "ok"}


def test_orders_are_placed_and_listed(client):
    body = {"count": 3, "scenario": "jp_yen"}
    placed = client.control("POST", "orders", body)
    assert client.control("GET", "orders") == placed
    assert set(placed[0]) == {
        "id",
        "number",
        "status",
        "total",
        "currency",
        "date_modified_gmt",
        "scenario",
        "deleted",
        "refunded",
    }
    assert {order["scenario"] for order in placed} == {"jp_yen"}


def test_several_scenarios_take_turns(client):
    body = {"count": 3, "scenario": ["cn_virtual", "on_hold"]}
    placed = client.control("POST", "orders", body)
    assert [row["scenario"] for row in placed] == [
        "cn_virtual",
        "on_hold",
        "cn_virtual",
    ]


def test_unknown_scenario_and_order(client):
    wrong = client.control("POST", "orders", {"scenario": "moon"})
    assert wrong == {"error": "There is no scenario 'moon'."}
    assert client.raw("POST", "/_sim/orders/5/trash").status == 404
    assert client.raw("GET", "/_sim/nothing").status == 404


def test_the_mix_is_mostly_paid_and_has_every_kind(shop):
    placed = shop.place_orders(300)
    processing = [row for row in placed if row["status"] == "processing"]
    assert len(processing) > 200
    assert len({row["scenario"] for row in placed}) > len(SCENARIOS) * 0.8


def test_the_same_seed_makes_the_same_orders():
    def make(seed: int) -> list[tuple[str, str]]:
        with Simulator(seed=seed) as shop:
            placed = shop.place_orders(30)
            return [(row["scenario"], row["total"]) for row in placed]

    assert make(1) == make(1)
    assert make(1) != make(2)


def test_status_edit_trash_delete_refund(client):
    (order,) = client.control("POST", "orders", {"scenario": "us_tax_exclusive"})
    path = f"orders/{order['id']}"
    done = client.control("POST", path, {"status": "completed"})
    assert done["status"] == "completed"
    line = client.get(path).json["line_items"][0]
    edit = {"quantities": {str(line["id"]): line["quantity"] + 1}}
    edited = client.control("POST", path, {"edit": edit})
    assert float(edited["total"]) > float(order["total"])
    refund = client.control("POST", f"{path}/refund", {"lines": {str(line["id"]): 1}})
    assert refund["order"]["refunded"] == refund["amount"]
    client.control("POST", f"{path}/refund", {})
    assert client.get(path).json["status"] == "refunded"
    assert client.control("POST", f"{path}/trash")["status"] == "trash"
    client.control("POST", f"{path}/delete")
    (gone,) = client.control("GET", "orders")
    assert (gone["id"], gone["deleted"]) == (order["id"], True)
    assert client.get(path).status == 404


def test_orders_live_on_step_by_step(shop):
    shop.place_orders(60)
    before = shop.summary()["by_status"]
    while shop.advance(100):
        pass
    after = shop.summary()["by_status"]
    assert before != after
    assert {"cancelled", "completed", "refunded", "trash"} <= set(after)


def test_summary(shop, client):
    placed = shop.place_orders(2, "kw_three_decimals")
    client.get("orders")
    summary = client.control("GET", "summary")
    total = sum(float(row["total"]) for row in placed)
    assert summary["orders"] == 2
    assert summary["by_status"] == {"processing": 2}
    assert float(summary["by_currency"]["KWD"]) == pytest.approx(total)
    assert summary["requests"] == 1


def test_catalogue_and_tax_rates_for_a_seed(client):
    rows = client.control("GET", "catalogue")
    assert len(rows) == len(CATALOGUE)
    skus = [row["sku"] for row in rows]
    assert len(set(skus)) == len(skus)
    assert {"MUG-RED", "TEE-M-BLK", "EBOOK-TEA"} <= set(skus)
    rates = client.control("GET", "tax_rates")
    assert {"country", "state", "rate", "label", "shipping", "compound"} <= set(
        rates[0]
    )


def test_the_log_of_requests_keeps_no_secret(client):
    client.get("orders", per_page=5)
    (entry,) = client.control("GET", "requests")
    assert entry["path"] == f"{API}orders"
    assert entry["query"]["per_page"] == "5"
    assert entry["status"] == 200
    text = str(entry)
    assert "ck_simulator" not in text
    assert entry["query"]["oauth_signature"] == "***"


def test_the_clock_moves(client):
    client.control("POST", "clock", {"offset_seconds": -600})
    (order,) = client.control("POST", "orders", {})
    client.control("POST", "clock", {"offset_seconds": 0})
    (later,) = client.control("POST", "orders", {})
    assert order["date_modified_gmt"] < later["date_modified_gmt"]


def test_only_this_machine_may_control():
    with Simulator() as shop:
        request = Request("GET", "/_sim/health", client_ip="192.0.2.7")
        assert ControlApi(shop).handle(request).status == 403


def test_example_data_is_at_example_dot_com(shop):
    shop.place_orders(100)
    emails = {order.billing.email for order in shop.world.orders()}
    assert all(e == "" or e.endswith("@example.com") for e in emails)
