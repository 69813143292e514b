"""When to write to somebody."""

import pytest
from ecom_crm_segments.algorithms.errors import BadInput
from ecom_crm_segments.algorithms.send_time import best_hour


def day(**hours):
    return [hours.get(f"h{hour}", 0) for hour in range(24)]


def test_habit_of_a_regular_customer_decides():
    found = best_hour(day(h21=12), day(h9=500, h10=600, h11=500))
    assert found.hour == 21
    assert found.own_orders == 12


def test_who_has_no_habit_is_written_to_when_everybody_buys():
    assert best_hour(day(), day(h9=500, h10=600, h11=500)).hour == 10


def test_one_order_at_night_is_no_habit():
    assert best_hour(day(h3=1), day(h9=500, h10=600, h11=500)).hour == 10


def test_midnight_has_neighbours_on_both_sides():
    assert best_hour(day(h23=5, h0=5, h1=5), day()).hour == 0


def test_only_hours_that_are_allowed():
    assert best_hour(day(h3=20), day(), allowed=(8, 9, 20)).hour in (8, 9, 20)


def test_nothing_known_is_any_hour():
    found = best_hour(day(), day())
    assert 0 <= found.hour < 24
    assert found.share == pytest.approx(3 / 24)


def test_a_day_has_24_hours():
    with pytest.raises(BadInput):
        best_hour([1], day())
