"""What every connector promises about orders: all of them, understood, in the end."""

from datetime import datetime, timedelta, timezone

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.base import Capability, OrderCursor
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import (
    ExternalOrder,
    OrderStatus,
    OrderSummary,
    Refund,
    Return,
    ReturnStatus,
    Shipment,
)


def read(connector, cursor=None, page_size=100):
    """Everything the feed has from a cursor on, and the cursor after it."""
    cursor, envelopes = cursor or OrderCursor(), []
    for _ in range(200):
        page = connector.fetch_orders(cursor, page_size)
        envelopes += page.envelopes
        cursor = page.cursor
        if not page.more:
            return envelopes, cursor
    raise AssertionError("the feed does not end")


def ids(envelopes):
    return {envelope.external_id for envelope in envelopes}


def understood(connector, envelope):
    order = connector.normalise_order(parse_json(envelope.body))
    assert isinstance(order, ExternalOrder)
    assert order.external_id == envelope.external_id
    return order


# -- the feed --------------------------------------------------------------------------


def test_an_empty_shop(shop):
    envelopes, _cursor = read(shop.connector())
    assert envelopes == []


@pytest.mark.parametrize("page_size", [1, 2, 5, 100])
def test_every_order_comes_and_is_understood(shop, page_size):
    placed = {shop.place_order() for _ in range(7)}
    connector = shop.connector()
    envelopes, _cursor = read(connector, page_size=page_size)
    assert ids(envelopes) == placed
    for envelope in envelopes:
        assert envelope.kind == base.ORDER
        understood(connector, envelope)


def test_a_later_run_brings_only_what_happened_since(shop):
    first, second = shop.place_order(), shop.place_order()
    shop.let_time_pass(120)
    connector = shop.connector()
    _envelopes, cursor = read(connector)
    shop.touch_order(first)
    third = shop.place_order()
    envelopes, _cursor = read(connector, cursor)
    assert ids(envelopes) == {first, third}
    assert second not in ids(envelopes)


def test_nothing_happened_nothing_comes(shop):
    shop.place_order()
    shop.let_time_pass(120)
    connector = shop.connector()
    _envelopes, cursor = read(connector)
    assert read(connector, cursor)[0] == []


def test_orders_changing_while_pages_are_read_push_no_other_out(shop):
    placed = set()
    for _ in range(12):
        placed.add(shop.place_order())
        shop.let_time_pass(3)
    shop.touch_between_pages()
    envelopes, _cursor = read(shop.connector(), page_size=3)
    assert ids(envelopes) == placed


def test_the_same_order_gives_the_same_envelope_from_feed_and_fetch(shop):
    shop.need(Capability.ORDER_BY_ID)
    order_id = shop.place_order()
    connector = shop.connector()
    ((envelope,), _cursor) = read(connector)
    assert connector.fetch_order(order_id) == envelope


def test_a_cursor_survives_being_stored(shop):
    placed = {shop.place_order() for _ in range(4)}
    page = shop.connector().fetch_orders(OrderCursor(), 2)
    stored = OrderCursor(page.cursor.since, frozenset(list(page.cursor.seen)))
    envelopes, _cursor = read(shop.connector(), stored, 2)
    assert ids([*page.envelopes, *envelopes]) == placed


# -- single orders, refunds, removals --------------------------------------------------


@pytest.mark.parametrize("order_id", ["987654321", "no-id", "../1"])
def test_an_order_the_shop_does_not_have(shop, order_id):
    shop.need(Capability.ORDER_BY_ID)
    with pytest.raises(errors.NotFound):
        shop.connector().fetch_order(order_id)


def test_a_removed_order_leaves_the_feed_and_is_found_among_the_removed(shop):
    shop.need(Capability.REMOVED_ORDERS)
    kept, removed = shop.place_order(), shop.place_order()
    shop.remove_order(removed)
    connector = shop.connector()
    assert ids(read(connector)[0]) == {kept}
    pages = list(connector.fetch_removed_orders(None))
    assert [envelope.external_id for page in pages for envelope in page] == [removed]
    order = understood(connector, pages[0][0])
    assert order.status is OrderStatus.DELETED


def test_an_order_deleted_for_good_is_not_found(shop):
    shop.need(Capability.ORDER_BY_ID)
    order_id = shop.place_order()
    shop.delete_order(order_id)
    connector = shop.connector()
    if connector.can(Capability.REMOVED_ORDERS):
        assert list(connector.fetch_removed_orders(None)) == []
    with pytest.raises(errors.NotFound):
        connector.fetch_order(order_id)


def test_refunds_are_read_with_their_lines(shop):
    shop.need(Capability.REFUNDS, Capability.ORDER_BY_ID)
    order_id = shop.place_order()
    connector = shop.connector()
    assert connector.fetch_refunds(order_id) == ()
    refund_id = shop.refund_order(order_id)
    (envelope,) = connector.fetch_refunds(order_id)
    assert (envelope.kind, envelope.external_id) == (
        base.REFUND,
        f"{order_id}/{refund_id}",
    )
    refund = connector.normalise_refund(parse_json(envelope.body), order_id)
    assert isinstance(refund, Refund)
    assert (refund.external_id, refund.order_id) == (refund_id, order_id)
    assert refund.amount > 0
    assert refund.lines is not None
    order = understood(connector, connector.fetch_order(order_id))
    assert [(r.external_id, r.amount) for r in order.refunds] == [
        (refund_id, refund.amount)
    ]


def test_feed_of_refunds_tells_what_each_order_would(shop):
    shop.need(Capability.REFUNDS, Capability.REFUND_FEED)
    start = datetime.now(timezone.utc) - timedelta(hours=1)
    orders = [shop.place_order() for _ in range(3)]
    connector = shop.connector()
    for order_id in orders[:2]:
        shop.refund_order(order_id)
    shop.let_time_pass(180)
    found = [e for page in connector.fetch_refund_feed(start) for e in page]
    asked = [e for order_id in orders[:2] for e in connector.fetch_refunds(order_id)]
    assert {(e.external_id, e.digest) for e in found} == {
        (e.external_id, e.digest) for e in asked
    }


def test_refunds_of_an_order_the_shop_does_not_have(shop):
    shop.need(Capability.REFUNDS)
    with pytest.raises(errors.NotFound):
        shop.connector().fetch_refunds("987654321")


# -- history and listing ---------------------------------------------------------------


def test_a_back_fill_brings_every_order(shop):
    placed = {shop.place_order() for _ in range(5)}
    connector = shop.connector()
    pages = list(connector.fetch_history(None))
    found = [envelope for page in pages for envelope in page]
    assert ids(found) == placed
    for envelope in found:
        understood(connector, envelope)


def test_a_back_fill_gives_the_envelopes_of_the_feed(shop):
    for _ in range(3):
        shop.place_order()
    shop.let_time_pass(120)
    connector = shop.connector()
    history = {e for page in connector.fetch_history(None) for e in page}
    assert history == set(read(connector)[0])


def test_all_orders_placed_in_a_day_are_listed_with_their_totals(shop):
    shop.need(Capability.ORDER_LIST)
    placed = {shop.place_order() for _ in range(7)}
    connector = shop.connector()
    now = datetime.now(timezone.utc)
    pages = connector.list_orders(now - timedelta(hours=1), now + timedelta(hours=1))
    rows = [row for page in pages for row in page]
    assert all(isinstance(row, OrderSummary) for row in rows)
    assert {row.external_id for row in rows} == placed
    assert len(rows) == len(placed)
    orders = [understood(connector, envelope) for envelope in read(connector)[0]]
    assert {(o.external_id, o.currency, o.total) for o in orders} == {
        (row.external_id, row.currency, row.total) for row in rows
    }
    earlier = connector.list_orders(now - timedelta(days=2), now - timedelta(days=1))
    assert [row for page in earlier for row in page] == []


# -- returns ---------------------------------------------------------------------------


def read_returns(connector, cursor=None):
    """Everything the feed of returns has, and the cursor after it."""
    cursor, envelopes = cursor or OrderCursor(), []
    for _ in range(200):
        page = connector.fetch_returns(cursor)
        envelopes += page.envelopes
        cursor = page.cursor
        if not page.more:
            return envelopes, cursor
    raise AssertionError("the feed does not end")


def test_returns_come_with_their_lines_and_again_when_they_move(shop):
    shop.need(Capability.RETURNS, Capability.SHIPMENTS)
    order_id = shop.place_order()
    connector = shop.connector()
    connector.push_shipment(Shipment("parcel/1", order_id, "TRACK0001"))
    lines = shop_lines(connector, order_id)
    return_id = shop.open_return(order_id)
    envelopes, cursor = read_returns(connector)
    assert {(e.kind, e.external_id) for e in envelopes} == {(base.RETURN, return_id)}
    found = connector.normalise_return(parse_json(envelopes[-1].body))
    assert isinstance(found, Return)
    assert (found.external_id, found.order_id) == (return_id, order_id)
    assert found.status in (ReturnStatus.REQUESTED, ReturnStatus.APPROVED)
    assert [line.quantity for line in found.lines] == [1]
    assert found.lines[0].order_line_id in lines
    shop.let_time_pass(120)
    if found.status is ReturnStatus.REQUESTED:
        shop.move_return(return_id, "approved")
        shop.let_time_pass(1)
    shop.move_return(return_id, "received")
    envelopes, _cursor = read_returns(connector, cursor)
    moved = connector.normalise_return(parse_json(envelopes[-1].body))
    assert moved.external_id == return_id
    assert moved.status.rank > found.status.rank
    assert moved.version > found.version


def shop_lines(connector, order_id):
    """Ids of the lines of an order as the feed tells them."""
    envelopes, _cursor = read(connector)
    (envelope,) = {e for e in envelopes if e.external_id == order_id}
    return {line.external_id for line in understood(connector, envelope).lines}


# -- understanding ---------------------------------------------------------------------


@pytest.mark.parametrize("payload", [None, [], "", 7, {}, {"id": None}, {"id": 5}])
def test_rubbish_is_a_payload_error(shop, payload):
    with pytest.raises(errors.PayloadError):
        shop.connector().normalise_order(payload)
    with pytest.raises(errors.PayloadError):
        shop.connector().normalise_refund(payload, "1")
    with pytest.raises(errors.PayloadError):
        shop.connector().normalise_return(payload)
