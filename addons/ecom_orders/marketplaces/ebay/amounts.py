"""Money in eBay's payloads: currencies, discounts, who owes which tax.

Facts (Fulfillment document, schemas ``Amount``, ``PricingSummary``, ``LineItem``):

* an amount has a ``value`` in ``currency``, the currency of the site where the thing
  is offered, and where it was converted the amount before that in
  ``convertedFromValue``. The order is kept in the currency of its total;
* ``lineItemCost`` is for the whole quantity, ``discountedLineItemCost`` after
  promotions; ``priceDiscount`` and ``deliveryDiscount`` of the summary are negative;
* tax that eBay collects and remits stands in ``ebayCollectAndRemitTaxes``. It is part
  of ``total`` only when ``fieldGroups=TAX_BREAKDOWN`` was asked for, and then it stands
  in ``taxes`` too: that is how the two cases are told apart;
* where prices include a tax of the seller's (VAT), eBay says nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ..reading import Reader
from ..schema import ZERO, TaxRate

COLLECTED = "collected:"  # begins the key of a tax that eBay owes
UNTYPED = "TAX"  # the key of a tax whose type is not told


def currency_of(read: Reader) -> str:
    """The currency of an amount's object.

    :raises PayloadError: when it is not a currency code.
    """
    code = read.text("currency", 16).upper()
    if len(code) != 3 or not code.isalpha() or not code.isascii():
        raise read.fail("currency", "is not a currency code")
    return code


def amount(read: Reader, key: str, currency: str) -> Decimal | None:
    """An amount in the order's currency; ``None`` when it is not stated.

    :raises PayloadError: when it is in another currency, before conversion too.
    """
    child = read.child(key)
    if not child.data:
        return None
    value = child.required_decimal("value")
    if currency_of(child) == currency:
        return value
    if child.text("convertedFromCurrency", 16).upper() == currency:
        return child.required_decimal("convertedFromValue")
    raise child.fail("currency", f"is not the order's {currency}")


def amount_or_zero(read: Reader, key: str, currency: str) -> Decimal:
    """Like :func:`amount`, what is not stated being nothing."""
    value = amount(read, key, currency)
    return ZERO if value is None else value


@dataclass
class Taxes:
    """The taxes of one line item.

    :param by_key: tax by rate key; keys of what eBay owes begin with ``collected:``.
    :param outside: of what eBay collects, what is not part of the stated total.
    """

    by_key: dict[str, Decimal] = field(default_factory=dict)
    outside: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All taxes of the line."""
        return sum(self.by_key.values(), ZERO)


def line_taxes(line: Reader, currency: str) -> Taxes:
    """Tell apart what eBay owes and what the seller owes.

    ``taxes`` repeats what eBay collects when the total contains it; what it states
    beyond that is the seller's.
    """
    stated = _by_type(line, "taxes", currency)
    collected = _by_type(line, "ebayCollectAndRemitTaxes", currency)
    taxes = Taxes()
    for kind, value in collected.items():
        taxes.by_key[COLLECTED + kind] = value
        # Without the breakdown taxes carry no type (schema Tax).
        repeated = kind if kind in stated else ""
        covered = min(stated.get(repeated, ZERO), value)
        if covered:
            stated[repeated] -= covered
        taxes.outside += value - covered
    for kind, value in stated.items():
        if value or (kind and kind not in collected):
            taxes.by_key[kind or UNTYPED] = value
    return taxes


def _by_type(line: Reader, key: str, currency: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for tax in line.children(key):
        value = amount(tax, "amount", currency)
        if value is not None:
            kind = tax.text("taxType", 100)
            found[kind] = found.get(kind, ZERO) + value
    return found


def tax_rates(
    lines: list[Mapping[str, Decimal]], country: str, state: str
) -> tuple[TaxRate, ...]:
    """The rates of an order, from the taxes of its lines; eBay states no percentage."""
    totals: dict[str, Decimal] = {}
    for taxes in lines:
        for key, value in taxes.items():
            totals[key] = totals.get(key, ZERO) + value
    return tuple(
        TaxRate(
            key=key,
            label=key.removeprefix(COLLECTED),
            country_code=country,
            state_code=state,
            total=total,
            collected_by_channel=key.startswith(COLLECTED),
        )
        for key, total in totals.items()
    )
