"""Which site ships what, and what a decision says of the others."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from ecom_orders.routing.backtest import Day, replay
from ecom_orders.routing.partition import Commit
from ecom_orders.routing.rerouting import reroute
from ecom_orders.routing.router import (
    Network,
    alternatives,
    carrier_refusals,
    decide,
)
from ecom_orders.routing.rules import OrderFilter, Rule, SiteFilter
from ecom_orders.routing.schema import (
    CASH_ON_DELIVERY,
    DANGEROUS_GOODS,
    Line,
    Order,
    Place,
    Reason,
    Site,
)
from ecom_orders.routing.tariffs import Service, TariffError, Zone, ZoneRate

TODAY = date(2026, 3, 2)
BERLIN = Place("DE", "BE", "10115", 52.52, 13.405)
MUNICH = Place("DE", "BY", "80331", 48.137, 11.575)
PARIS = Place("FR", "", "75001", 48.857, 2.352)


def service(*prices, key="post", days=2, **values):
    """Return a service that costs so much up to 1, 2, 3... kg, everywhere."""
    brackets = tuple(
        (Decimal(limit), Decimal(price)) for limit, price in enumerate(prices, start=1)
    )
    return Service(key, rates=(ZoneRate(Zone(), brackets, days=days),), **values)


def site(key, place=BERLIN, **values):
    """Return a site that ships today."""
    return Site(key, key, place, ready=TODAY, **values)


def order(key="O", place=MUNICH, values=None, **pieces):
    """Return an order of 0.5 kg pieces worth 20, by product."""
    lines = tuple(
        Line(f"{key}/{name}", ((name, 1),), count, Decimal("0.5"), value=Decimal(20))
        for name, count in pieces.items()
    )
    return Order(key, lines, place, **(values or {}))


def one(orders, rules, network):
    """Decide one order."""
    [decision] = decide([orders], rules, network).decisions.values()
    return decision


ALL = [Rule("all")]


class TestStrategies:
    """What each strategy prefers; the sites are Berlin (1) and Munich (2)."""

    sites = (
        site("B", BERLIN, priority=1, handling=Decimal(1)),
        site("M", MUNICH, priority=2, handling=Decimal(3)),
    )
    stock = {("B", "x"): 5, ("M", "x"): 5, ("B", "y"): 5, ("M", "y"): 5}
    network = Network(sites, (service(4, 5, 6),), stock, Decimal(1))

    def choose(self, strategy, **pieces):
        rule = Rule("r", strategy=strategy)
        return one(order(**pieces), [rule], self.network).plan

    def test_fixed_priority_takes_the_first_of_the_list(self):
        assert self.choose("priority", x=1).sites == ("B",)

    def test_nearest_takes_the_shortest_way(self):
        assert self.choose("nearest", x=1).sites == ("M",)

    def test_least_cost_counts_freight_and_handling(self):
        plan = self.choose("least_cost", x=1)
        # half a kilogram costs 4 from either site, handling 1 or 3
        assert (plan.sites, plan.cost.total) == (("B",), Decimal(4 + 1))

    @pytest.mark.parametrize("strategy", ["priority", "nearest", "optimum"])
    def test_a_site_that_has_everything_comes_before_a_better_one_with_a_part(
        self, strategy
    ):
        stock = {("B", "x"): 1, ("M", "x"): 1, ("M", "y"): 1}
        if strategy == "nearest":
            stock = {("M", "x"): 1, ("B", "x"): 1, ("B", "y"): 1}
        network = replace(self.network, stock=stock)
        plan = one(order(x=1, y=1), [Rule("r", strategy=strategy)], network).plan
        assert len(plan.parcels) == 1

    def test_fewest_parcels_pays_more_for_one_parcel(self):
        far = site("F", PARIS, handling=Decimal(50))
        stock = {("B", "x"): 1, ("M", "y"): 1, ("F", "x"): 1, ("F", "y"): 1}
        network = replace(self.network, sites=(*self.sites, far), stock=stock)
        fewest = one(order(x=1, y=1), [Rule("r", strategy="fewest_parcels")], network)
        cheapest = one(order(x=1, y=1), ALL, network)
        assert fewest.plan.sites == ("F",)
        assert cheapest.plan.sites == ("B", "M")
        # 4 + 1 and 4 + 3 and one split against 4 + 50 for the kilogram
        assert cheapest.plan.cost.total == Decimal(5 + 7 + 1)
        assert fewest.plan.cost.total == Decimal(54)

    def test_a_quantity_that_no_site_has_is_split(self):
        network = replace(self.network, stock={("B", "x"): 2, ("M", "x"): 1})
        plan = one(order(x=3), ALL, network).plan
        assert [dict(parcel.pieces) for parcel in plan.parcels] == [
            {"O/x": 2},
            {"O/x": 1},
        ]


class TestTogether:
    """Orders that wait together share what is scarce."""

    def test_the_order_that_has_another_way_leaves_the_stock_to_the_other(self):
        sites = (site("B"), site("M", MUNICH, handling=Decimal(1)))
        stock = {("B", "x"): 1, ("M", "x"): 1}
        network = Network(sites, (service(4),), stock)
        first = order("1", x=1)
        second = replace(order("2", x=1), excluded=frozenset({"M"}))
        result = decide([first, second], ALL, network)
        assert result.decisions["1"].plan.sites == ("M",)
        assert result.decisions["2"].plan.sites == ("B",)
        in_turn = decide([first, second], [Rule("r", strategy="least_cost")], network)
        assert in_turn.decisions["1"].plan.sites == ("B",)
        assert in_turn.decisions["2"].plan is None

    def test_the_order_that_costs_more_to_leave_waiting_gets_the_last_piece(self):
        network = Network((site("B"),), (service(4),), {("B", "x"): 1})
        regular = order("1", x=1, values={"hold_cost": Decimal(10)})
        priority = order("2", x=1, values={"hold_cost": Decimal(90)})
        decisions = decide([regular, priority], ALL, network).decisions
        assert decisions["2"].plan
        assert decisions["1"].plan is None
        [refusal] = decisions["1"].refusals
        assert refusal.reason is Reason.OUTBID

    def test_what_others_left_of_a_line_is_divided_before_an_order_is_held(self):
        sites = (site("B"), site("M", MUNICH))
        network = Network(
            sites, (service(4, 5),), {("B", "x"): 3, ("M", "x"): 1}, Decimal(1)
        )
        first, second = order("1", x=2), order("2", x=2)
        found = decide([first, second], ALL, network)
        pieces = sorted(
            sorted(sum(parcel.pieces.values()) for parcel in one.plan.parcels)
            for one in found.decisions.values()
        )
        # one has two of Berlin's three, the other what is left there and in Munich
        assert pieces == [[1, 1], [2]]
        assert not any(found.stock.values())

    def test_an_order_is_left_waiting_rather_than_shipped_for_more(self):
        network = Network((site("B"),), (service(4),), {("B", "x"): 9})
        cheap = order("1", x=1, values={"hold_cost": Decimal("3.99")})
        dear = order("2", x=1, values={"hold_cost": Decimal("4.01")})
        together = decide([cheap, dear], ALL, network).decisions
        assert (together["1"].plan, together["2"].plan is None) == (None, False)
        assert one(cheap, ALL, network).plan is None
        assert one(dear, ALL, network).plan.cost.total == 4

    def test_no_piece_is_promised_twice_and_no_room_either(self):
        sites = (site("B", capacity=3), site("M", MUNICH))
        stock = {("B", "x"): 4, ("M", "x"): 2}
        network = Network(sites, (service(4),), stock)
        result = decide([order(str(n), x=1) for n in range(9)], ALL, network)
        plans = [d.plan for d in result.decisions.values() if d.plan]
        parcels = [parcel.site for plan in plans for parcel in plan.parcels]
        assert (parcels.count("B"), parcels.count("M")) == (3, 2)
        assert result.stock == {("B", "x"): 4 - 3, ("M", "x"): 2 - 2}


class TestRules:
    """The first rule that is for an order and can commit decides it."""

    sites = (site("B", groups=frozenset({"own"})), site("P", PARIS))
    network = Network(sites, (service(4),), {("B", "x"): 1, ("P", "x"): 5})

    def test_the_next_rule_is_tried_when_one_cannot_commit(self):
        own = Rule("own", sites=SiteFilter(groups=frozenset({"own"})))
        decision = one(order(x=2), [own, Rule("any")], self.network)
        assert (decision.rule, decision.plan.sites) == ("any", ("P",))

    def test_a_rule_with_a_queue_holds_what_it_cannot_commit(self):
        own = Rule("own", sites=SiteFilter(groups=frozenset({"own"})), queue="no stock")
        decision = one(order(x=2), [own, Rule("any")], self.network)
        assert (decision.plan, decision.queue) == (None, "no stock")
        assert {(r.site, r.reason) for r in decision.refusals} == {
            ("B", Reason.STOCK),
            ("P", Reason.RULE),
        }

    def test_rules_look_at_the_facts_of_an_order(self):
        facts = {"channel": "shop", "tags": frozenset({"vip"})}
        special = order(x=1, values={"facts": facts})
        for_vip = Rule("vip", orders=OrderFilter(any_tag=frozenset({"vip"})))
        for_rest = Rule("rest")
        assert one(special, [for_vip, for_rest], self.network).rule == "vip"
        assert one(order(x=1), [for_vip, for_rest], self.network).rule == "rest"

    def test_a_rule_uses_only_its_carriers(self):
        cheap, dear = service(4, key="cheap"), service(6, key="dear")
        network = Network((site("B"),), (cheap, dear), {("B", "x"): 9})
        rule = Rule("r", services=frozenset({"dear"}))
        plan = one(order(x=1), [rule], network).plan
        assert [parcel.service for parcel in plan.parcels] == ["dear"]
        # what the buyer's choice binds to is kept
        bound = order(x=1, values={"services": frozenset({"cheap"})})
        assert one(bound, [rule], network).plan is None
        assert one(bound, ALL, network).plan
        for both in ([order("1", x=1), order("2", x=1)],):
            found = decide(both, [rule], network).decisions.values()
            assert {one.plan.parcels[0].service for one in found} == {"dear"}
        options, _refusals = alternatives(order(x=1), rule, network)
        assert {one.plan.parcels[0].service for one in options} == {"dear"}

    def test_both_parts_of_a_split_have_to_be_worth_it(self):
        stock = {("B", "x"): 1, ("P", "y"): 1}
        network = replace(self.network, stock=stock)
        dear = Rule("r", commit=Commit(min_part_value=Decimal(21)))
        cheap = Rule("r", commit=Commit(min_part_value=Decimal(20)))
        assert one(order(x=1, y=1), [dear], network).plan is None
        assert len(one(order(x=1, y=1), [cheap], network).plan.parcels) == 2

    def test_stock_is_kept_for_others(self):
        rule = Rule("r", reserve=4)
        assert one(order(x=1), [rule], self.network).plan.sites == ("P",)
        assert one(order(x=2), [rule], self.network).plan is None

    def test_an_order_that_no_rule_is_for_says_so(self):
        nobody = Rule("r", orders=OrderFilter(countries=frozenset({"CN"})))
        decision = one(order(x=1), [nobody], self.network)
        assert [refusal.reason for refusal in decision.refusals] == [Reason.RULE]


class TestNothingPossible:
    """Defined outcomes where nothing can be routed."""

    def test_no_stock_anywhere_names_product_and_quantities(self):
        network = Network((site("B"),), (service(4),), {("B", "x"): 1})
        [refusal] = one(order(x=3), [Rule("r", commit=Commit())], network).refusals
        assert (refusal.reason, refusal.product) == (Reason.STOCK, "x")
        assert (refusal.available, refusal.needed) == (1, 3)

    def test_no_site_at_all(self):
        assert one(order(x=1), ALL, Network(())).plan is None

    def test_an_order_without_anything_to_ship(self):
        network = Network((site("B"),), (service(4),), {})
        assert one(Order("O", ()), ALL, network).plan is None

    def test_no_carrier_goes_there_or_has_what_is_needed(self):
        network = Network((site("B"),), (service(4),), {("B", "x"): 9})
        cash = order(x=1, values={"required": frozenset({"cod"})})
        [refusal] = one(cash, ALL, network).refusals
        assert refusal.reason is Reason.SERVICE
        able = replace(network, services=(service(4, features=frozenset({"cod"})),))
        assert one(cash, ALL, able).plan

    def test_pieces_without_weight_cost_the_smallest_parcel(self):
        line = Line("l", (("x", 1),), 2)
        network = Network((site("B"),), (service(4, 5),), {("B", "x"): 2})
        assert one(Order("O", (line,)), ALL, network).plan.cost.total == 4

    def test_what_is_too_heavy_for_a_parcel_is_no_parcel(self):
        network = Network((site("B"),), (service(4, 5),), {("B", "x"): 9})
        assert one(order(x=5), ALL, network).plan is None  # 2.5 kg, card ends at 2

    def test_a_kit_needs_all_its_parts_in_one_site(self):
        kit = Line("kit", (("x", 2), ("y", 1)), 3)
        sites = (site("B"), site("M", MUNICH))
        stock = {("B", "x"): 6, ("B", "y"): 2, ("M", "x"): 6, ("M", "y"): 3}
        plan = one(Order("O", (kit,)), ALL, Network(sites, (service(4),), stock)).plan
        assert plan.sites == ("M",)


class TestLateness:
    """Later than promised costs; what costs more may be cheaper."""

    def test_the_faster_service_is_taken_when_lateness_costs_more(self):
        slow, fast = service(4, days=5), service(6, key="fast", days=1)
        network = Network((site("B"),), (slow, fast), {("B", "x"): 1})
        promised = TODAY + timedelta(days=2)
        patient = order(x=1, values={"promised": promised})
        urgent = replace(patient, late_cost=Decimal(1))
        assert one(patient, ALL, network).plan.parcels[0].service == "post"
        plan = one(urgent, ALL, network).plan
        # three days late at 1 on 4 is dearer than 6
        assert (plan.parcels[0].service, plan.late(urgent)) == ("fast", False)


class TestExplanation:
    """People see the other ways, with their costs, and why others were none."""

    def test_alternatives_are_ranked_by_cost_and_refusals_name_their_site(self):
        sites = (site("B"), site("M", MUNICH, handling=Decimal(2)), site("P", PARIS))
        stock = {("B", "x"): 2, ("M", "x"): 2}
        network = Network(sites, (service(4),), stock)
        ways, refusals = alternatives(order(x=1), Rule("r"), network)
        assert [way.plan.cost.total for way in ways] == [4, 6]
        assert [(refusal.site, refusal.reason) for refusal in refusals] == [
            ("P", Reason.STOCK)
        ]

    def test_a_cost_is_broken_down(self):
        dear = service(
            10, fuel=Decimal(5), remote_zips=("80",), remote_price=Decimal(3)
        )
        there = site(
            "B", packaging=Decimal("0.30"), handling=Decimal(1), picking=Decimal("0.20")
        )
        network = Network((there,), (dear,), {("B", "x"): 1, ("B", "y"): 1})
        cost = one(order(x=1, y=1), ALL, network).plan.cost
        assert cost.freight == 10
        assert cost.surcharges == Decimal(10) * 5 / 100 + 3
        assert cost.packaging == Decimal("0.30")
        assert cost.handling == 1 + 2 * Decimal("0.20")


class TestRerouting:
    """Unpicked plans are looked at again; parcels never become more."""

    def test_two_parcels_become_one_when_stock_has_come(self):
        sites = (site("B"), site("M", MUNICH))
        services = (service(4, 5),)
        first = order(x=1, y=1)
        then = Network(sites, services, {("B", "x"): 1, ("M", "y"): 1})
        plan = one(first, ALL, then).plan
        now = Network(sites, services, {("B", "y"): 1})
        changed = reroute([first], {"O": plan}, {"O": ALL[0]}, now)
        assert changed["O"].sites == ("B",)
        assert changed["O"].cost.total < plan.cost.total

    def test_a_plan_that_is_best_stays(self):
        network = Network((site("B"),), (service(4),), {("B", "x"): 1})
        plan = one(order(x=1), ALL, network).plan
        empty = replace(network, stock={})
        assert reroute([order(x=1)], {"O": plan}, {"O": ALL[0]}, empty) == {}

    def test_a_saving_has_to_be_worth_the_change(self):
        dear = site("M", MUNICH, handling=Decimal(3))
        network = Network((dear,), (service(4),), {("M", "x"): 1})
        plan = one(order(x=1), ALL, network).plan
        now = Network((site("B"), dear), (service(4),), {("B", "x"): 1})
        arguments = [order(x=1)], {"O": plan}, {"O": ALL[0]}, now
        assert reroute(*arguments, saving=Decimal(3)) == {}
        assert reroute(*arguments, saving=Decimal("2.99"))["O"].sites == ("B",)

    def test_a_site_without_room_gets_nothing_more(self):
        dear = site("M", MUNICH, handling=Decimal(3))
        network = Network((dear,), (service(4),), {("M", "x"): 2})
        orders = [order("O", x=1), order("P", x=1)]
        found = decide(orders, ALL, network).decisions
        plans = {key: decision.plan for key, decision in found.items()}
        sites = (site("B", capacity=1), dear)
        now = Network(sites, (service(4),), {("B", "x"): 2})
        rules = dict.fromkeys(plans, ALL[0])
        assert len(reroute(orders, plans, rules, now)) == 1

    def test_stock_that_is_promised_twice_goes_to_nobody_else(self):
        dear = site("M", MUNICH, handling=Decimal(3))
        sites = (site("B"), dear)
        first = Network((site("B"),), (service(4),), {("B", "x"): 1})
        other = Network((dear,), (service(4),), {("M", "x"): 1})
        plans = {
            "O": one(order("O", x=1), ALL, first).plan,
            "P": one(order("P", x=1), ALL, other).plan,
        }
        now = Network(sites, (service(4),), {("B", "x"): -1})
        orders = [order("O", x=1), order("P", x=1)]
        assert reroute(orders, plans, dict.fromkeys(plans, ALL[0]), now) == {}


class TestBackTest:
    """Past days under another rule set."""

    def test_what_waits_is_tried_again_when_something_has_come_in(self):
        sites = (site("B"),)
        network = Network(sites, (service(4),), {("B", "x"): 1})
        days = [
            Day((order("1", x=1), order("2", x=1)), sites),
            Day((order("3", x=1),), sites, {("B", "x"): 2}),
        ]
        found = replay(days, ALL, network)
        assert (found.orders, found.shipped, found.waited) == (3, 3, 1)
        assert (found.cost, found.load) == (Decimal(3 * 4), {"B": 3})


class TestTariffs:
    """Rate cards."""

    def test_a_first_weight_and_further_steps_as_chinese_couriers_charge(self):
        rate = ZoneRate(
            Zone(frozenset({"CN"})),
            ((Decimal(1), Decimal(8)),),
            step=Decimal(1),
            step_price=Decimal("2.5"),
        )
        assert rate.price(Decimal(1)) == 8
        assert rate.price(Decimal("3.2")) == 8 + 3 * Decimal("2.5")

    def test_the_greater_of_weight_and_volumetric_weight_is_billed(self):
        half = service(4, 5, divisor=5000)
        assert half.billed_weight(Decimal(1), Decimal("0.01")) == Decimal(10_000) / 5000

    def test_a_price_that_falls_with_weight_is_refused_with_words(self):
        with pytest.raises(TariffError, match="never fall"):
            service(5, 4)

    def test_the_first_row_whose_zone_has_the_place_counts(self):
        rows = (
            ZoneRate(Zone(zips=("80",)), ((Decimal(1), Decimal(9)),)),
            ZoneRate(Zone(frozenset({"DE"})), ((Decimal(1), Decimal(4)),)),
        )
        card = Service("s", rates=rows)
        assert card.rate(MUNICH).price(Decimal(1)) == 9
        assert card.rate(BERLIN).price(Decimal(1)) == 4
        assert card.rate(PARIS) is None


class TestCarrierRules:
    """Which carriers may take an order, and why the others may not."""

    DANGER = frozenset({DANGEROUS_GOODS})
    CASH = frozenset({CASH_ON_DELIVERY})
    stock = {("B", "x"): 9}

    def test_dearer_carrier_wins_when_the_cheap_one_takes_no_dangerous_goods(self):
        services = (service(4), service(9, key="safe", features=self.DANGER))
        network = Network((site("B"),), services, self.stock)
        battery = order(x=1, values={"required": self.DANGER})
        [parcel] = one(battery, ALL, network).plan.parcels
        assert (parcel.service, parcel.cost.total) == ("safe", 9)
        [parcel] = one(order(x=1), ALL, network).plan.parcels
        assert parcel.service == "post"

    def test_a_carrier_has_to_offer_everything_that_is_required(self):
        both = self.DANGER | self.CASH
        services = (
            service(1, key="danger", features=self.DANGER),
            service(2, key="cash", features=self.CASH),
            service(7, key="both", features=both),
        )
        network = Network((site("B"),), services, self.stock)
        [parcel] = one(order(x=1, values={"required": both}), ALL, network).plan.parcels
        assert parcel.service == "both"

    def test_each_carrier_that_is_out_has_its_reason(self):
        french = Service(
            "french",
            rates=(ZoneRate(Zone(frozenset({"FR"})), ((Decimal(9), Decimal(1)),)),),
            features=self.CASH,
        )
        services = (
            service(4, 5, 6, features=self.CASH),  # 3 kg is its heaviest parcel
            service(4, key="light", features=self.CASH),  # 1 kg
            service(4, 5, 6, key="no cash"),
            french,
        )
        cash = order(x=4, values={"required": self.CASH})  # 4 * 0.5 kg = 2 kg
        assert [
            (refusal.service, refusal.reason)
            for refusal in carrier_refusals(cash, services)
        ] == [
            ("light", Reason.SIZE),
            ("no cash", Reason.CASH_ON_DELIVERY),
            ("french", Reason.ZONE),
        ]
        danger = order(x=1, values={"required": self.DANGER})
        assert {one.reason for one in carrier_refusals(danger, services[:1])} == {
            Reason.DANGEROUS_GOODS
        }

    def test_feature_of_a_neighbour_is_required_too(self):
        chilled = order(x=1, values={"required": frozenset({"chilled"})})
        [refusal] = carrier_refusals(chilled, (service(4),))
        assert refusal.reason is Reason.FEATURE

    def test_carrier_that_is_not_offered_needs_no_reason(self):
        bound = order(x=1, values={"services": frozenset({"post"})})
        assert carrier_refusals(bound, (service(4, key="other"),)) == ()
