"""CSV that no spreadsheet takes for a formula.

Cells that begin with ``= + - @``, tab, carriage return or line feed are executed or
misread by spreadsheets (OWASP, "CSV Injection"); they get an apostrophe in front.
Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?", re.ASCII)


def safe_cell(value: Any) -> str:
    """A value as the text of a cell."""
    if value is None or value is False:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    text = str(value).replace("\0", "")
    begins = text.lstrip(" ")
    if begins.startswith(_DANGEROUS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Lines of a CSV file, one at a time, however many rows there are."""
    yield _line(header)
    for row in rows:
        yield _line(row)


def _line(row: Sequence[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([safe_cell(c) for c in row])
    return buffer.getvalue()


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A whole file: UTF-8 with the mark that spreadsheets look for."""
    return b"\xef\xbb\xbf" + "".join(write_csv(header, rows)).encode()
