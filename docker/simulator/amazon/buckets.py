"""Token buckets with the rates that the models publish ("Usage Plan")."""

from __future__ import annotations

import threading

from ..core.clock import Clock
from . import errors

#: Requests per second and burst, by operation of the models.
PLANS: dict[str, tuple[float, int]] = {
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "v0.getOrders": (0.0167, 20),
    "v0.getOrder": (0.5, 30),
    "v0.getOrderItems": (0.5, 30),
    "confirmShipment": (2.0, 10),
    "getMarketplaceParticipations": (0.016, 15),
    "searchListingsItems": (5.0, 5),
    "getListingsItem": (5.0, 10),
    "patchListingsItem": (5.0, 5),
    "createReport": (0.0167, 15),
    "getReport": (2.0, 15),
    "getReports": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "createFeedDocument": (0.5, 15),
    "createFeed": (0.0083, 15),
    "getFeeds": (0.0222, 10),
    "getFeed": (2.0, 15),
    "getFeedDocument": (0.0222, 10),
    "listTransactions": (0.5, 10),
    "getShipment": (1.0, 1),
}


class Buckets:
    """One bucket for each operation, filled by the shop's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[float, float]] = {}

    def take(self, operation: str) -> None:
        """Take a token or raise the error with status 429."""
        rate, burst = PLANS[operation]
        now = self._clock.timestamp()
        with self._lock:
            tokens, since = self._tokens.get(operation, (float(burst), now))
            tokens = min(float(burst), tokens + max(0.0, now - since) * rate)
            self._tokens[operation] = (max(0.0, tokens - 1.0), now)
        # A hair of tolerance: both sides compute with binary fractions.
        if tokens < 1.0 - 1e-6:
            raise errors.quota()

    @staticmethod
    def header(operation: str) -> tuple[tuple[str, str], ...]:
        """Return the header that tells the rate."""
        return (("x-amzn-RateLimit-Limit", str(PLANS[operation][0])),)
