"""Clusters: found, chosen, described, and called the same next time."""

import numpy as np
import pytest
from ecom_crm_segments.algorithms import clusters
from ecom_crm_segments.algorithms.clusters import Feature
from ecom_crm_segments.algorithms.errors import BadInput, TooFewData

FEATURES = (Feature("orders"), Feature("amount"), Feature("days", logarithmic=False))
KINDS = ((1, 20, 300), (4, 100, 60), (25, 2000, 8))


def shop(seed=1, each=150):
    """Customers of three kinds; returns figures and kinds."""
    rng = np.random.default_rng(seed)
    kinds = np.repeat(np.arange(3), each)
    centre = np.array(KINDS, dtype=float)[kinds]
    return centre * rng.lognormal(0, 0.12, centre.shape), kinds


def test_three_kinds_are_three_clusters():
    figures, kinds = shop()
    result = clusters.cluster(figures, FEATURES)
    assert len(result.clusters) == 3
    assert result.silhouette > 0.6
    for label in np.unique(result.labels):
        assert len(set(kinds[result.labels == label])) == 1


def test_the_choice_is_explained_by_all_that_was_tried():
    figures, _ = shop()
    result = clusters.cluster(figures, FEATURES, (2, 3, 4))
    assert [choice.clusters for choice in result.choices] == [2, 3, 4]
    best = max(result.choices, key=lambda choice: choice.silhouette)
    assert best.clusters == len(result.clusters)


def test_labels_stay_when_customers_come_in_another_order():
    figures, kinds = shop()
    first = clusters.cluster(figures, FEATURES)
    order = np.random.default_rng(9).permutation(len(figures))
    moved = figures[order] * 1.05
    second = clusters.cluster(moved, FEATURES, last=first.clusters, seed=77)
    assert (second.labels == first.labels[order]).all()


def test_a_new_cluster_has_a_new_label():
    figures, _ = shop()
    first = clusters.cluster(figures[:300], FEATURES, (2,))
    second = clusters.cluster(figures, FEATURES, (3,), first.clusters)
    known = {cluster.label for cluster in first.clusters}
    assert len({cluster.label for cluster in second.clusters} - known) == 1


def test_a_cluster_is_described_by_what_distinguishes_it():
    figures, kinds = shop()
    result = clusters.cluster(figures, FEATURES)
    best = result.labels[kinds == 2][0]
    [described] = [c for c in result.clusters if c.label == best]
    traits = {trait.feature: trait for trait in described.traits}
    assert traits["amount"].high and not traits["days"].high
    assert traits["amount"].typical == pytest.approx(2000, rel=0.1)


def test_a_figure_that_is_the_same_for_all_distinguishes_nobody():
    figures, _ = shop()
    figures[:, 2] = 5
    result = clusters.cluster(figures, FEATURES)
    names = {t.feature for cluster in result.clusters for t in cluster.traits}
    assert "days" not in names


def test_customers_that_are_all_equal_are_no_clusters():
    with pytest.raises(TooFewData) as error:
        clusters.cluster(np.ones((100, 3)), FEATURES)
    assert "different_customers" in {s.what for s in error.value.shortages}


def test_few_customers_are_refused():
    with pytest.raises(TooFewData):
        clusters.cluster(shop()[0][:5], FEATURES)


def test_figures_that_are_none_are_refused():
    figures, _ = shop()
    figures[0, 0] = np.nan
    with pytest.raises(BadInput):
        clusters.cluster(figures, FEATURES)


def test_silhouette_by_hand():
    points = np.array([[0.0], [1.0], [10.0], [12.0]])
    labels = np.array([0, 0, 1, 1])
    scores = [1 - 1 / 11, 1 - 1 / 10, 1 - 2 / 9.5, 1 - 2 / 11.5]
    assert clusters.silhouette(points, labels) == pytest.approx(np.mean(scores))


def test_customers_that_came_later_go_to_the_nearest_cluster():
    figures, kinds = shop()
    result = clusters.cluster(figures, FEATURES)
    later, later_kinds = shop(seed=5, each=20)
    labels = clusters.assign(later, figures, result.labels, FEATURES)
    for kind in range(3):
        expected = set(result.labels[kinds == kind])
        assert set(labels[later_kinds == kind]) == expected
