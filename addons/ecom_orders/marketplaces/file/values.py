"""Single cells: amounts, times, words. Each raises ``ValueError`` for what is none."""

from __future__ import annotations

import re
from datetime import datetime, timezone, tzinfo
from decimal import Decimal, InvalidOperation

from ..reading import MAX_AMOUNT, YEARS

# What stands around an amount: signs and codes of currencies, spaces of all kinds.
_AROUND = re.compile(r"^(?:[^\d(+\-.,]*)(.*?)(?:[^\d).,\-]*)$", re.DOTALL)
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f'’_]")
_GROUPED = {
    ".": re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?"),
    ",": re.compile(r"\d{1,3}(?:\.\d{2,3})*\.\d{3}(?:,\d*)?"),
}
_PLAIN = {
    ".": re.compile(r"\d+(?:\.\d*)?|\.\d+"),
    ",": re.compile(r"\d+(?:,\d*)?|,\d+"),
}
_MINUS = str.maketrans({"−": "-", "–": "-", "－": "-"})

_YEAR_FIRST = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T\s]+(\d{1,2})[:时時](\d{1,2})分?(?::?(\d{1,2})(?:[.,]\d+)?秒?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_ZONE_AT_END = re.compile(r"\s*(?:UTC|GMT|Z)$")
_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?E\+\d+", re.IGNORECASE)


def amount(text: str, decimal: str) -> Decimal:
    """An amount of money or a quantity.

    ``"€ 1.234,50"``, ``"(12.00)"``, ``"12.00-"``, ``"¥1,200"``, ``"19 %"``.

    :param decimal: ``"."`` or ``","``.
    :raises ValueError: also for one whose thousands are not where they belong: it has
        the other decimal mark.
    """
    plain = _SPACES.sub("", text.translate(_MINUS))
    core = _AROUND.match(plain)
    number = core[1] if core else ""
    negative = number.startswith(("-", "(")) or number.endswith("-")
    negative = negative or plain.startswith("-")
    number = number.strip("()+-")
    number = re.sub(r"^[^\d.,]+", "", number)  # "-€5"
    if not number.isascii():
        raise ValueError("not a number")
    if _GROUPED[decimal].fullmatch(number):
        number = number.replace("," if decimal == "." else ".", "")
    elif not _PLAIN[decimal].fullmatch(number):
        raise ValueError("not a number")
    try:
        value = Decimal(number.replace(",", "."))
    except InvalidOperation:
        raise ValueError("not a number") from None
    if value > MAX_AMOUNT:
        raise ValueError("not a sane number")
    return -value if negative else value


def moment(text: str, formats: tuple[str, ...], zone: tzinfo) -> datetime:
    """A time, in UTC.

    :param formats: as of :func:`time.strptime`, for what does not begin with the year.
    :param zone: of a time that does not tell its own.
    """
    found = _year_first(text) or _by_format(text, formats)
    if found is None:
        raise ValueError("not a time")
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    try:
        found = found.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError("not a time") from None
    if found.year not in YEARS:
        raise ValueError("not a time of this era")
    return found


def _year_first(text: str) -> datetime | None:
    match = _YEAR_FIRST.fullmatch(text.strip())
    if match is None:
        return None
    parts = [int(part or 0) for part in match.groups()[:6]]
    found = datetime(*parts)  # type: ignore[arg-type]
    name = match[7]
    if not name:
        return found
    if name in ("Z", "UTC", "GMT"):
        return found.replace(tzinfo=timezone.utc)
    offset = name if ":" in name else f"{name[:3]}:{name[3:]}"
    return datetime.fromisoformat(f"{found.isoformat()}{offset}")


def _by_format(text: str, formats: tuple[str, ...]) -> datetime | None:
    bare = _ZONE_AT_END.sub("", text.strip())
    for form in formats:
        try:
            found = datetime.strptime(bare, form)
        except (ValueError, re.error):
            continue
        if bare != text.strip() and found.tzinfo is None:
            found = found.replace(tzinfo=timezone.utc)
        return found
    return None


def has_lost_digits(text: str) -> bool:
    """Whether a spreadsheet has made a number of an id (``"1.23457E+17"``)."""
    return bool(_SCIENTIFIC.fullmatch(text))


def flag(text: str) -> bool:
    """Whether a cell says yes; Amazon names its own warehouses ``Amazon``/``AFN``."""
    words = ("1", "yes", "true", "y", "ja", "是", "はい", "amazon", "afn", "x")
    return text.strip().lower() in words
