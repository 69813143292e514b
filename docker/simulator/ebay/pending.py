"""What eBay works on by itself: done after it was looked at a few times."""

from __future__ import annotations

from decimal import Decimal

#: How often an order is read before a refund or cancellation of it is through.
LOOKS = 2


class Pending:
    """Things that are under way, by name, and how often they will still be seen so."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        #: the reason of a seller's cancellation, by order
        self.cancels: dict[int, str] = {}
        #: what the seller gave back, without eBay's tax, by refund of a whole order
        self.given: dict[int, Decimal] = {}

    def begin(self, name: str) -> None:
        """Put something under way."""
        self._left[name] = LOOKS

    def waits(self, name: str) -> bool:
        """Tell whether it is still under way."""
        return self._left.get(name, 0) > 0

    def look(self, names: list[str]) -> None:
        """Let things come nearer to their end."""
        for name in names:
            if self.waits(name):
                self._left[name] -= 1
