"""The registry of formats, and the way from bytes to settlements.

To add a format, also from an addon of your own: write a subclass of :class:`Format`,
decorate it with :func:`register`. Nothing else has to be touched: :func:`recognise` and
:func:`parse` ask every registered format. ::

    @register
    class MyBill(TableFormat):
        code, title = "my_bill", "My marketplace: bill"
        required = ("my order", "my amount")

        def read_into(self, document, book):
            table = self.table(document)
            draft = book.draft("")
            for row in table:
                draft.add(row, Kind.SALE, row.amount("my amount"), order_ref=...)

A format never imports odoo, never opens a socket and never looks at a file's name.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from . import document as documents
from .document import Document, Limits, Source
from .errors import FormatError, NothingInside, NotRecognised, TooLarge
from .repeats import Repeats
from .schema import ZERO, Check, Deferral, Kind, Line, ParsedFile, Settlement

SETTLEMENT = "settlement"
WALLET = "wallet"  # an account with a running balance: Alipay, PayPal...
BANK = "bank"

Content = bytes | str | Path | BinaryIO
Sink = Callable[[str, Line], None]


@dataclass(frozen=True)
class Options:
    """What a person may know better than the file.

    :param zone: of times that the file writes without one; ``None`` = the format's.
    :param currency: where the file does not tell.
    :param decimal: ``"."`` or ``","``, empty = find out.
    :param mapping: of a mapped file, see :mod:`.mapped`.
    """

    zone: tzinfo | None = None
    currency: str = ""
    decimal: str = ""
    mapping: Any = None
    limits: Limits = field(default_factory=Limits)


class Draft:
    """A settlement in the making; totals are kept while lines go to the sink."""

    def __init__(self, book: Book, reference: str, currency: str):
        self.book = book
        self.reference = reference
        self.currency = currency
        self.account = ""
        self.bank_account = ""
        self.starts_at: datetime | None = None
        self.ends_at: datetime | None = None
        self.deposit_at: datetime | None = None
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None
        self.opening: Decimal | None = None
        self.closing: Decimal | None = None
        self.total = ZERO
        self.payout = ZERO
        self.count = 0
        self.lines: list[Line] = []
        self.checks: list[Check] = []
        self.warnings: list[str] = []
        self.deferrals: list[Deferral] = []

    def add(
        self,
        row: Any,
        kind: Kind,
        amount: Decimal | None,
        *,
        part: str = "",
        identity: str = "",
        currency: str = "",
        **values: Any,
    ) -> None:
        """Add a line; without an amount, or with none but zero, nothing is added.

        :param row: what it comes from: has ``number`` and ``raw``.
        :param identity: the provider's own id, where it is unique for good: then a
            later version of the row (other status, say) has the same key.
        :param values: further fields of :class:`~.schema.Line`.
        """
        if not amount:
            return
        line = Line(
            number=row.number,
            kind=kind,
            amount=amount,
            currency=currency or self.currency,
            key=self.book.key(row, part, identity),
            part=part,
            raw=row.raw,
            **values,
        )
        if kind is Kind.PAYOUT:
            self.payout += amount
        elif kind is not Kind.MEMO:
            self.total += amount
        self.count += 1
        if moment := line.posted_at:
            self.first_at = min(self.first_at or moment, moment)
            self.last_at = max(self.last_at or moment, moment)
        self.book.keep(self, line)

    def check(self, code: str, declared: Decimal | None, computed: Decimal) -> None:
        """Note a control total."""
        self.checks.append(Check(code, declared, computed))

    def check_balance(self) -> None:
        """Opening balance + lines + payouts = closing balance."""
        if self.opening is None and self.closing is None:
            return
        if self.opening is None or self.closing is None:
            self.warn("one_balance_only")
            return
        moved = self.opening + self.total + self.payout
        self.check("closing_balance", self.closing, moved)

    def warn(self, code: str) -> None:
        """Note a warning once."""
        if code not in self.warnings:
            self.warnings.append(code)

    def _lines(self) -> tuple[Line, ...]:
        """The kept lines; the currency may have been told after them."""
        if not self.currency:
            return tuple(self.lines)
        return tuple(
            line if line.currency else replace(line, currency=self.currency)
            for line in self.lines
        )

    def settlement(self, code: str) -> Settlement:
        """The finished settlement."""
        return Settlement(
            format=code,
            reference=self.reference,
            account=self.account,
            bank_account=self.bank_account,
            currency=self.currency,
            starts_at=self.starts_at or self.first_at,
            ends_at=self.ends_at or self.last_at,
            first_at=self.first_at,
            last_at=self.last_at,
            deposit_at=self.deposit_at,
            opening=self.opening,
            closing=self.closing,
            total=self.total,
            payout=self.payout,
            count=self.count,
            lines=self._lines(),
            checks=tuple(self.checks),
            warnings=tuple(self.warnings),
            deferrals=tuple(self.deferrals),
        )


class Book:
    """All settlements of a file, by reference and currency.

    :param sink: takes every line with the reference of its settlement, as soon as it is
        read; then none is kept.
    """

    def __init__(self, options: Options, sink: Sink | None = None):
        self.options = options
        self.sink = sink
        self.drafts: dict[tuple[str, str], Draft] = {}
        self.kept = 0
        self._keys = Repeats()

    def draft(self, reference: str, currency: str = "") -> Draft:
        """The settlement of that name, made when it is new."""
        name = (reference, currency)
        if name not in self.drafts:
            self.drafts[name] = Draft(self, reference, currency)
        return self.drafts[name]

    def key(self, row: Any, part: str, identity: str) -> str:
        """Identity of a line: by provider, else by content; equal rows are numbered."""
        if identity:
            base = f"{identity}/{part}" if part else identity
        else:
            base = f"{self._digest(row)}/{part}"
        digest = hashlib.blake2b(base.encode("utf-8", "replace"), digest_size=12)
        count = self._keys.count(digest.digest())
        base = base if len(base) <= 120 else digest.hexdigest()
        return base if count == 1 else f"{base}#{count}"

    def _digest(self, row: Any) -> str:
        content = repr(sorted(row.raw.items())).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(content, digest_size=12).hexdigest()

    def keep(self, draft: Draft, line: Line) -> None:
        """Hand a line to the sink, or keep it."""
        if self.sink is not None:
            self.sink(draft.reference, line)
            return
        self.kept += 1
        if self.kept > self.options.limits.kept_lines:
            raise TooLarge("too many lines to be kept", limit="kept_lines")
        draft.lines.append(line)


class Format(ABC):
    """One layout of one provider.

    :cvar code: stored on what was imported.
    :cvar title: for people.
    :cvar family: :data:`SETTLEMENT`, :data:`WALLET` or :data:`BANK`.
    """

    code: ClassVar[str]
    title: ClassVar[str] = ""
    family: ClassVar[str] = SETTLEMENT

    @abstractmethod
    def sniff(self, document: Document) -> int:
        """How sure it is that the content is of this format: 0 (not) to 100.

        Looks at the beginning only, never at the name, and never raises.
        """

    @abstractmethod
    def read_into(self, document: Document, book: Book) -> None:
        """Put all lines and control totals into drafts of the book.

        :raises FormatError: whatever is wrong with the content.
        """


FORMATS: dict[str, Format] = {}


def register(kind: type[Format]) -> type[Format]:
    """Class decorator that makes a format known by its ``code``."""
    FORMATS[kind.code] = kind()
    return kind


def recognise(
    content: Content, name: str = "", limits: Limits | None = None
) -> Format | None:
    """Which format a file has, by content alone; ``None`` when none knows it.

    :param name: for messages only.
    :raises FormatError: when the file cannot be looked at (encoding, zip bomb...).
    """
    limits = limits or Limits()
    source = Source(content)
    if not documents.is_archive(source):
        return _recognise(Document(source, name, limits))
    for member, data in documents.members(source, limits):
        try:
            found = _recognise(Document(Source(data), member, limits))
        except FormatError:
            continue
        if found and found.code not in IGNORED:
            return found
    return None


#: Recognised in archives only to be left out: summaries of what is beside them.
IGNORED: set[str] = set()


def _recognise(document: Document) -> Format | None:
    scores = {code: form.sniff(document) for code, form in FORMATS.items()}
    best = max(scores, key=lambda code: scores[code], default="")
    return FORMATS[best] if best and scores[best] > 0 else None


def parse(
    content: Content,
    name: str = "",
    *,
    format: str = "",
    options: Options | None = None,
    sink: Sink | None = None,
) -> ParsedFile:
    """Read a file, or all files of an archive.

    :param content: bytes, a path, or a binary file object that can seek.
    :param format: code of the format, empty = recognise it.
    :param sink: ``sink(reference, line)`` takes the lines of large files one by one.
    :raises FormatError: when nothing at all can be read; what was read but does not
        close is returned, see :attr:`~.schema.Settlement.closes`.
    """
    options = options or Options()
    source = Source(content)
    if documents.is_archive(source):
        return _parse_archive(source, format, options, sink)
    document = Document(source, name, options.limits)
    return _parse_document(document, format, options, sink)


def _parse_document(
    document: Document, code: str, options: Options, sink: Sink | None
) -> ParsedFile:
    form = FORMATS.get(code) if code else _recognise(document)
    if form is None:
        raise NotRecognised(f"{document.name or 'the file'} is of no known format")
    book = Book(options, sink)
    form.read_into(document, book)
    if not book.drafts:
        raise NothingInside(f"no settlement in {document.name or 'the file'}")
    settlements = tuple(draft.settlement(form.code) for draft in book.drafts.values())
    return ParsedFile(form.code, settlements)


def _parse_archive(
    source: Source, code: str, options: Options, sink: Sink | None
) -> ParsedFile:
    parsed: list[ParsedFile] = []
    ignored: list[tuple[str, str]] = []
    failed: FormatError | None = None
    for name, content in documents.members(source, options.limits):
        try:
            if content.startswith(documents.ZIP_MAGIC) and documents.is_archive(
                Source(content)
            ):
                ignored.append((name, "nested_archive"))
                continue
            document = Document(Source(content), name, options.limits)
            form = _recognise(document)
            if form and form.code in IGNORED:
                ignored.append((name, form.code))
                continue
            parsed.append(_parse_document(document, code, options, sink))
        except FormatError as error:
            ignored.append((name, error.code))
            if not isinstance(error, NotRecognised | NothingInside):
                failed = failed or error
    if failed is not None:  # half an archive would be half a settlement
        raise failed
    if not parsed:
        raise NotRecognised("nothing in the archive is of a known format")
    return ParsedFile(
        parsed[0].format,
        tuple(one for file in parsed for one in file.settlements),
        tuple(ignored),
    )


def types(pairs: Mapping[Any, Iterable[str]]) -> dict[str, Any]:
    """A table of types written by kind, turned round: from word to kind."""
    return {word: kind for kind, words in pairs.items() for word in words}


def canonical(value: Any) -> str:
    """Text of a JSON value for :attr:`~.schema.Line.raw`."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
