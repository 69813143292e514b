"""Names and masked texts of people, as marketplaces write them."""

from __future__ import annotations

import re

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af\u1100-\u11ff]")
_MASK = re.compile("[*＊•●]")


def person_name(first: str, last: str, country: str = "") -> str:
    """Full name in the order its script is read.

    Names in Chinese characters are family name first and unspaced, Japanese ones
    family name first with a space, Korean ones family name first and unspaced; all
    others are given name first.

    :param country: ISO code of the address, tells Japanese from Chinese.
    """
    first, last = first.strip(), last.strip()
    if not (first and last):
        return first or last
    both = first + last
    if _KANA.search(both) or (country == "JP" and _HAN.search(both)):
        return f"{last} {first}"
    if _HAN.search(first) and _HAN.search(last):
        return last + first
    if _HANGUL.search(first) and _HANGUL.search(last):
        return last + first
    return f"{first} {last}"


def is_masked(text: str) -> bool:
    """Whether a marketplace has hidden part of it (``张*三``, ``138****8888``).

    A masked text must never identify a person: many share it.
    """
    return bool(_MASK.search(text))
