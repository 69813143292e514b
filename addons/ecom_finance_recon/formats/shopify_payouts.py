"""Shopify Payments by GraphQL: ``payouts`` and ``balanceTransactions`` as JSON.

Source: Admin schema 2026-07 (``ShopifyPaymentsBalanceTransaction``,
``ShopifyPaymentsPayout``). A transaction keeps its id for good. ``net = amount - fee``;
the payout's ``net`` is the control total. ``externalTraceId`` is what the bank prints.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from .base import Book, Draft, Format, register, types
from .document import Document
from .reading import Node, pages
from .schema import ZERO, FeeType, Kind

KINDS = types(
    {
        Kind.SALE: ("charge", "charge_adjustment"),
        Kind.REFUND: ("refund", "refund_failure", "refund_adjustment"),
        Kind.CHARGEBACK: (
            "dispute_withdrawal",
            "dispute_reversal",
            "chargeback_protection_credit",
            "chargeback_protection_credit_reversal",
            "chargeback_protection_debit",
            "chargeback_protection_debit_reversal",
        ),
        Kind.RESERVE: (
            "reserved_funds",
            "reserved_funds_withdrawal",
            "reserved_funds_reversal",
            "chargeback_hold",
            "chargeback_hold_release",
            "risk_withdrawal",
            "risk_reversal",
        ),
        Kind.FEE_TAX: (
            "referral_fee_tax",
            "vat_refund_credit",
            "vat_refund_credit_reversal",
        ),
        Kind.ADJUSTMENT: (
            "adjustment",
            "anomaly_credit",
            "anomaly_credit_reversal",
            "anomaly_debit",
            "anomaly_debit_reversal",
        ),
        Kind.REIMBURSEMENT: (
            "merchant_goodwill_credit",
            "merchant_goodwill_credit_reversal",
            "seller_protection_credit",
            "seller_protection_credit_reversal",
        ),
        Kind.TRANSFER: ("transfer_failure", "transfer_cancel", "transfer_refund"),
        Kind.PAYOUT: ("transfer", "payout"),
        Kind.CARRY_OVER: ("balance_transfer_inbound", "balance_transfer_outbound"),
    }
)
FEES = types(
    {
        FeeType.CHARGEBACK: ("chargeback_fee", "chargeback_fee_refund"),
        FeeType.PAYMENT: (
            "stripe_fee",
            "application_fee_refund",
            "ach_bank_failure_debit_fee",
            "ach_bank_failure_debit_reversal_fee",
        ),
        FeeType.COMMISSION: (
            "referral_fee",
            "marketplace_fee_credit",
            "marketplace_fee_credit_reversal",
        ),
        FeeType.SHIPPING: (
            "shipping_label",
            "shipping_label_adjustment",
            "shipping_label_adjustment_base",
            "shipping_label_adjustment_surcharge",
            "shipping_return_to_origin_adjustment",
            "shipping_other_carrier_charge_adjustment",
        ),
        FeeType.ADVERTISING: (
            "shop_cash_campaign_billing_debit",
            "shop_cash_campaign_billing_debit_reversal",
            "shop_cash_campaign_billing_credit",
            "shop_cash_campaign_billing_credit_reversal",
        ),
        FeeType.SUBSCRIPTION: ("billing_debit", "billing_debit_reversal"),
    }
)


@register
class ShopifyPayouts(Format):
    """Answers, or only the ``shopifyPaymentsAccount`` in them."""

    code = "shopify_payouts"
    title = "Shopify Payments: payouts (GraphQL)"

    def sniff(self, document: Document) -> int:
        head = document.head if document.is_json else ""
        return (
            95
            if '"balanceTransactions"' in head
            or '"payouts"' in head
            and ('"externalTraceId"' in head or '"shopifyPaymentsAccount"' in head)
            else 0
        )

    def read_into(self, document: Document, book: Book) -> None:
        nets: dict[int, Decimal] = defaultdict(lambda: ZERO)
        declared: dict[tuple[str, str], Decimal] = {}
        seen: set[str] = set()
        number = 0
        for page in pages(document.json()):
            account = Node(1, page)
            found = account.get("data", "shopifyPaymentsAccount") or account.get(
                "shopifyPaymentsAccount"
            )
            account = Node(1, found) if isinstance(found, dict) else account
            for payout in account.children("payouts"):
                self._read_payout(payout, book, declared)
            for transaction in account.children("balanceTransactions"):
                number += 1
                transaction.number = number
                name = _id(transaction.text("id"))
                if transaction.get("test") is True or name in seen:
                    continue
                seen.add(name)
                self._read(name, transaction, book, nets)
        for name, draft in book.drafts.items():
            if name in declared:
                draft.check("payout", declared[name], draft.total)
            draft.check("net", nets[id(draft)], draft.total + draft.payout)

    @staticmethod
    def _read_payout(payout: Node, book: Book, declared) -> None:
        name = (_id(payout.text("id")), payout.text("net", "currencyCode"))
        draft = book.draft(*name)
        draft.deposit_at = payout.moment("issuedAt")
        draft.bank_account = payout.text("externalTraceId")
        net = payout.amount("net", "amount") or ZERO
        withdrawal = payout.text("transactionType").upper() == "WITHDRAWAL"
        declared[name] = -net.copy_abs() if withdrawal else net
        if payout.text("status").upper() in ("FAILED", "CANCELED"):
            draft.warn("payout_failed")

    @staticmethod
    def _read(name: str, transaction: Node, book: Book, nets) -> None:
        payout = _id(transaction.text("associatedPayout", "id"))
        draft: Draft = book.draft(payout, transaction.text("amount", "currencyCode"))
        word = transaction.text("type").lower()
        fee_type = FEES.get(word)
        kind = Kind.FEE if fee_type else KINDS.get(word, Kind.SUSPENSE)
        values = {
            "identity": name,
            "type_code": word,
            "order_ref": transaction.text("associatedOrder", "name"),
            "merchant_ref": _id(transaction.text("associatedOrder", "id")),
            "transaction_ref": transaction.text(
                "sourceOrderTransactionId",
            )
            or name,
            "related_ref": transaction.text("sourceId"),
            "payout_ref": payout,
            "posted_at": transaction.moment("transactionDate"),
            "description": transaction.text("adjustmentReason"),
        }
        nets[id(draft)] += transaction.amount("net", "amount") or ZERO
        amount = transaction.amount("amount", "amount")
        draft.add(transaction, kind, amount, part="amount", fee=fee_type, **values)
        fee = transaction.amount("fee", "amount")
        draft.add(
            transaction,
            Kind.FEE,
            -fee if fee else None,
            part="fee",
            fee=FeeType.CHARGEBACK if kind is Kind.CHARGEBACK else FeeType.PAYMENT,
            **values,
        )


def _id(text: str) -> str:
    """The number in a global id (``gid://shopify/ShopifyPaymentsPayout/12``)."""
    return text.rpartition("/")[2]
