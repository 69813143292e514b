"""Adyen: settlement detail report (CSV, XLSX), a settlement for each batch.

Debit and credit are separate unsigned columns in the net currency (NC), after the four
fee columns. All rows of a batch with its payout add up to nothing; a batch that is not
paid ends with a ``Balancetransfer`` to the next one. The zone stands in a column.
"""

from __future__ import annotations

from decimal import Decimal

from .base import Book, Draft, register, types
from .document import Document
from .moments import zone_named
from .schema import ZERO, FeeType, Kind
from .tables import Row, TableFormat

KINDS = types(
    {
        Kind.SALE: ("settled",),
        Kind.REFUND: ("refunded", "refundedreversed"),
        Kind.CHARGEBACK: ("chargeback", "secondchargeback", "chargebackreversed"),
        Kind.FEE: ("fee", "misccosts", "invoicededuction"),
        Kind.CARRY_OVER: ("balancetransfer",),
        Kind.RESERVE: ("depositcorrection", "reserveadjustment"),
        Kind.PAYOUT: ("merchantpayout", "bppaidout"),
    }
)
#: costs that are already deducted from the net amount
FEES = {
    "commission (nc)": FeeType.PAYMENT,
    "markup (nc)": FeeType.PAYMENT,
    "scheme fees (nc)": FeeType.PAYMENT,
    "interchange (nc)": FeeType.PAYMENT,
}


@register
class AdyenSettlement(TableFormat):
    """Any of its layouts: 30 columns and more, in any order."""

    code = "adyen"
    title = "Adyen: settlement detail report"
    required = (
        "merchant account",
        "type",
        "net currency",
        "net debit (nc)",
        "net credit (nc)",
        "batch number",
    )
    delimiters = (",", ";", "\t")

    def read_into(self, document: Document, book: Book) -> None:
        table = self.table(
            document,
            amount_columns=("net debit (nc)", "net credit (nc)"),
            decimal=book.options.decimal,
            zone=book.options.zone,
        )
        for row in table:
            draft = book.draft(row.text("batch number"), row.text("net currency"))
            draft.account = row.text("merchant account")
            self._read_row(row, draft)
        for draft in book.drafts.values():
            draft.check("payout", -draft.payout, draft.total)

    def _read_row(self, row: Row, draft: Draft) -> None:
        word = row.text("type").lower()
        kind = KINDS.get(word, Kind.SUSPENSE)
        debit, credit = row.amount("net debit (nc)"), row.amount("net credit (nc)")
        net = (credit or ZERO) - (debit or ZERO)
        fees = {name: row.amount(name) or ZERO for name in FEES}
        values = self._values(row)
        draft.add(
            row,
            kind,
            net + sum(fees.values(), ZERO),
            part="gross",
            fee=_fee_type(word) if kind is Kind.FEE else None,
            **values,
        )
        for name, amount in fees.items():
            draft.add(row, Kind.FEE, -amount, part=name, fee=FEES[name], **values)

    @staticmethod
    def _values(row: Row) -> dict:
        gross = _difference(row, "gross credit (gc)", "gross debit (gc)")
        reference = row.text("merchant reference")
        modification = row.text("modification reference")
        payment = row.text("psp reference")
        return {
            "type_code": row.text("type"),
            "order_ref": row.text("merchant order reference") or reference,
            "merchant_ref": reference,
            "transaction_ref": modification if payment else "",
            "related_ref": payment,
            "payout_ref": row.text("batch number"),
            "posted_at": row.moment("creation date", _zone(row, "timezone")),
            "description": row.text("modification merchant reference")
            or ("" if payment else modification),
            "original_amount": gross,
            "original_currency": row.text("gross currency") if gross else "",
        }


def _difference(row: Row, credit: str, debit: str) -> Decimal | None:
    gained, lost = row.amount(credit), row.amount(debit)
    if gained is None and lost is None:
        return None
    return (gained or ZERO) - (lost or ZERO)


def _zone(row: Row, name: str):
    """The zone of the row's time; one that is not known is the account's."""
    try:
        return zone_named(row.text(name)) if row.text(name) else None
    except ValueError:
        return None


def _fee_type(word: str) -> FeeType:
    return FeeType.OTHER if word == "invoicededuction" else FeeType.PAYMENT
