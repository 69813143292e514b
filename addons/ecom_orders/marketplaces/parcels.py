"""From what left the warehouse to what a marketplace understands as parcels.

A warehouse counts product units and components of kits; a marketplace counts units of
its order lines, and wants to know which of them are in which parcel. Units are told
when they are *complete*: a pack of six when the sixth piece has left, a kit when its
last component has. So the quantities told of a line never exceed those ordered, and add
up to them once all has left, however it was split into deliveries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from .schema import ZERO

_SEPARATORS = re.compile(r"[,;\r\n]+")
Contents = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True)
class Need:
    """What an order line is made of.

    :param ordered: units that the marketplace ordered.
    :param parts: product units by product (any key) for one of these units.
    """

    ordered: Decimal
    parts: Mapping[str, Decimal]


@dataclass(frozen=True)
class Box:
    """Something that left the warehouse in one piece, as far as the warehouse knows.

    :param key: lasting identity.
    :param contents: product units by (order line, product).
    :param references: tracking references; several = what stands here as one box went
        out as several.
    """

    key: str
    contents: Contents
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parcel:
    """A box in the marketplace's words: units by order line."""

    key: str
    reference: str
    lines: Mapping[str, Decimal]


def split_references(text: str) -> tuple[str, ...]:
    """Tracking references of a text field that may hold several, without doubles."""
    parts = (part.strip() for part in _SEPARATORS.split(text or ""))
    return tuple(dict.fromkeys(part for part in parts if part))


def share_references(
    boxes: Sequence[Box], references: tuple[str, ...]
) -> tuple[Box, ...]:
    """Give the references of a whole delivery to those of its boxes that have none.

    As many references as boxes without one: each gets its own, in order. Otherwise
    nobody can tell which is whose, and all of them get all. Boxes with the same
    references are then one.
    """
    open_boxes = [box for box in boxes if not box.references]
    one_each = len(references) == len(open_boxes)
    waiting = iter(references)
    shared = [
        box
        if box.references
        else replace(box, references=(next(waiting),) if one_each else references)
        for box in boxes
    ]
    merged: dict[tuple[str, ...], Box] = {}
    for box in shared:
        known = merged.get(box.references)
        merged[box.references] = (
            replace(known, contents=_add(known.contents, box.contents))
            if known
            else box
        )
    return tuple(merged.values())


def make_parcels(
    boxes: Iterable[Box], needs: Mapping[str, Need], shipped: Contents
) -> tuple[Parcel, ...]:
    """What to tell of the boxes of one delivery.

    A box that completes no unit has no line of its own to tell; its references go
    with the next box, or the one before.

    :param needs: by order line; contents of other lines are not told.
    :param shipped: what had left before, in earlier deliveries.
    """
    parcels: list[Parcel] = []
    kept: tuple[str, ...] = ()
    for box in boxes:
        after = _add(shipped, box.contents)
        lines = {
            line: done
            for line, need in needs.items()
            if (done := _complete(line, need, after) - _complete(line, need, shipped))
        }
        shipped = after
        references = kept + box.references
        if lines:
            kept = ()
            parcels += _split(box.key, references, lines)
        else:
            kept = references
    if kept and parcels:
        joined = ", ".join(filter(None, (parcels[-1].reference, *kept)))
        parcels[-1] = replace(parcels[-1], reference=joined)
    return tuple(parcels)


def _add(one: Contents, other: Contents) -> Contents:
    return {key: one.get(key, ZERO) + other.get(key, ZERO) for key in {**one, **other}}


def _complete(line: str, need: Need, shipped: Contents) -> Decimal:
    """Units of a line that are complete: whole ones, or all that were ordered."""
    if not need.parts or need.ordered <= 0:
        return ZERO
    units = min(
        shipped.get((line, part), ZERO) / quantity
        for part, quantity in need.parts.items()
    )
    if units >= need.ordered:
        return need.ordered
    return max(units.quantize(Decimal(1), rounding=ROUND_FLOOR), ZERO)


def _split(
    key: str, references: tuple[str, ...], lines: Mapping[str, Decimal]
) -> list[Parcel]:
    """Divide the units of a box among its references, as evenly as they allow.

    Which unit went with which reference is not known; told is a division that adds
    up. References for which no unit is left are told with the last parcel.
    """
    units = [unit for line, total in lines.items() for unit in _units(line, total)]
    count = max(1, min(len(references), len(units)))
    parcels = []
    for index in range(count):
        start, end = len(units) * index // count, len(units) * (index + 1) // count
        content: dict[str, Decimal] = {}
        for line, quantity in units[start:end]:
            content[line] = content.get(line, ZERO) + quantity
        own = (
            references[index:] if index == count - 1 else references[index : index + 1]
        )
        suffix = f"-{index + 1}" if index else ""
        parcels.append(Parcel(f"{key}{suffix}", ", ".join(own), content))
    return parcels


def _units(line: str, total: Decimal) -> list[tuple[str, Decimal]]:
    """A quantity as single units; what is broken of it goes with the last of them."""
    whole = int(total)
    if whole == 0:
        return [(line, total)]
    return [(line, Decimal(1))] * (whole - 1) + [(line, total - (whole - 1))]
