"""What each order line earned, as known at a date.

contribution = price - discounts - fees - freight - refunds - return handling
             - cost of goods - advertising share + reimbursements

Every amount is an event with the day it *belongs* to and the moment it became *known*.
What was known at a date is the sum of the events known by then: late fees revise the
figure, and last month's report comes out again as it was. Nothing is overwritten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from enum import Enum

ZERO = Decimal(0)
CENT = Decimal("0.01")


class Component(Enum):
    """What an amount is in the contribution; costs are negative amounts."""

    PRICE = "price"
    SHIPPING_INCOME = "shipping_income"
    DISCOUNT = "discount"
    FEE = "fee"
    FREIGHT = "freight"
    REFUND = "refund"
    RETURN_HANDLING = "return_handling"
    COST_OF_GOODS = "cost_of_goods"
    ADVERTISING = "advertising"
    REIMBURSEMENT = "reimbursement"
    CHARGEBACK = "chargeback"


@dataclass(frozen=True, slots=True)
class Movement:
    """One amount of one order line.

    :param key: identity: an event that comes again with the key replaces none, it is
        the same one; a correction is an event of its own.
    :param line: the order line.
    :param on: the day it belongs to.
    :param known_at: since when it is known, aware.
    """

    key: str
    line: str
    component: Component
    amount: Decimal
    on: date
    known_at: datetime


@dataclass(frozen=True, slots=True)
class LineFacts:
    """By what contributions are grouped."""

    line: str
    order: str = ""
    sku: str = ""
    channel: str = ""
    campaign: str = ""
    segment: str = ""
    warehouse: str = ""
    currency: str = ""


@dataclass(frozen=True)
class Contribution:
    """The contribution of a line or of a group of them."""

    name: str
    components: Mapping[Component, Decimal] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        """Sum of all components."""
        return sum(self.components.values(), ZERO)

    @property
    def revenue(self) -> Decimal:
        """What buyers paid, less what they got back."""
        parts = (
            Component.PRICE,
            Component.SHIPPING_INCOME,
            Component.DISCOUNT,
            Component.REFUND,
        )
        return sum((self.components.get(part, ZERO) for part in parts), ZERO)

    @property
    def margin(self) -> Decimal | None:
        """Contribution as a part of the revenue, ``None`` without revenue."""
        return self.total / self.revenue if self.revenue else None


def contributions(
    movements: Iterable[Movement],
    as_of: datetime | None = None,
    since: date | None = None,
    until: date | None = None,
) -> dict[str, Contribution]:
    """Contribution by order line.

    :param as_of: what was known then; ``None`` = all.
    :param since: first day, with ``until`` the last one, of what an amount belongs to.
    """
    sums: dict[str, dict[Component, Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    seen: set[str] = set()
    for move in movements:
        if as_of is not None and move.known_at > as_of:
            continue
        if since and move.on < since or until and move.on > until:
            continue
        if move.key in seen:
            continue
        seen.add(move.key)
        sums[move.line][move.component] += move.amount
    return {line: Contribution(line, dict(parts)) for line, parts in sums.items()}


def revisions(
    movements: Iterable[Movement], before: datetime, after: datetime
) -> dict[str, Decimal]:
    """By how much what became known between two moments changed each line."""
    changes: dict[str, Decimal] = defaultdict(lambda: ZERO)
    keys: set[str] = set()
    for move in movements:
        if before < move.known_at <= after and move.key not in keys:
            keys.add(move.key)
            changes[move.line] += move.amount
    return {line: amount for line, amount in changes.items() if amount}


def group(
    lines: Mapping[str, Contribution],
    facts: Iterable[LineFacts],
    by: Callable[[LineFacts], str],
) -> dict[str, Contribution]:
    """Contributions summed by anything that is known of lines (SKU, channel...).

    Lines without facts are the group ``""``.
    """
    names = {fact.line: by(fact) for fact in facts}
    sums: dict[str, dict[Component, Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    for line, contribution in lines.items():
        for component, amount in contribution.components.items():
            sums[names.get(line, "")][component] += amount
    return {name: Contribution(name, dict(parts)) for name, parts in sums.items()}


def share(
    amount: Decimal, weights: Mapping[str, Decimal], unit: Decimal = CENT
) -> dict[str, Decimal]:
    """Divide an amount by weights, so that the parts add up to it exactly.

    Largest remainder method; equal remainders go by name. Without any weight the parts
    are equal.

    :param weights: not negative, e.g. the lines' revenue or clicks.
    :param unit: smallest unit of a part; what is finer goes to the largest part.
    """
    if not weights:
        return {}
    total = sum(weights.values(), ZERO)
    if total <= 0:
        weights = dict.fromkeys(weights, Decimal(1))
        total = Decimal(len(weights))
    units = amount / unit
    exact = {name: units * weight / total for name, weight in weights.items()}
    floors = {name: part.to_integral_value(ROUND_FLOOR) for name, part in exact.items()}
    left = units - sum(floors.values(), ZERO)
    order = sorted(exact, key=lambda name: (floors[name] - exact[name], name))
    parts = dict(floors)
    for name in order:
        if left < 1:
            break
        parts[name] += 1
        left -= 1
    if left:
        parts[order[0]] += left
    return {name: part * unit for name, part in parts.items()}
