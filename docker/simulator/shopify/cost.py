"""What a query costs, and the bucket it is paid from.

An object costs one point, a scalar and an amount nothing, a mutation ten. How a list's
size counts is not documented; recordings fit twice its natural logarithm (a query with
nested lists of five costs 91 there).
"""

from __future__ import annotations

import math
import threading
import time
from typing import Any

from .graphql import Document, Execution, Field, Fragment, GraphqlError

#: Points that a single query may cost.
LIMIT = 1000
MUTATION = 10
_FREE = frozenset(
    {"nodes", "edges", "node", "pageInfo", "price", "shopMoney", "presentmentMoney"}
)


def requested(document: Document, execution: Execution) -> int:
    """Return the cost of a document before it is executed."""
    operation = document.operation
    base = MUTATION if operation.kind == "mutation" else 0
    return base + math.ceil(_sum(document, execution, operation.selections))


def _sum(document: Document, execution: Execution, selections: Any) -> float:
    total = 0.0
    for item in selections or ():
        if isinstance(item, Fragment):
            known = document.fragments.get(item.spread, item)
            total += _sum(document, execution, known.selections)
        elif isinstance(item, Field):
            total += _field(document, execution, item)
    return total


def _field(document: Document, execution: Execution, item: Field) -> float:
    if item.selections is None:
        return 0.0
    inner = _sum(document, execution, item.selections)
    arguments = execution.arguments(item)
    if "first" in arguments:
        return _weight(arguments["first"]) * (1 + inner)
    if "ids" in arguments:
        return _weight(len(arguments["ids"])) * (1 + inner)
    if item.name in _FREE or item.name.endswith(("Set", "Lines", "Errors")):
        return inner
    return 1 + inner


def _weight(size: Any) -> float:
    size = size if isinstance(size, int) else 1
    return float(size) if size < 3 else 2 * math.log(size)


class Bucket:
    """Points that fill up again with time.

    :param most: points of a full bucket; ``rate`` points a second come back.
    """

    def __init__(self, most: float = 20_000, rate: float = 1_000) -> None:
        self.most, self.rate = most, rate
        self._left, self._since = most, time.monotonic()
        self._lock = threading.Lock()

    def take(self, points: float) -> None:
        """Take points, or refuse.

        :raises GraphqlError: ``THROTTLED``, and ``MAX_COST_EXCEEDED`` for what no
            bucket is enough for.
        """
        if points > LIMIT:
            message = f"Query cost is {points}, which exceeds the single query max cost"
            raise GraphqlError(message, "MAX_COST_EXCEEDED")
        with self._lock:
            self._fill()
            if points > self._left:
                raise GraphqlError("Throttled", "THROTTLED")
            self._left -= points

    def give_back(self, points: float) -> None:
        """Return what was taken too much."""
        with self._lock:
            self._left = min(self.most, self._left + max(0.0, points))

    def status(self) -> dict[str, Any]:
        """Return ``throttleStatus``."""
        with self._lock:
            self._fill()
            return {
                "maximumAvailable": self.most,
                "currentlyAvailable": int(self._left),
                "restoreRate": self.rate,
            }

    def _fill(self) -> None:
        now = time.monotonic()
        self._left = min(self.most, self._left + (now - self._since) * self.rate)
        self._since = now
