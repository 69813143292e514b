"""Kinds of orders on eBay. See ``world.scenarios``."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from ..world.catalogue import CATALOGUE
from ..world.drafts import DraftLine, DraftShipping, OrderDraft
from ..world.model import Address
from ..world.people import make_buyer
from ..world.scenarios import scenario

D = Decimal

_PLANS: tuple[tuple[str, ...], ...] = (
    (),
    (),
    ("complete",),
    ("complete", "refund_line"),
    ("cancel",),
    ("refund_line",),
)

_AUSTRALIAN = Address(
    first_name="Matilda",
    last_name="Okonkwo-Hughes",
    address_1="12 Jacaranda Crescent",
    city="Fremantle",
    state="WA",
    postcode="6160",
    country="AU",
    phone="+61 491 570 156",
    email="matilda.okonkwo@example.com",
)


def _goods(rng: Random, most: int = 3) -> tuple[DraftLine, ...]:
    goods = [
        item
        for item in CATALOGUE
        if item.sellable and not item.virtual and item.price and not item.tax_class
    ]
    chosen = rng.sample(goods, rng.randint(1, most))
    return tuple(DraftLine(item.id, rng.choice((1, 1, 1, 2, 3))) for item in chosen)


def _delivery(price: str, title: str = "Standard") -> tuple[DraftShipping, ...]:
    return (DraftShipping(title, "standard", D(price)),)


def _draft(rng: Random, country: str, state: str | None = None) -> OrderDraft:
    buyer = make_buyer(rng, country, state)
    login = f"{buyer.login.replace('.', '_')}{rng.randint(1, 99)}"
    return OrderDraft(
        billing=buyer.billing,
        shipping=buyer.shipping,
        payment_method="EBAY",
        payment_title="eBay",
        meta=(("username", login),),
    )


@scenario(20, _PLANS, "ebay")
def ebay_us_collected_tax(rng: Random) -> OrderDraft:
    """Sales tax on goods and delivery that eBay collects and remits."""
    draft = _draft(rng, "US", rng.choice(("CA", "NY")))
    return replace(draft, lines=_goods(rng), shipping_lines=_delivery("8.50"))


@scenario(10, _PLANS, "ebay")
def ebay_us_promotion(rng: Random) -> OrderDraft:
    """A promotion over several lines."""
    draft = _draft(rng, "US", "CA")
    return replace(
        draft,
        lines=_goods(rng, 4),
        coupons=("ten-percent",),
        shipping_lines=_delivery("6.00"),
    )


@scenario(8, _PLANS, "ebay")
def ebay_us_quantities(rng: Random) -> OrderDraft:
    """Many of one thing, shipped in parts."""
    draft = _draft(rng, "US", "CA")
    lines = (DraftLine(112, rng.randint(3, 9)), DraftLine(101, 2))
    return replace(draft, lines=lines, shipping_lines=_delivery("12.00"))


@scenario(8, _PLANS, "ebay")
def ebay_gb_vat_included(rng: Random) -> OrderDraft:
    """A British seller: the price includes VAT, and eBay says nothing of it."""
    return replace(
        _draft(rng, "GB"),
        lines=_goods(rng),
        shipping_lines=_delivery("3.30", "Royal post"),
        currency="GBP",
        prices_include_tax=True,
        base=("GB", ""),
    )


@scenario(6, _PLANS, "ebay")
def ebay_gb_import_vat(rng: Random) -> OrderDraft:
    """A Chinese seller sells to Britain: eBay adds VAT and remits it."""
    return replace(
        _draft(rng, "GB"),
        lines=_goods(rng),
        shipping_lines=_delivery("4.00"),
        currency="GBP",
        base=("CN", ""),
    )


@scenario(6, _PLANS, "ebay")
def ebay_de_vat_included(rng: Random) -> OrderDraft:
    """A German order with umlauts; VAT is in the price."""
    return replace(
        _draft(rng, "DE"),
        lines=_goods(rng),
        shipping_lines=_delivery("4.12", "Paket"),
        currency="EUR",
        prices_include_tax=True,
        base=("DE", ""),
    )


@scenario(5, _PLANS, "ebay")
def ebay_au_collected_gst(rng: Random) -> OrderDraft:
    """Goods and services tax that eBay collects for Australia."""
    return replace(
        _draft(rng, "US"),
        billing=_AUSTRALIAN,
        shipping=_AUSTRALIAN,
        lines=_goods(rng),
        shipping_lines=_delivery("14.95"),
        currency="AUD",
    )


@scenario(5, _PLANS, "ebay")
def ebay_cn_seller_usd(rng: Random) -> OrderDraft:
    """A Chinese seller on the American site, for dollars, to a state without tax."""
    buyer = replace(make_buyer(rng, "US").shipping, state="OR", city="Portland")
    return replace(
        _draft(rng, "US"),
        billing=buyer,
        shipping=buyer,
        lines=_goods(rng),
        shipping_lines=_delivery("0"),
        base=("CN", ""),
    )


@scenario(4, _PLANS, "ebay")
def ebay_masked_buyer(rng: Random) -> OrderDraft:
    """Who the buyer is is withheld: an old order."""
    draft = _draft(rng, "US", "CA")
    return replace(
        draft,
        lines=_goods(rng),
        shipping_lines=_delivery("8.50"),
        meta=(("username", "a***b"), ("masked", True)),
    )


@scenario(4, _PLANS, "ebay")
def ebay_global_shipping(rng: Random) -> OrderDraft:
    """Goes to eBay's warehouse first, with a reference for the parcel."""
    draft = _draft(rng, "DE")
    hub = make_buyer(rng, "US", "CA").shipping
    return replace(
        draft,
        shipping=replace(hub, first_name="Global", last_name="Shipping Program"),
        lines=_goods(rng),
        shipping_lines=_delivery("9.00"),
        meta=(*draft.meta, ("global_shipping", f"GSP{rng.randint(10**6, 10**7)}")),
    )


@scenario(2, ((),), "ebay")
def ebay_cash_on_pickup(rng: Random) -> OrderDraft:
    """Not paid before it is picked up; listed nevertheless."""
    return replace(
        _draft(rng, "US", "CA"),
        lines=_goods(rng),
        paid=False,
        payment_method="CASH_ON_PICKUP",
        payment_title="Cash on pickup",
        customer_note="I will come on Saturday.",
    )


@scenario(4, (("refund_line",), ("complete", "refund_line")), "ebay")
def ebay_us_refunded_in_part(rng: Random) -> OrderDraft:
    """One piece is given back later; the rest stays."""
    draft = _draft(rng, "US", "CA")
    lines = (DraftLine(101, 3), DraftLine(130, 1))
    return replace(draft, lines=lines, shipping_lines=_delivery("5.00"))


@scenario(4, ((), ("cancel",)), "ebay")
def ebay_us_cancel_request(rng: Random) -> OrderDraft:
    """The buyer asks to call it off as soon as it is placed."""
    draft = _draft(rng, "US", "NY")
    return replace(
        draft,
        lines=_goods(rng),
        shipping_lines=_delivery("5.00"),
        meta=(*draft.meta, ("cancel_requested", True)),
    )
