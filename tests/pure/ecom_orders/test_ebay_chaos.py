"""eBay over HTTP while everything goes wrong now and then."""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import Credentials, OrderCursor
from ecom_orders.marketplaces.ebay.client import EbayConnector
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import (
    OrderStatus,
    RefundRequest,
    Shipment,
    StockLevel,
)
from ecom_orders.marketplaces.transport import Settings, Transport
from scripted_server import FakeClock

from simulator import DEFAULT_KEY, DEFAULT_SECRET, Simulator
from simulator.app import DEFAULT_TOKEN
from simulator.core.faults import FaultRule
from simulator.ebay import ids
from simulator.ebay.render import is_listed

FAULTS = [
    FaultRule("reset", 0.05),
    FaultRule("rate_limit", 0.05),
    FaultRule("server_error", 0.05, status=503),
    FaultRule("html_ok", 0.05),
    FaultRule("truncated", 0.05),
    FaultRule("truncated", 0.05, honest_length=True),
]
MOVES = [
    FaultRule("edit_between_pages", 0.4, count=60),
    FaultRule("cancel_between_pages", 0.1, count=5),
    FaultRule("new_between_pages", 0.2, count=10),
]


@pytest.fixture
def shop():
    with Simulator(seed=6, marketplace="ebay") as running:
        yield running


def connector(shop):
    """A new one each time, as a job makes it: it knows nothing of the ones before."""
    credentials = Credentials(
        shop.url, DEFAULT_KEY, DEFAULT_SECRET, token=DEFAULT_TOKEN
    )
    transport = Transport(Settings(attempts=3), clock=FakeClock())
    return EbayConnector(credentials, transport)


def persist(verb, times=60):
    """Try again as a job does, until it works."""
    for _ in range(times):
        try:
            return verb()
        except errors.MarketplaceError as error:
            assert error.retriable, error
    raise AssertionError("it never works")


@pytest.mark.parametrize("page_size", [3, 11, 200])
def test_every_order_arrives_in_its_last_state(shop, page_size):
    for _ in range(60):
        shop.world.place_scenario()
        shop.world.set_clock(shop.world.clock.offset_seconds + 5)
    shop.faults.add([*FAULTS, *MOVES])
    known, cursor = {}, OrderCursor()
    for _run in range(2):
        more = True
        while more:
            start = cursor
            page = persist(lambda at=start: connector(shop).fetch_orders(at, page_size))
            cursor, more = page.cursor, page.more
            for envelope in page.envelopes:
                order = EbayConnector.normalise_order(parse_json(envelope.body))
                old = known.get(order.external_id)
                if old is None or order.version >= old.version:
                    known[order.external_id] = order
        shop.faults.clear()
        shop.world.set_clock(shop.world.clock.offset_seconds + 30)
    wanted = {
        ids.order_id(order.id): order
        for order in shop.world.orders()
        if is_listed(order)
    }
    assert set(known) == set(wanted)
    assert len(wanted) >= 60
    for number, order in wanted.items():
        assert known[number].total == order.totals.total
        assert (known[number].status is OrderStatus.CANCELLED) == (
            order.status == "cancelled"
        )


def test_a_parcel_whose_answer_is_lost_is_one_parcel(shop):
    order = shop.world.place_scenario("ebay_us_collected_tax")
    shop.faults.add(
        [FaultRule("lost_answer", count=1, seconds=0.3, path="*fulfillment")]
    )
    parcel = Shipment("parcel/1", ids.order_id(order.id), "TRACK1", "ups")
    with pytest.raises(errors.TransportError):
        connector(shop).push_shipment(parcel)
    assert connector(shop).push_shipment(parcel).repeated
    assert len(shop.world.parcels(order.id)) == 1


def test_a_refund_whose_answer_is_lost_is_one_refund(shop):
    order = shop.world.place_scenario("ebay_us_collected_tax")
    shop.faults.add([FaultRule("lost_answer", count=1, seconds=0.3, path="*refund")])
    refund = RefundRequest("refund/1", ids.order_id(order.id), Decimal("2.00"), "USD")
    with pytest.raises(errors.TransportError):
        connector(shop).push_refund(refund)
    assert connector(shop).push_refund(refund).repeated
    assert shop.world.refunded(order.id) == Decimal("2.00")


def test_a_cancellation_whose_answer_is_lost_is_found_running(shop):
    order = shop.world.place_scenario("ebay_us_collected_tax")
    rule = FaultRule("lost_answer", count=1, seconds=0.3, path="*cancellation")
    shop.faults.add([rule])
    number = ids.order_id(order.id)
    with pytest.raises(errors.TransportError):
        connector(shop).cancel_order(number)
    again = connector(shop).cancel_order(number)
    assert again.repeated
    assert any(
        connector(shop).fetch_submission(again.submission).done for _ in range(4)
    )
    assert shop.world.order(order.id).status == "cancelled"


def test_quantities_arrive_in_the_end(shop):
    shop.faults.add(FAULTS)
    skus = [row["sku"] for row in shop.catalogue() if row["stock"] is not None]
    wanted = {sku: 100 + number for number, sku in enumerate(skus)}
    waiting = dict(wanted)
    for _ in range(40):
        levels = [StockLevel(sku, sku, number) for sku, number in waiting.items()]
        results = persist(lambda now=levels: connector(shop).push_stock(now))
        for result in results:
            if not result.error:
                waiting.pop(result.product_ref)
        if not waiting:
            break
    shown = shop.stock()
    assert {sku: shown[sku] for sku in wanted} == wanted
