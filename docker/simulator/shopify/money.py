"""Amounts on the wire: both sides of a ``MoneyBag``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..world.model import Order
from ..world.money import round_money

#: US dollars for one unit, fixed: enough to have two different sides.
DOLLARS = {
    "USD": Decimal(1),
    "CAD": Decimal("0.73"),
    "CNY": Decimal("0.14"),
    "EUR": Decimal("1.08"),
    "GBP": Decimal("1.27"),
    "JPY": Decimal("0.0067"),
}


def amount_text(value: Decimal) -> str:
    """Return an amount as Shopify writes it: one decimal at least, no empty ones."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0")
        return f"{text}0" if text.endswith(".") else text
    return f"{text}.0"


class Purse:
    """Writes amounts of one order.

    :param shop_currency: what the shop keeps its books in.
    """

    def __init__(self, order: Order, shop_currency: str) -> None:
        self.currency, self.decimals = order.currency, order.decimals
        self.shop_currency = shop_currency

    def bag(self, value: Decimal) -> dict[str, Any]:
        """Return a ``MoneyBag``; the shop's side is rounded on its own, as there."""
        value = round_money(value, self.decimals)
        rate = DOLLARS[self.currency] / DOLLARS[self.shop_currency]
        shop = value if rate == 1 else round_money(value * rate, 2)
        return {
            "__typename": "MoneyBag",
            "presentmentMoney": self._side(value, self.currency),
            "shopMoney": self._side(shop, self.shop_currency),
        }

    @staticmethod
    def _side(value: Decimal, currency: str) -> dict[str, Any]:
        return {
            "__typename": "MoneyV2",
            "amount": amount_text(value),
            "currencyCode": currency,
        }
