import dataclasses
import re
from datetime import timezone

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..marketplaces.file import FileUnreadable, Mapping, export_refused
from .file_meanings import STATUSES

FILE = "file"
_ETAG = re.compile("@etag:")
MAX_FILE_TIMES = 200


class EcomChannel(models.Model):
    """A channel whose orders come in files: what the columns of the files mean."""

    _inherit = "ecom.channel"

    file_mapping = fields.Json(
        readonly=True,
        copy=False,
        help="How the files of this channel are read.",
    )
    file_mapping_html = fields.Html(
        string="Columns", compute="_compute_file_mapping_html"
    )
    file_times = fields.Json(
        readonly=True,
        copy=False,
        help="When a file was first read, by its digest: the time of change of orders "
        "that tell no time at all.",
    )

    @api.depends("file_mapping")
    @api.depends_context("lang")
    def _compute_file_mapping_html(self):
        for channel in self:
            channel.file_mapping_html = channel.file_mapping and self.env[
                "ir.qweb"
            ]._render(
                "ecom_orders.file_mapping_table", channel._prepare_mapping_values()
            )

    def _prepare_mapping_values(self):
        """What the page of the channel shows of its mapping, in words."""
        self.ensure_one()
        mapping = Mapping.of_json(self.file_mapping)
        meanings = self._get_meaning_labels()
        statuses = self._get_status_labels()
        # The database does not keep the order of the columns.
        places = {code: place for place, code in enumerate(meanings)}
        return {
            "mapping": mapping,
            "columns": [
                (column, meanings.get(code, code))
                for column, code in sorted(
                    mapping.columns.items(), key=lambda pair: places[pair[1]]
                )
            ],
            "taxes": [
                (meanings[code], included)
                for code, included in mapping.exceptions.items()
            ],
            "constants": [
                (meanings.get(code, code), value)
                for code, value in mapping.constants.items()
            ],
            "statuses": [
                (word, statuses.get(code, code))
                for word, code in mapping.statuses.items()
            ],
        }

    @api.model
    def _get_status_labels(self):
        """Names of the statuses of an order, by code."""
        line = self.env["ecom.file.import.status"]
        labels = dict(line._fields["status"]._description_selection(self.env))
        return {code: labels[code] for code, _label in STATUSES}

    @api.constrains("file_mapping")
    def _check_file_mapping(self):
        for channel in self.filtered("file_mapping"):
            try:
                Mapping.of_json(channel.file_mapping)
            except FileUnreadable as error:
                raise ValidationError(self._explain_file_error(error)) from error

    # -- the other side ----------------------------------------------------------------

    def _get_connector_options(self):
        options = super()._get_connector_options()
        if self.provider == FILE and self.file_mapping:
            options["mapping"] = self.file_mapping
        return options

    def _get_order_cursor(self):
        """For a file also which one it was: it is asked for only if it has changed."""
        cursor = super()._get_order_cursor()
        if self.provider != FILE or self.order_cursor_more:
            return cursor
        notes = filter(_ETAG.match, self.order_cursor_seen or ())
        return dataclasses.replace(cursor, seen=cursor.seen | frozenset(notes))

    def _store_page(self, page):
        """A file that brought nothing leaves the position where it was.

        Each fetch begins a little earlier than the last one ended; a shop's feed shows
        the last order again, but a file that has not changed is not even sent.
        """
        position = self.order_cursor
        if self.provider == FILE and position and not page.envelopes:
            since = position.replace(tzinfo=timezone.utc)
            cursor = dataclasses.replace(page.cursor, since=since)
            page = dataclasses.replace(page, cursor=cursor)
        return super()._store_page(page)

    def _fetch_orders(self):
        """Without an address there is nothing to fetch: files are imported by hand."""
        if self.provider == FILE and not self.url:
            return
        super()._fetch_orders()

    def _sweep_orders(self):
        if self.provider == FILE and not self.url:
            return
        super()._sweep_orders()

    def _prepare_error(self, error):
        values = super()._prepare_error(error)
        if isinstance(error, FileUnreadable):
            details = {**values["reason_details"], **self._prepare_file_details(error)}
            values["reason_details"] = details
        return values

    def _get_file_time(self, digest):
        """When a file was first read: now, unless it was read before.

        :param digest: of the file's bytes.
        :return: aware, UTC.
        """
        self.ensure_one()
        known = self.file_times or {}
        if digest not in known:
            now = fields.Datetime.to_string(fields.Datetime.now())
            kept = dict(list(known.items())[1 - MAX_FILE_TIMES :])
            # No setting: whoever may import a file may let it be noted.
            self.sudo().file_times = {**kept, digest: now}
        moment = fields.Datetime.to_datetime(self.file_times[digest])
        return moment.replace(tzinfo=timezone.utc)

    # -- rows that cannot be read ------------------------------------------------------

    @api.model
    def _prepare_row(self, error):
        """A refused row as it is shown; texts in the user's language.

        :param error: a :class:`~..marketplaces.file.RowError`.
        """
        details = self._prepare_row_details(error.as_json())
        labels = self._get_detail_labels()

        def words(value):
            codes = value if isinstance(value, list) else [value]
            return ", ".join(labels.get(code, code) for code in codes)

        return {
            "line": error.line,
            "column": words(details["column"]),
            "reason": words(details["problem"]),
            "value": error.value,
        }

    @api.model
    def _render_refused(self, table, mapping, errors):
        """The refused rows as a file, with the reason in the last column.

        :param table: the :class:`~..marketplaces.file.Table` that they are from.
        :return: bytes.
        """
        reasons = {}
        for error in errors:
            row = self._prepare_row(error)
            text = f"{row['column']}: {row['reason']}"
            reasons.setdefault(error.line, []).append(text)
        return export_refused(
            table,
            {line: "; ".join(texts) for line, texts in reasons.items()},
            self.env._("Reason"),
            encoding=mapping.encoding,
            delimiter=mapping.delimiter,
            header_line=mapping.header_line or 1,
        )

    @api.model
    def _get_refused_name(self, name):
        stem = (name or "orders").rpartition(".")[0] or "orders"
        return f"{stem}-refused.csv"

    # -- actions -----------------------------------------------------------------------

    def action_test_connection(self):
        """Without an address there is nobody to talk to, and nothing to be tested."""
        self.ensure_one()
        if self.provider == FILE and not self.url:
            return self._notify("info", self._explain_warning("no_address"))
        return super().action_test_connection()

    def action_import_file(self):
        """Import orders from a file that somebody has."""
        return self._open_file_wizard(self.env._("Import a File"))

    def action_set_up_file(self):
        """Tell what the columns of a file mean."""
        self.check_access("write")
        return self._open_file_wizard(self.env._("Set Up Columns"))

    def action_view_uploads(self):
        """The files that were imported, and what has become of them."""
        return self._view("ecom_file_upload_action", "channel_id")

    def _open_file_wizard(self, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "ecom.file.import",
            "view_mode": "form",
            "target": "new",
            "context": {"default_channel_id": self.id, "dialog_size": "extra-large"},
        }

    @api.model
    def _explain_warning(self, code):
        texts = {
            "no_address": self.env._(
                "No address is given: files of this channel are imported by a person."
            ),
            "mapping_guessed": self.env._(
                "What the columns mean is only guessed. Set them up on the page File."
            ),
            "rows_refused": self.env._(
                "Some rows cannot be read. They will be listed in the inbox."
            ),
            "changes_not_dated": self.env._(
                "Neither the file nor its orders tell when they were changed: a "
                "changed row may not be recognised as newer."
            ),
        }
        return texts.get(code) or super()._explain_warning(code)
