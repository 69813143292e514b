"""The completeness certificate names every order that is not accounted for."""

import random
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.completeness import (
    KnownOrder,
    Outcome,
    compare,
    day_bounds,
)
from ecom_orders.marketplaces.schema import OrderStatus, OrderSummary

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def listed(number, total="10.00", currency="USD"):
    return OrderSummary(
        external_id=str(number),
        currency=currency,
        total=Decimal(total),
        status=OrderStatus.OPEN,
        created_at=NOON,
        number=f"#{number}",
    )


def booked(number, total="10.00", currency="USD", outcome=Outcome.IMPORTED, **more):
    return KnownOrder(
        external_id=str(number),
        outcome=outcome,
        currency=currency,
        total=Decimal(total),
        **more,
    )


def ids(orders):
    return {order.external_id for order in orders}


# -- green -----------------------------------------------------------------------------


def test_equal_lists_are_complete():
    certificate = compare([listed(1), listed(2)], [booked(1), booked(2)])
    assert certificate.is_complete
    [tally] = certificate.tallies
    assert (tally.listed_count, tally.listed_total) == (2, Decimal("10.00") * 2)
    assert tally.difference == 0


def test_day_without_orders_is_complete():
    assert compare([], []).is_complete


def test_held_and_skipped_orders_are_accounted_for():
    certificate = compare(
        [listed(1), listed(2)],
        [
            booked(1, outcome=Outcome.HELD),
            KnownOrder("2", Outcome.SKIPPED, reason="not_placed"),
        ],
    )
    assert certificate.is_complete
    assert certificate.count(Outcome.SKIPPED) == 1
    assert certificate.tallies[0].difference == 0


def test_order_listed_twice_counts_once():
    certificate = compare([listed(1), listed(1)], [booked(1)])
    assert certificate.is_complete
    assert certificate.tallies[0].listed_count == 1


def test_more_digits_than_the_currency_has_are_no_difference():
    assert compare([listed(1, "10.004")], [booked(1, "10.00")]).is_complete


def test_unit_is_the_currencys():
    certificate = compare(
        [listed(1, "1000.4", "JPY")],
        [booked(1, "1000", "JPY")],
        {"JPY": Decimal(1)},
    )
    assert certificate.is_complete


# -- red -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(50))
def test_every_dropped_order_is_named(seed):
    dice = random.Random(seed)
    numbers = range(dice.randint(1, 200))
    currencies = {n: dice.choice(["USD", "EUR", "JPY"]) for n in numbers}
    cents = {n: dice.randint(0, 99_999) for n in numbers}
    dropped = {n for n in numbers if dice.random() < 0.1}

    def total(number):
        return str(Decimal(cents[number]) / 100)

    certificate = compare(
        [listed(n, total(n), currencies[n]) for n in numbers],
        [booked(n, total(n), currencies[n]) for n in numbers if n not in dropped],
    )
    assert ids(certificate.wrong) == {str(n) for n in dropped}
    assert certificate.is_complete == (not dropped)
    differences = {t.currency: t.difference for t in certificate.tallies}
    for currency, difference in differences.items():
        lost = [cents[n] for n in dropped if currencies[n] == currency]
        assert difference == Decimal(sum(lost)) / 100


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.WAITING])
def test_order_that_arrived_but_is_not_booked_is_named(outcome):
    certificate = compare([listed(1)], [KnownOrder("1", outcome, reason="bad_payload")])
    [order] = certificate.wrong
    assert (order.outcome, order.reason) == (outcome, "bad_payload")


def test_total_that_differs_by_a_cent_is_named():
    certificate = compare([listed(1, "10.00")], [booked(1, "10.01")])
    [order] = certificate.wrong
    assert order.differs
    assert certificate.tallies[0].difference == Decimal("10.00") - Decimal("10.01")


def test_two_wrong_totals_that_cancel_out_are_both_named():
    certificate = compare(
        [listed(1, "10.00"), listed(2, "20.00")],
        [booked(1, "20.00"), booked(2, "10.00")],
    )
    assert certificate.tallies[0].difference == 0
    assert ids(certificate.wrong) == {"1", "2"}


def test_other_currency_is_a_difference():
    assert not compare([listed(1)], [booked(1, currency="EUR")]).is_complete


def test_order_that_the_marketplace_does_not_list_is_named():
    [order] = compare([], [booked(1)]).wrong
    assert order.outcome is Outcome.UNLISTED


def test_order_called_off_here_need_not_be_listed():
    assert compare([], [booked(1, called_off=True)]).is_complete


# -- the day ---------------------------------------------------------------------------


def test_day_is_the_shops():
    since, until = day_bounds(date(2026, 3, 1), "Asia/Shanghai")
    assert since == datetime(2026, 2, 28, 16, tzinfo=timezone.utc)
    assert until - since == timedelta(hours=24)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        # clocks are changed at midnight itself
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("America/Havana", date(2020, 11, 1), 25),
        ("Asia/Beirut", date(2026, 3, 29), 23),
    ],
)
def test_day_of_a_clock_change_has_other_hours(zone, day, hours):
    since, until = day_bounds(day, zone)
    assert until - since == timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Europe/Berlin", "Asia/Beirut"])
def test_days_follow_one_another_without_gap_or_overlap(zone):
    day = date(2018, 1, 1)
    while day < date(2019, 1, 1):
        tomorrow = day + timedelta(days=1)
        assert day_bounds(day, zone)[1] == day_bounds(tomorrow, zone)[0]
        day = tomorrow
