"""What a channel shows: every term of the number, one after the other."""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces.availability import (
    Basis,
    Claim,
    Component,
    Mode,
    Policy,
    Supply,
    allocate,
    compute,
    still_shown,
)

D = Decimal


def supply(on_hand=0, **terms):
    return Supply(D(on_hand), **{name: D(value) for name, value in terms.items()})


def quantity(stock, **policy):
    return compute(stock, Policy(**policy)).quantity


# -- available to promise --------------------------------------------------------------


def test_free_is_on_hand_less_reserved_less_what_could_not_be_reserved():
    assert quantity(supply(50, reserved=8, promised=2)) == 50 - 8 - 2


def test_imported_orders_count_before_they_are_confirmed():
    assert quantity(supply(50, unconfirmed=3, held=4)) == 50 - 3 - 4


def test_safety_stock_is_never_promised():
    assert quantity(supply(50), safety=D(5)) == 50 - 5


def test_what_is_on_its_way_in_counts_on_the_forecast_only():
    stock = supply(10, incoming=30)
    assert quantity(stock, basis=Basis.FREE) == 10
    assert quantity(stock, basis=Basis.FORECAST) == 10 + 30


def test_below_zero_shows_nothing_and_says_so():
    result = compute(supply(2, reserved=5), Policy())
    assert (result.quantity, result.promisable, result.clamped) == (0, 2 - 5, True)


def test_exactly_nothing_is_not_below_zero():
    assert not compute(supply(5, reserved=5), Policy()).clamped


def test_part_of_a_unit_is_not_sold():
    assert quantity(supply("7.9")) == 7


# -- what the channel wants to show ----------------------------------------------------


def test_buffer_then_percentage_then_pack_then_cap():
    policy = Policy(buffer=D(10), percent=D(50), pack=D(6), cap=6)
    result = compute(supply(100), policy)
    assert result.buffered == 100 - 10
    assert result.reduced == (100 - 10) / 2
    assert result.packs == 45 // 6
    assert result.quantity == 6


def test_buffer_above_the_stock_shows_nothing():
    assert quantity(supply(3), buffer=D(10)) == 0


def test_cap_of_zero_shows_nothing_and_no_cap_shows_all():
    assert quantity(supply(8), cap=0) == 0
    assert quantity(supply(8), cap=None) == 8


def test_pack_of_less_than_a_unit_shows_more_pieces():
    assert quantity(supply(3), pack=D("0.5")) == 6


# -- kits ------------------------------------------------------------------------------


def kit(*components, **policy):
    return compute(Supply(), Policy(**policy), components=components)


def test_kit_is_what_its_scarcest_component_makes():
    result = kit(Component("cup", D(2), supply(20)), Component("box", D(1), supply(7)))
    assert result.quantity == min(20 // 2, 7 // 1)
    assert result.limiting == "box"
    assert result.limiting_supply == supply(7)


def test_kit_with_components_that_are_promised_elsewhere():
    result = kit(Component("cup", D(2), supply(20, reserved=4, unconfirmed=5, held=1)))
    assert result.quantity == (20 - 4 - 5 - 1) // 2


def test_safety_stock_of_a_kit_is_in_kits():
    assert kit(Component("cup", D(2), supply(20)), safety=D(3)).quantity == 20 // 2 - 3


def test_kit_with_a_component_below_zero_is_clamped():
    result = kit(Component("a", D(1), supply(9)), Component("b", D(3), supply(-1)))
    assert (result.quantity, result.clamped, result.limiting) == (0, True, "b")


# -- several channels on one stock -----------------------------------------------------


def partitioned(channel, share):
    return Claim(channel, Mode.PARTITIONED, D(share))


def test_shared_channels_each_show_everything():
    assert allocate(10, [Claim("a"), Claim("b")]) == {"a": 10, "b": 10}


def test_shares_are_whole_units_by_the_largest_remainder():
    claims = [partitioned("a", 50), partitioned("b", 30), partitioned("c", 20)]
    # 3.5, 2.1 and 1.4: the unit left over goes to a
    assert allocate(7, claims) == {"a": 4, "b": 2, "c": 1}


def test_what_no_share_claims_is_for_the_shared_channels():
    claims = [partitioned("a", 60), Claim("b"), Claim("c")]
    assert allocate(10, claims) == {"a": 6, "b": 4, "c": 4}


def test_shares_of_more_than_all_are_refused():
    with pytest.raises(ValueError, match="100"):
        allocate(10, [partitioned("a", 60), partitioned("b", 41)])


def test_protected_channel_shows_all_and_the_others_leave_its_reserve():
    claims = [Claim("a", Mode.PROTECTED, reserve=3), Claim("b")]
    assert allocate(10, claims) == {"a": 10, "b": 10 - 3}


def test_two_protected_channels_leave_each_others_reserve():
    claims = [
        Claim("a", Mode.PROTECTED, reserve=3),
        Claim("b", Mode.PROTECTED, reserve=4),
        Claim("c"),
    ]
    assert allocate(10, claims) == {"a": 10 - 4, "b": 10 - 3, "c": 10 - 3 - 4}


def test_reserve_above_the_stock_leaves_nothing_to_the_others():
    claims = [Claim("a", Mode.PROTECTED, reserve=30), Claim("b")]
    assert allocate(10, claims) == {"a": 10, "b": 0}


def test_part_rises_only_after_the_others_were_told_less():
    claims = [partitioned("a", 50), partitioned("b", 50)]
    # 10 were divided 5 to 5, a sold 4 of its 5: of 6, each is to have 3
    before = compute(supply(6), Policy(), claims, "a", shown={"a": 5 - 4, "b": 5})
    assert (before.part, before.shown_elsewhere) == (3, 5 - 3)
    assert before.quantity == 6 - 5
    after = compute(supply(6), Policy(), claims, "a", shown={"a": 1, "b": 3})
    assert after.quantity == 3


def test_what_the_others_show_matters_to_partitioned_channels_only():
    claims = [Claim("a"), partitioned("b", 50)]
    assert compute(supply(6), Policy(), claims, "a", shown={"b": 6}).quantity == 3


def test_showing_less_than_ones_part_takes_nothing_from_the_others():
    assert still_shown("a", {"a": 3, "b": 3}, {"b": 1}) == 0
    assert still_shown("a", {"a": 3, "b": 3}, {}) == 0
