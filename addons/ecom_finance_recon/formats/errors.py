"""What can be wrong with a file, as types a caller can act on.

Every error carries a machine-readable ``code`` and plain ``details``; texts for people
are made in Odoo, translated, from both. Whatever bytes are given, reading them raises
:class:`FormatError` or nothing.
"""

from __future__ import annotations

from typing import Any


class FormatError(Exception):
    """Base of all errors of this package.

    :param message: for developers and logs, in English.
    :param details: plain values for the text shown to a person (``row``, ``column``,
        ``value``, ``limit``...).
    """

    code = "format_error"

    def __init__(self, message: str = "", **details: Any):
        super().__init__(message or self.code)
        self.details = details


class NotRecognised(FormatError):
    """No registered format knows the content; a mapping can be made by hand."""

    code = "not_recognised"


class EncodingUnknown(FormatError):
    """The bytes are no text in any encoding that we try."""

    code = "encoding_unknown"


class FileDamaged(FormatError):
    """The file breaks off or contradicts its own format; ``details["why"]``."""

    code = "file_damaged"


class BadValue(FormatError):
    """A cell that must be an amount or a time is none; ``row, column, value``."""

    code = "bad_value"


class TooLarge(FormatError):
    """Beyond a limit: ``details["limit"]`` names it."""

    code = "too_large"


class ArchiveRefused(FormatError):
    """A zip that is a bomb, encrypted, nested or damaged; ``details["why"]``."""

    code = "archive_refused"


class NothingInside(FormatError):
    """The provider says that there was no movement, or the file is empty."""

    code = "nothing_inside"
