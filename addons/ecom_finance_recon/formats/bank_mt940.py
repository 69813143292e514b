"""MT940 statements, read with the library ``mt-940``.

A file is cut into statements first, because the library keeps one opening and one
closing balance only. ``60M``/``62M`` continue a statement on a further page; each page
has balances of its own and closes by itself.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal

from .base import BANK, Book, Format, register
from .document import Document
from .errors import FileDamaged
from .schema import Kind

#: beyond the 16 characters that SWIFT allows
_LONG_REFERENCE = re.compile(
    r"^:61:[\d ]{6,10}R?[DC][A-Z]?[\d,]+[A-Z]...[^/\n]{17}", re.M
)
_START = re.compile(r"^:20:", re.M)


@dataclass
class _Entry:
    """What a line comes from."""

    number: int
    raw: dict[str, str]


@register
class Mt940(Format):
    """A settlement for each statement, or page of one."""

    code = "mt940"
    title = "Bank statement: MT940"
    family = BANK

    def sniff(self, document: Document) -> int:
        if document.is_workbook:
            return 0
        tags = (":20:", ":25:", ":60")
        return 95 if all(f"\n{tag}" in f"\n{document.head}" for tag in tags) else 0

    def read(self, document: Document, book: Book) -> None:
        text = document.text().replace("\r\n", "\n").replace("\r", "\n")
        starts = [match.start() for match in _START.finditer(text)]
        if not starts:
            raise FileDamaged("no statement", why="mt940")
        number = 0
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            number = self._read_statement(text[start:end], number, book)

    def _read_statement(self, text: str, number: int, book: Book) -> int:
        # Whatever follows the closing balance belongs to the envelope.
        parsed = _parse(text.split("\n-")[0])
        data = parsed.data
        page = "/".join(
            filter(
                None,
                (data.get("statement_number"), data.get("sequence_number")),
            )
        )
        name = " ".join(filter(None, (data.get("account_identification", ""), page)))
        count = sum(key[0].partition("#")[0] == name for key in book.drafts)
        opening = data.get("final_opening_balance") or data.get(
            "intermediate_opening_balance"
        )
        closing = data.get("final_closing_balance") or data.get(
            "intermediate_closing_balance"
        )
        currency = opening.amount.currency if opening else ""
        draft = book.draft(f"{name}#{count + 1}" if count else name, currency)
        draft.account = data.get("account_identification", "")
        draft.opening = opening.amount.amount if opening else None
        draft.closing = closing.amount.amount if closing else None
        for transaction in parsed.transactions:
            number += 1
            self._read_line(transaction.data, number, draft)
        if draft.closing is None:
            draft.check("closing_balance", None, draft.total)
        draft.check_balance()
        return number

    @staticmethod
    def _read_line(data: dict, number: int, draft) -> None:
        if "amount" not in data:
            return  # a remark without an entry
        amount = data["amount"].amount.copy_abs()
        # RC takes a credit back, RD gives a debit back.
        negative = str(data.get("status", "")) in ("D", "RC")
        texts = [
            str(data.get(name) or "")
            for name in ("transaction_details", "extra_details", "purpose")
        ]
        day = data.get("date") or data.get("entry_date")
        raw = {
            name: str(value)
            for name, value in data.items()
            if value not in (None, "") and name != "transaction_reference"
        }
        reference = str(data.get("customer_reference") or "")
        draft.add(
            _Entry(number, raw),
            Kind.BANK,
            -amount if negative else Decimal(amount),
            type_code=str(data.get("id") or ""),
            transaction_ref=str(data.get("bank_reference") or ""),
            merchant_ref="" if reference == "NONREF" else reference,
            posted_at=datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
            if day
            else None,
            description=" ".join(" ".join(filter(None, texts)).split()),
            partner=str(data.get("applicant_name") or ""),
        )


def _parse(text: str):
    """Parse one statement; the Dutch ASN Bank writes longer references.

    :raises FileDamaged: when it does not fit the grammar.
    """
    import mt940

    # What it cannot read is an error of ours with its reason, not one of the log.
    logging.getLogger("mt940").setLevel(logging.CRITICAL)
    tags = None
    if _LONG_REFERENCE.search(text):
        asn = mt940.tags.StatementASNB()
        tags = {asn.id: asn}
    try:
        parsed = mt940.models.Transactions(tags=tags)
        parsed.parse(text)
    except Exception as error:
        # The library raises RuntimeError, ValueError, KeyError and others.
        raise FileDamaged(f"not MT940: {str(error)[:200]}", why="mt940") from None
    return parsed
