"""When an order that is under way arrives, and how likely it is late."""

import math

import numpy as np
import pytest
from ecom_inventory_opt.algorithms import arrival, lead_time

NOTHING = arrival.Record(np.zeros(1), np.zeros(1), np.zeros(1))


def record(*delays):
    """Receipts with these delays."""
    values = np.array(delays, dtype=float)
    mean = values.mean()
    return arrival.Record(
        np.array([len(values)]),
        np.array([mean]),
        ((values - mean) ** 2).sum(keepdims=1),
    )


def test_without_receipts_a_promise_is_kept_within_a_quarter_of_its_time():
    mean, deviation = arrival.delay([20], NOTHING, NOTHING)
    assert (mean, deviation) == (0, 20 * lead_time.STATED_VARIATION)


def test_receipts_of_the_vendor_and_then_of_the_product_are_learned_from():
    vendor, product = record(6, 6, 6, 6, 6, 6), record(6, 6, 6)
    mean, deviation = arrival.delay([0], vendor, product)
    of_vendor = (3 * 0 + 6 * 6) / (3 + 6)
    assert mean == pytest.approx((3 * of_vendor + 3 * 6) / (3 + 3))
    vendor_variance = 3 * 6 / 9 * 6**2 / 9
    shift = 3 * 3 / 6 * (6 - of_vendor) ** 2 / 6
    assert deviation == pytest.approx(math.sqrt(3 * vendor_variance / 6 + shift))


def test_day_promised_today_is_not_known_to_the_hour():
    _mean, deviation = arrival.delay([0], NOTHING, NOTHING)
    assert deviation == arrival.LEAST_DEVIATION


def brute(mean, deviation, overdue):
    """Probability of every whole day, of those that are not over."""
    scale = deviation * math.sqrt(3) / math.pi
    days = np.arange(overdue, overdue + 4000)
    after = 1 / (1 + np.exp(np.minimum((days + 0.5 - mean) / scale, 700)))
    before = 1 / (1 + np.exp(np.minimum((days - 0.5 - mean) / scale, 700)))
    chance = before - after
    return days, chance / chance.sum()


@pytest.mark.parametrize("mean", [-3.0, 0.0, 4.2])
@pytest.mark.parametrize("deviation", [0.5, 3.0, 11.0])
@pytest.mark.parametrize("overdue", [-40, -6, -1, 0, 1, 9])
def test_arrival_against_adding_up_every_day(mean, deviation, overdue):
    days, chance = brute(mean, deviation, overdue)
    if not np.isfinite(chance).all():
        pytest.skip("adding up has no digits left so far in the tail")
    found = arrival.expect([mean], [deviation], [overdue])
    total = np.cumsum(chance)
    assert found.early[0] == days[np.searchsorted(total, 0.1 - 1e-9)]
    assert found.late[0] == days[np.searchsorted(total, 0.9 - 1e-9)]
    assert found.risk[0] == pytest.approx(chance[days > 0].sum(), abs=1e-6)


def test_what_is_long_overdue_is_not_promised_for_tomorrow():
    found = arrival.expect(np.zeros(2), np.full(2, 10.0), [60, 600])
    scale = 10 * math.sqrt(3) / math.pi
    assert (found.late - [60, 600]).tolist() == [
        math.ceil(scale * math.log(10)) - 1
    ] * 2
    assert found.risk.tolist() == [1, 1]


def test_range_is_never_before_today_and_in_order():
    overdue = np.arange(-100, 100)
    found = arrival.expect(np.zeros(200), np.full(200, 7.0), overdue)
    assert (found.early >= overdue).all()
    assert (found.late >= found.early).all()
    assert ((found.risk >= 0) & (found.risk <= 1)).all()
