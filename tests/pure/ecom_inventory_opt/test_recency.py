"""How much recent weeks say is learned from what followed them so far."""

import numpy as np
import pytest
from ecom_inventory_opt.algorithms import distribution, features, recency

HORIZON = 4


def learned(demand, observed=None):
    """Features before and after learning."""
    panel = features.Panel.of(demand, observed)
    now = features.build(panel, [panel.periods])
    past = features.build(panel, distribution.origins(panel)).until(
        panel.periods - HORIZON
    )
    followed = panel.sums(past.origins, HORIZON)
    return now, past, followed, recency.learn(past, followed, now, HORIZON)


def steady(size=400):
    """Products whose weeks are nothing but chance around a mean of their own."""
    random = np.random.default_rng(4)
    mean = random.lognormal(2, 1, size)[:, None]
    return random.poisson(mean, (size, 100)).astype(float)


def wandering(size=400, step=0.15):
    """Products whose mean goes up and down for good."""
    random = np.random.default_rng(4)
    steps = random.normal(0, step, (size, 100))
    return random.poisson(20 * np.exp(np.cumsum(steps, axis=1))).astype(float)


def test_chance_is_not_followed():
    before, _past, _followed, after = learned(steady())
    often = before.trust == 1
    assert often.mean() > 0.95
    assert after.trust[often].max() < 0.15


def test_what_really_changes_is_followed():
    _before, _past, _followed, after = learned(wandering())
    assert after.trust.min() > 0.75


def test_weight_is_the_slope_by_hand():
    _now, past, followed, _after = learned(wandering(60, 0.02))
    found, states = recency.weights(past, followed, HORIZON)
    top = recency.group_of(past.trust) == len(recency.GROUPS)
    spread = np.maximum(past.values["variability"], 1 / 3) * past.level
    told = np.clip((past.recent - past.ever) / spread, -3, 3)[top]
    came = np.clip((followed / HORIZON - past.ever) / spread, -3, 3)[top]
    assert states[-1] == top.sum()
    slope = (told * came).sum() / (told * told).sum()
    assert 0.1 < slope < 0.9
    assert found[-1] == pytest.approx(slope)


def test_few_products_lean_on_the_rule():
    demand = steady(2)
    before, past, followed, after = learned(demand)
    found, states = recency.weights(past, followed, HORIZON)
    share = states[-1] / (states[-1] + recency.PRIOR)
    assert share < 0.5
    assert after.trust[0] == pytest.approx(
        share * found[-1] + (1 - share) * before.trust[0]
    )


def test_history_that_tells_nothing_leaves_the_rule():
    flat = np.full((30, 60), 5.0)
    before, _past, _followed, after = learned(flat)
    assert after.trust.tolist() == before.trust.tolist()
    unseen = learned(steady(30), np.zeros((30, 100), dtype=bool))
    assert unseen[3].trust.tolist() == unseen[0].trust.tolist()


def test_distribution_of_chance_is_around_the_mean_of_all_weeks():
    demand = steady()
    found = distribution.estimate(demand, HORIZON)
    mean = HORIZON * demand.mean(axis=1)
    recent = HORIZON * demand[:, -8:].mean(axis=1)
    error = np.abs(found.mean / mean - 1).mean()
    assert error < 0.5 * np.abs(recent / mean - 1).mean()
