"""Parcels that leave and goods that come back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from .model import TRASH, Order, Parcel, ReturnCase, WorldError

if TYPE_CHECKING:
    from .shop import World

#: What can no longer (or not yet) be sent.
_NOT_TO_SEND = ("cancelled", "refunded", "failed", "pending", TRASH)
#: Where a return can go from where it stands.
NEXT_OF_RETURN = {
    "requested": ("approved", "rejected", "cancelled"),
    "approved": ("in_transit", "received", "cancelled"),
    "in_transit": ("received", "cancelled"),
    "received": ("closed",),
}


class DispatchDesk:
    """Keeps parcels and returns. Its verbs run inside a transaction of the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def sent(self, order_id: int) -> Counter[int]:
        """Return how much of each line has left."""
        return _count(p.lines for p in self._world.parcels(order_id))

    def open_lines(self, order: Order) -> tuple[tuple[int, int], ...]:
        """Return what is still to be sent: (line id, quantity) pairs."""
        sent = self.sent(order.id)
        rest = ((i.id, i.quantity - sent[i.id]) for i in order.lines)
        return tuple((line, quantity) for line, quantity in rest if quantity > 0)

    def ship(self, order: Order, parcel: Parcel) -> Parcel:
        """Record a parcel; the last piece completes the order.

        :raises WorldError: ``order_not_shippable`` or ``nothing_to_ship``.
        """
        if order.status in _NOT_TO_SEND:
            raise WorldError("order_not_shippable", f"The order is {order.status}.")
        open_lines = dict(self.open_lines(order))
        lines = parcel.lines or tuple(open_lines.items())
        if not lines or any(not 0 < n <= open_lines.get(i, 0) for i, n in lines):
            raise WorldError("nothing_to_ship", "More than is left to be shipped.")
        parcel = replace(parcel, lines=lines)
        self._world.store.put("parcel", parcel.id, parcel)
        self._world.store.tell("parcel", "created", parcel.id)
        if not self.open_lines(order):
            self._world.set_status(order.id, "completed")
        else:
            self._world.save(order)
        return parcel

    def open_return(self, order: Order, case: ReturnCase) -> ReturnCase:
        """Record a return.

        :raises WorldError: ``nothing_to_return`` beyond what was ordered.
        """
        cases = (
            c for c in self._world.returns(order.id)
            if c.status not in ("rejected", "cancelled")
        )  # fmt: skip
        taken = _count(c.lines for c in cases)
        ordered = {line.id: line.quantity for line in order.lines}
        for line_id, quantity in case.lines:
            if not 0 < quantity <= ordered.get(line_id, 0) - taken[line_id]:
                raise WorldError("nothing_to_return", "More than was ordered.")
        self._put(case, "created")
        self._world.save(order)
        return case

    def move_return(self, case: ReturnCase, status: str) -> ReturnCase:
        """Let a return take a step.

        :raises WorldError: ``return_not_possible`` for a step that does not follow.
        """
        if status not in NEXT_OF_RETURN.get(case.status, ()):
            raise WorldError("return_not_possible", f"It is {case.status}.")
        case = replace(case, status=status, modified=self._world.clock.now())
        self._put(case, "updated")
        self._world.touch(case.order_id)
        return case

    def _put(self, case: ReturnCase, verb: str) -> None:
        self._world.store.put("return", case.id, case)
        self._world.store.tell("return", verb, case.id)


def _count(groups) -> Counter[int]:
    counted: Counter[int] = Counter()
    for lines in groups:
        for line_id, quantity in lines:
            counted[line_id] += quantity
    return counted
