r"""Distribution of demand over the interval that stock has to last for.

Three estimates are averaged quantile by quantile (Vincent 1912; K. Lichtendahl, Y.
Grushka-Cockayne, R. Winkler, *Is it better to average probabilities or quantiles?*,
Management Science 59, 2013):

1. *own*: negative binomial on the combined mean, whose trust in recent weeks is learned
   from all series (:mod:`recency`), times last year's change (:mod:`seasonal`), with
   the variance of the series' own sums over intervals as long, all of its history: it
   remembers the peaks of last season, which errors of recent forecasts do not;
2. *pooled*: what followed in all series after states like this one (:mod:`pooled`);
3. *boosted*, when scikit-learn is installed (:mod:`boosting`).

Credibility (H. Bühlmann 1967): the weight of the series' own estimate rises with its
demand u in such an interval, :math:`w=w_0+(1-w_0)\frac u{u+\kappa}`. A product that
sells a thousand tells enough about itself, one that sells three does not.

A lead time that varies by :math:`\sigma_L` adds :math:`d^2\sigma_L^2` to the variance;
what lies above the median is stretched accordingly.

On the origins 60 to 76 of Online Retail the pinball loss is flat, within its noise, for
:math:`w_0` from .6 to .9 (.1922, .1909, .1902, .1906). .8 had the least and lost on the
origins 80 to 100 (.2192 against .2151, and fewer of the intermittent products covered):
it stays at .6.
Periods are weeks in all defaults.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import boosting, negative_binomial, pooled, recency, seasonal
from .features import Features, Panel, build
from .lazy import np, special

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: levels of the tabulated quantiles
LEVELS = (
    *(0.05, 0.1, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.965),
    *(0.975, 0.985, 0.99, 0.995, 0.999),
)
#: weight of a series' own estimate: least, and demand at which half of the rest is
#: added
OWN_WEIGHT = 0.6
CREDIBILITY = 200.0
#: part of the pooled share that the boosted estimate takes over
BOOSTED_SHARE = 0.85
#: periods before the first origin that is learned from, and from one to the next
WARM_UP = 26
STEP = 2
#: most states to learn from; origins are thinned out beyond
MOST_SAMPLES = 60_000
#: sums that a series' own variance needs to count as much as the pooled one
VARIANCE_PRIOR = 4.0


@dataclass(frozen=True)
class IntervalDemand:
    """Demand of n series over their intervals, in units.

    :param mean: ``(n,)``; :param variance: ``(n,)``.
    :param levels: ``(k,)`` increasing; :param quantiles: ``(k, n)``.
    :param interval: ``(n,)`` periods that it is about.
    """

    mean: Array
    variance: Array
    levels: Array
    quantiles: Array
    interval: Array

    @property
    def median(self) -> Array:
        """Half of the time demand is less, ``(n,)``: what is usual, not the mean."""
        return self.quantile(0.5)

    def quantile(self, level) -> Array:
        """Demand that is not exceeded with this probability, ``(n,)``.

        Between the tabulated levels linear in the normal score; outside like the last
        two.

        :param level: a number or ``(n,)``, between 0 and 1, both excluded.
        :raises ValueError: when a level is outside.
        """
        level = np.broadcast_to(np.asarray(level, dtype=float), self.mean.shape)
        if np.any(~((level > 0) & (level < 1))):
            raise ValueError("a level lies between 0 and 1, both excluded")
        scores = special.ndtri(self.levels)
        score = special.ndtri(level)
        low = np.clip(np.searchsorted(scores, score) - 1, 0, len(scores) - 2)
        part = (score - scores[low]) / (scores[low + 1] - scores[low])
        series = np.arange(len(self.mean))
        below = self.quantiles[low, series]
        above = self.quantiles[low + 1, series]
        return np.maximum(below + part * (above - below), 0.0)

    def probability(self, units) -> Array:
        """P(demand <= units), ``(n,)``; the inverse of :meth:`quantile`.

        :param units: a number or ``(n,)``.
        """
        units = np.broadcast_to(np.asarray(units, dtype=float), self.mean.shape)
        table = self.quantiles
        low = np.clip((table <= units).sum(axis=0) - 1, 0, len(self.levels) - 2)
        series = np.arange(len(units))
        below, above = table[low, series], table[low + 1, series]
        width = np.where(above > below, above - below, 1.0)
        part = np.where(above > below, (units - below) / width, units >= below)
        scores = special.ndtri(self.levels)
        score = scores[low] + part * (scores[low + 1] - scores[low])
        inside = special.ndtr(np.clip(score, -6, 6))
        return np.where(units < 0, 0.0, inside)

    def shortage(self, units) -> Array:
        """Expected demand beyond ``units``, ``(n,)``: E[(D - units)+].

        By the trapezoidal rule over the tabulated quantiles.

        :param units: a number or ``(n,)``.
        """
        beyond = np.maximum(self.quantiles - units, 0.0)
        widths = np.diff(self.levels)[:, None]
        inner = (widths * (beyond[1:] + beyond[:-1]) / 2).sum(axis=0)
        ends = beyond[0] * self.levels[0] + beyond[-1] * (1 - self.levels[-1])
        return inner + ends

    def stretched(self, deviation) -> IntervalDemand:
        """The same with a lead time that varies.

        :param deviation: of the interval, in periods: a number or ``(n,)``.
        """
        rate = self.mean / np.maximum(self.interval, 1e-9)
        added = np.square(rate * np.maximum(np.nan_to_num(deviation), 0.0))
        some = self.variance > 0
        ratio = np.where(some, added / np.where(some, self.variance, 1.0), 0.0)
        median = self.median
        above = self.quantiles - median
        quantiles = np.where(
            above > 0, median + above * np.sqrt(1 + ratio), above + median
        )
        return replace(self, variance=self.variance + added, quantiles=quantiles)

    def scaled(self, factor) -> IntervalDemand:
        """The same with the forecast changed by a factor, of a promotion for example.

        :param factor: a number or ``(n,)``, not negative.
        """
        return replace(
            self,
            mean=self.mean * factor,
            variance=self.variance * np.square(factor),
            quantiles=self.quantiles * factor,
        )


def own_variance(panel: Panel, horizon: int, mean: Array) -> Array:
    """Variance of a series' own sums over ``horizon`` periods, all its history;
    ``(n,)``.

    Few sums lean on the power law of all series, :math:`v=a\\,m^b` (L. Taylor 1961).

    :param mean: ``(n,)`` expected demand of the interval.
    """
    span = min(horizon, max(panel.periods // 2, 1))
    starts = np.arange(panel.periods - span + 1)
    sums = panel.sums(starts, span)
    known = np.isfinite(sums)
    known &= panel.count[starts + span] >= min(span, 2)
    count = known.sum(axis=0)
    some = np.maximum(count, 1)
    average = np.where(known, sums, 0.0).sum(axis=0) / some
    squares = np.where(known, sums - average, 0.0) ** 2
    variance = squares.sum(axis=0) / some * (horizon / span)
    fitted = (count >= 8 * span) & (average > 0.5) & (variance > 0)
    if fitted.sum() >= 20:
        slope, constant = np.polyfit(
            np.log(average[fitted]), np.log(variance[fitted]), 1
        )
    else:
        slope, constant = 1.5, 1.0
    usual = np.maximum(np.maximum(mean, average), 0.05)
    law = np.exp(constant) * usual**slope
    weight = count / span / (count / span + VARIANCE_PRIOR)
    logarithm = weight * np.log(variance + 0.1) + (1 - weight) * np.log(law + 0.1)
    return np.exp(logarithm)


def origins(panel: Panel, step: int = STEP) -> Array:
    """Past origins to learn from, latest first; ``(k,)``, may be empty."""
    first = min(WARM_UP, max(panel.periods // 3, 2))
    found = np.arange(panel.periods - 1, first, -step)
    most = max(MOST_SAMPLES // max(panel.series, 1), 4)
    thin = max(-(-len(found) // most), 1)
    return found[::thin]


def estimate(
    demand,
    interval,
    observed=None,
    interval_deviation=0.0,
    cycle: int = 52,
    boost=False,
) -> IntervalDemand:
    """Distribution of demand over each series' interval.

    :param demand: ``(n, t)`` history, from :func:`demand.prepare` for example.
    :param interval: periods to protect, lead time plus review: a number or ``(n,)``; it
        need not be whole, less than one is taken as a part of one period.
    :param observed: ``(n, t)`` of bool; ``None`` = everything.
    :param interval_deviation: standard deviation of the interval, in periods.
    :param cycle: periods in a year.
    :param boost: also use boosted quantiles; see :func:`boosting.available`.
    :raises ValueError: for an interval that is negative or unknown.
    :raises ImportError: for ``boost`` without scikit-learn.
    """
    panel = Panel.of(demand, observed)
    interval = np.array(np.broadcast_to(np.asarray(interval, float), (panel.series,)))
    if np.any(~(interval >= 0)) or np.any(~np.isfinite(interval)):
        raise ValueError("the interval to protect must be known and not negative")
    whole = np.maximum(np.rint(interval), 1).astype(int)
    levels = np.array(LEVELS)
    mean, variance = np.zeros(panel.series), np.zeros(panel.series)
    table = np.zeros((len(levels), panel.series))
    if panel.periods and panel.series:
        now, past = build(panel, [panel.periods]), build(panel, origins(panel))
        for horizon in np.unique(whole):
            some = whole == horizon
            part = estimate_interval(
                panel, now, past, int(horizon), some, levels, cycle, boost
            )
            mean[some], variance[some], table[:, some] = part
    share = interval / whole
    scaled_mean = mean * share
    # Demand of independent periods: the mean grows with time, the deviation with its
    # root.
    table = np.maximum(scaled_mean + (table - mean) * np.sqrt(share), 0.0)
    result = IntervalDemand(scaled_mean, variance * share, levels, table, interval)
    return result.stretched(interval_deviation)


def estimate_interval(
    panel: Panel,
    now: Features,
    past: Features,
    horizon: int,
    some: Array,
    levels: Array,
    cycle: int,
    boost: bool,
) -> tuple[Array, Array, Array]:
    """Mean, variance and quantiles of the series that have one interval.

    All series are learned from.

    :param now: features of the present, :param past: of past origins.
    :param some: ``(n,)`` of bool, the m series wanted.
    :return: ``(m,)``, ``(m,)``, ``(levels, m)``.
    """
    past = past.until(panel.periods - horizon)
    followed = panel.sums(past.origins, horizon) if len(past.origins) else None
    if followed is not None:
        now = recency.learn(past, followed, now, horizon)
    mean = now.combination[0] * horizon
    change = seasonal.last_cycle_ratio(panel.demand, panel.seen, mean, horizon, cycle)
    variance = (own_variance(panel, horizon, mean) * change)[some]
    mean = (mean * change)[some]
    table = negative_binomial.quantile(levels[:, None], mean, variance)
    if followed is not None:
        wanted = now.select(some)
        shared = pooled.quantiles(past, followed, wanted, levels)
        if shared is not None and boost:
            learned = boosting.quantiles(past, followed, wanted, levels)
            if learned is not None:
                shared = BOOSTED_SHARE * learned + (1 - BOOSTED_SHARE) * shared
        if shared is not None:
            usual = usual_demand(panel, horizon)[some]
            table = blend(table, shared, usual, wanted.rare[0])
    return mean, variance, np.maximum.accumulate(table, axis=0)


def usual_demand(panel: Panel, horizon: int) -> Array:
    """Demand in an interval, mean of all the history, ``(n,)``."""
    return panel.total[-1] / np.maximum(panel.count[-1], 8) * horizon


def blend(own: Array, shared: Array, usual: Array, rare: Array) -> Array:
    """Average of quantiles by credibility; ``(levels, n)``.

    :param usual: demand in an interval, ``(n,)``; :param rare: ``(n,)`` of bool,
        products whose level is mostly chance: ratios to it say nothing.
    """
    weight = OWN_WEIGHT + (1 - OWN_WEIGHT) * usual / (usual + CREDIBILITY)
    weight = np.where(rare, 1.0, weight)
    return weight * own + (1 - weight) * shared
