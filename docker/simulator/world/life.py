"""The life of orders after they were placed: the steps that scenarios plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .drafts import RefundDraft
from .model import TRASH, Order
from .refunds import refund_line_for

if TYPE_CHECKING:
    from .shop import World


class Life:
    """Lets planned steps happen, one at a time."""

    def __init__(self, world: World) -> None:
        self._world = world

    def advance(self, order_id: int) -> Order:
        """Let the next planned step of an order's life happen."""
        with self._world.store.transaction():
            order = self._world.order(order_id)
            if not order.plan or order.status == TRASH:
                return order
            step, rest = order.plan[0], order.plan[1:]
            self._world.store.put("order", order_id, replace(order, plan=rest))
            self._step(step, order_id)
            return self._world.order(order_id)

    def waiting(self) -> list[Order]:
        """Return the orders that still have a step before them."""
        return [
            item for item in self._world.orders() if item.plan and item.status != TRASH
        ]

    def _step(self, step: str, order_id: int) -> None:
        steps = {
            "pay": lambda: self._world.pay(order_id),
            "cancel": lambda: self._world.set_status(order_id, "cancelled"),
            "complete": lambda: self._complete(order_id),
            "edit": lambda: self._edit_first_line(order_id),
            "address": lambda: self._move_house(order_id),
            "refund_line": lambda: self._refund_one(order_id),
            "refund_full": lambda: self._world.set_status(order_id, "refunded"),
            "note": lambda: self._note(order_id, "Please call before delivery."),
            "trash": lambda: self._world.trash(order_id),
        }
        steps[step]()

    def _note(self, order_id: int, text: str) -> None:
        self._world.add_note(order_id, text, True, "shop manager")
        self._world.touch(order_id)

    def _complete(self, order_id: int) -> None:
        self._world.add_note(
            order_id, f"Sent with parcel PX{order_id:09d}", True, "system"
        )
        self._world.set_status(order_id, "completed")

    def _edit_first_line(self, order_id: int) -> None:
        line = self._world.order(order_id).lines[0]
        self._world.edit(order_id, {"quantities": {line.id: line.quantity + 1}})

    def _move_house(self, order_id: int) -> None:
        street = self._world.order(order_id).shipping.address_1
        self._world.edit(order_id, {"shipping": {"address_1": f"{street} bis"}})

    def _refund_one(self, order_id: int) -> None:
        order = self._world.order(order_id)
        priced = [line for line in order.lines if line.total and line.quantity]
        if priced:
            line = refund_line_for(order, priced[0], 1)
            # A gift card may have paid for part of the piece.
            amount = min(
                line.gross, order.totals.total - self._world.refunded(order_id)
            )
            self._world.refund(order_id, RefundDraft(amount, "Damaged", (line,)))
