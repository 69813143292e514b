"""Amazon, the order feed: windows, pages, tokens of pages, both versions."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from amazon_seller import ScriptedTransport, Seller, credentials_for
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.amazon import AmazonConnector
from ecom_orders.marketplaces.amazon.orders import Place
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import OrderStatus

from simulator.core.faults import FaultRule

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
SEARCH = "orders.searchOrders"
BAD_TOKEN = {"errors": [{"code": "InvalidInput", "message": "paginationToken"}]}


@pytest.fixture
def seller():
    with Seller() as running:
        yield running


def scripted(*answers, **credentials):
    transport = ScriptedTransport({SEARCH: list(answers)}, now=NOW)
    made = AmazonConnector(
        credentials_for("https://amazon.example", **credentials), transport
    )
    return made, transport


def page(*order_ids, token="", before=""):
    body = {"orders": [{"orderId": order_id} for order_id in order_ids]}
    if token:
        body["pagination"] = {"nextToken": token}
    if before:
        body["lastUpdatedBefore"] = before
    return 200, body


def read(connector, cursor=None, size=100):
    envelopes, cursor = [], cursor or OrderCursor()
    while True:
        found = connector.fetch_orders(cursor, size)
        envelopes += found.envelopes
        cursor = found.cursor
        if not found.more:
            return envelopes, cursor


# -- windows ---------------------------------------------------------------------------


def test_the_cursor_moves_to_the_end_that_amazon_names():
    made, _transport = scripted(page(before="2026-03-02T09:57:00Z"))
    found = made.fetch_orders(OrderCursor(NOW - timedelta(hours=1)))
    assert found.cursor == OrderCursor(NOW - timedelta(minutes=3))
    assert not found.more


def test_without_a_named_end_two_minutes_are_left():
    made, _transport = scripted(page())
    found = made.fetch_orders(OrderCursor(NOW - timedelta(hours=1)))
    assert found.cursor == OrderCursor(NOW - timedelta(minutes=2))


def test_the_cursor_never_goes_back():
    since = NOW - timedelta(minutes=1)
    made, _transport = scripted(page(before="2026-03-02T09:57:00Z"))
    assert made.fetch_orders(OrderCursor(since)).cursor == OrderCursor(since)


def test_a_recent_window_has_no_end_of_its_own():
    made, transport = scripted(page())
    made.fetch_orders(OrderCursor(NOW - timedelta(days=30)))
    (sent,) = transport.sent(SEARCH)
    query = dict(sent.query)
    assert query["lastUpdatedAfter"] == "2026-01-31T10:00:00Z"
    assert not {"lastUpdatedBefore", "createdAfter", "createdBefore"} & set(query)


def test_a_long_time_is_read_window_by_window():
    """400 days: two windows of 180 days with an end, one without."""
    made, transport = scripted(page())
    envelopes, cursor = read(made, OrderCursor(NOW - timedelta(days=400)))
    assert envelopes == []
    ends = [
        dict(sent.query).get("lastUpdatedBefore") for sent in transport.sent(SEARCH)
    ]
    wanted = [NOW - timedelta(days=220), NOW - timedelta(days=40)]
    assert ends == [f"{end:%Y-%m-%dT%H:%M:%SZ}" for end in wanted] + [None]
    assert cursor.since == NOW - timedelta(minutes=2)


def test_from_the_beginning_is_two_years():
    made, transport = scripted(page())
    made.fetch_orders(OrderCursor())
    (sent,) = transport.sent(SEARCH)
    assert dict(sent.query)["lastUpdatedAfter"] == "2024-03-02T10:00:00Z"
    assert "lastUpdatedBefore" not in dict(sent.query)  # all of it is one list


def test_the_marketplaces_and_data_sets_are_named():
    made, transport = scripted(
        page(), marketplaces=("A1PA6795UKMFR9", "A1F83G8C2ARO7P")
    )
    made.fetch_orders(OrderCursor(), 500)
    query = dict(transport.sent(SEARCH)[0].query)
    assert query["marketplaceIds"] == "A1PA6795UKMFR9,A1F83G8C2ARO7P"
    assert query["maxResultsPerPage"] == "100"
    assert {"PROCEEDS", "TAX", "CANCELLATION"} <= set(query["includedData"].split(","))


# -- pages -----------------------------------------------------------------------------


def test_the_next_page_is_asked_for_with_the_same_parameters():
    made, transport = scripted(page("1", token="T1"), page("2"))
    envelopes, _cursor = read(made, OrderCursor(NOW - timedelta(hours=1)), size=7)
    assert [e.external_id for e in envelopes] == ["1", "2"]
    first, second = (dict(sent.query) for sent in transport.sent(SEARCH))
    assert second.pop("paginationToken") == "T1"
    assert second == first


def test_a_window_keeps_its_size_of_pages():
    made, transport = scripted(page("1", token="T1"), page("2"))
    found = made.fetch_orders(OrderCursor(NOW - timedelta(hours=1)), 7)
    made.fetch_orders(found.cursor, 50)
    assert dict(transport.sent(SEARCH)[1].query)["maxResultsPerPage"] == "7"


def test_while_pages_are_read_the_cursor_keeps_the_start_of_the_window():
    since = NOW - timedelta(hours=1)
    made, _transport = scripted(page("1", token="T1"))
    found = made.fetch_orders(OrderCursor(since))
    assert found.more
    assert found.cursor.since == since


def test_a_token_that_has_died_starts_the_window_again():
    since = NOW - timedelta(hours=1)
    made, transport = scripted((400, BAD_TOKEN), page("1", "2"))
    dead = OrderCursor(since, Place("T1", 7).notes)
    found = made.fetch_orders(dead)
    assert [e.external_id for e in found.envelopes] == ["1", "2"]
    again = dict(transport.sent(SEARCH)[1].query)
    assert "paginationToken" not in again
    assert again["lastUpdatedAfter"] == "2026-03-02T09:00:00Z"


def test_a_page_that_names_itself_as_the_next_one_is_a_bad_answer():
    made, _transport = scripted(page("1", token="T1"))
    with pytest.raises(errors.BadAnswer):
        read(made, OrderCursor(NOW - timedelta(hours=1)))


def test_pages_of_v0_are_small_enough_to_ask_for_all_items():
    empty = {"payload": {"Orders": []}}
    transport = ScriptedTransport({"ordersV0.getOrders": (200, empty)}, now=NOW)
    known = credentials_for(
        "https://amazon.example", api_version="v0", marketplaces=("X",)
    )
    AmazonConnector(known, transport).fetch_orders(OrderCursor(), 100)
    (sent,) = transport.sent("ordersV0.getOrders")
    assert dict(sent.query)["MaxResultsPerPage"] == "30"


def test_other_refusals_are_told():
    made, _transport = scripted((400, BAD_TOKEN))
    with pytest.raises(errors.RequestRefused):
        made.fetch_orders(OrderCursor(NOW - timedelta(hours=1)))


def test_a_place_survives_being_stored():
    place = Place("a token with spaces", 7, NOW)
    assert Place.of(frozenset(list(place.notes))) == place
    assert Place.of(frozenset()) == Place()
    assert Place.of(frozenset({"rubbish", "size x"})) == Place()


# -- personal data ---------------------------------------------------------------------

DENIED = (403, {"errors": [{"code": "Unauthorized", "message": "Access is denied."}]})


def data_sets(transport, operation=SEARCH):
    found = [dict(sent.query)["includedData"] for sent in transport.sent(operation)]
    return [set(text.split(",")) for text in found]


def test_orders_are_read_without_personal_data_where_these_are_refused():
    made, transport = scripted(DENIED, page("1", token="T1"), page("2"))
    envelopes, cursor = read(made, OrderCursor(NOW - timedelta(hours=1)))
    assert [e.external_id for e in envelopes] == ["1", "2"]
    with_data, without, next_page = data_sets(transport)
    assert with_data - without == {"BUYER", "RECIPIENT"}
    assert next_page == without
    assert cursor.seen == {"impersonal 2026-03-02"}


def test_for_a_day_it_is_not_tried_again():
    made, transport = scripted(page())
    seen = frozenset({"impersonal 2026-03-02"})
    found = made.fetch_orders(OrderCursor(NOW - timedelta(hours=1), seen))
    assert "BUYER" not in data_sets(transport)[0]
    assert found.cursor.seen == seen


def test_the_next_day_it_is():
    made, transport = scripted(page())
    seen = frozenset({"impersonal 2026-03-01"})
    found = made.fetch_orders(OrderCursor(NOW - timedelta(hours=1), seen))
    assert "BUYER" in data_sets(transport)[0]
    assert found.cursor.seen == frozenset()


def test_what_is_refused_without_personal_data_too_is_refused():
    made, transport = scripted(DENIED)
    with pytest.raises(errors.PermissionRefused):
        made.fetch_orders(OrderCursor(NOW - timedelta(hours=1)))
    assert len(transport.sent(SEARCH)) == 2


def test_a_single_order_is_read_without_personal_data_too():
    order_id = "114-1234567-1234567"
    transport = ScriptedTransport(
        {
            "orders.getOrder": [DENIED, (200, {"order": {"orderId": order_id}})],
            "finances.listTransactions": (200, {"payload": {}}),
        },
        now=NOW,
    )
    made = AmazonConnector(credentials_for("https://amazon.example"), transport)
    assert made.fetch_order(order_id).external_id == order_id
    assert "BUYER" not in data_sets(transport, "orders.getOrder")[1]


# -- more answers ----------------------------------------------------------------------


def test_a_row_without_an_id_does_not_stop_the_others():
    body = {"orders": [{"orderId": None}, {"orderId": "2"}]}
    made, _transport = scripted((200, body))
    found = made.fetch_orders(OrderCursor())
    assert [e.kind for e in found.envelopes] == [base.UNREADABLE, base.ORDER]


@pytest.mark.parametrize("body", [[], {"orders": "none"}, {"orders": {"a": 1}}])
def test_an_answer_that_is_no_list_is_a_bad_answer(body):
    made, _transport = scripted((200, body))
    with pytest.raises(errors.BadAnswer):
        made.fetch_orders(OrderCursor())


# -- against the simulated seller ------------------------------------------------------


def test_orders_of_the_last_two_minutes_come_with_the_next_run(seller):
    order_id = seller.place()
    connector = seller.connector()
    envelopes, cursor = read(connector)
    assert envelopes == []
    seller.wait()
    envelopes, _cursor = read(connector, cursor)
    assert [e.external_id for e in envelopes] == [order_id]


def test_every_kind_of_order_is_understood_to_the_cent(seller):
    placed = {
        seller.place(row["name"]) for row in seller.shop.scenarios() for _ in "12"
    }
    seller.wait()
    for version in ("", "v0"):
        connector = seller.connector(api_version=version)
        envelopes, _cursor = read(connector, size=5)
        assert {e.external_id for e in envelopes} == placed
        for envelope in envelopes:
            order = connector.normalise_order(parse_json(envelope.body))
            world = seller.order(order.external_id)
            assert order.currency == world.currency
            if order.status is OrderStatus.PENDING:
                continue
            assert order.total == world.totals.total
            unit = Decimal(1).scaleb(-world.decimals)
            assert price_order(order, unit).difference == 0


def test_both_versions_say_the_same(seller):
    for row in seller.shop.scenarios():
        seller.place(row["name"])
    seller.wait()

    def orders(version):
        connector = seller.connector(api_version=version)
        found = [
            connector.normalise_order(parse_json(e.body)) for e in read(connector)[0]
        ]
        return {
            order.external_id: (
                order.status,
                order.total,
                order.total_tax,
                order.fulfilled_by_channel,
                order.masked,
                order.marketplace_ref,
                order.ship_by,
                order.cancel_requested,
                {
                    (line.external_id, line.quantity * (line.quantity > 0))
                    for line in order.lines
                    if line.sku
                },
            )
            for order in found
        }

    assert orders("v0") == orders("")


def test_only_the_chosen_marketplaces_are_read(seller):
    seller.place("amazon_us")
    german = seller.place("amazon_de")
    seller.wait()
    connector = seller.connector(marketplaces=("A1PA6795UKMFR9",))
    assert [e.external_id for e in read(connector)[0]] == [german]


def test_a_cancel_request_is_told_by_the_feed(seller):
    order_id = seller.place()
    seller.shop.request_cancel(seller.order(order_id).id)
    seller.wait()
    connector = seller.connector()
    ((envelope,), _cursor) = read(connector)
    assert connector.normalise_order(parse_json(envelope.body)).cancel_requested


def test_every_order_arrives_although_a_third_of_the_answers_is_spoiled(seller):
    placed = {seller.place(row["name"]) for row in seller.shop.scenarios()}
    seller.wait()
    seller.shop.faults.add(
        [
            FaultRule("reset", 0.1),
            FaultRule("server_error", 0.1, status=503),
            FaultRule("html_ok", 0.15),
            FaultRule("truncated", 0.15),
            FaultRule("edit_between_pages", 0.3),
        ]
    )
    connector = seller.connector(attempts=4)
    found, cursor, more = {}, OrderCursor(), True
    while more:
        try:
            answer = connector.fetch_orders(cursor, 1)
        except errors.TransportError:
            seller.wait(600)
            continue
        found.update((e.external_id, e) for e in answer.envelopes)
        cursor, more = answer.cursor, answer.more
    assert set(found) == placed
    for envelope in found.values():
        connector.normalise_order(parse_json(envelope.body))
    assert sum(seller.shop.faults.injected.values()) > 3


# -- listing ---------------------------------------------------------------------------


def test_an_end_in_the_near_past_is_not_sent_but_kept_to():
    inside = {
        "createdTime": "2026-03-02T09:58:00Z",
        "lastUpdatedTime": "",
        "salesChannel": {},
    }
    rows = [
        {**inside, "orderId": "1", "proceeds": grand("1.00")},
        {
            **inside,
            "orderId": "2",
            "createdTime": "2026-03-02T09:59:30Z",
            "proceeds": grand("2.00"),
        },
    ]
    made, transport = scripted((200, {"orders": rows}))
    until = NOW - timedelta(minutes=1)
    pages = list(made.list_orders(NOW - timedelta(hours=1), until))
    assert [row.external_id for page in pages for row in page] == ["1"]
    query = dict(transport.sent(SEARCH)[0].query)
    assert "createdBefore" not in query
    assert "lastUpdatedAfter" not in query


def grand(amount):
    return {"grandTotal": {"amount": amount, "currencyCode": "USD"}}


def test_an_end_that_lies_back_far_enough_is_sent():
    made, transport = scripted(page())
    list(made.list_orders(NOW - timedelta(days=2), NOW - timedelta(days=1)))
    query = dict(transport.sent(SEARCH)[0].query)
    assert query["createdBefore"] == "2026-03-01T10:00:00Z"


def test_an_order_that_cannot_be_read_is_still_counted():
    rows = [{"orderId": "1", "createdTime": "yesterday"}]
    made, _transport = scripted((200, {"orders": rows}))
    ((row,),) = made.list_orders(NOW - timedelta(days=2), NOW - timedelta(days=1))
    assert (row.external_id, row.status) == ("1", OrderStatus.UNKNOWN)
