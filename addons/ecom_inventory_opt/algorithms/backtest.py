r"""How good the estimates would have been: forecast from earlier, compare with what
came.

At every origin only earlier periods are seen. Reported are RMSSE of the usual demand
(the median), bias of the mean, scaled pinball loss, and coverage of one quantile for
each class of demand (definitions: :mod:`metrics`). This is what a planner is shown from
the own data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import metrics
from .classes import Pattern, demand_patterns
from .demand import offered
from .distribution import IntervalDemand, estimate
from .lazy import np

#: levels over which the pinball loss is averaged
LEVELS = (0.5, 0.75, 0.9, 0.95, 0.975, 0.99)


@dataclass(frozen=True)
class Backtest:
    """Means over the origins.

    :param rmsse: of the usual demand; :param bias: of the mean, part of what was sold.
    :param pinball: scaled; :param coverage: class to part of the series at or below the
        quantile of ``level``; :param counts: class to cases.
    """

    rmsse: float
    bias: float
    pinball: float
    level: float
    coverage: dict[Pattern, float]
    counts: dict[Pattern, int]


def backtest(
    demand,
    horizon: int,
    origins: Sequence[int],
    level: float = 0.95,
    observed=None,
    estimator: Callable[..., IntervalDemand] = estimate,
) -> Backtest:
    """Estimate at past origins and compare.

    :param demand: ``(n, t)``; :param horizon: periods of the interval.
    :param origins: periods known at each of them, at least 2 and ``t - horizon`` at
        most.
    :param level: of the quantile whose coverage is reported.
    :param observed: ``(n, t)``; intervals that were not observed in full are left out.
    :raises ValueError: when an origin is outside of the history.
    """
    demand = np.asarray(demand, dtype=float)
    periods = demand.shape[1]
    if not origins or any(not 2 <= o <= periods - horizon for o in origins):
        raise ValueError("an origin needs a history before and an interval after it")
    seen = np.ones(demand.shape, dtype=bool) if observed is None else observed
    errors, losses, cases, sold, expected = [], [], [], 0.0, 0.0
    for origin in origins:
        past, mask = demand[:, :origin], seen[:, :origin]
        future = demand[:, origin : origin + horizon]
        found = estimator(past, horizon, observed=mask)
        actual = future.sum(axis=1)
        usable = seen[:, origin : origin + horizon].all(axis=1)
        usual = np.repeat(found.median[:, None] / horizon, horizon, axis=1)
        table = np.array([found.quantile(each) for each in LEVELS])
        errors.append(metrics.rmsse(past, future, usual)[usable])
        loss = metrics.scaled_pinball(past, actual, table, LEVELS, horizon)
        losses.append(loss[usable])
        sold += float(actual[usable].sum())
        expected += float(found.mean[usable].sum())
        pattern = demand_patterns(past, mask & offered(past)).pattern
        met = actual <= found.quantile(level)
        cases.extend(zip(pattern[usable], met[usable], strict=True))
    classes = [each for each in Pattern if any(each is p for p, _ in cases)]
    by_class = {each: [met for p, met in cases if p is each] for each in classes}
    return Backtest(
        rmsse=float(np.nanmean(np.concatenate(errors))),
        bias=float((expected - sold) / sold) if sold else 0.0,
        pinball=float(np.nanmean(np.concatenate(losses))),
        level=level,
        coverage={each: float(np.mean(met)) for each, met in by_class.items()},
        counts={each: len(met) for each, met in by_class.items()},
    )
