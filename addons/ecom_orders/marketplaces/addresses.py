"""Addresses of shops as people type them or paste them from their browser."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .errors import NotThere


def read_address(text: str) -> tuple[str, str, str]:
    """The scheme, host with port, and path of a shop's address.

    Without a scheme it is https. Query, fragment and user info are dropped.

    :raises NotThere: when it is not an http(s) address.
    """
    text = text.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise NotThere("not an address", hint="address") from None
    scheme, host = parts.scheme.lower(), parts.hostname
    if scheme not in ("http", "https") or not host or re.search(r"[\s<>\"\\]", text):
        raise NotThere("not an http(s) address", hint="address")
    host = f"[{host}]" if ":" in host else host
    return scheme, f"{host}:{port}" if port else host, parts.path
