"""The arithmetic of orders, stated as sums."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from simulator.core.clock import Clock
from simulator.core.journal import Journal
from simulator.woocommerce.render import Renderer
from simulator.world import discounts
from simulator.world.catalogue import CATALOGUE
from simulator.world.drafts import DraftFee, DraftLine, DraftShipping, OrderDraft
from simulator.world.model import Address, Coupon, TaxRate
from simulator.world.scenarios import scenarios_of
from simulator.world.shop import World
from simulator.world.taxes import rates_for, round_tax, tax_in_gross, tax_on_net

SCENARIOS = scenarios_of("woocommerce")
D = Decimal
GB = Address(country="GB")
CALIFORNIA = Address(country="US", state="CA")


@pytest.fixture
def world() -> World:
    return World(Journal(None), Clock())


def placed(world: World, **draft: object) -> dict:
    """Place an order and return its JSON."""
    order = world.place(OrderDraft(**draft))
    return Renderer(world, "http://shop").order(order)


def rate(number: int, percent: str, **more: object) -> TaxRate:
    return TaxRate(number, "", "", D(percent), f"T{number}", **more)


class TestTaxes:
    def test_tax_keeps_six_decimals(self):
        assert tax_on_net(D("39.98"), [rate(1, "7.25")]) == {1: D("2.898550")}
        assert tax_on_net(D("0.01"), [rate(1, "8.875")]) == {1: D("0.000888")}

    def test_compound_tax_is_charged_on_price_and_tax(self):
        rates = [rate(1, "5"), rate(2, "9.975", compound=True)]
        taxes = tax_on_net(D("100"), rates)
        assert taxes == {1: D(5), 2: D("10.473750")}  # (100 + 5) x 9.975 %

    def test_tax_contained_in_a_price_is_the_reverse(self):
        rates = [rate(1, "5"), rate(2, "9.975", compound=True)]
        assert tax_in_gross(D("115.47375"), rates) == tax_on_net(D("100"), rates)
        assert tax_in_gross(D("120"), [rate(1, "20")]) == {1: D(20)}

    def test_the_most_specific_rate_of_each_priority_applies(self):
        rates = (
            TaxRate(1, "US", "", D(1), "country"),
            TaxRate(2, "US", "CA", D(7), "state"),
            TaxRate(3, "US", "CA", D(2), "second", priority=2),
            TaxRate(4, "US", "CA", D(3), "books", tax_class="reduced-rate"),
        )
        assert [r.id for r in rates_for(rates, ("US", "CA"), "")] == [2, 3]
        assert [r.id for r in rates_for(rates, ("US", "NV"), "")] == [1]
        assert [r.id for r in rates_for(rates, ("US", "CA"), "reduced-rate")] == [4]
        assert rates_for(rates, ("FR", ""), "") == ()

    def test_half_a_cent_of_tax(self):
        assert round_tax(D("0.125"), 2, prices_include_tax=False) == D("0.13")
        assert round_tax(D("0.125"), 2, prices_include_tax=True) == D("0.12")


class TestCoupons:
    def spread(self, coupon: Coupon, *lines: tuple[int, str]) -> dict[int, Decimal]:
        rows = [
            discounts.DiscountableLine(key, key, quantity, D(amount))
            for key, (quantity, amount) in enumerate(lines)
        ]
        return discounts.spread(rows, [coupon], 2)[coupon.code]

    def test_percent_rounds_down_and_gives_the_rest_to_the_dearest(self):
        coupon = Coupon(1, "c", "percent", D(10))
        # 3.999 + 4.50 = 8.499, together 8.50: the missing cent goes to line 0.
        shares = self.spread(coupon, (2, "39.99"), (1, "45.00"))
        assert shares == {0: D("4.00"), 1: D("4.50")}

    def test_fixed_cart_is_shared_per_piece(self):
        coupon = Coupon(1, "c", "fixed_cart", D("5.00"))
        shares = self.spread(coupon, (2, "20.00"), (1, "10.00"))
        assert sum(shares.values()) == D("5.00")
        assert shares == {0: D("3.34"), 1: D("1.66")}

    def test_fixed_cart_never_exceeds_the_goods(self):
        coupon = Coupon(1, "c", "fixed_cart", D("50.00"))
        shares = self.spread(coupon, (1, "4.20"), (2, "0.00"))
        assert shares == {0: D("4.20")}

    def test_fixed_product_counts_pieces(self):
        coupon = Coupon(1, "c", "fixed_product", D("2.00"), (0,))
        assert self.spread(coupon, (3, "60.00"), (1, "10.00")) == {0: D("6.00")}


class TestOrders:
    def test_prices_without_tax(self, world):
        order = placed(
            world,
            billing=CALIFORNIA,
            lines=(DraftLine(101, 3),),  # 3 x 12.50 = 37.50, tax 2.71875
            shipping_lines=(DraftShipping("Flat", "flat_rate", D("8.00")),),  # 0.58
        )
        line = order["line_items"][0]
        assert (line["total"], line["total_tax"]) == ("37.50", "2.72")
        assert line["taxes"] == [{"id": 1, "total": "2.71875", "subtotal": "2.71875"}]
        assert order["shipping_lines"][0]["taxes"] == [
            {"id": 1, "total": "0.58", "subtotal": ""}
        ]
        assert (order["cart_tax"], order["shipping_tax"]) == ("2.72", "0.58")
        assert order["total"] == "48.80"  # 37.50 + 2.72 + 8.00 + 0.58
        tax = order["tax_lines"][0]
        assert tax["rate_code"] == "US-CA-CA SALES TAX-1"
        assert tax["rate_percent"] == 7.25

    def test_prices_with_tax_of_the_same_country(self, world):
        order = placed(
            world,
            billing=GB,
            base=("GB", ""),
            prices_include_tax=True,
            lines=(DraftLine(102, 1, unit_price=D("59.97")),),
        )
        line = order["line_items"][0]
        # 49.975 + 9.995: net goes up, tax goes down, the label price stays.
        assert (line["total"], line["total_tax"]) == ("49.98", "9.99")
        assert order["total"] == "59.97"

    def test_prices_with_tax_of_another_country(self, world):
        order = placed(
            world,
            billing=GB,
            prices_include_tax=True,
            lines=(DraftLine(102, 1, unit_price=D("10.725")),),
        )
        # California's 7.25 % come off, Britain's 20 % go on.
        assert order["line_items"][0]["total"] == "10.00"
        assert order["total"] == "12.00"

    def test_a_fixed_coupon_comes_off_the_gross_price(self, world):
        order = placed(
            world,
            billing=GB,
            base=("GB", ""),
            prices_include_tax=True,
            lines=(DraftLine(101, 2, unit_price=D("12.00")),),
            coupons=("five-off",),
        )
        assert order["total"] == "19.00"  # 24.00 - 5.00
        assert (order["discount_total"], order["discount_tax"]) == ("4.17", "0.83")
        coupon = order["coupon_lines"][0]
        assert (coupon["discount"], coupon["discount_tax"]) == ("4.17", "0.83")

    def test_a_coupon_discount_is_not_padded(self, world):
        lines = (DraftLine(121, 1),)  # 45.00
        order = placed(world, lines=lines, coupons=("ten-percent",))
        assert order["coupon_lines"][0]["discount"] == "4.5"
        assert order["discount_total"] == "4.50"

    def test_rounding_in_the_totals_only(self, world):
        lines = tuple(DraftLine(150, 1) for _ in range(3))  # 3 x 6.66, tax 1.2654
        parts = {"billing": Address(country="DE"), "lines": lines}
        per_line = placed(world, **parts)
        at_total = placed(world, **parts, round_at_subtotal=True)
        assert per_line["total_tax"] == "3.81"  # 3 x 1.27
        assert at_total["total_tax"] == "3.80"  # 3.7962
        assert {line["total_tax"] for line in at_total["line_items"]} == {"1.27"}

    def test_fees_negative_and_taxed(self, world):
        order = placed(
            world,
            billing=CALIFORNIA,
            lines=(DraftLine(101, 1),),  # 12.50 + 0.91
            fees=(
                DraftFee("Gift card", D("-5.00"), taxable=False),
                DraftFee("Wrap", D("3.00")),  # 0.2175
            ),
        )
        card, wrap = order["fee_lines"]
        assert (card["total"], card["tax_status"], card["taxes"]) == (
            "-5.00",
            "none",
            [],
        )
        assert wrap["taxes"] == [{"id": 1, "total": "0.2175", "subtotal": ""}]
        assert order["total"] == "11.63"  # 12.50 + 0.91 - 5.00 + 3.00 + 0.22

    def test_two_rates_and_a_rate_without_delivery(self, world):
        shipping = (DraftShipping("Flat", "flat_rate", D("10.00")),)
        lines = (DraftLine(101, 1),)
        address = Address(country="CA", state="BC")
        order = placed(world, billing=address, lines=lines, shipping_lines=shipping)
        assert [row["label"] for row in order["tax_lines"]] == ["GST", "PST"]
        assert order["total_tax"] == "2.71"  # 0.63 + 0.88 + 0.50 + 0.70
        address = Address(country="US", state="NY")
        order = placed(world, billing=address, lines=lines, shipping_lines=shipping)
        assert order["shipping_lines"][0]["taxes"] == []
        assert order["shipping_tax"] == "0.00"

    def test_yen_with_two_decimals_and_with_none(self, world):
        assert self.yen(world) == "3278.00"
        assert self.yen(world, decimals=0) == "3278"

    def yen(self, world, **more) -> str:
        lines = (DraftLine(101, 1, unit_price=D(2980)),)
        address = Address(country="JP", state="JP13")
        order = placed(world, billing=address, lines=lines, currency="JPY", **more)
        return order["total"]

    def test_dinars_have_three(self, world):
        lines = (DraftLine(101, 3, unit_price=D("1.234")),)
        order = placed(world, lines=lines, currency="KWD", decimals=3)
        assert order["total"] == "3.702"

    def test_price_is_a_number_of_the_net_piece(self, world):
        lines = (DraftLine(101, 3, unit_price=D("10")),)
        draft = {"billing": GB, "base": ("GB", ""), "prices_include_tax": True}
        assert placed(world, lines=lines, **draft)["line_items"][0][
            "price"
        ] == pytest.approx(8.333333)
        assert placed(world, lines=lines)["line_items"][0]["price"] == 10
        assert isinstance(placed(world, lines=lines)["line_items"][0]["price"], int)

    def test_virtual_goods_are_completed_at_once(self, world):
        order = placed(world, lines=(DraftLine(160, 1),))
        assert (order["status"], order["needs_processing"]) == ("completed", False)

    def test_a_deleted_product_leaves_a_line_without_it(self, world):
        gone = DraftLine(0, 1, unit_price=D("5"), name="Gone")
        line = placed(world, lines=(gone,))["line_items"][0]
        assert (line["product_id"], line["sku"], line["name"]) == (0, None, "Gone")


def assert_sums(order: dict) -> None:
    """The identity that a reader of orders may rely on: the parts make the total."""
    items = order["line_items"] + order["fee_lines"]
    net = sum(D(item["total"]) for item in items)
    shipping = D(order["shipping_total"])
    assert D(order["total"]) == net + shipping + D(order["total_tax"])
    assert D(order["cart_tax"]) == sum(D(item["total_tax"]) for item in items)
    assert D(order["cart_tax"]) == sum(D(t["tax_total"]) for t in order["tax_lines"])
    assert D(order["shipping_tax"]) == sum(
        D(line["total_tax"]) for line in order["shipping_lines"]
    )
    subtotals = sum(D(line["subtotal"]) for line in order["line_items"])
    totals = sum(D(line["total"]) for line in order["line_items"])
    assert D(order["discount_total"]) == subtotals - totals


@pytest.mark.parametrize("name", sorted(set(SCENARIOS) - {"de_round_at_subtotal"}))
def test_the_parts_of_every_scenario_make_its_total(world, name):
    for _ in range(3):
        order = world.place_scenario(name)
        assert_sums(Renderer(world, "http://shop").order(order))


def random_order(seed: int) -> dict:
    """Draw any order that rounds per line."""
    rng = Random(seed)
    world = World(Journal(None), Clock())
    sellable = [product.id for product in CATALOGUE if product.sellable]
    places = [("US", "CA"), ("US", "NY"), ("GB", ""), ("DE", ""), ("CA", "QC")]
    country, state = rng.choice([*places, ("CA", "BC"), ("JP", ""), ("FR", "")])
    decimals = rng.choice((0, 2, 2, 3))

    def cents(most: int) -> Decimal:
        return D(rng.randint(0, most)).scaleb(-decimals)

    lines = tuple(
        DraftLine(rng.choice(sellable), rng.randint(1, 9), unit_price=cents(99999))
        for _ in range(rng.randint(1, 6))
    )
    fees = tuple(
        DraftFee("Fee", cents(900), rng.random() < 0.5)
        for _ in range(rng.randint(0, 2))
    )
    codes = ["ten-percent", "five-off", "third-off", "two-off-each-tee"]
    return placed(
        world,
        billing=Address(country=country, state=state),
        base=rng.choice(places),
        prices_include_tax=rng.random() < 0.5,
        decimals=decimals,
        lines=lines,
        fees=fees,
        shipping_lines=(DraftShipping("Flat", "flat_rate", cents(3000)),),
        coupons=tuple(rng.sample(codes, rng.randint(0, 2))),
    )


try:
    from hypothesis import given, settings
    from hypothesis import strategies as st

    @settings(max_examples=80, deadline=None)
    @given(st.integers(min_value=0))
    def test_the_parts_of_any_order_make_its_total(seed):
        assert_sums(random_order(seed))

except ImportError:

    def test_the_parts_of_any_order_make_its_total():
        for seed in range(80):
            assert_sums(random_order(seed))
