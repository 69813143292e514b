"""Recordings of real WooCommerce shops import into Odoo, every one, to the cent.

The recordings are reference data beside the project, not part of it. Without them this
file says that it was skipped; the addon's own tests carry payloads of the same shape.
"""

import json
import unittest
from decimal import Decimal
from pathlib import Path

from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.base import ORDER_HINT, REFUND, Envelope
from odoo.addons.ecom_orders.marketplaces.errors import NotFound, PayloadError
from odoo.addons.ecom_orders.marketplaces.woocommerce import normaliser
from odoo.addons.ecom_orders.tests.common import EcomOrdersCommon

SAMPLES = Path(__file__).parents[3] / "shared" / "specs" / "woocommerce" / "samples"
FILES = sorted(SAMPLES.glob("*/*.json"))

STATES = {
    "processing": "sale",
    "completed": "sale",
    "pending": "draft",
    "on-hold": "draft",
    "failed": "draft",
    "cancelled": "cancel",
    "refunded": "cancel",  # in full, and nothing of it was shipped
    "trash": "cancel",
}


def is_order(payload):
    """Whether a recorded body is a whole order."""
    return isinstance(payload, dict) and {"line_items", "currency", "number"} <= set(
        payload
    )


def is_refund(payload):
    """Whether a recorded body is a refund with its lines."""
    return isinstance(payload, dict) and "refunded_by" in payload


def bodies(path):
    """The payloads of a recording: of a response (also a list), or of a delivery."""
    recording = json.loads(path.read_text())
    body = recording.get("response", recording).get("body")
    return body if isinstance(body, list) else [body]


def recorded(kind):
    """(path, recording, payload) of all recordings of a kind of payload."""
    for path in FILES:
        for payload in bodies(path):
            if kind(payload):
                yield path, json.loads(path.read_text()), payload


@unittest.skipUnless(FILES, f"no recordings of WooCommerce in {SAMPLES.name} beside us")
@tagged("post_install", "-at_install")
class TestWooCommerceRecordings(EcomOrdersCommon):
    """What real shops answered and sent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for sku in ("TS-1", "HD-S", "HD-M", "GIFT-0"):
            cls._create_product(sku, 100)
        cls._create_product("EB-1", type="service", is_storable=False)

    def setUp(self):
        super().setUp()
        self.channel.tax_policy = "create"

    def fresh_channel(self, path):
        return self._create_channel(name=path.name, tax_policy="create")

    def test_there_are_recordings_of_each_kind(self):
        self.assertGreater(len(list(recorded(is_order))), 15)
        self.assertGreater(len(list(recorded(is_refund))), 1)

    def test_every_order_imports_with_its_total_taxes_partner_and_state(self):
        for path, _recording, payload in recorded(is_order):
            with self.subTest(recording=f"{path.parent.name}/{path.name}"):
                channel = self.fresh_channel(path)
                order = self.import_orders(payload, channel=channel)
                self.assertEqual(len(order), 1, self.outcomes(channel))
                self.check_money(order, payload)
                self.check_taxes(order, payload)
                self.check_partner(order, payload)
                self.check_state(order, payload)

    def outcomes(self, channel):
        """What became of the channel's messages, for the message of a failure."""
        messages = self.inbox.search([("channel_id", "=", channel.id)])
        return messages.mapped(lambda m: (m.external_id, m.state, m.explanation))

    def check_money(self, order, payload):
        currency = order.currency_id
        self.assertEqual(currency.name, payload["currency"])
        self.assertEqual(
            currency.compare_amounts(order.amount_total, float(payload["total"])), 0
        )
        kinds = set(order.order_line.mapped("ecom_kind"))
        self.assertFalse(kinds & {"unexplained", "unmapped_tax"})

    def check_taxes(self, order, payload):
        currency = order.currency_id
        stated = float(payload["total_tax"])
        # What a currency without decimals cannot hold stands in a rounding line.
        slack = currency.rounding if currency.decimal_places == 0 else 0
        self.assertLessEqual(
            currency.round(abs(order.amount_tax - currency.round(stated))), slack
        )
        for tax in payload["tax_lines"]:
            matched = order.order_line.tax_ids.filtered(
                lambda t, rate=tax["rate_percent"]: t.amount == rate
            )
            self.assertTrue(matched)

    def check_partner(self, order, payload):
        billing = payload["billing"]
        name = order.partner_id.name
        for part in (billing["first_name"], billing["last_name"]):
            self.assertIn(part, name)
        if billing["email"]:
            self.assertEqual(order.partner_id.email, billing["email"])
        if billing["country"]:
            self.assertEqual(order.partner_id.country_id.code, billing["country"])
        if payload["shipping"]["city"]:
            shipping = order.partner_shipping_id
            self.assertIn(payload["shipping"]["city"], shipping.city)
            self.assertEqual(shipping.zip, payload["shipping"]["postcode"])

    def check_state(self, order, payload):
        expected = STATES[payload["status"]]
        unknown = {"unknown_sku"} & self.open_reasons(order)
        if unknown and expected == "sale":
            expected = "draft"  # sold something that the test did not stock
        self.assertEqual(order.state, expected)

    def test_all_orders_of_a_shop_in_one_batch_and_again(self):
        for folder in {path.parent for path in FILES}:
            payloads = [
                payload for path, _r, payload in recorded(is_order)
                if path.parent == folder
            ]  # fmt: skip
            channel = self._create_channel(name=folder.name, tax_policy="create")
            self.import_orders(*payloads, channel=channel)
            ids = {payload["id"] for payload in payloads}
            orders = self.orders(*ids, channel=channel)
            self.assertEqual(len(orders), len(ids))
            before = orders.mapped(lambda o: (o.ecom_number, o.amount_total, o.state))
            self.import_orders(*payloads, channel=channel)
            after = orders.mapped(lambda o: (o.ecom_number, o.amount_total, o.state))
            self.assertEqual(before, after)
            failed = self.inbox.search(
                [("channel_id", "=", channel.id), ("state", "=", "failed")]
            )
            self.assertFalse(failed)

    def test_refunds_sum_to_what_was_given_back(self):
        for path, recording, payload in recorded(is_refund):
            with self.subTest(recording=f"{path.parent.name}/{path.name}"):
                order_id = recording["request"]["path"].split("/")[-2]
                refund = normaliser.normalise_refund(payload, order_id)
                self.assertEqual(refund.amount, Decimal(payload["amount"]))
                if refund.lines:
                    total = sum(line.total + line.total_tax for line in refund.lines)
                    self.assertEqual(total, refund.amount)

    def test_recorded_refund_lands_on_its_recorded_order(self):
        orders = {
            (path.parent, payload["id"]): payload
            for path, _recording, payload in recorded(is_order)
        }
        landed = 0
        for path, recording, payload in recorded(is_refund):
            number = int(recording["request"]["path"].split("/")[-2])
            if (path.parent, number) not in orders:
                continue
            channel = self.fresh_channel(path)
            order = self.import_orders(orders[path.parent, number], channel=channel)
            envelope = Envelope.of(REFUND, f"{number}/{payload['id']}", payload)
            self.inbox._store(channel, [envelope], "poll")
            self.process(channel)
            refund = order.ecom_refund_ids.filtered(
                lambda r, key=str(payload["id"]): r.external_id == key
            )
            self.assertMoney(refund.amount, float(payload["amount"]))
            landed += 1
        self.assertGreater(landed, 0)

    def test_webhook_deliveries_end_as_orders_or_are_told_apart(self):
        deliveries = [path for path in FILES if "webhook_delivery" in path.name]
        self.assertTrue(deliveries)
        for path in deliveries:
            with self.subTest(recording=f"{path.parent.name}/{path.name}"):
                payload = json.loads(path.read_text())["body"]
                if isinstance(payload, str):
                    continue  # an unsigned ping
                channel = self.fresh_channel(path)
                if is_order(payload):
                    order = self.import_orders(payload, channel=channel)
                    self.check_money(order, payload)
                elif set(payload) == {"id"}:
                    self.check_deletion(channel, payload)

    def check_deletion(self, channel, payload):
        self.channel = channel
        hint = Envelope.of(ORDER_HINT, payload["id"], payload)
        message = self.inbox._store(channel, [hint], "webhook")
        with self.connector(fetch_order=NotFound("gone")):
            self.process(channel)
        self.assertEqual(message.reason, "unknown_order")

    def test_error_bodies_are_not_taken_for_orders(self):
        for path in FILES:
            recording = json.loads(path.read_text())
            if recording.get("response", {}).get("status", 200) < 400:
                continue
            with self.subTest(recording=f"{path.parent.name}/{path.name}"):
                with self.assertRaises(PayloadError):
                    normaliser.normalise_order(recording["response"]["body"])
