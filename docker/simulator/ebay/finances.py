"""Finances: payouts and the monetary transactions in them.

The amount of a sale is after its fees; tax that eBay collects itself is no part of it
and only told. Payouts are ``INITIATED`` for half a period.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from ..core.message import Response
from ..world.model import Movement, Order, Payout, Refund
from ..world.money import ZERO, fixed, round_money
from ..world.payouts import Terms, Till, Treasury, in_own_currency
from ..world.shop import World
from . import ids
from .call import Call
from .errors import EbayError
from .render import is_listed, stamp

MOST_TRANSACTIONS = 1_000
MOST_PAYOUTS = 200
_DOMAIN = "API_FINANCES"
_TERMS = Terms(
    share=Decimal("0.1325"),
    fixed=Decimal("0.30"),
    returned=Decimal(1),
    reserve=ZERO,
)
_RANGE = re.compile(r"(?:transaction|payout)Date:\[([^\]]*?)\.\.([^\]]*)\]")
_PAYOUT = re.compile(r"payoutId:\{(\d+)\}")
_TYPES = {"sale": "SALE", "refund": "REFUND", "correction": "ADJUSTMENT"}

Row = tuple[datetime, dict[str, Any]]


class FinanceDesk:
    """Answers calls about money.

    :ivar may_read: whether the seller's permission has the scope.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.may_read = True
        till = Till(_due, in_own_currency, refunded=_borne)
        self.treasury = Treasury(world, _TERMS, till)

    def list_transactions(self, call: Call) -> Response:
        """getTransactions: newest first; 204 when there are none."""
        self._check(call)
        limit, offset = _place(call, MOST_TRANSACTIONS)
        search = dict(call.request.query).get("filter", "")
        wanted = _PAYOUT.fullmatch(search)
        rows = list(self._transactions())
        if wanted:
            rows = [row for row in rows if row[1].get("payoutId") == wanted[1]]
            limit = MOST_TRANSACTIONS  # it is ignored then
        else:
            rows = _within(rows, search, 135008, "transaction")
        rows.sort(key=lambda row: row[0], reverse=True)
        return _answer(call, "transactions", rows, limit, offset)

    def list_payouts(self, call: Call) -> Response:
        """getPayouts: oldest first; 204 when there are none."""
        self._check(call)
        limit, offset = _place(call, MOST_PAYOUTS)
        rows = [(one.ends, self._payout(one)) for one in self.treasury.payouts()]
        search = dict(call.request.query).get("filter", "")
        if search:
            rows = _within(rows, search, 135004, "payout")
        rows.sort(key=lambda row: row[0])
        return _answer(call, "payouts", rows, limit, offset)

    def _check(self, call: Call) -> None:
        call.check_signature()
        if not self.may_read:
            message = "Insufficient permissions to fulfill the request."
            raise EbayError(1100, message, 403, "ACCESS")

    def _payout(self, payout: Payout) -> dict[str, Any]:
        paid = self.treasury.is_paid(payout)
        return {
            "payoutId": str(payout.id),
            "payoutStatus": "SUCCEEDED" if paid else "INITIATED",
            "payoutStatusDescription": "Funds sent" if paid else "Initiated",
            "payoutDate": stamp(payout.ends),
            "amount": _money(payout.net, payout.currency),
            "payoutInstrument": {
                "instrumentType": "BankAccount",
                "nickname": "Main account",
                "accountLastFourDigits": "4242",
            },
            "bankReference": f"EBAY{payout.id}",
            "transactionCount": len(payout.movements),
        }

    def _transactions(self) -> Iterator[Row]:
        for payout in self.treasury.payouts():
            for one in payout.movements:
                yield one.at, self._transaction(one, payout)
        for one in self.treasury.pending():
            yield one.at, self._transaction(one, None)

    def _transaction(self, one: Movement, payout: Payout | None) -> dict[str, Any]:
        order = self._world.order(one.order_id)
        number = ids.order_id(order.id)
        names = {"sale": number, "refund": ids.refund_id(one.refund_id)}
        row = {
            "transactionId": names.get(one.kind, str(one.id)),
            "orderId": number,
            "transactionType": _TYPES[one.kind],
            "bookingEntry": "DEBIT" if one.net < 0 else "CREDIT",
            "transactionStatus": "PAYOUT" if payout else "FUNDS_AVAILABLE_FOR_PAYOUT",
            "transactionDate": stamp(one.at),
            "amount": _money(abs(one.net), one.currency),
            "totalFeeBasisAmount": _money(abs(one.amount), one.currency),
            "totalFeeAmount": _money(abs(one.fee), one.currency),
            "orderLineItems": list(_line_items(order, one)),
        }
        if payout:
            row["payoutId"] = str(payout.id)
        return row


def _due(order: Order) -> Decimal:
    """What the seller gets of an order before fees: without tax that eBay collects."""
    if not is_listed(order) or order.paid is None:
        return ZERO
    taxed = order.prices_include_tax
    return order.totals.total - (ZERO if taxed else order.totals.total_tax)


def _borne(order: Order, refund: Refund) -> Decimal:
    """What the seller bears of a refund: its share without tax that eBay collected."""
    if not order.totals.total:
        return ZERO
    share = _due(order) / order.totals.total
    return round_money(refund.amount * share, order.decimals)


def _line_items(order: Order, one: Movement) -> Iterator[dict[str, Any]]:
    """The fees, all with the first item of the order."""
    if one.fee and order.lines:
        fee = {
            "feeType": "FINAL_VALUE_FEE",
            "amount": _money(abs(one.fee), one.currency),
        }
        yield {
            "lineItemId": ids.line_id(order.lines[0].id),
            "feeBasisAmount": _money(abs(one.amount), one.currency),
            "marketplaceFees": [fee],
        }


def _money(value: Decimal, currency: str) -> dict[str, str]:
    return {"value": fixed(value, 0 if currency == "JPY" else 2), "currency": currency}


def _place(call: Call, most: int) -> tuple[int, int]:
    query = dict(call.request.query)
    limit, offset = int(query.get("limit", "20")), int(query.get("offset", "0"))
    if not 1 <= limit <= most:
        raise EbayError(135003, "The value of pagination is invalid.", 400, _DOMAIN)
    return limit, offset


def _within(rows: list[Row], search: str, error: int, what: str) -> list[Row]:
    """The rows of a range of dates; an open end is now."""
    match = _RANGE.fullmatch(search)
    if not match or not search.startswith(what):
        raise EbayError(
            error, f"The value of {what} date filter is invalid.", 400, _DOMAIN
        )
    since, until = (text and _moment(text) for text in match.groups())
    return [row for row in rows if since <= row[0] and (not until or row[0] <= until)]


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.removesuffix("Z"))
    return moment.replace(tzinfo=timezone.utc)


def _answer(
    call: Call, field: str, rows: list[Row], limit: int, offset: int
) -> Response:
    if not rows:
        return Response(204)
    return Response.of_json(
        {
            "href": call.request.path,
            "total": len(rows),
            "limit": limit,
            "offset": offset,
            field: [row[1] for row in rows[offset : offset + limit]],
        }
    )
