"""Outgoing HTTP: webhooks, delivered by one background thread, to loopback only."""

from __future__ import annotations

import base64
import contextlib
import heapq
import http.client
import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from .faults import WEBHOOK, FaultPlan, FaultRule
from .message import Request

#: How the names of headers with a signature end.
_SIGNATURES = ("signature", "hmac-sha256")
#: Seconds to wait for a receiver.
TIMEOUT = 5.0


def is_loopback_url(url: str) -> bool:
    """Tell whether ``url`` leads to this machine: a loopback address or localhost."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Parcel:
    """Something to be posted. ``done`` is told the status, 0 if there was none."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    label: str = ""
    entity_id: int = 0
    done: Callable[[int], None] | None = None

    def with_signature(self, signature: str) -> Parcel:
        """Return the parcel with another value in its signature header."""
        headers = tuple(
            (name, signature if name.lower().endswith(_SIGNATURES) else value)
            for name, value in self.headers
        )
        return replace(self, headers=headers)


class Outbox:
    """Posts parcels in order, except where faults say otherwise. Nothing is retried."""

    def __init__(self, faults: FaultPlan) -> None:
        self._faults = faults
        self._condition = threading.Condition()
        self._queue: list[tuple[float, int, Parcel]] = []
        self._held: list[tuple[float, Parcel]] = []
        self._number = 0
        self._busy = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.log: deque[dict[str, Any]] = deque(maxlen=2000)

    def start(self) -> None:
        """Begin to deliver."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop delivering; what is still queued is lost, as in a power cut."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        if self._thread:
            self._thread.join(timeout=TIMEOUT + 1)

    def clear(self) -> None:
        """Forget what waits and what was sent."""
        with self._condition:
            self._queue.clear()
            self._held.clear()
            self.log.clear()

    def post(self, parcel: Parcel) -> None:
        """Queue a parcel, after the faults in force had their say."""
        rule = None
        if parcel.label != "ping":
            target = Request("POST", f"/{parcel.label}")
            rule = self._faults.draw(WEBHOOK, target)
        with self._condition:
            if rule:
                self._post_with_fault(rule, parcel)
            else:
                self._enqueue(parcel)
            if rule is None or rule.kind != "webhook_reordered":
                self._release_held()
            self._condition.notify_all()

    def _post_with_fault(self, rule: FaultRule, parcel: Parcel) -> None:
        if rule.kind == "webhook_lost":
            self._note(parcel, None, "lost")
        elif rule.kind == "webhook_duplicate":
            self._enqueue(parcel)
            self._enqueue(parcel)
        elif rule.kind == "webhook_delayed":
            self._enqueue(parcel, rule.seconds)
        elif rule.kind == "webhook_reordered":
            # Waits until the next parcel has overtaken it, or the time is up.
            self._held.append((time.monotonic() + rule.seconds, parcel))
        elif rule.kind == "webhook_bad_signature":
            wrong = base64.b64encode(b"not the signature you expect....").decode()
            self._enqueue(parcel.with_signature(wrong))
        else:
            self._enqueue(replace(parcel, body=parcel.body[: len(parcel.body) // 2]))

    def _enqueue(self, parcel: Parcel, delay: float = 0.0) -> None:
        self._number += 1
        heapq.heappush(self._queue, (time.monotonic() + delay, self._number, parcel))

    def _release_held(self) -> None:
        for _until, parcel in self._held:
            self._enqueue(parcel)
        self._held.clear()

    def wait_until_idle(self, timeout: float = 10.0) -> bool:
        """Wait until everything has been sent; return False if time ran out."""
        with self._condition:
            return self._condition.wait_for(self._idle, timeout)

    def _idle(self) -> bool:
        return not (self._queue or self._held or self._busy)

    def _run(self) -> None:
        while True:
            parcel = self._next()
            if parcel is None:
                return
            try:
                self._deliver(parcel)
            finally:
                with self._condition:
                    self._busy = False
                    self._condition.notify_all()

    def _next(self) -> Parcel | None:
        """Wait for the next parcel that is due; None when stopping."""
        with self._condition:
            while not self._stopping:
                now = time.monotonic()
                if self._held and self._held[0][0] <= now:
                    self._release_held()
                if self._queue and self._queue[0][0] <= now:
                    self._busy = True
                    return heapq.heappop(self._queue)[2]
                self._condition.wait(self._pause(now))
            return None

    def _pause(self, now: float) -> float | None:
        moments = [item[0] for item in (*self._queue[:1], *self._held[:1])]
        return max(0.0, min(moments) - now) if moments else None

    def _deliver(self, parcel: Parcel) -> None:
        status = 0
        with contextlib.suppress(OSError, http.client.HTTPException):
            status = _send(parcel)
        self._note(parcel, status, "sent")
        if parcel.done:
            parcel.done(status)

    def _note(self, parcel: Parcel, status: int | None, outcome: str) -> None:
        self.log.append(
            {
                "label": parcel.label,
                "id": parcel.entity_id,
                "url": parcel.url,
                "outcome": outcome,
                "status": status,
            }
        )


def _send(parcel: Parcel) -> int:
    """Post a parcel and return the status of the answer."""
    if not is_loopback_url(parcel.url):
        return 0
    parts = urlsplit(parcel.url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    try:
        headers = {**dict(parcel.headers), "Connection": "close"}
        connection.request("POST", target, parcel.body, headers)
        return connection.getresponse().status
    finally:
        connection.close()
