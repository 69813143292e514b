import json
import secrets
import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.base.models.res_partner import _tz_get

from ..marketplaces.base import CONNECTORS, Credential, Credentials
from ..marketplaces.errors import MarketplaceError
from ..marketplaces.transport import Transport
from .ecom_channel_key import ChannelKeys
from .ecom_channel_token import ChannelTokens

SECRETS = "ecom_orders.group_manager,ecom_orders.group_technical"


class EcomChannel(models.Model):
    """How a channel reaches its shop: address, secrets, connector, webhooks."""

    _inherit = "ecom.channel"

    credential_codes = fields.Char(
        compute="_compute_credential_codes",
        help="What the marketplace asks for, for showing and hiding.",
    )
    required_codes = fields.Char(compute="_compute_credential_codes")
    capability_codes = fields.Char(
        compute="_compute_capability_codes",
        help="What the marketplace's interface can do, for showing and hiding.",
    )
    url = fields.Char(string="Shop Address", tracking=True)
    api_key = fields.Char(
        string="API Key",
        groups=SECRETS,
        copy=False,
        help="Consumer key (WooCommerce), client ID (Amazon, eBay), app key (Taobao).",
    )
    api_secret = fields.Char(
        string="API Secret",
        groups=SECRETS,
        copy=False,
        help="What belongs to the key: consumer secret, client secret, app secret.",
    )
    api_token = fields.Char(
        string="Seller's Permission",
        groups=SECRETS,
        copy=False,
        help="What the seller gets when the app is allowed into the account: refresh "
        "token (Amazon, eBay), access token (Shopify), session key (Taobao).",
    )
    account_ref = fields.Char(
        string="Seller ID",
        tracking=True,
        copy=False,
        help="The seller's account on the marketplace. It tells channels apart that "
        "share an address.",
    )
    marketplace_refs = fields.Char(
        string="Marketplaces",
        help="Which of the seller's marketplaces, separated by commas; empty: all. "
        "For example ATVPDKIKX0DER (Amazon) or EBAY_DE (eBay).",
    )
    api_version = fields.Char(
        string="Interface Version",
        help="Empty: the newest that this addon was tested with.",
    )
    connector_options = fields.Text(
        string="Further Settings",
        groups=SECRETS,
        help="One “name = value” in a line, for special cases; the marketplace's page "
        "in the documentation lists the names.",
    )
    query_auth = fields.Boolean(
        string="Keys in the Address",
        help="For hosts that drop the authorization header. Over https only.",
    )
    webhook_secret = fields.Char(
        groups=SECRETS,
        copy=False,
        default=lambda self: secrets.token_urlsafe(32),
        help="The shop signs its messages with it.",
    )
    webhook_token = fields.Char(
        groups=SECRETS, copy=False, default=lambda self: uuid.uuid4().hex
    )
    webhook_url = fields.Char(
        string="Webhook Address", compute="_compute_webhook_url", groups=SECRETS
    )
    webhook_topics = fields.Char(readonly=True, copy=False)
    last_webhook_at = fields.Datetime(
        string="Last Message Sent by the Shop", compute="_compute_last_webhook_at"
    )

    _shop_uniq = models.UniqueIndex(
        "(provider, COALESCE(url, ''), COALESCE(account_ref, '')) "
        "WHERE active AND COALESCE(url, account_ref) IS NOT NULL",
        "This shop is connected already: a second channel would double its orders.",
    )
    _webhook_token_uniq = models.Constraint(
        "UNIQUE(webhook_token)", "The webhook token must be unique."
    )

    # -- computed ----------------------------------------------------------------------

    @api.depends("provider")
    def _compute_capability_codes(self):
        for channel in self:
            connector = CONNECTORS.get(channel.provider)
            codes = connector.capabilities if connector else ()
            channel.capability_codes = self._join_codes(codes)

    @api.depends("provider")
    def _compute_credential_codes(self):
        for channel in self:
            connector = CONNECTORS.get(channel.provider)
            required = connector.required if connector else frozenset()
            optional = connector.optional if connector else frozenset()
            channel.required_codes = self._join_codes(required)
            channel.credential_codes = self._join_codes(required | optional)

    @api.model
    def _join_codes(self, codes):
        """Codes framed by commas, so that a view can look for ``,stock,``."""
        return "," + ",".join(sorted(code.value for code in codes)) + ","

    def _can(self, capability):
        """Whether the channel's marketplace has an optional verb.

        :param capability: a :class:`~..marketplaces.base.Capability`.
        """
        self.ensure_one()
        return CONNECTORS[self.provider].can(capability)

    @api.depends("webhook_token")
    def _compute_webhook_url(self):
        for channel in self:
            channel.webhook_url = (
                f"{channel.get_base_url()}/ecom/webhook/{channel.webhook_token}"
            )

    def _compute_last_webhook_at(self):
        # Not a stored field: every delivery would write to the same row, and on a
        # busy day they would wait for each other.
        latest = dict(
            self.env["ecom.inbox.message"]._read_group(
                [("channel_id", "in", self.ids), ("origin", "=", "webhook")],
                ["channel_id"],
                ["received_at:max"],
            )
        )
        for channel in self:
            channel.last_webhook_at = latest.get(channel, False)

    # -- constraints -------------------------------------------------------------------

    @api.constrains("state", "url", "warehouse_id", "account_ref", "provider")
    def _check_complete(self):
        for channel in self:
            if channel.state == "draft":
                continue
            required = CONNECTORS[channel.provider].required
            if Credential.URL in required and not channel.url:
                raise ValidationError(
                    self.env._("A connected channel needs the shop's address.")
                )
            if Credential.ACCOUNT in required and not channel.account_ref:
                raise ValidationError(
                    self.env._("A connected channel needs the seller's ID.")
                )
            if not channel.warehouse_id:
                raise ValidationError(
                    self.env._("A connected channel needs a warehouse.")
                )

    @api.constrains("connector_options")
    def _check_connector_options(self):
        for channel in self:
            channel._read_connector_options()

    def _read_connector_options(self):
        """The further settings as a dict.

        :raises ValidationError: for a line that is not ``name = value``.
        """
        self.ensure_one()
        options = {}
        for line in (self.connector_options or "").splitlines():
            name, equals, value = line.partition("=")
            if not line.strip():
                continue
            if not (equals and name.strip()):
                raise ValidationError(
                    self.env._("Write “name = value” instead of “%s”.", line.strip())
                )
            options[name.strip()] = self._read_option(value.strip())
        return options

    @api.model
    def _read_option(self, text):
        """A setting's value: yes or no, a number, an object, else the text itself."""
        words = {"yes": True, "true": True, "no": False, "false": False}
        if text.casefold() in words:
            return words[text.casefold()]
        try:
            value = json.loads(text)
        except ValueError:
            return text
        return value if isinstance(value, int | dict | list) else text

    # -- the other side ----------------------------------------------------------------

    def _get_connector(self):
        """The pure client of this channel, ready to talk.

        :rtype: odoo.addons.ecom_orders.marketplaces.base.Connector
        """
        self.ensure_one()
        return CONNECTORS[self.provider](
            self._get_credentials(), Transport(allowed=self._is_sending_allowed)
        )

    def _get_credentials(self):
        """What the connector needs; extend it for a provider with other secrets."""
        self.ensure_one()
        refs = (self.marketplace_refs or "").replace(";", ",").split(",")
        return Credentials(
            url=self.url or "",
            key=self.api_key or "",
            secret=self.api_secret or "",
            webhook_secret=self.webhook_secret or "",
            token=self.api_token or "",
            account=self.account_ref or "",
            marketplaces=tuple(ref.strip() for ref in refs if ref.strip()),
            api_version=self.api_version or "",
            options=self._get_connector_options(),
            tokens=ChannelTokens(self),
            public_keys=ChannelKeys(self),
        )

    def _get_connector_options(self):
        """What a connector needs beside credentials; extend it for a provider."""
        self.ensure_one()
        return {"query_auth": self.query_auth, **self._read_connector_options()}

    def _is_sending_allowed(self, _request=None):
        """The kill switch, asked before each request.

        Read by a connection of its own, so that it also stops a run whose transaction
        began before somebody pulled it.
        """
        self.ensure_one()
        with self.env.registry.cursor(readonly=True) as cr:
            cr.execute(
                "SELECT emergency_stop FROM ecom_channel WHERE id = %s", [self.id]
            )
            row = cr.fetchone()
        return not (row[0] if row else self.emergency_stop)

    def _receive_webhook(self, envelope):
        """Keep what the shop sent by itself; applying it is not the sender's wait."""
        self.ensure_one()
        self.env["ecom.inbox.message"]._store(self, [envelope], origin="webhook")

    # -- actions -----------------------------------------------------------------------

    def action_test_connection(self):
        """Try address and keys, and say what was found or what to do."""
        self.ensure_one()
        try:
            info = self._get_connector().check()
        except MarketplaceError as error:
            raise UserError(self._explain(error)) from error
        self._apply_shop_info(info)
        return self._notify(
            "success",
            self.env._(
                "Connected to %(name)s (%(version)s): %(currency)s, %(timezone)s.",
                name=info.name or self.url,
                version=info.version or "?",
                currency=info.currency or "?",
                timezone=info.timezone or "?",
            ),
            info.warnings,
        )

    def _apply_shop_info(self, info):
        zones = {code for code, _label in _tz_get(self)}
        if info.timezone in zones:
            self.timezone = info.timezone

    def action_register_webhooks(self):
        """Ask the shop to tell about changes at once."""
        self.ensure_one()
        try:
            topics = self._get_connector().ensure_webhooks(self.webhook_url)
        except MarketplaceError as error:
            raise UserError(self._explain(error)) from error
        self.webhook_topics = ", ".join(topics)
        return self._notify(
            "success", self.env._("The shop now sends: %s", self.webhook_topics)
        )

    def action_remove_webhooks(self):
        """Ask the shop to be quiet; changes are then found by fetching."""
        self.ensure_one()
        try:
            self._get_connector().remove_webhooks(self.webhook_url)
        except MarketplaceError as error:
            raise UserError(self._explain(error)) from error
        self.webhook_topics = False

    @api.model
    def _explain_warning(self, code):
        """Text of a warning of the connection test."""
        return {
            "settings_not_readable": self.env._(
                "The keys may not read the shop's settings; its currency could not be "
                "checked."
            ),
            "version_not_readable": self.env._(
                "The keys may not read the shop's version; it must be 5.8 or newer."
            ),
            "shop_too_old": self.env._("The shop's version is too old. Update it."),
            "write_not_allowed": self.env._(
                "The keys may only read. Orders arrive, but stock and webhooks need "
                "keys that may write."
            ),
            "clock_differs": self.env._(
                "The shop's clock differs from ours by more than five minutes. "
                "Correct it, or its signatures will fail."
            ),
            "plain_http": self.env._(
                "The connection is not encrypted. Use https except for tests."
            ),
        }.get(code, code)
