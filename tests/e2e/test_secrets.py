"""Workflow: somebody reads the log, the inbox, the channel. Secrets are in none."""

import json
import logging
from contextlib import contextmanager

from e2e_common import ShopCase

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged


class Records(logging.Handler):
    """Keeps every record's text, with the traceback that a formatter would add."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.lines = []

    def emit(self, record):
        # At this level Odoo logs every query: also the one by which a key is entered.
        if record.name != "odoo.sql_db":
            self.lines.append(self.format(record))


@contextmanager
def logged():
    """Collect what any logger says in any detail."""
    records = Records()
    loggers = [logging.getLogger(name) for name in ("", "odoo", "urllib3")]
    # These were given a level of their own.
    loggers += [
        logger
        for name, logger in logging.root.manager.loggerDict.items()
        if isinstance(logger, logging.Logger) and logger.level
    ]
    levels = {logger: logger.level for logger in loggers}
    handled = [logging.getLogger(), logging.getLogger("odoo")]
    for logger in handled:
        logger.addHandler(records)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        yield records.lines
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
        for logger in handled:
            logger.removeHandler(records)


@tagged("post_install", "-at_install")
class TestSecrets(ShopCase):
    """Key, secret and webhook secret stay where managers have put them."""

    # Not of the usual shape, so that nothing recognises them by it.
    shop_options = {"key": "Kq7vTzWm2XnB", "secret": "Zp4LhRy8GdJc"}
    webhook_secret = "Wx9sFbNe3UaQ"

    def prepare_channel_values(self):
        return {
            **super().prepare_channel_values(),
            "webhook_secret": self.webhook_secret,
        }

    def assertNoSecret(self, text):
        for secret in (*self.shop_options.values(), self.webhook_secret):
            self.assertNotIn(secret, text)

    def live_through_everything(self):
        """Connect, poll, webhooks, refusals and failures; texts that people saw."""
        seen = [json.dumps(self.channel.action_test_connection())]
        self.connect()
        self.register_webhooks()
        order_id = self.place()
        self.deliver()
        self.shop.refund_order(order_id, "1.00")
        self.fault("webhook_bad_signature")
        self.place("pending_unpaid")
        self.deliver()
        self.poll()
        for kind in ("reset", "rate_limit", "server_error", "html_ok", "truncated"):
            self.fault(kind, path="*/orders")
            self.poll()
            seen.append(self.channel.explanation)
        self.recover()
        self.channel.action_fetch_products()
        self.poll()
        self.sweep()
        for field, value in (
            ("api_secret", self.shop_options["secret"] + "!"),
            ("api_key", self.shop_options["key"] + "!"),
            ("url", f"{self.shop.url}/blog"),
            ("url", "http://127.0.0.1:1"),
        ):
            self.channel[field] = value
            self.env.flush_all()
            seen += self.failures()
        return seen

    def failures(self):
        """What a manager and the next poll are told about a channel that is wrong."""
        with self.assertRaises(UserError) as caught:
            self.channel.action_test_connection()
        self.poll()
        return [str(caught.exception), self.channel.explanation]

    def test_no_secret_is_logged_shown_or_kept(self):
        desk = new_test_user(self.env, "desk", groups="ecom_orders.group_user")
        self.env.flush_all()
        with logged() as lines:
            shown = self.live_through_everything()
        self.assertGreater(len(lines), 100)
        self.assertTrue(any("orders.list GET" in line for line in lines))
        self.assertTrue(any("urllib3" in line for line in lines))
        self.assertTrue(any("authentication_failed" in line for line in lines))
        for line in (*lines, *shown):
            self.assertNoSecret(line)
        for model in ("ecom.channel", "ecom.inbox.message", "mail.message"):
            records = self.env[model].with_user(desk).search([])
            self.assertNoSecret(repr(records.read()))
        # Also not where only the database's administrator looks.
        for row in self.messages().read():
            self.assertNoSecret(repr(row))
        self.assertNoSecret(repr(self.channel.message_ids.read()))
        self.assertNoSecret(json.dumps(self.shop.requests()))

    def test_user_without_the_manager_role_cannot_read_the_secrets(self):
        desk = new_test_user(self.env, "desk", groups="ecom_orders.group_user")
        fields = self.env["ecom.channel"].with_user(desk).fields_get()
        for field in ("api_key", "api_secret", "webhook_secret", "webhook_token"):
            self.assertNotIn(field, fields)


class OtherSecretsCase(ShopCase):
    """A marketplace with credentials of its own, through good and bad days."""

    shop_options = {}
    known = {"secret": "Zp4LhRy8GdJc", "token": "Nt6wQkEo5YsD"}
    #: Fields that the shop refuses when they are wrong, and whose value they have.
    refused = {"api_secret": "secret", "api_token": "token"}

    def prepare_channel_values(self):
        options = self.shop.options
        return {
            **super().prepare_channel_values(),
            "provider": self.shop_options["marketplace"],
            "api_token": options.token,
            "account_ref": options.account,
            "webhook_secret": "Wx9sFbNe3UaQ",
            "connector_options": self.prepare_options(),
        }

    def prepare_options(self):
        return ""

    def live(self):
        """Import, listings, refusals and outages; texts that people saw."""
        self.shop.place_orders(2)
        self.set_clock(600)
        self.connect()
        self.channel.action_fetch_products()
        self.poll()
        seen = [self.channel.explanation or ""]
        for kind in ("rate_limit", "server_error", "truncated"):
            self.fault(kind)
            self.poll()
            seen.append(self.channel.explanation or "")
        self.recover()
        for field, name in self.refused.items():
            value = self.known[name] + "!"
            self.env["ecom.channel.token"].sudo().search([]).unlink()
            self.channel[field] = value
            self.env.flush_all()
            with self.assertRaises(UserError) as caught:
                self.channel.action_test_connection()
            self.poll()
            seen += [str(caught.exception), self.channel.explanation or ""]
        return seen

    def secrets_in_use(self):
        """Everything by which somebody else could speak for the seller."""
        with self.registry.cursor() as cr:
            cr.execute("SELECT value, refresh FROM ecom_channel_token")
            bought = [value for row in cr.fetchall() for value in row if value]
        return {*self.known.values(), "Wx9sFbNe3UaQ", *bought}

    def check(self):
        self.env.flush_all()
        with logged() as lines:
            shown = self.live()
        self.assertGreater(len(lines), 50)
        for secret in self.secrets_in_use():
            for line in (*lines, *shown):
                self.assertNotIn(secret, line)
            self.assertNotIn(secret, repr(self.messages().read()))
            self.assertNotIn(secret, repr(self.channel.message_ids.read()))


@tagged("post_install", "-at_install")
class TestShopifySecrets(OtherSecretsCase):
    """An access token that is used as it is."""

    shop_options = {"marketplace": "shopify", **OtherSecretsCase.known}
    # The secret only signs what the shop sends.
    refused = {"api_token": "token"}

    def test_no_secret_is_logged_shown_or_kept(self):
        self.check()


@tagged("post_install", "-at_install")
class TestAmazonSecrets(OtherSecretsCase):
    """A permission by which short-lived tokens are bought."""

    shop_options = {"marketplace": "amazon", **OtherSecretsCase.known}

    def prepare_options(self):
        return f"token_url = {self.shop.url}/auth/o2/token"

    def test_no_secret_is_logged_shown_or_kept(self):
        self.check()


@tagged("post_install", "-at_install")
class TestEbaySecrets(OtherSecretsCase):
    """A permission by which short-lived tokens are bought, with key and secret."""

    shop_options = {"marketplace": "ebay", **OtherSecretsCase.known}

    def test_no_secret_is_logged_shown_or_kept(self):
        self.check()
