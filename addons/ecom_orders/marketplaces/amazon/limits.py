"""How often each operation may be called: token buckets with the published rates.

The limit is the seller's (for one application), whatever the number of connections, so
all transports of this process share one budget. Rates: the "Usage Plan" of each
operation in the official models. The header ``x-amzn-RateLimit-Limit`` tells the rate
that really applies to this seller, where it is known.
"""

from __future__ import annotations

import threading
from typing import Any

from ..errors import RateLimited
from ..transport import Clock, Headers

PATIENCE = 60.0
"""Seconds that a request waits for its turn at most. One search for orders takes three
minutes to earn; a worker has better things to do than to wait for it."""

# Requests per second and burst. The names are ours: model and operation.
RATES = {
    "orders.searchOrders": (0.0056, 20),
    "orders.getOrder": (0.5, 30),
    "ordersV0.getOrders": (0.0167, 20),
    "ordersV0.getOrder": (0.5, 30),
    "ordersV0.getOrderItems": (0.5, 30),
    "ordersV0.confirmShipment": (2.0, 10),
    "sellers.getMarketplaceParticipations": (0.016, 15),
    "listings.searchListingsItems": (5.0, 5),
    "listings.getListingsItem": (5.0, 10),
    "listings.patchListingsItem": (5.0, 5),
    "reports.createReport": (0.0167, 15),
    "reports.getReport": (2.0, 15),
    "reports.getReports": (0.0222, 10),
    "reports.getReportDocument": (0.0167, 15),
    "feeds.createFeedDocument": (0.5, 15),
    "feeds.createFeed": (0.0083, 15),
    "feeds.getFeeds": (0.0222, 10),
    "feeds.getFeed": (2.0, 15),
    "feeds.getFeedDocument": (0.0222, 10),
    "finances.listTransactions": (0.5, 10),
    "merchantFulfillment.getShipment": (1.0, 1),
}


class SellerBudget:
    """One token bucket for each seller and operation; see :class:`~..transport`.

    :param clock: measures the time in which buckets fill again.
    """

    def __init__(self, clock: Clock):
        self._clock = clock
        self._rates: dict[tuple[str, str], float] = {}
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def reserve(self, shop: str, operation: str) -> float:
        """See :meth:`~..transport.RateBudget.reserve`.

        Tokens may go below zero: who comes later waits longer, in order of arrival. A
        request that would wait for more than :data:`PATIENCE` takes nothing, so that
        asking again and again does not put the next turn off.

        :raises RateLimited: with the seconds until the next turn.
        """
        if operation not in RATES:
            return 0.0
        key = (shop, operation)
        with self._lock:
            tokens = self._filled(key) - 1.0
            wait = max(0.0, -tokens / self._rate(key))
            if wait <= PATIENCE:
                self._buckets[key] = (tokens, self._clock.monotonic())
                return wait
        raise RateLimited(f"rate budget of {operation} spent", retry_after=wait)

    def learn(self, shop: str, operation: str, headers: Headers) -> None:
        """Take over the rate that an answer tells."""
        text = headers.get("x-amzn-RateLimit-Limit", "")
        try:
            rate = float(text)
        except ValueError:
            return
        if operation in RATES and 0 < rate < 10_000:
            with self._lock:
                self._buckets[shop, operation] = (
                    self._filled((shop, operation)),
                    self._clock.monotonic(),
                )
                self._rates[shop, operation] = rate

    def exhaust(self, shop: str, operation: str) -> None:
        """Empty a bucket: the marketplace said 429, so somebody else drew from it."""
        with self._lock:
            key = (shop, operation)
            tokens = min(0.0, self._filled(key)) if operation in RATES else 0.0
            self._buckets[key] = (tokens, self._clock.monotonic())

    def _rate(self, key: tuple[str, str]) -> float:
        return self._rates.get(key, RATES[key[1]][0])

    def _filled(self, key: tuple[str, str]) -> float:
        burst = float(RATES[key[1]][1])
        now = self._clock.monotonic()
        tokens, since = self._buckets.get(key, (burst, now))
        return min(burst, tokens + (now - since) * self._rate(key))


_SHARED = SellerBudget(Clock())


def install_budget(transport: Any) -> SellerBudget | None:
    """Give a transport the budget that all of this process share.

    A budget that is there already stays. A clock other than the real one (tests) gets
    a budget that is measured by it.

    :return: the budget if it is one of ours.
    """
    if getattr(transport, "budget", None) is None:
        clock = getattr(transport, "clock", None)
        real = clock is None or type(clock) is Clock
        transport.budget = _SHARED if real else SellerBudget(clock)
    budget = transport.budget
    return budget if isinstance(budget, SellerBudget) else None
