"""BG/NBD: how often customers will buy again, and whether they still do.

P. Fader, B. Hardie, K. L. Lee (2005), *"Counting Your Customers" the Easy Way: An
Alternative to the Pareto/NBD Model*, Marketing Science 24(2), 275-284.

While active, a customer buys at random at rate λ; after each purchase the customer
leaves for good with probability p. Over all customers λ is Gamma(r, α) and p is
Beta(a, b) distributed. With x repeat purchases, the last at t_x, observed until T
(:mod:`.history`), the likelihood is (their equation 6)::

    L = Γ(r+x)/Γ(r) · α^r · B(a, b+x)/B(a, b)
        · [ (α+T)^-(r+x)  +  δ(x>0) · a/(b+x-1) · (α+t_x)^-(r+x) ]

Everything is computed with logarithms, once for each distinct (x, t_x, T), with
analytic derivatives.

Given the history and that the customer is active, λ is Gamma(r+x, α+T) and p is
Beta(a, b+x), independently. The number of purchases in the next t is then the smaller
of a Poisson(λt) and a Geometric(p) number: ranges are simulated from exactly that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import BadInput, NoFit, Shortage, TooFewData
from .likelihood import maximise

if TYPE_CHECKING:
    from numpy import ndarray

#: logarithms of parameters stay within these bounds (times are scaled to about 1)
BOUNDS = (-9.0, 9.0)
#: nearer to 1 than this, ``a`` (and ``a + b + x``) is moved: the form divides by 0
SINGULAR = 1e-5


@dataclass(frozen=True)
class Requirement:
    """What a fit needs at least so that its totals can be relied on.

    :param customers: with at least one purchase.
    :param repeat_customers: with at least two.
    :param days: from the first purchase of anybody to the end.
    """

    customers: int = 300
    repeat_customers: int = 60
    days: float = 120.0


@dataclass(frozen=True)
class BgNbd:
    """Most likely parameters.

    :param r: shape of the rate of buying.
    :param alpha: its scale, in the unit of time of the data.
    :param a: first parameter of the chance of leaving.
    :param b: second parameter.
    :param log_likelihood: natural logarithm, summed over all customers.
    :param customers: how many it was learnt from.
    :param covariance: 4 rows of 4, of the logarithms of (r, α, a, b); what the data
        leave open. Empty when it cannot be told.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = 0.0
    customers: int = 0
    covariance: tuple[tuple[float, ...], ...] = ()

    @property
    def no_dropout(self) -> bool:
        """Whether the data know (almost) nobody who left."""
        return self.a / (self.a + self.b) < 1e-3


@dataclass(frozen=True, eq=False)
class _Grouped:
    """Distinct histories, how many customers have each, and distinct x among them.

    Gamma functions depend on x alone, of which there are few: they are computed for
    ``levels`` only, which ``level_weight`` customers have; both of shape ``(l,)``.
    """

    x: ndarray
    t_x: ndarray
    age: ndarray
    weight: ndarray
    levels: ndarray
    level_weight: ndarray


def check_enough(x, age, requirement: Requirement) -> None:
    """Refuse what is too little to learn from.

    :param x: shape ``(n,)``, repeat purchases.
    :param age: shape ``(n,)``, in days.
    :raise TooFewData: names everything that is missing.
    """
    facts = (
        ("customers", len(x), requirement.customers),
        ("repeat_customers", int((x > 0).sum()), requirement.repeat_customers),
        ("days", float(age.max()) if len(age) else 0.0, requirement.days),
    )
    missing = [Shortage(*fact) for fact in facts if fact[1] < fact[2]]
    if missing:
        raise TooFewData(*missing)


def fit(x, t_x, age, requirement: Requirement | None = None) -> BgNbd:
    """Parameters by maximum likelihood.

    :param x: shape ``(n,)``, repeat purchases.
    :param t_x: shape ``(n,)``, time of the last purchase after the first.
    :param age: shape ``(n,)``, time of the end after the first purchase.
    :param requirement: what the data must have; only useful when times are days.
        Left out, one repeat customer is enough.
    :raise TooFewData: says what is missing.
    :raise BadInput: a history cannot be.
    :raise NoFit: the search did not end.
    """
    import numpy as np

    x, t_x, age = _checked(x, t_x, age)
    least = Requirement(customers=1, repeat_customers=1, days=0.0)
    check_enough(x, age, requirement or least)
    # Parameters are near 1 when times are: the search is then well conditioned.
    scale = max(float(age.mean()), 1e-9)
    groups = _group(x, t_x / scale, age / scale)
    total = float(groups.weight.sum())

    def objective(theta):
        value, gradient = _log_likelihood(theta, groups)
        return -value / total, -gradient / total

    theta, smallest = maximise(objective, (_start(groups), np.zeros(4)), [BOUNDS] * 4)
    if not np.isfinite(smallest):
        raise NoFit("the likelihood of these histories is not a number")
    r, alpha, a, b = np.exp(theta)
    # Densities of times change with their unit, by the scale for each repeat purchase.
    shift = float((groups.weight * groups.x).sum()) * np.log(scale)
    return BgNbd(
        float(r),
        float(alpha * scale),
        float(a),
        float(b),
        float(-smallest * total - shift),
        len(x),
        _covariance(theta, groups),
    )


def _checked(x, t_x, age):
    import numpy as np

    arrays = [np.atleast_1d(np.asarray(v, dtype=float)) for v in (x, t_x, age)]
    if len({len(array) for array in arrays}) != 1:
        raise BadInput("x, t_x and age differ in length")
    x, t_x, age = arrays
    if not all(np.isfinite(array).all() for array in arrays):
        raise BadInput("a history is not a number")
    if (x < 0).any() or (t_x < 0).any() or (t_x > age).any():
        raise BadInput("a last purchase lies outside the time observed")
    return x, t_x, age


def _group(x, t_x, age) -> _Grouped:
    import numpy as np

    order = np.lexsort((age, t_x, x))
    table = np.stack((x, t_x, age))[:, order]
    new = np.ones(table.shape[1], dtype=bool)
    new[1:] = (table[:, 1:] != table[:, :-1]).any(axis=0)
    starts = np.flatnonzero(new)
    weight = np.diff(np.append(starts, table.shape[1])).astype(float)
    x, t_x, age = table[:, starts]
    levels, level = np.unique(x, return_inverse=True)
    return _Grouped(x, t_x, age, weight, levels, np.bincount(level, weight))


def _start(groups: _Grouped):
    """Moments of the rate of buying; of those who leave nothing is known yet."""
    import numpy as np

    rate = groups.x / np.maximum(groups.age, 0.05)
    mean = float(np.average(rate, weights=groups.weight))
    spread = float(np.average((rate - mean) ** 2, weights=groups.weight))
    r = np.clip(mean**2 / max(spread - mean, mean * 0.1, 1e-6), 0.05, 20.0)
    return np.clip(np.log([r, r / max(mean, 1e-6), 0.5, 2.0]), *BOUNDS)


def _log_likelihood(theta, groups: _Grouped):
    """Sum over customers and its derivatives by the logarithms of the parameters."""
    import numpy as np
    from scipy.special import digamma, expit, gammaln

    r, alpha, a, b = np.exp(theta)
    x, weight = groups.x, groups.weight
    # What depends on x alone.
    level, count = groups.levels, groups.level_weight
    gammas = (
        gammaln(r + level)
        - gammaln(r)
        + r * theta[1]
        + gammaln(b + level)
        - gammaln(a + b + level)
        - gammaln(b)
        + gammaln(a + b)
    )
    psi = digamma(a + b) - digamma(a + b + level)
    by_r = _total(count, digamma(r + level) - digamma(r) + theta[1])
    by_b = _total(count, psi + digamma(b + level) - digamma(b))
    # The rest: still active, or gone after the last purchase.
    log_age, log_last = np.log(alpha + groups.age), np.log(alpha + groups.t_x)
    repeat = x > 0
    chance = np.where(repeat, b + x - 1, 1.0)
    active = -(r + x) * log_age
    left = np.where(repeat, theta[2] - np.log(chance) - (r + x) * log_last, -np.inf)
    gone = expit(left - active)
    value = _total(count, gammas) + _total(weight, np.logaddexp(active, left))
    by_r += _total(weight, gone * (log_age - log_last) - log_age)
    per_alpha = (1 - gone) / (alpha + groups.age) + gone / (alpha + groups.t_x)
    by_alpha = weight.sum() * r / alpha - _total(weight, (r + x) * per_alpha)
    by_a = _total(count, psi) + _total(weight, gone) / a
    by_b -= _total(weight, gone / chance)
    return value, np.array([r * by_r, alpha * by_alpha, a * by_a, b * by_b])


def _total(weight, values):
    """Weighted sum. No dot product: its threads wait for each other on busy cores."""
    return (weight * values).sum()


def _covariance(theta, groups: _Grouped) -> tuple[tuple[float, ...], ...]:
    """Inverse of the observed information; empty at the edge of what can be."""
    import numpy as np

    step = 1e-4
    rows = []
    for moved in np.eye(4) * step:
        _, up = _log_likelihood(theta + moved, groups)
        _, down = _log_likelihood(theta - moved, groups)
        rows.append((down - up) / (2 * step))
    information = (np.array(rows) + np.array(rows).T) / 2
    if (np.linalg.eigvalsh(information) <= 1e-9).any():
        return ()
    return tuple(map(tuple, np.linalg.inv(information).tolist()))


def log_likelihood(model: BgNbd, x, t_x, age) -> float:
    """Natural logarithm of the likelihood of histories, summed over customers."""
    import numpy as np

    theta = np.log([model.r, model.alpha, model.a, model.b])
    return float(_log_likelihood(theta, _group(*_checked(x, t_x, age)))[0])


def probability_active(model: BgNbd, x, t_x, age):
    """Chance that a customer still buys at all; shape ``(n,)``.

    1 / (1 + δ(x>0) · a/(b+x-1) · ((α+T)/(α+t_x))^(r+x)). Who never bought again cannot
    have left in this model: the chance is 1, see :mod:`.churn` for a warning sign that
    works for them too.
    """
    import numpy as np
    from scipy.special import expit

    x, t_x, age = _checked(x, t_x, age)
    repeat = x > 0
    chance = np.where(repeat, model.b + x - 1, 1.0)
    odds = (
        np.log(model.a)
        - np.log(chance)
        + (model.r + x) * (np.log(model.alpha + age) - np.log(model.alpha + t_x))
    )
    return np.where(repeat, expit(-odds), 1.0)


def probability_of_purchase(model: BgNbd, horizon: float, x, t_x, age):
    """Chance of at least one purchase in the next ``horizon``; shape ``(n,)``.

    P(active) · (1 - ((α+T)/(α+T+t))^(r+x)): nobody leaves without a purchase before.
    """
    import numpy as np

    x, t_x, age = _checked(x, t_x, age)
    none = (model.r + x) * (
        np.log(model.alpha + age) - np.log(model.alpha + age + horizon)
    )
    return -np.expm1(none) * probability_active(model, x, t_x, age)


def expected_purchases(model: BgNbd, horizon: float, x, t_x, age):
    """Mean number of purchases in the next ``horizon``; shape ``(n,)``.

    Equation 10 of the paper, the hypergeometric function transformed as by Euler:
    numerator (a+b+x-1)/(a-1) · [1 - (1-z)^(a-1) · ₂F₁(a+b-1-r, a-1; a+b+x-1; z)] with
    z = t/(α+T+t). In that form nothing overflows, however large x is.
    """
    x, t_x, age = _checked(x, t_x, age)
    if horizon < 0:
        raise BadInput("the horizon lies in the past")
    active = probability_active(model, x, t_x, age)
    return active * _expected_if_active(model, horizon, x, age)


def expected_first_purchases(model: BgNbd, horizon):
    """Mean number of repeat purchases in the time after a first one (equation 9).

    :param horizon: shape ``(n,)``, time since the first purchase.
    """
    import numpy as np

    horizon = np.asarray(horizon, dtype=float)
    return _expected_if_active(model, horizon, np.zeros_like(horizon), 0.0)


def _expected_if_active(model: BgNbd, horizon, x, age):
    import numpy as np
    from scipy.special import hyp2f1

    a, top = model.a, model.a + model.b + x - 1
    if abs(a - 1) < SINGULAR:
        a = 1 + 10 * SINGULAR
    near = np.abs(top - np.round(top)) < SINGULAR
    top = np.where(near & (top < 0.5), top + 10 * SINGULAR, top)
    z = horizon / (model.alpha + age + horizon)
    with np.errstate(invalid="ignore", over="ignore"):
        series = hyp2f1(model.a + model.b - 1 - model.r, a - 1, top, z)
        expected = top / (a - 1) * (1 - np.exp((a - 1) * np.log1p(-z)) * series)
    # The function gives up where customers are almost alike: there terms are summed.
    lost = ~np.isfinite(expected)
    if lost.any():
        rows = (np.broadcast_to(value, expected.shape)[lost] for value in (z, x))
        expected[lost] = _expected_sum(model, *rows)
    return np.maximum(expected, 0.0)


def _expected_sum(model: BgNbd, z, x, block: int = 2000):
    """E[min(N, G)] as the sum of P(N >= k) · P(G >= k), N negative binomial.

    :param z: shape ``(n,)``, t/(α+T+t).
    """
    import numpy as np
    from scipy.special import betainc, betaln

    result = np.empty(len(x))
    shape = model.r + x
    # Far above the mean of N nothing is left.
    mean = shape * z / (1 - z)
    longest = np.ceil(mean + 12 * np.sqrt(mean / (1 - z)) + 30)
    order = np.argsort(longest)
    for start in range(0, len(order), block):
        rows = order[start : start + block]
        b, n = model.b + x[rows, None], shape[rows, None]
        k = np.arange(1, longest[rows[-1]] + 1)
        stays = np.exp(betaln(model.a, b + k - 1) - betaln(model.a, b))
        result[rows] = (betainc(k, n, z[rows, None]) * stays).sum(axis=1)
    return result


def next_purchase_time(model: BgNbd, quantile: float, x, age):
    """Time from now by which a customer, if still active, has bought again.

    The time to the next purchase of an active customer is Lomax distributed:
    P(Y > y) = ((α+T)/(α+T+y))^(r+x). It has no mean when r + x <= 1, but quantiles.

    :param quantile: in (0, 1); 0.5 for the median.
    :return: shape ``(n,)``.
    """
    import numpy as np

    if not 0 < quantile < 1:
        raise BadInput("a quantile lies between 0 and 1")
    x, age = np.asarray(x, dtype=float), np.asarray(age, dtype=float)
    exponent = np.minimum(-np.log1p(-quantile) / (model.r + x), 700.0)
    return (model.alpha + age) * np.expm1(exponent)


def simulate_purchases(model: BgNbd, horizon: float, x, t_x, age, draws: int, rng):
    """Numbers of purchases as they may come, the customer's own chance included.

    :param rng: a ``numpy.random.Generator``.
    :return: shape ``(n, draws)``, whole numbers.
    """
    import numpy as np

    x, t_x, age = _checked(x, t_x, age)
    active = probability_active(model, x, t_x, age)[:, None]
    shape = (len(x), draws)
    rate = rng.gamma(model.r + x[:, None], 1 / (model.alpha + age[:, None]), shape)
    bought = rng.poisson(np.minimum(rate * horizon, 1e9))
    leaving = np.clip(rng.beta(model.a, model.b + x[:, None], shape), 1e-12, 1.0)
    bought = np.minimum(bought, rng.geometric(leaving))
    return np.where(rng.random(shape) < active, bought, 0)


def draw_parameters(model: BgNbd, draws: int, rng) -> list[BgNbd]:
    """Parameters that the data allow as well: their logarithms vary normally.

    Empty when the covariance is not known.
    """
    import numpy as np

    if not model.covariance:
        return []
    centre = np.log([model.r, model.alpha, model.a, model.b])
    sample = rng.multivariate_normal(centre, np.array(model.covariance), draws)
    return [BgNbd(*map(float, row)) for row in np.exp(np.clip(sample, -30, 30))]
