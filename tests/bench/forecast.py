"""Forecasts and quantiles on Online Retail, 11 rolling origins, four weeks ahead.

Definitions and data as in ``shared/inventory.md`` section 5: everything that was chosen
was chosen on the origins 60 to 76 (``choose``), ``judge`` are 80 to 100, ``value`` is
all 11.

* ``rmsse``, ``wrmsse``: every method, the losing ones too. ``usual`` is the median of
  the distribution of demand, what the addon shows as forecast; ``combination`` its mean
  before seasons. wRMSSE weighs by the value sold in the 26 weeks before the first
  origin. ``baseline`` is simple exponential smoothing.
* ``scaled_pinball``: of the sum of four weeks, at six levels; ``baseline`` is the
  textbook, a normal distribution around the moving average of eight weeks.
* ``coverage95_pct``: how often demand is at or below the 95 % quantile, for each class
  of demand as it was known at the origin.

Nothing is random. Also runs without Odoo: ``python tests/bench/forecast.py``; the
boosted quantiles, which take minutes, only with scikit-learn.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import pure_addons  # noqa: E402

pure_addons.register()

import retail  # noqa: E402
from ecom_inventory_opt.algorithms import boosting, distribution, metrics  # noqa: E402
from ecom_inventory_opt.algorithms.classes import demand_patterns  # noqa: E402
from ecom_inventory_opt.algorithms.demand import offered  # noqa: E402
from ecom_inventory_opt.algorithms.forecast import METHODS  # noqa: E402
from scipy import special  # noqa: E402

LEVELS = np.array([0.5, 0.75, 0.9, 0.95, 0.975, 0.99])
ORIGINS = retail.CHOOSE + retail.JUDGE


def run(env):
    """Run the benchmark; yields one result for each method and figure."""
    if not retail.available():
        yield {"metric": "rmsse", "skipped": "no data beside the project"}
        return
    data = retail.online_retail()
    weights = data.demand[:, 34:60].sum(axis=1) * data.price
    estimates = {"light": estimate(data.demand, boost=False)}
    if boosting.available():
        estimates["boosted"] = estimate(data.demand, boost=True)
    points = dict(naive=lambda history: history[:, -1], **METHODS)
    errors = {name: point_errors(data.demand, f) for name, f in points.items()}
    for name, found in estimates.items():
        errors[f"usual_{name}"] = {
            origin: error(data.demand, origin, each.median / retail.HORIZON)
            for origin, each in found.items()
        }
    for metric, weigh in (("rmsse", None), ("wrmsse", weights)):
        means = {name: average(each, weigh) for name, each in errors.items()}
        for name, value in sorted(means.items(), key=lambda item: item[1]["value"]):
            yield line(metric, value, means["ses"]["value"], method=name)
    yield from quantile_lines(data, estimates)


def estimate(demand, boost: bool) -> dict:
    """Distribution of the next four weeks after every origin."""
    return {
        origin: distribution.estimate(demand[:, :origin], retail.HORIZON, boost=boost)
        for origin in ORIGINS
    }


def error(demand, origin: int, forecast):
    """RMSSE of a constant forecast after one origin, ``(n,)``."""
    actual = demand[:, origin : origin + retail.HORIZON]
    flat = np.repeat(forecast[:, None], retail.HORIZON, axis=1)
    return metrics.rmsse(demand[:, :origin], actual, flat)


def point_errors(demand, method) -> dict:
    """RMSSE of a method after every origin."""
    return {
        origin: error(demand, origin, method(demand[:, :origin])) for origin in ORIGINS
    }


def average(values: dict, weights=None) -> dict:
    """Mean over the series, then over the origins: all, to choose, to judge."""
    means = {o: float(np.average(each, weights=weights)) for o, each in values.items()}
    return {
        "value": round(float(np.mean(list(means.values()))), 4),
        "choose": round(float(np.mean([means[o] for o in retail.CHOOSE])), 4),
        "judge": round(float(np.mean([means[o] for o in retail.JUDGE])), 4),
    }


def line(metric: str, value: dict, baseline: float, **fields) -> dict:
    """One result; ratio is value over baseline."""
    ratio = round(value["value"] / baseline, 3)
    return {
        "metric": metric,
        **value,
        "baseline": baseline,
        "ratio": ratio,
        "unit": "1",
        **fields,
    }


def textbook(history, window: int = 8):
    """Normal distribution around a moving average; ``(levels, n)``, sums of four weeks.

    The deviation is that of the last 52 errors of the same forecast.
    """
    total = np.cumsum(np.pad(history, ((0, 0), (1, 0))), axis=1)
    ends = np.arange(window, history.shape[1] - retail.HORIZON + 1)[-52:]
    before = (total[:, ends] - total[:, ends - window]) / window * retail.HORIZON
    after = total[:, ends + retail.HORIZON] - total[:, ends]
    deviation = np.sqrt(np.square(after - before).mean(axis=1))
    mean = history[:, -window:].mean(axis=1) * retail.HORIZON
    return mean + special.ndtri(LEVELS)[:, None] * deviation


def empirical(history):
    """Quantiles of the series' own sums of four weeks in the last 52; ``(levels,
    n)``."""
    total = np.cumsum(np.pad(history[:, -52:], ((0, 0), (1, 0))), axis=1)
    sums = total[:, retail.HORIZON :] - total[:, : -retail.HORIZON]
    return np.quantile(sums, LEVELS, axis=1)


def quantile_lines(data, estimates):
    """Results about quantiles."""
    tables = {
        "textbook": {o: textbook(data.demand[:, :o]) for o in ORIGINS},
        "empirical": {o: empirical(data.demand[:, :o]) for o in ORIGINS},
    }
    for name, found in estimates.items():
        tables[name] = {
            o: np.array([each.quantile(level) for level in LEVELS])
            for o, each in found.items()
        }
    actual = {o: data.demand[:, o : o + retail.HORIZON].sum(axis=1) for o in ORIGINS}
    means = {}
    for name, table in tables.items():
        losses = {
            o: metrics.scaled_pinball(
                data.demand[:, :o], actual[o], table[o], LEVELS, retail.HORIZON
            )
            for o in ORIGINS
        }
        means[name] = average(losses)
    for name, value in sorted(means.items(), key=lambda item: item[1]["value"]):
        yield line("scaled_pinball", value, means["textbook"]["value"], method=name)
    for name, table in tables.items():
        yield from coverage_lines(name, data.demand, actual, table)


def coverage_lines(name: str, demand, actual, table):
    """Coverage of the 95 % quantile, for all and for each class of demand."""
    classes, met = {}, {}
    for origin in ORIGINS:
        past = demand[:, :origin]
        classes[origin] = demand_patterns(past, offered(past)).pattern
        met[origin] = actual[origin] <= table[origin][3]
    kinds = sorted({kind for each in classes.values() for kind in each}, key=str)

    def part(kind, origins) -> float:
        hits = [met[o][(classes[o] == kind) | (kind == "all")] for o in origins]
        return round(100 * float(np.concatenate(hits).mean()), 1)

    for kind in ["all", *kinds]:
        value = part(kind, ORIGINS)
        yield {
            "metric": "coverage95_pct",
            "value": value,
            "choose": part(kind, retail.CHOOSE),
            "judge": part(kind, retail.JUDGE),
            "baseline": 95.0,
            "ratio": round(value / 95, 3),
            "unit": "%",
            "demand_class": getattr(kind, "value", kind),
            "method": name,
        }


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    for result in run(None):
        print(json.dumps({"bench": "forecast", **result}), flush=True)
