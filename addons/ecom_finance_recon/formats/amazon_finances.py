"""Amazon Finances API 2024-06-19, ``listTransactions``: one or more answers as JSON.

Source: ``finances_2024-06-19.json`` of the SP-API models. The same ``transactionId``
comes again with a new status: its lines have the same keys, so that what is stored is
updated, never added to. Breakdowns are a tree; its leaves are the amounts. The words of
``breakdownType`` are not listed in the model: those below are not confirmed, any other
is suspense.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from .amazon_types import CHANNEL_TAXES, FEES, OTHERS, PRICES
from .base import Book, Draft, Format, register, types
from .document import Document
from .reading import Node, pages
from .schema import ZERO, FeeType, Kind

_STATUSES = ("DEFERRED", "RELEASED", "DEFERRED_RELEASED")
_BUYER = types(
    {
        Kind.SALE: ("ourpriceprincipal", "principal", "productcharges"),
        Kind.SHIPPING: ("shippingprincipal", "shipping"),
        Kind.GIFT_WRAP: ("giftwrapprincipal", "giftwrap"),
        Kind.PROMOTION: ("promorebates", "promotions", "promotion", "discounts"),
        Kind.TAX: ("ourpricetax", "shippingtax", "giftwraptax", "tax"),
    }
)
_FEES = types(
    {
        FeeType.COMMISSION: ("commission", "referralfee", "amazonfees"),
        FeeType.FULFILMENT: ("fbafees", "fbaperunitfulfillmentfee"),
        FeeType.ADVERTISING: ("advertising", "productadspayment"),
        FeeType.REFUND_ADMIN: ("refundcommission",),
    }
)


@register
class AmazonFinances(Format):
    """Transactions by settlement; those deferred are a settlement named so."""

    code = "amazon_finances"
    title = "Amazon: finances API, transactions"

    def sniff(self, document: Document) -> int:
        head = document.head if document.is_json else ""
        words = ('"transactionId"', '"breakdowns"', '"relatedIdentifiers"')
        return 95 if sum(word in head for word in words) >= 2 else 0

    def read_into(self, document: Document, book: Book) -> None:
        newest: dict[str, Node] = {}
        number = 0
        for page in pages(document.json()):
            body = Node(1, page.get("payload") or page)
            for transaction in body.children("transactions"):
                number += 1
                transaction.number = number
                name = transaction.text("transactionId") or f"#{number}"
                if _rank(transaction) >= _rank(newest.get(name)):
                    newest[name] = transaction
        totals: dict[int, Decimal] = {}
        for name, transaction in newest.items():
            draft = self._draft(transaction, book)
            total = transaction.amount("totalAmount", "currencyAmount") or ZERO
            totals[id(draft)] = totals.get(id(draft), ZERO) + total
            self._read(name, transaction, draft, total)
        for draft in book.drafts.values():
            draft.check("transactions", totals[id(draft)], draft.total + draft.payout)

    @staticmethod
    def _draft(transaction: Node, book: Book) -> Draft:
        related = _related(transaction)
        deferred = transaction.text("transactionStatus") == "DEFERRED"
        reference = related.get("SETTLEMENT_ID") or related.get(
            "FINANCIAL_EVENT_GROUP_ID", ""
        )
        draft = book.draft(
            "deferred" if deferred else reference,
            transaction.text("totalAmount", "currencyCode"),
        )
        draft.account = transaction.text("sellingPartnerMetadata", "sellingPartnerId")
        if deferred:
            draft.warn("deferred")
        return draft

    def _read(self, name: str, transaction: Node, draft: Draft, total: Decimal) -> None:
        event = transaction.text("transactionType")
        related = _related(transaction)
        common = {
            "order_ref": related.get("ORDER_ID", ""),
            "transaction_ref": related.get("REFUND_ID", "") or name,
            "related_ref": related.get("DEFERRED_TRANSACTION_ID", "")
            or related.get("RELEASE_TRANSACTION_ID", ""),
            "payout_ref": related.get("DISBURSEMENT_ID", ""),
            "posted_at": transaction.moment("postedDate"),
            "description": transaction.text("description"),
        }
        added = ZERO
        for item in transaction.children("items"):
            values = {**common, **_product(item)}
            for path, amount in _leaves(item):
                added += amount
                self._add(name, transaction, draft, event, path, amount, values, item)
        if added != total:
            own = list(_leaves(transaction))
            if not added and sum((a for _p, a in own), ZERO) == total:
                for path, amount in own:
                    self._add(name, transaction, draft, event, path, amount, common)
            else:  # never a cent that is not shown
                draft.add(
                    transaction,
                    Kind.PAYOUT if event == "Transfer" else Kind.SUSPENSE,
                    total - added,
                    identity=name,
                    part="unexplained",
                    type_code=event,
                    **common,
                )

    @staticmethod
    def _add(name, transaction, draft, event, path, amount, values, item=None) -> None:
        kind, fee = classify(event, path)
        part = "|".join(path)
        if item is not None:
            part = f"{item.number}:{part}"
        draft.add(
            transaction,
            kind,
            amount,
            identity=name,
            part=part,
            fee=fee,
            type_code="|".join((event, *path)),
            **values,
        )


def _rank(transaction: Node | None) -> int:
    """How far a transaction is in its life; nothing is before all."""
    if transaction is None:
        return -1
    status = transaction.text("transactionStatus")
    return _STATUSES.index(status) if status in _STATUSES else 0


def _related(node: Node) -> dict[str, str]:
    return {
        one.text("relatedIdentifierName"): one.text("relatedIdentifierValue")
        for one in node.children("relatedIdentifiers")
    }


def _product(item: Node) -> dict[str, Any]:
    """SKU and quantity from the contexts of an item."""
    for context in item.children("contexts"):
        if context.text("sku"):
            return {
                "sku": context.text("sku"),
                "quantity": context.amount("quantityShipped"),
            }
    return {}


def _leaves(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple, Decimal]]:
    """Amounts at the ends of a tree of breakdowns, with their path."""
    for one in node.children("breakdowns"):
        here = (*path, one.text("breakdownType"))
        if len(here) < 30 and one.get("breakdowns"):
            yield from _leaves(one, here)
        else:
            yield here, one.amount("breakdownAmount", "currencyAmount") or ZERO


def classify(event: str, path: tuple[str, ...]) -> tuple[Kind, FeeType | None]:
    """Kind and fee of a leaf: the most exact word that is known decides."""
    if event == "Transfer":
        return Kind.PAYOUT, None
    is_refund = "refund" in event.lower()
    for word in (name.lower() for name in reversed(path)):
        if word.startswith(CHANNEL_TAXES):
            return Kind.CHANNEL_TAX, None
        if word in FEES or word in _FEES:
            return Kind.FEE, FEES.get(word) or _FEES[word]
        if word in OTHERS:
            return OTHERS[word], None
        kind = PRICES.get(word) or _BUYER.get(word)
        if kind and (kind is not Kind.TAX or len(path) < 2 or _is_price(path)):
            refunded = is_refund and kind is not Kind.TAX
            return (Kind.REFUND if refunded else kind), None
    return Kind.SUSPENSE, None


def _is_price(path: tuple[str, ...]) -> bool:
    """Whether a tax is one of the buyer's, not one on a fee above it."""
    above = [name.lower() for name in path[:-1]]
    return not any(word in FEES or word in _FEES or "fee" in word for word in above)
