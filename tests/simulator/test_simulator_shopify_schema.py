"""The simulated Shopify shop against the official schema.

Whatever it answers to the connector's documents has the types that the schema promises:
no field that is not there, nothing null that may not be, no unknown word. The schema is
reference material beside the checkout; without it these tests are skipped.
"""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ecom_orders.marketplaces import base
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import Shipment, StockLevel
from ecom_orders.marketplaces.shopify.client import ShopifyConnector
from ecom_orders.marketplaces.transport import Transport
from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    parse,
)

from simulator import Simulator
from simulator.app import DEFAULT_TOKEN
from simulator.world.scenarios import scenarios_of

SPECS = Path(__file__).resolve().parents[3] / "shared/specs/shopify"
SCHEMAS = {path.name[6:13]: path for path in sorted(SPECS.glob("admin-*.graphql*"))}

pytestmark = pytest.mark.skipif(
    not SCHEMAS, reason="no schema of Shopify beside the checkout"
)


@pytest.fixture(scope="module", params=sorted(SCHEMAS))
def official(request) -> Any:
    """Return a version and its official schema."""
    path = SCHEMAS[request.param]
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return request.param, build_schema(text, assume_valid=True)


class Recorder(Transport):
    """A transport that remembers documents and their answers."""

    def __init__(self) -> None:
        super().__init__()
        self.exchanges: list[tuple[str, Any]] = []

    def send(self, request: Any) -> Any:
        """Send a request and keep what came back."""
        response = super().send(request)
        if request.json is not None:
            answer = json.loads(response.body)
            assert "errors" not in answer, (answer, request.json)
            self.exchanges.append((request.json["query"], answer["data"]))
        return response


def differences(schema: Any, document: str, data: Any) -> list[str]:
    """Return where an answer is not of the types of its document."""
    operation = parse(document).definitions[0]
    kind = schema.query_type
    if operation.operation.value == "mutation":
        kind = schema.mutation_type
    return list(_object(schema, kind, operation.selection_set, data, ""))


def _object(schema: Any, kind: Any, selection_set: Any, data: Any, path: str) -> Any:
    for item in selection_set.selections:
        if item.kind == "inline_fragment":
            wanted = schema.type_map[item.type_condition.name.value]
            names = {field.name.value for field in _fields(item.selection_set)}
            if names <= set(data):
                yield from _object(schema, wanted, item.selection_set, data, path)
            continue
        name = item.name.value
        key = item.alias.value if item.alias else name
        if key not in data:
            yield f"{path}.{key} is missing"
        elif name != "__typename":
            here = f"{path}.{key}"
            yield from _value(schema, kind.fields[name].type, item, data[key], here)


def _fields(selection_set: Any) -> Any:
    return [item for item in selection_set.selections if item.kind == "field"]


def _value(schema: Any, kind: Any, item: Any, value: Any, path: str) -> Any:
    if isinstance(kind, GraphQLNonNull):
        if value is None:
            yield f"{path} is null"
            return
        kind = kind.of_type
    if value is None:
        return
    if isinstance(kind, GraphQLList):
        if not isinstance(value, list):
            yield f"{path} is not a list"
            return
        for index, element in enumerate(value):
            here = f"{path}[{index}]"
            yield from _value(schema, kind.of_type, item, element, here)
        return
    named = get_named_type(kind)
    if is_composite_type(named):
        if not isinstance(value, dict):
            yield f"{path} is not an object"
        elif is_abstract_type(named) and not value:
            return
        else:
            yield from _object(schema, named, item.selection_set, value, path)
    elif isinstance(named, GraphQLEnumType):
        if value not in named.values:
            yield f"{path} is {value!r}, no {named.name}"
    else:
        yield from _scalar(named.name, value, path)


_SCALARS = {
    "ID": str,
    "String": str,
    "Int": int,
    "Float": float | int,
    "Boolean": bool,
    "DateTime": str,
    "Money": str,
    "Decimal": str,
    "URL": str,
    "UnsignedInt64": str,
}


def _scalar(name: str, value: Any, path: str) -> Any:
    if not isinstance(value, _SCALARS.get(name, object)):
        yield f"{path} is {value!r}, no {name}"
    elif name == "DateTime":
        datetime.fromisoformat(value.replace("Z", "+00:00"))


def exercise(shop: Simulator, connector: ShopifyConnector) -> None:
    """Use every verb of the connector once."""
    now = datetime.now(timezone.utc)
    connector.check()
    cursor, more, ids = base.OrderCursor(), True, []
    while more:
        page = connector.fetch_orders(cursor)
        ids += [envelope.external_id for envelope in page.envelopes]
        cursor, more = page.cursor, page.more
        for envelope in page.envelopes:
            connector.normalise_order(parse_json(envelope.body))
    list(connector.list_orders(now - timedelta(hours=1), now + timedelta(hours=1)))
    list(connector.fetch_history(None))
    list(connector.fetch_products())
    connector.fetch_locations()
    list(connector.fetch_stock(["101", "154"]))
    connector.push_stock(
        [StockLevel("101", "", 4, expected=1), StockLevel("102", "", 5)]
    )
    connector.push_shipment(Shipment("p/1", ids[0], "T1"))
    shop.open_return(int(ids[0]), reason="broken")
    connector.fetch_returns(base.OrderCursor())
    result = connector.cancel_order(ids[1])
    while not connector.fetch_submission(result.submission).done:
        pass
    shop.refund_order(int(ids[0]))
    connector.fetch_refunds(ids[0])
    connector.fetch_order(ids[0])
    shop.set_clock(2 * 24 * 3600)
    assert connector.fetch_settlements("payouts", base.OrderCursor()).documents
    connector.ensure_webhooks("http://127.0.0.1:9/hook")
    connector.remove_webhooks("http://127.0.0.1:9/hook")


def test_answers_are_of_the_types_that_the_schema_promises(official):
    version, schema = official
    with Simulator(seed=7, marketplace="shopify") as shop, Recorder() as transport:
        for name in ("shopify_us_sales_tax", *scenarios_of("shopify")):
            shop.place_orders(2, name)
        shop.place_orders(1, "shopify_draft")
        shop.advance(1_000)
        shop.place_orders(1, "shopify_draft")
        credentials = base.Credentials(
            shop.url,
            token=DEFAULT_TOKEN,
            api_version=version,
            options={"drafts": True},
        )
        exercise(shop, ShopifyConnector(credentials, transport))
        exchanges = transport.exchanges
    assert len(exchanges) > 25
    found = [
        f"{document.split('(')[0].split()[1]}{text}"
        for document, data in exchanges
        for text in differences(schema, document, data)
    ]
    assert found == []


def test_a_wrong_word_and_a_missing_field_would_be_found(official):
    _version, schema = official
    document = "query Q { order(id: 1) { id displayFulfillmentStatus createdAt } }"
    data = {"order": {"id": 7, "displayFulfillmentStatus": "SENT"}}
    assert len(differences(schema, document, data)) == 3
