"""Amazon settlement flat files, V2 and V1 (tab-separated).

Sources: SP-API "Settlement reports" (report type values and attributes of
``GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2`` and ``GET_FLAT_FILE_...``). The row with
``total-amount`` is the summary, never a movement; the currency stands there only. V1
loses its three promotion columns in a period without promotions.
"""

from __future__ import annotations

from decimal import Decimal

from .amazon_types import classify
from .base import Book, Draft, register
from .document import Document
from .schema import Kind
from .tables import Row, TableFormat

#: amount column of V1 -> the column that names its type ("" = the transaction type)
V1_AMOUNTS = {
    "shipment-fee-amount": "shipment-fee-type",
    "order-fee-amount": "order-fee-type",
    "price-amount": "price-type",
    "item-related-fee-amount": "item-related-fee-type",
    "misc-fee-amount": "",
    "other-fee-amount": "other-fee-reason-description",
    "promotion-amount": "promotion-type",
    "direct-payment-amount": "direct-payment-type",
    "other-amount": "",
}


class AmazonFlatFile(TableFormat):
    """What both versions have in common: the summary and the identifiers."""

    delimiters = ("\t",)
    amount_columns: tuple[str, ...] = ()

    def read_into(self, document: Document, book: Book) -> None:
        table = self.table(
            document,
            quoted=False,  # a quote in a SKU is an inch mark
            amount_columns=(*self.amount_columns, "total-amount"),
            date_columns=("posted-date", "settlement-start-date", "deposit-date"),
            decimal=book.options.decimal,
        )
        declared: dict[str, Decimal] = {}
        for row in table:
            draft = book.draft(row.text("settlement-id"))
            total = row.amount("total-amount")
            if total is not None and not row.text("transaction-type"):
                declared[draft.reference] = total
                self._read_summary(row, draft)
            else:
                self._read_row(row, draft)
        for draft in book.drafts.values():
            draft.check("total", declared.get(draft.reference), draft.total)

    def _read_summary(self, row: Row, draft: Draft) -> None:
        draft.currency = row.text("currency")
        draft.starts_at = row.moment("settlement-start-date")
        draft.ends_at = row.moment("settlement-end-date")
        draft.deposit_at = row.moment("deposit-date")

    def _read_row(self, row: Row, draft: Draft) -> None:
        """Add the amounts of a row that is not the summary."""
        raise NotImplementedError

    def _add(
        self, row: Row, draft: Draft, group: str, name: str, amount: Decimal | None
    ) -> None:
        event = row.text("transaction-type")
        kind, fee = classify(event, group, name)
        draft.add(
            row,
            kind,
            amount,
            part=group,
            currency=row.text("currency"),
            type_code="|".join((event, group, name)),
            fee=fee,
            order_ref=row.text("order-id"),
            merchant_ref=row.text("merchant-order-id"),
            transaction_ref=row.text("adjustment-id", "shipment-id"),
            item_ref=row.text("order-item-code"),
            sku=row.text("sku"),
            quantity=row.amount("quantity-purchased") if kind is Kind.SALE else None,
            posted_at=row.moment(
                "posted-date-time" if row.text("posted-date-time") else "posted-date"
            ),
            description=row.text("promotion-id"),
        )


@register
class AmazonV2(AmazonFlatFile):
    """``GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2``."""

    code = "amazon_v2"
    title = "Amazon: settlement, flat file V2"
    required = (
        "settlement-id",
        "total-amount",
        "transaction-type",
        "amount-type",
        "amount-description",
        "amount",
    )
    amount_columns = ("amount",)

    def _read_row(self, row: Row, draft: Draft) -> None:
        amount = row.amount("amount")
        self._add(
            row, draft, row.text("amount-type"), row.text("amount-description"), amount
        )


@register
class AmazonV1(AmazonFlatFile):
    """``GET_FLAT_FILE_SETTLEMENT_REPORT...``: nine amount columns in a row."""

    code = "amazon_v1"
    title = "Amazon: settlement, flat file V1"
    required = (
        "settlement-id",
        "total-amount",
        "transaction-type",
        "price-type",
        "price-amount",
        "item-related-fee-amount",
        "other-amount",
    )
    amount_columns = tuple(V1_AMOUNTS)

    def _read_row(self, row: Row, draft: Draft) -> None:
        for column, named_by in V1_AMOUNTS.items():
            amount = row.amount(column)
            if amount:
                name = row.text(named_by) if named_by else ""
                self._add(row, draft, column, name, amount)
