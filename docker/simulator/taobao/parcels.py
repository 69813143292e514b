"""Interfaces of parcels.

Source: metadata of the interfaces; the sub-codes are those that public programs handle.
"""

from __future__ import annotations

import re
from typing import Any

from ..world.model import Order, WorldError
from . import errors, ids
from .call import Call, listed, pick
from .render import COMPANIES, Renderer
from .trades import find

MOST_SUBS = {"offline": 50, "online": 20}
Answer = dict[str, Any]


def companies(call: Call) -> Answer:
    """taobao.logistics.companies.get"""
    names = ("id", "code", "name", "reg_mail_no")
    rows = [
        pick(dict(zip(names, company, strict=True)), call.words("fields"))
        for company in COMPANIES
    ]
    return {"logistics_companies": listed("logistics_company", rows)}


def orders(call: Call) -> Answer:
    """taobao.logistics.orders.get, by trade."""
    order = find(call)
    rows = Renderer(call.world, call.seller).shippings(order)
    fields = call.words("fields")
    return {
        "shippings": listed("shipping", [pick(row, fields) for row in rows]),
        "total_results": len(rows),
    }


def offline_send(call: Call) -> Answer:
    """taobao.logistics.offline.send"""
    return _send(call, "offline")


def online_send(call: Call) -> Answer:
    """taobao.logistics.online.send, also for cash on delivery."""
    return _send(call, "online")


def _refused(kind: str, code: str, text: str) -> errors.TopError:
    return errors.remote(f"isv.logistics-{kind}-service-error:{code}", text)


def _send(call: Call, kind: str) -> Answer:
    order = _sendable(call, kind)
    tracking = call.required("out_sid")
    company = _company(call.required("company_code"), tracking, kind)
    subs = call.words("sub_tid")
    if len(subs) > MOST_SUBS[kind] or not all(sub.isdigit() for sub in subs):
        raise errors.invalid("sub_tid")
    if bool(subs) != (call.number("is_split", 0) == 1):
        raise _refused(kind, "P38", "拆单校验未通过")
    lines: tuple[tuple[int, int], ...] = ()
    if subs:
        rest = dict(call.world.open_lines(order.id))
        try:
            chosen = [ids.line_of(order, int(sub)) for sub in subs]
            lines = tuple((line, rest[line]) for line in chosen)
        except (WorldError, KeyError) as error:
            raise _refused(kind, "P38", "拆单校验未通过") from error
    _ship(call, order, lines, company, tracking, kind)
    return {"shipping": {"is_success": True}}


def ascp_send(call: Call) -> Answer:
    """alibaba.ascp.logistics.offline.send, sub-orders in parts."""
    order = _sendable(call, "offline")
    if call.number("consign_type", 0) != 1:
        raise errors.invalid("consign_type")
    packages = call.json("consign_pkgs")
    wanted = call.json("consign_status")
    states = {
        int(state["sub_tid"]): bool(state["is_part_consign"])
        for state in (wanted if isinstance(wanted, list) else [wanted])
    }
    rest = dict(call.world.open_lines(order.id))
    for package in packages:
        company = _company(package["company_code"], package["out_sid"], "offline")
        lines = []
        for goods in package["goods"]:
            line = ids.line_of(order, int(goods["sub_tid"]))
            number = int(goods["num"])
            partly = number < rest.get(line, 0)
            if states.get(int(goods["sub_tid"]), False) != partly:
                raise errors.invalid("consign_status")
            lines.append((line, number))
        tracking = package["out_sid"]
        _ship(call, order, tuple(lines), company, tracking, "offline")
    return {"result": {"success": True}}


def _sendable(call: Call, kind: str) -> Order:
    """Return the order, when it waits for its goods to be sent."""
    try:
        order = find(call)
    except errors.TopError as error:
        raise _refused(kind, "B01", "订单不存在") from error
    if Renderer(call.world, call.seller).status(order) not in (
        "WAIT_SELLER_SEND_GOODS",
        "SELLER_CONSIGNED_PART",
    ):
        text = "订单状态不对，该物流订单已经发货或者已关闭，不能重复发货"
        raise _refused(kind, "B04", text)
    if kind == "offline" and Renderer.type(order) == "cod":
        raise _refused(kind, "CD01", "发货方式不匹配")
    return order


def _company(code: str, tracking: str, kind: str) -> str:
    known = {own: pattern for _id, own, _name, pattern in COMPANIES}
    if code not in known:
        raise errors.invalid("company_code")
    if not re.match(known[code], tracking):
        raise _refused(kind, "B60", "运单号不符合规则或已经被使用")
    return code


def _ship(
    call: Call,
    order: Order,
    lines: tuple[tuple[int, int], ...],
    company: str,
    tracking: str,
    kind: str,
) -> None:
    try:
        call.world.ship(order.id, lines, company, tracking)
    except WorldError as error:
        raise _refused(kind, "P38", str(error)) from error
