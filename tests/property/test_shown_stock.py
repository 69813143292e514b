"""Stock that is shown: whatever the stock, never too much, never less than nothing."""

from decimal import Decimal

from ecom_orders.marketplaces.availability import (
    Basis,
    Claim,
    Component,
    Mode,
    Policy,
    Supply,
    allocate,
    compute,
)
from hypothesis import given, settings
from hypothesis import strategies as st

UNITS = st.decimals(-500, 5000, places=2)
DEMAND = st.decimals(0, 500, places=2)
SUPPLIES = st.builds(Supply, UNITS, DEMAND, DEMAND, DEMAND, DEMAND, DEMAND)
POLICIES = st.builds(
    Policy,
    basis=st.sampled_from(Basis),
    safety=DEMAND,
    buffer=st.integers(0, 50).map(Decimal),
    percent=st.decimals(0, 100, places=1),
    cap=st.none() | st.integers(0, 1000),
    pack=st.decimals("0.01", 100, places=2),
)


@st.composite
def partitions(draw):
    """Partitioned channels whose shares add up to at most 100, some shared ones."""
    cuts = sorted(draw(st.lists(st.decimals(0, 100, places=1), max_size=5)))
    shares = [high - low for low, high in zip([Decimal(0), *cuts], cuts, strict=False)]
    claims = [
        Claim(f"own{number}", Mode.PARTITIONED, share)
        for number, share in enumerate(shares)
    ]
    return claims + [Claim("shared")]


@given(SUPPLIES, POLICIES)
@settings(max_examples=500, deadline=None)
def test_quantity_is_between_nothing_and_what_is_promisable(supply, policy):
    result = compute(supply, policy)
    assert 0 <= result.quantity * policy.pack <= max(0, result.promisable)
    assert result.clamped == (result.promisable < 0)


@given(SUPPLIES, POLICIES, partitions())
@settings(max_examples=500, deadline=None)
def test_partitioned_channels_together_never_show_more_than_is_promisable(
    supply, policy, claims
):
    shown = [
        compute(supply, policy, claims, claim.channel).quantity * policy.pack
        for claim in claims
    ]
    assert sum(shown) <= max(0, supply.promisable(policy.basis) - policy.safety)


@given(st.integers(0, 10**6), partitions())
@settings(max_examples=500, deadline=None)
def test_parts_and_the_common_rest_add_up(units, claims):
    assert sum(allocate(units, claims).values()) == units


@given(st.lists(st.integers(0, 400), min_size=8, max_size=8), st.data())
@settings(max_examples=300, deadline=None)
def test_rebalancing_in_any_order_of_arrival_never_shows_more_than_there_is(
    stocks, data
):
    """Each step the stock changes and a message to some channel arrives, or not."""
    claims = [Claim(number, Mode.PARTITIONED, Decimal(25)) for number in range(4)]
    shown = dict.fromkeys(range(4), 0)
    for stock in stocks:
        stock = max(stock, sum(shown.values()))  # sales take from both alike
        told = {
            number: compute(
                Supply(Decimal(stock)), Policy(), claims, number, shown
            ).quantity
            for number in shown
        }
        for number in data.draw(st.permutations(range(4))):
            if data.draw(st.booleans()):
                shown[number] = told[number]
                assert sum(shown.values()) <= stock


@given(SUPPLIES, st.integers(1, 20), POLICIES)
@settings(max_examples=300, deadline=None)
def test_kit_never_needs_more_of_a_component_than_is_promisable(supply, need, policy):
    component = Component("part", Decimal(need), supply)
    result = compute(Supply(), policy, components=[component])
    needed = result.quantity * policy.pack * need
    assert needed <= max(0, supply.promisable(policy.basis))
