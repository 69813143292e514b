"""What failures have in common, so that one remedy can be applied to all alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LIMIT = 200  # characters of a signature

# Details that belong to the cause; all others are about the single order.
CAUSES: Mapping[str, tuple[str, ...]] = {
    "unknown_sku": ("sku",),
    "missing_tax": ("label", "percent", "country"),
    "unknown_currency": ("currency",),
    "unknown_status": ("status",),
    "bad_payload": ("field",),
    "incomplete_address": ("missing",),
    "refused_by_odoo": ("error",),
    "confirm_failed": ("error",),
    "internal_error": ("error",),
    "automation_failed": ("step", "error"),
    "marketplace_error": ("message",),
    "request_refused": ("message",),
    "fraud_risk": ("risk",),
}
_POSITION = re.compile(r"\[\d+\]")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|'[^']*'")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def signature(reason: str, details: Mapping[str, Any] | None) -> str:
    """Text that is equal for failures with the same cause.

    Positions in a payload, numbers and quoted names in messages differ from order to
    order without being another cause: they are left out.

    :param reason: code of the reason.
    :param details: plain values, as stored with it.
    """
    parts = [
        _generalise(name, (details or {}).get(name)) for name in CAUSES.get(reason, ())
    ]
    text = " | ".join(part for part in parts if part)
    return text if len(text) <= LIMIT else text[: LIMIT - 1] + "…"


def _generalise(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(sorted(map(str, value)))
    text = " ".join(str(value).split())
    if name == "field":
        return _POSITION.sub("[]", text)
    if name in ("error", "message"):
        return _NUMBER.sub("#", _QUOTED.sub("“…”", text))
    return text
