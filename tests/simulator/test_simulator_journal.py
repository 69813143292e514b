"""The journal: a killed shop comes back with the same orders and ids."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from simulator_client import ShopClient

from simulator import Simulator
from simulator.core.activity import Activity
from simulator.core.journal import Journal

DOCKER = Path(__file__).resolve().parents[2] / "docker"


class Process:
    """The simulator as a process of its own."""

    def __init__(self, state_dir: Path, *options: str) -> None:
        command = [sys.executable, "-m", "simulator", "--state-dir", str(state_dir)]
        self.process = subprocess.Popen(
            [*command, *options], cwd=DOCKER, stdout=subprocess.PIPE, text=True
        )
        line = json.loads(self.process.stdout.readline())
        self.client = ShopClient(line["url"])

    def end(self, number: int = signal.SIGKILL) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=5)
        self.process.stdout.close()
        return code


def test_sigkill_loses_nothing_that_was_acknowledged(tmp_path):
    first = Process(tmp_path)
    try:
        placed = first.client.control("POST", "orders", {"count": 20})
        order_id = placed[0]["id"]
        first.client.control("POST", f"orders/{order_id}", {"status": "cancelled"})
        first.client.control("POST", f"orders/{placed[1]['id']}/trash")
        hook = {"topic": "order.created", "delivery_url": "http://127.0.0.1:9/"}
        first.client.post("webhooks", hook)
        before = first.client.control("GET", "orders")
        product = first.client.get("products/101").json
    finally:
        first.end()
    second = Process(tmp_path)
    try:
        assert second.client.control("GET", "orders") == before
        assert second.client.get("webhooks").json[0]["topic"] == "order.created"
        after = second.client.get("products/101").json
        assert after["stock_quantity"] == product["stock_quantity"]
        following = second.client.control("POST", "orders", {"count": 1})[0]["id"]
        assert following == max(order["id"] for order in before) + 1
    finally:
        assert second.end(signal.SIGTERM) == 0


def test_a_restart_goes_on_with_the_same_orders(tmp_path):
    def totals(simulator: Simulator) -> list[str]:
        return [order["total"] for order in simulator.list_orders()]

    with Simulator(seed=3) as whole:
        whole.place_orders(8)
        wanted = totals(whole)
    for _ in range(2):
        with Simulator(seed=3, state_dir=tmp_path) as half:
            half.place_orders(4)
            found = totals(half)
    assert found == wanted


def test_a_torn_last_line_is_dropped(tmp_path):
    with Simulator(state_dir=tmp_path) as shop:
        shop.place_orders(2)
    path = tmp_path / Journal.FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(whole + b'[["put","order",[9')
    with Simulator(state_dir=tmp_path) as shop:
        assert len(shop.list_orders()) == 2
        shop.place_orders(1)
    with Simulator(state_dir=tmp_path) as shop:
        assert len(shop.list_orders()) == 3


def test_a_failed_change_leaves_nothing(tmp_path):
    with Simulator(state_dir=tmp_path) as shop:
        client = ShopClient(shop.url)
        body = {
            "set_paid": True,
            "line_items": [{"product_id": 101}, {"product_id": 424242}],
        }
        stock = client.get("products/101").json["stock_quantity"]
        assert client.post("orders", body).status == 400
        assert client.get("products/101").json["stock_quantity"] == stock
        assert shop.list_orders() == []


def test_reset_forgets_the_journal(tmp_path):
    with Simulator(state_dir=tmp_path) as shop:
        first = [(row["id"], row["total"]) for row in shop.place_orders(3)]
        shop.reset()
        again = [(row["id"], row["total"]) for row in shop.place_orders(3)]
        assert again == first
    with Simulator(state_dir=tmp_path) as shop:
        assert len(shop.list_orders()) == 3


def test_a_shop_that_acts_by_itself():
    with Simulator(seed=5) as shop:
        activity = Activity(shop.world, per_minute=60, seed=5)
        for _ in range(80):
            activity.act()
        statuses = shop.summary()["by_status"]
    assert sum(statuses.values()) == 80
    assert statuses["processing"] > 40
    assert {"pending", "completed", "cancelled"} <= set(statuses)


def test_orders_arrive_at_a_rate(tmp_path):
    running = Process(tmp_path, "--orders-per-minute", "6000")
    try:
        for _ in range(100):
            if len(running.client.control("GET", "orders")) >= 5:
                break
            time.sleep(0.1)  # buyers need time, however fast the machine asks
        else:
            pytest.fail("no orders arrived")
    finally:
        running.end()
