"""Amazon's labels: asked for by shipment, unpacked, and only of the order's own."""

import base64
import gzip
import json
from datetime import datetime, timezone

import pytest
from amazon_seller import MODELS, ScriptedTransport, Seller, credentials_for
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.amazon import AmazonConnector

ORDER_ID = "903-5563053-5647845"
SHIPMENT = "abcddcba-00c3-4f6f-a63a-639f76ee9253"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
GET = "merchantFulfillment.getShipment"


def packed(content):
    return base64.b64encode(gzip.compress(content)).decode()


def shipment(contents=None, kind="application/pdf", **values):
    file = {
        "Contents": packed(b"%PDF-1.4") if contents is None else contents,
        "FileType": kind,
        "Checksum": "",
    }
    payload = {
        "ShipmentId": SHIPMENT,
        "AmazonOrderId": ORDER_ID,
        "TrackingId": "1Z1",
        "ShippingService": {"CarrierName": "UPS"},
        "Label": {"FileContents": file},
        **values,
    }
    return {GET: (200, {"payload": payload})}


def labels(answers, *refs):
    connector = AmazonConnector(
        credentials_for("https://amazon.example"), ScriptedTransport(answers, now=NOW)
    )
    return connector.fetch_labels(ORDER_ID, refs or (SHIPMENT,))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("application/pdf", "1Z1.pdf"),
        ("application/zpl", "1Z1.zpl"),
        ("image/png", "1Z1.png"),
    ],
)
def test_a_label_is_unpacked_and_named_after_its_parcel(kind, name):
    (label,) = labels(shipment(kind=kind))
    assert (label.name, label.mimetype) == (name, kind)
    assert (label.content, label.tracking_number) == (b"%PDF-1.4", "1Z1")
    assert label.carrier == "UPS"


def test_a_shipment_that_is_named_twice_is_asked_for_once():
    assert len(labels(shipment(), SHIPMENT, SHIPMENT)) == 1


def test_a_cancelled_shipment_has_no_label():
    assert labels(shipment(contents="")) == ()


def test_a_shipment_of_another_order_is_not_found():
    with pytest.raises(errors.NotFound):
        labels(shipment(AmazonOrderId="903-0000000-0000000"))


@pytest.mark.parametrize("ref", ["", "1", "../../orders", f"{SHIPMENT}/x"])
def test_what_is_no_shipment_is_never_sent(ref):
    with pytest.raises(errors.NotFound):
        labels({}, ref)


@pytest.mark.parametrize(
    "contents",
    ["no base64!", base64.b64encode(b"no gzip").decode(), packed(b"x" * 99)[:20]],
)
def test_a_damaged_label_is_a_bad_answer(contents):
    with pytest.raises(errors.BadAnswer):
        labels(shipment(contents=contents))


@pytest.mark.skipif(
    not MODELS.is_dir(), reason="no sandbox pairs of Amazon beside the project"
)
def test_the_shipment_of_the_sandbox_is_found_and_its_cut_label_refused():
    pairs = json.loads((MODELS / "samples" / "sandbox_static_pairs.json").read_text())[
        "merchantFulfillmentV0.json"
    ]
    (pair,) = [
        p for p in pairs if p["operationId"] == "getShipment" and p["status"] == "200"
    ]
    with pytest.raises(errors.BadAnswer):  # the document shows but its beginning
        labels({GET: (200, pair["response"])})


def test_a_label_that_was_given_back_is_gone():
    with Seller() as seller:
        order_id = seller.place()
        bought = seller.protocol.labels.buy(seller.order(order_id).id)
        connector = seller.connector()
        (label,) = connector.fetch_labels(order_id, (bought.shipment_id,))
        assert label.content == bought.content
        seller.protocol.labels.cancel(bought.shipment_id)
        assert connector.fetch_labels(order_id, (bought.shipment_id,)) == ()
