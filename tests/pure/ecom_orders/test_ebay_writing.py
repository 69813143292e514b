"""eBay, step "tell": parcels, cancellations and money that goes back."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import Credentials
from ecom_orders.marketplaces.ebay.client import EbayConnector
from ecom_orders.marketplaces.schema import (
    RefundRequest,
    RefundRequestLine,
    Shipment,
    ShipmentLine,
)
from ecom_orders.marketplaces.transport import Transport
from fake_ebay import ORDERS, FakeEbay, answer, connector, money, refused

from simulator import DEFAULT_KEY, DEFAULT_SECRET, Simulator
from simulator.app import DEFAULT_TOKEN
from simulator.ebay import ids

D = Decimal
CANCELLATION = "/post-order/v2/cancellation"


@pytest.fixture
def shop():
    """eBay with one order of two mugs (line 100001)."""
    ebay = FakeEbay()
    ebay.order_id = ebay.create(1)
    ebay.line_id = ebay.payload(ebay.rows[ebay.order_id])["lineItems"][0]["lineItemId"]
    ebay.parcels = []
    path = f"{ORDERS}/{ebay.order_id}/shipping_fulfillment"
    ebay.routes["GET", path] = lambda _request: answer(
        {"fulfillments": ebay.parcels, "total": len(ebay.parcels)}
    )
    ebay.routes["POST", path] = lambda request: answer(
        {}, 201, Location=f"https://api.ebay.com{path}/made-1"
    )
    ebay.parcel_path = path
    ebay.refund_path = f"{ORDERS}/{ebay.order_id}/issue_refund"
    return ebay


def parcel(shop, tracking, quantity=1, line=None):
    return {
        "fulfillmentId": tracking or "9999",
        "shipmentTrackingNumber": tracking,
        "lineItems": [{"lineItemId": line or shop.line_id, "quantity": quantity}],
    }


def sent(shop, path):
    """Bodies that were sent to a path."""
    return [request.json for request in shop.asked(path, "POST")]


def shipment(shop, tracking="1Z999", **values):
    return Shipment("parcel/1", shop.order_id, tracking, **values)


# -- parcels ---------------------------------------------------------------------------


def test_a_parcel_names_lines_number_carrier_and_day(shop):
    result = connector(shop).push_shipment(
        shipment(
            shop,
            carrier="UPS",
            lines=(ShipmentLine(shop.line_id, D(1)),),
            shipped_at=datetime(2026, 3, 2, 10, tzinfo=timezone.utc),
        )
    )
    assert sent(shop, shop.parcel_path) == [
        {
            "lineItems": [{"lineItemId": shop.line_id, "quantity": 1}],
            "trackingNumber": "1Z999",
            "shippingCarrierCode": "UPS",
            "shippedDate": "2026-03-02T10:00:00.000Z",
        }
    ]
    assert (result.external_id, result.repeated) == ("made-1", False)


def test_without_lines_all_that_is_still_open_is_in_it(shop):
    shop.parcels.append(parcel(shop, "OTHER", 1))
    connector(shop).push_shipment(shipment(shop))
    (body,) = sent(shop, shop.parcel_path)
    assert body["lineItems"] == [{"lineItemId": shop.line_id, "quantity": 2 - 1}]


def test_a_number_goes_with_a_carrier_and_nothing_without_one(shop):
    connector(shop).push_shipment(shipment(shop, carrier_name="Royal Mail"))
    connector(shop).push_shipment(shipment(shop, "2Z"))
    connector(shop).push_shipment(shipment(shop, ""))
    named, other, bare = sent(shop, shop.parcel_path)
    assert named["shippingCarrierCode"] == "Royal Mail"
    assert other["shippingCarrierCode"] == "Other"
    assert set(bare) == {"lineItems"}


@pytest.mark.parametrize("told", ["1Z999", "1z 999".upper(), "1Z-999"])
def test_a_number_that_is_there_is_not_told_again(shop, told):
    shop.parcels.append(parcel(shop, "1Z999", 2))
    result = connector(shop).push_shipment(shipment(shop, told))
    assert result.repeated
    assert result.external_id == "1Z999"
    assert sent(shop, shop.parcel_path) == []


def test_a_parcel_without_a_number_is_known_by_its_lines(shop):
    shop.parcels.append(parcel(shop, "", 1))
    one = (ShipmentLine(shop.line_id, D(1)),)
    two = (ShipmentLine(shop.line_id, D(2)),)
    assert connector(shop).push_shipment(shipment(shop, "", lines=one)).repeated
    assert not connector(shop).push_shipment(shipment(shop, "", lines=two)).repeated


def test_a_parcel_that_arrived_though_its_answer_was_lost_is_found_again(shop):
    lost = shop.routes.pop(("POST", shop.parcel_path))

    def lose(_request):
        shop.parcels.append(parcel(shop, "1Z999", 2))
        raise errors.TimedOut("no answer")

    shop.routes["POST", shop.parcel_path] = lose
    with pytest.raises(errors.TimedOut):
        connector(shop).push_shipment(shipment(shop))
    shop.routes["POST", shop.parcel_path] = lost
    assert connector(shop).push_shipment(shipment(shop)).repeated
    assert len(sent(shop, shop.parcel_path)) == 1


def test_what_is_cancelled_or_shipped_in_full_cannot_be_shipped(shop):
    shop.parcels.append(parcel(shop, "OTHER", 2))
    with pytest.raises(errors.AlreadyDone):
        connector(shop).push_shipment(shipment(shop))
    shop.parcels.clear()
    shop.rows[shop.order_id].cancel_state = "CANCELED"
    with pytest.raises(errors.AlreadyDone):
        connector(shop).push_shipment(shipment(shop))
    assert sent(shop, shop.parcel_path) == []


@pytest.mark.parametrize("quantity", ["0.5", "-1", "0"])
def test_parts_of_a_piece_are_refused_before_they_are_sent(shop, quantity):
    lines = (ShipmentLine(shop.line_id, D(quantity)),)
    with pytest.raises(errors.RequestRefused):
        connector(shop).push_shipment(shipment(shop, lines=lines))
    assert sent(shop, shop.parcel_path) == []


# -- cancellations ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("out of stock", "OUT_OF_STOCK_OR_CANNOT_FULFILL"),
        ("", "OUT_OF_STOCK_OR_CANNOT_FULFILL"),
        ("The customer asked", "BUYER_ASKED_CANCEL"),
        ("wrong address", "ADDRESS_ISSUES"),
    ],
)
def test_an_order_is_called_off_with_a_reason_of_ebays(shop, reason, code):
    shop.routes["POST", CANCELLATION] = answer({"cancelId": "5001"}, 201)
    result = connector(shop).cancel_order(shop.order_id, reason)
    (request,) = shop.asked(CANCELLATION, "POST")
    assert request.json == {
        "legacyOrderId": shop.order_id,
        "cancelReason": code,
        "buyerPaid": True,
    }
    assert request.headers["Authorization"].startswith("IAF ")
    assert result.external_id == "5001"
    assert result.submission == f"cancel:{shop.order_id}"


def test_a_buyers_open_request_is_approved_instead(shop):
    shop.rows[shop.order_id].cancel_state = "IN_PROGRESS"
    shop.routes["POST", f"{CANCELLATION}/5001/approve"] = answer({})
    result = connector(shop).cancel_order(shop.order_id)
    assert sent(shop, f"{CANCELLATION}/5001/approve") == [{}]
    assert sent(shop, CANCELLATION) == []
    assert result.external_id == "5001"


def test_a_cancelled_order_is_not_called_off_again(shop):
    shop.rows[shop.order_id].cancel_state = "CANCELED"
    assert connector(shop).cancel_order(shop.order_id).repeated


def test_a_cancellation_is_through_when_the_order_says_so(shop):
    ebay, name = connector(shop), f"cancel:{shop.order_id}"
    shop.rows[shop.order_id].cancel_state = "IN_PROGRESS"
    assert not ebay.fetch_submission(name).done
    shop.rows[shop.order_id].cancel_state = "CANCELED"
    outcome = ebay.fetch_submission(name)
    assert (outcome.done, outcome.error) == (True, "")


def test_a_cancellation_that_was_turned_down_is_done_with_an_error(shop):
    payload = shop.payload(shop.rows[shop.order_id])
    payload["cancelStatus"]["cancelRequests"] = [{"cancelRequestState": "REJECTED"}]
    shop.routes["GET", f"{ORDERS}/{shop.order_id}"] = answer(payload)
    outcome = connector(shop).fetch_submission(f"cancel:{shop.order_id}")
    assert (outcome.done, outcome.error) == (True, "REJECTED")


@pytest.mark.parametrize("name", ["", "x", "cancel", "refund:", "other:1:2"])
def test_a_submission_that_is_none(shop, name):
    with pytest.raises(errors.NotFound):
        connector(shop).fetch_submission(name)


# -- money back ------------------------------------------------------------------------


def refund(shop, key="refund/1", amount="5.00", lines=True, reason="damaged"):
    part = RefundRequestLine(shop.line_id, D(1), D(amount))
    return RefundRequest(
        key, shop.order_id, D(amount), "USD", (part,) if lines else (), reason
    )


def take_refunds(shop):
    """Let refunds be taken and stand in the order; they go through when told."""
    made = []

    def issue(request):
        made.append(request.json)
        return answer({"refundId": f"50{len(made)}", "refundStatus": "PENDING"})

    def read(_request):
        payload = shop.payload(shop.rows[shop.order_id], full=True)
        dated = {"refundDate": "2026-03-04T00:00:00.000Z"} if shop.through else {}
        rows, whole = [], []
        for number, body in enumerate(made, start=1):
            base = {"refundId": f"50{number}", **dated}
            for part in body.get("refundItems", []):
                rows.append({**base, "amount": part["refundAmount"]})
            if "orderLevelRefundAmount" in body:
                status = shop.status or ("REFUNDED" if shop.through else "PENDING")
                amount = body["orderLevelRefundAmount"]
                whole.append({**base, "amount": amount, "refundStatus": status})
        payload["lineItems"][0]["refunds"] = rows
        payload["paymentSummary"] = {"payments": [], "refunds": whole}
        return answer(payload)

    shop.through, shop.status = False, ""
    shop.routes["POST", shop.refund_path] = issue
    shop.routes["GET", f"{ORDERS}/{shop.order_id}"] = read
    return made


def test_a_refund_of_lines_names_them(shop):
    made = take_refunds(shop)
    result = connector(shop).push_refund(refund(shop))
    assert made == [
        {
            "reasonForRefund": "ITEM_NOT_AS_DESCRIBED",
            "comment": "damaged",
            "refundItems": [
                {"lineItemId": shop.line_id, "refundAmount": money("5.00")}
            ],
        }
    ]
    assert result.external_id == "501"
    assert result.submission == f"refund:{shop.order_id}:501"


def test_a_refund_with_more_than_its_lines_is_one_of_the_order(shop):
    made = take_refunds(shop)
    request = refund(shop)
    more = RefundRequest(
        request.key, request.order_id, D("7.50"), "USD", request.lines, "x" * 300
    )
    connector(shop).push_refund(more)
    assert made == [
        {
            "reasonForRefund": "OTHER_ADJUSTMENT",
            "comment": "x" * 100,
            "orderLevelRefundAmount": money("7.50"),
        }
    ]


@pytest.mark.parametrize("lines", [True, False])
def test_tax_that_ebay_collected_is_left_to_ebay(shop, lines):
    """Of 10.00 + 1.00 collected and 2.50 delivery half of the line goes back."""
    made = take_refunds(shop)
    payload = shop.payload(shop.rows[shop.order_id])
    tax = {"taxType": "STATE_SALES_TAX", "amount": money("1.00")}
    payload["lineItems"][0] |= {"taxes": [tax], "ebayCollectAndRemitTaxes": [tax]}
    payload["pricingSummary"]["total"] = money("13.50")
    shop.routes["GET", f"{ORDERS}/{shop.order_id}"] = answer(payload)
    half = (D("10.00") + D("1.00")) / 2
    connector(shop).push_refund(refund(shop, amount=str(half), lines=lines))
    if lines:
        assert made[0]["refundItems"][0]["refundAmount"] == money("5.00")
    else:
        of_the_order = half * (D("13.50") - D("1.00")) / D("13.50")
        assert made[0]["orderLevelRefundAmount"] == money(f"{of_the_order:.2f}")


@pytest.mark.parametrize("lines", [True, False])
def test_a_refund_is_asynchronous_and_is_read_in_the_order(shop, lines):
    take_refunds(shop)
    ebay = connector(shop)
    submission = ebay.push_refund(refund(shop, lines=lines)).submission
    assert not ebay.fetch_submission(submission).done
    shop.through = True
    outcome = ebay.fetch_submission(submission)
    assert (outcome.done, outcome.error) == (True, "")


def test_a_refund_that_failed_later_is_done_with_an_error(shop):
    take_refunds(shop)
    ebay = connector(shop)
    submission = ebay.push_refund(refund(shop, lines=False)).submission
    shop.status = "FAILED"
    outcome = ebay.fetch_submission(submission)
    assert (outcome.done, outcome.error) == (True, "FAILED")


def test_a_refund_that_failed_is_given_again_when_it_is_asked_for_again(shop):
    made = take_refunds(shop)
    ebay = connector(shop)
    ebay.push_refund(refund(shop, lines=False))
    shop.status = "FAILED"
    assert not ebay.push_refund(refund(shop, lines=False)).repeated
    assert not connector(shop).push_refund(refund(shop, lines=False)).repeated
    assert len(made) == 3


def test_a_refund_that_failed_at_once_is_refused(shop):
    take_refunds(shop)
    shop.routes["POST", shop.refund_path] = answer({"refundStatus": "FAILED"})
    with pytest.raises(errors.RequestRefused):
        connector(shop).push_refund(refund(shop))


@pytest.mark.parametrize("lines", [True, False])
def test_the_same_refund_is_given_once_also_by_another_run(shop, lines):
    made = take_refunds(shop)
    first = connector(shop).push_refund(refund(shop, lines=lines))
    second = connector(shop).push_refund(refund(shop, lines=lines))
    assert (first.repeated, second.repeated) == (False, True)
    assert second.external_id == first.external_id == "501"
    assert len(made) == 1


def test_an_equal_refund_with_another_key_is_given_by_the_same_run(shop):
    made = take_refunds(shop)
    ebay = connector(shop)
    ebay.push_refund(refund(shop, "refund/1"))
    assert not ebay.push_refund(refund(shop, "refund/2")).repeated
    assert ebay.push_refund(refund(shop, "refund/1")).repeated
    assert len(made) == 2


@pytest.mark.parametrize("lines", [True, False])
def test_a_refund_of_another_amount_is_another_refund(shop, lines):
    made = take_refunds(shop)
    connector(shop).push_refund(refund(shop, amount="5.00", lines=lines))
    connector(shop).push_refund(refund(shop, amount="4.00", lines=lines))
    assert len(made) == 2


@pytest.mark.parametrize("number", [34915, 34917, 34920, 34924])
def test_nothing_left_to_give_back_is_for_good(shop, number):
    take_refunds(shop)
    shop.routes["POST", shop.refund_path] = refused(number, 400)
    with pytest.raises(errors.AlreadyDone) as caught:
        connector(shop).push_refund(refund(shop))
    assert caught.value.details["remote_code"] == str(number)


def test_a_refund_while_another_is_under_way_is_refused_and_can_be_sent_again(shop):
    take_refunds(shop)
    shop.routes["POST", shop.refund_path] = refused(34922, 400)
    with pytest.raises(errors.RequestRefused) as caught:
        connector(shop).push_refund(refund(shop))
    assert type(caught.value) is errors.RequestRefused


# -- over HTTP -------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [True, False])
def test_the_simulated_ebay_lets_a_refund_wait_and_then_go_through(lines):
    with Simulator(seed=2, marketplace="ebay") as shop:
        placed = shop.world.place_scenario("ebay_us_quantities")
        credentials = Credentials(
            shop.url, DEFAULT_KEY, DEFAULT_SECRET, token=DEFAULT_TOKEN
        )
        ebay = EbayConnector(credentials, Transport())
        line = RefundRequestLine(ids.line_id(placed.lines[0].id), D(1), D("3.00"))
        request = RefundRequest(
            "refund/1",
            ids.order_id(placed.id),
            D("3.00"),
            "USD",
            (line,) if lines else (),
        )
        submission = ebay.push_refund(request).submission
        looks = [ebay.fetch_submission(submission).done for _ in range(4)]
        assert looks[0] is False
        assert looks[-1] is True
        assert shop.world.refunded(placed.id) == D("3.00")
