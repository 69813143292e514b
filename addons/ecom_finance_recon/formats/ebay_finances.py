"""eBay Finances API: ``getTransactions`` and ``getPayouts`` as JSON.

Source: OpenAPI of Sell Finances v1. Amounts are positive, ``bookingEntry`` says which
way. The amount of a sale is after its fees: ``totalFeeBasisAmount`` is what the buyer
paid, ``totalFeeAmount`` what was deducted (not confirmed by a recording).
"""

from __future__ import annotations

from decimal import Decimal

from .base import Book, Draft, Format, register, types
from .document import Document
from .errors import BadValue
from .reading import Node, pages
from .schema import ZERO, FeeType, Kind

KINDS = types(
    {
        Kind.SALE: ("SALE",),
        Kind.REFUND: ("REFUND",),
        Kind.CHARGEBACK: ("DISPUTE",),
        Kind.FEE: ("NON_SALE_CHARGE", "SHIPPING_LABEL"),
        Kind.REIMBURSEMENT: ("CREDIT",),
        Kind.ADJUSTMENT: ("ADJUSTMENT",),
        Kind.TRANSFER: ("TRANSFER", "WITHDRAWAL"),
    }
)
_FEES = (
    ("FINAL_VALUE", FeeType.COMMISSION),
    ("REGULATORY", FeeType.COMMISSION),
    ("INTERNATIONAL", FeeType.COMMISSION),
    ("AD_FEE", FeeType.ADVERTISING),
    ("PROMOTED", FeeType.ADVERTISING),
    ("INSERTION", FeeType.LISTING),
    ("SUBSCRIPTION", FeeType.SUBSCRIPTION),
    ("DISPUTE", FeeType.CHARGEBACK),
    ("SHIPPING_LABEL", FeeType.SHIPPING),
)
_FAILED = frozenset({"RETRYABLE_FAILED", "TERMINAL_FAILED", "REVERSED"})
_HELD = frozenset({"FUNDS_ON_HOLD"})


@register
class EbayFinances(Format):
    """One or more answers of either call."""

    code = "ebay_finances"
    title = "eBay: Finances API"

    def sniff(self, document: Document) -> int:
        head = document.head if document.is_json else ""
        return 95 if '"bookingEntry"' in head or '"payoutInstrument"' in head else 0

    def read_into(self, document: Document, book: Book) -> None:
        declared: dict[tuple[str, str], Decimal] = {}
        nets: dict[int, Decimal] = {}
        number = 0
        for page in pages(document.json()):
            for payout in Node(1, page).children("payouts"):
                self._read_payout(payout, book, declared)
            for transaction in Node(1, page).children("transactions"):
                number += 1
                transaction.number = number
                self._read(transaction, book, nets)
        for name, draft in book.drafts.items():
            if name in declared:
                draft.check("payout", declared[name], draft.total)
            draft.check("net", nets.get(id(draft), ZERO), draft.total)

    @staticmethod
    def _read_payout(payout: Node, book: Book, declared) -> None:
        name = (payout.text("payoutId"), payout.text("amount", "currency"))
        draft = book.draft(*name)
        draft.deposit_at = payout.moment("payoutDate")
        draft.bank_account = payout.text("payoutInstrument", "accountLastFourDigits")
        declared[name] = payout.amount("amount", "value") or ZERO
        if payout.text("payoutStatus") in _FAILED:
            draft.warn("payout_failed")

    def _read(self, transaction: Node, book: Book, nets: dict[int, Decimal]) -> None:
        word = transaction.text("transactionType")
        amount = _signed(transaction)
        draft = book.draft(
            transaction.text("payoutId"), transaction.text("amount", "currency")
        )
        nets[id(draft)] = nets.get(id(draft), ZERO) + amount
        if transaction.text("transactionStatus") in _HELD:
            draft.warn("funds_on_hold")
        values = {
            "identity": "/".join(
                (
                    word,
                    transaction.text("transactionId"),
                    transaction.text("bookingEntry"),
                )
            ),
            "type_code": "|".join(filter(None, (word, transaction.text("feeType")))),
            "order_ref": transaction.text("orderId"),
            "merchant_ref": transaction.text("salesRecordReference").strip("0"),
            "transaction_ref": transaction.text("transactionId"),
            "payout_ref": draft.reference,
            "posted_at": transaction.moment("transactionDate"),
            "description": transaction.text("transactionMemo"),
            "partner": transaction.text("buyer", "username"),
        }
        kind = KINDS.get(word, Kind.SUSPENSE)
        fees = self._add_fees(transaction, draft, amount, values)
        draft.add(
            transaction,
            kind,
            amount - fees,
            part="gross",
            fee=fee_type(transaction.text("feeType") or word)
            if kind is Kind.FEE
            else None,
            **values,
        )

    @staticmethod
    def _add_fees(transaction: Node, draft: Draft, amount: Decimal, values) -> Decimal:
        """Add the fees that the amount is already less; returns their signed sum."""
        fees = [
            (f"{item.text('lineItemId')}:{fee.text('feeType')}", item, fee)
            for item in transaction.children("orderLineItems")
            for fee in item.children("marketplaceFees")
        ]
        total = ZERO
        sign = 1 if amount < 0 else -1  # with a refund, fees are given back
        for part, item, fee in fees:
            value = (fee.amount("amount", "value") or ZERO) * sign
            total += value
            draft.add(
                transaction,
                Kind.FEE,
                value,
                part=part,
                fee=fee_type(fee.text("feeType")),
                item_ref=item.text("lineItemId"),
                **{**values, "type_code": fee.text("feeType")},
            )
        return total


def _signed(transaction: Node) -> Decimal:
    amount = transaction.amount("amount", "value")
    entry = transaction.text("bookingEntry")
    if amount is None or entry not in ("CREDIT", "DEBIT"):
        raise BadValue(
            f"transaction {transaction.number} has no amount or direction",
            row=transaction.number,
            column="bookingEntry",
            value=entry[:60],
        )
    return amount if entry == "CREDIT" else -amount


def fee_type(word: str) -> FeeType:
    """Which fee eBay's word is."""
    for part, fee in _FEES:
        if part in word.upper():
            return fee
    return FeeType.OTHER
