"""Kinds of orders on Amazon. See ``world/scenarios.py`` for how they are used.

What only Amazon knows of an order stands in its meta data: ``marketplace``,
``facilitator`` (the tax is collected by Amazon), ``untold_tax`` (the tax inside the
price is not stated), ``anonymous`` (no personal data), ``program``, ``gift_message``
and ``cancelled_sku`` (an item that was called off).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from ..world.catalogue import CATALOGUE
from ..world.drafts import DraftFee, DraftLine, DraftShipping, OrderDraft
from ..world.people import make_buyer
from ..world.scenarios import scenario

D = Decimal
US, GB, DE, JP = "ATVPDKIKX0DER", "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "A1VC38T7YXB528"

_PLANS: tuple[tuple[str, ...], ...] = (
    (),
    (),
    ("complete",),
    ("complete",),
    ("complete", "refund_line"),
    ("cancel",),
)
_PENDING: tuple[tuple[str, ...], ...] = (("pay",), ("pay", "complete"), ("cancel",), ())


def _basket(rng: Random, most: int = 3, **line: Any) -> tuple[DraftLine, ...]:
    """Goods of which the seller keeps stock."""
    goods = [p for p in CATALOGUE if p.sellable and p.stock and not p.tax_class]
    picked = rng.sample(goods, rng.randint(1, most))
    return tuple(DraftLine(p.id, rng.choice((1, 1, 2, 3)), **line) for p in picked)


def _draft(
    rng: Random, country: str, state: str | None, marketplace: str, **meta: Any
) -> OrderDraft:
    buyer = make_buyer(rng, country, state)
    return OrderDraft(
        billing=buyer.billing,
        shipping=buyer.shipping,
        base=(country, state or ""),
        payment_method="amazon",
        payment_title="Amazon",
        meta=(("marketplace", marketplace), *meta.items()),
    )


def _us(rng: Random, **meta: Any) -> OrderDraft:
    draft = _draft(rng, "US", "CA", US, **meta)
    return replace(draft, currency="USD", lines=_basket(rng))


def _inclusive(
    rng: Random, country: str, marketplace: str, currency: str, **meta: Any
) -> OrderDraft:
    draft = _draft(rng, country, None, marketplace, **meta)
    return replace(
        draft, currency=currency, prices_include_tax=True, lines=_basket(rng)
    )


def _shipping(price: str) -> tuple[DraftShipping, ...]:
    return (DraftShipping("Standard", "STANDARD", D(price)),)


@scenario(20, _PLANS, "amazon")
def amazon_us(rng: Random) -> OrderDraft:
    """Sales tax that Amazon collects and remits, a fee for shipping."""
    draft = _us(rng, facilitator=True)
    return replace(draft, shipping_lines=_shipping("5.99"))


@scenario(12, ((), ("complete",), ("complete", "refund_line")), "amazon")
def amazon_us_fba(rng: Random) -> OrderDraft:
    """Amazon ships it from its own warehouse; nothing of the buyer is told."""
    draft = _us(rng, facilitator=True, anonymous=True)
    return replace(draft, channel_fulfilled=True)


@scenario(6, _PLANS, "amazon")
def amazon_us_promotion(rng: Random) -> OrderDraft:
    """A third off: discounts by item, with the tax that they save."""
    draft = _us(rng, facilitator=True)
    lines = _basket(rng, 4)
    return replace(draft, lines=lines, coupons=("third-off",))


@scenario(5, _PLANS, "amazon")
def amazon_us_gift(rng: Random) -> OrderDraft:
    """Gift wrap as a taxed amount of its own, with a message."""
    draft = _us(rng, facilitator=True, gift_message="Happy birthday! 🎁")
    return replace(draft, fees=(DraftFee("Gift wrap", D("3.49")),))


@scenario(6, _PENDING, "amazon")
def amazon_us_pending(rng: Random) -> OrderDraft:
    """Payment is not authorised yet: neither amounts nor names are told."""
    draft = _us(rng, facilitator=True)
    return replace(draft, paid=False)


@scenario(4, _PLANS, "amazon")
def amazon_us_cancelled_line(rng: Random) -> OrderDraft:
    """One item was called off, the others are still wanted."""
    return _us(rng, facilitator=True, cancelled_sku="MUG-RED")


@scenario(5, _PLANS, "amazon")
def amazon_us_anonymous(rng: Random) -> OrderDraft:
    """The application may not see personal data: no buyer, no recipient."""
    return _us(rng, facilitator=True, anonymous=True)


@scenario(12, _PLANS, "amazon")
def amazon_de(rng: Random) -> OrderDraft:
    """Prices include VAT, and the VAT inside is stated."""
    draft = _inclusive(rng, "DE", DE, "EUR")
    return replace(draft, shipping_lines=_shipping("4.90"))


@scenario(8, _PLANS, "amazon")
def amazon_gb(rng: Random) -> OrderDraft:
    """Prices include VAT that is not stated at all."""
    return _inclusive(rng, "GB", GB, "GBP", untold_tax=True)


@scenario(4, _PLANS, "amazon")
def amazon_de_business(rng: Random) -> OrderDraft:
    """A company buys at business prices."""
    draft = _inclusive(rng, "DE", DE, "EUR", program="AMAZON_BUSINESS")
    company = "Nordlicht Handels GmbH"
    return replace(draft, shipping=replace(draft.shipping, company=company))


@scenario(8, _PLANS, "amazon")
def amazon_jp(rng: Random) -> OrderDraft:
    """Yen: no decimals, tax included."""
    price = D(rng.randrange(300, 9000, 10))
    draft = _inclusive(rng, "JP", JP, "JPY")
    lines = _basket(rng, 2, unit_price=price)
    return replace(draft, decimals=0, lines=lines)
