"""The simulated Shopify shop answers what it is asked, and only that."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from simulator_client import Receiver

from simulator import Simulator
from simulator.app import DEFAULT_TOKEN
from simulator.core.faults import FaultRule
from simulator.shopify.cost import Bucket
from simulator.shopify.graphql import (
    Connection,
    Execution,
    Field,
    GraphqlError,
    parse,
)
from simulator.shopify.search import matches

VERSION = "2026-07"


@pytest.fixture
def shop() -> Iterator[Simulator]:
    """A fresh shop that speaks the Admin API."""
    with Simulator(seed=7, marketplace="shopify") as simulator:
        yield simulator


def post(
    shop: Simulator,
    document: str,
    token: str = DEFAULT_TOKEN,
    version: str = VERSION,
    **variables: Any,
) -> tuple[int, Any]:
    """Send a document; return status and body."""
    address = urlsplit(shop.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    body = json.dumps({"query": document, "variables": variables})
    headers = {"X-Shopify-Access-Token": token, "Content-Type": "application/json"}
    path = f"/admin/api/{version}/graphql.json"
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    try:
        return response.status, json.loads(content)
    except ValueError:
        return response.status, content


def data_of(shop: Simulator, document: str, **variables: Any) -> Any:
    """Send a document; return its data."""
    status, body = post(shop, document, **variables)
    assert status == 200 and "errors" not in body, body
    return body["data"]


def code_of(body: Any) -> str:
    """Return the code of the first error."""
    return body["errors"][0].get("extensions", {}).get("code", "")


def run(document: str, root: dict[str, Any], **variables: Any) -> Any:
    """Execute a document over a tree of values."""
    return Execution(parse(document), variables).run(root)


# -- the language --------------------------------------------------------------


def test_a_document_with_everything_in_it_is_read():
    document = parse(
        """# a comment
        query Q($a: [ID!]!, $b: Int = 3) @live {
          first: thing(ids: $a, n: -1.5e3, on: {x: [true, null, ENUM], y: "\\"\\u00e9"})
          @include(if: true) { ...F ... on T { b } ... @skip(if: false) { c } }
        }
        fragment F on T { a }"""
    )
    (field,) = document.operation.selections
    assert isinstance(field, Field)
    assert (field.alias, field.name) == ("first", "thing")
    assert field.arguments["n"] == -1500.0
    assert field.arguments["on"] == {"x": [True, None, "ENUM"], "y": '"é'}
    assert document.operation.defaults == {"b": 3}
    assert document.fragments["F"].on == "T"


@pytest.mark.parametrize(
    "text", ["", "{", "{}", "{ a", "query { a } }", "{ a(b:) }", "{ a } { b }", "§"]
)
def test_what_is_no_document(text):
    with pytest.raises(GraphqlError):
        parse(text)


def test_only_what_is_selected_comes_back_under_its_alias():
    root = {"thing": {"__typename": "T", "a": 1, "b": 2}}
    assert run("{ x: thing { y: a } }", root) == {"x": {"y": 1}}


def test_fragments_apply_to_their_type_only():
    root = {"thing": {"__typename": "T", "a": 1, "b": 2}}
    document = "{ thing { ... on T { a } ... on U { b } } }"
    assert run(document, root) == {"thing": {"a": 1}}


def test_fields_can_be_left_out_by_variables():
    document = "query($w: Boolean!) { a @include(if: $w) b @skip(if: $w) }"
    root = {"a": 1, "b": 2}
    assert run(document, root, w=True) == {"a": 1}
    assert run(document, root, w=False) == {"b": 2}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{ nothing }", "undefinedField"),
        ("{ thing }", "selectionMismatch"),
        ("{ number { a } }", "selectionMismatch"),
        ("{ rows { nodes { a } } }", "BAD_REQUEST"),
        ("{ rows(first: 251) { nodes { a } } }", "INVALID_FIELD_ARGUMENTS"),
        ('{ rows(first: 1, after: "x") { nodes { a } } }', "BAD_REQUEST"),
        ("{ number(b: $nobody) }", "variableNotDefined"),
    ],
)
def test_a_document_that_does_not_fit_is_refused(document, code):
    thing = {"__typename": "T", "a": 1}
    root = {"thing": thing, "number": 5, "rows": Connection(())}
    with pytest.raises(GraphqlError) as caught:
        run(document, root)
    assert caught.value.code == code


def test_pages_of_a_connection():
    rows = tuple({"id": str(n)} for n in range(5))
    document = """query($after: String) {
      rows(first: 2, after: $after) {
        nodes { id } edges { cursor } pageInfo { hasNextPage endCursor }
      }
    }"""
    seen, after, more = [], None, True
    while more:
        page = run(document, {"rows": Connection(rows)}, after=after)["rows"]
        seen += [row["id"] for row in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        more = page["pageInfo"]["hasNextPage"]
    assert seen == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("", True),
        ("id:5", True),
        ("id:6", False),
        ("kind:a id:5", True),
        ("(kind:b OR kind:a) id:5", True),
        ("(kind:b OR kind:c) id:5", False),
    ],
)
def test_searching(query, fits):
    assert matches(query, {"id": 5, "kind": "a"}) is fits


# -- the interface -------------------------------------------------------------

NAMES = "{ orders(first: 9) { nodes { name } } }"


@pytest.mark.parametrize("token", ["", "wrong", DEFAULT_TOKEN.upper()])
def test_a_token_that_nobody_has(shop, token):
    status, body = post(shop, NAMES, token=token)
    assert status == 401
    assert "Invalid API key" in body["errors"]


@pytest.mark.parametrize("version", ["2019-01", "x"])
def test_a_version_that_is_not_spoken(shop, version):
    assert post(shop, NAMES, version=version)[0] == 404


def test_a_reading_token_may_not_write(shop):
    document = "mutation { webhookSubscriptionDelete(id: 1) { userErrors { field } } }"
    status, body = post(shop, document, token=f"{DEFAULT_TOKEN}_read")
    assert (status, code_of(body)) == (200, "ACCESS_DENIED")
    assert post(shop, NAMES, token=f"{DEFAULT_TOKEN}_read")[0] == 200


def test_both_sides_of_the_money(shop):
    shop.place_orders(1, "shopify_gb_tax_included")
    document = """{ orders(first: 1) { nodes { totalPriceSet {
      shopMoney { amount currencyCode } presentmentMoney { amount currencyCode }
    } } } }"""
    (order,) = data_of(shop, document)["orders"]["nodes"]
    sides = order["totalPriceSet"]
    assert sides["shopMoney"]["currencyCode"] == "USD"
    assert sides["presentmentMoney"]["currencyCode"] == "GBP"
    assert sides["shopMoney"]["amount"] != sides["presentmentMoney"]["amount"]


def test_every_answer_tells_its_cost(shop):
    _status, body = post(shop, NAMES)
    cost = body["extensions"]["cost"]
    assert cost["requestedQueryCost"] >= cost["actualQueryCost"] > 0
    assert set(cost["throttleStatus"]) == {
        "maximumAvailable",
        "currentlyAvailable",
        "restoreRate",
    }


def test_an_empty_bucket_throttles(shop):
    shop._protocols[0].bucket = Bucket(most=30, rate=0.001)
    answers = [post(shop, NAMES) for _ in range(40)]
    assert {status for status, _body in answers} == {200}
    refused = [body for _status, body in answers if "errors" in body]
    assert refused and code_of(refused[-1]) == "THROTTLED"
    cost = refused[-1]["extensions"]["cost"]
    left = cost["throttleStatus"]["currentlyAvailable"]
    assert cost["requestedQueryCost"] > left


def test_a_query_that_no_bucket_is_enough_for(shop):
    inner = "lineItems(first: 250) { nodes { variant { id } } }"
    nested = f"refunds {{ order {{ {inner} }} }} x: {inner} y: {inner} z: {inner}"
    document = f"{{ orders(first: 250) {{ nodes {{ {nested} }} }} }}"
    _status, body = post(shop, document)
    assert code_of(body) == "MAX_COST_EXCEEDED"


def test_orders_by_modification_and_the_cursor_behind_a_row(shop):
    """What changes while pages are read moves to the end and pushes nothing out."""
    first, second, third = (
        shop.place_orders(1, "shopify_us_sales_tax")[0]["id"] for _ in range(3)
    )
    document = """query Orders($after: String) {
      orders(first: 1, after: $after, sortKey: UPDATED_AT) {
        nodes { id } pageInfo { hasNextPage endCursor }
      }
    }"""
    seen, after, more = [], None, True
    while more:
        page = data_of(shop, document, after=after)["orders"]
        seen += [int(row["id"].rpartition("/")[2]) for row in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        more = page["pageInfo"]["hasNextPage"]
        if len(seen) == 1:
            shop.set_clock(60)
            shop.order_action(first, "touch")
    assert seen == [first, second, third, first]


def test_a_page_of_orders_is_where_faults_strike(shop):
    shop.place_orders(2, "shopify_us_sales_tax")
    shop.faults.add([FaultRule("edit_between_pages")])
    document = "query Orders { orders(first: 2) { nodes { id } } }"
    for _page in range(2):
        data_of(shop, document)
    assert shop.faults.injected["edit_between_pages"] >= 1
    assert list(shop.requests()[-1]["faults"]) == ["edit_between_pages"]


# -- quantities by version -----------------------------------------------------

OLD_SET = """mutation($input: InventorySetQuantitiesInput!) {
  inventorySetQuantities(input: $input) { userErrors { code field } }
}"""
NEW_SET = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    userErrors { code field }
  }
}"""


def quantity(number: int, **more: Any) -> dict[str, Any]:
    """Return an input row for product 101, of which the shop has 240."""
    return {
        "inventoryItemId": "gid://shopify/InventoryItem/101",
        "locationId": "gid://shopify/Location/1",
        "quantity": number,
        **more,
    }


def set_to(
    shop: Simulator, document: str, version: str, row: Any, **more: Any
) -> tuple[list[Any], str]:
    """Set a quantity; return codes of user errors, and the code of a refusal."""
    key = {"key": more.pop("key", f"k{row}")} if "@idempotent" in document else {}
    values = {"name": "available", "reason": "correction", "quantities": [row], **more}
    _status, body = post(shop, document, version=version, input=values, **key)
    if "errors" in body:
        return [], code_of(body)
    payload = body["data"]["inventorySetQuantities"]
    return [error["code"] for error in payload["userErrors"]], ""


def test_compare_quantity_of_the_old_version(shop):
    old = "2025-10"
    stale = ["COMPARE_QUANTITY_STALE"]
    missing = ["COMPARE_QUANTITY_REQUIRED"]
    row = quantity(5, compareQuantity=1)
    assert set_to(shop, OLD_SET, old, row) == (stale, "")
    assert set_to(shop, OLD_SET, old, quantity(5)) == (missing, "")
    row = quantity(5, compareQuantity=240)
    assert set_to(shop, OLD_SET, old, row) == ([], "")
    assert shop.stock()["MUG-RED"] == 5
    row = quantity(6)
    assert set_to(shop, OLD_SET, old, row, ignoreCompareQuantity=True) == ([], "")
    row = quantity(7, changeFromQuantity=6)
    assert set_to(shop, OLD_SET, old, row) == ([], "INVALID_VARIABLE")
    assert set_to(shop, NEW_SET, old, quantity(7)) == ([], "undefinedDirective")
    assert shop.stock()["MUG-RED"] == 6


@pytest.mark.parametrize("version", ["2026-04", "2026-07"])
def test_change_from_quantity_has_to_be_there_in_new_versions(shop, version):
    """Recorded: a missing field, a missing key, null to opt out."""
    row = quantity(5)
    assert set_to(shop, NEW_SET, version, row) == ([], "INVALID_FIELD_ARGUMENTS")
    row = quantity(5, changeFromQuantity=240)
    assert set_to(shop, OLD_SET, version, row) == ([], "BAD_REQUEST")
    row = quantity(5, changeFromQuantity=1)
    stale = ["CHANGE_FROM_QUANTITY_STALE"]
    assert set_to(shop, NEW_SET, version, row) == (stale, "")
    row = quantity(5, compareQuantity=240)
    assert set_to(shop, NEW_SET, version, row) == ([], "INVALID_VARIABLE")
    assert set_to(shop, NEW_SET, version, quantity(5, changeFromQuantity=None)) == (
        [],
        "",
    )
    assert shop.stock()["MUG-RED"] == 5


def test_a_key_is_good_for_one_change(shop):
    first = quantity(5, changeFromQuantity=None)
    assert set_to(shop, NEW_SET, VERSION, first, key="k") == ([], "")
    shop.world.change_product(101, stock=99)
    assert set_to(shop, NEW_SET, VERSION, first, key="k") == ([], "")
    assert shop.stock()["MUG-RED"] == 99  # nothing was done a second time
    other = quantity(6, changeFromQuantity=None)
    mismatch = ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert set_to(shop, NEW_SET, VERSION, other, key="k") == (mismatch, "")


# -- bulk operations and webhooks ----------------------------------------------


def test_a_bulk_operation_ends_with_a_file_of_lines(shop):
    placed = [row["id"] for row in shop.place_orders(3, "shopify_us_sales_tax")]
    query = """{ orders { edges { node {
      id refunds { id } lineItems { edges { node { id } } }
    } } } }"""
    run_it = """mutation($query: String!) { bulkOperationRunQuery(query: $query) {
      bulkOperation { id status } userErrors { message }
    } }"""
    payload = data_of(shop, run_it, query=query)["bulkOperationRunQuery"]
    assert payload["bulkOperation"]["status"] == "RUNNING"
    ask = "query($id: ID!) { node(id: $id) { ... on BulkOperation { status url } } }"
    number = payload["bulkOperation"]["id"]
    states = [data_of(shop, ask, id=number)["node"] for _ in range(2)]
    assert [state["status"] for state in states] == ["RUNNING", "COMPLETED"]
    address = urlsplit(states[1]["url"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    connection.request("GET", address.path)
    rows = [json.loads(line) for line in connection.getresponse().read().splitlines()]
    roots = [row for row in rows if "__parentId" not in row]
    assert [row["id"].rpartition("/")[2] for row in roots] == [str(n) for n in placed]
    parents = {row["__parentId"] for row in rows if "__parentId" in row}
    assert parents == {row["id"] for row in roots}


def test_a_connection_inside_of_a_list_is_refused_in_bulk(shop):
    order = shop.place_orders(1, "shopify_us_sales_tax")[0]["id"]
    shop.refund_order(order)
    query = """{ orders { edges { node {
      id refunds { id refundLineItems { edges { node { quantity } } } }
    } } } }"""
    run_it = """mutation($query: String!) { bulkOperationRunQuery(query: $query) {
      bulkOperation { id } userErrors { message code }
    } }"""
    payload = data_of(shop, run_it, query=query)["bulkOperationRunQuery"]
    assert payload["bulkOperation"] is None
    assert payload["userErrors"][0]["code"] == "INVALID"


SUBSCRIBE = """mutation($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(
    topic: $topic, webhookSubscription: {uri: $uri, format: JSON}
  ) { userErrors { message } }
}"""


def test_deliveries_are_signed_over_the_raw_body():
    with (
        Simulator(seed=7, marketplace="shopify", secret="s3") as shop,
        Receiver() as receiver,
    ):
        data_of(shop, SUBSCRIBE, topic="ORDERS_CREATE", uri=receiver.url)
        order = shop.place_orders(1, "shopify_cn_buyer")[0]
        assert shop.outbox.wait_until_idle()
        (sent,) = receiver.deliveries
        headers = sent.headers
        digest = hmac.new(b"s3", sent.body, hashlib.sha256).digest()
        assert headers["x-shopify-hmac-sha256"] == base64.b64encode(digest).decode()
        assert headers["x-shopify-topic"] == "orders/create"
        assert json.loads(sent.body)["id"] == order["id"]


def test_a_delivery_with_a_wrong_signature_on_request():
    with (
        Simulator(seed=7, marketplace="shopify", secret="s3") as shop,
        Receiver() as receiver,
    ):
        shop.faults.add([FaultRule("webhook_bad_signature")])
        data_of(shop, SUBSCRIBE, topic="ORDERS_CREATE", uri=receiver.url)
        shop.place_orders(1, "shopify_cn_buyer")
        assert shop.outbox.wait_until_idle()
        (sent,) = receiver.deliveries
        headers = sent.headers
        digest = hmac.new(b"s3", sent.body, hashlib.sha256).digest()
        assert headers["x-shopify-hmac-sha256"] != base64.b64encode(digest).decode()


def test_a_draft_has_topics_of_its_own_until_it_is_an_order():
    with Simulator(seed=7, marketplace="shopify") as shop, Receiver() as receiver:
        topics = ("DRAFT_ORDERS_CREATE", "ORDERS_CREATE", "ORDERS_UPDATED")
        for topic in topics:
            data_of(shop, SUBSCRIBE, topic=topic, uri=receiver.url)

        def sent() -> list[str]:
            assert shop.outbox.wait_until_idle()
            return [row.headers["x-shopify-topic"] for row in receiver.deliveries]

        (draft,) = shop.place_orders(1, "shopify_draft")
        assert sent() == ["draft_orders/create"]
        shop.order_action(draft["id"], "advance")
        assert "orders/create" in sent()
