"""Layers of matching, one world of two or three lines each."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from ecom_finance_recon.matching import (
    Entry,
    Item,
    Policy,
    Rate,
    RateCard,
    match,
)
from ecom_finance_recon.matching.normalise import is_one_typo, reference
from ecom_finance_recon.matching.schema import FaultKind, Layer
from ecom_finance_recon.matching.subsets import Solver

DAY = date(2026, 3, 1)
CARD = RateCard(
    (Rate("15 %", Decimal(15)), Rate("card", Decimal("2.9"), Decimal("0.3")))
)


def item(name, amount, *refs, lag=0, currency="EUR", **values):
    day = DAY + timedelta(days=lag)
    return Item(name, Decimal(amount), currency, refs, day, **values)


def line(name, amount, *refs, lag=5, currency="EUR", **values):
    day = DAY + timedelta(days=lag)
    return Entry(name, Decimal(amount), currency, refs, day, **values)


def layers(result):
    return {edge: one.layer for one in result.matches for edge in one.edges}


def faults(result, kind, certain=True):
    return {
        fault.line or fault.item
        for fault in result.faults
        if fault.kind is kind and fault.certain is certain
    }


def why(result):
    return {refusal.line: refusal.why for refusal in result.refusals}


# -- ids -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["#111-222-333", "111222333", " 111 222 333 ", "１１１-222-333"]
)
def test_an_id_is_the_same_however_it_is_written(written):
    result = match([line("L", "10", written)], [item("I", "10", "111-222-333")])
    assert layers(result) == {("L", "I"): Layer.ID}


def test_taobao_order_in_an_alipay_reference():
    assert reference("T200P1234567890123") == reference("1234567890123")


def test_the_same_line_twice_is_one_line():
    result = match(
        [line("L", "10", "A1"), line("L", "10", "A1")], [item("I", "10", "A1")]
    )
    assert layers(result) == {("L", "I"): Layer.ID}
    assert faults(result, FaultKind.DUPLICATE) == {"L"}


def test_a_line_told_again_later_is_a_duplicate_and_the_older_one_counts():
    again = line("A", "10", "A1", lag=9)
    result = match([again, line("B", "10", "A1", lag=5)], [item("I", "10", "A1")])
    assert layers(result) == {("B", "I"): Layer.ID}
    (fault,) = result.faults
    assert (fault.kind, fault.line, fault.related) == (FaultKind.DUPLICATE, "A", "B")


def test_sale_and_refund_of_one_order_are_told_apart_by_sign():
    items = [item("I", "10", "A1"), item("R", "-10", "A1", lag=3)]
    result = match([line("L", "10", "A1"), line("M", "-10", "A1", lag=9)], items)
    assert set(layers(result)) == {("L", "I"), ("M", "R")}


def test_amounts_tell_the_shipments_of_an_order_apart():
    items = [item("I", "10", "A1"), item("J", "25", "A1")]
    result = match([line("L", "25", "A1"), line("M", "10", "A1")], items)
    assert layers(result) == {("L", "J"): Layer.ID_PAYOUT, ("M", "I"): Layer.ID_PAYOUT}


def test_payouts_tell_equal_shipments_apart():
    items = [
        item("I", "10", "A1", payout="P2"),
        item("J", "10", "A1", payout="P1"),
    ]
    lines = [line("L", "10", "A1", payout="P1"), line("M", "10", "A1", payout="P2")]
    assert set(match(lines, items).edges) == {("L", "J"), ("M", "I")}


def test_parts_that_add_up_are_one_item():
    lines = [line("L", "3", "A1"), line("M", "4", "A1"), line("N", "3.50", "A1")]
    result = match(lines, [item("I", "10.50", "A1")])
    (found,) = result.matches
    assert (found.layer, found.lines) == (Layer.ID_SPLIT, ("L", "M", "N"))
    assert found.difference == 0


def test_a_part_told_twice_is_a_duplicate():
    lines = [
        line("L", "3", "A1"),
        line("M", "7.50", "A1"),
        line("N", "3", "A1", lag=9),
    ]
    result = match(lines, [item("I", "10.50", "A1")])
    assert set(result.edges) == {("L", "I"), ("M", "I")}
    assert faults(result, FaultKind.DUPLICATE) == {"N"}


def test_one_line_for_two_invoices_of_an_order():
    items = [item("I", "10", "A1"), item("J", "5", "A1")]
    result = match([line("L", "15", "A1")], items)
    assert set(result.edges) == {("L", "I"), ("L", "J")}


def test_a_line_less_a_fee_names_the_rate():
    # 100.00 - 15 % = 85.00
    policy = Policy(cards=(CARD,))
    result = match([line("L", "85", "A1")], [item("I", "100", "A1")], policy)
    (found,) = result.matches
    assert found.layer is Layer.ID_FEE
    assert found.evidence["rate"] == "15 %"
    assert found.difference == Decimal("-15")


def test_only_the_id_matches_and_the_difference_is_a_fault():
    result = match([line("L", "9", "A1")], [item("I", "10", "A1")])
    (found,) = result.matches
    assert (found.layer, found.difference) == (Layer.ID_AMOUNT_OFF, Decimal(-1))
    assert faults(result, FaultKind.AMOUNT_OFF) == {"L"}


def test_a_difference_can_be_left_to_a_person():
    policy = Policy(accept_amount_off=False)
    result = match([line("L", "9", "A1")], [item("I", "10", "A1")], policy)
    assert not result.matches
    assert why(result) == {"L": "amount_differs"}
    assert result.refusals[0].suggestions[0].items == ("I",)
    assert faults(result, FaultKind.MISSING, certain=False) == {"I"}


def test_ids_that_contradict_each_other_are_refused():
    items = [item("I", "10", "A1"), item("J", "10", "B2")]
    result = match([line("L", "10", "A1", "B2")], items)
    assert why(result) == {"L": "ids_contradict"}


def test_a_refund_without_a_credit_note_is_a_line_without_an_item():
    result = match([line("L", "-10", "A1")], [item("I", "10", "A1")])
    assert why(result) == {"L": "no_candidate"}
    assert faults(result, FaultKind.GHOST) == {"L"}


def test_what_many_share_is_no_id():
    """The channel's name in a reference, or the payout's number."""
    items = [item(f"I{n}", f"{n}.37", "SHOP", f"A{n}") for n in range(1, 200)]
    lines = [line(f"L{n}", f"{n}.37", "shop", f"A{n}") for n in range(1, 200)]
    assert set(match(lines, items).edges) == {(f"L{n}", f"I{n}") for n in range(1, 200)}
    payout = [line(f"L{n}", f"{n}.37", "PAYOUT-7") for n in range(1, 200)]
    result = match(payout, items)
    assert "unknown_id" not in why(result).values()


def test_many_equal_lines_of_one_order_take_no_time():
    items = [item(f"I{n}", "5", "A1") for n in range(100)]
    lines = [line(f"L{n:04d}", "5", "A1") for n in range(3000)]
    result = match(lines, items)
    assert len(result.matches) == 100
    assert len(faults(result, FaultKind.DUPLICATE)) == 2900


# -- other currencies ------------------------------------------------------------------


def test_the_original_amount_is_as_good_as_the_amount():
    entry = line(
        "L",
        "11",
        "A1",
        currency="USD",
        original_amount=Decimal(10),
        original_currency="EUR",
    )
    assert layers(match([entry], [item("I", "10", "A1")])) == {("L", "I"): Layer.ID}


@pytest.mark.parametrize(("amount", "accepted"), [("11.10", True), ("14.00", False)])
def test_a_conversion_with_an_id_is_accepted_at_the_known_rate(amount, accepted):
    policy = Policy(fx_rates={("EUR", "USD"): Decimal("1.1")})
    entry = line("L", amount, "A1", currency="USD")
    result = match([entry], [item("I", "10", "A1")], policy)
    assert bool(result.matches) is accepted
    assert bool(result.refusals) is not accepted


def test_without_a_rate_and_without_others_a_conversion_is_a_suggestion():
    result = match([line("L", "11", "A1", currency="USD")], [item("I", "10", "A1")])
    assert why(result) == {"L": "fx"}
    assert result.refusals[0].suggestions[0].items == ("I",)


def test_others_tell_the_rate_and_the_outlier_stays_out():
    items = [item(f"I{n}", str(10 * n), f"A{n}") for n in range(1, 7)]
    lines = [
        line(f"L{n}", str(11 * n), f"A{n}", currency="USD") for n in range(1, 6)
    ] + [line("L6", "90", "A6", currency="USD")]
    result = match(lines, items)
    assert {edge[0] for edge in result.edges} == {f"L{n}" for n in range(1, 6)}
    assert why(result) == {"L6": "fx"}


# -- typing errors ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", ["70112345679", "7011234567", "701123456788", "70112345687"]
)
def test_one_typing_error_with_the_amount_is_enough(wrong):
    result = match([line("L", "10", wrong)], [item("I", "10", "70112345678")])
    assert layers(result) == {("L", "I"): Layer.TYPO}


def test_two_typing_errors_are_not():
    result = match([line("L", "10", "70112345699")], [item("I", "10", "70112345678")])
    assert not result.matches
    assert faults(result, FaultKind.GHOST) == {"L"}


def test_an_error_with_another_amount_is_a_suggestion_only():
    result = match([line("L", "9", "70112345679")], [item("I", "10", "70112345678")])
    assert why(result) == {"L": "amount_differs"}
    assert faults(result, FaultKind.GHOST, certain=False) == {"L"}


def test_two_near_ids_are_ambiguous():
    items = [item("I", "10", "70112345678"), item("J", "10", "70112345677")]
    result = match([line("L", "10", "70112345676")], items)
    assert why(result) == {"L": "ambiguous"}
    assert {one.items for one in result.refusals[0].suggestions} == {("I",), ("J",)}


def test_an_error_that_hits_another_order_is_resolved_by_the_amounts():
    """In numbers without gaps an error makes another order's id."""
    items = [item("I", "10", "100001"), item("J", "25", "100002")]
    lines = [line("L", "10", "100001"), line("M", "25", "100001")]
    assert set(match(lines, items).edges) == {("L", "I"), ("M", "J")}


def numbered(count):
    """Items and lines of orders without gaps, each of an amount of its own."""
    items = [item(f"K{n}", f"{n}.37", f"{500_000 + n}") for n in range(1, count)]
    lines = [line(f"L{n}", f"{n}.37", f"{500_000 + n}") for n in range(1, count)]
    return items, lines


def test_with_equal_amounts_dates_decide():
    """The second line of 100200 came 40 days late, but in time for 100201."""
    items, lines = numbered(200)
    items += [item("I", "777", "100200"), item("J", "777", "100201", lag=40)]
    lines += [line("A", "777", "100200"), line("B", "777", "100200", lag=45)]
    result = match(lines, items)
    assert {("A", "I"), ("B", "J")} <= set(result.edges)


def test_a_line_far_from_its_order_in_time_may_be_a_neighbours():
    """Order 100200 has no line of its own, and that of 100201 names it."""
    items, lines = numbered(200)
    items += [item("I", "777", "100200", lag=-40), item("J", "777", "100201")]
    result = match([*lines, line("A", "777", "100200")], items)
    assert why(result) == {"A": "ambiguous"}
    assert faults(result, FaultKind.MISSING, certain=False) == {"I", "J"}


def test_among_few_prices_a_near_number_proves_nothing():
    items = [item(f"I{n}", "9.99", f"{100_000 + n}") for n in range(100)]
    lines = [line(f"L{n}", "9.99", f"{100_000 + n}") for n in range(99)]
    result = match([*lines, line("M", "9.99", "1000990")], items)
    assert why(result) == {"M": "ambiguous"}
    assert result.refusals[0].suggestions[0].items == ("I99",)


def test_with_equal_amounts_and_dates_nobody_can_tell():
    items = [item("I", "10", "100001"), item("J", "10", "100002")]
    lines = [line("L", "10", "100001"), line("M", "10", "100001")]
    result = match(lines, items)
    assert not result.matches
    assert why(result) == {"L": "ambiguous", "M": "ambiguous"}


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("abcdef", "abcdef", False),
        ("abcdef", "abcdxf", True),
        ("abcdef", "abcde", True),
        ("abcdef", "abcdeff", True),
        ("abcdef", "abdcef", True),
        ("abcdef", "badcef", False),
        ("abcdef", "abcd", False),
        ("abcdef", "abxxef", False),
    ],
)
def test_what_one_typing_error_is(left, right, expected):
    assert is_one_typo(left, right) is expected
    assert is_one_typo(right, left) is expected


# -- no id -----------------------------------------------------------------------------


def test_the_only_item_of_the_amount_in_the_window():
    items = [item("I", "10", "A1"), item("J", "25", "A2")]
    result = match([line("L", "25")], items)
    assert layers(result) == {("L", "J"): Layer.AMOUNT}
    assert faults(result, FaultKind.MISSING) == {"I"}


def test_the_only_subset_of_the_window():
    items = [item("I", "10", "A1"), item("J", "25", "A2"), item("K", "7", "A3")]
    result = match([line("L", "32")], items)
    assert layers(result) == {("L", "J"): Layer.GROUP, ("L", "K"): Layer.GROUP}


def test_two_solutions_are_suggestions():
    items = [item("I", "10", "A1"), item("J", "10", "A2")]
    result = match([line("L", "10")], items)
    assert why(result) == {"L": "ambiguous"}
    assert [one.items for one in result.refusals[0].suggestions] == [("I",), ("J",)]
    assert faults(result, FaultKind.MISSING) == set()
    assert faults(result, FaultKind.MISSING, certain=False) == {"I", "J"}


def test_one_item_or_two_that_add_up_is_ambiguous_too():
    items = [item("I", "10", "A1"), item("J", "4", "A2"), item("K", "6", "A3")]
    assert why(match([line("L", "10")], items)) == {"L": "ambiguous"}


def test_an_amount_less_a_fee_competes_with_the_others():
    # 100.00 - 15 % = 85.00: once it is the only explanation, once it is not
    policy = Policy(cards=(CARD,))
    alone = match([line("L", "85")], [item("I", "100", "A1")], policy)
    assert layers(alone) == {("L", "I"): Layer.FEE}
    items = [item("I", "100", "A1"), item("J", "85", "A2")]
    assert why(match([line("L", "85")], items, policy)) == {"L": "ambiguous"}


def test_partners_make_windows():
    items = [
        item("I", "10", "A1", partner="C1"),
        item("J", "10", "A2", partner="C2"),
    ]
    result = match([line("L", "10", partner="C2")], items)
    assert set(result.edges) == {("L", "J")}


def test_a_partner_that_items_do_not_know_says_nothing():
    items = [item("I", "10", "A1", partner="C1")]
    result = match([line("L", "10", partner="buyer-77")], items)
    assert set(result.edges) == {("L", "I")}


def test_lags_of_certain_matches_make_windows_narrower():
    """All others took five days, so an item of yesterday is not meant."""
    known = [item(f"K{n}", str(100 + n), f"B{n}") for n in range(5)]
    certain = [line(f"M{n}", str(100 + n), f"B{n}", lag=5) for n in range(5)]
    items = [*known, item("I", "10", "A1", lag=0), item("J", "10", "A2", lag=4)]
    result = match([*certain, line("L", "10", lag=5)], items)
    assert ("L", "I") in result.edges


def test_a_payout_on_both_sides_makes_dates_mean_nothing():
    """All others took five days; the line of the payout came before its items."""
    known = [item(f"K{n}", str(100 + n), f"B{n}", payout="P1") for n in range(5)]
    certain = [line(f"M{n}", str(100 + n), f"B{n}", payout="P1") for n in range(5)]
    items = [
        *known,
        item("I", "10", "A1", lag=30, payout="P2"),
        item("J", "7", "A2", lag=33, payout="P2"),
    ]
    result = match([*certain, line("L", "17", payout="P2")], items)
    assert {("L", "I"), ("L", "J")} <= set(result.edges)


def test_an_unusual_date_is_a_suggestion_and_no_ghost():
    known = [item(f"K{n}", str(100 + n), f"B{n}") for n in range(5)]
    certain = [line(f"M{n}", str(100 + n), f"B{n}") for n in range(5)]
    items = [*known, item("I", "10", "A1", lag=-40)]
    result = match([*certain, line("L", "10")], items)
    assert why(result) == {"L": "unusual_date"}
    assert faults(result, FaultKind.GHOST) == set()
    assert faults(result, FaultKind.MISSING, certain=False) == {"I"}


def test_one_match_makes_the_next_one_unique():
    items = [item("I", "10", "A1"), item("J", "4", "A2"), item("K", "6", "A3")]
    lines = [line("L", "10"), line("M", "14")]
    # 14 = 10 + 4 only; what is left does not make 10
    result = match(lines, items)
    assert ("M", "I") in result.edges and ("M", "J") in result.edges


def test_a_window_that_is_too_large_proves_nothing():
    items = [item(f"I{n}", str(n + 1), f"A{n}") for n in range(60)]
    result = match([line("L", "59.5")], items)
    assert why(result) == {"L": "window_too_large"}


def test_what_nothing_explains_is_a_ghost():
    result = match([line("L", "3")], [item("I", "10", "A1")])
    assert why(result) == {"L": "no_candidate"}
    assert faults(result, FaultKind.GHOST) == {"L"}
    assert faults(result, FaultKind.MISSING) == {"I"}


def test_a_conversion_without_an_id_is_a_suggestion_only():
    policy = Policy(fx_rates={("EUR", "USD"): Decimal("1.1")})
    entry = line("L", "11", currency="USD")
    result = match([entry], [item("I", "10", "A1")], policy)
    assert not result.matches
    assert result.refusals[0].suggestions[0].evidence["layer"] == "fx"


def test_fractions_of_cents_are_exact():
    items = [item("I", "0.00001", "A1"), item("J", "0.00002", "A2")]
    result = match([line("L", "0.00003")], items)
    assert set(result.edges) == {("L", "I"), ("L", "J")}


def test_nothing_in_gives_nothing_out():
    assert match([], []).matches == ()
    assert faults(match([], [item("I", "1", "A")]), FaultKind.MISSING) == {"I"}
    assert why(match([line("L", "1", "A")], [])) == {"L": "unknown_id"}


# -- subset sums -----------------------------------------------------------------------


def test_counting_agrees_with_trying_everything():
    pick = random.Random(7)
    for size in range(1, 13):
        amounts = [pick.randint(1, 60) for _ in range(size)]
        sums = [
            sum(a for place, a in enumerate(amounts) if mask >> place & 1)
            for mask in range(1, 2**size)
        ]
        for target in range(0, sum(amounts) + 2):
            count, found = Solver(amounts).solve(target)
            assert count == min(sums.count(target), 2)
            assert all(sum(amounts[p] for p in one) == target for one in found)


@pytest.mark.parametrize("most", [200, 10**5, 10**8])
def test_all_ways_of_counting_agree(most):
    """Small targets are counted, large ones met in the middle."""
    pick = random.Random(most)
    for size in (15, 20, 26, 30):
        amounts = [pick.randint(most // 2 + 1, most) for _ in range(size)]
        solver = Solver(amounts)
        for parts in (1, 3, 6):
            target = sum(pick.sample(amounts, parts))
            counted, met = solver._by_counting(target), solver._by_arrays(target)
            assert len(counted) == len(met) == solver.solve(target)[0]
            if len(met) == 1:
                assert counted == met
            assert all(sum(amounts[p] for p in one) == target for one in counted)
        assert solver.solve(1) == (0, [])


def test_ten_equal_amounts_are_ambiguous_at_once():
    assert Solver([100] * 40).solve(1000)[0] == 2


# -- ids among other words -------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("ORD-701-1234567-7654321", "701-1234567-7654321"),
        ("Order 701-1234567-7654321", "701-1234567-7654321"),
        ("PAY701-1234567-7654321", "701-1234567-7654321"),
        ("701-1234567-7654321/R", "701-1234567-7654321"),
        ("701-1234567-7654321-1", "701-1234567-7654321"),
        ("inv:402815500012345678:1", "402815500012345678"),
        ("PAYSO2026/010779", "SO2026/010779"),
        ("2026010779", "SO2026/010779"),
        ("ＯＲＤ　４０２８１５５０００１２３４５６７８", "402815500012345678"),
    ],
)
def test_words_around_a_number_are_not_the_number(written, number):
    result = match([line("L", "40.10", written)], [item("I", "40.10", number)])
    assert result.edges == {("L", "I")}
    assert not result.faults


def test_number_among_words_counts_only_with_the_amount():
    result = match([line("L", "40.10", "ORD-1234567")], [item("I", "99.00", "1234567")])
    assert not result.edges
    (refusal,) = result.refusals
    assert refusal.suggestions[0].items == ("I",)
    assert all(not fault.certain for fault in result.faults)


def test_parcels_of_an_order_add_up_to_it():
    number = "701-1234567-7654321"
    lines = [line("A", "30.00", f"{number}-1"), line("B", "12.00", f"{number}-2")]
    result = match(lines, [item("I", "42.00", number)])
    assert result.edges == {("A", "I"), ("B", "I")}


def test_number_among_words_told_twice_is_a_duplicate():
    lines = [
        line(name, "40.10", "ORD-402815500012345678", lag=day)
        for name, day in (("A", 5), ("B", 6))
    ]
    result = match(lines, [item("I", "40.10", "402815500012345678")])
    assert result.edges == {("A", "I")}
    assert [(f.kind, f.line) for f in result.faults] == [(FaultKind.DUPLICATE, "B")]


def test_short_number_of_a_common_amount_is_a_suggestion_only():
    """Every second order costs 20.00: the same digits are no proof."""
    items = [
        item(f"I{n}", "20.00" if n % 2 else "35.00", f"{123450 + 7 * n}")
        for n in range(40)
    ]
    result = match([line("L", "20.00", "X-123457")], items)
    assert not result.edges
    assert result.refusals[0].suggestions[0].items == ("I1",)


# -- short numbers in a row ------------------------------------------------------------


def test_known_number_with_quite_another_amount_is_no_match_where_ids_have_neighbours():
    """A wrong digit makes another order's number."""
    items = [item(f"I{n}", 10 + n, f"#107{n:02d}") for n in range(60)]
    result = match([line("L", "900.00", "#10740")], items)
    assert not result.edges
    (refusal,) = result.refusals
    assert (refusal.why, refusal.suggestions[0].items) == ("amount_differs", ("I40",))


def test_lone_number_with_another_amount_is_a_match_with_a_difference():
    lone = item("I", "45.00", "701-1234567-7654321")
    result = match([line("L", "900.00", "701-1234567-7654321")], [lone])
    assert result.edges == {("L", "I")}


def test_paid_order_with_another_amount_is_no_certain_duplicate():
    lines = [line("A", "50.00", "#10740"), line("B", "93.00", "#10740", lag=8)]
    result = match(lines, [item("I", "50.00", "#10740"), item("J", "93.00", "#10777")])
    assert result.edges == {("A", "I")}
    assert {f.line: f.certain for f in result.faults if f.line} == {"B": False}


def test_short_number_in_another_currency_at_an_unusual_time_is_a_suggestion():
    """A wrong digit names another order, which may be as dear by the rate."""
    lines = [line(f"L{n}", 20 + n, f"#107{n:02d}", lag=3) for n in range(60)]
    items = [item(f"I{n}", 20 + n, f"#107{n:02d}") for n in range(60)]
    foreign = item("J", 3198, "#20683", currency="JPY")
    policy = Policy(fx_rates={("JPY", "EUR"): Decimal("0.0061")})
    late = line("L", "20.00", "#20683", lag=50)
    assert "L" not in {
        edge[0] for edge in match([*lines, late], [*items, foreign], policy).edges
    }
    soon = line("L", "20.00", "#20683", lag=3)
    assert ("L", "J") in match([*lines, soon], [*items, foreign], policy).edges
