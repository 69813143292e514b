"""WooCommerce, step "read the order feed": every change once at least, in order."""

import contextlib
import itertools
import json
import os
from datetime import datetime, timedelta, timezone
from unittest import mock

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.base import Credentials, OrderCursor
from ecom_orders.marketplaces.woocommerce import api, feed
from ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector
from fake_woo import START, FakeShop, answer, refused
from hypothesis import given, settings
from hypothesis import strategies as st

CALLS = 400  # no run of a test needs more; a feed that never ends does


def connector(shop):
    return WooCommerceConnector(Credentials("https://shop.example", "ck", "cs"), shop)


def run(client, cursor=None, page_size=100):
    """Read until the feed says that there is no more."""
    cursor, envelopes = cursor or OrderCursor(), []
    for _ in range(CALLS):
        page = client.fetch_orders(cursor, page_size)
        envelopes += page.envelopes
        cursor = page.cursor
        assert len(json.dumps(sorted(cursor.seen))) < 4_000, "a cursor stays small"
        if not page.more:
            return envelopes, cursor
    raise AssertionError("the feed does not end")


def ids(envelopes):
    return [int(envelope.external_id) for envelope in envelopes]


def minute(number):
    return START - timedelta(hours=10) + timedelta(minutes=number)


@pytest.fixture
def shop():
    return FakeShop()


def test_from_the_beginning_it_reads_everything_oldest_first(shop):
    for number in range(25):
        shop.create(100 + number, minute(25 - number))
    envelopes, cursor = run(connector(shop), page_size=10)
    assert sorted(set(ids(envelopes))) == list(range(100, 125))
    assert ids(envelopes) == sorted(ids(envelopes), reverse=True)
    assert cursor.since == minute(25)


def test_the_questions_it_asks(shop):
    since = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)
    connector(shop).fetch_orders(OrderCursor(since), 50)
    assert shop.asked() == [
        (
            "orders",
            {
                "status": "any",
                "dates_are_gmt": "true",
                # exclusive at the grain of a second
                "modified_after": "2026-03-01T11:59:59",
                "orderby": "modified",
                "order": "asc",
                "per_page": "50",
                "offset": "0",
            },
        )
    ]


def test_a_second_run_brings_nothing_twice_when_nothing_happened(shop):
    for number in range(5):
        shop.create(number + 1, minute(number))
    client = connector(shop)
    _envelopes, cursor = run(client)
    again, cursor_again = run(client, cursor)
    assert again == []
    assert cursor_again == cursor


def test_an_order_touched_between_two_pages_pushes_no_other_out(shop):
    # With page numbers, order 3 would move to page 1 when order 1 leaves it.
    for number in range(1, 5):
        shop.create(number, minute(number))
    client = connector(shop)
    first = client.fetch_orders(OrderCursor(), 2)
    shop.touch(1)
    rest, _cursor = run(client, first.cursor, 2)
    assert {3, 4, 1} <= set(ids(rest))


def test_an_order_that_changes_again_after_it_was_seen_is_read_again(shop):
    shop.create(1, minute(1))
    client = connector(shop)
    _envelopes, cursor = run(client)
    shop.now += timedelta(minutes=1)
    shop.touch(1)
    envelopes, _cursor = run(client, cursor)
    assert [json.loads(envelope.body)["total"] for envelope in envelopes] == ["2.00"]


def test_what_changes_within_the_second_of_reading_is_not_lost(shop):
    shop.create(1, START)
    client = connector(shop)
    _envelopes, cursor = run(client)
    shop.touch(1)  # same second, so the stamp does not move
    envelopes, _cursor = run(client, cursor)
    assert [json.loads(envelope.body)["total"] for envelope in envelopes] == ["2.00"]


def test_what_becomes_visible_late_is_not_lost(shop):
    shop.create(1, minute(1))
    shop.create(2, minute(2))
    client = connector(shop)
    shop.touch(1, lag=4)  # stamped now, shown in four seconds
    shop.now += timedelta(seconds=2)
    shop.touch(2)
    _envelopes, cursor = run(client)
    shop.now += timedelta(seconds=30)
    envelopes, _cursor = run(client, cursor)
    assert 1 in ids(envelopes)


def test_thousands_of_orders_in_one_second_are_read_in_short_steps(shop):
    for number in range(1, 3_001):
        shop.create(number, minute(1))
    shop.create(9_999, minute(2))
    envelopes, cursor = run(connector(shop), page_size=100)
    assert set(ids(envelopes)) == {*range(1, 3_001), 9_999}
    assert len(envelopes) < 3_300  # nearly nothing twice
    assert len(shop.requests) < 40
    assert max(len(request.full_url) for request in shop.requests) < 500
    assert cursor.since == minute(2)


@pytest.mark.parametrize("leaving", [12, 17, 25, 40])
def test_orders_leaving_the_crowded_second_while_it_is_read_push_none_out(
    shop, leaving
):
    for number in range(1, 401):
        shop.create(number, minute(1))
    client = connector(shop)
    left = iter(range(1, 400))

    def between():
        # More of the rows that were read go than two pages have in common.
        for number in itertools.islice(left, leaving if shop.requests[2:] else 0):
            shop.touch(number)

    shop.between = between
    envelopes, cursor = run(client, page_size=20)
    shop.between = None
    shop.now += timedelta(minutes=1)
    more, _cursor = run(client, cursor, page_size=20)
    read = {(envelope.external_id, envelope.digest) for envelope in envelopes + more}
    assert set(ids(envelopes)) == set(range(1, 401))
    for number, order in shop.orders.items():
        body = shop.payload(order)
        body.pop("_links")
        wanted = base.Envelope.of(base.ORDER, number, body)
        assert (wanted.external_id, wanted.digest) in read


def test_a_page_made_short_by_records_that_cannot_be_loaded_is_not_the_last(shop):
    for number in range(1, 21):
        shop.create(number, minute(number), loadable=number not in (3, 4, 5, 6, 20))
    envelopes, _cursor = run(connector(shop), page_size=4)
    loadable = {n for n, order in shop.orders.items() if order.loadable}
    assert set(ids(envelopes)) == loadable


def test_without_totals_a_full_page_means_more(shop):
    shop.routes["GET", "orders"] = answer(
        [{"id": 1, "date_modified_gmt": "2026-03-02T09:00:00"}], date=START
    )
    assert connector(shop).fetch_orders(OrderCursor(), 1).more is True
    assert connector(shop).fetch_orders(OrderCursor(), 2).more is False


def test_rows_without_a_date_do_not_stop_the_feed(shop):
    for number in range(1, 8):
        shop.create(number)
        shop.orders[number].stamp = None
    for number in range(8, 15):
        shop.create(number, minute(number))
    envelopes, _cursor = run(connector(shop), page_size=3)
    assert set(ids(envelopes)) == set(range(1, 15))


def test_rows_that_get_a_date_meanwhile_push_no_other_without_one_out(shop):
    for number in range(1, 81):
        shop.create(number)
        shop.orders[number].stamp = None
    left = iter(range(1, 81))

    def between():
        if 1 <= len(shop.requests) < 4:
            for _ in range(api.OVERLAP + 2):
                shop.touch(next(left))

    shop.between = between
    envelopes, _cursor = run(connector(shop), page_size=20)
    assert set(ids(envelopes)) == set(range(1, 81))


@pytest.mark.parametrize(
    "row", [None, 7, "text", [], {}, {"id": None}, {"id": "x"}, {"id": 0}, {"id": True}]
)
def test_rows_without_an_id_become_unreadable_and_do_not_stop_the_feed(shop, row):
    good = {"id": 5, "date_modified_gmt": "2026-03-02T09:00:00"}
    shop.routes["GET", "orders"] = answer([row, good], date=START)
    page = connector(shop).fetch_orders(OrderCursor(), 10)
    first, second = page.envelopes
    assert first.kind == base.UNREADABLE
    assert json.loads(first.body) == row
    assert len(first.external_id) == 32
    assert (second.kind, second.external_id) == (base.ORDER, "5")


@pytest.mark.parametrize(
    "stamp", ["", "yesterday", "0000-00-00T00:00:00", 12, None, "9999-99-99T00:00:00"]
)
def test_a_row_with_an_unreadable_date_is_still_an_order(shop, stamp):
    row = {"id": 5, "date_modified_gmt": stamp}
    shop.routes["GET", "orders"] = answer([row], date=START)
    page = connector(shop).fetch_orders(OrderCursor(minute(1)), 10)
    assert [envelope.kind for envelope in page.envelopes] == [base.ORDER]
    assert page.cursor.since == minute(1)


def test_a_row_nested_beyond_reason_harms_only_itself(shop):
    deep = b'{"id": 1, "meta_data": ' + b"[" * 940 + b"]" * 940 + b"}"
    good = b'{"id": 2, "date_modified_gmt": "2026-03-02T09:00:00"}'
    shop.routes["GET", "orders"] = answer(b"[" + deep + b"," + good + b"]", date=START)
    page = connector(shop).fetch_orders(OrderCursor(), 10)
    assert page.envelopes[0].external_id == "1"
    assert page.envelopes[1].kind == base.ORDER


def test_the_digest_does_not_depend_on_links_or_the_order_of_keys(shop):
    one = {"id": 1, "total": "5.00", "_links": {"self": [{"href": "a"}]}}
    other = {"total": "5.00", "_links": {"self": [{"targetHints": {}}]}, "id": 1}
    digests = set()
    for row in (one, other):
        shop.routes["GET", "orders"] = answer([row])
        page = connector(shop).fetch_orders(OrderCursor(), 10)
        digests.add(page.envelopes[0].digest)
    assert len(digests) == 1


def test_no_digit_of_a_number_is_lost_on_the_way_into_the_envelope(shop):
    body = (
        b'[{"id":1,"price":17.249805666666667,"rate":1.10,"big":12345678901234567890}]'
    )
    shop.routes["GET", "orders"] = answer(body)
    page = connector(shop).fetch_orders(OrderCursor(), 10)
    assert page.envelopes[0].body == (
        '{"big":12345678901234567890,"id":1,"price":17.249805666666667,"rate":1.10}'
    )


def test_a_shop_that_does_not_filter_by_modification_is_too_old(shop):
    shop.honours.discard("modified_after")
    for number in range(1, 10):
        shop.create(number, minute(number))
    with pytest.raises(errors.TooOld):
        connector(shop).fetch_orders(OrderCursor(START - timedelta(hours=1)), 5)


def test_a_shop_that_does_not_sort_by_modification_is_too_old(shop):
    shop.routes["GET", "orders"] = refused(400, "rest_invalid_param", "orderby")
    with pytest.raises(errors.TooOld):
        connector(shop).fetch_orders(OrderCursor())


def test_a_shop_that_ignores_offset_is_not_taken_for_complete(shop):
    shop.honours.discard("offset")
    for number in range(1, 51):
        shop.create(number, minute(1))
    with pytest.raises(errors.BadAnswer):
        run(connector(shop), page_size=10)


def test_a_row_of_records_that_cannot_be_loaded_does_not_stop_a_crowded_second(shop):
    for number in range(1, 101):
        shop.create(number, minute(1), loadable=not 15 <= number <= 45)
    shop.create(101, minute(2))
    envelopes, _cursor = run(connector(shop), page_size=5)
    assert set(ids(envelopes)) == {*range(1, 15), *range(46, 102)}


@pytest.mark.parametrize("body", [{"code": "ok"}, "text", 5, None])
def test_a_listing_that_is_not_a_list_is_a_bad_answer(shop, body):
    shop.routes["GET", "orders"] = answer(body)
    with pytest.raises(errors.BadAnswer):
        connector(shop).fetch_orders(OrderCursor())


def test_a_stamp_in_the_future_does_not_take_the_cursor_along(shop):
    shop.create(1, minute(1))
    shop.create(2, START + timedelta(days=9_000))
    client = connector(shop)
    envelopes, cursor = run(client, page_size=1)
    assert set(ids(envelopes)) == {1, 2}
    shop.now += timedelta(minutes=1)
    shop.touch(1)
    envelopes, _cursor = run(client, cursor, page_size=1)
    assert 1 in ids(envelopes)


def test_a_run_broken_off_in_the_middle_goes_on_from_its_stored_cursor(shop):
    for number in range(1, 31):
        shop.create(number, START + timedelta(seconds=number // 10))
    shop.now = START + timedelta(seconds=4)
    client = connector(shop)
    broken = client.fetch_orders(OrderCursor(), 7)
    stored = OrderCursor(broken.cursor.since, frozenset(sorted(broken.cursor.seen)))
    envelopes, _cursor = run(connector(shop), stored, 7)
    assert set(ids([*broken.envelopes, *envelopes])) == set(range(1, 31))


# -- the night the clocks are put back -------------------------------------------------

# Berlin, 25 October 2026: 03:00 CEST becomes 02:00 CET at 01:00 UTC.
CHANGE = datetime(2026, 10, 25, 1, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize("page_size", [1, 2, 3, 7])
def test_in_the_hour_that_runs_twice_no_order_hides_behind_a_later_one(page_size):
    shop = FakeShop(CHANGE + timedelta(hours=5), "Europe/Berlin", storage="posts")
    for number in range(24):  # every five minutes, from one hour before to one after
        shop.create(
            number + 1, CHANGE + timedelta(minutes=5 * number - 60, seconds=number % 3)
        )
    by_wall_clock = sorted(
        shop.orders.values(), key=lambda row: shop._sort_key(row, "modified")
    )
    assert [row.id for row in by_wall_clock] != sorted(shop.orders), "it is a trap"
    envelopes, _cursor = run(connector(shop), page_size=page_size)
    assert set(ids(envelopes)) == set(shop.orders)


# -- the proof by many histories -------------------------------------------------------


@contextlib.contextmanager
def short_walks():
    """Pages of a walk have six rows and three in common."""
    short = {"OVERLAP": 3, "WALK_MINIMUM": 6}
    with mock.patch.multiple(api, **short), mock.patch.multiple(feed, **short):
        yield


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["touch", "late", "crowd", "create", "trash", "wait", "jump"]),
        st.integers(1, 12),
    ),
    max_size=25,
)


@settings(max_examples=int(os.environ.get("FEED_EXAMPLES", 150)), deadline=None)
@given(
    stamps=st.lists(
        st.one_of(st.none(), st.integers(0, 6), st.integers(-4_000, 0)),
        min_size=1,
        max_size=30,
    ),
    page_size=st.integers(1, 9),
    actions=ACTIONS,
    storage=st.sampled_from(["hpos", "posts"]),
    broken=st.sets(st.integers(1, 25), max_size=2),
    start=st.sampled_from([START, CHANGE, CHANGE + timedelta(minutes=50)]),
)
def test_whatever_happens_meanwhile_the_last_state_of_every_order_is_read(
    stamps, page_size, actions, storage, broken, start
):
    """Completeness and termination of the feed against arbitrary histories.

    Walks have short pages here, so that a crowd of a few needs many of them.
    Orders carry stamps of few seconds (so that many share one) or of the past hours
    (so that, on the night of the change, wall clock and UTC disagree). Before each
    request something happens: orders are touched, become visible late, a crowd is
    modified in one second, orders appear and go. Afterwards, every order that is
    left must have been read in its last version.
    """
    shop = FakeShop(start, "Europe/Berlin", storage)
    for number, stamp in enumerate(stamps, 1):
        shop.create(number, loadable=number not in broken)
        shop.orders[number].stamp = (
            None if stamp is None else start + timedelta(seconds=stamp - 7)
        )
    todo = list(actions)

    def between():
        if not todo:
            return
        action, number = todo.pop(0)
        alive = [n for n, order in shop.orders.items() if order.status != "trash"]
        if action == "wait":
            shop.now += timedelta(seconds=number % 4)
        elif action == "jump":
            shop.now += timedelta(minutes=number)
        elif action == "create":
            shop.create(max(shop.orders) + 1)
        elif action == "crowd":
            for order_id in alive[:: 1 + number % 2]:
                shop.touch(order_id)
        elif alive:
            order_id = alive[number % len(alive)]
            if action == "trash":
                shop.orders[order_id].status = "trash"
            else:
                shop.touch(order_id, lag=number % 9 if action == "late" else 0)

    shop.between = between
    client = connector(shop)
    read, cursor = [], OrderCursor()
    with short_walks():
        while todo:
            envelopes, cursor = run(client, cursor, page_size)
            read += envelopes
        shop.now += timedelta(minutes=1)
        envelopes, cursor = run(client, cursor, page_size)
        read += envelopes
        shop.now += timedelta(minutes=1)
        silence, _cursor = run(client, cursor, page_size)
    totals = {(int(e.external_id), json.loads(e.body)["total"]) for e in read}
    for order in shop.orders.values():
        if order.status != "trash" and order.loadable:
            assert (order.id, f"{order.version}.00") in totals
    if cursor.since is not None:  # without a single date there is nothing to go by
        assert silence == []
