"""Times as the platform writes them: Beijing's, without saying so."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from ..reading import YEARS, Reader

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one time all over the country and all over the year (since 1991)."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_DAY = re.compile(r"\d{4}-?\d\d-?\d\d", re.ASCII)


def to_text(moment: datetime) -> str:
    """A moment as a parameter: ``2026-11-25 08:00:00``, Beijing time."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def parse(text: Any) -> datetime | None:
    """UTC of a time; ``None`` for what is none.

    Many fields that tell a time are free text (``7天内``, ``2026-11-25``): a day means
    its last second, for they are promises.
    """
    if not isinstance(text, str):
        return None
    text = text.strip()
    try:
        if _MOMENT.fullmatch(text):
            moment = datetime.fromisoformat(text)
        elif _DAY.fullmatch(text):
            day = datetime.strptime(text.replace("-", ""), "%Y%m%d")
            moment = day.replace(hour=23, minute=59, second=59)
        else:
            return None
        moment = moment.replace(tzinfo=BEIJING).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in YEARS else None


def read(reader: Reader, key: str) -> datetime | None:
    """A field of type Date in UTC; missing is ``None``.

    :raises PayloadError: when it is there and no time.
    """
    value = reader.data.get(key)
    if value is None or value == "":
        return None
    moment = parse(value)
    if moment is None:
        raise reader.fail(key, "is not a time")
    return moment
