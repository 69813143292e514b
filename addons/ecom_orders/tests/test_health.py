from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces import errors
from odoo.addons.ecom_orders.marketplaces.base import ShopInfo

from .common import EcomOrdersCommon, woo_line, woo_order

DASHBOARD = [
    "order_count",
    "held_order_count",
    "unmapped_count",
    "failed_count",
    "waiting_count",
    "oldest_waiting_at",
    "backlog_is_old",
    "failure_summary",
    "webhook_health",
    "certificate_state",
    "order_today_count",
    "inbox_size",
]


class OperationsCommon(EcomOrdersCommon):
    """A channel that is well."""

    def setUp(self):
        super().setUp()
        now = fields.Datetime.now()
        self.channel.write(
            {
                "last_success_at": now,
                "webhook_topics": "order.created",
                "user_id": self.env.ref("base.user_admin").id,
            }
        )
        self.channel._get_crons().write({"active": True, "nextcall": now})

    def order(self, number, sku="MUG", **extra):
        return woo_order(number, [woo_line(1, sku, 1, "5.00")], **extra)


@tagged("post_install", "-at_install")
class TestDashboard(OperationsCommon):
    """The cards tell how each channel is, in as many queries for many as for one."""

    def test_backlog_and_its_age(self):
        self.receive(self.order(1), self.order(2))
        self.inbox.search([])[:1].received_at = "2026-03-01 10:00:00"
        self.assertEqual(self.channel.waiting_count, 2)
        self.assertEqual(str(self.channel.oldest_waiting_at), "2026-03-01 10:00:00")
        self.assertTrue(self.channel.backlog_is_old)

    def test_channel_without_backlog(self):
        self.import_orders(self.order(1))
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.waiting_count, 0)
        self.assertFalse(self.channel.backlog_is_old)

    def test_failures_are_counted_by_reason(self):
        self.receive(
            self.order(1, total="rubbish"),
            self.order(2, total="rubbish"),
            self.order(3, currency="XXY"),
        )
        self.process()
        self.assertEqual(
            self.channel.failure_summary,
            "2 × Unreadable message, 1 × Unknown currency",
        )
        action = self.channel.action_view_failures()
        classes = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(sum(classes.mapped("count")), 3)

    def test_webhooks_are_silent_when_orders_are_found_by_fetching_only(self):
        self.receive(self.order(1), origin="poll")
        self.assertEqual(self.channel.webhook_health, "silent")
        self.receive(self.order(2), origin="webhook")
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.webhook_health, "well")

    def test_webhooks_of_a_quiet_shop_are_well(self):
        self.assertEqual(self.channel.webhook_health, "well")

    def test_certificate_state_is_the_worst_of_the_week(self):
        self.assertEqual(self.channel.certificate_state, "none")
        today = fields.Date.today()
        for age, state in ((1, "green"), (2, "red"), (3, "green"), (30, "unread")):
            self.env["ecom.completeness"].create(
                {
                    "channel_id": self.channel.id,
                    "day": today - timedelta(days=age),
                    "state": state,
                }
            )
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.certificate_state, "red")

    def test_orders_of_today_are_the_shops_today(self):
        now = fields.Datetime.now().strftime("%Y-%m-%dT%H:%M:%S")
        self.import_orders(self.order(1, date_created_gmt=now), self.order(2))
        self.assertEqual(self.channel.order_today_count, 1)
        domain = self.channel.action_view_today()["domain"]
        self.assertEqual(self.env["sale.order"].search(domain), self.orders(1))

    def test_queries_do_not_grow_with_the_channels(self):
        def count(channels):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            channels.read(DASHBOARD)
            return self.env.cr.sql_log_count - before

        count(self.channel)  # fills the caches of access rights
        one = count(self.channel)
        others = [self._create_channel(name=f"Shop {n}") for n in range(9)]
        for channel in others:
            self.receive(self.order(1), self.order(2, total="?"), channel=channel)
            self.process(channel)
            self.receive(self.order(3), channel=channel)
        self.assertEqual(count(self.channel.union(*others)), one)
        self.assertLessEqual(one, 16)


@tagged("post_install", "-at_install")
class TestHealth(OperationsCommon):
    """What is wrong with a channel is said in words, with what to do, and fixed."""

    def examine(self, check=lambda: ShopInfo(timezone="UTC"), user=None):
        with self.connector(check=check):
            channel = self.channel.with_user(user or self.env.user)
            action = channel.action_check_health()
        return self.env["ecom.health.check"].browse(action["res_id"])

    def found(self, code, **kwargs):
        findings = self.examine(**kwargs).finding_ids
        return findings.filtered(lambda finding: finding.code == code)

    def fix(self, finding, **verbs):
        with self.connector(check=lambda: ShopInfo(timezone="UTC"), **verbs):
            return finding.action_fix()

    def test_channel_that_is_well(self):
        self.assertFalse(self.examine().finding_ids.mapped("code"))

    def test_every_finding_has_a_text(self):
        finding = self.env["ecom.health.finding"]
        self.assertEqual(set(finding._get_fixes()) - set(finding._get_texts()), set())

    def test_job_that_is_switched_off_is_switched_on(self):
        cron = self.env.ref("ecom_orders.ir_cron_fetch")
        cron.active = False
        finding = self.found("cron_inactive")
        self.assertIn(cron.name, finding.text)
        self.fix(finding)
        self.assertTrue(cron.active)
        self.assertFalse(self.found("cron_inactive"))

    def test_late_job_is_told(self):
        late = fields.Datetime.now() - timedelta(hours=2)
        self.env.ref("ecom_orders.ir_cron_process").nextcall = late
        self.assertIn("120 minutes", self.found("cron_late").text)

    def test_refused_keys_are_told_in_words(self):
        refusal = errors.AuthenticationFailed("no")
        self.assertIn("new pair", self.found("fetch_failing", check=refusal).text)

    def test_emergency_stop_is_released(self):
        self.channel.action_emergency_stop()
        self.fix(self.found("emergency_stop"))
        self.assertFalse(self.channel.emergency_stop)

    def test_technical_user_without_rights_gets_them_back(self):
        user = self.channel._get_technical_user()
        user.write({"group_ids": [fields.Command.clear()]})
        self.assertIn("User", self.found("user_rights").text)
        self.fix(self.found("user_rights"))
        self.assertTrue(user.has_group("stock.group_stock_user"))
        self.assertFalse(self.found("user_rights"))

    def test_right_taken_from_the_technical_group_is_given_back(self):
        group = self.env.ref("ecom_orders.group_technical")
        stock = self.env.ref("stock.group_stock_user")
        group.write({"implied_ids": [fields.Command.unlink(stock.id)]})
        user = self.channel._get_technical_user()
        user.write({"group_ids": [fields.Command.set(group.ids)]})
        self.fix(self.found("user_rights"))
        self.assertTrue(user.has_group("stock.group_stock_user"))

    def test_technical_user_outside_of_the_company_is_let_in(self):
        abroad = self.env["res.company"].create({"name": "Abroad"})
        user = self.channel._get_technical_user()
        user.write(
            {"company_ids": [fields.Command.set(abroad.ids)], "company_id": abroad.id}
        )
        self.fix(self.found("user_company", check=errors.TimedOut("slow")))
        self.assertIn(self.company, user.company_ids)

    def test_wrong_time_zone_is_taken_over(self):
        tokyo = ShopInfo(timezone="Asia/Tokyo")
        finding = self.found("timezone_differs", check=lambda: tokyo)
        self.assertIn("Asia/Tokyo", finding.text)
        with self.connector(check=lambda: tokyo):
            finding.action_fix()
        self.assertEqual(self.channel.timezone, "Asia/Tokyo")

    def test_webhooks_are_registered(self):
        self.channel.webhook_topics = False
        finding = self.found("webhooks_unregistered")
        self.fix(finding, ensure_webhooks=lambda url: ("order.updated",))
        self.assertEqual(self.channel.webhook_topics, "order.updated")

    def test_unlinked_listings_and_failed_messages_lead_to_their_lists(self):
        self.import_orders(self.order(1, sku="NEW"))
        self.receive(self.order(2, total="rubbish"))
        self.process()
        action = self.fix(self.found("listings_unmapped"))
        self.assertEqual(action["res_model"], "ecom.listing")
        action = self.fix(self.found("messages_failed"))
        self.assertEqual(action["res_model"], "ecom.failure.class")

    def test_warehouse_without_stock_location_is_told(self):
        empty = self.env["stock.warehouse"].create({"name": "Empty", "code": "EMP"})
        empty.lot_stock_id.usage = "view"
        self.channel.warehouse_id = empty
        self.assertTrue(self.found("no_stock_location"))

    def test_users_may_look_but_only_managers_fix(self):
        desk = new_test_user(self.env, "desk3", groups="ecom_orders.group_user")
        self.channel.webhook_topics = False
        check = self.examine(user=desk).with_user(desk)
        self.assertEqual(check.finding_ids.code, "webhooks_unregistered")
        with self.assertRaises(AccessError):
            check.finding_ids.action_fix()
