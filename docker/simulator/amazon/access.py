"""Login with Amazon: sells access tokens, and checks them.

A token carries its end and a signature, so that a restarted simulator knows it.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs

from ..core.clock import Clock
from ..core.message import Request, Response
from . import errors

TOKEN_PATH = "/auth/o2/token"
LIFE = 3600  # seconds


class TokenDesk:
    """Knows one application and one seller's refresh token."""

    def __init__(self, options: Any, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self.revoked_before = 0.0

    def sell(self, request: Request) -> Response:
        """Answer a request for a token (RFC 6749, 6; errors 5.2)."""
        if request.method != "POST":
            return Response.of_json({"error": "invalid_request"}, 405)
        given = _fields(request)
        if given.get("grant_type") != "refresh_token":
            return Response.of_json({"error": "unsupported_grant_type"}, 400)
        known = (self._options.key, self._options.secret)
        if (given.get("client_id"), given.get("client_secret")) != known:
            body = {
                "error": "invalid_client",
                "error_description": "Client authentication failed",
            }
            return Response.of_json(body, 401)
        if given.get("refresh_token") != self._options.token:
            body = {
                "error": "invalid_grant",
                "error_description": "The request has an invalid grant parameter",
            }
            return Response.of_json(body, 400)
        return Response.of_json(
            {
                "access_token": self.make(),
                "refresh_token": self._options.token,
                "token_type": "bearer",
                "expires_in": LIFE,
            }
        )

    def make(self) -> str:
        """Return a fresh access token."""
        stamp = f"{self._clock.timestamp():.3f}"
        return f"Atza|{stamp}|{self._sign(stamp)}"

    def revoke(self) -> None:
        """Let every token that was sold so far be refused as expired."""
        self.revoked_before = self._clock.timestamp()

    def check(self, request: Request) -> None:
        """Raise ``ApiError`` unless the request carries a token that is good."""
        token = request.headers.get("x-amz-access-token", "")
        if not token:
            raise errors.no_access("Access token is missing in the request header.")
        _, _, rest = token.partition("|")
        stamp, _, signature = rest.partition("|")
        if not hmac.compare_digest(signature.encode(), self._sign(stamp).encode()):
            raise errors.no_access("The access token you provided is revoked.")
        sold_at = float(stamp)
        if sold_at <= self.revoked_before or self._clock.timestamp() > sold_at + LIFE:
            raise errors.no_access("The access token you provided has expired.")

    def _sign(self, stamp: str) -> str:
        key = self._options.secret.encode()
        return hmac.new(key, stamp.encode(), hashlib.sha256).hexdigest()[:32]


def _fields(request: Request) -> dict[str, Any]:
    """Return the fields of a form or of a JSON object."""
    if "json" in request.headers.get("content-type", ""):
        try:
            body = request.json()
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}
    pairs = parse_qs(request.body.decode("utf-8", "replace"))
    return {name: values[0] for name, values in pairs.items()}
