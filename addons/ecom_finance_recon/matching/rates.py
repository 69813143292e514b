"""Fee rate cards: what a channel is expected to charge.

fee = clamp(round(basis x percent / 100 + fixed), minimum, maximum), rounded half up to
the currency's unit, as Amazon's, eBay's and the processors' published schedules do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

HUNDRED = Decimal(100)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Rate:
    """One rate of a card.

    :param name: shown as evidence.
    :param percent: of the basis, e.g. ``Decimal("15")``.
    :param fixed: added for each order, in the currency.
    :param fee: value of the fee type it is for, empty = all fees of a line together.
    :param category: of products it is for, empty = any; likewise ``currency``.
    :param since: first day, with ``until`` the last one; ``None`` = open.
    """

    name: str
    percent: Decimal = Decimal(0)
    fixed: Decimal = Decimal(0)
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    fee: str = ""
    category: str = ""
    currency: str = ""
    since: date | None = None
    until: date | None = None

    def amount(self, basis: Decimal, unit: Decimal = CENT) -> Decimal:
        """The fee for a basis; of a refund (negative basis) what is given back.

        :param unit: smallest unit of the currency.
        """
        fee = abs(basis) * self.percent / HUNDRED + self.fixed
        if self.minimum is not None:
            fee = max(fee, self.minimum)
        if self.maximum is not None:
            fee = min(fee, self.maximum)
        fee = (fee / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit
        return fee if basis >= 0 else -fee

    def applies(
        self,
        on: date | None = None,
        currency: str = "",
        fee: str = "",
        category: str = "",
    ) -> bool:
        """Whether the rate is meant for this fee on that day."""
        if self.currency and currency and self.currency != currency:
            return False
        if self.fee and fee and self.fee != fee:
            return False
        if self.category and self.category != category:
            return False
        if on is None:
            return True
        return not (self.since and on < self.since or self.until and on > self.until)


@dataclass(frozen=True)
class RateCard:
    """The rates of a channel; the most special rate that applies is meant."""

    rates: tuple[Rate, ...] = ()

    def find(
        self,
        on: date | None = None,
        currency: str = "",
        fee: str = "",
        category: str = "",
    ) -> Rate | None:
        """The rate for a fee: with category before without, newer before older."""
        found = [r for r in self.rates if r.applies(on, currency, fee, category)]
        if not found:
            return None
        return max(
            found,
            key=lambda r: (bool(r.category), bool(r.fee), r.since or date.min),
        )

    def explain(
        self,
        gross: Decimal,
        net: Decimal,
        on: date | None = None,
        currency: str = "",
        unit: Decimal = CENT,
    ) -> Rate | None:
        """The rate by which a gross amount became a net one, to one unit.

        ``None`` when no rate does, or it takes nothing.
        """
        for rate in self.rates:
            if not rate.applies(on, currency):
                continue
            fee = rate.amount(gross, unit)
            if fee and abs(gross - fee - net) <= unit:
                return rate
        return None


def nets(
    cards: Iterable[RateCard],
    gross: Decimal,
    on: date | None = None,
    currency: str = "",
    unit: Decimal = CENT,
) -> dict[Decimal, Rate]:
    """Net amounts that the cards make of a gross one, with the rate."""
    found: dict[Decimal, Rate] = {}
    for card in cards:
        for rate in card.rates:
            if rate.applies(on, currency) and (fee := rate.amount(gross, unit)):
                found.setdefault(gross - fee, rate)
    return found
