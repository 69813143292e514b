"""How a listing of settlements is worked off, whatever marketplace it is of.

A listing names settlements with a moment and whether they are final. What is new and
final is read, oldest first, some in each call. The cursor is a moment and the ids that
were read since: it never passes one that is not final, that could not be read or was
not reached, and it stays some days behind, for what is listed late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .base import OrderCursor, SettlementDocument, SettlementFailure, SettlementPage
from .errors import (
    AuthenticationFailed,
    MarketplaceError,
    NotFound,
    NotMade,
    PermissionRefused,
    RateLimited,
    SendingStopped,
)

BATCH = 5  # settlements of one call: each may be hundreds of requests
OVERLAP = timedelta(days=7)  # how long after its date a settlement may be listed

#: After these nothing else can be read now either.
_STOPPING = (AuthenticationFailed, PermissionRefused, RateLimited, SendingStopped)
_FINAL = (NotFound, NotMade)


@dataclass(frozen=True)
class Listed:
    """A settlement as a listing names it.

    :param at: by the marketplace's clock, aware; does not change.
    :param final: will not change any more and can be read.
    :param row: what else the listing says, for who reads it.
    """

    external_id: str
    at: datetime
    final: bool = True
    row: Any = None


def read_new(
    listed: Iterable[Listed],
    cursor: OrderCursor,
    read: Callable[[Listed], SettlementDocument | None],
    skip: frozenset[str] = frozenset(),
    batch: int = BATCH,
    overlap: timedelta = OVERLAP,
) -> SettlementPage:
    """Read what is new in a listing.

    :param listed: everything from ``cursor.since`` on, in any order; the same one may
        be among it twice.
    :param read: gets the content of one; ``None`` when there is nothing in it.
    :param skip: see :meth:`~.base.Connector.fetch_settlements`.
    :param batch: most that are read.
    :raises MarketplaceError: when reading has to stop before anything was read.
    """
    known = {one.external_id: one for one in listed}
    rows = sorted(known.values(), key=lambda one: (one.at, one.external_id))
    fresh = [
        one for one in rows if one.final and one.external_id not in cursor.seen | skip
    ]
    chosen = fresh[:batch]
    documents: list[SettlementDocument] = []
    failures: list[SettlementFailure] = []
    done: set[str] = set()
    for one in chosen:
        try:
            document = read(one)
        except _STOPPING:
            if not done and not failures:
                raise
            break
        except MarketplaceError as error:
            final = isinstance(error, _FINAL)
            failures.append(
                SettlementFailure(one.external_id, one.external_id, error, final)
            )
            if final:
                done.add(one.external_id)
        else:
            done.add(one.external_id)
            documents += [document] if document else []
    tried = done | {failure.external_id for failure in failures}
    return SettlementPage(
        documents=tuple(documents),
        cursor=_moved(cursor, rows, cursor.seen | done, overlap),
        more=any(one.external_id not in tried for one in fresh),
        failures=tuple(failures),
    )


def _moved(
    cursor: OrderCursor,
    rows: list[Listed],
    seen: frozenset[str] | set[str],
    overlap: timedelta,
) -> OrderCursor:
    """The cursor after these were read; it never goes back."""
    if not rows:
        return cursor
    open_rows = [one.at for one in rows if one.external_id not in seen]
    since = min([*open_rows, rows[-1].at - overlap])
    since = max(since, cursor.since) if cursor.since else since
    kept = {one.external_id for one in rows if one.at >= since} & set(seen)
    return OrderCursor(since, frozenset(kept))
