"""eBay, every step, against eBay's own OpenAPI documents.

All requests of the connector and all answers of the simulated eBay are held against
them, and orders made by the schema are understood. Without the documents this file says
so and the other files have to do.
"""

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from urllib.parse import urlsplit

import pytest
from ebay_documents import FOLDER, documents, needs_documents, orders
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import Capability, Credentials, OrderCursor
from ecom_orders.marketplaces.ebay.client import EbayConnector
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import (
    ListingUpdate,
    RefundRequest,
    RefundRequestLine,
    Shipment,
    ShipmentLine,
    StockLevel,
)
from ecom_orders.marketplaces.transport import Settings, Transport
from fake_ebay import SCENARIOS

from simulator import DEFAULT_KEY, DEFAULT_SECRET, Simulator
from simulator.app import DEFAULT_TOKEN
from simulator.ebay import ids

pytestmark = needs_documents


class RecordingTransport(Transport):
    """Keeps what was sent, with its credentials, and what came back."""

    def __init__(self):
        super().__init__(Settings(attempts=1))
        self.exchanges = []

    def send(self, request):
        response = super().send(request)
        sent = request.authorise(request) if request.authorise else request
        self.exchanges.append((sent, response))
        return response


def everything(shop, connector):
    """Use every verb of the connector once at least."""
    for name in SCENARIOS:
        for _ in range(2):
            shop.world.place_scenario(name)
    world_orders = [o for o in shop.world.orders() if o.scenario == SCENARIOS[0]]
    first, second = world_orders
    first_id, second_id = ids.order_id(first.id), ids.order_id(second.id)
    shop.request_cancel(world_orders[1].id)
    shop.refund_order(
        [o for o in shop.world.orders() if o.scenario == SCENARIOS[1]][0].id
    )
    connector.check()
    line = first.lines[0]
    connector.push_shipment(
        Shipment(
            "p/1",
            first_id,
            "1Z 999",
            "UPS",
            lines=(ShipmentLine(ids.line_id(line.id), Decimal(1)),),
            shipped_at=datetime.now(timezone.utc),
        )
    )
    amount = Decimal("1.25")
    refund = connector.push_refund(
        RefundRequest(
            "r/1",
            first_id,
            amount,
            "USD",
            (RefundRequestLine(ids.line_id(line.id), Decimal(1), amount),),
            "damaged",
        )
    )
    connector.fetch_submission(refund.submission)
    connector.push_refund(RefundRequest("r/2", first_id, amount, "USD"))
    connector.cancel_order(second_id)
    third = shop.world.place_scenario(SCENARIOS[0])
    connector.cancel_order(ids.order_id(third.id), "no address")
    shop.open_return(first.id, {str(line.id): 1})
    cursor, more = OrderCursor(), True
    while more:
        page = connector.fetch_orders(cursor, 7)
        cursor, more = page.cursor, page.more
    connector.fetch_returns(OrderCursor())
    now = datetime.now(timezone.utc)
    list(connector.list_orders(now - timedelta(days=1), now + timedelta(days=1)))
    list(connector.fetch_transactions(now - timedelta(days=99), now))
    shop.change_settings(payout_minutes=1)
    shop.set_clock(300)
    since = OrderCursor(since=now - timedelta(days=99))
    assert connector.fetch_settlements("payouts", since).documents
    shop.set_clock(0)
    products = [row for page in connector.fetch_products() for row in page]
    refs = [row.product_ref for row in products[:30]]
    levels = [StockLevel(ref, ref, 5) for ref in [*refs, "NO-SUCH-SKU"]]
    connector.push_stock(levels)
    list(connector.fetch_stock(refs))
    connector.push_listings(
        [
            ListingUpdate(f"l/{ref}", ref, ref, price=Decimal("9.95"), currency="USD")
            for ref in [*refs[:3], "NO-SUCH-SKU"]
        ]
    )
    connector.fetch_locations()
    connector.fetch_public_key("simulated-key")


@pytest.fixture(scope="module")
def exchanges():
    """All that was said between the connector and the simulated eBay."""
    with Simulator(seed=3, marketplace="ebay") as shop:
        transport = RecordingTransport()
        credentials = Credentials(
            shop.url, DEFAULT_KEY, DEFAULT_SECRET, token=DEFAULT_TOKEN
        )
        everything(shop, EbayConnector(credentials, transport))
        return [
            (request, response)
            for request, response in transport.exchanges
            if not request.url.endswith("/oauth2/token")
        ]


@pytest.fixture(scope="module")
def specifications():
    return documents()


def specification_of(specifications, method, path):
    """The document that has an operation."""
    found = [doc for doc in specifications if doc.operation(method, path)]
    assert found, f"no document has {method} {path}"
    return found[0]


def test_every_request_is_as_the_documents_say(exchanges, specifications):
    wrong = {}
    for request, _response in exchanges:
        path = urlsplit(request.url).path
        document = specification_of(specifications, request.method, path)
        query = () if path.startswith("/post-order/") else request.query
        wrong.setdefault(f"{request.method} {path}", set()).update(
            document.request_errors(
                request.method, path, query, request.headers, request.json
            )
        )
    assert {name: texts for name, texts in wrong.items() if texts} == {}
    assert len(exchanges) > 60


def test_every_answer_of_the_simulated_ebay_is_as_the_documents_say(
    exchanges, specifications
):
    wrong = {}
    for request, response in exchanges:
        path = urlsplit(request.url).path
        if path.startswith("/post-order/"):
            continue  # its document has no bodies and one status
        document = specification_of(specifications, request.method, path)
        body = json.loads(response.body) if response.body else None
        wrong.setdefault(f"{request.method} {path}", set()).update(
            document.response_errors(request.method, path, response.status, body)
        )
    assert {name: texts for name, texts in wrong.items() if texts} == {}


def test_every_verb_was_used(exchanges):
    paths = {
        (request.method, urlsplit(request.url).path.split("/")[-1])
        for request, _response in exchanges
    }
    assert {
        ("GET", "order"),
        ("POST", "issue_refund"),
        ("GET", "shipping_fulfillment"),
        ("POST", "shipping_fulfillment"),
        ("GET", "inventory_item"),
        ("GET", "offer"),
        ("GET", "location"),
        ("POST", "bulk_get_inventory_item"),
        ("POST", "bulk_update_price_quantity"),
        ("GET", "search"),
        ("POST", "cancellation"),
        ("POST", "approve"),
        ("GET", "transaction"),
        ("GET", "simulated-key"),
    } <= paths


def test_an_answer_that_is_not_as_the_document_says_is_found(specifications):
    document = specifications[0]
    path = f"{document.base_path}/order"
    good = {"orders": [], "total": 0}
    assert document.response_errors("GET", path, 200, good) == []
    for bad in ({"orders": {}}, {"total": "3"}, {"invented": 1}):
        assert document.response_errors("GET", path, 200, bad)
    assert document.request_errors("GET", path, [("page", "1")])
    assert document.response_errors("GET", path, 418, None)


# -- orders by the schema --------------------------------------------------------------


def test_an_order_with_every_field_of_the_schema_is_understood(specifications):
    (payload,) = orders(specifications[0], 1, seed=1)
    assert (
        specifications[0].errors({"$ref": "#/components/schemas/Order"}, payload) == []
    )
    order = EbayConnector.normalise_order(parse_json(json.dumps(payload)))
    assert order.external_id == payload["orderId"]
    assert len(order.lines) > len(payload["lineItems"])
    assert order.buyer.external_id
    assert order.shipping.name and order.billing.name
    assert order.ship_by and order.deliver_by
    assert order.tags


def test_orders_that_leave_out_fields_are_understood_and_add_up(specifications):
    understood = 0
    for payload in orders(specifications[0], 400, seed=2):
        order = EbayConnector.normalise_order(parse_json(json.dumps(payload)))
        priced = price_order(order, Decimal("0.01"))
        lines = sum((line.included for line in priced.lines), Decimal(0))
        assert lines + priced.difference == priced.total
        understood += 1
    assert understood == 400


def test_anything_the_schema_allows_is_understood_or_a_payload_error(specifications):
    document = specifications[0]
    outcomes = set()
    for number in range(300):
        rng = Random(number)
        payload = document.example("#/components/schemas/Order", None, rng)
        try:
            EbayConnector.normalise_order(parse_json(json.dumps(payload)))
            outcomes.add("understood")
        except errors.PayloadError:
            outcomes.add("refused")
    assert "refused" in outcomes


def test_labels_cannot_be_found_by_order():
    """Why ``LABELS`` is not claimed; a newer document that lists shipments is news."""
    logistics = json.loads((FOLDER / "hendt-sell_logistics_v1_oas3.json").read_text())
    read = {path for path, verbs in logistics["paths"].items() if "get" in verbs}
    assert all("{shipmentId}" in path or "{shippingQuoteId}" in path for path in read)
    text = (FOLDER / "sell_fulfillment_v1_oas3.json").read_text()
    assert '"shipmentId"' not in text
    assert not EbayConnector.can(Capability.LABELS)
