"""Kinds of trades on Taobao and Tmall.

What the neutral world has no word for stands in the meta data of an order, under names
that begin with an underscore.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from ..world.catalogue import CATALOGUE
from ..world.drafts import DraftFee, DraftLine, DraftShipping, OrderDraft
from ..world.scenarios import scenario
from .names import make_address

D = Decimal
_LIFE: tuple[tuple[str, ...], ...] = (
    (),
    ("complete",),
    ("complete",),
    ("refund_line",),
    ("complete", "refund_full"),
)
_STILL: tuple[tuple[str, ...], ...] = ((),)


def _goods() -> list[int]:
    return [
        product.id
        for product in CATALOGUE
        if product.sellable and not product.virtual and product.price
    ]


def _lines(rng: Random, least: int, most: int) -> tuple[DraftLine, ...]:
    chosen = rng.sample(_goods(), rng.randint(least, most))
    return tuple(DraftLine(item, rng.choice((1, 1, 2, 3))) for item in chosen)


def _draft(rng: Random, **meta: object) -> OrderDraft:
    address = make_address(rng)
    number = rng.randrange(10**12)
    meta = {"_masked": True, "_buyer": f"AAH{number % 9973:04d}open", **meta}
    return OrderDraft(
        billing=address,
        shipping=address,
        currency="CNY",
        payment_method="alipay",
        payment_title="支付宝",
        transaction_id=f"20261124220014{number:012d}",
        meta=tuple(meta.items()),
    )


def _post(amount: str) -> tuple[DraftShipping, ...]:
    return (DraftShipping("快递", "express", D(amount)),)


_FREE = (DraftShipping("卖家包邮", "free", D("0")),)


@scenario(20, _LIFE, "taobao")
def tb_single(rng: Random) -> OrderDraft:
    """One sub-order, which has the number of its trade and pays the postage."""
    return replace(_draft(rng), lines=_lines(rng, 1, 1), shipping_lines=_post("10.00"))


@scenario(20, _LIFE, "taobao")
def tb_multi(rng: Random) -> OrderDraft:
    """Several sub-orders, free delivery, a masked addressee."""
    return replace(_draft(rng), lines=_lines(rng, 2, 4), shipping_lines=_FREE)


@scenario(5, _LIFE, "taobao")
def tb_plain_address(rng: Random) -> OrderDraft:
    """An addressee that is not masked, with a message of the buyer."""
    draft = _draft(rng, _masked=False, _flag=1, _memo="老客户，加急")
    return replace(
        draft,
        lines=_lines(rng, 1, 2),
        shipping_lines=_post("8.00"),
        customer_note="请放门口 🙏",
    )


@scenario(10, _LIFE, "taobao")
def tb_store_discount(rng: Random) -> OrderDraft:
    """A discount of the whole trade, divided among its sub-orders to the fen."""
    return replace(
        _draft(rng, _promotion="店铺满减"),
        lines=_lines(rng, 2, 3),
        coupons=("third-off",),
        shipping_lines=_post("12.00"),
    )


@scenario(6, _LIFE, "taobao")
def tb_item_discount(rng: Random) -> OrderDraft:
    """Discounts of single sub-orders."""
    return replace(
        _draft(rng, _promotion="限时打折", _item_discount=True),
        lines=_lines(rng, 1, 3),
        coupons=("ten-percent",),
        shipping_lines=_FREE,
    )


@scenario(6, _LIFE, "taobao")
def tb_red_envelope(rng: Random) -> OrderDraft:
    """Part of the payment is a red envelope of the platform."""
    return replace(
        _draft(rng, _red_envelope=500),
        lines=(DraftLine(105, 1), *_lines(rng, 1, 1)),
        shipping_lines=_FREE,
    )


@scenario(6, (("pay",), ("pay", "complete"), ("cancel",), ()), "taobao")
def tb_presale(rng: Random) -> OrderDraft:
    """A pre-sale whose deposit is paid and whose balance is not."""
    return replace(
        _draft(rng, _type="step", _deposit="20.00"),
        lines=(DraftLine(142, 1),),
        shipping_lines=_FREE,
        paid=False,
    )


@scenario(4, (("complete",), ()), "taobao")
def tb_cash_on_delivery(rng: Random) -> OrderDraft:
    """The carrier collects the money and takes a fee for it."""
    return replace(
        _draft(rng, _type="cod"),
        lines=_lines(rng, 1, 2),
        fees=(DraftFee("货到付款服务费", D("3.00"), taxable=False),),
        shipping_lines=_post("10.00"),
        payment_method="cod",
        transaction_id="",
    )


@scenario(5, (("pay",), ("cancel",), ()), "taobao")
def tb_unpaid(rng: Random) -> OrderDraft:
    """Not paid yet; closed by and by when it stays so."""
    return replace(
        _draft(rng), lines=_lines(rng, 1, 2), shipping_lines=_post("6.00"), paid=False
    )


@scenario(4, (("refund_line",),), "taobao")
def tb_partly_refunded(rng: Random) -> OrderDraft:
    """One of two sub-orders is refunded before it leaves."""
    lines = (DraftLine(101, 1), DraftLine(113, 2))
    return replace(_draft(rng), lines=lines, shipping_lines=_post("10.00"))


@scenario(3, _STILL, "taobao")
def tb_group_buying(rng: Random) -> OrderDraft:
    """Paid, but the group is not complete: not to be sent."""
    return replace(
        _draft(rng),
        lines=_lines(rng, 1, 1),
        shipping_lines=_FREE,
        paid=False,
        status="on-hold",
    )


@scenario(3, _STILL, "taobao")
def tb_cainiao_warehouse(rng: Random) -> OrderDraft:
    """The platform's logistics sends it from its own warehouse."""
    return replace(
        _draft(rng),
        lines=_lines(rng, 1, 2),
        shipping_lines=_FREE,
        channel_fulfilled=True,
    )
