"""Times as text: every layout that a provider writes, in UTC."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from .errors import BadValue

YEARS = range(1990, 2101)
UTC = timezone.utc
SHANGHAI = timezone(timedelta(hours=8), "CST")  # China has had no other time since 1991

#: Abbreviations that settlement reports write, in hours. Others are not guessed: IST,
#: say, is three zones.
ABBREVIATIONS = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "WET": 0,
    "BST": 1,
    "WEST": 1,
    "CET": 1,
    "MEZ": 1,
    "CEST": 2,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "EST": -5,
    "EDT": -4,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "AEST": 10,
    "AEDT": 11,
    "JST": 9,
    "BRT": -3,
}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio",
            "feb february februar février fevrier febrero febbraio",
            "mar march märz marz mars marzo",
            "apr april avril abril aprile",
            "may mai mayo maggio",
            "jun june juni juin junio giugno",
            "jul july juli juillet julio luglio",
            "aug august août aout agosto",
            "sep sept september septembre septiembre settembre",
            "oct october okt oktober octobre octubre ottobre",
            "nov november novembre noviembre",
            "dec december dez dezember décembre decembre diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_CLOCK = (
    r"(?:[T\s,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
    r"(?:[.,]\d+)?\s*(?P<half>[AaPp][Mm])?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[A-Z]{3,4}|[+-]\d{2}:?\d{2}(?::\d{2})?)?"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?" + _CLOCK,
    re.ASCII,
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?:\.\d+)?)?"
    r"(?:\[(?P<offset>[+-]?\d{1,2}(?:\.\d+)?)(?::[A-Za-z]*)?\])?"
    r"(?P<half>)(?P<zone>)",
    re.ASCII,
)
_NUMERIC = re.compile(
    r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<year>\d{4}|\d{2})" + _CLOCK, re.ASCII
)
_NAMED = re.compile(
    r"(?:(?P<d1>\d{1,2})\.?\s+(?P<m1>[^\W\d_]+)\.?|(?P<m2>[^\W\d_]+)\.?\s+(?P<d2>\d{1,2}))"
    r",?\s+(?P<year>\d{4})" + _CLOCK
)


@lru_cache(maxsize=4096)  # rows of a file share their days and seconds
def parse_moment(text: str, zone: tzinfo = UTC, day_first: bool = True) -> datetime:
    """A time in UTC.

    :param zone: of a time that does not tell its own.
    :param day_first: how to read ``3/4/2026``.
    :raises ValueError: for what is no time of this era.
    """
    text = text.strip()
    match = _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text)
    if match:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    elif match := _NUMERIC.fullmatch(text):
        day = _numeric_day(match, day_first)
    elif match := _NAMED.fullmatch(text):
        day = _named_day(match)
    else:
        raise ValueError("not a time")
    if day.year not in YEARS:
        raise ValueError("not a time of this era")
    moment = datetime.combine(day, _clock(match))
    moment = moment.replace(tzinfo=_zone(match, zone))
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("not a time") from None


def _numeric_day(match: re.Match, day_first: bool) -> date:
    first, second = int(match["a"]), int(match["b"])
    if first > 12 or second > 12:  # only one reading is a date
        day_first = first > 12
    day, month = (first, second) if day_first else (second, first)
    year = int(match["year"])
    return date(year + 2000 if year < 100 else year, month, day)


def _named_day(match: re.Match) -> date:
    name = (match["m1"] or match["m2"]).casefold()
    month = _MONTHS.get(name)
    if month is None:
        raise ValueError("not a month")
    return date(int(match["year"]), month, int(match["d1"] or match["d2"]))


def _clock(match: re.Match) -> time:
    hour = int(match["hour"] or 0)
    half = (match["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    second = min(int(match["second"] or 0), 59)  # a leap second is the one before it
    return time(hour, int(match["minute"] or 0), second)


def _zone(match: re.Match, default: tzinfo) -> tzinfo:
    if "offset" in match.re.groupindex and match["offset"]:
        return timezone(timedelta(hours=float(match["offset"])))
    name = match["zone"]
    return zone_named(name) if name else default


def zone_named(name: str) -> tzinfo:
    """A zone by abbreviation, offset (``-0800``, ``+08:00``) or IANA name.

    :raises ValueError: when it is none of them.
    """
    name = name.strip()
    if name in ABBREVIATIONS:
        return timezone(timedelta(hours=ABBREVIATIONS[name]))
    match = re.fullmatch(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})?(?::\d{2})?", name)
    if match:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-offset if match[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"not a time zone: {name[:40]}") from None


def read_moment(
    text: str,
    row: int,
    column: str,
    zone: tzinfo = UTC,
    day_first: bool = True,
) -> datetime | None:
    """:func:`parse_moment` with a typed error; ``None`` for an empty cell.

    :raises BadValue: ``row``, ``column``, ``value``.
    """
    if text.strip() in ("", "-", "--", "/"):
        return None
    try:
        return parse_moment(text, zone, day_first)
    except ValueError:
        raise BadValue(
            f"row {row}: {column} is not a time: {text[:60]!r}",
            row=row,
            column=column,
            value=text[:60],
        ) from None


def days_come_first(cells: list[str], default: bool = True) -> bool:
    """Whether ``12/11/2025`` is the 12th of November, from all dates of a sample."""
    for cell in cells:
        match = re.match(r"\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}\b", cell)
        if match and int(match[1]) > 12:
            return True
        if match and int(match[2]) > 12:
            return False
    return default
