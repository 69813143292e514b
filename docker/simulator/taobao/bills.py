"""Bills: the commission and the service fee of each trade, less what comes back.

Amounts are cents that the seller is charged, negative where they are given back. A
trade is billed when it is paid (the real platform waits until the buyer has confirmed).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ..world.model import Order
from ..world.money import round_money
from ..world.shop import World
from . import errors, ids
from .call import Call, listed, pick, text_of

DAY = timedelta(days=1)
LEAST, MOST = 40, 100  # bills of a page
#: account_id: code, name, account_type, share of the trade
ACCOUNTS = {
    9001: ("commission", "天猫佣金", 3, Decimal("0.05")),
    9002: ("service", "软件服务费", 4, Decimal("0.006")),
}


class BillDesk:
    """Answers calls about bills.

    :ivar may_read: whether the application was granted these interfaces.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.may_read = True

    def accounts(self, call: Call) -> dict[str, Any]:
        """taobao.bill.accounts.get"""
        self._check()
        rows = [
            {
                "account_id": number,
                "account_code": code,
                "account_name": name,
                "account_type": kind,
                "related_order": 1,
                "status": 1,
            }
            for number, (code, name, kind, _share) in ACCOUNTS.items()
        ]
        picked = [pick(row, call.words("fields")) for row in rows]
        return {"accounts": listed("account", picked), "total_results": len(rows)}

    def bills(self, call: Call) -> dict[str, Any]:
        """taobao.bill.bills.get: by the time of payment, newest first."""
        self._check()
        for name in ("start_time", "end_time"):
            call.required(name)
        start, end = call.moment("start_time"), call.moment("end_time")
        if not start or not end or end < start or end - start > DAY:
            raise errors.invalid("end_time", "时间跨度不能大于一天")
        number, size = call.page(MOST)
        if size < LEAST:
            raise errors.invalid("page_size")
        rows = [row for moment, row in self._rows() if start <= moment <= end]
        rows.sort(key=lambda row: (row["pay_time"], row["bid"]), reverse=True)
        page = rows[(number - 1) * size : number * size]
        return {
            "bills": listed("bill", [pick(row, call.words("fields")) for row in page]),
            "has_next": number * size < len(rows),
            "total_results": len(page),
        }

    def _check(self) -> None:
        if not self.may_read:
            raise errors.TopError(
                11, "Insufficient isv permissions", "isv.permission-api-package-limit"
            )

    def _rows(self) -> Iterator[tuple[datetime, dict[str, Any]]]:
        for order in self._world.orders():
            if order.paid is None:
                continue
            yield from self._bill(order, order.id, order.paid, order.totals.total)
            for refund in self._world.refunds(order.id):
                yield from self._bill(order, refund.id, refund.created, -refund.amount)

    def _bill(
        self, order: Order, source: int, moment: datetime, value: Decimal
    ) -> Iterator[tuple[datetime, dict[str, Any]]]:
        for account, (_code, _name, _kind, share) in ACCOUNTS.items():
            row = {
                "bid": source * 10_000 + account,
                "account_id": account,
                "amount": int(round_money(value * share * 100, 0)),
                "total_amount": int(round_money(value * 100, 0)),
                "status": 1,
                "book_time": text_of(moment),
                "pay_time": text_of(moment),
                "biz_time": text_of(moment),
                "trade_id": str(ids.trade_id(order.id)),
                "order_id": str(ids.trade_id(order.id)),
                "alipay_outno": f"T200P{ids.trade_id(order.id)}",
            }
            yield moment, row
