"""The gateway of the Taobao Open Platform (TOP): signed calls and their refusals.

Knows how a call reaches the platform and what an answer means, nothing of trades.
Sources: the platform's documentation of its call protocol and of its error codes; the
meaning of single sub-codes was seen in public programs that handle them and is not
confirmed by the platform's metadata.

The platform answers 200 to everything: a refusal is a body with ``error_response``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from ..base import Credentials
from ..errors import (
    AlreadyDone,
    AuthenticationFailed,
    BadAnswer,
    MarketplaceError,
    NotFound,
    NotThere,
    PermissionRefused,
    RateLimited,
    RequestRefused,
    ServerFailed,
)
from ..transport import Request, Response, redact
from .moments import to_text
from .signing import METHODS, sign

GATEWAY = "https://gw.api.taobao.com/router/rest"
PATH = "/router/rest"
ATTEMPTS = 3
YOUNGEST_CLOSED = 10.0  # seconds
LONGEST_PAUSE = 5.0  # seconds that a call waits for the end of a ban

_NOT_SIGNED_IN = {24, 25, 26, 27, 28, 29}  # signature, session, application key
_NOT_ALLOWED = {11, 12, 13}
_WRONG_TIME = {30, 31}
_CALL_LIMITED = 7
_NO_SERVICE = 10
_BAN = re.compile(r"last for (\d{1,9}) more second")
# Narrow on purpose: an order that is "not found" counts as deleted.
_MISSING = re.compile(
    r"^isv\.(trade|order|refund|item|sku)-not-(exist|found)|-error:B01$"
)
_TOO_LATE = re.compile(r"-service-error:B04$")
# taobao.trade.close: a trade that is younger than ten seconds cannot be closed.
_TOO_SOON = "CLOSE_TRADE_TOO_FAST"


def gateway(text: str) -> str:
    """The address of the gateway as a person typed it; empty = the platform's own.

    :raises NotThere: when it is not an http(s) address.
    """
    text = text.strip()
    if not text:
        return GATEWAY
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known or re.search(r"[\s<>\"\\]", text):
        raise NotThere("not an http(s) address", hint="address")
    return text.rstrip("/") + ("" if parts.path.strip("/") else PATH)


class Api:
    """Sends calls to the gateway and turns refusals into typed errors."""

    def __init__(self, credentials: Credentials, transport: Any):
        """Option ``sign_method``: ``hmac`` (default), ``md5`` or ``hmac-sha256``."""
        self.credentials = credentials
        self.transport = transport
        self.address = gateway(credentials.url)
        self.knows_clock = False
        self._skew = timedelta(0)
        method = str(credentials.options.get("sign_method") or METHODS[0])
        self._sign_method = method if method in METHODS else METHODS[0]

    def now(self) -> datetime:
        """The platform's clock, as exact as its last answer told it (one second)."""
        return datetime.now(timezone.utc) + self._skew

    @property
    def skew(self) -> timedelta:
        """How far the platform's clock is ahead of ours."""
        return self._skew

    def call(
        self, method: str, *, idempotent: bool = True, **parameters: Any
    ) -> Mapping[str, Any]:
        """Call an interface; returns the object inside of ``*_response``.

        Bans of some seconds and failures that the platform calls its own (``isp.*``)
        are waited for, a few times.

        :param method: e.g. ``taobao.trade.fullinfo.get``.
        :param idempotent: ``False`` when sending it twice does more than once.
        :raises MarketplaceError: see :func:`refusal`.
        """
        clock_was_known = self.knows_clock
        for attempt in range(1, ATTEMPTS + 1):
            response = self.transport.send(
                self._request(method, parameters, idempotent)
            )
            self._learn_clock(response)
            error = refusal(response, self._secrets())
            if error is None:
                return _inside(method, response)
            pause = self._pause(error, idempotent, attempt)
            if error.details.get("hint") == "clock" and not clock_was_known:
                clock_was_known, pause = True, 0.0
            if pause is None or attempt == ATTEMPTS:
                break
            self.transport.clock.sleep(pause)
        raise error

    # -- sending -----------------------------------------------------------------------

    def _request(
        self, method: str, parameters: Mapping[str, Any], idempotent: bool
    ) -> Request:
        pairs = tuple(
            (name, as_text(value))
            for name, value in parameters.items()
            if value is not None
        )
        return Request(
            "POST",
            self.address,
            operation=method,
            shop=self.address,
            form=(("method", method), *pairs),
            expect_json=True,
            idempotent=idempotent,
            authorise=self._authorise,
        )

    def _authorise(self, request: Request) -> Request:
        """Add the common parameters and the signature over everything."""
        known = self.credentials
        common = {
            "app_key": known.key,
            "session": known.token,
            "timestamp": to_text(self.now()),
            "format": "json",
            "v": "2.0",
            "sign_method": self._sign_method,
        }
        parameters = {**dict(request.form or ()), **common}
        parameters["sign"] = sign(parameters, known.secret, self._sign_method)
        return replace(request, form=tuple(parameters.items()))

    def _learn_clock(self, response: Response) -> None:
        if response.date is not None:
            ahead = response.date - datetime.now(timezone.utc)
            # The header has whole seconds: within one there is no difference.
            exact = abs(ahead - self._skew) > timedelta(seconds=1)
            self._skew = ahead if exact else self._skew
            self.knows_clock = True

    @staticmethod
    def _pause(error: MarketplaceError, idempotent: bool, attempt: int) -> float | None:
        """Seconds before the next attempt; ``None`` = there is none."""
        if isinstance(error, RateLimited):
            # Refused before anything was done, so any call may be repeated.
            wait = error.details.get("retry_after")
            wait = float(attempt) if wait is None else float(wait)
            return wait if wait <= LONGEST_PAUSE else None
        if isinstance(error, ServerFailed) and idempotent:
            return float(attempt)
        return None

    def _secrets(self) -> tuple[str, ...]:
        known = self.credentials
        return (known.key, known.secret, known.token)


def as_text(value: Any) -> str:
    """A parameter as the platform reads it: lists joined, times in Beijing's."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, list | tuple):
        return ",".join(str(element) for element in value)
    return str(value)


def _inside(method: str, response: Response) -> Mapping[str, Any]:
    body = response.json()
    values = list(body.values()) if isinstance(body, Mapping) else []
    answer = next((value for value in values if isinstance(value, Mapping)), None)
    if answer is None:
        raise BadAnswer("an answer without a body", operation=method)
    return answer


def rows(answer: Any) -> list[Any]:
    """A list as the platform writes it: ``{"trade": [...]}``, or missing when empty."""
    if isinstance(answer, Mapping):
        lists = [value for value in answer.values() if isinstance(value, list)]
        return lists[0] if len(lists) == 1 else []
    return answer if isinstance(answer, list) else []


def has_next(answer: Mapping[str, Any], found: list[Any], size: int) -> bool:
    """Whether a listing asked for with ``use_has_next`` has another page."""
    told = answer.get("has_next")
    return told if isinstance(told, bool) else len(found) >= size


def total_of(answer: Mapping[str, Any], method: str) -> int:
    """How many rows a listing has.

    :raises BadAnswer: when the answer does not say.
    """
    total = answer.get("total_results")
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        raise BadAnswer("a listing without a total", operation=method)
    return total


# -- what a refusal means --------------------------------------------------------------


def refusal(
    response: Response, known_secrets: tuple[str, ...] = ()
) -> MarketplaceError | None:
    """The typed error of an answer, ``None`` for one that is none.

    ``details`` hold ``status``, ``remote_code`` (the sub-code where there is one, it is
    the more exact), ``remote_message`` and where it helps a ``hint``: ``"clock"``.
    """
    if not response.ok:
        text = f"{response.status} from the gateway"
        if response.status in (401, 403):
            return PermissionRefused(text, status=response.status, hint="blocked")
        return NotThere(text, status=response.status, hint="no_api")
    body = response.json()
    error = body.get("error_response") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    code, sub_code = _number(error.get("code")), str(error.get("sub_code") or "")
    message = " ".join(str(error[key]) for key in ("msg", "sub_msg") if error.get(key))
    details: dict[str, Any] = {
        "status": response.status,
        "remote_code": sub_code or str(error.get("code") or ""),
        "remote_message": redact(message, known_secrets)[:300],
    }
    if code in _WRONG_TIME:
        details["hint"] = "clock"
    if code == _CALL_LIMITED:
        ban = _BAN.search(message)
        details["retry_after"] = float(ban[1]) if ban else None
    if _TOO_SOON in sub_code:
        details["retry_after"] = YOUNGEST_CLOSED
    text = f"{details['remote_code'] or code}: {details['remote_message']}"
    return _kind(code, sub_code)(text, **details)


def _kind(code: int, sub_code: str) -> type[MarketplaceError]:
    if code == _CALL_LIMITED or sub_code == "isp.call-limited" or _TOO_SOON in sub_code:
        return RateLimited
    if code in _NOT_SIGNED_IN or code in _WRONG_TIME:
        return AuthenticationFailed
    if code in _NOT_ALLOWED or sub_code.startswith("isv.permission"):
        return PermissionRefused
    if code == _NO_SERVICE or sub_code.startswith("isp."):
        return ServerFailed
    if _MISSING.search(sub_code):
        return NotFound
    if _TOO_LATE.search(sub_code):
        return AlreadyDone
    return RequestRefused


def _number(value: Any) -> int:
    text = str(value)
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else 0
