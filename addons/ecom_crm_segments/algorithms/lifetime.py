"""Customer lifetime value: learnt, checked against what was seen, predicted.

Purchases come from :mod:`.bg_nbd`, their values from :mod:`.gamma_gamma`. Two things
that the published model does not know are added, and only when the shop's own history
says that they help:

* **Season.** The model is learnt in the time of a seasonal clock (:mod:`.season`).
* **Level.** The first customers a database knows are mostly old ones, whose first
  purchase it never saw; the model then expects too much of everybody. So it is learnt
  again from earlier days, as if the last weeks or months were not known, and what came
  in them over what it expected corrects the level.

The season is used when the levels found at different days agree better with it than
without. With too few orders to tell, the level stays near 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import bg_nbd, gamma_gamma, history, ranking
from .errors import BadInput, TooFewData
from .season import Clock, Season, measure

if TYPE_CHECKING:
    from numpy import ndarray

#: parts of the time known that are put aside in turn
ASIDE = (1 / 6, 1 / 4, 1 / 3, 1 / 2)
#: orders in a part that make its level worth as much as no correction at all
PRIOR_ORDERS = 50.0
#: levels that differ less than this part of the flat ones' spread win
STEADIER = 0.8
LEVELS = (0.4, 2.0)
#: customers are simulated in blocks of about this many numbers
BLOCK = 2_000_000


@dataclass(frozen=True)
class Backtest:
    """One earlier day from which the model was judged.

    :param day: last day that was known, an ordinal.
    :param predicted: purchases expected until the end.
    :param actual: purchases that came, of the customers known on that day.
    """

    day: int
    predicted: float
    actual: float


@dataclass(frozen=True)
class Model:
    """What was learnt.

    :param purchasing: parameters; times are seasonal days.
    :param value: none when no repeat purchase has a positive value.
    :param season: flat when it does not help.
    :param level: factor on expected purchases.
    :param backtests: where the level comes from.
    :param first: first day known, an ordinal.
    :param end: last day known.
    """

    purchasing: bg_nbd.BgNbd
    value: gamma_gamma.GammaGamma | None
    season: Season
    level: float
    backtests: tuple[Backtest, ...]
    first: int
    end: int


@dataclass(frozen=True, eq=False)
class Prediction:
    """What n customers will do; arrays have shape ``(n,)``.

    :param active: chance that the customer still buys.
    :param buys: chance of at least one purchase in the horizon.
    :param purchases: expected in the horizon.
    :param order_value: expected value of one purchase.
    :param amount: expected value of all of them.
    :param low: in one of ten cases the amount is at most this.
    :param high: in one of ten cases it is at least this.
    :param next_day: ordinal of the day by which half of such customers, if still
        active, have bought again.
    :param next_early: the same for a quarter.
    :param next_late: the same for three quarters.
    """

    active: ndarray
    buys: ndarray
    purchases: ndarray
    order_value: ndarray
    amount: ndarray
    low: ndarray
    high: ndarray
    next_day: ndarray
    next_early: ndarray
    next_late: ndarray


@dataclass(frozen=True)
class CalibrationRow:
    """Customers with equally many repeat purchases, predicted and actual means.

    :param at_least: whether customers with more are in here, too.
    """

    repeat_purchases: int
    at_least: bool
    customers: int
    predicted: float
    actual: float


@dataclass(frozen=True)
class HoldOut:
    """The model against months it did not know.

    :param error: predicted over actual purchases less 1.
    :param gini: how well it ranks customers; ``baseline_gini`` does it by the number of
        purchases in the year before.
    :param lift: purchases of the best tenth over a tenth of all.
    """

    customers: int
    predicted: float
    actual: float
    error: float
    gini: float
    baseline_gini: float
    lift: float
    baseline_lift: float
    calibration: tuple[CalibrationRow, ...]
    model: Model = field(repr=False)


@dataclass(frozen=True, eq=False)
class _Log:
    """Purchases, one row for each customer and day, until a day."""

    customers: ndarray
    days: ndarray
    values: ndarray
    first: int
    end: int

    def until(self, day: int) -> _Log:
        known = self.days <= day
        arrays = (self.customers[known], self.days[known], self.values[known])
        return _Log(*arrays, self.first, day)


def learn(
    customers, days, values, end: int, requirement: bg_nbd.Requirement | None = None
) -> Model:
    """Learn from the orders until a day.

    :param customers: shape ``(m,)``, key of the customer of each order.
    :param days: shape ``(m,)``, ordinal of its day.
    :param values: shape ``(m,)``, in one currency.
    :param end: last day that is complete.
    :param requirement: what there must be, usual figures when left out.
    :raise TooFewData: says what is missing.
    """
    requirement = requirement or bg_nbd.Requirement()
    log = _log(customers, days, values, end)
    whole = history.summarise(log.customers, log.days, log.values, end)
    bg_nbd.check_enough(whole.x, whole.age, requirement)
    season, backtests = _choose_season(log)
    clock = Clock(season, log.first, end)
    return Model(
        _fit(whole, clock, end),
        _fit_value(whole),
        season,
        _level(backtests),
        backtests,
        log.first,
        end,
    )


def _log(customers, days, values, end) -> _Log:
    customers, days, values = history.purchases(customers, days, values)
    known = days <= end
    customers, days, values = customers[known], days[known], values[known]
    first = int(days.min()) if len(days) else int(end)
    return _Log(customers, days, values, first, int(end))


def _times(histories: history.Histories, clock: Clock, end: int):
    """x, t_x and T by the seasonal clock."""
    first = end - histories.age
    start = clock.at(first)
    last = clock.at(first + histories.t_x)
    return histories.x, last - start, clock.at(end) - start


def _fit(histories, clock: Clock, end: int) -> bg_nbd.BgNbd:
    return bg_nbd.fit(*_times(histories, clock, end))


def _fit_value(histories) -> gamma_gamma.GammaGamma | None:
    try:
        return gamma_gamma.fit(histories.x, histories.mean_value)
    except TooFewData:
        return None


def _choose_season(log: _Log) -> tuple[Season, tuple[Backtest, ...]]:
    flat = Season()
    flat_tests = _backtests(log, flat)
    season = measure(log.days, log.first, log.end)
    if season.flat:
        return flat, flat_tests
    tests = _backtests(log, season)
    comparable = len(tests) == len(flat_tests) > 1
    if comparable and _spread(tests) < STEADIER * _spread(flat_tests):
        return season, tests
    return flat, flat_tests


def _backtests(log: _Log, season: Season) -> tuple[Backtest, ...]:
    clock = Clock(season, log.first, log.end)
    span = log.end - log.first + 1
    tests = []
    for part in ASIDE:
        day = log.end - round(span * part)
        known = log.until(day)
        past = history.summarise(known.customers, known.days, known.values, day)
        if (past.x > 0).sum() < bg_nbd.Requirement().repeat_customers:
            continue
        model = _fit(past, clock, day)
        horizon = float(clock.at(log.end) - clock.at(day))
        expected = bg_nbd.expected_purchases(model, horizon, *_times(past, clock, day))
        came = purchases_between(log.customers, log.days, past.customers, day, log.end)
        tests.append(Backtest(day, float(expected.sum()), float(came.sum())))
    return tuple(tests)


def purchases_between(customers, days, known, after: int, until: int):
    """Purchases of known customers after one day and until another.

    :param known: shape ``(n,)``, keys, ascending.
    :return: shape ``(n,)``.
    """
    import numpy as np

    rows = customers[(days > after) & (days <= until)]
    if not len(known):
        return np.zeros(0)
    where = np.minimum(np.searchsorted(known, rows), len(known) - 1)
    return np.bincount(where[known[where] == rows], minlength=len(known)).astype(float)


def _log_ratios(tests):
    import numpy as np

    predicted = np.array([test.predicted for test in tests])
    actual = np.array([test.actual for test in tests])
    return np.log((actual + PRIOR_ORDERS) / (predicted + PRIOR_ORDERS))


def _spread(tests) -> float:
    return float(_log_ratios(tests).std())


def _level(tests) -> float:
    """Geometric mean of what came over what was expected, with a pull towards 1."""
    import numpy as np

    if not tests:
        return 1.0
    return float(np.clip(np.exp(_log_ratios(tests).mean()), *LEVELS))


def expected_purchases(model: Model, histories: history.Histories, horizon: int):
    """Purchases in the next days, the level included; shape ``(n,)``."""
    clock = Clock(model.season, model.first, model.end)
    return _expected(model, clock, histories, horizon)


def _expected(model: Model, clock: Clock, histories, horizon: int):
    times = _times(histories, clock, model.end)
    span = _span(model, clock, horizon)
    return model.level * bg_nbd.expected_purchases(model.purchasing, span, *times)


def _span(model: Model, clock: Clock, horizon: int) -> float:
    """Seasonal days of the horizon."""
    return float(clock.at(model.end + horizon) - clock.at(model.end))


def predict(
    model: Model,
    histories: history.Histories,
    horizon: int,
    draws: int = 200,
    seed: int = 0,
) -> Prediction:
    """What customers will do.

    :param histories: until the day the model was learnt.
    :param horizon: days, at most :data:`.season.FUTURE`.
    :param draws: simulated futures of each customer, for the range.
    """
    import numpy as np

    if not 0 < horizon <= 366 * 5:
        raise BadInput("a prediction is for one day to five years")
    clock = Clock(model.season, model.first, model.end)
    x, t_x, age = times = _times(histories, clock, model.end)
    purchases = _expected(model, clock, histories, horizon)
    if model.value is None:
        order_value = np.zeros(len(histories))
        low = high = order_value
    else:
        order_value = gamma_gamma.expected_value(model.value, x, histories.mean_value)
        low, high = _range(model, clock, histories, times, horizon, draws, seed)
    now = clock.at(model.end)
    early, middle, late = (
        clock.day(now + bg_nbd.next_purchase_time(model.purchasing, share, x, age))
        for share in (0.25, 0.5, 0.75)
    )
    return Prediction(
        bg_nbd.probability_active(model.purchasing, x, t_x, age),
        bg_nbd.probability_of_purchase(
            model.purchasing, model.level * _span(model, clock, horizon), *times
        ),
        purchases,
        order_value,
        purchases * order_value,
        low,
        high,
        middle,
        early,
        late,
    )


def _range(model: Model, clock, histories, times, horizon, draws, seed):
    """Amounts that are exceeded in nine and in one of ten cases."""
    import numpy as np

    rng = np.random.default_rng(seed)
    span = _span(model, clock, horizon)
    step = max(BLOCK // draws, 1)
    ends = []
    for start in range(0, len(histories), step):
        part = slice(start, start + step)
        x, t_x, age = (values[part] for values in times)
        bought = bg_nbd.simulate_purchases(
            model.purchasing, span, x, t_x, age, draws, rng
        )
        bought = _at_level(bought, model.level, rng)
        amount = gamma_gamma.simulate_value(
            model.value, bought, x, histories.mean_value[part], rng
        )
        ends.append(np.quantile(amount, (0.1, 0.9), axis=1))
    return np.concatenate(ends, axis=1) if ends else np.zeros((2, 0))


def _at_level(bought, level: float, rng):
    """Each purchase happens with the chance that keeps the mean at the level."""
    if level <= 1:
        return rng.binomial(bought, level)
    return bought + rng.binomial(bought, min(level - 1, 1.0))


def hold_out(
    customers,
    days,
    values,
    learn_until: int,
    judge_until: int,
    requirement: bg_nbd.Requirement | None = None,
) -> HoldOut:
    """Learn until one day, judge until another.

    :raise TooFewData: until the first day there is too little.
    """
    log = _log(customers, days, values, judge_until)
    known = log.until(learn_until)
    model = learn(known.customers, known.days, known.values, learn_until, requirement)
    past = history.summarise(known.customers, known.days, known.values, learn_until)
    expected = expected_purchases(model, past, judge_until - learn_until)
    came = purchases_between(
        log.customers, log.days, past.customers, learn_until, judge_until
    )
    year = purchases_between(
        log.customers, log.days, past.customers, learn_until - 365, learn_until
    )
    actual = float(came.sum())
    return HoldOut(
        len(past),
        float(expected.sum()),
        actual,
        float(expected.sum()) / actual - 1 if actual else float("inf"),
        ranking.gini(expected, came),
        ranking.gini(year, came),
        ranking.top_share_lift(expected, came),
        ranking.top_share_lift(year, came),
        calibration(past.x, expected, came),
        model,
    )


def calibration(x, expected, came, groups: int = 8) -> tuple[CalibrationRow, ...]:
    """Predicted and actual purchases by the number of earlier repeat purchases."""
    import numpy as np

    group = np.minimum(np.asarray(x), groups - 1).astype(int)
    rows = []
    for level in range(groups):
        members = group == level
        if members.any():
            rows.append(
                CalibrationRow(
                    level,
                    level == groups - 1,
                    int(members.sum()),
                    float(expected[members].mean()),
                    float(came[members].mean()),
                )
            )
    return tuple(rows)
