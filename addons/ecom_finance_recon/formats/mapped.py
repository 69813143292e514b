"""Files that a person describes: which column is what, with a preview.

A :class:`Mapping` is plain data (:meth:`Mapping.to_dict`), to be stored and used again.
:func:`suggest` proposes one from the header, :func:`preview` shows what comes of it
without raising, and the format ``mapped`` reads a file with ``Options.mapping``.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any

from .base import Book, Format, Options, register
from .document import DELIMITERS, Document, Source
from .errors import FileDamaged, FormatError, NotRecognised
from .moments import zone_named
from .schema import ZERO, FeeType, Kind, Line
from .tables import Row, Table, normal

#: our word -> what headers call it
SYNONYMS: dict[str, tuple[str, ...]] = {
    "date": (
        "date",
        "settlement time",
        "settled time",
        "posted date",
        "transaction date",
        "order settled time",
        "结算时间",
        "时间",
        "日期",
    ),
    "amount": (
        "settlement amount",
        "total settlement amount",
        "net",
        "net amount",
        "amount",
        "结算金额",
        "金额",
    ),
    "debit": ("debit", "expense", "支出"),
    "credit": ("credit", "income", "收入"),
    "fee": ("fee", "total fees", "commission", "platform commission", "手续费"),
    "order": (
        "order/adjustment id",
        "order id",
        "order no",
        "order number",
        "order sn",
        "订单号",
        "订单编号",
    ),
    "transaction": ("transaction id", "reference", "流水号"),
    "type": ("type", "transaction type", "fee name", "业务类型"),
    "currency": ("currency", "币种"),
    "sku": ("sku", "sku id", "seller sku"),
    "description": ("description", "details", "product name", "备注"),
    "payout": ("payout id", "statement", "statement id"),
    "balance": ("balance", "余额"),
}


@dataclass(frozen=True)
class Mapping:
    """Which column is what; names of columns as the file has them.

    :param columns: our word (a key of :data:`SYNONYMS`) -> column.
    :param kinds: the file's word for a type -> value of :class:`~.schema.Kind`, or
        ``"fee:<value of FeeType>"``; others are suspense.
    :param default_kind: where the file has no column for the type.
    :param invert: amounts are written as costs: turn the sign.
    :param fee_is_cost: a positive fee is taken from the amount.
    :param amount_is_net: the amount is already less the fee.
    :param decimal: ``"."``, ``","``, empty = find out.
    :param zone: of times without one, IANA name or offset.
    :param total: what the file declares, typed by the person; ``None`` = nothing.
    """

    columns: MappingABC[str, str] = field(default_factory=dict)
    kinds: MappingABC[str, str] = field(default_factory=dict)
    default_kind: str = Kind.SUSPENSE.value
    currency: str = ""
    invert: bool = False
    fee_is_cost: bool = True
    amount_is_net: bool = False
    decimal: str = ""
    zone: str = ""
    total: Decimal | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        values = asdict(self)
        values["columns"], values["kinds"] = dict(self.columns), dict(self.kinds)
        values["total"] = None if self.total is None else str(self.total)
        return values

    @classmethod
    def from_dict(cls, values: MappingABC[str, Any]) -> Mapping:
        """The mapping that :meth:`to_dict` wrote; what it does not know is dropped."""
        known = {one.name for one in fields(cls)}
        found = {name: value for name, value in values.items() if name in known}
        if found.get("total") is not None:
            found["total"] = Decimal(str(found["total"]))
        return cls(**found)


@dataclass(frozen=True)
class Preview:
    """What a mapping makes of the beginning of a file.

    :param header: columns as the file has them.
    :param rows: the first rows as they are.
    :param lines: what comes of them.
    :param error: code of what is wrong, empty when all could be read.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[Line, ...] = ()
    error: str = ""
    details: MappingABC[str, Any] = field(default_factory=dict)


def suggest(content: Any) -> Mapping:
    """A mapping proposed from the header; empty where nothing is known.

    :raises FormatError: when the file cannot be looked at.
    """
    document = Document(Source(content))
    best: dict[str, str] = {}
    for delimiter in [","] if document.is_workbook else DELIMITERS:
        for cells in document.head_rows(delimiter):
            names = {normal(cell): cell for cell in cells if cell}
            found = {}
            for word, known in SYNONYMS.items():
                name = next((one for one in known if one in names), None)
                if name and names[name] not in found.values():
                    found[word] = names[name]
            if len(found) > len(best):
                best = found
    return Mapping(columns=best)


def preview(content: Any, mapping: Mapping, rows: int = 20) -> Preview:
    """What a mapping makes of the first rows; whatever is wrong is in the result."""
    header: tuple[str, ...] = ()
    sample: tuple[tuple[str, ...], ...] = ()
    lines: list[Line] = []
    try:
        document = Document(Source(content))
        table = _table(document, mapping, Options())
        head = document.head_rows(table.delimiter)
        header = tuple(head[table.header_index])
        start = table.header_index + 1
        sample = tuple(tuple(cells) for cells in head[start : start + rows])
        book = Book(Options(mapping=mapping), lambda _ref, line: lines.append(line))
        for count, row in enumerate(table):
            if count >= rows:
                break
            _read_row(row, mapping, book)
    except FormatError as error:
        return Preview(header, sample, tuple(lines), error.code, dict(error.details))
    return Preview(header, sample, tuple(lines))


@register
class Mapped(Format):
    """Chosen by a person, never recognised."""

    code = "mapped"
    title = "Any table, by a mapping"

    def sniff(self, document: Document) -> int:
        return 0

    def read_into(self, document: Document, book: Book) -> None:
        mapping = book.options.mapping
        if not isinstance(mapping, Mapping):
            raise NotRecognised("there is no mapping for the file")
        for row in _table(document, mapping, book.options):
            _read_row(row, mapping, book)
        if mapping.total is not None and len(book.drafts) == 1:
            draft = next(iter(book.drafts.values()))
            draft.check("total", mapping.total, draft.total)


def _table(document: Document, mapping: Mapping, options: Options) -> Table:
    needed = [normal(name) for name in mapping.columns.values() if name]
    has_amount = {"amount", "debit", "credit"} & set(mapping.columns)
    if not needed or not has_amount:
        raise FileDamaged("the mapping names no amount", why="no_amount")
    money = [
        normal(mapping.columns[word])
        for word in ("amount", "debit", "credit", "fee")
        if mapping.columns.get(word)
    ]
    try:
        zone = zone_named(mapping.zone) if mapping.zone else options.zone
    except ValueError:
        raise FileDamaged("the time zone is not known", why="zone") from None
    return Table(
        document,
        needed,
        amount_columns=money,
        date_columns=[normal(mapping.columns.get("date", ""))],
        decimal=mapping.decimal or options.decimal,
        zone=zone,
    )


def _read_row(row: Row, mapping: Mapping, book: Book) -> None:
    columns = {word: normal(name) for word, name in mapping.columns.items()}

    def text(word: str) -> str:
        return row.text(columns[word]) if word in columns else ""

    def amount(word: str) -> Decimal:
        return (row.amount(columns[word]) if word in columns else None) or ZERO

    money = amount("amount") if "amount" in columns else ZERO
    if "amount" not in columns:
        money = amount("credit").copy_abs() - amount("debit").copy_abs()
    money = -money if mapping.invert else money
    fee = -amount("fee") if mapping.fee_is_cost else amount("fee")
    kind, fee_type = _kind(text("type"), mapping)
    draft = book.draft(text("payout"), text("currency") or mapping.currency)
    values = {
        "type_code": text("type"),
        "order_ref": text("order"),
        "transaction_ref": text("transaction"),
        "payout_ref": draft.reference,
        "sku": text("sku"),
        "posted_at": row.moment(columns["date"]) if "date" in columns else None,
        "description": text("description"),
        "balance": row.amount(columns["balance"]) if "balance" in columns else None,
    }
    gross = money - fee if mapping.amount_is_net else money
    draft.add(row, kind, gross, part="amount", fee=fee_type, **values)
    draft.add(row, Kind.FEE, fee, part="fee", fee=FeeType.COMMISSION, **values)


def _kind(word: str, mapping: Mapping) -> tuple[Kind, FeeType | None]:
    name = mapping.kinds.get(word) or (
        mapping.default_kind if not mapping.columns.get("type") else ""
    )
    head, _colon, fee = name.partition(":")
    try:
        return Kind(head), FeeType(fee) if fee else None
    except ValueError:
        return Kind.SUSPENSE, None
