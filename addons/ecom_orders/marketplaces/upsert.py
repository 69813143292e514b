"""Which of the snapshots that arrived count: the heart of the upsert, apart from Odoo.

Snapshots of an order come in any order, more than once, and some of them never. The
newest one is the truth; applying it again changes nothing; an older one changes
nothing either. So the end does not depend on the order of arrival, on repetition, or on
where a run broke off and was started again.

A draft that became an order lives on as that order: its own snapshots stop to count as
soon as the order is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .schema import ExternalOrder, OrderStatus


@dataclass(frozen=True)
class Known:
    """What was applied of an order before.

    :param external_id: under which id it goes on (the order's, for a joined draft).
    :param version: of the newest snapshot that was applied, see
        :attr:`~.schema.ExternalOrder.version`.
    """

    external_id: str
    version: str = ""


@dataclass(frozen=True)
class Selection:
    """Positions of the snapshots in what was given.

    :param current: one for each order, to be applied.
    :param superseded: to be put aside.
    """

    current: tuple[int, ...]
    superseded: tuple[int, ...]


def select(snapshots: Sequence[ExternalOrder], known: Mapping[str, Known]) -> Selection:
    """Choose the snapshots to be applied.

    :param snapshots: in order of arrival; of two with the same version the later one
        counts.
    :param known: by external id of the snapshot; a draft that was joined to an order is
        known as that order.
    """
    by_age = sorted(range(len(snapshots)), key=lambda i: (snapshots[i].version, i))
    newest = {snapshots[i].external_id: i for i in by_age}
    joined = {order.draft_ref for order in snapshots} - {""}
    current = [
        index
        for external_id, index in newest.items()
        if not _is_overtaken(snapshots[index], known.get(external_id), joined)
    ]
    kept = set(current)
    return Selection(
        tuple(current), tuple(i for i in range(len(snapshots)) if i not in kept)
    )


def _is_overtaken(order: ExternalOrder, known: Known | None, joined: set[str]) -> bool:
    if order.status is OrderStatus.DRAFT and (
        order.external_id in joined
        or (known and known.external_id != order.external_id)
    ):
        return True
    return bool(known) and known.version > order.version
