r"""Moving stock between warehouses before anything is bought.

Warehouse i can give :math:`a_i`, warehouse j is short of :math:`b_j`; a unit from i to
j costs :math:`c_{ij}`: the transportation problem (Hitchcock 1941),
:math:`\min\sum c_{ij}x_{ij}`, :math:`\sum_jx_{ij}\le a_i`, :math:`\sum_ix_{ij}\le b_j`.

As much as possible is moved where that is cheaper than buying: a unit that is not
brought costs its purchase, :math:`m_j`, so only :math:`x_{ij}` with :math:`c_{ij}<m_j`
pay.

What can be given is what lies above the level up to which the giver would itself order,
what is short is measured to the reorder point: in between nobody moves anything,
otherwise the same goods travel back next week.

Source: F. Hillier, G. Lieberman, *Introduction to Operations Research*, chapter 9. The
constraint matrix is totally unimodular: whole supplies give whole transfers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lazy import np, optimize, sparse

if TYPE_CHECKING:
    from numpy import ndarray as Array


@dataclass(frozen=True)
class Transfers:
    """:param units: ``(givers, takers)``; :param cost: of moving them.
    :param unmet: ``(takers,)`` units that have to be bought."""

    units: Array
    cost: float
    unmet: Array


def surplus_and_need(position, reorder_point, order_up_to) -> tuple[Array, Array]:
    """What each warehouse can give and what it needs, in whole units.

    :param position: stock and what is on its way; may be negative.
    :param reorder_point: s; :param order_up_to: S. All ``(..., warehouses)``.
    """
    position = np.asarray(position, dtype=float)
    surplus = np.floor(np.maximum(position - order_up_to, 0.0))
    short = position < reorder_point
    need = np.where(short, np.ceil(np.subtract(reorder_point, position)), 0.0)
    return surplus, need


def transport(surplus, need, unit_cost, purchase_cost=None) -> Transfers:
    """Cheapest transfers of one product.

    :param surplus: ``(givers,)`` units; :param need: ``(takers,)`` units.
    :param unit_cost: ``(givers, takers)`` of moving a unit; infinite = no way.
    :param purchase_cost: ``(takers,)`` or a number, of a unit that is not moved but
        bought; ``None`` = move whatever can be moved.
    :raises ValueError: for shapes that do not fit or quantities that are negative.
    """
    surplus = np.asarray(surplus, dtype=float)
    need = np.asarray(need, dtype=float)
    costs = np.asarray(unit_cost, dtype=float)
    if costs.shape != (len(surplus), len(need)):
        raise ValueError("unit costs need the shape (givers, takers)")
    if np.any(~(surplus >= 0)) or np.any(~(need >= 0)):
        raise ValueError("what is given and needed must be known and not negative")
    usable = np.isfinite(costs)
    if purchase_cost is None:
        saved = np.full(len(need), 1.0 + np.abs(costs[usable]).sum())
    else:
        saved = np.broadcast_to(np.asarray(purchase_cost, dtype=float), need.shape)
    usable &= costs < saved
    units = np.zeros_like(costs)
    if usable.any():
        givers, takers = np.nonzero(usable)
        index = np.arange(len(givers))
        ones = np.ones(len(givers))
        size = (len(surplus), len(givers)), (len(need), len(givers))
        limits = sparse.vstack(
            [
                sparse.csr_array((ones, (givers, index)), shape=size[0]),
                sparse.csr_array((ones, (takers, index)), shape=size[1]),
            ]
        )
        result = optimize.linprog(
            costs[givers, takers] - saved[takers],
            A_ub=limits,
            b_ub=np.concatenate([surplus, need]),
            method="highs",
        )
        units[givers, takers] = result.x
        whole = np.rint(units)
        units = np.where(np.isclose(units, whole, atol=1e-6), whole, units)
    moved = units > 0
    cost = float((np.where(moved, costs, 0.0) * units).sum())
    return Transfers(units, cost, need - units.sum(axis=0))
