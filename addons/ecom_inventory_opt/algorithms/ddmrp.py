r"""Zones of a DDMRP buffer.

With average daily usage ADU, decoupled lead time DLT, lead time factor LTF and
variability factor VF:

* yellow = ADU x DLT
* red base = ADU x DLT x LTF, red safety = red base x VF, red = both
* green = max(ADU x DLT x LTF, ADU x order cycle, minimum order quantity)

Source: C. Ptak, C. Smith, *Demand Driven Material Requirements Planning*. Order when
the net flow position (on hand + on order - qualified demand) is at or below the top of
yellow, up to the top of green.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array


@dataclass(frozen=True)
class Buffer:
    """Sizes of the zones, in units; tops are sums from below."""

    red: Array
    yellow: Array
    green: Array

    @property
    def top_of_red(self) -> Array:
        return self.red

    @property
    def top_of_yellow(self) -> Array:
        return self.red + self.yellow

    @property
    def top_of_green(self) -> Array:
        return self.red + self.yellow + self.green

    def order(self, net_flow) -> Array:
        """Units to order at a net flow position; zero above the top of yellow."""
        net_flow = np.asarray(net_flow, dtype=float)
        due = net_flow <= self.top_of_yellow
        return np.where(due, np.maximum(self.top_of_green - net_flow, 0.0), 0.0)


def zones(
    daily_usage,
    lead_time,
    lead_time_factor,
    variability_factor,
    smallest=0.0,
    order_cycle=0.0,
) -> Buffer:
    """Zones of a buffer; numbers or arrays that broadcast.

    :param lead_time: in days; :param order_cycle: in days.
    :param smallest: minimum order quantity.
    :raises ValueError: when something is negative.
    """
    given = (daily_usage, lead_time, lead_time_factor, variability_factor)
    if any(np.any(~(np.asarray(v) >= 0)) for v in (*given, smallest, order_cycle)):
        raise ValueError("usage, times and factors must be known and not negative")
    yellow = np.multiply(daily_usage, lead_time)
    base = yellow * lead_time_factor
    cycle = np.multiply(daily_usage, order_cycle)
    green = np.maximum(np.maximum(base, cycle), smallest)
    return Buffer(base + base * variability_factor, yellow, green)
