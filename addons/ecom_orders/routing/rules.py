"""The user's ordered rules.

A rule is for some orders and some sites; it has a strategy and a condition under which
its plan may be committed. The first rule of the list that is for an order decides it;
when it cannot, the next one may, or the order is held in a named queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from .partition import Commit
from .schema import Order, Site


@dataclass(frozen=True)
class OrderFilter:
    """Which orders a rule is for; what is empty does not restrict.

    The facts of an order: ``channel`` str, ``country`` str, ``tags`` and ``classes``
    (of products) frozensets, ``risk`` str, ``keys`` whatever else was matched outside.

    :param any_tag: one of them is enough; ``no_tag`` none of them.
    :param classes: every product must be of one of them.
    :param key: name of a condition that was evaluated outside (an Odoo domain); the
        order's fact ``keys`` must have it.
    """

    channels: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    any_tag: frozenset[str] = frozenset()
    no_tag: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    risks: frozenset[str] = frozenset()
    min_value: Decimal | None = None
    max_value: Decimal | None = None
    key: str = ""

    def has(self, order: Order) -> bool:
        """Whether the rule is for an order."""
        facts = order.facts
        tags = facts.get("tags", frozenset())
        return (
            (not self.channels or facts.get("channel") in self.channels)
            and (not self.countries or order.place.country in self.countries)
            and (not self.any_tag or bool(self.any_tag & tags))
            and not self.no_tag & tags
            and (not self.classes or facts.get("classes", frozenset()) <= self.classes)
            and (not self.risks or facts.get("risk") in self.risks)
            and (self.min_value is None or order.value >= self.min_value)
            and (self.max_value is None or order.value <= self.max_value)
            and (not self.key or self.key in facts.get("keys", frozenset()))
        )


@dataclass(frozen=True)
class SiteFilter:
    """Which sites a rule uses; what is empty does not restrict.

    :param sites: keys; ``groups`` names of groups, one is enough.
    :param same_country: only sites in the buyer's country.
    """

    sites: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    same_country: bool = False

    def has(self, site: Site, order: Order) -> bool:
        """Whether the rule uses a site for an order."""
        return (
            (not self.sites or site.key in self.sites)
            and (not self.groups or bool(self.groups & site.groups))
            and (not self.countries or site.place.country in self.countries)
            and (not self.same_country or site.place.country == order.place.country)
        )


@dataclass(frozen=True)
class Rule:
    """One row of the list.

    :param services: keys of the only services used, None for all.
    :param strategy: code of a :class:`.strategies.Strategy`.
    :param queue: where orders wait that the rule is for and cannot commit; empty: the
        next rule is tried.
    :param cancel_after: days after which an order in the queue is called off; 0 never.
    :param reserve: units of every product that the rule leaves at each site (safety
        stock for other channels).
    """

    key: str
    name: str = ""
    orders: OrderFilter = OrderFilter()
    sites: SiteFilter = SiteFilter()
    services: frozenset[str] | None = None
    strategy: str = "optimum"
    commit: Commit = Commit()
    queue: str = ""
    cancel_after: int = 0
    reserve: int = 0

    def narrow(self, order: Order) -> Order:
        """Return the order with those of its services that the rule uses."""
        if self.services is None:
            return order
        if order.services is None:
            return replace(order, services=self.services)
        return replace(order, services=self.services & order.services)


def rules_for(rules: Sequence[Rule], order: Order) -> list[Rule]:
    """The rules that are for an order, up to the first with a queue."""
    found = []
    for rule in rules:
        if rule.orders.has(order):
            found.append(rule)
            if rule.queue:
                break
    return found
