"""Amounts as text: one decimal mark for a whole file, never decided cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from .errors import BadValue

MAX_AMOUNT = Decimal(10) ** 15  # beyond it no amount is real
EMPTY = frozenset({"", "-", "--", "—", "/", "n/a", "null", "None"})

_MINUS = str.maketrans({"−": "-", "–": "-", "－": "-", "（": "(", "）": ")"})
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f'’\u200e\u200f]")
# Sign or code of a currency, before or behind the number; "SV-30" is no amount.
_SIGNS = r"[A-Za-z]{0,3}[\u20a0-\u20bf$£€¥￥]|[A-Z]{3}"
_UNIT = rf"(?:{_SIGNS}|[Kk]r\.?|RM|Rs\.?|zł|Kč|Ft|lei|元)?"
_NUMBER = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+])?{_UNIT}(?P<late>[-+])?"
    rf"(?P<digits>[\d.,]*\d[.,]?){_UNIT}(?P<behind>-)?\)?",
    re.ASCII,
)
_GROUPED = {
    ".": re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?", re.ASCII),
    ",": re.compile(r"\d{1,3}(?:\.\d{2,3})*\.\d{3}(?:,\d*)?", re.ASCII),
}
_PLAIN = {
    ".": re.compile(r"\d+(?:\.\d*)?|\.\d+", re.ASCII),
    ",": re.compile(r"\d+(?:,\d*)?|,\d+", re.ASCII),
}
_EXPONENT = re.compile(r"[-+]?\d+(?:\.\d+)?[eE][-+]?\d{1,2}", re.ASCII)


def parse_amount(text: str, decimal: str = ".") -> Decimal | None:
    """A signed amount, ``None`` for an empty cell or one of :data:`EMPTY`.

    Understands ``1,234.50``, ``(12.00)``, ``12.00-``, ``-CA$4.42``, ``¥28.16``.

    :param decimal: ``"."`` or ``","``; thousands must be where they belong.
    :raises ValueError: for anything else.
    """
    text = text.strip()
    if text in EMPTY:
        return None
    plain = _SPACES.sub("", text.translate(_MINUS))
    if _EXPONENT.fullmatch(plain):
        return _bounded(Decimal(plain))
    match = _NUMBER.fullmatch(plain)
    if match is None:
        raise ValueError("not an amount")
    digits = match["digits"]
    if _GROUPED[decimal].fullmatch(digits):
        digits = digits.replace("," if decimal == "." else ".", "")
    elif not _PLAIN[decimal].fullmatch(digits):
        raise ValueError("not an amount")
    try:
        value = _bounded(Decimal(digits.replace(",", ".")))
    except InvalidOperation:
        raise ValueError("not an amount") from None
    signs = [match["sign"], match["late"], match["behind"]]
    if signs.count("-") + bool(match["open"]) > 1:
        raise ValueError("not an amount")
    return -value if "-" in signs or match["open"] else value


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite() or value.copy_abs() > MAX_AMOUNT:
        raise ValueError("not a sane amount")
    return value


def read_amount(text: str, decimal: str, row: int, column: str) -> Decimal | None:
    """:func:`parse_amount` with a typed error that names the cell.

    :raises BadValue: ``row``, ``column``, ``value``.
    """
    try:
        return parse_amount(text, decimal)
    except (ValueError, InvalidOperation):
        raise BadValue(
            f"row {row}: {column} is not an amount: {text[:60]!r}",
            row=row,
            column=column,
            value=text[:60],
        ) from None


def decimal_mark(cells: Iterable[str], default: str = ".") -> str:
    """The decimal mark of the amounts of a file, from a sample of them.

    A cell speaks when it has both marks, or one mark that cannot divide thousands;
    ``1.234`` alone says nothing.
    """
    votes = {".": 0, ",": 0}
    for cell in cells:
        digits = re.sub(r"[^\d.,]", "", cell.strip())
        last = max(digits.rfind("."), digits.rfind(","))
        if last < 0:
            continue
        mark, tail = digits[last], len(digits) - last - 1
        other = "," if mark == "." else "."
        if digits.count(mark) > 1:
            votes[other] += 1
        elif other in digits or tail != 3 or last > 3:
            votes[mark] += 1
    if votes["."] == votes[","]:
        return default
    return max(votes, key=lambda mark: votes[mark])
