"""OFX statements, SGML of version 1 and XML of version 2, read with ``ofxparse``.

OFX states the balance at the end but none at the beginning, so nothing in it proves
that no line is missing: the settlement has no control total.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from datetime import timezone

from .base import BANK, Book, Draft, Format, register
from .document import Document
from .errors import FileDamaged, TooLarge
from .schema import Kind


@dataclass
class _Entry:
    """What a line comes from."""

    number: int
    raw: dict[str, str]


@register
class Ofx(Format):
    """A settlement for each account."""

    code = "ofx"
    title = "Bank statement: OFX"
    family = BANK

    def sniff(self, document: Document) -> int:
        if document.is_workbook:
            return 0
        head = document.head[:5000].upper()
        return 95 if "<OFX>" in head or head.lstrip().startswith("OFXHEADER") else 0

    def read_into(self, document: Document, book: Book) -> None:
        number = 0
        for account in _parse(document).accounts:
            statement = getattr(account, "statement", None)
            if statement is None:
                continue
            currency = str(account.curdef or statement.currency or "").upper()
            draft = book.draft(str(account.account_id or ""), currency)
            draft.account = str(account.account_id or "")
            draft.closing = getattr(statement, "balance", None)
            draft.warn("no_control_total")
            for transaction in statement.transactions:
                number += 1
                self._read_line(transaction, number, draft)

    @staticmethod
    def _read_line(transaction, number: int, draft: Draft) -> None:
        names = ("type", "id", "memo", "payee", "checknum", "date", "amount")
        raw = {
            name: str(value)
            for name in names
            if (value := getattr(transaction, name, None)) not in (None, "")
        }
        moment = transaction.date
        draft.add(
            _Entry(number, raw),
            Kind.BANK,
            transaction.amount,
            type_code=str(transaction.type or ""),
            transaction_ref=str(transaction.id or ""),
            merchant_ref=str(transaction.checknum or ""),
            posted_at=moment.replace(tzinfo=timezone.utc) if moment else None,
            description=str(transaction.memo or ""),
            partner=str(transaction.payee or ""),
        )


def _parse(document: Document):
    """The parsed file.

    :raises FileDamaged: when the library cannot read it.
    """
    import ofxparse

    if document.source.size > document.limits.parsed:
        raise TooLarge("too large to be read whole", limit="parsed")
    with document.source.open() as stream:
        content = stream.read()
    if "</OFX>" not in content[-4096:].decode("latin-1").upper():
        raise FileDamaged("the end is missing", why="truncated")
    try:
        with warnings.catch_warnings():
            # It reads XML with an HTML parser on purpose: version 1 closes no tags.
            warnings.simplefilter("ignore")
            return ofxparse.OfxParser.parse(io.BytesIO(content))
    except Exception as error:
        # The library raises whatever its parsers raise.
        raise FileDamaged(f"not OFX: {error!r}"[:300], why="ofx") from None
