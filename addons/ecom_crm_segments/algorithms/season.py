"""A clock that runs faster in busy months, so that buying is even by its time.

A Poisson process whose rate is λ·s(t) is a Poisson process of rate λ in the time
∫s(t)dt (operational time: W. Feller, *An Introduction to Probability Theory*, vol. 2,
X.7). A model that knows no season can be learnt in that time and stays right.

Days are those of ``datetime.date.toordinal``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .errors import BadInput

#: a year may lack this many days: shops are closed around its ends
SLACK = 25
#: days of the clock beyond the last day known: how far a prediction can look
FUTURE = 366 * 6
FLAT = (1.0,) * 12


@dataclass(frozen=True)
class Season:
    """How busy each month is.

    :param index: January to December; 1 is the mean of them all.
    """

    index: tuple[float, ...] = FLAT

    def __post_init__(self):
        if len(self.index) != 12 or min(self.index) <= 0:
            raise BadInput("a season has twelve positive numbers")

    @property
    def flat(self) -> bool:
        """Whether all months are alike."""
        return self.index == FLAT


def months(first: int, last: int):
    """Month, 0 for January, of each day from ``first`` to ``last``."""
    import numpy as np

    start = np.datetime64(date.fromordinal(first))
    days = start + np.arange(last - first + 1)
    return days.astype("datetime64[M]").astype(int) % 12


def measure(days, first: int, last: int) -> Season:
    """Purchases a day in each month, over the last whole years.

    Counts everybody's purchases: in a shop that wins customers as steadily as it loses
    them, that is the season and nothing else. Whether it is for this shop is for a
    back-test to say (:func:`.lifetime.learn`).

    :param days: shape ``(m,)``, day of each purchase.
    :return: flat when a year is not known, or a month has no purchase.
    """
    import numpy as np

    years = (last - first + 1 + SLACK) // 365
    if not years:
        return Season()
    start = last - round(years * 365.25) + 1
    start = max(start, first)
    days = np.asarray(days)
    days = days[(days >= start) & (days <= last)]
    month = months(start, last)
    bought = np.bincount(month[days - start], minlength=12)
    rate = bought / np.maximum(np.bincount(month, minlength=12), 1)
    if (rate <= 0).any():
        return Season()
    return Season(tuple((rate / rate.mean()).tolist()))


class Clock:
    """Converts days into seasonal days and back, both counted as ordinals.

    :param first: first day that will be asked for.
    :param last: last day that is known; :data:`FUTURE` days more can be asked for.
    """

    def __init__(self, season: Season, first: int, last: int):
        import numpy as np

        self._first = first - 1
        pace = np.asarray(season.index)[months(first, last + FUTURE)]
        self._time = np.concatenate(([0.0], np.cumsum(pace)))

    def at(self, days):
        """Seasonal time at the end of days; of any shape."""
        import numpy as np

        where = np.asarray(days).astype(np.int64) - self._first
        return self._time[np.clip(where, 0, len(self._time) - 1)]

    def day(self, times):
        """First day at whose end the clock shows at least these times."""
        import numpy as np

        where = np.searchsorted(self._time, np.asarray(times, dtype=float))
        return np.minimum(where, len(self._time) - 1) + self._first
