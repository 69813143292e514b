"""Money that the seller gives back, told to a WooCommerce shop.

``POST /orders/<id>/refunds`` has no idempotency key (REST API v3 documentation,
"Create a refund"). So every refund carries our key in the meta :data:`KEY` (the
documentation lists ``meta_data`` of a refund; that it is kept on writing is not
confirmed) and the refunds that are there are read first, and again when no usable
answer came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ..errors import (
    AlreadyDone,
    BadAnswer,
    PayloadError,
    RequestRefused,
    TransportError,
)
from ..reading import Reader
from ..schema import ZERO, RefundRequest, RefundRequestLine, WriteResult
from . import webhook
from .api import Api
from .orders import read_order, record_id, status_of
from .parcels import metas_of

KEY = "_ecom_orders_refund_key"
ITEM_LISTS = ("line_items", "shipping_lines", "fee_lines")


class RefundDesk:
    """Makes refunds in one shop.

    :param through_gateway: let the shop's payment gateway move the money
        (``api_refund``); else the shop only notes that it was given back.
    """

    def __init__(self, api: Api, through_gateway: bool):
        self.api = api
        self.through_gateway = through_gateway

    def refund(self, request: RefundRequest) -> WriteResult:
        """See :meth:`~..base.Connector.push_refund`.

        :raises AlreadyDone: when not so much is left to be given back.
        :raises RequestRefused: for another currency, or a line that is not there.
        """
        try:
            body = self._prepare(request)
        except PayloadError as error:
            raise BadAnswer(f"an order that cannot be read: {error}") from error
        if isinstance(body, WriteResult):
            return body
        path = f"orders/{record_id(request.order_id)}/refunds"
        try:
            made = self.api.change("POST", path, "refunds.post", body)
        except TransportError:
            found = self._find(request)
            if found:
                return WriteResult(found)
            raise
        return WriteResult(webhook.readable_id(made) or "")

    def _prepare(self, request: RefundRequest) -> dict[str, Any] | WriteResult:
        """What to send, or what was done already."""
        read = read_order(self.api, request.order_id)
        found = self._find(request) if read.children("refunds") else ""
        if found:
            return WriteResult(found, repeated=True)
        self._check(read, request)
        return {
            "amount": str(request.amount),
            "reason": request.reason,
            "api_refund": self.through_gateway,
            "api_restock": request.restock,
            "line_items": list(_line_items(read, request.lines)),
            "meta_data": [{"key": KEY, "value": request.key}],
        }

    def _find(self, request: RefundRequest) -> str:
        """The id of the refund that carries the key; empty when there is none."""
        path = f"orders/{record_id(request.order_id)}/refunds"
        for rows in self.api.walk(path, "refunds.list"):
            for row in rows:
                if isinstance(row, Mapping) and (
                    metas_of(Reader(row)).get(KEY) == request.key
                ):
                    return webhook.readable_id(row) or ""
        return ""

    @staticmethod
    def _check(read: Reader, request: RefundRequest) -> None:
        """Refuse what the shop would refuse, and what it would take by mistake.

        Beyond the total the shop answers with the status 500 (recorded), which says
        nothing about whether to try again.
        """
        if request.amount <= 0:
            raise RequestRefused("a refund has to be positive")
        if read.text("currency", 16).upper() != request.currency.upper():
            raise RequestRefused("the order has another currency")
        given = sum(
            (abs(refund.decimal("total")) for refund in read.children("refunds")), ZERO
        )
        left = read.required_decimal("total") - given
        if status_of(read) == "trash" or request.amount > left:
            raise AlreadyDone(
                f"{left} is left to be given back", remote_message=str(left)
            )


def _line_items(
    read: Reader, lines: Iterable[RefundRequestLine]
) -> Iterable[dict[str, Any]]:
    items = {
        item.identifier("id"): item for key in ITEM_LISTS for item in read.children(key)
    }
    unit = Decimal(1).scaleb(read.required_decimal("total").as_tuple().exponent)
    for line in lines:
        if line.order_line_id not in items:
            message = line.order_line_id[:40]
            raise RequestRefused("the order has no such line", remote_message=message)
        yield _line_item(items[line.order_line_id], line, unit)


def _line_item(item: Reader, line: RefundRequestLine, unit: Decimal) -> dict[str, Any]:
    """One line of the refund: its amount cut into taxes and the rest.

    Each tax has the share in the refund that it has in the line; what rounding leaves
    over is net, so that the parts add up to the amount.

    :param unit: the smallest amount that the order states.
    """
    taxes = {
        tax.identifier("id"): tax.decimal("total") for tax in item.children("taxes")
    }
    gross = item.decimal("total") + sum(taxes.values(), ZERO)
    share = line.amount / gross if gross else ZERO
    parts = {
        rate: (amount * share).quantize(unit, ROUND_HALF_UP)
        for rate, amount in taxes.items()
        if amount
    }
    return {
        "id": int(item.identifier("id")),
        "quantity": int(line.quantity),
        # A JSON number as recorded; below 10**13 a float has the cents exactly.
        "refund_total": float(line.amount - sum(parts.values(), ZERO)),
        "refund_tax": [
            {"id": int(rate), "refund_total": float(part)}
            for rate, part in parts.items()
        ],
    }
