"""WooCommerce, step "receive a delivery": the signature first, then as little belief
as possible."""

import base64
import json

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.base import Credentials, OrderCursor
from ecom_orders.marketplaces.woocommerce import webhook
from ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector
from fake_woo import FakeShop, answer
from hypothesis import given
from hypothesis import strategies as st

SECRET = "a secret of the shop"
ORDER = {
    "id": 27,
    "status": "processing",
    "currency": "EUR",
    "line_items": [],
    "total": "5.00",
    "_links": {"self": []},
}


def connector(secret=SECRET, shop=None):
    return WooCommerceConnector(
        Credentials("https://shop.example", "ck", "cs", secret), shop
    )


def deliver(body, topic="order.updated", secret=SECRET, **headers):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    fields = {
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Signature": webhook.signature(body, secret),
        **headers,
    }
    return connector().read_webhook(fields, body)


# -- the signature ---------------------------------------------------------------------


def test_the_signature_is_known():
    # base64(HMAC-SHA256("what do ya want for nothing?", key "Jefe")), RFC 4231 case 2
    assert webhook.signature(b"what do ya want for nothing?", "Jefe") == (
        base64.b64encode(
            bytes.fromhex(
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            )
        ).decode()
    )


def test_header_names_come_in_any_case():
    body = json.dumps(ORDER).encode()
    fields = {
        "x-wc-webhook-topic": "order.created",
        "X-Wc-Webhook-SIGNATURE": webhook.signature(body, SECRET),
    }
    assert connector().read_webhook(fields, body).kind == base.ORDER


@pytest.mark.parametrize("given", ["", "x", "é", "AAAA", " "])
def test_a_missing_or_wrong_signature_is_refused(given):
    with pytest.raises(errors.SignatureInvalid):
        deliver(ORDER, **{"X-WC-Webhook-Signature": given})


def test_a_signature_with_another_secret_is_refused():
    with pytest.raises(errors.SignatureInvalid):
        deliver(ORDER, secret="another")


def test_without_a_configured_secret_nothing_is_believed():
    body = json.dumps(ORDER).encode()
    fields = {"X-WC-Webhook-Signature": webhook.signature(body, "")}
    with pytest.raises(errors.SignatureInvalid):
        connector(secret="").read_webhook(fields, body)


@given(st.binary(min_size=1, max_size=40), st.integers(0, 39), st.integers(1, 255))
def test_one_changed_byte_is_noticed(body, position, change):
    signed = webhook.signature(body, SECRET)
    changed = bytearray(body)
    changed[position % len(body)] ^= change
    with pytest.raises(errors.SignatureInvalid):
        connector().read_webhook({"X-WC-Webhook-Signature": signed}, bytes(changed))


# -- the ping --------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"webhook_id=1", b"webhook_id=123456\n"])
def test_an_unsigned_ping_is_for_nobody(body):
    fields = {"Content-Type": "application/x-www-form-urlencoded"}
    assert connector().read_webhook(fields, body) is None


@pytest.mark.parametrize(
    "body", [b"webhook_id=x", b"webhook_id=1&a=2", b"", b'{"id": 1}', b"webhook_id="]
)
def test_anything_else_unsigned_is_refused(body):
    with pytest.raises(errors.SignatureInvalid):
        connector().read_webhook({}, body)


# -- what it is ------------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["order.created", "order.updated", "order.restored"])
def test_a_whole_order_is_an_order(topic):
    envelope = deliver(ORDER, topic)
    assert (envelope.kind, envelope.external_id) == (base.ORDER, "27")
    assert "_links" not in json.loads(envelope.body)


def test_a_deleted_order_is_a_hint():
    envelope = deliver({"id": 27}, "order.deleted")
    assert (envelope.kind, envelope.external_id) == (base.ORDER_HINT, "27")


def test_half_an_order_is_a_hint():
    assert deliver({"id": 27, "status": "x"}, "order.updated").kind == base.ORDER_HINT


def test_created_and_updated_with_the_same_body_are_one_envelope():
    assert deliver(ORDER, "order.created") == deliver(ORDER, "order.updated")


def test_the_topic_is_not_signed_and_so_does_not_make_an_order_of_a_product():
    product = {"id": 27, "sku": "x", "price": "1"}
    assert deliver(product, "order.updated").kind == base.ORDER_HINT


@pytest.mark.parametrize(
    "topic", ["product.updated", "coupon.created", "customer.deleted", "action.x"]
)
def test_other_topics_are_rightly_signed_and_ignored(topic):
    assert deliver({"id": 3}, topic).kind == base.IGNORED
    assert deliver([1, 2], topic).kind == base.IGNORED


def test_a_delivery_without_a_topic_goes_by_its_body():
    assert deliver(ORDER, "").kind == base.ORDER
    assert deliver({"id": 3}, "").kind == base.IGNORED


def test_an_order_has_the_digest_it_has_in_the_feed():
    row = {**ORDER, "_links": {"collection": []}, "price": 17.249805666666667}
    # The shop escapes slashes and non-ASCII text in what it sends.
    sent = json.dumps({**row, "note": "a/é"}).replace("/", "\\/").encode()
    shop = FakeShop()
    listed = json.dumps([{"note": "a/é", **row}], ensure_ascii=False).encode()
    shop.routes["GET", "orders"] = answer(listed)
    (from_feed,) = connector(shop=shop).fetch_orders(OrderCursor()).envelopes
    assert deliver(sent) == from_feed


# -- what cannot be read ---------------------------------------------------------------


def test_signed_but_not_json_is_kept_as_text():
    envelope = deliver("<b>Warning</b>: é".encode())
    assert envelope.kind == base.UNREADABLE
    assert envelope.body == "<b>Warning</b>: é"
    assert len(envelope.external_id) == 32


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe\x00{", b"a\x00b", b"", b"base64:pretended"],
)
def test_bytes_that_no_text_field_can_hold_are_kept_losslessly(body):
    envelope = deliver(body)
    assert envelope.kind == base.UNREADABLE
    assert envelope.body.startswith("base64:")
    assert base64.b64decode(envelope.body.removeprefix("base64:")) == body


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": 27, "total": NaN}',
        b"[1, 2]",
        b"null",
        b"{}",
        b'{"id": "x"}',
        b'{"code": "woocommerce_rest_cannot_view", "data": {"status": 401}}',
        b"[" * 50_000,
        b'{"id": 1, "currency": 1, "line_items": %s%s}' % (b"[" * 3_000, b"]" * 3_000),
    ],
)
def test_signed_but_no_order_is_kept_for_a_person(body):
    assert deliver(body).kind == base.UNREADABLE


@given(st.binary(max_size=200), st.text(max_size=20))
def test_whatever_is_signed_becomes_an_envelope_that_can_be_stored(body, topic):
    envelope = deliver(body, topic)
    envelope.body.encode("utf-8")
    assert "\0" not in envelope.body
    assert len(envelope.digest) == 64


def test_a_lone_surrogate_in_the_payload_can_be_stored():
    envelope = deliver(b'{"id": 5, "note": "\\ud83d", "emoji": "\\ud83d\\ude00"}')
    assert envelope.body == '{"emoji":"😀","id":5,"note":"\\ud83d"}'
    envelope.body.encode("utf-8")
