"""Orders as they stand in exported files."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from ..world.drafts import DraftLine, DraftShipping, OrderDraft
from ..world.people import make_buyer
from ..world.scenarios import scenario

_GOODS = (101, 102, 150, 152)
_PLANS = ((), (), ("complete",), ("cancel",), ("edit",), ("refund_line",))


def _order(rng: Random, country: str, most: int = 3) -> OrderDraft:
    buyer = make_buyer(rng, country)
    products = rng.sample(_GOODS, rng.randint(1, most))
    return OrderDraft(
        billing=buyer.billing,
        shipping=buyer.shipping,
        lines=tuple(DraftLine(item, rng.choice((1, 1, 2, 3))) for item in products),
        transaction_id=f"F{rng.randrange(10**9):09d}",
        created_via="file",
    )


def _shipping(title: str, price: str) -> tuple[DraftShipping, ...]:
    return (DraftShipping(title, "flat_rate", Decimal(price)),)


@scenario(6, _PLANS, marketplace="file")
def file_german_list(rng: Random) -> OrderDraft:
    """Taxes of two kinds, umlauts, prices that were entered with tax."""
    return replace(
        _order(rng, "DE"),
        shipping_lines=_shipping("Paket", "4.90"),
        currency="EUR",
        prices_include_tax=True,
        base=("DE", ""),
    )


@scenario(4, _PLANS, marketplace="file")
def file_note_with_line_breaks(rng: Random) -> OrderDraft:
    """Quotes, delimiters and line breaks within a cell."""
    return replace(
        _order(rng, "GB"),
        currency="GBP",
        customer_note='Please "ring twice";\nthen leave it,\r\nat no. 5 🎁',
    )


@scenario(4, _PLANS, marketplace="file")
def file_yen(rng: Random) -> OrderDraft:
    """Japanese names, yen without decimals."""
    lines = (DraftLine(101, 2, unit_price=Decimal(rng.randrange(300, 900))),)
    return replace(
        _order(rng, "JP"),
        lines=lines,
        shipping_lines=_shipping("宅配便", "550"),
        currency="JPY",
        decimals=0,
    )


@scenario(4, _PLANS, marketplace="file")
def file_chinese_list(rng: Random) -> OrderDraft:
    """Chinese names and addresses, no tax."""
    return replace(
        _order(rng, "CN"),
        shipping_lines=_shipping("顺丰速运", "12.00"),
        currency="CNY",
        payment_method="alipay",
    )


@scenario(2, _PLANS, marketplace="file")
def file_gone_product(rng: Random) -> OrderDraft:
    """A line without SKU beside others."""
    draft = _order(rng, "US", 1)
    gone = DraftLine(0, 1, unit_price=Decimal("18.18"), name="Discontinued jug")
    return replace(draft, lines=(gone, *draft.lines), currency="USD")
