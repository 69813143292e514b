"""Both sides of a Shopify amount, and ids as they stand in payloads.

Every amount is a ``MoneyBag``: the same money in the shop's currency and in the one
that the buyer saw (*presentment*). An order is read on one side throughout: its
currency, its lines and its payments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from ..reading import Reader
from ..schema import ZERO

SHOP = "shop"
PRESENTMENT = "presentment"

_FIELDS = {SHOP: "shopMoney", PRESENTMENT: "presentmentMoney"}
_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([A-Za-z0-9-]{1,64})(?:\?.*)?", re.ASCII)


@dataclass(frozen=True)
class Money:
    """Reads amounts of one side.

    :param side: :data:`SHOP` or :data:`PRESENTMENT`.
    :param currency: ISO 4217 code that every amount has to be in.
    """

    side: str
    currency: str

    @classmethod
    def of(cls, read: Reader) -> Money:
        """The side that an order's payload asks for (``moneySide``), with its currency.

        :raises PayloadError: when the currency is none.
        """
        side = SHOP if read.data.get("moneySide") == SHOP else PRESENTMENT
        key = "currencyCode"
        if side == PRESENTMENT and read.data.get("presentmentCurrencyCode") is not None:
            key = "presentmentCurrencyCode"
        currency = read.text(key, 16)
        if not re.fullmatch("[A-Z]{3}", currency):
            raise read.fail(key, "is not a currency code")
        return cls(side, currency)

    def amount(
        self, read: Reader, key: str, default: Decimal | None = ZERO
    ) -> Decimal | None:
        """An amount of an object; missing and ``null`` give ``default``.

        :raises PayloadError: when it is in another currency or no amount at all.
        """
        if read.data.get(key) is None:
            return default
        return self.of_bag(read.child(key))

    def required(self, read: Reader, key: str) -> Decimal:
        """An amount that has to be there."""
        value = self.amount(read, key, None)
        if value is None:
            raise read.fail(key, "is missing")
        return value

    def of_bag(self, bag: Reader) -> Decimal:
        """The amount of a ``MoneyBag``.

        A bag with one side only counts where that side is in the right currency.
        """
        field = _FIELDS[self.side]
        if bag.data.get(field) is None:
            other = next(name for name in _FIELDS.values() if name != field)
            field = other if bag.data.get(other) is not None else field
        part = bag.child(field)
        if part.text("currencyCode", 16) != self.currency:
            raise part.fail("currencyCode", f"is not {self.currency}")
        return part.required_decimal("amount")


def number_of(gid: str, kind: str = "") -> str:
    """The number in a global id, empty when it is none (of that kind).

    ``gid://shopify/Order/123`` gives ``123``.
    """
    match = _GID.fullmatch(gid)
    return match[2] if match and kind in ("", match[1]) else ""


def kind_of(gid: str) -> str:
    """The type in a global id, empty when it is none."""
    match = _GID.fullmatch(gid)
    return match[1] if match else ""


def identifier(read: Reader, key: str, kind: str, required: bool = True) -> str:
    """The number of a global id of a payload.

    :raises PayloadError: for what is not one, and for none where it is required.
    """
    value = read.data.get(key)
    if value is None and not required:
        return ""
    number = number_of(value, kind) if isinstance(value, str) else ""
    if not number:
        raise read.fail(key, f"is not the id of a {kind}")
    return number


def nested_identifier(read: Reader, key: str, kind: str) -> str:
    """The number of an object's ``id``; empty when the object is not there."""
    if read.data.get(key) is None:
        return ""
    return identifier(read.child(key), "id", kind)


def nodes(read: Reader, key: str) -> list[Reader]:
    """The elements of a connection (``{"nodes": [...]}``) or of a plain list."""
    if isinstance(read.data.get(key), list):
        return read.children(key)
    return read.child(key).children("nodes")
