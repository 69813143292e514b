"""Smallest units of currencies (ISO 4217): most have cents."""

from __future__ import annotations

from decimal import Decimal

_WHOLE = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split()
)
_THOUSANDTHS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


def unit_of(currency: str) -> Decimal:
    """The smallest amount of a currency; cents when it is not known."""
    if currency in _WHOLE:
        return Decimal(1)
    return Decimal("0.001" if currency in _THOUSANDTHS else "0.01")
