"""Access tokens: bought from Login with Amazon with the seller's refresh token.

Sources: Selling Partner API documentation, "Connect to the Selling Partner API": a
POST with ``grant_type=refresh_token`` gives ``access_token`` and ``expires_in``
(seconds, one hour); it goes into the header ``x-amz-access-token`` of every request.
The refresh token is not spent. The request is JSON, as Amazon's own Java client sends
it (not confirmed by a model; the documentation shows a form).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..base import AccessToken, Credentials
from ..errors import AuthenticationFailed, BadAnswer, NotThere
from ..transport import Request, Response, redact
from .const import TOKEN_URL

MARGIN = timedelta(minutes=5)
"""A token is renewed so much before it ends."""

LONGEST = 24 * 3600  # seconds; a longer life than that is not believed


class TokenSource:
    """Keeps one seller's access token fresh."""

    def __init__(self, credentials: Credentials, transport: Any):
        self._credentials = credentials
        self._transport = transport

    def value(self) -> str:
        """The token to send now; bought when there is none that lasts.

        :raises AuthenticationFailed: when Amazon refuses to sell one.
        """
        token = self._credentials.tokens.load()
        now = self._transport.clock.now()
        if token is None or token.expires_at - MARGIN <= now:
            token = self._buy()
        return token.value

    def renew(self, refused: str) -> str:
        """Another token than the one that was refused.

        Somebody else may have bought it in the meantime.
        """
        token = self._credentials.tokens.load()
        if token is not None and token.value != refused:
            return token.value
        return self._buy().value

    def _buy(self) -> AccessToken:
        known = self._credentials
        address = known.options.get("token_url") or TOKEN_URL
        if not address.startswith(("https://", "http://")):
            raise NotThere("not the address of a token service", hint="address")
        request = Request(
            "POST",
            address,
            operation="token",
            json={
                "grant_type": "refresh_token",
                "refresh_token": known.token,
                "client_id": known.key,
                "client_secret": known.secret,
            },
            expect_json=True,
            idempotent=True,
        )
        asked_at = self._transport.clock.now()
        response = self._transport.send(request)
        if not response.ok:
            raise self._refusal(response)
        answer = response.json()
        value = answer.get("access_token") if isinstance(answer, Mapping) else None
        if not isinstance(value, str) or not value:
            raise BadAnswer("no access token in the answer")
        seconds = answer.get("expires_in")
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0:
            raise BadAnswer("an access token without an end")
        lasts = timedelta(seconds=min(seconds, LONGEST))
        token = AccessToken(value, asked_at + lasts)
        known.tokens.save(token)
        return token

    def _refusal(self, response: Response) -> AuthenticationFailed | NotThere:
        """OAuth 2.0 (RFC 6749, 5.2): ``error`` and ``error_description``."""
        try:
            body = response.json()
        except BadAnswer:
            body = None
        if not isinstance(body, Mapping) or not isinstance(body.get("error"), str):
            return NotThere(
                f"{response.status} from the token service", hint="token_service"
            )
        known = self._credentials
        secrets = (known.key, known.secret, known.token)
        message = redact(body.get("error_description") or "", secrets)[:300]
        return AuthenticationFailed(
            f"{response.status} {body['error']}: {message}",
            status=response.status,
            remote_code=body["error"],
            remote_message=message,
        )
