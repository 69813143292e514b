"""Amazon, spoiled: whatever arrives, an order is understood or refused, no more."""

from contextlib import suppress
from decimal import Decimal
from random import Random

import pytest
from amazon_seller import Seller
from ecom_orders.marketplaces.amazon.finances import normalise_refund
from ecom_orders.marketplaces.amazon.normaliser import normalise_order
from ecom_orders.marketplaces.amazon.order_feeds import read_report
from ecom_orders.marketplaces.amazon.returns import normalise_return
from ecom_orders.marketplaces.amazon.returns import read_report as returns_of
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.errors import BadAnswer, PayloadError
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import ExternalOrder, Refund, Return
from ecom_orders.marketplaces.transport import Headers
from payload_fuzz import mutations

COUNT = 20_000


@pytest.fixture(scope="module")
def payloads():
    """An order of every scenario in both versions, and a refund."""
    with Seller() as seller:
        orders = []
        for row in seller.shop.scenarios():
            seller.place(row["name"])
        shipped = seller.place()
        seller.shop.refund_order(seller.order(shipped).id)
        seller.wait()
        for version in ("", "v0"):
            page = seller.connector(api_version=version).fetch_orders(OrderCursor())
            orders += [parse_json(envelope.body) for envelope in page.envelopes]
        (refund,) = seller.connector().fetch_refunds(shipped)
        orders.append(parse_json(seller.connector().fetch_order(shipped).body))
        return orders, parse_json(refund.body)


RETURN_REPORT = (
    b"Order ID\tReturn request date\tReturn quantity\tAmazon RMA ID\r\n"
    b"114-1234567-1234567\t20-Sep-2026\t1\tRMA-1\r\n"
)


def read_returns(body):
    return list(returns_of(body, Headers(), "US"))


@pytest.fixture(scope="module")
def returns():
    """A return of one item, and one of two that has come back."""
    with Seller() as seller:
        for status in ((), ("approved", "received")):
            order = seller.order(seller.place())
            lines = tuple((line.id, 1) for line in order.lines)
            case = seller.world.open_return(order.id, lines, "DEFECTIVE")
            for step in status:
                seller.world.move_return(case.id, step)
        page = seller.connector().fetch_returns(OrderCursor())
        return [parse_json(envelope.body) for envelope in page.envelopes]


def test_only_payload_errors_come_out_of_spoiled_orders(payloads):
    orders, _refund = payloads
    understood = refused = 0
    for number, payload in enumerate(orders):
        for spoiled in mutations(payload, COUNT // len(orders) + 1, seed=number):
            try:
                order = normalise_order(spoiled)
            except PayloadError:
                refused += 1
                continue
            understood += 1
            assert isinstance(order, ExternalOrder)
            priced = price_order(order, Decimal("0.01"))
            parts = sum(line.included for line in priced.lines)
            assert parts + priced.difference == priced.total
    print(f"\n{understood} understood, {refused} refused")
    assert understood + refused >= COUNT
    assert min(understood, refused) > COUNT // 20


def test_only_payload_errors_come_out_of_spoiled_refunds(payloads):
    _orders, payload = payloads
    for spoiled in mutations(payload, 2_000):
        try:
            assert isinstance(normalise_refund(spoiled, "1"), Refund)
        except PayloadError:
            continue


def test_only_payload_errors_come_out_of_spoiled_returns(returns):
    understood = refused = 0
    for number, payload in enumerate(returns):
        for spoiled in mutations(payload, COUNT // len(returns) + 1, seed=number):
            try:
                assert isinstance(normalise_return(spoiled), Return)
                understood += 1
            except PayloadError:
                refused += 1
    print(f"\n{understood} understood, {refused} refused")
    assert min(understood, refused) > COUNT // 20


def test_only_bad_answers_come_out_of_spoiled_files(returns):
    """Reports of returns and of feeds, cut and with bytes that were changed."""
    chance = Random(7)
    report = b"<AmazonEnvelope><Message><ProcessingReport><ProcessingSummary>"
    files = [(read_returns, RETURN_REPORT), (read_report, report)]
    for read, body in files:
        for _time in range(2_000):
            spoiled = bytearray(body[: chance.randint(0, len(body))])
            for _byte in range(min(3, len(spoiled))):
                spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
            with suppress(BadAnswer):
                read(bytes(spoiled))


def test_the_same_seed_spoils_the_same_and_leaves_the_payload_alone(payloads):
    payload = payloads[0][0]
    before = repr(payload)
    first = [repr(spoiled) for spoiled in mutations(payload, 20, seed=3)]
    assert first == [repr(spoiled) for spoiled in mutations(payload, 20, seed=3)]
    assert len(set(first)) > 10
    assert repr(payload) == before
