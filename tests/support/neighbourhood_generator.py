"""Invented streets: flats, offices and twins, whose contacts are known to be whose.

Independent of ``household_generator`` and built the other way round: from buildings,
in which people live and work, to what each shop wrote down of them. Here are the cases
that a generator of families does not have: an office with one address, one switchboard
and one mailbox for fifty people; twins whose names differ by one character; the
mother's mobile number under the names of all; a number that was given to somebody else
after its owner left; names in characters here and in pinyin there; firms and their
owners; mistyped addresses.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from ecom_crm_segments.algorithms.identity.matching import Contact
from household_generator import Sample

#: character and pinyin
SURNAMES = dict(
    zip(
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐",
        "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin "
        "Gao Luo Zheng Liang Xie Song Tang".split(),
        strict=True,
    )
)
SYLLABLES = dict(
    zip(
        "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文海"
        "燕红梅志春雪峰宇晨欣",
        "wei fang na min jing li qiang lei jun yang yong yan jie juan tao ming chao "
        "xiu xia ping gang gui ying hua yu lan jian guo wen hai yan hong mei zhi chun "
        "xue feng yu chen xin".split(),
        strict=True,
    )
)
WESTERN = """
Oliver Amelia George Isla Noah Ava Arthur Mia Leo Ivy Harry Lily Oscar Freya
Archie Florence Henry Willow Theodore Rosie Lukas Emilia Felix Hannah Jonas Clara Paul
Greta Emil Frieda Hugo Louise Gabriel Alice Raphael Jade Adam Lina Ines Diego Lucia
Mateo Sofia Pablo Elena""".split()
FAMILIES = """
Ashworth Bennett Carlisle Dawson Eastwood Fletcher Gallagher Hargreaves
Ingram Jarvis Kendrick Lockwood Marsden Norwood Osborne Pemberton Quinn Radcliffe
Sheldon Thornton Underwood Vaughan Whitaker Yardley Albrecht Baumann Dietrich Engel
Friedrich Gruber Huber Keller Lorenz Moreau Dubois Lefebvre Garnier Rousseau Navarro
Ortega Castillo Vega Serrano Iglesias Smith Jones Brown""".split()
ROADS = (
    "滨江路 钱江路 体育场路 古墩路 莫干山路 机场路 科技园路 深南大道 福华路 龙岗大道 "
    "观海路 长宁路 虹桥路 漕溪路 锦绣路".split()
)
STREETS = "Abbey Bridge Castle Chapel Orchard Queen School Temple Union Wharf".split()
KINDS = (("Street", "St."), ("Road", "Rd"), ("Lane", "Ln"), ("Avenue", "Ave"))
TOWNS = (("杭州市", "滨江区"), ("深圳市", "福田区"), ("上海市", "长宁区"))
RELAYS = (
    "{}@marketplace.amazon.co.uk",
    "{}@marketplace.amazon.cn",
    "{}@members.ebay.com",
    "{}@privaterelay.appleid.com",
)
PROVIDERS = ("gmail.com", "outlook.com", "icloud.com", "163.com", "126.com", "web.de")
OFFICE_PEOPLE = 50


@dataclass
class Address:
    """Where somebody lives or works; ``door`` is empty for an office."""

    chinese: bool
    street: str
    number: int
    block: int
    door: str
    town: tuple[str, str]
    zip_code: str


@dataclass
class Person:
    """Somebody; ``phones`` may be somebody else's, too."""

    number: int
    chinese: bool
    surname: str
    given: str
    email: str
    phones: list[str]
    addresses: list[Address] = field(default_factory=list)


class Neighbourhood:
    """Makes people, building by building, and the contacts of shops."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.people = 0
        self.contacts: list[Contact] = []
        self.truth: dict[int, int] = {}
        self.shown: dict[int, frozenset] = {}
        self.given_up: list[str] = []

    # -- people ------------------------------------------------------------------------

    def person(self, chinese: bool, surname="", given="", phone="") -> Person:
        rng = self.rng
        number = self.people
        self.people += 1
        if chinese:
            surname = surname or rng.choice([*SURNAMES])
            given = given or "".join(rng.choices([*SYLLABLES], k=rng.choice((1, 2, 2))))
        else:
            surname = surname or rng.choice(FAMILIES)
            given = given or rng.choice(WESTERN)
        return Person(
            number,
            chinese,
            surname,
            given,
            self.email(number, chinese, surname, given),
            [phone or self.mobile(chinese)],
        )

    def email(self, number, chinese, surname, given) -> str:
        rng = self.rng
        if chinese and rng.random() < 0.4:
            return f"{rng.randrange(10**8, 10**10)}@qq.com"
        latin = pinyin(surname, given) if chinese else (given, surname)
        first, last = (part.lower() for part in latin)
        local = rng.choice(
            (f"{first}.{last}", f"{last}{first}", f"{first[0]}.{last}", first)
        )
        return f"{local}{number}@{rng.choice(PROVIDERS)}"

    def mobile(self, chinese: bool) -> str:
        rng = self.rng
        # Numbers are given to others after a while.
        if self.given_up and rng.random() < 0.02:
            fitting = [n for n in self.given_up if (n[:3] == "+86") == chinese]
            if fitting:
                number = rng.choice(fitting)
                self.given_up.remove(number)
                return number
        if chinese:
            return f"+861{rng.choice('35789')}{rng.randrange(10**9):09d}"
        return f"+447{rng.randrange(10**9):09d}"

    def address(self, chinese: bool, door: bool) -> Address:
        rng = self.rng
        return Address(
            chinese,
            rng.choice(ROADS if chinese else STREETS),
            rng.randrange(1, 800 if chinese else 120),
            rng.randrange(1, 12),
            str(rng.randrange(1, 30) * 100 + rng.randrange(1, 9)) if door else "",
            rng.choice(TOWNS) if chinese else (f"Borough {rng.randrange(300)}", ""),
            "" if chinese else f"AB{rng.randrange(1, 99)} {rng.randrange(9)}CD",
        )

    def building(self) -> None:
        """A block of flats, each with whoever lives there."""
        rng = self.rng
        chinese = rng.random() < 0.6
        block = self.address(chinese, door=True)
        for floor in range(rng.randrange(2, 9)):
            for door in range(1, rng.randrange(2, 5)):
                home = replace(block, door=f"{floor + 1}0{door}")
                for member in self.of_different_names(self.flat(chinese)):
                    member.addresses.append(home)
                    self.write_down(member)

    def flat(self, chinese: bool) -> list[Person]:
        """A family, a couple with two surnames, people who share a flat, one alone."""
        rng = self.rng
        kind = rng.choices(
            ("alone", "couple", "family", "twins", "sharers"), (30, 25, 25, 8, 12)
        )[0]
        first = self.person(chinese)
        if kind == "alone":
            return [first]
        if kind == "couple":
            return [first, self.person(chinese, "" if chinese else first.surname)]
        if kind == "sharers":
            return [first, self.person(chinese), self.person(chinese)]
        # The number of the mother stands for everybody now and then.
        shared = first.phones[0] if rng.random() < 0.5 else ""
        children = []
        given = ""
        for _ in range(2):
            child = self.person(chinese, first.surname, self.sibling(chinese, given))
            given = child.given
            if shared:
                child.phones.append(shared)
            children.append(child)
        if kind == "twins" and rng.random() < 0.5:
            children[1].phones = children[0].phones
        return [first, *children]

    @staticmethod
    def of_different_names(people: list[Person]) -> list[Person]:
        """Nobody calls two children alike, and no namesakes share a flat."""
        return [*{(p.surname, p.given): p for p in people}.values()]

    def sibling(self, chinese: bool, given: str) -> str:
        """Twins have a character in common, or names that sound alike."""
        if not given:
            return ""
        if chinese and len(given) == 2:
            other = self.rng.choice([c for c in SYLLABLES if c != given[1]])
            return given[0] + other
        if chinese:
            return ""
        return self.rng.choice([name for name in WESTERN if name != given])

    def office(self) -> None:
        """Fifty people, one address, one switchboard, one mailbox for all orders."""
        rng = self.rng
        chinese = rng.random() < 0.5
        place = self.address(chinese, door=False)
        switchboard = self.mobile(chinese)
        domain = f"firm{self.people}.{'com.cn' if chinese else 'co.uk'}"
        for _ in range(OFFICE_PEOPLE):
            member = self.person(chinese)
            if rng.random() < 0.3:
                latin = (
                    pinyin(member.surname, member.given)
                    if chinese
                    else (member.given, member.surname)
                )
                # Two of one name have a number behind it in an office.
                member.email = f"{'.'.join(latin).lower()}{member.number}@{domain}"
            member.addresses.append(place)
            self.write_down(member, (switchboard, f"info@{domain}"))

    def firm(self) -> None:
        """A firm and its owner: one number, one mailbox, two contacts."""
        chinese = self.rng.random() < 0.5
        owner = self.person(chinese)
        owner.addresses.append(self.address(chinese, door=True))
        self.write_down(owner)
        firm = self.people
        self.people += 1
        name = (
            f"{self.rng.choice(TOWNS)[0]}{owner.surname}{owner.given}贸易有限公司"
            if chinese
            else f"{owner.surname} Trading Ltd"
        )
        self.note(
            firm,
            {
                "name": name,
                "country": country(owner),
                "phone": owner.phones[0],
                "email": owner.email,
            },
            (),
        )

    # -- what shops write --------------------------------------------------------------

    def write_down(self, person: Person, office=()) -> None:
        """Contacts of one person at several shops over the years."""
        rng = self.rng
        for _ in range(rng.choices((1, 2, 3, 4), (40, 30, 20, 10))[0]):
            if rng.random() < 0.06 and not office:
                person.addresses.append(self.address(person.chinese, door=True))
            if rng.random() < 0.04:
                self.given_up.append(person.phones[0])
                person.phones = [self.mobile(person.chinese)]
            self.contact(person, office)

    def contact(self, person: Person, office) -> None:
        rng = self.rng
        home = person.addresses[-1]
        phone = rng.choice(person.phones)
        email, own_mail, own_phone = person.email, True, phone == person.phones[0]
        if office and rng.random() < 0.4:
            phone, own_phone = office[0], False
        if office and rng.random() < 0.15:
            email, own_mail = office[1], False
        values = {
            "name": self.name(person),
            "phone": self.phone(phone, person.chinese),
            "country": country(person),
            "email": self.mail(email),
            **self.street(home),
        }
        facts = {}
        if own_mail:
            facts["email"] = email
        if own_phone:
            facts["phone"] = phone
        if home.door:
            facts["street"] = str(home)
        for name, chance in (("email", 0.1), ("phone", 0.2), ("street", 0.2)):
            if rng.random() < chance:
                values[name] = ""
                facts.pop(name, None)
        kind = rng.random()
        if kind < 0.03 and values["email"]:
            values["email"] = self.mistyped(values["email"])
            facts.pop("email", None)
        elif kind < 0.15:
            self.hide(values, person)
            facts = {}
        self.note(person.number, values, facts.values())

    def note(self, person: int, values: dict, facts) -> None:
        key = len(self.contacts)
        self.contacts.append(Contact(key, **values))
        self.truth[key] = person
        self.shown[key] = frozenset(facts)

    def name(self, person: Person) -> str:
        rng, kind = self.rng, self.rng.random()
        if not person.chinese:
            full = f"{person.given} {person.surname}"
            if kind < 0.06:
                return f"{person.given[0]} {person.surname}"
            if kind < 0.12:
                return f"{person.surname}, {person.given}"
            return full.upper() if kind < 0.2 else full
        if kind < 0.12:
            given, surname = pinyin(person.surname, person.given)
            return rng.choice((f"{given} {surname}", f"{surname} {given}"))
        if kind < 0.2:
            return f"{person.surname}{person.given}（收）"
        return f"{person.surname}{person.given}"

    def mail(self, email: str) -> str:
        rng = self.rng
        local, domain = email.split("@")
        kind = rng.random()
        if domain in ("gmail.com", "outlook.com", "icloud.com") and kind < 0.12:
            return f"{local}+{rng.choice(('shop', 'news', '2024'))}@{domain}"
        if domain == "gmail.com" and kind < 0.3:
            at = rng.randrange(1, len(local))
            return f"{local[:at]}.{local[at:]}@gmail.com".replace("..", ".")
        return email.capitalize() if kind > 0.9 else email

    def mistyped(self, email: str) -> str:
        local, domain = email.split("@")
        if self.rng.random() < 0.5:
            return f"{local}@{domain[0]}{domain[2:]}"
        at = self.rng.randrange(len(local))
        return f"{local[:at]}{local[at]}{local[at:]}@{domain}"

    def phone(self, number: str, chinese: bool) -> str:
        rng = self.rng
        if chinese:
            digits = number[3:]
            return rng.choice(
                (
                    digits,
                    f"+86 {digits}",
                    f"0086{digits}",
                    f"86-{digits}",
                    f"{digits[:3]}-{digits[3:7]}-{digits[7:]}",
                )
            )
        digits = number[3:]
        return rng.choice(
            (number, f"0{digits}", f"+44 (0){digits[:4]} {digits[4:]}", f"0044{digits}")
        )

    def street(self, home: Address) -> dict:
        rng = self.rng
        if home.chinese:
            text = f"{home.street}{home.number}号{home.block}幢"
            if home.door:
                text += rng.choice((f"{home.door}室", f"{home.door}", f"-{home.door}"))
            front = rng.choice(("".join(home.town), home.town[1], ""))
            return {"street": front + text, "city": home.town[0]}
        street = f"{home.number} {home.street} {rng.choice(KINDS[home.number % 4])}"
        if home.door:
            street += rng.choice((f", Flat {home.door}", f" Apt. {home.door}"))
        return {"street": street, "zip_code": home.zip_code, "city": home.town[0]}

    def hide(self, values: dict, person: Person) -> None:
        """What a marketplace lets its sellers see."""
        rng = self.rng
        values["email"] = rng.choice(RELAYS).format(f"{rng.randrange(16**10):010x}")
        number = person.phones[0][-11:]
        values["phone"] = rng.choice(
            (
                f"{number[:3]}****{number[-4:]}",
                "",
                f"1{rng.randrange(10**10):010d}-{rng.randrange(10**4):04d}"
                if person.chinese
                else "",
            )
        )
        values["street"] = f"{values['street'][:3]}****"
        if rng.random() < 0.6:
            values["name"] = f"{person.surname[0]}**"


def country(person: Person) -> str:
    return "CN" if person.chinese else "GB"


def pinyin(surname: str, given: str) -> tuple[str, str]:
    """Given name and surname in Latin letters."""
    letters = "".join(SYLLABLES[c] for c in given)
    return letters.capitalize(), SURNAMES[surname]


def generate(buildings: int, seed: int = 0) -> Sample:
    """Contacts of some buildings; every eighth is an office, with a firm beside it."""
    place = Neighbourhood(seed)
    for number in range(buildings):
        if number % 8 == 7:
            place.office()
            place.firm()
        else:
            place.building()
    order = list(place.contacts)
    place.rng.shuffle(order)
    return Sample(order, place.truth, place.shown)
