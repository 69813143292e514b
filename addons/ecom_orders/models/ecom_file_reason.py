from odoo import api, models

from ..marketplaces.file import FileUnreadable
from .file_meanings import MEANINGS

# Whose value says something that the text does not.
_TELLING = ("missing_column", "no_sheet", "time_zone", "mapping", "damaged")


class EcomReasonMixin(models.AbstractModel):
    """What can be wrong with a file or a row of it, in the reader's language."""

    _inherit = "ecom.reason.mixin"

    @api.model
    def _get_detail_labels(self):
        return {
            **super()._get_detail_labels(),
            **{f"file_{code}": text for code, text in self._get_file_texts().items()},
            **{f"row_{code}": text for code, text in self._get_row_texts().items()},
            **{
                f"meaning_{code}": text
                for code, text in self._get_meaning_labels().items()
            },
        }

    @api.model
    def _get_meaning_labels(self):
        """Names of what a column can mean, by code."""
        column = self.env["ecom.file.import.column"]
        return dict(column._fields["meaning"]._description_selection(self.env))

    @api.model
    def _get_file_texts(self):
        """Why a file cannot be read and what to do, by reason."""
        return {
            "too_big": self.env._(
                "it is too large. Split it into smaller files, or export fewer orders."
            ),
            "too_many_rows": self.env._(
                "it has more than 200,000 rows. Split it into smaller files, or export "
                "fewer orders."
            ),
            "encoding": self.env._(
                "its characters are not in the chosen encoding, or in none that is "
                "known. Choose another encoding, or export the file as UTF-8."
            ),
            "empty": self.env._("there is nothing in it. Choose another file."),
            "no_header": self.env._(
                "no row with the names of the columns was found. The file must be a "
                "table with at least two columns; check the delimiter."
            ),
            "damaged": self.env._(
                "it is damaged, or a quotation mark is never closed. Open it in a "
                "spreadsheet, save it as XLSX and try again."
            ),
            "old_excel": self.env._(
                "it is a workbook of an old kind (XLS) or has a password. Save it as "
                "XLSX without a password."
            ),
            "web_page": self.env._(
                "it is a web page, not a table. Perhaps the login to the shop has "
                "expired: download the file again."
            ),
            "no_sheet": self.env._(
                "the workbook does not have the sheet. Correct its name, or leave it "
                "empty for the first one."
            ),
            "missing_column": self.env._(
                "a column of the channel's settings is not in it. Export the file with "
                "it, or set up the columns again:"
            ),
            "missing_number": self.env._(
                "no column is the order number. Choose the column that has it."
            ),
            "time_zone": self.env._("the time zone is unknown. Choose another one."),
            "mapping": self.env._(
                "the channel's settings for it make no sense. Set up the columns again."
            ),
        }

    @api.model
    def _get_row_texts(self):
        """Why a row cannot be read, by code."""
        return {
            "missing": self.env._("nothing is filled in"),
            "not_a_number": self.env._("not a number"),
            "not_a_time": self.env._("not a date that can be read"),
            "not_a_currency": self.env._("not a currency code like EUR"),
            "not_a_country": self.env._("not a country"),
            "digits_lost": self.env._(
                "a spreadsheet has rounded the number; export it as text"
            ),
            "negative_quantity": self.env._("a negative quantity"),
            "too_many_cells": self.env._(
                "the row has more cells than there are columns"
            ),
            "conflict": self.env._("other rows of the same order say something else"),
            "order_refused": self.env._("another row of the same order is wrong"),
        }

    @api.model
    def _prepare_file_details(self, error):
        """Details for the reason ``bad_file``; the problem is named when it is read.

        :param error: a :class:`~..marketplaces.file.FileUnreadable`.
        """
        reason = error.details.get("reason", "")
        value = error.details.get("value", "") if reason in _TELLING else ""
        return {"problem": [f"file_{reason}"], "value": value}

    @api.model
    def _prepare_row_details(self, row):
        """Details for the reason ``bad_file_row``.

        :param row: of :meth:`~..marketplaces.file.RowError.as_json`.
        """
        column = str(row.get("column", ""))
        return {
            "line": row.get("line", "?"),
            "column": [f"meaning_{column}"] if column in _CODES else column or "…",
            "problem": [f"row_{row.get('reason', '')}"],
            "value": str(row.get("value") or "–"),
        }

    @api.model
    def _explain_file_error(self, error):
        """The sentence for a file that cannot be read."""
        if not isinstance(error, FileUnreadable):
            return str(error)
        return self._explain_reason("bad_file", self._prepare_file_details(error))


_CODES = dict(MEANINGS)
