"""Calculates an order: coupons, taxes per line and rate, totals.

Source: WooCommerce's behaviour as its recorded orders show it.

- Line amounts are net. Where prices include tax, the shop's own (base) tax is taken out
  of the price and the buyer's tax is added, and line amounts keep six decimals.
- Taxes are rounded per line and rate, or (``round_at_subtotal``) only in the totals.
- ``total`` = lines + fees + shipping + cart tax + shipping tax.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from . import discounts
from .model import (
    Coupon,
    CouponLine,
    FeeLine,
    ItemTax,
    LineItem,
    Order,
    ShippingLine,
    TaxLine,
    TaxRate,
    Totals,
)
from .money import ZERO, round_money, total_of
from .taxes import Taxes, rates_for, round_tax, tax_in_gross, tax_on_net, tax_place

#: The order in which the classes of the goods decide the tax class of delivery.
TAX_CLASSES = ("", "reduced-rate", "zero-rate")


def net_of_base_tax(
    price: Decimal, tax_class: str, order: Order, rates: Iterable[TaxRate]
) -> Decimal:
    """Return ``price`` without the tax of the place where the shop is."""
    base = rates_for(rates, (order.base_country, order.base_state), tax_class)
    return price - total_of(tax_in_gross(price, base).values())


@dataclass(frozen=True)
class _Rounder:
    """Rounds the way this order does."""

    decimals: int
    inclusive: bool
    at_subtotal: bool

    @classmethod
    def of(cls, order: Order) -> _Rounder:
        return cls(order.decimals, order.prices_include_tax, order.round_at_subtotal)

    def tax(self, value: Decimal) -> Decimal:
        """Round a tax to money, whatever the mode."""
        return round_tax(value, self.decimals, self.inclusive)

    def item_tax(self, value: Decimal) -> Decimal:
        """Round the tax of one item, unless rounding waits for the totals."""
        return value if self.at_subtotal else self.tax(value)

    def item(self, value: Decimal) -> Decimal:
        """Round the net of one item, unless rounding waits for the totals."""
        return value if self.at_subtotal else self.money(value)

    def money(self, value: Decimal) -> Decimal:
        """Round to money."""
        return round_money(value, self.decimals)


class OrderCalculator:
    """Prices one order with the shop's rates and coupons."""

    def __init__(self, rates: Iterable[TaxRate], coupons: Iterable[Coupon]) -> None:
        self._rates = tuple(rates)
        self._coupons = {coupon.code: coupon for coupon in coupons}

    def calculate(self, order: Order, tax_line_ids: Iterable[int]) -> Order:
        """Return ``order`` with coupons, taxes and totals worked out.

        ``tax_line_ids`` yields identifiers for tax lines that the order lacks.
        """
        taxed = self._tax_items(order)
        tax_lines = self._tax_lines(taxed, iter(tax_line_ids))
        return replace(taxed, tax_lines=tax_lines, totals=_totals(taxed, tax_lines))

    def apply_coupons(self, order: Order) -> Order:
        """Return ``order`` with its coupons taken off the line totals."""
        coupons = [self._coupons[line.code] for line in order.coupons]
        if not coupons:
            return order
        order = self._tax_items(order)
        lines = [_discountable(order, line) for line in order.lines]
        shares = discounts.spread(lines, coupons, order.decimals)
        by_line = discounts.total_discount(shares)
        return replace(
            order,
            lines=tuple(self._discounted(order, line, by_line) for line in order.lines),
            coupons=tuple(
                self._coupon_line(order, line, shares[line.code])
                for line in order.coupons
            ),
        )

    def _discounted(
        self, order: Order, line: LineItem, by_line: Mapping[int, Decimal]
    ) -> LineItem:
        amount = by_line.get(line.id, ZERO)
        if order.prices_include_tax and line.taxable:
            taxes = tax_in_gross(amount, self._rates_of(order, line.tax_class))
            amount -= total_of(taxes.values())
        return replace(line, total=max(ZERO, line.total - amount))

    def _coupon_line(
        self, order: Order, coupon: CouponLine, shares: discounts.Shares
    ) -> CouponLine:
        rounder = _Rounder.of(order)
        lines = {line.id: line for line in order.lines if line.taxable}
        tax = ZERO
        for line_id, amount in shares.items():
            if line_id not in lines:
                continue
            rates = self._rates_of(order, lines[line_id].tax_class)
            find = tax_in_gross if order.prices_include_tax else tax_on_net
            tax += rounder.item_tax(total_of(find(amount, rates).values()))
        discount = total_of(shares.values())
        if order.prices_include_tax:
            discount -= tax
        return replace(coupon, discount=discount, discount_tax=tax)

    def _rates_of(self, order: Order, tax_class: str) -> tuple[TaxRate, ...]:
        place = tax_place(order.billing, order.shipping)
        return rates_for(self._rates, place, tax_class)

    def _tax_items(self, order: Order) -> Order:
        return replace(
            order,
            lines=tuple(self._tax_line_item(order, line) for line in order.lines),
            fees=tuple(self._tax_fee(order, fee) for fee in order.fees),
            shipping_lines=tuple(
                self._tax_shipping(order, line) for line in order.shipping_lines
            ),
        )

    def _tax_line_item(self, order: Order, line: LineItem) -> LineItem:
        if not line.taxable:
            return replace(line, taxes=(), total_tax=ZERO, subtotal_tax=ZERO)
        rates = self._rates_of(order, line.tax_class)
        totals = tax_on_net(line.total, rates)
        subtotals = tax_on_net(line.subtotal, rates)
        item_tax = _Rounder.of(order).item_tax
        return replace(
            line,
            taxes=tuple(
                ItemTax(rate.id, totals[rate.id], subtotals[rate.id]) for rate in rates
            ),
            total_tax=total_of(map(item_tax, totals.values())),
            subtotal_tax=total_of(map(item_tax, subtotals.values())),
        )

    def _tax_fee(self, order: Order, fee: FeeLine) -> FeeLine:
        rates = self._rates_of(order, fee.tax_class) if fee.taxable else ()
        taxes, total_tax = _simple_taxes(order, fee.total, rates)
        return replace(fee, taxes=taxes, total_tax=total_tax)

    def _tax_shipping(self, order: Order, line: ShippingLine) -> ShippingLine:
        rates = self._rates_of(order, _shipping_class(order))
        rates = tuple(rate for rate in rates if rate.shipping)
        taxes, total_tax = _simple_taxes(order, line.total, rates)
        return replace(line, taxes=taxes, total_tax=total_tax)

    def _tax_lines(self, order: Order, new_ids: Iterable[int]) -> tuple[TaxLine, ...]:
        cart = _tax_per_rate(order, (*order.lines, *order.fees))
        shipping = _tax_per_rate(order, order.shipping_lines)
        known = {line.rate_id: line.id for line in order.tax_lines}
        rates = {rate.id: rate for rate in self._rates}
        ids = iter(new_ids)
        return tuple(
            TaxLine(
                id=known.get(rate_id) or next(ids),
                rate_id=rate_id,
                rate_code=rate_code(rates[rate_id]),
                label=rates[rate_id].label,
                compound=rates[rate_id].compound,
                rate_percent=rates[rate_id].rate,
                tax_total=cart.get(rate_id, ZERO),
                shipping_tax_total=shipping.get(rate_id, ZERO),
            )
            for rate_id in dict.fromkeys((*cart, *shipping))
        )


def rate_code(rate: TaxRate) -> str:
    """Return the code of a rate on tax lines: ``US-CA-CA SALES TAX-1``."""
    parts = (rate.country, rate.state, rate.label, str(rate.priority))
    return "-".join(part for part in parts if part).upper()


def _simple_taxes(
    order: Order, total: Decimal, rates: Sequence[TaxRate]
) -> tuple[tuple[ItemTax, ...], Decimal]:
    """Return taxes and their sum for an item that has no subtotal."""
    taxes: Taxes = tax_on_net(total, rates)
    item_tax = _Rounder.of(order).item_tax
    items = tuple(ItemTax(rate_id, amount) for rate_id, amount in taxes.items())
    return items, total_of(map(item_tax, taxes.values()))


def _shipping_class(order: Order) -> str:
    """Delivery is taxed like the goods: by the first class found among them."""
    found = {line.tax_class for line in order.lines if line.taxable}
    return next((name for name in TAX_CLASSES if name in found), "")


def _tax_per_rate(
    order: Order, items: Sequence[LineItem | FeeLine | ShippingLine]
) -> Taxes:
    rounder = _Rounder.of(order)
    result: Taxes = {}
    for item in items:
        for tax in item.taxes:
            amount = rounder.item_tax(tax.total)
            result[tax.rate_id] = result.get(tax.rate_id, ZERO) + amount
    return result


def _discountable(order: Order, line: LineItem) -> discounts.DiscountableLine:
    gross = line.subtotal + line.subtotal_tax
    return discounts.DiscountableLine(
        key=line.id,
        product_id=line.product_id,
        quantity=line.quantity,
        amount=gross if order.prices_include_tax else line.subtotal,
    )


def _totals(order: Order, tax_lines: Sequence[TaxLine]) -> Totals:
    rounder = _Rounder.of(order)
    subtotal = total_of(rounder.item(line.subtotal) for line in order.lines)
    goods = total_of(rounder.item(line.total) for line in order.lines)
    fees = total_of(fee.total for fee in order.fees)
    shipping = total_of(rounder.money(line.total) for line in order.shipping_lines)
    cart_tax = total_of(line.tax_total for line in tax_lines)
    shipping_tax = total_of(line.shipping_tax_total for line in tax_lines)
    return Totals(
        discount_total=rounder.money(subtotal - goods),
        discount_tax=rounder.tax(_discount_tax(order.lines)),
        shipping_total=shipping,
        shipping_tax=shipping_tax,
        cart_tax=cart_tax,
        total_tax=rounder.money(cart_tax + shipping_tax),
        total=rounder.money(goods + fees + shipping + cart_tax + shipping_tax),
    )


def _discount_tax(lines: Iterable[LineItem]) -> Decimal:
    """Return the tax that the discount saved, from the unrounded line taxes."""
    taxes = [tax for line in lines for tax in line.taxes]
    return total_of((tax.subtotal or ZERO) - tax.total for tax in taxes)
