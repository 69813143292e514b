"""Opening + events = payout + closing, payout = bank, unmatched = ledger."""

from decimal import Decimal

from ecom_finance_recon.matching.closing import (
    Carried,
    Deferred,
    Event,
    Payout,
    close,
)

D = Decimal


def two_settlements(**changes):
    """Two settlements with a reserve between them, as they should be.

    S1: 100.00 - 15.00 - 20.00 withheld = 65.00 paid.
    S2: 50.00 - 7.50 + 20.00 released - 10.00 withheld = 52.50 paid.
    """
    facts = {
        "opening": D(0),
        "closing": D(10),
        "events": [
            Event("S1", "sale", D(100)),
            Event("S1", "fee", D(-15)),
            Event("S1", "reserve", D(-20)),
            Event("S2", "sale", D(50)),
            Event("S2", "fee", D("-7.50")),
            Event("S2", "reserve", D(20) - D(10)),
        ],
        "payouts": [Payout("P1", "S1", D(65), D(65)), Payout("P2", "S2", D("52.50"))],
        "carried": [Carried("S1", D(0), D(20)), Carried("S2", D(20), D(10))],
    }
    return close(**{**facts, **changes})


def test_green_when_everything_holds():
    result = two_settlements()
    assert result.is_green
    assert result.difference == 0
    assert result.events == {"sale": D(150), "fee": D("-22.50")}
    assert result.payouts == D("117.50")


def test_money_in_transit_breaks_nothing_but_is_told():
    assert two_settlements().in_transit == D("52.50")


def test_a_payout_that_is_not_its_lines_is_named():
    payouts = [Payout("P1", "S1", D(64), D(64)), Payout("P2", "S2", D("52.50"))]
    (broken,) = two_settlements(payouts=payouts).breaks
    assert (broken.identity, broken.row, broken.difference) == ("flow", "S1", D(-1))


def test_a_bank_line_that_is_not_its_payout_is_named():
    payouts = [Payout("P1", "S1", D(65), D("64.50")), Payout("P2", "S2", D("52.50"))]
    (broken,) = two_settlements(payouts=payouts).breaks
    assert (broken.identity, broken.row, broken.difference) == (
        "bank",
        "P1",
        D("-0.50"),
    )


def test_a_reserve_that_the_next_settlement_does_not_take_is_named():
    carried = [Carried("S1", D(0), D(20)), Carried("S2", D(19), D(10))]
    (broken,) = two_settlements(carried=carried).breaks
    assert (broken.identity, broken.row, broken.difference) == (
        "carry_over",
        "S2",
        D(-1),
    )


def test_a_closing_reserve_that_nobody_left_is_named():
    names = {one.row for one in two_settlements(closing=D(9)).breaks}
    assert names == {"closing", "period"}


def test_the_ledger_is_what_is_not_matched():
    assert two_settlements(unmatched=D(3), ledger=D(3)).is_green
    (broken,) = two_settlements(unmatched=D(3), ledger=D("3.01")).breaks
    assert (broken.identity, broken.difference) == ("ledger", D("0.01"))


def test_a_negative_balance_is_carried_as_well():
    """A settlement that the seller owes: nothing is paid, the next one takes it."""
    result = close(
        opening=D(0),
        closing=D(0),
        events=[
            Event("S1", "fee", D("-62.31")),
            Event("S1", "carry_over", D("62.31")),
            Event("S2", "sale", D(100)),
            Event("S2", "carry_over", D("-62.31")),
        ],
        payouts=[Payout("P2", "S2", D("37.69"), D("37.69"))],
        carried=[
            Carried("S1", D(0), D("-62.31")),
            Carried("S2", D("-62.31"), D(0)),
        ],
    )
    assert result.is_green
    assert result.difference == 0


def test_deferred_proceeds_are_proved_beside_the_flow():
    """85.00 before, 170.00 more, 85.00 released: 170.00 are left."""
    held = Deferred(D(85), D(170), D(85), D(170), ledger=D(170))
    result = two_settlements(deferred=held)
    assert result.is_green
    assert result.deferred == held


def test_deferred_proceeds_that_the_ledger_does_not_have_are_named():
    held = Deferred(D(85), D(170), D(85), D(170), ledger=D(177))
    (broken,) = two_settlements(deferred=held).breaks
    assert (broken.identity, broken.row, broken.difference) == (
        "deferred",
        "ledger",
        D(7),
    )


def test_transactions_that_are_not_what_was_deferred_less_released_are_named():
    held = Deferred(D(85), D(170), D(85), D(160), ledger=D(160))
    (broken,) = two_settlements(deferred=held).breaks
    assert (broken.identity, broken.row, broken.difference) == (
        "deferred",
        "period",
        D(-10),
    )
