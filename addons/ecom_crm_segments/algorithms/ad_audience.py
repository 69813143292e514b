"""Lists of customers as ad platforms take them: hashed, one row for each person.

Names and addresses are not handed over: a mailbox or a number finds the person.

* Google Customer Match, "Formatting guidelines for uploading hashed data"
  (support.google.com/google-ads/answer/7476159): headers ``Email`` and ``Phone``;
  addresses in lower case and numbers as E.164 before they are hashed by SHA-256.
* Meta customer lists: headers ``email`` and ``phone``, numbers as digits with the
  calling code and without ``+``. Not confirmed in a document of the platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from .identity import phone


@dataclass(frozen=True)
class Platform:
    """How a platform wants a list.

    :param headers: of e-mail and phone.
    :param plus: whether a number starts with ``+`` when it is hashed.
    """

    headers: tuple[str, str]
    plus: bool


PLATFORMS = {
    "google": Platform(("Email", "Phone"), plus=True),
    "meta": Platform(("email", "phone"), plus=False),
}


def rows(people: Iterable[tuple[str, str, str]], platform: str) -> list[Sequence[str]]:
    """Rows of the file, headers first, each person once.

    Who has neither an address nor a number with a calling code has no row.

    :param people: (e-mail, phone, code of the country of two letters) of each.
    :param platform: key of :data:`PLATFORMS`.
    """
    form = PLATFORMS[platform]
    hashed = {
        (_hash_email(email), _hash_phone(text, country, form))
        for email, text, country in people
    }
    # In the order of the hashes: the file tells nothing about who is how old here.
    return [form.headers, *sorted(row for row in hashed if any(row))]


def _hash_email(email: str) -> str:
    email = "".join(email.split()).lower()
    return _hash(email) if "@" in email else ""


def _hash_phone(text: str, country: str, form: Platform) -> str:
    number = phone.number(text, country)
    if not number.startswith("+"):
        return ""
    return _hash(number if form.plus else number[1:])


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
