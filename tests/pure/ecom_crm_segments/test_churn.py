"""Who is about to leave."""

import numpy as np
import pytest
from ecom_crm_segments.algorithms import churn
from ecom_crm_segments.algorithms.churn import Risk


def test_own_and_everybodys_gap_are_weighed():
    # 10 gaps in 100 days, 2 in 200: everybody's is 300 / 12 = 25.
    gaps = churn.usual_gap([10, 2], [100, 200])
    assert gaps == pytest.approx([(100 + 2 * 25) / 12, (200 + 2 * 25) / 4])


def test_silence_raises_the_risk():
    silence = np.array([0, 20, 50, 300])
    n = np.ones(4)
    risk = churn.assess(5 * n, 50 * n, 50 + silence).risk
    assert list(risk) == [Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.LOST]


def test_the_worse_of_both_signs_counts():
    result = churn.assess([5, 5], [50, 50], [52, 52], np.array([0.99, 0.3]))
    assert list(result.risk) == [Risk.LOW, Risk.HIGH]
    assert list(result.by_model) == [False, True]


def test_one_purchase_is_judged_by_rhythm_alone():
    # The model says that nobody has left who bought once.
    result = churn.assess([5, 0], [50, 0], [52, 400], np.array([0.99, 1.0]))
    assert result.risk[1] is Risk.LOST
    assert not result.by_model[1]


def test_nobody_bought_twice_so_nobody_is_late():
    assert list(churn.assess([0, 0], [0, 0], [5, 500]).risk) == [Risk.LOW] * 2


def test_nobody_at_all():
    assert len(churn.assess([], [], []).risk) == 0
