from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..marketplaces.base import Capability
from ..marketplaces.completeness import day_bounds
from ..marketplaces.errors import MarketplaceError
from ..models.order_plan import naive

MAX_REFERENCES = 20


class EcomFetchOrders(models.TransientModel):
    """Ask by hand: single orders now, or history in the background."""

    _name = "ecom.fetch.orders"
    _description = "Fetch orders by hand"

    channel_id = fields.Many2one(
        "ecom.channel",
        required=True,
        domain="[('state', '=', 'connected'), ('emergency_stop', '=', False)]",
    )
    what = fields.Selection(
        [("references", "Single orders"), ("range", "A range of days")],
        default="references",
        required=True,
    )
    can_fetch_single = fields.Boolean(compute="_compute_can_fetch_single")
    references = fields.Text(help="The shop's ids or numbers, one on each line.")
    first_day = fields.Date(
        default=lambda self: fields.Date.today() - timedelta(days=30),
    )
    last_day = fields.Date(default=fields.Date.today)
    before_start = fields.Boolean(compute="_compute_before_start")
    move_start = fields.Boolean(
        string="Import Older Orders Too",
        help="Moves the channel's start date to the first day. Else orders that were "
        "placed before the start date are left out.",
    )
    result = fields.Text(readonly=True)

    @api.depends("channel_id")
    def _compute_can_fetch_single(self):
        for wizard in self:
            wizard.can_fetch_single = bool(wizard.channel_id) and (
                wizard.channel_id._can(Capability.ORDER_BY_ID)
            )

    @api.depends("channel_id", "first_day", "what")
    def _compute_before_start(self):
        for wizard in self:
            start = wizard.channel_id.import_since
            wizard.before_start = bool(
                wizard.what == "range"
                and start
                and wizard.first_day
                and wizard.first_day < wizard.channel_id._get_day(start)
            )

    def action_fetch(self):
        """Do what was asked for."""
        self.ensure_one()
        channel = self.channel_id
        if channel.state != "connected" or channel.emergency_stop:
            raise UserError(
                self.env._("Connect the channel first; it is paused or stopped.")
            )
        if self.what == "range":
            return self._fetch_range()
        return self._fetch_references()

    # -- history -----------------------------------------------------------------------

    def _fetch_range(self):
        if not self.first_day or not self.last_day or self.last_day < self.first_day:
            raise UserError(self.env._("Choose the first and the last day."))
        channel = self.channel_id
        since = naive(day_bounds(self.first_day, channel.timezone)[0])
        until = naive(day_bounds(self.last_day, channel.timezone)[1])
        if self.before_start and self.move_start:
            self._move_start(since)
        backfill = self.env["ecom.backfill"]._request(channel, since, until)
        return backfill._get_records_action()

    def _move_start(self, since):
        """Let older orders in, also those that were left out before."""
        channel = self.channel_id
        channel.import_since = since  # needs a manager's rights
        left_out = self.env["ecom.inbox.message"].search(
            [
                ("channel_id", "=", channel.id),
                ("state", "=", "ignored"),
                ("reason", "=", "before_start"),
            ]
        )
        left_out._requeue()
        left_out._trigger_processing()

    # -- single orders -----------------------------------------------------------------

    def _fetch_references(self):
        if not self.can_fetch_single:
            raise UserError(
                self.env._("This marketplace has no way to ask for a single order.")
            )
        lines = (
            line.strip().lstrip("#") for line in (self.references or "").split("\n")
        )
        references = list(dict.fromkeys(filter(None, lines)))
        if not references:
            raise UserError(self.env._("Enter the reference of an order."))
        if len(references) > MAX_REFERENCES:
            raise UserError(
                self.env._(
                    "At most %s orders at once; fetch a range of days instead.",
                    MAX_REFERENCES,
                )
            )
        known = self._find_ids(references)
        self.result = "\n".join(
            f"{reference}: {self._fetch_reference(known.get(reference, reference))}"
            for reference in references
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _find_ids(self, references):
        """The shop's ids of orders that are known by their number."""
        orders = self.env["sale.order"].search_fetch(
            [
                ("ecom_channel_id", "=", self.channel_id.id),
                ("ecom_number", "in", references),
            ],
            ["ecom_number", "ecom_external_id"],
        )
        return {order.ecom_number: order.ecom_external_id for order in orders}

    def _fetch_reference(self, external_id):
        """Fetch one order, and say what came of it."""
        # Keeping what arrives is the technical user's: people only ask.
        channel = self.channel_id.with_user(self.channel_id._get_technical_user())
        try:
            messages = channel._fetch_single(external_id)
        except MarketplaceError as error:
            return self.channel_id._explain(error)
        if messages:
            return self.env._("fetched, it is being processed.")
        return self.env._("fetched, nothing is new.")
