"""Orders that wait together, decided together.

Every order takes one of its plans; stock and capacity are shared::

    min   sum c[o, k] z[o, k]
    s.t.  sum over k of z[o, k] = 1             for every order o
          sum use[o, k, p, s] z[o, k] <= stock[p, s]   for every product and site
          sum parcels[o, k, s] z[o, k] <= capacity[s]  for every site

The plans of an order are too many to list, but the cheapest one at given prices for
stock and capacity is known exactly (:mod:`.partition`). So:

1. Prices are found by subgradient steps on the Lagrangian dual (M. Held, P. Wolfe, H.
   Crowder, *Validation of subgradient optimization*, Mathematical Programming 6, 1974;
   step by B. Polyak, 1969). Each evaluation is a lower bound of every possible outcome.
2. The plans met on the way make a restricted problem, whose linear relaxation gives
   better prices and these new plans (column generation: P. Gilmore, R. Gomory, 1961).
3. The restricted problem is solved in whole plans by HiGHS (branch and bound).
4. What that left waiting tries once more, one by one, on what is left.

The result states its cost beside the bound; the gap is what the decomposition may have
given away, and it is never larger than stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .costing import IMPOSSIBLE, Batch, block_masks
from .partition import Choice, Commit, choose
from .pool import Pool
from .rounding import Effort, Problem, Relaxed, Rounding, most_used
from .usage import first_served, fits, heads, move, nothing_shipped, use_of

#: part of the last direction that a subgradient step keeps
DEFLECTION = 0.6
#: steps without a better bound after which steps become shorter
PATIENCE = 6


@dataclass(frozen=True)
class Limits:
    """What orders share.

    :param stock: int64 (P, W), units by product and site.
    :param capacity: int64 (W,), parcels; None without limits.
    """

    stock: object
    capacity: object = None


@dataclass(frozen=True)
class Assignment:
    """A plan for every order of every batch.

    :param choices: for each batch, in its order; their values are the real cost.
    :param bound: no assignment costs less, in :data:`.costing.UNIT`; ``cost`` likewise.
    :param prices: float64 (P, W), what a unit of stock is worth to the orders that
        wait; ``capacity_prices`` (W,) what a parcel's room is worth.
    """

    choices: tuple[Choice, ...]
    cost: int
    bound: float
    prices: object
    capacity_prices: object

    @property
    def gap(self) -> float:
        """Cost over the bound, relative to the bound."""
        return self.cost / self.bound - 1 if self.bound > 0 else 0.0


@dataclass
class _Prices:
    stock: object
    capacity: object
    bound: float = float("-inf")
    choices: list = field(default_factory=list)


def assign(
    batches: Sequence[Batch],
    limits: Limits,
    split: int,
    commit: Commit,
    effort: Effort | None = None,
) -> Assignment:
    """Decide all orders of all batches together.

    :param split: cost of each parcel of an order beyond the first.
    """
    return _Assigner(batches, limits, split, commit, effort or Effort()).run()


class _Assigner:
    def __init__(self, batches, limits, split, commit, effort) -> None:
        import numpy as np

        self.batches = list(batches)
        self.split = split
        self.commit = commit
        self.effort = effort
        self.stock = np.asarray(limits.stock, np.int64)
        sites = self.stock.shape[1]
        self.limited = limits.capacity is not None
        self.capacity = (
            np.asarray(limits.capacity, np.int64)
            if self.limited
            else np.full(sites, 1 << 40)
        )
        self.values = [_worth(batch) for batch in self.batches]
        self.masks = [block_masks(batch.lines) for batch in self.batches]
        self.pool = [Pool(batch, split) for batch in self.batches]

    def run(self) -> Assignment:
        """Find prices, then plans."""
        best = self._search_prices()
        relaxed = None
        for _round in range(self.effort.rounds):
            answer = self._linear()
            if answer is None:
                break
            relaxed = answer
            found = self._evaluate(relaxed.stock, relaxed.capacity)
            new = self._collect(found.choices)
            if found.bound > best.bound:
                best = found
            if not new or self._close(found.bound, relaxed.value):
                break
        choices, stock, capacity = self._whole(relaxed)
        choices = self._last_chance(choices, stock, capacity)
        cost = sum(int(choice.value.sum()) for choice in choices)
        return Assignment(
            tuple(choices), cost, min(best.bound, cost), best.stock, best.capacity
        )

    def _close(self, bound: float, value: float) -> bool:
        return value - bound <= self.effort.gap / 10 * abs(bound)

    # -- prices ------------------------------------------------------------------------

    def _evaluate(self, stock_prices, capacity_prices) -> _Prices:
        """Let every order choose at given prices; the bound that follows."""
        import numpy as np

        found = _Prices(stock_prices, capacity_prices)
        padded = np.vstack([stock_prices, np.zeros((1, stock_prices.shape[1]))])
        bound = -float((stock_prices * self.stock).sum())
        if self.limited:
            bound -= float((capacity_prices * self.capacity).sum())
        for batch, masks, values in zip(
            self.batches, self.masks, self.values, strict=True
        ):
            choice = self._choose(batch, masks, values, padded, capacity_prices)
            bound += float(choice.value.sum())
            found.choices.append(choice)
        found.bound = bound
        return found

    def _choose(self, batch, masks, values, padded, capacity_prices) -> Choice:
        import numpy as np

        of_lines = batch.units[:, :, None] * padded[batch.product]
        of_blocks = np.einsum("ml,nlw->nmw", masks.astype(float), of_lines)
        priced = batch.cost + of_blocks + capacity_prices
        priced[batch.cost >= IMPOSSIBLE] = IMPOSSIBLE
        return choose(priced, batch.hold, self.split, self.commit, values)

    def _use(self, choices):
        """Units (P, W) and parcels (W,) that choices take."""
        import numpy as np

        units = np.zeros((self.stock.shape[0] + 1, self.stock.shape[1]), np.int64)
        parcels = np.zeros(self.stock.shape[1], np.int64)
        for batch, choice in zip(self.batches, choices, strict=True):
            shipped = choice.site >= 0
            np.add.at(
                units,
                (batch.product[shipped], choice.site[shipped]),
                batch.units[shipped],
            )
            np.add.at(parcels, choice.site[heads(choice.block)], 1)
        return units[:-1], parcels

    def _search_prices(self) -> _Prices:
        """Subgradient steps from zero; returns the prices with the best bound.

        Deflected by the last directions (P. Camerini, L. Fratta, F. Maffioli, *On
        improving relaxation methods by modified gradient techniques*, 1975), and scaled
        by a product's demand, so that hot and slow products move alike.
        """
        import numpy as np

        prices = np.zeros(self.stock.shape)
        room = np.zeros(self.stock.shape[1])
        best = _Prices(prices, room)
        ceiling = self._ceiling()
        scale = 1 / np.maximum(self._demand(), 1)[:, None]
        crowd_scale = 1 / max(sum(len(batch.orders) for batch in self.batches), 1)
        way, crowd_way = np.zeros(self.stock.shape), np.zeros(len(room))
        pace, stalled = 1.0, 0
        for step in range(self.effort.steps):
            found = self._evaluate(prices, room)
            self._collect(found.choices)
            if not best.choices or found.bound > best.bound * (1 + 1e-9):
                best, stalled = found, 0
            else:
                stalled += 1
            if stalled >= PATIENCE:
                pace, stalled = pace / 2, 0
                prices, room = best.stock, best.capacity
                way, crowd_way = np.zeros_like(way), np.zeros_like(crowd_way)
            units, parcels = self._use(found.choices)
            excess = _towards(units - self.stock, prices)
            crowd = _towards(parcels - self.capacity, room)
            way = DEFLECTION * way + (1 - DEFLECTION) * excess
            crowd_way = DEFLECTION * crowd_way + (1 - DEFLECTION) * crowd
            gain = float((excess * way * scale).sum())
            gain += float((crowd * crowd_way).sum()) * crowd_scale
            if gain <= 0:
                way, crowd_way = excess, crowd
                gain = float((excess**2 * scale).sum())
                gain += float((crowd**2).sum()) * crowd_scale
            if not gain:
                break
            size = pace * max(ceiling - found.bound, 1.0) / gain
            if step == 0:
                # at zero prices nothing says how far the ceiling is
                most = max((way * scale).max(), crowd_way.max() * crowd_scale)
                size = min(size, float(np.median(_finite(self.batches))) / 10 / most)
            prices = np.maximum(prices + size * scale * way, 0)
            room = np.maximum(room + size * crowd_scale * crowd_way, 0)
        return best

    def _demand(self):
        """Units that all orders want, by product (P,)."""
        import numpy as np

        demand = np.zeros(self.stock.shape[0] + 1)
        for batch in self.batches:
            np.add.at(demand, batch.product, batch.units)
        return demand[:-1]

    def _ceiling(self) -> float:
        """A cost that can be had: in rounds, whoever fits is served."""
        total = 0
        stock, capacity = self.stock.copy(), self.capacity.copy()
        for batch, values, pool in zip(
            self.batches, self.values, self.pool, strict=True
        ):
            choice = self._in_rounds(batch, values, stock, capacity)
            total += int(choice.value.sum())
            pool.add(choice)
        return float(total)

    def _in_rounds(self, batch, values, stock, capacity) -> Choice:
        """All choose on what is left, the first for whom it is enough are served."""
        import numpy as np

        result = nothing_shipped(batch)
        masks = block_masks(batch.lines)
        waiting = np.arange(len(batch.orders))
        while len(waiting):
            cost = self._cost_on(batch, masks, waiting, stock, capacity)
            choice = choose(
                cost, batch.hold[waiting], self.split, self.commit, values[waiting]
            )
            served = first_served(batch, choice, waiting, stock, capacity)
            if not served.any():
                break
            rows = waiting[served]
            for part in ("site", "block", "value"):
                getattr(result, part)[rows] = getattr(choice, part)[served]
            units, parcels = use_of(batch, choice, waiting, served, self.stock.shape)
            stock -= units
            capacity -= parcels
            waiting = waiting[~served]
        return result

    def _cost_on(self, batch, masks, rows, stock, capacity):
        """Cost of blocks of some orders where stock and capacity are left."""
        import numpy as np

        padded = np.vstack([stock, np.full((1, stock.shape[1]), 1 << 40)])
        lacking = padded[batch.product[rows]] < batch.units[rows][:, :, None]
        lacking |= capacity <= 0
        blocked = np.einsum("ml,nlw->nmw", masks, lacking.astype(np.int64)) > 0
        return np.where(blocked, IMPOSSIBLE, batch.cost[rows])

    # -- plans -------------------------------------------------------------------------

    def _collect(self, choices) -> int:
        """Remember plans; returns how many were new."""
        return sum(
            pool.add(choice) for pool, choice in zip(self.pool, choices, strict=True)
        )

    def _linear(self) -> Relaxed | None:
        """Solve the restricted problem in fractions; None without an answer."""
        import numpy as np
        from scipy.optimize import linprog

        problem = self._problem()
        bound = len(problem.limit) > 0
        solved = linprog(
            problem.cost,
            A_ub=problem.limited if bound else None,
            b_ub=problem.limit if bound else None,
            A_eq=problem.one_each,
            b_eq=np.ones(problem.one_each.shape[0]),
            bounds=(0, None),
            method="highs-ipm",
            options={"time_limit": self.effort.seconds},
        )
        if not solved.success:
            return None
        prices = np.zeros(self.stock.size + len(self.capacity))
        if bound:
            prices[problem.rows] = np.maximum(-solved.ineqlin.marginals, 0)
        cut = self.stock.size
        return Relaxed(
            problem,
            solved.x,
            float(solved.fun),
            prices[:cut].reshape(self.stock.shape),
            prices[cut:],
        )

    def _whole(self, relaxed: Relaxed | None):
        """Make whole plans of a relaxation.

        :return: choices, and the stock and capacity they leave.
        """
        if relaxed is None:
            return self._one_by_one()
        relaxed = self._with_detours(relaxed)
        taken = Rounding(relaxed, self.effort).run()
        return self._take(relaxed.problem, taken)

    def _with_detours(self, relaxed: Relaxed) -> Relaxed:
        """Add each order's best plan without each of the sites, at the final prices."""
        import numpy as np

        padded = np.vstack([relaxed.stock, np.zeros((1, self.stock.shape[1]))])
        for site in range(self.stock.shape[1]):
            for batch, masks, values, pool in zip(
                self.batches, self.masks, self.values, self.pool, strict=True
            ):
                cost = batch.cost.copy()
                cost[:, :, site] = IMPOSSIBLE
                without = replace(batch, cost=cost)
                pool.add(self._choose(without, masks, values, padded, relaxed.capacity))
        problem = self._problem()
        x = np.zeros(len(problem.cost))
        old = new = 0
        for pool, size in zip(self.pool, relaxed.problem.sizes, strict=True):
            x[new : new + size] = relaxed.x[old : old + size]
            old, new = old + size, new + pool.size
        return replace(relaxed, problem=problem, x=x)

    def _take(self, problem: Problem, taken):
        import numpy as np

        choices, start = [], 0
        for pool, size in zip(self.pool, problem.sizes, strict=True):
            choices.append(pool.choices(np.flatnonzero(taken[start : start + size])))
            start += size
        units, parcels = self._use(choices)
        return choices, self.stock - units, self.capacity - parcels

    def _one_by_one(self):
        """Without an answer of the solver: one order after the other."""
        stock, capacity = self.stock.copy(), self.capacity.copy()
        choices = [
            self._sequential(batch, values, stock, capacity)
            for batch, values in zip(self.batches, self.values, strict=True)
        ]
        return choices, stock, capacity

    def _problem(self) -> Problem:
        """Set the restricted problem up; only limits that can bind are in it."""
        import numpy as np
        from scipy import sparse

        sites = self.stock.shape[1]
        cells = self.stock.size + len(self.capacity)
        cost, order_rows, use_rows, use_columns, use = [], [], [], [], []
        column = order = 0
        for batch, pool in zip(self.batches, self.pool, strict=True):
            site, block, rows, costs = pool.arrays()
            cost.append(costs)
            order_rows.append(rows + order)
            plans, lines = np.nonzero((site >= 0) & (batch.product[rows] >= 0))
            product = batch.product[rows[plans], lines]
            use_rows.append(product * sites + site[plans, lines])
            use_columns.append(plans + column)
            use.append(batch.units[rows[plans], lines])
            if self.limited:
                plans, lines = np.nonzero(heads(block))
                use_rows.append(self.stock.size + site[plans, lines])
                use_columns.append(plans + column)
                use.append(np.ones(len(plans), np.int64))
            column += len(costs)
            order += len(batch.orders)
        cost = np.concatenate(cost).astype(float)
        one_each = sparse.csr_matrix(
            (np.ones(column), (np.concatenate(order_rows), np.arange(column))),
            shape=(order, column),
        )
        limited = sparse.csr_matrix(
            (
                np.concatenate(use).astype(float),
                (np.concatenate(use_rows), np.concatenate(use_columns)),
            ),
            shape=(cells, column),
        )
        limit = np.concatenate([self.stock.ravel(), self.capacity]).astype(float)
        most = most_used(limited, one_each)
        rows = np.flatnonzero(most > limit)
        sizes = tuple(pool.size for pool in self.pool)
        return Problem(cost, one_each, limited[rows], limit[rows], rows, sizes)

    def _keep(self, problem: Problem):
        """Columns that can be part of an optimum, bool (k,).

        One that costs more than another of its order that uses nothing scarce cannot.
        """
        import numpy as np

        order = problem.one_each.tocsc().indices
        free = problem.limited.tocsc().getnnz(axis=0) == 0
        cheapest = np.full(problem.one_each.shape[0], np.inf)
        np.minimum.at(cheapest, order[free], problem.cost[free])
        first = np.full(len(cheapest), -1)
        backwards = np.flatnonzero(free & (problem.cost <= cheapest[order]))[::-1]
        first[order[backwards]] = backwards
        keep = problem.cost < cheapest[order]
        keep[first[first >= 0]] = True
        return keep

    def _last_chance(self, choices, stock, capacity):
        """Let orders with waiting lines try again on what is left."""
        found = []
        for batch, values, choice in zip(
            self.batches, self.values, choices, strict=True
        ):
            rows = (choice.block == 0).any(axis=1).nonzero()[0]
            self._give_back(batch, choice, rows, stock, capacity)
            again = self._sequential(batch, values, stock, capacity, rows)
            for row in rows:
                choice.site[row], choice.block[row] = again.site[row], again.block[row]
                choice.value[row] = again.value[row]
            found.append(choice)
        return found

    def _give_back(self, batch, choice, rows, stock, capacity) -> None:
        for row in rows:
            move(batch, choice, row, stock, capacity, 1)

    def _sequential(self, batch, values, stock, capacity, rows=None) -> Choice:
        """Let orders choose one after the other; takes what they use.

        Lines of several products are not in the stock of this method: the router
        decides their orders apart.
        """
        import numpy as np

        count, width = batch.hold.shape
        result = nothing_shipped(batch)
        masks = block_masks(width).astype(bool)
        padded = np.vstack([stock, np.full((1, stock.shape[1]), 1 << 40)])
        for row in range(count) if rows is None else rows:
            enough = padded[batch.product[row]] >= batch.units[row][:, None]
            lacking = ~(enough & (capacity > 0))
            blocked = (masks[:, :, None] & lacking[None]).any(axis=1)
            cost = np.where(blocked, IMPOSSIBLE, batch.cost[row])
            one = choose(
                cost[None],
                batch.hold[row][None],
                self.split,
                self.commit,
                values[row][None],
            )
            if fits(batch, one, row, stock, capacity):
                result.site[row], result.block[row] = one.site[0], one.block[0]
                result.value[row] = one.value[0]
                move(batch, result, row, stock, capacity, -1)
                present = batch.product[row] >= 0
                padded[batch.product[row][present]] = stock[batch.product[row][present]]
            else:
                result.value[row] = batch.hold[row].sum()
        return result


def _towards(excess, prices):
    """The excess, without the parts that would lower a price below zero."""
    import numpy as np

    return np.where((prices > 0) | (excess > 0), excess, 0).astype(float)


def _worth(batch: Batch):
    import numpy as np

    return np.array(
        [
            [float(line.value * line.quantity) for line in order.lines]
            for order in batch.orders
        ]
    )


def _finite(batches):
    import numpy as np

    return np.concatenate(
        [batch.cost[batch.cost < IMPOSSIBLE].ravel() for batch in batches]
        + [np.array([10_000])]
    )
