from odoo import api, fields, models

from ..marketplaces.file import TAXED_FIELDS
from ..models.file_meanings import MEANINGS, STATUSES


class EcomFileImportColumn(models.TransientModel):
    """A column of the file and what it means; without a meaning it is not read."""

    _name = "ecom.file.import.column"
    _description = "Column of an imported file"
    _order = "sequence, id"

    import_id = fields.Many2one(
        "ecom.file.import", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer()
    name = fields.Char(string="Column of the File", required=True, readonly=True)
    samples = fields.Char(string="Sample Values", readonly=True)
    meaning = fields.Selection(MEANINGS, help="Empty: the column is not read.")
    tax = fields.Selection(
        [("included", "With tax"), ("excluded", "Without tax")],
        string="Amounts Are",
        help="Empty: as is said for all amounts of the file.",
    )
    is_taxed = fields.Boolean(compute="_compute_is_taxed")
    suggestion = fields.Selection(
        MEANINGS,
        readonly=True,
        help="What the name of the column and its values look like.",
    )
    confidence = fields.Float(
        readonly=True, help="How sure the suggestion is, from 0 to 100 %."
    )

    @api.depends("meaning")
    def _compute_is_taxed(self):
        for column in self:
            column.is_taxed = column.meaning in TAXED_FIELDS


class EcomFileImportConstant(models.TransientModel):
    """Something that holds for every row and stands in no column."""

    _name = "ecom.file.import.constant"
    _description = "Constant of an imported file"

    import_id = fields.Many2one(
        "ecom.file.import", required=True, ondelete="cascade", index=True
    )
    meaning = fields.Selection(MEANINGS, required=True)
    value = fields.Char(required=True)


class EcomFileImportStatus(models.TransientModel):
    """A word that the file uses for the status of orders."""

    _name = "ecom.file.import.status"
    _description = "Status word of an imported file"
    _order = "id"

    import_id = fields.Many2one(
        "ecom.file.import", required=True, ondelete="cascade", index=True
    )
    word = fields.Char(required=True)
    status = fields.Selection(
        STATUSES,
        string="Meaning",
        help="Empty: orders with this word wait for a person.",
    )
