"""What Amazon booked: transactions, and the refunds among them.

Facts (Finances API 2024-06-19): ``listTransactions`` takes a posting date or a related
identifier (``ORDER_ID``); pages can be empty; orders of the last 48 hours may be
missing; *posted after* has to lie two minutes in the past. The model names no list of
transaction types beyond ``Shipment``; that refunds (and charge-backs alike) are called
``Refund``, with breakdowns named ``ProductCharges``, ``Tax`` and ``AmazonFees`` at the
items or only at the transaction, is reported (issues 4268, 4274 and 4993 of the
official models). Fees are told by their name (not confirmed).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..reading import Reader
from ..schema import ZERO, LineKind, Refund, RefundLine, RefundStatus
from .api import Api, rows_of

DEEPEST = 20  # breakdowns of breakdowns

_FEE = re.compile(r"(?i)fee|commission|reimburse|withheld|collected|facilitator")
_TAX = re.compile(r"(?i)tax|vat")


class Finances:
    """Reads the transactions of one seller."""

    def __init__(self, api: Api):
        self._api = api

    def pages(self, **query: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the answers of ``listTransactions`` as they came."""
        return self._api.pages(
            "/finances/2024-06-19/transactions",
            "finances.listTransactions",
            "nextToken",
            **query,
        )

    def since(self, moment: datetime) -> Iterator[Mapping[str, Any]]:
        """Yield pages of what was posted at or after a moment."""
        return self.pages(postedAfter=moment)

    def refunds(self, order_id: str) -> list[Mapping[str, Any]]:
        """The transactions of an order that give money back."""
        pages = self.pages(
            relatedIdentifierName="ORDER_ID", relatedIdentifierValue=order_id
        )
        found: dict[str, Mapping[str, Any]] = {}
        for page in pages:
            for row in rows_of(page, "payload", "transactions"):
                if is_refund(row):
                    found[refund_id(row)] = row
        return [row for key, row in found.items() if key]


def refunds_of(
    page: Mapping[str, Any],
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the refunds of a page: order id, refund id and transaction."""
    for row in rows_of(page, "payload", "transactions"):
        order_id, number = _related(row, "ORDER_ID"), refund_id(row)
        if is_refund(row) and order_id and number:
            yield order_id, number, row


def is_refund(transaction: Mapping[str, Any]) -> bool:
    """Whether a transaction is about money given back to a buyer."""
    kind = transaction.get("transactionType")
    return isinstance(kind, str) and kind.lower().startswith("refund")


def refund_id(transaction: Mapping[str, Any]) -> str:
    """Its ``REFUND_ID``, else the id of the transaction; empty when it has none."""
    return _related(transaction, "REFUND_ID") or str(
        transaction.get("transactionId") or ""
    )


def _related(transaction: Mapping[str, Any], name: str) -> str:
    rows = transaction.get("relatedIdentifiers")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and row.get("relatedIdentifierName") == name:
            value = row.get("relatedIdentifierValue")
            return value if isinstance(value, str) else ""
    return ""


def normalise_refund(payload: Any, order_id: str) -> Refund:
    """Understand a transaction that gives money back.

    :param order_id: the order it belongs to.
    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    external_id = refund_id(read.data)
    if not external_id:
        raise read.fail("transactionId", "is missing")
    lines = tuple(
        _line(item, f"{external_id}:{number}")
        for number, item in enumerate(read.children("items"))
    )
    status = read.text("transactionStatus", 40)
    return Refund(
        external_id=external_id,
        order_id=order_id,
        amount=_amount(read, lines),
        reason=read.text("description"),
        created_at=read.moment("postedDate"),
        lines=lines,
        status=RefundStatus.PENDING if status == "DEFERRED" else RefundStatus.DONE,
    )


def _amount(read: Reader, lines: tuple[RefundLine, ...]) -> Decimal:
    """What the buyer gets: charges and taxes of the items, else of the transaction.

    The transaction's own total is net of the fees that Amazon gives back; it counts
    only where nothing else is told.
    """
    stated = abs(read.child("totalAmount").required_decimal("currencyAmount"))
    items = read.children("items")
    if not any(item.data.get("breakdowns") for item in items):
        charged = abs(sum(_charges(read), ZERO))
        if charged:
            return charged
    return sum((line.total + line.total_tax for line in lines), ZERO) or stated


def _line(read: Reader, external_id: str) -> RefundLine:
    total, tax = _charges(read)
    if not total and not tax:
        total = read.child("totalAmount").decimal("currencyAmount")
    sku, quantity = _product(read)
    return RefundLine(
        external_id=external_id,
        order_line_id="",
        kind=LineKind.PRODUCT,
        name=sku or read.text("description", 500),
        quantity=quantity,
        total=abs(total),
        total_tax=abs(tax),
    )


def _charges(read: Reader, depth: int = 0) -> tuple[Decimal, Decimal]:
    """Goods and tax among the leaves of the breakdowns, fees left out."""
    if depth > DEEPEST:
        raise read.fail("breakdowns", "are nested too deeply")
    total, tax = ZERO, ZERO
    for part in read.children("breakdowns"):
        kind = part.text("breakdownType", 100)
        if _FEE.search(kind):
            continue
        if part.data.get("breakdowns"):
            below = _charges(part, depth + 1)
            total, tax = total + below[0], tax + below[1]
        elif _TAX.search(kind):
            tax += part.child("breakdownAmount").decimal("currencyAmount")
        else:
            total += part.child("breakdownAmount").decimal("currencyAmount")
    return total, tax


def _product(read: Reader) -> tuple[str, Decimal]:
    for context in read.children("contexts"):
        if context.data.get("sku"):
            quantity = context.decimal("quantityShipped")
            return context.text("sku", 200), abs(quantity)
    return "", ZERO
