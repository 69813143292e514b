"""What every connector promises about what a shop sends by itself."""

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.base import Capability


@pytest.fixture
def connector(shop):
    shop.need(Capability.WEBHOOKS)
    return shop.connector()


def envelopes(shop, connector):
    """What the deliveries so far are."""
    read = [connector.read_webhook(*delivery) for delivery in shop.deliveries()]
    return [envelope for envelope in read if envelope is not None]


def test_events_are_delivered_signed_and_understood(shop, connector):
    assert connector.ensure_webhooks(shop.hook_url)
    order_id = shop.place_order()
    received = envelopes(shop, connector)
    assert {envelope.external_id for envelope in received} == {order_id}
    assert {envelope.kind for envelope in received} <= {base.ORDER, base.ORDER_HINT}


def test_a_removed_order_is_announced(shop, connector):
    shop.need(Capability.REMOVED_ORDERS)
    connector.ensure_webhooks(shop.hook_url)
    order_id = shop.place_order()
    shop.deliveries()
    shop.receiver.seen.clear()
    shop.remove_order(order_id)
    assert order_id in {e.external_id for e in envelopes(shop, connector)}


def test_asking_twice_does_not_double_the_deliveries(shop, connector):
    connector.ensure_webhooks(shop.hook_url)
    topics = connector.ensure_webhooks(shop.hook_url)
    shop.place_order()
    bodies = [e.digest for e in envelopes(shop, connector) if e.kind == base.ORDER]
    assert len(bodies) <= len(topics)
    assert connector.remove_webhooks(shop.hook_url) == len(topics)


def test_after_removal_nothing_is_delivered(shop, connector):
    connector.ensure_webhooks(shop.hook_url)
    connector.remove_webhooks(shop.hook_url)
    shop.deliveries()
    shop.receiver.seen.clear()
    shop.place_order()
    assert shop.deliveries() == []
    assert connector.remove_webhooks(shop.hook_url) == 0


def test_a_delivered_order_has_the_envelope_of_the_fetched_one(shop, connector):
    connector.ensure_webhooks(shop.hook_url)
    order_id = shop.place_order()
    whole = [e for e in envelopes(shop, connector) if e.kind == base.ORDER]
    if not whole:
        pytest.skip("this marketplace sends hints only")
    assert whole[-1] == connector.fetch_order(order_id)


def test_an_event_that_is_passed_on_is_a_hint_and_only_with_its_proof(shop):
    shop.need(Capability.RELAYED_EVENTS)
    order_id = shop.place_order()
    connector = shop.connector()
    headers, body = shop.relayed_event(order_id)
    envelope = connector.read_webhook(headers, body)
    assert (envelope.kind, envelope.external_id) == (base.ORDER_HINT, order_id)
    for forged in ((headers, body + b" "), ({}, body), ({}, b"")):
        with pytest.raises(errors.SignatureInvalid):
            connector.read_webhook(*forged)


def test_a_forged_delivery_is_refused(shop, connector):
    connector.ensure_webhooks(shop.hook_url)
    shop.place_order()
    signed = [
        (headers, body)
        for headers, body in shop.deliveries()
        if connector.read_webhook(headers, body) is not None
    ]
    headers, body = signed[0]
    with pytest.raises(errors.SignatureInvalid):
        connector.read_webhook(headers, body + b" ")
    with pytest.raises(errors.SignatureInvalid):
        connector.read_webhook({}, body)
    with pytest.raises(errors.SignatureInvalid):
        connector.read_webhook({}, b"")
