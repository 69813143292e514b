import base64
from datetime import timezone
from itertools import islice

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from odoo.addons.base.models.res_partner import _tz_get

from ..marketplaces.base import CONNECTORS
from ..marketplaces.errors import PayloadError
from ..marketplaces.file import (
    DATE_FORMATS,
    FileUnreadable,
    Mapping,
    OrderFile,
    known_status,
    read_table,
    suggest_mapping,
)
from ..models.ecom_channel_file import FILE

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
TAX_RATE = "line.tax_percent"
STATUS_MEANINGS = ("status", "fulfilment")
MAX_SAMPLES = 3  # values of a column that are shown
MAX_WORDS = 50  # distinct words of a status column
SHOWN_ORDERS = 10
SHOWN_ROWS = 100
CHECKED_ORDERS = 2_000  # of which the preview says what would become of them
FORESEEN = ("new", "changed", "unchanged", "older")


class EcomFileImport(models.TransientModel):
    """Read a file of orders: show what it means, then import it.

    A manager tells what the columns mean and saves that for the channel; whoever works
    with orders imports files that are read as saved. The preview is made only when
    somebody asks for it, so that a large file is not read at every stroke of a key.
    """

    _name = "ecom.file.import"
    _description = "Import of a file of orders"

    channel_id = fields.Many2one(
        "ecom.channel",
        required=True,
        readonly=True,
        domain=[("provider", "=", FILE)],
        ondelete="cascade",
    )
    channel_state = fields.Selection(related="channel_id.state", string="Channel State")
    is_manager = fields.Boolean(compute="_compute_is_manager")
    state = fields.Selection(
        [("upload", "File"), ("check", "Columns"), ("done", "Result")],
        default="upload",
        required=True,
    )
    file = fields.Binary(attachment=False)
    file_name = fields.Char()

    # How the file is read
    encoding = fields.Selection(
        [
            ("utf-8", "Unicode (UTF-8)"),
            ("utf-16", "Unicode (UTF-16)"),
            ("gb18030", "Simplified Chinese (GB 18030, GBK)"),
            ("big5", "Traditional Chinese (Big5)"),
            ("cp932", "Japanese (Shift JIS)"),
            ("euc_jp", "Japanese (EUC)"),
            ("euc_kr", "Korean (EUC)"),
            ("cp1252", "Western European (Windows-1252)"),
            ("cp1250", "Central European (Windows-1250)"),
            ("cp1251", "Cyrillic (Windows-1251)"),
        ],
        help="Empty: it is found out for each file.",
    )
    delimiter = fields.Selection(
        [
            ("comma", "Comma (,)"),
            ("semicolon", "Semicolon (;)"),
            ("tab", "Tabulator"),
            ("pipe", "Vertical bar (|)"),
        ],
        help="Empty: it is found out for each file.",
    )
    sheet = fields.Char(help="Sheet of a workbook. Empty: the first one.")
    header_line = fields.Integer(
        string="Line with Column Names",
        help="Line with the names of the columns; what stands above it is left out. "
        "0: it is found out for each file.",
    )
    found = fields.Char(readonly=True, help="What was found out about the file.")
    decimal = fields.Selection(
        [(".", "Point (1,234.50)"), (",", "Comma (1.234,50)")],
        string="Decimal Mark",
        default=".",
        required=True,
    )
    date_order = fields.Selection(
        [
            ("year", "Year first (2026-12-31)"),
            ("day", "Day first (31.12.2026)"),
            ("month", "Month first (12/31/2026)"),
            ("words", "With words (31 Dec 2026)"),
            ("other", "Another one"),
        ],
        string="Dates",
        default="year",
        required=True,
        help="Dates that begin with the year are always understood.",
    )
    date_format = fields.Char(
        help="In the signs of Python: %d day, %m month, %Y year, %H:%M:%S time. "
        "Several are separated by |."
    )
    timezone = fields.Selection(
        _tz_get,
        string="Time Zone",
        default="UTC",
        required=True,
        help="Of times that do not tell theirs.",
    )
    prices_include_tax = fields.Boolean(default=True)
    tax_rate = fields.Char(
        string="Tax Rate (%)",
        help="Of order lines whose rate stands in no column, for example 19. Shipping "
        "and fees have the rate of the goods.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        help="Of orders whose currency stands in no column.",
    )
    column_ids = fields.One2many("ecom.file.import.column", "import_id")
    constant_ids = fields.One2many("ecom.file.import.constant", "import_id")
    status_ids = fields.One2many("ecom.file.import.status", "import_id")
    choices = fields.Json(
        help="Meanings by column and statuses by word as they were chosen, also of "
        "columns that are not to be seen at present."
    )

    # What comes out of it
    preview = fields.Json(string="Preview Data", readonly=True)
    preview_html = fields.Html(compute="_compute_preview_html", string="Preview")
    result = fields.Text(readonly=True)
    row_count = fields.Integer(readonly=True)
    older_count = fields.Integer(readonly=True)
    can_apply_older = fields.Boolean(compute="_compute_can_apply_older")
    apply_older = fields.Boolean(
        string="Apply Older States Too",
        help="The file is right: what it says counts, also for orders that a later "
        "file has changed since.",
    )
    upload_id = fields.Many2one("ecom.file.upload", readonly=True)
    upload_state = fields.Selection(related="upload_id.state", string="Import State")
    refused_count = fields.Integer(readonly=True)
    refused_file = fields.Binary(readonly=True, attachment=False)
    refused_name = fields.Char(readonly=True)

    @api.depends_context("uid")
    def _compute_is_manager(self):
        self.is_manager = self.env["ecom.channel"].has_access("write")

    @api.depends("older_count", "column_ids.meaning")
    def _compute_can_apply_older(self):
        """Not where orders tell when they were changed: the newest counts then."""
        for wizard in self:
            dated = "updated_at" in wizard.column_ids.mapped("meaning")
            wizard.can_apply_older = bool(wizard.older_count) and not dated

    @api.depends("preview")
    @api.depends_context("lang")
    def _compute_preview_html(self):
        for wizard in self:
            wizard.preview_html = wizard.preview and self.env["ir.qweb"]._render(
                "ecom_orders.file_import_preview", {"preview": wizard.preview}
            )

    @api.constrains("channel_id")
    def _check_channel(self):
        for wizard in self:
            if wizard.channel_id.provider != FILE:
                raise ValidationError(
                    self.env._(
                        "Orders of “%s” do not come in files.", wizard.channel_id.name
                    )
                )

    # -- actions -----------------------------------------------------------------------

    def action_read(self):
        """Read the file for the first time: guess what is not known of it yet."""
        self.ensure_one()
        if not self.file:
            raise UserError(self.env._("Choose a file first."))
        saved = self.channel_id.file_mapping
        if saved:
            self._fill(self._guarded(lambda: Mapping.of_json(saved)))
        self._look_at_table(fill=not saved)
        self.state = "check"
        self._refresh_preview()
        return self._reopen()

    def action_preview(self):
        """Read the file as it is described now; what was chosen stays."""
        self.ensure_one()
        self._remember()
        self._look_at_table()
        self._refresh_preview()
        return self._reopen()

    def action_back(self):
        """Choose another file."""
        self.ensure_one()
        self._remember()
        self.write({"state": "upload", "preview": False})
        return self._reopen()

    def action_save(self):
        """Keep the description for this channel, also for files that are fetched."""
        self.ensure_one()
        self.channel_id.check_access("write")
        mapping = self._get_mapping()
        self._guarded(mapping.check)
        self.channel_id.file_mapping = mapping.as_json()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Saved: files of “%s” are read like this from now on.",
                    self.channel_id.name,
                ),
                "next": self._reopen(),
            },
        }

    def action_import(self):
        """Keep every order and every refused row as a message; they are applied soon.

        A description that is the channel's first is kept with it.
        """
        self.ensure_one()
        if self.channel_id.state != "connected":
            raise UserError(
                self.env._("Connect the channel first, then import its files.")
            )
        mapping = self._get_mapping()
        self._guarded(mapping.check)
        if self.is_manager and not self.channel_id.file_mapping:
            self.channel_id.file_mapping = mapping.as_json()
        uploads = self.env["ecom.file.upload"]
        upload = self._guarded(
            lambda: uploads._request(
                self.channel_id,
                self.file_name or self.env._("File"),
                self._get_content(),
                mapping,
                self.row_count,
                apply_older=self.apply_older and self.can_apply_older,
            )
        )
        self.write(
            {
                "state": "done",
                "upload_id": upload.id,
                "result": self._describe(upload),
                "refused_count": upload.refused_count,
                "refused_file": upload.with_context(bin_size=False).refused_file,
                "refused_name": upload.refused_name,
            }
        )
        return self._reopen()

    def action_view_upload(self):
        """How far the import is."""
        self.ensure_one()
        return self.upload_id._get_records_action()

    def action_download_refused(self):
        """The refused rows, to be corrected and imported again."""
        self.ensure_one()
        if not self.refused_file:
            self._keep_refused()
        return {
            "type": "ir.actions.act_url",
            "target": "download",
            "url": f"/web/content/{self._name}/{self.id}/refused_file/"
            f"{self.refused_name}?download=true",
        }

    def action_view_messages(self):
        """What the file has put into the inbox."""
        self.ensure_one()
        action = self.channel_id.action_view_inbox()
        domain = [*action["domain"], ("origin", "=", "file")]
        return {**action, "domain": domain}

    def _reopen(self):
        """Show the same wizard again, with all that was typed."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import a File"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    # -- reading -----------------------------------------------------------------------

    def _guarded(self, read):
        """Call a function of the pure code; what it refuses is told in words."""
        try:
            return read()
        except FileUnreadable as error:
            text = self.channel_id._explain_file_error(error)
            raise UserError(text) from error

    def _get_content(self):
        return base64.b64decode(self.with_context(bin_size=False).file or b"")

    def _get_mapping(self):
        """How the file is read: as it is described here, or as was saved.

        Only managers describe files.

        :raises UserError: when nothing was saved and the user may not describe it.
        """
        # Whoever made the wizard need not be allowed to see the channel.
        self.channel_id.check_access("read")
        if self.is_manager:
            return self._prepare_mapping()
        saved = self.channel_id.file_mapping
        if not saved:
            raise UserError(
                self.env._(
                    "Nobody has told yet what the columns of this channel's files "
                    "mean. Ask a manager to set them up."
                )
            )
        return self._guarded(lambda: Mapping.of_json(saved))

    def _prepare_mapping(self):
        constants = {line.meaning: line.value for line in self.constant_ids}
        if self.currency_id:
            constants["currency"] = self.currency_id.name
        if (self.tax_rate or "").strip():
            constants[TAX_RATE] = self._read_tax_rate()
        return Mapping(
            columns={c.name: c.meaning for c in self.column_ids if c.meaning},
            constants=constants,
            # Words that this file does not have stay known.
            statuses={
                word.lower(): status
                for word, status in {
                    **self._get_choices("statuses"),
                    **{line.word: line.status for line in self.status_ids},
                }.items()
                if status
            },
            prices_include_tax=self.prices_include_tax,
            tax_included=self._get_tax_included(),
            decimal=self.decimal,
            date_formats=self._get_date_formats(),
            timezone=self.timezone,
            encoding=self.encoding or "",
            delimiter=DELIMITERS.get(self.delimiter, ""),
            sheet=self.sheet or "",
            header_line=self.header_line,
        )

    def _read_tax_rate(self):
        """The rate of the file as the pure code wants it, with a decimal point.

        :raises UserError: when it is not a percentage.
        """
        text = self.tax_rate.replace("%", "").replace(",", ".").strip()
        try:
            valid = 0 <= float(text) <= 100
        except ValueError:
            valid = False
        if not valid:
            raise UserError(
                self.env._("Write the tax rate as a number from 0 to 100, like 19.")
            )
        return text

    def _get_tax_included(self):
        """Whether the tax is in the amounts of a field, where a column says so.

        :raises UserError: when two columns of one field say the opposite: their
            amounts are added.
        """
        said = {}
        for column in self.column_ids.filtered(lambda c: c.is_taxed and c.tax):
            included = column.tax == "included"
            if said.setdefault(column.meaning, included) != included:
                raise UserError(
                    self.env._(
                        "The amounts of “%s” and of another column are added: choose "
                        "for both with tax, or for both without.",
                        column.name,
                    )
                )
        return said

    def _get_date_formats(self):
        if self.date_order == "other":
            texts = (self.date_format or "").split("|")
            return tuple(text.strip() for text in texts if text.strip())
        return DATE_FORMATS.get(self.date_order, ())

    def _read_table(self):
        """The rows of the file, whatever its columns mean."""
        mapping = self._get_mapping()
        names = {**mapping.columns, **self._get_choices("columns")}
        return self._guarded(
            lambda: read_table(
                self._get_content(),
                encoding=mapping.encoding,
                delimiter=mapping.delimiter,
                sheet=mapping.sheet,
                columns=names,
                header_line=mapping.header_line,
            )
        )

    def _open_orders(self):
        """The file, to be read order by order.

        :return: the :class:`~..marketplaces.file.OrderFile`, and whether its orders
            tell no time at all.
        """
        content = self._get_content()
        mapping = self._get_mapping()
        uploads = self.env["ecom.file.upload"]
        moment = uploads._get_file_time(self.channel_id, content, mapping)
        file_time = moment and moment.replace(tzinfo=timezone.utc) or None
        file = self._guarded(lambda: OrderFile(content, mapping, file_time))
        return file, bool(moment)

    # -- what is shown -----------------------------------------------------------------

    def _look_at_table(self, fill=False):
        """Show the columns of the file and its words, with what they look like.

        :param fill: nothing is known of the file yet: all of it is guessed.
        """
        table = self._read_table()
        suggested = suggest_mapping(table.header, (row.cells for row in table.rows))
        if fill:
            self._fill(suggested.mapping, guessed=True)
        self._list_columns(table, suggested)
        self._list_statuses(table)

    def _get_choices(self, kind):
        return (self.choices or {}).get(kind, {})

    def _remember(self):
        """Note what was chosen, so that no change of the reading forgets it."""
        columns = {line.name: line.meaning or "" for line in self.column_ids}
        statuses = {line.word: line.status or "" for line in self.status_ids}
        taxes = {line.name: line.tax for line in self.column_ids}
        self.choices = {
            "columns": {**self._get_choices("columns"), **columns},
            "statuses": {**self._get_choices("statuses"), **statuses},
            "taxes": {**self._get_choices("taxes"), **taxes},
        }

    def _fill(self, mapping, guessed=False):
        """Show a description.

        :param guessed: it is one of the pure code, which knows nothing of the channel.
        """
        zones = {code for code, _label in _tz_get(self)}
        zone = "Asia/Shanghai" if mapping.timezone == "+08:00" else mapping.timezone
        if guessed and zone == "UTC" or zone not in zones:
            zone = self.channel_id.timezone
        constants = dict(mapping.constants)
        currency = self.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("name", "=", constants.pop("currency", ""))])
        tax_rate = constants.pop(TAX_RATE, False)
        if guessed and not currency and "currency" not in mapping.columns.values():
            currency = self.channel_id.company_id.currency_id
        delimiters = {mark: name for name, mark in DELIMITERS.items()}
        self.write(
            {
                "encoding": mapping.encoding or False,
                "delimiter": delimiters.get(mapping.delimiter, False),
                "sheet": mapping.sheet,
                "header_line": mapping.header_line,
                "decimal": mapping.decimal,
                **self._prepare_date_values(mapping.date_formats),
                "timezone": zone,
                "prices_include_tax": mapping.prices_include_tax,
                "tax_rate": tax_rate,
                "currency_id": currency.id,
                "constant_ids": [
                    Command.clear(),
                    *(
                        Command.create({"meaning": meaning, "value": value})
                        for meaning, value in constants.items()
                    ),
                ],
                "choices": {
                    "columns": {**mapping.columns, **self._get_choices("columns")},
                    "statuses": {**mapping.statuses, **self._get_choices("statuses")},
                    "taxes": self._prepare_tax_choices(mapping),
                },
            }
        )

    @api.model
    def _prepare_tax_choices(self, mapping):
        """What is shown beside each column of whether the tax is in its amounts."""
        return {
            column: "included" if mapping.tax_included[name] else "excluded"
            for column, name in mapping.columns.items()
            if name in mapping.tax_included
        }

    @api.model
    def _prepare_date_values(self, formats):
        if not formats:
            return {"date_order": "year"}
        for order, family in DATE_FORMATS.items():
            if set(formats) <= set(family):
                return {"date_order": order}
        return {"date_order": "other", "date_format": " | ".join(formats)}

    def _list_columns(self, table, suggested):
        """Show the columns of the file; one that was not there before is guessed."""
        chosen = self._get_choices("columns")
        saved = bool(self.channel_id.file_mapping)
        guesses = suggested.mapping.columns
        lines = []
        for number, name in enumerate(table.header):
            guess = guesses.get(name, "")
            # Where columns were saved, those that were left out were left out.
            meaning = chosen.get(name, "" if saved else guess)
            lines.append(
                {
                    "sequence": number,
                    "name": name,
                    "samples": self._sample(table, number),
                    "meaning": meaning or False,
                    "tax": self._get_choices("taxes").get(name, False),
                    "suggestion": guess or False,
                    "confidence": suggested.confidence.get(name, 0.0),
                }
            )
        self.write(
            {
                "column_ids": [Command.clear(), *map(Command.create, lines)],
                "found": self._describe_table(table),
                "row_count": len(table.rows),
            }
        )

    @api.model
    def _sample(self, table, number):
        """The first values of a column that differ."""
        values = {}
        for row in table.rows[:200]:
            if number < len(row.cells) and row.cells[number]:
                values[row.cells[number][:40]] = True
            if len(values) == MAX_SAMPLES:
                break
        return " · ".join(values)

    def _describe_table(self, table):
        labels = dict(self._fields["encoding"]._description_selection(self.env))
        marks = dict(self._fields["delimiter"]._description_selection(self.env))
        names = {mark: marks[name] for name, mark in DELIMITERS.items()}
        encoding = table.encoding.replace("utf-8-sig", "utf-8")
        rows = self.env._(
            "%(count)s rows, names of the columns in line %(line)s",
            count=len(table.rows),
            line=table.header_line,
        )
        kind = [labels.get(encoding, encoding), names.get(table.delimiter, "")]
        if not encoding:
            kind = [self.env._("workbook")]
        return ", ".join(filter(None, [self.file_name, *kind, rows]))

    def _list_statuses(self, table):
        """Show the words of the columns that tell a status."""
        places = [
            number
            for number, line in enumerate(self.column_ids.sorted("sequence"))
            if line.meaning in STATUS_MEANINGS
        ]
        words = dict.fromkeys(
            row.cells[place]
            for row in table.rows
            for place in places
            if place < len(row.cells) and row.cells[place]
        )
        chosen = {
            word.lower(): status
            for word, status in self._get_choices("statuses").items()
        }
        valid = dict(self.env["ecom.file.import.status"]._fields["status"].selection)
        lines = []
        for word in list(words)[:MAX_WORDS]:
            status = chosen.get(word.lower(), known_status(word))
            if status not in valid:
                status = False
            lines.append(Command.create({"word": word, "status": status}))
        self.status_ids = [Command.clear(), *lines]

    # -- preview -----------------------------------------------------------------------

    def _refresh_preview(self):
        """What would come of it; an error about all of the file is part of it.

        Of a large file only the first orders are looked at: nobody waits for more.
        """
        self.write({"refused_file": False, "refused_name": False})
        try:
            file, undated = self._open_orders()
        except UserError as error:
            self.write({"refused_count": 0, "older_count": 0})
            self.preview = {"error": str(error), "orders": [], "errors": []}
            return
        reads = list(islice(file.read_orders(), CHECKED_ORDERS))
        checked = sum(read.row_count for read in reads)
        bodies = [read.payload for read in reads if read.payload is not None]
        codes = self._foresee(bodies, undated)
        errors = sorted(
            (error for read in reads for error in read.errors), key=lambda e: e.line
        )
        start = self._get_start()
        self.write(
            {
                "refused_count": len({error.line for error in errors}),
                "older_count": codes.count("older"),
            }
        )
        self.preview = {
            "error": "",
            "count": len(bodies),
            "unchecked": file.row_count - checked,
            "states": {code: codes.count(code) for code in FORESEEN},
            "orders": [
                {**self._prepare_order(body), "change": self._get_change_label(code)}
                for body, code in list(zip(bodies, codes, strict=True))[:SHOWN_ORDERS]
            ],
            "early": self._count_early(bodies),
            "start": str(start.date()) if start else "",
            "refused": self.refused_count,
            "errors": [
                self.channel_id._prepare_row(error) for error in errors[:SHOWN_ROWS]
            ],
            "hidden": max(0, len(errors) - SHOWN_ROWS),
        }

    def _foresee(self, bodies, undated):
        """What importing the orders would do, see ``_compare_states`` of the inbox."""
        self.channel_id.check_access("read")
        # Who may see the channel may know which of its orders a file would change.
        inbox, channel = self.env["ecom.inbox.message"].sudo(), self.channel_id.sudo()
        pairs = inbox._prepare_file_orders(channel, bodies, undated)
        return [code for _envelope, code in pairs]

    @api.model
    def _get_change_label(self, code):
        return {
            "new": self.env._("New"),
            "changed": self.env._("Changed"),
            "unchanged": self.env._("Unchanged"),
            "older": self.env._("Older: left out"),
        }[code]

    def _get_start(self):
        return self.channel_id.import_since

    def _count_early(self, bodies):
        """Orders that were placed before the channel's start date."""
        start = self._get_start()
        if not start:
            return 0
        return sum(body["created_at"] < start.strftime("%Y-%m-%dT%H:%M:%SZ")
                   for body in bodies)  # fmt: skip

    def _prepare_order(self, body):
        """A line of the preview."""
        try:
            order = CONNECTORS[FILE].normalise_order(body)
        except PayloadError as error:
            details = {"field": "?", "value": "", **error.details}
            text = self.channel_id._explain_reason("bad_payload", details)
            return {"number": body["id"], "error": text}
        labels = self.channel_id._get_status_labels()
        moment = fields.Datetime.context_timestamp(
            self.with_context(tz=self.timezone), order.created_at.replace(tzinfo=None)
        )
        unknown = self.env._("Unknown: waits for a person")
        return {
            "number": order.number,
            "error": "",
            "date": moment.strftime("%Y-%m-%d %H:%M"),
            "buyer": order.buyer.name or order.shipping.name or order.buyer.email,
            "lines": [
                f"{line.quantity.normalize():f} × {line.name or line.sku}"
                for line in order.lines
            ],
            "total": f"{order.total:,.2f}",
            "currency": order.currency,
            "status": labels.get(order.status.value, unknown),
            "word": order.raw_status,
        }

    # -- result ------------------------------------------------------------------------

    def _describe(self, upload):
        if upload.state == "done":
            return upload._describe_result()
        return self.env._("%s rows are imported in the background", upload.row_count)

    def _keep_refused(self):
        """Make the file of refused rows of the preview."""
        file, _undated = self._open_orders()
        errors = [error for read in file.read_orders() for error in read.errors]
        content = self.channel_id._render_refused(file.table, file.mapping, errors)
        self.write(
            {
                "refused_file": base64.b64encode(content) if errors else False,
                "refused_name": self.channel_id._get_refused_name(self.file_name),
            }
        )
