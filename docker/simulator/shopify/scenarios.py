"""Kinds of orders of a Shopify shop; see ``world/scenarios.py``.

Fees named ``Tip`` and ``Import duty`` become what their names say; a product that is
called ``Gift card`` is one; the meta ``gift_card`` says how much of an order was paid
by redeeming one, and ``utm`` where the buyer came from. What was created via ``draft``
is a draft order until it is paid.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from ..world.catalogue import CATALOGUE
from ..world.drafts import DraftFee, DraftLine, DraftShipping, OrderDraft
from ..world.people import make_buyer
from ..world.scenarios import scenario

D = Decimal
CODE = "shopify"
_LIVES = (
    (),
    (),
    ("complete",),
    ("complete",),
    ("edit",),
    ("address", "complete"),
    ("cancel",),
    ("refund_line",),
    ("complete", "refund_full"),
)
_GOODS = tuple(
    product
    for product in CATALOGUE
    if product.sellable and not product.virtual and product.price
)


def _basket(
    rng: Random, least: int = 1, most: int = 3, price: Decimal | None = None
) -> tuple[DraftLine, ...]:
    plain = [product for product in _GOODS if not product.tax_class]
    products = rng.sample(plain, rng.randint(least, most))
    quantities = (1, 1, 2, 2, 3)
    return tuple(
        DraftLine(product.id, rng.choice(quantities), unit_price=price)
        for product in products
    )


def _draft(rng: Random, country: str, state: str | None = None) -> OrderDraft:
    buyer = make_buyer(rng, country, state)
    return OrderDraft(
        billing=buyer.billing,
        shipping=buyer.shipping,
        payment_method="shopify_payments",
        transaction_id=f"r{rng.randrange(10**11):011d}",
        lines=_basket(rng),
    )


def _post(price: str, title: str = "Standard") -> tuple[DraftShipping, ...]:
    return (DraftShipping(title, title.upper().replace(" ", "_"), D(price)),)


@scenario(18, _LIVES, CODE)
def shopify_us_sales_tax(rng: Random) -> OrderDraft:
    """Prices without tax; Californian tax on goods and delivery."""
    return replace(_draft(rng, "US", "CA"), shipping_lines=_post("8.50"))


@scenario(10, _LIVES, CODE)
def shopify_us_discount_code(rng: Random) -> OrderDraft:
    """A code takes a percentage off every line."""
    draft = _draft(rng, "US", "NY")
    lines = _basket(rng, 2, 4)
    coupons = (rng.choice(("ten-percent", "third-off")),)
    return replace(draft, lines=lines, coupons=coupons, shipping_lines=_post("6.00"))


@scenario(10, _LIVES, CODE)
def shopify_gb_tax_included(rng: Random) -> OrderDraft:
    """Prices with British VAT, a fixed code, pounds for a shop that counts dollars."""
    return replace(
        _draft(rng, "GB"),
        coupons=("five-off",),
        shipping_lines=_post("4.17", "Royal post"),
        currency="GBP",
        prices_include_tax=True,
        base=("GB", ""),
    )


@scenario(8, _LIVES, CODE)
def shopify_de_two_rates(rng: Random) -> OrderDraft:
    """Two German rates in one basket, prices with tax."""
    draft = _draft(rng, "DE")
    return replace(
        draft,
        lines=(DraftLine(162, rng.randint(1, 2)), *draft.lines),
        shipping_lines=_post("4.90", "Paket"),
        currency="EUR",
        prices_include_tax=True,
        base=("DE", ""),
    )


@scenario(6, _LIVES, CODE)
def shopify_jp_yen(rng: Random) -> OrderDraft:
    """Yen have no decimals; Japanese addresses."""
    price = D(rng.randrange(301, 9001, 7))
    return replace(
        _draft(rng, "JP"),
        lines=_basket(rng, price=price),
        currency="JPY",
        decimals=0,
        prices_include_tax=True,
        base=("JP", ""),
    )


@scenario(6, _LIVES, CODE)
def shopify_cn_buyer(rng: Random) -> OrderDraft:
    """A Chinese buyer pays in yuan; no tax; a note with emoji."""
    return replace(
        _draft(rng, "CN"),
        shipping_lines=_post("12.00", "顺丰速运"),
        currency="CNY",
        payment_method="alipay",
        customer_note="请放门口 🙏🎁",
    )


@scenario(4, ((),), CODE)
def shopify_gift_card_sold(rng: Random) -> OrderDraft:
    """A gift card is bought beside goods: a liability, not revenue."""
    draft = _draft(rng, "US", "NY")
    card = DraftLine(0, 1, unit_price=D("50.00"), name="Gift card")
    return replace(draft, lines=(*draft.lines, card))


@scenario(4, _LIVES, CODE)
def shopify_gift_card_redeemed(rng: Random) -> OrderDraft:
    """Part of the order is paid with a gift card: two tenders."""
    draft = _draft(rng, "US", "CA")
    return replace(draft, meta=(("gift_card", "5.00"),), shipping_lines=_post("8.50"))


@scenario(4, _LIVES, CODE)
def shopify_tip(rng: Random) -> OrderDraft:
    """A tip on top, without tax."""
    fee = DraftFee("Tip", D("3.00"), taxable=False)
    return replace(_draft(rng, "US", "CA"), fees=(fee,))


@scenario(3, _LIVES, CODE)
def shopify_import_duty(rng: Random) -> OrderDraft:
    """Import duties are collected at the checkout."""
    fee = DraftFee("Import duty", D("7.35"), taxable=False)
    draft = _draft(rng, "CA", "BC")
    return replace(draft, fees=(fee,), currency="CAD", shipping_lines=_post("9.99"))


@scenario(3, (("cancel",), ()), CODE)
def shopify_risky(rng: Random) -> OrderDraft:
    """The shop warns of a fraud."""
    return replace(_draft(rng, "US", "NY"), risk="high")


@scenario(6, _LIVES, CODE)
def shopify_many_lines(rng: Random) -> OrderDraft:
    """More lines than a page of them has."""
    return replace(
        _draft(rng, "US", "CA"),
        lines=_basket(rng, 12, 20),
        shipping_lines=_post("19.00", "Freight"),
        meta=(("utm", "newsletter/email/spring"),),
    )


@scenario(5, (("pay",), ("pay", "complete"), ("cancel",)), CODE)
def shopify_unpaid(rng: Random) -> OrderDraft:
    """Waits for a bank transfer."""
    draft = _draft(rng, "DE")
    return replace(
        draft,
        currency="EUR",
        paid=False,
        payment_method="bank_deposit",
        transaction_id="",
    )


@scenario(0, (("pay",),), CODE)
def shopify_draft(rng: Random) -> OrderDraft:
    """A quotation of the seller; an order once it is paid. Only placed by its name."""
    return replace(
        _draft(rng, "US", "CA"),
        shipping_lines=_post("8.50"),
        created_via="draft",
        paid=False,
        payment_method="manual",
        transaction_id="",
    )
