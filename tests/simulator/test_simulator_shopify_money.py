"""Whatever happens to orders of the simulated Shopify shop, they add up when read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ecom_orders.marketplaces.base import Credentials, OrderCursor
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import LineKind, OrderStatus, PaymentKind, Risk
from ecom_orders.marketplaces.shopify.client import ShopifyConnector
from ecom_orders.marketplaces.transport import Transport

from simulator import Simulator
from simulator.app import DEFAULT_TOKEN
from simulator.shopify import scenarios
from simulator.world.scenarios import scenarios_of

D = Decimal
UNITS = {"JPY": D(1)}
KINDS = sorted(scenarios_of(scenarios.CODE))


def read(shop: Simulator, money: str = "presentment", drafts: bool = False) -> list:
    """Return all orders of a shop as the connector understands them."""
    options = {"money": money, "drafts": drafts}
    credentials = Credentials(shop.url, token=DEFAULT_TOKEN, options=options)
    found = {}
    with Transport() as transport:
        connector = ShopifyConnector(credentials, transport)
        cursor, more = OrderCursor(), True
        while more:
            page = connector.fetch_orders(cursor)
            for envelope in page.envelopes:
                order = connector.normalise_order(parse_json(envelope.body))
                found[order.external_id] = order
            cursor, more = page.cursor, page.more
    return list(found.values())


@pytest.fixture(scope="module")
def shop():
    """Return a shop in which orders of all kinds have lived a while."""
    with Simulator(seed=11, marketplace="shopify") as simulator:
        for name in KINDS:
            simulator.place_orders(8, name)
        for _step in range(2):
            simulator.advance(1_000)
        yield simulator


def test_every_order_adds_up_on_the_side_of_the_buyer(shop):
    orders = read(shop)
    assert len(orders) == 8 * len(KINDS) > 100
    assert len({order.status for order in orders}) >= 4
    for order in orders:
        priced = price_order(order, UNITS.get(order.currency, D("0.01")))
        if order.raw_status.startswith("PARTIALLY_REFUNDED"):
            # The tax of the pieces that are left is not stated, only that of those
            # that went back: half a cent can fall on either.
            assert priced.difference_kind in (None, LineKind.ROUNDING), order.number
        else:
            assert priced.difference == 0, order.number


def test_every_order_adds_up_on_the_side_of_the_shop(shop):
    """Each amount is converted and rounded by itself: half a cent for each."""
    orders = read(shop, "shop")
    assert {order.currency for order in orders} == {"USD"}
    for order in orders:
        amounts = sum(2 + len(line.taxes) for line in order.lines) + 1
        difference = price_order(order, D("0.01")).difference
        assert abs(difference) <= D("0.005") * amounts, order.number


def test_totals_are_those_of_the_world(shop):
    told = {str(row["id"]): row for row in shop.list_orders()}
    for order in read(shop):
        row = told[order.external_id]
        assert order.currency == row["currency"]
        given_back = sum((refund.amount for refund in order.refunds), D(0))
        assert given_back == D(row["refunded"])
        if not given_back:
            assert order.total == D(row["total"]), order.number


def test_payments_are_what_was_to_be_paid():
    with Simulator(seed=5, marketplace="shopify") as shop:
        shop.place_orders(2, "shopify_gift_card_redeemed")
        shop.place_orders(2, "shopify_us_sales_tax")
        for order in read(shop):
            assert sum(p.amount for p in order.payments) == order.total
        cards = [
            payment.amount
            for order in read(shop)
            for payment in order.payments
            if payment.kind is PaymentKind.GIFT_CARD
        ]
        assert cards == [5, 5]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("shopify_gift_card_sold", LineKind.GIFT_CARD),
        ("shopify_tip", LineKind.TIP),
        ("shopify_import_duty", LineKind.DUTY),
    ],
)
def test_lines_of_a_special_kind(name, kind):
    with Simulator(seed=5, marketplace="shopify") as shop:
        shop.place_orders(1, name)
        (order,) = read(shop)
        assert [line.kind for line in order.lines].count(kind) == 1


def test_a_risky_order_and_one_from_a_newsletter():
    with Simulator(seed=5, marketplace="shopify") as shop:
        shop.place_orders(1, "shopify_risky")
        shop.place_orders(1, "shopify_many_lines")
        risky, other = read(shop)
        assert (risky.risk, other.risk) == (Risk.HIGH, Risk.LOW)
        assert other.attribution.source == "newsletter"
        assert len(other.lines) > 12


def test_an_unpaid_order_waits():
    with Simulator(seed=5, marketplace="shopify") as shop:
        shop.place_orders(1, "shopify_unpaid")
        (order,) = read(shop)
        assert (order.status, order.payments) == (OrderStatus.PENDING, ())


def test_a_draft_becomes_an_order_that_names_it():
    with Simulator(seed=5, marketplace="shopify") as shop:
        (placed,) = shop.place_orders(1, "shopify_draft")
        shop.place_orders(1, "shopify_us_sales_tax")
        assert [o.status for o in read(shop)] == [OrderStatus.OPEN]
        other, draft = read(shop, drafts=True)
        assert other.draft_ref == ""
        assert (draft.external_id, draft.status) == (
            f"draft:{placed['id']}",
            OrderStatus.DRAFT,
        )
        assert price_order(draft, D("0.01")).difference == 0
        shop.order_action(placed["id"], "advance")
        found = {order.external_id: order for order in read(shop, drafts=True)}
        assert set(found) == {other.external_id, str(placed["id"])}
        order = found[str(placed["id"])]
        assert (order.status, order.draft_ref) == (OrderStatus.OPEN, draft.external_id)
        assert order.total == draft.total
