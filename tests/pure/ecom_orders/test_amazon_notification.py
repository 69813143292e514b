"""Amazon, notifications that were forwarded: a secret, and no more than a hint."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from amazon_seller import MODELS, WEBHOOK_SECRET, credentials_for
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.amazon import AmazonConnector
from ecom_orders.marketplaces.amazon.notification import signature
from ecom_orders.marketplaces.base import Capability
from ecom_orders.marketplaces.transport import Transport

ORDER_ID = "903-8868176-2219830"
SECRET = {"X-Webhook-Secret": WEBHOOK_SECRET}


def read(body, headers=SECRET):
    connector = AmazonConnector(credentials_for("https://amazon.example"), Transport())
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return connector.read_webhook(headers, raw)


def change(order_id=ORDER_ID):
    return {
        "NotificationType": "ORDER_CHANGE",
        "Payload": {"OrderChangeNotification": {"AmazonOrderId": order_id}},
        "NotificationMetadata": {"NotificationId": "n-1"},
    }


def test_a_changed_order_is_a_hint_to_fetch_it():
    envelope = read(change())
    assert (envelope.kind, envelope.external_id) == (base.ORDER_HINT, ORDER_ID)


def test_the_event_bus_puts_it_into_detail():
    assert read({"detail": change(), "source": "aws.partner"}) == read(change())


def test_names_in_lower_camel_case_are_understood():
    body = {
        "notificationType": "ORDER_CHANGE",
        "payload": {"orderChangeNotification": {"amazonOrderId": ORDER_ID}},
    }
    assert read(body).external_id == ORDER_ID


def test_other_notifications_are_kept_by_their_id_and_ignored():
    body = {**change(), "NotificationType": "FEED_PROCESSING_FINISHED"}
    envelope = read(body)
    assert (envelope.kind, envelope.external_id) == (base.IGNORED, "n-1")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Webhook-Secret": ""},
        {"X-Webhook-Secret": f"{WEBHOOK_SECRET} "},
        {"X-Webhook-Secret": "wrong"},
        {"X-Webhook-Secret": "ü"},
    ],
)
def test_without_the_secret_nothing_is_read(headers):
    with pytest.raises(errors.SignatureInvalid):
        read(change(), headers)


def test_without_a_configured_secret_nothing_is_read():
    known = replace(credentials_for("https://amazon.example"), webhook_secret="")
    connector = AmazonConnector(known, Transport())
    with pytest.raises(errors.SignatureInvalid):
        connector.read_webhook({"X-Webhook-Secret": ""}, b"{}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"{",
        b"[]",
        b"5",
        b"{}",
        {"NotificationType": 5},
        change("1"),
        change("../../x"),
        change(None),
        {"detail": []},
    ],
)
def test_rubbish_is_kept_as_unreadable(body):
    assert read(body).kind == base.UNREADABLE


def test_it_is_claimed_as_passed_on_not_as_a_webhook_to_be_registered():
    assert AmazonConnector.can(Capability.RELAYED_EVENTS)
    assert not AmazonConnector.can(Capability.WEBHOOKS)


def signed(body, secret=WEBHOOK_SECRET):
    return {"X-Webhook-Signature": signature(body, secret)}


def test_a_signature_over_the_body_is_as_good_as_the_secret():
    body = json.dumps(change()).encode()
    digest = hmac.new(WEBHOOK_SECRET.encode(), body, hashlib.sha256).digest()
    assert signed(body)["X-Webhook-Signature"] == base64.b64encode(digest).decode()
    assert read(body, signed(body)) == read(body)


@pytest.mark.parametrize(
    "headers",
    [
        signed(b"something else"),
        signed(json.dumps(change()).encode(), "another secret"),
        {"X-Webhook-Signature": ""},
        {**SECRET, **signed(b"something else")},
    ],
)
def test_a_wrong_signature_is_refused_whatever_else_is_sent(headers):
    with pytest.raises(errors.SignatureInvalid):
        read(change(), headers)


@pytest.mark.skipif(
    not MODELS.is_dir(), reason="no schemas of Amazon beside the project"
)
def test_every_example_of_the_schemas_is_read():
    hints = ignored = 0
    for path in sorted((MODELS / "schemas" / "notifications").glob("*.json")):
        for example in json.loads(path.read_text()).get("examples", []):
            envelope = read(example)
            if "OrderChange" in path.name:
                assert envelope.kind == base.ORDER_HINT
                hints += 1
            else:
                assert envelope.kind == base.IGNORED
                ignored += 1
    print(f"\n{hints} hints, {ignored} ignored")
    assert hints >= 1
    assert ignored >= 10
