import base64

from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomSettlementImport(models.TransientModel):
    """Drop files of a channel or a bank; formats are recognised by content."""

    _name = "ecom.settlement.import"
    _description = "Import Settlements"

    channel_id = fields.Many2one("ecom.channel")
    journal_id = fields.Many2one(
        "account.journal",
        string="Bank",
        domain="[('type', '=', 'bank')]",
        help="For bank statements (camt.053, MT940, OFX, BAI2, CSV).",
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Files")

    @api.onchange("channel_id")
    def _onchange_channel_id(self):
        if self.channel_id:
            self.journal_id = False

    def action_import(self):
        """Read the files; what cannot be read is kept with the reason."""
        self.ensure_one()
        if not self.attachment_ids:
            raise UserError(self.env._("Drop one or more files first."))
        if not self.channel_id and not self.journal_id:
            raise UserError(
                self.env._("Choose the channel, or the bank of a statement.")
            )
        files = self.env["ecom.settlement.file"]
        for attachment in self.attachment_ids:
            files |= files._receive(
                attachment.name,
                base64.b64decode(attachment.datas),
                channel=self.channel_id,
                journal=self.journal_id,
            )
        return self._get_result_action(files)

    def _get_result_action(self, files):
        model, records = "ecom.settlement.file", files
        if all(file.state == "read" and file.settlement_ids for file in files):
            model, records = "ecom.settlement", files.settlement_ids
        name = model.replace(".", "_") + "_action"
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"ecom_finance_recon.{name}"
        )
        return {**action, "domain": [("id", "in", records.ids)], "context": {}}
