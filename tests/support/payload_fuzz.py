"""Damaged payloads: a good one with one to three things in it gone wrong.

Everything is drawn from one seed, so that a failure can be repeated; a failing payload
is shown with its number. Only the path to what changes is copied, which makes tens of
thousands a matter of seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Any

from ecom_orders.marketplaces.errors import PayloadError


def _deep(levels: int = 60) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = {"in": [value]}
    return value


#: What stands where something else was expected.
ODD_VALUES: tuple[Any, ...] = (
    None,
    "",
    " ",
    True,
    False,
    0,
    -1,
    1,
    2**53 + 1,
    -(2**63),
    10**40,
    0.1,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("-Infinity"),
    Decimal("1E+999999"),
    Decimal("1E-999999"),
    Decimal("0.30000000000000004"),
    "NaN",
    "-Infinity",
    "1e999999999",
    "12,50",
    "1_000",
    "٣٫١٤",
    "0x1F",
    "9007199254740993",
    "9" * 400,
    "2026-03-01T10:00:00",
    "2026-03-01 10:00",
    "2026-02-30T10:00:00Z",
    "0000-00-00T00:00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "1772359200",
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "\u202eخالد\u202c",
    "张*三",
    "a\0b",
    "\ud800",
    "\ufeffx",
    "'; DROP TABLE sale_order; --",
    "<script>alert(1)</script>",
    "${jndi:ldap://x}",
    "../../etc/passwd",
    "x" * 30_000,
    [],
    {},
    [None],
    [[]],
    [{}],
    {"id": None},
    {"0": {"id": 1}},
    _deep(),
)


def mutations(payload: Any, count: int, seed: int = 7) -> Iterator[Any]:
    """Yield ``count`` damaged copies of a parsed payload; it is never changed itself.

    A place is drawn, then what happens to it: another value, another type, gone, twice,
    cut short, a stray key.
    """
    rng = Random(seed)
    whole = list(_places(payload, ()))
    for _ in range(count):
        damaged = _damage(payload, rng.choice(whole), rng)
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            damaged = _damage(damaged, rng.choice(list(_places(damaged, ()))), rng)
        yield damaged


def outcomes_of(
    understand: Callable[[Any], Any], payload: Any, count: int, seed: int
) -> Counter[str]:
    """How many damaged payloads are ``"understood"`` and how many ``"refused"``.

    Anything but a result or a :class:`PayloadError` fails, naming the payload.
    """
    outcomes: Counter[str] = Counter()
    for number, damaged in enumerate(mutations(payload, count, seed)):
        try:
            understand(damaged)
            outcomes["understood"] += 1
        except PayloadError:
            outcomes["refused"] += 1
        except Exception as error:
            shown = repr(damaged)[:2_000]
            raise AssertionError(
                f"mutation {number} of seed {seed}: {error!r} for {shown}"
            ) from error
    return outcomes


def _places(value: Any, path: tuple[Any, ...], depth: int = 8) -> Iterator[tuple]:
    """Paths to everything in a payload, down to a depth."""
    yield path
    if not depth:
        return
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return
    for key, child in items:
        yield from _places(child, (*path, key), depth - 1)


def _damage(value: Any, path: tuple[Any, ...], rng: Random) -> Any:
    """A copy of ``value`` with something wrong at ``path``."""
    if not path:
        return _odd(value, rng)
    key, rest = path[0], path[1:]
    if isinstance(value, list):
        copy: Any = list(value)
        if not rest and rng.random() < 0.3:
            return copy[:key] if rng.random() < 0.5 else [*copy, copy[key]]
    else:
        copy = dict(value)
        if not rest and rng.random() < 0.3:
            del copy[key]
            return copy
    copy[key] = _damage(copy[key], rest, rng)
    return copy


def _odd(value: Any, rng: Random) -> Any:
    """What stands in the place of ``value``: sometimes close to it, sometimes not."""
    chance = rng.random()
    if isinstance(value, str) and chance < 0.2:
        return value[: rng.randrange(len(value) + 1)] + rng.choice(("", "\0", "🙏"))
    if isinstance(value, dict) and chance < 0.2:
        return {**value, rng.choice(("", "id", "🙏")): rng.choice(ODD_VALUES)}
    if chance < 0.3:
        return [value] if rng.random() < 0.5 else {"value": value}
    return rng.choice(ODD_VALUES)
