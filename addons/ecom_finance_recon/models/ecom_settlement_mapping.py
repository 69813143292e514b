import base64

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..formats import mapped
from ..formats.errors import FormatError
from ..formats.schema import Kind
from .ecom_settlement_account import FEE_NAMES
from .ecom_settlement_line import KIND_NAMES

WORDS = [
    ("date", "Date"),
    ("amount", "Amount"),
    ("debit", "Amount taken"),
    ("credit", "Amount given"),
    ("fee", "Fee"),
    ("order", "Order"),
    ("transaction", "Transaction"),
    ("type", "Type"),
    ("currency", "Currency"),
    ("sku", "SKU"),
    ("description", "Description"),
    ("payout", "Payout"),
    ("balance", "Balance"),
]
#: a bank line is of a statement, which is no mapped file
LINE_KINDS = [one for one in KIND_NAMES if one[0] != Kind.BANK.value]
TYPES = [
    *(one for one in LINE_KINDS if one[0] != Kind.FEE.value),
    *((f"fee:{fee.value}", name) for fee, name in FEE_NAMES.items()),
]


class EcomSettlementMapping(models.Model):
    """A format that a person describes: which column is what, with a preview.

    Saved with its channel: the next file with these columns is read by itself.
    """

    _name = "ecom.settlement.mapping"
    _description = "Described Settlement Format"
    _order = "channel_id, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    file_id = fields.Many2one(
        "ecom.settlement.file", string="Sample", ondelete="set null", readonly=True
    )
    column_ids = fields.One2many("ecom.settlement.mapping.column", "mapping_id")
    kind_ids = fields.One2many("ecom.settlement.mapping.kind", "mapping_id")
    default_kind = fields.Selection(
        LINE_KINDS,
        string="Lines Are",
        default=Kind.SALE.value,
        required=True,
        help="Where the file has no column for the type.",
    )
    currency_id = fields.Many2one(
        "res.currency", help="Where the file does not tell. Empty: the company's."
    )
    invert = fields.Boolean(
        string="Costs Are Positive", help="What is taken has no minus in the file."
    )
    amount_is_net = fields.Boolean(help="The amount is already less the fee.")
    decimal = fields.Selection(
        [(".", "1,234.50"), (",", "1.234,50")], help="Empty: found out."
    )
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    @api.constrains("column_ids")
    def _check_columns(self):
        for mapping in self:
            words = set(mapping.column_ids.mapped("word"))
            if not words & {"amount", "debit", "credit"}:
                raise ValidationError(
                    self.env._(
                        "Say which column has the amount of %(name)s.",
                        name=mapping.name,
                    )
                )

    @api.depends(
        "file_id",
        "column_ids.word",
        "column_ids.column",
        "kind_ids.word",
        "kind_ids.kind",
        "default_kind",
        "currency_id",
        "invert",
        "amount_is_net",
        "decimal",
    )
    def _compute_preview(self):
        for mapping in self:
            content = mapping._get_sample()
            mapping.preview = mapping._render_preview(content) if content else False

    def _get_sample(self):
        """The bytes of the sample, empty where there is none."""
        # A form reads sizes in place of contents.
        file = self.file_id.with_context(bin_size=False)
        return base64.b64decode(file.content or b"")

    def _mapping(self):
        """This mapping as the pure part has it."""
        self.ensure_one()
        currency = self.currency_id or self.company_id.currency_id
        currency = currency or self.env.company.currency_id
        return mapped.Mapping(
            columns={
                one.word: one.column
                for one in self.column_ids
                if one.word and one.column
            },
            kinds={one.word: one.kind for one in self.kind_ids if one.word},
            default_kind=self.default_kind or Kind.SUSPENSE.value,
            currency=currency.name,
            invert=self.invert,
            amount_is_net=self.amount_is_net,
            decimal=self.decimal or "",
        )

    def _fits(self, content):
        """Whether a file has these columns and its first rows can be read."""
        self.ensure_one()
        found = mapped.preview(content, self._mapping())
        return bool(found.lines) and not found.error

    # -- preview -----------------------------------------------------------------------

    def _render_preview(self, content):
        found = mapped.preview(content, self._mapping())
        parts = []
        if found.error:
            texts = self.env["ecom.settlement.file"]._get_explanations()
            parts.append(
                Markup('<div class="alert alert-danger">%s</div>')
                % (texts.get(found.error) or found.error)
            )
        if found.header:
            parts.append(self._render_table(found.header, found.rows[:5]))
        if found.lines:
            parts.append(self._render_lines(found.lines))
        return Markup("").join(parts)

    def _render_lines(self, lines):
        kinds = dict(LINE_KINDS)
        header = [
            self.env._("Date"),
            self.env._("Order"),
            self.env._("Type"),
            self.env._("Read As"),
            self.env._("Amount"),
        ]
        rows = [
            (
                str(line.posted_at.date()) if line.posted_at else "",
                line.order_ref,
                line.type_code,
                kinds[line.kind.value],
                f"{line.amount} {line.currency}",
            )
            for line in lines
        ]
        return self._render_table(header, rows)

    def _render_table(self, header, rows):
        head = Markup("").join(Markup("<th>%s</th>") % cell for cell in header)
        body = Markup("").join(
            Markup("<tr>%s</tr>")
            % Markup("").join(Markup("<td>%s</td>") % cell for cell in row)
            for row in rows
        )
        return Markup(
            '<table class="table table-sm"><thead><tr>%s</tr></thead>'
            "<tbody>%s</tbody></table>"
        ) % (head, body)

    # -- actions -----------------------------------------------------------------------

    @api.model
    def _propose(self, file):
        """A mapping for a file, as its header suggests."""
        try:
            columns = mapped.suggest(base64.b64decode(file.content)).columns
        except FormatError as error:
            raise UserError(file.explanation or error.code) from error
        if not {"amount", "debit", "credit"} & set(columns):
            columns = {**columns, "amount": ""}
        return self.create(
            {
                "name": file.name,
                "channel_id": file.channel_id.id,
                "file_id": file.id,
                "column_ids": [
                    fields.Command.create({"word": word, "column": column})
                    for word, column in columns.items()
                ],
            }
        )

    def action_read(self):
        """Read the sample by this mapping."""
        self.ensure_one()
        file = self.file_id
        if not file:
            raise UserError(self.env._("Start from a file that could not be read."))
        file._read(base64.b64decode(file.content), self)
        return {
            "type": "ir.actions.act_window",
            "res_model": file._name,
            "res_id": file.id,
            "view_mode": "form",
        }


class EcomSettlementMappingColumn(models.Model):
    """Which column of a described file is what."""

    _name = "ecom.settlement.mapping.column"
    _description = "Column of a Described Format"
    _rec_name = "column"

    mapping_id = fields.Many2one(
        "ecom.settlement.mapping", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="mapping_id.company_id", store=True)
    word = fields.Selection(WORDS, string="Is", required=True)
    column = fields.Char(help="The title of the column, as the file has it.")

    _word_uniq = models.Constraint(
        "UNIQUE(mapping_id, word)", "Each meaning has one column."
    )


class EcomSettlementMappingKind(models.Model):
    """What a type that a described file names is; others are not classified."""

    _name = "ecom.settlement.mapping.kind"
    _description = "Type of a Described Format"
    _rec_name = "word"

    mapping_id = fields.Many2one(
        "ecom.settlement.mapping", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="mapping_id.company_id", store=True)
    word = fields.Char(string="The File Says", required=True)
    kind = fields.Selection(TYPES, string="Is", required=True)

    _word_uniq = models.Constraint(
        "UNIQUE(mapping_id, word)", "Each word of a file means one thing."
    )
