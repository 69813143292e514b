"""Shopify, step "hear": signed deliveries become hints, privacy requests or nothing."""

import base64
import hashlib
import hmac
import json

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.base import Credentials
from ecom_orders.marketplaces.shopify.client import ShopifyConnector

SECRET = "app-secret"
URL = "https://quill.example"


def connector(secret=SECRET, webhook_secret=""):
    credentials = Credentials(URL, secret=secret, webhook_secret=webhook_secret)
    return ShopifyConnector(credentials, None)


def delivery(topic, payload, secret=SECRET, delivery_id="d-1"):
    """Headers and body as the shop sends them."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Webhook-Id": delivery_id,
    }
    return headers, body


def read(topic, payload, **values):
    return connector().read_webhook(*delivery(topic, payload, **values))


ORDER = {
    "id": 5,
    "admin_graphql_api_id": "gid://shopify/Order/5",
    "updated_at": "2026-03-02T10:00:00-05:00",
    "email": "ada@example.com",
    "line_items": [],
    "currency": "USD",
}


@pytest.mark.parametrize(
    ("topic", "payload", "external_id"),
    [
        ("orders/create", ORDER, "5"),
        ("orders/updated", ORDER, "5"),
        ("orders/cancelled", ORDER, "5"),
        ("orders/delete", {"id": 5}, "5"),
        ("orders/edited", {"order_edit": {"id": 8, "order_id": 5}}, "5"),
        ("refunds/create", {"id": 9, "order_id": 5}, "5"),
        ("fulfillments/update", {"id": 9, "order_id": 5}, "5"),
        ("draft_orders/update", {"id": 7}, "draft:7"),
        ("orders/create", {"id": 2**53 + 1}, str(2**53 + 1)),
    ],
)
def test_an_order_event_is_a_hint_to_fetch_the_order(topic, payload, external_id):
    """The body has the old REST shape; what counts is read by GraphQL."""
    envelope = read(topic, payload)
    assert (envelope.kind, envelope.external_id) == (base.ORDER_HINT, external_id)


def test_nothing_personal_is_kept_of_a_hint():
    assert "ada@example.com" not in read("orders/updated", ORDER).body


def test_a_repeated_delivery_is_the_same_and_another_event_is_not():
    first = read("orders/updated", ORDER)
    assert read("orders/updated", ORDER) == first
    assert read("orders/updated", ORDER, delivery_id="d-2").digest != first.digest


@pytest.mark.parametrize(
    ("topic", "payload", "external_id"),
    [
        ("customers/redact", {"shop_id": 1, "customer": {"id": 8}}, "8"),
        ("shop/redact", {"shop_id": 1, "shop_domain": "quill.example"}, "shop:1"),
    ],
)
def test_a_request_to_erase_personal_data(topic, payload, external_id):
    envelope = read(topic, payload)
    assert (envelope.kind, envelope.external_id) == (base.PRIVACY, external_id)
    assert json.loads(envelope.body) == payload


@pytest.mark.parametrize(
    "topic", ["products/update", "app/uninstalled", "customers/data_request", ""]
)
def test_what_is_not_kept_is_ignored(topic):
    envelope = read(topic, {"id": 3, "email": "ada@example.com"})
    assert envelope.kind == base.IGNORED
    assert "ada@example.com" not in envelope.body


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("orders/create", b"not json"),
        ("orders/create", b"[]"),
        ("orders/create", b"\xff\xfe"),
        ("orders/create", {"id": None}),
        ("orders/create", {"id": True}),
        ("orders/create", {"id": "../1"}),
        ("orders/edited", {"order_edit": 5}),
        ("customers/redact", {"customer": {}}),
        ("orders/create", b"[" * 200_000),
        ("orders/create", b'{"id": NaN}'),
    ],
)
def test_signed_rubbish_is_kept_as_it_is(topic, payload):
    assert read(topic, payload).kind == base.UNREADABLE


@pytest.mark.parametrize("secret", ["wrong", "", SECRET.upper()])
def test_a_signature_of_somebody_else(secret):
    headers, body = delivery("orders/create", ORDER, secret=secret)
    with pytest.raises(errors.SignatureInvalid):
        connector().read_webhook(headers, body)


def test_a_changed_body_or_no_signature():
    headers, body = delivery("orders/create", ORDER)
    for changed in ((headers, body + b" "), ({}, body), ({}, b"")):
        with pytest.raises(errors.SignatureInvalid):
            connector().read_webhook(*changed)


def test_without_a_secret_nobody_is_believed():
    headers, body = delivery("orders/create", ORDER, secret="")
    with pytest.raises(errors.SignatureInvalid):
        connector(secret="").read_webhook(headers, body)


@pytest.mark.parametrize("signer", ["app-secret", "older-secret"])
def test_either_of_two_secrets_will_do(signer):
    """An app's secret is exchanged by having two for a while."""
    shop = connector(webhook_secret="older-secret")
    assert shop.read_webhook(*delivery("orders/create", ORDER, secret=signer))


def test_header_names_in_any_case():
    headers, body = delivery("orders/create", ORDER)
    upper = {name.upper(): value for name, value in headers.items()}
    assert connector().read_webhook(upper, body).external_id == "5"
