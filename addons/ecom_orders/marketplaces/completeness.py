"""Whether every order that a marketplace lists of one day is in the books.

:func:`compare` sets the marketplace's own list of a day against what became of each of
its orders, and names every one that is not accounted for. A certificate is *complete*
only when each listed order was imported with the listed total, or was left out for a
reason that is written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

import pytz

from .pricing import round_to
from .schema import ZERO, OrderSummary

CENT = Decimal("0.01")
NO_UNITS: Mapping[str, Decimal] = MappingProxyType({})


class Outcome(Enum):
    """What became of one order of the marketplace."""

    IMPORTED = "imported"
    HELD = "held"  # imported, waits for a person
    SKIPPED = "skipped"  # left out, for a reason that is written down
    WAITING = "waiting"  # arrived, not applied yet
    FAILED = "failed"  # arrived, could not be applied
    MISSING = "missing"  # never arrived
    UNLISTED = "unlisted"  # imported, but the marketplace does not list it

    @property
    def is_accounted_for(self) -> bool:
        """Whether nothing has to be done about such an order."""
        return self in (Outcome.IMPORTED, Outcome.HELD, Outcome.SKIPPED)


@dataclass(frozen=True)
class KnownOrder:
    """What we have of one order.

    :param total: as booked, in the currency's unit; ``None`` when nothing is booked.
    :param created_at: when the buyer placed it, ``None`` when not known.
    :param called_off: it is cancelled here, so the marketplace may have dropped it.
    """

    external_id: str
    outcome: Outcome
    currency: str = ""
    total: Decimal | None = None
    reason: str = ""
    number: str = ""
    created_at: datetime | None = None
    called_off: bool = False


@dataclass(frozen=True)
class CheckedOrder:
    """One order of the day, as both sides have it.

    :param listed_total: what the marketplace lists, ``None`` when it does not.
    :param booked_total: what is booked, ``None`` when nothing is.
    """

    external_id: str
    number: str
    outcome: Outcome
    currency: str
    listed_total: Decimal | None = None
    booked_total: Decimal | None = None
    reason: str = ""

    @property
    def differs(self) -> bool:
        """Whether it is booked with another total than the marketplace's."""
        return (
            self.listed_total is not None
            and self.booked_total is not None
            and self.listed_total != self.booked_total
        )

    @property
    def is_right(self) -> bool:
        """Whether it is accounted for, to the cent."""
        return self.outcome.is_accounted_for and not self.differs


@dataclass(frozen=True)
class CurrencyTally:
    """Count and sum of one currency: the marketplace's, and ours by outcome."""

    currency: str
    listed_count: int = 0
    listed_total: Decimal = ZERO
    counts: Mapping[Outcome, int] = MappingProxyType({})
    totals: Mapping[Outcome, Decimal] = MappingProxyType({})

    @property
    def difference(self) -> Decimal:
        """The marketplace's sum less what is accounted for."""
        return self.listed_total - sum(
            (t for outcome, t in self.totals.items() if outcome.is_accounted_for), ZERO
        )


@dataclass(frozen=True)
class Certificate:
    """The comparison of one day."""

    orders: tuple[CheckedOrder, ...]
    tallies: tuple[CurrencyTally, ...]

    @property
    def wrong(self) -> tuple[CheckedOrder, ...]:
        """The orders that are not accounted for, or with another total."""
        return tuple(order for order in self.orders if not order.is_right)

    @property
    def is_complete(self) -> bool:
        """Whether every order is accounted for, to the cent."""
        return not self.wrong

    def count(self, outcome: Outcome) -> int:
        """How many orders have an outcome."""
        return sum(1 for order in self.orders if order.outcome is outcome)


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """First moment of a day and of the next one, in UTC.

    Days follow one another without gap or overlap, also where clocks are changed at
    midnight: a midnight that does not exist is the moment of the change, of one that
    comes twice the first counts.

    :param zone: IANA name of the time zone.
    """
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: str) -> datetime:
    place = pytz.timezone(zone)
    naive = datetime.combine(day, time.min)
    try:
        moment = place.localize(naive, is_dst=None)
    except pytz.NonExistentTimeError:
        moment = place.localize(naive, is_dst=False)
    except pytz.AmbiguousTimeError:
        moment = place.localize(naive, is_dst=True)
    return moment.astimezone(timezone.utc)


def compare(
    summaries: Iterable[OrderSummary],
    known: Iterable[KnownOrder],
    units: Mapping[str, Decimal] = NO_UNITS,
) -> Certificate:
    """Set the marketplace's list of a day against what we have of it.

    :param summaries: all orders that the marketplace lists; one that is listed twice
        (a page may repeat rows) counts once, as listed last.
    :param known: what became of them, and further orders that we booked for that day.
    :param units: smallest unit by currency, where it is not the cent.
    """
    listed = {summary.external_id: summary for summary in summaries}
    ours = {order.external_id: order for order in known}
    orders = [
        _check(summary, ours.get(external_id), units)
        for external_id, summary in listed.items()
    ]
    orders += [
        CheckedOrder(
            external_id=order.external_id,
            number=order.number,
            outcome=Outcome.UNLISTED,
            currency=order.currency,
            booked_total=order.total,
        )
        for external_id, order in ours.items()
        if external_id not in listed
        and not order.called_off
        and order.outcome in (Outcome.IMPORTED, Outcome.HELD)
    ]
    return Certificate(tuple(orders), _tally(orders))


def _check(
    summary: OrderSummary, order: KnownOrder | None, units: Mapping[str, Decimal]
) -> CheckedOrder:
    unit = units.get(summary.currency, CENT)
    return CheckedOrder(
        external_id=summary.external_id,
        number=summary.number,
        outcome=order.outcome if order else Outcome.MISSING,
        currency=summary.currency,
        listed_total=round_to(summary.total, unit),
        booked_total=_booked(order, summary.currency, unit),
        reason=order.reason if order else "",
    )


def _booked(order: KnownOrder | None, currency: str, unit: Decimal) -> Decimal | None:
    if order is None or order.total is None:
        return None
    if order.currency != currency:
        return ZERO  # booked, but nothing in the currency that is listed
    return round_to(order.total, unit)


def _tally(orders: Iterable[CheckedOrder]) -> tuple[CurrencyTally, ...]:
    by_currency: dict[str, list[CheckedOrder]] = {}
    for order in orders:
        by_currency.setdefault(order.currency, []).append(order)
    return tuple(
        _tally_currency(currency, by_currency[currency])
        for currency in sorted(by_currency)
    )


def _tally_currency(currency: str, orders: list[CheckedOrder]) -> CurrencyTally:
    listed = [order for order in orders if order.listed_total is not None]
    counts: dict[Outcome, int] = {}
    totals: dict[Outcome, Decimal] = {}
    for order in orders:
        amount = order.booked_total
        if amount is None:
            amount = order.listed_total or ZERO
        counts[order.outcome] = counts.get(order.outcome, 0) + 1
        totals[order.outcome] = totals.get(order.outcome, ZERO) + amount
    return CurrencyTally(
        currency=currency,
        listed_count=len(listed),
        listed_total=sum((order.listed_total for order in listed), ZERO),
        counts=counts,
        totals=totals,
    )
