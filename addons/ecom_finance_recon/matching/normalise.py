"""Identifiers made comparable, and ids that differ by one typing error."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_TAOBAO = re.compile(r"T\d{1,3}P(\d{10,})")
_OTHER = re.compile(r"[\W_]+")
#: shorter ids have too many neighbours for a typing error to mean anything
MIN_TYPO_LENGTH = 6
#: those of at least this are doubted, and never taken
MIN_DOUBT_LENGTH = 4


def reference(text: str) -> str:
    """An id without what is only layout: case, ``#``, spaces, dashes, ``T200P``.

    >>> reference("#37-03"), reference("T200P123456789012")
    ('3703', '123456789012')
    """
    if not text:
        return ""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    plain = _OTHER.sub("", plain).upper()
    match = _TAOBAO.fullmatch(plain)
    return match[1] if match else plain


def deletions(text: str) -> Iterator[str]:
    """The text without one character, for each of them.

    Two texts within one substitution, insertion, deletion or transposition of
    neighbours share the text itself or one of these (symmetric delete, W. Garbe).
    """
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]


def variants(text: str, alphabet: str) -> Iterator[str]:
    """All texts that one typing error makes of it, some of them twice."""
    for place in range(len(text) + 1):
        head, tail = text[:place], text[place:]
        for char in alphabet:
            yield head + char + tail
        if not tail:
            continue
        yield head + tail[1:]
        for char in alphabet:
            if char != tail[0]:
                yield head + char + tail[1:]
        if len(tail) > 1 and tail[0] != tail[1]:
            yield head + tail[1] + tail[0] + tail[2:]


def is_one_typo(left: str, right: str) -> bool:
    """Whether one substitution, insertion, deletion or transposition makes one the
    other (optimal string alignment distance of exactly 1)."""
    if left == right:
        return False
    short, long = sorted((left, right), key=len)
    if len(long) - len(short) > 1:
        return False
    start = 0
    while start < len(short) and short[start] == long[start]:
        start += 1
    if len(short) != len(long):
        return short[start:] == long[start + 1 :]
    if short[start + 1 :] == long[start + 1 :]:
        return True
    swapped = short[start + 1 : start + 2] + short[start : start + 1]
    return (
        swapped == long[start : start + 2] and short[start + 2 :] == long[start + 2 :]
    )
