"""Deliveries of one buyer leave as one parcel; what only looks alike does not."""

from datetime import datetime, timedelta

from ecom_orders.routing.merging import Delivery, address_key, group

NOON = datetime(2026, 3, 1, 12, 0)
DAY = timedelta(days=1)
HOME = address_key(["Ada Byron", "12 Analytical Way", "12345", "Springfield", "US"])


def delivery(key, hours=0, **values):
    return Delivery(
        **{
            "key": key,
            "orders": frozenset({key}),
            "buyer": "ada",
            "address": HOME,
            "lane": ("east", "post", "USD"),
            "ordered_at": NOON + timedelta(hours=hours),
            **values,
        }
    )


def test_two_orders_of_a_buyer_leave_together_the_oldest_first():
    assert group([delivery("B", hours=1), delivery("A")], DAY) == [("A", "B")]


def test_window_is_counted_from_the_first_order():
    orders = [delivery("A"), delivery("B", 20), delivery("C", 30), delivery("D", 40)]
    # C and D are more than 24 h after A, and 10 h apart
    assert group(orders, DAY) == [("A", "B"), ("C", "D")]


def test_other_buyer_address_or_lane_is_another_parcel():
    others = [
        delivery("B", buyer="bob"),
        delivery("C", address=address_key(["Ada Byron", "13 Analytical Way"])),
        delivery("D", lane=("east", "post", "EUR")),
        delivery("E", lane=("west", "post", "USD")),
    ]
    assert group([delivery("A"), *others], DAY) == []


def test_unknown_address_or_buyer_goes_alone():
    assert group([delivery("A", address=""), delivery("B", address="")], DAY) == []
    assert group([delivery("A", buyer=""), delivery("B", buyer="")], DAY) == []


def test_orders_that_a_person_took_apart_stay_apart():
    orders = [delivery("A"), delivery("B", 1), delivery("C", 2)]
    apart = [frozenset({"A", "B"})]
    assert group(orders, DAY, apart) == [("A", "C")]


def test_several_deliveries_of_one_order_are_no_common_parcel():
    orders = [
        delivery("A1", orders=frozenset("A")),
        delivery("A2", orders=frozenset("A")),
    ]
    assert group(orders, DAY) == []


def test_third_order_joins_a_common_parcel():
    common = delivery("A", orders=frozenset({"A", "B"}))
    assert group([common, delivery("C", 1)], DAY) == [("A", "C")]


def test_case_spaces_and_punctuation_do_not_make_another_address():
    assert address_key(["12, Main St. ", "NYC"]) == address_key(["12 main st", "nyc"])
    assert address_key(["1 23"]) != address_key(["12 3"])
    assert address_key(["", " - "]) == ""
