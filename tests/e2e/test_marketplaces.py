"""Workflow: orders of every marketplace become sale orders, and it hears of the rest.

Each marketplace's own simulated shop is asked by the channel's own connector over HTTP:
orders in, and out what the connector claims to be able to tell (parcels, stock).
"""

from decimal import Decimal

from e2e_common import ShopCase

from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.amazon.client import RETURN_INTERVAL
from odoo.addons.ecom_orders.marketplaces.base import Capability

from simulator.file import MAPPING
from simulator.taobao import agreement

TRACKING = "1Z999AA10123456784"
# So often a simulated shop is asked at most until it has applied what it took.
MAX_LOOKS = 5


class MarketplaceCase(ShopCase):
    """A connected channel on one marketplace, and steps that all of them share."""

    provider = ""
    path = ""
    #: Paid orders of goods that are sent from here.
    kinds = ()
    #: What the marketplace calls the carrier that ships here; empty: free text.
    carrier_code = ""
    #: Whether it tells what was given back, by itself or in its orders.
    tells_refunds = True

    def setUp(self):
        self.shop_options = {"marketplace": self.provider}
        super().setUp()
        rates = {"CNY": 7.2, "EUR": 0.92, "GBP": 0.79, "JPY": 150.0}
        currencies = self.env["res.currency"].with_context(active_test=False)
        for currency in currencies.search([("name", "in", list(rates))]):
            currency.active = True
            currency.rate_ids.unlink()
            currency.rate_ids.create(
                {
                    "currency_id": currency.id,
                    "name": "2020-01-01",
                    "rate": rates[currency.name],
                }
            )

    def prepare_channel_values(self):
        options = self.shop.options
        return {
            **super().prepare_channel_values(),
            "provider": self.provider,
            "url": f"{self.shop.url}{self.path}",
            "api_token": options.token,
            "account_ref": options.account,
            "tracking_wait": 0,
        }

    def place_all(self):
        """Place an order of each kind; returns the shop's summaries."""
        rows = self.shop.place_orders(len(self.kinds), list(self.kinds))
        # Some marketplaces show what is a moment old only.
        self.set_clock(600)
        self.connect()
        return rows

    def sale_order_of(self, row):
        return self.sale_orders().filtered(
            lambda o: o.ecom_external_id == row["external_id"]
        )

    def explain_orders(self, rows):
        """Differences between the shop's orders and the sale orders, in words."""
        wrong = [
            f"message {m.id}: {m.state} ({m.reason or ''} {m.reason_details})"
            for m in self.messages()
            if m.state in ("received", "failed")
        ]
        for row in rows:
            order = self.sale_order_of(row)
            found = [
                (o.state, o.currency_id.name, o.currency_id.round(o.amount_total))
                for o in order
            ]
            total = order.currency_id.round(float(row["total"])) if order else 0
            if found != [("sale", row["currency"], total)]:
                reasons = order.ecom_block_ids.mapped("reason")
                wrong.append(
                    f"{row['scenario']}: {found} {reasons}, the shop has "
                    f"{row['total']} {row['currency']}"
                )
        return wrong

    def ship(self, order):
        """Validate everything that leaves for an order, with a tracking number."""
        carrier = self.env["delivery.carrier"].create(
            {
                "name": "Parcel service",
                "product_id": self.channel.shipping_product_id.id,
                "delivery_type": "fixed",
            }
        )
        if self.carrier_code:
            self.env["ecom.carrier.code"].create(
                {
                    "channel_id": self.channel.id,
                    "carrier_id": carrier.id,
                    "code": self.carrier_code,
                }
            )
        for picking in order.picking_ids:
            picking.write({"carrier_id": carrier.id, "carrier_tracking_ref": TRACKING})
            for move in picking.move_ids:
                move.write({"quantity": move.product_uom_qty, "picked": True})
            picking.button_validate()
        self.run_job("send")

    def ship_and_invoice(self, row):
        """An order whose goods have left and whose invoice is posted."""
        order = self.sale_order_of(row)
        self.ship(order)
        order.order_line.product_id.invoice_policy = "order"
        invoice = order._create_invoices()
        invoice.action_post()
        self.let_time_pass()
        return order, invoice

    def let_time_pass(self):
        """Some minutes: what is a moment old only is not shown everywhere."""
        self.set_clock(self.shop.world.clock.offset_seconds + 300)

    def hear(self):
        """Everything that the shop has to tell by now, looked at twice."""
        for _look in range(2):
            self.let_time_pass()
            self.poll()
        self.sweep()

    def given_back(self, row, amount):
        """What the seller gives back of an amount that the buyer gets back."""
        return amount

    def let_the_buyer_ask(self, row, line, amount):
        """Where money is given back only on a buyer's request: let there be one."""

    def credit_notes(self, order):
        return order.invoice_ids.filtered(lambda move: move.move_type == "out_refund")

    def publish(self):
        """Compute and tell what is due, as the scheduler does."""
        self.env.cr.precommit.run()
        self.channel.stock_next_push_at = False
        self.run_job("push_stock")

    def unanswered(self):
        """Quantities that the shop has taken but not applied yet."""
        return self.env["ecom.listing.level"].search(
            [("channel_id", "=", self.channel.id), ("submission", "!=", False)]
        )

    def require(self, capability):
        """Skip what this marketplace's interface does not offer."""
        if not self.channel._can(capability):
            self.skipTest(f"{self.provider} does not claim {capability.value}")


class EveryMarketplace:
    """The stories, told once for each marketplace."""

    def test_every_kind_of_paid_order_is_one_sale_order_with_the_shops_total(self):
        rows = self.place_all()
        self.assertEqual(self.explain_orders(rows), [])
        self.poll()
        self.assertEqual(len(self.sale_orders()), len(rows))

    def test_order_is_fetched_by_its_reference(self):
        self.require(Capability.ORDER_BY_ID)
        self.connect()
        (row,) = self.shop.place_orders(1, self.kinds[0])
        wizard = self.env["ecom.fetch.orders"].create(
            {"channel_id": self.channel.id, "references": row["external_id"]}
        )
        wizard.action_fetch()
        self.process()
        self.assertEqual(self.explain_orders([row]), [])
        self.assertEqual(self.messages().mapped("origin"), ["fetch"])

    def test_validated_delivery_is_a_parcel_in_the_shop(self):
        self.require(Capability.SHIPMENTS)
        row = self.place_all()[0]
        order = self.sale_order_of(row)
        self.assertTrue(order.picking_ids)
        self.ship(order)
        messages = self.env["ecom.outbox.message"].search([("order_id", "=", order.id)])
        told = [(m.state, m.reason or "") for m in messages]
        self.assertEqual(told, [("sent", "")])
        (parcel,) = self.shop.parcels()
        self.assertEqual(parcel["order_id"], row["id"])
        self.assertEqual(parcel["tracking"], TRACKING)
        ordered = {line.id: line.quantity for line in self.shop_lines(row)}
        self.assertEqual({k: q for k, q in parcel["lines"]}, ordered)

    def shop_lines(self, row):
        return self.shop.world.order(row["id"]).lines

    def test_refund_in_the_shop_is_one_credit_note(self):
        if not self.tells_refunds:
            self.skipTest(f"{self.provider} does not tell refunds")
        row = self.place_all()[0]
        order, invoice = self.ship_and_invoice(row)
        line = self.shop_lines(row)[0]
        told = self.shop.refund_order(row["id"], lines={str(line.id): 1})
        self.hear()
        refund = order.ecom_refund_ids
        amount = order.currency_id.round(self.given_back(row, float(told["amount"])))
        self.assertEqual([(r.state, r.amount) for r in refund], [("credited", amount)])
        note = self.credit_notes(order)
        self.assertEqual(note, refund.move_id)
        self.assertEqual(note.reversed_entry_id, invoice)
        self.assertMoney(note.amount_total, amount)
        self.hear()
        self.assertEqual(self.credit_notes(order), note)
        self.assertEqual(self.open_reasons(order), set())

    def test_return_in_the_shop_is_one_incoming_transfer(self):
        self.require(Capability.RETURNS)
        row = self.place_all()[0]
        order, _invoice = self.ship_and_invoice(row)
        delivery = order.picking_ids
        line = self.shop_lines(row)[0]
        case = self.shop.open_return(row["id"], {str(line.id): 1}, reason="damaged")
        self.shop.move_return(case["id"], "approved")
        self.hear()
        record = order.ecom_return_ids
        self.assertEqual(len(record), 1)
        transfer = record.picking_ids
        self.assertEqual(transfer.mapped("picking_type_code"), ["incoming"])
        self.assertEqual(transfer.return_id, delivery)
        units = record.line_ids.quantity
        moves = transfer.move_ids.filtered("product_uom_qty")
        self.assertEqual(
            [(m.product_id.default_code, m.product_uom_qty) for m in moves],
            [(line.sku, units)],
        )
        self.assertEqual(units, 1)
        self.shop.move_return(case["id"], "in_transit")
        self.hear()
        self.assertEqual(order.ecom_return_ids.picking_ids, transfer)
        self.assertEqual(order.picking_ids, delivery + transfer)

    def test_credit_note_of_odoo_is_one_refund_in_the_shop(self):
        self.require(Capability.REFUND_PUSH)
        self.channel.push_refund = True
        row = self.place_all()[0]
        order, invoice = self.ship_and_invoice(row)
        line = order.order_line.filtered(lambda li: li.ecom_kind == "product")[:1]
        reversal = self.env["account.move.reversal"].create(
            {"move_ids": invoice.ids, "journal_id": invoice.journal_id.id}
        )
        note = self.env["account.move"].browse(reversal.reverse_moves()["res_id"])
        note.invoice_line_ids.filtered(
            lambda item: line not in item.sale_line_ids
        ).unlink()
        note.action_post()
        self.let_the_buyer_ask(row, line, note.amount_total)
        outbox = order.ecom_outbox_ids.filtered(lambda m: m.kind == "refund")
        for _look in range(MAX_LOOKS):
            outbox.next_attempt_at = False
            self.run_job("send")
            self.hear()
        self.assertEqual(
            [(m.state, m.explanation or "") for m in outbox], [("sent", "")]
        )
        refunds = self.shop.world.refunds(row["id"])
        self.assertEqual([float(r.amount) for r in refunds], [note.amount_total])
        self.assertEqual(self.credit_notes(order), note)

    def test_stock_of_odoo_is_what_the_shop_shows(self):
        self.require(Capability.STOCK)
        self.connect()
        self.channel.action_fetch_products()
        self.run_job("fetch")
        self.assertEqual(self.channel.listing_fetch_state, "done")
        if self.channel._can(Capability.LOCATIONS):
            self.channel.action_fetch_locations()
        self.channel.stock_sync = True
        mug = self.env["product.product"].search([("default_code", "=", "MUG-BLU")])
        self.env["stock.quant"]._update_available_quantity(
            mug, self.warehouse.lot_stock_id, -1234
        )
        self.publish()
        for _look in range(MAX_LOOKS):
            if not self.unanswered():
                break
            self.publish()
        self.assertEqual(self.shop.stock()["MUG-BLU"], 5000 - 1234)


@tagged("post_install", "-at_install")
class TestShopify(EveryMarketplace, MarketplaceCase):
    """GraphQL, an access token, parcels by location."""

    provider = "shopify"
    kinds = (
        "shopify_us_sales_tax",
        "shopify_us_discount_code",
        "shopify_gb_tax_included",
        "shopify_de_two_rates",
        "shopify_jp_yen",
        "shopify_tip",
    )


@tagged("post_install", "-at_install")
class TestAmazon(EveryMarketplace, MarketplaceCase):
    """Bought tokens, feeds, tax that the marketplace remits."""

    provider = "amazon"
    kinds = (
        "amazon_us",
        "amazon_us_promotion",
        "amazon_us_gift",
        "amazon_us_anonymous",
    )
    carrier_code = "UPS"

    def setUp(self):
        super().setUp()
        # Amazon's rates are kept by waiting: who waits here lets time pass there. What
        # is reported up to "now" is so by the same clock.
        self.clock.sleep = self.wait
        self.clock.now = self.shop.world.clock.now

    def hear(self):
        """The report of returns is asked for every few hours only."""
        if self.channel.return_cursor:
            # the shop's clock, which the cursor is by, is ahead of ours
            self.channel.return_cursor -= 2 * RETURN_INTERVAL
        super().hear()

    def wait(self, seconds):
        """Let as much time pass at Amazon as somebody waits here."""
        self.set_clock(self.shop.world.clock.offset_seconds + seconds)

    def prepare_channel_values(self):
        return {
            **super().prepare_channel_values(),
            "connector_options": f"token_url = {self.shop.url}/auth/o2/token",
        }


@tagged("post_install", "-at_install")
class TestEbay(EveryMarketplace, MarketplaceCase):
    """Bought tokens, fulfilments by line."""

    provider = "ebay"

    def given_back(self, row, amount):
        """eBay itself gives back the tax that it collected."""
        order = self.shop.world.order(row["id"])
        return amount * float(1 - order.totals.total_tax / order.totals.total)

    kinds = (
        "ebay_us_collected_tax",
        "ebay_us_promotion",
        "ebay_gb_vat_included",
        "ebay_de_vat_included",
    )
    carrier_code = "UPS"


@tagged("post_install", "-at_install")
class TestTaobao(EveryMarketplace, MarketplaceCase):
    """Signed calls, masked buyers, yuan."""

    provider = "taobao"
    path = "/router/rest"
    kinds = ("tb_single", "tb_multi", "tb_store_discount", "tb_item_discount")
    carrier_code = "SF"

    def let_the_buyer_ask(self, row, line, amount):
        """Taobao's sellers give money back by agreeing to a buyer's wish."""
        (sold,) = (
            one
            for one in self.shop_lines(row)
            if one.sku == line.product_id.default_code
        )
        value = Decimal(str(amount))
        agreement.ask(self.shop.world, row["id"], sold.id, sold.quantity, value)

    def test_masked_text_is_nobodys_identity(self):
        before = self.env["res.partner"].search([])
        self.place_all()
        payloads = " ".join(
            (text if isinstance(text, str) else repr(text))
            for text in self.messages().mapped("body")
        )
        self.assertIn("*", payloads)
        made = self.env["res.partner"].search([]) - before
        for field in ("name", "email", "phone"):
            values = [value for value in made.mapped(field) if value]
            self.assertFalse([value for value in values if "*" in value], field)
        buyers = self.env["ecom.buyer"].search([("channel_id", "=", self.channel.id)])
        self.assertNotIn("*", repr(buyers.read()))
        # Two strangers behind the same mask do not become one contact.
        first, second = self.sale_orders()[:2]
        self.assertNotEqual(first.partner_id, second.partner_id)


@tagged("post_install", "-at_install")
class TestFile(EveryMarketplace, MarketplaceCase):
    """A table at an address, read only."""

    provider = "file"
    path = "/export.csv"
    kinds = ("file_german_list", "file_note_with_line_breaks", "file_yen")
    # Its column of refunds has no dates and no lines, and is not read here.
    tells_refunds = False

    def setUp(self):
        super().setUp()
        read = type(self.channel)._get_connector_options

        def read_with_mapping(channel):
            return {**read(channel), "mapping": MAPPING}

        self.patch(type(self.channel), "_get_connector_options", read_with_mapping)

    def prepare_channel_values(self):
        """A manager lets taxes be created; the file names their rates."""
        return {**super().prepare_channel_values(), "tax_policy": "create"}
