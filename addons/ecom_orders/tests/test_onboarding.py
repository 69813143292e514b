from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces import errors
from odoo.addons.ecom_orders.marketplaces.base import ShopInfo

from .common import EcomOrdersCommon

INFO = ShopInfo("Ada's Shop", "USD", "Asia/Shanghai", "9.1", False)


@tagged("post_install", "-at_install")
class TestOnboarding(EcomOrdersCommon):
    """A channel is set up step by step; the steps can be left and taken up again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, "manager5", groups="ecom_orders.group_manager"
        )

    def begin(self):
        wizard = self.env["ecom.channel.onboard"].with_user(self.manager)
        with Form(wizard) as form:
            form.name = "Ada's Shop"
        return form.record

    def next(self, wizard, check=lambda: INFO, **verbs):
        with self.connector(check=check, **verbs):
            return wizard.action_next()

    def enter_keys(self, wizard):
        wizard.write(
            {
                "url": "https://ada.example.com/",
                "api_key": "ck_ada",
                "api_secret": "cs_ada",
            }
        )

    def test_every_marketplace_says_where_its_keys_are(self):
        texts = self.env["ecom.channel"]._get_credential_help()
        for code in ("woocommerce", "shopify", "amazon", "ebay", "taobao", "file"):
            with self.subTest(provider=code):
                self.assertGreater(len(texts.get(code, "")), 100)

    def test_whole_way_ends_with_a_connected_channel(self):
        wizard = self.begin()
        self.next(wizard)
        channel = wizard.channel_id
        self.assertEqual(channel.state, "draft")
        self.assertIn("REST API", wizard.credential_help)
        self.enter_keys(wizard)
        self.next(wizard)
        self.assertIn("Ada's Shop", wizard.message)
        self.assertEqual(channel.url, "https://ada.example.com")
        self.assertEqual(channel.timezone, "Asia/Shanghai")
        seen = []
        for _step in range(9):
            seen.append(wizard.step)
            action = self.next(wizard)
            if action["res_model"] == "ecom.channel":
                break
        self.assertEqual(seen[0], "booking")
        self.assertEqual(seen[-1], "start")
        self.assertEqual(channel.state, "connected")
        self.assertFalse(channel.onboarding_step)

    def test_missing_keys_are_named(self):
        wizard = self.begin()
        self.next(wizard)
        with self.assertRaisesRegex(UserError, "Shop Address.*Key"):
            self.next(wizard)

    def test_refused_keys_say_what_to_do_and_keep_the_step(self):
        wizard = self.begin()
        self.next(wizard)
        self.enter_keys(wizard)
        with self.assertRaisesRegex(UserError, "new pair"):
            self.next(wizard, check=errors.AuthenticationFailed("no"))
        self.assertEqual(wizard.step, "credentials")

    def test_left_and_taken_up_again_where_it_was(self):
        wizard = self.begin()
        self.next(wizard)
        self.enter_keys(wizard)
        self.next(wizard)
        wizard.action_leave()
        channel = wizard.channel_id
        wizard.unlink()
        action = channel.action_onboard()
        again = self.env["ecom.channel.onboard"].browse(action["res_id"])
        self.assertEqual(again.step, "booking")
        self.assertEqual(again.api_key, "ck_ada")

    def test_going_back_makes_no_second_channel(self):
        wizard = self.begin()
        self.next(wizard)
        channel = wizard.channel_id
        wizard.action_back()
        wizard.name = "Other name"
        self.next(wizard)
        self.assertEqual(wizard.channel_id, channel)
        self.assertEqual(channel.name, "Other name")

    def test_steps_of_absent_neighbours_are_left_out(self):
        wizard = self.begin()
        wizard.provider = "shopify"  # has sites
        steps = wizard._get_steps()
        for step, model in (
            ("locations", "ecom.location"),
            ("carriers", "ecom.shipping.method"),
        ):
            self.assertEqual(step in steps, model in self.env)

    def test_sites_are_asked_for_only_where_the_marketplace_has_some(self):
        wizard = self.begin()
        for provider, has_sites in (("shopify", True), ("woocommerce", False)):
            with self.subTest(provider=provider):
                wizard.provider = provider
                self.assertEqual("locations" in wizard._get_steps(), has_sites)

    def test_address_that_may_be_left_empty_is_told_from_one_that_is_needed(self):
        wizard = self.begin()
        for provider, optional in (("ebay", True), ("woocommerce", False)):
            with self.subTest(provider=provider):
                wizard.provider = provider
                self.assertEqual(wizard.url_is_optional, optional)

    def test_what_the_shop_does_not_say_is_not_a_question_mark(self):
        wizard = self.begin()
        self.next(wizard)
        self.enter_keys(wizard)
        self.next(wizard, check=lambda: ShopInfo("Ada's Shop", "USD"))
        self.assertIn("Connected to Ada's Shop: USD.", wizard.message)

    def test_file_without_an_address_is_not_called_connected(self):
        wizard = self.begin()
        wizard.provider = "file"
        self.next(wizard)
        wizard.action_next()
        self.assertEqual(wizard.step, "booking")
        self.assertNotIn("Connected to", wizard.message)

    def test_webhooks_are_registered_on_the_way(self):
        wizard = self.begin()
        self.next(wizard)
        self.enter_keys(wizard)
        with self.connector(ensure_webhooks=lambda url: ("order.updated",)):
            wizard.action_register_webhooks()
        self.assertEqual(wizard.webhook_topics, "order.updated")

    def test_currency_of_the_shop_is_activated(self):
        currency = self.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("name", "=", "ISK")])
        currency.active = False
        wizard = self.begin()
        self.next(wizard)
        self.enter_keys(wizard)
        self.next(wizard, check=lambda: ShopInfo(currency="ISK"))
        self.assertTrue(currency.active)
        self.assertIn("ISK", wizard.message)

    def test_payment_rows_are_entered_on_the_way(self):
        wizard = self.begin()
        self.next(wizard)
        wizard.payment_rule_ids = [
            (0, 0, {"gateway": "cod", "confirm_policy": "always"})
        ]
        self.assertEqual(wizard.channel_id.payment_rule_ids.gateway, "cod")

    def test_setting_up_is_for_managers(self):
        desk = new_test_user(self.env, "desk5", groups="ecom_orders.group_user")
        with self.assertRaises(AccessError):
            self.env["ecom.channel.onboard"].with_user(desk).create({})
