"""Whole plans near a linear relaxation: the third step of :mod:`.assignment`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

#: neighbourhoods that are decided at the same time; HiGHS leaves Python's lock alone.
#: The same everywhere, so that the same orders get the same plans.
AT_ONCE = 2
#: orders of a neighbourhood that is decided anew: first small ones, then large ones
SMALL, LARGE = 1000, 2000
SMALL_ROUNDS = 5
#: times that all large neighbourhoods have their turn, until it is good enough
LARGE_PASSES = 3
#: plans that are dearer by more than this, at the prices, are left aside (in units)
FURTHEST = 50_000


@dataclass(frozen=True)
class Effort:
    """How long to look for better prices and plans.

    :param steps: subgradient steps; ``rounds`` of column generation.
    :param neighbourhoods: most large groups of orders that are decided anew.
    :param gap: relative gap to the bound that is good enough.
    :param seconds: most time for HiGHS, each call.
    """

    steps: int = 14
    rounds: int = 3
    neighbourhoods: int = 12
    gap: float = 0.0045
    seconds: float = 60.0


@dataclass(frozen=True)
class Problem:
    cost: object
    one_each: object
    limited: object
    limit: object
    rows: object
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Relaxed:
    problem: Problem
    x: object
    value: float
    stock: object
    capacity: object


class Rounding:
    """Whole plans near a relaxation.

    It starts with the orders that the relaxation does not divide, and then decides
    neighbourhoods anew (large neighbourhood search: P. Shaw, 1998): all orders that
    want the products by which most is lost, first few of them, then more. What is lost
    is known from the prices: stock that has a price and lies idle, and orders that pay
    more than they have to.

    :ivar taken: the column that each order takes.
    """

    def __init__(self, relaxed: Relaxed, effort: Effort) -> None:
        import numpy as np

        self.problem = problem = relaxed.problem
        self.effort = effort
        self.value = relaxed.value
        self.order = problem.one_each.tocsc().indices
        self.orders = problem.one_each.shape[0]
        prices = np.concatenate([relaxed.stock.ravel(), relaxed.capacity])
        self.prices = prices[problem.rows]
        priced = problem.cost + problem.limited.T @ self.prices
        best = np.full(self.orders, np.inf)
        np.minimum.at(best, self.order, priced)
        #: what a column costs beyond the best one of its order, at the prices
        self.reduced = priced - best[self.order]
        self.limited = problem.limited.tocsc()
        #: what each limit is about: a product, or the room of all sites
        self.products, sites = relaxed.stock.shape
        self.about = np.minimum(problem.rows // sites, self.products)
        self.wanting = self._wanting()
        self.taken = self._start(relaxed.x)

    def run(self):
        """Improve until it is good enough; bool for each column."""
        import numpy as np

        large = (LARGE, self.effort.neighbourhoods)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for size, most in ((SMALL, SMALL_ROUNDS), *[large] * LARGE_PASSES):
                tried = np.zeros(self.products + 1, dtype=bool)
                for _round in range(0, most, AT_ONCE):
                    if self._is_good() or not self._improve(size, tried, pool):
                        break
        result = np.zeros(len(self.order), dtype=bool)
        result[self.taken] = True
        return result

    def _is_good(self) -> bool:
        cost = self.problem.cost[self.taken].sum()
        return cost <= self.value * (1 + self.effort.gap)

    def _wanting(self):
        """Which orders have plans with a product, sparse bool (products, orders)."""
        import numpy as np
        from scipy import sparse

        use = self.limited.tocoo()
        wanting = sparse.csr_matrix(
            (np.ones(use.nnz), (self.about[use.row], self.order[use.col])),
            shape=(self.products + 1, self.orders),
        )
        wanting.data[:] = 1
        return wanting

    def _start(self, x):
        """Orders that the relaxation does not divide stay, the others are solved."""
        import numpy as np

        # columns that use no limit: the order waits, or uses only what is plenty
        free = np.flatnonzero(self.limited.getnnz(axis=0) == 0)
        taken = np.full(self.orders, -1)
        dearest_first = free[np.argsort(-self.problem.cost[free], kind="stable")]
        taken[self.order[dearest_first]] = dearest_first
        sure = np.flatnonzero(x > 1 - 1e-6)
        taken[self.order[sure]] = sure
        self.taken = taken
        open_orders = np.ones(self.orders, dtype=bool)
        open_orders[self.order[sure]] = False
        if open_orders.any():
            every = np.ones(len(self.order), dtype=bool)
            self._take(open_orders, self._solve(open_orders, every))
        return self.taken

    def _losses(self):
        """What is lost by each product: idle stock at its price, and detours."""
        import numpy as np

        used = np.asarray(self.limited[:, self.taken].sum(axis=1)).ravel()
        idle = (self.problem.limit - used) * self.prices
        loss = np.bincount(self.about, idle, minlength=self.products + 1)
        shares = np.maximum(np.asarray(self.wanting.sum(axis=0)).ravel(), 1)
        return loss + self.wanting @ (self.reduced[self.taken] / shares)

    def _improve(self, size: int, tried, pool) -> bool:
        """Decide the orders of the worst products anew; False when none is left.

        :param size: how many orders at most, in each neighbourhood.
        :param tried: products that had their turn; marks those it takes.
        :param pool: HiGHS works in its threads, on a neighbourhood each.
        """
        columns = self.reduced <= FURTHEST
        groups = self._neighbourhoods(size, tried)
        solved = pool.map(lambda orders: self._solve(orders, columns), groups)
        for orders, found in zip(groups, list(solved), strict=True):
            self._take(orders, found)
        return bool(groups)

    def _neighbourhoods(self, size: int, tried) -> list:
        """Orders to decide anew, those by which most is lost first; no order twice.

        :return: up to :data:`AT_ONCE`, each bool by order.
        """
        import numpy as np

        losses = np.where(tried, 0, self._losses())
        worst_first = np.argsort(-losses, kind="stable")
        spoken_for = np.zeros(self.orders, dtype=bool)
        groups = []
        for _number in range(AT_ONCE):
            chosen = np.zeros(self.orders, dtype=bool)
            count = 0
            for product in worst_first:
                if losses[product] <= 0:
                    break
                if tried[product]:
                    continue
                row = slice(*self.wanting.indptr[product : product + 2])
                members = self.wanting.indices[row]
                if count and count + len(members) > size:
                    continue
                chosen[members] = True
                tried[product] = True
                count = int(chosen.sum())
                if count > size * 0.9:
                    break
            chosen &= ~spoken_for
            if chosen.any():
                spoken_for |= chosen
                groups.append(chosen)
        return groups

    def _solve(self, orders, columns):
        """Decide some orders anew in whole plans, all others staying as they are.

        :param orders: bool by order; ``columns`` bool by column, those to choose from.
        :return: the column of each of the orders; None when nothing was found.
        """
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp

        use = columns.copy()
        use[self.taken] = True
        index = np.flatnonzero(use & orders[self.order])
        staying = self.taken[~orders]
        left = (
            self.problem.limit
            - np.asarray(self.limited[:, staying].sum(axis=1)).ravel()
        )
        limited = self.limited[:, index].tocsr()
        touched = np.flatnonzero(limited.getnnz(axis=1))
        ones = np.ones(int(orders.sum()))
        constraints = [
            LinearConstraint(self.problem.one_each[orders][:, index], ones, ones)
        ]
        if len(touched):
            constraints.append(
                LinearConstraint(limited[touched], -np.inf, left[touched] + 1e-6)
            )
        solved = milp(
            self.problem.cost[index],
            constraints=constraints,
            integrality=np.ones(len(index)),
            bounds=Bounds(0, 1),
            options={
                "mip_rel_gap": self.effort.gap / 4,
                "time_limit": self.effort.seconds,
            },
        )
        return None if solved.x is None else index[solved.x > 0.5]

    def _take(self, orders, found) -> None:
        """Take plans that were found, when they cost less and still fit.

        A neighbourhood that was decided at the same time may have taken what both of
        them found left over.
        """
        import numpy as np

        if found is None:
            return
        before = self.problem.cost[self.taken[orders]].sum()
        if self.problem.cost[found].sum() > before - 0.5:
            return
        taken = self.taken.copy()
        taken[self.order[found]] = found
        used = np.asarray(self.limited[:, taken].sum(axis=1)).ravel()
        if (used <= self.problem.limit + 1e-6).all():
            self.taken = taken


def most_used(limited, one_each):
    """The most that can be used of each limit: the greediest plan of every order."""
    import numpy as np

    plan_order = one_each.tocsc().indices
    table = limited.tocoo()
    key = table.row.astype(np.int64) * one_each.shape[0] + plan_order[table.col]
    order = np.argsort(key, kind="stable")
    keys, values = key[order], table.data[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    most = np.zeros(limited.shape[0])
    if len(keys):
        greatest = np.maximum.reduceat(values, starts)
        np.add.at(most, keys[starts] // one_each.shape[0], greatest)
    return most
