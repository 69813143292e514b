"""Carriers are judged by what was measured, thin data by what is known otherwise."""

import random
from decimal import Decimal

import pytest
from ecom_orders.routing.punctuality import (
    Option,
    Record,
    choose_service,
    days_at,
    doubt,
    on_time,
    with_measured_days,
)
from ecom_orders.routing.schema import Cost, Parcel
from ecom_orders.routing.tariffs import Service, Zone, ZoneRate


def carrier(key, *days):
    """Return a service that states so many days for each of its zones."""
    rates = (ZoneRate(Zone(), ((Decimal(30), Decimal(5)),), days=d) for d in days)
    return Service(key, rates=tuple(rates))


def option(price, chance, unsure=0.0):
    """Return an option of a price and a chance."""
    return Option(Parcel("W", "s", {}, Cost(Decimal(price))), chance, unsure)


def test_without_data_the_rate_card_is_believed_nine_times_in_ten():
    assert on_time(Record(), carrier("a", 2), 0, 2) == pytest.approx(0.9)
    assert on_time(Record(), carrier("a", 2), 0, 1) == 0


def test_with_data_the_estimate_moves_to_what_was_seen():
    record = Record.of([("a", 0, 2)] * 300 + [("a", 0, 4)] * 700)
    assert on_time(record, carrier("a", 2), 0, 2) == pytest.approx(0.3, abs=0.02)


def test_a_zone_with_few_parcels_is_judged_by_the_service_elsewhere():
    record = Record.of([("a", 0, 5)] * 500 + [("a", 1, 2)])
    # three days late elsewhere: two days there are not believed after one parcel
    assert on_time(record, carrier("a", 2, 2), 1, 2) < 0.2


def test_more_days_are_never_less_likely():
    record = Record.of([("a", 0, 1)] * 3 + [("a", 0, 6)] * 2)
    chances = [on_time(record, carrier("a", 3), 0, days) for days in range(12)]
    assert chances == sorted(chances)


def test_days_at_a_confidence_replace_the_stated_ones():
    record = Record.of([("a", 0, 2)] * 80 + [("a", 0, 5)] * 920)
    [measured] = with_measured_days([carrier("a", 2)], record, 0.9)
    assert measured.rates[0].days == 5 == days_at(record, carrier("a", 2), 0, 0.9)


def test_the_cheapest_that_is_sure_enough_is_taken_else_the_likeliest():
    options = [option(4, 0.5), option(6, 0.92), option(9, 0.99)]
    assert choose_service(options, 0.9).parcel.cost.total == 6
    assert choose_service(options[:1], 0.9).parcel.cost.total == 4
    assert choose_service([option(4, 0.5), option(6, 0.8)], 0.9).chance == 0.8
    assert choose_service([], 0.9) is None


def test_bad_luck_with_the_first_parcels_does_not_rule_a_carrier_out():
    unlucky = Record.of([("a", 0, 2)] * 8 + [("a", 0, 4)] * 2)
    proven = Record.of([("a", 0, 2)] * 800 + [("a", 0, 4)] * 200)
    for record, chosen in ((unlucky, 4), (proven, 9)):
        card = carrier("a", 2)
        cheap = option(4, on_time(record, card, 0, 2), doubt(record, card, 0, 2))
        assert choose_service([cheap, option(9, 0.99)], 0.9).parcel.cost.total == chosen


def test_regret_falls_as_parcels_arrive():
    """Three carriers whose true rates are known to nobody but the test."""
    truth = {"a": 0.55, "b": 0.93, "c": 0.99}
    prices = {"a": 4, "b": 6, "c": 9}
    rng = random.Random(5)
    record = Record()
    wrong = []
    for _parcel in range(1500):
        options = {
            key: option(
                prices[key],
                on_time(record, carrier(key, 2), 0, 2),
                doubt(record, carrier(key, 2), 0, 2),
            )
            for key in truth
        }
        chosen = choose_service(list(options.values()), 0.9)
        key = next(name for name, one in options.items() if one is chosen)
        wrong.append(key != "b")  # the cheapest that keeps 90 %
        record.add(key, 0, 2 if rng.random() < truth[key] else 4)
    assert sum(wrong[:150]) > 0, "nothing to be learned in this case"
    assert sum(wrong[750:]) < sum(wrong[:750]) / 2
