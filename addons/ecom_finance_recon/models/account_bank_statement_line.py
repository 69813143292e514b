from odoo import fields, models


class AccountBankStatementLine(models.Model):
    """A line of an imported bank statement, known again when the file comes again."""

    _inherit = "account.bank.statement.line"

    ecom_key = fields.Char(string="Identity in the File", readonly=True, copy=False)
    ecom_file_id = fields.Many2one(
        "ecom.settlement.file",
        string="Imported File",
        ondelete="restrict",
        index="btree_not_null",
        readonly=True,
        copy=False,
    )

    _ecom_key_uniq = models.UniqueIndex(
        "(journal_id, ecom_key) WHERE ecom_key IS NOT NULL",
        "A line of a bank statement is imported once.",
    )
