"""To the cent: what each line and each tax of an order is worth in its currency.

Marketplaces round in many ways: tax per line or per order, prices with tax or without,
shop decimals that differ from the currency's. Computing again what they computed gives
their result only most of the time; so nothing is computed again here. The amounts are
taken from the order and *placed* in the currency's smallest unit:

1. each line's net amount is rounded to the unit;
2. each rate's tax over the whole order (as stated by the marketplace, else the sum of
   its lines) is rounded to the unit and divided among the lines in proportion to their
   unrounded taxes by the method of the largest remainder (Hamilton's method;
   M. L. Balinski, H. P. Young, *Fair Representation*, 1982), so that the shares add up;
3. what then still is missing to the order's total is a *difference*: a line of its
   own, typed ``ROUNDING`` while it is within what rounding can explain, else
   ``UNEXPLAINED``.

So by construction ``sum(untaxed) + sum(taxes) + difference == total``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from .schema import ZERO, ExternalLine, ExternalOrder, LineKind


def round_to(amount: Decimal, unit: Decimal) -> Decimal:
    """Round half away from zero to a multiple of ``unit`` (``0.01``, ``1``...)."""
    return (amount / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit


def largest_remainder(
    total: Decimal, weights: Sequence[Decimal], unit: Decimal
) -> list[Decimal]:
    """Divide ``total`` into multiples of ``unit`` that add up to it exactly.

    Each share starts at its proportional part rounded down; the units left over go to
    the largest remainders, ties to the earlier one. When the weights add up to zero
    the shares are the weights themselves rounded, and the first takes the rest.

    :param total: a multiple of ``unit``; may be negative.
    :param weights: proportions, any sign, at least one.
    :return: one share for each weight, in order.
    """
    if not weights:
        raise ValueError("nothing to divide among")
    whole = sum(weights, ZERO)
    if whole == 0:
        shares = [round_to(weight, unit) for weight in weights]
        shares[0] += total - sum(shares, ZERO)
        return shares
    exact = [total * weight / whole / unit for weight in weights]
    floors = [value.quantize(Decimal(1), rounding=ROUND_FLOOR) for value in exact]
    left = int(total / unit - sum(floors, ZERO))
    by_remainder = sorted(range(len(weights)), key=lambda i: (floors[i] - exact[i], i))
    for position in range(left):
        floors[by_remainder[position % len(weights)]] += 1
    return [value * unit for value in floors]


@dataclass(frozen=True)
class PricedLine:
    """A line with amounts in the currency's unit.

    :param untaxed: the line's amount without tax.
    :param taxes: tax by rate key; a rate that was levied at zero is in it too.
    """

    line: ExternalLine
    untaxed: Decimal
    taxes: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def tax(self) -> Decimal:
        """All taxes of the line."""
        return sum(self.taxes.values(), ZERO)

    @property
    def included(self) -> Decimal:
        """The line's amount with tax."""
        return self.untaxed + self.tax


@dataclass(frozen=True)
class PricedOrder:
    """An order to the cent; see the module's text for the identity that holds.

    :param total: the order's total in the currency's unit.
    :param difference: what the lines do not explain, signed; zero most of the time.
    :param difference_kind: ``ROUNDING``, ``UNEXPLAINED`` or ``None`` when zero.
    """

    lines: tuple[PricedLine, ...]
    total: Decimal
    difference: Decimal = ZERO
    difference_kind: LineKind | None = None


def rounding_limit(lines: int, rates: int, unit: Decimal) -> Decimal:
    """How far apart two right ways of rounding the same order can be.

    Half a unit for every line and for the total, which are rounded to the nearest. A
    whole one for every rate of every line: taxes are cut off as well as rounded (in
    Japan the shop may choose, for consumption tax), and the two are a unit apart.
    """
    return unit / 2 * (lines + 1) + unit * lines * rates


def price_order(order: ExternalOrder, unit: Decimal) -> PricedOrder:
    """Place the amounts of an order in its currency.

    :param order: as normalised, amounts unrounded.
    :param unit: the currency's smallest unit in Odoo (``res.currency.rounding``).
    """
    untaxed = [round_to(line.total, unit) for line in order.lines]
    taxes = _place_taxes(order, unit)
    lines = tuple(
        PricedLine(line, amount, line_taxes)
        for line, amount, line_taxes in zip(order.lines, untaxed, taxes, strict=True)
    )
    total = round_to(order.total, unit)
    difference = total - sum((line.included for line in lines), ZERO)
    kind = None
    if difference:
        limit = rounding_limit(len(order.lines), len(order.tax_rates), unit)
        kind = LineKind.ROUNDING if abs(difference) <= limit else LineKind.UNEXPLAINED
    return PricedOrder(lines, total, difference, kind)


def _place_taxes(order: ExternalOrder, unit: Decimal) -> list[dict[str, Decimal]]:
    """Divide every rate's tax among the lines that it was levied on."""
    placed: list[dict[str, Decimal]] = [{} for _line in order.lines]
    stated = {rate.key: rate.total for rate in order.tax_rates}
    for key in _rate_keys(order):
        bearers = [i for i, line in enumerate(order.lines) if key in line.taxes]
        raw = [order.lines[i].taxes[key] for i in bearers]
        target = _rate_target(stated.get(key), raw, unit)
        for index, share in zip(
            bearers, largest_remainder(target, raw, unit), strict=True
        ):
            placed[index][key] = share
    return placed


def _rate_keys(order: ExternalOrder) -> Iterable[str]:
    """All rates levied on some line, in the order of their first appearance."""
    return dict.fromkeys(key for line in order.lines for key in line.taxes)


def _rate_target(
    stated: Decimal | None, raw: Sequence[Decimal], unit: Decimal
) -> Decimal:
    """What a rate amounts to over the order.

    The marketplace's own statement counts as long as rounding can explain how far it
    is from its lines; a statement beyond that is about something else (a line that
    was removed, say), and the lines count.
    """
    computed = round_to(sum(raw, ZERO), unit)
    if stated is None:
        return computed
    limit = rounding_limit(len(raw), 1, unit)
    return round_to(stated, unit) if abs(stated - computed) <= limit else computed
