"""Settlement lines with known truth: what a channel says of orders, and what is wrong.

The generator plays the channel. Of every hundred orders about 80 are told cleanly, 5
less a fee, 3 in another currency, 3 in parts, 3 merged without a reference, 2 with a
typing error, 2 without a reference, 1 twice, 1 not at all; 6 in a hundred are refunded,
and 2 in a thousand lines are of orders that do not exist. What can be decided at all is
found here by counting solutions in a way of its own, not by the matcher's.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module

# Inside Odoo the addon is a part of the namespace odoo.addons, and its classes must be
# the very ones that it uses.
_matching = import_module(
    "odoo.addons.ecom_finance_recon.matching"
    if "odoo" in sys.modules
    else "ecom_finance_recon.matching"
)
Entry, Item, Policy = _matching.Entry, _matching.Item, _matching.Policy
Rate, RateCard = _matching.Rate, _matching.RateCard

START = date(2026, 1, 1)
DAYS = 90
LAGS = (1, 16)  # days from an order to its line
PRICES = tuple(map(Decimal, "9.99 14.95 19.99 24.50 34.99 59.99 129.00".split()))
CARD = RateCard(
    (
        Rate("commission 15 %", Decimal(15)),
        Rate("card 2.9 % + 0.30", Decimal("2.9"), Decimal("0.30")),
    )
)
FX_RATE = Decimal("1.0850")
#: parts per thousand orders
MIX = {
    "clean": 800,
    "fee": 50,
    "fx": 30,
    "split": 30,
    "merged": 30,
    "typo": 20,
    "no_reference": 20,
    "twice": 10,
    "missing": 10,
}
REFUNDS, GHOSTS = 0.06, 0.002


@dataclass
class World:
    """Lines and items with the truth.

    :ivar edges: pairs of line and item that belong together.
    :ivar decidable: those that the given facts prove.
    :ivar twins: line -> line that is indistinguishable from it: either may be matched.
    :ivar undecided: lines that cannot be decided and have to be refused.
    """

    lines: list = field(default_factory=list)
    items: list = field(default_factory=list)
    edges: set = field(default_factory=set)
    decidable: set = field(default_factory=set)
    missing: set = field(default_factory=set)
    duplicates: dict = field(default_factory=dict)
    twins: dict = field(default_factory=dict)
    ghosts: set = field(default_factory=set)
    policy: object = None


class Generator:
    """Makes a world of about so many lines.

    :param seed: the same seed makes the same world.
    """

    def __init__(self, count: int, seed: int):
        self.random = random.Random(seed)
        self.count = count
        self.world = World(policy=Policy(cards=(CARD,)))
        self.used: set[str] = set()
        self.serial = 0
        self.unreferenced: list = []  # (line, items, partner is told)
        self.open: list = []  # items that no referenced line pays

    def make(self) -> World:
        """The world."""
        orders = int(self.count / 1.1)
        weights = list(MIX.values())
        kinds = self.random.choices(list(MIX), weights, k=orders)
        merging: dict[str, list] = defaultdict(list)
        for kind in kinds:
            item = self._order()
            if kind == "merged":
                merging[item.partner].append(item)
            else:
                getattr(self, f"_{kind}")(item)
            if self.random.random() < REFUNDS and kind in ("clean", "fee", "split"):
                self._refund(item)
        self._merge(merging)
        for _ in range(int(self.count * GHOSTS)):
            self._ghost()
        self._decide()
        self.random.shuffle(self.world.lines)
        self.random.shuffle(self.world.items)
        return self.world

    # -- orders ------------------------------------------------------------------------

    def _order(self):
        pick = self.random
        units = pick.choices((1, 2, 3), (80, 15, 5))[0]
        amount = pick.choice(PRICES) * units + pick.choice(
            (Decimal(0), Decimal("4.99"), Decimal("3.50"))
        )
        item = Item(
            id=f"INV{len(self.world.items):07d}",
            amount=amount,
            currency="EUR",
            refs=(self._number(),),
            date=START + timedelta(days=pick.randrange(DAYS)),
            partner=f"C{pick.randrange(max(self.count // 6, 1))}",
        )
        self.world.items.append(item)
        return item

    def _number(self) -> str:
        while True:
            pick = self.random
            number = f"70{pick.randrange(10)}-{pick.randrange(10**7):07d}"
            number += f"-{pick.randrange(10**7):07d}"
            if number not in self.used:
                self.used.add(number)
                return number

    def _line(self, item, **values):
        self.serial += 1
        lag = self.random.randint(*LAGS)
        line = Entry(
            id=f"L{self.random.randrange(10**9):09d}{self.serial:07d}",
            amount=item.amount,
            currency=item.currency,
            refs=self._written(item.refs),
            date=item.date + timedelta(days=lag),
            payout=f"P{(item.date + timedelta(days=lag) - START).days // 14}",
        )
        line = replace(line, **values)
        self.world.lines.append(line)
        return line

    def _written(self, refs):
        """Ids as channels write them: with hashes, spaces, in lower case."""
        how = self.random.random()
        if how < 0.1:
            return tuple(f"#{ref}" for ref in refs)
        if how < 0.2:
            return tuple(ref.replace("-", "") for ref in refs)
        return refs

    def _link(self, line, *items, decidable=True):
        for item in items:
            self.world.edges.add((line.id, item.id))
            if decidable:
                self.world.decidable.add((line.id, item.id))

    # -- corruptions -------------------------------------------------------------------

    def _clean(self, item):
        self._link(self._line(item), item)

    def _fee(self, item):
        rate = self.random.choice(CARD.rates)
        self._link(
            self._line(item, amount=item.amount - rate.amount(item.amount)), item
        )

    def _fx(self, item):
        spread = Decimal(self.random.randint(-100, 100)) / 10_000
        amount = (item.amount * FX_RATE * (1 + spread)).quantize(Decimal("0.01"))
        self._link(self._line(item, amount=amount, currency="USD"), item)

    def _split(self, item):
        parts = self.random.randint(2, 4)
        cuts = sorted(self.random.sample(range(1, int(item.amount * 100)), parts - 1))
        edges = [0, *cuts, int(item.amount * 100)]
        for low, high in zip(edges, edges[1:], strict=False):
            amount = Decimal(high - low) / 100
            self._link(self._line(item, amount=amount), item)

    def _typo(self, item):
        number = item.refs[0]
        place = self.random.randrange(len(number))
        how = self.random.randrange(3)
        digit = str((int(number[place]) + 3) % 10) if number[place].isdigit() else "7"
        tail = number[place + 1 :] if how < 2 else number[place:]
        wrong = number[:place] + ("" if how == 1 else digit) + tail
        if wrong.replace("-", "") == number.replace("-", ""):
            wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
        self._link(self._line(item, refs=(wrong,)), item)

    def _no_reference(self, item):
        told = self.random.random() < 0.5
        line = self._line(item, refs=(), partner=item.partner if told else "")
        self.unreferenced.append((line, (item,), told))
        self.open.append(item)

    def _merge(self, merging):
        """Orders of one partner, near in time, in one line; or of anybody."""
        rest = []
        for items in merging.values():
            items.sort(key=lambda one: (one.date, one.id))
            while len(items) >= 2:
                group = [items.pop(0)]
                while items and len(group) < 5:
                    if (items[0].date - group[0].date).days > LAGS[1] - LAGS[0]:
                        break
                    group.append(items.pop(0))
                if len(group) > 1:
                    self._merged(group, told=True)
                else:
                    rest += group
            rest += items
        rest.sort(key=lambda one: (one.date, one.id))
        while len(rest) > 1:
            size = self.random.randint(2, min(5, len(rest)))
            group, rest = rest[:size], rest[size:]
            if (group[-1].date - group[0].date).days <= LAGS[1] - LAGS[0]:
                self._merged(group, told=False)
            else:
                for item in group:
                    self._clean(item)
        for item in rest:
            self._clean(item)

    def _merged(self, group, told):
        first, last = group[0].date, group[-1].date
        low, high = last + timedelta(days=LAGS[0]), first + timedelta(days=LAGS[1])
        day = low + timedelta(days=self.random.randint(0, (high - low).days))
        total = sum(item.amount for item in group)
        line = self._line(
            group[0],
            refs=(),
            amount=total,
            date=day,
            partner=group[0].partner if told else "",
            payout=f"P{(day - START).days // 14}",
        )
        self.unreferenced.append((line, tuple(group), told))
        self.open += group

    def _twice(self, item):
        line = self._line(item)
        self._link(line, item)
        how = self.random.randrange(3)
        if how == 0:  # the very same line again
            copy = line
        elif how == 1:  # the same under another id
            copy = replace(line, id=f"{line.id}x")
            self.world.twins[line.id] = copy.id
        else:  # told again some days later
            later = line.date + timedelta(days=self.random.randint(1, 5))
            copy = replace(line, id=f"D{line.id}", date=later)
        self.world.lines.append(copy)
        self.world.duplicates[copy.id] = line.id

    def _missing(self, item):
        self.world.missing.add(item.id)
        self.open.append(item)

    def _refund(self, item):
        full = self.random.random() < 0.6
        amount = item.amount
        if not full:
            amount = (amount * self.random.randint(10, 90) / 100).quantize(
                Decimal("0.01")
            )
        refund = replace(
            item,
            id=f"RINV{len(self.world.items):07d}",
            amount=-amount,
            refs=(*item.refs, f"R{self.random.randrange(10**10):010d}"),
            date=item.date + timedelta(days=self.random.randint(3, 30)),
        )
        self.world.items.append(refund)
        refs = refund.refs if self.random.random() < 0.5 else item.refs
        self._link(self._line(refund, refs=self._written(refs)), refund)

    def _ghost(self):
        item = Item("", self.random.choice(PRICES), "EUR", (self._number(),), START)
        day = timedelta(days=self.random.randrange(DAYS))
        line = self._line(replace(item, date=START + day))
        self.world.ghosts.add(line.id)

    # -- what can be decided -----------------------------------------------------------

    def _decide(self):
        """A line without a reference is decidable when its window has one solution."""
        by_day = defaultdict(list)
        for item in self.open:
            by_day[item.date].append(item)
        for line, items, told in self.unreferenced:
            days = [line.date - timedelta(days=lag) for lag in range(*LAGS)]
            days.append(line.date - timedelta(days=LAGS[1]))
            window = [
                item
                for day in days
                for item in by_day[day]
                if not told or item.partner == line.partner
            ]
            unique = len(window) <= 40 and solutions(window, line.amount) == 1
            self._link(line, *items, decidable=unique)


def solutions(items, target: Decimal) -> int:
    """How many subsets add up to a target, by dynamic programming over sums; 2 = more.

    Single items less a fee of the card count too.
    """
    cents = int(target * 100)
    ways = {0: 1}
    for item in items:
        amount = int(item.amount * 100)
        for total, count in list(ways.items()):
            if total + amount <= cents:
                ways[total + amount] = min(ways.get(total + amount, 0) + count, 2)
    count = ways.get(cents, 0)
    for item in items:
        for rate in CARD.rates:
            count += item.amount - rate.amount(item.amount) == target
    return min(count, 2)


def generate(count: int, seed: int) -> World:
    """A world of about ``count`` lines."""
    return Generator(count, seed).make()


@dataclass(frozen=True)
class Score:
    """How good a result is, in percent; see the names of the benchmark."""

    precision: float
    recall: float
    reported: float
    false_alarms: float
    matched: int
    wrong: tuple = ()
    lost: tuple = ()


def score(world: World, edges, faults=()) -> Score:
    """Compare edges and faults with the truth.

    :param faults: objects with ``kind``, ``line``, ``item``, ``certain``.
    """
    twins = {**world.twins, **{b: a for a, b in world.twins.items()}}

    def is_true(edge) -> bool:
        line, item = edge
        return edge in world.edges or (twins.get(line), item) in world.edges

    edges = set(edges)
    wrong = {edge for edge in edges if not is_true(edge)}
    lost = {
        (line, item)
        for line, item in world.decidable
        if (line, item) not in edges and (twins.get(line), item) not in edges
    }
    named = {"missing": set(), "duplicate": set(), "ghost": set()}
    false = 0
    true_of = {
        "missing": world.missing,
        "duplicate": set(world.duplicates) | set(world.twins),
        "ghost": world.ghosts,
    }
    for fault in faults:
        kind = getattr(fault.kind, "value", fault.kind)
        if kind not in named:
            continue
        name = fault.item if kind == "missing" else fault.line
        named[kind].add(name)
        false += fault.certain and name not in true_of[kind]
    reported = len(named["missing"] & world.missing) + len(
        named["ghost"] & world.ghosts
    )
    reported += sum(
        copy in named["duplicate"] or twins.get(copy) in named["duplicate"]
        for copy in world.duplicates
    )
    total = len(world.missing) + len(world.ghosts) + len(world.duplicates)
    return Score(
        precision=100 * (1 - len(wrong) / len(edges)) if edges else 100.0,
        recall=100 * (1 - len(lost) / len(world.decidable)),
        reported=100 * reported / total if total else 100.0,
        false_alarms=100 * false / len(world.lines),
        matched=len(edges),
        wrong=tuple(sorted(wrong)[:20]),
        lost=tuple(sorted(lost)[:20]),
    )
