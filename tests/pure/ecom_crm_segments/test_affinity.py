"""What is bought together, and what comes next."""

import csv
import gzip
import io

import numpy as np
import pytest
from ecom_crm_segments.algorithms import affinity
from ecom_crm_segments.algorithms.errors import BadInput, TooFewData
from reference import DATA, case, rows


@pytest.fixture(scope="module")
def groceries():
    file = DATA / "groceries_baskets.csv.gz"
    if not file.exists():
        pytest.skip("no groceries beside the project")
    text = gzip.open(file, "rt", encoding="utf-8").read()
    return affinity.baskets(list(csv.reader(io.StringIO(text))))


@pytest.mark.parametrize("key", ["s01c50", "s006c25"])
def test_groceries_have_the_published_rules_and_itemsets(groceries, key):
    known = case(f"apriori.groceries.{key}")
    given, expected = known["input"], known["expected"]
    assert groceries.matrix.shape == (given["baskets"], given["items"])
    sets = affinity.itemsets(groceries, given["min_support"])
    sizes = {str(n): sum(len(s) == n for s in sets) for n in range(1, 5)}
    found = {n: count for n, count in sizes.items() if count}
    assert found == expected["itemsets"]
    rules = affinity.rules(groceries, given["min_support"], given["min_confidence"])
    assert len(rules) == expected["rules_single_rhs"]


@pytest.mark.parametrize("key", ["citrus_fruit+root_vegetables", "herbs"])
def test_a_rule_has_the_published_figures(groceries, key):
    known = case(f"apriori.rule.{key}")
    left, right = set(known["input"]["lhs"]), known["input"]["rhs"]
    [rule] = [
        rule
        for rule in affinity.rules(groceries, 0.006, 0.25)
        if set(rule.left) == left and rule.right == right
    ]
    for name, value in known["expected"].items():
        assert getattr(rule, name) == pytest.approx(value, rel=2e-4)


def test_pairs_by_hand():
    data = affinity.baskets([["tea", "cup"], ["tea", "cup", "cup"], ["tea"], ["mat"]])
    [rule] = [r for r in affinity.pairs(data) if r.left == ("tea",)]
    assert (rule.right, rule.baskets) == ("cup", 2)
    assert rule.support == 2 / 4
    assert rule.confidence == pytest.approx(2 / 3)
    assert rule.lift == pytest.approx((2 / 4) / ((3 / 4) * (2 / 4)))


def test_pairs_are_the_itemsets_of_two(groceries):
    pairs = affinity.pairs(groceries, 59)
    sets = affinity.itemsets(groceries, 59 / len(groceries), 2)
    assert len(pairs) == 2 * sum(len(items) == 2 for items in sets)


def test_no_basket_has_no_pair():
    assert affinity.pairs(affinity.baskets([])) == []


def test_a_support_of_nothing_is_refused(groceries):
    with pytest.raises(BadInput):
        affinity.itemsets(groceries, 0)


def test_nobody_is_proposed_what_he_has():
    data = affinity.baskets([["a", "b"], ["a", "b"], ["a", "c"], ["b"]])
    best, scores = affinity.next_products(affinity.learn(data), data.matrix, 1)
    for row, column in enumerate(best[:, 0]):
        assert data.matrix[row, column] == 0 or scores[row, 0] == 0


def test_whoever_has_nothing_is_proposed_what_sells_most():
    data = affinity.baskets([["a", "b"], ["b"], ["b", "c"], []])
    best, _ = affinity.next_products(affinity.learn(data), data.matrix[[3]], 1)
    assert data.products[best[0, 0]] == "b"


def test_back_test_beats_popularity_where_tastes_differ():
    rng = np.random.default_rng(4)
    lines = [
        (customer, 20 * (customer % 3) + int(rng.integers(20)), day)
        for customer in range(600)
        for day in range(6)
    ]
    rates = affinity.back_test(*zip(*lines, strict=True), proposals=5)
    assert rates.hit_rate > 2 * rates.popularity


def test_online_retail_next_product_beats_popularity():
    data = rows("uci_online_retail_2010_2011.csv.gz")
    lines = [
        (int(float(row["CustomerID"])), row["StockCode"], row["InvoiceDate"][:10])
        for row in data
        if row["CustomerID"] and not row["InvoiceNo"].startswith("C")
    ]
    customers, products, days = zip(*lines, strict=True)
    days = np.unique(days, return_inverse=True)[1]
    rates = affinity.back_test(customers, products, days, proposals=10)
    assert rates.customers > 4000
    assert rates.hit_rate > 1.5 * rates.popularity


def test_back_test_needs_customers_with_two_products():
    with pytest.raises(TooFewData):
        affinity.back_test([1, 2, 3], ["a", "b", "c"], [1, 1, 1])
