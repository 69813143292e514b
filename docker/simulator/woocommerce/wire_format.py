"""How WooCommerce writes values on the wire.

Recorded webhook bodies are byte for byte PHP's ``json_encode``: non-ASCII characters as
``\\uXXXX``, slashes as ``\\/``, no spaces. Receivers that check a signature over a body
they encoded again will fail, which is the point of doing it the same way here.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone, tzinfo
from decimal import Decimal
from typing import Any

_DATE = "%Y-%m-%dT%H:%M:%S"


def php_json(payload: Any) -> bytes:
    """Encode as PHP does."""
    text = json.dumps(payload, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").encode()


def number(value: Decimal | float) -> int | float:
    """Return a JSON number; whole numbers carry no fraction (``2980``, ``7.25``)."""
    as_float = float(value)
    return int(as_float) if as_float.is_integer() else as_float


def gmt(moment: datetime | None) -> str | None:
    """Format a moment in UTC without zone, as ``*_gmt`` fields carry it."""
    return moment.astimezone(timezone.utc).strftime(_DATE) if moment else None


def local(moment: datetime | None, zone: tzinfo) -> str | None:
    """Format a moment in the shop's zone without saying so, as Woo does."""
    return moment.astimezone(zone).strftime(_DATE) if moment else None
