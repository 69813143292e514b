"""Only what chance does not explain is called sudden or high."""

from ecom_orders.routing.watching import is_rate_high, is_sudden


def test_demand_is_sudden_three_deviations_above_the_usual_day():
    # 4 a day, deviation sqrt(4) = 2: the limit is 4 + 3 * 2 = 10
    assert not is_sudden(10, 28 * 4, 28)
    assert is_sudden(11, 28 * 4, 28)


def test_few_units_are_never_sudden():
    assert not is_sudden(4, 0, 28)
    assert is_sudden(5, 0, 28)  # more than 0 + 3 * 1


def test_cancellations_are_high_three_deviations_above_the_usual_rate():
    # 9 + 1 of 99 + 1: 10 %; of 100 orders 10 are usual, deviation sqrt(9) = 3
    assert not is_rate_high(19, 100, 9, 99)
    assert is_rate_high(20, 100, 9, 99)


def test_few_orders_say_nothing():
    assert not is_rate_high(19, 19, 0, 500)
    assert not is_rate_high(50, 100, 0, 19)


def test_rate_that_was_always_total_is_not_high():
    assert not is_rate_high(100, 100, 100, 100)
