from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..marketplaces.availability import Basis, Claim, Mode, Policy
from ..marketplaces.base import Capability
from .ecom_channel import MAX_BACKOFF

SETTINGS = {
    "active",
    "stock_sync",
    "stock_basis",
    "stock_warehouse_ids",
    "warehouse_id",
    "stock_safety",
    "stock_buffer",
    "stock_percent",
    "stock_cap",
    "stock_mode",
    "stock_share",
    "stock_reserve",
}


class EcomChannel(models.Model):
    """How much of the stock a channel shows, and how it is told."""

    _inherit = "ecom.channel"

    stock_sync = fields.Boolean(
        string="Publish Stock",
        copy=False,
        tracking=True,
        help="Tell the marketplace how many units of each listing may be sold.",
    )
    stock_basis = fields.Selection(
        [
            (Basis.FREE.value, "Free: on hand less reserved"),
            (Basis.FORECAST.value, "Forecast: also what is on its way in"),
        ],
        default=Basis.FREE.value,
        required=True,
        tracking=True,
    )
    stock_warehouse_ids = fields.Many2many(
        "stock.warehouse",
        string="Warehouses",
        check_company=True,
        help="Whose stock is sold here. Empty: the channel's warehouse.",
    )
    stock_safety = fields.Float(
        string="Safety Stock",
        digits="Product Unit",
        tracking=True,
        help="Units of each product that are never promised to anybody.",
    )
    stock_buffer = fields.Float(
        string="Buffer",
        digits="Product Unit",
        tracking=True,
        help="Units of each product that this channel does not show, against orders "
        "elsewhere that it does not know of yet.",
    )
    stock_percent = fields.Float(
        string="Percentage", default=100.0, tracking=True, help="Part that is shown."
    )
    stock_cap = fields.Integer(
        string="Show at Most", tracking=True, help="Zero: no limit."
    )
    stock_mode = fields.Selection(
        [
            (Mode.SHARED.value, "Shared: shows all that no other has for itself"),
            (Mode.PARTITIONED.value, "Partitioned: a share of its own"),
            (Mode.PROTECTED.value, "Protected: a reserve is kept from the others"),
        ],
        string="Allocation",
        default=Mode.SHARED.value,
        required=True,
        tracking=True,
        help="Shared channels can sell the same unit twice within the time that "
        "messages take; a buffer makes that rare. Partitioned ones cannot, where the "
        "marketplace compares before it writes.",
    )
    stock_share = fields.Float(
        string="Share", tracking=True, help="Percent of the stock."
    )
    stock_reserve = fields.Integer(
        string="Reserve",
        tracking=True,
        help="Units of each product that the other channels leave to this one.",
    )
    stock_interval = fields.Integer(
        string="Publish Every (minutes)",
        default=1,
        required=True,
        help="Changes are collected for this long.",
    )
    stock_recompute = fields.Boolean(
        default=True, help="All of its quantities are to be computed again."
    )
    stock_last_push_at = fields.Datetime(
        string="Last Published", readonly=True, copy=False
    )
    stock_next_push_at = fields.Datetime(
        string="Next Publication", readonly=True, copy=False
    )
    stock_last_check_at = fields.Datetime(
        string="Last Compared", readonly=True, copy=False
    )
    stock_failure_count = fields.Integer(readonly=True, copy=False)
    stock_reason = fields.Selection(
        selection=lambda self: (
            self.env["ecom.reason.mixin"]
            ._fields["reason"]
            ._description_selection(self.env)
        ),
        string="Problem of Publishing",
        readonly=True,
        copy=False,
    )
    stock_reason_details = fields.Json(readonly=True, copy=False)
    stock_explanation = fields.Text(compute="_compute_stock_explanation")
    stock_due_count = fields.Integer(compute="_compute_stock_counts")
    stock_failed_count = fields.Integer(compute="_compute_stock_counts")

    _stock_numbers = models.Constraint(
        "CHECK(stock_percent BETWEEN 0 AND 100 AND stock_share BETWEEN 0 AND 100"
        " AND stock_safety >= 0 AND stock_buffer >= 0 AND stock_cap >= 0"
        " AND stock_reserve >= 0 AND stock_interval > 0)",
        "Percentages are between 0 and 100, quantities and times not negative.",
    )

    # -- computed ----------------------------------------------------------------------

    @api.depends("stock_reason", "stock_reason_details")
    @api.depends_context("lang")
    def _compute_stock_explanation(self):
        for channel in self:
            channel.stock_explanation = channel.stock_reason and (
                channel._explain_reason(
                    channel.stock_reason, channel.stock_reason_details
                )
            )

    def _compute_stock_counts(self):
        levels = "ecom.listing.level"
        due = self._count(levels, "channel_id", [("due", "=", True)])
        failed = self._count(levels, "channel_id", [("failed", "=", True)])
        for channel in self:
            channel.stock_due_count = due.get(channel, 0)
            channel.stock_failed_count = failed.get(channel, 0)

    @api.constrains(
        "stock_mode",
        "stock_share",
        "stock_sync",
        "stock_warehouse_ids",
        "warehouse_id",
        "active",
    )
    def _check_stock_shares(self):
        """Of no warehouse more than all of it is given away."""
        for channel in self.filtered("stock_sync"):
            for warehouse in channel._get_stock_warehouses():
                owners = channel._get_stock_pool().filtered(
                    lambda c, w=warehouse: (
                        c.stock_mode == Mode.PARTITIONED.value
                        and w in c._get_stock_warehouses()
                    )
                )
                total = sum(owners.mapped("stock_share"))
                if total > 100:
                    raise ValidationError(
                        self.env._(
                            "The shares of %(warehouse)s add up to %(total)s %%: "
                            "%(channels)s.",
                            warehouse=warehouse.name,
                            total=total,
                            channels=", ".join(owners.mapped("name")),
                        )
                    )

    @api.constrains("stock_sync", "provider")
    def _check_stock_capability(self):
        for channel in self:
            if channel.stock_sync and not channel._can(Capability.STOCK):
                raise ValidationError(
                    self.env._("Stock cannot be published to this marketplace.")
                )

    def write(self, vals):
        """Other settings of one channel change what its neighbours show as well."""
        result = super().write(vals)
        if SETTINGS & vals.keys():
            self._request_stock_recompute()
        return result

    # -- what is shown -----------------------------------------------------------------

    def _get_stock_warehouses(self):
        """The warehouses whose stock the channel sells."""
        self.ensure_one()
        return self.stock_warehouse_ids or self.warehouse_id

    def _get_stock_pool(self):
        """The channels that publish stock of some of the same warehouses, itself too.

        Other channels count also for people who may not see them.
        """
        self.ensure_one()
        warehouses = self._get_stock_warehouses()
        everybody = self.sudo().search(
            [("company_id", "=", self.company_id.id), ("stock_sync", "=", True)],
            order="id",
        )
        return everybody.filtered(
            lambda c: c == self or c._get_stock_warehouses() & warehouses
        ).with_env(self.env)

    def _prepare_stock_claim(self):
        """How the channel takes part in a stock that several sell."""
        self.ensure_one()
        return Claim(
            channel=self.id,
            mode=Mode(self.stock_mode),
            share=Decimal(str(self.stock_share)),
            reserve=self.stock_reserve,
        )

    def _prepare_stock_policy(self, listing):
        """What a listing shows of the channel's part; its own settings go first.

        :rtype: odoo.addons.ecom_orders.marketplaces.availability.Policy
        """
        self.ensure_one()
        source = listing if listing.stock_override else self
        return Policy(
            basis=Basis(self.stock_basis),
            safety=Decimal(str(source.stock_safety)),
            buffer=Decimal(str(source.stock_buffer)),
            percent=Decimal(str(self.stock_percent)),
            cap=source.stock_cap or None,
            pack=Decimal(str(listing.quantity_multiplier)),
        )

    def _request_stock_recompute(self):
        """Have all quantities of these channels and their neighbours computed again."""
        companies = self.company_id
        # A scheduled job does it; the flag is not a setting of the channel.
        channels = self.sudo().search(
            [("company_id", "in", companies.ids), ("stock_sync", "=", True)]
        )
        if channels:
            channels.stock_recompute = True
            self._trigger_stock_push()

    # -- telling it --------------------------------------------------------------------

    @api.model
    def _trigger_stock_push(self, at=None):
        """Have the scheduled job run soon.

        :param at: not before this time, naive UTC.
        """
        # Running a scheduled job early is harmless; reading jobs is not for users.
        self.env.ref("ecom_orders.ir_cron_push_stock").sudo()._trigger(at)

    @api.model
    def _get_stock_due_domain(self):
        """Channels that may be told their stock now."""
        return (
            Domain("stock_sync", "=", True)
            & Domain("state", "=", "connected")
            & Domain("emergency_stop", "=", False)
            & (
                Domain("stock_next_push_at", "=", False)
                | Domain("stock_next_push_at", "<=", fields.Datetime.now())
            )
        )

    @api.model
    def _cron_push_stock(self):
        """Scheduled: compute what changed, and tell it to every channel that is due."""
        self.env["ecom.stock.publisher"]._run()

    @api.model
    def _cron_check_stock(self):
        """Scheduled, daily: compare what the channels show with what we believe."""
        self.env["ecom.stock.auditor"]._run()

    def _record_stock_failure(self, error):
        """Remember why nothing could be told, when to try again, and tell somebody."""
        self.ensure_one()
        failures = self.stock_failure_count + 1
        delay = timedelta(minutes=self.stock_interval) * 2 ** min(failures, 8)
        told = error.details.get("retry_after")
        if isinstance(told, int | float):
            delay = max(delay, timedelta(seconds=told))
        if not error.retriable:
            delay = MAX_BACKOFF
        reason = self._prepare_error(error)
        self.write(
            {
                "stock_failure_count": failures,
                "stock_next_push_at": fields.Datetime.now() + min(delay, MAX_BACKOFF),
                "stock_reason": reason["reason"],
                "stock_reason_details": reason["reason_details"],
            }
        )
        if failures >= 3 or not error.retriable:
            self._alert(self._get_stock_alert(), self.stock_explanation)

    def _record_stock_success(self):
        """Everything that was due could be told, or refused one by one."""
        self.ensure_one()
        if self.stock_failure_count or self.stock_reason:
            self.activity_ids.filtered(
                lambda a: a.summary == self._get_stock_alert()
            ).action_done()
        now = fields.Datetime.now()
        self.write(
            {
                "stock_failure_count": 0,
                "stock_reason": False,
                "stock_reason_details": False,
                "stock_last_push_at": now,
                "stock_next_push_at": now + timedelta(minutes=self.stock_interval),
            }
        )

    def _get_stock_alert(self):
        return self.env._("Stock cannot be published")

    # -- actions -----------------------------------------------------------------------

    def action_push_stock_now(self):
        """Compute everything again and tell it, in the background."""
        # not settings of the channel
        self.sudo().write({"stock_next_push_at": False, "stock_recompute": True})
        self._trigger_stock_push()
        return self._notify("info", self.env._("Stock is being published."))

    def action_check_stock_now(self):
        """Compare what the channel shows with what we believe, in the background."""
        self.sudo().write({"stock_last_check_at": False})  # not a setting
        self.env.ref("ecom_orders.ir_cron_check_stock").sudo()._trigger()
        return self._notify("info", self.env._("Stock is being compared."))

    def action_view_stock_levels(self):
        """What is shown of each listing, and how the numbers come about."""
        return self._view("ecom_listing_level_action", "channel_id")

    def action_view_stock_failed(self):
        """The quantities that could not be told."""
        action = self._view("ecom_listing_level_action", "channel_id")
        return {**action, "context": {"search_default_failed": 1}}
