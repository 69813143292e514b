"""Workflow: eBay tries the address, then tells that a buyer's account was deleted."""

import hashlib
import json
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from test_marketplaces import MarketplaceCase

from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.base import MemoryKeyStore, PublicKey
from odoo.addons.ecom_orders.marketplaces.ebay import keys
from odoo.addons.ecom_orders.models import ecom_channel_connection
from odoo.addons.ecom_orders.models.ecom_channel_key import ChannelKeys

from simulator.ebay.notices import KEY_ID, Portal, signature_header
from simulator.ebay.render import buyer_name

KEY_PATH = f"/commerce/notification/v1/public_key/{KEY_ID}"


@tagged("post_install", "-at_install")
class TestAccountDeletion(MarketplaceCase):
    """The address proves itself; what is signed by eBay's key erases the buyer."""

    provider = "ebay"
    kinds = ("ebay_us_collected_tax",)

    def setUp(self):
        super().setUp()
        self.portal = Portal(self.shop.world, self.shop.outbox)
        self.portal.endpoint = self.base_url() + self.path_of_hook()

    def keep_keys_apart(self):
        """A test has one connection: a request that is refused takes back what it kept
        in a transaction of its own, which a server does not."""
        store = MemoryKeyStore()
        self.patch(ecom_channel_connection, "ChannelKeys", lambda channel: store)

    def path_of_hook(self):
        return f"/ecom/webhook/{self.channel.webhook_token}"

    def ask(self, **query):
        self.env.flush_all()
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return self.url_open(f"{self.path_of_hook()}?{text}")

    def post(self, body, **headers):
        self.env.flush_all()
        answer = self.url_open(
            self.path_of_hook(),
            data=body,
            headers={"Content-Type": "application/json", **headers},
        )
        self.env.invalidate_all()
        return answer

    def signed(self, body, key_id=KEY_ID):
        return self.post(body, **{"X-EBAY-SIGNATURE": signature_header(body, key_id)})

    def keys_asked_for(self):
        paths = [row["path"] for row in self.shop.requests()]
        return [path for path in paths if "/public_key/" in path]

    # -- the challenge -----------------------------------------------------------------

    def test_challenge_is_answered_by_token_and_endpoint(self):
        answer = self.ask(challenge_code="a1b2")
        endpoint = self.channel.webhook_url
        text = f"a1b2{self.channel.webhook_secret}{endpoint}"
        expected = hashlib.sha256(text.encode()).hexdigest()
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json(), {"challengeResponse": expected})
        self.assertIn("application/json", answer.headers["Content-Type"])

    def test_token_that_is_made_for_a_channel_is_one_that_ebay_takes(self):
        channel = self.channel.copy({"name": "Second"})
        self.assertRegex(channel.webhook_secret, r"^[A-Za-z0-9_-]{32,80}$")

    def test_nothing_else_is_answered(self):
        self.assertEqual(self.ask(other="1").status_code, 405)
        self.channel.provider = "woocommerce"
        self.assertEqual(self.ask(challenge_code="a1b2").status_code, 405)

    # -- the deletion ------------------------------------------------------------------

    def test_deletion_of_an_account_erases_the_buyer_and_keeps_the_figures(self):
        (row,) = self.place_all()
        order = self.sale_order_of(row)
        total, contact = order.amount_total, order.partner_id
        name, street = contact.name, contact.street
        for picking in order.picking_ids:
            for move in picking.move_ids:
                move.write({"quantity": move.product_uom_qty, "picked": True})
            picking.button_validate()
        self.portal.delete_account(row["id"])
        self.deliver()
        message = self.messages(kind="privacy")
        username = buyer_name(self.shop.world.order(row["id"]))
        self.assertEqual((message.external_id, message.origin), (username, "webhook"))
        self.process()
        self.assertTrue(order.ecom_erased_at)
        self.assertNotEqual((contact.name, contact.street), (name, street))
        self.assertEqual(order.amount_total, total)

    def test_one_key_is_fetched_for_many_deliveries_and_kept(self):
        for number in range(3):
            body = json.dumps({"metadata": {"topic": "X"}, "n": number}).encode()
            self.assertEqual(self.signed(body).status_code, 200)
        self.assertEqual(self.keys_asked_for(), [KEY_PATH])
        kept = self.env["ecom.channel.key"].search([])
        self.assertEqual((kept.channel_id, kept.key_ref), (self.channel, KEY_ID))

    def test_kept_keys_are_renewed_and_those_of_yesterday_forgotten(self):
        store = ChannelKeys(self.channel)
        now = datetime.now(timezone.utc).replace(microsecond=0)
        store.save("old", PublicKey("text", "SHA1", now - timedelta(days=2)))
        store.save("none", PublicKey("", "", now))
        store.save("new", PublicKey("text", "SHA1", now - timedelta(hours=3)))
        store.save("new", PublicKey("another", "SHA256", now))
        self.assertEqual(
            store.load(),
            {
                "none": PublicKey("", "", now),
                "new": PublicKey("another", "SHA256", now),
            },
        )

    def test_forged_deliveries_are_refused_and_nothing_is_kept(self):
        body = b'{"metadata": {}}'
        header = signature_header(b"something else")
        refused = [
            self.post(body),
            self.post(body, **{"X-EBAY-SIGNATURE": "rubbish"}),
            self.post(body, **{"X-EBAY-SIGNATURE": header}),
        ]
        self.assertEqual([answer.status_code for answer in refused], [401] * 3)
        self.assertFalse(self.messages())

    def test_key_that_ebay_does_not_have_is_asked_for_once(self):
        self.keep_keys_apart()
        for _attempt in range(3):
            answer = self.signed(b"{}", key_id="invented")
            self.assertEqual(answer.status_code, 401)
        self.assertEqual(len(self.keys_asked_for()), 1)
        self.assertFalse(self.messages())

    def test_after_too_many_invented_keys_a_delivery_is_to_come_again(self):
        self.keep_keys_apart()
        with (
            patch.object(keys, "MOST", 2),
            self.assertLogs("odoo.addons.ecom_orders.controllers", "WARNING"),
        ):
            for name in ("one", "two"):
                self.assertEqual(self.signed(b"{}", key_id=name).status_code, 401)
            self.assertEqual(self.signed(b"{}").status_code, 503)
        self.assertEqual(len(self.keys_asked_for()), 2)

    def test_delivery_of_a_stopped_channel_is_to_come_again(self):
        self.channel.emergency_stop = True
        with self.assertLogs("odoo.addons.ecom_orders.controllers", "WARNING"):
            self.assertEqual(self.signed(b"{}").status_code, 503)
        self.assertFalse(self.messages())
