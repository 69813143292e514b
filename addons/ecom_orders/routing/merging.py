"""Which deliveries of one buyer leave together, as one parcel.

Deliveries are alike when buyer, address and lane are (warehouse, carrier, company,
currency: whatever may not be mixed). Of those that are alike, the oldest opens a
parcel, and what was ordered within the window after it joins.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Delivery:
    """A delivery that nobody has begun.

    :param key: its identity.
    :param orders: keys of the orders that it ships.
    :param buyer: who ordered.
    :param address: see :func:`address_key`; empty when it is not known, and then the
        delivery goes alone.
    :param lane: what deliveries must share in order to leave as one parcel.
    :param ordered_at: when the oldest of its orders was placed.
    """

    key: str
    orders: frozenset[str]
    buyer: str
    address: str
    lane: Hashable
    ordered_at: datetime


def address_key(parts: Iterable[str]) -> str:
    """The same text for the same address: case, spaces and punctuation do not count.

    :param parts: name, street, zip, city... in an order that is always the same.
    """
    words = (_NO_WORD.sub(" ", part or "").strip().casefold() for part in parts)
    key = "|".join(words)
    return key if key.strip("|") else ""


def group(
    deliveries: Iterable[Delivery],
    window: timedelta,
    apart: Sequence[frozenset[str]] = (),
) -> list[tuple[str, ...]]:
    """Keys of deliveries that leave together, the oldest first; none stands alone.

    :param window: longest time between the first order of a parcel and any other.
    :param apart: sets of orders of which a person said that they go apart.
    """
    alike: dict[Hashable, list[Delivery]] = {}
    for delivery in sorted(deliveries, key=lambda one: (one.ordered_at, one.key)):
        if delivery.address and delivery.buyer:
            place = delivery.buyer, delivery.address, delivery.lane
            alike.setdefault(place, []).append(delivery)
    parcels = []
    for same in alike.values():
        parcels += _fill(same, window, apart)
    return [
        tuple(one.key for one in parcel) for parcel in parcels if _is_common(parcel)
    ]


def _fill(same, window, apart):
    parcels: list[list[Delivery]] = []
    for delivery in same:
        for parcel in parcels:
            close = delivery.ordered_at - parcel[0].ordered_at <= window
            if close and not any(_is_apart(one, delivery, apart) for one in parcel):
                parcel.append(delivery)
                break
        else:
            parcels.append([delivery])
    return parcels


def _is_apart(one, other, apart):
    return any(
        one.orders & orders and other.orders & orders and one.orders != other.orders
        for orders in apart
    )


def _is_common(parcel):
    """Whether a parcel has goods of several orders from several deliveries."""
    orders = frozenset().union(*(one.orders for one in parcel))
    return len(parcel) > 1 and len(orders) > 1
