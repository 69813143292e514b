"""Settlement lines against open items: how right, how complete, how quick.

Five worlds of 100,000 lines with known truth (``tests/support/settlement_generator``),
each matched by our layers and by the simpler matchers that are in use:

* *id*: the same order id and amount;
* *id, amount and day*: then whatever has a unique amount in the window of days;
* *id, greedy*: then the nearest in time of the same amount.

``baseline`` is the best of the simpler ones, ``ratio`` ours over it. Look at the worst
of the seeds: that is what ``value`` is. Seconds belong to the machine; processor
seconds are given beside them, because other work slows the former down.
"""

import resource
import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

LINES = 100_000
SEEDS = (1, 2, 3, 4, 5)


def run(env):
    """Run the benchmark; yields its results."""
    yield from matching()


def matching(lines=LINES, seeds=SEEDS):
    """Quality and time of matching, without a database."""
    import settlement_generator as generator

    ours, simple, seconds, processor = [], defaultdict(list), [], []
    for seed in seeds:
        world = generator.generate(lines, seed)
        for name, matcher in SIMPLE.items():
            simple[name].append(generator.score(world, *matcher(world)))
        started, worked = time.perf_counter(), time.process_time()
        result = generator._matching.match(world.lines, world.items, world.policy)
        seconds.append(time.perf_counter() - started)
        processor.append(time.process_time() - worked)
        ours.append(generator.score(world, result.edges, result.faults))
    figures = {
        "precision_pct": ("precision", min),
        "recall_decidable_pct": ("recall", min),
        "faults_reported_pct": ("reported", min),
        "false_alarms_pct": ("false_alarms", max),
    }
    for metric, (name, worst) in figures.items():
        value = worst(getattr(one, name) for one in ours)
        others = {
            matcher: worst(getattr(one, name) for one in scores)
            for matcher, scores in simple.items()
        }
        best = min(others.values()) if worst is max else max(others.values())
        yield line(metric, value, best, "%", **others)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield line("match_seconds_100k", max(seconds), None, "s")
    yield line("match_processor_seconds_100k", max(processor), None, "s")
    yield line("match_peak_memory_mb", memory, 1024, "MB")


def line(metric, value, baseline, unit, **details):
    """A result as the tool prints it."""
    ratio = round(value / baseline, 4) if baseline else None
    return {
        "metric": metric,
        "value": round(value, 5),
        "baseline": baseline and round(baseline, 5),
        "ratio": ratio,
        "unit": unit,
        **{name: round(one, 5) for name, one in details.items()},
    }


# -- the simpler matchers --------------------------------------------------------------


class _Fault:
    """A fault as the score reads it."""

    certain = True

    def __init__(self, kind, line="", item=""):
        self.kind, self.line, self.item = kind, line, item


def by_id(world):
    """Edges by equal id and amount; whatever is left is missing or a ghost."""
    edges, lines, items = _joined(world)
    return edges, _faults(lines, items)


def by_id_and_unique_amount(world):
    """Then by an amount that is unique among what is left within the lag."""
    edges, lines, items = _joined(world)
    by_amount = _by_amount(items)
    for entry in list(lines):
        found = _near(entry, by_amount)
        if len(found) == 1:
            edges.add((entry.id, found[0].id))
            by_amount[(found[0].currency, found[0].amount)].remove(found[0])
            lines.remove(entry)
            items.discard(found[0])
    return edges, _faults(lines, items)


def by_id_and_greedy_amount(world):
    """Then by the item of the same amount that is nearest in time."""
    edges, lines, items = _joined(world)
    by_amount = _by_amount(items)
    for entry in sorted(lines, key=lambda one: (one.date, one.id)):
        found = _near(entry, by_amount)
        if found:
            item = max(found, key=lambda one: (one.date, one.id))
            edges.add((entry.id, item.id))
            by_amount[(item.currency, item.amount)].remove(item)
            lines.remove(entry)
            items.discard(item)
    return edges, _faults(lines, items)


SIMPLE = {
    "id": by_id,
    "id_unique_amount": by_id_and_unique_amount,
    "id_greedy_amount": by_id_and_greedy_amount,
}


def _joined(world):
    waiting = defaultdict(list)
    for item in world.items:
        for ref in item.refs:
            waiting[(_plain(ref), item.currency, item.amount)].append(item)
    edges, lines, items = set(), set(), set(world.items)
    for entry in world.lines:
        for ref in entry.refs:
            found = waiting.get((_plain(ref), entry.currency, entry.amount))
            item = next((one for one in found or () if one in items), None)
            if item:
                edges.add((entry.id, item.id))
                items.discard(item)
                break
        else:
            lines.add(entry)
    return edges, lines, items


def _plain(ref):
    return ref.replace("-", "").replace("#", "")


def _by_amount(items):
    by_amount = defaultdict(list)
    for item in sorted(items, key=lambda one: one.id):
        by_amount[(item.currency, item.amount)].append(item)
    return by_amount


def _near(entry, by_amount):
    return [
        item
        for item in by_amount.get((entry.currency, entry.amount), ())
        if 0 <= (entry.date - item.date).days <= 16
    ]


def _faults(lines, items):
    return [
        *(_Fault("ghost", line=entry.id) for entry in lines),
        *(_Fault("missing", item=item.id) for item in items),
    ]


if __name__ == "__main__":  # without Odoo: PYTHONPATH=tests/support
    import json

    import pure_addons

    pure_addons.register()
    for found in matching():
        print(json.dumps({"bench": "recon", **found}), flush=True)
