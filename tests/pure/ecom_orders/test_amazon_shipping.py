"""Amazon, parcels out: looked up first, told once, in part or whole."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from amazon_seller import ScriptedTransport, Seller, credentials_for
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.amazon import AmazonConnector
from ecom_orders.marketplaces.amazon.shipping import package_reference
from ecom_orders.marketplaces.schema import Shipment, ShipmentLine

from simulator.amazon.ids import item_id
from simulator.core.faults import FaultRule

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
ORDER_ID = "114-1234567-1234567"
GET, CONFIRM = "orders.getOrder", "ordersV0.confirmShipment"


@pytest.fixture
def seller():
    with Seller() as running:
        yield running


def order(status="UNSHIPPED", by="MERCHANT", packages=(), open_quantity=2):
    return {
        "order": {
            "orderId": ORDER_ID,
            "salesChannel": {"marketplaceId": "ATVPDKIKX0DER"},
            "fulfillment": {"fulfillmentStatus": status, "fulfilledBy": by},
            "orderItems": [
                {
                    "orderItemId": "11",
                    "quantityOrdered": 2,
                    "fulfillment": {"quantityUnfulfilled": open_quantity},
                }
            ],
            "packages": list(packages),
        }
    }


def push(body, **values):
    transport = ScriptedTransport({GET: (200, body), CONFIRM: (204, b"")}, now=NOW)
    made = AmazonConnector(credentials_for("https://amazon.example"), transport)
    values = {"carrier": "UPS", "tracking_number": "T1", **values}
    result = made.push_shipment(Shipment("parcel/1", ORDER_ID, **values))
    return result, [request.json for request in transport.sent(CONFIRM)]


def test_a_package_says_what_amazon_demands():
    shipped_at = datetime(2026, 3, 2, 8, 30, tzinfo=timezone.utc)
    result, (body,) = push(order(), shipped_at=shipped_at)
    assert body == {
        "marketplaceId": "ATVPDKIKX0DER",
        "packageDetail": {
            "packageReferenceId": result.external_id,
            "carrierCode": "UPS",
            "trackingNumber": "T1",
            "shipDate": "2026-03-02T08:30:00Z",
            "orderItems": [{"orderItemId": "11", "quantity": 2}],
        },
    }


def test_the_reference_is_a_positive_number_and_lasting():
    first = package_reference("parcel/1")
    assert first == package_reference("parcel/1")
    assert first.isdigit()
    assert int(first) > 0
    assert first != package_reference("parcel/2")


def test_an_unknown_carrier_is_other_with_its_name():
    _result, (body,) = push(order(), carrier="", carrier_name="Bicycle Express")
    package = body["packageDetail"]
    assert (package["carrierCode"], package["carrierName"]) == (
        "Other",
        "Bicycle Express",
    )


def test_the_site_that_ships_is_named_when_there_is_one():
    _result, (body,) = push(order(), location_ref="supply-1")
    assert body["packageDetail"]["shipFromSupplySourceId"] == "supply-1"


def test_a_package_that_is_there_is_not_told_again():
    known = {"packageReferenceId": package_reference("parcel/1")}
    result, sent = push(order(status="SHIPPED", packages=[known]))
    assert result.repeated
    assert sent == []


def test_the_same_tracking_number_is_the_same_parcel():
    known = {"packageReferenceId": "5", "trackingNumber": "T1"}
    result, sent = push(order(packages=[known]))
    assert result.repeated
    assert sent == []


@pytest.mark.parametrize(
    "body",
    [order("CANCELLED"), order("SHIPPED"), order("UNFULFILLABLE"), order(by="AMAZON")],
)
def test_what_cannot_be_shipped_any_more(body):
    with pytest.raises(errors.AlreadyDone):
        push(body)


def test_shipped_between_the_look_and_the_write():
    refused = {
        "errors": [
            {
                "code": "InvalidInput",
                "message": "Failed to create package: order already fulfilled.",
            }
        ]
    }
    transport = ScriptedTransport({GET: (200, order()), CONFIRM: (400, refused)}, NOW)
    made = AmazonConnector(credentials_for("https://amazon.example"), transport)
    with pytest.raises(errors.AlreadyDone):
        made.push_shipment(Shipment("parcel/1", ORDER_ID, "T1", "UPS"))


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5"])
def test_a_quantity_that_is_no_number_of_pieces(quantity):
    with pytest.raises(errors.RequestRefused):
        push(order(), lines=(ShipmentLine("11", Decimal(quantity)),))


def test_an_item_that_the_order_does_not_have():
    with pytest.raises(errors.NotFound):
        push(order(), lines=(ShipmentLine("99", Decimal(1)),))


def test_a_part_of_the_order():
    _result, (body,) = push(order(), lines=(ShipmentLine("11", Decimal(1)),))
    assert body["packageDetail"]["orderItems"] == [{"orderItemId": "11", "quantity": 1}]


# -- against the simulated seller ------------------------------------------------------


def test_an_answer_that_got_lost_makes_no_second_parcel(seller):
    order_id = seller.place()
    connector = seller.connector(attempts=3)
    path = "*/shipmentConfirmation"
    seller.shop.faults.add(
        [
            FaultRule("truncated", count=1, path=path),
            FaultRule("reset", count=1, path=path),
        ]
    )
    parcel = Shipment("parcel/1", order_id, "T1", "UPS")
    with pytest.raises(errors.TransportError):
        connector.push_shipment(parcel)
    assert len(seller.shop.parcels()) <= 1
    connector.push_shipment(parcel)
    assert len(seller.shop.parcels()) == 1


def test_too_much_is_refused_and_nothing_is_shipped(seller):
    order_id = seller.place()
    item = items_of(seller, order_id)[0]
    parcel = Shipment(
        "parcel/1", order_id, "T1", "UPS", lines=(ShipmentLine(item, Decimal(99)),)
    )
    with pytest.raises(errors.RequestRefused):
        seller.connector().push_shipment(parcel)
    assert seller.shop.parcels() == []


def items_of(seller, order_id):
    return [item_id(line.id) for line in seller.order(order_id).lines]


def test_what_amazon_ships_is_not_ours_to_ship(seller):
    order_id = seller.place("amazon_us_fba")
    with pytest.raises(errors.AlreadyDone):
        seller.connector().push_shipment(Shipment("parcel/1", order_id, "T1", "UPS"))
