"""Named, seeded kinds of orders. The same seed gives the same orders.

Each scenario is a function that takes a random generator and returns a basket. Its
docstring says what is difficult about it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from .catalogue import CATALOGUE
from .drafts import DraftFee, DraftLine, DraftShipping, OrderDraft
from .model import Product
from .people import make_buyer

D = Decimal
Maker = Callable[[Random], OrderDraft]


@dataclass(frozen=True)
class Scenario:
    """A kind of order, how often it occurs, and what may happen to it later."""

    name: str
    make: Maker
    weight: int
    plans: tuple[tuple[str, ...], ...]
    marketplace: str = "woocommerce"

    def draft(self, rng: Random) -> OrderDraft:
        """Return a basket of this kind."""
        draft = self.make(rng)
        return replace(draft, scenario=self.name, plan=rng.choice(self.plans))


SCENARIOS: dict[str, Scenario] = {}

_ALIVE: tuple[tuple[str, ...], ...] = (
    (),
    (),
    (),
    ("complete",),
    ("complete",),
    ("edit",),
    ("address", "complete"),
    ("cancel",),
    ("refund_line",),
    ("complete", "refund_full"),
    ("note", "trash"),
)
_STILL: tuple[tuple[str, ...], ...] = ((),)


def scenario(
    weight: int,
    plans: tuple[tuple[str, ...], ...] = _ALIVE,
    marketplace: str = "woocommerce",
) -> Callable[[Maker], Maker]:
    """Register a scenario of a marketplace under the name of its function.

    Those of other marketplaces stand in their own packages.
    """

    def register(make: Maker) -> Maker:
        SCENARIOS[make.__name__] = Scenario(
            make.__name__, make, weight, plans, marketplace
        )
        return make

    return register


def scenarios_of(marketplace: str) -> dict[str, Scenario]:
    """Return the scenarios of one marketplace by name."""
    return {
        name: item
        for name, item in SCENARIOS.items()
        if item.marketplace == marketplace
    }


def pick(rng: Random, marketplace: str = "woocommerce") -> Scenario:
    """Choose a scenario for the demo mix: mostly paid orders, all kinds over time."""
    scenarios = list(scenarios_of(marketplace).values())
    weights = [item.weight for item in scenarios]
    return rng.choices(scenarios, weights)[0]


def _goods(tax_class: str = "") -> list[Product]:
    return [
        product
        for product in CATALOGUE
        if product.sellable
        and not product.virtual
        and product.price
        and product.tax_class == tax_class
    ]


def _basket(rng: Random, most: int = 3, **line: object) -> tuple[DraftLine, ...]:
    products = rng.sample(_goods(), rng.randint(1, most))
    quantities = (1, 1, 1, 2, 2, 3)
    return tuple(
        DraftLine(product.id, rng.choice(quantities), **line)  # type: ignore[arg-type]
        for product in products
    )


def _flat(price: str, title: str = "Flat rate") -> tuple[DraftShipping, ...]:
    return (DraftShipping(title, "flat_rate", D(price)),)


_FREE = (DraftShipping("Free shipping", "free_shipping", D("0")),)


def _draft(rng: Random, country: str, state: str | None = None) -> OrderDraft:
    buyer = make_buyer(rng, country, state)
    number = rng.randrange(10**9)
    return OrderDraft(
        billing=buyer.billing,
        shipping=buyer.shipping,
        transaction_id=f"txn_{number:09d}",
    )


@scenario(18)
def us_tax_exclusive(rng: Random) -> OrderDraft:
    """Sales tax on goods and delivery, prices without tax."""
    draft = _draft(rng, "US", "CA")
    return replace(draft, lines=_basket(rng), shipping_lines=_flat("8.50"))


@scenario(8)
def us_coupon_percent(rng: Random) -> OrderDraft:
    """A percentage over several lines; odd cents go to the dearest line."""
    draft = _draft(rng, "US")
    coupon = rng.choice(("ten-percent", "third-off"))
    lines = _basket(rng, 4)
    return replace(draft, lines=lines, coupons=(coupon,), shipping_lines=_flat("6.00"))


@scenario(4)
def us_coupon_per_product(rng: Random) -> OrderDraft:
    """A coupon that covers one product of two."""
    draft = _draft(rng, "US", "NY")
    lines = (DraftLine(112, 3), DraftLine(101, 1))
    return replace(draft, lines=lines, coupons=("two-off-each-tee",))


@scenario(10)
def gb_tax_inclusive_coupon(rng: Random) -> OrderDraft:
    """A British shop: prices include VAT, a fixed coupon comes off the gross price."""
    return replace(
        _draft(rng, "GB"),
        lines=_basket(rng),
        coupons=("five-off",),
        shipping_lines=_flat("4.17", "Royal post"),
        currency="GBP",
        prices_include_tax=True,
        base=("GB", ""),
    )


@scenario(3)
def gb_foreign_base(rng: Random) -> OrderDraft:
    """Prices include the tax of another place than the buyer's."""
    return replace(
        _draft(rng, "GB"),
        lines=_basket(rng),
        shipping_lines=_flat("12.00"),
        prices_include_tax=True,
    )


@scenario(6)
def de_two_classes(rng: Random) -> OrderDraft:
    """Two tax classes in one basket, prices include tax, a company buys."""
    return replace(
        _draft(rng, "DE"),
        lines=(DraftLine(162, rng.randint(1, 2)), *_basket(rng, 2)),
        shipping_lines=_flat("4.90", "Paket"),
        currency="EUR",
        prices_include_tax=True,
        base=("DE", ""),
    )


@scenario(4)
def de_round_at_subtotal(rng: Random) -> OrderDraft:
    """Taxes are rounded in the totals only, so lines do not add up by themselves."""
    return replace(
        _draft(rng, "DE"),
        lines=(DraftLine(150, 7), DraftLine(152, 3), DraftLine(141, 1)),
        shipping_lines=_flat("4.90", "Paket"),
        currency="EUR",
        round_at_subtotal=True,
    )


@scenario(7)
def jp_yen(rng: Random) -> OrderDraft:
    """Yen in a shop with two decimals: "3278.00"."""
    price = D(rng.randrange(300, 9000, 10))
    return replace(
        _draft(rng, "JP"),
        lines=_basket(rng, 2, unit_price=price),
        shipping_lines=_flat("550", "宅配便"),
        currency="JPY",
    )


@scenario(3)
def jp_yen_whole(rng: Random) -> OrderDraft:
    """Yen without decimals, as a multi-currency plug-in stores it; tax included."""
    price = D(rng.randrange(301, 9001, 7))
    return replace(
        _draft(rng, "JP"),
        lines=_basket(rng, 2, unit_price=price),
        currency="JPY",
        decimals=0,
        prices_include_tax=True,
        base=("JP", ""),
    )


@scenario(6)
def cn_virtual(rng: Random) -> OrderDraft:
    """Nothing to ship: completed at once."""
    return replace(
        _draft(rng, "CN"),
        lines=(DraftLine(rng.choice((160, 161)), 1),),
        currency="CNY",
        payment_method="alipay",
        payment_title="支付宝",
    )


@scenario(4)
def cn_goods(rng: Random) -> OrderDraft:
    """A Chinese address with province code, a note with emoji, no tax."""
    return replace(
        _draft(rng, "CN"),
        lines=_basket(rng),
        shipping_lines=_flat("12.00", "顺丰速运"),
        currency="CNY",
        customer_note="请放门口 🙏🎁",
    )


@scenario(6)
def br_negative_fee(rng: Random) -> OrderDraft:
    """A gift card as a negative fee without tax, extra meta data (tax number)."""
    return replace(
        _draft(rng, "BR"),
        lines=_basket(rng),
        fees=(DraftFee("Vale-presente", D("-5.00"), taxable=False),),
        currency="BRL",
        meta=(("_billing_cpf", "000.000.000-00"), ("_billing_number", "12")),
    )


@scenario(4)
def ca_two_rates(rng: Random) -> OrderDraft:
    """Two taxes side by side on every line."""
    return replace(
        _draft(rng, "CA", "BC"),
        lines=_basket(rng),
        shipping_lines=_flat("9.99"),
        currency="CAD",
    )


@scenario(3)
def ca_compound(rng: Random) -> OrderDraft:
    """A tax on top of another tax."""
    return replace(
        _draft(rng, "CA", "QC"),
        lines=_basket(rng),
        shipping_lines=_flat("9.99", "Livraison"),
        currency="CAD",
    )


@scenario(3)
def kw_three_decimals(rng: Random) -> OrderDraft:
    """Dinars have thousandths; right-to-left names, no postcode."""
    price = D(rng.randint(1000, 30000)) / 1000
    return replace(
        _draft(rng, "KW"),
        lines=_basket(rng, 2, unit_price=price),
        shipping_lines=_flat("1.500"),
        currency="KWD",
        decimals=3,
    )


@scenario(2)
def bh_three_decimals(rng: Random) -> OrderDraft:
    """Bahraini dinars with a percentage coupon: thousandths are shared out."""
    price = D(rng.randint(1001, 9999)) / 1000
    return replace(
        _draft(rng, "BH"),
        lines=_basket(rng, 3, unit_price=price),
        coupons=("ten-percent",),
        currency="BHD",
        decimals=3,
    )


@scenario(3)
def ae_right_to_left(rng: Random) -> OrderDraft:
    """Arabic address with Arabic digits."""
    return replace(
        _draft(rng, "AE"),
        lines=_basket(rng),
        shipping_lines=_FREE,
        currency="AED",
        customer_note="اتصل قبل التوصيل",
    )


@scenario(5)
def guest_zero_line(rng: Random) -> OrderDraft:
    """A guest without e-mail and telephone; a free gift on a line of its own."""
    draft = _draft(rng, "GB")
    billing = replace(draft.billing, email="", phone="")
    return replace(
        draft,
        billing=billing,
        lines=(*_basket(rng, 2), DraftLine(154, 1)),
        shipping_lines=_FREE,
        currency="GBP",
    )


@scenario(5)
def registered_buyer(rng: Random) -> OrderDraft:
    """A buyer with an account; billed elsewhere than delivered."""
    draft = _draft(rng, "US", "CA")
    other = make_buyer(rng, "US", "NY")
    return replace(
        draft,
        shipping=other.shipping,
        lines=_basket(rng),
        shipping_lines=_flat("8.50"),
        customer_id=rng.choice((2, 3, 4)),
    )


@scenario(7, (("pay",), ("pay", "complete"), ("cancel",), ()))
def pending_unpaid(rng: Random) -> OrderDraft:
    """Not paid yet; most are paid later."""
    draft = _draft(rng, "US")
    return replace(draft, lines=_basket(rng), paid=False, transaction_id="")


@scenario(5, (("pay",), ("cancel",), ()))
def on_hold(rng: Random) -> OrderDraft:
    """Waits for a bank transfer; stock is already taken."""
    return replace(
        _draft(rng, "DE"),
        lines=_basket(rng),
        currency="EUR",
        paid=False,
        status="on-hold",
        payment_method="bacs",
        payment_title="Überweisung",
        transaction_id="",
    )


@scenario(1, _STILL)
def payment_failed(rng: Random) -> OrderDraft:
    """The card was refused."""
    return replace(
        _draft(rng, "US"),
        lines=_basket(rng),
        paid=False,
        status="failed",
        transaction_id="",
    )


@scenario(3)
def unknown_sku(rng: Random) -> OrderDraft:
    """A product that the other side has never seen, beside one that it knows."""
    lines = (DraftLine(190, 1), *_basket(rng, 1))
    return replace(_draft(rng, "US"), lines=lines)


@scenario(2)
def no_sku(rng: Random) -> OrderDraft:
    """A product without SKU."""
    lines = (DraftLine(191, 1), *_basket(rng, 1))
    return replace(_draft(rng, "US"), lines=lines)


@scenario(2)
def deleted_product(rng: Random) -> OrderDraft:
    """The product has been deleted since: its line names product 0 and no SKU."""
    gone = DraftLine(0, 1, unit_price=D("18.18"), name="Discontinued jug")
    return replace(_draft(rng, "US"), lines=(gone, *_basket(rng, 1)))


@scenario(4)
def fee_taxed(rng: Random) -> OrderDraft:
    """Gift wrapping as a taxed fee."""
    return replace(
        _draft(rng, "US", "CA"),
        lines=_basket(rng),
        fees=(DraftFee("Gift wrap", D("3.00")),),
        customer_note="It is a present, please no price tag! 🎀",
    )


@scenario(4)
def variations(rng: Random) -> OrderDraft:
    """Two variations of one product."""
    lines = (DraftLine(111, 1), DraftLine(113, 2), DraftLine(121, 1))
    draft = _draft(rng, "US", "NY")
    return replace(draft, lines=lines, shipping_lines=_flat("5.00"))


@scenario(1, _STILL)
def huge_order(rng: Random) -> OrderDraft:
    """Every product of the shop, in quantity."""
    lines = tuple(DraftLine(item.id, rng.randint(1, 30)) for item in _goods())
    draft = _draft(rng, "US", "CA")
    return replace(draft, lines=lines, shipping_lines=_flat("120.00", "Freight"))


@scenario(2)
def fully_discounted(rng: Random) -> OrderDraft:
    """The coupon is worth more than the goods: nothing to pay."""
    draft = _draft(rng, "US", "CA")
    lines = (DraftLine(161, 1), DraftLine(154, 2))
    return replace(draft, lines=lines, coupons=("five-off",), transaction_id="")
