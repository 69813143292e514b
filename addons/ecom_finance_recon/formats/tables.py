"""Formats that are a table: the header decides, never the number of a column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import ClassVar

from . import amounts, moments
from .base import Format
from .document import DELIMITERS, Document
from .errors import BadValue, FileDamaged

MAX_CUTS = 50  # delimiters in one text
_DATE = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}", re.ASCII)
_BRACKETS = str.maketrans("（）：", "():")


def normal(name: str) -> str:
    """A column's name, comparable: one space, half-width brackets, lower case."""
    text = name.translate(_BRACKETS).strip().strip("\ufeff`'\"")
    return re.sub(r"\s+", " ", text).casefold()


class Row:
    """One row; cells by normalised name of column, ``""`` for what is not there."""

    __slots__ = ("cells", "number", "table")

    def __init__(self, number: int, cells: dict[str, str], table: Table):
        self.number = number
        self.cells = cells
        self.table = table

    @property
    def raw(self) -> dict[str, str]:
        """The cells that are not empty."""
        return self.cells

    def text(self, *names: str) -> str:
        """The first cell of these columns that is not empty."""
        for name in names:
            value = self.cells.get(name, "")
            if value and value not in ("--",):
                return value
        return ""

    def amount(self, name: str) -> Decimal | None:
        """The amount of a column, ``None`` when the cell is empty.

        :raises BadValue: when it is none.
        """
        cell = self.cells.get(name, "")
        if not cell:
            return None
        return amounts.read_amount(cell, self.table.decimal, self.number, name)

    def moment(self, name: str, zone: tzinfo | None = None) -> datetime | None:
        """The time of a column in UTC; ``zone`` of one that tells none."""
        cell = self.cells.get(name, "")
        if not cell:
            return None
        return moments.read_moment(
            cell, self.number, name, zone or self.table.zone, self.table.day_first
        )

    def need(self, name: str) -> Decimal:
        """The amount of a column that has to have one.

        :raises BadValue: when it is empty or none.
        """
        value = self.amount(name)
        if value is None:
            raise BadValue(
                f"row {self.number}: {name} is empty",
                row=self.number,
                column=name,
                value="",
            )
        return value


class Table:
    """The rows below a header.

    :param required: normalised names of columns that the header must have.
    :param strip: characters around cells that are no part of them.
    :param loose: column whose text may contain delimiters without being quoted; a
        date has to be behind it.
    :param amounts: columns from which the decimal mark is found; ``dates`` likewise
        whether the day comes first.
    """

    def __init__(
        self,
        document: Document,
        required: Iterable[str],
        *,
        delimiters: Iterable[str] = DELIMITERS,
        quoted: bool = True,
        amount_columns: Iterable[str] = (),
        date_columns: Iterable[str] = (),
        decimal: str = "",
        zone: tzinfo | None = None,
        strip: str = "",
        loose: str = "",
    ):
        found = find_header(document, required, delimiters)
        if found is None:
            raise FileDamaged("the header is missing", why="no_header")
        self.document = document
        self.delimiter, self.header_index, self.names = found
        self.quoted = quoted
        self.strip = strip
        self.loose = self.names.index(loose) if loose and loose in self.names else -1
        self.zone = zone or moments.UTC
        self.preamble = document.head_rows(self.delimiter)[: self.header_index]
        sample = document.head_rows(self.delimiter)[self.header_index + 1 :]
        self.decimal = decimal or amounts.decimal_mark(
            self._column_cells(sample, amount_columns)
        )
        self.day_first = moments.days_come_first(
            self._column_cells(sample, date_columns)
        )

    def _column_cells(self, sample: list[list[str]], columns: Iterable[str]):
        places = [i for i, name in enumerate(self.names) if name in set(columns)]
        return [row[i] for row in sample for i in places if i < len(row)]

    def has(self, name: str) -> bool:
        """Whether the header has a column."""
        return name in self.names

    def __iter__(self) -> Iterator[Row]:
        """Rows below the header that are not empty."""
        names, strip = self.names, f"{self.strip} \t\r\n\ufeff"
        rows = self.document.rows(self.delimiter, self.quoted)
        position = -1
        for number, cells in rows:
            position += 1
            if position <= self.header_index:
                continue
            if self.loose >= 0:
                cells = self._rejoin(cells)
            values = {
                name: text
                for name, cell in zip(names, cells, strict=False)
                if name and (text := cell.strip(strip))
            }
            if values:
                yield Row(number, values, self)

    def _rejoin(self, cells: list[str]) -> list[str]:
        """Put the text together that unquoted delimiters have cut.

        A date stands behind it: whatever is before that is the text.
        """
        start = self.loose + 1
        for place in range(start, min(len(cells), start + MAX_CUTS)):
            if _DATE.match(cells[place].strip()):
                joined = self.delimiter.join(cells[self.loose : place])
                return [*cells[: self.loose], joined, *cells[place:]]
        return cells


def find_header(
    document: Document,
    required: Iterable[str],
    delimiters: Iterable[str] = DELIMITERS,
) -> tuple[str, int, list[str]] | None:
    """Delimiter, position and column names of the first row that has all columns."""
    wanted = set(required)
    if document.is_xml or document.is_json:
        return None
    for delimiter in [","] if document.is_workbook else delimiters:
        for index, cells in enumerate(document.head_rows(delimiter)):
            if len(cells) < len(wanted):
                continue
            names = [normal(cell) for cell in cells]
            if wanted <= set(names):
                return delimiter, index, _unique(names)
    return None


def _unique(names: list[str]) -> list[str]:
    """Names each of them once: a second ``"name"`` is ``"name (2)"``."""
    found: list[str] = []
    for name in names:
        unique, copy = name, 2
        while unique and unique in found:
            unique, copy = f"{name} ({copy})", copy + 1
        found.append(unique)
    return found


class TableFormat(Format):
    """A format that is known by the columns of its header.

    :cvar required: normalised names that make it this format and no other.
    :cvar alternatives: further sets of names (other languages, older layouts).
    :cvar forbidden: names that make it another one.
    """

    required: ClassVar[tuple[str, ...]] = ()
    alternatives: ClassVar[tuple[tuple[str, ...], ...]] = ()
    forbidden: ClassVar[tuple[str, ...]] = ()
    delimiters: ClassVar[tuple[str, ...]] = DELIMITERS
    score: ClassVar[int] = 90

    def columns(self, document: Document) -> tuple[str, ...] | None:
        """The set of names that the header has, ``None`` when it has none of them."""
        for names in (self.required, *self.alternatives):
            found = find_header(document, names, self.delimiters) if names else None
            if found and not set(self.forbidden) & set(found[2]):
                return names
        return None

    def sniff(self, document: Document) -> int:
        return self.score if self.columns(document) else 0

    def table(self, document: Document, **settings) -> Table:
        """The table; see :class:`Table` for the settings.

        :raises FileDamaged: when the header is none of this format.
        """
        names = self.columns(document)
        if names is None:
            raise FileDamaged("the header is missing", why="no_header")
        return Table(document, names, delimiters=self.delimiters, **settings)
