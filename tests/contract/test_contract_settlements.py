"""What every connector promises about settlements: each once, provable, in the end."""

import pytest
from ecom_finance_recon import formats
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import Capability, OrderCursor

PAYOUTS = 3


@pytest.fixture
def seller(shop):
    """A shop whose marketplace hands settlements out."""
    shop.need(Capability.SETTLEMENTS)
    return shop


def feed_of(connector):
    """The feed that settles; others tell what is not settled yet."""
    return connector.settlement_feeds[0].code


def read(connector, cursor=None, skip=frozenset()):
    """All documents from a cursor on, and the cursor after them."""
    cursor, documents = cursor or OrderCursor(), []
    for _ in range(200):
        page = connector.fetch_settlements(feed_of(connector), cursor, skip)
        assert page.failures == ()
        documents += page.documents
        cursor = OrderCursor(page.cursor.since, frozenset(sorted(page.cursor.seen)))
        if not page.more:
            return documents, cursor
    raise AssertionError("the feed does not end")


def understood(document):
    """The settlements that a document tells."""
    parsed = formats.parse(document.body, document.name)
    assert parsed.closes is True
    return parsed.settlements


def orders_in(documents):
    """The marketplace's ids of the orders that documents name."""
    return {
        ref
        for document in documents
        for settlement in understood(document)
        for line in settlement.lines
        for ref in (line.order_ref, line.merchant_ref)
        if ref
    }


def test_every_connector_that_hands_settlements_out_names_its_feeds(shop):
    connector = shop.connector()
    codes = [feed.code for feed in connector.settlement_feeds]
    assert len(codes) == len(set(codes))
    assert bool(codes) is connector.can(Capability.SETTLEMENTS)


def test_one_without_settlements_says_so(shop):
    connector = shop.connector()
    if connector.can(Capability.SETTLEMENTS):
        pytest.skip(f"{shop.code} has settlements")
    with pytest.raises(errors.NotSupported):
        connector.fetch_settlements("payouts", OrderCursor())


def test_a_shop_that_earned_nothing_has_no_settlement(seller):
    assert read(seller.connector())[0] == []


def test_what_is_not_settled_yet_is_waited_for(seller):
    seller.earn()
    documents, cursor = read(seller.connector())
    assert documents == []
    seller.pay_out()
    documents, _cursor = read(seller.connector(), cursor)
    assert len(documents) == 1


def test_every_settlement_comes_once_closes_and_names_its_orders(seller):
    sold, documents, cursor = set(), [], None
    for _ in range(PAYOUTS):
        sold |= {seller.earn(), seller.earn()}
        seller.pay_out()
        found, cursor = read(seller.connector(), cursor)
        documents += found
    names = [document.external_id for document in documents]
    assert len(names) == len(set(names)) >= PAYOUTS
    assert sold <= orders_in(documents)
    assert read(seller.connector(), cursor)[0] == []


def test_asked_for_again_a_settlement_has_the_same_bytes(seller):
    for _ in range(PAYOUTS):
        seller.earn()
        seller.pay_out()
    first, _cursor = read(seller.connector())
    again, _cursor = read(seller.connector())
    assert first == again


def test_settlement_that_is_to_be_left_alone_comes_in_a_later_run(seller):
    for _ in range(2):
        seller.earn()
        seller.pay_out()
    every, _cursor = read(seller.connector())
    left = every[0]
    others, cursor = read(seller.connector(), skip=frozenset({left.external_id}))
    assert others == every[1:]
    assert read(seller.connector(), cursor)[0] == [left]


def test_a_failing_marketplace_loses_and_doubles_nothing(seller):
    for _ in range(2):
        seller.earn()
        seller.pay_out()
    every, _cursor = read(seller.connector())
    for failures in (2, 4, 6):  # sooner, later; the transport tries twice
        connector = seller.connector()
        seller.fail_next(failures)
        cursor, documents = OrderCursor(), []
        for _ in range(10):
            try:
                page = connector.fetch_settlements(feed_of(connector), cursor)
            except errors.TransportError:
                continue
            documents += page.documents
            cursor = page.cursor
            if not page.more and not page.failures:
                break
        assert sorted(documents, key=lambda one: one.external_id) == sorted(
            every, key=lambda one: one.external_id
        )


def test_wrong_credentials_are_told_as_such(seller):
    credentials = seller.wrong_credentials()
    connector = seller.connector(credentials)
    with pytest.raises(errors.AuthenticationFailed):
        connector.fetch_settlements(feed_of(connector), OrderCursor())


def test_a_marketplace_that_is_away_is_told_as_such(seller):
    connector = seller.connector()
    seller.lose_connection()
    with pytest.raises(errors.TransportError):
        connector.fetch_settlements(feed_of(connector), OrderCursor())
