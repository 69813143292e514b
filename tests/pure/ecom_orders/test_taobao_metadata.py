"""Taobao: what is sent and what is read is what the platform's metadata describes.

Every verb is run against the simulated gateway; all calls and answers are compared with
the metadata of their interface: names, types, what is required. The metadata is
reference data beside the project, not part of it; without it this file says so and the
other files have to do.
"""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from ecom_orders.marketplaces.base import Credentials, OrderCursor
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import (
    ListingUpdate,
    RefundRequest,
    RefundRequestLine,
    Shipment,
    ShipmentLine,
    StockLevel,
)
from ecom_orders.marketplaces.taobao import TaobaoConnector, const
from ecom_orders.marketplaces.transport import Transport

from simulator import DEFAULT_KEY, DEFAULT_SECRET, Simulator
from simulator.app import DEFAULT_TOKEN
from simulator.taobao import agreement, ids
from simulator.world.scenarios import scenarios_of

FOLDER = Path(__file__).parents[4] / "shared" / "specs" / "taobao-top" / "metadata"
FILES = [json.loads(path.read_text()) for path in FOLDER.glob("*.json")]
METADATA = {data["name"]: data for data in FILES if data.get("requestParams")}

pytestmark = pytest.mark.skipif(
    not METADATA, reason="no metadata of the platform beside the project"
)

#: interfaces whose metadata is not there, and the one that they are compared with
ALIKE = {"taobao.items.onsale.get": "taobao.items.inventory.get"}
UNKNOWN = {"taobao.item.seller.get", "taobao.user.seller.get"}
COMMON = {
    "method", "app_key", "session", "timestamp", "format", "v", "sign_method", "sign",
}  # fmt: skip
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


class Spy(Transport):
    """The real transport, remembering calls with their answers."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def send(self, request):
        response = super().send(request)
        sent = dict(request.authorise(request).form)
        self.seen.append((sent, json.loads(response.body)))
        return response


def named(parameters):
    return {parameter["name"]: parameter for parameter in parameters or ()}


def metadata_of(method):
    return METADATA[ALIKE.get(method, method)]


@pytest.fixture(scope="module")
def seen():
    """Calls and answers of all verbs over all kinds of trades."""
    with Simulator(seed=7, marketplace="taobao") as shop:
        placed = [
            shop.world.place_scenario(name)
            for name in scenarios_of("taobao")
            for _ in range(2)
        ]
        for order in placed[::2]:
            shop.life.advance(order.id)
        spy = Spy()
        url = f"{shop.url}/router/rest"
        credentials = Credentials(url, DEFAULT_KEY, DEFAULT_SECRET, token=DEFAULT_TOKEN)
        every_verb(TaobaoConnector(credentials, spy), shop)
        return spy.seen


def every_verb(connector, shop):
    world, now = shop.world, datetime.now(timezone.utc)
    connector.check()
    products = [p for page in connector.fetch_products() for p in page]
    refs = [p.product_ref for p in products if not p.is_parent]
    connector.push_stock([StockLevel(ref, "", 5) for ref in refs])
    list(connector.fetch_stock(refs))
    connector.push_listings(
        [
            ListingUpdate(p.product_ref, p.product_ref, price=p.price, currency="CNY")
            for p in products
            if "/" in p.product_ref
        ]
    )
    parted = world.place_scenario("tb_multi")
    numbers = {ids.sub_order_id(parted, i): n for i, n in world.open_lines(parted.id)}
    for place, (oid, quantity) in enumerate(numbers.items()):
        count = 1 if quantity > 1 else quantity
        lines = (ShipmentLine(str(oid), Decimal(count)),)
        tid = str(ids.trade_id(parted.id))
        connector.push_shipment(Shipment("p", tid, f"SF000{place}", "SF", lines=lines))
    for name in ("tb_single", "tb_cash_on_delivery"):
        order = world.place_scenario(name)
        tid = str(ids.trade_id(order.id))
        connector.push_shipment(Shipment("p", tid, f"YT{order.id:06d}", "YTO"))
        world.open_return(order.id, ((order.lines[0].id, 1),), "质量问题", note="破了")
        shop.refund_order(order.id)
        connector.fetch_refunds(tid)
    unpaid = world.place_scenario("tb_unpaid")
    connector.write_memo(str(ids.trade_id(unpaid.id)), "备注", 2)
    connector.open_messages()
    connector.cancel_order(str(ids.trade_id(unpaid.id)))
    connector.confirm_messages(connector.fetch_messages().receipts)
    connector.close_messages()
    agree_to_a_refund(connector, shop)
    wish = world.request_cancel(world.place_scenario("tb_single").id)
    connector.fetch_order(str(ids.trade_id(wish.id)))
    connector.fetch_orders(OrderCursor(now - timedelta(hours=2)))
    connector.fetch_returns(OrderCursor(now - timedelta(hours=2)))
    list(connector.list_orders(now - timedelta(hours=1), now + timedelta(hours=1)))
    with world.store.transaction():
        for order in world.orders():
            paid = order.paid and order.paid - timedelta(days=2)
            world.store.put("order", order.id, replace(order, paid=paid))
    cursor, more, bills = OrderCursor(), True, []
    while more:
        page = connector.fetch_settlements("bills", cursor)
        cursor, more = page.cursor, page.more
        bills += page.documents
    assert bills


def agree_to_a_refund(connector, shop):
    order = shop.world.place_scenario("tb_single")
    tid, line = str(ids.trade_id(order.id)), order.lines[0]
    amount = line.total / line.quantity
    agreement.ask(shop.world, order.id, line.id, 1, amount)
    oid = str(ids.sub_order_id(order, line.id))
    part = RefundRequestLine(oid, Decimal(1), amount)
    connector.push_refund(RefundRequest("refund/1", tid, amount, "CNY", (part,)))


def test_every_interface_that_is_used_was_called(seen):
    used = {sent["method"] for sent, _answer in seen}
    source = Path(__file__).parents[3] / "addons/ecom_orders/marketplaces/taobao"
    texts = "".join(path.read_text() for path in source.glob("*.py"))
    calls = set(
        re.findall(
            r'"((?:taobao|alibaba)\.[a-z.]+\.(?:get|update|send|close|agree|permit'
            r'|cancel|consume|confirm))"',
            texts,
        )
    )
    calls |= {"taobao.logistics.offline.send", "taobao.logistics.online.send"}
    assert calls == used


def test_only_known_interfaces_are_used(seen):
    used = {sent["method"] for sent, _answer in seen}
    assert used - UNKNOWN <= set(METADATA) | set(ALIKE)
    assert not used & UNKNOWN & set(METADATA)


def test_every_parameter_sent_exists_and_has_its_type(seen):
    for sent, _answer in seen:
        if sent["method"] in UNKNOWN:
            continue
        known = named(metadata_of(sent["method"])["requestParams"])
        for name, value in sent.items():
            if name in COMMON:
                continue
            assert name in known, (sent["method"], name)
            check_text(known[name], value, sent["method"])


def check_text(parameter, value, method):
    kind, place = parameter.get("type", ""), (method, parameter["name"], value)
    if kind == "Number":
        assert re.fullmatch(r"-?\d+", value), place
        assert int(value) <= int(parameter.get("maxValue", 10**30)), place
        assert int(value) >= int(parameter.get("minValue", -(10**30))), place
    elif kind == "Boolean":
        assert value in ("true", "false"), place
    elif kind == "Date":
        assert DATE.fullmatch(value), place
    elif kind == "Number[]":
        assert re.fullmatch(r"\d+(,\d+)*", value), place
        assert value.count(",") < int(parameter["maxListSize"]), place
    elif parameter.get("subParams"):
        check_structure(parameter, json.loads(value), place)
    else:
        assert value, place


def check_structure(parameter, value, place):
    known = named(parameter["subParams"])
    for element in value if isinstance(value, list) else [value]:
        assert set(element) <= set(known), place
        for name, inner in element.items():
            if known[name].get("subParams"):
                check_structure(known[name], inner, place)
            else:
                types = {"Number": int, "Boolean": bool, "String": str}
                assert type(inner) is types[known[name]["type"]], (place, name)


def test_every_required_parameter_is_sent(seen):
    for sent, _answer in seen:
        if sent["method"] in UNKNOWN:
            continue
        for name, parameter in named(
            metadata_of(sent["method"])["requestParams"]
        ).items():
            assert not parameter.get("required") or sent.get(name), (
                sent["method"],
                name,
            )


def test_every_field_of_an_answer_exists_and_has_its_type(seen):
    for sent, answer in seen:
        assert "error_response" not in answer, (sent, answer)
        (body,) = answer.values()
        if sent["method"] in UNKNOWN:
            continue
        known = named(metadata_of(sent["method"])["responseParams"])
        for name, value in body.items():
            if name != "request_id":
                assert name in known, (sent["method"], name)
                check_value(known[name], value, f"{sent['method']}: {name}")


def check_value(parameter, value, place):
    kind = parameter.get("type", "").replace(" ", "")
    if kind.endswith("[]"):
        assert isinstance(value, dict) and len(value) == 1, place
        (elements,) = value.values()
        assert isinstance(elements, list), place
        for element in elements:
            check_value({**parameter, "type": kind[:-2]}, element, place)
    elif parameter.get("subParams"):
        known = named(parameter["subParams"])
        assert isinstance(value, dict), place
        for name, inner in value.items():
            assert name in known, (place, name)
            check_value(known[name], inner, f"{place}.{name}")
    elif kind == "Date":
        assert isinstance(value, str) and DATE.fullmatch(value), (place, value)
    else:
        types = {"Number": int, "Boolean": bool, "String": str}
        assert type(value) is types[kind], (place, value)


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("taobao.trade.fullinfo.get", ("trade",), const.TRADE_FIELDS),
        ("taobao.trades.sold.increment.get", ("trades",), const.ROW_FIELDS),
        ("taobao.trades.sold.get", ("trades",), const.SUMMARY_FIELDS),
        ("taobao.refund.get", ("refund",), const.REFUND_FIELDS),
        ("taobao.refunds.receive.get", ("refunds",), const.REFUND_ROW_FIELDS),
        ("taobao.items.inventory.get", ("items",), const.ITEM_FIELDS),
        ("taobao.item.skus.get", ("skus",), const.SKU_FIELDS),
        ("taobao.logistics.orders.get", ("shippings",), const.PARCEL_FIELDS),
    ],
)
def test_every_field_asked_for_exists(method, path, fields):
    known = METADATA[method]["responseParams"]
    for name in path:
        known = named(known)[name]["subParams"]
    for field in fields:
        inner = known
        for name in field.split("."):
            assert name in named(inner), field
            inner = named(inner)[name].get("subParams")


def test_the_types_asked_for_are_types():
    asked = named(METADATA["taobao.trades.sold.get"]["requestParams"])["type"]
    trade = named(METADATA["taobao.trade.fullinfo.get"]["responseParams"])["trade"]
    told = named(trade["subParams"])["type"]
    words = set(re.findall("[a-z0-9_]+", asked["description"] + told["description"]))
    assert set(const.TRADE_TYPES) <= words
    assert set(const.ON_DELIVERY) == {
        word for word in words if "cod" in word.split("_")
    }


def test_every_documented_status_has_a_meaning():
    known = named(METADATA["taobao.trade.fullinfo.get"]["responseParams"])["trade"]
    text = named(known["subParams"])["status"]["description"]
    documented = set(re.findall(r"\b[A-Z]{3,}(?:_[A-Z]+)+\b", text))
    assert len(documented) >= 9
    assert documented <= set(const.TRADE_STATUSES)
    refund = named(METADATA["taobao.refund.get"]["responseParams"])["refund"]
    text = named(refund["subParams"])["status"]["description"]
    documented = set(re.findall(r"(?<![A-Z_])[A-Z]{3,}(?:_[A-Z]+)*", text))
    assert len(documented) >= 6
    assert documented <= set(const.REFUND_STATUSES)


# -- payloads with every field that there is -------------------------------------------


def example(parameter, number):
    """A value of a field, by its type; amounts are recognised by their names."""
    kind = parameter.get("type", "").replace(" ", "")
    if kind.endswith("[]"):
        inner = {**parameter, "type": kind[:-2]}
        return {"element": [example(inner, number), example(inner, number + 1)]}
    if parameter.get("subParams"):
        return {
            name: example(inner, number)
            for name, inner in named(parameter["subParams"]).items()
        }
    if kind == "Number":
        return 3_600_000_000_000_000_000 + number if parameter["name"] in IDS else 1
    if kind == "Boolean":
        return True
    if kind == "Date":
        return "2026-11-24 08:00:00"
    if re.search("fee|payment|price|discount", parameter["name"]):
        return "200.07"
    return "text"


IDS = {"tid", "oid", "num_iid", "sku_id", "id", "plan_id"}


def test_a_trade_with_every_field_filled_is_understood():
    known = named(METADATA["taobao.trade.fullinfo.get"]["responseParams"])["trade"]
    payload = parse_json(json.dumps(example(known, 7)))
    assert len(payload) > 190
    order = TaobaoConnector.normalise_order(payload)
    assert order.external_id == "3600000000000000007"
    assert len([line for line in order.lines if line.product_ref]) == 2
    assert order.total == Decimal("200.07")


@pytest.mark.parametrize("left_out", range(12))
def test_a_trade_with_a_part_of_the_fields_is_understood(left_out):
    known = named(METADATA["taobao.trade.fullinfo.get"]["responseParams"])["trade"]
    needed = {"tid", "created", "payment"}
    payload = {
        name: value
        for place, (name, value) in enumerate(example(known, 7).items())
        if name in needed or place % 12 != left_out
    }
    assert TaobaoConnector.normalise_order(payload).number


def test_a_refund_case_with_every_field_filled_is_understood():
    known = named(METADATA["taobao.refund.get"]["responseParams"])["refund"]
    payload = example(known, 7)
    assert TaobaoConnector.normalise_refund(payload, "1").amount == Decimal("200.07")
    assert TaobaoConnector.normalise_return(payload).lines
