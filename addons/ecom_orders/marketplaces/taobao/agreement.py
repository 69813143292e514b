"""Money back: a seller agrees to the refund that a buyer asked for.

Source: metadata of ``taobao.rp.refunds.agree`` and ``taobao.refund.get``. A refund case
is about one sub-order and has one amount; the seller agrees to it as it is or does
not, and nobody but the buyer opens a case. Above some amount the platform sends a code
to the seller's telephone and refuses the call: then a person agrees on the platform's
pages. The metadata says that only sub-accounts may agree.

*Not confirmed*: that a case whose goods have come back (``WAIT_SELLER_CONFIRM_GOODS``)
is agreed to by the same call, and that a phase is taken for trades of Taobao, where it
is not needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ..errors import BuyerMustAsk, PayloadError, RequestRefused
from ..reading import Reader
from ..schema import ZERO, ExternalOrder, LineKind, RefundRequest, WriteResult
from .after_sales import is_return
from .api import Api, rows

FEN = Decimal(100)  # of a yuan


class RefundDesk:
    """Agrees to refund cases."""

    def __init__(self, api: Api):
        self.api = api

    def agree(
        self, request: RefundRequest, cases: Iterable[Mapping[str, Any]]
    ) -> WriteResult:
        """See :meth:`~..base.Connector.push_refund`.

        Nothing is agreed to before there is a case for all of the request. A case that
        is done already stands for the part it is about: the platform keeps no key of
        ours, so a second refund of the same amount of a sub-order that no buyer asked
        for cannot be told from a repetition.

        :param cases: of the trade, as ``taobao.refund.get`` tells them.
        :raises BuyerMustAsk: when nobody has asked for this money.
        :raises RequestRefused: when another amount was asked for, goods are still to
            come back, or the platform wants a person to agree.
        """
        chosen = _choose(request, [Reader(case) for case in cases])
        open_cases = [case for case in chosen if not _is_done(case)]
        for case in open_cases:
            self._agree(case)
        names = ",".join(case.identifier("refund_id") for case in chosen)
        return WriteResult(names, repeated=not open_cases)

    def call_off(
        self, order: ExternalOrder, cases: Iterable[Mapping[str, Any]]
    ) -> WriteResult:
        """Agree that a paid trade which has not left is called off.

        :param order: the trade as it is now; ``cases`` those about it.
        :raises BuyerMustAsk: unless the buyer asks for the money of every sub-order
            that is still alive.
        """
        asked = {
            case.identifier("oid", required=False): case
            for case in map(Reader, cases)
            if _is_payable(case) and not is_return(case.data)
        }
        goods = [
            line
            for line in order.lines
            if line.kind is LineKind.PRODUCT and line.quantity > 0
        ]
        chosen = [
            asked[line.external_id] for line in goods if line.external_id in asked
        ]
        enough = len(chosen) == len(goods) and all(
            (_amount(case) or ZERO) >= line.total
            for case, line in zip(chosen, goods, strict=True)
        )
        if not goods or not enough:
            raise BuyerMustAsk("the buyer has not asked for all of the money")
        for case in chosen:
            self._agree(case)
        return WriteResult(order.external_id)

    def _agree(self, case: Reader) -> None:
        amount = case.required_decimal("refund_fee") * FEN
        parts = (
            case.identifier("refund_id"),
            str(int(amount)),
            case.identifier("refund_version"),
            case.text("refund_phase", 20),
        )
        answer = self.api.call(
            "taobao.rp.refunds.agree",
            idempotent=False,
            refund_infos="|".join(part for part in parts if part),
        )
        results = [row for row in rows(answer.get("results")) if isinstance(row, dict)]
        if answer.get("succ") is not True or any(
            row.get("succ") is False for row in results
        ):
            told = [str(row.get("message") or "") for row in (answer, *results)]
            message = " ".join(dict.fromkeys(text for text in told if text))
            raise RequestRefused(
                f"not agreed: {message[:300]}", remote_message=message[:300]
            )


def _choose(request: RefundRequest, cases: list[Reader]) -> list[Reader]:
    """The cases that are all of a request; open ones before those that are done."""
    cases = sorted(cases, key=_is_done)
    named = sum((line.amount for line in request.lines), Decimal(0))
    if request.lines and named == request.amount:
        parts = [(line.order_line_id, line.amount) for line in request.lines]
    else:
        parts = [("", request.amount)]
    chosen: list[Reader] = []
    for line_id, amount in parts:
        left = [case for case in cases if case not in chosen]
        chosen.append(_find(left, line_id, amount))
    return chosen


def _find(cases: list[Reader], line_id: str, amount: Decimal) -> Reader:
    """The case about an amount of a sub-order (of any of them when it is empty)."""
    asked = [
        case
        for case in cases
        if (_is_payable(case) or _is_done(case))
        and line_id in ("", case.identifier("oid", required=False))
    ]
    for case in asked:
        if _amount(case) == amount:
            return case
    waiting = [case for case in asked if _is_payable(case)]
    if waiting:
        amounts = ", ".join(f"{_amount(case)}" for case in waiting)
        raise RequestRefused(
            f"the buyer asked for {amounts}, not for {amount}",
            remote_message=f"{amounts} CNY ≠ {amount} CNY",
        )
    raise BuyerMustAsk("the buyer has not asked for this refund", line=line_id)


def _amount(case: Reader) -> Decimal | None:
    try:
        return case.required_decimal("refund_fee")
    except PayloadError:
        return None


def _is_done(case: Reader) -> bool:
    return case.text("status", 64) == "SUCCESS"


def _is_payable(case: Reader) -> bool:
    """Whether money is all that the case still waits for."""
    status = case.text("status", 64)
    if is_return(case.data):
        return status == "WAIT_SELLER_CONFIRM_GOODS"
    return status == "WAIT_SELLER_AGREE"
