"""Rows of a file to orders: payloads for the normaliser, and what could not be read.

A row that cannot be read never stops the others. An order of which one row cannot be
read is not imported half: all its rows are listed, the good ones as ``order_refused``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from decimal import Decimal
from itertools import islice
from typing import Any

from ..reading import MAX_NOTE, MAX_TEXT, clean, shorten
from ..schema import OrderStatus
from . import values
from .countries import country_code
from .errors import FileUnreadable
from .mapping import FIELDS, Kind, Mapping
from .table import Row, Table, read_table

#: Fields of a row that make a line of the order of it.
_LINE_SIGNS = ("line.sku", "line.name", "line.product_ref", "line.barcode", "line.id")
_IDS = ("id", "sku", "product_ref", "barcode", "name")
_LONG = ("note", "line.name", "coupon")
#: What else being unreadable explains that a field is missing.
_SAME = {
    "created_at": {"created_at", "paid_at"},
    "line.sku": set(_LINE_SIGNS),
    "line.total": {"line.total", "line.unit_price", "total"},
}
_JOINED = (Kind.TEXT,)


@dataclass(frozen=True)
class RowError:
    """Why a row was not taken.

    :param line: of the file; of a workbook the number of the row.
    :param column: its name in the file; the field's name (of
        :data:`~.mapping.FIELDS`) where no column has it.
    :param code: ``missing``, ``not_a_number``, ``not_a_time``, ``not_a_currency``,
        ``not_a_country``, ``digits_lost`` (a spreadsheet made ``1.23E+17`` of an id),
        ``negative_quantity``, ``too_many_cells``, ``conflict`` (rows of one order
        contradict each other), ``order_refused`` (another row of the order is wrong).
    :param value: what stands there, shortened.
    :param key: the order's number; of a row without one its :attr:`_ReadRow.identity`.
        By it a later row is recognised as this one corrected.
    """

    line: int
    column: str
    code: str
    value: str = ""
    key: str = field(default="", compare=False)

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the inbox."""
        return {
            "line": self.line,
            "column": self.column,
            "reason": self.code,
            "value": self.value,
        }


@dataclass(frozen=True)
class Parsed:
    """What a file holds.

    :param orders: a payload for each order, in the order of the file. Equal rows give
        equal payloads, whichever file they stand in.
    :param digest: of the file; whoever gives a file's time as ``file_time`` does well
        to keep the time with which it was first read, by digest.
    """

    orders: tuple[dict[str, Any], ...]
    errors: tuple[RowError, ...] = ()
    digest: str = ""


@dataclass(frozen=True)
class ReadOrder:
    """What became of the rows of one order.

    :param payload: ``None`` when one of its rows cannot be read.
    :param keys: by which its rows are recognised, see :attr:`RowError.key`.
    :param row_count: how many rows it has.
    """

    payload: dict[str, Any] | None
    errors: tuple[RowError, ...]
    keys: frozenset[str]
    row_count: int


@dataclass(frozen=True)
class _ReadRow:
    """A row with its fields read; texts and :class:`~decimal.Decimal` by field."""

    line: int
    fields: dict[str, Any]
    errors: tuple[RowError, ...] = ()

    @property
    def number(self) -> str:
        return self.fields.get("number", "")

    @property
    def identity(self) -> str:
        """Digest of all that is read of the row but the number of its order."""
        told = sorted((k, str(v)) for k, v in self.fields.items() if k != "number")
        return "row-" + hashlib.sha256(repr(told).encode()).hexdigest()[:28]

    @property
    def is_line(self) -> bool:
        """Whether it has something sold on it."""
        return any(self.fields.get(name) for name in _LINE_SIGNS)


def parse_orders(
    content: bytes, mapping: Mapping, file_time: datetime | None = None
) -> Parsed:
    """Read a file.

    :param file_time: when the file was made (aware); the time of modification of
        orders that do not tell theirs, so that a changed row of a later file counts
        as newer. Without it such orders are as old as their placement.
    :raises FileUnreadable: when it cannot be read at all, or columns of the mapping
        are missing in it: without them amounts would be wrong unnoticed.
    """
    file = OrderFile(content, mapping, file_time)
    orders, errors = [], []
    for read in file.read_orders():
        errors += read.errors
        if read.payload is not None:
            orders.append(read.payload)
    errors.sort(key=lambda error: error.line)
    return Parsed(tuple(orders), tuple(errors), hashlib.sha256(content).hexdigest())


class OrderFile:
    """A file whose orders are read one after the other.

    Its cells are kept as text; what is made of them is not, so that a large file takes
    little more memory than its text.

    The parameters and errors are those of :func:`parse_orders`.
    """

    def __init__(
        self, content: bytes, mapping: Mapping, file_time: datetime | None = None
    ):
        mapping.check()
        self.mapping, self.file_time = mapping, file_time
        self.table = read_table(
            content,
            encoding=mapping.encoding,
            delimiter=mapping.delimiter,
            sheet=mapping.sheet,
            columns=mapping.columns,
            decimal=mapping.decimal,
            header_line=mapping.header_line,
        )
        missing = [name for name in mapping.columns if name not in self.table.header]
        if missing:
            raise FileUnreadable("missing_column", missing[0])
        self._reader = _RowReader(self.table, mapping)
        self._groups = self._group()

    @property
    def row_count(self) -> int:
        """How many rows it has below its header."""
        return len(self.table.rows)

    def read_orders(self, start: int = 0) -> Iterator[ReadOrder]:
        """Yield what became of each order, in the order of the file.

        :param start: how many orders were read before and are left out.
        """
        for rows in islice(self._groups, start, None):
            yield self._read_order([self._reader.read_row(row) for row in rows])

    def _group(self) -> list[list[Row]]:
        """Rows by order number, wherever they stand; one without is by itself."""
        groups: dict[Any, list[Row]] = {}
        for row in self.table.rows:
            groups.setdefault(self._reader.number_of(row) or row.line, []).append(row)
        return list(groups.values())

    def _read_order(self, rows: list[_ReadRow]) -> ReadOrder:
        payload, errors = _order(rows, self.mapping, self.file_time)
        key = rows[0].number or rows[0].identity
        return ReadOrder(
            payload,
            tuple(replace(error, key=key) for error in errors),
            frozenset({key, *(row.identity for row in rows)}),
            len(rows),
        )


# -- one row ---------------------------------------------------------------------------


class _RowReader:
    """Reads the cells of rows as the mapping says."""

    def __init__(self, table: Table, mapping: Mapping):
        self.mapping = mapping
        self.zone = mapping.zone()
        # In the order of the file: a mapping that was stored may have lost its own.
        self.places = sorted(
            (table.header.index(column), column, name)
            for column, name in mapping.columns.items()
        )
        named = [n for n, name in enumerate(table.header) if not name.startswith("#")]
        self.width = max(named, default=-1) + 1

    def number_of(self, row: Row) -> str:
        """The number of a row's order, empty when it cannot be read."""
        fields: dict[str, Any] = {}
        for place, _column, name in self.places:
            text = row.cells[place] if place < len(row.cells) else ""
            if name == "number" and text and not values.has_lost_digits(text):
                _add(fields, name, self._value(name, text))
        constant = self.mapping.constants.get("number", "")
        return fields.get("number") or clean(constant, 200)

    def read_row(self, row: Row) -> _ReadRow:
        """A row, with everything that is wrong with it."""
        fields: dict[str, Any] = {}
        errors: list[RowError] = []
        if any(row.cells[self.width :]):
            text = next(filter(None, row.cells[self.width :]))
            errors.append(RowError(row.line, "", "too_many_cells", shorten(text)))
        for place, column, name in self.places:
            text = row.cells[place] if place < len(row.cells) else ""
            if not text:
                continue
            try:
                _add(fields, name, self._value(name, text))
            except ValueError as error:
                code = str(error).replace(" ", "_")
                errors.append(RowError(row.line, column, code, shorten(text)))
        self._fill(row, fields, errors)
        if fields.get("number", "0") == "0":  # no id is "0", see Reader.identifier
            errors.append(RowError(row.line, self._column("number"), "missing"))
        return _ReadRow(row.line, fields, tuple(errors))

    def _fill(self, row: Row, fields: dict[str, Any], errors: list[RowError]) -> None:
        """Put in what the mapping says of all rows."""
        for name, text in self.mapping.constants.items():
            if name in fields or not text:
                continue
            try:
                fields[name] = self._value(name, text, decimal=".")
            except ValueError as error:
                code = str(error).replace(" ", "_")
                errors.append(RowError(row.line, name, code, shorten(text)))

    def _column(self, name: str) -> str:
        return next((c for _place, c, field in self.places if field == name), name)

    def _value(self, name: str, text: str, decimal: str = "") -> Any:
        """A cell as its field wants it.

        :raises ValueError: its text is the code of the :class:`RowError`.
        """
        kind = FIELDS[name]
        if kind is Kind.AMOUNT:
            return self._amount(name, text, decimal or self.mapping.decimal)
        if kind is Kind.MOMENT:
            try:
                return values.moment(text, self.mapping.date_formats, self.zone)
            except ValueError:
                raise ValueError("not_a_time") from None
        if kind is Kind.CURRENCY:
            code = text.strip().upper()
            if not re.fullmatch("[A-Z]{3}", code):
                raise ValueError("not_a_currency")
            return code
        if kind is Kind.FLAG:
            return values.flag(text)
        if name.endswith(".country"):
            return country_code(text)
        if name in ("number", "line.id") and values.has_lost_digits(text):
            raise ValueError("digits_lost")
        limit = 200 if name == "number" else MAX_NOTE if name in _LONG else MAX_TEXT
        return clean(text, limit)

    @staticmethod
    def _amount(name: str, text: str, decimal: str) -> Decimal:
        try:
            number = values.amount(text, decimal)
        except ValueError:
            raise ValueError("not_a_number") from None
        if name == "line.quantity" and number < 0:
            raise ValueError("negative_quantity")
        return number


def _add(fields: dict[str, Any], name: str, value: Any) -> None:
    """Put a cell to what other columns of the row said of the same field."""
    known = fields.get(name)
    if known is None:
        fields[name] = value
    elif FIELDS[name] is Kind.AMOUNT:
        fields[name] = known + value
    elif FIELDS[name] in _JOINED and not name.endswith(".country"):
        fields[name] = f"{known} {value}"


# -- one order -------------------------------------------------------------------------


def _order(
    rows: list[_ReadRow], mapping: Mapping, file_time: datetime | None
) -> tuple[dict[str, Any] | None, list[RowError]]:
    """The payload of an order, or why there is none."""
    errors = [error for row in rows for error in row.errors]
    head, contradictions = _head(rows)
    errors += contradictions
    lines = [row for row in rows if row.is_line]
    failed = {mapping.columns.get(error.column, error.column) for error in errors}
    errors += [
        error
        for error in _missing(rows, lines, head, file_time)
        if not failed & _SAME.get(error.column, {error.column})
    ]
    if errors:
        wrong = {error.line for error in errors}
        number = shorten(rows[0].number)
        errors += [
            RowError(row.line, "number", "order_refused", number)
            for row in rows
            if row.line not in wrong
        ]
        return None, errors
    return _payload(head, lines, mapping, file_time), []


def _head(rows: list[_ReadRow]) -> tuple[dict[str, Any], list[RowError]]:
    """Fields of the order: the first that is filled in, and what contradicts it.

    The newest of several times of modification counts. Texts may differ: the first
    counts. Amounts and currencies may not: they would be of single lines.
    """
    head: dict[str, Any] = {}
    errors = []
    for row in rows:
        for name, value in row.fields.items():
            if name.startswith("line."):
                continue
            if name not in head:
                head[name] = value
            elif name == "updated_at":
                head[name] = max(head[name], value)
            elif value != head[name] and FIELDS[name] in (Kind.AMOUNT, Kind.CURRENCY):
                text = shorten(str(value))
                errors.append(RowError(row.line, name, "conflict", text))
    return head, errors


def _missing(
    rows: list[_ReadRow],
    lines: list[_ReadRow],
    head: dict[str, Any],
    file_time: datetime | None,
) -> list[RowError]:
    first = rows[0].line
    errors = []
    if "currency" not in head:
        errors.append(RowError(first, "currency", "missing"))
    if not any(head.get(name) for name in ("created_at", "paid_at")) and not file_time:
        errors.append(RowError(first, "created_at", "missing"))
    if not lines:
        errors.append(RowError(first, "line.sku", "missing"))
    for row in lines:
        priced = "line.total" in row.fields or "line.unit_price" in row.fields
        # What a single line costs follows from the total.
        if not priced and not (len(lines) == 1 and "total" in head):
            errors.append(RowError(row.line, "line.total", "missing"))
    return errors


def _payload(
    head: dict[str, Any],
    lines: Sequence[_ReadRow],
    mapping: Mapping,
    file_time: datetime | None,
) -> dict[str, Any]:
    """The order as JSON: amounts and times as text, nothing that is empty."""
    status, word = _status(head, mapping)
    created = head.get("created_at") or head.get("paid_at") or file_time
    updated = head.get("updated_at") or file_time or created
    flat = {
        name: _json(value)
        for name, value in head.items()
        if "." not in name and name not in ("status", "fulfilment")
    }
    payload: dict[str, Any] = {
        **flat,
        "id": clean(head["number"], 200),
        "status": status.value,
        "raw_status": word,
        "created_at": _json(created),
        "updated_at": _json(updated),
        "prices_include_tax": mapping.prices_include_tax,
        "lines": _lines(lines),
    }
    if mapping.exceptions:
        payload["tax_included"] = mapping.exceptions
    for part in ("buyer", "bill_to", "ship_to"):
        prefix = f"{part}."
        nested = {
            name.removeprefix(prefix): _json(value)
            for name, value in head.items()
            if name.startswith(prefix)
        }
        if nested:
            payload[part] = nested
    return payload


def _status(head: dict[str, Any], mapping: Mapping) -> tuple[OrderStatus, str]:
    """What became of the order, and the file's own words for it.

    A file without a column for it is taken to hold orders to be fulfilled; a word that
    the mapping does not know makes the order wait for a person.
    """
    word = head.get("status", "")
    status = _status_of(word, mapping) if word else None
    if status is None:
        told = "status" in mapping.columns.values()
        status = OrderStatus.UNKNOWN if told else OrderStatus.OPEN
    sent = head.get("fulfilment", "")
    if status is OrderStatus.OPEN and sent:
        fulfilled = _status_of(sent, mapping) is OrderStatus.COMPLETED
        status = OrderStatus.COMPLETED if fulfilled else status
    if head.get("cancelled_at"):
        status = OrderStatus.CANCELLED
    return status, " / ".join(filter(None, (word, sent)))


def _status_of(word: str, mapping: Mapping) -> OrderStatus:
    told = mapping.statuses.get(word.lower())
    if told is None and word in {status.value for status in OrderStatus}:
        told = word
    return OrderStatus(told) if told else OrderStatus.UNKNOWN


def _lines(rows: Sequence[_ReadRow]) -> list[dict[str, Any]]:
    """Lines with ids that do not depend on where in the file they stand."""
    lines, used = [], set()
    for row in rows:
        line = {
            name.removeprefix("line."): _json(value)
            for name, value in row.fields.items()
            if name.startswith("line.")
        }
        names = (line.get(key) for key in _IDS)
        base = next((name for name in names if name and name != "0"), "line")
        line_id, copy = base[:150], 2
        while line_id in used:
            line_id, copy = f"{base[:150]}#{copy}", copy + 1
        used.add(line_id)
        lines.append({**line, "id": line_id})
    return lines


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value
