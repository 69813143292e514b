"""Amazon, spoiled: whatever arrives, an order is understood or refused, no more."""

from decimal import Decimal

import pytest
from amazon_seller import Seller
from ecom_orders.marketplaces.amazon.finances import normalise_refund
from ecom_orders.marketplaces.amazon.normaliser import normalise_order
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import ExternalOrder, Refund
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


def test_the_same_seed_spoils_the_same_and_leaves_the_payload_alone(payloads):
    payload = payloads[0][0]
    before = repr(payload)
    first = [repr(spoiled) for spoiled in mutations(payload, 20, seed=3)]
    assert first == [repr(spoiled) for spoiled in mutations(payload, 20, seed=3)]
    assert len(set(first)) > 10
    assert repr(payload) == before
