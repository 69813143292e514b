"""Who is calling: OAuth 1.0a over http, Basic or keys in the query over https.

Source: the REST API documentation, chapter Authentication, RFC 5849 and the order of
checks in WooCommerce's server. One departure of WooCommerce from RFC 5849: array
parameters are signed as ``name[0]``, ``name[1]``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ..core.clock import Clock
from ..core.message import Request
from . import errors
from .params import parse_query

#: Seconds that a signed request may be old or early.
TIMESTAMP_WINDOW = 15 * 60
_OAUTH_NAMES = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)
_HEADER_PARAMETER = re.compile(r'(oauth_[a-z_-]*)="?([^",]*)"?')
_HASHES = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}


@dataclass(frozen=True)
class ApiKey:
    """A consumer key with its secret and permission: read, write or read_write."""

    key: str
    secret: str
    permission: str = "read_write"


class Authenticator:
    """Checks credentials and remembers nonces."""

    def __init__(self, keys: tuple[ApiKey, ...], clock: Clock) -> None:
        self._keys = {item.key: item for item in keys}
        self._clock = clock
        self._lock = threading.Lock()
        self._nonces: dict[tuple[str, str], float] = {}

    def authenticate(self, request: Request, site: str) -> ApiKey | None:
        """Return the key in use; None if no usable credentials were sent.

        Raises ``WooError`` for credentials that are wrong, and for a key without the
        permission that the method needs.
        """
        key = self._basic(request) if request.secure else None
        key = key or self._oauth(request, site)
        if key:
            _check_permission(key, request.method)
        return key

    def _basic(self, request: Request) -> ApiKey | None:
        # An unknown key is no error here: WooCommerce then tries OAuth and ends up
        # with an anonymous request.
        name, secret = _basic_credentials(request)
        key = self._keys.get(name) if name and secret else None
        if key and not hmac.compare_digest(key.secret.encode(), secret.encode()):
            raise errors.authentication("Consumer secret is invalid.")
        return key

    def _oauth(self, request: Request, site: str) -> ApiKey | None:
        params = _oauth_parameters(request)
        missing = [name for name in _OAUTH_NAMES if not params.get(name)]
        if len(missing) == len(_OAUTH_NAMES):
            return None
        if missing:
            raise errors.missing_oauth(missing)
        key = self._keys.get(params["oauth_consumer_key"])
        if key is None:
            raise errors.authentication("Consumer key is invalid.")
        _check_signature(request, site, params, key)
        self._check_freshness(params, key)
        return key

    def _check_freshness(self, params: dict[str, str], key: ApiKey) -> None:
        now = self._clock.timestamp()
        try:
            stamp = int(params["oauth_timestamp"])
        except ValueError:
            stamp = 0
        if abs(now - stamp) > TIMESTAMP_WINDOW:
            raise errors.authentication("Invalid timestamp.")
        used = (key.key, params["oauth_nonce"])
        with self._lock:
            self._forget_nonces(now)
            if used in self._nonces:
                raise errors.authentication(
                    "Invalid nonce - nonce has already been used."
                )
            self._nonces[used] = stamp

    def _forget_nonces(self, now: float) -> None:
        if len(self._nonces) > 10_000:
            limit = now - TIMESTAMP_WINDOW
            kept = {used: at for used, at in self._nonces.items() if at > limit}
            self._nonces = kept


def percent_encode(text: str) -> str:
    """Encode as RFC 5849 section 3.6 asks: everything but unreserved characters."""
    return quote(text, safe="-._~")


def signature_of(
    method: str, url: str, params: dict[str, str], secret: str, algorithm: str
) -> str:
    """Return the base64 signature (RFC 5849, sections 3.4.1 and 3.4.2)."""
    pairs = sorted((percent_encode(k), percent_encode(v)) for k, v in params.items())
    normalised = "&".join(f"{name}={value}" for name, value in pairs)
    parts = (method.upper(), percent_encode(url), percent_encode(normalised))
    key = f"{percent_encode(secret)}&".encode()
    digest = hmac.new(key, "&".join(parts).encode(), _HASHES[algorithm]).digest()
    return base64.b64encode(digest).decode()


def _check_signature(
    request: Request, site: str, params: dict[str, str], key: ApiKey
) -> None:
    signed = dict(params)
    given = unquote(signed.pop("oauth_signature").replace(" ", "+"))
    method = signed["oauth_signature_method"]
    if method not in _HASHES:
        raise errors.authentication("Invalid signature - signature method is invalid.")
    url = site + request.path
    wanted = signature_of(request.method, url, signed, key.secret, method)
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise errors.authentication(
            "Invalid signature - provided signature does not match."
        )


def _oauth_parameters(request: Request) -> dict[str, str]:
    """Return query parameters (arrays flattened) plus those of the header."""
    params: dict[str, str] = {}
    for name, value in parse_query(request.query).items():
        if isinstance(value, list):
            params |= {f"{name}[{n}]": item for n, item in enumerate(value)}
        else:
            params[name] = value
    header = request.headers.get("authorization", "").strip()
    if header.startswith("OAuth "):
        found = _HEADER_PARAMETER.findall(header)
        params |= {name: unquote(value) for name, value in found}
    return params


def _basic_credentials(request: Request) -> tuple[str, str]:
    query = dict(request.query)
    if query.get("consumer_key") and query.get("consumer_secret"):
        return query["consumer_key"], query["consumer_secret"]
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(encoded).decode()
    except ValueError:
        return "", ""
    name, _, secret = text.partition(":")
    return name, secret


def _check_permission(key: ApiKey, method: str) -> None:
    kind = "read" if method in ("GET", "HEAD", "OPTIONS") else "write"
    if key.permission not in (kind, "read_write"):
        raise errors.authentication(
            f"The API key provided does not have {kind} permissions."
        )
