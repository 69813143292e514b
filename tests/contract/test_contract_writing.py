"""What every connector promises about what it tells a shop: parcels, money, the end.

Nothing happens twice: the answer to a write may get lost, and then it is sent again.
"""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import Capability, OrderCursor
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import (
    OrderStatus,
    RefundRequest,
    RefundRequestLine,
    Shipment,
    ShipmentLine,
)


def order_of(connector, order_id):
    """The order as the feed tells it now."""
    cursor, found = OrderCursor(), None
    for _ in range(50):
        page = connector.fetch_orders(cursor)
        for envelope in page.envelopes:
            if envelope.external_id == order_id:
                found = envelope
        cursor = page.cursor
        if not page.more:
            break
    assert found, f"order {order_id} is not in the feed"
    return connector.normalise_order(parse_json(found.body))


def settle(connector, result):
    """Wait for a write that the marketplace works on by itself."""
    for _ in range(20):
        if not result.submission or connector.fetch_submission(result.submission).done:
            return
    raise AssertionError("the submission does not end")


# -- parcels ---------------------------------------------------------------------------


def test_a_parcel_with_everything(shop):
    shop.need(Capability.SHIPMENTS)
    order_id = shop.place_order()
    lines = shop.lines_of(order_id)
    shop.let_time_pass(60)
    connector = shop.connector()
    connector.push_shipment(Shipment("parcel/1", order_id, "TRACK0001", "ups", "UPS"))
    assert shop.parcels_of(order_id) == [("TRACK0001", lines)]
    order = order_of(connector, order_id)
    assert order.status in (OrderStatus.COMPLETED, OrderStatus.OPEN)


def test_the_same_parcel_told_twice_is_one_parcel(shop):
    shop.need(Capability.SHIPMENTS)
    order_id = shop.place_order()
    parcel = Shipment("parcel/1", order_id, "TRACK0001", "ups", "UPS")
    connector = shop.connector()
    first = connector.push_shipment(parcel)
    second = connector.push_shipment(parcel)
    assert len(shop.parcels_of(order_id)) == 1
    assert not first.repeated
    assert second.repeated


def test_several_parcels_with_parts_of_the_order(shop):
    shop.need(Capability.SHIPMENTS, Capability.PARTIAL_SHIPMENTS)
    order_id, lines = None, {}
    for _ in range(60):  # until there is one with more than a single piece
        order_id = shop.place_order()
        lines = shop.lines_of(order_id)
        if sum(lines.values()) > 1:
            break
    first_line = next(iter(lines))
    connector = shop.connector()
    connector.push_shipment(
        Shipment(
            "parcel/1",
            order_id,
            "TRACK0001",
            "ups",
            "UPS",
            lines=(ShipmentLine(first_line, Decimal(1)),),
        )
    )
    assert shop.parcels_of(order_id) == [("TRACK0001", {first_line: 1})]
    rest = {**lines, first_line: lines[first_line] - 1}
    rest = {line: quantity for line, quantity in rest.items() if quantity}
    assert shop.lines_of(order_id) == rest
    connector.push_shipment(
        Shipment(
            "parcel/2",
            order_id,
            "TRACK0002",
            "ups",
            "UPS",
            lines=tuple(ShipmentLine(k, Decimal(n)) for k, n in rest.items()),
        )
    )
    assert shop.parcels_of(order_id)[1] == ("TRACK0002", rest)
    assert shop.lines_of(order_id) == {}


def test_what_was_called_off_cannot_be_shipped(shop):
    shop.need(Capability.SHIPMENTS, Capability.CANCEL)
    order_id = shop.place_open_order()
    connector = shop.connector()
    settle(connector, connector.cancel_order(order_id))
    with pytest.raises(errors.AlreadyDone):
        connector.push_shipment(Shipment("parcel/1", order_id, "TRACK0001"))
    assert shop.parcels_of(order_id) == []


@pytest.mark.parametrize("order_id", ["987654321", "no-id", "../1"])
def test_a_parcel_of_an_order_the_shop_does_not_have(shop, order_id):
    shop.need(Capability.SHIPMENTS)
    with pytest.raises(errors.MarketplaceError):
        shop.connector().push_shipment(Shipment("parcel/1", order_id, "TRACK0001"))


# -- labels ----------------------------------------------------------------------------


def test_the_label_that_was_bought_for_an_order(shop):
    shop.need(Capability.LABELS)
    order_id, other = shop.place_order(), shop.place_order()
    shipment, tracking, content = shop.buy_label(order_id)
    connector = shop.connector()
    (label,) = connector.fetch_labels(order_id, (shipment,))
    assert (label.content, label.tracking_number) == (content, tracking)
    assert label.mimetype
    assert label.name
    if connector.labels_by_shipment:
        assert connector.fetch_labels(order_id) == ()
        with pytest.raises(errors.NotFound):
            connector.fetch_labels(other, (shipment,))


# -- cancellations ---------------------------------------------------------------------


def test_an_order_is_called_off_once(shop):
    shop.need(Capability.CANCEL)
    order_id = shop.place_open_order()
    shop.let_time_pass(60)
    connector = shop.connector()
    first = connector.cancel_order(order_id, reason="out of stock")
    settle(connector, first)
    assert shop.status_of(order_id) == "cancelled"
    assert order_of(connector, order_id).status is OrderStatus.CANCELLED
    assert not first.repeated
    assert connector.cancel_order(order_id, reason="out of stock").repeated


# -- money back ------------------------------------------------------------------------


def a_refund(connector, order_id, key="refund/1"):
    """A request to give back one piece of the first line, and its amount."""
    order = order_of(connector, order_id)
    line = next(line for line in order.lines if line.quantity and line.total)
    gross = (line.total + line.total_tax) / line.quantity
    amount = gross.quantize(Decimal(1) if order.currency == "JPY" else Decimal("0.01"))
    return RefundRequest(
        key,
        order_id,
        amount,
        order.currency,
        (RefundRequestLine(line.external_id, Decimal(1), amount),),
        "damaged",
        payment_ref=order.payments[0].external_id if order.payments else "",
    )


def test_money_is_given_back_once(shop):
    shop.need(Capability.REFUND_PUSH)
    order_id = shop.place_order()
    connector = shop.connector()
    request = a_refund(connector, order_id)
    shop.ask_for_refund(request)
    first = connector.push_refund(request)
    settle(connector, first)
    assert shop.refunded(order_id) == request.amount
    second = connector.push_refund(request)
    assert second.repeated
    assert shop.refunded(order_id) == request.amount


def test_more_than_was_paid_cannot_be_given_back(shop):
    shop.need(Capability.REFUND_PUSH)
    order_id = shop.place_order()
    connector = shop.connector()
    order = order_of(connector, order_id)
    request = RefundRequest(
        "refund/1",
        order_id,
        order.total + 1,
        order.currency,
        payment_ref=order.payments[0].external_id if order.payments else "",
    )
    with pytest.raises(errors.MarketplaceError):
        connector.push_refund(request)
    assert shop.refunded(order_id) == 0
