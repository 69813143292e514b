"""What a carrier asks for a parcel, and how many days it takes.

A rate card has a row for each zone. Its price is a step function of the *billed weight*
(the greater of weight and volumetric weight, as carriers' public tariffs have it): the
first bracket that is not exceeded, and beyond the last one a price for each further
step that was begun (China's 首重 and 续重: one bracket and steps of one kilogram).
On it come the fuel surcharge in percent and the surcharge of remote areas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cached_property

from .schema import ZERO, Place

HUNDRED = Decimal(100)
#: in a cubic metre
CUBIC_CENTIMETRES = Decimal(1_000_000)
#: most steps beyond the last bracket; what is heavier is no parcel of this service
FURTHER_STEPS = 500


class TariffError(ValueError):
    """A rate card that cannot be used; the text says what to correct."""


@dataclass(frozen=True)
class Zone:
    """Where a row of a rate card applies; empty means everywhere.

    :param countries: ISO codes; ``states`` codes within the country.
    :param zips: prefixes of zip codes.
    """

    countries: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    zips: tuple[str, ...] = ()

    def has(self, place: Place) -> bool:
        """Whether a place lies in it."""
        return (
            (not self.countries or place.country in self.countries)
            and (not self.states or place.state in self.states)
            and (not self.zips or place.zip.startswith(self.zips))
        )


@dataclass(frozen=True)
class ZoneRate:
    """A row of a rate card.

    :param brackets: (up to this billed weight in kg, price), rising in both.
    :param step: kg of a further step; 0: nothing heavier than the last bracket.
    :param step_price: money for each further step that was begun.
    :param days: days in transit.
    """

    zone: Zone
    brackets: tuple[tuple[Decimal, Decimal], ...]
    step: Decimal = ZERO
    step_price: Decimal = ZERO
    days: int = 0

    def __post_init__(self) -> None:
        """Refuse rows whose price falls with weight; the optimum relies on it.

        :raises TariffError: when brackets are missing or do not rise.
        """
        if not self.brackets:
            raise TariffError("A zone needs at least one weight bracket.")
        pairs = zip(self.brackets, self.brackets[1:], strict=False)
        if any(next_[0] <= last[0] or next_[1] < last[1] for last, next_ in pairs):
            raise TariffError("Brackets must rise in weight, and never fall in price.")
        if min(self.step, self.step_price, self.brackets[0][1]) < 0:
            raise TariffError("Steps and prices are never negative.")

    def price(self, weight: Decimal) -> Decimal | None:
        """Return the price of a billed weight in kg; None when it is too heavy."""
        for limit, price in self.brackets:
            if weight <= limit:
                return price
        if not self.step:
            return None
        limit, price = self.brackets[-1]
        steps = ((weight - limit) / self.step).to_integral_value(ROUND_CEILING)
        if steps > FURTHER_STEPS:
            return None
        return price + steps * self.step_price


@dataclass(frozen=True)
class Service:
    """What a carrier offers, with its prices.

    :param key: lasting identity; ``name`` for people.
    :param rates: rows; the first whose zone has the place counts.
    :param fuel: percent on the freight.
    :param remote_zips: prefixes of zip codes that cost ``remote_price`` more.
    :param divisor: cm³ that are billed as a kilogram (4000, 5000, 6000...); 0 when only
        weight counts.
    :param max_weight: kg of a parcel, 0 without a limit; ``max_volume`` cubic metres.
    :param features: what it can do besides (cash on delivery, dangerous goods...).
    :param sites: keys of the sites that it collects from; None: from all.
    """

    key: str
    name: str = ""
    rates: tuple[ZoneRate, ...] = ()
    fuel: Decimal = ZERO
    remote_zips: tuple[str, ...] = ()
    remote_price: Decimal = ZERO
    divisor: int = 0
    max_weight: Decimal = ZERO
    max_volume: Decimal = ZERO
    features: frozenset[str] = frozenset()
    sites: frozenset[str] | None = None

    @cached_property
    def tables(self) -> dict:
        """What :mod:`.costing` has worked out of the prices."""
        return {}

    @cached_property
    def zip_depth(self) -> int:
        """How many characters of a zip code matter."""
        prefixes = [*self.remote_zips]
        for rate in self.rates:
            prefixes += rate.zone.zips
        return max(map(len, prefixes), default=0)

    def rate(self, place: Place) -> ZoneRate | None:
        """Return the row for a place; None when the service does not go there."""
        if place not in self._known:
            found = (rate for rate in self.rates if rate.zone.has(place))
            self._known[place] = next(found, None)
        return self._known[place]

    @cached_property
    def _known(self) -> dict[Place, ZoneRate | None]:
        return {}

    def billed_weight(self, weight: Decimal, volume: Decimal) -> Decimal:
        """Return the weight that is charged, in kg."""
        if not self.divisor:
            return weight
        return max(weight, volume * CUBIC_CENTIMETRES / self.divisor)

    def surcharge(self, freight: Decimal, place: Place) -> Decimal:
        """Return fuel and remote-area surcharges on a freight."""
        remote = self.remote_zips and place.zip.startswith(self.remote_zips)
        return freight * self.fuel / HUNDRED + (self.remote_price if remote else ZERO)

    def carries(self, weight: Decimal, volume: Decimal) -> bool:
        """Whether a parcel is within the service's limits."""
        return (not self.max_weight or weight <= self.max_weight) and (
            not self.max_volume or volume <= self.max_volume
        )


@dataclass(frozen=True)
class Quote:
    """The price of a parcel."""

    freight: Decimal
    surcharges: Decimal
    days: int


def quote(
    service: Service, place: Place, weight: Decimal, volume: Decimal
) -> Quote | None:
    """Return what a service asks for a parcel; None when it does not take it."""
    rate = service.rate(place)
    if rate is None or not service.carries(weight, volume):
        return None
    freight = rate.price(service.billed_weight(weight, volume))
    if freight is None:
        return None
    return Quote(freight, service.surcharge(freight, place), rate.days)


def check_cards(services: Sequence[Service]) -> None:
    """Refuse two services with one key.

    :raises TariffError: naming the key.
    """
    seen = set()
    for service in services:
        if service.key in seen:
            raise TariffError(f"Two services are called {service.key}.")
        seen.add(service.key)
