from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.ecom_orders.marketplaces.base import CONNECTORS, Capability

from .ecom_settlement_fetch import FIRST_REACH

# Who may read the rows below; the order desk reads channels without them.
READERS = (
    "account.group_account_readonly,account.group_account_invoice,"
    "ecom_orders.group_manager"
)


class EcomChannel(models.Model):
    """How the settlements of a channel are booked."""

    _name = "ecom.channel"
    _inherit = ["ecom.channel", "mail.alias.mixin.optional"]

    settlement_journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="One for each channel: sequence numbers are given one by one.",
    )
    settlement_by_month = fields.Boolean(
        string="One Entry per Month",
        help="A settlement that touches two months is booked in each of them, carried "
        "over on the clearing account.",
    )
    settlement_auto_post = fields.Boolean(
        string="Post What Closes",
        help="Files that meet their control total are booked at once.",
    )
    settlement_rounding_limit = fields.Float(
        string="Rounding Limit",
        digits=(16, 4),
        default=0.05,
        help="Differences between payments and invoices that are written off, for one "
        "settlement at most. Beyond that they stay open.",
    )
    settlement_account_ids = fields.One2many(
        "ecom.settlement.account",
        "channel_id",
        string="Settlement Accounts",
        groups=READERS,
    )
    fee_rate_ids = fields.One2many(
        "ecom.fee.rate", "channel_id", string="Fee Rates", groups=READERS
    )
    fee_issuer_id = fields.Many2one(
        "res.partner",
        string="Issuer of the Fees",
        check_company=True,
        help="Who invoices the fees of this channel. Its country and fiscal position "
        "decide which taxes they bear.",
    )
    settlement_count = fields.Integer(
        compute="_compute_settlement_count", groups=READERS
    )
    alias_id = fields.Many2one(
        help="Reports that are sent there are imported for this channel, and never "
        "posted without a person."
    )
    has_alias_domain = fields.Boolean(compute="_compute_has_alias_domain")
    settlement_fetch = fields.Boolean(
        string="Fetch Settlements by Itself",
        help="Payouts and reports are fetched by the marketplace's interface as soon "
        "as they are final.",
    )
    settlement_since = fields.Date(
        string="Fetch Settlements From",
        help="Empty: from 30 days before the first fetch on. Changing it fetches again "
        "from that day on; what is here already is recognised.",
    )
    settlement_fetch_ids = fields.One2many(
        "ecom.settlement.fetch",
        "channel_id",
        string="Settlement Feeds",
        groups=f"{READERS},ecom_orders.group_technical",
    )
    settlement_mapping_ids = fields.One2many(
        "ecom.settlement.mapping",
        "channel_id",
        string="Described Formats",
        groups=READERS,
    )

    def write(self, vals):
        result = super().write(vals)
        if "settlement_since" in vals:
            # How far a feed was read is the job's; here somebody wants it read again.
            self.sudo().settlement_fetch_ids.write(
                {"cursor": False, "cursor_seen": False, "next_fetch_at": False}
            )
        return result

    def _compute_has_alias_domain(self):
        # Whether there is a domain at all is no secret of the settings.
        domains = self.env["mail.alias.domain"].sudo().search_count([], limit=1)
        self.has_alias_domain = bool(domains)

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("ecom.settlement.file")
        if self.id:
            values["alias_defaults"] = {"channel_id": self.id}
        if not self.alias_id:
            # What is imported becomes part of the books: not from strangers.
            values["alias_contact"] = "partners"
        return values

    def _compute_settlement_count(self):
        counts = self._count("ecom.settlement", "channel_id", [])
        for channel in self:
            channel.settlement_count = counts.get(channel, 0)

    def action_view_settlements(self):
        """This channel's settlements."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_finance_recon.ecom_settlement_action"
        )
        return {**action, "domain": [("channel_id", "=", self.id)]}

    # -- fetching ----------------------------------------------------------------------

    def action_fetch_settlements(self):
        """Fetch all feeds of settlements now, in the background.

        Whoever asks is told the result; how far it is stands on the channel.
        """
        self.ensure_one()
        if not self._can(Capability.SETTLEMENTS):
            raise UserError(
                self.env._(
                    "This marketplace's interface hands out no settlements. Drop its "
                    "reports on Import."
                )
            )
        if self.state != "connected" or self.emergency_stop:
            raise UserError(
                self.env._("Connect the channel first, and release its stop.")
            )
        self._ensure_settlement_feeds()
        feeds = self.settlement_fetch_ids.filtered("is_enabled")
        if not feeds:
            raise UserError(self.env._("All feeds of this channel are switched off."))
        feeds.action_fetch()
        return self._notify("info", self.env._("Settlements are being fetched."))

    def _ensure_settlement_feeds(self):
        """Make a row for each feed that the marketplaces have."""
        # Who may fetch need not be allowed to make rows; they hold nothing yet.
        model = self.env["ecom.settlement.fetch"].sudo()
        known = {
            (row.channel_id.id, row.feed)
            for row in model.search([("channel_id", "in", self.ids)])
        }
        model.create(
            [
                {"channel_id": channel.id, "feed": feed.code}
                for channel in self
                for feed in CONNECTORS[channel.provider].settlement_feeds
                if (channel.id, feed.code) not in known
            ]
        )

    def _get_settlement_start(self):
        """From when on settlements are fetched, UTC as Odoo stores it."""
        self.ensure_one()
        if not self.settlement_since:
            return fields.Datetime.now() - FIRST_REACH
        return fields.Datetime.to_datetime(self.settlement_since)

    def _get_settlement_accounts(self, currency):
        """Accounts by purpose.

        :raises UserError: when the set-up was not made.
        """
        self.ensure_one()
        rows = self.settlement_account_ids.filtered(
            lambda row: row.currency_id == currency
        )
        if not rows:
            raise UserError(
                self.env._(
                    "%(channel)s has no accounts for settlements in %(currency)s. "
                    "Run the set-up of its settlement accounts.",
                    channel=self.name,
                    currency=currency.name,
                )
            )
        return {row.purpose: row.account_id for row in rows}
