from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..booking.purposes import PURPOSES
from ..models.ecom_settlement_account import PURPOSE_NAMES


class EcomSettlementSetup(models.TransientModel):
    """Propose the accounts of a channel's settlements on any chart of accounts.

    Accounts of a purpose that other channels use are proposed again, unless each
    channel needs its own. What is not there is created beside accounts of its type.
    """

    _name = "ecom.settlement.setup"
    _description = "Set Up Settlement Accounts"
    _check_company_auto = True

    channel_id = fields.Many2one("ecom.channel", required=True)
    company_id = fields.Many2one(related="channel_id.company_id")
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="Empty: a new one is made for the channel.",
    )
    line_ids = fields.One2many(
        "ecom.settlement.setup.line",
        "setup_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("channel_id", "currency_id")
    def _compute_line_ids(self):
        for setup in self:
            if not setup.channel_id:
                setup.line_ids = [Command.clear()]
                continue
            setup.line_ids = [
                Command.clear(),
                *(Command.create(setup._propose(code)) for code in PURPOSES),
            ]

    @api.onchange("channel_id")
    def _onchange_channel_id(self):
        self.journal_id = self.channel_id.settlement_journal_id

    def _propose(self, code):
        """Values of the proposal for a purpose."""
        purpose = PURPOSES[code]
        rows = self.env["ecom.settlement.account"].search(
            [("purpose", "=", code), ("company_id", "=", self.channel_id.company_id.id)]
        )
        mine = rows.filtered(
            lambda row: (
                row.channel_id == self.channel_id
                and row.currency_id == self.currency_id
            )
        )
        found = mine or (rows if purpose.is_shared else rows.browse())
        return {
            "purpose": code,
            "account_id": found[:1].account_id.id,
            "name": self._get_account_name(purpose),
        }

    def _get_account_name(self, purpose):
        name = dict(
            self.env["ecom.settlement.account"]
            ._fields["purpose"]
            ._description_selection(self.env)
        )[purpose.code]
        if purpose.is_shared:
            return name
        return f"{name}: {self.channel_id.name} {self.currency_id.name or ''}".strip()

    def action_apply(self):
        """Create what is missing and write the mapping."""
        self.ensure_one()
        channel = self.channel_id
        company = channel.company_id
        if not self.line_ids:
            raise UserError(self.env._("There is nothing to set up."))
        for line in self.line_ids.filtered(lambda one: not one.account_id):
            line.account_id = (
                self.env["account.account"]
                .with_company(company)
                .create(self._prepare_account(line))
            )
        if not self.journal_id:
            self.journal_id = self.env["account.journal"].create(
                self._prepare_journal()
            )
        # An accountant who is no manager of channels sets up their accounts: only
        # what belongs to the books is written.
        channel.sudo().settlement_journal_id = self.journal_id
        known = {
            row.purpose: row
            for row in channel.settlement_account_ids
            if row.currency_id == self.currency_id
        }
        for line in self.line_ids:
            row = known.get(line.purpose)
            if row:
                row.account_id = line.account_id
            else:
                self.env["ecom.settlement.account"].create(
                    {
                        "channel_id": channel.id,
                        "currency_id": self.currency_id.id,
                        "purpose": line.purpose,
                        "account_id": line.account_id.id,
                    }
                )
        return {"type": "ir.actions.act_window_close"}

    def _prepare_account(self, line):
        purpose = PURPOSES[line.purpose]
        return {
            "name": line.name,
            "code": self._get_code(purpose),
            "account_type": purpose.account_type,
            "reconcile": purpose.reconcile,
            "company_ids": [Command.link(self.channel_id.company_id.id)],
        }

    def _get_code(self, purpose):
        """A free code after the accounts of the same type, in this chart's manner."""
        model = self.env["account.account"].with_company(self.channel_id.company_id)
        company = [("company_ids", "in", self.channel_id.company_id.ids)]
        same = model.search([*company, ("account_type", "=", purpose.account_type)])
        any_account = same or model.search(company)
        codes = sorted(filter(None, any_account.mapped("code")), reverse=True)
        for start in codes:
            code = model._search_new_account_code(start)
            # After the last number of a chart (9999) only a longer one would be free.
            if len(code) == len(start):
                return code
        return model._search_new_account_code(codes[0] if codes else "100000")

    def _prepare_journal(self):
        company = self.channel_id.company_id
        taken = set(
            self.env["account.journal"]
            .with_context(active_test=False)
            .search([("company_id", "=", company.id)])
            .mapped("code")
        )
        numbers = (f"ST{number}" for number in range(1, 1000))
        return {
            "name": self.env._("Settlements %(channel)s", channel=self.channel_id.name),
            "code": next(code for code in numbers if code not in taken),
            "type": "general",
            "company_id": company.id,
        }


class EcomSettlementSetupLine(models.TransientModel):
    """The account proposed for one purpose."""

    _name = "ecom.settlement.setup.line"
    _description = "Proposed Settlement Account"
    _check_company_auto = True

    setup_id = fields.Many2one(
        "ecom.settlement.setup", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="setup_id.company_id")
    purpose = fields.Selection(PURPOSE_NAMES, required=True)
    account_id = fields.Many2one(
        "account.account",
        check_company=True,
        help="Empty: one is created with the name beside.",
    )
    name = fields.Char(string="Name of a New Account")
