"""WooCommerce, step "tell": parcels, cancellations, refunds; listings to compare.

Against the simulated shop, with the real transport: what counts is what happened there.
"""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import Credentials, OrderCursor
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import (
    OrderStatus,
    RefundRequest,
    RefundRequestLine,
    Shipment,
    ShipmentLine,
)
from ecom_orders.marketplaces.transport import Settings, Transport
from ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector
from ecom_orders.marketplaces.woocommerce.parcels import PARCELS, TRACKING_ITEMS
from scripted_server import FakeClock

from simulator import DEFAULT_KEY, DEFAULT_SECRET, Simulator
from simulator.core.faults import FaultRule
from simulator.world.drafts import DraftLine, OrderDraft

D = Decimal
MUG, BOOK, SERVICE = 101, 150, 160  # goods, goods, virtual


@pytest.fixture
def shop():
    with Simulator(seed=3) as running:
        yield running


def connect(shop, **options):
    credentials = Credentials(shop.url, DEFAULT_KEY, DEFAULT_SECRET, options=options)
    transport = Transport(Settings(attempts=2, read_timeout=1), clock=FakeClock())
    return WooCommerceConnector(credentials, transport)


def place(shop, *lines, **values):
    """An order of (product, quantity) pairs; its id and its lines' ids, as text."""
    drafts = tuple(DraftLine(product, number) for product, number in lines)
    order = shop.world.place(OrderDraft(lines=drafts, **values))
    return str(order.id), [str(line.id) for line in order.lines]


def read(connector, order_id):
    return connector.normalise_order(parse_json(connector.fetch_order(order_id).body))


def metas(shop, order_id):
    order = shop.world.order(int(order_id))
    return {meta.key: meta.value for meta in order.meta}


def notes(shop, order_id):
    return [(n.text, n.for_customer) for n in shop.world.notes(int(order_id))]


def lose_answer(shop, method, path):
    shop.faults.add(
        [FaultRule("lost_answer", count=1, method=method, path=path, seconds=3)]
    )


def parcel(order_id, *lines, key="picking/1", number="1Z999", **values):
    lines = tuple(ShipmentLine(line, D(quantity)) for line, quantity in lines)
    return Shipment(key, order_id, number, "ups", "UPS", lines=lines, **values)


# -- parcels ---------------------------------------------------------------------------


def test_a_parcel_is_told_to_buyer_and_plug_ins(shop):
    order_id, (line,) = place(shop, (MUG, 2))
    shipped = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    url = "https://track.example/1Z999"
    connector = connect(shop)
    connector.push_shipment(parcel(order_id, shipped_at=shipped, tracking_url=url))
    assert notes(shop, order_id) == [(f"UPS 1Z999 {url}", True)]
    (item,) = metas(shop, order_id)[TRACKING_ITEMS]
    assert item["tracking_number"] == "1Z999"
    assert item["date_shipped"] == str(int(shipped.timestamp()))
    assert metas(shop, order_id)[PARCELS] == [
        {
            "key": "picking/1",
            "tracking_number": "1Z999",
            "lines": [{"id": line, "quantity": "2"}],
        }
    ]
    assert read(connector, order_id).status is OrderStatus.COMPLETED


def test_who_wants_no_mail_gets_a_private_note(shop):
    order_id, _lines = place(shop, (MUG, 1))
    connect(shop).push_shipment(parcel(order_id, notify_buyer=False))
    assert notes(shop, order_id) == [("UPS 1Z999", False)]


def test_a_parcel_without_number_has_no_note(shop):
    order_id, _lines = place(shop, (MUG, 1))
    connect(shop).push_shipment(parcel(order_id, number=""))
    assert notes(shop, order_id) == []
    assert shop.world.order(int(order_id)).status == "completed"


def test_the_order_is_completed_by_the_last_parcel_only(shop):
    order_id, (mug, book) = place(shop, (MUG, 2), (BOOK, 1))
    connector = connect(shop)
    connector.push_shipment(parcel(order_id, (mug, 1)))
    order = read(connector, order_id)
    assert order.status is OrderStatus.OPEN
    assert [line.fulfilled_quantity for line in order.lines] == [1, 0]
    connector.push_shipment(parcel(order_id, key="picking/2", number="1Z998"))
    order = read(connector, order_id)
    assert order.status is OrderStatus.COMPLETED
    assert [line.fulfilled_quantity for line in order.lines] == [2, 1]
    (first, second) = metas(shop, order_id)[TRACKING_ITEMS]
    assert (first["tracking_number"], second["tracking_number"]) == ("1Z999", "1Z998")


def test_what_is_virtual_need_not_leave(shop):
    order_id, (mug, _service) = place(shop, (MUG, 1), (SERVICE, 1))
    connector = connect(shop)
    connector.push_shipment(parcel(order_id, (mug, 1)))
    assert read(connector, order_id).status is OrderStatus.COMPLETED


def test_what_was_given_back_need_not_leave(shop):
    order_id, (mug, book) = place(shop, (MUG, 2), (BOOK, 1))
    shop.refund_order(int(order_id), lines={mug: 1})
    connector = connect(shop)
    with pytest.raises(errors.AlreadyDone):
        connector.push_shipment(parcel(order_id, (mug, 2)))
    connector.push_shipment(parcel(order_id, (mug, 1), (book, 1)))
    assert read(connector, order_id).status is OrderStatus.COMPLETED


def test_more_than_is_left_does_not_leave(shop):
    order_id, (mug,) = place(shop, (MUG, 1))
    connector = connect(shop)
    connector.push_shipment(parcel(order_id))
    with pytest.raises(errors.AlreadyDone):
        connector.push_shipment(parcel(order_id, key="picking/2", number="1Z998"))
    with pytest.raises(errors.RequestRefused):
        connector.push_shipment(parcel(order_id, ("99", 1), key="picking/3"))


def test_the_same_number_and_goods_under_another_key_are_the_same_parcel(shop):
    order_id, (mug,) = place(shop, (MUG, 2))
    connector = connect(shop)
    connector.push_shipment(parcel(order_id, (mug, 1)))
    again = parcel(order_id, (mug, 1), key="picking/1-again")
    assert connector.push_shipment(again).repeated
    assert len(metas(shop, order_id)[PARCELS]) == 1


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "*/notes"), ("PUT", "*/orders/*")]
)
def test_a_lost_answer_neither_doubles_the_parcel_nor_the_mail(shop, method, path):
    order_id, (mug,) = place(shop, (MUG, 2))
    connector = connect(shop)
    lose_answer(shop, method, path)
    for _ in range(2):
        try:
            connector.push_shipment(parcel(order_id, (mug, 1)))
        except errors.TransportError as error:
            assert error.retriable
    assert notes(shop, order_id) == [("UPS 1Z999", True)]
    assert len(metas(shop, order_id)[PARCELS]) == 1
    assert len(metas(shop, order_id)[TRACKING_ITEMS]) == 1
    assert len(shop.world.parcels(int(order_id))) == 1


def test_what_others_wrote_into_the_plug_in_stays(shop):
    order_id, _lines = place(
        shop, (MUG, 1), meta=((TRACKING_ITEMS, [{"tracking_number": "OTHER"}]),)
    )
    connect(shop).push_shipment(parcel(order_id))
    items = metas(shop, order_id)[TRACKING_ITEMS]
    assert [item["tracking_number"] for item in items] == ["OTHER", "1Z999"]


@pytest.mark.parametrize("value", ["rubbish", [7, {"key": "x", "lines": "no"}], {}])
def test_a_damaged_memory_does_not_stop_a_parcel(shop, value):
    order_id, _lines = place(shop, (MUG, 1), meta=((PARCELS, value),))
    connect(shop).push_shipment(parcel(order_id))
    assert len(shop.world.parcels(int(order_id))) == 1


# -- cancellations ---------------------------------------------------------------------


def test_a_reason_becomes_a_private_note(shop):
    order_id, _lines = place(shop, (MUG, 1))
    connect(shop).cancel_order(order_id, "sold out")
    assert notes(shop, order_id) == [("sold out", False)]


@pytest.mark.parametrize("status", ["completed", "refunded"])
def test_it_can_be_too_late_to_cancel(shop, status):
    order_id, _lines = place(shop, (MUG, 1))
    shop.change_order(int(order_id), status=status)
    with pytest.raises(errors.AlreadyDone):
        connect(shop).cancel_order(order_id)
    assert shop.world.order(int(order_id)).status == status


def test_a_lost_answer_cancels_once(shop):
    order_id, _lines = place(shop, (MUG, 1))
    lose_answer(shop, "PUT", "*/orders/*")
    connect(shop).cancel_order(order_id, "sold out")
    assert shop.world.order(int(order_id)).status == "cancelled"
    assert connect(shop).cancel_order(order_id, "sold out").repeated
    assert notes(shop, order_id) == [("sold out", False)]


# -- refunds ---------------------------------------------------------------------------


def taxed_order(shop):
    """Two mugs for 11.35 each, 7.25 % tax on top."""
    draft = OrderDraft(
        lines=(DraftLine(MUG, 2, unit_price=D("11.35")),),
        billing=shop.world.customers()[0].billing,
        shipping=shop.world.customers()[0].shipping,
    )
    order = shop.world.place(draft)
    return str(order.id), str(order.lines[0].id), order


def request(order_id, amount, *lines, key="credit/1", **values):
    lines = tuple(RefundRequestLine(line, D(n), D(amount)) for line, n in lines)
    return RefundRequest(key, order_id, D(amount), "USD", lines, **values)


def test_an_amount_is_cut_into_net_and_taxes_by_share(shop):
    order_id, line, order = taxed_order(shop)
    rates = {tax.rate_id: tax.total for tax in order.lines[0].taxes}
    assert rates
    gross = 2 * D("11.35") + sum(rates.values())
    connect(shop).push_refund(request(order_id, "10.00", (line, 1), reason="late"))
    (refund,) = shop.world.refunds(int(order_id))
    (given,) = refund.lines
    assert refund.amount == D("10.00") == -(given.total + given.total_tax)
    assert {tax.rate_id: -tax.total for tax in given.taxes} == {
        rate: (tax * 10 / gross).quantize(D("0.01")) for rate, tax in rates.items()
    }
    assert (given.quantity, refund.reason) == (-1, "late")


@pytest.mark.parametrize("option", [True, False])
def test_the_money_moves_through_the_gateway_unless_told_otherwise(shop, option):
    order_id, line, _order = taxed_order(shop)
    connector = connect(shop, api_refund=option)
    connector.push_refund(request(order_id, "1.00", (line, 1)))
    (refund,) = shop.world.refunds(int(order_id))
    assert refund.paid_back is option


def test_goods_go_back_into_stock_only_when_asked(shop):
    order_id, line, _order = taxed_order(shop)
    before = shop.world.product(MUG).stock
    connector = connect(shop)
    connector.push_refund(request(order_id, "1.00", (line, 1), restock=False))
    assert shop.world.product(MUG).stock == before
    connector.push_refund(
        request(order_id, "1.00", (line, 1), key="credit/2", restock=True)
    )
    assert shop.world.product(MUG).stock == before + 1


def test_a_lost_answer_gives_money_back_once(shop):
    order_id, line, _order = taxed_order(shop)
    lose_answer(shop, "POST", "*/refunds")
    connector = connect(shop)
    first = connector.push_refund(request(order_id, "5.00", (line, 1)))
    assert connector.push_refund(request(order_id, "5.00", (line, 1))) == (
        type(first)(first.external_id, repeated=True)
    )
    assert shop.world.refunded(int(order_id)) == D("5.00")


def test_a_shop_that_failed_before_it_gave_anything_is_asked_again_later(shop):
    order_id, line, _order = taxed_order(shop)
    shop.faults.add([FaultRule("server_error", count=1, method="POST")])
    connector = connect(shop)
    with pytest.raises(errors.ServerFailed):
        connector.push_refund(request(order_id, "5.00", (line, 1)))
    assert shop.world.refunded(int(order_id)) == 0
    assert not connector.push_refund(request(order_id, "5.00", (line, 1))).repeated
    assert shop.world.refunded(int(order_id)) == D("5.00")


def test_two_refunds_of_the_same_amount_are_two(shop):
    order_id, line, _order = taxed_order(shop)
    connector = connect(shop)
    connector.push_refund(request(order_id, "5.00", (line, 1)))
    connector.push_refund(request(order_id, "5.00", (line, 1), key="credit/2"))
    assert shop.world.refunded(int(order_id)) == D("10.00")


def test_refunds_that_are_refused_before_anything_is_sent(shop):
    order_id, line, order = taxed_order(shop)
    connector = connect(shop)
    with pytest.raises(errors.AlreadyDone):
        connector.push_refund(request(order_id, order.totals.total + D("0.01")))
    for wrong in (
        request(order_id, "0"),
        request(order_id, "-1"),
        request(order_id, "1", ("99", 1)),
        RefundRequest("credit/1", order_id, D(1), "EUR"),
    ):
        with pytest.raises(errors.RequestRefused):
            connector.push_refund(wrong)
    assert not [row for row in shop.requests() if row["method"] == "POST"]


# -- listings --------------------------------------------------------------------------


def listed(connector, since, until):
    return [row for page in connector.list_orders(since, until) for row in page]


def test_every_order_is_listed_once_also_those_in_the_trash(shop):
    placed = [str(order["id"]) for order in shop.place_orders(130)]
    shop.order_action(int(placed[4]), "trash")
    now = datetime.now(timezone.utc)
    hour = timedelta(hours=1)
    rows = listed(connect(shop), now - hour, now + hour)
    assert sorted(row.external_id for row in rows) == sorted(placed)
    by_id = {row.external_id: row for row in rows}
    assert by_id[placed[4]].status is OrderStatus.DELETED
    for order_id, row in by_id.items():
        order = shop.world.order(int(order_id))
        assert (row.currency, row.total) == (order.currency, order.totals.total)


def test_the_bounds_of_a_listing_are_the_day_asked_for(shop):
    (order,) = shop.place_orders(1)
    created = shop.world.order(order["id"]).created
    connector, second = connect(shop), timedelta(seconds=1)
    assert listed(connector, created, created + second)
    assert not listed(connector, created - second, created)
    assert not listed(connector, created + second, created + 2 * second)


def test_an_order_trashed_and_one_restored_while_being_listed_are_both_listed(shop):
    placed = [str(order["id"]) for order in shop.place_orders(2)]
    shop.order_action(int(placed[0]), "trash")
    connector = connect(shop)
    now = datetime.now(timezone.utc)
    pages = connector.list_orders(now - timedelta(hours=1), now + timedelta(hours=1))
    rows = list(next(pages))
    shop.order_action(int(placed[0]), "restore")
    shop.order_action(int(placed[1]), "trash")
    rows += [row for page in pages for row in page]
    assert sorted(row.external_id for row in rows) == placed


def test_stock_of_products_and_variations_and_nothing_of_the_rest(shop):
    tracked = [p for p in shop.world.products() if p.stock is not None and p.sellable]
    refs = {
        f"{p.parent_id}/{p.id}" if p.parent_id else str(p.id): p.stock for p in tracked
    }
    asked = [*refs, "999999", "999999/1", "no reference", str(SERVICE)]
    pages = connect(shop).fetch_stock(asked)
    shown = {row.product_ref: row.quantity for page in pages for row in page}
    assert {ref: shown[ref] for ref in refs} == refs
    assert set(shown) <= {*refs, str(SERVICE)}


def test_reading_the_feed_changes_nothing_about_what_left(shop):
    order_id, _lines = place(shop, (MUG, 1))
    connector = connect(shop)
    connector.push_shipment(parcel(order_id))
    (envelope,) = connector.fetch_orders(OrderCursor()).envelopes
    assert connector.fetch_order(order_id) == envelope
