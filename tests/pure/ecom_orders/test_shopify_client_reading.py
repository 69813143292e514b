"""Shopify, step "read": the feed, whole orders, drafts, the bulk export, returns."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import OrderStatus
from ecom_orders.marketplaces.shopify.bulk import assemble
from ecom_orders.marketplaces.transport import Response, Settings
from fake_shopify import NOW, FakeShop, connection, refused
from shopify_payloads import bag, line, order, refund, shipping, work


def node(number, minutes_ago=60, **values):
    """An order as the list shows it, modified some time ago."""
    stamp = (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {"id": f"gid://shopify/Order/{number}", "updatedAt": stamp, **values}
    payload = order([line(1, 10)], 10, **values)
    for field in ("lineItems", "shippingLines"):
        payload[field] = connection(payload[field]["nodes"])
    return payload


def ids(envelopes):
    return [envelope.external_id for envelope in envelopes]


def orders_page(nodes, after=None):
    return {"orders": connection(nodes, after)}


# -- the feed --------------------------------------------------------------------------


def test_pages_of_a_run_are_joined_by_the_searches_cursor():
    pages = [orders_page([node(1), node(2, 50)], "c1"), orders_page([node(3, 40)])]
    shop = FakeShop(Orders=pages)
    connector = shop.connector()
    since = NOW - timedelta(days=1)
    first = connector.fetch_orders(OrderCursor(since))
    second = connector.fetch_orders(first.cursor)
    assert (ids(first.envelopes), first.more) == (["1", "2"], True)
    assert (ids(second.envelopes), second.more) == (["3"], False)
    asked = shop.sent("Orders")
    assert [row["after"] for row in asked] == [None, "c1"]
    assert {row["query"] for row in asked} == {"updated_at:>='2026-03-01T12:00:00Z'"}


def test_the_next_run_begins_behind_the_newest_row():
    """Its second is over by more than the index may lag: nothing can be added to it."""
    shop = FakeShop(Orders=orders_page([node(1, 30), node(2, 20)]))
    page = shop.connector().fetch_orders(OrderCursor())
    newest = NOW - timedelta(minutes=20)
    assert page.cursor == OrderCursor(newest + timedelta(seconds=1))
    shop.connector().fetch_orders(page.cursor)
    assert shop.sent("Orders")[-1]["query"] == "updated_at:>='2026-03-02T11:40:01Z'"


def test_a_long_run_ends_before_what_lagged_when_it_was_passed():
    """The second page came two minutes later; what was written around the first page
    and indexed late is behind the cursor by then."""
    shop = FakeShop(
        Orders=[orders_page([node(1, 0)], "c1"), orders_page([node(2, -2)])]
    )
    connector = shop.connector()
    first = connector.fetch_orders(OrderCursor())
    shop.now = NOW + timedelta(minutes=4)
    second = connector.fetch_orders(first.cursor)
    assert second.cursor == OrderCursor(NOW - timedelta(seconds=60))


def test_orders_that_change_while_drafts_are_read_are_found_by_the_next_run():
    shop = FakeShop(
        Orders=orders_page([node(1, 30)]),
        DraftOrders={"draftOrders": connection([draft(7, minutes_ago=-3)])},
    )
    connector = shop.connector(drafts=True)
    first = connector.fetch_orders(OrderCursor())
    shop.now = NOW + timedelta(minutes=10)  # the drafts take their time
    second = connector.fetch_orders(first.cursor)
    assert not second.more
    assert second.cursor.since == NOW - timedelta(seconds=60)


def test_a_run_that_finds_nothing_stays_where_it_was():
    shop = FakeShop(Orders=orders_page([]))
    cursor = OrderCursor(NOW - timedelta(days=3))
    assert shop.connector().fetch_orders(cursor).cursor == cursor


def test_what_may_not_be_indexed_yet_is_read_again():
    """A row of the last minute is given out, but the next run begins before it."""
    shop = FakeShop(Orders=orders_page([node(1, 30), node(2, 0)]))
    page = shop.connector().fetch_orders(OrderCursor())
    assert ids(page.envelopes) == ["1", "2"]
    assert page.cursor == OrderCursor(NOW - timedelta(seconds=60))


def test_a_cursor_that_the_shop_does_not_take_any_more_begins_the_run_again():
    def orders(variables):
        if variables["after"]:
            return refused("BAD_REQUEST", "Invalid cursor for pagination")
        return orders_page([node(1), node(2)])

    shop = FakeShop(Orders=orders)
    cursor = OrderCursor(NOW - timedelta(days=1), frozenset({"@after:stale"}))
    page = shop.connector().fetch_orders(cursor)
    assert ids(page.envelopes) == ["1", "2"]


def test_one_order_that_cannot_be_read_does_not_stop_the_others():
    broken = {**node(2), "id": None}
    shop = FakeShop(Orders=orders_page([node(1), broken, node(3)]))
    kinds = [e.kind for e in shop.connector().fetch_orders(OrderCursor()).envelopes]
    assert kinds == [base.ORDER, base.UNREADABLE, base.ORDER]


def test_the_side_of_the_money_travels_with_the_order():
    shop = FakeShop(Orders=orders_page([node(1)]))
    (envelope,) = shop.connector(money="shop").fetch_orders(OrderCursor()).envelopes
    assert parse_json(envelope.body)["moneySide"] == "shop"
    (envelope,) = shop.connector().fetch_orders(OrderCursor()).envelopes
    assert "moneySide" not in parse_json(envelope.body)


# -- whole orders ----------------------------------------------------------------------


def test_an_order_with_more_lines_than_a_page_is_completed():
    long = node(1)
    long["lineItems"] = connection([line(n, 1) for n in range(1, 51)], "l50")
    rest = connection([line(n, 1) for n in range(51, 71)])
    shop = FakeShop(Orders=orders_page([long]), LineItems={"node": {"lineItems": rest}})
    (envelope,) = shop.connector().fetch_orders(OrderCursor()).envelopes
    payload = parse_json(envelope.body)
    assert len(payload["lineItems"]["nodes"]) == 50 + 20
    assert "pageInfo" not in envelope.body
    assert shop.sent("LineItems") == [{"id": "gid://shopify/Order/1", "after": "l50"}]


def test_long_lists_inside_of_lists_are_completed_too():
    site = {**work(1, [(1, 1, 1)]), "lineItems": connection([], "w1")}
    back = {**refund(4, 5), "refundLineItems": connection([], "r1")}
    long = node(1, fulfillmentOrders=connection([site]), refunds=[back])
    more_work = work(1, [(1, 1, 1)])["lineItems"]["nodes"]
    more_back = refund(4, 5, [(1, 1, 5, 0)])["refundLineItems"]["nodes"]
    shop = FakeShop(
        Orders=orders_page([long]),
        FulfillmentOrderLines={"node": {"lineItems": connection(more_work)}},
        RefundLines={"node": {"refundLineItems": connection(more_back)}},
    )
    (envelope,) = shop.connector().fetch_orders(OrderCursor()).envelopes
    payload = parse_json(envelope.body)
    assert payload["fulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"]
    assert payload["refunds"][0]["refundLineItems"]["nodes"]


def test_an_order_that_goes_away_while_its_lines_are_read_is_not_taken_for_short():
    long = node(1)
    long["lineItems"] = connection([line(1, 1)], "l1")
    shop = FakeShop(Orders=orders_page([long]), LineItems={"node": None})
    with pytest.raises(errors.BadAnswer):
        shop.connector().fetch_orders(OrderCursor())


def test_refunds_without_money_are_not_among_the_refunds():
    rows = [refund(1, 0, [(1, 1, 10, 0)]), refund(2, 5)]
    found = {"id": "gid://shopify/Order/5", "refunds": rows}
    shop = FakeShop(OrderRefunds={"order": found})
    envelopes = shop.connector().fetch_refunds("5")
    assert [(e.kind, e.external_id) for e in envelopes] == [(base.REFUND, "5/2")]


def test_an_order_in_the_list_of_which_something_was_refunded_is_read_whole():
    """Its total depends on whether the refunded pieces had been sent."""
    rows = [line(1, 10, 3, currentQuantity=1)]
    values = {
        "currentTotalPriceSet": bag(10),
        "totalRefundedSet": bag(20),
        "displayFinancialStatus": "PARTIALLY_REFUNDED",
    }
    whole = {**node(1, **values), "totalPriceSet": bag(30)}
    whole["lineItems"] = connection(rows)
    plain = node(2)
    shop = FakeShop(
        OrderList={"orders": connection([whole, plain])},
        OrderNodes=lambda variables: {"nodes": [whole for _ in variables["ids"]]},
    )
    (page,) = shop.connector().list_orders(NOW - timedelta(days=1), NOW)
    assert {row.external_id: row.total for row in page} == {"1": 30 - 20, "2": 10}
    assert shop.sent("OrderNodes") == [{"ids": ["gid://shopify/Order/1"]}]
    (query,) = {asked["query"] for asked in shop.sent("OrderList")}
    assert query == (
        "created_at:>='2026-03-01T12:00:00Z' created_at:<'2026-03-02T12:00:00Z'"
    )


# -- drafts ----------------------------------------------------------------------------


def draft(number, status="OPEN", became=None, minutes_ago=60):
    stamp = (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": f"gid://shopify/DraftOrder/{number}",
        "name": f"#D{number}",
        "status": status,
        "createdAt": stamp,
        "updatedAt": stamp,
        "currencyCode": "USD",
        "presentmentCurrencyCode": "USD",
        "totalPriceSet": bag(0),
        "lineItems": connection([]),
        "order": {"id": f"gid://shopify/Order/{became}"} if became else None,
    }


def read(connector, cursor=None):
    cursor, envelopes, more = cursor or OrderCursor(), [], True
    while more:
        page = connector.fetch_orders(cursor)
        envelopes += page.envelopes
        cursor, more = page.cursor, page.more
    return envelopes, cursor


def test_drafts_follow_the_orders_where_they_are_wanted():
    drafts = [draft(7, minutes_ago=50), draft(8, "COMPLETED", 1, minutes_ago=40)]
    shop = FakeShop(
        Orders=orders_page([node(1)]), DraftOrders={"draftOrders": connection(drafts)}
    )
    envelopes, cursor = read(shop.connector(drafts=True))
    assert ids(envelopes) == ["1", "draft:7"]  # draft 8 is order 1 by now
    assert cursor.since == NOW - timedelta(minutes=40) + timedelta(seconds=1)
    assert read(shop.connector())[0] == envelopes[:1]
    found = shop.connector().normalise_order(parse_json(envelopes[1].body))
    assert (found.external_id, found.status) == ("draft:7", OrderStatus.DRAFT)


def test_an_order_that_was_a_draft_names_it():
    row = node(1, sourceName="shopify_draft_order")
    shop = FakeShop(
        Orders=orders_page([row, node(2)]),
        DraftOrders={"draftOrders": connection([])},
        DraftOrigins={"draftOrders": {"nodes": [draft(8, "COMPLETED", 1)]}},
    )
    connector = shop.connector(drafts=True)
    first, second = read(connector)[0]
    refs = [
        connector.normalise_order(parse_json(e.body)).draft_ref for e in (first, second)
    ]
    assert refs == ["draft:8", ""]


def test_a_draft_by_its_id():
    shop = FakeShop(DraftOrder={"draftOrder": draft(7)})
    assert shop.connector().fetch_order("draft:7").external_id == "draft:7"
    shop.routes["DraftOrder"] = {"draftOrder": None}
    with pytest.raises(errors.NotFound):
        shop.connector().fetch_order("draft:7")


# -- the bulk export -------------------------------------------------------------------


def jsonl(*rows):
    return b"\n".join(json.dumps(row).encode() for row in rows)


def bulk_rows(number=1, **values):
    """An order as a bulk export writes it, its children on lines of their own."""
    gid = f"gid://shopify/Order/{number}"
    root = node(number, **values)
    for field in ("lineItems", "shippingLines"):
        root.pop(field)
    site = work(number, [(1, 1, 1)])
    inner = site.pop("lineItems")["nodes"][0]
    return [
        root,
        {**line(1, 10), "__parentId": gid},
        {**shipping(0), "__parentId": gid},
        {**site, "__parentId": gid},
        {**inner, "__parentId": site["id"]},
    ]


def bulk_shop(content, sizes=(0,), statuses=("RUNNING", "COMPLETED")):
    """A shop that runs exports; ``sizes`` are those of their files, one by one."""
    sizes, waiting = list(sizes), []

    def run(_variables):
        waiting[:] = list(statuses)
        return {
            "bulkOperationRunQuery": {
                "bulkOperation": {"id": "gid://shopify/BulkOperation/1"},
                "userErrors": [],
            }
        }

    def status(_variables):
        now = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        size = (sizes.pop(0) if len(sizes) > 1 else sizes[0]) if now != "RUNNING" else 0
        found = {"status": now, "errorCode": None, "fileSize": str(size)}
        return {"node": {**found, "url": "https://files.example/x.jsonl?s=1"}}

    return FakeShop(RunBulk=run, BulkStatus=status, file=Response(200, body=content))


def test_an_export_is_put_together_by_parents():
    (found,) = assemble(jsonl(*bulk_rows()))
    assert [row["id"] for row in found["lineItems"]["nodes"]] == [line(1, 10)["id"]]
    assert len(found["shippingLines"]["nodes"]) == 1
    (site,) = found["fulfillmentOrders"]["nodes"]
    assert [row["remainingQuantity"] for row in site["lineItems"]["nodes"]] == [1]
    assert "__parentId" not in json.dumps(found)


def test_children_may_come_in_any_order():
    rows = bulk_rows(1) + bulk_rows(2)
    expected = {row["id"]: row for row in assemble(jsonl(*rows))}
    found = {row["id"]: row for row in assemble(jsonl(*reversed(rows)))}
    assert found == expected


def test_a_delivery_without_an_id_finds_its_place():
    rows = bulk_rows()
    rows[2] = {**rows[2], "id": None}
    (found,) = assemble(jsonl(*rows))
    assert len(found["shippingLines"]["nodes"]) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"not json",
        b"[1]",
        jsonl({"id": "gid://shopify/LineItem/1", "__parentId": "gid://nobody"}),
        jsonl(*bulk_rows()[:1], {"__parentId": "gid://shopify/Order/1", "x": 1}),
    ],
)
def test_an_export_that_makes_no_sense_is_refused(content):
    with pytest.raises(errors.BadAnswer):
        assemble(content)


def test_history_comes_from_the_export_and_waits_for_it():
    shop = bulk_shop(jsonl(*bulk_rows()), statuses=("CREATED", "RUNNING", "COMPLETED"))
    since, until = NOW - timedelta(days=9), NOW
    (page,) = shop.connector().fetch_history(since, until)
    assert ids(page) == ["1"]
    assert shop.clock.slept == [1.0, 2.0]
    (asked,) = shop.sent("RunBulk")
    bounds = "updated_at:>='2026-02-21T12:00:00Z' updated_at:<'2026-03-02T12:00:00Z'"
    assert bounds in asked["query"]


def test_the_token_is_not_sent_to_the_server_of_the_file():
    shop = bulk_shop(jsonl(*bulk_rows()))
    list(shop.connector().fetch_history(None))
    request = shop.requests[-1]
    assert request.url.startswith("https://files.example/")
    assert dict(request.headers) == {}


def test_orders_with_refunds_are_read_once_more():
    rows = bulk_rows(1, refunds=[{"id": "gid://shopify/Refund/4"}]) + bulk_rows(2)
    whole = node(1, refunds=[refund(4, 5)])
    shop = bulk_shop(jsonl(*rows))
    shop.routes["OrderNodes"] = {"nodes": [whole]}
    (page,) = shop.connector().fetch_history(None)
    assert ids(page) == ["1", "2"]
    assert "totalRefundedSet" in parse_json(page[0].body)["refunds"][0]
    assert shop.sent("OrderNodes") == [{"ids": ["gid://shopify/Order/1"]}]


def test_an_export_that_is_too_large_is_done_in_halves():
    shop = bulk_shop(jsonl(*bulk_rows()), sizes=[5_000, 10])
    shop.settings = Settings(max_bytes=1_000)
    since = NOW - timedelta(days=2)
    pages = list(shop.connector().fetch_history(since, NOW))
    assert len(pages) == 2
    bounds = [
        asked["query"].partition('query: "')[2].partition('"')[0]
        for asked in shop.sent("RunBulk")
    ]
    middle = "'2026-03-01T12:00:00Z'"
    assert bounds[1].endswith(f"updated_at:<{middle}")
    assert bounds[2].startswith(f"updated_at:>={middle}")


def test_an_export_of_nothing():
    shop = bulk_shop(b"")
    shop.routes["BulkStatus"] = {"node": {"status": "COMPLETED", "url": None}}
    assert list(shop.connector().fetch_history(None)) == []


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        ("FAILED", "ACCESS_DENIED", errors.PermissionRefused),
        ("FAILED", "TIMEOUT", errors.TimedOut),
        ("FAILED", "INTERNAL_SERVER_ERROR", errors.ServerFailed),
        ("CANCELED", None, errors.ServerFailed),
        ("EXPIRED", None, errors.ServerFailed),
    ],
)
def test_an_export_that_fails(status, code, error):
    shop = bulk_shop(b"")
    shop.routes["BulkStatus"] = {"node": {"status": status, "errorCode": code}}
    with pytest.raises(error):
        list(shop.connector().fetch_history(None))


def test_an_export_that_does_not_end_is_given_up():
    shop = bulk_shop(b"", statuses=("RUNNING",))
    with pytest.raises(errors.TimedOut):
        list(shop.connector(bulk_timeout=100).fetch_history(None))
    assert sum(shop.clock.slept) < 100


def test_only_one_export_runs_at_a_time():
    error = {"code": "OPERATION_IN_PROGRESS", "message": "one runs", "field": None}
    payload = {"bulkOperation": None, "userErrors": [error]}
    shop = FakeShop(RunBulk={"bulkOperationRunQuery": payload})
    with pytest.raises(errors.RateLimited) as caught:
        list(shop.connector().fetch_history(None))
    assert caught.value.retriable


# -- returns ---------------------------------------------------------------------------


def returns_page(*numbers, minutes_ago=60, after=None):
    stamp = (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = [{"id": f"gid://shopify/Return/{number}"} for number in numbers]
    row = {
        "id": "gid://shopify/Order/5",
        "updatedAt": stamp,
        "returns": {"nodes": rows},
    }
    return {"orders": connection([row], after)}


def test_returns_are_found_by_the_orders_that_have_some():
    shop = FakeShop(Returns=returns_page(6, 7))
    page = shop.connector().fetch_returns(OrderCursor())
    assert [(e.kind, e.external_id) for e in page.envelopes] == [
        (base.RETURN, "6"),
        (base.RETURN, "7"),
    ]
    newest = NOW - timedelta(minutes=60)
    assert page.cursor == OrderCursor(newest + timedelta(seconds=1))
    assert "return_status:return_requested OR" in shop.sent("Returns")[0]["query"]


def test_returns_come_again_when_the_order_changes():
    shop = FakeShop(Returns=[returns_page(6), returns_page(6, minutes_ago=30)])
    first = shop.connector().fetch_returns(OrderCursor())
    assert ids(shop.connector().fetch_returns(first.cursor).envelopes) == ["6"]


def test_a_return_with_more_lines_than_a_page_is_completed():
    page = returns_page(6)
    (found,) = page["orders"]["nodes"][0]["returns"]["nodes"]
    found["returnLineItems"] = connection([{"id": "a"}], "r1")
    page["orders"]["nodes"][0]["returns"] = connection([found], "o1")
    more = {"id": "gid://shopify/Return/7", "returnLineItems": connection([])}
    shop = FakeShop(
        Returns=page,
        ReturnsOf={"node": {"returns": connection([more])}},
        ReturnLines={"node": {"returnLineItems": connection([{"id": "b"}])}},
    )
    first, second = shop.connector().fetch_returns(OrderCursor()).envelopes
    rows = parse_json(first.body)["returnLineItems"]["nodes"]
    assert [row["id"] for row in rows] == ["a", "b"]
    assert second.external_id == "7"


def test_orders_by_their_ids_in_smaller_pieces_where_all_cost_too_much():
    refs = [{"id": "gid://shopify/Refund/4"}]
    rows = [row for n in range(1, 11) for row in bulk_rows(n, refunds=refs)]

    def nodes(variables):
        if len(variables["ids"]) > 5:
            return refused("MAX_COST_EXCEEDED")
        return {"nodes": [node(text.rpartition("/")[2]) for text in variables["ids"]]}

    shop = bulk_shop(jsonl(*rows))
    shop.routes["OrderNodes"] = nodes
    (page,) = shop.connector().fetch_history(None)
    assert len(page) == 10
    assert [len(asked["ids"]) for asked in shop.sent("OrderNodes")] == [10, 5, 5]


def test_locations_open_and_closed():
    rows = [
        {
            "id": "gid://shopify/Location/1",
            "name": "Main",
            "isActive": True,
            "address": {"countryCode": "US"},
        },
        {"id": "gid://shopify/Location/2", "name": "Old", "isActive": False},
    ]
    shop = FakeShop(Locations={"locations": connection(rows)})
    found = shop.connector().fetch_locations()
    assert [(row.ref, row.country_code, row.active) for row in found] == [
        ("1", "US", True),
        ("2", "", False),
    ]


def test_every_variant_is_a_row():
    rows = [
        {
            "id": "gid://shopify/ProductVariant/11",
            "title": "Default Title",
            "sku": "MUG",
            "barcode": "401",
            "price": "12.5",
            "inventoryQuantity": 4,
            "product": {"title": "Mug", "status": "ACTIVE"},
            "inventoryItem": {"id": "gid://shopify/InventoryItem/9", "tracked": True},
        },
        {
            "id": "gid://shopify/ProductVariant/12",
            "title": "Blue / M",
            "sku": None,
            "price": "9",
            "inventoryQuantity": 0,
            "product": {"title": "Tee", "status": "DRAFT"},
            "inventoryItem": {"id": "gid://shopify/InventoryItem/8", "tracked": False},
        },
        {"id": "nonsense"},
    ]
    shop = FakeShop(Products={"productVariants": connection(rows)})
    ((mug, tee),) = shop.connector().fetch_products()
    assert (mug.product_ref, mug.name, mug.barcode) == ("11", "Mug", "401")
    assert (mug.manages_stock, mug.stock, mug.active) == (True, 4, True)
    assert (tee.name, tee.manages_stock, tee.stock) == ("Tee (Blue / M)", False, None)
    assert not tee.active


def test_a_moment_in_another_zone_is_asked_for_in_utc():
    shop = FakeShop(Orders=orders_page([]))
    zone = timezone(timedelta(hours=8))
    shop.connector().fetch_orders(OrderCursor(datetime(2026, 3, 2, 8, 0, tzinfo=zone)))
    assert shop.sent("Orders")[0]["query"] == "updated_at:>='2026-03-02T00:00:00Z'"
