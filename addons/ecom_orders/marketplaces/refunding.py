"""To the cent: what a refund is worth in tax and net, line by line.

The amounts are the marketplace's, as in :mod:`.pricing`; what it does not state is
divided in the proportions of the order by the method of the largest remainder, so that
the shares always add up to what was given back. By construction::

    sum(untaxed) + sum(taxes) + difference == amount
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .pricing import largest_remainder, round_to, rounding_limit
from .schema import ZERO, LineKind


@dataclass(frozen=True)
class Share:
    """An amount without tax and its taxes, by any key.

    :param key: what it belongs to: a refund's line, or a group of an order's lines.
    """

    key: Any
    untaxed: Decimal
    taxes: Mapping[Any, Decimal] = field(default_factory=dict)

    @property
    def tax(self) -> Decimal:
        """All taxes of the share."""
        return sum(self.taxes.values(), ZERO)

    @property
    def included(self) -> Decimal:
        """The amount with tax."""
        return self.untaxed + self.tax


@dataclass(frozen=True)
class Given:
    """A line of a refund as the marketplace states it.

    :param weights: the taxes of the order line it gives back, by any key; only their
        proportions count.
    """

    key: Any
    untaxed: Decimal
    tax: Decimal
    weights: Mapping[Any, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class PricedRefund:
    """A refund to the cent; see the module's text for the identity that holds.

    :param difference: what the shares do not explain, signed.
    """

    shares: tuple[Share, ...]
    amount: Decimal
    difference: Decimal = ZERO
    difference_kind: LineKind | None = None


def price_refund(
    amount: Decimal, lines: Sequence[Given], unit: Decimal
) -> PricedRefund:
    """Place the lines of a refund in the currency's unit.

    A line's tax is divided among the taxes of its order line. One that has no tax in
    the order (not linked yet, say) cannot be booked as tax and is part of the
    difference.

    :param amount: what was given back in all, tax included, positive.
    :param unit: the currency's smallest unit.
    """
    shares = tuple(
        Share(
            line.key,
            round_to(line.untaxed, unit),
            _divide(round_to(line.tax, unit), line.weights, unit),
        )
        for line in lines
    )
    amount = round_to(amount, unit)
    difference = amount - sum((share.included for share in shares), ZERO)
    kind = None
    if difference:
        limit = rounding_limit(len(lines), 1, unit)
        kind = LineKind.ROUNDING if abs(difference) <= limit else LineKind.UNEXPLAINED
    return PricedRefund(shares, amount, difference, kind)


def price_amount(
    amount: Decimal, groups: Sequence[Share], unit: Decimal
) -> PricedRefund:
    """Divide a refund that is nothing but an amount.

    It lowers the price of the order as a whole, so its taxes are those of the order
    in the order's proportions: a tenth of the total given back is a tenth of each tax.

    :param groups: the order's amounts by set of taxes, at most one for each set.
    """
    amount = round_to(amount, unit)
    groups = [group for group in groups if group.included > 0]
    if not groups:
        return PricedRefund((Share(None, amount),), amount)
    parts = largest_remainder(amount, [group.included for group in groups], unit)
    shares = []
    for group, part in zip(groups, parts, strict=True):
        tax = round_to(part * group.tax / group.included, unit)
        taxes = _divide(tax, group.taxes, unit)
        shares.append(Share(group.key, part - sum(taxes.values(), ZERO), taxes))
    return PricedRefund(tuple(shares), amount)


def _divide(
    tax: Decimal, weights: Mapping[Any, Decimal], unit: Decimal
) -> dict[Any, Decimal]:
    if not weights:
        return {}
    return dict(
        zip(weights, largest_remainder(tax, list(weights.values()), unit), strict=True)
    )
