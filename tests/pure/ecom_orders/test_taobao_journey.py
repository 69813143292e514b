"""Taobao: the whole way, from what happens on the platform to the common schema.

Over HTTP, against the simulated gateway.
"""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces import base, pricing
from ecom_orders.marketplaces.base import Credentials, OrderCursor
from ecom_orders.marketplaces.errors import MarketplaceError
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import (
    LineKind,
    OrderStatus,
    PaymentKind,
    Shipment,
    ShipmentLine,
)
from ecom_orders.marketplaces.taobao import TaobaoConnector
from ecom_orders.marketplaces.transport import Settings, Transport
from scripted_server import FakeClock

from simulator import DEFAULT_KEY, DEFAULT_SECRET, Simulator
from simulator.app import DEFAULT_TOKEN
from simulator.taobao import ids, protocol
from simulator.world.scenarios import scenarios_of

assert protocol.PROTOCOL  # brings its scenarios
KINDS = sorted(scenarios_of("taobao"))
FEN = Decimal("0.01")


@pytest.fixture
def shop():
    with Simulator(seed=7, marketplace="taobao") as simulator:
        yield simulator


def connect(shop, **settings):
    credentials = Credentials(
        f"{shop.url}/router/rest", DEFAULT_KEY, DEFAULT_SECRET, token=DEFAULT_TOKEN
    )
    transport = Transport(Settings(**settings), clock=FakeClock())
    return TaobaoConnector(credentials, transport)


@pytest.fixture
def connector(shop):
    return connect(shop)


def lately():
    return OrderCursor(datetime.now(timezone.utc) - timedelta(hours=2))


def read(connector, cursor):
    """All orders of one run, the last state of each, and the cursor after it."""
    found = {}
    for _ in range(300):
        page = connector.fetch_orders(cursor)
        for envelope in page.envelopes:
            assert envelope.kind == base.ORDER
            order = connector.normalise_order(parse_json(envelope.body))
            found[order.external_id] = order
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("the feed does not end")


def one(shop, connector, scenario):
    """An order of a kind, in the world and as understood."""
    placed = shop.world.place_scenario(scenario)
    return placed, again(connector, placed)


def again(connector, placed):
    envelope = connector.fetch_order(str(ids.trade_id(placed.id)))
    return connector.normalise_order(parse_json(envelope.body))


def goods(order):
    return [line for line in order.lines if line.kind is LineKind.PRODUCT]


# -- every kind of trade ---------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_understood_to_the_fen(shop, connector, kind):
    for _ in range(5):
        placed, order = one(shop, connector, kind)
        assert order.total == placed.totals.total.quantize(FEN)
        assert pricing.price_order(order, FEN).difference == 0
        assert [line.quantity for line in goods(order)] == [
            line.quantity for line in placed.lines
        ]
        assert [line.sku for line in goods(order)] == [
            line.sku for line in placed.lines
        ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_of_its_life_is_understood_to_the_fen(shop, connector, kind):
    for _ in range(3):
        placed, _order = one(shop, connector, kind)
        while placed.plan:
            placed = shop.life.advance(placed.id)
            order = again(connector, placed)
            assert order.status is not OrderStatus.UNKNOWN
            assert pricing.price_order(order, FEN).difference == 0


def test_the_payments_are_what_was_paid(shop, connector):
    for kind in KINDS:
        placed, order = one(shop, connector, kind)
        paid = sum(payment.amount for payment in order.payments)
        on_delivery = {p.kind for p in order.payments} == {PaymentKind.ON_DELIVERY}
        if placed.paid or on_delivery:
            assert paid == order.total
        else:
            assert paid < order.total


def test_a_presale_waits_for_its_balance(shop, connector):
    placed, order = one(shop, connector, "tb_presale")
    assert order.status is OrderStatus.PENDING
    assert [payment.amount for payment in order.payments] == [Decimal("20.00")]
    shop.world.pay(placed.id)
    assert again(connector, placed).status is OrderStatus.OPEN


def test_group_buying_is_held_and_the_platforms_warehouse_is_told(shop, connector):
    assert one(shop, connector, "tb_group_buying")[1].status is OrderStatus.ON_HOLD
    assert one(shop, connector, "tb_cainiao_warehouse")[1].fulfilled_by_channel
    assert not one(shop, connector, "tb_single")[1].fulfilled_by_channel


def test_masked_addressees_are_marked_and_plain_ones_are_not(shop, connector):
    _placed, masked = one(shop, connector, "tb_single")
    assert masked.masked and masked.buyer.external_id and not masked.buyer.name
    placed, plain = one(shop, connector, "tb_plain_address")
    person = placed.shipping
    assert not plain.masked
    assert plain.buyer.name == person.last_name + person.first_name


def test_a_refunded_sub_order_is_not_delivered(shop, connector):
    placed, before = one(shop, connector, "tb_partly_refunded")
    shop.life.advance(placed.id)
    after = again(connector, placed)
    assert [line.quantity for line in goods(before)] == [1, 2]
    assert [line.quantity for line in goods(after)] == [0, 2]
    (refund,) = after.refunds
    assert refund.amount == goods(before)[0].total
    assert after.status is OrderStatus.OPEN


def test_a_trade_refunded_as_a_whole_has_a_case_for_each_sub_order(shop, connector):
    placed, before = one(shop, connector, "tb_multi")
    shop.refund_order(placed.id)
    after = again(connector, placed)
    assert after.status is OrderStatus.REFUNDED
    assert len(after.refunds) == len(goods(before))
    assert sum(refund.amount for refund in after.refunds) == before.total
    envelopes = connector.fetch_refunds(after.external_id)
    assert {e.external_id for e in envelopes} == {
        f"{after.external_id}/{refund.external_id}" for refund in after.refunds
    }


def test_a_sub_order_refunded_twice_has_both_refunds(shop, connector):
    placed, _order = one(shop, connector, "tb_partly_refunded")
    line = placed.lines[1].id
    for reason in ("first", "second"):
        shop.refund_order(placed.id, reason=reason, lines={line: 1})
    after = again(connector, placed)
    assert [refund.reason for refund in after.refunds] == ["first", "second"]
    assert [line.quantity for line in goods(after)] == [1, 0]


def test_refunds_of_the_same_buyers_other_trades_are_left_out(shop, connector):
    both = [shop.world.place_scenario("tb_single") for _ in range(2)]
    shop.world.edit(both[1].id, {"meta": {"_buyer": buyer_of(both[0])}})
    for placed in both:
        shop.refund_order(placed.id)
    assert len(again(connector, both[0]).refunds) == 1


def buyer_of(order):
    return next(meta.value for meta in order.meta if meta.key == "_buyer")


def test_a_buyer_who_asks_to_cancel(shop, connector):
    placed, order = one(shop, connector, "tb_multi")
    assert not order.cancel_requested
    shop.world.request_cancel(placed.id)
    asked = again(connector, placed)
    assert asked.cancel_requested
    assert asked.refunds == ()


# -- parcels ---------------------------------------------------------------------------


def test_a_trade_in_several_parcels_piece_by_piece(shop, connector):
    placed, order = one(shop, connector, "tb_multi")
    number = 0
    while True:
        order = again(connector, placed)
        rest = {
            line.external_id: line.quantity - line.fulfilled_quantity
            for line in goods(order)
            if line.quantity > line.fulfilled_quantity
        }
        if not rest:
            break
        assert order.status is OrderStatus.OPEN
        number += 1
        lines = (ShipmentLine(next(iter(rest)), Decimal(1)),)
        connector.push_shipment(
            Shipment(
                f"p{number}", order.external_id, f"SF{number:06d}", "SF", lines=lines
            )
        )
    assert order.status is OrderStatus.COMPLETED
    assert number == sum(line.quantity for line in placed.lines)
    assert len(shop.world.parcels(placed.id)) == number


def test_cash_on_delivery_is_sent(shop, connector):
    placed, order = one(shop, connector, "tb_cash_on_delivery")
    connector.push_shipment(Shipment("p", order.external_id, "SF000001", "SF"))
    assert again(connector, placed).status is OrderStatus.COMPLETED


# -- the feed --------------------------------------------------------------------------


def test_the_listing_counts_what_the_feed_brings(shop, connector):
    shop.place_orders(120, KINDS)
    found, _cursor = read(connector, lately())
    now = datetime.now(timezone.utc)
    pages = connector.list_orders(now - timedelta(hours=1), now + timedelta(hours=1))
    rows = [row for page in pages for row in page]
    assert len(rows) == len(found) == 120
    assert {(r.external_id, r.total, r.status) for r in rows} == {
        (o.external_id, o.total, o.status) for o in found.values()
    }


def test_with_everything_going_wrong_all_trades_come_in_the_end(shop):
    placed = {ids.trade_id(row["id"]) for row in shop.place_orders(40, KINDS)}
    shop.set_clock(400)  # they have settled: pages are read, not one window
    shop.place_orders(1)
    shop.set_faults(
        [
            {"kind": "server_error", "probability": 0.1},
            {"kind": "rate_limit", "probability": 0.1},
            {"kind": "reset", "probability": 0.05},
            {"kind": "html_ok", "probability": 0.05},
            {"kind": "truncated", "probability": 0.05},
            {"kind": "edit_between_pages", "probability": 0.5},
        ]
    )
    connector = connect(shop, attempts=2)
    cursor, found, failures = lately(), set(), 0
    for _ in range(400):
        try:
            page = connector.fetch_orders(cursor, 5)
        except MarketplaceError:
            failures += 1
            continue
        found |= {int(envelope.external_id) for envelope in page.envelopes}
        cursor = page.cursor
        if not page.more and placed <= found:
            break
    assert placed <= found
    assert failures


def test_returns_of_several_sub_orders_come_one_by_one(shop, connector):
    placed, order = one(shop, connector, "tb_multi")
    connector.push_shipment(Shipment("p", order.external_id, "SF000001", "SF"))
    lines = tuple((line.id, 1) for line in placed.lines)
    case = shop.world.open_return(placed.id, lines, "质量问题", "courier")
    found, cursor, more = [], lately(), True
    while more:
        page = connector.fetch_returns(cursor)
        found += page.envelopes
        cursor, more = page.cursor, page.more
    returns = [connector.normalise_return(parse_json(e.body)) for e in found]
    assert {r.external_id for r in returns} == {
        str(ids.case_id(ids.RETURN, case.id, place)) for place in range(len(lines))
    }
    assert {line.order_line_id for r in returns for line in r.lines} == {
        line.external_id for line in goods(order)
    }
    assert {r.kind.value for r in returns} == {"courier"}
