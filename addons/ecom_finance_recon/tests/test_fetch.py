from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces.base import (
    CONNECTORS,
    Capability,
    OrderCursor,
    SettlementDocument,
    SettlementFailure,
    SettlementFeed,
    SettlementPage,
)
from odoo.addons.ecom_orders.marketplaces.errors import (
    BadAnswer,
    NotMade,
    PermissionRefused,
    RateLimited,
    ServerFailed,
)
from odoo.addons.ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector

from .common import SettlementCommon, price, v1_file

SINCE = datetime(2026, 3, 1, tzinfo=timezone.utc)


class FakeMarketplace(WooCommerceConnector):
    """Hands out what a test puts into its script; state is on a class of the test.

    :cvar script: pages or exceptions, one for each call; the last one stays.
    :cvar asked: (feed, cursor, skip) of every call.
    """

    capabilities = frozenset({Capability.SETTLEMENTS})
    required = frozenset()
    settlement_feeds = (
        SettlementFeed("payouts", "Payouts", interval=timedelta(hours=6)),
    )
    script = []
    asked = []

    def fetch_settlements(self, feed, cursor, skip=frozenset()):
        self.asked.append((feed, cursor, skip))
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def report(name, amount="100.00", order="1"):
    """The file of a settlement with one sale."""
    return v1_file(name, amount, [price(order, "Principal", amount)])


def page(*documents, since=SINCE, seen=(), more=False, failures=()):
    """A page of these settlements, as (name, content)."""
    return SettlementPage(
        tuple(
            SettlementDocument(name, f"{name}.txt", body) for name, body in documents
        ),
        OrderCursor(since, frozenset(seen)),
        more,
        tuple(failures),
    )


@tagged("post_install", "-at_install")
class TestFetch(SettlementCommon):
    """Settlements by the channel's interface: kept, understood, told when they fail."""

    def setUp(self):
        super().setUp()
        self.marketplace = type("Fake", (FakeMarketplace,), {"script": [], "asked": []})
        patcher = patch.dict(CONNECTORS, {"file": self.marketplace})
        patcher.start()
        self.addCleanup(patcher.stop)
        self.channel.write(
            {
                "state": "connected",
                "user_id": self.env.uid,
                "url": "https://bazaar.example.com",
            }
        )

    def answer(self, *script):
        self.marketplace.script[:] = script

    def run_job(self):
        """Fetch as the scheduler does: as the technical user, with commits."""
        self.env.flush_all()
        cron = self.env.ref("ecom_finance_recon.ir_cron_fetch_settlements")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def fetch(self, *script):
        """Press the button and let the job run."""
        if script:
            self.answer(*script)
        self.channel.action_fetch_settlements()
        self.run_job()

    @property
    def feed(self):
        return self.channel.settlement_fetch_ids

    def files(self):
        return self.env["ecom.settlement.file"].search(
            [("channel_id", "=", self.channel.id)], order="id"
        )

    # -- what is fetched ---------------------------------------------------------------

    def test_fetched_file_goes_the_way_of_a_dropped_one(self):
        self.order("1", 100)
        self.fetch(page(("S1", report("S1"))))
        self.assertRecordValues(
            self.files(),
            [{"name": "S1.txt", "state": "read", "fetch_id": self.feed.id}],
        )
        settlement = self.files().settlement_ids
        self.assertEqual((settlement.proof, settlement.state), ("closes", "draft"))
        self.assertEqual(settlement.payment_ids.state, "matched")
        self.assertRecordValues(
            self.feed, [{"state": "done", "new_count": 1, "unread_count": 0}]
        )

    def test_what_closes_is_posted_where_the_channel_says_so(self):
        self.order("1", 100)
        self.channel.settlement_auto_post = True
        self.fetch(page(("S1", report("S1"))))
        settlement = self.files().settlement_ids
        self.assertEqual((settlement.state, settlement.error), ("posted", False))

    def test_same_content_again_makes_nothing(self):
        self.fetch(page(("S1", report("S1"))))
        self.fetch(page(("S1", report("S1"))))
        self.assertEqual(len(self.files()), 1)
        self.assertEqual(self.feed.new_count, 0)

    def test_file_that_was_dropped_before_is_known(self):
        dropped = self.receive(report("S1"))
        self.fetch(page(("S1", report("S1"))))
        self.assertEqual(self.files(), dropped)

    def test_file_that_could_not_be_read_before_is_read_again(self):
        dropped = self.env["ecom.settlement.file"]._keep(
            "old.txt", report("S1"), self.channel
        )
        dropped.write({"state": "failed", "error_code": "unknown_currency"})
        self.fetch(page(("S1", report("S1"))))
        self.assertEqual(self.files(), dropped)
        self.assertEqual((dropped.state, dropped.error_code), ("read", False))

    def test_payout_that_was_dropped_in_another_format_is_blocked_not_doubled(self):
        header = (
            "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,"
            "Payout Date,Payout ID,Available On,Amount,Fee,Net,Checkout,"
            "Payment Method Name,Presentment Amount,Presentment Currency,Currency"
        )
        row = (
            "2026-03-10 10:00:00 +0000,charge,#1,visa,online,paid,2026-03-12,77,"
            "2026-03-12,100.00,3.00,97.00,#c,card,100.00,USD,USD"
        )
        dropped = self.receive(f"{header}\n{row}\n".encode(), "payout.csv")
        self.assertEqual(dropped.settlement_ids.reference, "77")
        money = '{"amount": "%s", "currencyCode": "USD"}'
        fetched = (
            '{"data": {"shopifyPaymentsAccount": {"balanceTransactions": {"nodes": [{'
            '"id": "gid://shopify/ShopifyPaymentsBalanceTransaction/1",'
            f'"type": "CHARGE", "amount": {money % "100.00"},'
            f'"fee": {money % "3.00"}, "net": {money % "97.00"},'
            '"transactionDate": "2026-03-10T10:00:00Z", "associatedPayout": '
            '{"id": "gid://shopify/ShopifyPaymentsPayout/77"}}]},'
            '"payouts": {"nodes": [{"id": "gid://shopify/ShopifyPaymentsPayout/77",'
            f'"status": "PAID", "net": {money % "97.00"},'
            '"issuedAt": "2026-03-12T00:00:00Z"}]}}}}'
        )
        self.fetch(page(("77", fetched.encode())))
        settlement = (self.files() - dropped).settlement_ids
        self.assertRecordValues(
            settlement,
            [{"proof": "closes", "state": "blocked", "block_reason": "overlap"}],
        )

    def test_unknown_content_is_kept_with_its_reason_and_somebody_is_told(self):
        self.fetch(page(("S1", b"maintenance")))
        self.assertRecordValues(
            self.files(), [{"state": "failed", "error_code": "not_recognised"}]
        )
        self.assertEqual(self.feed.unread_count, 1)
        summaries = self.channel.activity_ids.mapped("summary")
        self.assertEqual(summaries, ["Fetched settlements cannot be read"])

    def test_defect_while_reading_leaves_the_file_and_stops_no_other(self):
        model = type(self.env["ecom.settlement.file"])
        read = model._read

        def break_once(file, content, mapping=None):
            if file.name == "S1.txt":
                raise ZeroDivisionError
            return read(file, content, mapping)

        self.patch(model, "_read", break_once)
        with self.assertLogs("odoo.addons.ecom_orders", "WARNING"):
            self.fetch(page(("S1", report("S1")), ("S2", report("S2"))))
        self.assertRecordValues(
            self.files(),
            [
                {"state": "failed", "error_code": "internal_error"},
                {"state": "read", "error_code": False},
            ],
        )
        self.patch(model, "_read", read)
        self.files()[0].action_read_again()
        self.assertEqual(set(self.files().mapped("state")), {"read"})

    def test_what_an_interrupted_run_left_unread_is_read_by_the_next_one(self):
        self.fetch(page())
        file = self.env["ecom.settlement.file"]._keep(
            "S1.txt", report("S1"), self.channel
        )
        file.fetch_id = self.feed
        self.fetch(page())
        self.assertEqual((file.state, file.settlement_ids.name), ("read", "S1"))

    # -- how far it was read -----------------------------------------------------------

    def test_first_fetch_begins_30_days_ago_if_nobody_says(self):
        self.fetch(page())
        ((_feed, cursor, _skip),) = self.marketplace.asked
        ago = datetime.now(timezone.utc) - cursor.since
        self.assertEqual(ago.days, 30)

    def test_first_fetch_begins_where_somebody_says(self):
        self.channel.settlement_since = "2026-01-15"
        self.fetch(page())
        ((_feed, cursor, _skip),) = self.marketplace.asked
        self.assertEqual(cursor.since, datetime(2026, 1, 15, tzinfo=timezone.utc))

    def test_cursor_is_given_back_as_it_came(self):
        self.fetch(page(since=SINCE, seen=("7", "8")))
        self.fetch(page())
        self.assertEqual(
            self.marketplace.asked[-1][1], OrderCursor(SINCE, frozenset({"7", "8"}))
        )

    def test_pages_are_read_until_there_are_no_more(self):
        self.fetch(
            page(("S1", report("S1")), seen=("S1",), more=True),
            page(("S2", report("S2", order="2")), seen=("S1", "S2")),
        )
        self.assertEqual(self.files().mapped("name"), ["S1.txt", "S2.txt"])
        seen = [cursor.seen for _feed, cursor, _skip in self.marketplace.asked]
        self.assertEqual(seen, [frozenset(), frozenset({"S1"})])

    def test_run_without_time_left_goes_on_there_in_the_next_one(self):
        def keep(channel, store):
            store()
            return False

        channels = type(self.channel)
        with patch.object(channels, "_keep", keep):
            self.fetch(
                page(("S1", report("S1")), seen=("S1",), more=True),
                page(("S2", report("S2", order="2")), seen=("S1", "S2")),
            )
        self.assertEqual(self.files().mapped("name"), ["S1.txt"])
        self.assertEqual(self.feed.state, "running")
        self.run_job()
        self.assertEqual(self.files().mapped("name"), ["S1.txt", "S2.txt"])
        self.assertEqual(self.marketplace.asked[-1][1].seen, frozenset({"S1"}))
        self.assertEqual(self.feed.state, "done")

    def test_another_first_day_reads_again_from_there(self):
        self.fetch(page(("S1", report("S1")), seen=("S1",)))
        self.channel.settlement_since = "2026-02-01"
        self.fetch(page(("S1", report("S1")), seen=("S1",)))
        cursor = self.marketplace.asked[-1][1]
        expected = OrderCursor(datetime(2026, 2, 1, tzinfo=timezone.utc))
        self.assertEqual(cursor, expected)
        self.assertEqual(len(self.files()), 1)

    # -- what goes wrong ---------------------------------------------------------------

    def test_failure_is_a_reason_and_is_tried_again_later_and_later(self):
        delays = []
        for _ in range(3):
            self.fetch(ServerFailed("502", status=502))
            self.assertRecordValues(
                self.feed, [{"state": "failed", "reason": "server_failed"}]
            )
            delays.append(self.feed.next_fetch_at - self.feed.last_try_at)
        minutes = [round(delay.total_seconds() / 60) for delay in delays]
        self.assertEqual(minutes, [5, 10, 20])
        summaries = self.channel.activity_ids.mapped("summary")
        self.assertEqual(summaries, ["Settlements cannot be fetched"])
        self.fetch(page())
        self.assertRecordValues(
            self.feed, [{"state": "done", "reason": False, "failure_count": 0}]
        )
        self.assertFalse(self.channel.activity_ids)

    def test_what_was_asked_for_by_hand_is_tried_again_by_itself(self):
        self.fetch(ServerFailed("502", status=502))
        self.run_job()
        self.assertEqual(len(self.marketplace.asked), 1, "not yet")
        self.feed.next_fetch_at = fields.Datetime.now() - timedelta(seconds=1)
        self.answer(page(("S1", report("S1"))))
        self.run_job()
        self.assertEqual((self.feed.state, self.files().state), ("done", "read"))

    def test_what_a_person_has_to_grant_is_not_asked_for_again_and_again(self):
        self.fetch(PermissionRefused("403"))
        self.assertFalse(self.feed.next_fetch_at)
        self.run_job()
        self.assertEqual(len(self.marketplace.asked), 1)

    def test_page_that_came_before_a_failure_is_kept_with_its_cursor(self):
        self.fetch(
            page(("S1", report("S1")), seen=("S1",), more=True), BadAnswer("half")
        )
        self.assertEqual(self.files().state, "read")
        self.assertEqual((self.feed.state, self.feed.cursor_seen), ("failed", ["S1"]))

    def test_rate_limit_is_waited_for_as_long_as_the_marketplace_says(self):
        self.fetch(RateLimited("429", retry_after=3600))
        delay = self.feed.next_fetch_at - self.feed.last_try_at
        self.assertAlmostEqual(delay.total_seconds(), 3600, delta=5)

    def test_one_that_cannot_be_read_is_left_alone_in_this_run_and_is_the_result(self):
        failure = SettlementFailure("S1", "S1", BadAnswer("half a page"))
        self.fetch(page(("S2", report("S2")), failures=(failure,), more=True), page())
        skipped = [skip for _feed, _cursor, skip in self.marketplace.asked]
        self.assertEqual(skipped, [frozenset(), frozenset({"S1"})])
        self.assertEqual(self.files().mapped("name"), ["S2.txt"])
        self.assertEqual((self.feed.state, self.feed.reason), ("failed", "bad_answer"))

    def test_one_that_will_never_be_handed_out_is_a_file_that_says_so_once(self):
        failure = SettlementFailure("S1", "S1", NotMade("FATAL"), final=True)
        self.fetch(page(failures=(failure,)))
        self.fetch(page(failures=(failure,)))
        self.assertRecordValues(
            self.files(),
            [{"name": "S1", "state": "failed", "error_code": "not_delivered"}],
        )
        self.assertEqual(self.feed.state, "done")
        self.files().action_read_again()
        self.assertEqual(self.files().error_code, "not_delivered")

    def test_missing_permission_says_what_to_grant(self):
        self.channel.state = "draft"
        for provider in ("shopify", "amazon", "ebay", "taobao"):
            with self.subTest(provider=provider):
                feed = self.env["ecom.settlement.fetch"].new(
                    {"channel_id": self.channel.id, "feed": "payouts"}
                )
                self.channel.provider = provider
                values = feed._prepare_error(PermissionRefused("403"))
                text = feed._explain_reason(**values)
                title = feed._get_permissions()[provider]
                self.assertIn(title, text)

    # -- when --------------------------------------------------------------------------

    def test_nothing_is_fetched_by_itself_unless_somebody_says_so(self):
        self.answer(page())
        self.run_job()
        self.assertEqual(self.marketplace.asked, [])

    def test_fetched_by_itself_as_often_as_the_feed_is_worth_it(self):
        self.channel.settlement_fetch = True
        self.answer(page())
        self.run_job()
        self.run_job()
        self.assertEqual(len(self.marketplace.asked), 1)
        self.feed.next_fetch_at = fields.Datetime.now() - timedelta(minutes=1)
        self.run_job()
        self.assertEqual(len(self.marketplace.asked), 2)

    def test_stopped_channel_and_switched_off_feed_are_left_alone(self):
        self.answer(page())
        self.channel.action_fetch_settlements()
        self.feed.is_enabled = False
        self.run_job()
        self.feed.is_enabled = True
        self.channel.emergency_stop = True
        self.run_job()
        self.assertEqual(self.marketplace.asked, [])
        with self.assertRaises(UserError):
            self.channel.action_fetch_settlements()

    def test_marketplace_without_settlements_says_so(self):
        self.marketplace.capabilities = frozenset()
        with self.assertRaises(UserError):
            self.channel.action_fetch_settlements()

    def test_who_asked_is_told_the_result_once(self):
        sent = []

        def send(user, kind, message):
            sent.append((user.id, kind, message["message"]))

        self.patch(type(self.env["res.users"]), "_bus_send", send)
        self.fetch(page(("S1", report("S1"))))
        text = "Payouts: 1 fetched, 0 of them cannot be read."
        self.assertEqual(sent, [(self.env.uid, "simple_notification", text)])
        self.assertFalse(self.feed.requested_by_id)

    # -- rights ------------------------------------------------------------------------

    def make_user(self, group, company):
        return new_test_user(
            self.env,
            f"{group}-{company.id}",
            groups=f"base.group_user,{group}",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )

    def test_accountant_fetches_and_order_desk_may_not(self):
        self.fetch(page())
        accountant = self.make_user("account.group_account_invoice", self.company)
        desk = self.make_user("ecom_orders.group_user", self.company)
        self.channel.with_user(accountant).action_fetch_settlements()
        self.assertEqual(self.feed.requested_by_id, accountant)
        with self.assertRaises(AccessError):
            self.channel.with_user(desk).action_fetch_settlements()
        with self.assertRaises(AccessError):
            self.feed.with_user(accountant).create(
                {"channel_id": self.channel.id, "feed": "x"}
            )

    def test_feeds_of_other_companies_are_not_seen(self):
        self.fetch(page())
        other = self.setup_other_company()["company"]
        stranger = self.make_user("account.group_account_invoice", other)
        model = self.env["ecom.settlement.fetch"].with_user(stranger)
        self.assertFalse(model.search([("channel_id", "=", self.channel.id)]))
