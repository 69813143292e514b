r"""Policies side by side on one history: service against stock, and what if.

Every policy is replayed (:mod:`.simulation`) at several settings; it only sees the
weeks before the one it is renewed in:

* *own*: reorder point and lot of :func:`.planning.order_points` on the distribution of
  demand over lead time and review; the setting is the cycle service level;
* *cover*: Min = a moving average over the lead time and k weeks more, Max = Min + four
  weeks, the way Min and Max are set by hand; the setting is k;
* *rules*: levels that are given, as the reordering rules have them now; one point.

What if: demand from the first replayed week on times a factor that the policies do not
know beforehand, and lead times times a factor that they do.

Source: R. Brown, *Decision Rules for Inventory Management*, 1967 (exchange curve);
Silver, Pyke, Peterson, section 7.4. Demand that is not met is lost, lead times are
their means in whole weeks. Weeks that were out of stock ask for nothing: what they
would have asked for is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import distribution, planning, simulation
from .lazy import np

if TYPE_CHECKING:
    from numpy import ndarray as Array

#: cycle service levels of the own policy
SERVICE = (0.3, 0.5, 0.7, 0.85, 0.93, 0.97, 0.99, 0.998)
#: weeks of cover beyond nothing of the policies by moving average
COVER = (1, 2, 3, 4, 6, 8, 11, 15)
#: lot of these policies, weeks
COVER_LOT = 4


@dataclass(frozen=True)
class Scenario:
    """What policies are tried on; n products, t weeks.

    :param demand: ``(n, t)`` units; :param observed: ``(n, t)`` of bool.
    :param price: ``(n,)`` of a sale; :param lead_time: ``(n,)`` weeks.
    :param lead_deviation: ``(n,)`` weeks.
    :param terms: of the own policy, its ``service`` is the setting; ``price`` there is
        the cost of a unit.
    :param first: week from which is replayed; :param warm_up: weeks not measured.
    :param renew: weeks between renewals of the levels.
    """

    demand: Array
    observed: Array
    price: Array
    lead_time: Array
    lead_deviation: Array
    terms: planning.Terms
    first: int
    warm_up: int = 4
    renew: int = 4

    def __post_init__(self):
        if not 1 <= self.first <= self.first + self.warm_up < self.demand.shape[1]:
            raise ValueError("the replayed weeks must lie within the history")

    @property
    def origins(self) -> tuple[int, ...]:
        """Weeks before which the levels are renewed."""
        return tuple(range(self.first, self.demand.shape[1], self.renew))

    def changed(self, demand_factor: float, lead_time_factor: float) -> Scenario:
        """What if demand and lead times were other than they were.

        :raises ValueError: for a factor that is negative.
        """
        if demand_factor < 0 or lead_time_factor < 0:
            raise ValueError("factors must not be negative")
        demand = np.array(self.demand, dtype=float)
        demand[:, self.first :] = np.rint(demand[:, self.first :] * demand_factor)
        return replace(
            self,
            demand=demand,
            lead_time=self.lead_time * lead_time_factor,
            lead_deviation=self.lead_deviation * lead_time_factor,
        )

    def world(self) -> simulation.World:
        """The replay's world."""
        cost = np.broadcast_to(np.asarray(self.terms.price, float), self.price.shape)
        year = self.terms.periods_per_year
        return simulation.World(
            self.demand,
            cost=cost,
            price=self.price,
            lead_time=np.rint(self.lead_time).astype(int),
            pack=self.terms.pack,
            smallest=self.terms.smallest,
            order_cost=self.terms.order_cost,
            holding_cost=cost * np.asarray(self.terms.holding_rate) / year,
        )

    def replay(self, levels) -> simulation.Replay:
        """Replay levels; a function of the week that they are renewed before."""

        def renew(week):
            return levels(week) if week in self.origins else None

        return simulation.replay(
            self.world(), renew, self.first, self.demand.shape[1], self.warm_up
        )


@dataclass(frozen=True)
class Point:
    """A policy at one setting. :param policy: its name; :param setting: see the module.
    :param replay: what happened."""

    policy: str
    setting: float
    replay: simulation.Replay


def own(scenario: Scenario, services=SERVICE) -> list[Point]:
    """The addon's policy at several cycle service levels."""
    interval = scenario.lead_time + np.asarray(scenario.terms.review, dtype=float)
    found = {
        week: distribution.estimate(
            scenario.demand[:, :week],
            interval,
            scenario.observed[:, :week],
            scenario.lead_deviation,
        )
        for week in scenario.origins
    }

    def at(service: float):
        terms = replace(scenario.terms, service=service, kind=planning.Service.CYCLE)

        def levels(week: int) -> simulation.Levels:
            points = planning.order_points(found[week], terms)
            return simulation.Levels(points.reorder_point, points.order_up_to)

        return levels

    return [Point("own", s, scenario.replay(at(s))) for s in services]


def cover(scenario: Scenario, window: int, covers=COVER) -> list[Point]:
    """Min and Max from the mean of the last ``window`` weeks; the weeks of the setting
    come on top of the lead time."""

    def at(weeks: float):
        def levels(week: int) -> simulation.Levels:
            mean = scenario.demand[:, max(week - window, 0) : week].mean(axis=1)
            least = np.ceil(mean * (scenario.lead_time + weeks))
            return simulation.Levels(least, least + np.ceil(COVER_LOT * mean))

        return levels

    return [Point(f"cover{window}", k, scenario.replay(at(k))) for k in covers]


def rules(scenario: Scenario, minimum: Array, maximum: Array) -> Point:
    """Levels as they are given, never renewed; ``(n,)`` each."""
    levels = simulation.Levels(np.asarray(minimum), np.asarray(maximum))
    return Point("rules", 0.0, scenario.replay(lambda week: levels))


def curve(points: list[Point]) -> simulation.ExchangeCurve:
    """The exchange curve of one policy's points."""
    by_setting = {point.setting: point.replay for point in points}
    return simulation.exchange_curve(by_setting.__getitem__, tuple(by_setting))
