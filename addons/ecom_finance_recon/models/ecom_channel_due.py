from odoo import fields, models
from odoo.tools import SQL

from .ecom_settlement_account import PURPOSE_NAMES

#: accounts on which a channel owes us something (or, below zero, we owe it)
OWED = ("clearing", "wallet", "reserve", "deferred", "transit")
#: age in days up to which an amount is in a class
AGES = [("1", 7), ("2", 14), ("3", 30), ("4", 60)]


class EcomChannelDue(models.Model):
    """What channels owe, by age: every open amount on their accounts.

    Payouts in transit, reserves, deferred proceeds, wallets, and what is on clearing.
    Read from the ledger: there is nothing to be refreshed.
    """

    _name = "ecom.channel.due"
    _description = "What Channels Owe"
    _auto = False
    _order = "date, id"
    _rec_name = "label"

    item_id = fields.Many2one("account.move.line", string="Journal Item", readonly=True)
    move_id = fields.Many2one("account.move", string="Entry", readonly=True)
    label = fields.Char(readonly=True)
    settlement_id = fields.Many2one("ecom.settlement", readonly=True)
    channel_id = fields.Many2one("ecom.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    account_id = fields.Many2one("account.account", readonly=True)
    purpose = fields.Selection(
        [one for one in PURPOSE_NAMES if one[0] in OWED],
        string="Where It Is",
        readonly=True,
    )
    date = fields.Date(readonly=True)
    days = fields.Integer(string="Age in Days", readonly=True, aggregator="max")
    age = fields.Selection(
        [
            ("1", "Up to 7 days"),
            ("2", "8 to 14 days"),
            ("3", "15 to 30 days"),
            ("4", "31 to 60 days"),
            ("5", "Over 60 days"),
        ],
        readonly=True,
    )
    amount_currency = fields.Monetary(
        string="Amount in Currency", readonly=True, aggregator=None
    )
    amount = fields.Monetary(
        readonly=True,
        currency_field="company_currency_id",
        help="In the company's currency.",
    )

    _depends = {
        "account.move.line": [
            "amount_residual",
            "amount_residual_currency",
            "balance",
            "parent_state",
            "date",
        ],
        "ecom.settlement.account": ["account_id", "channel_id", "purpose"],
    }

    @property
    def _table_query(self):
        ages = SQL(" ").join(
            SQL("WHEN CURRENT_DATE - item.date <= %s THEN %s", days, age)
            for age, days in AGES
        )
        return SQL(
            """
            SELECT item.id, item.id AS item_id, item.move_id, item.name AS label,
                   move.ecom_settlement_id AS settlement_id, mapped.channel_id,
                   item.company_id, company.currency_id AS company_currency_id,
                   item.currency_id, item.account_id, mapped.purpose, item.date,
                   CURRENT_DATE - item.date AS days, CASE %s ELSE '5' END AS age,
                   CASE WHEN account.reconcile THEN item.amount_residual_currency
                        ELSE item.amount_currency END AS amount_currency,
                   CASE WHEN account.reconcile THEN item.amount_residual
                        ELSE item.balance END AS amount
              FROM (SELECT DISTINCT ON (account_id) account_id, channel_id, purpose
                      FROM ecom_settlement_account WHERE purpose IN %s
                     ORDER BY account_id, id) mapped
              JOIN account_account account ON account.id = mapped.account_id
              JOIN account_move_line item ON item.account_id = account.id
              JOIN account_move move ON move.id = item.move_id
              JOIN res_company company ON company.id = item.company_id
             WHERE item.parent_state = 'posted'
               AND (NOT account.reconcile OR item.amount_residual != 0
                    OR item.amount_residual_currency != 0)
            """,
            ages,
            OWED,
        )

    def action_open(self):
        """The entry that it comes from."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "view_mode": "form",
        }
