"""The rate of a tax that Amazon tells as an amount only.

An order names no rate, and two rates in one amount would be one tax in the books. So
the rate of each line is worked out from its amounts, where they leave no doubt:

* only where prices include tax: value-added tax has one rate for a line, a whole or
  half percentage as a rule. Sales taxes are sums of several rates with up to three
  decimals, which amounts rounded to a cent cannot tell apart;
* the rates by which the tax can have been rounded to what is stated lie in an interval;
  it has to be narrow, and exactly one usual rate has to lie in it. A line too small for
  that is given the rate of another line of its order, when just one fits.

What is in doubt keeps the tax without a rate: a person links it once. Amounts are never
changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

from ..schema import ExternalLine

HUNDRED = Decimal(100)
WIDEST = Decimal("0.25")
"""Percentage points in which the rate has to be known."""

# Steps of usual rates, the likeliest first, and how exactly the rate has to be known
# to tell a rate of that step from its neighbours (France has 2.1 %, Ireland 4.8 %).
_STEPS = (
    (Decimal(1), WIDEST),
    (Decimal("0.5"), WIDEST),
    (Decimal("0.1"), Decimal("0.05")),
)


def rate_of(total: Decimal, tax: Decimal, unit: Decimal) -> Decimal | None:
    """The one usual rate, in percent, that gives a tax exactly to its rounding.

    :param total: what is taxed, without the tax.
    :param tax: rounded to ``unit``; net and tax add up to the amount it was taken from.
    :param unit: the currency's smallest unit.
    :return: ``None`` when there is none, or more than one.
    """
    low, high = _interval(total, tax, unit)
    for step, widest in _STEPS:
        if high - low > widest:
            continue
        first = (low / step).to_integral_value(ROUND_CEILING) * step
        if first <= high:
            return first.normalize() if first + step > high and first > 0 else None
    return None


def _interval(total: Decimal, tax: Decimal, unit: Decimal) -> tuple[Decimal, Decimal]:
    """Lowest and highest rate by which a tax can have been rounded to what it is."""
    gross, half = total + tax, unit / 2
    if total <= half or tax <= 0:
        return Decimal(0), HUNDRED
    ends = (tax - half, tax + half)
    low, high = (HUNDRED * end / (gross - end) for end in ends)
    return low, high


def with_rates(
    lines: Iterable[ExternalLine], key: str, unit: Decimal
) -> tuple[tuple[ExternalLine, ...], dict[str, Decimal]]:
    """Lines whose tax is kept by rate where it can be told, and the rates by key.

    :param key: of the tax without a rate; one with a rate is ``"<key>:<percent>"``.
    """
    lines = tuple(lines)
    told = [_rate_of_line(line, key, unit) for line in lines]
    rates = {rate for rate in told if rate is not None}
    found: dict[str, Decimal] = {}
    result: list[ExternalLine] = []
    for line, rate in zip(lines, told, strict=True):
        rate = rate or _fitting(line, key, unit, rates)
        if rate is not None:
            rate_key = f"{key}:{rate:f}"
            found[rate_key] = rate
            line = replace(line, taxes={rate_key: line.taxes[key]})
        result.append(line)
    return tuple(result), found


def _rate_of_line(line: ExternalLine, key: str, unit: Decimal) -> Decimal | None:
    if set(line.taxes) != {key}:
        return None
    return rate_of(line.total, line.taxes[key], unit)


def _fitting(
    line: ExternalLine, key: str, unit: Decimal, rates: Iterable[Decimal]
) -> Decimal | None:
    """The only one of the order's rates that a small line can have."""
    if set(line.taxes) != {key}:
        return None
    low, high = _interval(line.total, line.taxes[key], unit)
    fitting = [rate for rate in rates if low <= rate <= high]
    return fitting[0] if len(fitting) == 1 else None
