"""Movements of a wallet with known truth: a world unlike ``settlement_generator``'s.

Order numbers run without gaps, so that a typing error makes another order's number.
Amounts have every cent (or no cent at all: JPY). Lines name two ids, sometimes one that
is nobody's. Orders are paid in instalments and refunded in parts, several invoices
share an order, buyers pay several orders of a day at once. Dates may be missing.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from settlement_generator import Entry, Item, Policy, Rate, RateCard, World

START = date(2025, 11, 20)
CARD = RateCard(
    (Rate("0.6 %", Decimal("0.6")), Rate("5 % + 1", Decimal(5), Decimal(1)))
)
KINDS = (
    "plain",
    "two_invoices",
    "instalments",
    "net",
    "typo",
    "basket",
    "lost",
    "echo",
)
WEIGHTS = (78, 4, 4, 5, 3, 3, 1, 2)


class WalletGenerator:
    """Makes a world.

    :param exponent: 2 for cents, 0 for a currency without them.
    :param dated: whether lines and items have dates.
    """

    def __init__(self, count: int, seed: int, exponent: int = 2, dated: bool = True):
        self.random = random.Random(seed)
        self.count, self.exponent, self.dated = count, exponent, dated
        self.currency = "CNY" if exponent else "JPY"
        self.world = World(policy=Policy(cards=(CARD,), max_lag=10))
        self.number = 5_000_000
        self.names = 0

    def make(self) -> World:
        """The world."""
        pick = self.random
        while len(self.world.items) < self.count:
            getattr(self, f"_{pick.choices(KINDS, WEIGHTS)[0]}")()
        for _ in range(self.count // 400):
            ghost = self._line(self._amount(), (f"X{pick.randrange(10**9)}",), START)
            self.world.ghosts.add(ghost.id)
        pick.shuffle(self.world.lines)
        pick.shuffle(self.world.items)
        return self.world

    def _amount(self) -> Decimal:
        cents = int(self.random.lognormvariate(9, 0.8)) + 100
        return Decimal(cents).scaleb(-self.exponent)

    def _name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.random.randrange(10**6):06d}{self.names:06d}"

    def _item(self, amount, refs, day, partner=""):
        item = Item(
            self._name("I"),
            amount,
            self.currency,
            refs,
            day if self.dated else None,
            partner,
        )
        self.world.items.append(item)
        return item

    def _line(self, amount, refs, day, partner=""):
        later = day + timedelta(days=self.random.randint(0, 4))
        line = Entry(
            self._name("L"),
            amount,
            self.currency,
            refs,
            later if self.dated else None,
            partner,
        )
        self.world.lines.append(line)
        return line

    def _day(self) -> date:
        return START + timedelta(days=self.random.randrange(60))

    def _order(self) -> tuple[str, str]:
        self.number += 1
        return f"SO{self.number}", f"4200{self.random.randrange(10**14):014d}"

    def _link(self, line, *items, decidable=True):
        for item in items:
            self.world.edges.add((line.id, item.id))
            if decidable:
                self.world.decidable.add((line.id, item.id))

    def _plain(self):
        order, payment = self._order()
        day, amount = self._day(), self._amount()
        item = self._item(amount, (order, payment), day)
        refs = self.random.choice(
            ((order,), (payment, order), (payment,), (f"M{payment}", order))
        )
        self._link(self._line(amount, refs, day), item)
        if self.random.random() < 0.06:
            part = (amount / self.random.choice((1, 2, 4))).quantize(
                Decimal(1).scaleb(-self.exponent)
            )
            refund = self._item(-part, (order, self._name("RF")), day)
            self._link(self._line(-part, (refund.refs[1], order), day), refund)

    def _two_invoices(self):
        order, payment = self._order()
        day, first, second = self._day(), self._amount(), self._amount()
        if first == second:
            return
        items = [self._item(a, (order,), day) for a in (first, second)]
        if self.random.random() < 0.5:
            self._link(self._line(first + second, (payment, order), day), *items)
        else:
            for item in items:
                self._link(self._line(item.amount, (order,), day), item)

    def _instalments(self):
        order, _payment = self._order()
        day, amount = self._day(), self._amount()
        item = self._item(amount, (order,), day)
        third = (amount / 3).quantize(Decimal(1).scaleb(-self.exponent))
        for part in (third, third, amount - 2 * third):
            self._link(self._line(part, (order,), day), item)

    def _net(self):
        order, payment = self._order()
        day, amount = self._day(), self._amount()
        item = self._item(amount, (order, payment), day)
        unit = Decimal(1).scaleb(-self.exponent)
        fee = self.random.choice(CARD.rates).amount(amount, unit)
        self._link(self._line(amount - fee, (payment,), day), item)

    def _typo(self):
        """A wrong digit: mostly another order's number, so the amount has to tell."""
        order, _payment = self._order()
        day, amount = self._day(), self._amount()
        item = self._item(amount, (order,), day)
        place = self.random.randrange(4, len(order))
        digit = str((int(order[place]) + self.random.randint(1, 9)) % 10)
        wrong = order[:place] + digit + order[place + 1 :]
        # Whether another order is as near and of the same amount, is not looked at.
        self._link(self._line(amount, (wrong,), day), item, decidable=False)

    def _basket(self):
        """One buyer, one day, one payment without a number."""
        partner, day = self._name("B"), self._day()
        items = [
            self._item(self._amount(), (self._order()[0],), day, partner)
            for _ in range(self.random.randint(2, 4))
        ]
        total = sum(item.amount for item in items)
        line = self._line(total, (), day, partner)
        # An item less a fee that is the sum of all cannot be: it is smaller than it.
        self._link(line, *items)

    def _lost(self):
        item = self._item(self._amount(), (self._order()[0],), self._day())
        self.world.missing.add(item.id)

    def _echo(self):
        order, payment = self._order()
        day, amount = self._day(), self._amount()
        item = self._item(amount, (order, payment), day)
        line = self._line(amount, (payment, order), day)
        self._link(line, item)
        copy = replace(line, id=f"{line.id}E")
        self.world.lines.append(copy)
        self.world.twins[line.id] = copy.id
        self.world.duplicates[copy.id] = line.id


def generate(count: int, seed: int, **settings) -> World:
    """A world of about ``count`` items."""
    return WalletGenerator(count, seed, **settings).make()
