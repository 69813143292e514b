"""Which lines of an order may travel in one parcel, and by what.

Lines of different *shipping classes* never share a parcel (dangerous goods, cold chain,
bulky...), and a carrier's service must offer what each line in the parcel requires. So
one order may leave a site in several parcels, each by a carrier of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .schema import Line, Order


def may_share(lines: Iterable[Line]) -> bool:
    """Whether lines may travel in one parcel."""
    return len({line.shipping_class for line in lines}) <= 1


def required_of(order: Order, lines: Iterable[Line]) -> frozenset[str]:
    """Return what a service must offer that takes lines of an order."""
    return order.required.union(*(line.required for line in lines))


def berths(lines: Sequence[Line]) -> list[list[Line]]:
    """Return groups of lines, each of which a parcel of its own could take.

    One for every class, and in a class for every set of features that some of its
    lines require together: with them travel the lines that require no more. A line that
    requires less is in several groups, and travels in one of them.
    """
    kinds: dict[tuple[str, frozenset[str]], None] = {}
    for line in lines:
        together = {
            (of_class, required | line.required): None
            for of_class, required in kinds
            if of_class == line.shipping_class
        }
        kinds |= {(line.shipping_class, line.required): None} | together
    return [
        [
            line
            for line in lines
            if line.shipping_class == of_class and line.required <= required
        ]
        for of_class, required in kinds
    ]


def separate(lines: Sequence[Line]) -> list[list[list[Line]]]:
    """Return ways to divide lines over parcels, those with the fewest parcels first.

    By class; by class and what is required; every line by itself.
    """
    by_class: dict[str, list[Line]] = {}
    by_need: dict[tuple, list[Line]] = {}
    for line in lines:
        by_class.setdefault(line.shipping_class, []).append(line)
        by_need.setdefault((line.shipping_class, line.required), []).append(line)
    ways = [list(by_class.values()), list(by_need.values()), [[one] for one in lines]]
    return [
        way
        for number, way in enumerate(ways)
        if not any(len(way) == len(other) for other in ways[:number])
    ]
