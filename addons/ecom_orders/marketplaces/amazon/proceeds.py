"""What an order item is worth: amounts by kind, tax, and whether tax is inside.

An item states its *proceeds* as breakdowns by kind (Orders API 2026-01-01,
ItemProceedsBreakdown): ``ITEM``, ``SHIPPING``, ``GIFT_WRAP``, ``COD_FEE``, ``OTHER``,
``TAX``, ``DISCOUNT``; the last two may be told by kind (``detailedBreakdowns``).

Whether ``ITEM`` contains the tax is not said by the model. It is decided by arithmetic
over the whole order, from the total that it states: see :class:`TaxPlace`. The sign of
``DISCOUNT`` is not said either; it always lowers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from ..reading import Reader
from ..schema import ZERO

ITEM, SHIPPING, GIFT_WRAP = "ITEM", "SHIPPING", "GIFT_WRAP"
TAX, DISCOUNT = "TAX", "DISCOUNT"


class TaxPlace(Enum):
    """Where the stated tax stands in relation to the stated amounts and total."""

    ADDED = "added"  # the total is amounts plus tax
    INSIDE = "inside"  # the total is the amounts, which contain the tax
    APART = "apart"  # the total is the amounts, and the tax is no part of either


@dataclass(frozen=True)
class Amounts:
    """What one kind (goods, shipping...) of one item is worth, unrounded.

    :param gross: before discounts, as stated.
    :param discount: zero or positive, as stated.
    :param tax: on what is left after the discount.
    """

    gross: Decimal = ZERO
    discount: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def stated(self) -> Decimal:
        """The amount after discounts, with or without tax, as stated."""
        return self.gross - self.discount

    def untaxed(self, place: TaxPlace) -> tuple[Decimal, Decimal]:
        """Amount before and after discounts without tax.

        The tax of the discount is not stated; it is taken in proportion.
        """
        if place is not TaxPlace.INSIDE or not self.stated:
            return self.gross, self.stated
        share = (self.stated - self.tax) / self.stated
        return self.gross * share, self.stated - self.tax


@dataclass(frozen=True)
class Proceeds:
    """The amounts of one item by kind.

    :param total: ``proceedsTotal``, ``None`` when not stated.
    """

    kinds: dict[str, Amounts] = field(default_factory=dict)
    total: Decimal | None = None

    @property
    def stated(self) -> Decimal:
        """All amounts after discounts, tax not counted."""
        return sum((part.stated for part in self.kinds.values()), ZERO)

    @property
    def tax(self) -> Decimal:
        """All tax."""
        return sum((part.tax for part in self.kinds.values()), ZERO)


def read_proceeds(item: Reader, quantity: Decimal) -> Proceeds:
    """The proceeds of an order item; of one without any, its price times quantity.

    :raises PayloadError: with the path of what cannot be understood.
    """
    read = item.child("proceeds")
    total = read.child("proceedsTotal").decimal("amount", default=None)
    gross: dict[str, Decimal] = {}
    discount: dict[str, Decimal] = {}
    tax: dict[str, Decimal] = {}
    for part in read.children("breakdowns"):
        kind = part.text("type", 40) or "OTHER"
        amount = part.child("subtotal").required_decimal("amount")
        if kind == TAX:
            _add(tax, _details(part, amount, operator.pos))
        elif kind == DISCOUNT:
            _add(discount, _details(part, amount, abs))
        else:
            _add(gross, [(kind, amount)])
    if not gross and not discount:
        price = item.child("product").child("price").child("unitPrice")
        unit = price.decimal("amount", default=None)
        if unit is not None:
            gross[ITEM] = unit * quantity
        elif total is not None:
            gross[ITEM] = total - sum(tax.values(), ZERO)
    # The tax that a discount saves is a kind of its own; it belongs to the goods.
    tax[ITEM] = tax.get(ITEM, ZERO) + tax.pop(DISCOUNT, ZERO)
    kinds = dict.fromkeys((ITEM, *gross, *discount, *tax))
    amounts = {
        kind: Amounts(
            gross.get(kind, ZERO), discount.get(kind, ZERO), tax.get(kind, ZERO)
        )
        for kind in kinds
    }
    return Proceeds(amounts, total)


def _details(
    part: Reader, amount: Decimal, sign: Callable[[Decimal], Decimal]
) -> list[tuple[str, Decimal]]:
    """A tax or discount by kind; what its details do not explain is of the goods."""
    details = [
        (detail.text("subtype", 40) or ITEM, sign(value))
        for detail in part.children("detailedBreakdowns")
        if (value := detail.child("value").decimal("amount", default=None)) is not None
    ]
    rest = sign(amount) - sum((value for _kind, value in details), ZERO)
    return [*details, (ITEM, rest)] if rest else details


def _add(into: dict[str, Decimal], parts: Iterable[tuple[str, Decimal]]) -> None:
    for kind, amount in parts:
        into[kind] = into.get(kind, ZERO) + amount


def place_of_tax(
    items: Iterable[Proceeds], total: Decimal | None, prices_include_tax: bool
) -> TaxPlace:
    """Find out where the tax of an order stands, from the total that it states.

    :param total: what the items have to add up to; ``None`` = not stated, then the
        total of the items counts.
    :param prices_include_tax: custom of the marketplace, decides where the arithmetic
        does not.
    """
    items = tuple(items)
    if total is None and items and all(item.total is not None for item in items):
        total = sum((item.total or ZERO for item in items), ZERO)
    usual = TaxPlace.INSIDE if prices_include_tax else TaxPlace.ADDED
    if total is None:
        return usual
    stated = sum((item.stated for item in items), ZERO)
    tax = sum((item.tax for item in items), ZERO)
    with_tax, without = abs(total - stated - tax), abs(total - stated)
    if with_tax == without:
        return usual
    if with_tax < without:
        return TaxPlace.ADDED
    return TaxPlace.INSIDE if prices_include_tax else TaxPlace.APART
