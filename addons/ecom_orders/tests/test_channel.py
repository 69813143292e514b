from datetime import datetime, timedelta, timezone

from freezegun import freeze_time
from lxml import etree
from psycopg2 import errors as pg_errors

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.ecom_orders.marketplaces import errors
from odoo.addons.ecom_orders.marketplaces.base import (
    REFUND,
    Capability,
    OrderCursor,
    OrderPage,
    ShopInfo,
)
from odoo.addons.ecom_orders.marketplaces.schema import ExternalProduct

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestChannel(EcomOrdersCommon):
    """A channel is connected, fetches by itself, and says what is wrong in words."""

    def setUp(self):
        super().setUp()
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 100)

    def page(self, *orders, since=None, more=False):
        stamp = since or datetime(2026, 3, 1, 10, 0, 5, tzinfo=timezone.utc)
        return OrderPage(
            tuple(self.envelope(order) for order in orders),
            OrderCursor(since=stamp),
            more,
        )

    def order(self, number):
        return woo_order(number, [woo_line(1, "MUG", 1, "5.00")])

    # -- setting up --------------------------------------------------------------------

    def test_form_needs_a_name_and_finds_the_warehouse(self):
        with Form(self.env["ecom.channel"]) as form:
            form.name = "New Shop"
            form.url = "https://new.example.com/"
        channel = form.record
        self.assertEqual(channel.url, "https://new.example.com")
        self.assertEqual(channel.warehouse_id, self.warehouse)
        self.assertEqual(channel.source_id.name, "New Shop")
        self.assertTrue(channel.webhook_token)
        self.assertTrue(channel.shipping_product_id)

    def test_same_shop_cannot_be_connected_twice(self):
        with self.assertRaisesRegex(Exception, "shop_uniq"):
            with self.cr.savepoint():
                self._create_channel(url=self.channel.url + "/")

    def test_connection_test_tells_what_was_found(self):
        info = ShopInfo("Ada's Shop", "USD", "Asia/Shanghai", "9.1", False)
        with self.connector(check=lambda: info):
            notice = self.channel.action_test_connection()
        self.assertIn("Ada's Shop", notice["params"]["message"])
        self.assertEqual(self.channel.timezone, "Asia/Shanghai")

    def test_connection_test_tells_what_to_do(self):
        failures = {
            errors.AuthenticationFailed("Consumer secret is invalid."): "new pair",
            errors.ConnectionFailed("refused"): "Check the address",
            errors.TlsFailed("expired"): "certificate",
            errors.NotThere("404"): "permalinks",
            errors.PermissionRefused("read only"): "read and write",
        }
        for error, advice in failures.items():
            with (
                self.subTest(error=error.code),
                self.connector(check=error),
                self.assertRaisesRegex(UserError, advice),
            ):
                self.channel.action_test_connection()

    def test_channel_connects_only_after_a_good_test(self):
        self.channel.state = "draft"
        with self.connector(check=errors.AuthenticationFailed("no")):
            with self.assertRaises(UserError):
                self.channel.action_connect()
        self.assertEqual(self.channel.state, "draft")
        with self.connector(check=ShopInfo):
            self.channel.action_connect()
        self.assertEqual(self.channel.state, "connected")

    def test_channel_with_orders_cannot_be_deleted(self):
        self.import_orders(self.order(1))
        with self.assertRaises(UserError):
            self.channel.unlink()

    # -- concurrency -------------------------------------------------------------------

    def test_page_is_stored_again_when_a_webhook_was_faster(self):
        self.patch(type(self.inbox), "_start_over", lambda *a: None)
        store, calls = type(self.inbox)._store, []

        def stored(*args, **kwargs):
            calls.append(1)
            if len(calls) == 1:
                raise pg_errors.SerializationFailure
            return store(*args, **kwargs)

        self.patch(type(self.inbox), "_store", stored)
        with self.connector(fetch_orders=lambda _cursor: self.page(self.order(1))):
            self.channel._cron_fetch()
        self.assertEqual(self.inbox.search_count([]), 1)
        self.assertFalse(self.channel.reason)

    # -- fetching ----------------------------------------------------------------------

    def test_fetch_stores_pages_and_moves_the_cursor(self):
        later = datetime(2026, 3, 1, 11, tzinfo=timezone.utc)
        pages = [
            self.page(self.order(1), more=True),
            self.page(self.order(2), since=later),
        ]
        with self.connector(fetch_orders=lambda _cursor: pages.pop(0)):
            self.channel._cron_fetch()
        self.assertEqual(self.inbox.search_count([]), 2)
        self.assertEqual(self.channel.order_cursor, datetime(2026, 3, 1, 11))
        self.assertTrue(self.channel.last_success_at)

    def test_next_fetch_reaches_back_by_the_overlap(self):
        self.channel.order_cursor = "2026-03-01 11:00:00"
        asked = []

        def fetch(cursor):
            asked.append(cursor.since)
            return self.page()

        with self.connector(fetch_orders=fetch):
            self.channel._cron_fetch()
        expected = datetime(2026, 3, 1, 11, tzinfo=timezone.utc) - timedelta(
            seconds=300
        )
        self.assertEqual(asked, [expected])

    def test_cursor_is_the_connectors_also_backwards(self):
        # A stamp of the future must not keep the channel from reading the present.
        self.channel.order_cursor = "2099-01-01 00:00:00"
        with self.connector(fetch_orders=lambda _cursor: self.page(self.order(1))):
            self.channel._cron_fetch()
        self.assertEqual(self.channel.order_cursor, datetime(2026, 3, 1, 10, 0, 5))

    def test_interrupted_run_goes_on_exactly_where_it_stopped(self):
        stamp = datetime(2026, 3, 1, 10, tzinfo=timezone.utc)
        crowded = OrderPage((), OrderCursor(stamp, frozenset({"1", "2"})), more=True)
        asked = []

        def fetch(cursor):
            asked.append(cursor)
            return crowded

        commits = iter([1, 0, 0, 0, 0, 0, 0, 0])
        self.patch(
            type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: next(commits)
        )
        with self.connector(fetch_orders=fetch):
            self.channel._fetch_orders()
            self.channel._fetch_orders()
        self.assertEqual(asked[1], crowded.cursor)

    def test_failure_after_the_first_page_keeps_that_page(self):
        pages = [self.page(self.order(1), more=True)]

        def fetch(_cursor):
            if pages:
                return pages.pop()
            raise errors.ServerFailed("HTTP 500", status=500)

        with self.connector(fetch_orders=fetch):
            self.channel._cron_fetch()
        self.assertEqual(self.inbox.search_count([]), 1)
        self.assertEqual(self.channel.order_cursor, datetime(2026, 3, 1, 10, 0, 5))
        self.assertEqual(self.channel.reason, "server_failed")
        self.assertIn("500", self.channel.explanation)

    @freeze_time("2026-03-05 08:00:00")
    def test_failing_channel_is_asked_less_and_less_often(self):
        with self.connector(fetch_orders=errors.TimedOut("slow")):
            delays = []
            for _attempt in range(5):
                self.channel.next_fetch_at = False
                self.channel._cron_fetch()
                delays.append(self.channel.next_fetch_at - fields.Datetime.now())
        minutes = [delay.total_seconds() / 60 for delay in delays]
        self.assertEqual(minutes, [10 * 2, 10 * 4, 10 * 8, 120, 120])

    def test_somebody_is_told_after_the_third_failure_and_only_once(self):
        with self.connector(fetch_orders=errors.TimedOut("slow")):
            for _attempt in range(2):
                self.channel.next_fetch_at = False
                self.channel._cron_fetch()
            self.assertFalse(self.channel.activity_ids)
            for _attempt in range(3):
                self.channel.next_fetch_at = False
                self.channel._cron_fetch()
        self.assertEqual(len(self.channel.activity_ids), 1)

    def test_refused_keys_are_told_at_once(self):
        with self.connector(fetch_orders=errors.AuthenticationFailed("bad")):
            self.channel._cron_fetch()
        self.assertEqual(len(self.channel.activity_ids), 1)

    def test_success_clears_the_problem(self):
        with self.connector(fetch_orders=errors.TimedOut("slow")):
            self.channel._cron_fetch()
        self.channel.next_fetch_at = False
        with self.connector(fetch_orders=lambda _cursor: self.page()):
            self.channel._cron_fetch()
        self.assertFalse(self.channel.reason)
        self.assertEqual(self.channel.failure_count, 0)

    def test_one_channel_away_does_not_stop_the_other(self):
        other = self._create_channel(name="Other")
        broken = self.channel

        def fetch(channel):
            if channel == broken:
                raise errors.ConnectionFailed("away")

        self.patch(type(broken), "_fetch_orders", fetch)
        broken._cron_fetch()
        self.assertEqual(broken.reason, "connection_failed")
        self.assertTrue(other.last_success_at)

    def test_paused_stopped_and_draft_channels_are_not_fetched(self):
        asked = []
        with self.connector(fetch_orders=lambda _cursor: asked.append(1)):
            self.channel.action_pause()
            self.channel._cron_fetch()
            self.channel.state = "connected"
            self.channel.action_emergency_stop()
            self.channel._cron_fetch()
            self.channel.action_emergency_release()
            self.channel.state = "draft"
            self.channel._cron_fetch()
        self.assertEqual(asked, [])

    def test_sweep_finds_what_the_feed_did_not_tell(self):
        trashed = woo_order(
            1,
            [woo_line(1, "MUG", 1, "5.00")],
            status="trash",
            date_modified_gmt="2026-03-02T10:00:00",
        )
        order = self.import_orders(self.order(1))
        with self.connector(
            fetch_orders=lambda _cursor: self.page(self.order(2)),
            fetch_removed_orders=lambda _since: iter([(self.envelope(trashed),)]),
        ):
            self.channel._cron_sweep()
        self.process()
        self.assertEqual(order.state, "cancel")
        self.assertTrue(self.orders(2))
        self.assertTrue(self.channel.last_sweep_at)

    def test_sweep_finds_refunds_of_which_orders_say_nothing(self):
        order = self.import_orders(self.order(1))
        refund = {
            "id": 77,
            "order_id": 1,
            "amount": "2.00",
            "date_created_gmt": "2026-03-04T09:00:00",
            "line_items": [],
        }
        asked = []

        def feed(since):
            asked.append(since)
            yield (self.envelope(refund, REFUND),)

        with self.connector(
            can=lambda capability: capability is Capability.REFUND_FEED,
            fetch_orders=lambda _cursor: self.page(),
            fetch_refund_feed=feed,
        ):
            for _day in range(2):
                self.channel._cron_sweep()
                self.process()
        self.assertEqual(
            [(r.external_id, r.amount) for r in order.ecom_refund_ids], [("77", 2.00)]
        )
        self.assertEqual(len(asked), 2)

    def test_listings_are_fetched_in_the_background_with_their_products(self):
        def pages():
            yield (ExternalProduct("1", "Red mug", sku="MUG"),)
            yield (
                ExternalProduct("2", "Shirts", sku="TEE-ALL", is_parent=True),
                ExternalProduct("2/3", "Shirt S", sku="TEE"),
                ExternalProduct("4", "New thing", sku="NEW"),
            )

        self.channel.action_fetch_products()
        self.assertEqual(self.channel.listing_fetch_state, "requested")
        with self.connector(
            fetch_orders=lambda _cursor: self.page(), fetch_products=pages
        ):
            self.channel._cron_fetch()
        self.assertEqual(self.channel.listing_fetch_state, "done")
        self.assertEqual(self.channel.listing_fetch_count, 3)
        listings = self.env["ecom.listing"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(
            {listing.key: listing.product_id for listing in listings},
            {"MUG": self.mug, "TEE": self.tee, "NEW": self.env["product.product"]},
        )

    def test_header_has_what_is_needed_daily_and_the_action_menu_the_rest(self):
        view = self.env.ref("ecom_orders.ecom_channel_view_form")
        arch = etree.fromstring(
            self.env["ecom.channel"].get_view(view.id, "form")["arch"]
        )
        self.assertEqual(
            {button.get("name") for button in arch.iterfind("./header/button")},
            {
                "action_onboard",
                "action_connect",
                "action_import_file",
                "action_fetch_now",
                "action_pause",
                "action_emergency_stop",
                "action_emergency_release",
            },
        )
        bound = self.env["ir.actions.actions"].get_bindings("ecom.channel")["action"]
        names = {action["name"] for action in bound}
        self.assertLessEqual({"Fetch Listings", "Fetch by Hand"}, names)

    def test_listings_are_not_asked_for_where_there_are_none(self):
        files = self._create_channel(name="Lists", provider="file", url=False)
        with self.assertRaisesRegex(UserError, "made from its orders"):
            files.action_fetch_products()
        self.channel.action_pause()
        with self.assertRaisesRegex(UserError, "Connect “Test Shop” first"):
            self.channel.action_fetch_products()

    def fetch_listings(self, *skus, then=None):
        """Read listings of these SKUs; ``then`` fails after them."""

        def pages():
            yield tuple(ExternalProduct(sku, f"Thing {sku}", sku=sku) for sku in skus)
            if then:
                raise then

        self.channel.action_fetch_products()
        with self.connector(
            fetch_orders=lambda _cursor: self.page(), fetch_products=pages
        ):
            self.channel._cron_fetch()

    def listings(self):
        """(SKU, active) of all listings of the channel."""
        found = self.env["ecom.listing"].with_context(active_test=False)
        return {(row.sku, row.active) for row in found.search([], order="id")}

    def test_listing_that_the_shop_removed_is_archived_and_comes_back(self):
        self.fetch_listings("MUG", "TEE")
        tee = self.env["ecom.listing"].search([("key", "=", "TEE")])
        self.fetch_listings("MUG")
        self.assertEqual(self.listings(), {("MUG", True), ("TEE", False)})
        self.assertTrue(tee.removed_at)
        self.assertEqual(tee.product_id, self.tee)
        self.fetch_listings("MUG", "TEE")
        self.assertEqual(self.listings(), {("MUG", True), ("TEE", True)})
        self.assertFalse(tee.removed_at)

    def test_listing_that_a_person_archived_stays_archived(self):
        self.fetch_listings("MUG", "TEE")
        self.env["ecom.listing"].search([("key", "=", "TEE")]).active = False
        self.fetch_listings("MUG", "TEE")
        self.assertEqual(self.listings(), {("MUG", True), ("TEE", False)})

    def test_reading_that_failed_or_showed_nothing_removes_no_listing(self):
        self.fetch_listings("MUG", "TEE")
        self.fetch_listings("MUG", then=errors.TimedOut("slow"))
        self.fetch_listings()
        self.assertEqual(self.listings(), {("MUG", True), ("TEE", True)})

    def test_removed_listing_for_which_an_order_waits_stays_in_sight(self):
        self.import_orders(woo_order(1, [woo_line(1, "GONE", 1, "5.00")]))
        self.fetch_listings("MUG")
        self.assertIn(("GONE", True), self.listings())

    def test_failure_while_fetching_listings_is_told_and_delays_no_orders(self):
        self.channel.action_fetch_products()
        with self.connector(
            fetch_orders=lambda _cursor: self.page(),
            fetch_products=errors.TimedOut("slow"),
        ):
            self.channel._cron_fetch()
        self.assertFalse(self.channel.reason)
        self.assertEqual(self.channel.listing_fetch_state, "failed")
        self.assertIn("in time", self.channel.activity_ids.note)

    def test_listings_met_by_a_faster_transaction_are_read_by_the_next_run(self):
        self.patch(
            type(self.env["ecom.inbox.message"]), "_start_over", lambda *args: None
        )
        self.channel.action_fetch_products()
        with self.connector(
            fetch_orders=lambda _cursor: self.page(),
            fetch_products=pg_errors.SerializationFailure("concurrent update"),
        ):
            self.channel._cron_fetch()
        self.assertNotEqual(self.channel.listing_fetch_state, "failed")
        self.assertFalse(self.channel.activity_ids)
        with self.connector(
            fetch_orders=lambda _cursor: self.page(),
            fetch_products=lambda: iter([(ExternalProduct("4", "New", sku="NEW"),)]),
        ):
            self.channel._cron_fetch()
        self.assertEqual(self.channel.listing_fetch_state, "done")
        self.assertEqual(self.channel.listing_fetch_count, 1)

    def test_listings_that_can_be_read_do_not_hide_that_orders_cannot(self):
        self.channel.action_fetch_products()
        with self.connector(
            fetch_orders=errors.TimedOut("slow"), fetch_products=lambda: iter(())
        ):
            self.channel._cron_fetch()
        self.assertEqual(self.channel.reason, "timed_out")
        self.assertEqual(self.channel.listing_fetch_state, "done")

    def test_fetch_now_is_for_everybody_who_works_with_orders(self):
        self.channel.next_fetch_at = "2099-01-01 00:00:00"
        self.channel.action_fetch_now()
        self.assertFalse(self.channel.next_fetch_at)

    def test_further_settings_have_their_kinds(self):
        self.channel.connector_options = (
            "offers = no\nmanage_stock = Yes\nstock_batch = 5\n"
            'public_keys = {"kid": "PEM"}\nregion = eu\n'
        )
        options = self.channel._read_connector_options()
        self.assertEqual(
            options,
            {
                "offers": False,
                "manage_stock": True,
                "stock_batch": 5,
                "public_keys": {"kid": "PEM"},
                "region": "eu",
            },
        )
        with self.assertRaises(ValidationError):
            self.channel.connector_options = "no equals sign"
