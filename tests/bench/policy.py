"""Policies replayed on real sales: stock at equal service, cost at equal service.

Definitions as in ``shared/inventory.md`` section 5.

``stock_change_at_95_fill_pct`` (Online Retail, weeks 60 to 103, the first four not
measured): lead time three weeks, review every week, lost sales, order up to S when the
position is below s, levels renewed every four weeks, S - s = four weeks of each
policy's own forecast, stock at half the median price. Every policy has one parameter
for all products; mean stock at 95 % fill rate by value is read off its exchange curve.
Baselines:

* ``A2``: Min = k weeks of the mean of the last 13, retyped every four weeks;
* ``A3``: the same from the last four weeks, about what core's Suggest does by default.

``cost_change_pct`` (the MAN set, weeks 78 to 149, the first 16 not measured): own lead
times, minimum quantities, packs and order costs; lost sales; cost of holding and orders
at 95 % fill rate by value against the economic order quantity with normal safety stock,
both with the same replay. Items without a demand in the first 78 weeks are left out: no
policy can plan them, and a minimum order of each would only add the same stock to all.
``stopped`` does not order what has not been asked for in half a year and three of its
own intervals; the addon never does.

Negative is less. The losing policies are printed with their figures. Nothing is random.
Also runs without Odoo: ``python tests/bench/policy.py``; boosted only with
scikit-learn.
"""

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import pure_addons  # noqa: E402

pure_addons.register()

import retail  # noqa: E402
from ecom_inventory_opt.algorithms import (  # noqa: E402
    boosting,
    demand,
    distribution,
    eoq,
    planning,
    safety_stock,
    simulation,
    smoothing,
)
from ecom_inventory_opt.algorithms.intermittent import syntetos_boylan  # noqa: E402

ORIGINS = retail.CHOOSE + retail.JUDGE
FILL = 0.95
#: service levels of policies that have one, weeks of cover of those that have not
SERVICE = (0.8, 0.85, 0.9, 0.93, 0.95, 0.965, 0.975, 0.985, 0.99, 0.995)
COVER = (2, 3, 4, 5, 6, 8, 10, 13, 17, 22)
FACTORS = (0.5, 0.8, 1.1, 1.4, 1.7, 2.0, 2.5, 3.0, 4.0, 6.0, 9.0)


def run(env):
    """Run the benchmark; yields one result for each policy and baseline."""
    if not retail.available():
        yield {"metric": "cost_change_pct", "skipped": "no data beside the project"}
        return
    yield from stock_lines(retail.online_retail())
    yield from cost_lines(with_history(retail.manufacturer()))


# -- Online Retail: stock at equal service ---------------------------------------------


def cover(window: int):
    """Levels of a Min/Max that is a number of weeks of a moving average."""

    def levels(history, weeks: float):
        mean = history[:, -window:].mean(axis=1)
        return whole(weeks * mean, retail.HORIZON * mean)

    return levels


def normal(forecast):
    """Levels of a forecast with normal safety stock from its last 52 errors."""

    def levels(history, factor: float):
        mean, deviation = forecast(history), errors_of(forecast, history)
        horizon = retail.HORIZON
        return whole(horizon * mean + factor * deviation, horizon * mean)

    return levels


def errors_of(forecast, history):
    """Deviation of the last 13 errors of a forecast of four weeks, every fourth
    week."""
    horizon, periods = retail.HORIZON, history.shape[1]
    ends = [end for end in range(periods - horizon, 12, -horizon)][:13]
    errors = [
        history[:, end : end + horizon].sum(axis=1)
        - horizon * forecast(history[:, :end])
        for end in ends
    ]
    return np.sqrt(np.square(errors).mean(axis=0))


def whole(reorder, lot) -> simulation.Levels:
    """Levels in whole units."""
    reorder = np.ceil(np.maximum(reorder, 0.0))
    return simulation.Levels(reorder, reorder + np.ceil(np.maximum(lot, 0.0)))


def own(history, boost: bool):
    """Levels from the distribution of demand; the lot is four usual weeks."""
    found = {
        origin: distribution.estimate(history[:, :origin], retail.HORIZON, boost=boost)
        for origin in ORIGINS
    }

    def levels(past, service: float):
        each = found[past.shape[1]]
        return whole(each.quantile(service), each.median)

    return levels


def curve(data, levels, parameters) -> simulation.ExchangeCurve:
    """Exchange curve of a policy on Online Retail."""
    world = simulation.World(
        data.demand, cost=data.price / 2, price=data.price, lead_time=3
    )

    def once(parameter):
        def renew(week):
            if week in ORIGINS:
                return levels(data.demand[:, :week], parameter)
            return None

        return simulation.replay(world, renew, ORIGINS[0], retail.WEEKS, warm_up=4)

    return simulation.exchange_curve(once, parameters)


def stock_lines(data):
    """Stock of every policy against both baselines."""
    policies = {
        "A2": (cover(13), COVER),
        "A3": (cover(4), COVER),
        "textbook_sba_normal": (normal(syntetos_boylan), FACTORS),
        "ma8_normal": (normal(lambda h: smoothing.moving_average(h, 8)), FACTORS),
        "light": (own(data.demand, False), SERVICE),
    }
    if boosting.available():
        policies["boosted"] = (own(data.demand, True), SERVICE)
    curves = {name: curve(data, *policy) for name, policy in policies.items()}
    for baseline in ("A2", "A3"):
        base = curves[baseline].stock_at(FILL)
        for name, found in curves.items():
            stock = found.stock_at(FILL)
            yield {
                "metric": "stock_change_at_95_fill_pct",
                "value": round(100 * (stock / base - 1), 1),
                "ratio": round(stock / base, 3),
                "unit": "%",
                "baseline": baseline,
                "baseline_stock": round(base),
                "stock": round(stock),
                "stock_at_90": round(found.stock_at(0.9)),
                "parameter": round(found.parameter_at(FILL), 4),
                "policy": name,
            }


# -- the MAN set: cost at equal service ------------------------------------------------

FIRST, LAST, WARM_UP, RENEW = 78, 150, 16, 8
#: weeks without demand from which an item may be discontinued
RECENT = 26
#: cost of a unit that is missing, as multiple of its price
STOCKOUTS = (0.2, 0.5, 1, 2, 4, 8, 16, 32, 64)


def with_history(data):
    """The items that had a demand before the replay begins."""
    kept = (data.demand[:, :FIRST] > 0).any(axis=1)
    fields = {name: getattr(data, name)[kept] for name in data.__dataclass_fields__}
    return type(data)(**fields)


def man_world(data) -> simulation.World:
    """The replay's world."""
    return simulation.World(
        data.demand,
        cost=data.cost,
        price=data.cost,
        lead_time=data.lead_time,
        pack=data.pack,
        smallest=data.smallest,
        order_cost=data.order_cost,
        holding_cost=data.holding / 52,
    )


def man_eoq(data):
    """Levels of the economic order quantity with normal safety stock."""

    def levels(history, factor: float):
        mean, deviation = history.mean(axis=1), history.std(axis=1, ddof=1)
        lot = eoq.constrained_quantity(
            data.order_cost, data.holding, 52 * mean, data.smallest, data.pack
        )
        point = safety_stock.protect(factor, mean, deviation, data.lead_time, review=1)
        return whole(point.reorder_point, lot.quantity)

    return levels


def stop(levels):
    """The same levels without what is discontinued."""

    def kept(history, parameter: float):
        found = levels(history, parameter)
        life = demand.life(demand.prepare(history, cap=None), new=RECENT)
        going = life != demand.Life.DISCONTINUED
        return simulation.Levels(found.reorder_point * going, found.order_up_to * going)

    return kept


def man_own(data, kind):
    """Levels of the addon; the parameter is the service or the stock-out cost."""
    found = {}

    def terms(parameter: float) -> planning.Terms:
        costs = kind is planning.Service.COST
        return planning.Terms(
            service=0.95 if costs else parameter,
            kind=kind,
            stockout_cost=parameter * data.cost if costs else 0.0,
            service_limits=(0.05, 0.9995),
            price=data.cost,
            order_cost=data.order_cost,
            holding_rate=data.holding / data.cost,
            smallest=data.smallest,
            pack=data.pack,
            longest_cover=104.0,
        )

    def levels(history, parameter: float):
        week = history.shape[1]
        if week not in found:
            interval = data.lead_time + 1.0
            gone = demand.life(demand.prepare(history, cap=None), new=RECENT)
            found[week] = (
                distribution.estimate(history, interval),
                gone == demand.Life.DISCONTINUED,
            )
        estimate, stopped = found[week]
        points = planning.order_points(estimate, terms(parameter), stopped)
        return simulation.Levels(points.reorder_point, points.order_up_to)

    return levels


def cost_lines(data):
    """Cost of both policies on the MAN set."""
    world = man_world(data)

    def curve_of(levels, parameters):
        def once(parameter):
            def renew(week):
                if (week - FIRST) % RENEW == 0:
                    return levels(data.demand[:, :week], parameter)
                return None

            return simulation.replay(world, renew, FIRST, LAST, WARM_UP)

        return simulation.exchange_curve(once, parameters)

    policies = {
        "eoq_normal": (man_eoq(data), FACTORS),
        "eoq_normal_stopped": (stop(man_eoq(data)), FACTORS),
        "light_cycle_service": (man_own(data, planning.Service.CYCLE), SERVICE),
        "light_cost_optimal": (man_own(data, planning.Service.COST), STOCKOUTS),
    }
    curves = {name: curve_of(*policy) for name, policy in policies.items()}
    base = curves["eoq_normal"].cost_at(FILL)
    for name, found in curves.items():
        cost = found.cost_at(FILL)
        yield {
            "metric": "cost_change_pct",
            "value": round(100 * (cost / base - 1), 1),
            "ratio": round(cost / base, 3),
            "unit": "%",
            "baseline": "eoq_normal",
            "baseline_cost": round(base),
            "cost": round(cost),
            "stock_change_pct": round(
                100 * (found.stock_at(FILL) / curves["eoq_normal"].stock_at(FILL) - 1),
                1,
            ),
            "parameter": round(found.parameter_at(FILL), 4),
            "policy": name,
        }


if __name__ == "__main__":
    for result in run(None):
        print(json.dumps({"bench": "policy", **result}), flush=True)
