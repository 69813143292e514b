"""Shopify Payments: the export of transactions (CSV), a settlement for each payout.

``Net = Amount - Fee``; a fee is positive where it costs. Rows without a payout are
pending. On refunds the presentment amount is positive though the amount is not.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from .base import Book, register, types
from .document import Document
from .schema import ZERO, FeeType, Kind
from .tables import Row, TableFormat

KINDS = types(
    {
        Kind.SALE: ("charge", "shop_cash_credit"),
        Kind.REFUND: ("refund", "refund_failure"),
        Kind.CHARGEBACK: (
            "chargeback",
            "dispute",
            "dispute_withdrawal",
            "dispute_reversal",
            "chargeback won",
            "chargeback_won",
        ),
        Kind.ADJUSTMENT: ("adjustment",),
        Kind.RESERVE: (
            "reserve",
            "reserved_funds",
            "reserved_funds_withdrawal",
            "reserved_funds_reversal",
        ),
        Kind.PAYOUT: ("payout",),
    }
)


@register
class ShopifyPayments(TableFormat):
    """``payment_transactions_export``, with ``VAT`` or ``Business Entity`` columns."""

    code = "shopify_payments"
    title = "Shopify Payments: transactions (CSV)"
    required = (
        "transaction date",
        "type",
        "order",
        "payout status",
        "payout id",
        "amount",
        "fee",
        "net",
    )

    def read_into(self, document: Document, book: Book) -> None:
        table = self.table(
            document,
            amount_columns=("amount", "fee", "net"),
            date_columns=("transaction date", "payout date"),
            decimal=book.options.decimal,
            zone=book.options.zone,
        )
        nets: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for row in table:
            draft = book.draft(
                row.text("payout id"), row.text("currency") or book.options.currency
            )
            draft.deposit_at = draft.deposit_at or row.moment("payout date")
            self._read_row(row, draft)
            nets[id(draft)] += row.need("net")
            if row.text("payout status").lower() in ("failed", "canceled"):
                draft.warn("payout_failed")
        for draft in book.drafts.values():
            draft.check("net", nets[id(draft)], draft.total + draft.payout)
            if not draft.reference:
                draft.warn("not_paid_out")

    def _read_row(self, row: Row, draft) -> None:
        word = row.text("type").lower()
        amount = row.need("amount")
        shown = row.amount("presentment amount")
        values = {
            "type_code": row.text("type"),
            "order_ref": row.text("order"),
            "merchant_ref": row.text("order"),
            "transaction_ref": row.text("checkout"),
            "payout_ref": draft.reference,
            "posted_at": row.moment("transaction date"),
            "description": row.text("payment method name", "card brand"),
            "original_amount": shown and shown.copy_abs().copy_sign(amount),
            "original_currency": row.text("presentment currency"),
        }
        kind = KINDS.get(word, Kind.SUSPENSE)
        draft.add(row, kind, amount, part="amount", **values)
        fee = row.amount("fee")
        draft.add(
            row,
            Kind.FEE,
            -fee if fee else None,
            part="fee",
            fee=FeeType.CHARGEBACK if kind is Kind.CHARGEBACK else FeeType.PAYMENT,
            **values,
        )
