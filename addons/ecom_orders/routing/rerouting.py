"""Looking again at what is assigned and not picked.

Orders that were decided early keep stock that a later order, or a receipt since, would
have changed. P. Xu, R. Allgor, S. Graves, *Benefits of reevaluating real-time order
fulfillment decisions*, Manufacturing & Service Operations Management 11 (2009): while
nothing is picked, exchanging assignments is free. Here every order in turn gives its
stock back and takes its best plan on what is left; passes are repeated while they help.
An order never gets more parcels than it has, and a plan is changed only when it costs
less, so neither the number of shipments nor the cost ever rises. Under a rule that
looks ahead, the opportunity cost counts with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from .costing import Costing
from .router import Network, looks_ahead
from .rules import Rule
from .scarcity import weighed
from .schema import ZERO, Order, Plan
from .strategies import STRATEGIES, Optimum, View

MOST_PASSES = 3


def reroute(
    orders: Sequence[Order],
    plans: Mapping[str, Plan],
    rules: Mapping[str, Rule],
    network: Network,
    saving: Decimal = ZERO,
) -> dict[str, Plan]:
    """Return better plans, by order, for those that can have one.

    :param plans: present plans by order, none of them picked.
    :param rules: by order, the rule that decided it: its sites and conditions hold on.
    :param network: the stock beside what the plans hold, negative where more was
        promised than there is; the room of its sites beside the plans' parcels.
    :param saving: money that a change has to save more than.
    """
    stock = dict(network.stock)
    room = {site.key: site.capacity for site in network.sites}
    current = {
        order.key: weighed(order, plans[order.key], _prices(rules[order.key], network))
        for order in orders
    }
    changed: dict[str, Plan] = {}
    for _pass in range(MOST_PASSES):
        better = 0
        for order in orders:
            plan = current[order.key]
            _book(stock, order, plan, 1)
            rule = rules[order.key]
            found = _best(rule.narrow(order), plan, rule, network, stock, room)
            if found.counted < plan.counted - saving:
                _move(room, plan, found)
                current[order.key] = changed[order.key] = plan = found
                better += 1
            _book(stock, order, plan, -1)
        if not better:
            break
    return changed


def _best(order: Order, plan: Plan, rule: Rule, network: Network, stock, room) -> Plan:
    sites = tuple(
        site
        for site in network.sites
        if site.key not in order.excluded
        and rule.sites.has(site, order)
        and (site.key in plan.sites or room[site.key] is None or room[site.key] > 0)
    )
    commit = replace(rule.commit, max_parcels=len(plan.parcels), partial=False)
    costing = Costing(sites, network.services, network.split_cost)
    here = {
        (site.key, product): max(stock.get((site.key, product), 0) - rule.reserve, 0)
        for site in sites
        for line in order.lines
        for product, _units in line.needs
    }
    for parcel in plan.parcels:
        # what the order holds already is its own, whatever the rule keeps for others
        for line in order.lines:
            for product, units in line.needs:
                held = parcel.pieces.get(line.key, 0) * units
                cell = parcel.site, product
                if cell in here:
                    here[cell] = max(here[cell], held)
    strategy = STRATEGIES[rule.strategy]() if looks_ahead(rule) else Optimum()
    prices = _prices(rule, network)
    found = strategy.choose(View(order, sites, here, costing, commit, prices))
    return found if found is not None and found.complete else plan


def _prices(rule: Rule, network: Network):
    return network.prices if looks_ahead(rule) else {}


def _move(room: dict, old: Plan, new: Plan) -> None:
    for plan, sign in ((old, 1), (new, -1)):
        for parcel in plan.parcels:
            if room.get(parcel.site) is not None:
                room[parcel.site] += sign


def _book(stock: dict, order: Order, plan: Plan, sign: int) -> None:
    for parcel in plan.parcels:
        for line in order.lines:
            for product, units in line.needs:
                cell = parcel.site, product
                pieces = parcel.pieces.get(line.key, 0)
                stock[cell] = stock.get(cell, 0) + sign * units * pieces
