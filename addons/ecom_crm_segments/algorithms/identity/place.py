"""Postal addresses: one spelling, and how far two are the same place.

Western addresses are words, in any order, a house number and a unit. Chinese ones are
written from the large to the small without blanks (province, city, district, road,
number, building, staircase, room); what ends in 省, 市, 区 and so on is often left out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

from .text import has_han, is_masked, is_placeholder, plain

WORDS = {
    "street": "st", "strasse": "str", "road": "rd", "avenue": "ave", "av": "ave",
    "boulevard": "blvd", "bd": "blvd", "drive": "dr", "lane": "ln", "court": "ct",
    "place": "pl", "square": "sq", "highway": "hwy", "terrace": "ter",
    "parkway": "pkwy", "circle": "cir",
    "north": "n", "south": "s", "east": "e", "west": "w",
    "saint": "st", "sankt": "st", "rue": "r", "calle": "c", "platz": "pl", "weg": "weg",
    "crescent": "cres", "gardens": "gdns", "close": "cl", "mount": "mt",
}  # fmt: skip
UNITS = frozenset(
    "apt apartment unit suite ste flat room rm wohnung whg app appartement piso puerta "
    "interno int".split()
)
LEVELS = {"floor": "f", "fl": "f", "etage": "f", "stock": "f", "og": "f", "stiege": "s"}
_UNIT_MARK = re.compile(r"#\s*(?=\w)")
_WORD_AND_NUMBER = re.compile(r"^(\d+)([a-z])$")
_STRASSE = re.compile(r"(?<=\w)(?:strasse|str)\b\.?")
_ADMIN = re.compile(
    r"(?:特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|自治县|新区|"
    r"街道办事处|街道|省|市|区|县|镇|乡)"
)
_HAN_DIGITS = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))
_HAN_NUMBER = re.compile(
    r"[〇零一二三四五六七八九十]+(?=号|栋|幢|座|楼|单元|室|层|弄|期|组|村|巷|院)"
)
_SEPARATORS = re.compile(r"(?:号楼|号院|号|栋|幢|座|楼|单元|层|室|房|院|#|-|－|—|_)+")
#: what is a building or a staircase, and no door, at the end of an address
_BUILDING_END = re.compile(r"(?:号楼|号院|栋|幢|座|楼|单元|院)\s*$")
_CHINESE_PARTS = re.compile(r"[a-z]*\d+[a-z]?|[^\da-z]+|[a-z]+")


class Nearness(Enum):
    """How two addresses relate."""

    SAME = "same"  # the same door
    BUILDING = "building"  # the unit of one of them is not known
    NEIGHBOURS = "neighbours"  # different doors of one building
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Place:
    """An address in one spelling.

    :param building: country, area, street and house number.
    :param unit: in the building, or the building of a site; empty when not told.
    :param room: whether ``unit`` is a door and not a building with many of them.
    """

    building: str
    unit: str
    room: bool = False

    @property
    def key(self) -> str:
        return f"{self.building}|{self.unit}"


def read(
    street: str,
    street2: str = "",
    zip_code: str = "",
    city: str = "",
    country: str = "",
) -> Place | None:
    """A place; none when it is not complete enough to be one (no number, no area)."""
    texts = (street, street2, zip_code, city)
    if not street.strip() or any(is_masked(text) for text in texts):
        return None
    if is_placeholder(street):
        return None
    if has_han(street):
        return _read_chinese(city, f"{street}{street2}")
    area = re.sub(r"\W", "", plain(zip_code)) or plain(city)
    if not area:
        return None
    words, unit = _words(street, street2)
    numbers = [word for word in words if word[0].isdigit()]
    if not numbers or len(words) == len(numbers):
        return None
    building = " ".join(sorted(words))
    return Place(f"{country.casefold()}|{area}|{building}", unit, bool(unit))


def _words(street: str, street2: str) -> tuple[list[str], str]:
    text = _UNIT_MARK.sub(" unit ", f"{street} , {street2}".replace("/", " unit "))
    text = _STRASSE.sub(" str", plain(text))
    words, unit = [], []
    source = iter(text.split())
    for word in source:
        if word in UNITS:
            unit.append(next(source, ""))
        elif word in LEVELS:
            unit.append(LEVELS[word])
        else:
            words.append(WORDS.get(word, word))
    return _joined(words), " ".join(unit).strip()


def _joined(words: list[str]) -> list[str]:
    """A letter after a house number belongs to it: "12 a" is "12a"."""
    result: list[str] = []
    for word in words:
        if len(word) == 1 and word in "abcdefgh" and result and result[-1].isdigit():
            result[-1] += word
        else:
            result.append(word)
    return result


def _read_chinese(city: str, text: str) -> Place | None:
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"[,，.。;；:：()（）\[\]【】]", " ", text)
    text = _HAN_NUMBER.sub(_arabic, text)
    parts = _CHINESE_PARTS.findall(_SEPARATORS.sub(" ", text))
    parts = [part.strip() for part in parts if part.strip()]
    first = next((i for i, part in enumerate(parts) if _has_digit(part)), -1)
    if first <= 0:
        return None
    # The road and its number; what follows is the building and the room in it.
    road = _road(parts[first - 1], city)
    if not road:
        return None
    rest = [part for part in parts[first + 1 :] if not has_han(part)]
    room = bool(rest) and not _BUILDING_END.search(text)
    return Place(f"cn|{road}|{parts[first]}", " ".join(rest), room)


def _has_digit(part: str) -> bool:
    return part[0].isdigit() or part[-1].isdigit()


def _road(text: str, city: str) -> str:
    """What stands before the number, without province, city and district."""
    text = _without_city(text, _ADMIN.sub("", city))
    areas = [part for part in _ADMIN.sub(" ", text).split() if part]
    return areas[-1] if areas else ""


def _arabic(match) -> str:
    text = match[0]
    if "十" in text:
        tens, ones = text.split("十", 1)
        return str(
            10 * int(_HAN_DIGITS.get(tens or "一", "1"))
            + int(_HAN_DIGITS.get(ones, "0"))
        )
    return "".join(_HAN_DIGITS[c] for c in text)


def _without_city(text: str, city: str) -> str:
    return text.split(city, 1)[-1] if city and city in text else text


def compare(left: Place | None, right: Place | None) -> Nearness:
    """How two places relate."""
    if left is None or right is None:
        return Nearness.UNKNOWN
    if left.building != right.building:
        return Nearness.ELSEWHERE
    if left.unit == right.unit:
        return Nearness.SAME
    inside = any(_is_inside(*pair) for pair in ((left, right), (right, left)))
    return Nearness.BUILDING if inside else Nearness.NEIGHBOURS


def _is_inside(outer: Place, inner: Place) -> bool:
    """Whether a place without a room may be where the other one is."""
    return not outer.room and f"{inner.unit} ".startswith(
        f"{outer.unit} " if outer.unit else ""
    )
