r"""A policy replayed on what really happened.

In every period, for all products at once: goods that were ordered L periods ago arrive;
the position is reviewed and orders are placed; demand takes what is there, the rest is
lost or waits. Measured after a warm-up, at the end of every period:

* fill rate by value: value of demand that was met / value of demand;
* stock: units left, times cost;
* orders placed, units ordered, and the cost of holding, ordering and stock-outs.

The *exchange curve* (R. Brown 1967; Silver, Pyke, Peterson, section 7.4) is the same
replay at several service levels: stock against service. Two policies are compared at
equal service, by linear interpolation on their curves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .eoq import round_up
from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array


@dataclass(frozen=True)
class Levels:
    """Levels of a policy for n products, each ``(n,)``.

    :param reorder_point: s; :param order_up_to: S.
    """

    reorder_point: Array
    order_up_to: Array


@dataclass(frozen=True)
class World:
    """What the policy is tried on; numbers or arrays ``(n,)``.

    :param demand: ``(n, t)``, the whole history.
    :param cost: of a unit in stock; :param price: of a sale.
    :param lead_time: whole periods, ``(n,)`` or a number; an order placed in a period
        arrives this many periods later, before the demand of that period.
    :param pack: orders are multiples; :param smallest: minimum order quantity.
    :param order_cost: of an order; :param holding_cost: of a unit and period.
    :param stockout_cost: of a unit that is missing.
    :param backorders: demand that is not met waits instead of being lost.
    """

    demand: Array
    cost: object = 1.0
    price: object = 1.0
    lead_time: object = 1
    pack: object = 0.0
    smallest: object = 0.0
    order_cost: object = 0.0
    holding_cost: object = 0.0
    stockout_cost: object = 0.0
    backorders: bool = False


@dataclass(frozen=True)
class Replay:
    """What happened, from the end of the warm-up on.

    :param stock_value: mean over the periods; :param fill_rate: by value, 0 to 1.
    :param in_stock: part of products and periods that end with stock.
    :param orders: number; :param units: ordered; :param short: units that were missing.
    :param cost: of holding, orders and stock-outs together.
    :param product_fill: ``(n,)`` fill rate of each product, ``nan`` without demand.
    :param product_stock: ``(n,)`` mean units.
    """

    stock_value: float
    fill_rate: float
    in_stock: float
    orders: int
    units: float
    short: float
    cost: float
    product_fill: Array
    product_stock: Array


def replay(
    world: World,
    levels: Callable[[int], Levels | None],
    first: int,
    last: int,
    warm_up: int = 0,
) -> Replay:
    """Replay a policy over the periods ``first`` up to ``last``, not included.

    :param levels: called before each period with its number; returns new levels or
        ``None`` to keep those of before. It must look at earlier demand only.
    :param warm_up: first periods that are not measured. Stock starts at the order-up-to
        level.
    :raises ValueError: when the periods are not within the history or there are no
        levels at the beginning.
    """
    size, periods = world.demand.shape
    if not 0 <= first < last <= periods:
        raise ValueError("the replay must lie within the history")
    lead = np.broadcast_to(np.asarray(world.lead_time, dtype=int), (size,))
    products = np.arange(size)
    pipeline = np.zeros((int(lead.max(initial=0)) + 1, size))
    on_order = np.zeros(size)
    stock, now = None, None
    met, wanted = np.zeros(size), np.zeros(size)
    held, ends, orders, units = np.zeros(size), 0.0, np.zeros(size), 0.0
    for period in range(first, last):
        now = levels(period) or now
        if now is None:
            raise ValueError("the policy has no levels for the first period")
        if stock is None:
            stock = np.array(now.order_up_to, dtype=float)
        slot = period % len(pipeline)
        position = stock + on_order
        order = np.where(
            position < now.reorder_point,
            np.maximum(now.order_up_to - position, world.smallest),
            0.0,
        )
        order = round_up(order, np.broadcast_to(world.pack, (size,)))
        pipeline[(period + lead) % len(pipeline), products] += order
        on_order = on_order + order - pipeline[slot]
        stock = stock + pipeline[slot]
        pipeline[slot] = 0.0
        demand = world.demand[:, period]
        served = np.minimum(np.maximum(stock, 0.0), demand)
        stock = stock - (demand if world.backorders else served)
        if period >= first + warm_up:
            met, wanted = met + served, wanted + demand
            held = held + np.maximum(stock, 0.0)
            ends += float((stock > 0).mean())
            orders, units = orders + (order > 0), units + float(order.sum())
    measured = last - first - warm_up
    value = float((wanted * world.price).sum())
    money = held * world.holding_cost + orders * world.order_cost
    money = money + (wanted - met) * world.stockout_cost
    asked = wanted > 0
    return Replay(
        stock_value=float((held * world.cost).sum()) / measured,
        fill_rate=float((met * world.price).sum()) / value if value else 1.0,
        in_stock=ends / measured,
        orders=int(orders.sum()),
        units=units,
        short=float((wanted - met).sum()),
        cost=float(money.sum()),
        product_fill=np.where(asked, met / np.where(asked, wanted, 1.0), np.nan),
        product_stock=held / measured,
    )


@dataclass(frozen=True)
class ExchangeCurve:
    """Service against stock, one point for each parameter, by rising service.

    :param parameters: of the policy; :param service: fill rate by value.
    :param stock: mean value; :param cost: see :class:`Replay`.
    """

    parameters: tuple[float, ...]
    service: tuple[float, ...]
    stock: tuple[float, ...]
    cost: tuple[float, ...]

    def stock_at(self, service: float) -> float:
        """Stock that gives a service; ``nan`` outside of the curve."""
        return float(np.interp(service, self.service, self.stock, np.nan, np.nan))

    def parameter_at(self, service: float) -> float:
        """Parameter that gives a service; ``nan`` outside of the curve."""
        return float(np.interp(service, self.service, self.parameters, np.nan, np.nan))

    def cost_at(self, service: float) -> float:
        """Cost at a service; ``nan`` outside of the curve."""
        return float(np.interp(service, self.service, self.cost, np.nan, np.nan))


def exchange_curve(
    run: Callable[[float], Replay], parameters: Sequence[float]
) -> ExchangeCurve:
    """Replay a policy at several parameters.

    :param run: parameter, a service level for example, to its replay.
    """
    points = [(run(parameter), parameter) for parameter in parameters]
    points.sort(key=lambda point: (point[0].fill_rate, point[0].stock_value))
    return ExchangeCurve(
        tuple(float(parameter) for _, parameter in points),
        tuple(replay.fill_rate for replay, _ in points),
        tuple(replay.stock_value for replay, _ in points),
        tuple(replay.cost for replay, _ in points),
    )
