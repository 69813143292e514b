"""The simulated seller on Amazon: what it refuses, and when things happen."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from simulator import Simulator
from simulator.amazon.buckets import PLANS
from simulator.amazon.ids import amazon_order_id, item_id, world_line_id, world_order_id
from simulator.app import DEFAULT_ACCOUNT, DEFAULT_KEY, DEFAULT_SECRET, DEFAULT_TOKEN
from simulator.world.scenarios import scenarios_of

ORDERS = "/orders/2026-01-01/orders"
LISTINGS = f"/listings/2021-08-01/items/{DEFAULT_ACCOUNT}"
US = "ATVPDKIKX0DER"
SINCE = {"lastUpdatedAfter": "2020-01-01T00:00:00Z"}
DATA = {"includedData": "PROCEEDS,FULFILLMENT,PACKAGES"}


class Caller:
    """An independent client: knows HTTP, shares no code with the connector."""

    def __init__(self, shop: Simulator) -> None:
        self.shop = shop
        self.token = ""

    def send(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """Return status and parsed body."""
        host = urlsplit(self.shop.url).netloc
        connection = http.client.HTTPConnection(host, timeout=10)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        if self.token:
            headers["x-amz-access-token"] = self.token
        headers.setdefault("Content-Type", "application/json")
        connection.request(method, path, raw if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text[:1] in (b"{", b"[") else text

    def log_in(self, **changes: str) -> tuple[int, Any]:
        """Buy a token with a form, as the documentation shows."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": DEFAULT_TOKEN,
            "client_id": DEFAULT_KEY,
            "client_secret": DEFAULT_SECRET,
            **changes,
        }
        kind = "application/x-www-form-urlencoded"
        return self.send(
            "POST", "/auth/o2/token", urlencode(form).encode(), **{"Content-Type": kind}
        )

    def get(self, path: str, **query: str) -> tuple[int, Any]:
        """Read something."""
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path)

    def wait(self, seconds: float) -> None:
        """Let time pass in the shop."""
        self.shop.set_clock(self.shop.world.clock.offset_seconds + seconds)


@pytest.fixture
def amazon() -> Iterator[Caller]:
    """A seller's client that is logged in."""
    with Simulator(seed=7, marketplace="amazon") as shop:
        caller = Caller(shop)
        caller.token = caller.log_in()[1]["access_token"]
        yield caller


def place(amazon: Caller, scenario: str = "amazon_us") -> str:
    """Place an order that can be seen already; returns Amazon's id."""
    (row,) = amazon.shop.place_orders(1, scenario)
    amazon.wait(150)
    return amazon_order_id(row["id"], {"de": "DE", "gb": "GB"}.get(scenario[7:9], "US"))


def code_of(answer: tuple[int, Any]) -> tuple[int, str]:
    """Status and code of an error; the shape is that of the models."""
    status, body = answer
    assert set(body) == {"errors"}
    return status, body["errors"][0]["code"]


# -- ids -------------------------------------------------------------------------------


def test_order_ids_can_be_taken_apart_again() -> None:
    ids = [amazon_order_id(number, "US") for number in range(1, 5_000)]
    assert [world_order_id(text) for text in ids] == list(range(1, 5_000))
    assert len(set(ids)) == len(ids)
    assert all(text[:4] == "114-" and len(text) == 19 for text in ids)
    assert world_order_id("no-id") is None


def test_item_ids_can_be_taken_apart_again() -> None:
    assert world_line_id(item_id(17)) == 17
    assert world_line_id("none") == 0


# -- access ----------------------------------------------------------------------------


def test_a_token_is_sold_to_the_right_application_only(amazon: Caller) -> None:
    assert amazon.log_in()[0] == 200
    assert amazon.log_in(client_secret="wrong")[1]["error"] == "invalid_client"
    assert amazon.log_in(refresh_token="wrong")[1]["error"] == "invalid_grant"
    assert amazon.log_in(grant_type="password")[1]["error"] == "unsupported_grant_type"


def test_without_a_token_or_with_a_forged_one_nothing_is_told(amazon: Caller) -> None:
    good = amazon.token
    for token in ("", "Atza|1|2", f"{good}x"):
        amazon.token = token
        assert code_of(amazon.get(ORDERS, **SINCE)) == (403, "Unauthorized")


def test_a_token_lasts_an_hour(amazon: Caller) -> None:
    amazon.wait(3_500)
    assert amazon.get(ORDERS, **SINCE)[0] == 200
    amazon.wait(200)
    status, body = amazon.get(ORDERS, **SINCE)
    assert status == 403
    assert "expired" in body["errors"][0]["details"]


# -- orders ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {},
        {**SINCE, "createdAfter": "2020-01-01T00:00:00Z"},
        {**SINCE, "createdBefore": "2021-01-01T00:00:00Z"},
        {"lastUpdatedAfter": "yesterday"},
        {**SINCE, "maxResultsPerPage": "101"},
        {**SINCE, "maxResultsPerPage": "0"},
        {**SINCE, "includedData": "BUYER,NOBODY"},
        {**SINCE, "paginationToken": "invented"},
        {**SINCE, "lastUpdatedBefore": "2099-01-01T00:00:00Z"},
    ],
)
def test_a_search_that_does_not_fit_is_refused(
    amazon: Caller, query: dict[str, str]
) -> None:
    assert code_of(amazon.get(ORDERS, **query)) == (400, "InvalidInput")


def test_an_end_has_to_lie_two_minutes_in_the_past(amazon: Caller) -> None:
    now = amazon.shop.world.clock.now()
    for seconds, status in ((100, 400), (130, 200)):
        end = f"{now - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
        assert amazon.get(ORDERS, **SINCE, lastUpdatedBefore=end)[0] == status


def test_the_last_two_minutes_are_not_shown(amazon: Caller) -> None:
    amazon.shop.place_orders(1, "amazon_us")
    assert amazon.get(ORDERS, **SINCE)[1]["orders"] == []
    amazon.wait(121)
    assert len(amazon.get(ORDERS, **SINCE)[1]["orders"]) == 1


def test_pages_hang_together_by_tokens(amazon: Caller) -> None:
    for _time in range(5):
        place(amazon)
    seen: list[str] = []
    query = {**SINCE, "maxResultsPerPage": "2"}
    token = {}
    for rows in (2, 2, 1):
        _status, body = amazon.get(ORDERS, **query, **token)
        assert len(body["orders"]) == rows
        seen += [row["orderId"] for row in body["orders"]]
        token = {"paginationToken": body.get("pagination", {}).get("nextToken", "")}
    assert token == {"paginationToken": ""}
    assert len(set(seen)) == 5


def test_a_token_is_good_for_the_same_parameters_and_a_day_only(amazon: Caller) -> None:
    for _time in range(2):
        place(amazon)
    query = {**SINCE, "maxResultsPerPage": "1"}
    token = amazon.get(ORDERS, **query)[1]["pagination"]["nextToken"]
    other = {**query, "maxResultsPerPage": "2", "paginationToken": token}
    assert amazon.get(ORDERS, **other)[0] == 400
    amazon.wait(25 * 3600)
    amazon.token = amazon.log_in()[1]["access_token"]
    assert amazon.get(ORDERS, **query, paginationToken=token)[0] == 400


def test_an_order_that_is_not_there(amazon: Caller) -> None:
    unknown = amazon_order_id(999_999, "US")
    assert code_of(amazon.get(f"{ORDERS}/{unknown}")) == (404, "NotFound")
    assert code_of(amazon.get(f"{ORDERS}/5")) == (400, "InvalidInput")


def test_only_the_data_sets_asked_for_are_told(amazon: Caller) -> None:
    order_id = place(amazon)
    bare = amazon.get(f"{ORDERS}/{order_id}")[1]["order"]
    assert not {"buyer", "recipient", "proceeds", "fulfillment"} & set(bare)
    full = amazon.get(f"{ORDERS}/{order_id}", includedData="BUYER,PROCEEDS")[1]["order"]
    assert {"buyer", "proceeds"} <= set(full)


def test_pending_and_anonymous_orders_name_nobody(amazon: Caller) -> None:
    for scenario in ("amazon_us_pending", "amazon_us_anonymous", "amazon_us_fba"):
        order_id = place(amazon, scenario)
        order = amazon.get(f"{ORDERS}/{order_id}", includedData="BUYER,RECIPIENT")
        assert not {"buyer", "recipient"} & set(order[1]["order"])


def test_every_scenario_can_be_placed_and_adds_up() -> None:
    with Simulator(seed=7, marketplace="amazon") as shop:
        caller = Caller(shop)
        caller.token = caller.log_in()[1]["access_token"]
        for name in scenarios_of("amazon"):
            shop.place_orders(3, name)
        caller.wait(150)
        _status, body = caller.get(ORDERS, **SINCE, includedData="PROCEEDS")
        totals = [row for row in body["orders"] if "proceeds" in row]
        assert len(totals) == 3 * (len(scenarios_of("amazon")) - 1)
        for row in totals:
            parts = [
                float(item["proceeds"]["proceedsTotal"]["amount"])
                for item in row["orderItems"]
                if "proceeds" in item
            ]
            total = float(row["proceeds"]["grandTotal"]["amount"])
            assert round(sum(parts), 2) == total


# -- shipments -------------------------------------------------------------------------


def package(amazon: Caller, order_id: str, **changes: Any) -> dict[str, Any]:
    """Return a package with one piece of the first item."""
    order = amazon.shop.world.order(world_order_id(order_id) or 0)
    detail = {
        "packageReferenceId": "1",
        "carrierCode": "UPS",
        "trackingNumber": "T1",
        "shipDate": "2026-01-01T00:00:00Z",
        "orderItems": [{"orderItemId": item_id(order.lines[0].id), "quantity": 1}],
        **changes,
    }
    return {"marketplaceId": US, "packageDetail": detail}


def confirm(amazon: Caller, order_id: str, body: Any) -> tuple[int, Any]:
    """Send a confirmation."""
    return amazon.send(
        "POST", f"/orders/v0/orders/{order_id}/shipmentConfirmation", body
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"packageReferenceId": "P-1"},
        {"packageReferenceId": "0"},
        {"carrierCode": ""},
        {"carrierCode": "Other"},
        {"trackingNumber": ""},
        {"shipDate": "2099-01-01T00:00:00Z"},
        {"orderItems": []},
        {"orderItems": [{"orderItemId": "1", "quantity": 1}]},
    ],
)
def test_a_package_that_does_not_fit_is_refused(
    amazon: Caller, changes: dict[str, Any]
) -> None:
    order_id = place(amazon)
    answer = confirm(amazon, order_id, package(amazon, order_id, **changes))
    assert code_of(answer) == (400, "InvalidInput")
    assert amazon.shop.parcels() == []


def test_a_package_reference_is_taken_once(amazon: Caller) -> None:
    order_id = place(amazon)
    assert confirm(amazon, order_id, package(amazon, order_id)) == (204, b"")
    assert confirm(amazon, order_id, package(amazon, order_id))[0] == 400
    assert len(amazon.shop.parcels()) == 1


def test_the_marketplace_has_to_fit(amazon: Caller) -> None:
    order_id = place(amazon)
    body = {**package(amazon, order_id), "marketplaceId": "A1PA6795UKMFR9"}
    assert confirm(amazon, order_id, body)[0] == 400


# -- listings, feeds, reports ----------------------------------------------------------


def quantity(amount: int) -> list[dict[str, Any]]:
    """Return the patches for a quantity."""
    value = [{"fulfillment_channel_code": "DEFAULT", "quantity": amount}]
    path = "/attributes/fulfillment_availability"
    return [{"op": "replace", "path": path, "value": value}]


def patch(amazon: Caller, sku: str, patches: Any) -> tuple[int, Any]:
    """Patch a listing."""
    path = f"{LISTINGS}/{quote(sku, safe='')}?marketplaceIds={US}"
    return amazon.send("PATCH", path, {"productType": "HOME", "patches": patches})


def test_an_accepted_patch_is_applied_later(amazon: Caller) -> None:
    status, body = patch(amazon, "MUG-RED", quantity(5))
    assert (status, body["status"]) == (200, "ACCEPTED")
    assert amazon.shop.stock()["MUG-RED"] != 5
    look = {"marketplaceIds": US, "includedData": "fulfillmentAvailability"}
    amazon.get(f"{LISTINGS}/MUG-RED", **look)
    _status, item = amazon.get(f"{LISTINGS}/MUG-RED", **look)
    assert item["fulfillmentAvailability"][0]["quantity"] == 5
    assert amazon.shop.stock()["MUG-RED"] == 5


def test_patches_that_make_no_sense(amazon: Caller) -> None:
    assert patch(amazon, "MUG-RED", quantity(-1))[1]["status"] == "INVALID"
    assert patch(amazon, "MUG-RED", [])[1]["status"] == "INVALID"
    assert patch(amazon, "NO-SUCH", quantity(1))[0] == 404


def test_another_sellers_listings_are_closed(amazon: Caller) -> None:
    path = "/listings/2021-08-01/items/somebody/MUG-RED"
    assert amazon.get(path, marketplaceIds=US)[0] == 403


def test_a_feed_needs_its_document_and_time(amazon: Caller) -> None:
    kind = "application/json; charset=UTF-8"
    root = "/feeds/2021-06-30"
    _status, document = amazon.send("POST", f"{root}/documents", {"contentType": kind})
    spec = {
        "feedType": "JSON_LISTINGS_FEED",
        "marketplaceIds": [US],
        "inputFeedDocumentId": document["feedDocumentId"],
    }
    assert amazon.send("POST", f"{root}/feeds", spec)[0] == 400  # nothing uploaded
    message = {"messageId": 1, "sku": "MUG-RED", "patches": quantity(8)}
    unknown = {"messageId": 2, "sku": "NO-SUCH", "patches": quantity(8)}
    path = urlsplit(document["url"]).path
    feed = {"header": {}, "messages": [message, unknown]}
    assert amazon.send("PUT", path, feed, **{"Content-Type": "text/plain"})[0] == 403
    assert amazon.send("PUT", path, feed, **{"Content-Type": kind})[0] == 200
    status, body = amazon.send("POST", f"{root}/feeds", spec)
    assert status == 202
    states = [
        amazon.get(f"{root}/feeds/{body['feedId']}")[1]["processingStatus"]
        for _time in range(3)
    ]
    assert states == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    assert amazon.shop.stock()["MUG-RED"] == 8


def test_the_address_of_a_document_lives_five_minutes(amazon: Caller) -> None:
    path = "/feeds/2021-06-30/documents"
    _status, document = amazon.send("POST", path, {"contentType": "text/plain"})
    amazon.wait(301)
    address = urlsplit(document["url"]).path
    kind = {"Content-Type": "text/plain"}
    assert amazon.send("PUT", address, b"late", **kind)[0] == 403


# -- limits ----------------------------------------------------------------------------


def test_an_empty_bucket_answers_429_and_fills_with_time(amazon: Caller) -> None:
    rate, burst = PLANS["searchOrders"]
    for _time in range(burst):
        assert amazon.get(ORDERS, **SINCE)[0] == 200
    assert code_of(amazon.get(ORDERS, **SINCE)) == (429, "QuotaExceeded")
    assert (
        amazon.get(f"{ORDERS}/{amazon_order_id(1, 'US')}")[0] == 404
    )  # its own bucket
    amazon.wait(1 / rate + 1)
    assert amazon.get(ORDERS, **SINCE)[0] == 200


def test_refused_requests_take_a_token_too(amazon: Caller) -> None:
    _rate, burst = PLANS["searchOrders"]
    for _time in range(burst):
        assert amazon.get(ORDERS)[0] == 400
    assert amazon.get(ORDERS)[0] == 429


# -- finances --------------------------------------------------------------------------


def test_transactions_need_a_start_or_an_order(amazon: Caller) -> None:
    path = "/finances/2024-06-19/transactions"
    assert amazon.get(path)[0] == 400
    assert amazon.get(path, relatedIdentifierName="SHIPMENT_ID")[0] == 400
    late = datetime.now(timezone.utc) + timedelta(days=1)
    assert amazon.get(path, postedAfter=f"{late:%Y-%m-%dT%H:%M:%SZ}")[0] == 400


def test_a_refund_is_booked_under_its_order(amazon: Caller) -> None:
    order_id = place(amazon)
    amazon.shop.refund_order(world_order_id(order_id) or 0)
    path = "/finances/2024-06-19/transactions"
    _status, body = amazon.get(
        path, relatedIdentifierName="ORDER_ID", relatedIdentifierValue=order_id
    )
    (row,) = body["payload"]["transactions"]
    assert row["transactionType"] == "Refund"


def test_a_restarted_seller_knows_orders_and_tokens(tmp_path) -> None:
    with Simulator(seed=7, marketplace="amazon", state_dir=tmp_path) as shop:
        caller = Caller(shop)
        caller.token = caller.log_in()[1]["access_token"]
        order_id = place(caller)
    with Simulator(seed=7, marketplace="amazon", state_dir=tmp_path) as shop:
        again = Caller(shop)
        again.token = caller.token
        assert again.get(f"{ORDERS}/{order_id}")[0] == 200
