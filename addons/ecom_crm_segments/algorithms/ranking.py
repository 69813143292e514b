"""How well a score puts those first who buy most."""

from __future__ import annotations


def top_share_lift(score, outcome, share: float = 0.1) -> float:
    """Outcome of the best-scored share of customers over that share of everybody's.

    1 is no better than chance; customers with equal scores count in part.

    :param score: shape ``(n,)``; higher is better.
    :param outcome: shape ``(n,)``, e.g. orders that came.
    :return: 0 when nothing came at all.
    """
    import numpy as np

    captured, people = _curve(score, outcome)
    if not captured[-1]:
        return 0.0
    at = share * people[-1]
    return float(np.interp(at, people, captured) / captured[-1] / share)


def gini(score, outcome) -> float:
    """Area that the score gains over chance, over what a perfect one would gain.

    1 is perfect, 0 chance. Equal scores share what they got.
    """
    perfect = _area(outcome, outcome)
    return _area(score, outcome) / perfect if perfect else 0.0


def _curve(score, outcome):
    """Outcome and people so far, best score first, one step for each score."""
    import numpy as np

    score, outcome = np.asarray(score, dtype=float), np.asarray(outcome, dtype=float)
    if not len(score):
        return np.zeros(1), np.zeros(1)
    _, group = np.unique(-score, return_inverse=True)
    captured = np.concatenate(([0.0], np.cumsum(np.bincount(group, outcome))))
    return captured, np.concatenate(([0.0], np.cumsum(np.bincount(group))))


def _area(score, outcome) -> float:
    import numpy as np

    captured, people = _curve(score, outcome)
    if not captured[-1]:
        return 0.0
    y, x = captured / captured[-1], people / people[-1]
    return float((np.diff(x) * (y[1:] + y[:-1]) / 2).sum() - 0.5)
