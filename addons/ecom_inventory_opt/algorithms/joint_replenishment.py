r"""Joint replenishment: items that share the fixed cost of an order.

An order costs :math:`K` in any case and :math:`k_i` for each item on it. With a base
cycle :math:`T` and item i in every :math:`m_i`-th order:

:math:`C=\frac{K+\sum k_i/m_i}T+\frac T2\sum h_i\lambda_i m_i`, so
:math:`T=\sqrt{2(K+\sum k_i/m_i)/\sum h_i\lambda_i m_i}`.

* Silver 1976: the item with the lowest :math:`k_i/(h_i\lambda_i)` is in every order,
  the others have :math:`m_i=\sqrt{\frac{k_i}{h_i\lambda_i}\frac{h_1\lambda_1}{K+k_1}}`,
  rounded.
* All together: every :math:`m_i=1`.
* Optimal cyclic policy: for a given T the best :math:`m_i` is the integer with
  :math:`m_i(m_i-1)\le 2k_i/(h_i\lambda_iT^2)<m_i(m_i+1)`. The set changes only at the
  T where an item reaches a bound, so walking through these intervals finds the optimum.

Source: Snyder, Shen, *Fundamentals of Supply Chain Theory*, section 3.7; S. Goyal 1974.
Times are in the span of the demand rates.
"""

from __future__ import annotations

from dataclasses import dataclass

from .lazy import np


@dataclass(frozen=True)
class JointPlan:
    """:param multiples: of the base cycle, one for each item; :param cycle: T.
    :param quantities: of each item in the orders it is on; :param cost: per span."""

    multiples: tuple[int, ...]
    cycle: float
    quantities: tuple[float, ...]
    cost: float


@dataclass(frozen=True)
class JointItems:
    """Items of one supplier.

    :param shared_cost: K, not negative; :param own_costs: k, not negative, shape (n,).
    :param holding_costs: h, per unit and span; :param demand: per span.
    :raises ValueError: when shapes differ or a holding cost or demand is not positive.
        Items without demand are left out by the caller: they are never ordered.
    """

    shared_cost: float
    own_costs: tuple[float, ...]
    holding_costs: tuple[float, ...]
    demand: tuple[float, ...]

    def __post_init__(self):
        sizes = {len(self.own_costs), len(self.holding_costs), len(self.demand)}
        if len(sizes) != 1 or not self.demand:
            raise ValueError("every item needs its own cost, holding cost and demand")
        if min(self.shared_cost, *self.own_costs) < 0:
            raise ValueError("order costs must not be negative")
        if not all(value > 0 for value in (*self.holding_costs, *self.demand)):
            raise ValueError("holding costs and demand must be more than zero")
        if self.shared_cost + sum(self.own_costs) <= 0:
            raise ValueError("an order must cost something")

    def plan(self, multiples) -> JointPlan:
        """Best cycle and cost for given multiples."""
        multiples = np.asarray(multiples)
        rates = np.multiply(self.holding_costs, self.demand)
        fixed = self.shared_cost + np.sum(np.divide(self.own_costs, multiples))
        cycle = float(np.sqrt(2 * fixed / np.sum(rates * multiples)))
        cost = float(np.sqrt(2 * fixed * np.sum(rates * multiples)))
        quantities = cycle * multiples * np.asarray(self.demand)
        return JointPlan(
            tuple(int(value) for value in multiples),
            cycle,
            tuple(float(value) for value in quantities),
            cost,
        )


def rounded(square) -> int:
    """The integer m with ``m (m - 1) <= square < m (m + 1)``, at least 1."""
    return np.maximum(np.floor((1 + np.sqrt(1 + 4 * np.asarray(square))) / 2), 1)


def silver(items: JointItems) -> JointPlan:
    """Silver's heuristic."""
    own = np.asarray(items.own_costs, dtype=float)
    rates = np.multiply(items.holding_costs, items.demand)
    first = int((own / rates).argmin())
    base = (items.shared_cost + own[first]) / rates[first]
    if base <= 0:
        return items.plan(np.ones(len(own), dtype=int))
    multiples = rounded(own / rates / base).astype(int)
    multiples[first] = 1
    return items.plan(multiples)


def all_together(items: JointItems) -> JointPlan:
    """Every item in every order."""
    return items.plan(np.ones(len(items.demand), dtype=int))


def independent_cost(items: JointItems) -> float:
    """Cost when each item is ordered alone and pays the shared cost each time."""
    own = np.asarray(items.own_costs, dtype=float) + items.shared_cost
    rates = np.multiply(items.holding_costs, items.demand)
    return float(np.sqrt(2 * own * rates).sum())


def optimal(items: JointItems) -> JointPlan:
    """Cheapest cyclic policy in which some item is in every order."""
    own = np.asarray(items.own_costs, dtype=float)
    rates = np.multiply(items.holding_costs, items.demand)
    best = min((silver(items), all_together(items)), key=lambda plan: plan.cost)
    # No better policy orders more rarely than its shared part alone would pay for, nor
    # more often than the holding cost of one cycle of all items allows.
    longest = float(np.sqrt(2 * (items.shared_cost + own.sum()) / rates.min()))
    shortest = max(2 * items.shared_cost / best.cost, longest * 1e-3)
    cycle = longest
    while cycle >= shortest:
        multiples = rounded(2 * own / (rates * cycle * cycle))
        plan = items.plan(multiples.astype(int))
        if plan.multiples and min(plan.multiples) > 1:
            plan = items.plan(np.array(plan.multiples) // min(plan.multiples))
        best = min((best, plan), key=lambda found: found.cost)
        # The next T at which some multiple grows by one.
        bounds = np.sqrt(2 * own / (rates * multiples * (multiples + 1)))
        below = bounds[bounds < cycle * (1 - 1e-12)]
        if not len(below):
            break
        cycle = min(float(below.max()), cycle) * (1 - 1e-9)
    return best
