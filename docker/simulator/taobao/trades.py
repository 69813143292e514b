"""Interfaces of trades and refund cases.

Source: metadata of the interfaces, as for spans of time, sizes of pages, defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ..world.model import TRASH, Order, WorldError
from . import errors, ids
from .call import Call, listed, pick, text_of
from .render import Renderer

DAY = timedelta(days=1)
HISTORY = timedelta(days=92)
DEFAULT_TYPES = ("guarantee_trade", "auto_delivery", "ec", "cod", "step")
#: fields without which the id of the addressee cannot be made
OAID_NEEDS = {
    "receiver_name",
    "receiver_address",
    "created",
    "receiver_mobile",
    "receiver_phone",
}
UNPAID = ("pending", "failed", "on-hold")
Answer = dict[str, Any]


def find(call: Call, name: str = "tid") -> Order:
    """Return the order behind a trade or answer that there is none."""
    try:
        order = call.world.order(ids.world_order_id(call.number(name)))
    except WorldError as error:
        raise errors.no_trade() from error
    if order.status == TRASH:
        raise errors.no_trade()
    return order


def fullinfo(call: Call) -> Answer:
    """taobao.trade.fullinfo.get"""
    order = find(call)
    row = Renderer(call.world, call.seller).trade(order)
    return {"trade": _picked(row, call.words("fields"))}


def _picked(row: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    chosen = pick(row, fields)
    if not OAID_NEEDS <= set(fields):
        chosen.pop("oaid", None)
    return chosen


def sold_increment(call: Call) -> Answer:
    """taobao.trades.sold.increment.get: by modification, newest first."""
    call.required("start_modified")
    call.required("end_modified")
    start, end = _span(call, "start_modified", "end_modified")
    if end - start > DAY:
        raise errors.invalid("end_modified", "时间跨度不能大于一天")
    return _sold(call, start, end, lambda order: order.modified)


def sold(call: Call) -> Answer:
    """taobao.trades.sold.get: by creation, newest first."""
    start, end = _span(call, "start_created", "end_created")
    return _sold(call, start, end, lambda order: order.created)


def _span(call: Call, first: str, last: str) -> tuple[datetime, datetime]:
    now = call.world.clock.now()
    start = call.moment(first) or now - HISTORY
    end = call.moment(last) or now + DAY
    if end <= start:
        raise errors.invalid(last)
    return max(start, now - HISTORY), end


def _sold(
    call: Call,
    start: datetime,
    end: datetime,
    stamp: Callable[[Order], datetime],
) -> Answer:
    call.required("fields")
    render = Renderer(call.world, call.seller)
    wanted = set(call.words("type") or DEFAULT_TYPES)
    # The type of an ordinary trade has an older name that means the same.
    wanted |= {"fixed", "auction"} if "guarantee_trade" in wanted else set()
    status = call.text("status")
    orders = [
        order
        for order in call.world.orders()
        if order.status != TRASH
        and start <= stamp(order) <= end
        and render.type(order) in wanted
        and status in ("", render.status(order))
    ]
    orders.sort(key=lambda order: (stamp(order), order.id), reverse=True)
    fields = call.words("fields")
    chosen = _cut(call, orders)
    answer = _paged(call, orders, len(chosen))
    answer["_listed"] = tuple(order.id for order in chosen)
    if chosen:
        trades = [_picked(render.trade(order), fields) for order in chosen]
        answer["trades"] = listed("trade", trades)
    return answer


def _cut(call: Call, rows: list[Any]) -> list[Any]:
    number, size = call.page(most=100)
    return rows[(number - 1) * size : number * size]


def _paged(call: Call, rows: list[Any], count: int) -> Answer:
    """Return the total, or with ``use_has_next`` only whether there is more."""
    if not call.flag("use_has_next"):
        return {"total_results": len(rows)}
    number, size = call.page(most=100)
    return {"has_next": len(rows) > (number - 1) * size + count}


def close(call: Call) -> Answer:
    """taobao.trade.close: unpaid trades only."""
    call.required("close_reason")
    order = find(call)
    if order.status not in UNPAID or order.paid:
        text = "只有未付款的交易才能关闭"
        raise errors.remote("isv.trade-service-error:TRADE_STATUS_ERROR", text)
    changed = call.world.set_status(order.id, "cancelled")
    return _changed(changed)


def memo_update(call: Call) -> Answer:
    """taobao.trade.memo.update"""
    order = find(call)
    if len(call.text("memo").encode()) > 1_000:
        raise errors.invalid("memo")
    meta: dict[str, Any] = {}
    if memo := call.text("memo"):
        meta["_memo"] = memo
    if call.text("flag"):
        meta["_flag"] = call.number("flag")
    return _changed(call.world.edit(order.id, {"meta": meta}))


def _changed(order: Order) -> Answer:
    trade = {"tid": ids.trade_id(order.id), "modified": text_of(order.modified)}
    return {"trade": trade}


# -- refund cases --------------------------------------------------------------


def refunds_received(call: Call) -> Answer:
    """taobao.refunds.receive.get"""
    start, end = _span(call, "start_modified", "end_modified")
    first, last = text_of(start), text_of(end)
    wanted = set(call.words("type") or ("guarantee_trade", "auto_delivery"))
    wanted |= {"fixed", "auction"} if "guarantee_trade" in wanted else set()
    render = Renderer(call.world, call.seller)
    cases = [
        case
        for order in call.world.orders()
        if order.status != TRASH and render.type(order) in wanted
        if call.text("buyer_open_uid") in ("", render.buyer(order))
        for case in render.cases(order)
        if first <= case["modified"] <= last
        and call.text("status") in ("", case["status"])
    ]
    cases.sort(key=lambda case: (case["modified"], case["refund_id"]), reverse=True)
    chosen = _cut(call, cases)
    answer = _paged(call, cases, len(chosen))
    if chosen:
        rows = [pick(case, call.words("fields")) for case in chosen]
        answer["refunds"] = listed("refund", rows)
    return answer


def refund_get(call: Call) -> Answer:
    """taobao.refund.get"""
    wanted = str(call.number("refund_id"))
    kind, number = ids.case_source(int(wanted))
    render = Renderer(call.world, call.seller)
    for order in call.world.orders():
        if kind == ids.WISH and order.id != number:
            continue
        for case in render.cases(order):
            if case["refund_id"] == wanted:
                return {"refund": pick(case, call.words("fields"))}
    raise errors.remote("isv.refund-not-exist", "退款不存在")


def user_seller(call: Call) -> Answer:
    """taobao.user.seller.get"""
    return {"user": pick({"nick": call.seller}, call.words("fields"))}
