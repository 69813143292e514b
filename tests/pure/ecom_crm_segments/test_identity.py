"""Which contacts are one person; whose relatives they must not become."""

from dataclasses import replace
from hashlib import sha256
from itertools import combinations

import household_generator
import neighbourhood_generator
import pytest
from ecom_crm_segments.algorithms.identity import mail, name, phone, place, text
from ecom_crm_segments.algorithms.identity.matching import (
    Contact,
    Reason,
    match,
    profile,
)
from ecom_crm_segments.algorithms.identity.name import Likeness
from ecom_crm_segments.algorithms.identity.place import Nearness
from ecom_crm_segments.algorithms.identity.resolution import (
    Decision,
    regroup,
    resolve,
)

# -- single values ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "written, address",
    [
        ("Anna@Example.COM", None),  # reserved for examples: nobody's
        (" Anna@Shop.DE ", "anna@shop.de"),
        ("a.n.n.a+tea@gmail.com", "anna@gmail.com"),
        ("anna@googlemail.com", "anna@gmail.com"),
        ("anna+tea@shop.de", "anna+tea@shop.de"),
        ("x7f3k2@marketplace.amazon.de", None),
        ("x7f3k2@marketplace.amazon.co.uk", None),
        ("0a1b@members.ebay.com", None),
        ("a8x@privaterelay.appleid.com", None),
        ("noreply@shop.de", None),
        ("a***a@shop.de", None),
        ("no address", None),
        ("", None),
    ],
)
def test_mailboxes(written, address):
    found = mail.mailbox(written)
    assert (found.address if found else None) == address


def hashed(value):
    return sha256(value.encode()).hexdigest()


def groups_of(*contacts):
    """The groups of more than one contact."""
    return [
        sorted(group)
        for group in resolve([profile(contact) for contact in contacts]).groups
        if len(group) > 1
    ]


@pytest.mark.parametrize(
    "written, value",
    [
        ("Anna@Shop.de", "anna@shop.de"),
        # hashed by the rules of the provider, and as it was typed
        ("A.N.N.A+tea@gmail.com", "anna@gmail.com"),
        ("A.N.N.A+tea@gmail.com", "a.n.n.a+tea@gmail.com"),
    ],
)
def test_hashed_mailbox_is_the_plain_one_of_the_same_name(written, value):
    plain = Contact(1, "Anna Berger", written)
    known_by_hash = Contact(2, "Anna Berger", hashed(value).upper())
    other = Contact(3, "Anna Berger", hashed("berger.anna@shop.de"))
    assert groups_of(plain, known_by_hash, other) == [[1, 2]]


def test_two_contacts_with_the_same_hash_are_one_person():
    box = hashed("anna@shop.de")
    assert groups_of(
        Contact(1, "Anna Berger", box), Contact(2, "Anna Berger", box)
    ) == [[1, 2]]


@pytest.mark.parametrize("value", ["+8613712345678", "8613712345678"])
def test_hashed_number_is_the_plain_one_with_or_without_plus(value):
    plain = Contact(1, "李晓明", phone="137 1234 5678", country="CN")
    known_by_hash = Contact(2, "李晓明", phone=hashed(value), country="CN")
    assert groups_of(plain, known_by_hash) == [[1, 2]]


def test_hash_of_a_family_mailbox_makes_no_one_person_of_the_family():
    box = hashed("berger@shop.de")
    assert not groups_of(
        Contact(1, "Anna Berger", "berger@shop.de"),
        Contact(2, "Bernd Berger", box),
    )


def test_mailbox_of_a_team_is_shared():
    assert mail.mailbox("info@shop.de").shared
    assert not mail.mailbox("anna@shop.de").shared


@pytest.mark.parametrize(
    "written, country, number",
    [
        ("0171 / 234 56 78", "DE", "+491712345678"),
        ("+49 (0) 171 2345678", "DE", "+491712345678"),
        ("0049 171 2345678", "", "+491712345678"),
        ("(201) 555-0123", "US", "+12015550123"),
        ("1-201-555-0123", "US", "+12015550123"),
        ("138 1234 5670", "CN", "+8613812345670"),
        ("8613812345670", "CN", "+8613812345670"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("138****5678", "CN", ""),
        ("18412345670-1234", "CN", ""),  # lent for the delivery
        ("18412345670转1234", "CN", ""),
        ("+1 201 555 0123 ext. 77", "US", ""),
        ("000000000", "DE", ""),
        ("1234567890", "US", ""),
        ("12", "DE", ""),
        ("", "DE", ""),
    ],
)
def test_phone_numbers(written, country, number):
    assert phone.number(written, country) == number


@pytest.mark.parametrize(
    "left, right, likeness",
    [
        ("Anna Smith", "SMITH, Anna", Likeness.SAME),
        ("Mr. José García", "Jose Garcia", Likeness.SAME),
        ("Anna Maria Smith", "Anna Smith", Likeness.SAME),
        ("Jürgen Weiß", "Jurgen Weiss", Likeness.SAME),
        ("Sean O'Neill", "Sean O’Neill", Likeness.SAME),
        ("Anna Schmidt", "Anna Schmid", Likeness.SURNAME_MISSPELT),
        ("A. Smith", "Anna Smith", Likeness.SHORTENED),
        ("M. Smith", "Anna Smith", Likeness.SURNAME_ONLY),
        ("A. Smith", "A Smith", Likeness.SHORTENED),  # Anna and Arthur
        ("Smith", "SMITH", Likeness.SHORTENED),
        ("Smith", "Anna Smith", Likeness.SHORTENED),
        ("Maria Smith", "Marie Smith", Likeness.MISSPELT),
        ("John Smith", "Anna Smith", Likeness.SURNAME_ONLY),
        ("Anna Smith", "Anna Jones", Likeness.GIVEN_ONLY),
        ("Anna Smith", "Bert Jones", Likeness.DIFFERENT),
        ("John Smith", "John Smith Jr.", Likeness.GENERATION),
        ("王伟", "王 伟 先生", Likeness.SAME),
        ("王伟", "王芳", Likeness.SURNAME_ONLY),
        ("欧阳娜娜", "欧阳 娜娜", Likeness.SAME),
        ("王伟", "Wang Wei", Likeness.UNKNOWN),
        ("王**", "王伟", Likeness.UNKNOWN),
        ("Amazon Customer", "Anna Smith", Likeness.UNKNOWN),
        # a firm is nobody, whatever it is called
        ("Smith Trading Ltd", "Anna Smith", Likeness.DIFFERENT),
        ("Smith Trading Ltd", "王伟", Likeness.DIFFERENT),
        ("Smith Trading Ltd", "SMITH TRADING LTD.", Likeness.SAME),
        ("Smith Trading Ltd", "Smith Tools Ltd", Likeness.DIFFERENT),
        ("杭州王伟贸易有限公司", "王伟", Likeness.DIFFERENT),
        ("杭州王伟贸易有限公司", "Wang Wei", Likeness.DIFFERENT),
        ("杭州王伟贸易有限公司", "杭州 王伟贸易有限公司", Likeness.SAME),
        ("", "Anna Smith", Likeness.UNKNOWN),
    ],
)
def test_names(left, right, likeness):
    read = name.read(left), name.read(right)
    assert name.compare(*read) is likeness
    assert name.compare(*reversed(read)) is likeness


WEST = {"zip_code": "10115", "city": "Berlin", "country": "DE"}


@pytest.mark.parametrize(
    "left, right, nearness",
    [
        ("Hauptstraße 5", "HAUPTSTR. 5", Nearness.SAME),
        ("Hauptstrasse 12 a", "Hauptstr. 12a", Nearness.SAME),
        ("5 Oak Street Apt 3", "5 oak st #3", Nearness.SAME),
        ("5 Oak Street Apt 3", "5 Oak Street", Nearness.BUILDING),
        ("5 Oak Street Apt 3", "5 Oak St. Apt 4", Nearness.NEIGHBOURS),
        ("5 Oak Street", "6 Oak Street", Nearness.ELSEWHERE),
        ("Oak Street", "5 Oak Street", Nearness.UNKNOWN),
        ("5 Oak ***", "5 Oak Street", Nearness.UNKNOWN),
    ],
)
def test_western_addresses(left, right, nearness):
    found = [place.read(street, **WEST) for street in (left, right)]
    assert place.compare(*found) is nearness


@pytest.mark.parametrize(
    "left, right, nearness",
    [
        (
            "浙江省杭州市西湖区文三路478号3幢1203室",
            "文三路 478号 3号楼 1203",
            Nearness.SAME,
        ),
        ("西湖区文三路四七八号3幢1203室", "文三路478号3幢1203室", Nearness.SAME),
        ("文三路478号3幢1203室", "文三路478号3幢1204室", Nearness.NEIGHBOURS),
        ("文三路478号", "文三路478号3幢1203室", Nearness.BUILDING),
        ("文三路478号3幢1203室", "文三路479号3幢1203室", Nearness.ELSEWHERE),
        ("西湖区文三****", "文三路478号3幢1203室", Nearness.UNKNOWN),
        # a building of the site, the room is not told
        ("文三路478号3幢", "文三路478号3号楼", Nearness.SAME),
        ("文三路478号3幢", "文三路478号3幢1203室", Nearness.BUILDING),
        ("文三路478号3幢", "文三路478号", Nearness.BUILDING),
        ("文三路478号3幢", "文三路478号4幢", Nearness.NEIGHBOURS),
        ("文三路478号3幢", "文三路478号4幢1203室", Nearness.NEIGHBOURS),
    ],
)
def test_chinese_addresses(left, right, nearness):
    found = [
        place.read(street, city="杭州市", country="CN") for street in (left, right)
    ]
    assert place.compare(*found) is nearness


@pytest.mark.parametrize(
    "street, told",
    [
        ("文三路478号3幢1203室", True),
        ("文三路478号3幢-1203", True),
        ("文三路478号1203", True),
        ("文三路478号3幢2单元1203室", True),
        ("文三路478号3幢", False),
        ("文三路478号3栋2单元", False),
        ("文三路478号", False),
    ],
)
def test_a_building_is_no_room(street, told):
    assert place.read(street, city="杭州市", country="CN").room is told


def test_digests_of_equal_values_differ_by_kind_and_key():
    digests = {
        text.digest("email", "a@b.de"),
        text.digest("phone", "a@b.de"),
        text.digest("email", "a@b.de", "secret"),
        text.digest("email", "a@b.de", "other"),
    }
    assert len(digests) == 4
    assert text.digest("email", "a@b.de") == text.digest("email", "a@b.de")


# -- pairs -----------------------------------------------------------------------------


def contact(key, **values):
    return Contact(key, **{"country": "DE", **values})


def link(left, right):
    return match(profile(contact(1, **left)), profile(contact(2, **right)))


ANNA = {"name": "Anna Smith", "email": "anna@shop.de", "phone": "0171 2345678"}
HOME = {"street": "Hauptstr. 5", "zip_code": "10115"}


@pytest.mark.parametrize(
    "left, right",
    [
        (ANNA, {"name": "Anna Smith", "email": "ANNA@shop.de"}),
        (ANNA, {"name": "Smith, Anna", "phone": "+49 171 2345678"}),
        (ANNA, {"email": "anna@shop.de"}),
        ({**HOME, "name": "Anna Smith"}, {**HOME, "name": "Anna Smith"}),
        ({"accounts": ("shop:7",)}, {"accounts": ("shop:7",), "name": "A***"}),
    ],
)
def test_certain_links(left, right):
    found = link(left, right)
    assert found.certain, found


@pytest.mark.parametrize(
    "left, right",
    [
        # what a household shares
        ({**HOME, "name": "Anna Smith"}, {**HOME, "name": "Bert Smith"}),
        (
            {**HOME, "name": "Anna Smith", "phone": "030 1234567"},
            {**HOME, "name": "Bert Smith", "phone": "030 1234567"},
        ),
        (ANNA, {**ANNA, "name": "Bert Smith"}),
        ({**HOME, "name": "John Smith"}, {**HOME, "name": "John Smith Jr"}),
        ({**HOME, "name": "Maria Smith"}, {**HOME, "name": "Marie Smith"}),
        # what identifies nobody
        (
            {"name": "王**", "phone": "138****1234"},
            {"name": "王**", "phone": "138****1234"},
        ),
        ({"email": "x1@marketplace.amazon.de"}, {"email": "x1@marketplace.amazon.de"}),
        (
            {"country": "CN", "phone": "18412345670-1234"},
            {"country": "CN", "phone": "18412345670-1234"},
        ),
        ({"name": "Anna Smith"}, {"name": "Anna Smith"}),
        ({"email": "info@shop.de"}, {"email": "info@shop.de"}),
        # a mailbox that is called as a relative
        (
            {"email": "bert.smith@shop.de"},
            {"name": "Anna Smith", "email": "bert.smith@shop.de"},
        ),
        ({"phone": "0171 2345678"}, {"phone": "0171 2345678"}),
    ],
)
def test_links_that_are_never_made_alone(left, right):
    assert not link(left, right).certain


def test_a_link_tells_its_reasons():
    found = link({**ANNA, **HOME}, {**ANNA, "phone": "", **HOME})
    assert {Reason.SAME_EMAIL, Reason.SAME_NAME, Reason.SAME_DOOR} <= set(found.reasons)


# -- groups ----------------------------------------------------------------------------


def groups(*contacts, decisions=()):
    found = resolve([profile(item) for item in contacts], decisions)
    return {frozenset(group) for group in found.groups}, found


def test_links_make_groups_by_way_of_others():
    found, _ = groups(
        contact(1, name="Anna Smith", email="anna@shop.de"),
        contact(2, name="Anna Smith", email="anna@shop.de", phone="0171 2345678"),
        contact(3, name="Anna Smith", phone="0171 2345678"),
    )
    assert found == {frozenset({1, 2, 3})}


def test_a_shortened_name_of_two_people_is_neither():
    found, result = groups(
        contact(1, name="John Smith", phone="030 1234567", **HOME),
        contact(2, name="Jane Smith", phone="030 1234567", **HOME),
        contact(3, name="J. Smith", phone="030 1234567", **HOME),
    )
    assert found == set()
    assert any(3 in (p.left, p.right) for p in result.proposals)


def test_two_shortened_names_at_home_may_be_relatives():
    found, _ = groups(
        contact(1, name="A. Smith", email="anna@shop.de", **HOME),
        contact(2, name="A. Smith", email="arthur@shop.de", **HOME),
    )
    assert found == set()


def test_an_initial_at_home_with_another_mailbox_may_be_a_brother():
    harry = contact(1, name="H. Smith", phone="0171 2345678", **HOME)
    found, _ = groups(
        harry, contact(2, name="Henry Smith", phone="0171 2345678", **HOME)
    )
    assert found == {frozenset({1, 2})}
    found, result = groups(
        replace(harry, email="harry@shop.de"),
        contact(
            2, name="Henry Smith", phone="0171 2345678", email="henry@shop.de", **HOME
        ),
    )
    assert found == set()
    assert len(result.proposals) == 1


def test_relatives_are_never_joined_by_a_third():
    found, _ = groups(
        contact(1, name="Anna Smith", email="family@shop.de"),
        contact(2, email="family@shop.de"),
        contact(3, name="Bert Smith", email="family@shop.de"),
    )
    assert not any({1, 3} <= group for group in found)


OFFICE = {"street": "Bahnhofstr. 1", "zip_code": "10117", "city": "Berlin"}


def colleagues(count):
    """People of one office, who have an address, a number and a mailbox in common."""
    return [
        contact(
            100 + number,
            name=f"{chr(65 + number)}lan {chr(65 + number)}anders",
            phone="030 7654321",
            email="desk@shop.de",
            **OFFICE,
        )
        for number in range(count)
    ]


def test_namesakes_in_an_office_are_asked_about():
    namesakes = [
        contact(1, name="Anna Smith", phone="030 7654321", **OFFICE),
        contact(2, name="Anna Smith", phone="030 7654321", **OFFICE),
    ]
    found, _ = groups(*namesakes)
    assert found == {frozenset({1, 2})}
    found, result = groups(*namesakes, *colleagues(9))
    assert found == set()
    assert {1, 2} in [{link.left, link.right} for link in result.proposals]


def test_who_has_a_mailbox_of_their_own_is_found_in_an_office_too():
    found, _ = groups(
        contact(1, name="Anna Smith", email="anna@shop.de", **OFFICE),
        contact(2, name="Anna Smith", email="anna@shop.de", **OFFICE),
        *colleagues(9),
    )
    assert found == {frozenset({1, 2})}


def test_a_firm_is_not_its_owner():
    found, _ = groups(
        contact(1, name="Anna Smith", email="anna@shop.de", phone="0171 2345678"),
        contact(2, name="Smith Trading Ltd", email="anna@shop.de", phone="01712345678"),
    )
    assert found == set()


def test_namesakes_in_a_chinese_building_are_asked_about():
    found, result = groups(
        contact(1, name="王伟", street="文三路478号3幢", city="杭州市", country="CN"),
        contact(2, name="王伟", street="文三路478号3幢", city="杭州市", country="CN"),
        *[
            contact(
                10 + n,
                name=f"李{c}",
                street="文三路478号3幢",
                city="杭州市",
                country="CN",
            )
            for n, c in enumerate("芳娜敏静丽强磊军洋")
        ],
    )
    assert found == set()
    assert len(result.proposals) == 1


def test_what_a_person_decided_stays():
    one, two = contact(1, **ANNA), contact(2, **ANNA)
    found, result = groups(one, two, decisions=[Decision(1, 2, False)])
    assert found == set() and result.proposals == ()
    other = contact(3, name="Bert Jones")
    found, _ = groups(one, other, decisions=[Decision(1, 3, True)])
    assert found == {frozenset({1, 3})}


def test_decisions_hold_for_groups():
    found, _ = groups(
        contact(1, **ANNA),
        contact(2, **ANNA),
        contact(3, **ANNA),
        decisions=[Decision(1, 3, False)],
    )
    assert not any({1, 3} <= group for group in found)


def test_order_of_contacts_does_not_matter():
    sample = household_generator.generate(60, seed=5)
    profiles = [profile(item) for item in sample.contacts]
    assert set(resolve(profiles).groups) == set(resolve(profiles[::-1]).groups)


def test_a_block_of_many_is_nobodys_value():
    crowd = [contact(n, email="desk@shop.de", name=f"Person{n} Nr") for n in range(60)]
    found, result = groups(*crowd)
    assert found == set() and result.proposals == ()


def test_precision_and_recall_on_households():
    sample = household_generator.generate(2500, seed=21)
    profiles = [profile(item) for item in sample.contacts]
    found = {
        pair
        for group in resolve(profiles).groups
        for pair in combinations(sorted(group), 2)
    }
    assert len(found & sample.pairs()) / len(found) >= 0.999
    assert len(found & sample.linkable()) / len(sample.linkable()) >= 0.90


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_precision_and_recall_in_flats_and_offices(seed):
    sample = neighbourhood_generator.generate(150, seed=seed)
    found = {
        pair
        for group in resolve([profile(item) for item in sample.contacts]).groups
        for pair in combinations(sorted(group), 2)
    }
    assert len(found & sample.pairs()) / len(found) >= 0.999
    assert len(found & sample.linkable()) / len(sample.linkable()) >= 0.90


def test_what_is_masked_is_never_linked():
    sample = household_generator.generate(1500, seed=22)
    hidden = {key for key, shown in sample.shown.items() if not shown}
    linked = {
        key
        for group in resolve([profile(item) for item in sample.contacts]).groups
        for key in group
    }
    assert hidden and not hidden & linked


# -- stored groups ---------------------------------------------------------------------


def test_a_group_keeps_its_id_where_most_stay():
    stored = {1: "A", 2: "A", 3: "A", 4: "B"}
    changes = {
        c.group: c for c in regroup(stored, [frozenset({1, 2}), frozenset({3, 4, 5})])
    }
    assert changes["A"].left == {3}
    assert changes["B"].joined == {3, 5}


def test_a_merge_dissolves_one_group_and_an_unmerge_makes_one():
    [kept, gone] = regroup({1: "A", 2: "A", 3: "B"}, [frozenset({1, 2, 3})])
    assert (kept.group, kept.joined) == ("A", {3})
    assert (gone.group, gone.members) == ("B", frozenset())
    changes = regroup(
        {1: "A", 2: "A", 3: "A", 4: "A"}, [frozenset({1, 2}), frozenset({3, 4})]
    )
    assert {c.group for c in changes} == {"A", None}


def test_nothing_changed_is_no_change():
    assert regroup({1: "A", 2: "A"}, [frozenset({1, 2})]) == []
