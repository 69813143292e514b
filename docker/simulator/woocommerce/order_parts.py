"""Refunds and notes of an order.

Source: the REST API documentation, chapters Refunds and Order notes; recorded refunds:
with lines (negative, linked by ``_refunded_item_id``), with an amount only, and beyond
the total (status 500 with ``"data": 500``).
"""

from __future__ import annotations

from typing import Any

from ..core.message import Response
from ..world.drafts import RefundDraft, RefundLine
from ..world.model import Note, Refund, WorldError
from ..world.money import ZERO, money
from . import errors
from .call import Call, page_of


def _order_id(call: Call, kind: str) -> int:
    """Return the order's id or answer that it does not exist."""
    try:
        return call.world.order(call.numbers[0]).id
    except WorldError as error:
        code = f"woocommerce_rest_{kind}"
        raise errors.WooError(code, "Invalid order ID.", 404) from error


# -- refunds -------------------------------------------------------------------


def list_refunds(call: Call) -> Response:
    """GET /orders/<id>/refunds, newest first."""
    refunds = call.world.refunds(_order_id(call, "invalid_order_id"))
    return page_of(call, refunds[::-1], call.renderer.refund)[1]


def get_refund(call: Call) -> Response:
    """GET /orders/<id>/refunds/<id>."""
    return call.answer(call.renderer.refund(_find_refund(call)))


def _find_refund(call: Call) -> Refund:
    order_id = _order_id(call, "invalid_order_id")
    for refund in call.world.refunds(order_id):
        if refund.id == call.numbers[1]:
            return refund
    raise errors.invalid_id("shop_order_refund")


def create_refund(call: Call) -> Response:
    """POST /orders/<id>/refunds."""
    order_id = _order_id(call, "invalid_order_id")
    try:
        refund = call.world.refund(order_id, _refund_draft(call.body))
    except (WorldError, ValueError) as error:
        # Recorded: "data" is the bare number here, not an object.
        code = "woocommerce_rest_cannot_create_order_refund"
        message = "Invalid refund amount."
        raise errors.WooError(code, message, 500, data=500) from error
    return call.answer(call.renderer.refund(refund), 201)


def _refund_draft(body: dict[str, Any]) -> RefundDraft:
    amount = body.get("amount")
    return RefundDraft(
        amount=None if amount in (None, "") else money(amount),
        reason=body.get("reason", ""),
        lines=tuple(_refund_line(row) for row in _rows(body.get("line_items"))),
        restock=bool(body.get("api_restock", True)),
        paid_back=bool(body.get("api_refund", True)),
        meta=tuple((m["key"], m.get("value")) for m in _rows(body.get("meta_data"))),
    )


def _rows(value: Any) -> list[dict[str, Any]]:
    """Lines come as a list, or in older clients as an object keyed by item id."""
    if isinstance(value, dict):
        return [{"id": key, **row} for key, row in value.items()]
    return value or []


def _refund_line(row: dict[str, Any]) -> RefundLine:
    return RefundLine(
        item_id=int(row["id"]),
        quantity=int(row.get("quantity") or 0),
        total=money(row.get("refund_total") or ZERO),
        taxes=tuple(
            (int(tax["id"]), money(tax.get("refund_total") or ZERO))
            for tax in _rows(row.get("refund_tax"))
        ),
    )


def delete_refund(call: Call) -> Response:
    """DELETE /orders/<id>/refunds/<id>: only for good."""
    refund = _find_refund(call)
    if not call.force:
        raise errors.no_trash("Refunds")
    call.world.drop_refund(refund)
    return call.answer(call.renderer.refund(refund))


# -- notes ---------------------------------------------------------------------


def list_notes(call: Call) -> Response:
    """GET /orders/<id>/notes, newest first; ``type`` any, customer or internal."""
    kind = call.params.choice("type", ("any", "customer", "internal"), "any")
    call.params.refuse()
    wanted = {"any": (True, False), "customer": (True,), "internal": (False,)}[kind]
    notes = call.world.notes(_order_id(call, "order_invalid_id"))
    rows = [note for note in notes[::-1] if note.for_customer in wanted]
    return call.answer([call.renderer.note(note) for note in rows])


def get_note(call: Call) -> Response:
    """GET /orders/<id>/notes/<id>."""
    return call.answer(call.renderer.note(_find_note(call)))


def _find_note(call: Call) -> Note:
    order_id = _order_id(call, "order_invalid_id")
    for note in call.world.notes(order_id):
        if note.id == call.numbers[1]:
            return note
    message = "Invalid resource ID."
    raise errors.WooError("woocommerce_rest_invalid_id", message, 404)


def create_note(call: Call) -> Response:
    """POST /orders/<id>/notes."""
    order_id = _order_id(call, "order_invalid_id")
    call.require("note")
    for_customer = bool(call.body.get("customer_note"))
    text = str(call.body["note"])
    note = call.world.add_note(order_id, text, for_customer, "WooCommerce")
    return call.answer(call.renderer.note(note), 201)


def delete_note(call: Call) -> Response:
    """DELETE /orders/<id>/notes/<id>: only for good."""
    note = _find_note(call)
    if not call.force:
        raise errors.no_trash("Notes")
    call.world.drop_note(note)
    return call.answer(call.renderer.note(note))
