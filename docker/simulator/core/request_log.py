"""Remembers the requests that reached the shop, without their secrets."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from .message import Request

_SECRETS = frozenset(
    {
        "consumer_key",
        "consumer_secret",
        "oauth_consumer_key",
        "oauth_signature",
        "oauth_nonce",
        "access_token",
        "sign",
    }
)


@dataclass(frozen=True)
class LoggedRequest:
    """One request as shown by ``GET /_sim/requests``."""

    number: int
    protocol: str
    method: str
    path: str
    query: dict[str, str]
    authorization: str
    status: int
    faults: tuple[str, ...]


class RequestLog:
    """Keeps the newest requests and counts all of them."""

    def __init__(self, keep: int = 5000) -> None:
        self._lock = threading.Lock()
        self._entries: deque[LoggedRequest] = deque(maxlen=keep)
        self.count = 0

    def add(
        self, request: Request, protocol: str, status: int, faults: tuple[str, ...]
    ) -> None:
        """Record one request; ``status`` 0 means that no answer was sent."""
        with self._lock:
            self.count += 1
            entry = LoggedRequest(
                number=self.count,
                protocol=protocol,
                method=request.method,
                path=request.path,
                query=redact(request.query),
                authorization=_scheme(request),
                status=status,
                faults=faults,
            )
            self._entries.append(entry)

    def as_json(self) -> list[dict[str, Any]]:
        """Return the entries, oldest first."""
        with self._lock:
            return [asdict(entry) for entry in self._entries]

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._entries.clear()
            self.count = 0


def redact(query: list[tuple[str, str]]) -> dict[str, str]:
    """Return ``query`` as a mapping with every secret value replaced."""
    return {name: "***" if name in _SECRETS else value for name, value in query}


def _scheme(request: Request) -> str:
    """Return how the request authenticates itself, never with what."""
    header = request.headers.get("authorization", "").split(" ")[0]
    if header:
        return header
    names = {name for name, _value in request.query}
    if "oauth_signature" in names:
        return "OAuth (query)"
    return "keys (query)" if "consumer_key" in names else ""
