"""Etsy: monthly statement (``etsy_statement_YYYY_M.csv``).

UTF-8 with BOM, the currency's sign inside of amounts, ``--`` for nothing. What was paid
to the bank stands in a title only. Equal rows are legal (a listing fee five times).
Column names other than English are not confirmed by a file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal

from .amounts import parse_amount
from .base import Book, Draft, register, types
from .document import Document
from .schema import ZERO, FeeType, Kind
from .tables import Row, TableFormat

KINDS = types(
    {
        Kind.SALE: ("sale",),
        Kind.REFUND: ("refund",),
        Kind.FEE: ("fee", "marketing", "shipping", "shipping label", "postage labels"),
        Kind.FEE_TAX: ("vat", "gst", "hst"),
        Kind.CHANNEL_TAX: ("tax", "sales tax"),
        Kind.PAYOUT: ("deposit",),
        Kind.RESERVE: ("reserve",),
        Kind.CHARGEBACK: ("dispute", "case"),
        Kind.ADJUSTMENT: ("adjustment", "recoupment"),
        Kind.TRANSFER: ("payment",),
    }
)
_FEES = (
    ("transaction fee", FeeType.COMMISSION),
    ("processing fee", FeeType.PAYMENT),
    ("listing fee", FeeType.LISTING),
    ("renew", FeeType.LISTING),
    ("offsite ads", FeeType.ADVERTISING),
    ("etsy ads", FeeType.ADVERTISING),
    ("subscription", FeeType.SUBSCRIPTION),
    ("label", FeeType.SHIPPING),
    ("postage", FeeType.SHIPPING),
)
_ORDER = re.compile(r"(?:Order|Commande|Bestellung|Pedido|Ordine)\D{0,4}#?\s?(\d{6,})")
_LISTING = re.compile(r"Listing #?(\d{6,})")
_MONEY = re.compile(r"\d[\d.,]*")


@register
class EtsyStatement(TableFormat):
    """A statement for each currency in it (there is one)."""

    code = "etsy"
    title = "Etsy: monthly statement"
    required = ("date", "type", "title", "currency", "amount", "fees & taxes", "net")
    delimiters = (",", ";", "\t")

    def read_into(self, document: Document, book: Book) -> None:
        table = self.table(
            document,
            amount_columns=("amount", "fees & taxes", "net"),
            date_columns=("date",),
            decimal=book.options.decimal,
            zone=book.options.zone,
        )
        nets: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for row in table:
            draft = book.draft("", row.text("currency"))
            nets[id(draft)] += row.amount("net") or ZERO
            self._read_row(row, draft)
        for draft in book.drafts.values():
            draft.check("net", nets[id(draft)], draft.total)

    def _read_row(self, row: Row, draft: Draft) -> None:
        word = row.text("type").lower()
        title, info = row.text("title"), row.text("info")
        kind = KINDS.get(word, Kind.SUSPENSE)
        order = _ORDER.search(f"{title} {info}")
        listing = _LISTING.search(f"{title} {info}")
        values = {
            "type_code": "|".join(filter(None, (word, title.split(":")[0][:60]))),
            "order_ref": order[1] if order else "",
            "item_ref": listing[1] if listing else "",
            "posted_at": row.moment("date"),
            "description": " ".join(filter(None, (title, info))),
        }
        amount, fees = row.amount("amount"), row.amount("fees & taxes")
        if kind is Kind.PAYOUT:
            draft.add(row, kind, self._paid(row, title, amount), part="title", **values)
            return
        fee = fee_type(f"{word} {title}".lower())
        draft.add(
            row,
            kind,
            amount,
            part="amount",
            fee=fee if kind is Kind.FEE else None,
            **values,
        )
        behind = kind if kind not in (Kind.SALE, Kind.REFUND) else Kind.FEE
        draft.add(
            row,
            behind,
            fees,
            part="fees",
            fee=fee if behind is Kind.FEE else None,
            **values,
        )

    @staticmethod
    def _paid(row: Row, title: str, amount: Decimal | None) -> Decimal | None:
        """What went to the bank, from the title when the column is empty."""
        if amount:
            return -amount.copy_abs()
        match = _MONEY.search(title)
        if not match:
            return None
        try:
            paid = parse_amount(match[0].rstrip(".,"), row.table.decimal)
        except ValueError:
            return None
        return -paid if paid else None


def fee_type(text: str) -> FeeType:
    """Which fee a title names."""
    for words, fee in _FEES:
        if words in text:
            return fee
    return FeeType.OTHER
