r"""When an order that is under way arrives, from how its vendor kept promises so far.

The delay of a receipt is its day less the day promised, in days; early ones are
negative. Mean :math:`\mu` and deviation :math:`\sigma` of the next delay are shrunk as
in :mod:`.lead_time`: towards a kept promise for the vendor, towards the vendor for its
product. The delay X is taken as logistic with these moments,

:math:`P(X>x)=\frac1{1+e^z},\quad z=\frac{x-\mu}{s},\quad s=\sigma\sqrt3/\pi`,

whose tail is exponential: what is long overdue is expected after one more usual
deviation, where a normal tail would promise it for tomorrow. Given that it has not come
before :math:`a`,

:math:`x_p=\mu+s\ln\frac{e^{z_a}+p}{1-p},\qquad
P(X>x\mid X>a)=\frac{1+e^{z_a}}{1+e^{z_x}}`.

Days are whole, so that half a day is added where days become points (continuity
correction). Source: Johnson, Kotz, Balakrishnan, *Continuous Univariate Distributions*,
volume 2, chapter 23.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lazy import np
from .lead_time import PRIOR_RECEIPTS, STATED_VARIATION, posterior

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: parts of the arrivals that are before the earliest and before the latest day
EARLY, LATE = 0.1, 0.9
#: least deviation of a delay, days: a day is not promised to the hour
LEAST_DEVIATION = 0.5


@dataclass(frozen=True)
class Record:
    """Receipts of n sources against what was promised, arrays ``(n,)``.

    :param count: receipts; :param mean: of their delays, days.
    :param squares: sum of the squared distances of the delays from their mean.
    """

    count: Array
    mean: Array
    squares: Array


@dataclass(frozen=True)
class Arrival:
    """Arrival of n orders, arrays ``(n,)``, days after the promised day.

    :param early: one in ten comes before; :param late: one in ten comes after.
    :param risk: probability of coming after the promised day.
    """

    early: Array
    late: Array
    risk: Array


def delay(promised, vendor: Record, product: Record) -> tuple[Array, Array]:
    """Mean and deviation of the next delay, days, ``(n,)`` each.

    :param promised: days from order to promised day, ``(n,)``.
    :param vendor: all receipts of the vendor; :param product: those of this product.
    """
    stated = STATED_VARIATION * np.maximum(np.asarray(promised, dtype=float), 0.0)
    mean, variance = 0.0, np.square(stated)
    for record in (vendor, product):
        mean, variance = posterior(
            mean,
            np.sqrt(variance),
            PRIOR_RECEIPTS,
            np.asarray(record.count, dtype=float),
            np.asarray(record.mean, dtype=float),
            np.asarray(record.squares, dtype=float),
        )
    return mean, np.maximum(np.sqrt(variance), LEAST_DEVIATION)


def expect(mean, deviation, overdue) -> Arrival:
    """When orders arrive that have not arrived yet.

    :param mean: of the delay; :param deviation: of it, more than zero; ``(n,)``.
    :param overdue: days from the promised day to today, negative before; ``(n,)``.
    """
    mean, overdue = np.asarray(mean, dtype=float), np.asarray(overdue, dtype=float)
    scale = np.asarray(deviation, dtype=float) * np.sqrt(3.0) / np.pi
    since = (overdue - 0.5 - mean) / scale

    def day(part):
        point = np.logaddexp(since, np.log(part)) - np.log1p(-part)
        return np.ceil(mean + scale * point - 0.5)

    kept = (0.5 - mean) / scale
    risk = np.exp(np.logaddexp(0.0, since) - np.logaddexp(0.0, kept))
    return Arrival(day(EARLY), day(LATE), np.where(overdue > 0, 1.0, risk))
