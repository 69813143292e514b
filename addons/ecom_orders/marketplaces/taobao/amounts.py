"""What each line of a trade is worth, so that all lines add up to what was paid.

Documented (metadata of ``taobao.trade.fullinfo.get`` and ``taobao.trade.amount.get``):

* ``total_fee`` of a sub-order = ``price * num + adjust_fee - discount_fee``;
* ``part_mjz_discount`` is its share of the discounts of the whole trade;
* ``payment`` of a trade with several sub-orders = sum of theirs + ``post_fee``
  + service fee of cash on delivery - discounts of the trade;
* ``payment`` of a *sub-order* includes the postage when it is the only one, and changes
  when it is refunded: it is not used.

Not confirmed, so tried one after the other until the lines add up: whether ``payment``
of a trade still has the sub-orders that were refunded, has the services and has the
tax on imports. When nothing fits, the lines stay as they are and the difference shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from ..pricing import largest_remainder, round_to
from ..reading import Reader
from ..schema import ZERO, ExternalLine, LineKind
from . import const
from .reader import children

FEN = Decimal("0.01")


def balanced(
    read: Reader,
    orders: Sequence[Reader],
    lines: Sequence[ExternalLine],
    total: Decimal,
) -> list[ExternalLine]:
    """The lines of a trade with amounts, and those for postage and fees.

    :param orders: the sub-orders, in the order of ``lines``.
    :param total: what the buyer paid or has to pay.
    """
    extras = list(_extras(read))
    services = list(_services(read))
    duties = _amount_line("order_tax_fee", LineKind.DUTY, "进口税", read)
    refunded = [order.text("status", 64) in const.CLOSED for order in orders]
    first: list[ExternalLine] = []
    for priced in _prices(read, orders, lines, total - _sum(extras)):
        for with_services, with_duties, without_refunded in _choices():
            goods = _without(priced, refunded) if without_refunded else priced
            candidate = [
                *goods,
                *(services if with_services else ()),
                *(duties if with_duties else ()),
                *extras,
            ]
            first = first or candidate
            if _sum(candidate) == total:
                return candidate
    return first


def _choices() -> Iterator[tuple[bool, bool, bool]]:
    """All ways of taking the three doubtful things in, the fewest first."""
    for count in range(4):
        for chosen in combinations(range(3), count):
            yield tuple(number in chosen for number in range(3))  # type: ignore[misc]


def _sum(lines: Iterable[ExternalLine]) -> Decimal:
    return sum((line.total for line in lines), ZERO)


def _without(
    lines: Sequence[ExternalLine], refunded: Sequence[bool]
) -> list[ExternalLine]:
    return [
        replace(line, total=ZERO) if gone else line
        for line, gone in zip(lines, refunded, strict=True)
    ]


# -- goods -----------------------------------------------------------------------------


def _prices(
    read: Reader,
    orders: Sequence[Reader],
    lines: Sequence[ExternalLine],
    goods: Decimal,
) -> Iterator[list[ExternalLine]]:
    """Ways of reading what the goods cost, the documented one first.

    :param goods: what is left of the trade for goods.
    """
    own = [_own_total(order) for order in orders]
    shares = [order.decimal("part_mjz_discount") for order in orders]
    net = [total - share for total, share in zip(own, shares, strict=True)]
    yield _with_totals(lines, net)
    divided = [order.decimal("divide_order_fee", default=None) for order in orders]
    if divided and all(amount is not None for amount in divided):
        yield _with_totals(lines, [amount or ZERO for amount in divided])
    discount = read.decimal("discount_fee")
    if orders and discount and not any(shares) and sum(own, ZERO) - discount == goods:
        # A discount of the whole trade that nobody has divided among the sub-orders.
        parts = largest_remainder(round_to(discount, FEN), own, FEN)
        yield _with_totals(
            lines, [total - part for total, part in zip(own, parts, strict=True)]
        )


def _own_total(order: Reader) -> Decimal:
    stated = order.decimal("total_fee", default=None)
    if stated is not None:
        return stated
    price = order.decimal("price") * order.decimal("num", default=Decimal(1))
    return price + order.decimal("adjust_fee") - order.decimal("discount_fee")


def _with_totals(
    lines: Sequence[ExternalLine], totals: Sequence[Decimal]
) -> list[ExternalLine]:
    return [
        replace(line, total=total) for line, total in zip(lines, totals, strict=True)
    ]


# -- everything else -------------------------------------------------------------------


def _extras(read: Reader) -> Iterator[ExternalLine]:
    yield from _amount_line("post_fee", LineKind.SHIPPING, "邮费", read)
    yield from _amount_line("buyer_cod_fee", LineKind.FEE, "货到付款服务费", read)


def _amount_line(
    key: str, kind: LineKind, name: str, read: Reader
) -> list[ExternalLine]:
    amount = read.decimal(key)
    if not amount:
        return []
    method = read.text("shipping_type", 64) if kind is LineKind.SHIPPING else ""
    return [
        ExternalLine(
            external_id=key,
            kind=kind,
            name=name,
            quantity=Decimal(1),
            subtotal=amount,
            total=amount,
            method=method,
            requires_shipping=False,
        )
    ]


def _services(read: Reader) -> Iterator[ExternalLine]:
    """Services that were bought with the goods (installation, insurance)."""
    for service in children(read, "service_orders"):
        amount = service.decimal("payment")
        if amount:
            yield ExternalLine(
                external_id=service.identifier("oid"),
                kind=LineKind.FEE,
                name=service.text("title", 500),
                quantity=Decimal(1),
                subtotal=amount,
                total=amount,
                requires_shipping=False,
            )
