"""What every connector promises about reaching a shop, and about not reaching it."""

import dataclasses

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import OrderCursor, ShopInfo
from ecom_orders.marketplaces.schema import StockLevel


def test_a_good_connection_tells_about_the_shop(shop):
    info = shop.connector().check()
    assert isinstance(info, ShopInfo)
    assert len(info.currency) == 3
    assert info.timezone
    assert info.prices_include_tax in (True, False)
    assert "write_not_allowed" not in info.warnings


def test_checking_changes_nothing(shop):
    order_id = shop.place_order()
    connector = shop.connector()
    before = connector.fetch_order(order_id)
    connector.check()
    assert connector.fetch_order(order_id) == before


def test_wrong_credentials(shop):
    connector = shop.connector(shop.wrong_credentials())
    for verb in (
        connector.check,
        lambda: connector.fetch_orders(OrderCursor()),
        lambda: connector.fetch_order("1"),
        lambda: list(connector.fetch_products()),
        lambda: connector.push_stock([StockLevel("1", "", 1)]),
        lambda: connector.ensure_webhooks(shop.hook_url),
    ):
        with pytest.raises(errors.AuthenticationFailed):
            verb()


def test_credentials_that_may_only_read(shop):
    credentials = shop.reading_credentials()
    if credentials is None:
        pytest.skip("this marketplace has no such credentials")
    connector = shop.connector(credentials)
    assert "write_not_allowed" in connector.check().warnings
    connector.fetch_orders(OrderCursor())
    for verb in (
        lambda: connector.push_stock([StockLevel("1", "", 1)]),
        lambda: connector.ensure_webhooks(shop.hook_url),
    ):
        with pytest.raises(errors.PermissionRefused):
            verb()


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
    for secret in (credentials.key, credentials.secret, credentials.webhook_secret):
        assert secret not in shown
