"""Payouts: what buyers paid, less fees, refunds and a reserve, paid out now and then.

Periods are counted from the epoch. When one has ended its movements become a payout,
which never changes again: what an order or refund moves afterwards is a movement of a
later period. A period that the seller owes for is carried over to the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from .model import Movement, Order, Payout, Refund
from .money import ZERO, round_money, total_of
from .shop import World

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FIRST_PAYOUT = 7_000_001


@dataclass(frozen=True)
class Terms:
    """What a marketplace keeps.

    :param share: of every sale; ``fixed`` is added to it, in the payout's currency.
    :param returned: part of the share that is given back with a refund.
    :param reserve: part of the sales of a payout that is withheld until the next one.
    """

    share: Decimal
    fixed: Decimal = ZERO
    returned: Decimal = ZERO
    reserve: Decimal = Decimal("0.05")


@dataclass(frozen=True)
class Till:
    """How orders are paid at a marketplace.

    :param paid: what of an order is paid through the marketplace, in the order's
        currency; zero when it was paid otherwise or not at all.
    :param convert: an amount of an order in the currency of its payout, with that
        currency and its decimals.
    :param moment: since when that is the seller's; ``None`` = not yet.
    :param refunded: what of a refund the seller bears, in the order's currency.
    """

    paid: Callable[[Order], Decimal]
    convert: Callable[[Order, Decimal], tuple[Decimal, str, int]]
    moment: Callable[[Order], datetime | None] = lambda order: order.paid
    refunded: Callable[[Order, Refund], Decimal] = lambda order, refund: refund.amount


def in_own_currency(order: Order, amount: Decimal) -> tuple[Decimal, str, int]:
    """Pay an order out in its own currency, see :class:`Till`."""
    return amount, order.currency, order.decimals


class Treasury:
    """Keeps the payouts of one seller."""

    def __init__(self, world: World, terms: Terms, till: Till) -> None:
        self._world, self._terms, self._till = world, terms, till

    def payouts(self) -> list[Payout]:
        """Return all payouts, those of periods that have just ended included."""
        with self._world.store.transaction():
            self._close()
            return self._world.store.rows("payout")

    def pending(self) -> list[Movement]:
        """Return the movements that are part of no payout yet, oldest first."""
        with self._world.store.transaction():
            self._close()
            return sorted(self._open(), key=lambda one: (one.at, one.id))

    def is_paid(self, payout: Payout) -> bool:
        """Tell whether the bank has it: half a period after it was issued."""
        return self._world.clock.now() >= payout.ends + self._period / 2

    # -- periods -----------------------------------------------------------

    @property
    def _period(self) -> timedelta:
        return timedelta(minutes=self._world.settings.payout_minutes)

    def _end_of(self, moment: datetime) -> datetime:
        return _EPOCH + ((moment - _EPOCH) // self._period + 1) * self._period

    def _close(self) -> None:
        now = self._world.clock.now()
        due: dict[str, dict[datetime, list[Movement]]] = {}
        for one in self._open():
            last = self._last(one.currency)
            end = self._end_of(max(one.at, last.ends) if last else one.at)
            if end <= now:
                due.setdefault(one.currency, {}).setdefault(end, []).append(one)
        for currency in sorted(due):
            carried: list[Movement] = []
            for end in sorted(due[currency]):
                carried += due[currency][end]
                if self._pay_out(currency, end, carried):
                    carried = []

    def _pay_out(self, currency: str, end: datetime, rows: list[Movement]) -> bool:
        store, last = self._world.store, self._last(currency)
        number = store.value("payout", _FIRST_PAYOUT - 1) + 1
        rows = [*rows, *self._reserves(number, currency, end, rows, last)]
        payout = Payout(
            id=number,
            currency=currency,
            starts=last.ends if last else end - self._period,
            ends=end,
            movements=tuple(sorted(rows, key=lambda one: (one.at, one.id))),
        )
        if payout.net <= 0:
            return False
        store.put("payout", store.next_id("payout", _FIRST_PAYOUT), payout)
        return True

    def _reserves(
        self,
        number: int,
        currency: str,
        end: datetime,
        rows: list[Movement],
        last: Payout | None,
    ) -> Iterator[Movement]:
        held = total_of(
            -one.amount for one in (last.movements if last else ()) if _is_held(one)
        )
        if held:
            yield Movement(number * 10 + 1, "release", end, held, ZERO, currency)
        sales = total_of(one.amount for one in rows if one.kind == "sale")
        decimals = 0 if currency == "JPY" else 2
        kept = round_money(sales * self._terms.reserve, decimals)
        if kept:
            yield Movement(number * 10 + 2, "reserve", end, -kept, ZERO, currency)

    def _last(self, currency: str) -> Payout | None:
        rows = [p for p in self._world.store.rows("payout") if p.currency == currency]
        return rows[-1] if rows else None

    # -- movements ---------------------------------------------------------

    def _open(self) -> Iterator[Movement]:
        settled = [
            one
            for payout in self._world.store.rows("payout")
            for one in payout.movements
        ]
        refunds = {one.refund_id for one in settled if one.refund_id}
        paid: dict[int, list[Decimal]] = {}
        for one in settled:
            if one.kind in ("sale", "correction"):
                paid.setdefault(one.order_id, []).append(one.original)
        for order in self._world.orders():
            moment = self._till.moment(order)
            if moment is None:
                continue
            known = paid.get(order.id, [])
            value = self._till.paid(order)
            left = value - total_of(known)
            if left:
                yield self._sale(order, moment, left, len(known))
            for refund in self._world.refunds(order.id):
                if value and refund.id not in refunds:
                    yield self._refund(order, refund)

    def _sale(
        self, order: Order, moment: datetime, value: Decimal, number: int
    ) -> Movement:
        amount, currency, decimals = self._till.convert(order, value)
        fee = amount * self._terms.share + (ZERO if number else self._terms.fixed)
        return Movement(
            id=order.id * 10 + number,
            kind="correction" if number else "sale",
            at=max(order.modified, moment) if number else moment,
            amount=round_money(amount, decimals),
            fee=round_money(fee, decimals),
            currency=currency,
            order_id=order.id,
            original=value,
        )

    def _refund(self, order: Order, refund: Refund) -> Movement:
        value = self._till.refunded(order, refund)
        amount, currency, decimals = self._till.convert(order, value)
        back = amount * self._terms.share * self._terms.returned
        return Movement(
            id=refund.id * 10,
            kind="refund",
            at=refund.created,
            amount=-round_money(amount, decimals),
            fee=-round_money(back, decimals),
            currency=currency,
            order_id=order.id,
            refund_id=refund.id,
            original=-value,
        )


def _is_held(movement: Movement) -> bool:
    return movement.kind == "reserve"
