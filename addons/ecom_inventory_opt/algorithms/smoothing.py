r"""Moving averages and exponential smoothing, for all series at once.

Every method takes a history ``demand`` of shape ``(n, t)``, n series and t periods, the
oldest first, and returns the expected demand of one future period, shape ``(n,)``. The
only loop is over time.

* Moving average: :math:`\hat y = \frac1k\sum_{i=t-k}^{t-1} y_i` over the last k
  observed periods.
* Simple exponential smoothing (Brown 1959):
  :math:`\ell_i = \ell_{i-1} + \alpha (y_i - \ell_{i-1})`, :math:`\hat y = \ell_t`.
* Holt, damped (Gardner, McKenzie 1985):
  :math:`\ell_i = \alpha y_i + (1-\alpha)(\ell_{i-1} + \phi b_{i-1})`,
  :math:`b_i = \beta(\ell_i-\ell_{i-1}) + (1-\beta)\phi b_{i-1}`,
  :math:`\hat y_{t+h} = \ell_t + (\phi+\dots+\phi^h) b_t`.
* Theta (Assimakopoulos, Nikolopoulos 2000) in the form of Hyndman, Billah 2003: SES
  with half the slope of the linear trend as drift,
  :math:`\hat y_{t+h} = \ell_t + \frac b2 (h - 1 + \frac{1-(1-\alpha)^t}{\alpha})`.

A period that was not observed (out of stock, before the first sale) leaves every state
as it was: it says nothing about demand.
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


def moving_average_path(demand: Array, seen: Array, window: int) -> Array:
    """Moving average after every period; ``(t, n)`` in, ``(t, n)`` out.

    :raises ValueError: when the window is not positive.
    """
    if window < 1:
        raise ValueError("a moving average needs a window of at least one period")
    if seen.all():
        total = np.cumsum(demand, axis=0)
        total[window:] -= total[:-window].copy()
        count = np.minimum(np.arange(1, len(demand) + 1), window)
        return total / count[:, None]
    # Ranks of observed periods: the window reaches back over those that were not seen.
    rank = np.cumsum(seen, axis=0)
    total = np.zeros((len(demand) + 1, demand.shape[1]))
    np.put_along_axis(total, np.where(seen, rank, 0), np.where(seen, demand, 0.0), 0)
    total[0] = 0.0
    total = np.cumsum(total, axis=0)
    before = np.maximum(rank - window, 0)
    sums = np.take_along_axis(total, rank, 0) - np.take_along_axis(total, before, 0)
    return sums / np.maximum(rank - before, 1)


def moving_average(demand, window: int, observed=None) -> Array:
    """Mean of the last ``window`` observed periods; shape ``(n,)``.

    Fewer observed periods are averaged as they are; none give zero.

    :raises ValueError: when the window is not positive.
    """
    return last_of(moving_average_path(*columns(demand, observed), window))


def last_of(path: Array) -> Array:
    """Last row of a path; zeros where there is no period at all."""
    return path[-1].copy() if len(path) else np.zeros(path.shape[1])


def smooth_path(demand: Array, seen: Array, alpha, level: Array) -> Array:
    """Level after every period; ``(t, n)`` in, ``(t, n)`` out.

    :param alpha: a number, or one for each series; :param level: to start from.
    """
    path = np.empty_like(demand)
    rates = np.where(seen, alpha, 0.0)
    for row, now, rate in zip(path, demand, rates, strict=True):
        level = level + rate * (now - level)
        row[:] = level
    return path


def exponential_smoothing(demand, alpha=0.2, observed=None) -> Array:
    """Simple exponential smoothing, started at the first observation; shape ``(n,)``.

    :param alpha: between 0 and 1: a number, or one for each series.
    """
    demand, seen = columns(demand, observed)
    return last_of(smooth_path(demand, seen, alpha, first_observed(demand, seen)))


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


def holt_path(
    demand: Array, seen: Array, horizon: int = 1, alpha=0.2, beta=0.05, damping=0.9
) -> Array:
    """Damped trend after every period; ``(t, n)`` in, ``(t, n)`` out."""
    path = np.empty_like(demand)
    level = first_observed(demand, seen)
    trend = np.zeros_like(level)
    ahead = np.cumsum(damping ** np.arange(1, horizon + 1)).mean()
    for row, now, known in zip(path, demand, seen, strict=True):
        step = damping * trend
        error = now - level - step
        level = level + np.where(known, step + alpha * error, 0.0)
        # Of a new level alpha * error goes beyond the expected one: beta of it is
        # trend.
        trend = np.where(known, step + beta * alpha * error, trend)
        row[:] = level + ahead * trend
    return np.maximum(path, 0.0, out=path)


def holt(
    demand, horizon: int = 1, alpha=0.2, beta=0.05, damping=0.9, observed=None
) -> Array:
    """Damped trend; mean of the next ``horizon`` periods, not negative; ``(n,)``.

    :param damping: phi, 1 for a trend that goes on for ever.
    """
    return last_of(holt_path(*columns(demand, observed), horizon, alpha, beta, damping))


def slope_path(demand: Array, seen: Array) -> Array:
    """Slope per period of the least-squares line through what was seen so far.

    :param demand: ``(t, n)``, :param seen: ``(t, n)``; :return: ``(t, n)``.
    """
    time = np.arange(len(demand), dtype=float)[:, None]
    count = np.maximum(np.cumsum(seen, axis=0), 1)
    times = np.cumsum(time * seen, axis=0)
    spread = np.cumsum(time * time * seen, axis=0) - times * times / count
    both = np.cumsum(time * demand, axis=0)
    both -= times * np.cumsum(demand, axis=0) / count
    return np.where(spread > 0.25, both / np.where(spread > 0.25, spread, 1.0), 0.0)


def theta_path(demand: Array, seen: Array, horizon: int = 1, alpha=0.2) -> Array:
    """Theta after every period; ``(t, n)`` in, ``(t, n)`` out."""
    path = smooth_path(demand, seen, alpha, first_observed(demand, seen))
    periods = np.cumsum(seen, axis=0)
    ahead = (horizon - 1) / 2 + (1 - np.power(1 - alpha, periods)) / alpha
    return np.maximum(path + slope_path(demand, seen) / 2 * ahead, 0.0)


def theta(demand, horizon: int = 1, alpha=None, observed=None) -> Array:
    """Theta: mean of the next ``horizon`` periods, not negative; shape ``(n,)``.

    :param alpha: smoothing constant, ``None`` chooses it for each series.
    """
    demand, seen = columns(demand, observed)
    if alpha is None:
        alpha = best_smooth(demand, seen, ALPHAS)[1]
    return last_of(theta_path(demand, seen, horizon, alpha))
