"""Access tokens of eBay: short-lived keys bought with lasting ones.

Facts: ``POST /identity/v1/oauth2/token`` takes a form and the application's id and
secret as Basic (token address: the OpenAPI documents); a user token lives two hours and
its refresh token 18 months. The form's fields are those of RFC 6749, 6 and 4.4.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import AccessToken, Credentials, MemoryTokenStore, TokenStore
from ..errors import AuthenticationFailed, BadAnswer, NotThere, PermissionRefused
from ..transport import Request, Response

PATH = "/identity/v1/oauth2/token"
RENEW_BEFORE = timedelta(minutes=5)
REFRESH_LIFETIME = timedelta(seconds=47_304_000)  # 18 months of 365/12 days
LIFETIME = 7_200  # seconds of a user token, where the answer does not tell
APPLICATION_SCOPE = "https://api.ebay.com/oauth/api_scope"  # public data


class TokenBox:
    """Gives the token that is valid now and buys a new one when it has to.

    :param root: address of the host that sells tokens.
    :param store: where the token is kept between runs.
    :param form: what is sent to buy one.
    """

    def __init__(
        self,
        credentials: Credentials,
        transport: Any,
        root: str,
        store: TokenStore,
        form: tuple[tuple[str, str], ...],
    ):
        self.credentials = credentials
        self.transport = transport
        self.root = root
        self.store = store
        self.form = form

    @classmethod
    def of_seller(cls, credentials: Credentials, transport: Any, root: str) -> TokenBox:
        """The tokens that act for the seller; kept in ``credentials.tokens``.

        The option ``scopes`` (text, separated by spaces) asks for fewer rights than
        the refresh token has.
        """
        scopes = str(credentials.options.get("scopes") or "")
        form = (
            ("grant_type", "refresh_token"),
            ("refresh_token", credentials.token),
            *((("scope", scopes),) if scopes else ()),
        )
        return cls(credentials, transport, root, credentials.tokens, form)

    @classmethod
    def of_application(
        cls, credentials: Credentials, transport: Any, root: str
    ) -> TokenBox:
        """The tokens that read public data, for nobody in particular."""
        form = (("grant_type", "client_credentials"), ("scope", APPLICATION_SCOPE))
        return cls(credentials, transport, root, MemoryTokenStore(), form)

    def value(self) -> str:
        """The token to be sent now, renewed some minutes before it ends.

        :raises AuthenticationFailed: when the application or the seller's permission
            is refused.
        """
        token = self.store.load()
        if token is None or token.expires_at - RENEW_BEFORE <= _now():
            token = self.renew()
        return token.value

    def renew(self) -> AccessToken:
        """Buy a token, whatever there was.

        :raises AuthenticationFailed: see :meth:`value`.
        :raises NotThere: when the address sells no tokens.
        """
        known = self.credentials
        pair = base64.b64encode(f"{known.key}:{known.secret}".encode()).decode("ascii")
        response = self.transport.send(
            Request(
                "POST",
                f"{self.root}{PATH}",
                operation="token",
                shop=self.root,
                headers={"Authorization": f"Basic {pair}"},
                form=self.form,
                expect_json=True,
                idempotent=True,  # two tokens do no harm
            )
        )
        if not response.ok:
            raise _refusal(response)
        token = _token(response)
        self.store.save(token)
        return token


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _token(response: Response) -> AccessToken:
    answer = response.json()
    value = answer.get("access_token") if isinstance(answer, Mapping) else None
    if not isinstance(value, str) or not value:
        raise BadAnswer("a token answer without a token", status=response.status)
    seconds = answer.get("expires_in")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
        seconds = LIFETIME
    return AccessToken(value, _now() + timedelta(seconds=min(seconds, LIFETIME)))


def _refusal(response: Response) -> Exception:
    """What a refused purchase means (RFC 6749, 5.2)."""
    try:
        answer = response.json()
    except BadAnswer:
        answer = None
    code = answer.get("error") if isinstance(answer, Mapping) else None
    details = {"status": response.status, "remote_code": str(code or "")}
    if response.status == 404 or not code:
        return NotThere("no tokens are sold at this address", **details)
    if code == "invalid_scope":
        return PermissionRefused("the refresh token lacks a scope", **details)
    return AuthenticationFailed(f"no token: {code}", **details)
