"""WooCommerce, every step, against what real shops answered and sent.

The recordings are reference data beside the project, not part of it; without them this
file says so and the other files have to do.
"""

import hashlib
import json
from pathlib import Path

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.base import Credentials, OrderCursor
from ecom_orders.marketplaces.schema import StockLevel
from ecom_orders.marketplaces.transport import Headers, Response
from ecom_orders.marketplaces.woocommerce.api import refusal
from ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector
from fake_woo import FakeShop

SAMPLES = Path(__file__).parents[4] / "shared" / "specs" / "woocommerce" / "samples"
FILES = {path: json.loads(path.read_text()) for path in SAMPLES.glob("*/*.json")}
DELIVERIES = {path: data for path, data in FILES.items() if "signature_valid" in data}
EXCHANGES = {path: data for path, data in FILES.items() if "response" in data}
SECRET = "whsec-test"

pytestmark = pytest.mark.skipif(
    not FILES, reason="no recordings of WooCommerce beside the project"
)


def named(recordings):
    return [
        pytest.param(data, id=f"{path.parent.name}/{path.stem}")
        for path, data in sorted(recordings.items())
    ]


def response_of(recording):
    response = recording["response"]
    body = json.dumps(response["body"]).encode()
    return Response(response["status"], Headers(response["headers"]), body)


def connector(shop=None):
    return WooCommerceConnector(
        Credentials("https://shop.example", "ck", "cs", SECRET), shop
    )


def php_json(value):
    """Bytes as PHP writes them; recordings hold the parsed body only."""
    if isinstance(value, str):
        return value.encode()
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("/", "\\/").encode()


# -- refusals --------------------------------------------------------------------------

REFUSALS = {
    path: data for path, data in EXCHANGES.items() if data["response"]["status"] >= 400
}
MEANING = {
    "woocommerce_rest_authentication_error": errors.AuthenticationFailed,
    "woocommerce_rest_cannot_view": errors.AuthenticationFailed,
    "woocommerce_rest_request_entity_too_large": errors.RequestRefused,
    "product_invalid_sku": errors.RequestRefused,
    "rest_forbidden": errors.AuthenticationFailed,
    "rest_invalid_param": errors.RequestRefused,
    "woocommerce_rest_cannot_create_order_refund": errors.RequestRefused,
    "woocommerce_rest_shop_order_invalid_id": errors.NotFound,
}


@pytest.mark.parametrize("recording", named(REFUSALS))
def test_every_recorded_refusal_is_understood(recording):
    error = refusal(response_of(recording))
    code = recording["response"]["body"]["code"]
    assert error.details["remote_code"] == code
    assert error.details["remote_message"] == recording["response"]["body"]["message"]
    assert type(error) is MEANING[code]


# -- orders ----------------------------------------------------------------------------


def recorded_orders():
    for path, recording in sorted(EXCHANGES.items()):
        body = recording["response"]["body"]
        rows = body if isinstance(body, list) else [body]
        for row in rows:
            if isinstance(row, dict) and "order_key" in row and "line_items" in row:
                name = f"{path.parent.name}/{path.stem}/{row['id']}"
                yield pytest.param(row, id=name)


@pytest.mark.parametrize("row", list(recorded_orders()))
def test_every_recorded_order_gets_through_the_feed_unchanged(row):
    shop = FakeShop()
    shop.routes["GET", "orders"] = Response(200, Headers(), json.dumps([row]).encode())
    page = connector(shop).fetch_orders(OrderCursor())
    (envelope,) = page.envelopes
    assert (envelope.kind, envelope.external_id) == (base.ORDER, str(row["id"]))
    kept = {key: value for key, value in row.items() if key != "_links"}
    assert json.loads(envelope.body) == kept
    assert page.cursor.since.isoformat() == row["date_modified_gmt"] + "+00:00"


def test_a_page_beyond_the_end_is_the_end():
    for path, recording in EXCHANGES.items():
        if path.stem == "list_page_beyond":
            shop = FakeShop()
            shop.routes["GET", "orders"] = response_of(recording)
            assert connector(shop).fetch_orders(OrderCursor(), 10).envelopes == ()


# -- quantities ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "recording",
    named({path: data for path, data in EXCHANGES.items() if "_batch" in path.stem}),
)
def test_every_recorded_batch_answer_is_understood(recording):
    request, body = recording["request"], recording["response"]["body"]
    parent = request["path"].partition("/products/")[2].split("/")[0]
    prefix = "" if parent == "batch" else f"{parent}/"
    shop = FakeShop()
    path = request["path"].partition("/wc/v3/")[2]
    shop.routes["POST", path] = response_of(recording)
    results = connector(shop).push_stock(
        StockLevel(f"{prefix}{row['id']}", "", row["stock_quantity"])
        for row in request["body"]["update"]
    )
    assert shop.requests[0].json == request["body"]
    refused = {
        f"{prefix}{row['id']}": row["error"]["code"]
        for row in body["update"]
        if "error" in row
    }
    for result in results:
        assert result.error.startswith(refused.get(result.product_ref, ""))
        assert bool(result.error) == (result.product_ref in refused)


# -- deliveries ------------------------------------------------------------------------


@pytest.mark.parametrize("recording", named(DELIVERIES))
def test_every_recorded_delivery_is_understood(recording):
    body = php_json(recording["body"])
    if hashlib.sha256(body).hexdigest() != recording["body_raw_sha256"]:
        pytest.skip("the bytes that were signed cannot be made from the parsed body")
    envelope = connector().read_webhook(recording["headers"], body)
    topic = recording["headers"].get("X-WC-Webhook-Topic")
    if topic is None:
        assert envelope is None  # the ping
        return
    kinds = {
        "order.created": base.ORDER,
        "order.updated": base.ORDER,
        "order.deleted": base.ORDER_HINT,
        "product.updated": base.IGNORED,
    }
    assert envelope.kind == kinds[topic]
    assert envelope.external_id == str(recording["body"]["id"])
    with pytest.raises(errors.SignatureInvalid):
        connector().read_webhook(recording["headers"], body[:-1] + b" ")


def test_created_and_updated_were_sent_together_and_are_one_envelope():
    digests = {}
    for recording in DELIVERIES.values():
        headers, body = recording["headers"], php_json(recording["body"])
        signature = headers.get("X-WC-Webhook-Signature")
        if headers.get("X-WC-Webhook-Topic") in ("order.created", "order.updated"):
            envelope = connector().read_webhook(headers, body)
            digests.setdefault(signature, set()).add(envelope.digest)
    assert any(digests)
    assert all(len(found) == 1 for found in digests.values())
