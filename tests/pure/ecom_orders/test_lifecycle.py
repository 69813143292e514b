"""What becomes of an order: every combination of facts has one answer."""

from dataclasses import replace
from itertools import product

import pytest
from ecom_orders.marketplaces.lifecycle import (
    ConfirmPolicy,
    Facts,
    OdooState,
    Step,
    decide,
)
from ecom_orders.marketplaces.schema import OrderStatus

PAID = Facts(
    status=OrderStatus.OPEN,
    policy=ConfirmPolicy.RELEASED,
    odoo=OdooState.QUOTATION,
    paid=True,
)


def everything():
    """All combinations of facts."""
    flags = (False, True)
    for values in product(
        OrderStatus, ConfirmPolicy, OdooState, flags, flags, flags, flags, flags
    ):
        yield Facts(*values)


def test_released_order_is_confirmed():
    assert decide(PAID).step is Step.CONFIRM


def test_held_by_something_else_is_not_confirmed():
    assert decide(replace(PAID, holds=True)).step is Step.NONE


@pytest.mark.parametrize(
    ("status", "hold"),
    [
        (OrderStatus.PENDING, "unpaid"),
        (OrderStatus.FAILED, "payment_failed"),
        (OrderStatus.ON_HOLD, "on_hold_at_shop"),
        (OrderStatus.UNKNOWN, "unknown_status"),
    ],
)
def test_order_that_the_shop_does_not_release_is_held(status, hold):
    decision = decide(replace(PAID, status=status, paid=False))
    assert (decision.step, decision.holds) == (Step.NONE, (hold,))


def test_pending_order_that_carries_a_payment_is_confirmed():
    assert decide(replace(PAID, status=OrderStatus.PENDING)).step is Step.CONFIRM


@pytest.mark.parametrize("status", [OrderStatus.PENDING, OrderStatus.ON_HOLD])
def test_policy_always_confirms_unpaid_orders(status):
    facts = replace(PAID, status=status, policy=ConfirmPolicy.ALWAYS, paid=False)
    assert decide(facts).step is Step.CONFIRM


@pytest.mark.parametrize("status", [OrderStatus.FAILED, OrderStatus.UNKNOWN])
def test_policy_always_still_holds_what_is_not_an_order_to_ship(status):
    facts = replace(PAID, status=status, policy=ConfirmPolicy.ALWAYS)
    assert decide(facts).holds


def test_policy_manual_always_waits_for_a_person():
    assert decide(replace(PAID, policy=ConfirmPolicy.MANUAL)).holds == (
        "confirm_by_hand",
    )


@pytest.mark.parametrize("status", [OrderStatus.CANCELLED, OrderStatus.DELETED])
def test_called_off_before_shipping_is_cancelled(status):
    facts = replace(PAID, status=status, odoo=OdooState.CONFIRMED)
    assert decide(facts).step is Step.CANCEL


def test_called_off_after_shipping_is_told():
    facts = replace(
        PAID, status=OrderStatus.CANCELLED, odoo=OdooState.CONFIRMED, shipped=True
    )
    decision = decide(facts)
    assert decision.step is Step.NONE
    assert decision.notices == ("cancelled_after_shipping",)


def test_refunded_after_shipping_is_no_task_by_itself():
    facts = replace(
        PAID, status=OrderStatus.REFUNDED, odoo=OdooState.CONFIRMED, shipped=True
    )
    assert decide(facts) == decide(replace(facts, invoiced=True))
    assert decide(facts).step is Step.NONE


def test_revived_order_is_reopened_only_if_we_cancelled_it():
    facts = replace(PAID, odoo=OdooState.CANCELLED)
    assert decide(replace(facts, cancelled_by_channel=True)).step is Step.REOPEN
    decision = decide(facts)
    assert (decision.step, decision.notices) == (Step.NONE, ("cancelled_in_odoo",))


@pytest.mark.parametrize(
    ("status", "hold"),
    [
        (OrderStatus.PENDING, "unpaid"),
        (OrderStatus.FAILED, "payment_failed"),
        (OrderStatus.ON_HOLD, "on_hold_at_shop"),
    ],
)
def test_a_release_that_was_taken_back_holds_the_order_again(status, hold):
    facts = replace(PAID, status=status, odoo=OdooState.CONFIRMED, paid=False)
    decision = decide(facts)
    assert (decision.step, decision.holds) == (Step.WITHDRAW, (hold,))


@pytest.mark.parametrize("fact", ["shipped", "invoiced"])
def test_a_release_taken_back_too_late_is_a_task_for_a_person(fact):
    facts = replace(
        PAID,
        status=OrderStatus.PENDING,
        odoo=OdooState.CONFIRMED,
        paid=False,
        **{fact: True},
    )
    decision = decide(facts)
    assert (decision.step, decision.notices) == (Step.NONE, ("payment_withdrawn",))


CONFIRMED = replace(PAID, odoo=OdooState.CONFIRMED)


def test_something_unknown_added_later_holds_the_order_like_at_first():
    assert decide(replace(PAID, holds=True)).step is Step.NONE
    assert decide(replace(CONFIRMED, holds=True)).step is Step.WITHDRAW


def test_picked_goods_are_not_taken_back_for_something_unknown():
    decision = decide(replace(CONFIRMED, holds=True, picked=True))
    assert (decision.step, decision.notices) == (Step.NONE, ("changed_while_picked",))


@pytest.mark.parametrize("fact", ["shipped", "invoiced"])
def test_what_has_left_or_is_invoiced_is_not_held_for_something_unknown(fact):
    assert decide(replace(CONFIRMED, holds=True, **{fact: True})).step is Step.NONE


def test_picking_alone_is_no_reason():
    assert decide(replace(CONFIRMED, picked=True)) == decide(CONFIRMED)


def test_an_order_that_a_person_let_go_is_not_held_again():
    facts = replace(
        PAID,
        status=OrderStatus.PENDING,
        odoo=OdooState.CONFIRMED,
        paid=False,
        waived=frozenset({"unpaid"}),
    )
    assert decide(facts).step is Step.NONE


def check_idempotent(facts):
    after = {
        Step.NONE: facts,
        Step.CONFIRM: replace(facts, odoo=OdooState.CONFIRMED),
        Step.CANCEL: replace(
            facts, odoo=OdooState.CANCELLED, cancelled_by_channel=True
        ),
        Step.REOPEN: replace(
            facts, odoo=OdooState.QUOTATION, cancelled_by_channel=False
        ),
        Step.WITHDRAW: replace(facts, odoo=OdooState.QUOTATION),
    }
    step = decide(facts).step
    again = decide(after[step]).step
    if step is Step.REOPEN:  # is followed by the decision for a quotation
        assert again in (Step.NONE, Step.CONFIRM)
    else:
        assert again is Step.NONE


def test_step_once_taken_is_not_asked_for_again():
    for facts in everything():
        check_idempotent(facts)


def test_nothing_that_was_shipped_is_ever_cancelled():
    shipped = [facts for facts in everything() if facts.shipped]
    assert not [facts for facts in shipped if decide(facts).step is Step.CANCEL]


def test_nothing_is_confirmed_against_a_hold():
    held = [facts for facts in everything() if facts.holds]
    assert not [facts for facts in held if decide(facts).step is Step.CONFIRM]
