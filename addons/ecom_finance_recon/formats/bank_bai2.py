"""BAI2 statements (Cash Management Balance Reporting, version 2).

Records 01, 02, 03, 16, 49, 98, 99; 88 continues the record before it. Amounts are
unsigned minor units; type codes 100 to 399 are credits, 400 to 699 debits. The trailer
of an account (49) is the sum of its 03 and 16 amounts as written. No kept library reads
this format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .base import BANK, Book, Draft, Format, register
from .currencies import unit_of
from .document import Document
from .errors import BadValue, FileDamaged
from .moments import UTC
from .schema import ZERO, Kind


@dataclass
class _Record:
    """A record with its continuations."""

    number: int
    code: str
    fields: list[str]
    texts: list[str]

    @property
    def raw(self) -> dict[str, str]:
        """Fields by position, and the text behind them."""
        found = {str(place): text for place, text in enumerate(self.fields) if text}
        if self.texts:
            found["text"] = " ".join(self.texts)
        return found


@register
class Bai2(Format):
    """A settlement for each account of each group."""

    code = "bai2"
    title = "Bank statement: BAI2"
    family = BANK

    def sniff(self, document: Document) -> int:
        if document.is_workbook:
            return 0
        lines = document.head.lstrip().splitlines()[:4]
        starts = [line[:3] for line in lines]
        return 90 if len(starts) > 1 and starts[:2] == ["01,", "02,"] else 0

    def read(self, document: Document, book: Book) -> None:
        draft, amounts, count = None, ZERO, 0
        currency, day, group = "", "", ZERO
        ended = False
        for record in _records(document):
            count += 1
            if record.code == "02":
                fields = [*record.fields, *[""] * 7]
                day, currency, group = fields[3], fields[5], ZERO
            elif record.code == "03":
                draft = self._open(record, book, currency, day)
                amounts = self._read_summary(record, draft)
            elif record.code == "16" and draft:
                amounts += self._read_line(record, draft, day)
            elif record.code == "49" and draft:
                declared = _minor(record, 0)
                group += amounts
                if declared is not None:
                    draft.check("control_total", declared, amounts)
                draft.check_balance()
                draft = None
            elif record.code == "99":
                ended = True
            elif record.code not in ("01", "98"):
                raise FileDamaged(
                    f"row {record.number}: record {record.code!r}", why="record"
                )
        if not ended:
            raise FileDamaged("the file trailer is missing", why="truncated")

    @staticmethod
    def _open(record: _Record, book: Book, currency: str, day: str) -> Draft:
        fields = [*record.fields, "", ""]
        unit = fields[1] or currency or book.options.currency or "USD"
        draft = book.draft(" ".join(filter(None, (fields[0], day))), unit)
        draft.account = fields[0]
        return draft

    @staticmethod
    def _read_summary(record: _Record, draft: Draft) -> Decimal:
        """Balances by type code; returns the sum of all amounts as written."""
        total = ZERO
        for code, amount in _summaries(record):
            total += amount
            if code == "010":
                draft.opening = amount * unit_of(draft.currency)
            elif code == "015":
                draft.closing = amount * unit_of(draft.currency)
        return total

    @staticmethod
    def _read_line(record: _Record, draft: Draft, day: str) -> Decimal:
        fields = [*record.fields, *[""] * 6]
        code, amount = fields[0], _minor(record, 1) or ZERO
        if not code.isdigit() or not 100 <= int(code) <= 699:
            kind, sign = Kind.MEMO, 1  # 700 to 999: loans and information
        else:
            kind, sign = Kind.BANK, 1 if int(code) < 400 else -1
        place = 2 + _funds_width(fields[2:])
        rest = fields[place:]
        draft.add(
            record,
            kind,
            sign * amount * unit_of(draft.currency),
            type_code=code,
            transaction_ref=rest[0] if rest else "",
            merchant_ref=rest[1] if len(rest) > 1 else "",
            posted_at=_day(day),
            description=" ".join(filter(None, (*rest[2:], *record.texts))),
        )
        return amount


def _records(document: Document) -> Iterator[_Record]:
    """Records with their continuations put behind them."""
    waiting: _Record | None = None
    for number, line in enumerate(document.lines(), start=1):
        line = line.strip("\r\n\ufeff\x1a ")
        if not line:
            continue
        code, _comma, rest = line.partition(",")
        rest = rest.removesuffix("/")
        if code == "88":
            if waiting is None:
                raise FileDamaged("a continuation of nothing", why="record")
            # The text of a transaction may have commas; other records go on as fields.
            if waiting.code == "16":
                waiting.texts.append(rest)
            else:
                waiting.fields.extend(_split(rest))
            continue
        if waiting:
            yield waiting
        waiting = _Record(number, code, _split(rest), [])
    if waiting:
        yield waiting


def _split(text: str) -> list[str]:
    return [field.strip() for field in text.split(",")]


def _summaries(record: _Record) -> Iterator[tuple[str, Decimal]]:
    """Type code and amount of the summaries of an account record."""
    fields, place = record.fields, 2
    while place < len(fields):
        code = fields[place]
        if not code:
            place += 1
            continue
        if place + 1 < len(fields) and fields[place + 1]:
            yield code, _minor(record, place + 1) or ZERO
        place += 3 + _funds_width(fields[place + 3 :])


def _funds_width(fields: list[str]) -> int:
    """How many fields the type of funds takes: itself and what belongs to it."""
    kind = fields[0] if fields else ""
    if kind == "S":
        return 4
    if kind == "V":
        return 3
    if kind == "D":
        days = fields[1] if len(fields) > 1 else ""
        return 2 + 2 * int(days) if days.isdigit() and len(days) < 4 else 2
    return 1


def _minor(record: _Record, place: int) -> Decimal | None:
    """An amount in minor units as written; ``None`` when the field is empty."""
    text = record.fields[place] if place < len(record.fields) else ""
    if not text:
        return None
    digits = text.lstrip("+-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise BadValue(
            f"row {record.number}: not an amount: {text[:60]!r}",
            row=record.number,
            column=str(place),
            value=text[:60],
        )
    return Decimal(text)


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
