"""How often channels sell what is gone, and what it costs to prevent it: a simulation.

Buyers come to each channel as a Poisson process and take one unit each. Every channel
counts its own sales down by itself; of the others it knows only what it was told last.
Every ``interval`` all orders are read and new quantities are computed with the very
functions that publish them (:mod:`.availability`); a channel shows its new quantity
``delay`` later. An order that is accepted when nothing is left is *oversold*; a buyer
who is sent away although something is left is *lost*.

Three analytic results go with it, for Poisson demand in one window of latency:
:func:`poisson_tail` bounds the chance of an oversold order, :func:`aged_tail` is that
chance exactly when the last message is between zero and one window old, and
:func:`poisson_excess` is the number of oversold orders of a window in which nothing but
the stock stops the buyers (N. U. Prabhu, *Queues and Inventories*, 1965, for the loss
function).
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from .availability import Claim, Mode, allocate, still_shown

NEVER = math.inf
# Half a 95 percent confidence interval in standard errors, by degrees of freedom up to
# 30 (Student's distribution), then the normal distribution's.
_STUDENT = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
_NORMAL = 1.960


@dataclass(frozen=True)
class Seller:
    """One channel that sells the stock.

    :param rate: orders per hour while it shows something, one unit each.
    :param delay: minutes from computing its quantity until it shows it.
    :param compare: its quantity is only set when it shows what we believe, and sales
        that come in between are taken off (compare and set); otherwise they are
        overwritten.
    """

    name: str
    rate: float
    delay: float = 0.0
    buffer: int = 0
    mode: Mode = Mode.SHARED
    share: Decimal = Decimal(0)
    reserve: int = 0
    compare: bool = True


@dataclass(frozen=True)
class Scenario:
    """A stock and its channels; times in minutes.

    :param stock: units at the start, and again after each replenishment.
    :param interval: between two rounds of reading orders and telling quantities.
    :param replenish_every: ``None`` = what is sold is gone.
    :param duration: of one run.
    """

    sellers: tuple[Seller, ...]
    stock: int
    interval: float
    replenish_every: float | None = None
    duration: float = 7 * 24 * 60

    def with_buffer(self, buffer: int) -> Scenario:
        """The same with another buffer on every channel."""
        sellers = tuple(replace(seller, buffer=buffer) for seller in self.sellers)
        return replace(self, sellers=sellers)


@dataclass(frozen=True)
class Count:
    """What happened in one run.

    :param demand: buyers who came; :param accepted: orders that a channel took.
    :param oversold: of them, the ones that cannot be met.
    :param lost: buyers who were sent away although something was left.
    :param oversold_by: the oversold orders by seller, in their order.
    """

    demand: int = 0
    accepted: int = 0
    oversold: int = 0
    lost: int = 0
    oversold_by: tuple[int, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """A rate with its 95 percent confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Outcome:
    """What many runs of a scenario say.

    :param oversell_rate: oversold orders per accepted order.
    :param lost_rate: lost buyers per buyer.
    """

    total: Count
    oversell_rate: Estimate
    lost_rate: Estimate


# -- analytic --------------------------------------------------------------------------


def poisson_tail(mean: float, count: int) -> float:
    """Chance of more than ``count`` orders when ``mean`` are expected."""
    if count < 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if count < mean:
        return max(0.0, 1.0 - math.fsum(_poisson_terms(mean, 0, count)))
    # far in the tail: the terms themselves, lest 1 - (almost 1) loses all digits
    last = count + 50 + int(10 * math.sqrt(mean + count))
    return min(1.0, math.fsum(_poisson_terms(mean, count + 1, last)))


def poisson_excess(mean: float, count: int) -> float:
    """Expected number of orders beyond ``count``: ``E[max(0, N - count)]``."""
    if mean <= 0:
        return 0.0
    return mean * poisson_tail(mean, count - 1) - count * poisson_tail(mean, count)


def aged_tail(mean: float, count: int) -> float:
    """:func:`poisson_tail` averaged over a window of uniform age.

    :param mean: orders in the whole window. A moment chosen at random in it is preceded
        by fewer: ``(1/W) * integral of P(N(u) > count) du = E[max(0, N(W) - count - 1)]
        / mean``.
    """
    return poisson_excess(mean, count + 1) / mean if mean > 0 else 0.0


def sufficient_buffer(mean: float, target: float) -> int:
    """Smallest buffer with ``poisson_tail(mean, buffer) <= target``.

    :param mean: orders that the *other* channels take within one window of latency.
    :param target: accepted chance of an oversold order, more than zero.
    """
    if target <= 0:
        raise ValueError("a buffer that never fails does not exist")
    buffer = 0
    while poisson_tail(mean, buffer) > target:
        buffer += 1
    return buffer


def window(scenario: Scenario, seller: Seller) -> float:
    """Longest age in minutes of what a seller shows.

    A new message is not sent before the last one has arrived: with a delay of more
    than one interval, rounds are skipped.
    """
    rounds = max(1, math.ceil(seller.delay / scenario.interval))
    return rounds * scenario.interval + seller.delay


def oversell_bound(scenario: Scenario, seller: Seller) -> float:
    """Upper bound of the chance that a buyer at a seller gets what is gone.

    It takes more orders on the other channels than the buffer, within one window.
    """
    others = sum(other.rate for other in scenario.sellers) - seller.rate
    return poisson_tail(others * window(scenario, seller) / 60, seller.buffer)


def _poisson_terms(mean: float, first: int, last: int) -> Iterator[float]:
    for count in range(first, last + 1):
        yield math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


# -- simulation ------------------------------------------------------------------------


def simulate(scenario: Scenario, runs: int = 30, seed: int = 0) -> Outcome:
    """Run a scenario many times; the same seed gives the same outcome.

    :param runs: independent ones, at least two.
    """
    chance = random.Random(seed)
    counts = [_Run(scenario, chance).count() for _number in range(runs)]
    total = Count(
        demand=sum(count.demand for count in counts),
        accepted=sum(count.accepted for count in counts),
        oversold=sum(count.oversold for count in counts),
        lost=sum(count.lost for count in counts),
        oversold_by=tuple(
            map(sum, zip(*(count.oversold_by for count in counts), strict=True))
        ),
    )
    return Outcome(
        total,
        _ratio([count.oversold for count in counts], [c.accepted for c in counts]),
        _ratio([count.lost for count in counts], [c.demand for c in counts]),
    )


def compare_buffers(
    scenario: Scenario, buffers: range, runs: int = 30, seed: int = 0
) -> dict[int, Outcome]:
    """Outcomes by buffer, all with the same buyers (common random numbers)."""
    return {
        buffer: simulate(scenario.with_buffer(buffer), runs, seed) for buffer in buffers
    }


def recommend_buffer(
    scenario: Scenario, target: float, runs: int = 30, seed: int = 0
) -> tuple[int, Outcome]:
    """Smallest buffer whose oversell rate is at most ``target``.

    The whole confidence interval counts, so that luck recommends nothing. The analytic
    bound says where the search ends: a buffer of the whole stock sells nothing.

    :param target: oversold orders per accepted order, more than zero.
    :return: the buffer, and what it leads to.
    """
    most = max(
        sufficient_buffer(
            sum(other.rate for other in scenario.sellers if other is not seller)
            * window(scenario, seller)
            / 60,
            target,
        )
        for seller in scenario.sellers
    )
    low, high = 0, min(most, scenario.stock)
    best = simulate(scenario.with_buffer(high), runs, seed)
    while low < high:
        middle = (low + high) // 2
        outcome = simulate(scenario.with_buffer(middle), runs, seed)
        if outcome.oversell_rate.high <= target:
            high, best = middle, outcome
        else:
            low = middle + 1
    return high, best


def _ratio(parts: list[int], wholes: list[int]) -> Estimate:
    """A ratio of sums over independent runs, by the ratio estimator.

    Where nothing happened at all the upper limit is three divided by the number of
    chances (rule of three: J. A. Hanley, A. Lippman-Hand, JAMA 249, 1983).
    """
    runs, whole = len(wholes), sum(wholes)
    if not whole:
        return Estimate(0.0, 0.0, 1.0)
    value = sum(parts) / whole
    if not any(parts):
        return Estimate(0.0, 0.0, min(1.0, 3 / whole))
    squares = math.fsum(
        (part - value * count) ** 2 for part, count in zip(parts, wholes, strict=True)
    )
    error = math.sqrt(squares * runs / (runs - 1)) / whole
    factor = _STUDENT[runs - 2] if runs - 2 < len(_STUDENT) else _NORMAL
    return Estimate(
        value, max(0.0, value - factor * error), min(1.0, value + factor * error)
    )


class _Run:
    """One run: what is left, what each seller shows, which messages are on their way.

    :ivar pending: for each seller the moment its message arrives and the quantity in
        it; sellers are known by their position.
    :ivar told: the last quantity sent to each; where quantities are overwritten it is
        all that we know.
    :ivar meanwhile: what each seller sold since its pending quantity was computed.
    :ivar changed: something happened since quantities were last computed; while
        nothing does, rounds are skipped.
    """

    def __init__(self, scenario: Scenario, chance: random.Random):
        self.scenario, self.chance = scenario, chance
        self.sellers = scenario.sellers
        self.claims = [
            Claim(position, seller.mode, seller.share, seller.reserve)
            for position, seller in enumerate(self.sellers)
        ]
        self.owners = {c.channel for c in self.claims if c.mode is Mode.PARTITIONED}
        self.parts: dict[int, dict[int, int]] = {}
        self.left = scenario.stock
        self.shown = [0] * len(self.sellers)
        self.pending: dict[int, tuple[float, int]] = {}
        self.meanwhile = [0] * len(self.sellers)
        self.shown = [self._quantity(i) for i in range(len(self.sellers))]
        self.told = list(self.shown)
        self.next_buyer = 0.0
        self.changed = False

    def count(self) -> Count:
        """Run to the end."""
        buyers = self._buyers()
        moment, seller = next(buyers)
        demand = accepted = lost = 0
        oversold = [0] * len(self.sellers)
        self.next_buyer = moment
        for until in self._events():
            while moment < until:
                demand += 1
                if self.shown[seller] > 0:
                    accepted += 1
                    self.changed = True
                    self.shown[seller] -= 1
                    self.meanwhile[seller] += 1
                    if self.left > 0:
                        self.left -= 1
                    else:
                        oversold[seller] += 1
                elif self.left > 0:
                    lost += 1
                moment, seller = next(buyers)
            self.next_buyer = moment
        return Count(demand, accepted, sum(oversold), lost, tuple(oversold))

    def _buyers(self) -> Iterator[tuple[float, int]]:
        """Moments at which buyers come, and to whom."""
        positions = range(len(self.sellers))
        rates = [seller.rate for seller in self.sellers]
        per_minute, moment = sum(rates) / 60, 0.0
        if not per_minute:
            yield NEVER, 0
        while True:
            for seller in self.chance.choices(positions, rates, k=256):
                moment += self.chance.expovariate(per_minute)
                yield moment, seller

    def _events(self) -> Iterator[float]:
        """Moments up to which buyers may come; what happens then happens in between."""
        scenario = self.scenario
        next_round = scenario.interval
        refill = scenario.replenish_every or NEVER
        while True:
            arrival = min(
                (moment for moment, _q in self.pending.values()), default=NEVER
            )
            now = min(next_round, refill, arrival)
            if now >= scenario.duration:
                yield scenario.duration
                return
            yield now
            if now == arrival:
                self._arrive(now)
            if now == refill:
                self.left = scenario.stock
                self.changed = True
                refill += scenario.replenish_every
            if now == next_round:
                self._tell(now)
                next_round += scenario.interval
            if not self.changed and not self.pending:
                quiet = min(self.next_buyer, refill, scenario.duration)
                rounds = math.ceil(quiet / scenario.interval)
                next_round = max(next_round, rounds * scenario.interval)

    def _tell(self, now: float) -> None:
        """Send new quantities, computed for all before any of them arrives."""
        self.changed = bool(self.pending)
        quantities = {
            position: self._quantity(position)
            for position in range(len(self.sellers))
            if position not in self.pending
        }
        for position, quantity in quantities.items():
            seller = self.sellers[position]
            believed = (self.shown if seller.compare else self.told)[position]
            if quantity != believed:
                self.pending[position] = now + seller.delay, quantity
                self.told[position] = quantity
                self.meanwhile[position] = 0
        self._arrive(now)

    def _arrive(self, now: float) -> None:
        due = [i for i, (moment, _q) in self.pending.items() if moment <= now]
        for position in due:
            _moment, quantity = self.pending.pop(position)
            if self.sellers[position].compare:
                quantity = max(0, quantity - self.meanwhile[position])
            self.shown[position] = quantity
            self.changed = True

    def _quantity(self, position: int) -> int:
        """What a seller is to show now, as :func:`.availability.compute` has it."""
        parts = self.parts.get(self.left)
        if parts is None:
            parts = self.parts[self.left] = dict(allocate(self.left, self.claims))
        quantity = parts[position]
        if position in self.owners:
            owners = {key: parts[key] for key in self.owners}
            quantity -= still_shown(position, owners, self._exposed())
        return max(0, quantity - self.sellers[position].buffer)

    def _exposed(self) -> dict[int, int]:
        """What each owner of a share shows or is about to show, the higher of both."""
        return {
            key: max(self.shown[key], self.pending.get(key, (0, 0))[1])
            for key in self.owners
        }
