"""Workflow: what a marketplace pays out is fetched, explained and booked.

Orders come in over HTTP, are shipped and invoiced; the simulated marketplace pays out
what was earned by them, less its fees, refunds and a reserve; the settlement is fetched
by the channel's interface, matched, posted, and the closing identity holds.
"""

from datetime import timedelta
from decimal import Decimal

from test_marketplaces import MarketplaceCase

from odoo import fields
from odoo.tests import tagged

DAY = 24 * 60 * 60  # seconds


class SettlementCase(MarketplaceCase):
    """A channel whose orders are invoiced and whose settlements can be booked."""

    #: Minutes of a period of the simulated marketplace.
    period = 60
    #: The feed that hands out settlements.
    feed = "payouts"

    def setUp(self):
        super().setUp()
        if not self.company.chart_template:
            self.env["account.chart.template"].try_loading(
                "generic_coa", company=self.company, install_demo=False
            )
        self.shop.change_settings(payout_minutes=self.period)
        for currency in self.currencies():
            self.env["ecom.settlement.setup"].create(
                {
                    "channel_id": self.channel.id,
                    "currency_id": currency.id,
                    "journal_id": self.channel.settlement_journal_id.id,
                }
            ).action_apply()

    def currencies(self):
        return self.usd

    # -- steps -------------------------------------------------------------------------

    def sell(self, scenario, count=1):
        """Sell, ship and invoice; returns the shop's rows with their sale orders."""
        rows = self.shop.place_orders(count, scenario)
        self.let_time_pass()
        self.connect()
        orders = [self.sale_order_of(row) for row in rows]
        for order in orders:
            self.assertEqual(order.state, "sale", order.ecom_block_ids.mapped("reason"))
            self.ship(order)
            order.order_line.product_id.invoice_policy = "order"
            order._create_invoices().action_post()
        return list(zip(rows, orders, strict=True))

    def give_back(self, row, order):
        """The buyer gets everything back; the credit note is posted."""
        self.shop.refund_order(row["id"])
        self.hear()
        notes = self.credit_notes(order)
        notes.filtered(lambda move: move.state == "draft").action_post()
        self.assertAlmostEqual(sum(notes.mapped("amount_total")), float(row["total"]))

    def let_it_be_paid_out(self):
        """Let two periods pass: what was earned is paid out and at the bank."""
        seconds = 2 * self.period * 60
        self.set_clock(self.shop.world.clock.offset_seconds + seconds)

    def fetch_settlements(self):
        """Press the button and let the scheduler do it."""
        self.channel.action_fetch_settlements()
        self.env.flush_all()
        cron = self.env.ref("ecom_finance_recon.ir_cron_fetch_settlements")
        cron.method_direct_trigger()
        self.env.invalidate_all()

    def fetched(self):
        """The feed of settlements."""
        return self.channel.settlement_fetch_ids.filtered(
            lambda row: row.feed == self.feed
        )

    def files(self):
        return self.fetched().file_ids.sorted("id")

    def settlements(self):
        return self.files().settlement_ids.sorted("id")

    # -- questions ---------------------------------------------------------------------

    def explain_payments(self, settlement):
        """Payments of buyers that nobody has explained."""
        return [
            (one.name, one.amount, one.state, one.refs)
            for one in settlement.payment_ids
            if one.state not in ("matched", "nothing")
        ]

    def assertFetched(self):
        row = self.fetched()
        self.assertEqual((row.state, row.explanation), ("done", ""))
        states = {(f.state, f.error_code, f.explanation) for f in self.files()}
        self.assertEqual(states, {("read", False, "")})

    def assertGreen(self, currency=None):
        """The closing identity of everything that was fetched holds."""
        moments = [one._get_date() for one in self.settlements()]
        closing = self.env["ecom.settlement.closing"].create(
            {
                "channel_id": self.channel.id,
                "currency_id": (currency or self.usd).id,
                "date_from": fields.Date.add(min(moments), days=-40),
                "date_to": fields.Date.add(max(moments), days=1),
            }
        )
        rows = [
            (line.identity, line.row, line.expected, line.found)
            for line in closing.line_ids
        ]
        self.assertTrue(closing.is_green, rows)
        return closing


class PayoutStory:
    """Two payouts: sales, then a refund and another sale."""

    #: Paid orders of goods that are sent from here, in the currency of the payout.
    scenario = ""

    def play(self, faults=()):
        """The whole story; each fetch meets every fault once."""
        sold = self.sell(self.scenario, 2)
        self.let_it_be_paid_out()
        self.fetch_through(faults)
        (first,) = self.settlements()
        self.assertPosted(first)
        self.give_back(*sold[0])
        sold += self.sell(self.scenario, 3)
        self.let_it_be_paid_out()
        self.fetch_through(faults)
        first, second = self.settlements()
        self.assertPosted(second)
        for _row, order in sold:
            residuals = set(order.invoice_ids.mapped("amount_residual"))
            self.assertEqual(residuals, {0.0}, order.name)
        closing = self.assertGreen()
        paid = sum((one.net for one in self.treasury().payouts()), Decimal(0))
        self.assertAlmostEqual(closing.payouts, float(paid), places=2)
        count = len(self.files())
        self.fetch_settlements()
        self.assertEqual((len(self.files()), self.fetched().new_count), (count, 0))

    def fetch_through(self, faults):
        """Fetch while things go wrong, as often as it is tried again."""
        for kind in faults:
            # More often than the transport tries by itself.
            self.fault(kind, count=self.patience.attempts, path=self.finance_path)
            self.fetch_settlements()
            self.assertEqual(self.fetched().state, "failed", kind)
            self.assertTrue(self.fetched().explanation)
            self.recover()
        self.fetch_settlements()
        self.assertFetched()

    def assertPosted(self, settlement):
        self.assertEqual(settlement.proof, "closes")
        settlement.action_post()
        self.assertEqual((settlement.state, settlement.error), ("posted", False))
        self.assertEqual(self.explain_payments(settlement), [])


@tagged("post_install", "-at_install")
class TestShopifySettlements(PayoutStory, SettlementCase):
    """Payouts of Shopify Payments."""

    provider = "shopify"
    scenario = "shopify_us_sales_tax"
    finance_path = "*/graphql.json"

    def treasury(self):
        return self.shop._protocols[0].payments.treasury

    def test_payouts_are_fetched_matched_booked_and_close(self):
        self.play()

    def test_fetching_survives_a_marketplace_that_misbehaves(self):
        self.play(faults=("server_error", "truncated", "rate_limit", "html_ok"))

    def test_missing_scope_is_told_with_what_to_do(self):
        self.connect()
        (protocol,) = self.shop._protocols
        protocol.withheld = frozenset({"read_shopify_payments_payouts"})
        self.fetch_settlements()
        feed = self.fetched()
        self.assertEqual((feed.state, feed.reason), ("failed", "permission_refused"))
        self.assertIn("read_shopify_payments_payouts", feed.explanation)


@tagged("post_install", "-at_install")
class TestAmazonSettlements(PayoutStory, SettlementCase):
    """Settlement reports that Amazon makes by itself, and what it holds back."""

    provider = "amazon"
    scenario = "amazon_us"
    carrier_code = "UPS"
    feed = "reports"
    finance_path = "/reports/*"

    def setUp(self):
        super().setUp()
        # Amazon's rates are kept by waiting: who waits here lets time pass there.
        self.clock.sleep = lambda seconds: self.set_clock(
            self.shop.world.clock.offset_seconds + seconds
        )
        self.clock.now = self.shop.world.clock.now

    def prepare_channel_values(self):
        return {
            **super().prepare_channel_values(),
            "connector_options": f"token_url = {self.shop.url}/auth/o2/token",
            "marketplace_refs": "ATVPDKIKX0DER",
        }

    def desk(self):
        return self.shop._protocols[0].settlements

    def treasury(self):
        return self.desk().treasury

    def test_settlement_reports_are_fetched_matched_booked_and_close(self):
        self.play()

    def test_fetching_survives_a_marketplace_that_misbehaves(self):
        self.play(faults=("server_error", "truncated", "rate_limit", "html_ok"))

    def test_report_that_amazon_could_not_make_is_kept_with_what_to_do(self):
        self.sell(self.scenario)
        self.let_it_be_paid_out()
        (payout,) = self.treasury().payouts()
        self.desk().states[str(payout.id)] = "FATAL"
        self.fetch_settlements()
        (file,) = self.files()
        self.assertEqual((file.state, file.error_code), ("failed", "not_delivered"))
        self.assertIn("Import", file.explanation)
        self.assertEqual(self.fetched().state, "done")

    def test_what_is_held_back_is_accrued_and_released_by_the_report(self):
        self.desk().deferral = timedelta(hours=5)
        ((_row, order),) = self.sell(self.scenario)
        self.let_time_pass()
        self.fetch_settlements()
        deferred = self.channel.settlement_fetch_ids.filtered(
            lambda row: row.feed == "deferred"
        )
        self.assertEqual((deferred.state, deferred.new_count), ("done", 1))
        held = deferred.file_ids.settlement_ids
        self.assertEqual(
            set(held.line_ids.mapped("order_ref")), {order.ecom_external_id}
        )
        held.action_post()
        self.assertEqual((held.state, held.error), ("posted", False))
        self.assertEqual(order.invoice_ids.amount_residual, 0.0)
        self.assertFalse(self.files(), "Amazon has paid nothing yet")
        self.set_clock(self.shop.world.clock.offset_seconds + 6 * 60 * 60)
        self.let_it_be_paid_out()
        self.fetch_settlements()
        (settlement,) = self.settlements()
        settlement.action_post()
        self.assertEqual((settlement.state, settlement.error), ("posted", False))
        deferral = self.env["ecom.settlement.deferral"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(deferral.mapped("state"), ["released"])
        closing = self.assertGreen()
        paid = sum((one.net for one in self.treasury().payouts()), Decimal(0))
        self.assertAlmostEqual(closing.payouts, float(paid), places=2)


@tagged("post_install", "-at_install")
class TestEbaySettlements(PayoutStory, SettlementCase):
    """Payouts of eBay and their transactions, each told after its fees."""

    provider = "ebay"
    scenario = "ebay_cn_seller_usd"  # to a state without tax, so all of it is paid
    finance_path = "/sell/finances/*"

    def treasury(self):
        return self.shop._protocols[0].finances.treasury

    def test_payouts_are_fetched_matched_booked_and_close(self):
        self.play()

    def test_fetching_survives_a_marketplace_that_misbehaves(self):
        self.play(faults=("server_error", "truncated", "rate_limit", "html_ok"))

    def test_missing_scope_is_told_with_what_to_do_and_found_when_it_is_given(self):
        self.sell(self.scenario)
        self.let_it_be_paid_out()
        desk = self.shop._protocols[0].finances
        desk.may_read = False
        self.fetch_settlements()
        feed = self.fetched()
        self.assertEqual((feed.state, feed.reason), ("failed", "permission_refused"))
        self.assertIn("sell.finances", feed.explanation)
        summaries = self.channel.activity_ids.mapped("summary")
        self.assertEqual(summaries, ["Settlements cannot be fetched"])
        desk.may_read = True
        self.fetch_settlements()
        self.assertFetched()
        self.assertFalse(self.channel.activity_ids)


@tagged("post_install", "-at_install")
class TestTaobaoBills(SettlementCase):
    """Bills of a day: what the platform charges for each trade."""

    provider = "taobao"
    path = "/router/rest"
    feed = "bills"
    period = 24 * 60
    scenario = "tb_single"

    def currencies(self):
        cny = self.env["res.currency"].with_context(active_test=False)
        cny = cny.search([("name", "=", "CNY")])
        cny.active = True
        return cny

    def setUp(self):
        super().setUp()
        self.shop.change_settings(timezone="+08:00")

    def test_bills_of_complete_days_are_fetched_and_booked(self):
        sold = self.sell(self.scenario, 2)
        self.fetch_settlements()
        self.assertFalse(self.files(), "the day is not over")
        self.let_it_be_paid_out()
        self.fetch_settlements()
        self.assertFetched()
        (settlement,) = self.settlements()
        orders = {order.ecom_external_id for _row, order in sold}
        self.assertEqual(set(settlement.line_ids.mapped("order_ref")), orders)
        fees = sum(
            round(order.amount_total * share, 2)
            for _row, order in sold
            for share in (0.05, 0.006)
        )
        self.assertAlmostEqual(settlement.total, -fees, places=2)
        settlement.action_post()
        self.assertEqual((settlement.state, settlement.error), ("posted", False))
        self.assertGreen(self.currencies())

    def test_missing_permission_is_told_with_what_to_do(self):
        self.connect()
        self.shop._protocols[0].bills.may_read = False
        self.fetch_settlements()
        feed = self.fetched()
        self.assertEqual((feed.state, feed.reason), ("failed", "permission_refused"))
        self.assertIn("账务API", feed.explanation)
