r"""Loss functions: expected shortage and expected leftover of a stock level.

:math:`n(x)=E[(D-x)^+]`, :math:`\bar n(x)=E[(x-D)^+]=n(x)+x-E[D]`; second order
:math:`n^{(2)}(x)=\tfrac12E[((D-x)^+)^2]`.

* Normal: :math:`n(x)=\sigma G(z)`, :math:`G(z)=\varphi(z)-z(1-\Phi(z))`,
  :math:`n^{(2)}(x)=\tfrac{\sigma^2}2((z^2+1)(1-\Phi(z))-z\varphi(z))`,
  :math:`z=(x-\mu)/\sigma`.
* Poisson: :math:`n(x)=(\mu-x)(1-F(x-1))+\mu f(x)\cdot[\ldots]`, written with the
  distribution function: :math:`n(x)=\mu(1-F(x-2))-x(1-F(x-1))`, x whole.
* Gamma(shape a, scale b): :math:`n(x)=ab(1-F_{a+1}(x))-x(1-F_a(x))`.
* Negative binomial: :math:`n(x)=\mu(1-F_{r+1}(x-2))-x(1-F_r(x-1))`, x whole, with the
  same success probability.

Source: L. V. Snyder, Z.-J. M. Shen, *Fundamentals of Supply Chain Theory*, appendix C;
the last line follows from :math:`k f_r(k)=\mu f_{r+1}(k-1)`. Everything is vectorised:
arguments are numbers or arrays that broadcast.
"""

from __future__ import annotations

import math

from .lazy import np, special


def normal_density(z):
    """Density of the standard normal distribution."""
    return np.exp(-0.5 * np.square(z)) / math.sqrt(2 * math.pi)


def standard_normal_loss(z):
    """G(z): expected shortage of a standard normal demand above z."""
    return normal_density(z) - np.asarray(z) * special.ndtr(-np.asarray(z, dtype=float))


def standard_normal_loss_inverse(loss):
    """The z at which :func:`standard_normal_loss` is ``loss``.

    Newton's method on the logarithm of G, which is concave and decreasing.

    :param loss: more than zero; array or number.
    :raises ValueError: for a loss that is not positive.
    """
    loss = np.asarray(loss, dtype=float)
    if np.any(~(loss > 0)):
        raise ValueError("the expected shortage must be positive")
    z = np.where(loss > 0.4, -loss, np.sqrt(np.maximum(-2 * np.log(loss + 1e-300), 0)))
    z = np.minimum(z, 37.0)
    for _ in range(60):
        value = np.maximum(standard_normal_loss(z), 1e-300)
        step = (np.log(value) - np.log(loss)) * value / special.ndtr(-z)
        z = np.clip(z + np.clip(step, -4, 4), -1e15, 37.5)
        if np.all(np.abs(step) < 1e-12 * (1 + np.abs(z))):
            break
    return z


def normal_loss(level, mean, deviation):
    """Expected shortage of normal demand; a deviation of zero is a certain demand."""
    level, mean, deviation = np.broadcast_arrays(
        *(np.asarray(value, dtype=float) for value in (level, mean, deviation))
    )
    certain = deviation <= 0
    scale = np.where(certain, 1.0, deviation)
    uncertain = scale * standard_normal_loss((level - mean) / scale)
    return np.where(certain, np.maximum(mean - level, 0.0), uncertain)


def normal_second_loss(level, mean, deviation):
    """Second-order loss of normal demand, deviation more than zero."""
    z = (np.asarray(level, dtype=float) - mean) / deviation
    tail = special.ndtr(-z)
    return np.square(deviation) / 2 * ((z * z + 1) * tail - z * normal_density(z))


def poisson_loss(level, mean):
    """Expected shortage of Poisson demand above a whole level."""
    level = np.asarray(level, dtype=float)
    above = 1 - poisson_cdf(level - 2, mean)
    return mean * above - level * (1 - poisson_cdf(level - 1, mean))


def poisson_cdf(level, mean):
    """Distribution function of Poisson demand; zero below zero."""
    level = np.floor(np.asarray(level, dtype=float))
    return np.where(level < 0, 0.0, special.pdtr(np.maximum(level, 0.0), mean))


def gamma_loss(level, shape, scale):
    """Expected shortage of gamma demand."""
    relative = np.maximum(np.asarray(level, dtype=float), 0.0) / scale
    tail = special.gammaincc(shape, relative)
    return shape * scale * special.gammaincc(shape + 1, relative) - level * tail


def negative_binomial_loss(level, size, mean):
    """Expected shortage of negative binomial demand above a whole level.

    :param size: r, more than zero; :param mean: of the demand.
    """
    level, size, mean = np.broadcast_arrays(
        *(np.asarray(value, dtype=float) for value in (level, size, mean))
    )
    chance = size / (size + mean)
    more = negative_binomial_tail(level - 1, size + 1, chance)
    return mean * more - level * negative_binomial_tail(level, size, chance)


def negative_binomial_tail(level, size, chance):
    """P(D >= level) for a whole level; one at or below zero."""
    level = np.asarray(level, dtype=float)
    below = special.betainc(size, np.maximum(level, 1.0), chance)
    return np.where(level <= 0, 1.0, 1 - below)


def leftover(shortage, level, mean):
    """Expected leftover that belongs to an expected shortage."""
    return shortage + level - mean
