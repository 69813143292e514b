"""Fees charged against the rate card: claims, the most money first.

claim = |charged| - |expected|, where the card knows the fee, beyond a tolerance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .rates import CENT, Rate, RateCard

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Charge:
    """One fee of one order, as a settlement has it.

    :param fee: value of the fee type.
    :param basis: what the rate is applied to, usually what the buyer paid; negative
        for a refund, whose fee is given back.
    :param charged: signed as in the settlement: a cost is negative.
    """

    line: str
    order: str
    fee: str
    basis: Decimal
    charged: Decimal
    currency: str = ""
    date: date | None = None
    category: str = ""
    sku: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A fee that is not what the card says.

    :param at_stake: positive: charged too much; negative: too little.
    :param why: ``rate`` (not the card's), ``twice`` (the same fee of the same order and
        basis again), ``not_returned`` (nothing given back with a refund).
    """

    charge: Charge
    why: str
    expected: Decimal
    at_stake: Decimal
    rate: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit found.

    :param claims: charged too much, the most money first.
    :param undercharged: charged too little; the channel may correct it.
    :param unrated: charges for which the card has no rate.
    """

    claims: tuple[Claim, ...]
    undercharged: tuple[Claim, ...]
    unrated: tuple[Charge, ...]
    expected: Decimal
    charged: Decimal

    @property
    def at_stake(self) -> Decimal:
        """What all claims are worth."""
        return sum((claim.at_stake for claim in self.claims), ZERO)


def audit(
    charges: Iterable[Charge],
    card: RateCard,
    tolerance: Decimal = CENT,
    unit: Decimal = CENT,
) -> Audit:
    """Compare charges with the card.

    :param tolerance: up to here a difference is rounding.
    :param unit: smallest unit of the currency.
    """
    found: list[Claim] = []
    unrated: list[Charge] = []
    expected_total, charged_total = ZERO, ZERO
    seen: dict[tuple, int] = defaultdict(int)
    for charge in sorted(charges, key=_charge_order):
        rate = card.find(charge.date, charge.currency, charge.fee, charge.category)
        if rate is None:
            unrated.append(charge)
            continue
        expected = -rate.amount(charge.basis, unit)
        key = (charge.order, charge.fee, charge.sku, charge.basis, charge.charged)
        seen[key] += 1
        again = seen[key] > 1 and bool(charge.order)
        expected = ZERO if again else expected
        expected_total += expected
        charged_total += charge.charged
        claim = _claim(charge, rate, expected, again)
        if abs(claim.at_stake) > tolerance:
            found.append(claim)
    found.sort(key=lambda claim: (-claim.at_stake, claim.charge.line))
    return Audit(
        tuple(claim for claim in found if claim.at_stake > 0),
        tuple(claim for claim in reversed(found) if claim.at_stake < 0),
        tuple(unrated),
        expected_total,
        charged_total,
    )


def _charge_order(charge: Charge) -> tuple:
    return (str(charge.date or ""), charge.line)


def _claim(charge: Charge, rate: Rate, expected: Decimal, again: bool) -> Claim:
    # Both are costs below zero: what was taken beyond the expected is at stake.
    at_stake = expected - charge.charged
    why = "rate"
    if again:
        why = "twice"
    elif charge.basis < 0 and not charge.charged:
        why = "not_returned"
    return Claim(charge, why, expected, at_stake, rate.name)
