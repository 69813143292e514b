"""What becomes of an order: the decision, apart from how it is carried out.

Input is what the marketplace says now and what Odoo already did; output is one step and
the reasons (*blocks*) a person has to know. The function is pure and total: every
combination of facts has an answer, and asking again after the step was taken answers
"nothing to do".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .schema import OrderStatus


class ConfirmPolicy(Enum):
    """When a channel's orders are confirmed."""

    RELEASED = "released"  # as soon as the marketplace releases them (paid, accepted)
    ALWAYS = "always"  # at once, paid or not
    MANUAL = "manual"  # by a person


class OdooState(Enum):
    """Where the sale order stands in Odoo."""

    QUOTATION = "quotation"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Step(Enum):
    """What to do with the sale order."""

    NONE = "none"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    REOPEN = "reopen"  # back to quotation, then decide again
    WITHDRAW = "withdraw"  # a confirmed order: back to quotation, to wait there


@dataclass(frozen=True)
class Facts:
    """What the decision is made from.

    :param holds: whether anything else holds the order (unknown SKU, missing tax,
        unexplained difference...); of a confirmed one, whether it has that in it.
    :param cancelled_by_channel: the cancellation in Odoo was ours, not a person's.
    :param shipped: at least one delivery of it is done.
    :param invoiced: it has a posted invoice.
    :param waived: reasons by status that a person has waved through.
    :param picked: the warehouse has begun to take its goods off the shelves.
    """

    status: OrderStatus
    policy: ConfirmPolicy
    odoo: OdooState
    paid: bool = False
    holds: bool = False
    cancelled_by_channel: bool = False
    shipped: bool = False
    invoiced: bool = False
    waived: frozenset[str] = frozenset()
    picked: bool = False


@dataclass(frozen=True)
class Decision:
    """The step, and reason codes: ``holds`` keep it waiting, ``notices`` don't."""

    step: Step = Step.NONE
    holds: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def decide(facts: Facts) -> Decision:
    """Decide what becomes of an order; see :class:`Facts` and :class:`Decision`."""
    if facts.status.is_dead or facts.status is OrderStatus.REFUNDED:
        return _decide_dead(facts)
    if facts.odoo is OdooState.CANCELLED:
        return _decide_revived(facts)
    hold = _hold(facts)
    if facts.odoo is OdooState.CONFIRMED:
        return _decide_confirmed(facts, hold)
    if hold:
        return Decision(holds=(hold,))
    return Decision() if facts.holds else Decision(Step.CONFIRM)


def _decide_dead(facts: Facts) -> Decision:
    """Cancelled, deleted or given back in full: stop what can be stopped."""
    if facts.odoo is OdooState.CANCELLED:
        notices = ("cancelled_after_invoice",) if facts.invoiced else ()
        return Decision(notices=notices)
    if facts.shipped:
        if facts.status is OrderStatus.REFUNDED:
            return Decision()  # goods are out, money is back: the refund row tells
        return Decision(notices=("cancelled_after_shipping",))
    return Decision(
        Step.CANCEL, notices=("cancelled_after_invoice",) if facts.invoiced else ()
    )


def _decide_revived(facts: Facts) -> Decision:
    """Alive on the marketplace, cancelled in Odoo."""
    if facts.cancelled_by_channel:
        return Decision(Step.REOPEN)
    return Decision(notices=("cancelled_in_odoo",))


def _decide_confirmed(facts: Facts, hold: str) -> Decision:
    """A confirmed order that the marketplace took back, or changed to what must wait.

    It ends where it would have ended had we never heard of what was before: waiting.
    An article that nobody knows yet would travel in a second parcel if the others left
    without it, and while the order waits its goods stay promised to it. What has left
    or is invoiced cannot wait any more and is a person's task; so are goods that were
    picked, for nobody takes them out of a picker's hands. An order that a person let
    go stays where it is.
    """
    if hold == "confirm_by_hand" or hold in facts.waived:
        hold = ""
    if facts.shipped or facts.invoiced:
        return Decision(notices=("payment_withdrawn",) if hold else ())
    if hold:
        return Decision(Step.WITHDRAW, holds=(hold,))
    if not facts.holds:
        return Decision()
    if facts.picked:
        return Decision(notices=("changed_while_picked",))
    return Decision(Step.WITHDRAW)


def _hold(facts: Facts) -> str:
    """Why the order may not be confirmed, as far as its status tells; "" = it may."""
    if facts.policy is ConfirmPolicy.MANUAL:
        return "confirm_by_hand"
    if facts.status is OrderStatus.DRAFT:
        return "draft_at_shop"
    if facts.status.is_releasable:
        return ""
    if facts.status is OrderStatus.UNKNOWN:
        return "unknown_status"
    if facts.status is OrderStatus.FAILED:
        return "payment_failed"
    if facts.policy is ConfirmPolicy.ALWAYS:
        return ""
    if facts.status is OrderStatus.PENDING:
        return "" if facts.paid else "unpaid"
    return "on_hold_at_shop"
