"""Fees charged against the rate card."""

from datetime import date
from decimal import Decimal

import pytest
from ecom_finance_recon.matching.audit import Charge, audit
from ecom_finance_recon.matching.rates import Rate, RateCard

DAY = date(2026, 3, 1)
CARD = RateCard(
    (
        Rate("standard", Decimal(15), minimum=Decimal("0.30"), fee="commission"),
        Rate("books", Decimal(8), fee="commission", category="books"),
        Rate("old", Decimal(12), fee="commission", until=date(2025, 12, 31)),
        Rate("card", Decimal("2.9"), Decimal("0.30"), fee="payment"),
    )
)


def charge(line, basis, charged, fee="commission", order="A1", **values):
    return Charge(
        line, order, fee, Decimal(basis), Decimal(charged), date=DAY, **values
    )


@pytest.mark.parametrize(
    ("basis", "fee"),
    [
        ("100", "15.00"),
        ("1", "0.30"),  # the minimum
        ("-100", "-15.00"),  # of a refund it is given back
        ("33.35", "5.00"),  # 5.0025
        ("33.37", "5.01"),  # 5.0055
    ],
)
def test_a_fee_is_percent_and_fixed_within_limits(basis, fee):
    assert CARD.rates[0].amount(Decimal(basis)) == Decimal(fee)


def test_the_most_special_rate_of_the_day_is_meant():
    assert CARD.find(DAY, fee="commission").name == "standard"
    assert CARD.find(DAY, fee="commission", category="books").name == "books"
    assert CARD.find(DAY, fee="payment").name == "card"
    assert CARD.find(DAY, fee="storage") is None


def test_too_much_is_a_claim_the_most_money_first():
    found = audit(
        [
            charge("L1", "100", "-15"),
            charge("L2", "100", "-17"),
            charge("L3", "10", "-9"),
        ],
        CARD,
    )
    # 9.00 - 1.50 = 7.50 and 17.00 - 15.00 = 2.00
    assert [(c.charge.line, c.at_stake) for c in found.claims] == [
        ("L3", Decimal("7.50")),
        ("L2", Decimal("2.00")),
    ]
    assert found.at_stake == Decimal("9.50")
    assert found.charged - found.expected == -Decimal("9.50")


def test_too_little_is_told_apart():
    found = audit([charge("L1", "100", "-14")], CARD)
    assert not found.claims
    assert [c.at_stake for c in found.undercharged] == [Decimal("-1.00")]


def test_a_cent_is_rounding():
    assert not audit([charge("L1", "100", "-15.01")], CARD).claims


def test_the_same_fee_again_is_a_claim_of_all_of_it():
    found = audit([charge("L1", "100", "-15"), charge("L2", "100", "-15")], CARD)
    (claim,) = found.claims
    assert (claim.why, claim.at_stake) == ("twice", Decimal(15))


def test_a_refund_whose_fee_is_not_returned():
    (claim,) = audit([charge("L1", "-100", "0")], CARD).claims
    assert (claim.why, claim.at_stake) == ("not_returned", Decimal(15))


def test_what_the_card_does_not_know_is_listed():
    found = audit([charge("L1", "100", "-3", fee="storage")], CARD)
    assert [one.line for one in found.unrated] == ["L1"]
    assert not found.claims


def test_order_of_charges_changes_nothing():
    charges = [charge(f"L{n}", "100", str(-10 - n)) for n in range(9)]
    assert audit(charges, CARD) == audit(reversed(charges), CARD)
