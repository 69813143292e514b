"""The simulated eBay: what it refuses, what it hides, and how it survives."""

import base64
import json
from datetime import datetime, timedelta, timezone
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from scripted_server import Answer, ScriptedServer

from simulator import DEFAULT_KEY, DEFAULT_SECRET, Simulator
from simulator.app import DEFAULT_TOKEN
from simulator.core.message import Request
from simulator.ebay import ids
from simulator.ebay.notices import Portal
from simulator.world.model import Settings

ORDERS = "/sell/fulfillment/v1/order"
TOKEN = "/identity/v1/oauth2/token"


class Ebay:
    """Talks to a simulator without a socket."""

    def __init__(self, shop):
        self.shop = shop
        self.token = self.buy().get("access_token", "")

    def buy(self, key=DEFAULT_KEY, secret=DEFAULT_SECRET, refresh=DEFAULT_TOKEN):
        pair = base64.b64encode(f"{key}:{secret}".encode()).decode()
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        request = Request(
            "POST",
            TOKEN,
            headers={"authorization": f"Basic {pair}"},
            body=urlencode(form).encode(),
        )
        return json.loads(self.shop.respond(request)[0].body)

    def ask(self, method, path, body=None, scheme="Bearer", headers=None, **query):
        request = Request(
            method,
            path,
            urlencode(query),
            {"authorization": f"{scheme} {self.token}", **(headers or {})},
            json.dumps(body).encode() if body is not None else b"",
        )
        response = self.shop.respond(request)[0]
        return response.status, json.loads(response.body) if response.body else None

    def listed(self, **query):
        status, payload = self.ask("GET", ORDERS, **query)
        assert status == 200, payload
        return [order["orderId"] for order in payload["orders"]]

    def refused(self, *request, **query):
        """Status and number of a refusal."""
        status, payload = self.ask(*request, **query)
        (entry,) = payload["errors"]
        assert {"errorId", "domain", "category", "message"} <= set(entry)
        return status, entry["errorId"]


@pytest.fixture
def ebay():
    shop = Simulator(seed=1, marketplace="ebay")
    yield Ebay(shop)
    shop.stop()


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def window(name, since, until=None):
    return f"{name}:[{stamp(since)}..{stamp(until) if until else ''}]"


def place(ebay, name="ebay_us_collected_tax"):
    order = ebay.shop.world.place_scenario(name)
    return ids.order_id(order.id), order


# -- ids -------------------------------------------------------------------------------


def test_ids_read_both_ways_and_nothing_else_is_one():
    for number in (1, 1_001, 99_999, 123_456):
        assert ids.order_number(ids.order_id(number)) == number
    for text in ("", "1001", "12-01001-00000", "../1", ids.order_id(7) + "0", "٣-1-1"):
        assert ids.order_number(text) is None


# -- tokens ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "x"}, "invalid_client"),
        ({"key": "x"}, "invalid_client"),
        ({"refresh": "x"}, "invalid_grant"),
    ],
)
def test_who_is_not_the_seller_gets_no_token(ebay, changes, code):
    assert ebay.buy(**changes)["error"] == code


def test_a_token_is_asked_for_and_ends_after_two_hours(ebay):
    assert ebay.listed() == []
    ebay.shop.set_clock(7_199)
    assert ebay.listed() == []
    ebay.shop.set_clock(7_201)
    assert ebay.refused("GET", ORDERS) == (401, 1001)


def test_post_order_has_a_scheme_of_its_own(ebay):
    path = "/post-order/v2/return/search"
    assert ebay.refused("GET", path) == (401, 1001)
    now = datetime.now(timezone.utc)
    dates = {
        "creation_date_range_from": stamp(now),
        "creation_date_range_to": stamp(now),
    }
    status, payload = ebay.ask("GET", path, scheme="IAF", **dates)
    assert (status, payload["members"]) == (200, [])


# -- listing ---------------------------------------------------------------------------


def test_limits_and_positions_are_checked(ebay):
    assert ebay.refused("GET", ORDERS, limit="201") == (400, 31100)
    assert ebay.refused("GET", ORDERS, limit="0") == (400, 31100)
    assert ebay.refused("GET", ORDERS, offset="-1") == (400, 31000)
    assert ebay.refused("GET", ORDERS, fieldGroups="ALL") == (400, 32800)


def test_windows_are_checked(ebay):
    now = ebay.shop.world.clock.now()
    old, later = now - timedelta(days=731), now + timedelta(hours=1)
    cases = {
        window("lastmodifieddate", old): 30830,
        window("creationdate", old, now): 30830,
        window("lastmodifieddate", now, later): 30850,
        window("lastmodifieddate", later): 30850,
        window("lastmodifieddate", now, now - timedelta(days=1)): 30840,
        "lastmodifieddate:[..]": 30820,
        "lastmodifieddate:[yesterday..]": 30810,
        window("paiddate", now): 30700,
        "anything": 30700,
    }
    found = {text: ebay.refused("GET", ORDERS, filter=text)[1] for text in cases}
    assert found == cases


def test_without_a_filter_the_orders_of_90_days_are_listed(ebay):
    first, _order = place(ebay)
    ebay.shop.set_clock(91 * 86_400)
    ebay.token = ebay.buy()["access_token"]
    second, _order = place(ebay)
    assert ebay.listed() == [second]
    since = ebay.shop.world.clock.now() - timedelta(days=100)
    assert ebay.listed(filter=window("creationdate", since)) == [first, second]


def test_ids_override_filters_and_at_most_50_are_taken(ebay):
    first, _order = place(ebay)
    place(ebay)
    nothing = window("creationdate", datetime(2026, 1, 1, tzinfo=timezone.utc))
    assert ebay.listed(orderIds=first, filter=nothing, limit="999") == [first]
    many = ",".join(ids.order_id(number) for number in range(51))
    assert ebay.refused("GET", ORDERS, orderIds=many) == (400, 30900)


def test_pages_name_the_next_one_and_the_total(ebay):
    placed = [place(ebay)[0] for _ in range(5)]
    _status, payload = ebay.ask("GET", ORDERS, limit="2", offset="2")
    assert [order["orderId"] for order in payload["orders"]] == placed[2:4]
    assert payload["total"] == 5
    assert "offset=4" in payload["next"]
    _status, payload = ebay.ask("GET", ORDERS, limit="2", offset="4")
    assert "next" not in payload


def test_an_order_that_is_not_paid_is_hidden_unless_it_is_paid_at_pickup(ebay):
    place(ebay)
    pickup, _order = place(ebay, "ebay_cash_on_pickup")
    hidden = ebay.shop.world.orders()[0]
    ebay.shop.world.save(
        type(hidden)(**{**vars(hidden), "paid": None, "status": "pending"})
    )
    assert ebay.listed() == [pickup]
    path = f"{ORDERS}/{ids.order_id(hidden.id)}"
    assert ebay.refused("GET", path) == (404, 32100)


# -- what the list leaves out ----------------------------------------------------------


def test_requests_to_cancel_are_told_by_the_single_order_only(ebay):
    number, order = place(ebay)
    ebay.shop.request_cancel(order.id)
    _status, payload = ebay.ask("GET", ORDERS)
    listed = payload["orders"][0]["cancelStatus"]
    assert (listed["cancelState"], listed["cancelRequests"]) == ("IN_PROGRESS", [])
    _status, single = ebay.ask("GET", f"{ORDERS}/{number}")
    (request,) = single["cancelStatus"]["cancelRequests"]
    assert request["cancelInitiator"] == "Buyer"


def test_the_tax_that_ebay_collects_is_in_the_total_only_with_the_breakdown(ebay):
    number, order = place(ebay)
    _status, plain = ebay.ask("GET", f"{ORDERS}/{number}")
    _status, full = ebay.ask("GET", f"{ORDERS}/{number}", fieldGroups="TAX_BREAKDOWN")
    tax = order.totals.total_tax
    assert tax > 0

    def total(payload):
        return order.totals.total.__class__(payload["pricingSummary"]["total"]["value"])

    assert total(full) == order.totals.total
    assert total(plain) == order.totals.total - tax
    assert plain["lineItems"][0]["taxes"] == []
    assert plain["lineItems"][0]["ebayCollectAndRemitTaxes"]


# -- writing ---------------------------------------------------------------------------


def test_parcels_are_checked(ebay):
    number, order = place(ebay)
    path = f"{ORDERS}/{number}/shipping_fulfillment"
    line = ids.line_id(order.lines[0].id)
    rows = [{"lineItemId": line, "quantity": 1}]
    body = {"lineItems": rows, "trackingNumber": "1Z", "shippingCarrierCode": "UPS"}
    cases = [
        ({**body, "trackingNumber": "1 Z"}, 32300),
        ({"lineItems": rows, "trackingNumber": "1Z"}, 32300),
        ({**body, "lineItems": [{"lineItemId": "9", "quantity": 1}]}, 32200),
        ({**body, "lineItems": rows * 2}, 32210),
        ({**body, "lineItems": [{"lineItemId": line, "quantity": 999}]}, 32600),
    ]
    for wrong, code in cases:
        assert ebay.refused("POST", path, wrong) == (400, code)
    assert ebay.ask("POST", path, body)[0] == 201
    _status, payload = ebay.ask("GET", path)
    assert [row["fulfillmentId"] for row in payload["fulfillments"]] == ["1Z"]


def test_refunds_are_checked(ebay):
    number, order = place(ebay)
    path = f"{ORDERS}/{number}/issue_refund"
    whole = {"value": "1.00", "currency": "USD"}
    good = {"reasonForRefund": "BUYER_RETURN", "orderLevelRefundAmount": whole}
    cases = [
        ({}, 34903),
        ({"reasonForRefund": "BUYER_RETURN"}, 34905),
        ({**good, "comment": "x" * 101}, 34921),
        ({**good, "orderLevelRefundAmount": {**whole, "currency": "EUR"}}, 34909),
        ({**good, "orderLevelRefundAmount": {**whole, "value": "1.005"}}, 34907),
        ({**good, "orderLevelRefundAmount": {**whole, "value": "9999"}}, 34915),
    ]
    for wrong, code in cases:
        assert ebay.refused("POST", path, wrong) == (400, code)
    status, answer = ebay.ask("POST", path, good)
    assert (status, answer["refundStatus"]) == (200, "PENDING")
    seen = []
    for _ in range(3):
        _status, payload = ebay.ask("GET", f"{ORDERS}/{number}")
        seen.append(payload["paymentSummary"]["refunds"][0]["refundStatus"])
    assert seen[-1] == "REFUNDED"
    assert seen[0] == "PENDING"


def test_a_british_seller_has_to_sign_refunds():
    shop = Simulator(
        seed=1, marketplace="ebay", settings=Settings(base_country="GB", currency="GBP")
    )
    try:
        ebay = Ebay(shop)
        number, _order = place(ebay, "ebay_gb_vat_included")
        body = {
            "reasonForRefund": "BUYER_RETURN",
            "orderLevelRefundAmount": {"value": "1.00", "currency": "GBP"},
        }
        path = f"{ORDERS}/{number}/issue_refund"
        assert ebay.refused("POST", path, body)[0] == 403
        headers = {
            "signature": "sig1=:x:",
            "signature-input": "sig1=()",
            "x-ebay-signature-key": "jwe",
            "content-digest": "sha-256=:wrong:",
        }
        status, _payload = ebay.ask("POST", path, body, headers=headers)
        assert status == 403
    finally:
        shop.stop()


def test_a_path_that_is_none_and_a_body_that_is_none(ebay):
    number, _order = place(ebay)
    assert ebay.refused("GET", "/sell/other/v1/x")[0] == 404
    assert ebay.refused("POST", f"{ORDERS}/{number}/issue_refund", [1])[0] == 400
    path = f"{ORDERS}/{number}/shipping_fulfillment"
    assert ebay.refused("POST", path, {})[0] == 400
    assert ebay.refused("POST", path, {"lineItems": 5})[0] == 400


# -- its memory ------------------------------------------------------------------------


def test_a_restarted_ebay_has_the_same_orders(tmp_path):
    shop = Simulator(seed=4, marketplace="ebay", state_dir=tmp_path)
    ebay = Ebay(shop)
    placed = [place(ebay, None)[0] for _ in range(6)]
    before = ebay.ask("GET", ORDERS, fieldGroups="TAX_BREAKDOWN")[1]["orders"]
    shop.stop()
    again = Simulator(seed=4, marketplace="ebay", state_dir=tmp_path)
    try:
        orders = Ebay(again).ask("GET", ORDERS, fieldGroups="TAX_BREAKDOWN")[1][
            "orders"
        ]
        assert orders == before
        assert {order["orderId"] for order in orders} <= set(placed)
    finally:
        again.stop()


# -- what it sends by itself -----------------------------------------------------------


def test_a_deleted_account_is_told_signed_with_the_key_that_it_gives_out():
    with (
        Simulator(seed=4, marketplace="ebay") as shop,
        ScriptedServer(Answer(200, b"")) as receiver,
    ):
        ebay, portal = Ebay(shop), Portal(shop.world, shop.outbox)
        portal.endpoint = f"{receiver.url}/hook"
        order = shop.world.place_scenario("ebay_us_collected_tax")
        portal.delete_account(order.id)
        assert shop.outbox.wait_until_idle()
        (seen,) = receiver.seen
        fields = json.loads(base64.b64decode(seen.headers["X-EBAY-SIGNATURE"]))
        path = f"/commerce/notification/v1/public_key/{fields['kid']}"
        _status, key = ebay.ask("GET", path)
        _status, payload = ebay.ask("GET", f"{ORDERS}/{ids.order_id(order.id)}")
    der = base64.b64decode(key["key"].split("-----")[2])
    public = serialization.load_der_public_key(der)
    signature = base64.b64decode(fields["signature"])
    public.verify(signature, seen.body, ec.ECDSA(hashes.SHA1()))
    message = json.loads(seen.body)
    assert message["metadata"]["topic"] == "MARKETPLACE_ACCOUNT_DELETION"
    username = message["notification"]["data"]["username"]
    assert username == payload["buyer"]["username"]


def test_an_endpoint_elsewhere_is_not_asked(ebay):
    with pytest.raises(ValueError, match="this machine"):
        Portal(ebay.shop.world, ebay.shop.outbox).ask("https://odoo.example/hook")
