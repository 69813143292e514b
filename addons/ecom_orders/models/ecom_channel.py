import json
import logging
import secrets
import uuid
from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.base.models.res_partner import _tz_get

from ..marketplaces.base import (
    CONNECTORS,
    ORDER,
    Capability,
    Credential,
    Credentials,
    OrderCursor,
)
from ..marketplaces.errors import MarketplaceError
from ..marketplaces.transport import Transport
from .ecom_channel_token import ChannelTokens
from .ecom_inbox_message import CONCURRENCY_ERRORS, MAX_ATTEMPTS

_logger = logging.getLogger(__name__)

SECRETS = "ecom_orders.group_manager,ecom_orders.group_technical"
MAX_BACKOFF = timedelta(hours=2)


class UnexpectedError(MarketplaceError):
    """A defect while fetching; told like any other reason, tried again later."""

    code = "internal_error"
    retriable = True


class EcomChannel(models.Model):
    """One connection to one shop on one marketplace.

    To add a marketplace: a connector (see ``marketplaces/base.py``), and its code here
    with ``selection_add``. Override ``_get_credentials`` if it needs other secrets.
    """

    _name = "ecom.channel"
    _description = "Sales Channel"
    _inherit = ["mail.thread", "mail.activity.mixin", "ecom.reason.mixin"]
    _order = "sequence, name"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    provider = fields.Selection(
        [
            ("woocommerce", "WooCommerce"),
            ("shopify", "Shopify"),
            ("amazon", "Amazon"),
            ("ebay", "eBay"),
            ("taobao", "Taobao / Tmall"),
            ("file", "File (CSV, XLSX)"),
        ],
        string="Marketplace",
        required=True,
        default="woocommerce",
        tracking=True,
    )
    state = fields.Selection(
        [("draft", "Not connected"), ("connected", "Connected"), ("paused", "Paused")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        help="Paused: nothing is fetched or sent. What the shop sends by itself is "
        "kept and waits.",
    )
    emergency_stop = fields.Boolean(
        readonly=True,
        copy=False,
        tracking=True,
        help="Not one request leaves for this shop, not even one under way.",
    )

    # Connection
    credential_codes = fields.Char(
        compute="_compute_credential_codes",
        help="What the marketplace asks for, for showing and hiding.",
    )
    required_codes = fields.Char(compute="_compute_credential_codes")
    url = fields.Char(string="Shop Address", tracking=True)
    api_key = fields.Char(
        string="Key",
        groups=SECRETS,
        copy=False,
        help="Consumer key (WooCommerce), client ID (Amazon, eBay), app key (Taobao).",
    )
    api_secret = fields.Char(
        string="Secret",
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

    # How its orders are booked
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        tracking=True,
        help="Gets an activity when something needs a person.",
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        compute="_compute_warehouse_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    channel_warehouse_id = fields.Many2one(
        "stock.warehouse",
        string="Marketplace's Warehouse",
        check_company=True,
        help="Stands for the marketplace's own stock (FBA and the like). Orders that "
        "the marketplace ships itself are delivered from there and never reserve "
        "your own stock.",
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", check_company=True)
    pricelist_id = fields.Many2one(
        "product.pricelist",
        check_company=True,
        help="Used for orders in its currency. Other currencies get one of their own.",
    )
    source_id = fields.Many2one("utm.source", readonly=True, copy=False)
    timezone = fields.Selection(
        _tz_get, string="Shop's Time Zone", default="UTC", required=True
    )
    confirm_policy = fields.Selection(
        [
            ("released", "When the shop releases them (paid)"),
            ("always", "At once, paid or not"),
            ("manual", "By a person"),
        ],
        string="Confirm Orders",
        default="released",
        required=True,
        tracking=True,
    )
    match_order = fields.Selection(
        [
            ("barcode,sku", "Barcode, then SKU"),
            ("sku,barcode", "SKU, then barcode"),
            ("barcode", "Barcode only"),
            ("sku", "SKU only"),
        ],
        string="Find Products By",
        default="barcode,sku",
        required=True,
        tracking=True,
        help="How new listings find their products. What is linked stays linked.",
    )
    tax_policy = fields.Selection(
        [
            ("match", "Hold the order until a person chose it"),
            ("create", "Create it"),
        ],
        string="Missing Tax",
        default="match",
        required=True,
    )
    difference_limit = fields.Float(
        string="Accepted Difference",
        default=0.0,
        digits=(12, 3),
        help="An order whose lines do not add up to the shop's total is held when they "
        "differ by more than this, in the order's currency. Differences of rounding "
        "are always accepted; every difference is a line of its own.",
    )
    own_contacts = fields.Boolean(
        string="Contacts of this Company Only",
        help="New contacts belong to the channel's company instead of all companies.",
    )
    import_since = fields.Datetime(
        string="Start Date",
        default=fields.Datetime.now,
        help="Orders placed before are not imported.",
    )
    shipping_product_id = fields.Many2one(
        "product.product",
        required=True,
        default=lambda self: self._default_product("shipping"),
    )
    fee_product_id = fields.Many2one(
        "product.product",
        required=True,
        default=lambda self: self._default_product("fee"),
    )
    discount_product_id = fields.Many2one(
        "product.product",
        required=True,
        default=lambda self: self._default_product("discount"),
    )
    difference_product_id = fields.Many2one(
        "product.product",
        required=True,
        default=lambda self: self._default_product("difference"),
    )
    channel_tax_product_id = fields.Many2one(
        "product.product",
        string="Tax Collected by the Marketplace",
        required=True,
        default=lambda self: self._default_product("channel_tax"),
        help="Tax that the marketplace collects and pays to the state by itself is a "
        "line with this product. Give the product an account of its own: the tax is "
        "neither revenue nor your debt.",
    )
    unknown_product_id = fields.Many2one(
        "product.product",
        string="Placeholder Product",
        required=True,
        default=lambda self: self._default_product("unknown"),
        help="Stands for a product that is not linked yet. It is never shipped.",
    )

    # Fetching
    fetch_interval = fields.Integer(
        string="Fetch Every (minutes)", default=10, required=True
    )
    overlap = fields.Integer(
        string="Overlap (seconds)",
        default=300,
        required=True,
        help="How far each fetch reaches back behind the last one, so that an order "
        "that the shop saved late is not missed.",
    )
    order_cursor = fields.Datetime(
        string="Read Up To",
        readonly=True,
        copy=False,
        help="Orders are read up to here (shop's clock).",
    )
    order_cursor_seen = fields.Json(readonly=True, copy=False)
    order_cursor_more = fields.Boolean(
        readonly=True,
        copy=False,
        help="The last run ended before all was read: the next one goes on there.",
    )
    last_fetch_at = fields.Datetime(string="Last Try", readonly=True, copy=False)
    last_success_at = fields.Datetime(string="Last Fetched", readonly=True, copy=False)
    next_fetch_at = fields.Datetime(
        string="Next Fetch", readonly=True, copy=False, index=True
    )
    last_sweep_at = fields.Datetime(
        string="Last Daily Check", readonly=True, copy=False
    )
    listing_fetch_state = fields.Selection(
        [
            ("requested", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        string="Fetching Listings",
        readonly=True,
        copy=False,
    )
    listing_fetch_count = fields.Integer(
        string="Listings Read", readonly=True, copy=False
    )
    failure_count = fields.Integer(readonly=True, copy=False)
    reason = fields.Selection(string="Problem", copy=False)
    reason_details = fields.Json(copy=False)

    capability_codes = fields.Char(
        compute="_compute_capability_codes",
        help="What the marketplace's interface can do, for showing and hiding.",
    )
    order_count = fields.Integer(compute="_compute_counts")
    held_order_count = fields.Integer(compute="_compute_counts")
    unmapped_count = fields.Integer(compute="_compute_counts")
    inbox_count = fields.Integer(compute="_compute_counts")
    failed_count = fields.Integer(compute="_compute_counts")

    _shop_uniq = models.UniqueIndex(
        "(provider, COALESCE(url, ''), COALESCE(account_ref, '')) "
        "WHERE active AND COALESCE(url, account_ref) IS NOT NULL",
        "This shop is connected already: a second channel would double its orders.",
    )
    _webhook_token_uniq = models.Constraint(
        "UNIQUE(webhook_token)", "The webhook token must be unique."
    )
    _interval_positive = models.Constraint(
        "CHECK(fetch_interval > 0 AND overlap >= 0)",
        "The interval must be more than zero and the overlap not negative.",
    )

    # -- computed ----------------------------------------------------------------------

    @api.model
    def _default_product(self, kind):
        return self.env.ref(f"ecom_orders.product_{kind}", raise_if_not_found=False)

    @api.depends("company_id")
    def _compute_warehouse_id(self):
        for channel in self:
            if channel.warehouse_id.company_id != channel.company_id:
                channel.warehouse_id = self.env["stock.warehouse"].search(
                    [("company_id", "=", channel.company_id.id)], limit=1
                )

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

    def _compute_counts(self):
        orders = self._count("sale.order", "ecom_channel_id", [])
        held = self._count("sale.order", "ecom_channel_id", [("ecom_held", "=", True)])
        unmapped = self._count(
            "ecom.listing", "channel_id", [("is_mapped", "=", False)]
        )
        inbox = self._count("ecom.inbox.message", "channel_id", [])
        failed = self._count(
            "ecom.inbox.message", "channel_id", [("state", "=", "failed")]
        )
        for channel in self:
            channel.order_count = orders.get(channel, 0)
            channel.held_order_count = held.get(channel, 0)
            channel.unmapped_count = unmapped.get(channel, 0)
            channel.inbox_count = inbox.get(channel, 0)
            channel.failed_count = failed.get(channel, 0)

    def _count(self, model, field, domain):
        return dict(
            self.env[model]._read_group(
                Domain(field, "in", self.ids) & Domain(domain), [field], ["__count"]
            )
        )

    # -- create and write --------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(
            [
                {**vals, "url": self._clean_url(vals["url"])}
                if vals.get("url")
                else vals
                for vals in vals_list
            ]
        )
        for channel in channels:
            # Marketing sources are not for the channel manager to create in general.
            channel.source_id = (
                self.env["utm.source"].sudo().create({"name": channel.name})
            )
        channels._allow_technical_user()
        return channels

    def write(self, vals):
        if vals.get("url"):
            vals = {**vals, "url": self._clean_url(vals["url"])}
        result = super().write(vals)
        if "company_id" in vals:
            self._allow_technical_user()
        if vals.get("channel_warehouse_id"):
            self._release_waiting_orders("channel_stock_unset")
        return result

    def _release_waiting_orders(self, reason):
        """Look again at the orders that wait for a reason whose cause is gone."""
        blocks = self.env["ecom.order.block"].search(
            [
                ("channel_id", "in", self.ids),
                ("reason", "=", reason),
                ("state", "=", "open"),
            ]
        )
        blocks.order_id._ecom_reprocess()

    @api.model
    def _clean_url(self, url):
        return url.strip().rstrip("/")

    def _allow_technical_user(self):
        """Let the user of the scheduled jobs into the companies that have channels."""
        # Users are the administrator's; only this one, technical user is touched.
        user = self._get_technical_user().sudo()
        missing = self.company_id - user.company_ids
        if missing:
            user.write({"company_ids": [fields.Command.link(c.id) for c in missing]})

    @api.model
    def _get_technical_user(self):
        """The least-privilege user that scheduled jobs and webhooks run as."""
        return self.env.ref("ecom_orders.user_technical")

    @api.ondelete(at_uninstall=False)
    def _unlink_only_without_orders(self):
        if self.env["sale.order"].search_count(
            [("ecom_channel_id", "in", self.ids)], limit=1
        ):
            raise UserError(
                self.env._("A channel with orders can be archived, not deleted.")
            )

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

    def action_connect(self):
        """Test the connection, then start fetching."""
        for channel in self:
            channel.action_test_connection()
            channel._clear_error()
            channel.write({"state": "connected", "next_fetch_at": False})
        self._trigger_fetch()

    def action_pause(self):
        """Stop fetching and applying; what the shop sends is kept and waits."""
        self.write({"state": "paused"})

    def action_emergency_stop(self):
        """Let nothing out to the shop any more, at once."""
        self.write({"emergency_stop": True})

    def action_emergency_release(self):
        """Take back the emergency stop."""
        self.write({"emergency_stop": False, "next_fetch_at": False})
        self._trigger_fetch()

    def action_fetch_now(self):
        """Fetch orders as soon as the scheduler is free, in the background."""
        self.sudo().write({"next_fetch_at": False})  # not a setting of the channel
        self._trigger_fetch()
        return self._notify("info", self.env._("Orders are being fetched."))

    def action_fetch_products(self):
        """Read everything that the shop sells, as listings, in the background."""
        self.write({"listing_fetch_state": "requested", "listing_fetch_count": 0})
        self._trigger_fetch()
        return self._notify("info", self.env._("Listings are being fetched."))

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

    def action_view_orders(self):
        """This channel's orders."""
        return self._view("sale_order_action", "ecom_channel_id")

    def action_view_held_orders(self):
        """This channel's orders that wait for a person."""
        action = self._view("sale_order_action", "ecom_channel_id")
        return {**action, "context": {"search_default_held": 1}}

    def action_view_unmapped(self):
        """This channel's listings without a product."""
        action = self._view("ecom_listing_action", "channel_id")
        return {**action, "context": {"search_default_unmapped": 1}}

    def action_view_inbox(self):
        """What arrived from this channel."""
        action = self._view("ecom_inbox_message_action", "channel_id")
        return {**action, "context": {}}

    def _view(self, action, field):
        self.ensure_one()
        values = self.env["ir.actions.act_window"]._for_xml_id(f"ecom_orders.{action}")
        return {**values, "domain": [(field, "=", self.id)]}

    def _notify(self, kind, message, warnings=()):
        texts = [message, *(self._explain_warning(code) for code in warnings)]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if warnings else kind,
                "message": "\n".join(texts),
                "sticky": bool(warnings),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

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

    # -- errors ------------------------------------------------------------------------

    def _explain(self, error):
        """What an error of the connector means and what to do, for a person."""
        self.ensure_one()
        return self._explain_reason(**self._prepare_error(error)) or str(error)

    def _prepare_error(self, error):
        details = {
            "url": self.url,
            "message": str(error),
            **{
                key: value
                for key, value in error.details.items()
                if isinstance(value, str | int | float | bool)
            },
        }
        return self._prepare_reason(error.code, details)

    def _record_failure(self, error):
        """Remember why a fetch failed, when to try again, and tell somebody."""
        self.ensure_one()
        failures = self.failure_count + 1
        delay = min(
            MAX_BACKOFF, timedelta(minutes=self.fetch_interval) * 2 ** min(failures, 8)
        )
        if not error.retriable:
            delay = MAX_BACKOFF
        self.write(
            {
                "failure_count": failures,
                "next_fetch_at": fields.Datetime.now() + delay,
                **self._prepare_error(error),
            }
        )
        if failures >= 3 or not error.retriable:
            self._alert(self.env._("Orders cannot be fetched"), self.explanation)

    def _clear_error(self):
        self.write({"failure_count": 0, "reason": False, "reason_details": False})

    def _alert(self, summary, note):
        """Give the responsible person one activity; never a second for the same."""
        self.ensure_one()
        user = self.user_id or self.env.ref("base.user_admin")
        open_already = self.activity_ids.filtered(
            lambda a: a.summary == summary and a.user_id == user
        )
        if open_already:
            open_already[:1].note = note
        else:
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=summary,
                note=note,
                user_id=user.id,
            )

    # -- fetching ----------------------------------------------------------------------

    @api.model
    def _trigger_fetch(self):
        # Running a scheduled job early is harmless; reading jobs is not for users.
        self.env.ref("ecom_orders.ir_cron_fetch").sudo()._trigger()

    @api.model
    def _get_due_domain(self):
        """Channels whose orders are to be fetched now."""
        return (
            Domain("state", "=", "connected")
            & Domain("emergency_stop", "=", False)
            & (
                Domain("next_fetch_at", "=", False)
                | Domain("next_fetch_at", "<=", fields.Datetime.now())
            )
        )

    @api.model
    def _cron_fetch(self):
        """Scheduled: fetch the orders of every channel that is due."""
        channels = self.search(self._get_due_domain())
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(channels))
        for channel in channels:
            channel = channel.with_company(channel.company_id)
            channel._fetch_guarded(channel._fetch_orders)
            if not cron._commit_progress(processed=1):
                return
        self._fetch_requested_listings()

    @api.model
    def _fetch_requested_listings(self):
        """Read the listings of the channels where somebody asked for it."""
        channels = self.search(
            [
                ("listing_fetch_state", "in", ("requested", "running")),
                ("state", "=", "connected"),
                ("emergency_stop", "=", False),
            ]
        )
        for channel in channels:
            channel.with_company(channel.company_id)._fetch_listings_guarded()

    @api.model
    def _cron_sweep(self):
        """Scheduled, daily: find what no fetch and no webhook has told."""
        channels = self.search(
            [("state", "=", "connected"), ("emergency_stop", "=", False)]
        )
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(channels))
        for channel in channels:
            channel = channel.with_company(channel.company_id)
            channel._fetch_guarded(channel._sweep_orders)
            if not cron._commit_progress(processed=1):
                break

    def _fetch_guarded(self, fetch):
        """Run a fetch so that its failure is a recorded fact, not an exception."""
        self.ensure_one()
        try:
            fetch()
        except MarketplaceError as error:
            _logger.info("Channel %s: %s (%s)", self.id, error.code, error)
            self._record_failure(error)
        except CONCURRENCY_ERRORS as error:
            # Somebody else was faster, again and again: no fault of the shop. It is
            # still due, so the next run fetches.
            self.env["ecom.inbox.message"]._start_over(error)
        except Exception as error:  # noqa: BLE001 - the job must not fail, ever
            _logger.warning("Channel %s: fetching failed", self.id, exc_info=True)
            self.env.cr.rollback()
            self.env.invalidate_all()
            self._record_failure(UnexpectedError(error=type(error).__name__))
        else:
            self._record_success()

    def _record_success(self):
        now = fields.Datetime.now()
        if self.failure_count or self.reason:
            self._clear_error()
            self.activity_ids.filtered(
                lambda a: a.summary == self.env._("Orders cannot be fetched")
            ).action_done()
        self.write(
            {
                "last_success_at": now,
                "next_fetch_at": now + timedelta(minutes=self.fetch_interval),
            }
        )

    def _fetch_orders(self):
        """Read the order feed page by page; each page is stored with its cursor.

        After each page there is a commit: what a page brought is not lost when a
        later one fails.
        """
        self.ensure_one()
        connector = self._get_connector()
        cursor = self._get_order_cursor()
        self.last_fetch_at = fields.Datetime.now()
        more = True
        while more:
            page = connector.fetch_orders(cursor)
            left = self._keep(lambda page=page: self._store_page(page))
            cursor, more = page.cursor, left and page.more
        self._fetch_refunds(connector)

    def _keep(self, store):
        """Store what was just received, and commit.

        The shop's own messages arrive at the same time. Whoever comes second has to
        look again with a fresh transaction, so what was done before is committed
        first and storing is repeated when another transaction was faster.

        :return: whether there is time left to go on.
        """
        cron = self.env["ir.cron"]
        cron._commit_progress()
        for attempt in range(MAX_ATTEMPTS):
            try:
                store()
                self.env.flush_all()
            except CONCURRENCY_ERRORS as error:
                if attempt == MAX_ATTEMPTS - 1:
                    raise
                self.env["ecom.inbox.message"]._start_over(error)
            else:
                break
        return bool(cron._commit_progress())

    def _fetch_listings_guarded(self):
        """Read the listings; a failure is told to somebody, who may ask again.

        Apart from the fetching of orders: neither hides or delays the other.
        """
        self.ensure_one()
        try:
            self._fetch_listings()
        except CONCURRENCY_ERRORS as error:  # the next run reads them again
            self.env["ecom.inbox.message"]._start_over(error)
        except Exception as error:  # noqa: BLE001 - the job must not fail, ever
            if not isinstance(error, MarketplaceError):
                _logger.warning("Channel %s: listings failed", self.id, exc_info=True)
                self.env.cr.rollback()
                self.env.invalidate_all()
                error = UnexpectedError(error=type(error).__name__)
            self.listing_fetch_state = "failed"
            self._alert(
                self.env._("Listings could not be fetched"), self._explain(error)
            )
        self.env["ir.cron"]._commit_progress()

    def _fetch_listings(self):
        """Read what the shop sells, page by page; the count shows how far it is.

        What is not among it any more is archived, once all pages were read.
        """
        self.ensure_one()
        self.write({"listing_fetch_state": "running", "listing_fetch_count": 0})
        listings, keys = self.env["ecom.listing"], set()
        for products in self._get_connector().fetch_products():
            sold = [product for product in products if not product.is_parent]
            found = listings._resolve(self, sold)
            self._note_products(found, sold)
            keys.update(found)
            self.listing_fetch_count += len(found)
            self.env["ir.cron"]._commit_progress()
        listings._note_removed(self, keys)
        self.listing_fetch_state = "done"

    def _get_order_cursor(self):
        """Where to read on: exactly there after an interruption, else overlapping."""
        self.ensure_one()
        if self.order_cursor and self.order_cursor_more:
            return OrderCursor(
                since=self.order_cursor.replace(tzinfo=timezone.utc),
                seen=frozenset(self.order_cursor_seen or ()),
            )
        position = self.order_cursor or self.import_since
        if not position:
            return OrderCursor()
        since = position - timedelta(seconds=self.overlap)
        return OrderCursor(since=since.replace(tzinfo=timezone.utc))

    def _store_page(self, page):
        """Keep what a page brought, and how far it reached, in one transaction.

        The cursor is the connector's: it may go back, after a page with a stamp of
        the future, say.
        """
        self.env["ecom.inbox.message"]._store(self, page.envelopes, origin="poll")
        since = page.cursor.since
        if since:
            since = since.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
        self.write(
            {
                "order_cursor": since or self.order_cursor,
                "order_cursor_seen": sorted(page.cursor.seen),
                "order_cursor_more": page.more,
            }
        )

    def _fetch_refunds(self, connector):
        """Read the lines of refunds of which only the amount is known."""
        if not connector.can(Capability.REFUNDS):
            return
        refunds = self.env["ecom.refund"].search(
            [("channel_id", "=", self.id), ("detailed", "=", False)], limit=200
        )
        inbox = self.env["ecom.inbox.message"]
        for order in refunds.order_id:
            envelopes = connector.fetch_refunds(order.ecom_external_id)
            if not self._keep(lambda e=envelopes: inbox._store(self, e, origin="poll")):
                break

    def _sweep_orders(self):
        """Look again at the last two days, and at what the feed does not show."""
        self.ensure_one()
        connector = self._get_connector()
        inbox = self.env["ecom.inbox.message"]
        since = fields.Datetime.now() - timedelta(days=2)
        start = max(filter(None, [since, self.import_since])).replace(
            tzinfo=timezone.utc
        )
        cursor, more = OrderCursor(since=start), True
        while more:
            page = connector.fetch_orders(cursor)
            self._keep(lambda p=page: inbox._store(self, p.envelopes, origin="sweep"))
            cursor, more = page.cursor, page.more
        if connector.can(Capability.REMOVED_ORDERS):
            for envelopes in connector.fetch_removed_orders(start):
                self._keep(lambda e=envelopes: inbox._store(self, e, origin="sweep"))
        self.last_sweep_at = fields.Datetime.now()

    def _receive_webhook(self, envelope):
        """Keep what the shop sent by itself; applying it is not the sender's wait."""
        self.ensure_one()
        self.env["ecom.inbox.message"]._store(self, [envelope], origin="webhook")

    def _fetch_single(self, external_id):
        """Ask for one order now; an answer counts more than what was stored before.

        :raises NotFound: when the shop does not have it (any more).
        """
        self.ensure_one()
        envelope = self._get_connector().fetch_order(external_id)
        return self.env["ecom.inbox.message"]._store(
            self, [envelope], origin="fetch", authoritative=envelope.kind == ORDER
        )
