"""The fuzzer of payloads: what other tests rely on."""

import copy

from payload_fuzz import mutations

PAYLOAD = {"a": 1, "b": [{"c": "x"}, {"c": "y"}], "d": {"e": None}}


def test_the_same_seed_gives_the_same_mutations():
    assert list(mutations(PAYLOAD, 50, 1)) == list(mutations(PAYLOAD, 50, 1))
    assert list(mutations(PAYLOAD, 50, 1)) != list(mutations(PAYLOAD, 50, 2))


def test_the_payload_itself_stays_as_it_is():
    before = copy.deepcopy(PAYLOAD)
    list(mutations(PAYLOAD, 500, 3))
    assert before == PAYLOAD


def test_nearly_every_mutation_is_a_change_and_places_of_all_depths_are_met():
    made = list(mutations(PAYLOAD, 500, 4))
    changed = [payload for payload in made if payload != PAYLOAD]
    assert len(changed) > 400
    objects = [payload for payload in made if isinstance(payload, dict)]
    assert any("b" not in payload for payload in objects)
    assert any(payload.get("d") not in ({"e": None}, None) for payload in objects)
