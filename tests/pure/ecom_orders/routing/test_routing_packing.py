"""Orders that leave in several parcels: by class of goods, and by carrier."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from ecom_orders.routing.costing import Costing
from ecom_orders.routing.packing import berths, separate
from ecom_orders.routing.partition import Commit
from ecom_orders.routing.rerouting import reroute
from ecom_orders.routing.router import Network, alternatives, carrier_refusals, decide
from ecom_orders.routing.rules import Rule
from ecom_orders.routing.schema import (
    DANGEROUS_GOODS,
    Line,
    Order,
    Place,
    Reason,
    Site,
)
from ecom_orders.routing.splitting import split
from ecom_orders.routing.strategies import STRATEGIES
from ecom_orders.routing.tariffs import Service, Zone, ZoneRate
from routing_cases import every_plan, small_case

BERLIN = Site("B", handling=Decimal(1))
SPLIT = Decimal(2)
SAFE = frozenset({DANGEROUS_GOODS})


def carrier(key, price, most=30, features=frozenset()):
    """Return a service with one price up to so many kilograms, everywhere."""
    rate = ZoneRate(Zone(), ((Decimal(most), Decimal(price)),))
    return Service(key, rates=(rate,), features=features)


def line(key, weight=1, pieces=1, **values):
    """Return a line of a product of its own."""
    return Line(key, ((key, 1),), pieces, Decimal(weight), value=Decimal(20), **values)


def network(*services, sites=(BERLIN,), units=9):
    """Return sites that have enough of everything."""
    stock = {(site.key, product): units for site in sites for product in "abcd"}
    return Network(sites, services, stock, SPLIT)


def one(lines, found, strategy="optimum", commit=None):
    """Return the decision on an order of some lines."""
    order = Order("O", tuple(lines), Place("DE"))
    rule = Rule("r", strategy=strategy, commit=commit or Commit())
    return decide([order], [rule], found).decisions["O"]


def contents(plan):
    """Return what is in each parcel, with the carrier."""
    return sorted((parcel.service, "".join(parcel.pieces)) for parcel in plan.parcels)


class TestClasses:
    """Goods of different classes never share a parcel."""

    lines = (line("a"), line("b", shipping_class="cold"), line("c"))

    @pytest.mark.parametrize("strategy", list(STRATEGIES))
    def test_every_strategy_ships_them_in_parcels_of_their_own(self, strategy):
        plan = one(self.lines, network(carrier("post", 5)), strategy).plan
        assert contents(plan) == [("post", "ac"), ("post", "b")]
        # two parcels, and what the second one costs besides
        assert plan.cost.total == 2 * (5 + 1) + SPLIT

    def test_an_order_that_may_not_be_split_waits_and_says_why(self):
        decision = one(
            self.lines, network(carrier("post", 5)), commit=Commit(max_parcels=1)
        )
        assert decision.plan is None
        assert Reason.TOO_MANY_PARCELS in {one.reason for one in decision.refusals}

    def test_goods_of_one_class_share_a_parcel(self):
        lines = [replace(line, shipping_class="cold") for line in self.lines]
        assert len(one(lines, network(carrier("post", 5))).plan.parcels) == 1

    def test_orders_that_are_decided_together_keep_to_it(self):
        orders = [
            Order(key, tuple(replace(one, key=f"{key}{one.key}") for one in self.lines))
            for key in "12"
        ]
        found = decide(orders, [Rule("r")], network(carrier("post", 5))).decisions
        for order in orders:
            parcels = found[order.key].plan.parcels
            assert sorted(len(one.pieces) for one in parcels) == [1, 2]

    def test_a_quantity_from_two_sites_keeps_to_it(self):
        sites = (BERLIN, Site("M"))
        stock = {("B", "a"): 2, ("M", "a"): 1, ("B", "b"): 1}
        found = replace(network(carrier("post", 5), sites=sites), stock=stock)
        lines = (line("a", pieces=3), line("b", shipping_class="cold"))
        plan = one(lines, found).plan
        assert [(parcel.site, dict(parcel.pieces)) for parcel in plan.parcels] == [
            ("B", {"a": 2}),
            ("B", {"b": 1}),
            ("M", {"a": 1}),
        ]

    def test_alternatives_show_it_too(self):
        order = Order("O", self.lines, Place("DE"))
        found, _refusals = alternatives(
            order, Rule("r"), network(carrier("post", 5), carrier("van", 7))
        )
        assert all(len(one.plan.parcels) >= 2 for one in found)

    def test_looking_again_keeps_to_it(self):
        sites = (BERLIN, Site("M"))
        found = network(carrier("post", 5), sites=sites)
        order = Order("O", self.lines, Place("DE"))
        plan = decide([order], [Rule("r")], network(carrier("post", 5))).decisions["O"]
        [moved] = reroute([order], {"O": plan.plan}, {"O": Rule("r")}, found).values()
        # Munich has no cost of handling
        assert moved.sites == ("M",)
        assert contents(moved) == [("post", "ac"), ("post", "b")]


class TestCarriers:
    """What no one carrier takes, several may."""

    post, tanker = carrier("post", 5), carrier("tanker", 9, most=1, features=SAFE)
    lines = (line("a", required=SAFE), line("b"))

    @pytest.mark.parametrize("strategy", list(STRATEGIES))
    def test_two_carriers_take_what_neither_takes_alone(self, strategy):
        plan = one(self.lines, network(self.post, self.tanker), strategy).plan
        assert contents(plan) == [("post", "b"), ("tanker", "a")]
        assert plan.cost.total == (5 + 1) + (9 + 1) + SPLIT

    def test_one_carrier_that_takes_all_is_cheaper_than_two(self):
        both = carrier("all", 10, features=SAFE)
        plan = one(self.lines, network(self.post, self.tanker, both)).plan
        assert contents(plan) == [("all", "ab")]

    def test_two_carriers_are_cheaper_than_one_that_takes_all(self):
        both = carrier("all", 20, features=SAFE)
        plan = one(self.lines, network(self.post, self.tanker, both)).plan
        assert contents(plan) == [("post", "b"), ("tanker", "a")]

    def test_without_a_split_nobody_can(self):
        decision = one(
            self.lines, network(self.post, self.tanker), commit=Commit(max_parcels=1)
        )
        assert decision.plan is None
        assert Reason.TOO_MANY_PARCELS in {one.reason for one in decision.refusals}

    def test_a_line_that_no_carrier_takes_holds_the_order(self):
        decision = one(self.lines, network(self.post))
        assert decision.plan is None
        assert Reason.SERVICE in {one.reason for one in decision.refusals}

    def test_what_is_too_heavy_together_leaves_in_two_parcels(self):
        lines = (line("a", 20), line("b", 20))
        plan = one(lines, network(self.post)).plan
        assert contents(plan) == [("post", "a"), ("post", "b")]

    def test_a_carrier_that_takes_only_some_of_it_is_named_with_the_reason(self):
        order = Order("O", self.lines, Place("DE"))
        found = carrier_refusals(order, (self.post, self.tanker))
        assert {(one.service, one.reason) for one in found} == {
            ("post", Reason.DANGEROUS_GOODS),
            ("tanker", Reason.SIZE),
        }


class TestGroups:
    """The groups of which parcels are made."""

    def test_a_group_has_the_lines_that_require_no_more(self):
        a, b, c = line("a", required=SAFE), line("b"), line("c", shipping_class="cold")
        assert berths([a, b, c]) == [[a, b], [b], [c]]

    def test_what_two_lines_require_together_is_a_group_too(self):
        a = line("a", required=frozenset({"x"}))
        b = line("b", required=frozenset({"y"}))
        assert [a, b] in berths([a, b])

    def test_fewest_parcels_are_tried_first(self):
        a, b = line("a", required=SAFE), line("b")
        assert separate([a, b]) == [[[a, b]], [[a], [b]]]


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_exact_choice_equals_brute_force(first):
    for seed in range(first, first + 100):
        order, sites, services, stock = mixed_case(seed)
        rule = Rule("r", commit=Commit(split_lines=False))
        found = Network(tuple(sites), tuple(services), stock, SPLIT)
        plan = decide([order], [rule], found).decisions[order.key].plan
        costing = Costing(sites, services, SPLIT)
        costs = [
            one.cost.total
            for one, waiting in every_plan(order, sites, costing, stock, rule.commit)
            if not waiting
        ]
        best = min(costs, default=None)
        assert (plan and plan.cost.total) == best, f"seed {seed}"
        hold = {line.key: 1 << 40 for line in order.lines}
        program = split(order, sites, stock, costing, rule.commit, hold)
        # it sends one parcel of a kind from a site, so it may be dearer, never cheaper
        assert best is None or program is None or program.cost.total >= best


def mixed_case(seed):
    """Return a small case whose lines have classes and require something."""
    order, sites, services, stock = small_case(seed)
    rng = random.Random(seed)
    lines = tuple(
        replace(
            line,
            shipping_class=rng.choice(("", "", "cold")),
            required=frozenset(rng.sample("xy", rng.choice((0, 0, 1)))),
        )
        for line in order.lines
    )
    order = replace(order, lines=lines, hold_cost=Decimal(10_000))
    services = [
        replace(one, features=frozenset(rng.sample("xy", rng.randint(0, 2))))
        for one in services
    ]
    return order, sites, services, stock
