r"""Errors of forecasts and quantiles.

* :math:`RMSSE=\sqrt{MSE/\frac1{t-t_0}\sum(y_i-y_{i-1})^2}` from the first demand on
  (M5).
* :math:`MASE` likewise with absolute values over the whole history (Hyndman, Koehler
  2006).
* Pinball loss of a quantile q at level p: :math:`\max(p(y-q),(p-1)(y-q))`; scaled by
  the mean absolute change from period to period (since the first demand) times the
  horizon.
* Coverage: how often demand is at or below the quantile; calibrated when it is the
  level.

MASE and MAE reward a forecast of zero for intermittent demand; they are for reports,
never for choosing a method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array


def naive_changes(history, since_first: bool = True) -> tuple[Array, Array]:
    """Mean square and mean absolute change from period to period; each ``(n,)``.

    :param history: ``(n, t)``; :param since_first: from the first demand on, as in M5.
        Without a change to learn from both are ``nan``.
    """
    history = np.asarray(history, dtype=float)
    change = np.diff(history, axis=1)
    counted = np.ones_like(change, dtype=bool)
    if since_first:
        first = np.where((history > 0).any(axis=1), (history > 0).argmax(axis=1), 10**9)
        counted = np.arange(1, history.shape[1]) > first[:, None]
    number = counted.sum(axis=1)
    some = np.where(number > 0, number, np.nan)
    square = np.where(counted, change**2, 0.0).sum(axis=1) / some
    absolute = np.where(counted, np.abs(change), 0.0).sum(axis=1) / some
    return square, absolute


def rmsse(history, actual, forecast) -> Array:
    """RMSSE of each series, ``(n,)``; ``nan`` where the history never changes.

    :param history: ``(n, t)``; :param actual: ``(n, h)``; :param forecast: ``(n, h)``.
    """
    square = naive_changes(history)[0]
    error = np.square(np.subtract(actual, forecast)).mean(axis=1)
    return np.sqrt(error / np.where(square > 0, square, np.nan))


def mase(history, actual, forecast) -> Array:
    """MASE of each series, ``(n,)``; shapes as in :func:`rmsse`."""
    absolute = naive_changes(history, since_first=False)[1]
    error = np.abs(np.subtract(actual, forecast)).mean(axis=1)
    return error / np.where(absolute > 0, absolute, np.nan)


def smape(actual, forecast) -> Array:
    """Symmetric MAPE of each series in percent, 0 to 200; both zero is no error."""
    actual, forecast = np.broadcast_arrays(actual, forecast)
    size = np.abs(actual) + np.abs(forecast)
    error = 200 * np.abs(actual - forecast) / np.where(size > 0, size, 1.0)
    return error.mean(axis=-1)


def pinball(actual, quantiles, levels) -> Array:
    """Pinball loss; ``(levels, n)``.

    :param actual: ``(n,)``; :param quantiles: ``(levels, n)``; :param levels: ``(k,)``.
    """
    levels = np.asarray(levels, dtype=float)[:, None]
    error = np.asarray(actual, dtype=float) - quantiles
    return np.maximum(levels * error, (levels - 1) * error)


def scaled_pinball(history, actual, quantiles, levels, horizon: int) -> Array:
    """Mean pinball loss over the levels, scaled; ``(n,)``.

    :param actual: ``(n,)``, sum over the horizon.
    """
    absolute = naive_changes(history)[1]
    scale = horizon * np.where(absolute > 0, absolute, np.nan)
    return pinball(actual, quantiles, levels).mean(axis=0) / scale


def coverage(actual, quantile, groups) -> dict:
    """Part of each group with demand at or below the quantile.

    :param actual: ``(n,)``; :param quantile: ``(n,)``; :param groups: ``(n,)`` of
        anything hashable.
    :return: group to (part, number of series).
    """
    met = np.asarray(actual) <= np.asarray(quantile)
    groups = np.asarray(groups, dtype=object)
    return {
        group: (float(met[groups == group].mean()), int((groups == group).sum()))
        for group in dict.fromkeys(groups.tolist())
    }
