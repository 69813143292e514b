"""Numbers as the platform hands them out, made of the world's and read back.

Trades, sub-orders and refund cases go beyond 2**53, so that a reader that takes them
for floating point numbers is caught.
"""

from __future__ import annotations

from ..world.model import Order, WorldError

_TRADE = 3_600_000_000_000_000_019
_PARTS = 1_000  # numbers kept free for the sub-orders of a trade
_CASE = 270_000_000_000_000_007
_ITEM = 600_000_000_000
_SKU = 5_000_000_000_000
#: what a refund case was made of
REFUND, RETURN, WISH = 1, 2, 3


def trade_id(order_id: int) -> int:
    """The number of a trade."""
    return _TRADE + order_id * _PARTS


def world_order_id(tid: int) -> int:
    """The world's number of the order behind a trade or one of its sub-orders.

    :raises WorldError: ``unknown_order`` for what is none.
    """
    number = (tid - _TRADE) // _PARTS
    if number <= 0:
        raise WorldError("unknown_order", "no such trade")
    return number


def sub_order_id(order: Order, line_id: int) -> int:
    """The number of a sub-order; the only one of a trade has the trade's."""
    if len(order.lines) == 1:
        return trade_id(order.id)
    place = [line.id for line in order.lines].index(line_id)
    return trade_id(order.id) + 1 + place


def line_of(order: Order, oid: int) -> int:
    """The world's number of the line behind a sub-order.

    :raises WorldError: ``unknown_line``.
    """
    for line in order.lines:
        if sub_order_id(order, line.id) == oid:
            return line.id
    raise WorldError("unknown_line", "no such sub-order")


def case_id(kind: int, number: int, part: int = 0) -> int:
    """The number of a refund case made of a refund, a return or a wish to cancel."""
    return _CASE + (number * _PARTS + part) * 10 + kind


def case_source(refund_id: int) -> tuple[int, int]:
    """What a case was made of: kind, and the world's number of it."""
    rest, kind = divmod(refund_id - _CASE, 10)
    return kind, rest // _PARTS


def item_id(product_id: int) -> int:
    """The number of an item (num_iid)."""
    return _ITEM + product_id


def sku_id(product_id: int) -> int:
    """The number of a SKU."""
    return _SKU + product_id


def product_id(number: int) -> int:
    """The world's number of the product behind an item or a SKU."""
    return number - (_SKU if number >= _SKU else _ITEM)
