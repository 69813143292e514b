"""How a response leaves the socket: whole, late, cut, slowly or not at all."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from .message import Response


@dataclass(frozen=True)
class WirePlan:
    """What happens to the bytes of a response.

    ``mode``: ``whole``, ``hang`` (wait, then close without an answer), ``reset`` (TCP
    reset), ``cut`` (only part of the body) or ``drip`` (small pieces with pauses).
    """

    mode: str = "whole"
    seconds: float = 0.0
    honest_length: bool = True


def render_head(response: Response, length: int, close: bool) -> bytes:
    """Return the status line and headers of ``response``."""
    reason = HTTPStatus(response.status).phrase
    lines = [f"HTTP/1.1 {response.status} {reason}", "Server: simulated-shop"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    lines.append(f"Content-Length: {length}")
    if close:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


class Wire:
    """Writes responses to one connection according to a plan."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        self._connection = connection
        self._stopping = stopping

    def send(self, response: Response, plan: WirePlan, close: bool) -> bool:
        """Send ``response``; return True if the connection has to be closed now."""
        handlers: dict[str, Callable[..., bool]] = {
            "whole": self._send_whole,
            "hang": self._hang,
            "reset": self._reset,
            "cut": self._send_cut,
            "drip": self._drip,
        }
        return handlers[plan.mode](response, plan, close)

    def _send_whole(self, response: Response, _plan: Any, close: bool) -> bool:
        # One write: header and body in separate small packets cost 40 ms each time
        # (Nagle's algorithm meets delayed acknowledgements).
        head = render_head(response, len(response.body), close)
        self._connection.sendall(head + response.body)
        return close

    def _hang(self, _response: Response, plan: WirePlan, _close: bool) -> bool:
        self._stopping.wait(plan.seconds)
        return True

    def _reset(self, _response: Response, _plan: WirePlan, _close: bool) -> bool:
        # Linger of zero seconds makes close() send RST instead of FIN.
        linger = struct.pack("ii", 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._connection.close()
        return True

    def _send_cut(self, response: Response, plan: WirePlan, _close: bool) -> bool:
        part = response.body[: max(1, len(response.body) * 2 // 3)]
        length = len(part) if plan.honest_length else len(response.body)
        self._connection.sendall(render_head(response, length, close=True) + part)
        return True

    def _drip(self, response: Response, plan: WirePlan, close: bool) -> bool:
        self._connection.sendall(render_head(response, len(response.body), close))
        pieces = 20
        step = max(1, -(-len(response.body) // pieces))
        for start in range(0, len(response.body), step):
            self._stopping.wait(plan.seconds / pieces)
            self._connection.sendall(response.body[start : start + step])
        return close
