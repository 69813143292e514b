r"""What to order now, of all items together, as an integer programme.

Item i is short of its order-up-to level by :math:`g_i`; ordering it is worth
:math:`v_i` per unit up to there (the stock-out cost that is avoided) and costs holding
:math:`c_i` per unit beyond. With :math:`q_i = pack_i\,x_i`, :math:`x_i` whole:

:math:`\min\ \sum_s F_s y_s + \sum_i K_i z_i + \sum_i (v_i u_i + c_i o_i) +
\sum_{s,f}f_{sf}`

* :math:`u_i\ge g_i-q_i`, :math:`o_i\ge q_i-g_i`, both not negative;
* minimum quantity: :math:`q_i\ge moq_i z_i`, :math:`q_i\le M_i z_i`,
  :math:`z_i\le y_s`;
* minimum order value of a supplier: :math:`\sum p_iq_i\ge V_sy_s`;
* freight steps, containers: :math:`\sum w_iq_i\le C_s n_s`, each container
  :math:`n_s` (whole) costs :math:`f_s`;
* the most of an order: :math:`\sum p_iq_i\le W_s`, and of the items that one offer is
  about, :math:`\sum q_i\le U`;
* budget over all suppliers: :math:`\sum p_iq_i\le B`.

Source: Silver, Pyke, Peterson, chapter 11 (coordinated replenishment); solved by HiGHS
through ``scipy.optimize.milp``. Suppliers are independent unless there is a budget, so
without one they are solved one by one.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field

from .lazy import np, optimize, sparse


@dataclass(frozen=True)
class Line:
    """An item that could be ordered.

    :param supplier: index of its supplier.
    :param gap: units up to the order-up-to level, zero or more.
    :param price: of a unit; :param shortage_cost: of a unit below the level.
    :param holding_cost: of a unit beyond the level, until it is sold.
    :param smallest: minimum order quantity; :param pack: units in a pack, more than
        zero.
    :param order_cost: of having the item on the order.
    :param load: volume or weight of a unit, for containers.
    :param largest: most units, ``None`` = up to two packs or the minimum beyond the
        gap.
    :param offer: key of the offer that it is ordered by, ``None`` = its own. Lines of
        one offer together are at most ``offer_largest`` units; ``None`` = no limit.
    :param required: the order must bring the item to its level or beyond.
    """

    supplier: int
    gap: float
    price: float
    shortage_cost: float
    holding_cost: float = 0.0
    smallest: float = 0.0
    pack: float = 1.0
    order_cost: float = 0.0
    load: float = 0.0
    largest: float | None = None
    offer: Hashable | None = None
    offer_largest: float | None = None
    required: bool = False

    def __post_init__(self):
        given = (self.gap, self.price, self.shortage_cost, self.holding_cost)
        if not all(math.isfinite(v) and v >= 0 for v in (*given, self.smallest)):
            raise ValueError("gaps, prices and costs must be known and not negative")
        if not self.pack > 0:
            raise ValueError("a pack holds more than nothing")

    @property
    def packs(self) -> int:
        """Most packs worth thinking of."""
        enough = math.ceil(max(self.gap, self.smallest) / self.pack - 1e-9)
        most = enough + max(2, enough)
        if self.largest is not None:
            most = self.whole_packs(self.largest)
        if self.offer_largest is not None:
            most = min(most, self.whole_packs(self.offer_largest))
        return most

    def whole_packs(self, units: float) -> int:
        """Packs that fit into so many units."""
        return max(math.floor(units / self.pack + 1e-9), 0)


@dataclass(frozen=True)
class Supplier:
    """Terms of a supplier.

    :param order_cost: of an order; :param smallest_value: minimum order value.
    :param largest_value: most value of an order, ``None`` = no limit.
    :param container: load of one container or freight step, ``None`` = freight is free.
    :param freight: price of a container.
    :param containers: most of them, ``None`` = no limit.
    """

    order_cost: float = 0.0
    smallest_value: float = 0.0
    largest_value: float | None = None
    container: float | None = None
    freight: float = 0.0
    containers: int | None = None


@dataclass(frozen=True)
class Order:
    """What to order.

    :param quantities: units of each line; :param containers: of each supplier.
    :param value: money for goods; :param cost: of the objective, see the module.
    :param proven: no cheaper order exists, up to the gap asked for.
    """

    quantities: tuple[float, ...]
    containers: tuple[int, ...]
    value: float
    cost: float
    proven: bool


@dataclass
class Model:
    """Rows and columns of the integer programme while it is built."""

    costs: list = field(default_factory=list)
    upper: list = field(default_factory=list)
    whole: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    low: list = field(default_factory=list)
    high: list = field(default_factory=list)

    def column(self, cost: float, upper: float = math.inf, whole: bool = False) -> int:
        """Add a variable between zero and ``upper``; returns its index."""
        self.costs.append(cost)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.costs) - 1

    def row(self, terms: dict[int, float], low=-math.inf, high=math.inf) -> None:
        """Add ``low <= sum of terms <= high``."""
        self.rows.append(terms)
        self.low.append(low)
        self.high.append(high)

    def solve(self, gap: float, seconds: float):
        """Solve; returns scipy's result.

        :raises ValueError: when nothing satisfies all conditions.
        """
        at = [(r, c, v) for r, terms in enumerate(self.rows) for c, v in terms.items()]
        rows, columns, values = zip(*at, strict=True)
        shape = (len(self.rows), len(self.costs))
        matrix = sparse.csr_array((values, (rows, columns)), shape=shape)
        result = optimize.milp(
            self.costs,
            constraints=optimize.LinearConstraint(matrix, self.low, self.high),
            integrality=np.asarray(self.whole, dtype=int),
            bounds=optimize.Bounds(0, self.upper),
            options={"mip_rel_gap": gap, "time_limit": seconds},
        )
        if result.x is None:
            raise ValueError(f"no order satisfies all conditions: {result.message}")
        return result


def order(
    lines: list[Line],
    suppliers: list[Supplier],
    budget: float | None = None,
    gap: float = 1e-4,
    seconds: float = 30.0,
) -> Order:
    """Cheapest order.

    :param budget: most money for goods of all suppliers; ``None`` = no limit.
    :param gap: how far from the optimum the solver may stop, relative.
    :param seconds: time limit for each programme.
    :raises ValueError: when a required line cannot be ordered within the conditions.
    """
    if not lines:
        return Order((), (0,) * len(suppliers), 0.0, 0.0, True)
    groups = [list(range(len(lines)))]
    if budget is None:
        owners: dict[int, list[int]] = {}
        for index, line in enumerate(lines):
            owners.setdefault(line.supplier, []).append(index)
        groups = list(owners.values())
    quantities = [0.0] * len(lines)
    containers = [0] * len(suppliers)
    cost, proven = 0.0, True
    for group in groups:
        part = solve_group([lines[i] for i in group], suppliers, budget, gap, seconds)
        for index, quantity in zip(group, part.quantities, strict=True):
            quantities[index] = quantity
        containers = [a + b for a, b in zip(containers, part.containers, strict=True)]
        cost, proven = cost + part.cost, proven and part.proven
    value = sum(line.price * q for line, q in zip(lines, quantities, strict=True))
    return Order(tuple(quantities), tuple(containers), value, cost, proven)


def solve_group(lines, suppliers, budget, gap, seconds) -> Order:
    """One integer programme for some lines; see :func:`order`."""
    model = Model()
    used = sorted({line.supplier for line in lines})
    placed = {s: model.column(suppliers[s].order_cost, 1, True) for s in used}
    boxes = {
        s: model.column(
            suppliers[s].freight,
            math.inf if suppliers[s].containers is None else suppliers[s].containers,
            True,
        )
        for s in used
        if suppliers[s].container
    }
    packs = []
    for line in lines:
        packs.append(add_line(model, line, placed[line.supplier]))
    for s in used:
        mine = [(x, li) for x, li in zip(packs, lines, strict=True) if li.supplier == s]
        terms = {x: line.price * line.pack for x, line in mine}
        if suppliers[s].smallest_value > 0:
            model.row({**terms, placed[s]: -suppliers[s].smallest_value}, low=0)
        if suppliers[s].largest_value is not None:
            model.row(terms, high=suppliers[s].largest_value)
        add_offers(model, mine)
        if s in boxes:
            load = {x: line.load * line.pack for x, line in mine}
            model.row({**load, boxes[s]: -suppliers[s].container}, high=0)
    if budget is not None:
        model.row(
            {x: li.price * li.pack for x, li in zip(packs, lines, strict=True)},
            high=budget,
        )
    result = model.solve(gap, seconds)
    quantities = tuple(
        round(result.x[x]) * line.pack for x, line in zip(packs, lines, strict=True)
    )
    containers = [0] * len(suppliers)
    for s, column in boxes.items():
        containers[s] = round(result.x[column])
    value = sum(line.price * q for line, q in zip(lines, quantities, strict=True))
    proven = result.status == 0
    return Order(quantities, tuple(containers), value, float(result.fun), proven)


def add_offers(model: Model, lines) -> None:
    """Lines that one offer is about share the most that it delivers.

    :param lines: of one supplier: list of (column of packs, line).
    """
    shared: dict[Hashable, list] = {}
    for column, line in lines:
        if line.offer is not None and line.offer_largest is not None:
            shared.setdefault(line.offer, []).append((column, line))
    for some in shared.values():
        if len(some) > 1:
            most = min(line.offer_largest for _column, line in some)
            model.row({column: line.pack for column, line in some}, high=most)


def add_line(model: Model, line: Line, placed: int) -> int:
    """Add the variables and conditions of a line; returns the column of its packs."""
    most = line.packs
    packs = model.column(0.0, most, True)
    chosen = model.column(line.order_cost, 1, True)
    missing = model.column(line.shortage_cost, 0.0 if line.required else math.inf)
    beyond = model.column(line.holding_cost)
    model.row({packs: line.pack, missing: 1.0, beyond: -1.0}, line.gap, line.gap)
    model.row({packs: 1.0, chosen: -float(most)}, high=0)
    if line.smallest > 0:
        model.row({packs: line.pack, chosen: -line.smallest}, low=0)
    model.row({chosen: 1.0, placed: -1.0}, high=0)
    return packs
