"""What every connector promises about reaching a shop, and about not reaching it."""

import dataclasses
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import Capability, OrderCursor, ShopInfo
from ecom_orders.marketplaces.schema import RefundRequest, Shipment, StockLevel


def test_a_good_connection_tells_about_the_shop(shop):
    info = shop.connector().check()
    assert isinstance(info, ShopInfo)
    assert info.name
    assert len(info.currency) in (0, 3)  # some marketplaces do not tell
    assert info.prices_include_tax in (True, False, None)
    assert "write_not_allowed" not in info.warnings


def test_checking_changes_nothing(shop):
    shop.place_order()
    connector = shop.connector()
    before = connector.fetch_orders(OrderCursor()).envelopes
    connector.check()
    assert connector.fetch_orders(OrderCursor()).envelopes == before


def test_wrong_credentials(shop):
    credentials = shop.wrong_credentials()
    if credentials is None:
        pytest.skip("this marketplace has no credentials")
    connector = shop.connector(credentials)
    verbs = verbs_of(connector, shop.hook_url)
    asked = {None: connector.check, "": lambda: connector.fetch_orders(OrderCursor())}
    asked |= {key: verb for key, verb in verbs.items() if connector.can(key)}
    for verb in asked.values():
        with pytest.raises(errors.AuthenticationFailed):
            verb()


def verbs_of(connector, hook_url):
    """A call of each optional verb, by the capability that it needs."""
    order_id = "1001"
    now = datetime.now(timezone.utc)
    return {
        Capability.ORDER_BY_ID: lambda: connector.fetch_order(order_id),
        Capability.REMOVED_ORDERS: lambda: list(connector.fetch_removed_orders(None)),
        Capability.REFUNDS: lambda: connector.fetch_refunds(order_id),
        Capability.REFUND_FEED: lambda: list(connector.fetch_refund_feed(now)),
        Capability.RETURNS: lambda: connector.fetch_returns(OrderCursor()),
        Capability.ORDER_LIST: lambda: list(
            connector.list_orders(now - timedelta(days=1), now)
        ),
        Capability.PRODUCTS: lambda: list(connector.fetch_products()),
        Capability.STOCK: lambda: connector.push_stock([StockLevel("1", "S", 1)]),
        Capability.STOCK_READ: lambda: list(connector.fetch_stock(["1"])),
        Capability.LOCATIONS: lambda: connector.fetch_locations(),
        Capability.SHIPMENTS: lambda: connector.push_shipment(
            Shipment("parcel/1", order_id, "TRACK0001")
        ),
        Capability.CANCEL: lambda: connector.cancel_order(order_id),
        Capability.REFUND_PUSH: lambda: connector.push_refund(
            RefundRequest("refund/1", order_id, Decimal(1), "USD")
        ),
        Capability.LABELS: lambda: connector.fetch_labels(order_id),
        Capability.WEBHOOKS: lambda: connector.ensure_webhooks(hook_url),
    }


def test_what_is_not_claimed_is_refused_as_such(shop):
    connector = shop.connector()
    for capability, verb in verbs_of(connector, shop.hook_url).items():
        if not connector.can(capability):
            with pytest.raises(errors.NotSupported):
                verb()


def test_credentials_that_may_only_read(shop):
    credentials = shop.reading_credentials()
    if credentials is None:
        pytest.skip("this marketplace has no such credentials")
    connector = shop.connector(credentials)
    assert "write_not_allowed" in connector.check().warnings
    connector.fetch_orders(OrderCursor())
    verbs = verbs_of(connector, shop.hook_url)
    for capability in (Capability.STOCK, Capability.WEBHOOKS, Capability.SHIPMENTS):
        if connector.can(capability):
            with pytest.raises(errors.PermissionRefused):
                verbs[capability]()


def test_a_wrong_address(shop):
    right = shop.credentials()
    for url in (f"{right.url}/not/here", "no address"):
        with pytest.raises(errors.NotThere):
            shop.connector(dataclasses.replace(right, url=url)).check()


def test_nobody_answers(shop):
    connector = shop.connector()
    shop.lose_connection()
    with pytest.raises(errors.TransportError) as caught:
        connector.fetch_orders(OrderCursor())
    assert caught.value.retriable


def test_a_passing_failure_is_not_noticed(shop):
    order_id = shop.place_order()
    shop.fail_next(1)
    (envelope,) = shop.connector(attempts=2).fetch_orders(OrderCursor()).envelopes
    assert envelope.external_id == order_id


def test_a_lasting_failure_is_a_typed_error(shop):
    shop.fail_next(50)
    with pytest.raises(errors.ServerFailed):
        shop.connector().fetch_orders(OrderCursor())


def test_no_secret_in_what_a_connector_shows(shop):
    credentials = shop.credentials()
    connector = shop.connector(credentials)
    shop.lose_connection()
    with pytest.raises(errors.MarketplaceError) as caught:
        connector.check()
    shown = f"{connector!r} {credentials!r} {caught.value!r} {caught.value.details}"
    for secret in (
        credentials.key,
        credentials.secret,
        credentials.webhook_secret,
        credentials.token,
    ):
        assert not secret or secret not in shown
