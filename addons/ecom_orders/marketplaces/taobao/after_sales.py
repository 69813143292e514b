"""Refunds and returns: on the platform both are one thing, a refund case.

Source: metadata of ``taobao.refund.get`` and ``taobao.refunds.receive.get``. A case is
about one sub-order; in some of them goods come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..reading import MAX_NOTE, Reader
from ..schema import (
    ZERO,
    LineKind,
    Refund,
    RefundLine,
    RefundStatus,
    Return,
    ReturnKind,
    ReturnLine,
    ReturnStatus,
)
from . import const, moments
from .reader import flag

DONE = RefundStatus.DONE


def is_return(row: Mapping[str, Any]) -> bool:
    """Whether goods come back in a refund case."""
    read = Reader(row)
    return (
        flag(read, "has_good_return")
        or read.text("dispute_type", 64) in const.RETURNING
    )


def normalise_refund(payload: Any, order_id: str) -> Refund:
    """Understand a refund case as money.

    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    refund_id = read.identifier("refund_id")
    amount = abs(read.required_decimal("refund_fee"))
    goods = is_return(read.data) or read.text("good_status", 64) == "BUYER_NOT_RECEIVED"
    line = RefundLine(
        external_id=refund_id,
        order_line_id=read.identifier("oid", required=False),
        kind=LineKind.PRODUCT,
        name=read.text("title", 500),
        # Money for goods that the buyer keeps gives back no piece.
        quantity=read.decimal("num", default=Decimal(1)) if goods else ZERO,
        total=amount,
    )
    status = read.text("status", 64)
    return Refund(
        external_id=refund_id,
        order_id=order_id,
        amount=amount,
        reason=_reason(read),
        created_at=moments.read(read, "created"),
        lines=(line,),
        status=const.REFUND_STATUSES.get(status, RefundStatus.PENDING),
        return_ref=refund_id if is_return(read.data) else "",
    )


def normalise_return(payload: Any) -> Return:
    """Understand a refund case as goods that come back.

    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    refund_id = read.identifier("refund_id")
    created_at = moments.read(read, "created")
    if created_at is None:
        raise read.fail("created", "is missing")
    raw_status = read.text("status", 64)
    return Return(
        external_id=refund_id,
        order_id=read.identifier("tid"),
        status=_return_status(read, raw_status),
        raw_status=raw_status,
        created_at=created_at,
        updated_at=moments.read(read, "modified") or created_at,
        kind=_return_kind(read),
        lines=(
            ReturnLine(
                external_id=refund_id,
                order_line_id=read.identifier("oid", required=False),
                quantity=read.decimal("num", default=Decimal(1)),
                sku=read.text("outer_id", 200),
                reason=read.text("reason", 200),
                note=read.text("desc", MAX_NOTE),
            ),
        ),
        tracking_number=read.text("sid", 200),
        carrier=read.text("company_name", 200),
    )


def _reason(read: Reader) -> str:
    parts = (read.text("reason", 200), read.text("desc"))
    return ": ".join(part for part in parts if part)


def _return_status(read: Reader, raw_status: str) -> ReturnStatus:
    status = const.RETURN_STATUSES.get(raw_status, ReturnStatus.REQUESTED)
    came_back = read.text("good_status", 64) == "BUYER_RETURNED_GOODS"
    if status is ReturnStatus.CLOSED and came_back:
        return ReturnStatus.RECEIVED
    return status


def _return_kind(read: Reader) -> ReturnKind:
    """Who sends it: a buyer who never got it has refused it, the carrier brings it."""
    return {
        "BUYER_NOT_RECEIVED": ReturnKind.COURIER,
        "BUYER_RECEIVED": ReturnKind.CUSTOMER,
        "BUYER_RETURNED_GOODS": ReturnKind.CUSTOMER,
    }.get(read.text("good_status", 64), ReturnKind.UNKNOWN)
