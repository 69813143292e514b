"""Which characters the bytes of a text file mean.

UTF-8 gives itself away: other encodings hardly ever are valid UTF-8 by accident. The
older ones do not, so each is tried strictly and what comes out is weighed: common
Chinese characters, Japanese kana, accented letters within words speak for it; rare
characters, half-width katakana, accented letters in a row speak against it.
"""

from __future__ import annotations

import codecs
import unicodedata

from .errors import FileUnreadable

#: Tried in this order; the first of equals is taken.
LEGACY = ("gb18030", "cp932", "cp1252")
SAMPLE = 100_000  # characters that are weighed
PLAUSIBLE = 0.25  # of at most about 1 a byte

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(content: bytes, encoding: str = "") -> tuple[str, str]:
    """The text of a file and the encoding it was in.

    :param encoding: one that is known, empty = find out.
    :raises FileUnreadable: ``encoding``.
    """
    if encoding:
        text = _strict(content, encoding)
        if text is None:
            raise FileUnreadable("encoding", encoding)
        return text.removeprefix("\ufeff"), encoding
    for mark, name in _MARKS:
        if content.startswith(mark):
            return decode(content, name)
    text = _strict(content, "utf-8")
    if text is not None:
        return text, "utf-8"
    return _most_plausible(content)


def _strict(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (ValueError, LookupError):
        return None


def _most_plausible(content: bytes) -> tuple[str, str]:
    best, found = PLAUSIBLE, None
    for encoding in LEGACY:
        text = _strict(content, encoding)
        if text is None:
            continue
        score = plausibility(text[:SAMPLE], encoding)
        if score > best:
            best, found = score, (text, encoding)
    if found is None:
        raise FileUnreadable("encoding")
    return found


def plausibility(text: str, encoding: str) -> float:
    """How much a decoded text looks like one, about -2 to 1, per byte.

    :param encoding: the one of :data:`LEGACY` that it was decoded with.
    """
    weigh = _weigh_letter if encoding == "cp1252" else _weigh_asian
    total, size = 0.0, 0
    for before, char, after in zip(" " + text[:-1], text, text[1:] + " ", strict=True):
        if char.isascii():
            continue
        size += len(char.encode(encoding))
        total += weigh(before, char, after, encoding)
    return total / size if size else 0.0


def _weigh_letter(before: str, char: str, after: str, _encoding: str) -> float:
    """Western: a letter stands in a word, a sign beside a number or a space."""
    if char.isalpha():
        in_word = _is_latin(before) or _is_latin(after)
        return 1.0 if in_word else -1.0
    if unicodedata.category(char) in ("Sc", "Pd", "Pi", "Pf", "Zs") or char in "°·…’":
        return 0.7
    return -1.0


def _weigh_asian(before: str, char: str, after: str, encoding: str) -> float:
    """East Asian, per character of (mostly) two bytes."""
    if _is_latin(before) and _is_latin(after):
        return -2.0
    code = ord(char)
    if 0x3040 <= code <= 0x30FF:  # kana: every Japanese text, few Chinese ones
        return 2.0 if encoding == "cp932" else 0.5
    if 0xFF61 <= code <= 0xFF9F:  # half-width katakana: also what Chinese looks like
        return -0.1
    if 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFF60:
        return 1.5
    if not 0x4E00 <= code <= 0x9FFF:
        return -1.0
    return _weigh_han(char, encoding)


def _weigh_han(char: str, encoding: str) -> float:
    """Common characters have the low numbers in either national standard."""
    lead = char.encode(encoding)[0]
    if encoding == "cp932":
        return 1.7 if 0x88 <= lead < 0x98 else -0.5  # JIS X 0208, level 1
    try:
        lead = char.encode("gb2312")[0]
    except UnicodeError:
        return -3.0
    return 2.0 if lead < 0xD8 else 0.5  # GB/T 2312, level 1


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalpha()
