"""Small random routing problems, and every plan they allow."""

import itertools
import random
from datetime import date, timedelta
from decimal import Decimal

from ecom_orders.routing.schema import Line, Order, Parcel, Place, Plan, Site
from ecom_orders.routing.tariffs import Service, Zone, ZoneRate

TODAY = date(2026, 3, 2)
COUNTRIES = ("DE", "FR", "CN")


def money(rng: random.Random, low: int, high: int) -> Decimal:
    """Return an amount between two numbers of cents."""
    return Decimal(rng.randint(low, high)) / 100


def small_case(seed: int, sites: int = 3, lines: int = 3, most: int = 3):
    """Return (order, sites, services, stock) with a few of everything."""
    rng = random.Random(seed)
    places = [make_site(rng, number) for number in range(rng.randint(1, sites))]
    services = [make_service(rng, number) for number in range(rng.randint(1, 2))]
    order = make_order(rng, rng.randint(1, lines), most)
    products = {product for line in order.lines for product, _units in line.needs}
    stock = {
        (site.key, product): rng.choice((0, 1, 2, 3, 6))
        for site in places
        for product in sorted(products)
    }
    return order, places, services, stock


def make_site(rng: random.Random, number: int) -> Site:
    """Return a site."""
    return Site(
        key=f"W{number}",
        place=Place(rng.choice(COUNTRIES), latitude=rng.uniform(30, 55), longitude=5.0),
        priority=rng.randint(0, 3),
        ready=TODAY + timedelta(days=rng.randint(0, 1)),
        packaging=money(rng, 0, 100),
        handling=money(rng, 0, 200),
        picking=money(rng, 0, 60),
    )


def make_service(rng: random.Random, number: int) -> Service:
    """Return a service with a row for each country, some of them missing."""
    rates = []
    for country in COUNTRIES:
        prices = sorted(money(rng, 200, 1500) for _bracket in range(3))
        rates.append(
            ZoneRate(
                Zone(frozenset({country})),
                tuple(zip((Decimal(1), Decimal(3), Decimal(8)), prices, strict=True)),
                step=Decimal(rng.choice((0, 1, 2))),
                step_price=money(rng, 10, 300),
                days=rng.randint(1, 5),
            )
        )
    if rng.random() < 0.2:
        rates.pop()
    return Service(
        key=f"S{number}",
        rates=tuple(rates),
        fuel=Decimal(rng.choice((0, 0, 7))),
        divisor=rng.choice((0, 5000, 6000)),
    )


def make_order(rng: random.Random, lines: int, most: int) -> Order:
    """Return an order of so many lines with at most ``most`` pieces each."""
    return Order(
        key="O",
        lines=tuple(
            Line(
                key=f"L{number}",
                needs=((f"P{number}", 1),),
                quantity=rng.randint(1, most),
                weight=Decimal(rng.randint(1, 4000)) / 1000,
                volume=Decimal(rng.randint(0, 20000)) / 1_000_000,
                value=money(rng, 100, 9000),
                whole=rng.random() < 0.2,
            )
            for number in range(lines)
        ),
        place=Place(rng.choice(COUNTRIES), zip="10115"),
        promised=TODAY + timedelta(days=rng.randint(1, 4)),
        late_cost=money(rng, 0, 400),
        hold_cost=money(rng, 5000, 20000),
    )


def every_plan(order, sites, costing, stock, commit):
    """Yield every plan of whole lines that stock and commit condition allow.

    Lines go to parcels in every way (set partitions), parcels to sites in every way.
    """
    names = [line.key for line in order.lines]
    for waiting in waiting_sets(names, commit.partial):
        shipped = [name for name in names if name not in waiting]
        for parts in set_partitions(shipped):
            if commit.max_parcels and len(parts) > commit.max_parcels:
                continue
            for where in itertools.product(sites, repeat=len(parts)):
                plan = make_plan(order, parts, where, costing, stock, commit)
                if plan is not None:
                    yield plan, frozenset(waiting)


def waiting_sets(names, partial: bool):
    """Yield what may be left waiting: nothing, everything, with partial all between."""
    for size in range(len(names) + 1):
        if partial or size in (0, len(names)):
            yield from itertools.combinations(names, size)


def set_partitions(names):
    """Yield every division of names into non-empty parts."""
    if not names:
        yield []
        return
    first, rest = names[0], names[1:]
    for parts in set_partitions(rest):
        yield [[first], *parts]
        for index in range(len(parts)):
            yield [*parts[:index], [first, *parts[index]], *parts[index + 1 :]]


def make_plan(order, parts, where, costing, stock, commit):
    """Return the plan, or None when something does not allow it."""
    quantities = {line.key: line.quantity for line in order.lines}
    values = {line.key: line.value * line.quantity for line in order.lines}
    left = dict(stock)
    parcels = []
    for part, site in zip(parts, where, strict=True):
        worth = sum(values[name] for name in part)
        if len(parts) > 1 and worth < commit.min_part_value:
            return None
        for line in order.lines:
            for product, units in line.needs if line.key in part else ():
                left[site.key, product] = left.get((site.key, product), 0) - (
                    units * quantities[line.key]
                )
                if left[site.key, product] < 0:
                    return None
        parcel = costing.parcel(order, site, {name: quantities[name] for name in part})
        if parcel is None:
            return None
        parcels.append(parcel)
    return Plan(
        tuple(parcels), split_cost=costing.split_cost * max(len(parcels) - 1, 0)
    )


def plan_of(order, choice, row, sites, costing) -> Plan:
    """Return the plan that a row of a choice describes."""
    blocks: dict[int, list[Parcel]] = {}
    for line, block in zip(order.lines, choice.block[row], strict=True):
        if block:
            blocks.setdefault(int(block), []).append(line)
    parcels = []
    for block, lines in blocks.items():
        site = sites[choice.site[row][(block & -block).bit_length() - 1]]
        parcels.append(
            costing.parcel(order, site, {line.key: line.quantity for line in lines})
        )
    return Plan(
        tuple(parcels), split_cost=costing.split_cost * max(len(parcels) - 1, 0)
    )
