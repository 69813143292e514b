"""Texts of people: one spelling for all, and what identifies nobody."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_MASK = re.compile(r"[*•●＊]|x{3,}|#{3,}", re.I)
#: marketplaces and people write these where something is withheld
PLACEHOLDERS = frozenset(
    """
    amazon customer|anonymous|customer|deleted|ebay user|guest|guest customer|kunde|
    n a|na|name|no name|none|null|not available|private|redacted|test|test test|unknown|
    用户|匿名|匿名用户|买家|客户|测试|未知
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


def is_masked(text: str) -> bool:
    """Whether part of it is hidden (``张*三``, ``138****8888``): many share it."""
    return bool(_MASK.search(text))


def is_placeholder(text: str) -> bool:
    """Whether it stands where a value was withheld."""
    return plain(text) in PLACEHOLDERS


def has_han(text: str) -> bool:
    """Whether it has Chinese characters."""
    return bool(_HAN.search(text))


def plain(text: str) -> str:
    """Lower case, without accents and punctuation, one blank between words.

    Letters that are two in other spellings become two (``ß``, ``æ``, ``ø``); full-width
    forms become usual ones.
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = text.replace("æ", "ae").replace("ø", "oe").replace("œ", "oe")
    text = text.replace("ł", "l").replace("đ", "d").replace("ı", "i")
    decomposed = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    # Apostrophes join (O'Neill), everything else separates.
    kept = re.sub(r"['’`´]", "", kept)
    return " ".join(re.sub(r"[^\w]|_", " ", kept).split())


def digest(kind: str, value: str, key: str = "") -> str:
    """Fingerprint to find a value again without keeping it.

    :param kind: so that equal values of different kinds differ.
    :param key: secret of the database; without one, anybody can try out values.
    """
    data = f"{kind}\n{value}".encode()
    if key:
        return hashlib.blake2b(data, key=key.encode()[:64], digest_size=32).hexdigest()
    return hashlib.sha256(data).hexdigest()
