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
from .schema import ZERO, Deferral, FeeType, Kind

_STATUSES = ("DEFERRED", "RELEASED", "DEFERRED_RELEASED")
_DEFERRED, _RELEASE = "DEFERRED_TRANSACTION_ID", "RELEASE_TRANSACTION_ID"
#: reference of the list of what is deferred
DEFERRED = "deferred"
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
    """Transactions by settlement; those that are deferred are a list of their own.

    A deferred transaction is released by one that names it
    (``DEFERRED_TRANSACTION_ID``), and is then told once more, as
    ``DEFERRED_RELEASED``: there the money is counted once, with the one that releases.
    That a transaction which is ``DEFERRED_RELEASED`` and names a settlement, but not
    the one that releases it, is the money itself, is not confirmed.
    """

    code = "amazon_finances"
    title = "Amazon: finances API, transactions"

    def sniff(self, document: Document) -> int:
        head = document.head if document.is_json else ""
        words = ('"transactionId"', '"breakdowns"', '"relatedIdentifiers"')
        return 95 if sum(word in head for word in words) >= 2 else 0

    def read_into(self, document: Document, book: Book) -> None:
        newest = self._newest(document)
        releasing = {
            deferred: name
            for name, transaction in newest.items()
            if (deferred := _related(transaction).get(_DEFERRED, ""))
        }
        totals: dict[int, Decimal] = {}
        for name, transaction in newest.items():
            release = releasing.get(name, "")
            draft = self._draft(transaction, book, release)
            total = transaction.amount("totalAmount", "currencyAmount") or ZERO
            totals.setdefault(id(draft), ZERO)
            if draft.reference == DEFERRED:
                draft.deferrals.append(_deferral(name, transaction, release))
                if transaction.text("transactionStatus") != "DEFERRED":
                    continue
            totals[id(draft)] += total
            self._read(name, transaction, draft, total)
        for draft in book.drafts.values():
            draft.check("transactions", totals[id(draft)], draft.total + draft.payout)

    @staticmethod
    def _newest(document: Document) -> dict[str, Node]:
        """Transactions by their id, each as it was told last in its life."""
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
        return newest

    @staticmethod
    def _draft(transaction: Node, book: Book, release: str) -> Draft:
        reference = _settlement(transaction)
        if _is_told_elsewhere(transaction, release):
            reference = DEFERRED
        draft = book.draft(reference, transaction.text("totalAmount", "currencyCode"))
        draft.account = transaction.text("sellingPartnerMetadata", "sellingPartnerId")
        if reference == DEFERRED:
            draft.warn("deferred")
        return draft

    def _read(self, name: str, transaction: Node, draft: Draft, total: Decimal) -> None:
        event = transaction.text("transactionType")
        related = _related(transaction)
        common = {
            "order_ref": related.get("ORDER_ID", ""),
            "transaction_ref": related.get("REFUND_ID", "") or name,
            "related_ref": related.get(_DEFERRED, "") or related.get(_RELEASE, ""),
            "payout_ref": related.get("DISBURSEMENT_ID", ""),
            "deferral_ref": _deferral_ref(name, transaction),
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


def _settlement(transaction: Node) -> str:
    """The settlement that a transaction names, empty when it is in none yet."""
    related = _related(transaction)
    return related.get("SETTLEMENT_ID") or related.get("FINANCIAL_EVENT_GROUP_ID", "")


def _is_told_elsewhere(transaction: Node, release: str) -> bool:
    """Whether a transaction is no money of a settlement, or not yet.

    :param release: id of a transaction beside it that releases it.
    """
    status = transaction.text("transactionStatus")
    if status != "DEFERRED_RELEASED":
        return status == "DEFERRED"
    release = release or _related(transaction).get(_RELEASE, "")
    return bool(release) or not _settlement(transaction)


def _deferral(name: str, transaction: Node, release: str) -> Deferral:
    related = _related(transaction)
    context = _deferred_context(transaction)
    return Deferral(
        reference=name,
        currency=transaction.text("totalAmount", "currencyCode"),
        amount=transaction.amount("totalAmount", "currencyAmount") or ZERO,
        is_released=transaction.text("transactionStatus") != "DEFERRED",
        is_refund="refund" in transaction.text("transactionType").lower(),
        order_ref=related.get("ORDER_ID", ""),
        release_ref=release or related.get(_RELEASE, ""),
        posted_at=transaction.moment("postedDate"),
        matures_at=context.moment("maturityDate"),
        reason=context.text("deferralReason"),
    )


def _deferral_ref(name: str, transaction: Node) -> str:
    """The deferred transaction that this one is, or releases."""
    if transaction.text("transactionStatus") in ("DEFERRED", "DEFERRED_RELEASED"):
        return name
    return _related(transaction).get(_DEFERRED, "")


def _deferred_context(transaction: Node) -> Node:
    """Why and until when; told of the transaction, or of its items."""
    for node in (transaction, *transaction.children("items")):
        for context in node.children("contexts"):
            if context.get("maturityDate") or context.get("deferralReason"):
                return context
    return Node(transaction.number, {})


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
