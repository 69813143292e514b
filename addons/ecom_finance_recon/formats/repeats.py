"""How often a value was seen, for tens of millions of values in little memory.

A table of 64-bit hashes with open addressing (linear probing, at most half full): 16 to
32 bytes for each value, where a dictionary takes a hundred. Two of ten million values
share a hash with a probability of about 3 in a million.
"""

from __future__ import annotations

from array import array

FIRST_SIZE = 1 << 12


class Repeats:
    """Counts values by their hash."""

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * FIRST_SIZE))
        self._used = 0
        self._more: dict[int, int] = {}  # those seen more than once

    def count(self, digest: bytes) -> int:
        """How often this digest was given so far, with this time.

        :param digest: at least 8 bytes that are evenly distributed.
        """
        value = int.from_bytes(digest[:8], "big") or 1  # 0 is an empty place
        if not self._insert(value):
            self._more[value] = self._more.get(value, 1) + 1
            return self._more[value]
        if self._used * 2 > len(self._table):
            self._grow()
        return 1

    def _insert(self, value: int) -> bool:
        """Put a value in its place; ``False`` when it is there."""
        table = self._table
        mask = len(table) - 1
        place = value & mask
        while found := table[place]:
            if found == value:
                return False
            place = (place + 1) & mask
        table[place] = value
        self._used += 1
        return True

    def _grow(self) -> None:
        old = self._table
        self._table = array("Q", bytes(16 * len(old)))
        self._used = 0
        for value in old:
            if value:
                self._insert(value)
