"""Payloads that went wrong on the way, for readers that must never be surprised."""

import copy
import pickle
import random

#: what comes instead of a value
STRANGE = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    10**40,
    0.1,
    1e308,
    "",
    " ",
    "0",
    "-0.00",
    "1e5",
    "1e999",
    "NaN",
    "Infinity",
    "0x10",
    "１２３",
    "张*三",
    "a\0b",
    "\ud800",
    "x" * 5_000,
    "9999-99-99 99:99:99",
    "0001-01-01 00:00:00",
    "2026-02-30",
    [],
    [[]],
    [None],
    [1, "a", {}],
    {},
    {"": None},
    {"order": []},
    {"order": {"oid": 1}},
    {"a": {"b": {"c": []}}},
)


def mutations(payload, count, seed):
    """Yield ``count`` damaged copies of a payload, the same ones for the same seed.

    Each has one to three damages: a value replaced by a strange one, taken away, put in
    a list or an object, exchanged with another, or doubled.
    """
    rng = random.Random(seed)
    whole = pickle.dumps(payload)  # some times quicker than deepcopy
    for _ in range(count):
        damaged = pickle.loads(whole)
        for _ in range(rng.choice((1, 1, 2, 3))):
            damaged = _damage(damaged, rng)
        yield damaged


def _damage(payload, rng):
    places = list(_places(payload))
    if not places:
        return rng.choice(STRANGE)
    parent, key = rng.choice(places)
    kind = rng.randrange(6)
    if kind == 0:
        del parent[key]
    elif kind == 1:
        parent[key] = [parent[key]]
    elif kind == 2:
        parent[key] = {"value": parent[key]}
    elif kind == 3:
        other, place = rng.choice(places)
        parent[key] = copy.deepcopy(other[place])
    elif kind == 4 and isinstance(parent, list):
        parent.append(copy.deepcopy(parent[key]))
    else:
        parent[key] = copy.deepcopy(rng.choice(STRANGE))
    return payload


def _places(value):
    """Every value of a payload as its container and the key in it."""
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = range(len(value))
    else:
        return
    for key in keys:
        yield value, key
        yield from _places(value[key])
