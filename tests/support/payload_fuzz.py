"""Payloads as nobody should send them: one thing after the other made wrong."""

import copy
import pickle
from decimal import Decimal
from random import Random

#: What stands instead of a value. Numbers as a parser that keeps them exact gives them.
ODD_VALUES = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    10**40,
    Decimal("-0.005"),
    Decimal("1E+30"),
    Decimal("0.1234567890123456789"),
    Decimal("1E+999999"),
    "",
    " ",
    "0",
    "-1",
    "1e5",
    "NaN",
    "Infinity",
    "1,50",
    "١٢",
    "no number",
    "null",
    "2026-13-45T99:99:99Z",
    "2026-02-30T00:00:00.000Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "\x00\x01",
    "\ud800",
    "\u202e🎁",
    "x" * 5_000,
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": None},
    {"value": {}},
    [{"value": "1"}, 7, "x"],
)


def mutations(payload, count, seed=0):
    """Yield changed copies of a payload, the same ones for the same seed.

    Each has one to three places where a value was replaced by an odd one or by another
    of the payload's own, was removed, doubled, wrapped, or got a new neighbour.

    :param payload: parsed JSON; it stays as it is.
    """
    rng = Random(f"{seed}/{count}")
    frozen = pickle.dumps(payload)  # much quicker to copy than the thing itself
    for _ in range(count):
        changed = [pickle.loads(frozen)]
        for _change in range(rng.choice((1, 1, 1, 2, 3))):
            places = list(_places(changed))
            _change_one(rng, places, rng.choice(places))
        yield changed[0]


def _places(node):
    """Every ``(container, key)`` below a container."""
    keys = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in list(keys):
        yield node, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _change_one(rng, places, place):
    container, key = place
    kind = rng.choice(("odd", "odd", "odd", "swap", "drop", "double", "wrap", "add"))
    if kind == "odd":
        container[key] = copy.deepcopy(rng.choice(ODD_VALUES))
    elif kind == "swap":
        other, other_key = rng.choice(places)
        container[key] = copy.deepcopy(other[other_key])
    elif kind == "wrap":
        container[key] = [container[key]]
    elif kind == "add" and isinstance(container, dict):
        container[f"x{rng.randint(0, 9)}"] = copy.deepcopy(rng.choice(ODD_VALUES))
    elif isinstance(container, list) and kind == "double":
        container.append(copy.deepcopy(container[key]))
    elif isinstance(container, list) and len(places) > 1 and kind == "drop":
        if container is not places[0][0]:
            container.pop(key)
    elif isinstance(container, dict):
        container.pop(key)
