"""The simulated marketplaces pay out what they earned, and their books add up."""

from datetime import timedelta
from decimal import Decimal

import pytest

from simulator import Simulator
from simulator.world.money import ZERO, round_money

HOUR = 3_600  # seconds, and the length of a period here
SCENARIOS = {
    "shopify": "shopify_us_sales_tax",
    "amazon": "amazon_us",
    "ebay": "ebay_cn_seller_usd",
}


def treasury_of(shop):
    (protocol,) = shop._protocols
    desk = getattr(protocol, "payments", None) or getattr(protocol, "settlements", None)
    return (desk or protocol.finances).treasury


@pytest.fixture(params=sorted(SCENARIOS))
def seller(request):
    """A shop that is paid out every hour."""
    with Simulator(seed=7, marketplace=request.param) as shop:
        shop.change_settings(payout_minutes=60)
        yield shop


def sell(shop, count=1):
    """Place orders and send them; returns their ids."""
    rows = shop.place_orders(count, SCENARIOS[shop.marketplace])
    for row in rows:
        shop.world.set_status(row["id"], "completed")
    return [row["id"] for row in rows]


def wait(shop, hours):
    shop.set_clock(shop.world.clock.offset_seconds + hours * HOUR)


def payouts(shop):
    return treasury_of(shop).payouts()


def movements(shop, kind):
    return [one for p in payouts(shop) for one in p.movements if one.kind == kind]


def test_nothing_is_paid_out_before_the_period_has_ended(seller):
    (order_id,) = sell(seller)
    assert payouts(seller) == []
    assert [one.order_id for one in treasury_of(seller).pending()] == [order_id]


def test_payout_is_the_sales_less_fees_and_reserve(seller):
    ids = sell(seller, 3)
    wait(seller, 2)
    (payout,) = payouts(seller)
    sales = [one for one in payout.movements if one.kind == "sale"]
    assert {one.order_id for one in sales} == set(ids)
    total = sum(one.amount for one in sales)
    expected = sum(seller.world.order(n).totals.total for n in ids)
    assert total == expected
    kept = sum(one.amount for one in payout.movements if one.kind == "reserve")
    share = ZERO if seller.marketplace == "ebay" else Decimal("0.05")
    assert kept == -round_money(total * share, 2)
    assert payout.net == total - sum(one.fee for one in sales) + kept


def test_reserve_comes_back_with_the_next_payout(seller):
    if seller.marketplace == "ebay":
        pytest.skip("eBay keeps none")
    sell(seller)
    wait(seller, 1)
    sell(seller)
    wait(seller, 2)
    first, second = payouts(seller)
    (kept,) = [one.amount for one in first.movements if one.kind == "reserve"]
    (back,) = [one.amount for one in second.movements if one.kind == "release"]
    assert back == -kept


def test_closed_payout_never_changes_and_later_changes_are_movements_of_later_ones(
    seller,
):
    (order_id,) = sell(seller)
    wait(seller, 2)
    before = payouts(seller)
    line = seller.world.order(order_id).lines[0]
    seller.world.edit(order_id, {"quantities": {line.id: line.quantity + 3}})
    wait(seller, 2)
    after = payouts(seller)
    assert after[: len(before)] == before
    (correction,) = movements(seller, "correction")
    value = seller.world.order(order_id).totals.total
    (sale,) = movements(seller, "sale")
    assert sale.amount + correction.amount == value


def test_refund_is_a_movement_once(seller):
    (order_id, _other) = sell(seller, 2)
    seller.refund_order(order_id, "1.00")
    wait(seller, 2)
    sell(seller)
    wait(seller, 2)
    (refund,) = movements(seller, "refund")
    assert (refund.order_id, refund.amount) == (order_id, Decimal("-1.00"))


def test_period_that_the_seller_owes_for_is_carried_over(seller):
    (order_id,) = sell(seller)
    wait(seller, 2)
    first = payouts(seller)
    seller.refund_order(order_id)
    wait(seller, 2)
    assert payouts(seller) == first
    sell(seller, 5)
    wait(seller, 2)
    assert len(payouts(seller)) == 2
    assert [one.order_id for one in movements(seller, "refund")] == [order_id]


def test_all_that_was_earned_is_paid_or_pending(seller):
    for _ in range(4):
        sell(seller, 2)
        wait(seller, 1)
    orders = sum((order.totals.total for order in seller.world.orders()), ZERO)
    everything = [one for p in payouts(seller) for one in p.movements]
    everything += treasury_of(seller).pending()
    assert sum(one.amount for one in everything if one.kind == "sale") == orders
    numbers = [one.id for one in everything]
    assert len(numbers) == len(set(numbers))


def test_payout_is_on_its_way_for_half_a_period(seller):
    sell(seller)
    wait(seller, 1)
    (payout,) = payouts(seller)
    treasury = treasury_of(seller)
    seller.world.clock.now = lambda: payout.ends + timedelta(minutes=29)
    assert not treasury.is_paid(payout)
    seller.world.clock.now = lambda: payout.ends + timedelta(minutes=30)
    assert treasury.is_paid(payout)


def test_payouts_survive_a_restart(tmp_path):
    for _run in range(2):
        with Simulator(seed=7, marketplace="shopify", state_dir=tmp_path) as shop:
            shop.change_settings(payout_minutes=60)
            if not shop.world.orders():
                sell(shop, 2)
                wait(shop, 2)
            found = payouts(shop)
        assert len(found) == 1
