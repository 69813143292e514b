"""Data whose truth is known: what was put in is found again, whatever it was.

Not the published data sets: invented ones of many kinds, and every count of pairs
against the slow way of counting.
"""

from itertools import combinations

import numpy as np
import pytest
from ecom_crm_segments.algorithms import affinity, bg_nbd, clusters, gamma_gamma
from ecom_crm_segments.algorithms.clusters import Feature
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

# -- purchases -------------------------------------------------------------------------


def histories(rng, n, r, alpha, a, b):
    """Customers who buy as the model says, observed for 200 to 900 days."""
    age = rng.integers(200, 900, n).astype(float)
    rate, leave = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    x, t_x, clock = np.zeros(n), np.zeros(n), np.zeros(n)
    active = np.ones(n, dtype=bool)
    while active.any():
        clock += rng.exponential(1 / np.maximum(rate, 1e-12))
        active &= clock <= age
        x[active] += 1
        t_x[active] = clock[active]
        active &= rng.random(n) >= leave
    return x, t_x, age


@pytest.mark.parametrize(
    "truth",
    [
        (0.243, 31.0, 0.793, 2.426),  # CDs: most buy once
        (1.6, 90.0, 0.6, 3.0),  # groceries: many buy often
        (0.5, 20.0, 2.5, 2.5),  # half leave at once
        (4.0, 150.0, 0.8, 6.0),  # all alike
    ],
)
def test_parameters_of_purchases_are_found_within_their_error(truth):
    """Squared distance in standard errors of 12 shops: chi-square of 12 × 4."""
    rng = np.random.default_rng(17)
    shops, distance = 12, 0.0
    for _ in range(shops):
        model = bg_nbd.fit(*histories(rng, 6000, *truth))
        off = np.log([model.r, model.alpha, model.a, model.b]) - np.log(truth)
        distance += off @ np.linalg.inv(np.array(model.covariance)) @ off
    low, high = chi2.ppf([0.0005, 0.9995], 4 * shops)
    assert low < distance < high


def test_the_number_of_later_purchases_is_foretold():
    """In two kinds of shop the next half year is met within three per cent."""
    for seed, truth in enumerate([(0.3, 40.0, 0.8, 2.4), (1.2, 70.0, 0.5, 3.0)]):
        rng = np.random.default_rng(seed)
        n = 30000
        rate, leave = rng.gamma(truth[0], 1 / truth[1], n), rng.beta(*truth[2:], n)
        x, t_x, later, clock = (np.zeros(n) for _ in range(4))
        active = np.ones(n, dtype=bool)
        while active.any():
            clock += rng.exponential(1 / np.maximum(rate, 1e-12))
            active &= clock <= 365 + 182
            known = active & (clock <= 365)
            x[known] += 1
            t_x[known] = clock[known]
            later[active & ~known] += 1
            active &= rng.random(n) >= leave
        age = np.full(n, 365.0)
        model = bg_nbd.fit(x, t_x, age)
        told = bg_nbd.expected_purchases(model, 182.0, x, t_x, age).sum()
        assert told == pytest.approx(later.sum(), rel=0.03)


# -- values ----------------------------------------------------------------------------


@pytest.mark.parametrize("truth", [(6.25, 3.74, 15.44), (1.5, 5.0, 80.0), (20, 9, 30)])
def test_parameters_of_values_are_found_again(truth):
    p, q, v = truth
    rng = np.random.default_rng(8)
    x = rng.geometric(0.35, 40000).astype(float)
    scale = rng.gamma(q, 1 / v, len(x))
    mean = rng.gamma(p * x, 1 / scale) / x
    model = gamma_gamma.fit(x, mean)
    assert (model.p, model.q, model.v) == pytest.approx(truth, rel=0.08)
    assert model.population_mean == pytest.approx(p * v / (q - 1), rel=0.02)
    # What each customer is expected to spend is what such customers spend.
    expected = gamma_gamma.expected_value(model, x, mean)
    later = p / scale
    order = np.argsort(expected)
    for tenth in np.array_split(order, 10):
        assert expected[tenth].mean() == pytest.approx(later[tenth].mean(), rel=0.06)


def test_a_few_enormous_values_leave_the_others_as_they_are():
    rng = np.random.default_rng(9)
    x = rng.geometric(0.4, 5000).astype(float)
    mean = rng.gamma(6.0 * x, 1 / rng.gamma(4.0, 1 / 15.0, len(x))) / x
    mean[:5] = 1e6
    model = gamma_gamma.fit(x, mean)
    usual = gamma_gamma.expected_value(model, x[5:], mean[5:])
    assert np.isfinite(usual).all()
    assert np.median(usual) == pytest.approx(np.median(mean[5:]), rel=0.25)


@pytest.mark.parametrize("spread", [1.0, 1.5, 2.0, 3.0])
def test_where_few_spend_most_the_others_are_not_expected_to(spread):
    """Dealers among consumers: the fitted tail has no mean that could be relied on."""
    rng = np.random.default_rng(10)
    x = rng.geometric(0.5, 4000).astype(float)
    usual = rng.lognormal(3, spread, len(x))
    mean = usual * np.exp(rng.normal(0, 0.4, len(x)))
    model = gamma_gamma.fit(x, mean)
    assert model.q < 2
    assert model.population_mean == pytest.approx(mean.mean())
    # Whoever bought once is everybody.
    once = gamma_gamma.expected_value(model, [0.0], [0.0])
    assert once[0] == pytest.approx(mean.mean())


# -- clusters --------------------------------------------------------------------------

FEATURES = (Feature("orders"), Feature("amount"), Feature("days", logarithmic=False))


def crowd(rng, kinds, each=200, spread=0.15):
    centre = np.repeat(np.array(kinds, dtype=float), each, axis=0)
    return centre * rng.lognormal(0, spread, centre.shape)


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_as_many_clusters_are_found_as_there_are(number):
    kinds = [(1, 15, 400), (3, 2000, 90), (12, 60, 30), (60, 900, 5), (6, 15, 700)]
    rng = np.random.default_rng(number)
    found = clusters.cluster(crowd(rng, kinds[:number]), FEATURES)
    assert len(found.clusters) == number
    assert sorted(c.customers for c in found.clusters) == [200] * number


def test_any_seed_finds_the_same_clusters():
    figures = crowd(
        np.random.default_rng(5), [(1, 15, 400), (3, 2000, 90), (40, 60, 9)]
    )
    first = clusters.cluster(figures, FEATURES, seed=0)
    for seed in range(1, 12):
        again = clusters.cluster(figures, FEATURES, last=first.clusters, seed=seed)
        assert (again.labels == first.labels).all()


def test_labels_stay_through_half_a_year_of_weeks():
    """Each week a twentieth of the customers is another and all figures drift."""
    rng = np.random.default_rng(6)
    kinds = np.array([(1, 15, 400), (3, 2000, 90), (40, 60, 9)], dtype=float)
    figures, last, first = crowd(rng, kinds), (), None
    for _week in range(26):
        new = rng.choice(len(figures), 30, replace=False)
        fresh = kinds[new // 200] * rng.lognormal(0, 0.15, (30, 3))
        figures[new] = fresh
        figures *= rng.lognormal(0, 0.01, figures.shape)
        found = clusters.cluster(figures, FEATURES, last=last)
        last = found.clusters
        first = found.labels.copy() if first is None else first
    assert (found.labels == first).mean() > 0.99


# -- baskets ---------------------------------------------------------------------------

BASKETS = st.lists(st.lists(st.integers(0, 6), max_size=6), max_size=25)


def counted(orders, products):
    """Baskets with all of some products, the slow way."""
    return sum(set(products) <= set(order) for order in orders)


@given(BASKETS)
@settings(max_examples=150, deadline=None)
def test_pairs_are_those_that_counting_finds(orders):
    found = {
        (rule.left[0], rule.right): rule
        for rule in affinity.pairs(affinity.baskets(orders), 1)
    }
    known = {product for order in orders for product in order}
    together = {
        pair
        for two in combinations(known, 2)
        if counted(orders, two)
        for pair in (two, two[::-1])
    }
    assert set(found) == together
    for (left, right), rule in found.items():
        both, one = counted(orders, (left, right)), counted(orders, (left,))
        assert rule.baskets == both
        assert rule.confidence == pytest.approx(both / one)
        share = counted(orders, (right,)) / len(orders)
        assert rule.lift == pytest.approx(both / one / share)


@given(BASKETS.filter(any), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_itemsets_are_those_that_counting_finds(orders, least):
    data = affinity.baskets(orders)
    least = min(least, len(orders))
    found = {
        frozenset(data.products[column] for column in items): count
        for items, count in affinity.itemsets(data, least / len(orders), 3).items()
    }
    known = {product for order in orders for product in order}
    slow = {
        frozenset(items): counted(orders, items)
        for size in (1, 2, 3)
        for items in combinations(known, size)
        if counted(orders, items) >= least
    }
    assert found == slow


@given(BASKETS.filter(any))
@settings(max_examples=60, deadline=None)
def test_a_proposal_is_what_summing_by_hand_says(orders):
    data = affinity.baskets(orders)
    model = affinity.learn(data)
    scores = affinity.scores(model, data.matrix)
    for row, order in enumerate(orders):
        own = set(order)
        for column, product in enumerate(data.products):
            if product in own:
                assert scores[row, column] == 0
                continue
            expected = sum(
                counted(orders, (mine, product))
                / (counted(orders, (mine,)) + affinity.PRIOR)
                / np.sqrt(counted(orders, (product,)))
                for mine in own
            ) / max(len(own), 1)
            popular = affinity.EQUAL * counted(orders, (product,)) / len(orders)
            assert scores[row, column] == pytest.approx(expected + popular)
