r"""From whom to buy: total cost of a supplier, and splitting an order among several.

Total cost of buying D units a year from one supplier, for comparison:

:math:`TC=Dp+\frac DQK+h\big(\frac Q2+SS\big)+D\,r\,c_r`, with price p, order cost K,
holding cost h = rate x p, quantity Q (minimum and packs respected), safety stock
:math:`SS=k\sqrt{L\sigma_d^2+d^2\sigma_L^2}` that the lead time and its variance force,
and part r of the goods that has to be returned at a cost of :math:`c_r` each.

Part r is that of the supplier's units that went back so far, where few units lean on
the usual part :math:`r_0` as if it had been seen on m units (the mean of a beta
posterior): :math:`r=\frac{back+mr_0}{received+m}`.

Splitting a demand N: :math:`\min\sum_j (p_j+e_j)q_j+F_jy_j` with what a unit costs
beyond its price :math:`e_j` (quality and safety stock, as above),
:math:`q_j=pack_jx_j`, :math:`moq_jy_j\le q_j\le cap_jy_j`, :math:`\sum q_j\ge N`.
What packs and minimums force beyond N is kept and worth v a unit:
:math:`-v(\sum q_j-N)`.

Source: Chopra, Meindl, *Supply Chain Management*, section 15.4; the split is the
classical fixed-charge problem, solved by HiGHS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .eoq import constrained_quantity
from .lazy import np
from .replenishment import Model
from .safety_stock import interval_deviation

#: units that the usual part of returned units is worth
PRIOR_UNITS = 50.0


@dataclass(frozen=True)
class Offer:
    """What a supplier asks for one item.

    :param price: of a unit; :param order_cost: of an order.
    :param smallest: minimum order quantity; :param pack: zero = any quantity.
    :param capacity: most units; ``None`` = no limit.
    :param extra: what a unit costs beyond its price, see :attr:`TotalCost.extra`.
    """

    price: float
    order_cost: float = 0.0
    smallest: float = 0.0
    pack: float = 0.0
    capacity: float | None = None
    extra: float = 0.0

    @property
    def unit_cost(self) -> float:
        """Of a unit that is bought here."""
        return self.price + self.extra


@dataclass(frozen=True)
class TotalCost:
    """Cost of suppliers per year, each an array of shape ``(n,)``.

    :param goods: price of the goods; :param ordering: of placing orders.
    :param cycle: of holding the lot; :param safety: of holding the safety stock.
    :param quality: of units that go back; :param quantity: units in an order.
    :param demand: units per year.
    """

    goods: object
    ordering: object
    cycle: object
    safety: object
    quality: object
    quantity: object
    demand: object

    @property
    def extra(self):
        """Of a unit beyond price and order: the stock that its lead time forces, and
        what goes back; zero without demand."""
        bought = np.asarray(self.demand, dtype=float)
        parts = self.safety + self.quality
        return np.where(bought > 0, parts / np.where(bought > 0, bought, 1.0), 0.0)

    @property
    def total(self):
        """All of it."""
        parts = self.goods + self.ordering + self.cycle
        return parts + self.safety + self.quality


def returned_part(returned, received, usual, prior: float = PRIOR_UNITS):
    """Part of the units that go back, 0 to 1; numbers or arrays that broadcast.

    :param returned: units that went back; :param received: units.
    :param usual: part that goes back where nothing is known.
    :param prior: units that it is worth.
    """
    received = np.maximum(received, 0.0)
    part = (np.maximum(returned, 0.0) + prior * usual) / (received + prior)
    return np.clip(part, 0.0, 1.0)


def total_cost(
    demand,
    deviation,
    price,
    order_cost,
    holding_rate,
    factor,
    lead_time,
    lead_time_deviation=0.0,
    smallest=0.0,
    pack=0.0,
    returned=0.0,
    return_cost=0.0,
) -> TotalCost:
    """Cost per year of buying from each supplier; numbers or arrays that broadcast.

    :param demand: units per year; :param deviation: of a year's demand.
    :param holding_rate: part of the price per year.
    :param factor: safety factor k.
    :param lead_time: years; :param lead_time_deviation: years.
    :param returned: part of the units, 0 to 1; :param return_cost: of each.
    """
    holding = np.multiply(holding_rate, price)
    lot = constrained_quantity(order_cost, holding, demand, smallest, pack).quantity
    spread = interval_deviation(demand, deviation, lead_time, lead_time_deviation)
    orders = np.where(lot > 0, np.divide(demand, np.where(lot > 0, lot, 1.0)), 0.0)
    return TotalCost(
        goods=np.multiply(demand, price),
        ordering=orders * order_cost,
        cycle=holding * lot / 2,
        safety=holding * np.multiply(factor, spread),
        quality=np.multiply(demand, returned) * return_cost,
        quantity=lot,
        demand=demand,
    )


@dataclass(frozen=True)
class Split:
    """:param quantities: units from each supplier; :param cost: of units and orders.
    :param proven: no cheaper split exists."""

    quantities: tuple[float, ...]
    cost: float
    proven: bool


def split(
    demand: float,
    offers: list[Offer],
    gap: float = 0.0,
    seconds: float = 30.0,
    kept: float = 0.0,
) -> Split:
    """Cheapest way to buy at least ``demand`` units from several suppliers.

    :param kept: value of a unit beyond the demand, at most the lowest price.
    :raises ValueError: when the suppliers together cannot deliver it, or more is kept
        of a unit than it costs.
    """
    if not demand > 0:
        return Split((0.0,) * len(offers), 0.0, True)
    if any(kept > offer.price for offer in offers):
        raise ValueError("a unit that is left over is worth its price at most")
    model, columns = Model(), []
    for offer in offers:
        pack = offer.pack if offer.pack > 0 else 1.0
        # More than the demand, rounded up to packs and minimum, is never cheaper.
        enough = max(math.ceil(demand / pack) * pack, offer.smallest + pack)
        most = enough if offer.capacity is None else min(enough, offer.capacity)
        whole = offer.pack > 0
        bound = math.floor(most / pack + 1e-9) if whole else most
        packs = model.column((offer.unit_cost - kept) * pack, bound, whole)
        chosen = model.column(offer.order_cost, 1, True)
        model.row({packs: pack, chosen: -most}, high=0)
        model.row({packs: pack, chosen: -offer.smallest}, low=0)
        columns.append((packs, pack))
    model.row(dict(columns), low=demand)
    result = model.solve(gap, seconds)
    quantities = tuple(
        float(round(result.x[c]) * p) if o.pack > 0 else float(result.x[c])
        for (c, p), o in zip(columns, offers, strict=True)
    )
    cost = float(result.fun) + kept * demand
    return Split(quantities, cost, result.status == 0)


def alone(demand: float, offers: list[Offer], kept: float = 0.0) -> Split | None:
    """Cheapest single supplier of at least ``demand`` units; ``None`` = none can.

    :param kept: value of a unit beyond the demand.
    """
    best = None
    for number, offer in enumerate(offers):
        units = max(demand, offer.smallest)
        if offer.pack > 0:
            units = math.ceil(units / offer.pack - 1e-9) * offer.pack
        if offer.capacity is not None and units > offer.capacity:
            continue
        cost = units * offer.unit_cost + offer.order_cost - kept * (units - demand)
        if best is None or cost < best.cost:
            quantities = [0.0] * len(offers)
            quantities[number] = float(units)
            best = Split(tuple(quantities), float(cost), True)
    return best


def score(measures, better_low, weights):
    """Score of suppliers, 0 to 100, from several measures.

    Each measure is placed between its worst (0) and best (1) supplier; one that is
    equal for all counts as 1, one that is unknown as 0.

    :param measures: ``(suppliers, measures)``, ``nan`` = unknown.
    :param better_low: ``(measures,)`` of bool, price and lead time for example.
    :param weights: ``(measures,)``, not negative, not all zero.
    :return: ``(suppliers,)``.
    :raises ValueError: for weights that say nothing.
    """
    weights = np.asarray(weights, dtype=float)
    if np.any(weights < 0) or not weights.sum() > 0:
        raise ValueError("weights must not be negative, and one must be more than zero")
    values = np.where(better_low, -1.0, 1.0) * np.asarray(measures, dtype=float)
    known = np.isfinite(values)
    worst = np.where(known, values, np.inf).min(axis=0)
    best = np.where(known, values, -np.inf).max(axis=0)
    width = best - worst
    differs = np.isfinite(width) & (width > 0)
    places = (values - worst) / np.where(differs, width, 1.0)
    places = np.where(differs, places, 1.0)
    return 100 * np.where(known, places, 0.0) @ weights / weights.sum()
