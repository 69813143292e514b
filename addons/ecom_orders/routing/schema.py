"""The words of routing.

Quantities are whole *pieces* (the smallest unit a warehouse moves; an adapter converts
units of measure). Money is ``Decimal`` in one currency. A line may need several
products for a piece (the components of a kit): they come from one site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from enum import Enum
from math import asin, cos, radians, sin, sqrt

ZERO = Decimal(0)
#: features that an order requires of a carrier's service
DANGEROUS_GOODS = "dangerous_goods"
CASH_ON_DELIVERY = "cash_on_delivery"
#: mean radius of the Earth in kilometres (IUGG)
EARTH_RADIUS = 6371.0088


@dataclass(frozen=True)
class Place:
    """Where something is.

    :param country: ISO 3166-1 alpha-2, upper case.
    :param state: code within the country.
    :param latitude: degrees, None when not known; likewise ``longitude``.
    """

    country: str = ""
    state: str = ""
    zip: str = ""
    latitude: float | None = None
    longitude: float | None = None

    def distance(self, other: Place) -> float | None:
        """Great-circle distance in kilometres (haversine); None without coordinates."""
        points = (self.latitude, self.longitude, other.latitude, other.longitude)
        if any(degrees is None for degrees in points):
            return None
        lat_1, lon_1, lat_2, lon_2 = map(radians, points)
        chord = (
            sin((lat_2 - lat_1) / 2) ** 2
            + cos(lat_1) * cos(lat_2) * sin((lon_2 - lon_1) / 2) ** 2
        )
        return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(chord)))

    def remoteness(self, other: Place) -> int:
        """How little two places have in common, where coordinates are missing.

        :return: 0 same zip area (two leading characters), 1 same state, 2 same country,
            3 another country.
        """
        if self.country != other.country:
            return 3
        if self.zip and self.zip[:2] == other.zip[:2]:
            return 0
        return 1 if self.state and self.state == other.state else 2


@dataclass(frozen=True)
class Site:
    """A warehouse that can ship.

    :param key: lasting identity.
    :param priority: smaller is preferred.
    :param ready: day on which a parcel that is decided now leaves the site: cut-off
        time and working calendar are in it. None: nothing is known, lateness is not
        counted.
    :param packaging: money per parcel; likewise ``handling``.
    :param picking: money per order line in a parcel.
    :param capacity: parcels it can still take; None without a limit.
    :param groups: names by which rules speak of it.
    """

    key: str
    name: str = ""
    place: Place = Place()
    priority: int = 0
    ready: date | None = None
    packaging: Decimal = ZERO
    handling: Decimal = ZERO
    picking: Decimal = ZERO
    capacity: int | None = None
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Line:
    """What has to be shipped for one order line.

    :param needs: products and their units for one piece.
    :param quantity: pieces.
    :param weight: kilograms of a piece; ``volume`` cubic metres; ``value`` money.
    :param whole: never comes from two sites, whatever the rule allows.
    :param shipping_class: lines of different classes never share a parcel.
    :param required: features that the service of its parcel must offer.
    """

    key: str
    needs: tuple[tuple[str, int], ...]
    quantity: int
    weight: Decimal = ZERO
    volume: Decimal = ZERO
    value: Decimal = ZERO
    whole: bool = False
    shipping_class: str = ""
    required: frozenset[str] = frozenset()

    def pieces_within(self, stock: Mapping[str, int]) -> int:
        """How many pieces the given units by product are enough for, at most all."""
        return min(
            (stock.get(product, 0) // units for product, units in self.needs if units),
            default=self.quantity,
        )


@dataclass(frozen=True)
class Order:
    """An order that waits for a decision.

    :param promised: day by which it was promised.
    :param late_cost: money per day beyond it.
    :param hold_cost: money that it costs to leave the order waiting; high enough, it is
        shipped whatever that costs. Also how orders outbid each other for scarce stock.
    :param required: features that every service must offer (cash on delivery...);
        what only some of the goods need is required by their lines.
    :param services: the only services allowed (a binding choice of the shop).
    :param excluded: sites that must not be used (they refused, say).
    :param facts: what rules look at, see :class:`.rules.OrderFilter`.
    """

    key: str
    lines: tuple[Line, ...]
    place: Place = Place()
    promised: date | None = None
    late_cost: Decimal = ZERO
    hold_cost: Decimal = Decimal(1000)
    required: frozenset[str] = frozenset()
    services: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def value(self) -> Decimal:
        """Value of all pieces."""
        return sum((line.value * line.quantity for line in self.lines), ZERO)


@dataclass(frozen=True)
class Cost:
    """What a parcel, or a plan, costs; each part in money."""

    freight: Decimal = ZERO
    surcharges: Decimal = ZERO
    packaging: Decimal = ZERO
    handling: Decimal = ZERO
    lateness: Decimal = ZERO
    split: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All parts together."""
        return sum((getattr(self, part.name) for part in fields(self)), ZERO)

    def __add__(self, other: Cost) -> Cost:
        """Add part by part."""
        return Cost(
            *(
                getattr(self, part.name) + getattr(other, part.name)
                for part in fields(self)
            )
        )


@dataclass(frozen=True)
class Parcel:
    """Pieces of some lines that leave one site with one service.

    :param service: key of the carrier's service; empty when carriers play no part.
    :param pieces: pieces by line.
    :param arrival: day on which it is expected.
    """

    site: str
    service: str
    pieces: Mapping[str, int]
    cost: Cost = Cost()
    arrival: date | None = None


@dataclass(frozen=True)
class Plan:
    """How an order is shipped.

    :param parcels: ordered by site.
    :param waiting: pieces by line that are not shipped now.
    :param opportunity: what its units are worth to later orders, see :mod:`.scarcity`;
        nobody pays it, and it is no part of :attr:`cost`.
    """

    parcels: tuple[Parcel, ...]
    waiting: Mapping[str, int] = field(default_factory=dict)
    split_cost: Decimal = ZERO
    opportunity: Decimal = ZERO

    @property
    def cost(self) -> Cost:
        """Cost of all parcels and of the split."""
        return sum(
            (parcel.cost for parcel in self.parcels), Cost(split=self.split_cost)
        )

    @property
    def counted(self) -> Decimal:
        """What a strategy that looks ahead compares: cost and opportunity cost."""
        return self.cost.total + self.opportunity

    @property
    def sites(self) -> tuple[str, ...]:
        """Sites that ship, each once."""
        return tuple(dict.fromkeys(parcel.site for parcel in self.parcels))

    @property
    def complete(self) -> bool:
        """Whether nothing waits."""
        return not any(self.waiting.values())

    def late(self, order: Order) -> bool:
        """Whether a parcel is expected after the promised day."""
        return order.promised is not None and any(
            parcel.arrival and parcel.arrival > order.promised
            for parcel in self.parcels
        )


class Reason(Enum):
    """Why a site or a plan was not possible."""

    RULE = "rule"  # the rule does not use the site
    EXCLUDED = "excluded"  # the order must not use it
    STOCK = "stock"  # too little of a product
    CAPACITY = "capacity"  # takes no more parcels today
    SERVICE = "service"  # no carrier goes there, or none with what is required
    TOO_MANY_PARCELS = "too_many_parcels"  # more than the rule allows
    PART_VALUE = "part_value"  # a part would be worth too little
    DEARER = "dearer"  # possible, but another costs less
    OUTBID = "outbid"  # other orders that wait need the stock more
    DANGEROUS_GOODS = "dangerous_goods"  # the carrier takes none
    CASH_ON_DELIVERY = "cash_on_delivery"  # the carrier collects none
    FEATURE = "feature"  # the carrier lacks something else that is required
    ZONE = "zone"  # the carrier does not go there
    PRODUCTS = "products"  # the carrier is not for these products
    UNASKED = "unasked"  # the carrier was not asked for its price
    SIZE = "size"  # all of the order is too heavy or large for a parcel of it


@dataclass(frozen=True)
class Refusal:
    """A site, a line of it, a carrier, or a plan that was not possible, and why.

    :param service: key of the carrier's service that was ruled out.
    :param available: units that were there, of those that were ``needed``.
    """

    reason: Reason
    site: str = ""
    line: str = ""
    product: str = ""
    available: int = 0
    needed: int = 0
    service: str = ""


#: units in stock by (site, product)
Stock = Mapping[tuple[str, str], int]
