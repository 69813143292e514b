"""What is kept of a message to a marketplace is all that it needs to be sent."""

import json
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.outbound import (
    CancelRequest,
    read_cancel_request,
    read_refund_request,
    read_shipment,
    to_plain,
)
from ecom_orders.marketplaces.schema import (
    RefundRequest,
    RefundRequestLine,
    Shipment,
    ShipmentLine,
)

SHIPMENT = Shipment(
    key="7-3",
    order_id="1001",
    tracking_number="1Z",
    carrier="UPS",
    carrier_name="UPS Ground",
    tracking_url="https://track.example.com/1Z",
    lines=(ShipmentLine("1", Decimal("2")), ShipmentLine("2", Decimal("0.5"))),
    shipped_at=datetime(2026, 3, 4, 9, 30, tzinfo=timezone.utc),
    location_ref="L1",
    notify_buyer=False,
    marketplace_ref="DE",
)
REFUND = RefundRequest(
    key="credit/5",
    order_id="1001",
    amount=Decimal("11.00"),
    currency="USD",
    lines=(RefundRequestLine("1", Decimal(1), Decimal("11.00")),),
    reason="broken",
    restock=True,
    payment_ref="T-1",
)
CANCEL = CancelRequest("1001", "out of stock", restock=False)


@pytest.mark.parametrize(
    ("message", "read"),
    [
        (SHIPMENT, read_shipment),
        (Shipment("k", "1", ""), read_shipment),
        (REFUND, read_refund_request),
        (RefundRequest("k", "1", Decimal("0.10"), "EUR"), read_refund_request),
        (CANCEL, read_cancel_request),
        (CancelRequest("1"), read_cancel_request),
    ],
)
def test_message_survives_being_kept(message, read):
    assert read(json.loads(json.dumps(to_plain(message)))) == message


def test_money_and_quantities_are_kept_digit_for_digit():
    plain = to_plain(REFUND)
    assert plain["amount"] == "11.00"
    assert plain["lines"][0]["quantity"] == "1"


@pytest.mark.parametrize(
    ("read", "plain"),
    [
        (read_shipment, {"order_id": "1"}),
        (read_shipment, {"key": "k", "order_id": "1", "notify_buyer": "maybe"}),
        (read_shipment, {"key": "k", "order_id": "1", "lines": [{"quantity": "1"}]}),
        (read_refund_request, {"key": "k", "order_id": "1", "currency": "USD"}),
        (read_cancel_request, {}),
    ],
)
def test_what_is_missing_is_named(read, plain):
    with pytest.raises(PayloadError):
        read(plain)
