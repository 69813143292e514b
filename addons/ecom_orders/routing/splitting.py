"""The exact optimum when the quantity of a line may come from several sites (MILP).

A site is there once for every parcel that it could send (:func:`.packing.berths`): one,
unless lines must not share one, or require different things of carriers. Variables:
pieces ``x[l, s]`` of line l from site s (whole numbers); ``u[s, v, b]``, one
when site s sends a parcel with service v whose weight is in bracket b; ``e[s, v]``,
further steps of weight beyond the last bracket; ``z[l, s]``, whether the line is in the
parcel; ``h[l]``, pieces that wait. With weights w, stock k and brackets up to B::

    min   sum of brackets' prices u + steps' prices e + picking z + split + waiting h
    s.t.  sum over s of x[l, s] + h[l] = quantity[l]
          sum of units x <= k                        every product and site
          x[l, s] <= quantity[l] z[l, s]
          sum over l of w[l] x[l, s] <= sum of B u[s, v, b] + step e[s, v]
          sum over v, b of u[s, v, b] <= 1           at most one parcel from a site

solved by HiGHS through ``scipy.optimize.milp``. It is slower than :mod:`.partition`
(some ten milliseconds), so it is asked only for orders that need it: a line that no
site has whole, more than :data:`.costing.MOST_LINES` lines, or lines that compete for
the same product. A line that some site has whole is never torn apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .costing import MILLIGRAMS, Costing, to_units, volume_of, weight_of
from .packing import berths, required_of
from .partition import Commit
from .schema import Order, Plan, Site, Stock
from .tariffs import CUBIC_CENTIMETRES, Service, ZoneRate


@dataclass
class _Model:
    """A mixed-integer program under construction."""

    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)

    def variable(self, cost: float, upper: float) -> int:
        """Add a whole-number variable from zero to ``upper``; returns its number."""
        self.cost.append(cost)
        self.upper.append(upper)
        return len(self.cost) - 1

    def row(self, terms: dict[int, float], low: float, high: float) -> None:
        """Add ``low <= sum of terms <= high``."""
        self.rows.append((terms, low, high))

    def solve(self, seconds: float):
        """Return the values of the variables, or None when nothing is possible."""
        import numpy as np
        from scipy import sparse
        from scipy.optimize import Bounds, LinearConstraint, milp

        entries = [
            (number, column, factor)
            for number, (terms, _low, _high) in enumerate(self.rows)
            for column, factor in terms.items()
        ]
        rows, columns, factors = zip(*entries, strict=True)
        matrix = sparse.csr_matrix(
            (factors, (rows, columns)), shape=(len(self.rows), len(self.cost))
        )
        solved = milp(
            np.array(self.cost, float),
            constraints=LinearConstraint(
                matrix,
                [low for _terms, low, _high in self.rows],
                [high for _terms, _low, high in self.rows],
            ),
            integrality=np.ones(len(self.cost)),
            bounds=Bounds(0, np.array(self.upper, float)),
            options={"mip_rel_gap": 0, "time_limit": seconds},
        )
        return None if solved.x is None else np.rint(solved.x).astype(int)


def split(
    order: Order,
    sites: Sequence[Site],
    stock: Stock,
    costing: Costing,
    commit: Commit,
    hold: Mapping[str, int],
    seconds: float = 5.0,
) -> Plan | None:
    """Return the cheapest plan of an order; None when it is best left waiting.

    :param hold: cost of leaving a line waiting, in :data:`.costing.UNIT`.
    :param seconds: most time for HiGHS.
    """
    builder = _Builder(order, sites, stock, costing, commit, hold)
    values = builder.build().solve(seconds)
    if values is None:
        return None
    return builder.plan(values)


@dataclass(frozen=True)
class _Berth:
    """A parcel that a site could send: lines that may share it, by key."""

    site: Site
    number: int
    lines: frozenset[str]

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from others."""
        return self.site.key, self.number


class _Builder:
    def __init__(self, order, sites, stock, costing, commit, hold) -> None:
        self.order = order
        allowed = [site for site in sites if site.key not in order.excluded]
        groups = berths(order.lines)
        self.sites = [
            _Berth(site, number, frozenset(line.key for line in lines))
            for site in allowed
            for number, lines in enumerate(groups)
        ]
        self.stock = stock
        self.costing = costing
        self.commit = commit
        self.hold = hold
        self.model = _Model()
        self.pieces: dict[tuple[str, tuple[str, int]], int] = {}
        self.inside: dict[tuple[str, tuple[str, int]], int] = {}
        self.ships: dict[tuple[str, int], dict[int, int]] = {}
        self.waits: dict[str, int] = {}

    def build(self) -> _Model:
        """Set up the whole program."""
        for site in self.sites:
            self._add_site(site)
        self._add_stock()
        self._add_lines()
        self._add_waiting()
        self._add_commit()
        return self.model

    def plan(self, values) -> Plan | None:
        """Read the plan from the solution."""
        parcels, waiting = [], {}
        for site in self.sites:
            pieces = {
                line.key: int(values[self.pieces[line.key, site.key]])
                for line in self.order.lines
                if values[self.pieces[line.key, site.key]]
            }
            if pieces:
                parcels.append(self.costing.parcel(self.order, site.site, pieces))
        for line in self.order.lines:
            left = line.quantity - sum(
                parcel.pieces.get(line.key, 0) for parcel in parcels
            )
            if left:
                waiting[line.key] = left
        if not parcels:
            return None
        return Plan(
            tuple(parcels), waiting, self.costing.split_cost * (len(parcels) - 1)
        )

    # -- parts of the program ----------------------------------------------------------

    def _here(self, berth: _Berth, line) -> int:
        """Pieces of a line that a site has, and that may be in the parcel."""
        if line.key not in berth.lines:
            return 0
        held = {
            product: self.stock.get((berth.site.key, product), 0)
            for product, _ in line.needs
        }
        return line.pieces_within(held)

    def _add_site(self, berth: _Berth) -> None:
        """Pieces, parcels and weights of one parcel of a site."""
        model, order, site = self.model, self.order, berth.site
        fixed = to_units(site.packaging) + to_units(site.handling)
        fixed += to_units(self.costing.split_cost)
        picking = to_units(site.picking)
        for line in order.lines:
            most = self._here(berth, line)
            pieces = model.variable(self.costing.price(site, line), most)
            inside = model.variable(picking, 1)
            model.row({pieces: 1, inside: -most}, -float("inf"), 0)
            model.row({pieces: 1, inside: -1}, 0, float("inf"))
            self.pieces[line.key, berth.key] = pieces
            self.inside[line.key, berth.key] = inside
        self.ships[berth.key] = self._parcels(berth, fixed)
        everything = sum(line.quantity for line in order.lines)
        terms = {self.pieces[line.key, berth.key]: 1.0 for line in order.lines}
        terms |= {variable: -everything for variable in self.ships[berth.key]}
        model.row(terms, -float("inf"), 0)
        model.row({variable: 1 for variable in self.ships[berth.key]} or {0: 0}, 0, 1)

    def _add_stock(self) -> None:
        """Parcels of a site share its stock, and a line is in one of them only."""
        of_site: dict[str, list[_Berth]] = {}
        for berth in self.sites:
            of_site.setdefault(berth.site.key, []).append(berth)
        for site, here in of_site.items():
            taken: dict[str, dict[int, float]] = {}
            for line in self.order.lines:
                if len(here) > 1:
                    inside = [self.inside[line.key, berth.key] for berth in here]
                    self.model.row(dict.fromkeys(inside, 1.0), 0, 1)
                for product, units in line.needs:
                    terms = taken.setdefault(product, {})
                    for berth in here:
                        terms[self.pieces[line.key, berth.key]] = units
            for product, terms in taken.items():
                if len(terms) > 1:
                    self.model.row(terms, 0, self.stock.get((site, product), 0))

    def _parcels(self, berth: _Berth, fixed: int) -> dict[int, int]:
        """Variables "a parcel with this service in this bracket"."""
        if not self.costing.services:
            return {self.model.variable(fixed, 1): 0}
        found: dict[int, int] = {}
        limits: dict[int, list[tuple[int, float]]] = {}
        site = berth.site
        inside = [line for line in self.order.lines if line.key in berth.lines]
        required = required_of(self.order, inside)
        for number, service in enumerate(self.costing.services):
            rate = service.rate(self.order.place)
            if rate and self.costing.is_allowed(self.order, site, service, required):
                late = self.costing.lateness(self.order, site, rate.days)
                variables = self._brackets(
                    service, rate, fixed + to_units(late), limits
                )
                found |= dict.fromkeys(variables, number)
        for measure in (0, 1, 2):
            self._limit(berth, measure, limits)
        return found

    def _brackets(self, service: Service, rate: ZoneRate, fixed: int, limits):
        """Add the brackets of a service; what each allows goes into ``limits``."""
        model, place = self.model, self.order.place

        def full(freight) -> int:
            return to_units(freight + service.surcharge(freight, place))

        most = _most(service)
        rows = [(limit, full(price)) for limit, price in rate.brackets]
        heaviest = sum(self._weights(service)[0])
        if rate.step:
            top, price = rate.brackets[-1]
            count = 1
            while rows[-1][0] * MILLIGRAMS < heaviest and count <= 500:
                freight = price + count * rate.step_price
                rows.append((top + count * rate.step, full(freight)))
                count += 1
        variables = []
        for limit, price in rows:
            variable = model.variable(fixed + price, 1)
            variables.append(variable)
            billed = int(limit * MILLIGRAMS)
            limits[variable] = [
                (0, min(billed, most[0])),
                (1, billed * service.divisor // int(MILLIGRAMS))
                if service.divisor
                else (1, float("inf")),
                (2, most[1]),
            ]
        return variables

    def _weights(self, service: Service | None = None):
        weights = [weight_of(line) * line.quantity for line in self.order.lines]
        volumes = [volume_of(line) * line.quantity for line in self.order.lines]
        if service and service.divisor:
            billed = [
                max(weight, -(-volume * int(MILLIGRAMS) // service.divisor))
                for weight, volume in zip(weights, volumes, strict=True)
            ]
            return billed, volumes
        return weights, volumes

    def _limit(self, site: _Berth, measure: int, limits) -> None:
        """Weight (0), volumetric weight (1) or volume (2) within what was paid for."""
        of_piece = weight_of if measure == 0 else volume_of
        whole = sum(of_piece(line) * line.quantity for line in self.order.lines)
        terms = {
            self.pieces[line.key, site.key]: float(of_piece(line))
            for line in self.order.lines
        }
        for variable, allowed in limits.items():
            terms[variable] = -float(min(allowed[measure][1], whole))
        if whole:
            scale = 1 / whole
            self.model.row(
                {variable: factor * scale for variable, factor in terms.items()},
                -float("inf"),
                1e-9,
            )

    def _add_lines(self) -> None:
        """All pieces are shipped or wait; a line that fits in one site stays whole."""
        for line in self.order.lines:
            wait = self.model.variable(0, line.quantity)
            self.waits[line.key] = wait
            terms = {self.pieces[line.key, site.key]: 1.0 for site in self.sites}
            self.model.row(terms | {wait: 1.0}, line.quantity, line.quantity)
            whole = [s for s in self.sites if self._here(s, line) >= line.quantity]
            if whole or line.whole or not self.commit.split_lines:
                self._keep_whole(line, whole)

    def _keep_whole(self, line, whole: Sequence[_Berth]) -> None:
        keys = {site.key for site in whole}
        for site in self.sites:
            variable = self.pieces[line.key, site.key]
            if site.key not in keys:
                self.model.upper[variable] = 0
                continue
            chosen = self.model.variable(0, 1)
            self.model.row({variable: 1.0, chosen: -line.quantity}, 0, 0)

    def _add_waiting(self) -> None:
        """Waiting costs; unless lines may wait one by one, all wait or none does."""
        all_wait = self.model.variable(0, 1)
        for line in self.order.lines:
            waits = self.waits[line.key]
            some = self.model.variable(self.hold[line.key], 1)
            self.model.row({waits: 1.0, some: -line.quantity}, -float("inf"), 0)
            if not self.commit.partial:
                self.model.row({waits: 1.0, all_wait: -line.quantity}, 0, 0)

    def _add_commit(self) -> None:
        """Split costs count from the second parcel; limits of number and value."""
        model, order = self.model, self.order
        parcels = [variable for ships in self.ships.values() for variable in ships]
        first = model.variable(-to_units(self.costing.split_cost), 1)
        if parcels:
            model.row({first: 1.0} | dict.fromkeys(parcels, -1.0), -float("inf"), 0)
        if self.commit.max_parcels:
            model.row(
                dict.fromkeys(parcels, 1.0) or {0: 0.0}, 0, self.commit.max_parcels
            )
        if not self.commit.min_part_value:
            return
        several = model.variable(0, 1)
        model.row(
            dict.fromkeys(parcels, 1.0) | {several: -float(len(self.sites))},
            -float("inf"),
            1,
        )
        least = float(self.commit.min_part_value)
        for site in self.sites:
            terms = {
                self.pieces[line.key, site.key]: float(line.value)
                for line in order.lines
            }
            terms |= dict.fromkeys(self.ships[site.key], -least)
            model.row(terms | {several: -least}, -least - 1e-6, float("inf"))


def _most(service: Service) -> tuple[float, float]:
    """Most milligrams and cm³ of a parcel."""
    infinite = float("inf")
    return (
        int(service.max_weight * MILLIGRAMS) if service.max_weight else infinite,
        int(service.max_volume * CUBIC_CENTIMETRES) if service.max_volume else infinite,
    )
