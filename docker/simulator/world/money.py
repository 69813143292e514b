"""Decimal helpers. No float touches money."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)

#: Currency symbols as a shop shows them.
SYMBOLS = {
    "AED": "د.إ",
    "BHD": ".د.ب",
    "BRL": "R$",
    "CAD": "$",
    "CNY": "¥",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "KWD": "د.ك",
    "USD": "$",
}


def money(value: Decimal | int | str) -> Decimal:
    """Return ``value`` as a Decimal; raises ValueError for anything else."""
    try:
        return Decimal(str(value))
    except ArithmeticError as error:
        raise ValueError(f"{value!r} is not an amount") from error


def round_money(
    value: Decimal, decimals: int, rounding: str = ROUND_HALF_UP
) -> Decimal:
    """Round ``value`` to ``decimals`` places."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=rounding)


def fixed(value: Decimal, decimals: int) -> str:
    """Format with exactly ``decimals`` places: ``12.50``."""
    rounded = round_money(value, decimals)
    # A negative amount that rounds to nothing must not be shown as "-0.00".
    return f"{rounded + ZERO if rounded else abs(rounded):f}"


def plain(value: Decimal) -> str:
    """Format without trailing zeros: ``2.60855``, ``298``, ``0``."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def total_of(values: Iterable[Decimal]) -> Decimal:
    """Sum Decimals; the sum of nothing is zero."""
    return sum(values, ZERO)
