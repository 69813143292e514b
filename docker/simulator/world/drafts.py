"""What a buyer puts into the basket, before the shop makes an order of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .model import Address

#: An address with nothing in it.
NOWHERE = Address()


@dataclass(frozen=True)
class DraftLine:
    """One product in the basket.

    ``unit_price`` replaces the catalogue's price (with tax where prices include tax);
    ``subtotal`` and ``total`` give net line amounts directly. With ``product_id`` 0 the
    product no longer exists and ``name`` is all that is left of it.
    """

    product_id: int
    quantity: int = 1
    unit_price: Decimal | None = None
    subtotal: Decimal | None = None
    total: Decimal | None = None
    name: str = ""


@dataclass(frozen=True)
class DraftShipping:
    """A way of delivery and its net price."""

    method_title: str
    method_id: str
    total: Decimal


@dataclass(frozen=True)
class DraftFee:
    """A fee; negative for a gift card."""

    name: str
    total: Decimal
    taxable: bool = True
    tax_class: str = ""


@dataclass(frozen=True)
class OrderDraft:
    """A basket at the checkout. None means: as the shop's settings say."""

    billing: Address = NOWHERE
    shipping: Address = NOWHERE
    lines: tuple[DraftLine, ...] = ()
    shipping_lines: tuple[DraftShipping, ...] = ()
    fees: tuple[DraftFee, ...] = ()
    coupons: tuple[str, ...] = ()
    customer_id: int = 0
    currency: str | None = None
    decimals: int | None = None
    prices_include_tax: bool | None = None
    round_at_subtotal: bool | None = None
    base: tuple[str, str] | None = None
    paid: bool = True
    status: str = ""
    payment_method: str = "card"
    payment_title: str = "Card"
    transaction_id: str = ""
    customer_note: str = ""
    meta: tuple[tuple[str, Any], ...] = ()
    created_via: str = "checkout"
    scenario: str = ""
    plan: tuple[str, ...] = ()
    risk: str = ""
    channel_fulfilled: bool = False


@dataclass(frozen=True)
class RefundLine:
    """Part of a refund: an item of the order, how many, and how much net and tax."""

    item_id: int
    quantity: int = 0
    total: Decimal = Decimal(0)
    taxes: tuple[tuple[int, Decimal], ...] = ()

    @property
    def gross(self) -> Decimal:
        """Net plus tax."""
        return self.total + sum((tax for _rate, tax in self.taxes), Decimal(0))


@dataclass(frozen=True)
class RefundDraft:
    """A refund to be made. Without ``amount`` it is the sum of the lines."""

    amount: Decimal | None = None
    reason: str = ""
    lines: tuple[RefundLine, ...] = ()
    restock: bool = True
    paid_back: bool = False
    meta: tuple[tuple[str, Any], ...] = ()
