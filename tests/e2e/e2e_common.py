"""Ground for the end-to-end tests: Odoo and a simulated shop that talk by HTTP.

The channel's own connector asks the shop, the shop's webhooks reach Odoo's controller,
and scheduled jobs run as the scheduler runs them: as the technical user, in
transactions of their own.
"""

import logging
from contextlib import ExitStack
from datetime import datetime, timezone
from unittest.mock import patch
from urllib.parse import urlsplit

from odoo.tests import HttpCase
from odoo.tests.common import HOST, _super_send

from odoo.addons.ecom_orders.marketplaces.transport import Clock, Settings, Transport
from odoo.addons.ecom_orders.marketplaces.woocommerce.client import (
    WooCommerceConnector,
)
from odoo.addons.ecom_orders.models import ecom_channel_connection
from odoo.addons.ecom_orders.tests.common import EcomOrdersCommon

from simulator import Simulator
from simulator.world.catalogue import CATALOGUE

# What becomes of an order of the shop, if nothing else is wrong with it.
STATES = {
    "pending": "draft",
    "on-hold": "draft",
    "failed": "draft",
    "processing": "sale",
    "completed": "sale",
    "cancelled": "cancel",
    "refunded": "cancel",  # in full, and nothing was shipped
    "trash": "cancel",
    "deleted": "cancel",
}
# Scenarios with a product that Odoo does not have: their orders wait.
UNLINKED = {"unknown_sku", "no_sku", "deleted_product"}
STOCK = 5000

MAX_RUNS = 10


class ImpatientClock(Clock):
    """Notes every pause that the transport would make, and makes none."""

    def __init__(self):
        self.pauses = []

    def sleep(self, seconds):
        self.pauses.append(seconds)


class ShopCase(EcomOrdersCommon, HttpCase):
    """A channel that is set up for a fresh shop, not connected yet."""

    shop_options = {}
    patience = Settings(
        connect_timeout=1.0, read_timeout=5.0, deadline=20.0, attempts=2
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.catalogue = cls._create_catalogue()

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        """Let requests to this machine through with the time-outs they came with.

        Odoo's own guard raises time-outs to ten seconds, and cannot compare the pair
        of them (connect, read) that the transport gives.
        """
        if urlsplit(request.url).hostname == HOST:
            return _super_send(session, request, **options)
        return super()._request_handler(session, request, **options)

    @classmethod
    def _create_catalogue(cls):
        """What the shop sells, in stock, under the shop's SKUs."""
        items = [item for item in CATALOGUE if item.sku and item.type != "variable"]
        products = cls.env["product.product"].create(
            [
                {
                    "name": item.name,
                    "default_code": item.sku,
                    "type": "service" if item.virtual else "consu",
                    "is_storable": not item.virtual,
                }
                for item in items
            ]
        )
        for product in products.filtered("is_storable"):
            cls.env["stock.quant"]._update_available_quantity(
                product, cls.warehouse.lot_stock_id, STOCK
            )
        return products

    def setUp(self):
        super().setUp()
        # The shop's requests carry no cookie of the test; they wait until the test
        # gives the database free (see `deliver`).
        self.http_request_allow_all = True
        self._expect_a_silent_log()
        self.shop = Simulator(**{"seed": 7, **self.shop_options}).start()
        self.addCleanup(self.shop.stop)
        self.clock = ImpatientClock()
        self._replace_transport()
        self.channel.write(self.prepare_channel_values())

    def prepare_channel_values(self):
        """Values of a channel for the shop, as a manager would enter them."""
        return {
            "url": self.shop.url,
            "api_key": self.shop.options.key,
            "api_secret": self.shop.options.secret,
            "state": "draft",
            "import_since": False,
            "tax_policy": "create",
        }

    def _replace_transport(self):
        """The channel's transport, with short time-outs and without sleep."""

        def impatient(**options):
            options = {"settings": self.patience, "clock": self.clock, **options}
            return Transport(**options)

        self.patch(ecom_channel_connection, "Transport", impatient)

    def _expect_a_silent_log(self):
        """Nothing of what a shop does is worth a warning in the server's log."""
        stack = ExitStack()
        stack.enter_context(self.assertNoLogs("odoo", logging.WARNING))
        self.addCleanup(stack.close)

    # -- steps of a story --------------------------------------------------------------

    def connect(self):
        """Connect the channel and import what the shop has."""
        self.env.flush_all()
        self.channel.action_connect()
        self.poll()

    def run_job(self, name):
        """Run a scheduled job of the addon now, as the scheduler would."""
        self.env.ref(f"ecom_orders.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def run_job_until(self, name, is_done):
        """Run a job as often as the scheduler has to, should a run take too long."""
        for _run in range(MAX_RUNS):
            self.run_job(name)
            if is_done():
                return

    def fetch(self):
        """Read the order feed, whenever the next time would be."""
        self.channel.next_fetch_at = False
        self.run_job("fetch")

    def process(self, channel=None):
        """Apply what waits; what was postponed does not wait any longer."""
        self.messages().next_attempt_at = False
        self.run_job("process")

    def poll(self):
        """Read the order feed and apply what it brought."""
        self.fetch()
        self.process()

    def sweep(self):
        """The daily check, and apply what it brought."""
        self.run_job("sweep")
        self.process()

    def register_webhooks(self):
        """Ask the shop to send its events, and let it greet."""
        self.env.flush_all()
        self.channel.action_register_webhooks()
        self.deliver()

    def deliver(self):
        """Let the shop send what it has to send, until it has nothing more."""
        self.env.flush_all()
        with self.allow_requests(all_requests=True):
            self.assertTrue(self.shop.outbox.wait_until_idle())
        self.env.invalidate_all()

    def place(self, scenario="us_tax_exclusive", count=1):
        """Place orders in the shop; returns the id of the last one."""
        return self.shop.place_orders(count, scenario)[-1]["id"]

    def fault(self, kind, **rule):
        """Let one thing go wrong in the shop from now on."""
        self.shop.set_faults([{"kind": kind, **rule}])

    def recover(self):
        """Let the shop behave well again."""
        self.shop.set_faults()

    def set_clock(self, seconds):
        """Move the shop's clock away from ours; 15 minutes would break signatures."""
        self.shop.set_clock(seconds)

    def place_over_time(self, count, scenario="us_tax_exclusive", step=3):
        """Place orders some seconds apart; the last one is placed now."""
        for number in range(count):
            self.set_clock((number + 1 - count) * step)
            self.place(scenario)

    def freeze_shop(self):
        """Let everything in the shop happen within one second."""
        now = self.shop.world.clock.now()
        frozen = patch.object(self.shop.world.clock, "now", lambda: now)
        frozen.start()
        self.addCleanup(frozen.stop)
        return frozen

    def let_it_be_noon(self):
        """Put the shop where it is about noon now.

        In the hours in which clocks are changed the connector asks more often, see
        ``OrderFeed._before_clock_change``: who counts its questions wants another hour.
        """
        offset = 12 - datetime.now(timezone.utc).hour
        self.shop.change_settings(timezone=f"{offset:+03d}:00")

    def read_small_pages(self, size):
        """Read the feed by few orders at a time, so that some orders fill many."""
        fetch = WooCommerceConnector.fetch_orders

        def fetch_few(connector, cursor):
            return fetch(connector, cursor, page_size=size)

        self.patch(WooCommerceConnector, "fetch_orders", fetch_few)

    # -- questions ---------------------------------------------------------------------

    def messages(self, **values):
        """The inbox of the channel, or those messages that have certain values."""
        domain = [(name, "=", value) for name, value in values.items()]
        return self.inbox.search([("channel_id", "=", self.channel.id), *domain])

    def sale_orders(self):
        """All sale orders of the channel."""
        return self.env["sale.order"].search(
            [("ecom_channel_id", "=", self.channel.id)], order="id"
        )

    def sale_order(self, order_id):
        """The sale order of an order of the shop."""
        return self.orders(order_id).ensure_one()

    def requests(self):
        """What the shop was asked, as (method, path below the API)."""
        return [
            (row["method"], row["path"].rpartition("/wc/v3/")[2])
            for row in self.shop.requests()
        ]

    def feed_requests(self):
        """The requests for pages of orders (the connection test asks for one row)."""
        return [
            row
            for row in self.shop.requests()
            if row["path"].endswith("/orders")
            and row["query"].get("modified_after")
            or row["query"].get("orderby") == "modified"
        ]

    def line_ids(self, order_id):
        """Ids of the product lines of an order of the shop."""
        return [line.id for line in self.shop.world.order(order_id).lines]

    def explain_all(self):
        """What is wrong with the comparison, in words; empty when nothing is.

        Each order of the shop must be one sale order with equal total, currency,
        refunds and the state that its status asks for; nothing else may be there.
        """
        found = self.sale_orders()
        rows = self.shop.list_orders()
        known = {str(row["id"]) for row in rows}
        wrong = [
            f"{o.ecom_external_id}: not in the shop"
            for o in found
            if o.ecom_external_id not in known
        ]
        for row in rows:
            same = found.filtered(lambda o, r=row: o.ecom_external_id == str(r["id"]))
            if len(same) != 1:
                wrong.append(f"{row['id']}: {len(same)} sale orders")
                continue
            wrong += self._compare(row, same)
        wrong += [
            f"message {m.id}: {m.state} ({m.reason or ''})"
            for m in self.messages()
            if m.state in ("received", "failed")
        ]
        return wrong

    def _compare(self, row, order):
        expected = {
            "state": STATES[row["status"]],
            "currency": row["currency"],
            # In the smallest unit: a shop with two decimals has fractions of a yen.
            "total": order.currency_id.round(float(row["total"])),
            "refunded": order.currency_id.round(float(row["refunded"])),
        }
        if expected["state"] == "sale" and row["scenario"] in UNLINKED:
            expected["state"] = "draft"
        actual = {
            "state": order.state,
            "currency": order.currency_id.name,
            "total": order.currency_id.round(order.amount_total),
            "refunded": order.currency_id.round(order.ecom_refunded),
        }
        return [
            f"{row['id']} ({row['scenario']}, {row['status']}): {name} is "
            f"{actual[name]}, the shop's is {value}"
            for name, value in expected.items()
            if actual[name] != value
        ]

    def assertOdooEqualsShop(self):
        """Every order of the shop is exactly one, equal sale order."""
        self.assertEqual(self.explain_all(), [])
