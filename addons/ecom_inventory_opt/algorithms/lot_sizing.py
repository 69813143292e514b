r"""Orders for known demand that changes from period to period.

* Wagner, Whitin (1958): :math:`F_t=\min_{j\le t}\{F_{j-1}+K+h\sum_{i=j}^t(i-j)d_i\}`,
  the exact optimum; an order is placed when nothing is left.
* Silver, Meal (1973): an order covers periods as long as its cost per period,
  :math:`(K+h\sum(i-j)d_i)/m`, falls. Near the optimum, and steadier when the horizon
  rolls.

Source: E. Silver, D. Pyke, R. Peterson, *Inventory Management and Production Planning*,
chapter 6. Goods arrive at the beginning of the period in which they are ordered,
holding is paid on what is left at its end.
"""

from __future__ import annotations

from dataclasses import dataclass

from .lazy import np


@dataclass(frozen=True)
class LotPlan:
    """What to order in each period.

    :param quantities: one for each period; :param cost: of orders and holding together.
    """

    quantities: tuple[float, ...]
    cost: float


def checked(demand, order_cost: float, holding_cost: float):
    """Demand as an array.

    :raises ValueError: for demand or costs that are negative or unknown.
    """
    demand = np.asarray(demand, dtype=float)
    if demand.ndim != 1 or np.any(~np.isfinite(demand)) or np.any(demand < 0):
        raise ValueError("demand must be known and not negative in every period")
    if not (order_cost >= 0 and holding_cost >= 0):
        raise ValueError("costs must not be negative")
    return demand


def plan_cost(quantities, demand, order_cost: float, holding_cost: float) -> float:
    """Cost of orders and holding of any plan that is never short.

    :raises ValueError: when the plan is short of demand.
    """
    left = np.cumsum(np.asarray(quantities, dtype=float) - demand)
    if np.any(left < -1e-6 * max(1.0, float(np.sum(demand)))):
        raise ValueError("the plan does not cover demand")
    orders = int(np.count_nonzero(quantities))
    return float(order_cost * orders + holding_cost * left.clip(0).sum())


def from_starts(starts, demand, order_cost: float, holding_cost: float) -> LotPlan:
    """The plan whose orders, placed in the periods ``starts``, last to the next."""
    quantities = np.zeros_like(demand)
    for start, end in zip(starts, [*starts[1:], len(demand)], strict=False):
        quantities[start] = demand[start:end].sum()
    cost = plan_cost(quantities, demand, order_cost, holding_cost)
    return LotPlan(tuple(float(quantity) for quantity in quantities), cost)


def wagner_whitin(demand, order_cost: float, holding_cost: float) -> LotPlan:
    """Cheapest plan.

    :param demand: of each period, not negative.
    :param holding_cost: of a unit for a period.
    :raises ValueError: see :func:`checked`.
    """
    demand = checked(demand, order_cost, holding_cost)
    periods = len(demand)
    best = np.zeros(periods + 1)
    start = np.zeros(periods + 1, dtype=int)
    # carried[j]: holding cost of an order in j for all periods so far
    carried = np.zeros(periods)
    for end in range(periods):
        begins = np.arange(end + 1)
        carried[: end + 1] += holding_cost * (end - begins) * demand[end]
        costs = best[: end + 1] + order_cost + carried[: end + 1]
        start[end + 1] = costs.argmin()
        best[end + 1] = costs[start[end + 1]]
        if demand[end] == 0 and best[end] <= best[end + 1]:
            best[end + 1], start[end + 1] = best[end], -1
    starts, end = [], periods
    while end > 0:
        if start[end] >= 0:
            starts.append(int(start[end]))
            end = start[end]
        else:
            end -= 1
    return from_starts(starts[::-1], demand, order_cost, holding_cost)


def silver_meal(demand, order_cost: float, holding_cost: float) -> LotPlan:
    """Plan of the Silver-Meal heuristic; parameters as in :func:`wagner_whitin`."""
    demand = checked(demand, order_cost, holding_cost)
    starts, periods, begin = [], len(demand), 0
    while begin < periods:
        if demand[begin] == 0:
            begin += 1
            continue
        starts.append(begin)
        cost, average, end = order_cost, order_cost, begin + 1
        while end < periods:
            cost += holding_cost * (end - begin) * demand[end]
            if cost / (end - begin + 1) > average:
                break
            average = cost / (end - begin + 1)
            end += 1
        begin = end
    return from_starts(starts, demand, order_cost, holding_cost)
