"""Listings for comparing, not for importing: orders by day, quantities by reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from ..errors import PayloadError
from ..reading import Reader
from ..schema import ZERO, OrderStatus, OrderSummary, StockLevel
from . import products, webhook
from .api import Api
from .const import ORDER_STATUSES
from .normaliser import moment_of

SECOND = timedelta(seconds=1)
SUMMARY_FIELDS = "id,number,status,currency,total,date_created,date_created_gmt"

# The trash is no part of "any", and an order can go there or come back between two
# walks: read before and after, it is met wherever it went.
_WALKS = ("trash", "any", "trash")


def list_orders(
    api: Api, since: datetime, until: datetime
) -> Iterator[tuple[OrderSummary, ...]]:
    """See :meth:`~..base.Connector.list_orders`.

    ``after`` and ``before`` are exclusive at the grain of a second, like
    ``modified_after`` (that one is recorded; for these two it is not confirmed, and
    the rows are compared once more here). An order whose row cannot be read is
    listed without what is not known: it is there.
    """
    seen: set[str] = set()
    for status in _WALKS:
        for rows in api.walk(
            "orders",
            "orders.summaries",
            status=status,
            after=_naive(since - SECOND),
            before=_naive(until + SECOND),
            dates_are_gmt=True,
            _fields=SUMMARY_FIELDS,
        ):
            summaries = [_summary(row, since) for row in rows]
            page = tuple(
                row
                for row in summaries
                if row is not None
                and row.external_id not in seen
                and since <= row.created_at < until
            )
            seen.update(row.external_id for row in page)
            if page:
                yield page


def _summary(row: Any, since: datetime) -> OrderSummary | None:
    """A row as a summary.

    :param since: stands for a date of placement that cannot be read.
    """
    order_id = webhook.readable_id(row)
    if order_id is None:
        return None
    try:
        read = Reader(row)
        status = read.text("status", 64).removeprefix("wc-")
        return OrderSummary(
            external_id=order_id,
            currency=read.text("currency", 16).upper(),
            total=read.required_decimal("total"),
            status=ORDER_STATUSES.get(status, OrderStatus.UNKNOWN),
            created_at=moment_of(read, "date_created") or since,
            number=read.text("number", 64) or order_id,
        )
    except PayloadError:
        return OrderSummary(order_id, "", ZERO, OrderStatus.UNKNOWN, since)


def fetch_stock(api: Api, refs: Iterable[str]) -> Iterator[tuple[StockLevel, ...]]:
    """See :meth:`~..base.Connector.fetch_stock`.

    What the shop does not have, or does not keep stock of, is left out.
    """
    fields = "sku,manage_stock,stock_quantity"
    for rows in products.read_rows(api, refs, fields):
        levels = [
            StockLevel(ref, str(row.get("sku") or ""), int(quantity))
            for ref, row in rows.items()
            # A variation can say "parent": its own quantity is then not used.
            if row.get("manage_stock") is True
            and (quantity := number(row.get("stock_quantity"))) is not None
        ]
        if levels:
            yield tuple(levels)


def number(value: Any) -> Decimal | None:
    """A finite number as the shop writes it; ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        parsed = Decimal(value)
    except InvalidOperation:
        return None
    return parsed if parsed.is_finite() else None


def _naive(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
