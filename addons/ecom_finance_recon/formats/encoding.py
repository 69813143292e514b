"""Which characters the bytes of a text file mean.

UTF-8 gives itself away; the older encodings do not, so each is tried strictly over the
whole file and what comes out of a sample is weighed: common Chinese characters,
Japanese kana, accented letters within words speak for an encoding.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Callable
from typing import BinaryIO

from .errors import EncodingUnknown

LEGACY = ("gb18030", "cp932", "cp1252")
CHUNK = 1 << 20
SAMPLE = 20_000  # characters that are not ASCII, to be weighed

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect(open_stream: Callable[[], BinaryIO]) -> str:
    """The encoding of a stream, which is read to its end once or twice.

    :param open_stream: gives a stream at its beginning.
    :raises EncodingUnknown: when none fits.
    """
    with open_stream() as stream:
        head = stream.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if name := _utf16_without_mark(head):
        return name
    if _sample(open_stream, "utf-8") is not None:
        return "utf-8"
    scores = {}
    for name in LEGACY:
        sample = _sample(open_stream, name)
        if sample is not None:
            scores[name] = plausibility(sample, name)
    if not scores or max(scores.values()) < 0.2:
        raise EncodingUnknown(", ".join(scores) or "no encoding fits")
    return max(scores, key=lambda name: scores[name])


def _utf16_without_mark(head: bytes) -> str:
    """Text of ASCII with a NUL beside every character."""
    even, odd = head[0:400:2], head[1:400:2]
    if len(odd) < 8:
        return ""
    if odd.count(0) > 0.9 * len(odd) and even.count(0) == 0:
        return "utf-16-le"
    if even.count(0) > 0.9 * len(even) and odd.count(0) == 0:
        return "utf-16-be"
    return ""


def _sample(open_stream: Callable[[], BinaryIO], encoding: str) -> str | None:
    """Characters around what is not ASCII; ``None`` when the encoding does not fit."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    sample = ""
    with open_stream() as stream:
        while chunk := stream.read(CHUNK):
            try:
                text = decoder.decode(chunk)
            except ValueError:
                return None
            if len(sample) < SAMPLE and not text.isascii():
                first = next(i for i, char in enumerate(text) if not char.isascii())
                sample += text[max(first - 1, 0) : first + SAMPLE]
        try:
            sample += decoder.decode(b"", final=True)
        except ValueError:
            return None
    return sample


def plausibility(text: str, encoding: str) -> float:
    """How much a decoded text looks like one, at most about 1 per character."""
    weigh = _weigh_western if encoding == "cp1252" else _weigh_asian
    total, count = 0.0, 0
    for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if not char.isascii():
            count += 1
            total += weigh(before, char, after, encoding)
    return total / count if count else 0.0


def _weigh_western(before: str, char: str, after: str, _encoding: str) -> float:
    if char.isalpha():
        near = (before.isascii() and before.isalpha()) or (
            after.isascii() and after.isalpha()
        )
        return 1.0 if near else -1.0
    if unicodedata.category(char) in ("Sc", "Pd", "Pi", "Pf", "Zs") or char in "°·…’":
        return 0.7
    return -1.0


def _weigh_asian(before: str, char: str, after: str, encoding: str) -> float:
    if all(near.isascii() and near.isalpha() for near in (before, after)):
        return -2.0
    code = ord(char)
    if 0x3040 <= code <= 0x30FF:
        return 1.0 if encoding == "cp932" else 0.25
    if 0xFF61 <= code <= 0xFF9F:
        return -0.1
    if 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFF60:
        return 0.8
    if char in "¥￥·—…“”‘’×":
        return 0.5
    if not 0x4E00 <= code <= 0x9FFF:
        return -1.0
    lead = char.encode(encoding, "replace")[0]
    if encoding == "cp932":
        return 0.85 if 0x88 <= lead < 0x98 else -0.25  # JIS X 0208, level 1
    try:
        lead = char.encode("gb2312")[0]
    except UnicodeError:
        return -1.0
    return 1.0 if lead < 0xD8 else 0.4  # GB/T 2312, level 1
