"""Whether running balances make one unbroken chain, in any order of the rows.

Every row is an edge from the balance before it to the balance after it. In an unbroken
chain each balance is reached as often as it is left, but for the opening balance (left
once more) and the closing one (reached once more); where the two are the same, none is
left over. So rows need no order: sorting by time would not give one, because many rows
have the same second.
"""

from __future__ import annotations

from decimal import Decimal


class BalanceChain:
    """Takes rows one by one; memory grows with the number of gaps, not of rows."""

    def __init__(self) -> None:
        self._open: dict[Decimal, int] = {}
        self.rows = 0
        self._last: Decimal | None = None

    def add(self, amount: Decimal, balance: Decimal) -> None:
        """A row that moved ``amount`` and left ``balance``."""
        self.rows += 1
        self._last = balance
        self._count(balance - amount, 1)
        self._count(balance, -1)

    def _count(self, balance: Decimal, step: int) -> None:
        left = self._open.get(balance, 0) + step
        if left:
            self._open[balance] = left
        else:
            del self._open[balance]

    @property
    def gaps(self) -> int:
        """How many times the chain is broken."""
        starts = sum(count for count in self._open.values() if count > 0)
        return max(starts - 1, 0)

    @property
    def opening(self) -> Decimal | None:
        """Balance before the first row; ``None`` when the chain is broken or empty."""
        return self._end(1)

    @property
    def closing(self) -> Decimal | None:
        """Balance after the last row."""
        return self._end(-1)

    def _end(self, sign: int) -> Decimal | None:
        if self.gaps or not self.rows:
            return None
        if not self._open:
            return self._last  # a circle: opening and closing are one
        return next(value for value, count in self._open.items() if count == sign)
