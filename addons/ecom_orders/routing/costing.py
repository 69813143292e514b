"""Every parcel that is possible, with its cost, as arrays.

Orders with the same number of lines ``L`` make a :class:`Batch`. A *block* is a
non-empty set of an order's lines that could travel together, written as a bit mask; its
parcel has a cost at each site: the cheapest service there, with lateness. All decisions
of :mod:`.partition` and :mod:`.assignment` are made on these arrays, and money in them
is a whole number of :data:`UNIT`, so that sums are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from .packing import may_share, required_of
from .schema import ZERO, Cost, Line, Order, Parcel, Place, Plan, Site, Stock
from .tariffs import CUBIC_CENTIMETRES, FURTHER_STEPS, Service, ZoneRate, quote

#: money of one step in the arrays
UNIT = Decimal("0.0001")
#: cost of what is not possible; sums of several stay within 64 bits
IMPOSSIBLE = 1 << 52
#: orders with more lines than this are left to :mod:`.splitting`
MOST_LINES = 6
MILLIGRAMS = Decimal(1_000_000)
#: steps beyond the last bracket that a table has at least
FEWEST_STEPS = 10


def to_units(money: Decimal) -> int:
    """Return money in whole :data:`UNIT`."""
    return int((money / UNIT).to_integral_value(ROUND_HALF_UP))


def to_money(units: int) -> Decimal:
    """Return :data:`UNIT` in money."""
    return int(units) * UNIT


@dataclass(frozen=True)
class Batch:
    """Orders with ``L`` lines each, and what every possible parcel costs.

    ``n`` orders, ``M = 2**L - 1`` blocks (block ``b`` is the bit mask ``b + 1``), ``W``
    sites.

    :param cost: int64 (n, M, W), :data:`IMPOSSIBLE` where a parcel is not possible.
    :param service: int16 (n, M, W), index of the cheapest service; -1 for none.
    :param feasible: bool (n, L, W), whether the site has the line whole.
    :param hold: int64 (n, L), cost of leaving a line waiting.
    :param product: int (n, L), index of the line's product; -1 for a line of several
        or no products.
    :param units: int64 (n, L), units of it.
    """

    orders: tuple[Order, ...]
    cost: object
    service: object
    feasible: object
    hold: object
    product: object
    units: object

    @property
    def lines(self) -> int:
        """How many lines each order has."""
        return self.feasible.shape[1]


class _Places:
    """Places of orders, as coarse as a service looks at them."""

    def __init__(self, orders: Sequence[Order]) -> None:
        self._places = [order.place for order in orders]
        self._seen: dict = {}

    def seen_by(self, service: Service):
        """Return the different places, and which of them each order has, int (n,)."""
        import numpy as np

        depth = service.zip_depth
        if depth not in self._seen:
            numbers: dict = {}
            which = [
                numbers.setdefault((p.country, p.state, p.zip[:depth]), len(numbers))
                for p in self._places
            ]
            different = [Place(*key) for key in numbers]
            self._seen[depth] = different, np.array(which)
        return self._seen[depth]


class Costing:
    """Prices parcels of given sites and services.

    :param services: none: carriers play no part, a parcel costs what the site costs.
    :param split_cost: money for every parcel of an order beyond the first.
    :param prices: money by (site, product) that a unit counts besides, in the arrays
        and in :mod:`.splitting`; parcels for people do not have it.
    """

    def __init__(
        self,
        sites: Sequence[Site],
        services: Sequence[Service] = (),
        split_cost: Decimal = ZERO,
        prices: Mapping[tuple[str, str], Decimal] | None = None,
    ) -> None:
        """Remember what does not depend on orders."""
        self.sites = tuple(sites)
        self.services = tuple(services)
        self.split_cost = split_cost
        self.prices = prices or {}

    def price(self, site: Site, line: Line) -> int:
        """Return what a piece counts besides its cost, in :data:`UNIT`."""
        return sum(
            to_units(self.prices.get((site.key, product), ZERO)) * units
            for product, units in line.needs
        )

    # -- one parcel, for people --------------------------------------------------------

    def parcel(
        self, order: Order, site: Site, pieces: Mapping[str, int]
    ) -> Parcel | None:
        """Return the cheapest parcel of some pieces; None when no service takes it."""
        lines = [line for line in order.lines if pieces.get(line.key)]
        if not may_share(lines):
            return None
        required = required_of(order, lines)
        options = [
            self._parcel_by(order, site, pieces, service)
            for service in self.services or (None,)
            if self.is_allowed(order, site, service, required)
        ]
        possible = [parcel for parcel in options if parcel]
        return min(possible, key=lambda parcel: parcel.cost.total, default=None)

    def parcels(
        self, order: Order, site: Site, pieces: Mapping[str, int]
    ) -> tuple[Parcel, ...]:
        """Return the parcel by every service that takes it, cheapest first."""
        lines = [line for line in order.lines if pieces.get(line.key)]
        required = required_of(order, lines)
        options = (
            self._parcel_by(order, site, pieces, service)
            for service in self.services
            if self.is_allowed(order, site, service, required)
        )
        possible = (parcel for parcel in options if parcel)
        return tuple(sorted(possible, key=lambda parcel: parcel.cost.total))

    def plan(self, batch: Batch, row: int, of_line, in_block) -> Plan | None:
        """Return the plan of an order of a batch; None when nothing ships.

        :param of_line: index of the site of each line (L,); ``in_block`` the parcel it
            is in, as a bit mask, 0 when it waits.
        """
        order = batch.orders[row]
        blocks: dict[int, dict[str, int]] = {}
        where, waiting = {}, {}
        for line, site, block in zip(order.lines, of_line, in_block, strict=True):
            if block:
                blocks.setdefault(int(block), {})[line.key] = line.quantity
                where[int(block)] = int(site)
            else:
                waiting[line.key] = line.quantity
        if not blocks:
            return None
        parcels = []
        for block in sorted(blocks, key=lambda block: (where[block], block)):
            index = batch.service[row, block - 1, where[block]]
            service = self.services[index] if index >= 0 else None
            site = self.sites[where[block]]
            parcels.append(self._parcel_by(order, site, blocks[block], service))
        return Plan(tuple(parcels), waiting, self.split_cost * (len(parcels) - 1))

    def _parcel_by(self, order, site, pieces, service: Service | None):
        lines = [line for line in order.lines if pieces.get(line.key)]
        cost = Cost(
            packaging=_exact(site.packaging),
            handling=_exact(site.handling) + _exact(site.picking) * len(lines),
        )
        if service is None:
            return Parcel(site.key, "", pieces, cost, site.ready)
        weight = sum((weight_of(line) * pieces[line.key] for line in lines), 0)
        volume = sum((volume_of(line) * pieces[line.key] for line in lines), 0)
        asked = quote(
            service, order.place, weight / MILLIGRAMS, volume / CUBIC_CENTIMETRES
        )
        if asked is None:
            return None
        freight = _exact(asked.freight)
        arrival = site.ready and site.ready + timedelta(days=asked.days)
        cost += Cost(
            freight=freight,
            surcharges=_exact(asked.freight + asked.surcharges) - freight,
            lateness=self.lateness(order, site, asked.days),
        )
        return Parcel(site.key, service.key, pieces, cost, arrival)

    @staticmethod
    def is_allowed(
        order: Order,
        site: Site,
        service: Service | None,
        required: frozenset[str] | None = None,
    ) -> bool:
        """Whether a service may take a parcel of the order from a site.

        :param required: by the order and what is in the parcel; None: by the order.
        """
        if service is None:
            return True
        return (
            (order.required if required is None else required) <= service.features
            and (order.services is None or service.key in order.services)
            and (service.sites is None or site.key in service.sites)
        )

    @staticmethod
    def lateness(order: Order, site: Site, days: int) -> Decimal:
        """What it costs that a parcel from a site takes so many days."""
        arrival = site.ready and site.ready + timedelta(days=days)
        return _exact(order.late_cost) * _days_late(arrival, order.promised)

    # -- many parcels at once ----------------------------------------------------------

    def batch(
        self,
        orders: Sequence[Order],
        stock: Stock,
        products: Mapping[str, int],
        allowed,
    ) -> Batch:
        """Price every block of orders that have the same number of lines.

        :param products: index by product.
        :param allowed: bool (n, W), whether an order may use a site at all.
        """
        import numpy as np

        count, width = len(orders), len(orders[0].lines)
        masks = block_masks(width)
        feasible = self._feasible(orders, stock) & allowed[:, None, :]
        possible = ~((~feasible).astype(np.int32).transpose(0, 2, 1) @ masks.T > 0)
        possible = possible.transpose(0, 2, 1)  # (n, M, W)
        weights = _matrix(orders, lambda line: weight_of(line) * line.quantity)
        volumes = _matrix(orders, lambda line: volume_of(line) * line.quantity)
        possible &= ~_mixed(orders, masks)[:, :, None]
        cost, service = self._cheapest(
            orders, masks, weights @ masks.T, volumes @ masks.T
        )
        cost += self._site_costs(masks)[None]
        if self.prices:
            priced = [
                [
                    [self.price(site, line) * line.quantity for site in self.sites]
                    for line in order.lines
                ]
                for order in orders
            ]
            cost += np.einsum("ml,nlw->nmw", masks, np.array(priced, np.int64))
        cost = np.where(possible & (service > -2), cost, IMPOSSIBLE)
        hold = _matrix(orders, lambda line: 0)
        for row, order in enumerate(orders):
            hold[row] = _shares(to_units(order.hold_cost), order.lines)
        simple = [[_only_need(line) for line in order.lines] for order in orders]
        product = np.array(
            [[products.get(need[0], -1) for need in row] for row in simple]
        )
        units = np.array([[need[1] for need in row] for row in simple], dtype=np.int64)
        shape = (count, width)
        return Batch(
            tuple(orders),
            np.minimum(cost, IMPOSSIBLE),
            service,
            feasible,
            hold,
            product.reshape(shape),
            units.reshape(shape),
        )

    def _feasible(self, orders, stock: Stock):
        """Whether a site has a line whole; bool (n, L, W)."""
        import numpy as np

        keys = [site.key for site in self.sites]
        by_product: dict = {}
        for order in orders:
            for line in order.lines:
                for product, _units in line.needs:
                    if product not in by_product:
                        by_product[product] = np.array(
                            [stock.get((key, product), 0) for key in keys],
                            dtype=np.int64,
                        )
        everywhere = np.ones(len(keys), dtype=bool)

        def has(line: Line):
            enough = everywhere
            for product, units in line.needs:
                enough = enough & (by_product[product] >= units * line.quantity)
            return enough

        return np.array([[has(line) for line in order.lines] for order in orders])

    def _site_costs(self, masks):
        """Packaging, handling and picking of a block at a site; int64 (M, W)."""
        import numpy as np

        fixed = [
            to_units(site.packaging) + to_units(site.handling) for site in self.sites
        ]
        picking = [to_units(site.picking) for site in self.sites]
        lines = masks.sum(axis=1)
        return np.array(fixed)[None, :] + lines[:, None] * np.array(picking)[None, :]

    def _cheapest(self, orders, masks, weights, volumes):
        """Cost and index of the cheapest service of each block at each site.

        :param weights: milligrams, int64 (n, M); ``volumes`` cm³ likewise.
        :return: int64 (n, M, W) and int16 (n, M, W); -2 where no service is possible,
            -1 where none is needed.
        """
        import numpy as np

        shape = (*weights.shape, len(self.sites))
        if not self.services:
            return np.zeros(shape, np.int64), np.full(shape, -1, np.int16)
        best = np.full(shape, IMPOSSIBLE, np.int64)
        chosen = np.full(shape, -2, np.int16)
        late_cost = np.array([to_units(order.late_cost) for order in orders])
        promised = np.array(
            [order.promised.toordinal() if order.promised else 0 for order in orders]
        )
        places = _Places(orders)
        demanding = any(line.required for order in orders for line in order.lines)
        for index, service in enumerate(self.services):
            usable = self._usable(service, orders, masks, demanding)
            if not usable.any():
                continue
            price, days = self._prices(service, places, weights, volumes)
            for column, site in enumerate(self.sites):
                if service.sites is not None and site.key not in service.sites:
                    continue
                total = price + self._late(site, days, promised, late_cost)[:, None]
                better = usable & (total < best[:, :, column])
                best[:, :, column] = np.where(better, total, best[:, :, column])
                chosen[:, :, column] = np.where(better, index, chosen[:, :, column])
        return best, chosen

    @staticmethod
    def _usable(service: Service, orders, masks, demanding: bool):
        """Whether blocks of orders may go by a service at all; bool (n, M).

        :param demanding: whether any line requires something.
        """
        import numpy as np

        usable = np.array(
            [
                order.required <= service.features
                and (order.services is None or service.key in order.services)
                for order in orders
            ]
        )[:, None]
        if not demanding:
            return np.broadcast_to(usable, (len(orders), len(masks)))
        lacking = _matrix(orders, lambda line: not line.required <= service.features)
        return usable & (lacking @ masks.T == 0)

    @staticmethod
    def _late(site: Site, days, promised, late_cost):
        """Cost of lateness of a parcel from a site; int64 (n,)."""
        import numpy as np

        if site.ready is None:
            return np.zeros_like(promised)
        late = np.maximum(site.ready.toordinal() + days - promised, 0)
        return np.where(promised > 0, late * late_cost, 0)

    def _prices(self, service: Service, places: _Places, weights, volumes):
        """Freight with surcharges int64 (n, M), and days in transit int64 (n,)."""
        import numpy as np

        price = np.full(weights.shape, IMPOSSIBLE, np.int64)
        days = np.zeros(len(weights), np.int64)
        billed = weights
        if service.divisor:
            volumetric = -(-volumes * int(MILLIGRAMS) // service.divisor)
            billed = np.maximum(weights, volumetric)
        different, which = places.seen_by(service)
        heaviest = int(billed.max(initial=0))
        tables = [_table(service, place, heaviest) for place in different]
        distinct = list({id(table): table for table in tables if table}.values())
        number = {id(table): index for index, table in enumerate(distinct)}
        code = np.array([number.get(id(table), -1) for table in tables])[which]
        for index, table in enumerate(distinct):
            rows = np.flatnonzero(code == index)
            days[rows] = table.days
            price[rows] = table.price(billed[rows])
        fits = np.ones(weights.shape, dtype=bool)
        if service.max_weight:
            fits &= weights <= int(service.max_weight * MILLIGRAMS)
        if service.max_volume:
            fits &= volumes <= int(service.max_volume * CUBIC_CENTIMETRES)
        return np.where(fits, price, IMPOSSIBLE), days


def _table(service: Service, place: Place, heaviest: int) -> PriceTable | None:
    """The prices of a place up to a weight in milligrams; remembered by the service."""
    rate = service.rate(place)
    if rate is None:
        return None
    remote = bool(service.remote_zips and place.zip.startswith(service.remote_zips))
    key = id(rate), remote
    known = service.tables.get(key)
    if known is None or not known.reaches(heaviest):
        known = PriceTable.make(service, rate, place, heaviest)
        service.tables[key] = known
    return known


@dataclass(frozen=True)
class PriceTable:
    """A zone's price as a step function over milligrams.

    :param limits: int64 (k,), upper ends of brackets and steps; ``prices`` int64 (k,).
    :param days: days in transit.
    :param last: whether nothing heavier is taken at all.
    """

    limits: object
    prices: object
    days: int
    last: bool

    @classmethod
    def make(
        cls, service: Service, rate: ZoneRate, place: Place, heaviest: int
    ) -> PriceTable:
        """Return the table of a row of a rate card, up to a weight in milligrams."""
        import numpy as np

        def full(freight: Decimal) -> int:
            return to_units(freight + service.surcharge(freight, place))

        limits = [limit for limit, _price in rate.brackets]
        freights = [price for _limit, price in rate.brackets]
        last = True
        if rate.step:
            beyond = heaviest - int(limits[-1] * MILLIGRAMS)
            steps = max(-(-beyond // int(rate.step * MILLIGRAMS)), FEWEST_STEPS)
            last = steps >= FURTHER_STEPS
            for count in range(1, min(steps, FURTHER_STEPS) + 1):
                limits.append(rate.brackets[-1][0] + count * rate.step)
                freights.append(rate.brackets[-1][1] + count * rate.step_price)
        return cls(
            np.array([int(limit * MILLIGRAMS) for limit in limits]),
            np.array([full(freight) for freight in freights]),
            rate.days,
            last,
        )

    def reaches(self, weight: int) -> bool:
        """Whether the table is long enough for a weight in milligrams."""
        return self.last or weight <= int(self.limits[-1])

    def price(self, weights):
        """Return prices, int64, of weights in milligrams, any shape."""
        import numpy as np

        index = np.searchsorted(self.limits, weights, side="left")
        beyond = index == len(self.limits)
        found = self.prices[np.minimum(index, len(self.limits) - 1)]
        return np.where(beyond, IMPOSSIBLE, found)


def block_masks(width: int):
    """Return the blocks of ``width`` lines as an int64 array (2**width - 1, width)."""
    import numpy as np

    numbers = np.arange(1, 1 << width)
    return (numbers[:, None] >> np.arange(width)[None, :]) & 1


def product_index(orders: Iterable[Order]) -> dict[str, int]:
    """Number the products of some orders."""
    found = {
        product: None
        for order in orders
        for line in order.lines
        for product, _units in line.needs
    }
    return {product: index for index, product in enumerate(found)}


def _matrix(orders: Sequence[Order], value):
    import numpy as np

    return np.array(
        [[value(line) for line in order.lines] for order in orders], dtype=np.int64
    )


def _mixed(orders: Sequence[Order], masks):
    """Whether a block has lines that never share a parcel; bool (n, M)."""
    import numpy as np

    mixed = np.zeros((len(orders), len(masks)), dtype=bool)
    names = {line.shipping_class for order in orders for line in order.lines}
    if len(names) > 1:
        inside = masks.T > 0
        kinds = np.zeros(mixed.shape, np.int64)
        for name in names:
            of_class = _matrix(
                orders, lambda line, name=name: line.shipping_class == name
            )
            kinds += of_class @ inside > 0
        mixed = kinds > 1
    return mixed


def _only_need(line: Line) -> tuple[str, int]:
    """Product and units of a line, when it is one product."""
    if len(line.needs) == 1:
        product, units = line.needs[0]
        return product, units * line.quantity
    return "", 0


def _shares(total: int, lines: Sequence[Line]) -> list[int]:
    """Divide a cost over lines by their value, exactly; the last one takes the rest."""
    worth = [line.value * line.quantity for line in lines]
    if not sum(worth):
        worth = [Decimal(1)] * len(lines)
    whole = sum(worth)
    shares = [int(total * part / whole) for part in worth]
    shares[-1] += total - sum(shares)
    return shares


def weight_of(line: Line) -> int:
    """Milligrams of a piece."""
    return int((line.weight * MILLIGRAMS).to_integral_value(ROUND_CEILING))


def volume_of(line: Line) -> int:
    """Cubic centimetres of a piece."""
    return int((line.volume * CUBIC_CENTIMETRES).to_integral_value(ROUND_CEILING))


def _exact(money: Decimal) -> Decimal:
    """Return money in the steps of the arrays."""
    return to_units(money) * UNIT


def _days_late(arrival: date | None, promised: date | None) -> int:
    if arrival is None or promised is None:
        return 0
    return max((arrival - promised).days, 0)
