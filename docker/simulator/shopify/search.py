"""Search filters (``query:``) and cursors of listings."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

_TERM = re.compile(r"(\w+):(>=|<=|>|<)?(?:'([^']*)'|([^\s()']+))")


def matches(query: str, row: Mapping[str, Any]) -> bool:
    """Tell whether a row fits a filter: all terms, of a group in brackets any."""
    for group in re.findall(r"\(([^)]*)\)", query):
        if not any(_fits(term, row) for term in _TERM.findall(group)):
            return False
    rest = re.sub(r"\([^)]*\)", " ", query)
    return all(_fits(term, row) for term in _TERM.findall(rest))


def _fits(term: tuple[str, ...], row: Mapping[str, Any]) -> bool:
    name, comparator, quoted, bare = term
    value, wanted = row.get(name), quoted or bare
    if isinstance(value, datetime):
        moment = datetime.fromisoformat(wanted.replace("Z", "+00:00"))
        moment = moment.replace(tzinfo=moment.tzinfo or timezone.utc)
        return {
            ">=": value >= moment,
            "<=": value <= moment,
            ">": value > moment,
            "<": value < moment,
        }.get(comparator, value == moment)
    return str(value).lower() == wanted.lower()


def cursor_of(number: int, value: Any) -> str:
    """Return the cursor behind a row: its id and the value it is sorted by."""
    if isinstance(value, datetime):
        value = value.isoformat()
    text = json.dumps({"last_id": number, "last_value": str(value)})
    return base64.b64encode(text.encode()).decode()


def place_of(cursor: str) -> tuple[str, int]:
    """Return what :func:`cursor_of` wrote, to be compared with rows.

    :raises ValueError: for anything else.
    """
    found = json.loads(base64.b64decode(cursor, validate=True))
    return str(found["last_value"]), int(found["last_id"])
