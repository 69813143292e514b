"""Lines of many shops in one file, as people and other programs wrote them.

The third world, unlike the other two. Five houses number their orders in five ways:
short numbers in a row, random ones of three parts, hexadecimal, prefix and year, 18
digits. What a line names is dressed up (case, spaces, full-width digits, ``#``), gets
words before or after it, or has two digits the wrong way round. Amounts are in three
currencies, with no, two and three digits behind the point; fees are rounded for each
unit or for the whole; many amounts differ by the smallest unit only. Lines come twice
in one payout, or again in the next one; orders are refunded in parts and twice, some
are below zero from the start; ghosts have numbers that the house left out.
"""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from settlement_generator import Entry, Item, Policy, Rate, RateCard, World

START = date(2026, 2, 3)
PERIOD = 7  # days of a payout
UNITS = {"EUR": Decimal("0.01"), "JPY": Decimal(1), "KWD": Decimal("0.001")}
CARD = RateCard(
    (
        Rate("12 %", Decimal(12)),
        Rate("1.4 % + 0.25", Decimal("1.4"), Decimal("0.25"), currency="EUR"),
    )
)
FX = {("JPY", "EUR"): Decimal("0.0061"), ("KWD", "EUR"): Decimal("3.01")}
PLAN = {  # how many of a thousand orders
    "plain": 560,
    "dressed": 130,
    "affixed": 60,
    "swapped": 20,
    "mistyped": 20,
    "net": 50,
    "converted": 25,
    "instalments": 25,
    "basket": 25,
    "pool": 10,
    "neighbours": 20,
    "again": 20,
    "refunded": 45,
    "below_zero": 10,
    "unpaid": 12,
}
GHOSTS = 0.003
#: houses whose numbers are random: one that is a step away is nobody else's
SPARSE = ("parts", "hexadecimal", "digits")


class BazaarGenerator:
    """Makes a world of about so many orders; the same seed makes the same one."""

    def __init__(self, count: int, seed: int):
        self.pick = random.Random(f"bazaar {seed}")
        self.count = count
        self.world = World(policy=Policy(cards=(CARD,), fx_rates=FX, max_lag=40))
        self.row = 10_000
        self.gaps: list[str] = []
        self.known: set[str] = set()
        self.serial = 0
        self.doubtful: list[tuple] = []  # line, item, what the line names

    def make(self) -> World:
        """The world."""
        while len(self.world.items) < self.count:
            name = self.pick.choices(list(PLAN), list(PLAN.values()))[0]
            getattr(self, f"_{name}")()
        for _ in range(int(self.count * GHOSTS)):
            self._ghost()
        self._judge()
        self.pick.shuffle(self.world.lines)
        self.pick.shuffle(self.world.items)
        return self.world

    # -- numbers -----------------------------------------------------------------------

    def _number(self, house: str) -> str:
        while (number := self._new_number(house)) in self.known:
            pass
        self.known.add(number)
        return number

    def _new_number(self, house: str) -> str:
        digits = self.pick.choices
        if house in ("row", "year"):
            self.row += 1
            if self.pick.random() < 0.02:
                self.gaps.append(self._write(house, self.row))
                self.row += 1
            return self._write(house, self.row)
        if house == "parts":
            three = ("".join(digits(string.digits, k=n)) for n in (3, 7, 7))
            return "-".join(three)
        if house == "hexadecimal":
            return "".join(digits("0123456789abcdef", k=12))
        return "".join(digits("123456789", k=1) + digits(string.digits, k=17))

    def _write(self, house: str, row: int) -> str:
        return f"#{row}" if house == "row" else f"SO2026/{row:06d}"

    def _house(self) -> str:
        return self.pick.choice(("row", "parts", "hexadecimal", "year", "digits"))

    def _id(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}-{self.pick.randrange(16**4):04x}-{self.serial}"

    # -- items and lines ---------------------------------------------------------------

    def _amount(self, currency: str = "EUR") -> Decimal:
        base = Decimal(self.pick.choice((5, 9, 12, 19, 25, 39, 79, 149)))
        base = (
            base * self.pick.randint(1, 4) - self.pick.choice((0, 0, 1)) * UNITS["EUR"]
        )
        if self.pick.random() < 0.5:
            base += Decimal(self.pick.randrange(1, 900)) / 100
        scale = {"EUR": Decimal(1), "JPY": Decimal(160), "KWD": Decimal("0.33")}
        unit = UNITS[currency]
        return (base * scale[currency] / unit).quantize(1, ROUND_HALF_UP) * unit

    def _item(self, amount=None, currency="", house="", partner="") -> Item:
        currency = currency or self.pick.choices(list(UNITS), (85, 10, 5))[0]
        house = house or self._house()
        refs = (self._number(house),)
        if self.pick.random() < 0.4:
            refs += ("ch_" + "".join(self.pick.choices(string.hexdigits, k=20)),)
        item = Item(
            self._id("inv"),
            self._amount(currency) if amount is None else amount,
            currency,
            refs,
            START + timedelta(days=self.pick.randrange(120)),
            partner,
        )
        self.world.items.append(item)
        return item

    def _line(self, item: Item, refs=None, amount=None, **values) -> Entry:
        day = item.date + timedelta(days=self.pick.choice((1, 2, 2, 3, 5, 8, 13)))
        line = Entry(
            self._id("row"),
            item.amount if amount is None else amount,
            values.pop("currency", item.currency),
            item.refs[:1] if refs is None else refs,
            day,
            payout=f"W{(day - START).days // PERIOD}",
            **values,
        )
        self.world.lines.append(line)
        return line

    def _link(self, line: Entry, *items: Item, decidable: bool = True) -> None:
        for item in items:
            self.world.edges.add((line.id, item.id))
            if decidable:
                self.world.decidable.add((line.id, item.id))

    # -- what happens to an order ------------------------------------------------------

    def _plain(self):
        item = self._item()
        self._link(self._line(item, self.pick.choice((item.refs, item.refs[:1]))), item)

    def _dressed(self):
        """Written in another way: nothing but layout."""
        item = self._item()
        self._link(self._line(item, (dress(item.refs[0], self.pick),)), item)

    def _affixed(self):
        """Words or the number of a parcel before or after it."""
        item = self._item(house=self.pick.choice(("parts", "year", "digits")))
        number = item.refs[0]
        how: Callable = self.pick.choice(AFFIXES)
        self._link(self._line(item, (how(number),)), item)

    def _swapped(self):
        item = self._item(house=self.pick.choice(SPARSE))
        number = item.refs[0]
        places = [
            place
            for place in range(len(number) - 1)
            if number[place] != number[place + 1]
            and number[place : place + 2].isalnum()
        ]
        place = self.pick.choice(places)
        wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        self._mistaken(item, wrong)

    def _mistyped(self):
        item = self._item()
        number = item.refs[0]
        place = self.pick.choice([p for p, c in enumerate(number) if c.isdigit()])
        digit = self.pick.choice([d for d in string.digits if d != number[place]])
        wrong = self.pick.choice(
            (
                number[:place] + digit + number[place + 1 :],
                number[:place] + number[place + 1 :],
                number[:place] + digit + number[place:],
            )
        )
        self._mistaken(item, wrong)

    def _mistaken(self, item: Item, wrong: str) -> None:
        line = self._line(item, (wrong,))
        self._link(line, item, decidable=False)
        self.doubtful.append((line, item, wrong))

    def _net(self):
        """Less its fee, which is rounded for each unit, or once."""
        currency = self.pick.choice(list(UNITS))
        unit, price = UNITS[currency], self._amount(currency)
        units = self.pick.choice((1, 1, 2, 3))
        item = self._item(price * units, currency)
        rate = self.pick.choice(CARD.rates if currency == "EUR" else CARD.rates[:1])
        each = rate.percent * price / 100 + rate.fixed / units
        each = (each / unit).quantize(1, ROUND_HALF_UP) * unit
        whole = rate.amount(item.amount, unit)
        fee = self.pick.choice((each * units, whole))
        line = self._line(item, amount=item.amount - fee)
        # More than the smallest unit from what the card says is another amount.
        self._link(line, item, decidable=abs(fee - whole) <= unit)

    def _converted(self):
        currency = self.pick.choice(("JPY", "KWD"))
        item = self._item(currency=currency)
        rate = FX[currency, "EUR"] * Decimal(self.pick.randint(985, 1015)) / 1000
        amount = (item.amount * rate).quantize(UNITS["EUR"])
        told = {}
        if self.pick.random() < 0.5:
            told = {"original_amount": item.amount, "original_currency": currency}
        self._link(self._line(item, amount=amount, currency="EUR", **told), item)

    def _instalments(self):
        item = self._item()
        unit = UNITS[item.currency]
        count = self.pick.randint(2, 4)
        part = (item.amount / count / unit).quantize(1, ROUND_HALF_UP) * unit
        for amount in [part] * (count - 1) + [item.amount - part * (count - 1)]:
            self._link(self._line(item, amount=amount), item)

    def _basket(self):
        """All that a buyer owes, in one line without a number."""
        partner, currency = self._id("buyer"), self.pick.choice(list(UNITS))
        first = self._item(currency=currency, partner=partner)
        items = [first]
        for _ in range(self.pick.randint(1, 4)):
            other = self._item(currency=currency, partner=partner)
            self.world.items.remove(other)
            near = first.date + timedelta(days=self.pick.randint(-2, 2))
            other = replace(other, date=near)
            self.world.items.append(other)
            items.append(other)
        total = sum(item.amount for item in items)
        line = self._line(max(items, key=lambda i: i.date), (), total, partner=partner)
        self._link(line, *items)

    def _pool(self):
        """Orders of anybody in one line without a number: nobody can know."""
        items = [self._item(currency="EUR") for _ in range(self.pick.randint(2, 3))]
        days = [items[0].date + timedelta(days=d) for d in range(len(items))]
        for item, day in zip(items, days, strict=True):
            self.world.items.remove(item)
            self.world.items.append(replace(item, date=day))
        items = self.world.items[-len(items) :]
        total = sum(item.amount for item in items)
        last = max(items, key=lambda item: item.date)
        self._link(self._line(last, (), total), *items, decidable=False)

    def _neighbours(self):
        """Two orders of a buyer, in a row, that differ by the smallest unit."""
        partner, house = self._id("buyer"), self.pick.choice(("row", "year"))
        first = self._item(currency="EUR", house=house, partner=partner)
        unit = UNITS["EUR"]
        second = self._item(first.amount + unit, "EUR", house, partner)
        for item in (first, second):
            self._link(self._line(item), item)

    def _again(self):
        """Told twice: in the same payout, or in another file some weeks later."""
        item = self._item()
        line = self._line(item)
        self._link(line, item)
        copy = replace(line, id=self._id("row"))
        if self.pick.random() < 0.5:
            later = line.date + timedelta(days=PERIOD)
            copy = replace(copy, date=later, payout=f"W{(later - START).days // 7}")
        else:
            self.world.twins[line.id] = copy.id
        self.world.lines.append(copy)
        self.world.duplicates[copy.id] = line.id

    def _refunded(self):
        """Paid, and given back: all of it, a part, or two parts."""
        item = self._item()
        self._link(self._line(item), item)
        unit = UNITS[item.currency]
        shares = self.pick.choice(((100,), (30,), (20, 45)))
        for share in shares:
            amount = (item.amount * share / 100 / unit).quantize(1, ROUND_HALF_UP)
            if not amount:
                continue
            note = replace(
                item,
                id=self._id("note"),
                amount=-amount * unit,
                refs=(*item.refs, f"re_{self.pick.randrange(16**12):012x}"),
                date=item.date + timedelta(days=self.pick.randint(9, 20)),
            )
            self.world.items.append(note)
            named = self.pick.choice((note.refs, note.refs[-1:], item.refs[:1]))
            line = self._line(note, named)
            self._link(line, note)
            if self.pick.random() < 0.05:  # given back twice
                copy = replace(line, id=self._id("row"))
                self.world.lines.append(copy)
                self.world.duplicates[copy.id] = line.id
                self.world.twins[line.id] = copy.id

    def _below_zero(self):
        """An exchange: the buyer gets money from the start."""
        item = self._item(-self._amount(), "EUR")
        self._link(self._line(item), item)

    def _unpaid(self):
        self.world.missing.add(self._item().id)

    def _ghost(self):
        house = self._house()
        if self.gaps and self.pick.random() < 0.3:
            number = self.gaps.pop()
        else:
            number = self._number("digits" if house in ("row", "year") else house)
        item = Item("", self._amount(), "EUR", (number,), START)
        day = START + timedelta(days=self.pick.randrange(120))
        self.world.ghosts.add(self._line(replace(item, date=day)).id)

    # -- what can be decided -----------------------------------------------------------

    def _judge(self):
        """A wrong number proves its order where it is a step from no other one."""
        numbers = Counter(bare(ref) for i in self.world.items for ref in i.refs[:1])
        for line, item, wrong in self.doubtful:
            near = {other for other in steps(bare(wrong)) if other in numbers} | {
                bare(wrong)
            } & set(numbers)
            if near == {bare(item.refs[0])} and len(bare(wrong)) >= 8:
                self.world.decidable.add((line.id, item.id))


def bare(number: str) -> str:
    """A number without layout."""
    return "".join(filter(str.isalnum, number)).lower()


def steps(number: str):
    """All numbers one error away: another, a missing, a new, two swapped characters."""
    signs = string.digits + "abcdef"
    for place in range(len(number) + 1):
        for sign in signs:
            yield number[:place] + sign + number[place:]
            yield number[:place] + sign + number[place + 1 :]
        yield number[:place] + number[place + 1 :]
        if place + 1 < len(number):
            pair = number[place + 1] + number[place]
            yield number[:place] + pair + number[place + 2 :]


def dress(number: str, pick: random.Random) -> str:
    """The number as another program writes it."""
    wide = str.maketrans(string.digits, "０１２３４５６７８９")
    ways = (
        str.upper,
        str.lower,
        lambda n: f"  {n}\t",
        lambda n: n.replace("-", "").replace("/", ""),
        lambda n: n.replace("-", " ").replace("/", "-"),
        lambda n: "\u00a0".join((n[:4], n[4:])),
        lambda n: n.translate(wide),
        lambda n: f"#{n.lstrip('#')}",
        lambda n: n.lstrip("#"),
    )
    for way in pick.sample(ways, 2):
        number = way(number)
    return number


AFFIXES = (
    lambda n: f"ORD-{n}",
    lambda n: f"Order {n}",
    lambda n: f"PAY{n}",
    lambda n: f"{n}-1",
    lambda n: f"{n}/R",
    lambda n: f"{n}.2",
    lambda n: f"{n}_REF",
    lambda n: f"inv:{n}:1",
)


def generate(count: int, seed: int) -> World:
    """A world of about ``count`` items."""
    return BazaarGenerator(count, seed).make()
