"""Clusters of customers that behave alike.

k-means (S. Lloyd 1982) from k-means++ starts (D. Arthur, S. Vassilvitskii 2007) on
figures that are made comparable: amounts and counts by log(1+x), then each figure less
its median over its spread. The number of clusters is the one with the best mean
silhouette (P. Rousseeuw 1987), measured on a sample; the silhouettes of all numbers
that were tried are kept, so that the choice can be shown.

Labels stay: the clusters of this run are matched with those of the last one so that
the centres move least in total (assignment problem, H. Kuhn 1955).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import BadInput, Shortage, TooFewData

if TYPE_CHECKING:
    from numpy import ndarray

#: customers for each cluster, at least
LEAST = 10
SAMPLE = 1500
TRIES = 4
#: how far from everybody's mean, in spreads, a figure has to be to be worth a word
NOTABLE = 0.5


@dataclass(frozen=True)
class Feature:
    """A figure of behaviour.

    :param name: technical name; the caller puts it in words.
    :param logarithmic: for amounts and counts, of which few are very large.
    """

    name: str
    logarithmic: bool = True


@dataclass(frozen=True)
class Trait:
    """What distinguishes a cluster.

    :param feature: its name.
    :param difference: of the cluster's mean from everybody's, in spreads.
    :param typical: median of the cluster, in the unit of the figure.
    :param everybody: median of all customers.
    """

    feature: str
    difference: float
    typical: float
    everybody: float

    @property
    def high(self) -> bool:
        return self.difference > 0


@dataclass(frozen=True)
class Cluster:
    """One cluster.

    :param label: whole number that stays from run to run.
    :param centre: median of each figure, in its own unit: what the next run is matched
        with.
    :param traits: the notable ones, the most distinguishing first.
    """

    label: int
    customers: int
    centre: tuple[float, ...]
    traits: tuple[Trait, ...]


@dataclass(frozen=True)
class Choice:
    """A number of clusters that was tried.

    :param silhouette: -1 to 1; above 0.5 clusters are clear, below 0.25 hardly there.
    """

    clusters: int
    silhouette: float


@dataclass(frozen=True, eq=False)
class Clustering:
    """Result.

    :param labels: shape ``(n,)``, label of each customer.
    :param clusters: largest first.
    :param choices: all numbers that were tried, ascending.
    """

    labels: ndarray
    clusters: tuple[Cluster, ...]
    choices: tuple[Choice, ...]

    @property
    def silhouette(self) -> float:
        """Of the number that was chosen."""
        return next(
            c.silhouette for c in self.choices if c.clusters == len(self.clusters)
        )


def cluster(
    figures,
    features: Sequence[Feature],
    numbers: Sequence[int] = (2, 3, 4, 5, 6, 7, 8),
    last: Sequence[Cluster] = (),
    seed: int = 0,
) -> Clustering:
    """Find clusters.

    :param figures: shape ``(n, len(features))``.
    :param numbers: of clusters, to be tried.
    :param last: clusters of the last run; their labels are kept.
    :raise TooFewData: too few customers, or too few that differ.
    """
    import numpy as np

    figures = np.asarray(figures, dtype=float)
    if figures.ndim != 2 or figures.shape[1] != len(features):
        raise BadInput("one column of figures for each feature is needed")
    if not np.isfinite(figures).all():
        raise BadInput("a figure is not a number")
    scaled = scale(figures, features) if len(figures) else figures
    different = len(np.unique(np.round(scaled, 9), axis=0))
    numbers = sorted(
        k for k in set(numbers) if k * LEAST <= len(figures) and k < different
    )
    if not numbers:
        raise TooFewData(
            Shortage("customers", len(figures), 2 * LEAST),
            Shortage("different_customers", different, 3),
        )
    rng = np.random.default_rng(seed)
    sample = rng.permutation(len(scaled))[:SAMPLE]
    tried = {k: _kmeans(scaled, k, rng) for k in numbers}
    choices = tuple(
        Choice(k, silhouette(scaled[sample], tried[k][sample])) for k in numbers
    )
    best = max(choices, key=lambda choice: (choice.silhouette, -choice.clusters))
    labels = tried[best.clusters]
    labels = _stable(labels, figures, features, last)
    return Clustering(labels, _describe(labels, figures, scaled, features), choices)


def assign(figures, learnt, labels, features: Sequence[Feature]):
    """Labels of customers that the clusters were not found on: the nearest ones'.

    :param figures: shape ``(m, len(features))``.
    :param learnt: shape ``(n, len(features))``, what the clusters were found on.
    :param labels: shape ``(n,)``, of :class:`Clustering`.
    :return: shape ``(m,)``.
    """
    import numpy as np

    names, numbers = np.unique(labels, return_inverse=True)
    known = scale(learnt, features)
    empty = np.zeros((len(names), len(features)))
    centres = _centres(known, numbers, empty)
    return names[_nearest(scale(figures, features, learnt), centres)]


def scale(figures, features: Sequence[Feature], reference=None):
    """Figures made comparable; shape ``(n, f)``, spread 1, centred on the median.

    A figure that is the same for all becomes 0: it distinguishes nobody.

    :param reference: figures whose median and spread are the measure; the figures
        themselves when left out.
    """
    import numpy as np

    columns = _transformed(np.asarray(figures, dtype=float), features)
    measure = columns
    if reference is not None:
        measure = _transformed(np.asarray(reference, dtype=float), features)
    spread = measure.std(axis=0)
    centred = columns - np.median(measure, axis=0)
    # Beyond three spreads a customer is extreme enough.
    return np.clip(centred / np.where(spread > 1e-12, spread, np.inf), -3, 3)


def _transformed(figures, features):
    import numpy as np

    logarithmic = np.array([feature.logarithmic for feature in features])
    signed = np.sign(figures) * np.log1p(np.abs(figures))
    return np.where(logarithmic, signed, figures)


def _kmeans(points, k: int, rng):
    """Labels from 0 of the best of some starts."""
    import numpy as np

    results = []
    for _ in range(TRIES):
        centres = _seeds(points, k, rng)
        labels = None
        for _ in range(100):
            nearest = _nearest(points, centres)
            if labels is not None and (nearest == labels).all():
                break
            labels = nearest
            centres = _centres(points, labels, centres)
        cost = ((points - centres[labels]) ** 2).sum()
        results.append((cost, labels))
    labels = min(results, key=lambda result: result[0])[1]
    return np.unique(labels, return_inverse=True)[1]


def _seeds(points, k: int, rng):
    """k-means++: each centre with a chance as its squared distance from the others."""
    import numpy as np

    centres = [points[rng.integers(len(points))]]
    distance = ((points - centres[0]) ** 2).sum(axis=1)
    while len(centres) < k:
        total = distance.sum()
        weights = distance / total if total else None
        centres.append(points[rng.choice(len(points), p=weights)])
        distance = np.minimum(distance, ((points - centres[-1]) ** 2).sum(axis=1))
    return np.array(centres)


def _nearest(points, centres):
    import numpy as np

    best = np.full(len(points), np.inf)
    labels = np.zeros(len(points), dtype=int)
    for label, centre in enumerate(centres):
        distance = ((points - centre) ** 2).sum(axis=1)
        closer = distance < best
        best[closer], labels[closer] = distance[closer], label
    return labels


def _centres(points, labels, old):
    import numpy as np

    counts = np.bincount(labels, minlength=len(old))
    sums = np.stack(
        [np.bincount(labels, column, minlength=len(old)) for column in points.T], axis=1
    )
    # A centre that lost everybody stays where it is.
    return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], old)


def silhouette(points, labels) -> float:
    """Mean silhouette of points; 0 for a point that is alone in its cluster."""
    import numpy as np
    from scipy.spatial.distance import cdist

    names = np.unique(labels)
    if len(names) < 2:
        return 0.0
    distances = cdist(points, points)
    sizes = np.array([(labels == name).sum() for name in names])
    sums = np.stack(
        [distances[:, labels == name].sum(axis=1) for name in names], axis=1
    )
    own = np.searchsorted(names, labels)
    rows = np.arange(len(points))
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[rows, own] = np.inf
    outside = means.min(axis=1)
    scores = (outside - inside) / np.maximum(np.maximum(outside, inside), 1e-300)
    return float(np.where(sizes[own] > 1, scores, 0.0).mean())


def _stable(labels, figures, features, last: Sequence[Cluster]):
    """The labels of the last run where clusters correspond, new ones for the others."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    count = labels.max() + 1
    centres = np.array([np.median(figures[labels == i], axis=0) for i in range(count)])
    names = {}
    known = [old for old in last if len(old.centre) == len(features)]
    if known:
        columns = _transformed(figures, features)
        spread = np.maximum(columns.std(axis=0), 1e-12)
        now = _transformed(centres, features) / spread
        before = _transformed(np.array([old.centre for old in known]), features)
        rows, matches = linear_sum_assignment(cdist(now, before / spread))
        names = {
            row: known[match].label for row, match in zip(rows, matches, strict=True)
        }
    unused = iter(
        label
        for label in range(1, 2 * count + len(known) + 1)
        if label not in {old.label for old in known}
    )
    # New labels by size, so that a first run numbers them from the largest.
    for row in np.argsort(-np.bincount(labels), kind="stable"):
        names.setdefault(int(row), next(unused))
    return np.array([names[row] for row in range(count)])[labels]


def _describe(labels, figures, scaled, features) -> tuple[Cluster, ...]:
    import numpy as np

    everybody = np.median(figures, axis=0)
    middle = scaled.mean(axis=0)
    found = []
    for label in np.unique(labels):
        members = labels == label
        centre = np.median(figures[members], axis=0)
        difference = scaled[members].mean(axis=0) - middle
        traits = [
            Trait(feature.name, float(diff), float(own), float(usual))
            for feature, diff, own, usual in zip(
                features, difference, centre, everybody, strict=True
            )
            if abs(diff) >= NOTABLE
        ]
        traits.sort(key=lambda trait: -abs(trait.difference))
        found.append(
            Cluster(
                int(label),
                int(members.sum()),
                tuple(map(float, centre)),
                tuple(traits),
            )
        )
    return tuple(sorted(found, key=lambda item: -item.customers))
