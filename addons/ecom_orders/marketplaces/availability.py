"""How much of a product a channel may show, and how that number comes about.

Available to promise, in the sense of S. Chopra, P. Meindl, *Supply Chain Management*:
what is in stock less all that is promised already. From there to the number on the
marketplace it takes these steps, each kept in :class:`Availability`:

1. *free*: on hand, less reserved, less confirmed deliveries that could not be reserved
   yet (basis forecast: plus what is on its way in);
2. less orders that were imported but are not confirmed, less those that are held, less
   the safety stock;
3. the channel's part of it (:func:`allocate`);
4. less the buffer, then the percentage of it, then whole packs, at most the cap.

Quantities are units of the product until step 4 makes them packs (what the marketplace
sells as one piece). The result is never negative; when stock was below zero the
result says so (:attr:`Availability.clamped`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import Enum

from .pricing import largest_remainder
from .schema import ZERO

ONE = Decimal(1)
HUNDRED = Decimal(100)


class Basis(Enum):
    """Which stock is promised to buyers."""

    FREE = "free"  # what lies in the warehouse
    FORECAST = "forecast"  # also what is on its way in


class Mode(Enum):
    """How channels that sell the same stock divide it."""

    SHARED = "shared"  # each shows all that no other has for itself
    PARTITIONED = "partitioned"  # a fixed share of its own
    PROTECTED = "protected"  # shows all; a reserve is kept from the others


@dataclass(frozen=True)
class Supply:
    """Stock of one product in the warehouses of a channel, in units of the product.

    :param reserved: for deliveries, in the stock itself.
    :param promised: demand of confirmed deliveries that is not reserved.
    :param incoming: on its way in.
    :param unconfirmed: in imported orders that are not confirmed and not held.
    :param held: in imported orders that wait for a person.
    """

    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO
    promised: Decimal = ZERO
    incoming: Decimal = ZERO
    unconfirmed: Decimal = ZERO
    held: Decimal = ZERO

    def free(self, basis: Basis = Basis.FREE) -> Decimal:
        """Units that no confirmed delivery claims."""
        free = self.on_hand - self.reserved - self.promised
        return free + self.incoming if basis is Basis.FORECAST else free

    def promisable(self, basis: Basis = Basis.FREE) -> Decimal:
        """Units that no order claims, imported ones included."""
        return self.free(basis) - self.unconfirmed - self.held


@dataclass(frozen=True)
class Component:
    """What one unit of a kit needs of a product.

    :param name: for the explanation.
    :param quantity: units of the component in one unit of the kit, more than zero.
    """

    name: str
    quantity: Decimal
    supply: Supply


@dataclass(frozen=True)
class Claim:
    """How one channel takes part in a stock that several channels sell.

    :param share: percent of the stock, for ``PARTITIONED``.
    :param reserve: units kept from the others, for ``PROTECTED``.
    """

    channel: Hashable
    mode: Mode = Mode.SHARED
    share: Decimal = ZERO
    reserve: int = 0


@dataclass(frozen=True)
class Policy:
    """What a channel (or one of its listings) wants to show of its part.

    :param safety: units that are never promised to anybody.
    :param buffer: units that are held back on this channel, against orders that are
        on their way.
    :param percent: part of the rest that is shown, 0 to 100.
    :param cap: most packs to show, ``None`` = no limit.
    :param pack: units of the product in one piece of the listing, more than zero.
    """

    basis: Basis = Basis.FREE
    safety: Decimal = ZERO
    buffer: Decimal = ZERO
    percent: Decimal = HUNDRED
    cap: int | None = None
    pack: Decimal = ONE


@dataclass(frozen=True)
class Availability:
    """The number to show, with every term that led to it.

    :param free: see :meth:`Supply.free`; of a kit, kits that can be made of what is
        free of its scarcest component.
    :param promisable: ``free - unconfirmed - held - safety``, may be negative.
    :param units: ``promisable`` in whole units, not negative.
    :param part: the channel's part of ``units``.
    :param shown_elsewhere: units that the other partitioned channels still show beyond
        their parts; taken off until they have been told less.
    :param buffered: after the buffer; :param reduced: after the percentage.
    :param packs: in whole packs; :param quantity: after the cap, the result.
    :param clamped: ``promisable`` was negative: more is promised than there is.
    :param limiting: name of the scarcest component of a kit.
    :param limiting_supply: the stock that decides: the product's own, of a kit that of
        its scarcest component, in units of the component.
    :param per_kit: units of that component in one kit.
    """

    limiting_supply: Supply
    policy: Policy
    free: Decimal
    promisable: Decimal
    units: int
    part: int
    shown_elsewhere: int
    buffered: Decimal
    reduced: Decimal
    packs: int
    quantity: int
    clamped: bool = False
    limiting: str = ""
    per_kit: Decimal = ONE


def floor(value: Decimal) -> int:
    """Whole units in a quantity, rounded down."""
    return int(value.quantize(ONE, rounding=ROUND_FLOOR))


def allocate(units: int, claims: Sequence[Claim]) -> Mapping[Hashable, int]:
    """Divide whole units among the channels that sell them.

    Partitioned channels get their shares by the method of the largest remainder, in
    whole units, ties to the earlier claim; what no share claims is common. Of the
    common part a channel sees all, less what protected channels keep from it.

    The parts of partitioned channels and the common part add up to ``units``.

    :param units: not negative.
    :raises ValueError: when the shares add up to more than 100 percent.
    """
    owners = [claim for claim in claims if claim.mode is Mode.PARTITIONED]
    weights = [claim.share for claim in owners]
    rest = HUNDRED - sum(weights, ZERO)
    if rest < 0 or any(weight < 0 for weight in weights):
        raise ValueError("shares must not be negative nor add up to more than 100")
    *parts, common = largest_remainder(Decimal(units), [*weights, rest], ONE)
    result = {
        claim.channel: int(part) for claim, part in zip(owners, parts, strict=True)
    }
    kept = {c.channel: c.reserve for c in claims if c.mode is Mode.PROTECTED}
    for claim in claims:
        if claim.mode is not Mode.PARTITIONED:
            others = sum(kept.values()) - kept.get(claim.channel, 0)
            result[claim.channel] = max(0, int(common) - others)
    return result


def still_shown(
    channel: Hashable, parts: Mapping[Hashable, int], shown: Mapping[Hashable, int]
) -> int:
    """Units that other partitioned channels show beyond their parts.

    A part may only be raised after those who have to give have been told less:
    otherwise, for as long as messages take, all of them together show more than there
    is. Where every channel obeys this, the units shown never exceed the stock,
    whatever the delays.

    :param parts: of the partitioned channels.
    :param shown: units that each shows, at most, as far as we know.
    """
    return sum(
        max(0, shown.get(other, 0) - part)
        for other, part in parts.items()
        if other != channel
    )


def compute(
    supply: Supply,
    policy: Policy,
    claims: Sequence[Claim] = (),
    channel: Hashable = None,
    shown: Mapping[Hashable, int] | None = None,
    components: Sequence[Component] = (),
) -> Availability:
    """What a channel may show of a product.

    :param supply: of the product itself; a kit has none of its own.
    :param claims: of all channels that sell this stock; none = the channel is alone.
    :param channel: which of the claims asks.
    :param shown: units that partitioned channels show now; see :func:`still_shown`.
    :param components: the product is a kit of these and has no stock of its own.
    """
    basis, per_kit, limiting = policy.basis, ONE, ""
    if components:
        scarcest = min(
            components, key=lambda c: c.supply.promisable(basis) / c.quantity
        )
        supply, per_kit, limiting = scarcest.supply, scarcest.quantity, scarcest.name
    promisable = supply.promisable(basis) / per_kit - policy.safety
    units = max(0, floor(promisable))
    part, elsewhere = units, 0
    if claims:
        parts = allocate(units, claims)
        part = parts[channel]
        owned = {c.channel for c in claims if c.mode is Mode.PARTITIONED}
        if channel in owned:
            owners = {key: parts[key] for key in owned}
            elsewhere = min(part, still_shown(channel, owners, shown or {}))
    buffered = max(ZERO, part - elsewhere - policy.buffer)
    reduced = buffered * policy.percent / HUNDRED
    packs = floor(reduced / policy.pack)
    return Availability(
        limiting_supply=supply,
        policy=policy,
        free=supply.free(basis) / per_kit,
        promisable=promisable,
        units=units,
        part=part,
        shown_elsewhere=elsewhere,
        buffered=buffered,
        reduced=reduced,
        packs=packs,
        quantity=packs if policy.cap is None else min(packs, policy.cap),
        clamped=promisable < 0,
        limiting=limiting,
        per_kit=per_kit,
    )
