"""Taobao: the feed of modified trades loses none, and doubles none for nothing."""

import json
import random
from datetime import datetime, timedelta, timezone

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.taobao import feed
from fake_top import FakeTop, beijing, moment, refuse

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Platform:
    """Lists trades as the platform does: newest first.

    :ivar bounds: whether a window has its first and its last second.
    :ivar trades: moment of the last modification by number.
    :ivar between: called before each listing.
    """

    def __init__(self):
        self.bounds = "[]"
        self.trades = {}
        self.hidden = set()
        self.gateway = FakeTop(
            trades_sold_increment_get=self.list, trade_fullinfo_get=self.get
        )
        self.between = lambda: None

    @property
    def now(self):
        now = datetime.now(timezone.utc) + self.gateway.ahead
        return now.replace(microsecond=0)

    def place(self, count, ago, step=SECOND):
        first = len(self.trades) + 1
        for number in range(count):
            self.trades[str(first + number)] = self.now - ago + number * step
        return {str(first + number) for number in range(count)}

    def list(self, sent):
        self.between()
        start, end = moment(sent["start_modified"]), moment(sent["end_modified"])
        assert start < end <= start + DAY
        found = [
            (stamp, tid)
            for tid, stamp in self.trades.items()
            if start <= stamp <= end and tid not in self.hidden
            if stamp != start or self.bounds[0] == "["
            if stamp != end or self.bounds[1] == "]"
        ]
        found.sort(reverse=True)
        number, size = int(sent["page_no"]), int(sent["page_size"])
        page = found[(number - 1) * size : number * size]
        answer = {"has_next": len(found) > number * size}
        if sent["use_has_next"] == "false":
            answer = {"total_results": len(found)}
        if page:
            rows = [{"tid": int(t), "modified": beijing(s)} for s, t in page]
            answer["trades"] = {"trade": rows}
        return answer

    def get(self, sent):
        stamp = self.trades[sent["tid"]]
        return {"trade": {"tid": int(sent["tid"]), "modified": beijing(stamp)}}

    def windows(self):
        """Bounds and page of the listings so far."""
        return [
            (moment(s["start_modified"]), moment(s["end_modified"]), int(s["page_no"]))
            for s in self.gateway.sent("increment.get")
        ]


def run(connector, cursor, page_size=50):
    """One run of the feed: ids in the order they came, and the cursor after it."""
    found = []
    for _ in range(400):
        page = connector.fetch_orders(cursor, page_size)
        found += page.envelopes
        cursor = page.cursor
        if not page.more:
            return [envelope.external_id for envelope in found], cursor
    raise AssertionError("the feed does not end")


@pytest.fixture
def platform():
    return Platform()


def since(platform, ago):
    return OrderCursor(platform.now - ago)


# -- pages -----------------------------------------------------------------------------


def test_pages_are_read_from_the_last_to_the_first(platform):
    placed = platform.place(7, ago=2 * 60 * MINUTE)
    found, _cursor = run(platform.gateway(), since(platform, 180 * MINUTE), 3)
    pages = [page for _start, _end, page in platform.windows()]
    # There is a second page, so they are counted: ceil(7 / 3) = 3 pages. At the end
    # comes the window that still runs.
    assert pages == [1, 1, 3, 2, 1, 1]
    assert found == sorted(placed, key=int)


def test_rows_are_counted_only_when_there_is_a_second_page(platform):
    platform.place(7, ago=120 * MINUTE)
    run(platform.gateway(), since(platform, 180 * MINUTE), 3)
    asked = [s["use_has_next"] for s in platform.gateway.sent("increment.get")]
    assert asked == ["true", "false", "true", "true", "true", "true"]


def forwards(platform, start, size):
    """What a reader of pages 1, 2, 3... finds."""
    found, number = set(), 1
    end = platform.now - 3 * MINUTE
    while True:
        answer = platform.list(
            {
                "start_modified": beijing(start),
                "end_modified": beijing(end),
                "page_no": number,
                "page_size": size,
                "use_has_next": "true",
            }
        )
        found |= {str(r["tid"]) for r in answer.get("trades", {}).get("trade", [])}
        if not answer["has_next"]:
            return found
        number += 1


def busy(platform, seed):
    """A trade is modified before each listing."""
    rng = random.Random(seed)

    def between():
        platform.trades[rng.choice(list(platform.trades))] = platform.now

    platform.between = between


def test_reading_forwards_would_lose_trades(platform):
    placed = platform.place(60, ago=120 * MINUTE)
    busy(platform, 1)
    found = forwards(platform, platform.now - 180 * MINUTE, 5)
    found |= {
        t for t, stamp in platform.trades.items() if stamp > platform.now - MINUTE
    }
    assert placed - found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("page_size", [1, 5, 50])
def test_trades_modified_while_pages_are_read_push_no_other_out(
    platform, seed, page_size
):
    placed = platform.place(60, ago=120 * MINUTE)
    busy(platform, seed)
    connector = platform.gateway()
    found, _cursor = run(connector, since(platform, 180 * MINUTE), page_size)
    assert set(found) == placed


def test_trades_that_go_away_while_pages_are_read_push_no_other_out(platform):
    placed = platform.place(30, ago=120 * MINUTE)
    gone = iter(sorted(placed, key=int, reverse=True))
    platform.between = lambda: platform.hidden.add(next(gone))
    found, _cursor = run(platform.gateway(), since(platform, 180 * MINUTE), 3)
    assert placed - platform.hidden <= set(found)


# -- windows ---------------------------------------------------------------------------


def test_a_window_is_a_day_at_most_and_windows_overlap(platform):
    run(platform.gateway(), since(platform, 5 * DAY))
    windows = platform.windows()
    assert all(end - start <= DAY for start, end, _page in windows)
    for (_s, end, _p), (start, _e, _q) in zip(windows, windows[1:], strict=False):
        assert start == end - SECOND


def test_a_window_ends_minutes_behind_the_platforms_clock_or_is_read_again(platform):
    _found, cursor = run(platform.gateway(), since(platform, 60 * MINUTE))
    (_s, settled, _p), (_t, running, _q) = platform.windows()
    assert abs(platform.now - 3 * MINUTE - settled) <= 2 * SECOND
    assert abs(platform.now - running) <= 4 * SECOND
    assert abs(platform.now - 3 * MINUTE - cursor.since) <= 2 * SECOND


def test_windows_go_by_the_platforms_clock(platform):
    platform.gateway.ahead = timedelta(hours=5)
    placed = platform.place(2, ago=10 * SECOND)
    found, cursor = run(platform.gateway(), since(platform, 60 * MINUTE))
    assert set(found) == placed
    assert abs(platform.now - 3 * MINUTE - cursor.since) <= 2 * SECOND


def test_from_the_beginning_means_three_months(platform):
    old = platform.place(1, ago=88 * DAY)
    found, _cursor = run(platform.gateway(), OrderCursor())
    assert set(found) == old
    first = min(start for start, _end, _page in platform.windows())
    assert platform.now - 91 * DAY < first < platform.now - 88 * DAY


def test_a_window_with_very_many_rows_is_cut(platform, monkeypatch):
    monkeypatch.setattr(feed, "MANY", 20)
    placed = platform.place(100, ago=23 * 60 * MINUTE, step=10 * MINUTE)
    found, _cursor = run(platform.gateway(), since(platform, 24 * 60 * MINUTE))
    assert set(found) == placed
    # 100 rows, one every 10 minutes: 20 of them are 200 minutes
    read = {(s, e) for s, e, page in platform.windows() if page > 1}
    assert all(end - start <= timedelta(minutes=201) for start, end in read)


@pytest.mark.parametrize("bounds", ["[]", "[)", "(]", "()"])
def test_no_second_lies_between_two_windows(platform, bounds):
    platform.bounds = bounds
    # One in each second around the end of the window that has settled (180 s ago), and
    # around the end of the day before.
    placed = platform.place(30, ago=195 * SECOND)
    placed |= platform.place(30, ago=DAY + 15 * SECOND)
    found, _cursor = run(platform.gateway(), since(platform, 2 * DAY))
    assert set(found) == placed


# -- what still runs -------------------------------------------------------------------


def test_what_just_happened_comes_at_once_and_only_once(platform):
    placed = platform.place(3, ago=MINUTE)
    connector = platform.gateway()
    found, cursor = run(connector, since(platform, 60 * MINUTE))
    assert set(found) == placed
    assert run(connector, cursor)[0] == []


def test_a_trade_that_is_modified_again_comes_again(platform):
    first, second = sorted(platform.place(2, ago=MINUTE))
    connector = platform.gateway()
    _found, cursor = run(connector, since(platform, 60 * MINUTE))
    platform.trades[second] = platform.now - 30 * SECOND
    found, _cursor = run(connector, cursor)
    assert found == [second]
    assert first not in found


def test_a_trade_of_this_very_second_comes_again_for_it_may_still_change(platform):
    (trade,) = platform.place(1, ago=0 * SECOND)
    connector = platform.gateway()
    _found, cursor = run(connector, since(platform, 60 * MINUTE))
    assert run(connector, cursor)[0] == [trade]


def test_what_the_platform_shows_late_is_found_by_the_next_run(platform):
    early, late = sorted(platform.place(2, ago=100 * SECOND))
    platform.hidden = {early}
    connector = platform.gateway()
    found, cursor = run(connector, since(platform, 60 * MINUTE))
    assert found == [late]
    platform.hidden = set()
    assert run(connector, cursor)[0] == [early]


def test_a_cursor_is_text_and_can_be_stored_in_the_middle_of_a_window(platform):
    placed = platform.place(9, ago=120 * MINUTE)
    cursor, found = since(platform, 180 * MINUTE), []
    more = True
    while more:
        stored = json.loads(json.dumps([cursor.since.isoformat(), *cursor.seen]))
        again = datetime.fromisoformat(stored[0])
        connector = platform.gateway()
        page = connector.fetch_orders(OrderCursor(again, frozenset(stored[1:])), 2)
        found += [envelope.external_id for envelope in page.envelopes]
        cursor, more = page.cursor, page.more
    assert found == sorted(placed, key=int)


# -- rows that are not as they should be -----------------------------------------------


def test_a_trade_that_cannot_be_read_whole_does_not_stop_the_others(platform):
    good, bad = sorted(platform.place(2, ago=60 * MINUTE))

    def get(sent):
        if sent["tid"] == bad:
            return refuse(15, "Remote service error", "isv.trade-not-exist")
        return platform.get(sent)

    platform.gateway.interfaces["trade.fullinfo.get"] = get
    page = platform.gateway().fetch_orders(since(platform, 120 * MINUTE))
    kinds = {envelope.external_id: envelope.kind for envelope in page.envelopes}
    assert kinds == {good: base.ORDER, bad: base.ORDER_HINT}


def failing(platform, trades):
    """The platform fails on some trades, for good."""

    def get(sent):
        if sent["tid"] in trades:
            return refuse(15, "Remote service error", "isp.unknown-error")
        return platform.get(sent)

    platform.gateway.interfaces["trade.fullinfo.get"] = get


def test_a_trade_on_which_the_platform_fails_does_not_stop_the_others(platform):
    placed = sorted(platform.place(9, ago=60 * MINUTE), key=int)
    failing(platform, placed[3:4])
    page = platform.gateway().fetch_orders(since(platform, 120 * MINUTE))
    kinds = [envelope.kind for envelope in page.envelopes]
    assert [envelope.external_id for envelope in page.envelopes] == placed
    assert kinds.count(base.ORDER_HINT) == 1


def test_a_platform_that_fails_on_all_trades_is_asked_again_later(platform):
    placed = platform.place(9, ago=60 * MINUTE)
    failing(platform, placed)
    cursor = since(platform, 120 * MINUTE)
    with pytest.raises(errors.ServerFailed):
        platform.gateway().fetch_orders(cursor)
    failing(platform, set())
    assert set(run(platform.gateway(), cursor)[0]) == placed


@pytest.mark.parametrize("row", [None, 7, [], {}, {"tid": "x"}, {"tid": None}])
def test_a_row_without_a_number_is_kept_as_it_is(platform, row):
    (good,) = platform.place(1, ago=60 * MINUTE)

    def list_(sent):
        answer = platform.list(sent)
        if "trades" in answer:
            answer["trades"]["trade"].append(row)
        return answer

    platform.gateway.interfaces["trades.sold.increment.get"] = list_
    page = platform.gateway().fetch_orders(since(platform, 120 * MINUTE))
    kinds = [envelope.kind for envelope in page.envelopes]
    assert sorted(kinds) == sorted([base.ORDER, base.UNREADABLE])
    assert good in {envelope.external_id for envelope in page.envelopes}


@pytest.mark.parametrize(
    "notes",
    [
        {"@window:99999999999:1:50"},
        {"@window:60:3:0"},
        {"@window:60:3:5000"},
        {"nonsense", "@", "1@", "@1"},
        {"@window:" + "9" * 5_000 + ":1:50", "1@" + "9" * 5_000},
    ],
)
def test_a_cursor_that_makes_no_sense_reads_from_its_moment(platform, notes):
    placed = platform.place(3, ago=60 * MINUTE)
    cursor = OrderCursor(platform.now - 120 * MINUTE, frozenset(notes))
    assert set(run(platform.gateway(), cursor)[0]) == placed


def test_all_kinds_of_trades_are_asked_for(platform):
    run(platform.gateway(), since(platform, MINUTE))
    types = platform.gateway.sent("increment.get")[0]["type"].split(",")
    default = {"guarantee_trade", "auto_delivery", "ec", "cod", "step"}
    assert default < set(types)
    assert {"fixed", "fenxiao", "nopaid"} < set(types)


def test_the_kinds_of_trades_can_be_chosen(platform):
    run(platform.gateway(trade_types="fixed, step"), since(platform, MINUTE))
    assert platform.gateway.sent("increment.get")[0]["type"] == "fixed,step"


# -- counting --------------------------------------------------------------------------


@pytest.mark.parametrize("bounds", ["[]", "[)", "(]", "()"])
def test_the_listing_by_creation_counts_each_trade_of_a_span_once(bounds):
    last = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=1)
    first = last - 3 * DAY
    created = {
        str(number): first + step
        for number, step in enumerate(
            [0 * DAY, DAY, DAY, 2 * DAY - SECOND, 2 * DAY, 3 * DAY - SECOND], start=1
        )
    }
    outside = {"98": first - SECOND, "99": last}

    def sold(sent):
        start, end = moment(sent["start_created"]), moment(sent["end_created"])
        rows = [
            {"tid": int(t), "created": beijing(s), "payment": "1", "status": "?"}
            for t, s in {**created, **outside}.items()
            if start <= s <= end
            if s != start or bounds[0] == "["
            if s != end or bounds[1] == "]"
        ]
        return {"has_next": False, "trades": {"trade": rows}}

    pages = FakeTop(trades_sold_get=sold)().list_orders(first, last)
    found = [row.external_id for page in pages for row in page]
    assert sorted(found) == sorted(created)
