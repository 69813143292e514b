"""A file as rows of text with their line numbers, whatever it was made with."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from . import xlsx
from .encoding import decode
from .errors import FileUnreadable
from .suggestions import known_names

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 200_000
MAX_CELLS = 500  # of a row
MAX_CELL_BREAKS = 200  # line breaks in a cell; more is a quote that was never closed
HEADER_WITHIN = 40  # rows in which the header is looked for
DELIMITERS = ("\t", ";", "|", ",")

_PROTECTED = re.compile(r'="?(.*?)"?', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """A row and the line of the file that it begins on (of a sheet: its number)."""

    line: int
    cells: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return not any(self.cells)


@dataclass(frozen=True)
class Table:
    """What a file consists of.

    :param header: names of the columns, each of them once: a second ``"Name"`` is
        ``"Name (2)"``, a column without a name is ``"#3"``.
    :param rows: those below the header that are not empty.
    :param encoding: empty for a workbook, like ``delimiter``.
    """

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    encoding: str = ""
    delimiter: str = ""
    header_line: int = 1


def read_table(
    content: bytes,
    *,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    columns: Iterable[str] = (),
    decimal: str = ".",
    header_line: int = 0,
) -> Table:
    """Read a CSV file or a workbook (XLSX).

    :param encoding: of a text file, empty = find out; the same for ``delimiter``.
    :param sheet: name of the sheet of a workbook, empty = the first.
    :param columns: names that the header is expected to have, if known.
    :param decimal: mark with which numbers of a workbook are written as text.
    :param header_line: of the header, 0 = find it.
    :raises FileUnreadable: when it is not a table or beyond the limits.
    """
    if len(content) > MAX_BYTES:
        raise FileUnreadable("too_big", str(len(content)))
    if content.startswith(xlsx.MAGIC):
        rows = _limited(xlsx.read_rows(content, sheet, decimal))
        return _table(rows, columns, header_line)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileUnreadable("old_excel")
    text, encoding = decode(content, encoding)
    if re.match(r"\s*<(!doctype|html|\?xml|table)", text[:200], re.IGNORECASE):
        raise FileUnreadable("web_page")
    text = text.replace("\0", "")
    delimiter = delimiter or find_delimiter(text)
    rows = _limited(_csv_rows(text, delimiter))
    return _table(rows, columns, header_line, encoding, delimiter)


def _limited(rows: Iterator[tuple[int, list[str]]]) -> list[Row]:
    found = []
    for line, cells in rows:
        if len(found) > MAX_ROWS:
            raise FileUnreadable("too_many_rows", str(MAX_ROWS))
        if len(cells) > MAX_CELLS and any(cells[MAX_CELLS:]):
            raise FileUnreadable("damaged", f"{line}: {len(cells)} cells")
        row = Row(line, tuple(clean_cell(cell) for cell in cells[:MAX_CELLS]))
        if not row.is_empty:
            found.append(row)
    return found


def clean_cell(text: str) -> str:
    """A cell without what only keeps spreadsheets from changing it.

    ``="00123"``, a leading apostrophe or tab before digits (Taobao, JD and others).
    """
    text = text.strip().strip("\ufeff")
    if text.startswith("="):
        match = _PROTECTED.fullmatch(text)
        text = match[1] if match and '"' in text else text
    if text.startswith("'") and text[1:2].isalnum():
        text = text[1:]
    return text.strip()


# -- text files ------------------------------------------------------------------------


def find_delimiter(text: str) -> str:
    """The delimiter that cuts the beginning of a text into the most regular table."""
    sample = text[:200_000]
    scores = {mark: _regularity(sample, mark) for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: scores[mark])


def _regularity(text: str, delimiter: str) -> float:
    """Cells in the most frequent kind of row, as often as it occurs."""
    widths: Counter[int] = Counter()
    with suppress(FileUnreadable):  # what was read until then says enough
        for _line, cells in _csv_rows(text, delimiter):
            if any(cells):
                widths[len(cells)] += 1
            if sum(widths.values()) >= 200:
                break
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda item: (item[0] > 1) * item[1])
    return 0.0 if width < 2 else count / sum(widths.values()) + width / 1_000


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the line that they begin on."""
    # Flat files with tabs are often not quoted at all; inch marks then stand alone.
    quoted = delimiter != "\t" or text.count('"') % 2 == 0
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
    )
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileUnreadable("damaged", f"{line}: {error}") from None
        if reader.line_num - line > MAX_CELL_BREAKS:
            raise FileUnreadable("damaged", f"{line}: a quote is never closed")
        yield line, cells
        line = reader.line_num + 1


# -- the header ------------------------------------------------------------------------


def _table(
    rows: list[Row],
    columns: Iterable[str],
    header_line: int,
    encoding: str = "",
    delimiter: str = "",
) -> Table:
    if not rows:
        raise FileUnreadable("empty")
    if header_line:
        position = _position_of(rows, header_line)
    else:
        position = _header_position(rows[:HEADER_WITHIN], set(columns))
    width = max(len(row.cells) for row in rows[position:])
    header = unique_names(rows[position].cells, width)
    return Table(
        header,
        tuple(rows[position + 1 :]),
        encoding,
        delimiter,
        rows[position].line,
    )


def _position_of(rows: list[Row], line: int) -> int:
    for position, row in enumerate(rows):
        if row.line == line:
            return position
    raise FileUnreadable("no_header", str(line))


def _header_position(rows: list[Row], columns: set[str]) -> int:
    """Which row names the columns: titles and remarks may stand above it."""
    widest = max(sum(map(bool, row.cells)) for row in rows)

    def score(row: Row) -> tuple[int, int, int]:
        names = {cell for cell in row.cells if cell}
        texts = sum(not re.match(r"[-+\d.,:/\s]+$", name) for name in names)
        # A sentence above the table is a single cell, whatever words it has.
        known = known_names(row.cells) if len(names) > 1 else 0
        wide, wordy = len(names) > widest / 2, texts > len(names) / 2
        return (len(names & columns), known, wide + wordy)

    best = max(range(len(rows)), key=lambda n: (score(rows[n]), -n))
    if not any(rows[best].cells) or (widest < 2 and len(rows) > 1):
        raise FileUnreadable("no_header")
    return best


def unique_names(cells: Iterable[str], width: int) -> tuple[str, ...]:
    """Names of columns, each of them once; see :class:`Table`."""
    names: list[str] = []
    cells = list(cells)
    for number in range(width):
        cell = cells[number] if number < len(cells) else ""
        name = " ".join(cell.split()) or f"#{number + 1}"
        unique, copy = name, 2
        while unique in names:
            unique, copy = f"{name} ({copy})", copy + 1
        names.append(unique)
    return tuple(names)
