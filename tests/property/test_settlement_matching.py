"""What must hold for matching in unlike worlds, whatever the seed."""

import random
from decimal import Decimal

import bazaar_generator
import pytest
import settlement_generator
import wallet_generator
from ecom_finance_recon.matching import match
from ecom_finance_recon.matching.schema import FaultKind

WORLDS = {
    "settlement": lambda seed: settlement_generator.generate(3000, seed),
    "wallet": lambda seed: wallet_generator.generate(3000, seed),
    "wallet without cents": lambda seed: wallet_generator.generate(
        3000, seed, exponent=0
    ),
    "wallet without dates": lambda seed: wallet_generator.generate(
        3000, seed, dated=False
    ),
    "bazaar": lambda seed: bazaar_generator.generate(3000, seed),
}
CASES = [
    pytest.param(make, seed, id=f"{name}-{seed}")
    for name, make in WORLDS.items()
    for seed in (11, 12, 13)
]


@pytest.fixture(params=WORLDS, ids=list(WORLDS))
def world(request):
    return WORLDS[request.param](21)


@pytest.mark.parametrize(("make", "seed"), CASES)
def test_no_match_is_wrong_and_nearly_all_that_can_be_are_made(make, seed):
    world = make(seed)
    result = match(world.lines, world.items, world.policy)
    score = settlement_generator.score(world, result.edges, result.faults)
    assert score.precision == 100, score.wrong
    assert score.recall >= 99.5, score.lost
    assert score.reported == 100
    assert score.false_alarms <= 0.1


def test_the_order_of_lines_and_items_changes_nothing(world):
    straight = match(world.lines, world.items, world.policy)
    lines, items = list(world.lines), list(world.items)
    for seed in range(3):
        random.Random(seed).shuffle(lines)
        random.Random(seed + 9).shuffle(items)
        assert match(lines, items, world.policy) == straight


def test_every_line_is_matched_or_refused_and_every_item_paid_or_named(world):
    result = match(world.lines, world.items, world.policy)
    matched = [line for one in result.matches for line in one.lines]
    refused = [one.line for one in result.refusals]
    assert sorted(matched + refused) == sorted(line.id for line in world.lines)
    paid = [item for one in result.matches for item in one.items]
    named = [f.item for f in result.faults if f.kind is FaultKind.MISSING]
    assert sorted(paid + named) == sorted(item.id for item in world.items)
    assert len(set(paid)) == len(paid)


def test_differences_are_lines_less_items_to_the_cent(world):
    result = match(world.lines, world.items, world.policy)
    lines = {line.id: line.amount for line in world.lines}
    items = {item.id: item.amount for item in world.items}
    for one in result.matches:
        if one.difference is not None:
            told = sum(lines[name] for name in one.lines)
            owed = sum(items[name] for name in one.items)
            assert one.difference == told - owed


def test_matching_again_what_is_left_matches_nothing_new(world):
    first = match(world.lines, world.items, world.policy)
    used = {name for one in first.matches for name in (*one.lines, *one.items)}
    lines = [line for line in world.lines if line.id not in used]
    items = [item for item in world.items if item.id not in used]
    again = match(lines, items, world.policy)
    wrong = {edge for edge in again.edges if edge not in world.edges}
    twins = {edge for edge in wrong if edge[0] in world.duplicates}
    assert wrong == twins


def test_a_line_that_is_taken_away_makes_its_item_missing(world):
    result = match(world.lines, world.items, world.policy)
    plain = [one for one in result.matches if one.layer.value == "id"]
    refs = {line.id: line.refs for line in world.lines}
    told = {}
    for line in world.lines:
        told.setdefault(line.refs, []).append(line)
    for one in plain[:20]:
        if len(told[refs[one.lines[0]]]) > 1:
            continue
        rest = [line for line in world.lines if line.id != one.lines[0]]
        faults = match(rest, world.items, world.policy).faults
        assert one.items[0] in {fault.item for fault in faults}
        break


def test_scores_are_between_nothing_and_certainty(world):
    result = match(world.lines, world.items, world.policy)
    assert all(0 < one.score <= 1 for one in result.matches)
    for refusal in result.refusals:
        scores = [one.score for one in refusal.suggestions]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score < 1 for score in scores)


def test_the_first_suggestion_is_mostly_the_right_one():
    """Where partners are told, the truth is among the first three."""
    world = settlement_generator.generate(6000, 5)
    result = match(world.lines, world.items, world.policy)
    partners = {line.id for line in world.lines if line.partner}
    truth = {}
    for line, item in world.edges:
        truth.setdefault(line, set()).add(item)
    asked = [
        one
        for one in result.refusals
        if one.line in partners and one.suggestions and one.line in truth
    ]
    hits = sum(
        any(set(s.items) == truth[one.line] for s in one.suggestions[:3])
        for one in asked
    )
    assert hits >= Decimal("0.9") * len(asked)
