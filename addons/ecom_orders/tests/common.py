"""Ground for the addon's tests: a channel, products, taxes and order payloads."""

import json
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from unittest.mock import patch

from odoo.addons.base.tests.common import BaseCommon
from odoo.addons.ecom_orders.marketplaces.base import ORDER, REFUND, Envelope

CENT = Decimal("0.01")


def cents(value):
    """Text of an amount at two decimals, as WooCommerce writes it."""
    return str(Decimal(value).quantize(CENT, rounding=ROUND_HALF_UP))


def woo_line(number, sku, quantity, total, rate="0", subtotal=None, **extra):
    """A product line as WooCommerce writes it; its tax is that of rate id 1."""
    tax = Decimal(total) * Decimal(rate) / 100
    return {
        "id": number,
        "name": f"Thing {sku}",
        "product_id": 100 + number,
        "variation_id": 0,
        "quantity": quantity,
        "sku": sku,
        "subtotal": cents(subtotal or total),
        "total": cents(total),
        "total_tax": cents(tax),
        "taxes": [{"id": 1, "total": str(tax), "subtotal": str(tax)}] if tax else [],
        **extra,
    }


def woo_order(external_id, lines, rate="0", country="US", **extra):
    """A paid order of a WooCommerce shop in the shape of REST API v3.

    :param lines: made by :func:`woo_line`, all at the same tax rate.
    :param rate: tax rate in percent, as text.
    :param extra: fields that replace the made ones; ``total`` and ``total_tax`` are
        computed from lines, shipping and fees unless given.
    """
    address = {
        "first_name": "Ada",
        "last_name": "Byron",
        "address_1": "12 Analytical Way",
        "city": "Springfield",
        "postcode": "12345",
        "country": country,
        "email": "ada@example.com",
        "phone": "555 0100",
    }
    order = {
        "id": external_id,
        "number": str(external_id),
        "status": "processing",
        "currency": "USD",
        "prices_include_tax": False,
        "date_created_gmt": "2026-03-01T10:00:00",
        "date_modified_gmt": "2026-03-01T10:00:05",
        "date_paid_gmt": "2026-03-01T10:00:05",
        "customer_id": 0,
        "billing": address,
        "shipping": dict(address, email=None),
        "payment_method": "bacs",
        "payment_method_title": "Bank transfer",
        "transaction_id": f"T-{external_id}",
        "customer_note": "",
        "line_items": lines,
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "tax_lines": [],
        "refunds": [],
        **extra,
    }
    everything = order["line_items"] + order["shipping_lines"] + order["fee_lines"]
    tax = sum(Decimal(line["total_tax"]) for line in everything)
    net = sum(Decimal(line["total"]) for line in everything)
    if tax and not order["tax_lines"]:
        order["tax_lines"] = [
            {
                "id": 9000 + external_id,
                "rate_id": 1,
                "rate_code": f"{country}-TAX-1",
                "label": "Sales Tax",
                "rate_percent": float(rate),
                "tax_total": cents(tax),
                "shipping_tax_total": "0.00",
                "compound": False,
            }
        ]
    order.setdefault("total_tax", cents(tax))
    order.setdefault("total", cents(net + tax))
    return order


class EcomOrdersCommon(BaseCommon):
    """A connected channel, two stocked products and a 10 % sales tax."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env["base"].with_context(**cls._get_context()).env
        cls.usd = cls.env.ref("base.USD")
        cls.company = cls.env.company
        cls.country_us = cls.env.ref("base.us")
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.mug = cls._create_product("MUG", 50)
        cls.tee = cls._create_product("TEE", 20)
        cls.tax_10 = cls._create_tax(10)
        cls.channel = cls._create_channel()
        cls.inbox = cls.env["ecom.inbox.message"]

    @classmethod
    def _get_context(cls):
        return {"tracking_disable": True}

    @classmethod
    def _create_product(cls, sku, stock=0, **values):
        product = cls.env["product.product"].create(
            {
                "name": f"Product {sku}",
                "default_code": sku,
                "type": "consu",
                "is_storable": True,
                "list_price": 99.0,
                **values,
            }
        )
        if stock:
            cls.env["stock.quant"]._update_available_quantity(
                product, cls.warehouse.lot_stock_id, stock
            )
        return product

    @classmethod
    def _create_tax(cls, percent, country=None, included=False, **values):
        country = country or cls.country_us
        group = cls.env["account.tax.group"].create(
            {
                "name": f"Group {percent} {country.code}",
                "country_id": country.id,
                "company_id": cls.company.id,
            }
        )
        return cls.env["account.tax"].create(
            {
                "name": f"Tax {percent} {country.code} {'incl' if included else ''}",
                "amount": percent,
                "amount_type": "percent",
                "type_tax_use": "sale",
                "price_include_override": "tax_included"
                if included
                else "tax_excluded",
                "country_id": country.id,
                "company_id": cls.company.id,
                "tax_group_id": group.id,
                **values,
            }
        )

    @classmethod
    def _create_channel(cls, **values):
        return cls.env["ecom.channel"].create(
            {
                "name": "Test Shop",
                "provider": "woocommerce",
                "url": f"https://shop{len(cls.env['ecom.channel'].search([]))}"
                ".example.com",
                "api_key": "ck_test",
                "api_secret": "cs_very_secret",
                "webhook_secret": "hook-secret",
                "state": "connected",
                "import_since": "2020-01-01 00:00:00",
                **values,
            }
        )

    # -- steps of a story --------------------------------------------------------------

    def receive(self, *payloads, channel=None, kind=ORDER, origin="poll"):
        """The channel's messages arrive; they are kept, not applied."""
        return self.inbox._store(
            channel or self.channel,
            [self.envelope(payload, kind) for payload in payloads],
            origin,
        )

    def envelope(self, payload, kind=ORDER):
        """A payload as a connector would wrap it."""
        external_id = payload["id"]
        if kind == REFUND:
            external_id = f"{payload['order_id']}/{payload['id']}"
        return Envelope(kind, str(external_id), json.dumps(payload, sort_keys=True))

    def process(self, channel=None):
        """Apply what waits, as the technical user does."""
        channel = channel or self.channel
        user = self.env.ref("ecom_orders.user_technical")
        inbox = self.inbox.with_user(user).with_company(channel.company_id)
        while inbox._process_batch(
            channel.with_user(user).with_company(channel.company_id)
        ):
            pass

    def import_orders(self, *payloads, channel=None):
        """Receive and apply; returns the sale orders in the payloads' order."""
        self.receive(*payloads, channel=channel)
        self.process(channel)
        return self.orders(*(payload["id"] for payload in payloads), channel=channel)

    def import_external(self, *orders, channel=None):
        """Import orders as if a connector had understood them just so."""
        channel = channel or self.channel
        messages = self.inbox._store(
            channel,
            [
                Envelope.of(ORDER, order.external_id, {"n": n, "v": order.version})
                for n, order in enumerate(orders)
            ],
            "poll",
        )
        work = list(zip(messages.sorted("id"), orders, strict=True))
        self.env["ecom.order.importer"]._import(channel, work)
        ids = dict.fromkeys(order.external_id for order in orders)
        return self.orders(*ids, channel=channel)

    def orders(self, *numbers, channel=None):
        """The sale orders of order numbers of the channel."""
        found = self.env["sale.order"].search(
            [("ecom_channel_id", "=", (channel or self.channel).id)]
        )
        by_id = {order.ecom_external_id: order for order in found}
        return self.env["sale.order"].union(
            *(by_id[str(number)] for number in numbers if str(number) in by_id)
        )

    def assertMoney(self, amount, expected):
        """Equal to a tenth of a cent: written as arithmetic, floats need it."""
        self.assertAlmostEqual(amount, expected, places=3)

    def open_reasons(self, order):
        """Codes of the open blocks of an order."""
        blocks = order.ecom_block_ids.filtered(lambda block: block.state == "open")
        return set(blocks.mapped("reason"))

    @contextmanager
    def connector(self, **verbs):
        """Replace verbs of the channel's connector by functions or exceptions."""

        def fake(outcome):
            def verb(*args, **kwargs):
                if isinstance(outcome, Exception):
                    raise outcome
                return outcome(*args, **kwargs)

            return verb

        connector = self.channel._get_connector()
        for name, outcome in verbs.items():
            setattr(connector, name, fake(outcome))
        with patch.object(
            type(self.channel), "_get_connector", lambda _channel: connector
        ):
            yield connector
