"""A file that cannot be read at all; single rows are :class:`~.orders.RowError`."""

from __future__ import annotations

from ..errors import PayloadError


class FileUnreadable(PayloadError):
    """Nothing of a file can be used.

    ``details["reason"]`` is one of ``too_big``, ``too_many_rows``, ``encoding``,
    ``empty``, ``no_header``, ``damaged``, ``old_excel``, ``web_page``, ``no_sheet``,
    ``missing_column``, ``missing_number``, ``time_zone``, ``mapping``;
    ``details["value"]`` says more.
    """

    code = "bad_file"

    def __init__(self, reason: str, value: str = ""):
        super().__init__(f"{reason} {value}".strip(), reason=reason, value=value)
        self.details["field"] = "file"
