r"""Quantiles by gradient boosting over all series, when scikit-learn is installed.

For each level p trees are fitted to the ratio of the demand that followed to the level
of the series (:mod:`features`), by pinball loss, weighted by the level so that the loss
is that of units (J. Friedman 2001; G. Ke et al. 2017 for the histogram form; the M5
uncertainty competition was won with such models). One fit learns from all series and
all past origins. Between the fitted levels quantiles are interpolated in the normal
score.

Not needed for anything: without scikit-learn the other estimates are used.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from . import pooled
from .features import Features
from .lazy import np, special

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: levels that are fitted
FITTED = (0.5, 0.75, 0.9, 0.95, 0.975, 0.99)
#: states that are needed to fit anything
LEAST = 3000
#: settings of the trees, chosen on the origins 60 to 76 of Online Retail
SETTINGS = {
    "max_iter": 120,
    "learning_rate": 0.06,
    "max_leaf_nodes": 16,
    "min_samples_leaf": 100,
    "l2_regularization": 1.0,
    "max_bins": 64,
    "random_state": 0,
}


def available() -> bool:
    """Whether scikit-learn is installed."""
    return importlib.util.find_spec("sklearn") is not None


def matrix(features: Features) -> Array:
    """Features as rows of states, ``(origins * n, k)``."""
    columns = [np.ravel(values) for values in features.values.values()]
    return np.stack([np.minimum(column, 1e6) for column in columns], axis=1)


def quantiles(past: Features, followed: Array, now: Features, levels) -> Array | None:
    """Quantiles of the demand to come, in units; ``(levels, n)``.

    Parameters as in :func:`pooled.quantiles`.

    :return: ``None`` when there is too little to learn from.
    :raises ImportError: without scikit-learn.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    level = np.ravel(past.level)
    target = np.ravel(followed)
    usable = np.isfinite(target) & np.ravel(pooled.alive(past))
    if usable.sum() < LEAST:
        return None
    states, ratio = matrix(past)[usable], (target / level)[usable]
    deviation = np.ravel(past.values["variability"])[usable]
    weight = 1 / np.maximum(deviation, 1 / 3)
    present = matrix(now)
    fitted = []
    # Threads that wait for each other on a busy server are slower than one.
    with threadpool_limits(limits=1):
        for fraction in FITTED:
            model = HistGradientBoostingRegressor(
                loss="quantile", quantile=fraction, **SETTINGS
            )
            model.fit(states, ratio, sample_weight=weight)
            fitted.append(np.maximum(model.predict(present), 0.0))
    table = np.sort(np.array(fitted), axis=0)
    level = np.where(pooled.alive(now)[0], now.level[0], 0.0)
    return spread(table, np.asarray(levels, dtype=float)) * level


def spread(table: Array, levels: Array) -> Array:
    """Quantiles at other levels, linear in the normal score, never negative.

    Below the median they fall to zero as the level does, for there is nothing fitted.

    :param table: ``(fitted, n)``; :param levels: ``(k,)``.
    """
    known, wanted = special.ndtri(np.array(FITTED)), special.ndtri(levels)
    low = np.clip(np.searchsorted(known, wanted) - 1, 0, len(known) - 2)
    part = (wanted - known[low]) / (known[low + 1] - known[low])
    inner = table[low] + part[:, None] * (table[low + 1] - table[low])
    below = table[0] * (levels / FITTED[0])[:, None]
    return np.maximum(np.where((levels < FITTED[0])[:, None], below, inner), 0.0)
