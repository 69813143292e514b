from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..marketplaces.errors import MarketplaceError

MAX_BACKOFF = timedelta(hours=2)


class UnexpectedError(MarketplaceError):
    """A defect while fetching; told like any other reason, tried again later."""

    code = "internal_error"
    retriable = True


class EcomChannel(models.Model):
    """One connection to one shop on one marketplace.

    To add a marketplace: a connector (see ``marketplaces/base.py``), and its code here
    with ``selection_add``. Override ``_get_credentials`` if it needs other secrets.

    What it is and its states are here; how it connects, fetches, books, tells stock and
    so on is in the files beside, one for each responsibility.
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
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        tracking=True,
        help="Gets an activity when something needs a person.",
    )
    failure_count = fields.Integer(readonly=True, copy=False)
    reason = fields.Selection(string="Problem", copy=False)
    reason_details = fields.Json(copy=False)
    order_count = fields.Integer(compute="_compute_counts")
    held_order_count = fields.Integer(compute="_compute_counts")
    unmapped_count = fields.Integer(compute="_compute_counts")
    inbox_count = fields.Integer(compute="_compute_counts")
    failed_count = fields.Integer(compute="_compute_counts")

    # -- computed ----------------------------------------------------------------------

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

    # -- actions -----------------------------------------------------------------------

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
        unknown = details.get("remote_code") == "outcome_unknown"
        code = "outcome_unknown" if unknown else error.code
        return self._prepare_reason(code, details)

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
