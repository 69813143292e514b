from odoo import fields, models
from odoo.exceptions import UserError

# Who may read the rows below; the order desk reads channels without them.
READERS = (
    "account.group_account_readonly,account.group_account_invoice,"
    "ecom_orders.group_manager"
)


class EcomChannel(models.Model):
    """How the settlements of a channel are booked."""

    _inherit = "ecom.channel"

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
    settlement_count = fields.Integer(
        compute="_compute_settlement_count", groups=READERS
    )

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
