"""Amazon, every word: what is sent and answered fits the official models.

The models are reference data beside the project, not part of it; without them this
file says so and the other files have to do.
"""

import json
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import jsonschema
import pytest
from amazon_seller import MODELS, Seller
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.amazon.documents import unzip
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.schema import (
    ListingUpdate,
    RefundRequest,
    Shipment,
    StockLevel,
)
from swagger import SwaggerModel

pytestmark = pytest.mark.skipif(
    not MODELS.is_dir(), reason="no models of Amazon beside the project"
)

FILES = (
    "orders_2026-01-01.json",
    "ordersV0.json",
    "listingsItems_2021-08-01.json",
    "feeds_2021-06-30.json",
    "reports_2021-06-30.json",
    "finances_2024-06-19.json",
    "merchantFulfillmentV0.json",
    "sellers.json",
)
OUTSIDE = ("token", "feeds.upload", "documents.get")  # not of the interface itself


@pytest.fixture(scope="module")
def models():
    return [SwaggerModel(MODELS / name) for name in FILES]


@pytest.fixture(scope="module")
def exchanges():
    """Everything that every verb sends and the simulated seller answers."""
    with Seller() as seller:
        ids = [
            seller.place(row["name"])
            for row in seller.shop.scenarios()
            for _time in range(2)
        ]
        found = []
        for version in ("", "v0"):
            connector = seller.connector(api_version=version)
            journey(seller, connector, ids)
            found += seller.transport.exchanges
        yield found


def journey(seller, connector, ids):
    """Use every verb, refusals included."""
    seller.wait()
    connector.check()
    cursor, more = OrderCursor(), True
    while more:
        page = connector.fetch_orders(cursor, 7)
        cursor, more = page.cursor, page.more
    now = seller.world.clock.now()
    list(connector.list_orders(now - timedelta(days=2), now - timedelta(hours=1)))
    list(connector.list_orders(now - timedelta(hours=1), now))
    for order_id in ids:
        connector.fetch_order(order_id)
    merchant = seller.place()
    connector.push_shipment(Shipment(f"p/{merchant}", merchant, "T1", "UPS"))
    seller.shop.refund_order(seller.order(merchant).id)
    connector.fetch_refunds(merchant)
    tell_of_orders(seller, connector)
    with pytest.raises(errors.NotFound):
        connector.fetch_order("114-0000000-0000001")
    with pytest.raises(errors.RequestRefused):
        list(connector.fetch_transactions(now + timedelta(days=1)))
    list(connector.fetch_transactions(now - timedelta(days=1)))
    read_settlements(seller, connector)
    rows = [row for page in connector.fetch_products() for row in page]
    own = [row for row in rows if row.manages_stock]
    list(connector.fetch_stock([row.sku for row in own]))
    list(connector.fetch_stock(["A SKU, with a comma"]))
    for part in (own[:2], own):
        levels = [StockLevel(row.product_ref, row.sku, 5) for row in part]
        results = connector.push_stock(levels)
        for submission in {row.submission for row in results}:
            while not connector.fetch_submission(submission).done:
                pass
    updates = [
        ListingUpdate(r.sku, r.product_ref, r.sku, price=r.price, currency="USD")
        for r in own[:3]
    ]
    for result in connector.push_listings(updates):
        assert not result.error
        while not connector.fetch_submission(result.submission).done:
            pass


def read_settlements(seller, connector):
    """Fetch what is held back, then what was paid out of it."""
    seller.wait()  # what was booked in the last two minutes is not told
    desk = seller.shop._protocols[0].settlements
    desk.deferral = timedelta(days=2)
    assert connector.fetch_settlements("deferred", OrderCursor()).documents
    desk.deferral = timedelta(0)
    seller.shop.change_settings(payout_minutes=1)
    assert connector.fetch_settlements("reports", OrderCursor()).documents


def tell_of_orders(seller, connector):
    """Cancel, give money back, read returns and labels; refusals included."""
    cancelled, refunded = seller.place(), seller.place()
    request = RefundRequest(f"r/{refunded}", refunded, Decimal("0.50"), "USD")
    for result in (
        connector.cancel_order(cancelled, "out of stock"),
        connector.push_refund(request),
    ):
        while not connector.fetch_submission(result.submission).done:
            pass
    order = seller.order(refunded)
    seller.world.ship(order.id, tracking="T2")
    seller.world.open_return(order.id, ((order.lines[0].id, 1),), "DEFECTIVE")
    assert connector.fetch_returns(OrderCursor()).envelopes
    bought = seller.protocol.labels.buy(order.id)
    assert connector.fetch_labels(refunded, (bought.shipment_id,))
    with pytest.raises(errors.NotFound):
        connector.fetch_labels(refunded, ("00000000-0000-0000-0000-000000000000",))


def seen_by(models, exchange):
    """The operation of the models that an exchange is about."""
    path = exchange.request.url.partition("//")[2].partition("/")[2]
    for model in models:
        operation = model.operation(exchange.request.method, f"/{path}")
        if operation is not None:
            return operation
    return None


def of_interface(exchanges):
    return [e for e in exchanges if e.request.operation not in OUTSIDE]


def test_every_request_fits_the_models(models, exchanges):
    counted = Counter()
    for exchange in of_interface(exchanges):
        operation = seen_by(models, exchange)
        assert operation is not None, f"no operation for {exchange.request}"
        request = exchange.request
        assert operation.request_problems(request.query, request.json) == []
        counted[operation.name] += 1
    print(f"\n{sum(counted.values())} requests of {len(counted)} operations")
    assert len(counted) >= 18


def test_every_answer_of_the_simulated_seller_fits_the_models(models, exchanges):
    counted = Counter()
    for exchange in of_interface(exchanges):
        response = exchange.response
        body = json.loads(response.body) if response.body else None
        operation = seen_by(models, exchange)
        problems = operation.response_problems(response.status, body)
        assert problems == [], (operation.name, response.status)
        counted[response.status] += 1
    print(f"\nanswers by status: {dict(counted)}")
    assert set(counted) >= {200, 201, 202, 204, 400, 404}


def test_the_feed_and_its_processing_report_fit_their_schemas(exchanges):
    folder = MODELS / "schemas" / "feeds"
    schemas = {
        p.name: json.loads(p.read_text()) for p in folder.glob("*schema-v2.json")
    }
    feed = schemas["listings-feed-schema-v2.json"]
    message = schemas["listings-feed-message-schema-v2.json"]
    report = schemas["listings-feed-processing-report-schema-v2.json"]
    uploads = [e.request for e in exchanges if e.request.operation == "feeds.upload"]
    sent = [request.json for request in uploads if request.json is not None]
    assert len(sent) == 2
    for body in sent:
        header = {**feed["properties"]["header"], "definitions": {}}
        jsonschema.validate(body["header"], header)
        assert set(body) == {"header", "messages"}
        for row in body["messages"]:
            jsonschema.validate(row, message)
    files = [
        e.response.body for e in exchanges if e.request.operation == "documents.get"
    ]
    read = [json.loads(unzipped(body)) for body in files if unzipped(body)[:1] == b"{"]
    assert len(read) == 2
    for body in read:
        jsonschema.validate(body, report)


def unzipped(body):
    return unzip(body) if body[:2] == b"\x1f\x8b" else body


def test_the_models_themselves_refuse_what_is_wrong(models):
    """The check can fail: otherwise the tests above would prove nothing."""
    orders = models[0]
    operation = orders.operation("GET", "/orders/2026-01-01/orders")
    assert operation.request_problems([("createdAfter", "x"), ("foo", "1")]) == [
        "parameter 'foo' is not in the model"
    ]
    assert operation.request_problems([("includedData", "BUYER,NOBODY")])
    assert operation.response_problems(200, {"orders": [{"orderId": 5}]})
    assert operation.response_problems(200, {"orders": [], "invented": 1})
    assert operation.response_problems(299, {}) == ["status 299 is not in the model"]
