"""Values that came as their SHA-256 only, as shops and ad platforms hand them out.

An e-mail address is hashed in lower case, by some after the rules of its provider (no
dots and tags at Gmail); a number is hashed as E.164, by some without the ``+`` (Google
Ads API, *Customer Match*, and Meta, *Customer Information Parameters*).
A hash says nothing by itself, but equals the hash of the same value that is known
elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .mail import Mailbox
    from .matching import Profile

_HASH = re.compile(r"[0-9a-f]{64}")


def is_hashed(text: str) -> bool:
    """Whether it is a SHA-256 in hexadecimal digits."""
    return bool(_HASH.fullmatch(text))


def unveil(profiles: Sequence[Profile]) -> Sequence[Profile]:
    """Profiles whose hashed values are known in plain have these instead."""
    if not any(map(_has_hash, profiles)):
        return profiles
    boxes: dict[str, Mailbox] = {}
    numbers: dict[str, str] = {}
    for item in profiles:
        if item.mailbox and not is_hashed(item.mailbox.address):
            spellings = (item.mailbox.spelt, item.mailbox.address)
            boxes.update(dict.fromkeys(_hashes(spellings), item.mailbox))
        if item.phone and not is_hashed(item.phone):
            spellings = (item.phone, item.phone.removeprefix("+"))
            numbers.update(dict.fromkeys(_hashes(spellings), item.phone))
    return [
        replace(
            item,
            mailbox=item.mailbox and boxes.get(item.mailbox.address, item.mailbox),
            phone=numbers.get(item.phone, item.phone),
        )
        if _has_hash(item)
        else item
        for item in profiles
    ]


def _has_hash(item: Profile) -> bool:
    return bool(item.mailbox and is_hashed(item.mailbox.address)) or is_hashed(
        item.phone
    )


def _hashes(spellings: Iterable[str]) -> Iterator[str]:
    for text in spellings:
        if text:
            yield sha256(text.encode()).hexdigest()
