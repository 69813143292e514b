"""Refunds: of an amount, of lines, or of everything that is left.

Source: recorded refunds. Lines are negative and name the line they give back with
``_refunded_item_id``; a refund by amount has no lines; the last cent given back makes
the order "refunded".
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .drafts import RefundDraft, RefundLine
from .model import ItemTax, LineItem, Order, Refund, TaxLine, WorldError
from .money import ZERO, round_money, total_of
from .pricing import rate_code
from .stock import StockRoom

if TYPE_CHECKING:
    from .shop import World


class RefundDesk:
    """Makes refunds. Its verbs run inside a transaction of the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def refund(self, order: Order, draft: RefundDraft) -> Refund:
        """Make a refund; raises ``invalid_refund_amount`` beyond what is left."""
        amount = draft.amount
        if amount is None:
            amount = total_of(line.gross for line in draft.lines)
        left = order.totals.total - self._world.refunded(order.id)
        if amount < 0 or round_money(amount, order.decimals) > left:
            raise WorldError("invalid_refund_amount", "Invalid refund amount.")
        refund = self._make(order, draft, amount)
        if draft.restock:
            order = StockRoom(self._world).restock(order, draft)
        if order.status != "refunded" and left and amount == left:
            order = replace(order, status="refunded")
        self._world.save(order)
        return refund

    def refund_rest(self, order: Order) -> None:
        """Refund what is left without naming lines, as the status change does."""
        left = order.totals.total - self._world.refunded(order.id)
        if left > 0:
            reason = "Order fully refunded."
            self.refund(order, RefundDraft(left, reason, restock=False))

    def _make(self, order: Order, draft: RefundDraft, amount: Decimal) -> Refund:
        parts = {line.item_id: line for line in draft.lines}
        refund = Refund(
            id=self._world.next_post_id(),
            order_id=order.id,
            amount=amount,
            reason=draft.reason,
            created=self._world.clock.now(),
            lines=self._items(order.lines, parts),
            shipping_lines=self._items(order.shipping_lines, parts),
            fees=self._items(order.fees, parts),
            paid_back=draft.paid_back,
            meta=tuple(self._world.new_meta(key, value) for key, value in draft.meta),
        )
        refund = replace(refund, tax_lines=self._tax_lines(refund))
        self._world.store.put("refund", refund.id, refund)
        return refund

    def _items(
        self, items: tuple[Any, ...], parts: dict[int, RefundLine]
    ) -> tuple[Any, ...]:
        chosen = [(item, parts[item.id]) for item in items if item.id in parts]
        return tuple(self._item(item, part) for item, part in chosen)

    def _item(self, item: Any, part: RefundLine) -> Any:
        taxes = tuple(ItemTax(rate, -amount, -amount) for rate, amount in part.taxes)
        tax = total_of(entry.total for entry in taxes)
        link = self._world.new_meta(
            "_refunded_item_id", str(item.id), "_refunded_item_id"
        )
        changes: dict[str, Any] = {
            "id": self._world.new_id("item"),
            "total": -part.total,
            "total_tax": tax,
            "taxes": taxes,
            "meta": (link,),
        }
        if isinstance(item, LineItem):
            changes |= {
                "quantity": -part.quantity,
                "subtotal": -part.total,
                "subtotal_tax": tax,
            }
        return replace(item, **changes)

    def _tax_lines(self, refund: Refund) -> tuple[TaxLine, ...]:
        cart = _taxes_by_rate((*refund.lines, *refund.fees))
        shipping = _taxes_by_rate(refund.shipping_lines)
        rates = {rate.id: rate for rate in self._world.rates()}
        return tuple(
            TaxLine(
                id=self._world.new_id("item"),
                rate_id=rate_id,
                rate_code=rate_code(rates[rate_id]),
                label=rates[rate_id].label,
                compound=rates[rate_id].compound,
                rate_percent=rates[rate_id].rate,
                tax_total=cart.get(rate_id, ZERO),
                shipping_tax_total=shipping.get(rate_id, ZERO),
            )
            for rate_id in dict.fromkeys((*cart, *shipping))
            if rate_id in rates
        )


def refund_line_for(order: Order, line: LineItem, quantity: int) -> RefundLine:
    """Return the refund of ``quantity`` pieces of ``line``, rounded to money."""
    if quantity == line.quantity:
        whole = round_money(line.total, order.decimals)
        taxes = tuple((t.rate_id, _cents(order, t.total)) for t in line.taxes)
        return RefundLine(line.id, quantity, whole, taxes)
    share = Decimal(quantity) / line.quantity
    taxes = tuple((t.rate_id, _cents(order, t.total * share)) for t in line.taxes)
    return RefundLine(line.id, quantity, _cents(order, line.total * share), taxes)


def _taxes_by_rate(items: tuple[Any, ...]) -> dict[int, Decimal]:
    result: dict[int, Decimal] = {}
    for item in items:
        for tax in item.taxes:
            result[tax.rate_id] = result.get(tax.rate_id, ZERO) + tax.total
    return result


def _cents(order: Order, amount: Decimal) -> Decimal:
    return round_money(amount, order.decimals)
