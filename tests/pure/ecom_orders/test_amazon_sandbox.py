"""Amazon, every pair of its static sandbox: the answers are read, the errors typed.

The pairs are reference data beside the project, not part of it; without them this file
says so and the other files have to do.
"""

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from amazon_seller import MODELS, ScriptedTransport, credentials_for
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.amazon import AmazonConnector
from ecom_orders.marketplaces.amazon.api import refusal
from ecom_orders.marketplaces.amazon.normaliser import normalise_order
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import LineKind, Shipment, StockLevel
from ecom_orders.marketplaces.transport import Headers, Response

PAIRS = MODELS / "samples" / "sandbox_static_pairs.json"
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
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
ORDER_ID = "902-1845936-5435065"
V0_TOTAL = "11.01"  # v0's sandbox has the items of one order only: 10.00 + 1.01

pytestmark = pytest.mark.skipif(
    not PAIRS.is_file(), reason="no sandbox pairs of Amazon beside the project"
)
ALL = (
    [
        (name, pair)
        for name, pairs in json.loads(PAIRS.read_text()).items()
        if name in FILES
        for pair in pairs
    ]
    if PAIRS.is_file()
    else []
)


def pairs(*operations, status="200"):
    return [
        pytest.param(pair["response"], id=f"{pair['operationId']}-{number}")
        for number, (_name, pair) in enumerate(ALL)
        if pair["operationId"] in operations and pair["status"] == status
    ]


def connector(answers, **credentials):
    transport = ScriptedTransport(answers, now=NOW)
    made = AmazonConnector(
        credentials_for("https://amazon.example", **credentials), transport
    )
    return made, transport


def error_pairs():
    """Refusals that say something (two of v0 have an empty answer)."""
    refused = [pair for _name, pair in ALL if pair["status"].startswith("4")]
    return [pair for pair in refused if pair["response"]]


def test_every_error_is_typed_and_keeps_the_words_of_amazon():
    kinds = Counter()
    for pair in error_pairs():
        body = json.dumps(pair["response"]).encode()
        error = refusal(Response(int(pair["status"]), Headers(), body))
        assert isinstance(error, errors.RequestRefused)
        assert error.details["remote_code"] == pair["response"]["errors"][0]["code"]
        assert error.details["remote_message"]
        kinds[type(error).__name__] += 1
    print(f"\n{dict(kinds)} of {len(error_pairs())} error answers")
    assert len(error_pairs()) >= 25


# -- orders ----------------------------------------------------------------------------


def examples():
    """Every order in a sandbox answer of either version, with its items."""
    found = []
    items = [
        pair["response"]["payload"]["OrderItems"]
        for _name, pair in ALL
        if (pair["operationId"], pair["status"]) == ("getOrderItems", "200")
    ]
    for _name, pair in ALL:
        body = pair.get("response") or {}
        if pair["status"] != "200":
            continue
        found += body.get("orders", [])
        found += [body["order"]] if "order" in body else []
        payload = body.get("payload")
        if isinstance(payload, dict):
            rows = payload.get("Orders", [payload] if "OrderStatus" in payload else [])
            found += [{**row, "OrderItems": items[0]} for row in rows]
    return found


def in_our_era(payload):
    """v0's sandbox has its orders in 1970, which no real order is."""
    return json.loads(json.dumps(payload).replace('"1970-01-', '"2020-01-'))


def test_every_example_of_an_order_is_understood():
    counted = Counter()
    for payload in examples():
        order = normalise_order(parse_json(json.dumps(in_our_era(payload))))
        assert order.external_id == payload.get("orderId", payload.get("AmazonOrderId"))
        assert order.lines
        unit = Decimal(1) if order.currency == "JPY" else Decimal("0.01")
        priced = price_order(order, unit)
        total = payload.get("OrderTotal", {}).get("Amount")
        if "orderId" in payload or total == V0_TOTAL:
            assert priced.difference_kind in (None, LineKind.ROUNDING)
            counted["totals that add up"] += 1
        counted["v0" if "AmazonOrderId" in payload else "2026-01-01"] += 1
    print(f"\n{dict(counted)}")
    assert counted["2026-01-01"] == 6
    assert counted["v0"] >= 2


def test_an_order_of_1970_is_refused_by_name():
    old = next(row for row in examples() if "1970-01-" in json.dumps(row))
    with pytest.raises(errors.PayloadError) as caught:
        normalise_order(old)
    assert caught.value.details["field"] == "createdTime"


@pytest.mark.parametrize("body", pairs("searchOrders"))
def test_a_search_answer_becomes_a_page(body):
    made, _transport = connector({"orders.searchOrders": (200, body)})
    page = made.fetch_orders(OrderCursor(NOW - timedelta(days=1)))
    assert [e.external_id for e in page.envelopes] == [
        row["orderId"] for row in body["orders"]
    ]
    assert page.more == ("pagination" in body)


@pytest.mark.parametrize("items", pairs("getOrderItems"))
@pytest.mark.parametrize("body", pairs("getOrders"))
def test_a_page_of_v0_carries_the_items(body, items):
    answers = {
        "ordersV0.getOrders": (200, body),
        "ordersV0.getOrderItems": (200, items),
    }
    made, _transport = connector(answers, api_version="v0", marketplaces=("X",))
    page = made.fetch_orders(OrderCursor(NOW - timedelta(days=1)))
    rows = [parse_json(e.body) for e in page.envelopes]
    assert len(rows) == len(body["payload"]["Orders"])
    for row in rows:
        assert len(row["OrderItems"]) == len(items["payload"]["OrderItems"])


# -- the rest of the interface ---------------------------------------------------------


@pytest.mark.parametrize("body", pairs("getMarketplaceParticipations"))
def test_participations_tell_about_the_shop(body):
    made, _transport = connector({"sellers.getMarketplaceParticipations": (200, body)})
    info = made.check()
    assert (info.name, info.currency) == ("BestSellerStore", "USD")
    assert info.warnings == ()


@pytest.mark.parametrize("body", pairs("searchListingsItems"))
def test_listings_tell_the_quantity(body):
    made, _transport = connector(
        {"listings.searchListingsItems": (200, body)}, marketplaces=("ATVPDKIKX0DER",)
    )
    skus = [row["sku"] for row in body["items"]]
    levels = [level for page in made.fetch_stock(skus) for level in page]
    assert {level.product_ref for level in levels} <= set(skus)
    assert all(level.quantity >= 0 for level in levels)


@pytest.mark.parametrize("body", pairs("patchListingsItem"))
def test_only_an_accepted_patch_is_a_submission(body):
    item = {"sku": body["sku"], "productTypes": [{"productType": "LUGGAGE"}]}
    made, transport = connector(
        {
            "listings.searchListingsItems": (200, {"items": [item]}),
            "listings.patchListingsItem": (200, body),
        },
        marketplaces=("ATVPDKIKX0DER",),
    )
    (result,) = made.push_stock([StockLevel(body["sku"], body["sku"], 3)])
    accepted = body["status"] == "ACCEPTED"
    assert (result.error == "", bool(result.submission)) == (accepted, accepted)
    (sent,) = transport.sent("listings.patchListingsItem")
    assert sent.json["productType"] == "LUGGAGE"


@pytest.mark.parametrize("body", pairs("getFeed"))
def test_a_feed_that_was_cancelled_has_ended(body):
    report = json.dumps({"issues": [], "items": []}).encode()
    document = {"feedDocumentId": "d", "url": "https://files.example/d"}
    made, _transport = connector(
        {
            "feeds.getFeed": (200, body),
            "feeds.getFeedDocument": (200, document),
            "documents.get": (200, report),
        }
    )
    outcome = made.fetch_submission("feed 1")
    assert outcome.done
    assert body["processingStatus"] == "CANCELLED"
    assert outcome.error.startswith("CANCELLED")


@pytest.mark.parametrize("document", pairs("getReportDocument"))
@pytest.mark.parametrize("report", pairs("getReport"))
@pytest.mark.parametrize("created", pairs("createReport", status="202"))
def test_a_report_is_asked_for_and_read(created, report, document):
    body = b"seller-sku\tquantity\titem-name\nA\t3\tMug\n"
    done = {**report, "processingStatus": "DONE", "reportDocumentId": "d"}
    made, transport = connector(
        {
            "reports.createReport": (202, created),
            "reports.getReport": [
                (200, {**report, "processingStatus": "IN_QUEUE"}),
                (200, done),
            ],
            "reports.getReportDocument": (200, document),
            "documents.get": (200, body),
            "listings.searchListingsItems": (200, {"items": []}),
        },
        marketplaces=("ATVPDKIKX0DER",),
    )
    ((row,),) = list(made.fetch_products())
    assert (row.sku, row.name, row.stock) == ("A", "Mug", 3)
    (download,) = transport.sent("documents.get")
    assert download.url == document["url"]
    assert "x-amz-access-token" not in download.headers


@pytest.mark.parametrize("body", pairs("listTransactions"))
def test_transactions_come_as_they_are(body):
    last = {"payload": {"transactions": []}}
    made, transport = connector(
        {"finances.listTransactions": [(200, body), (200, last)]}
    )
    pages = list(made.fetch_transactions(NOW - timedelta(days=2)))
    assert pages == [json.loads(json.dumps(body)), last]
    first, second = transport.sent("finances.listTransactions")
    assert dict(second.query)["nextToken"] == body["payload"]["nextToken"]
    assert dict(first.query)["postedAfter"] == dict(second.query)["postedAfter"]


def test_a_confirmed_shipment_has_no_answer():
    order = {
        "order": {
            "orderId": ORDER_ID,
            "salesChannel": {"marketplaceId": "ATVPDKIKX0DER"},
            "fulfillment": {"fulfillmentStatus": "UNSHIPPED"},
            "orderItems": [
                {"orderItemId": "1", "fulfillment": {"quantityUnfulfilled": 2}}
            ],
        }
    }
    made, _transport = connector(
        {
            "orders.getOrder": (200, order),
            "ordersV0.confirmShipment": (204, b""),
        }
    )
    result = made.push_shipment(Shipment("parcel/1", ORDER_ID, "T1", "UPS"))
    assert not result.repeated


@pytest.mark.parametrize("body", pairs("confirmShipment", status="400"))
def test_a_refused_shipment_is_an_error(body):
    order = {
        "order": {
            "orderId": ORDER_ID,
            "orderItems": [
                {"orderItemId": "1", "fulfillment": {"quantityUnfulfilled": 2}}
            ],
        }
    }
    made, _transport = connector(
        {"orders.getOrder": (200, order), "ordersV0.confirmShipment": (400, body)}
    )
    with pytest.raises(errors.RequestRefused):
        made.push_shipment(Shipment("parcel/1", ORDER_ID, "T1", "UPS"))
