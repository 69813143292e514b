"""Discrepancy and fraud checks: each finds its case and leaves the good one alone."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from ecom_finance_recon.matching.rates import Rate, RateCard
from ecom_finance_recon.matching.rules import (
    RULES,
    Alert,
    DeferralFact,
    Facts,
    LineFact,
    OrderFact,
    Settings,
    SettlementFact,
    rule,
    run,
)

D = Decimal
TODAY = date(2026, 6, 30)
ORDER = OrderFact(
    "A1", date(2026, 5, 1), D(100), D(100), fees=D(-15), sku="S", country="DE"
)
LINE = LineFact("L1", "S1", "T1", "sale", D(100), date(2026, 5, 3), "A1")
FIRST = SettlementFact(
    "S1",
    "shop",
    date(2026, 5, 1),
    date(2026, 5, 14),
    D(85),
    D(85),
    bank_account="1234",
    bank_reference="B1",
    opening=D(0),
    closing=D(10),
    fx_rate=D("1.10"),
    booked_rate=D("1.10"),
    deposit=date(2026, 5, 16),
)
SECOND = replace(
    FIRST,
    settlement="S2",
    starts=date(2026, 5, 15),
    ends=date(2026, 5, 28),
    bank_reference="B2",
    opening=D(10),
    closing=D(4),
)
GOOD = Facts(
    TODAY,
    (ORDER,),
    (LINE,),
    (FIRST, SECOND),
    RateCard((Rate("15 %", D(15)),)),
)


def order(**changes):
    return replace(GOOD, orders=(replace(ORDER, **changes),))


def lines(*changes):
    return replace(GOOD, lines=tuple(replace(LINE, **change) for change in changes))


def second(**changes):
    return replace(GOOD, settlements=(FIRST, replace(SECOND, **changes)))


def withheld(count):
    chain = tuple(
        replace(
            FIRST,
            settlement=f"S{n}",
            starts=date(2026, n, 1),
            ends=date(2026, n + 1, 1),
            bank_reference=f"B{n}",
            reserve=D(50),
            opening=None,
        )
        for n in range(1, count + 1)
    )
    return replace(GOOD, settlements=chain)


def cluster(count):
    orders = tuple(
        replace(ORDER, order=f"A{n}", chargeback=n < count) for n in range(40)
    )
    return replace(GOOD, orders=orders)


def drifting(*commissions):
    """Settlements of 100 each, with these commissions."""
    chain = tuple(
        replace(
            FIRST,
            settlement=f"S{n}",
            starts=date(2026, n, 1),
            ends=date(2026, n + 1, 1),
            bank_reference=f"B{n}",
            opening=None,
            sales=D(100),
            fees={"commission": D(fee)},
        )
        for n, fee in enumerate(commissions, 1)
    )
    return replace(GOOD, settlements=chain)


HELD = DeferralFact("D1", date(2026, 5, 1), D(85), due=date(2026, 6, 20))


def held(**changes):
    return replace(GOOD, deferrals=(replace(HELD, **changes),))


CASES = {
    "not_settled": (order(settled=None, fees=D(0)), "A1", D(100)),
    "no_order": (lines({"order": "X9", "has_order": False}), "L1", D(100)),
    "amount_off": (order(settled=D("99.50")), "A1", D("-0.50")),
    "rate_off": (order(fees=D(-25)), "A1", D(-10)),
    "refund_exceeds_sale": (order(refunds=(D(120),), returned=True), "A1", D(20)),
    "refund_twice": (order(refunds=(D(100), D(100)), returned=True), "A1", D(100)),
    "refund_without_return": (order(refunds=(D(100),)), "A1", D(100)),
    "duplicate_id": (lines({}, {"line": "L2"}), "T1", D(100)),
    "bank_reference_twice": (second(bank_reference="B1"), "B1", D(85)),
    "payout_off": (second(payout=D(80)), "S2", D(-5)),
    "payout_late": (second(received=False), "S2", D(85)),
    "deferred_late": (held(due=date(2026, 5, 30)), "D1", D(85)),  # 31 days ago
    "bank_account_changed": (second(bank_account="9999"), "S2", D(85)),
    "reserve_not_released": (withheld(5), "S4", D(50)),
    "balance_chain": (second(opening=D(9)), "S2", D(-1)),
    "period_gap": (second(starts=date(2026, 5, 17)), "S2", D(0)),
    "period_overlap": (second(starts=date(2026, 5, 10)), "S2", D(0)),
    "fx_off": (second(fx_rate=D("1.155")), "S2", D("4.25")),
    "chargeback_cluster": (cluster(3), "DE", D(300)),
    "negative_margin": (order(contribution=D(-5)), "A1", D(-5)),
    "fee_drift": (drifting(15, 15, 15, 18), "S4", D(3)),  # 18 % - 15 % of 100
    "back_dated": (lines({"date": date(2026, 1, 1)}), "L1", D(100)),
}


def test_deferred_until_a_day_is_late_some_days_after_it():
    assert "deferred_late" not in {one.rule for one in run(held())}
    # The channel tells no day: the transaction's own counts.
    assert "deferred_late" in {one.rule for one in run(held(due=None))}


def test_deferred_that_is_told_as_released_but_was_not_paid_is_named_at_once():
    assert "deferred_late" in {one.rule for one in run(held(is_over=True))}
    assert "deferred_late" not in {
        one.rule for one in run(held(is_over=True, left=D(0)))
    }


def test_every_rule_has_its_case():
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("code", CASES)
def test_a_rule_finds_its_case_and_says_what_is_at_stake(code):
    facts, reference, amount = CASES[code]
    found = run(facts, enabled=[code])
    assert (found[0].rule, found[0].reference) == (code, reference)
    assert round(found[0].amount, 2) == amount


@pytest.mark.parametrize("code", CASES)
def test_a_rule_leaves_good_facts_alone(code):
    assert run(GOOD, enabled=[code]) == ()


@pytest.mark.parametrize("code", CASES)
def test_a_rule_that_is_switched_off_says_nothing(code):
    facts = CASES[code][0]
    assert code not in {alert.rule for alert in run(facts, enabled=set(RULES) - {code})}


@pytest.mark.parametrize("code", RULES)
def test_no_facts_are_no_error(code):
    assert run(Facts(TODAY), enabled=[code]) == ()


def test_limits_are_settings_of_each_rule():
    facts = CASES["amount_off"][0]
    patient = {"amount_off": Settings(amount=D(1))}
    assert run(facts, ["amount_off"], patient) == ()


def test_two_chargebacks_are_no_cluster_and_a_reserve_may_stay_a_while():
    assert run(cluster(2), ["chargeback_cluster"]) == ()
    assert run(withheld(3), ["reserve_not_released"]) == ()


def test_the_most_money_comes_first():
    facts = replace(
        GOOD,
        orders=(
            replace(ORDER, order="A1", settled=D(90)),
            replace(ORDER, order="A2", settled=D(10)),
        ),
    )
    assert [a.reference for a in run(facts, ["amount_off"])] == ["A2", "A1"]


def test_another_addon_adds_a_rule():
    @rule("my_rule")
    def my_rule(facts, settings):
        yield Alert("my_rule", "order", "A1", D(1))

    try:
        assert run(GOOD, ["my_rule"])[0].reference == "A1"
    finally:
        del RULES["my_rule"]


@pytest.mark.parametrize("commissions", [(15, 15, 15, 17), (15, 15, 18), (15, 18, 15)])
def test_a_fee_within_the_tolerance_or_without_a_past_has_not_drifted(commissions):
    assert run(drifting(*commissions), enabled=["fee_drift"]) == ()


def test_an_order_that_is_not_settled_is_not_judged_by_its_margin():
    facts = order(contribution=D(-5), settled=None)
    assert run(facts, enabled=["negative_margin"]) == ()


def categories(**changes):
    """An order of books, whose commission is 8 % and not 15 %."""
    card = RateCard(
        (
            Rate("Any", D(15), fee="commission"),
            Rate("Books", D(8), fee="commission", category="books"),
        )
    )
    return replace(order(category="books", fees=D(-15), **changes), card=card)


def test_fees_are_compared_with_the_rate_of_the_order_s_category():
    found = run(categories(charges={"commission": D(-15)}), enabled=["rate_off"])
    assert found[0].amount == -7  # 15 - 8
    assert found[0].evidence["rate"] == "Books"
    assert run(categories(charges={"commission": D(-8)}), enabled=["rate_off"]) == ()


def test_fees_of_a_type_without_a_rate_are_not_compared():
    facts = categories(charges={"commission": D(-8), "fulfilment": D(-7), "": D(-15)})
    assert run(facts, enabled=["rate_off"]) == ()


def test_fees_are_compared_by_what_rates_are_applied_to():
    facts = categories(charges={"commission": D(-4)}, fee_basis=D(50))
    assert run(facts, enabled=["rate_off"]) == ()  # 50 * 8 %


def test_fees_of_a_refunded_order_are_left_to_the_audit():
    facts = categories(charges={"commission": D(-1)}, refunds=(D(100),))
    assert run(facts, enabled=["rate_off"]) == ()


def test_only_what_was_converted_is_at_stake():
    facts = second(fx_rate=D("1.155"), converted=D(20))
    assert round(run(facts, enabled=["fx_off"])[0].amount, 2) == 1  # 20 * 5 %
