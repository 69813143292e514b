"""A market for routing: warehouses, carriers, scarce stock and a day's orders.

Everything follows from the seed. A country of 1,600 by 900 km has 48 states; orders
come where people live (towns of very different size). Each of 20 warehouses has a card
of an economy and of an express service, whose zones are distances; hot products are
short at the sites that everybody likes.
"""

import random
from datetime import date, timedelta
from decimal import Decimal

from ecom_orders.routing.schema import Line, Order, Place, Site
from ecom_orders.routing.tariffs import Service, Zone, ZoneRate

TODAY = date(2026, 3, 2)
WIDTH, HEIGHT = 1600, 900
#: kilometres of a degree
DEGREE = 111.2
BANDS = (150, 300, 600, 900, 1300, 10_000)
ECONOMY = ("4.10", "4.60", "5.30", "6.20", "7.40", "9.10")
EXPRESS = ("7.90", "8.70", "10.20", "12.00", "14.50", "17.90")


class Market:
    """A generated market.

    :ivar orders: in order of arrival.
    :ivar stock: units by (site, product).
    """

    def __init__(
        self, seed: int, orders: int = 10_000, sites: int = 20, products: int = 600
    ) -> None:
        """Generate it."""
        self.rng = random.Random(seed)
        self.states = {
            f"S{number:02d}": (x * 200 + 100, y * 150 + 75)
            for number, (x, y) in enumerate((x, y) for x in range(8) for y in range(6))
        }
        self.towns = [
            (self.rng.choice(list(self.states)), self.rng.paretovariate(0.9))
            for _town in range(150)
        ]
        self.sites = [self._site(number) for number in range(sites)]
        self.services = [
            service for site in self.sites for service in self._services(site)
        ]
        self.products = [self._product(number) for number in range(products)]
        self.orders = [self._order(number) for number in range(orders)]
        self.stock = self._stock()

    def _place(self, state: str, spread: float) -> Place:
        x, y = self.states[state]
        x += self.rng.uniform(-spread, spread)
        y += self.rng.uniform(-spread, spread)
        return Place("US", state, "", y / DEGREE, x / DEGREE)

    def _site(self, number: int) -> Site:
        state = self.rng.choices(
            [town[0] for town in self.towns], [town[1] for town in self.towns]
        )[0]
        cents = self.rng.randint
        return Site(
            key=f"W{number:02d}",
            place=self._place(state, 70),
            priority=number,
            ready=TODAY + timedelta(days=self.rng.choice((0, 0, 1))),
            packaging=Decimal(cents(20, 60)) / 100,
            handling=Decimal(cents(60, 180)) / 100,
            picking=Decimal(cents(15, 60)) / 100,
        )

    def _services(self, site: Site):
        bands: dict[int, set[str]] = {}
        for state, (x, y) in self.states.items():
            far = site.place.distance(Place("US", state, "", y / DEGREE, x / DEGREE))
            band = next(index for index, limit in enumerate(BANDS) if far <= limit)
            bands.setdefault(band, set()).add(state)
        for name, prices, speed in (("eco", ECONOMY, 2), ("exp", EXPRESS, 1)):
            rates = []
            for band, states in sorted(bands.items()):
                base = Decimal(prices[band])
                rates.append(
                    ZoneRate(
                        Zone(frozenset({"US"}), frozenset(states)),
                        ((Decimal(1), base), (Decimal(3), base * Decimal("1.25"))),
                        step=Decimal(1),
                        step_price=base * Decimal("0.09"),
                        days=1 + (band * speed) // 2,
                    )
                )
            yield Service(
                f"{site.key}-{name}",
                rates=tuple(rates),
                fuel=Decimal("6.5"),
                divisor=5000,
                sites=frozenset({site.key}),
            )

    def _product(self, number: int):
        rng = self.rng
        return {
            "key": f"P{number:03d}",
            "popular": 1 / (number + 3) ** 0.8,
            "weight": Decimal(rng.randint(80, 3500)) / 1000,
            "volume": Decimal(rng.randint(200, 9000)) / 1_000_000,
            "value": Decimal(rng.randint(500, 12000)) / 100,
        }

    def _order(self, number: int) -> Order:
        rng = self.rng
        state = rng.choices([t[0] for t in self.towns], [t[1] for t in self.towns])[0]
        count = rng.choices((1, 2, 3, 4, 5), (48, 27, 14, 7, 4))[0]
        chosen: dict = {}
        while len(chosen) < count:
            product = rng.choices(
                self.products, [product["popular"] for product in self.products]
            )[0]
            chosen[product["key"]] = product
        lines = tuple(
            Line(
                key=f"{number}-{index}",
                needs=((product["key"], 1),),
                quantity=rng.choices((1, 2, 3), (85, 11, 4))[0],
                weight=product["weight"],
                volume=product["volume"],
                value=product["value"],
            )
            for index, product in enumerate(chosen.values())
        )
        value = sum(line.value * line.quantity for line in lines)
        return Order(
            key=str(number),
            lines=lines,
            place=self._place(state, 90),
            promised=TODAY + timedelta(days=rng.choices((2, 3, 5), (20, 50, 30))[0]),
            late_cost=Decimal(2),
            # the margin that is lost when the buyer does not wait
            hold_cost=Decimal(15) + (value * Decimal("0.35")).quantize(Decimal("0.01")),
        )

    def _stock(self) -> dict:
        demand: dict = {}
        for order in self.orders:
            for line in order.lines:
                product = line.needs[0][0]
                demand[product] = demand.get(product, 0) + line.quantity
        stock = {}
        for product, units in demand.items():
            # what everybody wants is short, the rest is ample but not everywhere
            cover = self.rng.choices((0.97, 1.1, 1.4, 2.5), (15, 35, 30, 20))[0]
            holders = self.rng.sample(self.sites, self.rng.randint(3, 9))
            shares = [self.rng.paretovariate(1.5) for _site in holders]
            for site, share in zip(holders, shares, strict=True):
                kept = int(units * cover * share / sum(shares) + 0.5)
                if kept:
                    stock[site.key, product] = kept
        return stock
