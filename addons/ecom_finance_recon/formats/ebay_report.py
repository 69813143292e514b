"""eBay: transaction report (CSV of Seller Hub), a settlement for each payout.

Some lines stand above the header. ``--`` is nothing, thousands have commas, dates have
no time and are the seller's. An order of several items is one row with ``Net`` and rows
for each item with their fees but without ``Net``: amounts come from the first, fees
from whichever row has them. eBay-collected tax is no part of ``Net``. The names of the
fee columns differ between sites, so every column between the taxes and the gross amount
is a fee. German sites write a report with semicolons and German words; those below are
the ones that published programs read, others are not confirmed.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from .base import Book, register, types
from .document import Document
from .schema import ZERO, FeeType, Kind
from .tables import Row, Table, TableFormat

KINDS = types(
    {
        Kind.SALE: ("order",),
        Kind.REFUND: ("refund",),
        Kind.RESERVE: ("hold",),
        Kind.FEE: ("other fee", "fee", "shipping label"),
        Kind.PAYOUT: ("payout",),
        Kind.CHARGEBACK: ("claim", "payment dispute"),
        Kind.ADJUSTMENT: ("adjustment",),
        Kind.TRANSFER: ("charge", "transfer", "withdrawal"),
    }
)
#: German words for columns and types
GERMAN = {
    "datum der transaktionserstellung": "transaction creation date",
    "typ": "type",
    "bestellnummer": "order number",
    "nutzername des käufers": "buyer username",
    "betrag abzügl. kosten": "net amount",
    "auszahlungswährung": "payout currency",
    "auszahlung nr.": "payout id",
    "auszahlungsnr.": "payout id",
    "auszahlungsnummer": "payout id",
    "artikelnummer": "item id",
    "transaktionsnummer": "transaction id",
    "angebotstitel": "item title",
    "bestandseinheit": "custom label",
    "stückzahl": "quantity",
    "anzahl": "quantity",
    "vom verkäufer einbehaltene steuer": "seller collected tax",
    "vom verkäufer eingezogene steuern": "seller collected tax",
    "von ebay einbehaltene steuer": "ebay collected tax",
    "von ebay eingezogene steuern": "ebay collected tax",
    "fixer anteil der verkaufsprovision": "final value fee - fixed",
    "variabler anteil der verkaufsprovision": "final value fee - variable",
    "internationale gebühr": "international fee",
    "transaktionsbetrag (inkl. kosten)": "gross transaction amount",
    "transaktionsbetrag": "gross transaction amount",
    "transaktionswährung": "transaction currency",
    "referenznummer": "reference id",
    "beschreibung": "description",
}
GERMAN_TYPES = {
    "bestellung": "order",
    "rückerstattung": "refund",
    "einbehaltung": "hold",
    "andere gebühr": "other fee",
    "versandetikett": "shipping label",
    "auszahlung": "payout",
    "zahlungsstreitfall": "payment dispute",
    "anpassung": "adjustment",
    "belastung": "charge",
}
_FEES = (
    ("final value fee", FeeType.COMMISSION),
    ("regulatory", FeeType.COMMISSION),
    ("international", FeeType.COMMISSION),
    ("performance", FeeType.COMMISSION),
    ("not as described", FeeType.COMMISSION),
    ("deposit processing", FeeType.PAYMENT),
)
_RATES = (" rate", "-satz")
_TAXES = ("seller collected tax", "ebay collected tax")


@register
class EbayReport(TableFormat):
    """The report of all transactions, or that of one payout."""

    code = "ebay_report"
    title = "eBay: transaction report (CSV)"
    required = (
        "transaction creation date",
        "type",
        "order number",
        "net amount",
        "gross transaction amount",
    )
    delimiters = (",", ";", "\t")

    alternatives = (
        (
            "datum der transaktionserstellung",
            "typ",
            "bestellnummer",
            "betrag abzügl. kosten",
        ),
    )

    def read_into(self, document: Document, book: Book) -> None:
        table = self.table(
            document,
            amount_columns=_both("net amount", "gross transaction amount"),
            date_columns=_both("transaction creation date"),
            decimal=book.options.decimal,
            zone=book.options.zone,
        )
        table.names = [GERMAN.get(name, name) for name in table.names]
        fees = fee_columns(table)
        account = next(
            (
                row[1]
                for row in table.preamble
                if row[:1] in (["Seller"], ["Verkäufer"]) and row[1:]
            ),
            "",
        )
        nets: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        currencies: dict[str, str] = {}
        waiting: list[Row] = []  # rows of items do not tell the currency
        for row in table:
            payout, currency = row.text("payout id"), row.text("payout currency")
            if not currency and payout not in currencies:
                waiting.append(row)
                continue
            currency = currency or currencies[payout]
            currencies.setdefault(payout, currency)
            nets[payout, currency] += self._read_row(row, book, currency, fees)
        for row in waiting:
            payout = row.text("payout id")
            currency = currencies.get(payout, book.options.currency)
            nets[payout, currency] += self._read_row(row, book, currency, fees)
        for name, draft in book.drafts.items():
            draft.account = account
            if draft.payout:
                draft.check("payout", -draft.payout, draft.total)
            else:
                draft.warn("no_payout_row" if draft.reference else "not_paid_out")
            draft.check("net", nets[name], draft.total + draft.payout)
            if book.options.zone is None:
                draft.warn("zone_assumed_utc")

    @staticmethod
    def _read_row(row: Row, book: Book, currency: str, fees: list[str]) -> Decimal:
        """Add the lines; returns the net that the row tells."""
        draft = book.draft(row.text("payout id"), currency)
        net = row.amount("net amount")
        word = row.text("type").lower()
        word = GERMAN_TYPES.get(word, word)
        kind = KINDS.get(word, Kind.SUSPENSE)
        values = {
            "type_code": row.text("type"),
            "order_ref": row.text("order number"),
            "transaction_ref": row.text("transaction id", "reference id"),
            "related_ref": row.text("reference id"),
            "item_ref": row.text("item id"),
            "sku": row.text("custom label"),
            "quantity": row.amount("quantity"),
            "payout_ref": draft.reference,
            "posted_at": row.moment("transaction creation date"),
            "description": row.text("item title", "description"),
            "partner": row.text("buyer username"),
        }
        if net is not None:
            gross = row.amount("gross transaction amount")
            draft.add(
                row,
                kind,
                net if gross is None else gross,
                part="gross",
                fee=_fee_of(word, row.text("description"))
                if kind is Kind.FEE
                else None,
                **values,
            )
        for column in fees:
            draft.add(
                row,
                Kind.FEE,
                row.amount(column),
                part=column,
                fee=fee_type(column),
                **values,
            )
        return net or ZERO


def _both(*names: str) -> tuple[str, ...]:
    """Names of columns in either language."""
    german = (word for word, name in GERMAN.items() if name in names)
    return (*names, *german)


def fee_columns(table: Table) -> list[str]:
    """Columns of fees: behind those of taxes, before that of the gross amount.

    Sites of the EU and the UK have the rate of the VAT between them, which is no money.
    """
    end = table.names.index("gross transaction amount")
    starts = [table.names.index(name) for name in _TAXES if table.has(name)]
    if not starts:
        return [name for name in table.names if "fee" in name.split()]
    found = table.names[max(starts) + 1 : end]
    return [name for name in found if name and not name.endswith(_RATES)]


def fee_type(column: str) -> FeeType:
    """Which fee a column is."""
    for words, fee in _FEES:
        if words in column:
            return fee
    return FeeType.OTHER


def _fee_of(word: str, description: str) -> FeeType:
    if word == "shipping label":
        return FeeType.SHIPPING
    text = description.lower()
    if "promoted" in text or "advertis" in text or "offsite ads" in text:
        return FeeType.ADVERTISING
    if "subscription" in text or "store fee" in text:
        return FeeType.SUBSCRIPTION
    return FeeType.OTHER
