"""Flow chart (Sankey diagram) of how many moved from one group to another.

Groups stand one above the other on both sides, as tall as they are large; a ribbon from
left to right is as thick as those who moved are many (M. Schmidt 2008, *The Sankey
Diagram in Energy and Material Flow Management*).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .errors import BadInput

#: width of the bars of groups, and the gap between two of them, in the chart's unit
BAR = 14.0
GAP = 8.0


@dataclass(frozen=True)
class Bar:
    """A group on one side.

    :param name: of the group.
    :param right: whether it is where they came to.
    :param top: its upper edge; ``height`` downwards from there.
    """

    name: str
    right: bool
    count: int
    top: float
    height: float


@dataclass(frozen=True)
class Ribbon:
    """Those who moved from one group to another, or stayed in one.

    :param left: upper edge where it begins.
    :param right: upper edge where it ends.
    :param thickness: the same all along.
    """

    source: str
    target: str
    count: int
    left: float
    right: float
    thickness: float

    def path(self, width: float) -> str:
        """Outline for the attribute ``d`` of an SVG path.

        :param width: of the whole chart, bars included.
        """
        start, end, middle = BAR, width - BAR, width / 2
        low_left, low_right = self.left + self.thickness, self.right + self.thickness
        return (
            f"M{start:.1f},{self.left:.1f} "
            f"C{middle:.1f},{self.left:.1f} {middle:.1f},{self.right:.1f} "
            f"{end:.1f},{self.right:.1f} "
            f"V{low_right:.1f} "
            f"C{middle:.1f},{low_right:.1f} {middle:.1f},{low_left:.1f} "
            f"{start:.1f},{low_left:.1f} Z"
        )


@dataclass(frozen=True)
class Chart:
    """Bars and ribbons, none of them empty."""

    bars: tuple[Bar, ...]
    ribbons: tuple[Ribbon, ...]


def layout(
    moves: Mapping[tuple[str, str], int], order: Sequence[str], height: float
) -> Chart:
    """Place bars and ribbons.

    :param moves: how many by (group of before, group of after).
    :param order: names of groups from top to bottom; others come last, by name.
    :param height: of the whole chart.
    :raise BadInput: a number is negative, or the height leaves no room.
    """
    if any(count < 0 for count in moves.values()):
        raise BadInput("fewer than nobody cannot move")
    moves = {pair: count for pair, count in moves.items() if count}
    known = {name for pair in moves for name in pair}
    names = [name for name in order if name in known]
    names += sorted(known - set(names))
    rank = {name: number for number, name in enumerate(names)}
    total = sum(moves.values())
    if not total:
        return Chart((), ())
    scale = (height - GAP * (len(names) - 1)) / total
    if scale <= 0:
        raise BadInput(f"{len(names)} groups do not fit into a height of {height}")
    bars, edges = [], {}
    for side in (0, 1):
        top = 0.0
        for name in names:
            count = sum(n for pair, n in moves.items() if pair[side] == name)
            if not count:
                continue
            bars.append(Bar(name, bool(side), count, top, count * scale))
            edges[side, name] = top
            top += count * scale + GAP
    ribbons = []
    # In the order of both sides, ribbons of a bar do not cross each other.
    for source, target in sorted(moves, key=lambda pair: [*map(rank.get, pair)]):
        count = moves[source, target]
        thickness = count * scale
        ribbons.append(
            Ribbon(
                source,
                target,
                count,
                edges[0, source],
                edges[1, target],
                thickness,
            )
        )
        edges[0, source] += thickness
        edges[1, target] += thickness
    return Chart(tuple(bars), tuple(ribbons))
