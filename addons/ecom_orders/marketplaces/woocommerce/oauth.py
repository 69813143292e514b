"""OAuth 1.0a signatures (RFC 5849), the two-legged kind WooCommerce wants over http.

Over plain http the consumer secret must not travel, so each request carries a
signature instead (WooCommerce REST API v3 documentation, "Authentication over HTTP"):
HMAC-SHA256, parameters in the query string because PHP often does not see the
``Authorization`` header, no token, hence a signing key that ends in ``&``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}

Pairs = tuple[tuple[str, str], ...]


def signed_query(
    method: str,
    url: str,
    query: Iterable[tuple[str, str]],
    key: str,
    secret: str,
    *,
    nonce: str,
    timestamp: int,
) -> Pairs:
    """The query with the ``oauth_*`` parameters and the signature added.

    :param url: without query; the address under which the shop knows itself (scheme,
        host, port and folder are part of what is signed).
    :param nonce: a text never used before with this key and timestamp.
    :param timestamp: Unix time in seconds; the shop accepts 15 minutes either way.
    """
    parameters = (
        *query,
        ("oauth_consumer_key", key),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", str(timestamp)),
    )
    base = signature_base(method, url, parameters)
    return (*parameters, ("oauth_signature", signature(base, secret)))


def signature_base(method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """The text that is signed (RFC 5849, 3.4.1)."""
    encoded = sorted((escape(name), escape(value)) for name, value in parameters)
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    return "&".join((method.upper(), escape(base_address(url)), escape(joined)))


def signature(base: str, secret: str) -> str:
    """HMAC-SHA256 of a base string, base64 (RFC 5849, 3.4.2, with SHA-256)."""
    signing_key = f"{escape(secret)}&".encode("ascii")
    digest = hmac.new(signing_key, base.encode("ascii"), hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def base_address(url: str) -> str:
    """Scheme and host in lower case, no default port, no query (RFC 5849, 3.4.1.2)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port and parts.port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{parts.port}"
    return f"{parts.scheme}://{host}{parts.path or '/'}"


def escape(text: str) -> str:
    """Percent-encode everything but unreserved characters (RFC 5849, 3.6)."""
    return quote(text, safe="~")
