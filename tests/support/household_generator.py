"""Invented households whose contacts are known to be one person or not.

People live in households, share what households share (address, landline, surname, now
and then a mailbox, a given name from father to son), move, and are known to several
channels, each of which writes them down in its own way, masks or replaces parts.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import combinations

from ecom_crm_segments.algorithms.identity.matching import Contact

GIVEN = """James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth
William Barbara Richard Susan Joseph Jessica Thomas Sarah Christopher Karen Daniel
Lisa Matthew Nancy Anthony Betty Mark Sandra Donald Margaret Steven Ashley Andrew
Kimberly Paul Emily Joshua Donna Kenneth Michelle Kevin Carol Brian Amanda George
Melissa Timothy Deborah Anna Anne Jan Jana Marie Maria Jürgen Björn Zoë Chloé José
André""".split()
FAMILY = """Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez
Hernandez Lopez Gonzalez Wilson Anderson Taylor Moore Jackson Martin Lee Perez Thompson
White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott
Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter
Roberts Müller Schröder Weiß O'Neill Fischer Schneider Becker Hoffmann""".split()
ROADS = """Oak Maple Cedar Elm Pine Washington Lake Hill Park Main Church High Station
Victoria Mill Spring River Sunset Highland Franklin""".split()
ROAD_KINDS = (("Street", "St"), ("Road", "Rd."), ("Avenue", "Ave"), ("Lane", "Ln"))
GERMAN_ROADS = (
    """Haupt Bahnhof Garten Schul Berg Linden Kirch Wald Ring Goethe""".split()
)
PROVIDERS = ("gmail.com", "outlook.com", "yahoo.com", "gmx.de", "qq.com", "163.com")
HAN_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
HAN_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰"
HAN_ROADS = (
    "文三路 天目山路 中山路 解放路 人民路 建设路 延安路 学院路 长江路 和平路".split()
)
CITIES = (("浙江省", "杭州市", "西湖区"), ("广东省", "深圳市", "南山区"))


@dataclass(frozen=True)
class Sample:
    """Contacts and whose they are.

    :param truth: number of the person by key of the contact.
    :param shown: what each contact really shows, by key: the mailbox, the number, the
        home; nothing of what is masked or left out.
    """

    contacts: list[Contact]
    truth: dict[int, int]
    shown: dict[int, frozenset]

    def pairs(self) -> set[tuple[int, int]]:
        """Pairs of contacts that are one person."""
        return {
            pair for keys in self._people() for pair in combinations(sorted(keys), 2)
        }

    def linkable(self) -> set[tuple[int, int]]:
        """Those that share a mailbox, number or home, if only by way of a third one."""
        found = set()
        for keys in self._people():
            groups: list[tuple[set, set]] = []
            for key in keys:
                members, shown = {key}, set(self.shown[key])
                for group in [g for g in groups if g[1] & shown]:
                    groups.remove(group)
                    members |= group[0]
                    shown |= group[1]
                groups.append((members, shown))
            for members, _ in groups:
                found.update(combinations(sorted(members), 2))
        return found

    def _people(self):
        members: dict[int, list[int]] = {}
        for key, person in self.truth.items():
            members.setdefault(person, []).append(key)
        return members.values()


@dataclass
class Person:
    given: str
    surname: str
    generation: str
    email: str
    mobile: str
    landline: str
    home: dict
    chinese: bool
    number: int


def generate(households: int, seed: int = 0) -> Sample:
    """Contacts of some households."""
    rng = random.Random(seed)
    contacts, truth, shown = [], {}, {}
    people = 0
    for _ in range(households):
        for person in _household(rng, people):
            people += 1
            for contact, facts in _contacts(rng, person, len(contacts)):
                truth[contact.key] = person.number
                shown[contact.key] = facts
                contacts.append(contact)
    order = list(contacts)
    rng.shuffle(order)
    return Sample(order, truth, shown)


def _household(rng: random.Random, first: int) -> list[Person]:
    chinese = rng.random() < 0.3
    home = _home(rng, chinese)
    surname = rng.choice(HAN_FAMILY if chinese else FAMILY)
    landline = _landline(rng, chinese)
    people: list[Person] = []
    family_mailbox = None
    for index in range(rng.choices((1, 2, 3, 4), (30, 35, 20, 15))[0]):
        given = _given(rng, chinese)
        generation = ""
        if index == 1 and not chinese and rng.random() < 0.03:
            given, generation = people[0].given, "Jr"
        while not generation and given in {p.given for p in people}:
            given = _given(rng, chinese)
        own = surname if index == 0 or rng.random() < 0.8 else _surname(rng, chinese)
        email = _email(rng, given, own, first + index)
        if family_mailbox and rng.random() < 0.08:
            email = family_mailbox
        family_mailbox = family_mailbox or email
        people.append(
            Person(
                given, own, generation, email, _mobile(rng, chinese), landline, home,
                chinese, first + index,
            )
        )  # fmt: skip
    return people


def _given(rng, chinese: bool) -> str:
    if not chinese:
        return rng.choice(GIVEN)
    return "".join(rng.choice(HAN_GIVEN) for _ in range(rng.choice((1, 2, 2))))


def _surname(rng, chinese: bool) -> str:
    return rng.choice(HAN_FAMILY if chinese else FAMILY)


def _email(rng, given: str, surname: str, number: int) -> str:
    if any(ord(c) > 0x3000 for c in given):
        return f"{rng.randrange(10**8, 10**10)}@qq.com"
    local = f"{given}.{surname}".lower().encode("ascii", "ignore").decode()
    return f"{local.replace(chr(39), '')}{number}@{rng.choice(PROVIDERS)}"


def _mobile(rng, chinese: bool) -> str:
    if chinese:
        return f"1{rng.choice('3578')}{rng.randrange(10**9):09d}"
    return (
        f"+1{rng.randrange(201, 999)}{rng.randrange(2, 10)}{rng.randrange(10**6):06d}"
    )


def _landline(rng, chinese: bool) -> str:
    if chinese:
        return f"0571{rng.randrange(8 * 10**7, 9 * 10**7)}"
    return f"+1{rng.randrange(201, 999)}5{rng.randrange(10**6):06d}"


def _home(rng, chinese: bool) -> dict:
    if chinese:
        province, city, district = rng.choice(CITIES)
        return {
            "province": province, "city": city, "district": district,
            "road": rng.choice(HAN_ROADS), "number": rng.randrange(1, 999),
            "block": rng.randrange(1, 20), "room": rng.randrange(101, 2500),
        }  # fmt: skip
    german = rng.random() < 0.3
    return {
        "german": german,
        "road": rng.choice(GERMAN_ROADS if german else ROADS),
        "kind": rng.choice(ROAD_KINDS), "number": rng.randrange(1, 250),
        "unit": rng.choice(("", "", str(rng.randrange(1, 40)))),
        "zip": f"{rng.randrange(10000, 99999)}", "city": f"Town {rng.randrange(500)}",
    }  # fmt: skip


def _contacts(rng: random.Random, person: Person, key: int):
    home = person.home
    for _ in range(rng.choices((1, 2, 3, 4), (35, 35, 20, 10))[0]):
        if rng.random() < 0.08:
            home = _home(rng, person.chinese)
        yield _contact(rng, person, home, key)
        key += 1


def _contact(rng: random.Random, person: Person, home: dict, key: int):
    phone = person.landline if rng.random() < 0.15 else person.mobile
    values = {
        "name": _name(rng, person),
        "email": _written_email(rng, person.email),
        "phone": _written_phone(rng, phone, person.chinese),
        "country": "CN" if person.chinese else ("DE" if home["german"] else "US"),
        **_address(rng, person, home),
    }
    facts = {
        "email": person.email,
        "phone": phone,
        "street": tuple(map(str, home.items())),
    }
    for name, chance in (("email", 0.12), ("phone", 0.25), ("street", 0.2)):
        if rng.random() < chance:
            values[name] = ""
            del facts[name]
    if rng.random() < 0.1:
        for name in _mask(rng, values, person):
            facts.pop(name, None)
    return Contact(key, **values), frozenset(facts.values())


def _mask(rng, values: dict, person: Person) -> tuple[str, ...]:
    """Write what a marketplace shows of a buyer; returns what is hidden by that."""
    if person.chinese:
        values["name"] = f"{person.surname}**"
        values["phone"] = f"{person.mobile[:3]}****{person.mobile[-4:]}"
        if rng.random() < 0.5:
            values["phone"] = f"18{rng.randrange(10**9):09d}-{rng.randrange(9999):04d}"
        values["email"] = ""
        values["street"] = f"{values['street'][:4]}****"
        return "email", "phone", "street"
    values["email"] = f"{rng.randrange(16**9):09x}@marketplace.amazon.com"
    values["phone"] = ""
    return "email", "phone"


def _name(rng, person: Person) -> str:
    if person.chinese:
        full = person.surname + person.given
        return rng.choice(
            (full, full, full, f"{full} 先生", f"{person.surname} {person.given}")
        )
    given, surname = person.given, person.surname
    if person.generation:
        surname = f"{surname} {person.generation}"
    kind = rng.random()
    if kind < 0.08:
        return f"{given[0]}. {surname}"
    if kind < 0.14:
        return f"{person.surname}, {given} {person.generation}".strip()
    if kind < 0.2:
        return f"{given} {surname}".upper()
    if kind < 0.24:
        return f"Mr {given} {surname}"
    if kind < 0.28 and len(person.surname) > 5:
        at = rng.randrange(1, len(person.surname) - 1)
        wrong = person.surname[:at] + person.surname[at + 1 :]
        return f"{given} {wrong} {person.generation}".strip()
    if kind < 0.31:
        return f"{given} {'ABCDEFGH'[person.number % 8]}. {surname}"
    if kind < 0.34:
        return ""
    return f"{given} {surname}"


def _written_email(rng, email: str) -> str:
    local, domain = email.split("@")
    kind = rng.random()
    if kind < 0.1:
        return email.upper()
    if kind < 0.15 and domain == "gmail.com":
        return f"{local}+shop@{domain}"
    if kind < 0.2 and domain == "gmail.com":
        return f"{local.replace('.', '')}@googlemail.com"
    return email


def _written_phone(rng, phone: str, chinese: bool) -> str:
    if chinese:
        return rng.choice((phone, f"+86 {phone.removeprefix('0')}"))
    digits = phone.removeprefix("+1")
    return rng.choice(
        (phone, f"+1 ({digits[:3]}) {digits[3:6]}-{digits[6:]}", f"001 {digits}")
    )


def _address(rng, person: Person, home: dict) -> dict:
    if person.chinese:
        text = f"{home['road']}{home['number']}号{home['block']}幢{home['room']}室"
        start = rng.choice(
            (
                f"{home['province']}{home['city']}{home['district']}",
                home["district"],
                "",
            )
        )
        if rng.random() < 0.3:
            text = (
                f"{home['road']} {home['number']}号 {home['block']}号楼 {home['room']}"
            )
        return {"street": start + text, "city": home["city"], "zip_code": ""}
    if home["german"]:
        kind = rng.choice(("straße", "str.", "strasse"))
        street = f"{home['road']}{kind} {home['number']}"
    else:
        street = f"{home['number']} {home['road']} {rng.choice(home['kind'])}"
    unit = home["unit"] and rng.choice((f"Apt {home['unit']}", f"#{home['unit']}"))
    if rng.random() < 0.3:
        street = street.upper()
    return {
        "street": street, "street2": unit,
        "zip_code": home["zip"], "city": home["city"],
    }  # fmt: skip
