"""Goods leave the stock when an order is accepted and come back when it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .drafts import RefundDraft
from .model import LineItem, Order

if TYPE_CHECKING:
    from .shop import World

#: Statuses in which the goods are set aside, and those in which they go back.
_TAKES_STOCK = frozenset({"processing", "completed", "on-hold"})
_GIVES_STOCK_BACK = frozenset({"cancelled", "pending"})


class StockRoom:
    """Moves the goods of orders. Its verbs run inside a transaction of the world.

    How much a line has taken is written on the line (``_reduced_stock``), so that
    exactly this goes back.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def move(self, order: Order) -> Order:
        """Take goods from stock, or put them back, when the status asks for it."""
        if order.status in _TAKES_STOCK and not order.stock_taken:
            lines = tuple(self._take(line) for line in order.lines)
            return replace(order, lines=lines, stock_taken=True)
        if order.status in _GIVES_STOCK_BACK and order.stock_taken:
            lines = tuple(self._give_back(line) for line in order.lines)
            return replace(order, lines=lines, stock_taken=False)
        return order

    def _take(self, line: LineItem) -> LineItem:
        product = self._world.product(line.stock_id)
        if product is None:
            return line
        sold = replace(product, total_sales=product.total_sales + line.quantity)
        self._world.store.put("product", sold.id, sold)
        if sold.stock is None:
            return line
        # May go below zero: the shop accepts orders beyond its stock.
        self._world.change_product(sold.id, stock=sold.stock - line.quantity)
        reduced = self._world.new_meta(
            "_reduced_stock", str(line.quantity), "_reduced_stock"
        )
        return replace(line, meta=(*line.meta, reduced))

    def _give_back(self, line: LineItem) -> LineItem:
        reduced = _meta_value(line, "_reduced_stock")
        product = self._world.product(line.stock_id)
        if product and product.stock is not None and reduced:
            self._world.change_product(product.id, stock=product.stock + int(reduced))
        kept = tuple(meta for meta in line.meta if meta.key != "_reduced_stock")
        return replace(line, meta=kept)

    def restock(self, order: Order, draft: RefundDraft) -> Order:
        """Put the refunded pieces back and write that on the lines."""
        quantities = {part.item_id: part.quantity for part in draft.lines}
        lines = tuple(
            self._restock_line(line, quantities.get(line.id, 0)) for line in order.lines
        )
        return replace(order, lines=lines)

    def _restock_line(self, line: LineItem, quantity: int) -> LineItem:
        reduced = int(_meta_value(line, "_reduced_stock") or 0)
        product = self._world.product(line.stock_id)
        back = min(quantity, reduced)
        if not back or product is None or product.stock is None:
            return line
        self._world.change_product(product.id, stock=product.stock + back)
        before = int(_meta_value(line, "_restock_refunded_items") or 0)
        line = self._set_meta(line, "_reduced_stock", str(reduced - back))
        return self._set_meta(line, "_restock_refunded_items", str(before + back))

    def _set_meta(self, line: LineItem, key: str, value: str) -> LineItem:
        known = next((meta for meta in line.meta if meta.key == key), None)
        if known is None:
            return replace(
                line, meta=(*line.meta, self._world.new_meta(key, value, key))
            )
        metas = (replace(m, value=value) if m is known else m for m in line.meta)
        return replace(line, meta=tuple(metas))


def _meta_value(line: LineItem, key: str) -> Any:
    return next((meta.value for meta in line.meta if meta.key == key), None)
