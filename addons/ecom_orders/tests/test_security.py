from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import EcomOrdersCommon, woo_line, woo_order

OURS = (
    "ecom.channel",
    "ecom.inbox.message",
    "ecom.listing",
    "ecom.tax.rule",
    "ecom.buyer",
    "ecom.order.block",
    "ecom.refund",
    "ecom.refund.line",
    "ecom.location",
    "ecom.listing.level",
    "ecom.stock.drift",
    "ecom.stock.dirty",
)
TECHNICAL = {"ecom.buyer", "ecom.stock.dirty"}  # nobody works with them


@tagged("post_install", "-at_install")
class TestSecurity(EcomOrdersCommon):
    """Three roles, own companies only, secrets for managers only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outsider = new_test_user(
            cls.env, "outsider", groups="sales_team.group_sale_salesman_all_leads"
        )
        cls.desk = new_test_user(cls.env, "desk", groups="ecom_orders.group_user")
        cls.manager = new_test_user(
            cls.env, "manager", groups="ecom_orders.group_manager"
        )

    def setUp(self):
        super().setUp()
        self.order = self.import_orders(
            woo_order(
                1,
                [woo_line(1, "NEW", 1, "5.00", "3")],
                "3",
                refunds=[{"id": 5, "total": "-1.00"}],
            )
        )

    def test_user_without_the_role_sees_nothing(self):
        for model in OURS:
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.outsider).search([])

    def test_user_without_the_role_sees_no_menu(self):
        menus = self.env["ir.ui.menu"].with_user(self.outsider)._visible_menu_ids()
        self.assertNotIn(self.env.ref("ecom_orders.ecom_orders_menu_root").id, menus)

    def test_user_without_the_role_sees_the_order_but_not_its_channel(self):
        order = self.order.with_user(self.outsider)
        self.assertMoney(order.amount_total, 5.15)
        self.assertNotIn("ecom_channel_id", order.fields_get())
        with self.assertRaises(AccessError):
            order.read(["ecom_channel_id"])
        arch = order.get_view(view_type="form")["arch"]
        self.assertNotIn("ecom_block_ids", arch)

    def test_user_without_the_role_can_confirm_and_copy_such_an_order(self):
        self.env["ecom.listing"].search([("key", "=", "NEW")]).product_id = self.mug
        self.env["ecom.tax.rule"].search([]).tax_id = self._create_tax(3)
        self.channel.confirm_policy = "manual"
        self.process()
        order = self.order.with_user(self.outsider)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        twin = order.copy()
        self.assertFalse(twin.sudo().ecom_channel_id)

    def test_desk_reads_everything_and_links_listings(self):
        for model in set(OURS) - TECHNICAL:
            self.env[model].with_user(self.desk).search([])
        listing = self.env["ecom.listing"].search([("key", "=", "NEW")])
        listing.with_user(self.desk).product_id = self.mug
        self.assertEqual(self.order.ecom_message_id.state, "received")

    def test_desk_cannot_change_channels_or_read_their_keys(self):
        channel = self.channel.with_user(self.desk)
        with self.assertRaises(AccessError):
            channel.write({"name": "Mine"})
        for secret in ("api_key", "api_secret", "webhook_secret", "webhook_token"):
            with self.subTest(secret=secret), self.assertRaises(AccessError):
                channel.read([secret])

    def test_desk_fetches_and_releases(self):
        self.channel.with_user(self.desk).action_fetch_now()
        held = self.import_orders(
            woo_order(
                2, [woo_line(1, "MUG", 1, "5.00")], status="on-hold", date_paid_gmt=None
            )
        )
        held.with_user(self.desk).action_ecom_release()
        self.assertEqual(held.state, "sale")
        self.assertEqual(held.ecom_block_ids.resolved_by_id, self.desk)

    def test_manager_reads_keys_and_pulls_the_emergency_stop(self):
        channel = self.channel.with_user(self.manager)
        self.assertEqual(channel.api_secret, "cs_very_secret")
        channel.action_emergency_stop()
        self.assertTrue(channel.emergency_stop)

    def test_technical_user_has_no_rights_of_an_administrator(self):
        user = self.env.ref("ecom_orders.user_technical")
        self.assertFalse(user.has_group("base.group_system"))
        self.assertFalse(user.has_group("base.group_erp_manager"))
        self.assertFalse(user.has_group("account.group_account_manager"))
        for cron in ("fetch", "process", "sweep", "push_stock", "check_stock"):
            self.assertEqual(self.env.ref(f"ecom_orders.ir_cron_{cron}").user_id, user)

    def test_technical_user_cannot_log_in(self):
        self.env.cr.execute(
            "SELECT password FROM res_users WHERE id = %s",
            [self.env.ref("ecom_orders.user_technical").id],
        )
        self.assertFalse(self.env.cr.fetchone()[0])

    def test_records_of_other_companies_are_invisible(self):
        abroad = self.env["res.company"].create({"name": "Abroad"})
        self.env["stock.warehouse"].search(
            [("company_id", "=", abroad.id)], limit=1
        ) or self.env["stock.warehouse"].create(
            {"name": "Abroad", "code": "ABR", "company_id": abroad.id}
        )
        channel = self._create_channel(name="Abroad", company_id=abroad.id)
        self.import_orders(
            woo_order(
                9,
                [woo_line(1, "NEW-ABROAD", 1, "5.00", "3")],
                "3",
                refunds=[{"id": 6, "total": "-1.00"}],
            ),
            channel=channel,
        )
        self.assertEqual(self.orders(9, channel=channel).company_id, abroad)
        level = self._publish_abroad(channel)
        self.env["ecom.stock.drift"].create({"level_id": level.id})
        for model in set(OURS) - {"ecom.refund.line", "ecom.stock.dirty"}:
            with self.subTest(model=model):
                records = self.env[model].search([("company_id", "=", abroad.id)])
                self.assertTrue(records)
                visible = self.env[model].with_user(self.manager).search([])
                self.assertFalse(visible & records)

    def _publish_abroad(self, channel):
        """A location and a level of another company's channel."""
        self.env["ecom.location"].create(
            {"channel_id": channel.id, "ref": "L1", "name": "Abroad"}
        )
        listing = self.env["ecom.listing"].search([("channel_id", "=", channel.id)])
        return self.env["ecom.listing.level"].create({"listing_id": listing.id})

    def test_every_model_of_ours_has_a_company_rule(self):
        for model in OURS:
            with self.subTest(model=model):
                rules = self.env["ir.rule"].search(
                    [("model_id.model", "=", model), ("global", "=", True)]
                )
                self.assertIn("company_ids", rules.mapped("domain_force")[0])

    def test_no_model_of_ours_is_without_a_company_rule(self):
        rules = self.env["ir.rule"].search([("global", "=", True)])
        guarded = {
            rule.model_id.model
            for rule in rules
            if "company_ids" in (rule.domain_force or "")
        }
        kept = {
            name
            for name, model in self.env.items()
            if name.startswith("ecom.") and not model._abstract and not model._transient
        }
        self.assertGreater(len(kept), len(OURS))
        self.assertEqual(kept - guarded, set())

    def test_technical_user_may_work_in_every_company_that_has_a_channel(self):
        abroad = self.env["res.company"].create({"name": "Abroad"})
        self._create_channel(name="Abroad", company_id=abroad.id)
        user = self.env.ref("ecom_orders.user_technical")
        self.assertIn(abroad, user.company_ids)
