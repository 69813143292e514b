r"""Moving averages and exponential smoothing, for all series at once.

Every method takes a history ``demand`` of shape ``(n, t)``, n series and t periods, the
oldest first, and returns the expected demand of one future period, shape ``(n,)``. The
only loop is over time.

* Moving average: :math:`\hat y = \frac1k\sum_{i=t-k}^{t-1} y_i` over the last k observed
  periods.
* Simple exponential smoothing (Brown 1959):
  :math:`\ell_i = \ell_{i-1} + \alpha (y_i - \ell_{i-1})`, :math:`\hat y = \ell_t`.
* Holt, damped (Gardner, McKenzie 1985):
  :math:`\ell_i = \alpha y_i + (1-\alpha)(\ell_{i-1} + \phi b_{i-1})`,
  :math:`b_i = \beta(\ell_i-\ell_{i-1}) + (1-\beta)\phi b_{i-1}`,
  :math:`\hat y_{t+h} = \ell_t + (\phi+\dots+\phi^h) b_t`.
* Theta (Assimakopoulos, Nikolopoulos 2000) in the form of Hyndman, Billah 2003: SES with
  half the slope of the linear trend as drift,
  :math:`\hat y_{t+h} = \ell_t + \frac b2 (h - 1 + \frac{1-(1-\alpha)^t}{\alpha})`.

A period that was not observed (out of stock, before the first sale) leaves every state as
it was: it says nothing about demand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: smoothing constants that are tried where one is chosen
ALPHAS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def columns(demand, observed=None) -> tuple[Array, Array]:
    """History and mask with time first, which is how the loops read them.

    :param demand: shape ``(n, t)``; what is not a finite number counts as not observed.
    :param observed: shape ``(n, t)`` of bool, or ``None`` for everything.
    :return: demand and mask, both ``(t, n)``; demand is zero where not observed.
    :raises ValueError: when the shapes do not fit.
    """
    demand = np.asarray(demand, dtype=float)
    if demand.ndim != 2:
        raise ValueError("demand must have the shape (series, periods)")
    seen = np.isfinite(demand)
    if observed is not None:
        observed = np.asarray(observed, dtype=bool)
        if observed.shape != demand.shape:
            raise ValueError("observed must have the shape of demand")
        seen = seen & observed
    return (
        np.ascontiguousarray(np.where(seen, demand, 0.0).T),
        np.ascontiguousarray(seen.T),
    )


def first_observed(demand: Array, seen: Array) -> Array:
    """Value of the first observed period, zero where there is none.

    :param demand: ``(t, n)``, :param seen: ``(t, n)``.
    """
    if not demand.shape[0]:
        return np.zeros(demand.shape[1])
    return demand[seen.argmax(axis=0), np.arange(demand.shape[1])]


def moving_average(demand, window: int, observed=None) -> Array:
    """Mean of the last ``window`` observed periods; shape ``(n,)``.

    Fewer observed periods are averaged as they are; none give zero.

    :raises ValueError: when the window is not positive.
    """
    if window < 1:
        raise ValueError("a moving average needs a window of at least one period")
    demand, seen = columns(demand, observed)
    age = np.cumsum(seen[::-1], axis=0)[::-1]
    used = seen & (age <= window)
    return (demand * used).sum(axis=0) / np.maximum(used.sum(axis=0), 1)


def smooth(demand: Array, seen: Array, alpha, level: Array) -> Array:
    """Level after the last period, from a starting level; shapes as ``columns`` gives.

    :param alpha: a number, or one for each series.
    """
    level = level.copy()
    for now, known in zip(demand, seen, strict=True):
        level += np.where(known, alpha * (now - level), 0.0)
    return level


def exponential_smoothing(demand, alpha=0.2, observed=None) -> Array:
    """Simple exponential smoothing, started at the first observation; shape ``(n,)``.

    :param alpha: between 0 and 1: a number, or one for each series.
    """
    demand, seen = columns(demand, observed)
    return smooth(demand, seen, alpha, first_observed(demand, seen))


def best_exponential_smoothing(
    demand, observed=None, alphas: tuple[float, ...] = ALPHAS
) -> tuple[Array, Array]:
    """Simple exponential smoothing with the constant that predicted best.

    :param alphas: constants to choose from, by squared one-step error.
    :return: level and chosen constant, both ``(n,)``.
    """
    demand, seen = columns(demand, observed)
    return best_smooth(demand, seen, alphas)


def best_smooth(demand: Array, seen: Array, alphas) -> tuple[Array, Array]:
    """:func:`best_exponential_smoothing` on data with time first."""
    tried = np.asarray(alphas, dtype=float)[:, None]
    level = np.repeat(first_observed(demand, seen)[None, :], len(tried), axis=0)
    squares = np.zeros_like(level)
    for now, known in zip(demand, seen, strict=True):
        error = np.where(known, now - level, 0.0)
        squares += error * error
        level += tried * error
    best = squares.argmin(axis=0)
    return level[best, np.arange(demand.shape[1])], tried[best, 0]


def holt(
    demand, horizon: int = 1, alpha=0.2, beta=0.05, damping=0.9, observed=None
) -> Array:
    """Damped trend; mean of the next ``horizon`` periods, not negative; ``(n,)``.

    :param damping: phi, 1 for a trend that goes on for ever.
    """
    demand, seen = columns(demand, observed)
    level = first_observed(demand, seen)
    trend = np.zeros_like(level)
    for now, known in zip(demand, seen, strict=True):
        expected = level + damping * trend
        new = expected + alpha * (now - expected)
        slope = beta * (new - level) + (1 - beta) * damping * trend
        level, trend = np.where(known, new, level), np.where(known, slope, trend)
    powers = damping ** np.arange(1, horizon + 1)
    return np.maximum(level + np.cumsum(powers).mean() * trend, 0.0)


def trend_slope(demand: Array, seen: Array) -> Array:
    """Slope per period of the least-squares line through what was observed; ``(n,)``.

    :param demand: ``(t, n)``, :param seen: ``(t, n)``.
    """
    count = seen.sum(axis=0)
    time = np.arange(demand.shape[0], dtype=float)[:, None]
    middle = (time * seen).sum(axis=0) / np.maximum(count, 1)
    centred = np.where(seen, time - middle, 0.0)
    spread = (centred**2).sum(axis=0)
    return (centred * demand).sum(axis=0) / np.where(spread > 0, spread, 1.0)


def theta(demand, horizon: int = 1, alpha=None, observed=None) -> Array:
    """Theta: mean of the next ``horizon`` periods, not negative; shape ``(n,)``.

    :param alpha: smoothing constant, ``None`` chooses it for each series.
    """
    demand, seen = columns(demand, observed)
    if alpha is None:
        level, alpha = best_smooth(demand, seen, ALPHAS)
    else:
        level = smooth(demand, seen, alpha, first_observed(demand, seen))
    periods = seen.sum(axis=0)
    ahead = (horizon - 1) / 2 + (1 - (1 - alpha) ** periods) / alpha
    return np.maximum(level + trend_slope(demand, seen) / 2 * ahead, 0.0)
