"""Names of people, and how far two are the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from .text import has_han, is_masked, is_placeholder, plain

TITLES = frozenset(
    "mr mrs ms miss mx dr prof herr frau fraulein familie family sir madam mme mlle "
    "monsieur madame senor senora sr sra sig dott ing dipl mag attn zhd".split()
)
#: parts that tell father from son
GENERATIONS = {"jr": "2", "junior": "2", "ii": "2", "iii": "3", "senior": "1"}
_HONORIFIC = re.compile(
    r"(先生|女士|小姐|太太|老师|同学|师傅|经理|总|收件人|收|\(收\)|（收）)+$"
)
#: words that only firms have in their names; those that are surnames, too, are left out
FIRMS = frozenset(
    "ltd limited llc llp inc incorporated corp corporation company plc pty gmbh kg ohg "
    "ug sarl sas srl spa bv nv holding".split()
)
_CHINESE_FIRM = re.compile(
    r"公司|集团|工作室|商行|经营部|事务所|合作社|商店|超市|酒店|工厂"
)
#: surnames of two characters
COMPOUND = frozenset(
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 端木 南宫 长孙 宇文 "
    "歐陽 司馬 諸葛 東方 慕容 尉遲".split()
)


class Likeness(Enum):
    """How two names relate."""

    SAME = "same"
    SURNAME_MISSPELT = "surname_misspelt"  # one letter of it differs
    SHORTENED = "shortened"  # an initial, or a part left out
    MISSPELT = "misspelt"  # one letter of the given name differs: maybe a sister's
    GIVEN_ONLY = "given_only"  # another surname
    GENERATION = "generation"  # one is called junior, the other is not
    SURNAME_ONLY = "surname_only"  # another given name: a relative
    DIFFERENT = "different"
    UNKNOWN = "unknown"  # one is missing, hidden, or in another script


@dataclass(frozen=True)
class Name:
    """A name in one spelling.

    :param given: words of it, or Chinese characters together; may be empty.
    :param surname: may be empty.
    :param generation: ``"2"`` for a junior.
    :param chinese: whether it is in Chinese characters.
    :param firm: whether it is a firm's: all of it is in ``surname``.
    """

    given: tuple[str, ...]
    surname: str
    generation: str = ""
    chinese: bool = False
    firm: bool = False

    @property
    def key(self) -> str:
        """The same whichever part comes first."""
        return " ".join(sorted((*self.given, self.surname))).strip()

    @property
    def full(self) -> bool:
        """Whether it has a given name and a surname, both written out."""
        return bool(self.surname) and any(
            len(g) > 1 or self.chinese for g in self.given
        )


def read(text: str) -> Name | None:
    """A name; none when it identifies nobody."""
    if not text.strip() or is_masked(text) or is_placeholder(text):
        return None
    if has_han(text):
        return _read_chinese(text)
    surname_first = "," in text
    words = plain(text).split()
    if len(words) > 1 and FIRMS & set(words):
        return Name((), " ".join(words), firm=True)
    generation = next((GENERATIONS[w] for w in words if w in GENERATIONS), "")
    if words and words[-1] == "sr":
        generation = "1"
    words = [w for w in words if w not in GENERATIONS and w not in TITLES]
    if not words or any(any(c.isdigit() for c in word) for word in words):
        return None
    if len(words) == 1:
        return Name((), words[0], generation)
    if surname_first:
        words = words[1:] + words[:1]
    return Name(tuple(words[:-1]), words[-1], generation)


def _read_chinese(text: str) -> Name | None:
    text = re.sub(r"[\s·•.]", "", plain(text).replace(" ", ""))
    if _CHINESE_FIRM.search(text):
        return Name((), text, chinese=True, firm=True)
    text = _HONORIFIC.sub("", text)
    text = "".join(c for c in text if has_han(c))
    if not text:
        return None
    if len(text) == 1:
        return Name((), text, chinese=True)
    cut = 2 if text[:2] in COMPOUND and len(text) > 2 else 1
    return Name((text[cut:],), text[:cut], chinese=True)


def compare(left: Name | None, right: Name | None) -> Likeness:
    """How two names relate."""
    if left is None or right is None:
        return Likeness.UNKNOWN
    if left.firm != right.firm:
        return Likeness.DIFFERENT
    if left.chinese != right.chinese:
        return Likeness.UNKNOWN
    if left.firm:
        return Likeness.SAME if left.key == right.key else Likeness.DIFFERENT
    likeness = _compare_parts(left, right)
    alike = likeness not in (Likeness.SURNAME_ONLY, Likeness.DIFFERENT)
    if alike and left.generation != right.generation:
        return Likeness.GENERATION
    return likeness


def _compare_parts(left: Name, right: Name) -> Likeness:
    if left.key == right.key:
        # "A. Smith" is Anna here and may be Arthur there.
        return Likeness.SAME if left.full else Likeness.SHORTENED
    if not left.given or not right.given:
        return _compare_single(left, right)
    if left.chinese:
        return _compare_chinese(left, right)
    return _compare_words(left, right)


def _compare_single(left: Name, right: Name) -> Likeness:
    """One of them is one word only: a surname or a given name."""
    short, long = (left, right) if not left.given else (right, left)
    known = short.surname in (*long.given, long.surname)
    return Likeness.SHORTENED if known else Likeness.DIFFERENT


def _compare_chinese(left: Name, right: Name) -> Likeness:
    if left.surname == right.surname:
        return Likeness.SURNAME_ONLY
    # One character names are shared by too many to be a given name in common.
    alike = left.given == right.given and len(left.given[0]) > 1
    return Likeness.GIVEN_ONLY if alike else Likeness.DIFFERENT


def _compare_words(left: Name, right: Name) -> Likeness:
    # The surname may be written first: the order with more in common counts.
    turned = Name((right.surname, *right.given[1:]), right.given[0])
    results = [_compare_ordered(left, right), _compare_ordered(left, turned)]
    order = list(Likeness)
    return min(results, key=order.index)


def _compare_ordered(left: Name, right: Name) -> Likeness:
    surname = left.surname == right.surname
    typo = not surname and _one_letter(left.surname, right.surname)
    given = _compare_given(left.given, right.given)
    if surname or typo:
        if given is Likeness.SAME:
            return Likeness.SURNAME_MISSPELT if typo else Likeness.SAME
        if given is Likeness.SHORTENED or (given is Likeness.MISSPELT and surname):
            return given
        return Likeness.SURNAME_ONLY
    if given is Likeness.SAME:
        return Likeness.GIVEN_ONLY
    return Likeness.DIFFERENT


def _compare_given(left: tuple[str, ...], right: tuple[str, ...]) -> Likeness:
    if left == right or "".join(left) == "".join(right):
        return Likeness.SAME
    short, long = sorted((left, right), key=len)
    if _abbreviates(short, long):
        # "Anna Maria" and "Anna" are one; "A." may be anybody's.
        whole = short[0] == long[0] and len(short[0]) > 1
        return Likeness.SAME if whole else Likeness.SHORTENED
    if len(left) == len(right) == 1 and _one_letter(left[0], right[0]):
        return Likeness.MISSPELT
    return Likeness.DIFFERENT


def _abbreviates(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether all words of one are in the other, in order; initials stand for words."""
    position = 0
    for word in short:
        while position < len(long) and not _stands_for(word, long[position]):
            position += 1
        if position == len(long):
            return False
        position += 1
    return True


def _stands_for(word: str, other: str) -> bool:
    if len(word) == 1 or len(other) == 1:
        return word[0] == other[0]
    return word == other


def _one_letter(left: str, right: str) -> bool:
    """Whether one letter is changed, missing, added or swapped, in words of five."""
    if abs(len(left) - len(right)) > 1 or min(len(left), len(right)) < 5:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    a, b = left[start:], right[start:]
    if len(a) == len(b):
        swapped = len(a) > 1 and a[0] == b[1] and a[1] == b[0] and a[2:] == b[2:]
        return a[1:] == b[1:] or swapped
    return a[1:] == b if len(a) > len(b) else a == b[1:]
