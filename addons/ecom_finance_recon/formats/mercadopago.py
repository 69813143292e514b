"""Mercado Pago: release report (``release_report``, ``bank_report``) and settlements.

Source: Mercado Pago's developer documentation of reports. ``,`` or ``;``, columns are
configurable, times are ISO with an offset that changes within a file. The release
report begins with the balance and ends with a ``total`` row.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from .base import WALLET, Book, Draft, register, types
from .document import Document
from .schema import ZERO, FeeType, Kind
from .tables import Row, TableFormat

#: by DESCRIPTION of a movement
KINDS = types(
    {
        Kind.SALE: ("payment", "point", "money_in"),
        Kind.REFUND: ("refund", "partial_refund", "payment_refund"),
        Kind.CHARGEBACK: (
            "chargeback",
            "dispute",
            "mediation",
            "chargeback_refund",
            "dispute_refund",
        ),
        Kind.TRANSFER: ("withdrawal", "payout", "transfer", "withdrawal_cancel"),
        Kind.RESERVE: (
            "reserve_for_dispute",
            "reserve_for_payout",
            "reserve_for_bpp_shipping_return",
            "reserve_for_payment",
            "reserve_for_debt_payment",
            "reserve_for_bpp",
            "reserve_for_refund",
        ),
        Kind.REIMBURSEMENT: ("cashback", "bpp_refunded"),
    }
)
FEES = {
    "mp_fee_amount": FeeType.PAYMENT,
    "financing_fee_amount": FeeType.PAYMENT,
    "shipping_fee_amount": FeeType.SHIPPING,
}
_MOVEMENTS = frozenset({"release", "block", "unblock"})


@register
class MercadoPagoRelease(TableFormat):
    """Movements of the available balance between two balances."""

    code = "mercadopago_release"
    title = "Mercado Pago: release report"
    family = WALLET
    required = ("date", "source_id", "record_type", "net_credit_amount")
    delimiters = (",", ";")

    def read_into(self, document: Document, book: Book) -> None:
        table = self.table(
            document,
            amount_columns=("net_credit_amount", "net_debit_amount", "gross_amount"),
            decimal=book.options.decimal,
        )
        draft = book.draft("", book.options.currency)
        net = ZERO
        for row in table:
            record = row.text("record_type").lower()
            moved = (row.amount("net_credit_amount") or ZERO) - (
                row.amount("net_debit_amount") or ZERO
            )
            if record == "initial_available_balance":
                draft.opening = moved
            elif record == "total":
                draft.closing = moved
            elif record != "subtotal":
                net += moved
                self._read_row(row, draft, record, moved)
        if not draft.currency:
            draft.warn("currency_not_told")
        computed = (draft.opening or ZERO) + draft.total
        draft.check("closing_balance", draft.closing, computed)
        draft.check("net", net, draft.total)

    @staticmethod
    def _read_row(row: Row, draft: Draft, record: str, moved: Decimal) -> None:
        word = row.text("description").lower()
        kind = KINDS.get(word, Kind.SUSPENSE)
        if record in ("block", "unblock"):
            kind = Kind.RESERVE
        elif record not in _MOVEMENTS:
            kind = Kind.SUSPENSE
        values = {
            "type_code": "|".join(filter(None, (record, word))),
            "order_ref": row.text("external_reference", "order_id"),
            "merchant_ref": row.text("external_reference"),
            "transaction_ref": row.text("source_id"),
            "posted_at": row.moment("date"),
            "description": row.text("payment_method"),
            "currency": row.text("currency", "settlement_currency"),
        }
        fees = {name: row.amount(name) or ZERO for name in FEES}
        taxes = row.amount("taxes_amount") or ZERO
        coupon = row.amount("coupon_amount") or ZERO
        gross = row.amount("gross_amount")
        deducted = sum(fees.values(), ZERO) + taxes + coupon
        if gross is None or gross + deducted != moved:
            draft.add(row, kind, moved, part="net", **values)
            return
        draft.add(row, kind, gross, part="gross", **values)
        for name, amount in fees.items():
            draft.add(row, Kind.FEE, amount, part=name, fee=FEES[name], **values)
        draft.add(row, Kind.CHANNEL_TAX, taxes, part="taxes", **values)
        draft.add(row, Kind.PROMOTION, coupon, part="coupon", **values)


@register
class MercadoPagoSettlement(TableFormat):
    """Account balance report: transactions as they settle, no balances."""

    code = "mercadopago_settlement"
    title = "Mercado Pago: account balance (settlement) report"
    required = ("transaction_type", "settlement_net_amount", "source_id")
    delimiters = (",", ";")
    kinds = types(
        {
            Kind.SALE: ("settlement",),
            Kind.REFUND: ("refund",),
            Kind.CHARGEBACK: ("chargeback", "dispute"),
            Kind.TRANSFER: ("withdrawal", "withdrawal_cancel", "payout"),
            Kind.REIMBURSEMENT: ("cashback",),
        }
    )

    def read_into(self, document: Document, book: Book) -> None:
        table = self.table(
            document,
            amount_columns=("settlement_net_amount", "transaction_amount"),
            decimal=book.options.decimal,
        )
        nets: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for row in table:
            draft = book.draft("", row.text("settlement_currency"))
            net = row.need("settlement_net_amount")
            nets[id(draft)] += net
            self._read_row(row, draft, net)
        for draft in book.drafts.values():
            draft.check("net", nets[id(draft)], draft.total)

    def _read_row(self, row: Row, draft: Draft, net: Decimal) -> None:
        word = row.text("transaction_type").lower()
        values = {
            "type_code": word,
            "order_ref": row.text("external_reference", "order_id"),
            "merchant_ref": row.text("external_reference"),
            "transaction_ref": row.text("source_id"),
            "posted_at": row.moment("settlement_date")
            or row.moment("transaction_date"),
            "original_amount": row.amount("transaction_amount"),
            "original_currency": row.text("transaction_currency"),
        }
        fee = row.amount("fee_amount") or ZERO
        kind = self.kinds.get(word, Kind.SUSPENSE)
        draft.add(row, kind, net - fee, part="gross", **values)
        draft.add(row, Kind.FEE, fee, part="fee", fee=FeeType.PAYMENT, **values)
