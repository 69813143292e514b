r"""Quantiles of demand with a given mean and variance.

Negative binomial with mean :math:`\mu` and variance :math:`v>\mu`: size
:math:`r=\mu^2/(v-\mu)`, probability :math:`p=r/(r+\mu)`,
:math:`P(D\le x)=I_p(r,x+1)` (regularised incomplete beta function). Where the variance
is not above the mean it is taken as just above, which is nearly Poisson. From a mean of
:data:`LARGE` on the gamma distribution of the same moments is used, which is its limit.

Source: Silver, Pyke, Peterson, section 7.7; N. Johnson, S. Kotz, A. Kemp, *Univariate
Discrete Distributions*, chapter 5. Arguments are numbers or arrays that broadcast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import np, special

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: least ratio of variance to mean
LEAST_DISPERSION = 1.02
#: mean from which single pieces do not matter
LARGE = 25.0
#: least mean that is told from zero
NOTHING = 1e-4
#: least size of the distribution: below, nearly all of it is at zero
LEAST_SIZE = 1e-3
#: steps from the guess to the integer that are taken at most
STEPS = 64


def size_and_chance(mean: Array, variance: Array) -> tuple[Array, Array]:
    """Parameters r and p; ``mean`` more than zero."""
    variance = np.maximum(variance, LEAST_DISPERSION * mean)
    size = np.maximum(mean * mean / (variance - mean), LEAST_SIZE)
    return size, size / (size + mean)


def cumulative(units, mean, variance) -> Array:
    """P(D <= units)."""
    units, mean, variance = np.broadcast_arrays(
        *(np.asarray(value, dtype=float) for value in (units, mean, variance))
    )
    size, chance = size_and_chance(np.maximum(mean, NOTHING), variance)
    whole = np.floor(np.maximum(units, 0.0))
    below = special.betainc(size, whole + 1, chance)
    return np.where(units < 0, 0.0, np.where(mean > NOTHING, below, 1.0))


def gamma_quantile(level, mean, variance) -> Array:
    """Quantile of gamma demand with these moments."""
    mean = np.maximum(mean, NOTHING)
    variance = np.maximum(variance, LEAST_DISPERSION * mean)
    shape = np.maximum(mean * mean / variance, LEAST_SIZE)
    return special.gammaincinv(shape, level) * mean / shape


def quantile(level, mean, variance) -> Array:
    """Smallest number of units with P(D <= units) >= level; whole below :data:`LARGE`.

    :param level: between 0 and 1, both excluded.
    :raises ValueError: when a level is outside.
    """
    level, mean, variance = np.broadcast_arrays(
        *(np.asarray(value, dtype=float) for value in (level, mean, variance))
    )
    if np.any(~((level > 0) & (level < 1))):
        raise ValueError("levels lie between 0 and 1, both excluded")
    result = np.where(mean > NOTHING, gamma_quantile(level, mean, variance), 0.0)
    small = (mean > NOTHING) & (mean < LARGE)
    result[small] = exact(level[small], mean[small], variance[small], result[small])
    return result


def exact(level: Array, mean: Array, variance: Array, guess: Array) -> Array:
    """Integer quantiles found from a guess nearby, all of shape ``(k,)``."""
    size, chance = size_and_chance(mean, variance)
    units = np.maximum(np.floor(guess), 0.0)
    enough = special.betainc(size, units + 1, chance) >= level
    down, up = np.flatnonzero(enough & (units > 0)), np.flatnonzero(~enough)
    for _ in range(STEPS):
        still = special.betainc(size[down], units[down], chance[down]) >= level[down]
        down = down[still]
        units[down] -= 1
        down = down[units[down] > 0]
        units[up] += 1
        reached = special.betainc(size[up], units[up] + 1, chance[up]) >= level[up]
        up = up[~reached]
        if not len(down) and not len(up):
            break
    return units
