"""eBay, step "receive": every change of every order, whatever moves meanwhile."""

import json
from datetime import datetime, timedelta, timezone
from random import Random

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.ebay import feed
from ecom_orders.marketplaces.ebay.feed import HISTORY, OVERLAP, SETTLE
from fake_ebay import ORDERS, FakeEbay, answer, connector, refused


def read(shop, cursor=None, page_size=100):
    """Payloads of one run and the cursor after it."""
    ebay, cursor, found = connector(shop), cursor or OrderCursor(), []
    for _ in range(400):
        page = ebay.fetch_orders(cursor, page_size)
        found += [json.loads(envelope.body) for envelope in page.envelopes]
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("the run does not end")


def windows(shop):
    """What was asked for: start, end (or None), offset."""
    asked = []
    for request in shop.asked():
        query = dict(request.query)
        start, _, end = (
            query["filter"].removesuffix("]").partition(":[")[2].partition("..")
        )
        asked.append(
            (
                datetime.fromisoformat(start),
                datetime.fromisoformat(end) if end else None,
                int(query["offset"]),
            )
        )
    return asked


# -- what is asked for -----------------------------------------------------------------


def test_the_first_run_asks_for_just_under_two_years_and_for_the_taxes():
    shop = FakeEbay()
    shop.create(1)
    read(shop)
    (request,) = shop.asked()
    query = dict(request.query)
    assert query["fieldGroups"] == "TAX_BREAKDOWN"
    ((since, until, _offset),) = windows(shop)
    age = datetime.now(timezone.utc) - since
    assert HISTORY <= age < timedelta(days=730)
    assert until is None


def test_what_fits_on_one_page_costs_one_request_and_ends_the_run_before_now():
    shop = FakeEbay()
    placed = {shop.create(number) for number in range(7)}
    found, cursor = read(shop)
    assert {order["orderId"] for order in found} == placed
    assert len(shop.asked()) == 1
    assert shop.now - OVERLAP - timedelta(seconds=1) <= cursor.since
    assert cursor.since <= shop.now - OVERLAP


def test_a_cursor_older_than_two_years_is_not_asked_for():
    shop = FakeEbay()
    shop.create(1)
    old = OrderCursor(datetime.now(timezone.utc) - timedelta(days=1_500))
    found, _cursor = read(shop, old)
    assert len(found) == 1


def test_more_than_a_page_is_read_in_windows_that_end_before_ebays_clock():
    shop = FakeEbay()
    for number in range(25):
        shop.create(number, shop.now - timedelta(minutes=number + 1))
    found, _cursor = read(shop, page_size=10)
    assert len({order["orderId"] for order in found}) == 25
    closed = [until for _since, until, _offset in windows(shop) if until]
    assert closed
    assert all(until <= shop.now - SETTLE for until in closed)
    assert [offset for _s, until, offset in windows(shop) if until] == [0, 9, 19]


def test_a_window_with_very_many_rows_is_made_shorter(monkeypatch):
    monkeypatch.setattr(feed, "WINDOW_ROWS", 50)
    shop = FakeEbay()
    placed = {
        shop.create(number, shop.now - timedelta(hours=number + 1))
        for number in range(400)
    }
    found, _cursor = read(shop, page_size=40)
    assert {order["orderId"] for order in found} == placed
    assert len(found) < 1.2 * 400  # and hardly a row is read twice


def test_no_moment_of_the_future_is_asked_for_when_ebays_clock_is_behind_ours():
    shop = FakeEbay(now=datetime.now(timezone.utc) - timedelta(minutes=30))
    for number in range(30):
        shop.create(number)
    found, _cursor = read(shop, page_size=10)  # a refusal would be raised
    assert len({order["orderId"] for order in found}) == 30


def test_a_first_cursor_by_a_clock_that_is_ahead_reads_from_before_it():
    shop = FakeEbay()
    placed = shop.create(1)
    found, cursor = read(shop, OrderCursor(shop.now + timedelta(minutes=10)))
    assert [order["orderId"] for order in found] == [placed]
    assert cursor.since < shop.now


# -- what moves while it is read -------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_no_order_is_lost_while_orders_change_and_arrive_between_pages(seed):
    """Every run sees all that was there at its start; in the end all is known."""
    rng = Random(seed)
    shop = FakeEbay()
    for number in range(rng.randint(5, 60)):
        shop.create(number, shop.now - timedelta(seconds=rng.randint(0, 4_000)))
    left = [rng.randint(5, 60)]

    def disturb(ebay):
        ebay.now += timedelta(milliseconds=rng.randint(50, 3_000))
        for _ in range(min(left[0], rng.choice((0, 1, 1, 2, 5)))):
            left[0] -= 1
            if rng.random() < 0.2:
                ebay.create(1_000 + left[0])
            else:
                ebay.touch(rng.choice(sorted(ebay.rows)), rng.choice((0, 0, 0, 20)))

    shop.between = disturb
    size = rng.randint(1, 12)
    before = set(shop.rows)
    found, cursor = read(shop, page_size=size)
    visible = {row.id for row in shop.rows.values() if not row.visible}
    assert visible & before <= {order["orderId"] for order in found}
    shop.between = None
    shop.now += timedelta(seconds=60)
    later, _cursor = read(shop, cursor, size)
    newest = {}
    for order in found + later:
        newest[order["orderId"]] = max(
            newest.get(order["orderId"], 0), int(order["salesRecordReference"])
        )
    assert newest == {row.id: row.version for row in shop.rows.values()}


def test_the_position_goes_back_when_a_row_leaves_the_window():
    shop = FakeEbay()
    ids = [shop.create(n, shop.now - timedelta(minutes=60 - n)) for n in range(6)]
    lists = []

    def touch_the_first_once(ebay):
        lists.append(1)
        if len(lists) == 3:  # probe, first page, and before the second one
            ebay.touch(ids[0])

    shop.between = touch_the_first_once
    found, _cursor = read(shop, page_size=3)
    assert {order["orderId"] for order in found} == set(ids)
    # The second page begins with the last row of the first, which is gone.
    assert [offset for _s, until, offset in windows(shop) if until][:3] == [0, 2, 0]


def test_a_list_that_ignores_the_position_is_told_and_not_read_for_ever():
    shop = FakeEbay()
    row = shop.payload(shop.rows[shop.create(1, shop.now - timedelta(hours=1))])
    shop.routes["GET", ORDERS] = lambda _request: answer(
        {"total": 999, "orders": [row]}
    )
    with pytest.raises(errors.BadAnswer, match="offset"):
        read(shop, page_size=1)


# -- what the list leaves out ----------------------------------------------------------


def test_orders_that_are_being_cancelled_are_read_in_full():
    shop = FakeEbay()
    asked = shop.create(1, cancel_state="IN_PROGRESS")
    quiet = shop.create(2)
    found, _cursor = read(shop)
    requests = {o["orderId"]: o["cancelStatus"]["cancelRequests"] for o in found}
    assert len(requests[asked]) == 1
    assert requests[quiet] == []
    assert len(shop.asked(f"{ORDERS}/{asked}")) == 1
    assert shop.asked(f"{ORDERS}/{quiet}") == []


def test_orders_of_italy_and_spain_are_read_in_full_for_the_tax_number():
    shop = FakeEbay()
    italian = shop.create(1, marketplace="EBAY_IT")
    read(shop)
    assert len(shop.asked(f"{ORDERS}/{italian}")) == 1


@pytest.mark.parametrize(
    "instead", [refused(32100, 404), refused(32800, 400), answer({"orderId": "other"})]
)
def test_an_order_that_cannot_be_read_in_full_is_taken_from_the_list(instead):
    shop = FakeEbay()
    asked = shop.create(1, cancel_state="IN_PROGRESS")
    shop.routes["GET", f"{ORDERS}/{asked}"] = instead
    found, _cursor = read(shop)
    assert [order["orderId"] for order in found] == [asked]


def test_an_order_nested_beyond_reason_is_a_hint_and_stops_nothing():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    hint = feed.wrap({"orderId": "12-00001-00001", "lineItems": deep})
    assert (hint.kind, hint.external_id) == (base.ORDER_HINT, "12-00001-00001")
    assert feed.wrap([deep]).kind == base.UNREADABLE


def test_only_orders_of_the_channels_marketplaces_come():
    shop = FakeEbay()
    shop.create(1, marketplace="EBAY_DE")
    mine = shop.create(2, marketplace="EBAY_GB")
    page = connector(shop, marketplaces=("EBAY_GB",)).fetch_orders(OrderCursor())
    assert [envelope.external_id for envelope in page.envelopes] == [mine]


def test_a_row_without_an_id_is_kept_as_unreadable_and_stops_nothing():
    shop = FakeEbay()
    good = shop.payload(shop.rows[shop.create(1)])
    rows = [{"orderId": None}, 7, good, {"orderId": "../1"}]
    shop.routes["GET", ORDERS] = answer({"total": 4, "orders": rows})
    page = connector(shop).fetch_orders(OrderCursor())
    kinds = [envelope.kind for envelope in page.envelopes]
    assert kinds == ["unreadable", "unreadable", "order", "unreadable"]
    assert not page.more


# -- listing ---------------------------------------------------------------------------


def test_all_orders_of_a_period_are_listed_by_their_creation():
    shop = FakeEbay()
    start = shop.now - timedelta(days=3)
    inside = {shop.create(n, start + timedelta(minutes=n)) for n in range(450)}
    shop.create(900, start - timedelta(seconds=1))
    until = start + timedelta(days=1)
    shop.create(901, until)  # the end is not part of it
    pages = list(connector(shop).list_orders(start, until))
    rows = [row for page in pages for row in page]
    assert {row.external_id for row in rows} == inside
    assert len(rows) == 450
    assert [len(page) for page in pages] == [200, 200, 50]


def test_a_period_that_reaches_into_the_future_is_left_open():
    shop = FakeEbay()
    placed = shop.create(1)
    now = datetime.now(timezone.utc)
    pages = connector(shop).list_orders(
        now - timedelta(days=1), now + timedelta(days=1)
    )
    assert [row.external_id for page in pages for row in page] == [placed]
    (request,) = shop.asked()
    assert dict(request.query)["filter"].endswith("..]")


def test_an_order_that_cannot_be_understood_is_counted_all_the_same():
    shop = FakeEbay()
    payload = shop.payload(shop.rows[shop.create(1)])
    payload["pricingSummary"]["total"]["value"] = "much"
    shop.routes["GET", ORDERS] = answer({"total": 1, "orders": [payload]})
    now = datetime.now(timezone.utc)
    ((row,),) = connector(shop).list_orders(now - timedelta(days=1), now)
    assert (row.external_id, row.currency) == (payload["orderId"], "")
