"""Tax arithmetic of the shop.

Source: the behaviour of WooCommerce as its recorded orders show it. Taxes are kept at
six decimals per rate and item; of each priority the most specific rate applies;
compound rates are charged on the price plus the other taxes.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

from .model import Address, TaxRate
from .money import ZERO, round_money, total_of

#: Decimals at which a tax amount is kept before it is rounded to money.
PRECISION = 6

Taxes = dict[int, Decimal]


def tax_place(billing: Address, shipping: Address) -> tuple[str, str]:
    """Return the (country, state) that decides the tax: where the goods go."""
    address = shipping if shipping.country else billing
    return address.country, address.state


def rates_for(
    rates: Iterable[TaxRate], place: tuple[str, str], tax_class: str
) -> tuple[TaxRate, ...]:
    """Return the rates that apply at ``place``, one per priority."""
    country, state = place
    best: dict[int, TaxRate] = {}
    for rate in rates:
        fits = rate.country in ("", country) and rate.state in ("", state)
        if not fits or rate.tax_class != tax_class:
            continue
        known = best.get(rate.priority)
        if known is None or _detail(rate) > _detail(known):
            best[rate.priority] = rate
    return tuple(best[priority] for priority in sorted(best))


def _detail(rate: TaxRate) -> tuple[bool, bool]:
    return bool(rate.country), bool(rate.state)


def tax_on_net(price: Decimal, rates: Iterable[TaxRate]) -> Taxes:
    """Return the tax per rate to add to ``price``."""
    taxes: Taxes = {}
    known = tuple(rates)
    for rate in (item for item in known if not item.compound):
        taxes[rate.id] = price * rate.rate / 100
    for rate in (item for item in known if item.compound):
        taxes[rate.id] = (price + total_of(taxes.values())) * rate.rate / 100
    return _at_precision(taxes)


def tax_in_gross(price: Decimal, rates: Iterable[TaxRate]) -> Taxes:
    """Return the tax per rate contained in ``price``."""
    known = tuple(rates)
    taxes: Taxes = {rate.id: ZERO for rate in known}
    rest = price
    # Compound rates were added last, so they are taken out first.
    for rate in reversed([item for item in known if item.compound]):
        taxes[rate.id] = rest - rest / (1 + rate.rate / 100)
        rest -= taxes[rate.id]
    regular = [item for item in known if not item.compound]
    divisor = 1 + total_of(item.rate for item in regular) / 100
    for rate in regular:
        taxes[rate.id] = rest * (rate.rate / 100) / divisor
    return _at_precision(taxes)


def _at_precision(taxes: Taxes) -> Taxes:
    return {key: round_money(value, PRECISION) for key, value in taxes.items()}


def round_tax(value: Decimal, decimals: int, prices_include_tax: bool) -> Decimal:
    """Round a tax amount to money.

    Half a cent goes down where prices include tax, so that net (rounded up) and tax
    still add up to the price on the label; it goes up otherwise.
    """
    rounding = ROUND_HALF_DOWN if prices_include_tax else ROUND_HALF_UP
    return round_money(value, decimals, rounding)
