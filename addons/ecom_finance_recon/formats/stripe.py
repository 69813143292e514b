"""Stripe: itemised payout reconciliation and balance change from activity (CSV).

Source: docs.stripe.com/reports/payout-reconciliation and /balance. The columns are
chosen by the user; amounts are decimal majors; ``net = gross - fee``; the suffix
``_utc`` tells the zone of a time, else it is the account's. Manual and instant payouts
are not mapped to transactions by Stripe.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from .base import Book, Draft, register, types
from .document import Document
from .moments import UTC
from .schema import ZERO, FeeType, Kind
from .tables import Row, TableFormat

KINDS = types(
    {
        Kind.SALE: ("charge", "payment"),
        Kind.REFUND: ("refund", "refund_failure", "partial_capture_reversal"),
        Kind.CHARGEBACK: ("dispute", "dispute_reversal"),
        Kind.FEE: ("fee", "network_cost"),
        Kind.FEE_TAX: ("tax",),
        Kind.PAYOUT: ("payout",),
        Kind.TRANSFER: ("payout_reversal", "topup", "topup_reversal"),
        Kind.RESERVE: ("risk_reserved_funds",),
        Kind.ADJUSTMENT: ("other_adjustment",),
    }
)


@register
class Stripe(TableFormat):
    """Both reports: with ``automatic_payout_id`` a settlement for each payout."""

    code = "stripe"
    title = "Stripe: payout reconciliation, balance change (CSV)"
    required = ("reporting_category", "gross", "fee", "net", "currency")
    delimiters = (",", ";", "\t")

    def read(self, document: Document, book: Book) -> None:
        table = self.table(
            document,
            amount_columns=("gross", "fee", "net"),
            decimal=book.options.decimal,
        )
        nets: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for row in table:
            currency = row.text("currency").upper()
            draft = book.draft(row.text("automatic_payout_id"), currency)
            self._read_row(row, draft)
            nets[id(draft)] += row.need("net")
        for draft in book.drafts.values():
            self._close(draft, nets[id(draft)])

    def _read_row(self, row: Row, draft: Draft) -> None:
        category = row.text("reporting_category").lower()
        kind = KINDS.get(category, Kind.SUSPENSE)
        metadata = [value for name, value in row.cells.items() if "metadata[" in name]
        values = {
            "type_code": category,
            "order_ref": row.text(
                "payment_metadata[order_id]",
                "payment_metadata[order_number]",
                "charge_metadata[order_id]",
                "invoice_number",
            )
            or (metadata[0] if metadata else ""),
            "transaction_ref": row.text("charge_id", "source_id")
            if kind is Kind.SALE
            else row.text("source_id"),
            "related_ref": row.text("charge_id", "payment_intent_id"),
            "payout_ref": draft.reference,
            "posted_at": self._moment(row, draft, "created"),
            "description": row.text("description"),
            "original_amount": row.amount("customer_facing_amount"),
            "original_currency": row.text("customer_facing_currency").upper(),
        }
        identity = row.text("balance_transaction_id")
        draft.deposit_at = draft.deposit_at or self._moment(
            row, draft, "automatic_payout_effective_at"
        )
        if kind is Kind.PAYOUT:
            draft.add(
                row, kind, row.need("net"), part="net", identity=identity, **values
            )
            return
        draft.add(
            row,
            kind,
            row.need("gross"),
            part="gross",
            identity=identity,
            fee=FeeType.PAYMENT if kind is Kind.FEE else None,
            **values,
        )
        fee = row.amount("fee")
        draft.add(
            row,
            Kind.FEE,
            -fee if fee else None,
            part="fee",
            identity=identity,
            fee=FeeType.CHARGEBACK if kind is Kind.CHARGEBACK else FeeType.PAYMENT,
            **values,
        )

    @staticmethod
    def _moment(row: Row, draft: Draft, name: str):
        if moment := row.moment(f"{name}_utc", UTC):
            return moment
        zone = draft.book.options.zone
        moment = row.moment(name, zone)
        if moment and zone is None:
            draft.warn("zone_assumed_utc")
        return moment

    @staticmethod
    def _close(draft: Draft, net: Decimal) -> None:
        if draft.payout and draft.reference:
            # A payout leaves the balance, so it is negative; some exports print it as
            # it arrives at the bank.
            paid = (
                draft.payout if draft.payout > 0 and draft.total > 0 else -draft.payout
            )
            draft.check("payout", paid, draft.total)
        draft.check("net", net, draft.total + draft.payout)
        if draft.reference and not draft.payout:
            draft.warn("no_payout_row")
        if not draft.reference:
            draft.warn("not_mapped_to_payouts")
