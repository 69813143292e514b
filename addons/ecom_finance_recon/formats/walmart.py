"""Walmart: reconciliation report (JSON, CSV); the first row says what is payable.

Amounts are text, dates begin with the month. Source: developer.walmart.com, "Recon
report".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from .base import Book, Draft, Format, canonical, register, types
from .document import Document
from .errors import FileDamaged
from .schema import FeeType, Kind
from .tables import Row, Table, find_header, normal

_COLUMNS = ("transaction type", "total payable")


class _MonthFirst:
    """What :class:`~.tables.Row` asks its table for."""

    decimal, day_first, zone = ".", False, None


@register
class WalmartRecon(Format):
    """Rows of JSON objects, or the same as CSV."""

    code = "walmart"
    title = "Walmart: reconciliation report"
    kinds = types(
        {
            Kind.SALE: ("product price", "item price"),
            Kind.SHIPPING: ("shipping",),
            Kind.TAX: ("product tax", "shipping tax"),
            Kind.CHANNEL_TAX: ("product tax withheld", "shipping tax withheld"),
        }
    )
    fees = types(
        {
            FeeType.COMMISSION: ("commission on product", "commission on shipping"),
            FeeType.FULFILMENT: ("wfs fulfillment fee", "wfsfulfillmentfee"),
            FeeType.STORAGE: ("wfs storage fee", "wfsstoragefee"),
        }
    )

    def sniff(self, document: Document) -> int:
        if document.is_json:
            return 90 if "PaymentSummary" in document.head else 0
        return 90 if find_header(document, _COLUMNS, (",", "\t")) else 0

    def read_into(self, document: Document, book: Book) -> None:
        declared, draft = None, book.draft("")
        for row in self._rows(document):
            if normal(row.text("transaction type")) in (
                "paymentsummary",
                "payment summary",
            ):
                declared = row.need("total payable")
                draft.currency = row.text("currency")
                draft.starts_at = row.moment("period start date")
                draft.ends_at = row.moment("period end date")
                draft.reference = row.text("period end date")
            else:
                self._read_row(row, draft)
        draft.check("total", declared, draft.total)

    @staticmethod
    def _rows(document: Document) -> Iterator[Row]:
        if not document.is_json:
            table = Table(document, _COLUMNS, delimiters=(",", "\t"))
            table.day_first = False
            yield from table
            return
        rows = document.json()
        if isinstance(rows, dict):
            rows = rows.get("reportData") or rows.get("data") or []
        if not isinstance(rows, list):
            raise FileDamaged("no list of rows", why="json")
        settings = _MonthFirst()
        for number, cells in enumerate(rows, start=1):
            if not isinstance(cells, dict):
                raise FileDamaged(f"row {number} is no object", why="json")
            values = {
                normal(str(name)): canonical(value)
                for name, value in cells.items()
                if value not in (None, "")
            }
            yield Row(number, values, settings)

    def _read_row(self, row: Row, draft: Draft) -> None:
        amount_type = normal(row.text("amount type"))
        event = normal(row.text("transaction type"))
        kind = self.kinds.get(amount_type)
        fee = self.fees.get(amount_type)
        if fee:
            kind = Kind.FEE
        elif kind in (Kind.SALE, Kind.SHIPPING) and event == "refund":
            kind = Kind.REFUND
        draft.add(
            row,
            kind or Kind.SUSPENSE,
            self._amount(row),
            part="amount",
            fee=fee,
            type_code="|".join(
                filter(None, (row.text("transaction type"), row.text("amount type")))
            ),
            order_ref=row.text("customer order #", "purchase order #"),
            item_ref=row.text("customer order line #", "purchase order line #"),
            sku=row.text("partner item id"),
            posted_at=row.moment("transaction posted timestamp"),
            description=row.text("transaction description"),
        )

    @staticmethod
    def _amount(row: Row) -> Decimal:
        return row.need("amount")
