"""The simulation of overselling agrees with what can be computed exactly."""

import math
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.availability import Mode
from ecom_orders.marketplaces.oversell import (
    Scenario,
    Seller,
    aged_tail,
    compare_buffers,
    oversell_bound,
    poisson_excess,
    poisson_tail,
    recommend_buffer,
    simulate,
    sufficient_buffer,
    window,
)


def share(name, rate, percent, delay=0.0, compare=True):
    return Seller(
        name,
        rate,
        delay,
        mode=Mode.PARTITIONED,
        share=Decimal(percent),
        compare=compare,
    )


# -- analytic --------------------------------------------------------------------------


def test_tail_is_what_the_terms_leave():
    terms = [math.exp(-2) * 2**count / math.factorial(count) for count in range(4)]
    assert poisson_tail(2, 3) == pytest.approx(1 - sum(terms), rel=1e-12)


def test_tail_keeps_its_digits_far_out():
    # P(N > 20) for a mean of 1 is about e**-1 / 21!
    assert poisson_tail(1, 20) == pytest.approx(
        math.exp(-1) / math.factorial(21) * (1 + 1 / 22 + 1 / 22 / 23), rel=1e-4
    )


def test_tail_of_no_orders_and_of_any_number():
    assert poisson_tail(0, 0) == 0
    assert poisson_tail(5, -1) == 1


def test_excess_is_the_sum_of_the_tails():
    tails = sum(poisson_tail(3, count) for count in range(4, 60))
    assert poisson_excess(3, 4) == pytest.approx(tails, rel=1e-12)


def test_aged_tail_is_the_average_over_the_window():
    steps = 20000
    average = sum(poisson_tail(4 * (i + 0.5) / steps, 2) for i in range(steps)) / steps
    assert aged_tail(4, 2) == pytest.approx(average, rel=1e-6)


def test_sufficient_buffer_is_the_smallest():
    buffer = sufficient_buffer(6, 0.01)
    assert poisson_tail(6, buffer) <= 0.01 < poisson_tail(6, buffer - 1)


def test_buffer_that_never_fails_is_refused():
    with pytest.raises(ValueError, match="does not exist"):
        sufficient_buffer(6, 0)


def test_window_is_the_interval_and_the_delay():
    scenario = Scenario((Seller("a", 1, delay=3), Seller("b", 1, delay=12)), 10, 10)
    assert window(scenario, scenario.sellers[0]) == 10 + 3
    # the next message waits until the last one has arrived
    assert window(scenario, scenario.sellers[1]) == 2 * 10 + 12


# -- simulation against analysis -------------------------------------------------------


def test_oversold_orders_of_a_window_are_the_poisson_excess():
    """Many small channels: only the stock could stop a buyer, and nothing knows it."""
    sellers = tuple(Seller(str(number), 0.24) for number in range(100))
    scenario = Scenario(sellers, 20, 60, replenish_every=60, duration=60 * 200)
    outcome = simulate(scenario, runs=40, seed=1)
    mean = 100 * 0.24
    expected = poisson_excess(mean, 20) / mean
    assert outcome.oversell_rate.low < expected < outcome.oversell_rate.high
    assert outcome.oversell_rate.high - outcome.oversell_rate.low < 0.2 * expected


@pytest.mark.parametrize("buffer", [0, 2, 4])
def test_rare_channel_sells_what_is_gone_as_often_as_more_than_the_buffer_came(buffer):
    """A busy channel empties the stock; a rare one shows its last unit meanwhile."""
    busy = Seller("busy", 6)
    rare = Seller("rare", 0.01, buffer=buffer)
    scenario = Scenario(
        (busy, rare), buffer + 1, 60, replenish_every=60, duration=60 * 20000
    )
    outcome = simulate(scenario, runs=8, seed=buffer)
    rare_orders = outcome.total.demand * 0.01 / 6.01
    expected = aged_tail(6, buffer)
    sigma = math.sqrt(expected * (1 - expected) / rare_orders)
    assert abs(outcome.total.oversold_by[1] / rare_orders - expected) < 4 * sigma


@pytest.mark.parametrize("interval", [5, 20])
@pytest.mark.parametrize("buffer", [0, 3])
def test_rate_stays_below_the_bound(interval, buffer):
    sellers = (
        Seller("a", 20, delay=2, buffer=buffer),
        Seller("b", 10, delay=7, buffer=buffer),
    )
    scenario = Scenario(sellers, 60, interval, replenish_every=240)
    outcome = simulate(scenario, runs=20, seed=interval)
    bound = max(oversell_bound(scenario, seller) for seller in sellers)
    assert outcome.total.oversold / outcome.total.demand <= bound
    assert buffer or outcome.total.oversold  # without a buffer it does happen


def test_alone_on_its_stock_a_channel_never_oversells():
    scenario = Scenario((Seller("a", 60, delay=7),), 50, 10, replenish_every=120)
    assert simulate(scenario, runs=5).total.oversold == 0


def test_overwriting_instead_of_comparing_oversells_even_alone():
    seller = Seller("a", 60, delay=7, compare=False)
    scenario = Scenario((seller,), 50, 10, replenish_every=120)
    assert simulate(scenario, runs=5).total.oversold > 0


# -- modes -----------------------------------------------------------------------------


def test_partitioned_channels_never_oversell_in_a_million_sales():
    sellers = (share("a", 60, 50, 3), share("b", 40, 30, 7), share("c", 20, 20, 11))
    scenario = Scenario(sellers, 700, 5, replenish_every=6 * 60, duration=24 * 60 * 30)
    outcome = simulate(scenario, runs=14, seed=7)
    assert outcome.total.accepted > 1_000_000
    assert outcome.total.oversold == 0
    assert outcome.total.lost > 0  # the stock does run out


def test_shares_do_not_help_where_the_sales_of_the_moment_are_overwritten():
    sellers = (share("a", 60, 50, 7, compare=False), share("b", 40, 50, 7))
    scenario = Scenario(sellers, 50, 10, replenish_every=120)
    assert simulate(scenario, runs=10).total.oversold > 0


def test_shares_are_rebalanced_so_that_little_is_lost():
    """The whole stock in one share's hands would lose half of the demand."""
    sellers = (share("a", 30, 50), share("b", 5, 50))
    scenario = Scenario(sellers, 200, 5, replenish_every=6 * 60)
    outcome = simulate(scenario, runs=10)
    assert outcome.total.oversold == 0
    sold_without = 100 + 5 * 6  # a sells its half, b all it can
    sold_with = outcome.total.accepted / 10 / (7 * 24 / 6)
    assert sold_with > 1.3 * sold_without


def test_reserve_protects_one_channel_at_the_cost_of_the_others():
    plain = (Seller("a", 10, delay=5), Seller("b", 30, delay=5))
    kept = (
        Seller("a", 10, delay=5, mode=Mode.PROTECTED, reserve=15),
        Seller("b", 30, delay=5),
    )
    runs = {"runs": 20, "seed": 3}
    before = simulate(Scenario(plain, 60, 15, replenish_every=180), **runs).total
    after = simulate(Scenario(kept, 60, 15, replenish_every=180), **runs).total
    assert after.oversold < before.oversold


# -- choosing a buffer -----------------------------------------------------------------


def two_channels(stock=120):
    sellers = (Seller("a", 20, delay=3), Seller("b", 10, delay=3))
    return Scenario(sellers, stock, 10, replenish_every=300)


def test_more_buffer_oversells_less_and_loses_more():
    outcomes = compare_buffers(two_channels(), range(0, 9, 4), runs=20)
    oversold = [outcome.total.oversold for outcome in outcomes.values()]
    lost = [outcome.total.lost for outcome in outcomes.values()]
    assert oversold == sorted(oversold, reverse=True) and oversold[0] > oversold[-1]
    assert lost == sorted(lost) and lost[0] < lost[-1]


def test_recommended_buffer_is_the_smallest_that_holds_the_target():
    buffer, outcome = recommend_buffer(two_channels(), 0.002, runs=20)
    assert 0 < buffer
    assert outcome.oversell_rate.high <= 0.002
    less = simulate(two_channels().with_buffer(buffer - 1), runs=20)
    assert less.oversell_rate.high > 0.002


def test_same_seed_same_outcome():
    assert simulate(two_channels(), 5, seed=4) == simulate(two_channels(), 5, seed=4)


def test_no_orders_at_all():
    outcome = simulate(Scenario((Seller("a", 0.0),), 5, 10, duration=60), runs=3)
    assert outcome.total.demand == 0
    assert (outcome.oversell_rate.value, outcome.oversell_rate.high) == (0, 1)
