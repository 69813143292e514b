"""The shop that writes files: one address, credentials, unchanged is told."""

import base64
import csv
import urllib.error
import urllib.request

import pytest

from simulator import DEFAULT_KEY, DEFAULT_SECRET, Simulator


@pytest.fixture
def shop():
    with Simulator(seed=5, marketplace="file") as running:
        yield running


def get(shop, query="", secret=DEFAULT_SECRET, **headers):
    """Status, headers and body of the export."""
    account = base64.b64encode(f"{DEFAULT_KEY}:{secret}".encode()).decode()
    headers["Authorization"] = f"Basic {account}"
    request = urllib.request.Request(f"{shop.url}/export.csv{query}", headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_a_row_for_each_line_of_each_order_that_is_not_in_the_trash(shop):
    placed = [order["id"] for order in shop.place_orders(20)]
    shop.order_action(placed[3], "trash")
    _status, _headers, body = get(shop)
    rows = list(csv.DictReader(body.decode().splitlines(keepends=True)))
    lines = [
        (str(order.id), line.name)
        for order in shop.world.orders()
        if order.id != placed[3]
        for line in order.lines
    ]
    assert [(row["Order number"], row["Product name"]) for row in rows] == lines


def test_what_did_not_change_is_not_sent_again(shop):
    (order,) = shop.place_orders(1)
    _status, headers, _body = get(shop)
    unchanged = {"If-None-Match": headers["ETag"]}
    assert get(shop, **unchanged)[0] == 304
    shop.set_clock(60)
    shop.order_action(order["id"], "touch")
    assert get(shop, **unchanged)[0] == 200


def test_the_same_orders_in_the_chinese_style(shop):
    shop.place_orders(5)
    _status, headers, body = get(shop, "?style=chinese")
    assert "gb18030" in headers["Content-Type"]
    text = body.decode("gb18030")
    assert text.startswith("订单导出\r\n")
    assert all(f'=""{order.number}""' in text for order in shop.world.orders())


def test_nobody_else_may_read_it(shop):
    assert get(shop, secret="wrong")[0] == 401
    assert get(shop, "?style=nonsense")[0] == 404
