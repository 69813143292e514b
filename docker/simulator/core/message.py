"""Requests and responses as values, between the socket and the protocols."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl


def json_bytes(payload: Any) -> bytes:
    """Encode ``payload`` as compact UTF-8 JSON."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Request:
    """One HTTP request as a protocol sees it. Header names are lower case."""

    method: str
    path: str
    raw_query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client_ip: str = "127.0.0.1"

    @property
    def query(self) -> list[tuple[str, str]]:
        """Decoded query parameters in the order they were sent."""
        return parse_qsl(self.raw_query, keep_blank_values=True)

    @property
    def secure(self) -> bool:
        """Tell whether the shop regards this request as made over TLS.

        The server itself speaks plain HTTP. A TLS-terminating proxy in front of it
        says so with ``X-Forwarded-Proto: https``, and that header alone decides,
        exactly as for a shop that runs behind a proxy.
        """
        return self.headers.get("x-forwarded-proto", "").lower() == "https"

    def json(self) -> Any:
        """Return the parsed body; an empty body is an empty object."""
        return json.loads(self.body) if self.body.strip() else {}


@dataclass(frozen=True)
class Response:
    """One HTTP response before faults are applied to it.

    ``payload`` is what ``body`` encodes; faults that change rows need it together with
    ``encoder``. ``listed_orders`` names the orders a list response carried, and
    ``pages_header`` the header that tells the number of pages.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    payload: Any = None
    encoder: Callable[[Any], bytes] = json_bytes
    listed_orders: tuple[int, ...] = ()
    pages_header: str = ""

    @classmethod
    def of_json(
        cls,
        payload: Any,
        status: int = 200,
        headers: tuple[tuple[str, str], ...] = (),
        encoder: Callable[[Any], bytes] = json_bytes,
        content_type: str = "application/json; charset=UTF-8",
    ) -> Response:
        """Build a JSON response."""
        all_headers = (("Content-Type", content_type), *headers)
        return cls(status, encoder(payload), all_headers, payload, encoder)

    @classmethod
    def of_html(
        cls, status: int, html: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> Response:
        """Build an HTML page, as web servers and proxies send when they fail."""
        content_type = ("Content-Type", "text/html; charset=UTF-8")
        return cls(status, html.encode(), (content_type, *headers))

    def with_payload(self, payload: Any) -> Response:
        """Return the same response carrying ``payload`` instead."""
        return replace(self, payload=payload, body=self.encoder(payload))

    def with_header(self, name: str, value: str) -> Response:
        """Return the same response with header ``name`` set to ``value``."""
        kept = tuple(item for item in self.headers if item[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))

    def header(self, name: str) -> str:
        """Return the value of header ``name``, or an empty string."""
        lowered = name.lower()
        return next((v for k, v in self.headers if k.lower() == lowered), "")
