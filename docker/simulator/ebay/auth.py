"""Tokens: bought for a seller or for the application, valid for two hours."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from ..core.clock import Clock
from ..core.message import Request
from .errors import OAuthError, invalid_token

PATH = "/identity/v1/oauth2/token"
LIFETIME = 7_200  # seconds
REFRESH_LIFETIME = 47_304_000  # seconds: 18 months


class TokenOffice:
    """Sells tokens and knows those that it sold."""

    def __init__(self, options: Any, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._sold: dict[str, datetime] = {}

    def sell(self, request: Request) -> dict[str, Any]:
        """Answer a request for a token.

        :raises OAuthError: for a wrong application or refresh token.
        """
        self._check_application(request.headers.get("authorization", ""))
        form = parse_qs(request.body.decode("ascii", "replace"))
        grant = form.get("grant_type", [""])[0]
        if grant == "client_credentials":
            return self._sold_answer("Application Access Token")
        if grant != "refresh_token":
            raise OAuthError("unsupported_grant_type", "unknown grant type")
        if form.get("refresh_token", [""])[0] != self._options.token:
            raise OAuthError(
                "invalid_grant", "the provided refresh token is invalid", 400
            )
        return self._sold_answer("User Access Token")

    def _sold_answer(self, kind: str) -> dict[str, Any]:
        token = f"v^1.1#i^1#{kind[:1]}{len(self._sold) + 1:06d}"
        self._sold[token] = self._clock.now() + timedelta(seconds=LIFETIME)
        return {"access_token": token, "expires_in": LIFETIME, "token_type": kind}

    def _check_application(self, header: str) -> None:
        scheme, _, pair = header.partition(" ")
        try:
            given = base64.b64decode(pair, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            given = ""
        wanted = f"{self._options.key}:{self._options.secret}"
        if scheme != "Basic" or given != wanted:
            raise OAuthError("invalid_client", "client authentication failed", 401)

    def check(self, request: Request) -> None:
        """Refuse a request without a valid token.

        :raises EbayError: 401.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        wanted = "IAF" if request.path.startswith("/post-order/") else "Bearer"
        ends = self._sold.get(token)
        if scheme != wanted or ends is None or ends <= self._clock.now():
            raise invalid_token()

    def expire_all(self) -> None:
        """Let every token end now."""
        self._sold.clear()
