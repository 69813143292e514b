"""Spoils payloads: what a marketplace will one day send, and what it never should."""

import random
from decimal import Decimal

_STRANGE = (
    None,
    "",
    " ",
    "0",
    0,
    -1,
    10**30,
    Decimal("1E+400"),
    Decimal("-0.005"),
    True,
    False,
    [],
    {},
    [None],
    [[]],
    [{}],
    {"": None},
    "NaN",
    "Infinity",
    "1e999",
    "-12.345",
    "12,50",
    "abc",
    "x" * 5_000,
    "\x00",
    "\ud800",
    "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "２０２６",
)


def mutations(payload, count, seed=7):
    """Yield ``count`` spoiled copies of a payload.

    Each copy has one to three places changed: a value replaced by something strange,
    a key taken away, a list doubled or emptied, two values exchanged.

    :param payload: parsed JSON; it stays as it is.
    """
    rng = random.Random(seed)
    for _number in range(count):
        spoiled = _copy(payload)
        for _time in range(rng.choice((1, 1, 1, 2, 3))):
            spoiled = _spoil(spoiled, rng)
        yield spoiled


def _copy(value):
    """A copy of parsed JSON; several times as fast as ``copy.deepcopy``."""
    if isinstance(value, dict):
        return {key: _copy(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_copy(part) for part in value]
    return value


def _spoil(payload, rng):
    places = _places(payload)
    if not places or rng.random() < 0.01:
        return rng.choice(_STRANGE)
    holder, key = rng.choice(places)
    way = rng.random()
    value = holder[key]
    if way < 0.15:
        del holder[key]
    elif way < 0.25 and isinstance(value, list):
        holder[key] = value + value
    elif way < 0.35:
        other, other_key = rng.choice(places)
        holder[key] = _copy(other[other_key])
    elif way < 0.4:
        holder[key] = [value]
    elif way < 0.45:
        holder[key] = {"value": value}
    else:
        holder[key] = _copy(rng.choice(_STRANGE))
    return payload


def _places(value):
    """Every ``(container, key)`` of a payload."""
    found = []
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            keys = list(current)
        elif isinstance(current, list):
            keys = range(len(current))
        else:
            continue
        for key in keys:
            found.append((current, key))
            waiting.append(current[key])
    return found
