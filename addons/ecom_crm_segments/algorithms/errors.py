"""What can be wrong with data, as types: the caller puts it in words."""

from __future__ import annotations

from dataclasses import dataclass


class AlgorithmError(Exception):
    """Base of everything the algorithms raise on purpose."""


@dataclass(frozen=True)
class Shortage:
    """One thing there is too little of.

    :param what: ``customers``, ``repeat_customers``, ``days``, ``orders``...
    :param have: what there is.
    :param need: the least that gives a result one can rely on.
    """

    what: str
    have: float
    need: float


class TooFewData(AlgorithmError):
    """There are too few data for a trustworthy result.

    :ivar shortages: tuple of :class:`Shortage`, what is missing and how much it takes.
    """

    def __init__(self, *shortages: Shortage):
        self.shortages = shortages
        super().__init__(
            ", ".join(f"{s.what}: {s.have:g} of {s.need:g}" for s in shortages)
        )


class NoFit(AlgorithmError):
    """The search for the most likely parameters did not come to an end."""


class BadInput(AlgorithmError, ValueError):
    """An argument is impossible, e.g. a last order after the end of the period."""
