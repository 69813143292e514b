"""Workflow: a third party adds a marketplace from an addon of its own.

The addon is ``tests/support/addons/ecom_test_marketplace``; nothing of ``ecom_orders``
knows it.
"""

import json
from urllib.parse import urlsplit

from scripted_server import Answer, ScriptedServer

from odoo.tests import tagged
from odoo.tests.common import HOST, _super_send

from odoo.addons.ecom_orders.tests.common import EcomOrdersCommon

PRICE = 12.5
QUANTITY = 3


def shop_order(number, **values):
    """An order as the third party's marketplace writes it, paid."""
    return {
        "id": number,
        "at": "2026-03-01T10:00:00Z",
        "currency": "USD",
        "paid": True,
        "buyer": {"name": "Ada Byron", "email": "ada@example.com"},
        "address": {
            "street": "12 Analytical Way",
            "city": "Springfield",
            "zip": "12345",
            "country": "US",
        },
        "lines": [
            {"sku": "MUG", "name": "Mug", "quantity": QUANTITY, "price": str(PRICE)}
        ],
        **values,
    }


def answer(value):
    """An answer of the shop in JSON."""
    headers = {"Content-Type": "application/json"}
    return Answer(body=json.dumps(value).encode(), headers=headers)


@tagged("post_install", "-at_install")
class TestOwnMarketplace(EcomOrdersCommon):
    """What works for our marketplaces works for one that was added from outside."""

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        """Let requests to this machine through with the time-outs they came with;
        Odoo's own guard cannot compare the pair of them that the transport gives."""
        if urlsplit(request.url).hostname == HOST:
            return _super_send(session, request, **options)
        return super()._request_handler(session, request, **options)

    def setUp(self):
        super().setUp()
        # The jobs commit after each page; a test rolls everything back.
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 100)
        self.channel.action_pause()  # it has no shop to fetch from

    def connect(self, *orders):
        """A channel of the marketplace, connected and fetched; the shop has orders."""
        shop = ScriptedServer(answer({"name": "Ada's Mugs"}), answer(list(orders)))
        self.enterContext(shop)
        channel = self._create_channel(
            provider="my_shop", url=shop.url, api_key=False, state="draft"
        )
        channel.action_connect()
        self.poll(channel)
        return channel

    def poll(self, channel):
        """Read the order feed and apply what it brought."""
        channel.next_fetch_at = False
        self.env["ecom.channel"]._cron_fetch()
        self.process(channel)

    def test_marketplace_can_be_chosen_and_asks_for_its_credentials(self):
        providers = dict(self.channel._fields["provider"].selection)
        self.assertEqual(providers["my_shop"], "My Shop")
        channel = self._create_channel(provider="my_shop", state="draft")
        self.assertEqual(channel.required_codes, ",url,")

    def test_order_is_imported_confirmed_and_reserved(self):
        channel = self.connect(shop_order("MS-1"))
        self.assertEqual(channel.state, "connected")
        order = self.orders("MS-1", channel=channel)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line.product_id, self.mug)
        self.assertMoney(order.amount_total, QUANTITY * PRICE)
        self.assertEqual(order.partner_id.name, "Ada Byron")
        self.assertEqual(order.picking_ids.state, "assigned")

    def test_unpaid_order_waits(self):
        channel = self.connect(shop_order("MS-1", paid=False))
        self.assertEqual(self.orders("MS-1", channel=channel).state, "draft")

    def test_order_that_cannot_be_read_does_not_stop_the_next(self):
        bad = shop_order("MS-1", at="yesterday")
        channel = self.connect(bad, shop_order("MS-2"))
        self.assertEqual(self.orders("MS-2", channel=channel).state, "sale")
        message = self.inbox.search(
            [("channel_id", "=", channel.id), ("external_id", "=", "MS-1")]
        )
        self.assertEqual(message.state, "failed")
        self.assertEqual(message.reason, "bad_payload")

    def test_order_that_comes_again_is_one_order(self):
        channel = self.connect(shop_order("MS-1"))
        self.poll(channel)
        self.assertEqual(len(self.orders("MS-1", channel=channel)), 1)
        self.assertEqual(self.inbox.search_count([("channel_id", "=", channel.id)]), 1)
