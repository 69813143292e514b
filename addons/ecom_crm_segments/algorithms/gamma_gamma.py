"""Gamma-Gamma: what customers will spend on a purchase.

P. Fader, B. Hardie (2013), *The Gamma-Gamma Model of Monetary Value*,
http://www.brucehardie.com/notes/025/. Values of the purchases of one customer are
Gamma(p, ν) distributed, ν over all customers Gamma(q, v). With x purchases of mean z::

    L = Γ(px+q) / (Γ(px) Γ(q)) · v^q · z^(px-1) · x^px / (v + xz)^(px+q)

    E(mean value | x, z) = p (v + xz) / (px + q - 1)

The model asks that value and frequency be unrelated; :attr:`GammaGamma.correlation`
tells how far that holds. ``q`` stays above 1: only then is there a mean value.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import BadInput, NoFit, Shortage, TooFewData
from .likelihood import maximise


@dataclass(frozen=True)
class GammaGamma:
    """Most likely parameters.

    :param p: shape of the values of one customer.
    :param q: shape of what differs between customers.
    :param v: scale, in the currency of the data.
    :param log_likelihood: natural logarithm, summed over the customers used.
    :param customers: how many it was learnt from.
    :param left_out: customers with a repeat purchase whose mean value is not positive.
    :param correlation: of frequency and mean value; near 0 is what the model asks for.
    :param sample_mean: of the mean values it was learnt from; 0 when it was not learnt.
    """

    p: float
    q: float
    v: float
    log_likelihood: float = 0.0
    customers: int = 0
    left_out: int = 0
    correlation: float = 0.0
    sample_mean: float = 0.0

    @property
    def population_mean(self) -> float:
        """Expected value of a purchase of somebody nothing is known of.

        Up to q = 2 the model's values have no variance, and towards q = 1 no mean: a
        tail that hardly anybody has shown would decide. What customers spent does then.
        """
        if self.q < 2 and self.sample_mean:
            return self.sample_mean
        return self.p * self.v / (self.q - 1)


def fit(x, mean_value, least: int = 1) -> GammaGamma:
    """Parameters by maximum likelihood.

    :param x: shape ``(n,)``, repeat purchases.
    :param mean_value: shape ``(n,)``, their mean value; not positive (refunds larger
        than orders) or without a repeat purchase is left out.
    :param least: customers that are needed.
    :raise TooFewData: fewer than that can be used.
    :raise NoFit: the search did not end.
    """
    import numpy as np

    x, mean_value = (np.asarray(v, dtype=float) for v in (x, mean_value))
    if x.shape != mean_value.shape:
        raise BadInput("x and mean_value differ in length")
    repeat = x > 0
    used = repeat & (mean_value > 0) & np.isfinite(mean_value)
    left_out = int(repeat.sum() - used.sum())
    if used.sum() < max(least, 1):
        raise TooFewData(Shortage("repeat_customers", int(used.sum()), max(least, 1)))
    x, z = x[used], mean_value[used]
    scale = float(np.median(z))
    total = len(x)

    def objective(theta):
        value, gradient = _log_likelihood(theta, x, z / scale)
        return -value / total, -gradient / total

    bounds = [(-6.0, 9.0), (-6.0, 9.0), (-9.0, 12.0)]
    theta, smallest = maximise(objective, (np.log([2.0, 2.0, 2.0]),), bounds)
    if not np.isfinite(smallest):
        raise NoFit("the likelihood of these values is not a number")
    p, above, v = np.exp(theta)
    # A density of values changes with their unit, once for each customer.
    likelihood = -smallest * total - total * np.log(scale)
    return GammaGamma(
        float(p),
        float(1 + above),
        float(v * scale),
        float(likelihood),
        total,
        left_out,
        _correlation(x, z),
        float(z.mean()),
    )


def _log_likelihood(theta, x, z):
    """Sum and derivatives by (log p, log(q-1), log v)."""
    import numpy as np
    from scipy.special import digamma, gammaln

    p, above, v = np.exp(theta)
    q, px = 1 + above, p * x
    spread = np.log(v + x * z)
    value = (
        gammaln(px + q)
        - gammaln(px)
        - gammaln(q)
        + q * theta[2]
        + (px - 1) * np.log(z)
        + px * np.log(x)
        - (px + q) * spread
    )
    psi = digamma(px + q)
    by_p = x * (psi - digamma(px) + np.log(z) + np.log(x) - spread)
    by_q = psi - digamma(q) + theta[2] - spread
    by_v = q / v - (px + q) / (v + x * z)
    gradient = np.array([p * by_p.sum(), above * by_q.sum(), v * by_v.sum()])
    return value.sum(), gradient


def _correlation(x, z) -> float:
    import numpy as np

    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(z) == 0:
        return 0.0
    return float(np.corrcoef(x, z)[0, 1])


def expected_value(model: GammaGamma, x, mean_value):
    """Mean value of a future purchase; shape ``(n,)``.

    Own experience and that of all customers, weighed by how much of the former there
    is. A mean value that is not positive counts as no experience.
    """
    import numpy as np

    x, z = _experience(x, mean_value)
    known = model.p * (model.v + x * z) / (model.p * x + model.q - 1)
    return np.where(x > 0, known, model.population_mean) * np.ones_like(z)


def _experience(x, mean_value):
    import numpy as np

    x, z = (np.asarray(value, dtype=float) for value in (x, mean_value))
    known = (x > 0) & (z > 0)
    return np.where(known, x, 0.0), np.where(known, z, 0.0)


def simulate_value(model: GammaGamma, purchases, x, mean_value, rng):
    """Value of simulated purchases, together for each customer and draw.

    Given the history ν is Gamma(px+q, v+xz); n purchases sum up to Gamma(pn, ν).

    :param purchases: shape ``(n, draws)``, see :func:`.bg_nbd.simulate_purchases`.
    :return: shape ``(n, draws)``.
    """
    import numpy as np

    x, z = (value[:, None] for value in _experience(x, mean_value))
    nu = rng.gamma(model.p * x + model.q, 1 / (model.v + x * z), purchases.shape)
    amount = rng.gamma(np.maximum(model.p * purchases, 1e-12)) / np.maximum(nu, 1e-300)
    return np.where(purchases > 0, amount, 0.0)
