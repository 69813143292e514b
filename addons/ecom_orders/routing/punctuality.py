"""Measured on-time rates, and the days one can promise with them.

For a service and a zone the probability that a parcel needs at most d days is estimated
by a beta-binomial model: what was seen there, together with ``strength`` parcels' worth
of what the service does everywhere (empirical Bayes, B. Efron, C. Morris 1975), which in
turn starts from what its rate card states. So a zone with few parcels is judged by the
service as a whole, a new service by its word, and the estimate moves to the zone's own
record as parcels arrive::

    P(T <= d) = (seen within d + strength * P0(d)) / (seen + strength)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .schema import Parcel
from .tariffs import Service

#: parcels' worth of belief in what is known of the service as a whole
STRENGTH = 20.0
#: how sure a rate card's word is before anything was seen
STATED = 0.9
#: days beyond which a parcel is not waited for when days are looked for
LONGEST = 60


@dataclass
class Record:
    """Days in transit that were measured, by (service, number of the rate row).

    :ivar counts: parcels by days.
    """

    counts: dict[tuple[str, int], dict[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, seen: Iterable[tuple[str, int, int]]) -> Record:
        """Make a record of (service, rate row, days in transit)."""
        record = cls()
        for service, row, days in seen:
            record.add(service, row, days)
        return record

    def add(self, service: str, row: int, days: int, parcels: int = 1) -> None:
        """Note parcels."""
        zone = self.counts.setdefault((service, row), {})
        zone[days] = zone.get(days, 0) + parcels

    def seen(self, service: str, row: int | None = None) -> Mapping[int, int]:
        """Parcels by days, of a row or of the whole service relative to nothing."""
        if row is not None:
            return self.counts.get((service, row), {})
        total: dict[int, int] = {}
        for (code, _row), days in self.counts.items():
            if code == service:
                for day, parcels in days.items():
                    total[day] = total.get(day, 0) + parcels
        return total


def on_time(
    record: Record,
    service: Service,
    row: int,
    days: int,
    strength: float = STRENGTH,
) -> float:
    """Probability that a parcel needs at most ``days`` in transit.

    :param row: number of the service's rate row for the zone.
    """
    late_by = days - service.rates[row].days
    everywhere = {}
    for number, rate in enumerate(service.rates):
        for seen, parcels in record.seen(service.key, number).items():
            delay = seen - rate.days
            everywhere[delay] = everywhere.get(delay, 0) + parcels
    stated = STATED if late_by >= 0 else 0.0
    if late_by > 0:
        stated = 1 - (1 - STATED) / 2**late_by
    prior = _mix(everywhere, late_by, stated, strength)
    return _mix(record.seen(service.key, row), days, prior, strength)


def _mix(counts: Mapping[int, int], limit: int, prior: float, strength: float) -> float:
    within = sum(parcels for days, parcels in counts.items() if days <= limit)
    return (within + strength * prior) / (sum(counts.values()) + strength)


def days_at(
    record: Record,
    service: Service,
    row: int,
    confidence: float,
    strength: float = STRENGTH,
) -> int:
    """Fewest days that a parcel keeps with at least this confidence."""
    for days in range(LONGEST):
        if on_time(record, service, row, days, strength) >= confidence:
            return days
    return LONGEST


def with_measured_days(
    services: Sequence[Service], record: Record, confidence: float
) -> tuple[Service, ...]:
    """The services, with days that they keep with a confidence instead of their word."""
    return tuple(
        replace(
            service,
            rates=tuple(
                replace(rate, days=days_at(record, service, row, confidence))
                for row, rate in enumerate(service.rates)
            ),
        )
        for service in services
    )


@dataclass(frozen=True)
class Option:
    """A service for a parcel, and how likely it is on time."""

    parcel: Parcel
    chance: float


def choose_service(options: Sequence[Option], confidence: float) -> Option | None:
    """The cheapest that is on time with this confidence; else the likeliest.

    Equal chances: the cheaper one.
    """
    sure = [option for option in options if option.chance >= confidence]
    if sure:
        return min(sure, key=lambda option: option.parcel.cost.total)
    return max(
        options,
        key=lambda option: (option.chance, -option.parcel.cost.total),
        default=None,
    )
