"""A tiny independent client and webhook receiver for the specification tests.

The signer is written from RFC 5849 alone and shares no code with the simulator.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

API = "/wp-json/wc/v3/"


def escape(text: str) -> str:
    """RFC 5849, section 3.6."""
    return quote(text, safe="-._~")


def base_string(method: str, url: str, pairs: list[tuple[str, str]]) -> str:
    """RFC 5849, section 3.4.1."""
    encoded = sorted((escape(name), escape(value)) for name, value in pairs)
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    return "&".join((method.upper(), escape(url), escape(joined)))


def sign(base: str, secret: str, token: str = "", hashing: Any = hashlib.sha256) -> str:
    """RFC 5849, section 3.4.2; SHA-256 in place of SHA-1 as WooCommerce allows."""
    key = f"{escape(secret)}&{escape(token)}".encode()
    return base64.b64encode(hmac.new(key, base.encode(), hashing).digest()).decode()


def oauth_query(
    method: str,
    url: str,
    query: dict[str, str],
    key: str = "ck_simulator",
    secret: str = "cs_simulator",
    **changes: str,
) -> dict[str, str]:
    """Return ``query`` with OAuth parameters; ``changes`` replace some of them."""
    signed = {
        **query,
        "oauth_consumer_key": key,
        "oauth_nonce": secrets.token_hex(16),
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(time.time())),
        **changes,
    }
    signature = sign(base_string(method, url, list(signed.items())), secret)
    return {**signed, "oauth_signature": signature}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of an error body."""
        return self.json["code"]


class ShopClient:
    """Talks to one shop; every request on a connection of its own."""

    def __init__(self, url: str, timeout: float = 5.0) -> None:
        self.url = url
        self.timeout = timeout

    def raw(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """Send a request as it is."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            parts.hostname, parts.port, timeout=self.timeout
        )
        data = None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, target, data, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def call(
        self, method: str, path: str, query: dict[str, Any] | None = None, body=None
    ) -> Answer:
        """Send a signed request below the API's root."""
        values = {name: str(value) for name, value in (query or {}).items()}
        signed = oauth_query(method, self.url + API + path, values)
        return self.raw(method, f"{API}{path}?{urlencode(signed)}", None, body)

    def get(self, path: str, **query: Any) -> Answer:
        return self.call("GET", path, query)

    def post(self, path: str, body: Any) -> Answer:
        return self.call("POST", path, None, body)

    def put(self, path: str, body: Any) -> Answer:
        return self.call("PUT", path, None, body)

    def delete(self, path: str, **query: Any) -> Answer:
        return self.call("DELETE", path, query)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use the control API."""
        return self.raw(method, f"/_sim/{path}", None, body).json

    def ids(self, **query: Any) -> list[int]:
        """Return the ids on one page of orders."""
        return [order["id"] for order in self.get("orders", **query).json]


@dataclass(frozen=True)
class Delivery:
    """A webhook as it arrived; header names are lower case."""

    headers: dict[str, str]
    body: bytes

    @property
    def topic(self) -> str:
        return self.headers.get("x-wc-webhook-topic", "ping")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def signed_with(self, secret: str) -> bool:
        digest = hmac.new(secret.encode(), self.body, hashlib.sha256).digest()
        wanted = base64.b64encode(digest).decode()
        return self.headers.get("x-wc-webhook-signature") == wanted


class Receiver:
    """Takes webhooks and answers ``status``."""

    def __init__(self) -> None:
        receiver = self
        self.status = 200
        self.deliveries: list[Delivery] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                headers = {k.lower(): v for k, v in self.headers.items()}
                delivery = Delivery(headers, self.rfile.read(length))
                receiver.deliveries.append(delivery)
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> Receiver:
        options = {"poll_interval": 0.02}
        threading.Thread(
            target=self._server.serve_forever, kwargs=options, daemon=True
        ).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def topics(self) -> list[str]:
        return [delivery.topic for delivery in self.deliveries]

    def of(self, topic: str) -> list[Delivery]:
        return [item for item in self.deliveries if item.topic == topic]
