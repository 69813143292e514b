"""What the items of an order are worth, as Amazon states it.

The world keeps net amounts and taxes with six decimals; Amazon states amounts in the
currency's unit for each item, and delivery and wrapping with an item too: they stand
with the first one here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from ..world.model import FeeLine, LineItem, Order, ShippingLine
from ..world.money import ZERO, fixed, round_money, total_of


@dataclass
class Share:
    """Amounts of one kind of one item. With tax inside, ``gross`` contains it."""

    gross: Decimal = ZERO
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    tax_saved: Decimal = ZERO


@dataclass
class ItemMoney:
    """Amounts of an item by kind."""

    kinds: dict[str, Share] = field(default_factory=dict)

    def total(self, inclusive: bool) -> Decimal:
        """Return what the item adds to the order's total."""
        net = total_of(share.gross - share.discount for share in self.kinds.values())
        return net if inclusive else net + self.tax

    @property
    def tax(self) -> Decimal:
        """Return all tax of the item."""
        return total_of(share.tax for share in self.kinds.values())

    @property
    def discount(self) -> Decimal:
        """Return all discounts of the item."""
        return total_of(share.discount for share in self.kinds.values())


def item_money(order: Order) -> dict[int, ItemMoney]:
    """Return the amounts of every item by line id."""
    money = {line.id: ItemMoney({"ITEM": _goods(order, line)}) for line in order.lines}
    first = next(iter(money.values()), ItemMoney())
    for kind, rows in (("SHIPPING", order.shipping_lines), ("GIFT_WRAP", order.fees)):
        for row in rows:
            first.kinds[kind] = _extra(order, row)
    return money


def _goods(order: Order, line: LineItem) -> Share:
    def rounded(value: Decimal) -> Decimal:
        return round_money(value, order.decimals)

    net, before = rounded(line.total), rounded(line.subtotal)
    if not order.prices_include_tax:
        saved = rounded(line.subtotal_tax) - rounded(line.total_tax)
        tax = rounded(line.total_tax)
        return Share(before, before - net, tax, saved)
    after = net + rounded(line.total_tax)
    gross = before + rounded(line.subtotal_tax)
    return Share(gross, gross - after, rounded(line.total_tax))


def _extra(order: Order, row: ShippingLine | FeeLine) -> Share:
    net = round_money(row.total, order.decimals)
    tax = round_money(row.total_tax, order.decimals)
    return Share(net + tax if order.prices_include_tax else net, ZERO, tax)


def money_2026(amount: Decimal, order: Order) -> dict[str, str]:
    """Return an amount as version 2026-01-01 writes it."""
    return {"amount": fixed(amount, order.decimals), "currencyCode": order.currency}


def money_v0(amount: Decimal, order: Order) -> dict[str, str]:
    """Return an amount as version v0 writes it."""
    return {"CurrencyCode": order.currency, "Amount": fixed(amount, order.decimals)}
