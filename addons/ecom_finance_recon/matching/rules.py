"""Discrepancy and fraud checks: each a pure function that can be switched and tested.

A rule gets :class:`Facts` and its :class:`Settings` and yields :class:`Alert` rows. To
add one, also from another addon::

    @rule("my_rule")
    def my_rule(facts, settings):
        yield Alert("my_rule", "order", "SO1", Decimal("5"))
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from .rates import RateCard

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OrderFact:
    """An order as the books know it.

    :param settled: sum of its settlement lines from buyers, without refunds.
    :param refunded: given back, as a positive amount; ``refunds`` are the single ones.
    :param contribution: what it earned after all costs, where that is known.
    :param returned: goods came back (or the refund needs none).
    :param fees: all fees together, a cost is negative; ``charges`` the same by type,
        with all together under ``""``.
    :param fee_basis: what rates are applied to, ``None`` = the amount.
    """

    order: str
    date: date
    amount: Decimal
    settled: Decimal | None = None
    refunds: tuple[Decimal, ...] = ()
    returned: bool = False
    fees: Decimal = ZERO
    category: str = ""
    currency: str = ""
    sku: str = ""
    country: str = ""
    chargeback: bool = False
    contribution: Decimal | None = None
    charges: Mapping[str, Decimal] = field(default_factory=dict)
    fee_basis: Decimal | None = None

    @property
    def refunded(self) -> Decimal:
        """Sum of the refunds."""
        return sum(self.refunds, ZERO)


@dataclass(frozen=True, slots=True)
class LineFact:
    """A settlement line, as far as rules look at it."""

    line: str
    settlement: str
    transaction: str = ""
    kind: str = ""
    amount: Decimal = ZERO
    date: date | None = None
    order: str = ""
    has_order: bool = True


@dataclass(frozen=True, slots=True)
class SettlementFact:
    """A settlement of one account and currency.

    :param reserve: withheld at its end.
    :param bank_account: where it was paid to, as far as told.
    :param fx_rate: the provider's rate of a conversion, ``booked_rate`` the books' of
        that day; ``converted`` what came of it, ``None`` = all.
    :param sales: what buyers paid, the basis of ``fees``: by type, as positive amounts.
    """

    settlement: str
    account: str
    starts: date
    ends: date
    total: Decimal = ZERO
    payout: Decimal | None = None
    reserve: Decimal = ZERO
    bank_account: str = ""
    bank_reference: str = ""
    opening: Decimal | None = None
    closing: Decimal | None = None
    fx_rate: Decimal | None = None
    booked_rate: Decimal | None = None
    converted: Decimal | None = None
    deposit: date | None = None
    received: bool = True
    sales: Decimal = ZERO
    fees: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeferralFact:
    """A transaction whose money the channel still holds back.

    :param left: what is not released, in its sign.
    :param due: when the channel said that it would release it.
    :param is_over: the channel says that it is released.
    """

    deferral: str
    date: date
    left: Decimal
    due: date | None = None
    is_over: bool = False


@dataclass(frozen=True)
class Facts:
    """All that rules look at, of one channel."""

    today: date
    orders: tuple[OrderFact, ...] = ()
    lines: tuple[LineFact, ...] = ()
    settlements: tuple[SettlementFact, ...] = ()
    card: RateCard = field(default_factory=RateCard)
    deferrals: tuple[DeferralFact, ...] = ()


@dataclass(frozen=True)
class Settings:
    """Limits of the rules.

    :param days: after which an order should be settled, a payout received.
    :param amount: tolerated difference in money, ``share`` as a part.
    :param reserve_periods: for how many settlements a reserve may stay.
    :param drift_periods: settlements before it that a fee is compared with at least.
    :param cluster: chargebacks of one SKU or country that are a cluster, at a rate of
        at least ``cluster_rate`` of its orders.
    :param back_dated: days that a line may be older than its settlement.
    """

    days: int = 30
    payout_days: int = 7
    amount: Decimal = Decimal("0.01")
    share: Decimal = Decimal("0.02")
    reserve_periods: int = 3
    drift_periods: int = 3
    cluster: int = 3
    cluster_rate: Decimal = Decimal("0.02")
    back_dated: int = 45


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person should look at.

    :param subject: what kind of thing ``reference`` names (order, line, settlement...).
    :param amount: money at stake.
    """

    rule: str
    subject: str
    reference: str
    amount: Decimal = ZERO
    evidence: Mapping[str, Any] = field(default_factory=dict)


Rule = Callable[[Facts, Settings], Iterator[Alert]]
RULES: dict[str, Rule] = {}


def rule(code: str) -> Callable[[Rule], Rule]:
    """Decorator that makes a rule known by its code."""

    def add(function: Rule) -> Rule:
        RULES[code] = function
        return function

    return add


def run(
    facts: Facts,
    enabled: Iterable[str] | None = None,
    settings: Mapping[str, Settings] | None = None,
) -> tuple[Alert, ...]:
    """Alerts of the rules, the most money first.

    :param enabled: codes, ``None`` = all.
    :param settings: by code; others have the defaults.
    """
    codes = RULES if enabled is None else [c for c in RULES if c in set(enabled)]
    alerts = [
        alert
        for code in codes
        for alert in RULES[code](facts, (settings or {}).get(code, Settings()))
    ]
    return tuple(
        sorted(alerts, key=lambda a: (-abs(a.amount), a.rule, a.subject, a.reference))
    )


@rule("not_settled")
def not_settled(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """An order without a settlement after so many days."""
    limit = facts.today - timedelta(days=settings.days)
    for order in facts.orders:
        if order.settled is None and order.date < limit and order.amount:
            age = (facts.today - order.date).days
            yield Alert(
                "not_settled", "order", order.order, order.amount, {"days": age}
            )


@rule("no_order")
def no_order(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """A line that names an order which is not there."""
    for line in facts.lines:
        if line.order and not line.has_order:
            yield Alert(
                "no_order", "line", line.line, line.amount, {"order": line.order}
            )


@rule("amount_off")
def amount_off(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """Settled in another amount than invoiced."""
    for order in facts.orders:
        if order.settled is None:
            continue
        off = order.settled - order.amount
        if abs(off) > settings.amount:
            evidence = {"invoiced": order.amount, "settled": order.settled}
            yield Alert("amount_off", "order", order.order, off, evidence)


@rule("rate_off")
def rate_off(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """Fees of an order that are not those of the rate card for its category.

    Each rate is compared with the fees of its type, one without a type with all of
    them. What is given back with a refund is judged by the audit of the fees.
    """
    cards = {
        rate.fee: RateCard(tuple(r for r in facts.card.rates if r.fee == rate.fee))
        for rate in facts.card.rates
    }
    for order in facts.orders:
        if not order.fees or order.settled is None or order.refunds:
            continue
        basis = order.amount if order.fee_basis is None else order.fee_basis
        expected, charged, names = ZERO, ZERO, []
        for fee, amount in (order.charges or {"": order.fees}).items():
            card = cards.get(fee, RateCard())
            rate = card.find(order.date, order.currency, fee, order.category)
            if rate:
                expected -= rate.amount(basis)
                charged += amount
                names.append(rate.name)
        off = charged - expected
        if names and abs(off) > max(settings.amount, abs(basis) * settings.share):
            evidence = {"expected": expected, "charged": charged}
            evidence["rate"] = ", ".join(names)
            yield Alert("rate_off", "order", order.order, off, evidence)


@rule("refund_exceeds_sale")
def refund_exceeds_sale(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """More given back than was paid."""
    for order in facts.orders:
        over = order.refunded - order.amount
        if order.refunds and over > settings.amount:
            yield Alert("refund_exceeds_sale", "order", order.order, over)


@rule("refund_twice")
def refund_twice(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """The same amount given back again, and together more than was paid."""
    for order in facts.orders:
        repeated = [a for a, count in Counter(order.refunds).items() if count > 1 and a]
        if repeated and order.refunded > order.amount + settings.amount:
            yield Alert("refund_twice", "order", order.order, repeated[0])


@rule("refund_without_return")
def refund_without_return(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """Given back in full without the goods."""
    for order in facts.orders:
        full = order.refunded >= order.amount - settings.amount
        if order.refunds and full and not order.returned:
            yield Alert("refund_without_return", "order", order.order, order.refunded)


@rule("duplicate_id")
def duplicate_id(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """One transaction id with the same kind and amount in several lines."""
    seen: dict[tuple, list[LineFact]] = defaultdict(list)
    for line in facts.lines:
        if line.transaction:
            seen[(line.transaction, line.kind, line.amount)].append(line)
    for (transaction, _kind, amount), lines in seen.items():
        if len({line.line for line in lines}) > 1:
            evidence = {"lines": tuple(line.line for line in lines)}
            yield Alert("duplicate_id", "transaction", transaction, amount, evidence)


@rule("bank_reference_twice")
def bank_reference_twice(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """Two settlements that name one bank transfer."""
    seen: dict[str, list[SettlementFact]] = defaultdict(list)
    for one in facts.settlements:
        if one.bank_reference:
            seen[one.bank_reference].append(one)
    for reference, found in seen.items():
        if len(found) > 1:
            evidence = {"settlements": tuple(one.settlement for one in found)}
            yield Alert(
                "bank_reference_twice", "bank", reference, found[0].total, evidence
            )


@rule("payout_off")
def payout_off(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """Paid another amount than the lines add up to."""
    for one in facts.settlements:
        if one.payout is not None and one.payout != one.total:
            evidence = {"payout": one.payout, "total": one.total}
            off = one.payout - one.total
            yield Alert("payout_off", "settlement", one.settlement, off, evidence)


@rule("payout_late")
def payout_late(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """A payout that should have arrived."""
    limit = facts.today - timedelta(days=settings.payout_days)
    for one in facts.settlements:
        if not one.received and one.deposit and one.deposit < limit and one.total > 0:
            evidence = {"days": (facts.today - one.deposit).days}
            yield Alert(
                "payout_late", "settlement", one.settlement, one.total, evidence
            )


@rule("deferred_late")
def deferred_late(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """Money that is held back for longer than it should, or released differently.

    Counted from the day that the channel told, else from the transaction's own.
    """
    limit = facts.today - timedelta(days=settings.days)
    for one in facts.deferrals:
        since = one.due or one.date
        if one.left and (one.is_over or since < limit):
            evidence = {"days": (facts.today - since).days, "released": one.is_over}
            yield Alert("deferred_late", "deferral", one.deferral, one.left, evidence)


@rule("bank_account_changed")
def bank_account_changed(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """Paid to another bank account than the time before."""
    for before, one in _pairs(facts, lambda s: bool(s.bank_account)):
        if one.bank_account != before.bank_account:
            evidence = {"before": before.bank_account, "now": one.bank_account}
            yield Alert(
                "bank_account_changed",
                "settlement",
                one.settlement,
                one.total,
                evidence,
            )


@rule("reserve_not_released")
def reserve_not_released(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """A reserve that has not become smaller for several settlements."""
    for chain in _chains(facts).values():
        run_length, last = 0, ZERO
        for one in chain:
            run_length = run_length + 1 if one.reserve >= last > 0 else 0
            last = one.reserve
            if run_length == settings.reserve_periods:
                yield Alert(
                    "reserve_not_released", "settlement", one.settlement, one.reserve
                )


@rule("balance_chain")
def balance_chain(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """An opening balance that is not the closing one before it."""
    for before, one in _pairs(facts, _has_balances):
        off = one.opening - before.closing
        if off:
            evidence = {"before": before.settlement, "closing": before.closing}
            yield Alert("balance_chain", "settlement", one.settlement, off, evidence)


@rule("period_gap")
def period_gap(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """Days between two settlements that belong to neither."""
    for before, one in _pairs(facts):
        if (one.starts - before.ends).days > 1:
            evidence = {"from": before.ends, "to": one.starts}
            yield Alert("period_gap", "settlement", one.settlement, ZERO, evidence)


@rule("period_overlap")
def period_overlap(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """A settlement that begins before the last one ended."""
    for before, one in _pairs(facts):
        if one.starts < before.ends:
            evidence = {"before": before.settlement, "ends": before.ends}
            yield Alert("period_overlap", "settlement", one.settlement, ZERO, evidence)


@rule("fx_off")
def fx_off(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """Converted at another rate than booked."""
    for one in facts.settlements:
        if not one.fx_rate or not one.booked_rate:
            continue
        off = one.fx_rate / one.booked_rate - 1
        if abs(off) > settings.share:
            evidence = {"rate": one.fx_rate, "booked": one.booked_rate}
            converted = one.total if one.converted is None else one.converted
            # The part of it that is there (or missing) because of the rate.
            amount = converted * off
            yield Alert("fx_off", "settlement", one.settlement, amount, evidence)


@rule("chargeback_cluster")
def chargeback_cluster(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """Many chargebacks of one SKU or one country."""
    for what in ("sku", "country"):
        orders: dict[str, list[OrderFact]] = defaultdict(list)
        for order in facts.orders:
            if getattr(order, what):
                orders[getattr(order, what)].append(order)
        for name, found in orders.items():
            hit = [order for order in found if order.chargeback]
            often = len(hit) >= settings.cluster
            if often and len(hit) >= len(found) * settings.cluster_rate:
                amount = sum((order.amount for order in hit), ZERO)
                evidence = {"chargebacks": len(hit), "orders": len(found)}
                yield Alert("chargeback_cluster", what, name, amount, evidence)


@rule("back_dated")
def back_dated(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """A line much older than the settlement that it is in."""
    starts = {one.settlement: one.starts for one in facts.settlements}
    for line in facts.lines:
        start = starts.get(line.settlement)
        if start and line.date and (start - line.date).days > settings.back_dated:
            evidence = {"settlement": line.settlement, "date": line.date}
            yield Alert("back_dated", "line", line.line, line.amount, evidence)


@rule("negative_margin")
def negative_margin(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """A settled order that cost more than it brought."""
    for order in facts.orders:
        if order.settled is None or order.contribution is None:
            continue
        if order.contribution < -settings.amount:
            yield Alert("negative_margin", "order", order.order, order.contribution)


@rule("fee_drift")
def fee_drift(facts: Facts, settings: Settings) -> Iterator[Alert]:
    """A type of fee takes another share of the sales than in the settlements before.

    Compared with the median of those before it; a share counts in parts of the sales.
    """
    for chain in _chains(facts).values():
        shares: dict[str, list[Decimal]] = defaultdict(list)
        for one in (each for each in chain if each.sales > 0):
            for fee in sorted({*shares, *one.fees}):
                share = one.fees.get(fee, ZERO) / one.sales
                before = shares[fee]
                if len(before) >= settings.drift_periods:
                    usual = median(before)
                    if abs(share - usual) > settings.share:
                        evidence = {"fee": fee, "share": share, "usual": usual}
                        yield Alert(
                            "fee_drift",
                            "settlement",
                            one.settlement,
                            (share - usual) * one.sales,
                            evidence,
                        )
                before.append(share)


def _has_balances(one: SettlementFact) -> bool:
    return one.opening is not None and one.closing is not None


def _chains(facts: Facts) -> dict[str, list[SettlementFact]]:
    """Settlements of each account, the oldest first."""
    chains: dict[str, list[SettlementFact]] = defaultdict(list)
    for one in facts.settlements:
        chains[one.account].append(one)
    for chain in chains.values():
        chain.sort(key=lambda one: (one.starts, one.ends, one.settlement))
    return chains


def _pairs(
    facts: Facts, keep: Callable[[SettlementFact], bool] = lambda _one: True
) -> Iterator[tuple[SettlementFact, SettlementFact]]:
    """Each settlement with the one before it, of the same account."""
    for chain in _chains(facts).values():
        kept = [one for one in chain if keep(one)]
        yield from zip(kept, kept[1:], strict=False)
