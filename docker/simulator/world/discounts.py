"""How coupons are spread over the lines of an order, in whole cents.

Source: WooCommerce's behaviour, which its recorded orders show (a 10 % coupon on 39.98
and 45.00 takes 4.00 and 4.50): lines sorted by value, shares rounded down, what is
left over is given out cent by cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

from .model import Coupon
from .money import ZERO, total_of


@dataclass(frozen=True)
class DiscountableLine:
    """A line as coupons see it; ``amount`` as the buyer sees prices (net or gross)."""

    key: int
    product_id: int
    quantity: int
    amount: Decimal


#: Discount per line key.
Shares = dict[int, Decimal]


def spread(
    lines: Sequence[DiscountableLine], coupons: Sequence[Coupon], decimals: int
) -> dict[str, Shares]:
    """Return what every coupon takes off every line."""
    spreader = _Spreader(lines, decimals)
    return {coupon.code: spreader.apply(coupon) for coupon in coupons}


class _Spreader:
    """Works in cents; remembers what earlier coupons have taken."""

    def __init__(self, lines: Sequence[DiscountableLine], decimals: int) -> None:
        self._unit = Decimal(1).scaleb(-decimals)
        self._prices = {line.key: line.amount / self._unit for line in lines}
        self._taken: Shares = {line.key: ZERO for line in lines}
        # The dearest line first, so that it gets the odd cents.
        self._lines = sorted(
            lines, key=lambda line: line.amount * line.quantity, reverse=True
        )

    def apply(self, coupon: Coupon) -> Shares:
        """Apply one coupon and return its share of every line, as money."""
        before = dict(self._taken)
        cents = coupon.amount / self._unit
        lines = [line for line in self._lines if _covers(coupon, line)]
        if coupon.type == "percent":
            self._percent(lines, coupon.amount)
        elif coupon.type == "fixed_cart":
            self._fixed_cart(lines, cents)
        else:
            self._per_item(lines, cents)
        changes = {key: self._taken[key] - before[key] for key in self._taken}
        return {key: change * self._unit for key, change in changes.items() if change}

    def _left(self, line: DiscountableLine) -> Decimal:
        left = self._prices[line.key] - self._taken[line.key]
        return max(ZERO, left.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    def _percent(self, lines: list[DiscountableLine], percent: Decimal) -> None:
        base = ZERO
        given = ZERO
        for line in lines:
            price = self._prices[line.key].quantize(Decimal(1), rounding=ROUND_HALF_UP)
            share = min(self._left(line), price * percent // 100)
            self._taken[line.key] += share
            base += price
            given += share
        whole = (base * percent / 100).quantize(Decimal(1), rounding=ROUND_HALF_DOWN)
        if given < whole:
            self._remainder(lines, whole - given)

    def _per_item(self, lines: list[DiscountableLine], cents: Decimal) -> Decimal:
        given = ZERO
        for line in lines:
            share = min(self._left(line), cents * line.quantity)
            self._taken[line.key] += share
            given += share
        return given

    def _fixed_cart(self, lines: list[DiscountableLine], cents: Decimal) -> None:
        priced = [line for line in lines if self._left(line) > 0]
        count = total_of(Decimal(line.quantity) for line in priced)
        if not count or cents <= 0:
            return
        each = cents // count
        if each <= 0:
            self._remainder(priced, cents)
            return
        given = self._per_item(priced, each)
        if ZERO < given < cents:
            self._fixed_cart(priced, cents - given)

    def _remainder(self, lines: list[DiscountableLine], cents: Decimal) -> None:
        left = cents
        for line in lines:
            for _piece in range(line.quantity):
                if left <= 0:
                    return
                cent = min(self._left(line), Decimal(1), left)
                self._taken[line.key] += cent
                left -= cent


def _covers(coupon: Coupon, line: DiscountableLine) -> bool:
    return not coupon.product_ids or line.product_id in coupon.product_ids


def total_discount(spread_shares: dict[str, Shares]) -> Shares:
    """Return what all coupons together take off every line."""
    result: Shares = {}
    for shares in spread_shares.values():
        for key, amount in shares.items():
            result[key] = result.get(key, ZERO) + amount
    return result
