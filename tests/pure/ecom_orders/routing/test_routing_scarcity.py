"""What a unit is worth to later orders, and what that changes for an order of today."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from ecom_orders.routing.costing import Costing
from ecom_orders.routing.rerouting import reroute
from ecom_orders.routing.router import Network, alternatives, decide
from ecom_orders.routing.rules import Rule
from ecom_orders.routing.scarcity import Expected, opportunity, scarcity_prices
from ecom_orders.routing.schema import Line, Order, Place, Site
from ecom_orders.routing.tariffs import Service, Zone, ZoneRate

GERMANY, FRANCE = Place("DE"), Place("FR")
SITES = (
    Site("B", place=GERMANY, ready=date(2026, 3, 2)),
    Site("M", place=FRANCE, ready=date(2026, 3, 2)),
)
#: what a parcel costs from a site to a country
PRICES = {("B", "DE"): 4, ("B", "FR"): 3, ("M", "DE"): 9, ("M", "FR"): 4}


def service(site):
    """Return the carrier of a site."""
    rates = tuple(
        ZoneRate(Zone(frozenset({country})), ((Decimal(30), Decimal(price)),))
        for (start, country), price in PRICES.items()
        if start == site
    )
    return Service(f"by-{site}", rates=rates, sites=frozenset({site}))


def network(stock, *expected):
    """Return two sites with what lies there, and what is expected."""
    services = tuple(service(site.key) for site in SITES)
    return Network(SITES, services, stock, Decimal(1), tuple(expected))


def order(pieces=1, needs=(("x", 1),), key="O"):
    """Return an order from France, for which the German site is the cheaper one."""
    return Order(key, (Line("1", needs, pieces),), FRANCE)


def one(wanted, found, strategy="scarcity"):
    """Return the plan of one order."""
    rule = Rule("r", strategy=strategy)
    return decide([wanted], [rule], found).decisions[wanted.key].plan


#: Germany will order one and a half of which Berlin has one: a further one there saves
#: what it costs to send it from France instead
SCARCE = network(
    {("B", "x"): 1, ("M", "x"): 2}, Expected("x", GERMANY, 1.5, Decimal(50))
)


class TestPrices:
    """The duals of the transportation problem."""

    def test_a_unit_is_worth_what_the_longer_way_would_cost(self):
        assert SCARCE.prices == {("B", "x"): Decimal(9 - 4)}

    def test_a_unit_that_nobody_could_replace_is_worth_what_is_lost_without_it(self):
        alone = network({("B", "x"): 1}, Expected("x", GERMANY, 3, Decimal(50)))
        assert alone.prices == {("B", "x"): Decimal(50 - 4)}

    def test_what_will_last_is_worth_nothing(self):
        plenty = network({("B", "x"): 9}, Expected("x", GERMANY, 3, Decimal(50)))
        assert not plenty.prices

    def test_what_nobody_is_expected_to_order_is_worth_nothing(self):
        assert not network({("B", "x"): 1}).prices
        none = network({("B", "x"): 1}, Expected("x", GERMANY, 0, Decimal(50)))
        assert not none.prices

    def test_stock_that_was_promised_twice_is_no_stock(self):
        beyond = network({("B", "x"): -3}, Expected("x", GERMANY, 3, Decimal(50)))
        assert not beyond.prices

    def test_a_region_where_no_carrier_goes_makes_nothing_scarce(self):
        far = network({("B", "x"): 1}, Expected("x", Place("CN"), 3, Decimal(50)))
        assert not far.prices

    @pytest.mark.parametrize("first", range(0, 200, 50))
    def test_a_price_is_between_what_one_unit_more_saves_and_one_less_costs(
        self, first
    ):
        positive = 0
        for seed in range(first, first + 50):
            rng = random.Random(seed)
            stock = {(site.key, "x"): rng.randint(1, 4) for site in SITES}
            expected = [
                Expected("x", place, rng.randint(0, 4), Decimal(rng.randint(2, 30)))
                for place in (GERMANY, FRANCE)
            ]
            costing = Costing(SITES, network({}).services)
            prices = scarcity_prices(expected, costing, stock)
            now = carried(stock, expected)
            for cell in stock:
                more = carried({**stock, cell: stock[cell] + 1}, expected)
                less = carried({**stock, cell: stock[cell] - 1}, expected)
                price = prices.get(cell, Decimal(0))
                assert now - more <= price <= less - now, f"seed {seed}"
                positive += price > 0
        assert positive, "no case in which anything was scarce"


def carried(stock, expected):
    """Return the least cost of serving what is expected, unit by unit.

    An assignment of units to places in stock, an algorithm other than the one tested.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    places = [
        site for (site, _product), units in stock.items() for _one in range(units)
    ]
    wanted = [one for one in expected for _unit in range(int(one.units))]
    if not wanted:
        return 0
    cost = np.array(
        [
            [PRICES[site, one.place.country] for site in places]
            + [float(one.loss)] * len(wanted)
            for one in wanted
        ],
        dtype=float,
    )
    return cost[linear_sum_assignment(cost)].sum()


class TestDecisions:
    """What the prices change."""

    def test_the_scarce_unit_is_left_to_those_who_need_it_more(self):
        assert one(order(), SCARCE, "optimum").sites == ("B",)
        plan = one(order(), SCARCE)
        assert plan.sites == ("M",)
        assert (plan.cost.total, plan.opportunity) == (4, 0)

    def test_opportunity_cost_is_beside_the_cost_and_not_in_it(self):
        only = network({("B", "x"): 1}, Expected("x", GERMANY, 3, Decimal(50)))
        plan = one(order(), only)
        assert plan.cost.total == 3
        assert plan.opportunity == 50 - 4
        assert plan.counted == 3 + 50 - 4

    def test_without_anything_expected_it_is_the_optimum_of_one_order(self):
        known = replace(SCARCE, expected=())
        assert one(order(), known) == one(order(), known, "optimum")

    def test_alternatives_have_their_opportunity_cost_and_come_in_that_order(self):
        found, _refusals = alternatives(order(), Rule("r", strategy="scarcity"), SCARCE)
        ranked = [
            (one.plan.sites, one.plan.cost.total, one.plan.opportunity) for one in found
        ]
        assert ranked == [(("M",), 4, 0), (("B",), 3, 9 - 4)]

    def test_alternatives_of_other_strategies_know_no_opportunity_cost(self):
        found, _refusals = alternatives(order(), Rule("r"), SCARCE)
        assert not any(one.plan.opportunity for one in found)

    def test_a_kit_is_worth_what_its_parts_are(self):
        stock = {("B", "x"): 1, ("B", "y"): 1}
        expected = Expected("x", GERMANY, 3, Decimal(50))
        plan = one(order(needs=(("x", 1), ("y", 1))), network(stock, expected))
        assert plan.opportunity == 50 - 4

    def test_prices_count_where_a_quantity_has_to_be_divided(self):
        stock = {("B", "x"): 2, ("M", "x"): 2}
        expected = Expected("x", GERMANY, 3, Decimal(50))
        found = network(stock, expected)
        # Berlin's units are dear, so it gives only the one that France lacks
        assert found.prices == {("B", "x"): Decimal(9 - 4)}
        plan = one(order(3), found)
        pieces = {parcel.site: parcel.pieces["1"] for parcel in plan.parcels}
        assert pieces == {"B": 1, "M": 2}
        assert plan.opportunity == opportunity(order(3), plan, found.prices) == 9 - 4

    def test_looking_again_does_not_take_back_what_looking_ahead_decided(self):
        plan = replace(one(order(), SCARCE), opportunity=Decimal(0))
        free = replace(SCARCE, stock={("B", "x"): 1, ("M", "x"): 1})
        ahead = {"O": Rule("r", strategy="scarcity")}
        assert not reroute([order()], {"O": plan}, ahead, free)
        cheapest = {"O": Rule("r", strategy="optimum")}
        [moved] = reroute([order()], {"O": plan}, cheapest, free).values()
        assert moved.sites == ("B",)
