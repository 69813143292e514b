import base64
import hashlib
import hmac
import json

from odoo.tests import HttpCase, tagged

from odoo.addons.ecom_orders.controllers.webhook import MAX_BODY

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestWebhook(EcomOrdersCommon, HttpCase):
    """What a shop sends by itself: signed, kept, answered; everything else refused."""

    def deliver(
        self, body, signature=None, topic="order.created", token=None, **headers
    ):
        if signature is None:
            digest = hmac.new(b"hook-secret", body, hashlib.sha256).digest()
            signature = base64.b64encode(digest).decode()
        return self.url_open(
            f"/ecom/webhook/{token or self.channel.webhook_token}",
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-WC-Webhook-Topic": topic,
                "X-WC-Webhook-Resource": topic.partition(".")[0],
                "X-WC-Webhook-Event": topic.partition(".")[2],
                **({"X-WC-Webhook-Signature": signature} if signature else {}),
                **headers,
            },
        )

    def body(self, number=1):
        return json.dumps(woo_order(number, [woo_line(1, "MUG", 1, "5.00")])).encode()

    def messages(self):
        return self.inbox.search([("channel_id", "=", self.channel.id)])

    def test_signed_order_is_kept_and_becomes_a_sale_order(self):
        self.assertEqual(self.deliver(self.body()).status_code, 200)
        self.assertEqual(self.messages().origin, "webhook")
        self.process()
        self.assertEqual(self.orders(1).state, "sale")

    def test_created_and_updated_with_the_same_body_are_one_message(self):
        self.deliver(self.body(), topic="order.created")
        self.deliver(self.body(), topic="order.updated")
        self.assertEqual(len(self.messages()), 1)

    def test_wrong_signature_is_refused_and_nothing_kept(self):
        response = self.deliver(self.body(), signature="bm90IGl0")
        self.assertEqual(response.status_code, 401)
        self.assertFalse(self.messages())

    def test_missing_signature_is_refused_and_nothing_kept(self):
        self.assertEqual(self.deliver(self.body(), signature="").status_code, 401)
        self.assertFalse(self.messages())

    def test_changed_body_is_refused(self):
        digest = hmac.new(b"hook-secret", self.body(), hashlib.sha256).digest()
        signature = base64.b64encode(digest).decode()
        changed = self.body().replace(b'"5.00"', b'"0.01"')
        self.assertEqual(self.deliver(changed, signature).status_code, 401)

    def test_unsigned_ping_is_answered_and_forgotten(self):
        response = self.url_open(
            f"/ecom/webhook/{self.channel.webhook_token}", data={"webhook_id": "5"}
        )
        self.assertEqual(response.status_code, 200)
        self.assertFalse(self.messages())

    def test_unknown_address_is_not_found(self):
        self.assertEqual(self.deliver(self.body(), token="0" * 32).status_code, 404)

    def test_body_beyond_the_limit_is_refused_before_it_is_hashed(self):
        response = self.deliver(b"x" * (MAX_BODY + 1))
        self.assertEqual(response.status_code, 413)
        self.assertFalse(self.messages())

    def test_signed_rubbish_is_kept_with_a_reason(self):
        self.assertEqual(self.deliver(b'{"id": 5, "status": ').status_code, 200)
        self.process()
        self.assertEqual(self.messages().state, "failed")
        self.assertEqual(self.messages().reason, "bad_payload")

    def test_deletion_is_a_hint(self):
        self.deliver(b'{"id":5}', topic="order.deleted")
        self.assertEqual(self.messages().kind, "order_hint")
        self.assertEqual(self.messages().external_id, "5")

    def test_message_of_a_stopped_channel_is_kept_and_waits(self):
        self.channel.action_emergency_stop()
        self.assertEqual(self.deliver(self.body()).status_code, 200)
        self.process()
        self.assertEqual(self.messages().state, "received")

    def test_get_is_not_answered_by_the_webhook(self):
        response = self.url_open(f"/ecom/webhook/{self.channel.webhook_token}")
        self.assertEqual(response.status_code, 405)


@tagged("post_install", "-at_install")
class TestShopifyWebhook(EcomOrdersCommon, HttpCase):
    """The same door with another marketplace's signature: what is forged stays out."""

    body = b'{"id": 5, "admin_graphql_api_id": "gid://shopify/Order/5"}'

    def setUp(self):
        super().setUp()
        self.channel.write({"provider": "shopify", "webhook_secret": "hook-secret"})

    def deliver(self, body, key=b"hook-secret", **headers):
        digest = hmac.new(key, self.body, hashlib.sha256).digest()
        signed = {"X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode()}
        return self.url_open(
            f"/ecom/webhook/{self.channel.webhook_token}",
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-Shopify-Topic": "orders/create",
                "X-Shopify-Webhook-Id": "b54557e4",
                **(headers.get("signature", signed)),
            },
        )

    def messages(self):
        return self.inbox.search([("channel_id", "=", self.channel.id)])

    def test_signed_event_is_kept_once(self):
        self.assertEqual(self.deliver(self.body).status_code, 200)
        self.assertEqual(self.deliver(self.body).status_code, 200)
        self.assertEqual(len(self.messages()), 1)

    def test_wrong_missing_and_outdated_signatures_are_refused_and_nothing_kept(self):
        for answer in (
            self.deliver(self.body, key=b"somebody-else"),
            self.deliver(self.body, signature={}),
            self.deliver(self.body.replace(b"5", b"6")),
        ):
            self.assertEqual(answer.status_code, 401)
        self.assertFalse(self.messages())

    def test_body_beyond_the_limit_is_refused_and_not_even_looked_at(self):
        looked = []
        connector = type(self.channel._get_connector())
        self.patch(connector, "read_webhook", lambda *args: looked.append(args))
        self.assertEqual(self.deliver(b"x" * (MAX_BODY + 1)).status_code, 413)
        self.assertEqual(looked, [])
        self.assertFalse(self.messages())
