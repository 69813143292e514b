"""What every connector promises about a queue of messages that has to be asked."""

import pytest
from ecom_orders.marketplaces.base import ORDER_HINT, Capability


@pytest.fixture
def connector(shop):
    shop.need(Capability.MESSAGES)
    connector = shop.connector()
    connector.open_messages()
    return connector


def test_a_new_order_is_a_hint(shop, connector):
    order_id = shop.place_order()
    page = connector.fetch_messages()
    assert {e.external_id for e in page.envelopes} == {order_id}
    assert {e.kind for e in page.envelopes} == {ORDER_HINT}
    assert page.receipts
    assert connector.fetch_order(order_id).external_id == order_id


def test_what_is_not_confirmed_comes_again_and_is_the_same(shop, connector):
    shop.place_order()
    first, second = connector.fetch_messages(), connector.fetch_messages()
    assert [e.digest for e in first.envelopes] == [e.digest for e in second.envelopes]
    assert first.receipts == second.receipts


def test_what_is_confirmed_does_not_come_again(shop, connector):
    shop.place_order()
    connector.confirm_messages(connector.fetch_messages().receipts)
    page = connector.fetch_messages()
    assert (page.envelopes, page.receipts, page.more) == ((), (), False)


def test_two_changes_of_an_order_are_two_hints(shop, connector):
    order_id = shop.place_order()
    before = {e.digest for e in connector.fetch_messages().envelopes}
    shop.touch_order(order_id)
    after = {e.digest for e in connector.fetch_messages().envelopes}
    assert before < after


def test_more_messages_than_fit_come_one_batch_after_the_other(shop, connector):
    placed = {shop.place_order() for _ in range(12)}
    told, batches, more = set(), 0, True
    while more:
        page = connector.fetch_messages(quantity=10)
        told |= {envelope.external_id for envelope in page.envelopes}
        connector.confirm_messages(page.receipts)
        batches, more = batches + 1, page.more
    assert told == placed
    assert batches > 1


def test_a_closed_queue_tells_nothing_new(shop, connector):
    connector.close_messages()
    shop.place_order()
    assert connector.fetch_messages().envelopes == ()
