"""How many subsets of some amounts add up to a target: none, one, or more than one.

Subset sum on integer minor units. What matters is whether the solution is *unique*, so
counting ends at two. By the size of the problem:

* few amounts: meeting in the middle (Horowitz and Sahni, 1974): the sums of either half
  are listed, and for each one its complement is looked up;
* more of them: dynamic programming (Bellman, 1957) over all sums up to the target,
  ways(sum) += ways(sum - amount), capped at two;
* where the target is too large for that: meeting in the middle with arrays.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import gcd

SMALL = 14  # up to here lists are quicker than arrays
CELLS = 48_000_000  # bytes that counting may take
MAX_SIZE = 40


class Solver:
    """Solves for many targets over the same amounts.

    :param amounts: positive integers, at most :data:`MAX_SIZE` of them.
    """

    def __init__(self, amounts: Sequence[int]):
        if len(amounts) > MAX_SIZE:
            raise ValueError("too many amounts")
        if any(amount <= 0 for amount in amounts):
            raise ValueError("amounts must be positive")
        self.amounts = list(amounts)
        self._places: dict[int, list[int]] = {}
        for place, amount in enumerate(self.amounts):
            self._places.setdefault(amount, []).append(place)
        self._halves: tuple | None = None

    def solve(self, target: int) -> tuple[int, list[tuple[int, ...]]]:
        """Number of subsets (0, 1 or 2 for "more") and up to two of them."""
        quick = self._quick(target)
        if len(quick) > 1:
            return 2, quick[:2]
        found = self._exhaustive(target)
        return len(found), found

    def _quick(self, target: int) -> list[tuple[int, ...]]:
        """Some of the solutions of one and two amounts."""
        found = [(place,) for place in self._places.get(target, ())[:2]]
        for first, amount in enumerate(self.amounts):
            if len(found) > 1:
                break
            for second in self._places.get(target - amount, ()):
                if second > first:
                    found.append((first, second))
                    break
        return found

    def _exhaustive(self, target: int) -> list[tuple[int, ...]]:
        if target <= 0 or target > sum(self.amounts):
            return []
        if len(self.amounts) > SMALL:
            return self._by_counting(target)
        left, right = self._listed()
        found: list[tuple[int, ...]] = []
        sums = [total for total, _mask in right]
        for total, mask in left:
            place = bisect_left(sums, target - total)
            while place < len(sums) and sums[place] == target - total:
                found.append(self._subset(mask, right[place][1]))
                if len(found) > 1:
                    return found
                place += 1
        return found

    def _listed(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Sums with their masks of either half, the right one sorted."""
        if self._halves is None:
            middle = len(self.amounts) // 2
            left = _sums(self.amounts[:middle])
            self._halves = (left, sorted(_sums(self.amounts[middle:])))
        return self._halves

    def _by_counting(self, target: int) -> list[tuple[int, ...]]:
        """Ways to every sum with the first amounts; solutions are followed back."""
        import numpy as np

        unit = gcd(*self.amounts)
        if target % unit:
            return []
        goal = target // unit
        amounts = [amount // unit for amount in self.amounts]
        if (goal + 1) * (len(amounts) + 1) > CELLS:
            return self._by_arrays(target)
        ways = np.zeros((len(amounts) + 1, goal + 1), dtype=np.uint8)
        ways[0, 0] = 1
        for place, amount in enumerate(amounts):
            ways[place + 1] = ways[place]
            if amount <= goal:
                ways[place + 1, amount:] += ways[place, : goal + 1 - amount]
                np.minimum(ways[place + 1], 2, out=ways[place + 1])
        found: list[tuple[int, ...]] = []
        branches: list[tuple[int, int, tuple[int, ...]]] = [(len(amounts), goal, ())]
        while branches and len(found) < 2:
            place, left, chosen = branches.pop()
            if not ways[place, left]:
                continue
            if place == 0:
                found.append(chosen)
                continue
            amount = amounts[place - 1]
            branches.append((place - 1, left, chosen))
            if amount <= left:
                branches.append((place - 1, left - amount, (place - 1, *chosen)))
        return found

    def _by_arrays(self, target: int) -> list[tuple[int, ...]]:
        import numpy as np

        if self._halves is None:
            middle = len(self.amounts) // 2
            left = _sum_array(self.amounts[:middle])
            right = _sum_array(self.amounts[middle:])
            order = np.argsort(right, kind="stable")
            self._halves = (left, right[order], order)
        left, right, order = self._halves
        wanted = target - left
        low = np.searchsorted(right, wanted, "left")
        high = np.searchsorted(right, wanted, "right")
        hits = np.nonzero(high > low)[0]
        found = []
        for mask in hits[:2]:
            for place in range(
                int(low[mask]), min(int(high[mask]), int(low[mask]) + 2)
            ):
                found.append(self._subset(int(mask), int(order[place])))
        return found[:2]

    def _subset(self, left: int, right: int) -> tuple[int, ...]:
        middle = len(self.amounts) // 2
        mask = left | right << middle
        return tuple(p for p in range(len(self.amounts)) if mask >> p & 1)


def _sums(amounts: Sequence[int]) -> list[tuple[int, int]]:
    sums = [(0, 0)]
    for place, amount in enumerate(amounts):
        sums += [(total + amount, mask | 1 << place) for total, mask in sums]
    return sums


def _sum_array(amounts: Sequence[int]):
    """Array of the sums of all subsets, at the index of their mask; shape (2**n,)."""
    import numpy as np

    sums = np.zeros(1, dtype=np.int64)
    for amount in amounts:
        sums = np.concatenate((sums, sums + amount))
    return sums
