"""Buyers ask for their money, sellers agree.

Source: metadata of taobao.rp.refunds.agree.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..world.drafts import RefundDraft, RefundLine
from ..world.model import TRASH, Order, WorldError
from ..world.shop import World
from . import errors, ids
from .call import Call, listed
from .render import AGREED, ASKED, Renderer

#: yuan; above it the platform wants the code that it sends to the seller's telephone
WITHOUT_CODE = Decimal(6_000)
FEN = Decimal(100)
Answer = dict[str, Any]


def ask(world: World, order_id: int, line: int, number: int, amount: Decimal) -> None:
    """The buyer asks for an amount of a sub-order."""
    world.edit(order_id, {"meta": {ASKED: f"{line}:{number}:{amount}"}})


def agree(call: Call) -> Answer:
    """taobao.rp.refunds.agree"""
    results = [_agree(call, info) for info in call.words("refund_infos")]
    if not results:
        raise errors.missing("refund_infos")
    done = [result["succ"] for result in results]
    code = "OP_SUCC" if all(done) else "SOME_OP_SUCC" if any(done) else "OP_FAILURE_UE"
    return {
        "succ": all(done),
        "message": "操作成功" if all(done) else "操作失败",
        "msg_code": code,
        "results": listed("refund_mapping_result", results),
    }


def _agree(call: Call, info: str) -> dict[str, Any]:
    refund_id, amount, version, *_phase = info.split("|")
    found = _find(call, refund_id)
    if found is None:
        return _result(refund_id, "退款不存在")
    order, case = found
    asked = Decimal(case["refund_fee"])
    goods = case["has_good_return"]
    waits = "WAIT_SELLER_CONFIRM_GOODS" if goods else "WAIT_SELLER_AGREE"
    if case["status"] != waits:
        return _result(refund_id, "退款状态不正确")
    if int(amount) != asked * FEN or int(version) != case["refund_version"]:
        return _result(refund_id, "退款已被修改")
    if asked > WITHOUT_CODE and not call.text("code"):
        return _result(refund_id, "需要短信验证码")
    line = ids.line_of(order, case["oid"])
    draft = RefundDraft(
        asked,
        case["reason"],
        (RefundLine(line, case["num"], asked),),
        restock=not goods,
    )
    try:
        refund = call.world.refund(order.id, draft)
    except WorldError as error:
        return _result(refund_id, str(error))
    before = next((m.value for m in order.meta if m.key == AGREED), [])
    pairs = [*before, [refund.id, refund_id]]
    call.world.edit(order.id, {"meta": {AGREED: pairs}})
    if goods:
        call.world.move_return(ids.case_source(int(refund_id))[1], "received")
    return _result(refund_id, "", done=True)


def _find(call: Call, refund_id: str) -> tuple[Order, dict[str, Any]] | None:
    render = Renderer(call.world, call.seller)
    for order in call.world.orders():
        for case in render.cases(order) if order.status != TRASH else ():
            if case["refund_id"] == refund_id:
                return order, case
    return None


def _result(refund_id: str, message: str, done: bool = False) -> dict[str, Any]:
    return {"refund_id": refund_id, "succ": done, "message": message or "操作成功"}
