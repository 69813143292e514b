"""Rows of a workbook (Office Open XML) as text, as a person sees them.

Dates become ISO text, whole numbers lose their ``.0``, and a number that is shown with
leading zeros (format ``00000``) keeps them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from .errors import FileUnreadable

MAGIC = b"PK\x03\x04"
MAX_UNPACKED = 400 * 1024 * 1024  # bytes of all parts
MAX_RATIO = 200  # unpacked to packed, of a part of more than a megabyte
MAX_PARTS = 2_000
EXACT = 10**15  # whole numbers beyond it have lost digits in a spreadsheet


def read_rows(
    content: bytes, sheet: str = "", decimal: str = "."
) -> Iterator[tuple[int, list[str]]]:
    """Yield row number and cells of a sheet.

    :param sheet: its name, empty = the first.
    :param decimal: the mark with which numbers are written.
    :raises FileUnreadable: ``damaged``, ``too_big`` (unpacked), ``no_sheet``.
    """
    _refuse_bombs(content)
    book = _open(content)
    try:
        yield from _read(_choose(book, sheet), decimal)
    except FileUnreadable:
        raise
    except Exception as error:  # of openpyxl and its XML parser: any kind
        raise FileUnreadable("damaged", type(error).__name__) from None
    finally:
        book.close()


def _refuse_bombs(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise FileUnreadable("damaged", type(error).__name__) from None
    unpacked = sum(part.file_size for part in parts)
    dense = any(
        part.file_size > 1024 * 1024
        and part.file_size > MAX_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    if unpacked > MAX_UNPACKED or len(parts) > MAX_PARTS or dense:
        raise FileUnreadable("too_big", str(unpacked))


def _open(content: bytes) -> Any:
    # Only here: who imports CSV files only need not have it.
    from openpyxl import load_workbook

    try:
        return load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except Exception as error:  # of openpyxl and its XML parser: any kind
        raise FileUnreadable("damaged", type(error).__name__) from None


def _choose(book: Any, sheet: str) -> Any:
    if not book.worksheets:
        raise FileUnreadable("no_sheet")
    if not sheet:
        return book.worksheets[0]
    for found in book.worksheets:
        if found.title == sheet:
            return found
    raise FileUnreadable("no_sheet", sheet)


def _read(sheet: Any, decimal: str) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()  # what a file says of its size need not be true
    for number, row in enumerate(sheet.iter_rows(), start=1):
        yield number, [_text(cell, decimal) for cell in row]


def _text(cell: Any, decimal: str) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else str(value)
    if isinstance(value, int | float):
        shown_as = str(getattr(cell, "number_format", "") or "")
        return _number(value, shown_as).replace(".", decimal)
    return str(value)


def _number(value: int | float, shown_as: str) -> str:
    if isinstance(value, float) and not value.is_integer():
        # A spreadsheet shows 15 digits; the rest is noise of a binary float.
        return format(Decimal(f"{value:.15g}"), "f")
    if abs(value) >= EXACT:
        return f"{value:.15E}"  # so that nobody takes it for an exact number
    zeros = re.fullmatch(r'"?(0+)"?', shown_as)
    return str(int(value)).zfill(len(zeros[1]) if zeros else 0)
