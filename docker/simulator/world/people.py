"""Invented buyers with the kind of names and addresses that break software.

All e-mail addresses are at example.com, all telephone numbers are made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .model import Address


@dataclass(frozen=True)
class Place:
    """A town with its shop state code and the shape of its addresses."""

    city: str
    state: str
    postcode: str
    street: str
    extra: str = ""


@dataclass(frozen=True)
class Country:
    """Names and places of a country. Names are (first, last, Latin login)."""

    code: str
    names: tuple[tuple[str, str, str], ...]
    places: tuple[Place, ...]
    phone: str
    companies: tuple[str, ...]


COUNTRIES: dict[str, Country] = {
    "US": Country(
        "US",
        (
            ("Avery", "Whitlock", "avery.whitlock"),
            ("Marisol", "Quintana", "marisol.quintana"),
            ("Deshawn", "O'Malley-Ruiz", "deshawn.omalley"),
            ("Bo", "Xu", "bo.xu"),
        ),
        (
            Place("Oakland", "CA", "94607", "{n} Alder Street", "Unit 4B"),
            Place("San Diego", "CA", "92101", "{n} Harbor Row"),
            Place("Brooklyn", "NY", "11201", "{n} Juniper Ave", "Fl 3"),
        ),
        "+1 555-01{n:02d}",
        ("Whitlock & Sons, Inc.", "Harbor Row Supply LLC"),
    ),
    "GB": Country(
        "GB",
        (
            ("Siân", "Llewellyn", "sian.llewellyn"),
            ("Fergus", "MacAulay", "fergus.macaulay"),
            ("Priya", "Nair-Smythe", "priya.nairsmythe"),
        ),
        (
            Place("Bristol", "", "BS1 4QA", "{n} Wapping Rd"),
            Place("Leeds", "West Yorkshire", "LS1 3EX", "{n} Mill Lane", "Flat 2"),
        ),
        "+44 7700 9001{n:02d}",
        ("Llewellyn & Daughters Ltd", 'The "Corner" Shop'),
    ),
    "DE": Country(
        "DE",
        (
            ("Jörg", "Müßig", "joerg.muessig"),
            ("Änne", "von der Straße", "aenne.strasse"),
        ),
        (
            Place("Köln", "DE-NW", "50667", "Domgasse {n}"),
            Place("München", "DE-BY", "80331", "Färbergraben {n}", "Hinterhaus"),
        ),
        "+49 1515 55501{n:02d}",
        ("Müßig & Söhne GmbH & Co. KG",),
    ),
    "JP": Country(
        "JP",
        (
            ("花子", "高橋", "hanako.takahashi"),
            ("健一", "𠮷田", "kenichi.yoshida"),
        ),
        (
            Place("渋谷区", "JP13", "150-0002", "渋谷{n}丁目2番地", "青葉ハイツ203号"),
            Place("大阪市北区", "JP27", "530-0001", "梅田{n}-3-1"),
        ),
        "03-5555-01{n:02d}",
        ("株式会社さくら雑貨",),
    ),
    "CN": Country(
        "CN",
        (
            ("小红", "王", "xiaohong.wang"),
            ("伟", "欧阳", "wei.ouyang"),
        ),
        (
            Place("北京市", "CN2", "100020", "朝阳区建国路{n}号", "3单元502室"),
            Place("深圳市", "CN30", "518000", "南山区科技园{n}栋"),
        ),
        "+86 138 5555 01{n:02d}",
        ("北京示例贸易有限公司",),
    ),
    "BR": Country(
        "BR",
        (
            ("Conceição", "de Araújo", "conceicao.araujo"),
            ("Thiago", "Brandão Neto", "thiago.brandao"),
        ),
        (
            Place("São Paulo", "SP", "04538-132", "Rua dos Ipês, {n}", "Bloco B"),
            Place("Rio de Janeiro", "RJ", "22041-001", "Travessa da Paz, {n}"),
        ),
        "+55 11 95555-01{n:02d}",
        ("Araújo Comércio de Louças ME",),
    ),
    "CA": Country(
        "CA",
        (
            ("Océane", "Bouchard-Lévesque", "oceane.bouchard"),
            ("Wes", "Tremblay", "wes.tremblay"),
        ),
        (
            Place("Vancouver", "BC", "V6B 1A1", "{n} Cedar Way"),
            Place("Montréal", "QC", "H2Y 1C6", "{n}, rue des Érables", "App. 7"),
        ),
        "+1 604-555-01{n:02d}",
        ("Érablière Bouchard inc.",),
    ),
    "AE": Country(
        "AE",
        (("ليلى", "المنصوري", "layla.almansouri"),),
        (Place("دبي", "", "", "شارع النخيل {n}", "شقة ١٢"),),
        "+971 50 555 01{n:02d}",
        ("شركة المثال للتجارة",),
    ),
    "KW": Country(
        "KW",
        (("يوسف", "العتيبي", "yousef.alotaibi"),),
        (Place("مدينة الكويت", "", "", "شارع الخليج {n}", "قطعة ٤"),),
        "+965 5555 01{n:02d}",
        ("مؤسسة المثال",),
    ),
    "BH": Country(
        "BH",
        (("مريم", "الدوسري", "maryam.aldosari"),),
        (Place("المنامة", "", "305", "طريق اللؤلؤ {n}"),),
        "+973 3555 01{n:02d}",
        ("مؤسسة اللؤلؤ",),
    ),
}


@dataclass(frozen=True)
class Buyer:
    """A person who buys, with the login a registered one has."""

    login: str
    billing: Address
    shipping: Address


def make_buyer(rng: Random, country: str, state: str | None = None) -> Buyer:
    """Invent a buyer in ``country`` (and ``state``); often something is missing."""
    origin = COUNTRIES[country]
    first, last, login = rng.choice(origin.names)
    places = [item for item in origin.places if state in (None, item.state)]
    place = rng.choice(places)
    company = rng.choice(origin.companies) if rng.random() < 0.25 else ""
    phone = "" if rng.random() < 0.2 else origin.phone.format(n=rng.randint(0, 99))
    shipping = Address(
        first_name=first,
        last_name=last,
        company=company,
        address_1=place.street.format(n=rng.randint(1, 199)),
        address_2=place.extra,
        city=place.city,
        state=place.state,
        postcode=place.postcode,
        country=country,
        phone=phone,
    )
    return Buyer(login, _billing(shipping, login), shipping)


def _billing(shipping: Address, login: str) -> Address:
    values = dict(vars(shipping))
    values["email"] = f"{login}@example.com"
    return Address(**values)
